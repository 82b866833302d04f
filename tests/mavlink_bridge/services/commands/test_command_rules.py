"""docs/reference/ground-stations.md, 1.2, 3.2: each command's answer, and what reaches the core, one row a case."""

from __future__ import annotations

from math import inf, nan, radians
from typing import Any

import pytest

from autopilot.interface.geo import GeoPoint
from autopilot.interface.result import Outcome
from autopilot.interface.targets import Drive
from autopilot.mav import Result
from mavlink_bridge.wire.codec import dialect
from tests.fakes.command_bench import NOW, QGC, CommandBench, result_of
from tests.fakes.recording_autopilot import ORIGIN

A, T, D, U, F = Result.ACCEPTED, Result.TEMPORARILY_REJECTED, Result.DENIED, Result.UNSUPPORTED, Result.FAILED

COLUMNS = ("row", "number", "params", "result", "call")


def _how(speed: float | None, yaw_rad: float | None, change_mode: bool) -> dict[str, Any]:
    return {"speed": speed, "yaw_rad": yaw_rad, "change_mode": change_mode, "over_ground": None, "radius": 0.0}


HOLDS, DRIFTS = {"holds_place": True}, {"holds_place": False}
LONG_CASES: list[tuple[Any, ...]] = [
    # row of 3.2, command, params, result, call of the core (method, positional, named) or None
    ("176: bit 0 and a mode", 176, (1, 4), A, ("modes.set", (4, NOW), {})),
    ("176: MAVSDK's base mode when armed", 176, (129, 9), A, ("modes.set", (9, NOW), {})),
    ("176: p1 bit 0 needed, else DENIED", 176, (0, 4), D, None),
    ("176: no mode given", 176, (1, nan), D, None),
    ("400: arm", 400, (1,), A, ("arming.arm", (NOW,), {"force": False})),
    ("400: force arm", 400, (1, 2989), A, ("arming.arm", (NOW,), {"force": True})),
    ("400: MAVSDK's force arm", 400, (1, 21196), A, ("arming.arm", (NOW,), {"force": True})),
    ("400: disarm", 400, (0,), A, ("arming.disarm", (NOW,), {"force": False})),
    ("400: kill", 400, (0, 21196), A, ("arming.disarm", (NOW,), {"force": True})),
    ("400: the arming number cuts no motors", 400, (0, 2989), A, ("arming.disarm", (NOW,), {"force": False})),
    ("400: something else", 400, (2,), U, None),
    ("400: NaN disarms nothing", 400, (nan,), D, None),
    ("401", 401, (), A, ("prearm.run", (NOW,), {})),
    ("22: height above home", 22, (0, 0, 0, 0, 0, 0, 8.6), A, ("commands.takeoff", (8.6,), HOLDS)),
    ("22: NaN in the unused", 22, (nan, nan, nan, nan, nan, nan, 10), A, ("commands.takeoff", (10.0,), DRIFTS)),
    ("22: in ALT_HOLD too", 22, (0, 0, 1, 0, 0, 0, 10), A, ("commands.takeoff", (10.0,), DRIFTS)),
    ("22: no height", 22, (), F, None),
    ("22: beyond any height", 22, (0, 0, 0, 0, 0, 0, 1e9), F, None),
    ("84: as 22", 84, (0, 0, 0, 0, 0, 0, 5), A, ("commands.takeoff", (5.0,), HOLDS)),
    ("21: mode LAND", 21, (0, 0, 0, nan, nan, nan, nan), A, ("commands.land", (NOW,), {})),
    ("85: as 21", 85, (), A, ("commands.land", (NOW,), {})),
    ("20: mode RTL", 20, (), A, ("commands.return_to_launch", (NOW,), {})),
    ("17: mode LOITER", 17, (), A, ("modes.set", (5, NOW), {})),
    ("300: p1, p2 0", 300, (), A, ("mission_commands.start", (NOW,), {})),
    ("300: first item given", 300, (1, 0), D, None),
    ("300: last item given", 300, (0, 1), D, None),
    ("192: a LONG has no frame", 192, (-1, 1, 0, nan, -35.0, 149.0, 600), U, None),
    ("611: a LONG has no frame", 611, (0, 0, 0, 0, -35.0, 149.0, 600), U, None),
    ("178: QGC, unused NaN", 178, (1, 5, -1, 0, nan, nan, nan), A, ("commands.change_speed", (1, 5.0, -1.0), {})),
    ("178: Mission Planner, type 0", 178, (0, 5, 0), A, ("commands.change_speed", (0, 5.0, 0.0), {})),
    ("178: climb", 178, (2, 3), A, ("commands.change_speed", (2, 3.0, 0.0), {})),
    ("178: descent", 178, (3, 1.5), A, ("commands.change_speed", (3, 1.5, 0.0), {})),
    ("178: speed missing", 178, (1, nan), D, None),
    ("224: negative", 224, (-1,), D, None),
    ("224: -1 with reset", 224, (-1, 1), D, None),
    ("224: beyond 16 bit", 224, (70000,), D, None),
    ("188: go on with the way home", 188, (), A, ("mission_commands.return_path_start", (NOW,), {})),
    ("189: go on at the landing", 189, (), A, ("mission_commands.land_start", (NOW,), {})),
    ("193: pause", 193, (0,), A, ("mission_commands.pause", (), {})),
    ("193: continue", 193, (1,), A, ("mission_commands.resume", (), {})),
    ("193: neither", 193, (2,), D, None),
    ("115: relative", 115, (90, 30, -1, 1), A, ("commands.condition_yaw", (90.0, 30.0, -1, True), {})),
    ("115: absolute, default rate", 115, (0, 0, 0, 0), A, ("commands.condition_yaw", (0.0, 0.0, 0, False), {})),
    ("115: angle out of range", 115, (361, 0, 0, 0), F, None),
    ("115: neither relative nor absolute", 115, (10, 0, 0, 2), F, None),
    ("179: here", 179, (1,), A, ("home.set", (None,), {})),
    ("179: 0/0 is here", 179, (), A, ("home.set", (None,), {})),
    ("179: LONG there, AMSL", 179, (0, 0, 0, 0, -35, 149, 600), A,
     ("home.set", (GeoPoint(-35.0, 149.0, 600.0),), {})),
    ("179: no longitude", 179, (0, 0, 0, 0, -35, nan, 600), F, None),
    ("179: no latitude on earth", 179, (0, 0, 0, 0, -95, 149, 600), F, None),
    ("179: neither here nor there", 179, (2, 0, 0, 0, -35, 149, 600), F, None),
    ("179: no altitude", 179, (0, 0, 0, 0, -35, 149, nan), D, None),
    ("179: too high", 179, (0, 0, 0, 0, -35, 149, 84_000), D, None),
    ("195: LONG above home", 195, (nan, nan, nan, nan, -35, 149, 10), A,
     ("commands.set_roi", (GeoPoint(-35.0, 149.0, ORIGIN.alt + 10),), {})),
    ("201: all zero ends it", 201, (), A, ("commands.set_roi", (None,), {})),
    ("195: no numbers", 195, (0, 0, 0, 0, nan, nan, 0), F, None),
    ("195: out of range", 195, (0, 0, 0, 0, 100, 0, 0), F, None),
    ("197: ends it", 197, (nan,) * 7, A, ("commands.set_roi", (None,), {})),
    ("207: on", 207, (1,), A, ("fence.command", (1.0, 0), {})),
    ("207: QGC, NaN in the unused", 207, (1, nan), A, ("fence.command", (1.0, 0), {})),
    ("207: circle off", 207, (0, 2), A, ("fence.command", (0.0, 2), {})),
    ("207: 3 is nothing", 207, (3,), F, None),
    ("218: a switch", 218, (16, 2), A, ("auxiliary.act", (16, 2), {})),
    ("218: no such position", 218, (16, 3), D, None),
    ("183: servo", 183, (5, 1500), A, ("payload.command", (183, (5.0, 1500.0, 0, 0, 0, 0, 0), NOW), {})),
    ("206: camera distance, NaN is 0", 206, (25, nan, nan), A,
     ("payload.command", (206, (25.0, 0, 0, 0, 0, 0, 0), NOW), {})),
    ("211: gripper", 211, (1, 1), A, ("payload.command", (211, (1.0, 1.0, 0, 0, 0, 0, 0), NOW), {})),
    ("186: above home", 186, (20, 3), A, ("commands.guided_altitude", (3, 20.0), {})),
    ("186: AMSL", 186, (620, 0), A, ("commands.guided_altitude", (0, 620.0), {})),
    ("186: frame without height", 186, (20, 1), D, None),
    ("30: above home", 30, (0, 0, 0, 0, 0, 0, 25), A, ("commands.guided_altitude", (3, 25.0), {})),
    ("185: ends the flight", 185, (1,), A, ("arming.disarm", (NOW,), {"force": True})),
    ("185: 0 is nothing", 185, (0,), F, None),
    ("246: restart", 246, (1,), A, ("commands.reboot", (), {"forced": False})),
    ("246: restart, by force", 246, (1, 0, 0, 0, 0, 20190226), A, ("commands.reboot", (), {"forced": True})),
    ("246: no bootloader", 246, (3,), D, None),
    ("246: shutdown", 246, (2,), U, None),
    ("241: gyroscopes", 241, (1,), A, None),
    ("241: level", 241, (0, 0, 0, 0, 2), A, None),
    ("241: accelerometers at rest", 241, (0, 0, 0, 0, 4), A, None),
    ("241: accelerometers as they are", 241, (0, 0, 0, 0, 76), A, None),
    ("241: compass as it is", 241, (0, 76), A, None),
    ("241: six sides", 241, (0, 0, 0, 0, 1), U, None),
    ("241: compass", 241, (0, 1), U, None),
    ("241: nothing", 241, (), U, None),
    ("245: write", 245, (1,), A, None),
    ("245: something else", 245, (7,), D, None),
    ("209: motor test", 209, (1, 0, 10, 2), U, None),
    ("223: engine", 223, (1,), U, None),
    ("42424: compass calibration", 42424, (), U, None),
    ("213: not a copter's", 213, (90, 1), U, None),
    ("194: not a copter's", 194, (1,), U, None),
    ("1.2: unknown command", 12345, (), U, None),
    ("1.2: unknown, with infinity", 12345, (inf,), U, None),
    ("31010 before a flight manager", 31010, (32,), U, None),
    ("any: infinity", 22, (inf, 0, 0, 0, 0, 0, 10), D, None),
    ("any: huge", 176, (1, 3e38), D, None),
]  # fmt: skip


