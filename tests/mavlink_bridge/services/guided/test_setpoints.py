"""Targets of GUIDED: frames and parts become NED about the vehicle's origin; nonsense stops the vehicle."""

from __future__ import annotations

from math import cos, inf, isfinite, nan, pi, sin
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autopilot.interface.geo import to_global
from autopilot.interface.targets import Yaw, YawMode
from mavlink_bridge.routing.service import Message, Peer
from mavlink_bridge.services.guided.setpoints import GuidedService
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import dialect
from tests.fakes.examples import examples
from tests.fakes.recording_autopilot import ORIGIN, RecordingAutopilot

QGC = Peer(1, 255, 190)
NOW = 5000
POSITION, VELOCITY, BOTH, ACCELERATION = 0x0DF8, 0x0DC7, 0x0DC0, 0x0C3F
STOP = ("commands.guided_target", (), {"velocity": (0.0, 0.0, 0.0)})
HERE, NORTH_EAST = (100.0, 50.0, -20.0), pi / 4
ALONG_2 = (2 * cos(NORTH_EAST), 2 * sin(NORTH_EAST), 0.0)


def local(frame: int, mask: int, *values: float) -> Message:
    """x y z vx vy vz ax ay az yaw yaw_rate, zeros where not given."""
    return dialect.MAVLink_set_position_target_local_ned_message(
        0, 1, 1, frame, mask, *values, *[0.0] * (11 - len(values))
    )


def global_(frame: int, mask: int, lat: float, lon: float, alt: float, *values: float) -> Message:
    return dialect.MAVLink_set_position_target_global_int_message(
        0, 1, 1, frame, mask, round(lat * 1e7), round(lon * 1e7), alt, *values, *[0.0] * (8 - len(values))
    )


Call = tuple[str, tuple[Any, ...], dict[str, Any]]


def heard(message: Message, kind: str = "copter", **facts: Any) -> list[Call]:
    """What the core is called with on `message`, with the vehicle at HERE heading north-east."""
    autopilot: Any = RecordingAutopilot(kind)
    autopilot.vehicle.place(*HERE, NORTH_EAST)
    for name, value in facts.items():
        setattr(autopilot, name, value)
    service = GuidedService(autopilot)
    service.handle_message(message, QGC, NOW)
    assert service.take_outgoing() == []
    calls: list[Call] = autopilot.calls
    return calls


def flown(message: Message, kind: str = "copter", **facts: Any) -> Call:
    """The one call."""
    (call,) = heard(message, kind, **facts)
    return call


def target(message: Message, kind: str = "copter") -> dict[str, Any]:
    name, positional, named = flown(message, kind)
    assert (name, positional) == ("commands.guided_target", ())
    return named


@pytest.mark.parametrize(
    ("frame", "offset", "expected"),
    [
        (1, (10.0, 20.0, -5.0), (10.0, 20.0, -5.0)),
        (7, (10.0, 20.0, -5.0), (110.0, 70.0, -25.0)),
        (8, (10.0, 0.0, -5.0), (100.0 + 10 * cos(NORTH_EAST), 50.0 + 10 * sin(NORTH_EAST), -25.0)),
        (9, (0.0, 10.0, 0.0), (100.0 - 10 * sin(NORTH_EAST), 50.0 + 10 * cos(NORTH_EAST), -20.0)),
    ],
)
def test_a_local_position_is_taken_in_its_frame(
    frame: int, offset: tuple[float, ...], expected: tuple[float, ...]
) -> None:
    """1 about the origin, 7 from the vehicle, 8 and 9 from the vehicle along its heading."""
    named = target(local(frame, POSITION, *offset))
    assert named["position"] == pytest.approx(expected)
    assert (named["velocity"], named["acceleration"], named["yaw"]) == (None, None, None)