@pytest.mark.parametrize(COLUMNS, LONG_CASES, ids=[case[0] for case in LONG_CASES])
def test_a_command_long_is_answered_and_reaches_the_core_as_its_row_says(
    row: str, number: int, params: tuple[float, ...], result: Result, call: tuple[Any, ...] | None
) -> None:
    """One acknowledgement with the row's result, and exactly the row's call of the core."""
    bench = CommandBench()
    assert result_of(bench.long(number, *params)) is result
    assert bench.autopilot.calls == ([call] if call else [])


ROVER_CASES: list[tuple[Any, ...]] = [
    ("22: rover UNSUPPORTED", 22, (0, 0, 0, 0, 0, 0, 5), U, None),
    ("21: rover UNSUPPORTED", 21, (), U, None),
    ("115: rover UNSUPPORTED", 115, (90, 0, 0, 0), U, None),
    ("178: ground speed", 178, (1, 2), A, ("commands.change_speed", (1, 2.0, 0.0), {})),
    ("194: backwards", 194, (1,), A, ("commands.set_reverse", (True,), {})),
    ("194: forwards", 194, (0,), A, ("commands.set_reverse", (False,), {})),
    ("194: neither", 194, (2,), D, None),
    ("20: home", 20, (), A, ("commands.return_to_launch", (NOW,), {})),
]  # fmt: skip


@pytest.mark.parametrize(COLUMNS, ROVER_CASES, ids=[case[0] for case in ROVER_CASES])
def test_a_rover_differs_where_the_rows_say_so(
    row: str, number: int, params: tuple[float, ...], result: Result, call: tuple[Any, ...] | None
) -> None:
    """As above, for a rover."""
    bench = CommandBench("rover")
    assert result_of(bench.long(number, *params)) is result
    assert bench.autopilot.calls == ([call] if call else [])


LAT, LON = -353628960, 1491643199
PLACE = {"x": LAT, "y": LON}
INT_CASES: list[tuple[Any, ...]] = [
    ("192: QGC goto, frame 0", 192, 0, (-1, 1, 0, nan), {**PLACE, "z": 592.7}, A,
     ("commands.reposition", (GeoPoint(LAT * 1e-7, LON * 1e-7, 592.7), NOW), _how(None, None, True))),
    ("192: speed and yaw", 192, 0, (4, 0, 0, 1.5), {**PLACE, "z": 600.0}, A,
     ("commands.reposition", (GeoPoint(LAT * 1e-7, LON * 1e-7, 600.0), NOW), _how(4.0, 1.5, False))),
    ("192: speed without sense", 192, 0, (1e6, 1, 0, nan), {**PLACE, "z": 600.0}, D, None),
    ("192: frame 5 AMSL", 192, 5, (-1, 1, 0, nan), {**PLACE, "z": 592.0}, A,
     ("commands.reposition", (GeoPoint(LAT * 1e-7, LON * 1e-7, 592.0), NOW), _how(None, None, True))),
    ("192: frame 6 above home", 192, 6, (-1, 1, 0, nan), {**PLACE, "z": 10.0}, A,
     ("commands.reposition", (GeoPoint(LAT * 1e-7, LON * 1e-7, 594.0), NOW), _how(None, None, True))),
    ("192: frame 11 above flat ground", 192, 11, (-1, 1, 0, nan), {**PLACE, "z": 10.0}, A,
     ("commands.reposition", (GeoPoint(LAT * 1e-7, LON * 1e-7, 594.0), NOW), _how(None, None, True))),
    ("192: frame 1 is no place", 192, 1, (-1, 1, 0, nan), {**PLACE, "z": 10.0}, D, None),
    ("192: z NaN", 192, 0, (-1, 1, 0, nan), {**PLACE, "z": nan}, D, None),
    ("192: x not given", 192, 0, (-1, 1, 0, nan), {"x": 0x7FFFFFFF, "y": LON, "z": 600.0}, D, None),
    ("192: latitude beyond 90", 192, 0, (-1, 1, 0, nan), {"x": 910000000, "y": LON, "z": 600.0}, D, None),
    ("22: INT with frame 3", 22, 3, (), {"z": 10.0}, A, ("commands.takeoff", (10.0,), HOLDS)),
    ("22: INT with frame 0 DENIED", 22, 0, (), {"z": 10.0}, D, None),
    ("22: INT with frame 6 DENIED", 22, 6, (), {"z": 10.0}, D, None),
    ("179: INT frame 0", 179, 0, (0,), {**PLACE, "z": 600.0}, A,
     ("home.set", (GeoPoint(LAT * 1e-7, LON * 1e-7, 600.0),), {})),
    ("179: INT here", 179, 0, (1,), {}, A, ("home.set", (None,), {})),
    ("195: INT frame 3", 195, 3, (), {**PLACE, "z": 5.0}, A,
     ("commands.set_roi", (GeoPoint(LAT * 1e-7, LON * 1e-7, 589.0),), {})),
    ("400: INT, any frame", 400, 2, (1,), {}, A, ("arming.arm", (NOW,), {"force": False})),
    ("300: INT", 300, 0, (), {}, A, ("mission_commands.start", (NOW,), {})),
    ("241: level, param5 is a number, not degrees", 241, 0, (), {"x": 2}, A, None),
    ("30: INT AMSL", 30, 0, (), {"z": 610.0}, A, ("commands.guided_altitude", (0, 610.0), {})),
    ("unknown command", 4321, 0, (), {}, U, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "number", "frame", "params", "place", "result", "call"), INT_CASES, ids=[case[0] for case in INT_CASES]
)
def test_a_command_int_is_answered_and_reaches_the_core_as_its_row_says(
    row: str,
    number: int,
    frame: int,
    params: tuple[float, ...],
    place: dict[str, Any],
    result: Result,
    call: tuple[Any, ...] | None,
) -> None:
    """One acknowledgement with the row's result, and exactly the row's call of the core."""
    bench = CommandBench()
    assert result_of(bench.int_(number, frame, *params, **place)) is result
    assert bench.autopilot.calls == ([call] if call else [])