def test_a_place_of_what_drives_needs_no_height() -> None:
    """Rover/GCS_MAVLink_Rover.cpp reads x and y only; also above ground that nobody knows."""
    assert target(local(1, POSITION, 30.0, 10.0, nan), "rover")["position"] == (30.0, 10.0, 0.0)
    place = to_global(ORIGIN, (30.0, 10.0, 0.0))
    for frame in (6, 11):
        named = target(global_(frame, POSITION, place.lat, place.lon, nan), "rover")
        assert named["position"][:2] == pytest.approx((30.0, 10.0), abs=0.02)
        assert named["over_ground"] is None


def test_what_drives_is_never_asked_for_more_than_its_speed() -> None:
    """Rover/GCS_MAVLink_Rover.cpp, get_speed_default: WP_SPEED, 2 m/s."""
    assert target(local(1, VELOCITY, 0, 0, 0, 6, 8, 0), "rover")["velocity"] == pytest.approx((1.2, 1.6, 0.0))
    assert target(local(1, VELOCITY, 0, 0, 0, 0.6, 0.8, 0), "rover")["velocity"] == pytest.approx((0.6, 0.8, 0.0))


def test_a_velocity_in_a_local_frame_is_no_global_target_of_what_drives() -> None:
    """Rover/GCS_MAVLink_Rover.cpp checks the frame of whatever comes; ArduCopter of places only."""
    assert heard(global_(1, VELOCITY, 0, 0, 0, 1, 0, 0), "rover") == []
    assert target(global_(1, VELOCITY, 0, 0, 0, 1, 0, 0))["velocity"] == (1.0, 0.0, 0.0)


def test_qgcs_altitude_change_is_straight_up() -> None:
    """Table 3.1: 84, frame 7, mask 0xFFF8, z = -change."""
    assert target(local(7, 0xFFF8, 0, 0, -7.5))["position"] == pytest.approx((100.0, 50.0, -27.5))


@pytest.mark.parametrize(("frame", "expected"), [(1, (3.0, 0.0, -1.0)), (7, (3.0, 0.0, -1.0)), (8, None), (9, None)])
def test_a_velocity_is_rotated_in_body_frames_only(frame: int, expected: tuple[float, ...] | None) -> None:
    """Frames 8 and 9 are along the heading."""
    along = (3 * cos(NORTH_EAST), 3 * sin(NORTH_EAST), -1.0)
    assert target(local(frame, VELOCITY, 0, 0, 0, 3, 0, -1))["velocity"] == pytest.approx(expected or along)


def test_position_and_velocity_together_and_acceleration_alone() -> None:
    """Parts that the mask ignores are not passed on, whatever they hold."""
    named = target(local(1, BOTH, 1, 2, 3, 4, 5, 6, nan, nan, nan, nan, nan))
    assert (named["position"], named["velocity"], named["acceleration"]) == ((1, 2, 3), (4, 5, 6), None)
    named = target(local(1, ACCELERATION, nan, nan, nan, nan, nan, nan, 0.5, 0.0, -0.2))
    assert (named["position"], named["velocity"], named["acceleration"]) == (None, None, (0.5, 0.0, -0.2))


@pytest.mark.parametrize(
    ("frame", "mask", "yaw"),
    [
        (1, 0x09C7, Yaw(YawMode.ANGLE, 1.0)),
        (8, 0x09C7, Yaw(YawMode.ANGLE, 1.0 + NORTH_EAST)),
        (1, 0x05C7, Yaw(YawMode.RATE, rate=-0.3)),
        (1, 0x01C7, Yaw(YawMode.ANGLE, 1.0)),
    ],
)
def test_yaw_and_yaw_rate_are_demands(frame: int, mask: int, yaw: Yaw) -> None:
    """An angle (in body frames from the heading), or a rate. A rate beside an angle was its limit: 0.01 rad/s kept the
    nose away for minutes, where ArduCopter turns as usual (ModeGuided::set_yaw_state)."""
    named = target(local(frame, mask, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1.0, -0.3))["yaw"]
    assert (named.mode, named.angle, named.rate) == (yaw.mode, pytest.approx(yaw.angle), pytest.approx(yaw.rate))