def test_a_refusal_of_the_core_is_passed_on_with_its_detail() -> None:
    """Result and `detail` (result_param2) are the core's; the acknowledgement is addressed to the asker."""
    bench = CommandBench()
    bench.autopilot.outcomes["arming.arm"] = Outcome(Result.FAILED, "Arm: no", detail=7)
    (ack,) = bench.long(400, 1)
    assert (ack.command, ack.result, ack.result_param2) == (400, F, 7)
    assert (ack.target_system, ack.target_component) == (QGC.system, QGC.component)


def test_prearm_checks_are_turned_away_while_armed() -> None:
    """Row 401: TEMPORARILY_REJECTED while armed."""
    bench = CommandBench()
    bench.autopilot.armed = True
    assert result_of(bench.long(401)) is T
    assert bench.autopilot.calls == []


def test_calibration_is_refused_while_armed() -> None:
    """A flying vehicle does not zero its gyroscopes."""
    bench = CommandBench()
    bench.autopilot.armed = True
    assert result_of(bench.long(241, 1)) is F


def test_storage_reset_brings_back_the_defaults() -> None:
    """245 with param1 = 2 resets what may be set; while armed it is refused and changes nothing."""
    bench = CommandBench()
    bench.autopilot.parameters.set("RTL_ALT", 3000.0)
    bench.autopilot.armed = True
    assert result_of(bench.long(245, 2)) is F
    assert bench.autopilot.parameters["RTL_ALT"] == 3000.0
    bench.autopilot.armed = False
    assert result_of(bench.long(245, 2)) is A
    assert bench.autopilot.parameters["RTL_ALT"] == 1500.0