@pytest.mark.parametrize(
    ("frame", "alt", "down"), [(0, 604, -20), (5, 604, -20), (3, 20, -20), (6, 20, -20), (10, 20, -20), (11, 20, -20)]
)
def test_a_global_position_is_taken_in_its_frame(frame: int, alt: float, down: float) -> None:
    """0, 5 above the sea; 3, 6 above home; 10, 11 above flat ground at home's height."""
    there = to_global(ORIGIN, (80.0, -60.0, 0.0))
    named = target(global_(frame, 0xFDF8, there.lat, there.lon, alt))
    assert named["position"] == pytest.approx((80.0, -60.0, down), abs=0.02)


def test_a_velocity_by_the_global_message_needs_no_place() -> None:
    """Frame and position of a pure velocity are not looked at."""
    assert target(global_(99, VELOCITY, 200, 200, nan, 1, 2, 3))["velocity"] == (1, 2, 3)


NONSENSE = {
    "frame 0": local(0, POSITION, 1, 2, 3),
    "body FRD, not ArduPilot's": local(12, VELOCITY, 0, 0, 0, 1),
    "mask of nothing": local(1, 0xFFFF),
    "position NaN": local(1, POSITION, nan, 0, 0),
    "position huge": local(1, POSITION, 1e9, 0, 0),
    "velocity NaN": local(1, VELOCITY, 0, 0, 0, nan),
    "velocity infinite": local(1, VELOCITY, 0, 0, 0, inf),
    "velocity above 1000": local(1, VELOCITY, 0, 0, 0, 1001),
    "acceleration NaN": local(1, ACCELERATION, *[0] * 6, nan),
    "yaw NaN": local(1, 0x09C7, 0, 0, 0, 1, 0, 0, 0, 0, 0, nan),
    "yaw rate infinite": local(1, 0x05C7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, inf),
    "latitude": global_(0, POSITION, 91, 0, 600),
    "longitude": global_(0, POSITION, 0, 181, 600),
    "altitude NaN": global_(0, POSITION, -35, 149, nan),
    "altitude huge": global_(0, POSITION, -35, 149, 1e6),
    "global frame": global_(1, POSITION, -35, 149, 600),
    "attitude without thrust": dialect.MAVLink_set_attitude_target_message(0, 1, 1, 0x47, [1, 0, 0, 0], 0, 0, 0, 0.5),
    "attitude of no length": dialect.MAVLink_set_attitude_target_message(0, 1, 1, 7, [0, 0, 0, 0], 0, 0, 0, 0.5),
    "attitude NaN": dialect.MAVLink_set_attitude_target_message(0, 1, 1, 7, [nan, 0, 0, 0], 0, 0, 0, 0.5),
    "thrust NaN": dialect.MAVLink_set_attitude_target_message(0, 1, 1, 7, [1, 0, 0, 0], 0, 0, 0, nan),
}


@pytest.mark.parametrize("message", NONSENSE.values(), ids=NONSENSE.keys())
def test_what_is_no_target_stops_the_vehicle(message: Message) -> None:
    """ArduPilot: input is not valid, so stop."""
    assert flown(message) == STOP


def test_a_height_above_home_without_home_stops() -> None:
    """There is nothing to count from."""
    assert flown(global_(3, POSITION, -35, 149, 20), place=None) == STOP


def test_an_offset_without_a_position_stops() -> None:
    """The estimator has no position to start from (flag 16 missing)."""
    autopilot: Any = RecordingAutopilot()
    autopilot.vehicle.state.report[80] = 167
    GuidedService(autopilot).handle_message(local(7, POSITION, 1, 2, 3), QGC, NOW)
    assert autopilot.calls == [STOP]