def test_ground_pressure_is_calibrated_with_the_texts_of_ardupilot() -> None:
    bench = CommandBench()
    assert result_of(bench.long(241, 0, 0, 1)) is A
    texts = [call[1][1] for call in bench.autopilot.calls if call[0] == "announcer.say"]
    assert texts == ["Updating barometer calibration", "Barometer calibration complete"]


def test_a_jump_to_a_tag_tells_the_item_before_it_is_acknowledged() -> None:
    """As ArduPilot: a station that has the acknowledgement knows where the mission goes on."""
    bench = CommandBench()
    sent = bench.long(601, 7)
    assert [one.get_type() for one in sent] == ["MISSION_CURRENT", "COMMAND_ACK"]
    assert ("mission_commands.jump_to_tag", (7.0,), {}) in bench.autopilot.calls


def test_set_current_is_followed_by_mission_current_on_all_links() -> None:
    """Row 11 of 2.3: acknowledgement to the asker, MISSION_CURRENT with the asked index to everyone."""
    bench = CommandBench()
    bench.service.handle_message(dialect.MAVLink_command_long_message(1, 1, 224, 0, 2, 1, 0, 0, 0, 0, 0), QGC, 0)
    ack, current = bench.service.take_outgoing()
    assert (ack.message.result, ack.link) == (A, QGC.link)
    assert (current.message.get_type(), current.message.seq, current.link) == ("MISSION_CURRENT", 2, None)
    assert bench.autopilot.calls == [("mission_commands.set_current", (2,), {"reset": True})]


def test_a_refused_set_current_is_not_followed_by_mission_current() -> None:
    """MISSION_CURRENT would confirm what did not happen."""
    bench = CommandBench()
    bench.autopilot.outcomes["mission_commands.set_current"] = Outcome(Result.DENIED)
    assert [one.get_type() for one in bench.long(224, 99)] == ["COMMAND_ACK"]