def test_an_attitude_is_roll_pitch_yaw_and_thrust() -> None:
    """A quaternion of 90 degrees about the vertical; rates ignored; thrust limited to 0 .. 1."""
    quarter = [cos(pi / 4), 0.0, 0.0, sin(pi / 4)]
    name, positional, named = flown(dialect.MAVLink_set_attitude_target_message(0, 1, 1, 7, quarter, 0, 0, 9, 1.5))
    assert (name, positional, named["yaw_rate"], named["thrust"]) == ("commands.guided_attitude", (), None, 1.0)
    assert (named["roll"], named["pitch"], named["yaw"]) == pytest.approx((0.0, 0.0, pi / 2))


def test_an_attitude_with_rates_passes_the_yaw_rate() -> None:
    """All three body rates given (mask 0); roll of 0.2 rad."""
    tilted = [cos(0.1), sin(0.1), 0.0, 0.0]
    _, _, named = flown(dialect.MAVLink_set_attitude_target_message(0, 1, 1, 0, tilted, 0, 0, 0.4, 0.5))
    assert named["yaw_rate"] == pytest.approx(0.4)
    assert named["roll"] == pytest.approx(0.2)
    assert named["body_rates"] is None


@pytest.mark.parametrize(("mask", "rates"), [(0x80, (0.3, -0.2, 0.4)), (0x87, (0.0, 0.0, 0.0))])
def test_body_rates_without_an_attitude_are_flown(mask: int, rates: tuple[float, float, float]) -> None:
    """MAVSDK's set_attitude_rate sends mask 0x80 and a quaternion of zeros. Without rates too they are 0, as by
    ArduCopter."""
    message = dialect.MAVLink_set_attitude_target_message(0, 1, 1, mask, [0.0] * 4, 0.3, -0.2, 0.4, 0.5)
    _, _, named = flown(message)
    assert (*named["body_rates"], named["yaw_rate"]) == pytest.approx(rates)


@pytest.mark.parametrize(
    ("message", "velocity", "mode"),
    [
        (local(1, VELOCITY, 0, 0, 0, 0, 2, 7), (0.0, 2.0, 0.0), None),
        (local(8, VELOCITY, 0, 0, 0, 2, 0, 0), ALONG_2, None),
        (local(1, 0x09C7, 0, 0, 0, 2, 0, 0, 0, 0, 0, pi / 2), (0.0, 2.0, 0.0), YawMode.ANGLE),
        (local(1, 0x09C7, 0, 0, 0, -2, 0, 0, 0, 0, 0, pi / 2), (0.0, -2.0, 0.0), YawMode.ANGLE),
        (local(1, 0x09C7, 0, 0, 0, -0.0, 2, 0, 0, 0, 0, pi / 2), (0.0, 2.0, 0.0), YawMode.ANGLE),
        (local(8, 0x05C7, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0.5), ALONG_2, YawMode.RATE),
        (local(1, 0x09FF, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1.0), (0.0, 0.0, 0.0), YawMode.ANGLE),
    ],
)
def test_a_rover_drives_along_its_yaw_demand(
    message: Message, velocity: tuple[float, ...], mode: YawMode | None
) -> None:
    """With a yaw it drives along that heading, backwards when the first component is negative; never up."""
    named = target(message, "rover")
    assert named["velocity"] == pytest.approx(velocity, abs=1e-9)
    assert (named["yaw"] and named["yaw"].mode) == mode


floats = st.floats(width=32)
bytes_ = st.integers(0, 255)
words = st.integers(0, 65535) | st.sampled_from([0x0DF8, 0x0DC7, 0x0DC0, 0x0C00, 0x09F8, 0x05C7, 0xFFF8])
ints = st.integers(-(2**31), 2**31 - 1) | st.integers(-900000000, 900000000)
frames = st.sampled_from([0, 1, 3, 5, 6, 7, 8, 9, 10, 11]) | bytes_
messages = st.one_of(
    st.builds(local, frames, words, *[floats] * 11),
    st.builds(
        lambda frame, mask, lat, lon, values: dialect.MAVLink_set_position_target_global_int_message(
            0, 1, 1, frame, mask, lat, lon, *values
        ), frames, words, ints, ints, st.tuples(*[floats] * 9),
    ),
    st.builds(
        lambda mask, q, values: dialect.MAVLink_set_attitude_target_message(0, 1, 1, mask, list(q), *values),
        bytes_, st.tuples(*[floats] * 4), st.tuples(*[floats] * 4),
    ),
)  # fmt: skip


@settings(max_examples=examples(600), deadline=None)
@given(st.sampled_from(["copter", "rover"]), messages)
def test_whatever_comes_the_core_hears_finite_targets_only(kind: str, message: Message) -> None:
    """Never an exception; every number that reaches the core is finite. A copter hears one target whatever comes, a
    rover nothing where there is none."""
    calls = heard(codec.decode(message.id, codec.payload(message)[1]), kind)
    assert len(calls) == 1 or (kind == "rover" and not calls)
    for _, _, named in calls:
        for value in named.values():
            parts = (value.angle, value.rate) if isinstance(value, Yaw) else value
            parts = parts if isinstance(parts, tuple) else (parts,)
            assert all(part is None or isfinite(part) for part in parts)


@pytest.mark.parametrize("message", [
    local(1, 0x0DFF), local(3, VELOCITY, 0, 0, 0, 1, 0, 0), local(1, VELOCITY, 0, 0, 0, nan, 0, 0),
    local(1, 0x0000, 5, 5), global_(5, 0x0C00, -35.0, 149.0, 0.0),
])  # fmt: skip
def test_a_rover_ignores_what_is_no_target(message: Message) -> None:
    """It drives on as before, where a copter stops."""
    assert heard(message, "rover") == []


def test_a_rover_says_that_it_takes_no_acceleration() -> None:
    """In GUIDED only, and once a second."""
    autopilot: Any = RecordingAutopilot("rover")
    service = GuidedService(autopilot)
    service.handle_message(local(1, 0x0000, 5, 5), QGC, NOW)
    assert service.take_outgoing() == []
    autopilot.mode_number = 15
    for late in (0, 500, 1000):
        service.handle_message(local(1, 0x0000, 5, 5), QGC, NOW + late)
    texts = [out.message.text for out in service.take_outgoing()]
    assert "".join(texts[:2]) == "Ignoring SET_POSITION_TARGET_LOCAL_NED; set ACC_IGNORE in mask"
    assert len(texts) == 4


@pytest.mark.parametrize(("mask", "thrust", "rate", "expected"), [
    (0x07, 0.5, 0.0, {"thrust": 0.5, "yaw": pi / 2, "yaw_rate": None}),
    (0x07, -2.0, 0.0, {"thrust": -1.0, "yaw": pi / 2, "yaw_rate": None}),
    (0x03, 0.3, 0.4, {"thrust": 0.3, "yaw": 0.0, "yaw_rate": pytest.approx(0.4)}),
])  # fmt: skip
def test_a_rovers_attitude_is_a_heading_or_a_turn_rate_and_a_speed(
    mask: int, thrust: float, rate: float, expected: dict[str, Any]
) -> None:
    """ArduPilot GCS_MAVLink_Rover.cpp: thrust -1 .. 1 is the speed."""
    q = [cos(pi / 4), 0.0, 0.0, sin(pi / 4)]
    message = dialect.MAVLink_set_attitude_target_message(0, 1, 1, mask, q, 0.0, 0.0, rate, thrust)
    (call,) = heard(message, "rover")
    assert call[0] == "commands.guided_attitude"
    assert {name: call[2][name] for name in expected} == pytest.approx(expected)


def test_a_rovers_attitude_without_thrust_is_none() -> None:
    message = dialect.MAVLink_set_attitude_target_message(0, 1, 1, 0x47, [1.0, 0.0, 0.0, 0.0], 0.0, 0.0, 0.0, 0.5)
    assert heard(message, "rover") == []