def test_heights_above_home_are_refused_while_there_is_no_home() -> None:
    """A relative height means nothing yet: FAILED, and the core hears nothing; AMSL works."""
    bench = CommandBench()
    bench.autopilot.place = None
    assert result_of(bench.int_(192, 3, -1, 1, 0, nan, x=LAT, y=LON, z=10.0)) is F
    assert result_of(bench.int_(195, 3, x=LAT, y=LON, z=10.0)) is F
    assert bench.autopilot.calls == []
    assert result_of(bench.int_(192, 0, -1, 1, 0, nan, x=LAT, y=LON, z=600.0)) is A


def test_a_rovers_yaw_and_speed_is_a_velocity_in_that_direction() -> None:
    """NAV_SET_YAW_SPEED 90 deg relative to a heading of 0 at 2 m/s drives east."""
    bench = CommandBench("rover")
    assert result_of(bench.long(213, 90, 2, 1)) is A
    ((name, _, named),) = bench.autopilot.calls
    assert name == "commands.guided_target"
    assert named["velocity"] == pytest.approx((0.0, 2.0, 0.0), abs=1e-9)


def test_a_relative_heading_counts_from_the_one_that_is_driven() -> None:
    """Not from where the nose is: told again, it does not turn further."""
    bench = CommandBench("rover")
    bench.autopilot.helm.target = Drive(2.0, radians(30.0))
    assert result_of(bench.long(213, 60, 2, 1)) is A
    named = bench.autopilot.calls[-1][2]
    assert named["velocity"] == pytest.approx((0.0, 2.0, 0.0), abs=1e-9)


def test_the_safety_switch_is_moved_by_command_and_by_set_mode() -> None:
    """DO_SET_SAFETY_SWITCH_STATE; ArduPilot's SET_MODE with nothing but the bit that says armed."""
    bench = CommandBench()
    assert result_of(bench.long(5300, 0)) is A
    assert result_of(bench.long(5300, 2)) is D
    assert result_of(bench.long(5300, 1)) is A
    for state in (1, 0):
        assert bench.send(dialect.MAVLink_set_mode_message(1, 128, state)) == []
    assert bench.autopilot.calls == [("switches.secure", (safe,), {}) for safe in (True, False, True, False)]


@pytest.mark.parametrize(("base_mode", "acts"), [(1, True), (129, True), (0, False)])
def test_set_mode_acts_like_176_without_an_acknowledgement(base_mode: int, acts: bool) -> None:
    """SET_MODE 11 predates the command protocol."""
    bench = CommandBench()
    assert bench.send(dialect.MAVLink_set_mode_message(1, base_mode, 9)) == []
    assert bench.autopilot.calls == ([("modes.set", (9, NOW), {})] if acts else [])


@pytest.mark.parametrize(
    ("kind", "frame", "result"),
    [
        ("copter", 3, Result.DENIED),
        ("plane", 6, Result.DENIED),
        ("plane", 10, Result.DENIED),
        ("plane", 0, Result.ACCEPTED),
        ("rover", 3, Result.ACCEPTED),
    ],
)
def test_a_place_on_the_ground_is_none_in_the_air(kind: str, frame: int, result: Result) -> None:
    """DO_REPOSITION with a height of 0 above home or ground, as ArduCopter and ArduPlane."""
    bench = CommandBench(kind)
    assert result_of(bench.int_(192, frame, -1.0, 1.0, x=-353_600_000, y=1_491_600_000, z=0.0)) is result


@pytest.mark.parametrize(
    ("radius", "yaw", "flown"), [(0.0, 0.0, 0.0), (0.0, 1.0, -1.0), (nan, 1.0, -1.0), (90.0, 1.0, -90.0)]
)
def test_a_reposition_circles_as_it_is_told(radius: float, yaw: float, flown: float) -> None:
    """Counter-clockwise, also with the usual radius, for which -1 m stands (ArduPlane's set_guided_WP)."""
    bench = CommandBench("plane")
    assert result_of(bench.int_(192, 0, -1.0, 1.0, radius, yaw, x=LAT, y=LON, z=600.0)) is Result.ACCEPTED
    assert [kept["radius"] for name, _, kept in bench.autopilot.calls if name == "commands.reposition"] == [flown]
