"""Gimbal manager and device on the wire of a whole vehicle: each message, who may send it, and what follows."""

from __future__ import annotations

from collections.abc import Iterator
from math import atan, degrees, inf, nan, radians
from pathlib import Path
from random import Random
from typing import Any

import pytest

from autopilot.interface.geo import to_global
from autopilot.mav import GimbalCapability, GimbalError, GimbalFlag, MountMode, Result
from autopilot.mount.rotation import Quaternion, joints_of, of_joints
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import dialect as m
from mavlink_bridge.wire.framing import FrameReader
from sortie import Session
from sortie.api.link import SessionLink
from sortie.config.fittings import fitted
from tests.fakes.terrain import ramp, write_srtm

HOME = "-35.363261,149.165230,584,0"
NOT_GIVEN = [nan] * 4
DEVICE, AUTOPILOT = 154, 1


@pytest.fixture
def session() -> Iterator[Session]:
    """A copter with a gimbal, neutral at first; it stands, nose north."""
    with Session(home=HOME, params={"MNT1_TYPE": 6, "MNT1_DEFLT_MODE": 1}) as made:
        made.wait_armable()
        yield made


def heard(session: Session, link: SessionLink, seconds: float) -> list[tuple[int, Any]]:
    """What comes in within so long: who says it, and the message."""
    if seconds:
        link.read()
        session.run_for(seconds)
    return [
        (frame.component, codec.decode(frame.msg_id, frame.payload)) for frame in FrameReader().receive(link.read())
    ]


def command(link: SessionLink, number: int, *params: float, to: int = AUTOPILOT, integer: bool = False) -> int:
    """The result of its acknowledgement."""
    p = (*params, *([0.0] * 7))[:7]
    if integer:
        link.send(m.MAVLink_command_int_message(1, to, 3, number, 0, 0, *p[:4], int(p[4]), int(p[5]), p[6]))
    else:
        link.send(m.MAVLink_command_long_message(1, to, number, 0, *p))
    return int(link.receive("COMMAND_ACK", where=lambda ack: ack.command == number).result)


def request(link: SessionLink, name: str, to: int = AUTOPILOT) -> Any:
    """The message that is asked for."""
    assert command(link, m.MAV_CMD_REQUEST_MESSAGE, codec.id_of(name), to=to) == Result.ACCEPTED
    return link.receive(name)


def interval_us(link: SessionLink, number: int) -> int:
    """What the device says of the interval of a message."""
    assert command(link, m.MAV_CMD_GET_MESSAGE_INTERVAL, number, to=DEVICE) == Result.ACCEPTED
    return int(link.receive("MESSAGE_INTERVAL").interval_us)


def attitude(session: Session, link: SessionLink, seconds: float = 3.0) -> Any:
    """The last GIMBAL_DEVICE_ATTITUDE_STATUS, some time later."""
    return [one for _, one in heard(session, link, seconds) if one.get_type() == "GIMBAL_DEVICE_ATTITUDE_STATUS"][-1]


def angles(status: Any) -> list[float]:
    q: Quaternion = tuple(status.q)
    return [degrees(one) for one in joints_of(q)]


# --- off --------------------------------------------------------------------------------------------------------------
def test_without_a_gimbal_nobody_speaks_of_one() -> None:
    """No component, no message, no command, and no deadline."""
    with Session(home=HOME) as session:
        link = session.connect()
        assert {component for component, _ in heard(session, link, 3.0)} == {AUTOPILOT}
        assert command(link, m.MAV_CMD_DO_GIMBAL_MANAGER_PITCHYAW, -45.0) == Result.UNSUPPORTED
        assert command(link, m.MAV_CMD_REQUEST_MESSAGE, 280) == Result.UNSUPPORTED
        assert command(link, m.MAV_CMD_REQUEST_MESSAGE, 283, to=DEVICE) == Result.UNSUPPORTED


# --- the device -------------------------------------------------------------------------------------------------------
def test_what_the_device_says_by_itself(session: Session) -> None:
    """HEARTBEAT of a gimbal each second, its attitude ten times, from component 154 with its own sequence; the manager
    tells who is in control."""
    link = session.connect()
    said = heard(session, link, 5.0)
    names = [(component, one.get_type()) for component, one in said]
    assert 45 <= names.count((DEVICE, "GIMBAL_DEVICE_ATTITUDE_STATUS")) <= 51
    assert 4 <= names.count((DEVICE, "HEARTBEAT")) <= 6
    assert 4 <= names.count((AUTOPILOT, "GIMBAL_MANAGER_STATUS")) <= 6
    beat = next(one for component, one in said if component == DEVICE and one.get_type() == "HEARTBEAT")
    assert (beat.type, beat.autopilot, beat.system_status) == (m.MAV_TYPE_GIMBAL, m.MAV_AUTOPILOT_INVALID, 4)


def test_the_device_tells_what_it_is(session: Session) -> None:
    """GIMBAL_DEVICE_INFORMATION and GIMBAL_MANAGER_INFORMATION have the limits of the parameters; what does not turn
    has no axis."""
    session.set_param("MNT1_PITCH_MIN", -60)
    session.set_param("MNT1_ROLL_MIN", 0)
    session.set_param("MNT1_ROLL_MAX", 0)
    link = session.connect()
    device, manager = request(link, "GIMBAL_DEVICE_INFORMATION", DEVICE), request(link, "GIMBAL_MANAGER_INFORMATION")
    for one in (device, manager):
        assert (degrees(one.pitch_min), degrees(one.pitch_max)) == pytest.approx((-60.0, 20.0))
        assert not one.cap_flags & GimbalCapability.HAS_ROLL_AXIS
        assert one.cap_flags & GimbalCapability.HAS_YAW_LOCK
        assert one.cap_flags & GimbalCapability.SUPPORTS_INFINITE_YAW
    assert (device.gimbal_device_id, manager.gimbal_device_id) == (0, DEVICE)
    assert manager.cap_flags & GimbalCapability.CAN_POINT_LOCATION_GLOBAL
    session.set_param("MNT1_YAW_MAX", 90)
    assert not request(link, "GIMBAL_MANAGER_INFORMATION").cap_flags & GimbalCapability.SUPPORTS_INFINITE_YAW


def test_attitude_is_in_the_frame_that_the_flags_say(session: Session) -> None:
    """Following: against the nose. Locked: against north, and `delta_yaw` is between them."""
    link = session.connect()
    assert command(link, m.MAV_CMD_DO_GIMBAL_MANAGER_PITCHYAW, -30, 25, nan, nan, 12, 0, 0) == Result.ACCEPTED
    status = attitude(session, link)
    assert status.flags == GimbalFlag.ROLL_LOCK | GimbalFlag.PITCH_LOCK | GimbalFlag.YAW_IN_VEHICLE_FRAME
    assert angles(status) == pytest.approx([0.0, -30.0, 25.0], abs=0.1)
    assert command(link, m.MAV_CMD_DO_GIMBAL_MANAGER_PITCHYAW, -30, 25, nan, nan, 28, 0, 0) == Result.ACCEPTED
    status = attitude(session, link)
    assert status.flags & (GimbalFlag.YAW_LOCK | GimbalFlag.YAW_IN_EARTH_FRAME) == 16 + 64
    assert angles(status) == pytest.approx([0.0, -30.0, 25.0], abs=0.1)
    assert degrees(status.delta_yaw) == pytest.approx(degrees(session.autopilot.facts.vehicle.state.yaw), abs=2.0)
    assert (status.failure_flags, status.gimbal_device_id) == (0, 0)


def test_the_device_heeds_its_own_system_alone(session: Session) -> None:
    """GIMBAL_DEVICE_SET_ATTITUDE of a companion (1/191) is done; of a station it is not."""
    message = m.MAVLink_gimbal_device_set_attitude_message(
        1, DEVICE, 12, list(of_joints((0.0, radians(-40.0), radians(10.0)))), nan, nan, nan
    )
    station, companion = session.connect(), session.connect(system=1, component=191)
    station.send(message)
    assert angles(attitude(session, station)) == pytest.approx([0.0, 0.0, 0.0], abs=0.1)
    companion.send(message)
    assert angles(attitude(session, station)) == pytest.approx([0.0, -40.0, 10.0], abs=0.1)
    companion.send(m.MAVLink_gimbal_device_set_attitude_message(1, DEVICE, 12, NOT_GIVEN, nan, radians(-5.0), nan))
    assert attitude(session, station, 1.0).angular_velocity_y == pytest.approx(radians(-5.0))
    companion.send(
        m.MAVLink_gimbal_device_set_attitude_message(1, DEVICE, GimbalFlag.RETRACT, NOT_GIVEN, nan, nan, nan)
    )
    assert attitude(session, station).flags & GimbalFlag.RETRACT


def test_rates_of_messages_are_set_for_each_link(session: Session) -> None:
    """SET_MESSAGE_INTERVAL to the device and to the manager; 0: as it was, -1: off; others DENIED."""
    one, other = session.connect(), session.connect()
    interval, number = m.MAV_CMD_SET_MESSAGE_INTERVAL, codec.id_of("GIMBAL_DEVICE_ATTITUDE_STATUS")

    def count(link: SessionLink, name: str = "GIMBAL_DEVICE_ATTITUDE_STATUS") -> int:
        return sum(message.get_type() == name for _, message in heard(session, link, 2.0))

    assert command(one, interval, number, -1, to=DEVICE) == Result.ACCEPTED
    assert (count(one), count(other) > 15) == (0, True)
    assert command(one, interval, number, 500_000, to=DEVICE) == Result.ACCEPTED
    assert count(one) in (3, 4, 5)
    assert interval_us(one, number) == 500_000
    assert interval_us(other, number) == 100_000
    assert interval_us(one, codec.id_of("ATTITUDE")) == 0
    assert command(one, interval, number, 0, to=DEVICE) == Result.ACCEPTED
    assert count(one) > 15
    assert command(one, interval, codec.id_of("ATTITUDE"), 1000, to=DEVICE) == Result.DENIED
    assert command(one, interval, number, nan, to=DEVICE) == Result.DENIED
    assert count(one, "MOUNT_ORIENTATION") == 0
    assert command(one, interval, codec.id_of("MOUNT_ORIENTATION"), 200_000) == Result.ACCEPTED
    assert count(one, "MOUNT_ORIENTATION") in (9, 10, 11)


def test_a_command_for_all_is_answered_once_unless_it_is_the_devices(session: Session) -> None:
    """An arm for component 0 has one acknowledgement; what is for 154 and not served is UNSUPPORTED."""
    link = session.connect()
    link.send(m.MAVLink_command_long_message(1, 0, m.MAV_CMD_DO_SET_HOME, 0, 1, 0, 0, 0, 0, 0, 0))
    acks = [one for one in heard(session, link, 0.0) if one[1].get_type() == "COMMAND_ACK"]
    assert [component for component, _ in acks] == [AUTOPILOT]
    assert command(link, m.MAV_CMD_COMPONENT_ARM_DISARM, 1, to=DEVICE) == Result.UNSUPPORTED
    assert not session.state.armed
    link.send(m.MAVLink_command_long_message(1, 0, m.MAV_CMD_REQUEST_MESSAGE, 0, 283, 0, 0, 0, 0, 0, 0))
    said = heard(session, link, 0.0)
    assert [one[0] for one in said if one[1].get_type() == "GIMBAL_DEVICE_INFORMATION"] == [DEVICE]
    assert {component: one.result for component, one in said if one.get_type() == "COMMAND_ACK"} == {
        DEVICE: Result.ACCEPTED,
        AUTOPILOT: Result.UNSUPPORTED,
    }


def test_a_stuck_gimbal_says_so(session: Session) -> None:
    """`--fault gimbal.stuck`: MOTOR_ERROR, a critical HEARTBEAT, and it does not turn until the fault ends."""
    link = session.connect()
    session.inject("gimbal.stuck")
    assert command(link, m.MAV_CMD_DO_GIMBAL_MANAGER_PITCHYAW, -45, 0, nan, nan, 12, 0, 0) == Result.ACCEPTED
    said = heard(session, link, 3.0)
    status = [one for _, one in said if one.get_type() == "GIMBAL_DEVICE_ATTITUDE_STATUS"][-1]
    assert angles(status)[1] == pytest.approx(0.0, abs=1.0)
    assert status.failure_flags == GimbalError.MOTOR_ERROR
    assert {one.system_status for component, one in said if (component, one.get_type()) == (DEVICE, "HEARTBEAT")} == {5}
    session.clear("gimbal.stuck")
    assert angles(attitude(session, link))[1] == pytest.approx(-45.0, abs=0.1)


# --- the manager ------------------------------------------------------------------------------------------------------
def told(name: str, **fields: Any) -> Any:
    """A message for the manager."""
    given = {"target_system": 1, "target_component": 1, "flags": 12, "gimbal_device_id": 0} | fields
    return getattr(m, f"MAVLink_{name.lower()}_message")(**given)


TURNED: list[tuple[str, Any, list[float] | None]] = [
    ("attitude", told("GIMBAL_MANAGER_SET_ATTITUDE", q=list(of_joints((0.1, -0.5, 0.3))), angular_velocity_x=nan,
                      angular_velocity_y=nan, angular_velocity_z=nan), [0.1, -0.5, 0.3]),
    ("not of this device", told("GIMBAL_MANAGER_SET_ATTITUDE", q=list(of_joints((0.1, -0.5, 0.3))), gimbal_device_id=3,
                                angular_velocity_x=nan, angular_velocity_y=nan, angular_velocity_z=nan), None),
    ("nothing", told("GIMBAL_MANAGER_SET_ATTITUDE", q=NOT_GIVEN, angular_velocity_x=nan, angular_velocity_y=nan,
                     angular_velocity_z=nan), None),
    ("rates, to the end", told("GIMBAL_MANAGER_SET_ATTITUDE", q=NOT_GIVEN, angular_velocity_x=0.0,
                               angular_velocity_y=-1.5, angular_velocity_z=0.0), [0.0, radians(-90.0), radians(10.0)]),
    ("pitch and yaw", told("GIMBAL_MANAGER_SET_PITCHYAW", pitch=-0.2, yaw=0.4, pitch_rate=nan, yaw_rate=nan),
     [0.0, -0.2, 0.4]),
    ("sticks as angles", told("GIMBAL_MANAGER_SET_MANUAL_CONTROL", pitch=-1.0, yaw=0.5, pitch_rate=nan, yaw_rate=nan),
     [0.0, radians(-90.0), radians(90.0)]),
    ("neutral", told("GIMBAL_MANAGER_SET_PITCHYAW", flags=2, pitch=-0.2, yaw=0.4, pitch_rate=nan, yaw_rate=nan),
     [0.0, 0.0, 0.0]),
]  # fmt: skip


@pytest.mark.parametrize(("what", "message", "then"), TURNED, ids=[row[0] for row in TURNED])
def test_each_message_of_the_manager(session: Session, what: str, message: Any, then: list[float] | None) -> None:
    """Where the gimbal then points."""
    link = session.connect()
    assert command(link, m.MAV_CMD_DO_GIMBAL_MANAGER_PITCHYAW, -10, 10, nan, nan, 12, 0, 0) == Result.ACCEPTED
    before = angles(attitude(session, link))
    link.send(message)
    wanted = before if then is None else [degrees(one) for one in then]
    assert angles(attitude(session, link, 4.0)) == pytest.approx(wanted, abs=0.2)


def test_sticks_as_rates_are_shares_of_the_rc_rate(session: Session) -> None:
    """GIMBAL_MANAGER_SET_MANUAL_CONTROL with MNT1_RC_RATE; 30 deg/s while that is 0."""
    link = session.connect()
    turning = told("GIMBAL_MANAGER_SET_MANUAL_CONTROL", pitch=nan, yaw=nan, pitch_rate=0.0, yaw_rate=0.5)
    link.send(turning)
    assert degrees(attitude(session, link, 1.0).angular_velocity_z) == pytest.approx(15.0)
    session.set_param("MNT1_RC_RATE", 60)
    link.send(turning)
    assert degrees(attitude(session, link, 1.0).angular_velocity_z) == pytest.approx(30.0)
    link.send(told("GIMBAL_MANAGER_SET_MANUAL_CONTROL", pitch=nan, yaw=nan, pitch_rate=nan, yaw_rate=nan, flags=28))
    assert attitude(session, link, 1.0).flags & GimbalFlag.YAW_LOCK


def test_two_stations_hand_control_over(session: Session) -> None:
    """One takes it and is told so by everybody's GIMBAL_MANAGER_STATUS at once; the other is DENIED, its messages are
    dropped; it is given to the other by its ids; released, everybody may again."""
    one, other = session.connect(), session.connect(system=42, component=191)
    pitchyaw, configure = m.MAV_CMD_DO_GIMBAL_MANAGER_PITCHYAW, m.MAV_CMD_DO_GIMBAL_MANAGER_CONFIGURE
    home = (0.0, 0.0, 0.0, 0.0, -35.36, 149.16, 0.0)

    def holder(link: SessionLink) -> tuple[int, int]:
        status = request(link, "GIMBAL_MANAGER_STATUS")
        return status.primary_control_sysid, status.primary_control_compid

    assert command(other, pitchyaw, -10, 0, nan, nan, 12, 0, 0) == Result.ACCEPTED
    other.messages()
    assert command(one, configure, -2, -2, -1, -1) == Result.ACCEPTED
    assert other.receive("GIMBAL_MANAGER_STATUS", 0.1).primary_control_sysid == 255
    for number, params in (
        (pitchyaw, (-40, 0, nan, nan, 12, 0, 0)),
        (m.MAV_CMD_DO_SET_ROI_LOCATION, home),
        (m.MAV_CMD_DO_SET_ROI_NONE, ()),
        (m.MAV_CMD_DO_MOUNT_CONTROL, (-40, 0, 0, 0, 0, 0, 2)),
        (m.MAV_CMD_DO_SET_ROI_SYSID, (7,)),
    ):
        assert command(other, number, *params) == Result.DENIED
    other.send(told("GIMBAL_MANAGER_SET_PITCHYAW", pitch=-0.7, yaw=0.0, pitch_rate=nan, yaw_rate=nan))
    assert angles(attitude(session, one))[1] == pytest.approx(-10.0, abs=0.1)
    assert command(other, configure, -3, -3, -1, -1) == Result.ACCEPTED
    assert holder(other) == (255, 190), "it was not its own to release"
    assert command(one, pitchyaw, -20, 0, nan, nan, 12, 0, 0) == Result.ACCEPTED
    assert command(one, configure, 42, 191, -1, -1) == Result.ACCEPTED
    assert holder(one) == (42, 191)
    assert command(one, pitchyaw, -30, 0, nan, nan, 12, 0, 0) == Result.DENIED
    assert command(other, pitchyaw, -30, 0, nan, nan, 12, 0, 0) == Result.ACCEPTED
    assert command(other, configure, -3, -3, -1, -1) == Result.ACCEPTED
    assert holder(one) == (0, 0)
    assert command(one, pitchyaw, -50, 0, nan, nan, 12, 0, 0) == Result.ACCEPTED
    assert command(one, configure, 300, 1, -1, -1) == Result.FAILED
    assert command(one, configure, -2, -2, -1, -1, 0, 0, 9) == Result.FAILED


@pytest.mark.parametrize(
    ("number", "params", "at"),
    [
        (m.MAV_CMD_DO_GIMBAL_MANAGER_PITCHYAW, (-20, 0, nan, nan, 12, 0, 0), 7),
        (m.MAV_CMD_DO_GIMBAL_MANAGER_CONFIGURE, (-1, -1, -1, -1, 0, 0, 0), 7),
        (m.MAV_CMD_DO_SET_ROI_LOCATION, (0, 0, 0, 0, -35.36, 149.16, 0), 1),
        (m.MAV_CMD_DO_SET_ROI_NONE, (0,) * 7, 1), (m.MAV_CMD_DO_SET_ROI_WPNEXT_OFFSET, (0,) * 7, 1),
        (m.MAV_CMD_DO_SET_ROI_SYSID, (7, 0, 0, 0, 0, 0, 0), 2),
    ],
)  # fmt: skip
def test_only_the_gimbal_that_there_is_is_meant(
    session: Session, number: int, params: tuple[float, ...], at: int
) -> None:
    """gimbal_device_id 0 (all), 1 (the first), 154 and none given; another one is FAILED and changes nothing."""
    link = session.connect()

    def send(device: float) -> int:
        return command(link, number, *params[: at - 1], device, *params[at:])

    assert {device: send(device) for device in (2, 6, 100, 155, 171, 255, -1, 0.5)} == dict.fromkeys(
        (2, 6, 100, 155, 171, 255, -1, 0.5), Result.FAILED
    )
    assert session.autopilot.mount.mode is MountMode.NEUTRAL
    assert {device: send(device) for device in (0, 1, DEVICE, nan)} == dict.fromkeys(
        (0, 1, DEVICE, nan), Result.ACCEPTED
    )


@pytest.mark.parametrize("integer", [False, True])
def test_both_command_messages_carry_the_same(session: Session, integer: bool) -> None:
    """COMMAND_LONG and COMMAND_INT, whose x is the flags."""
    link = session.connect()
    number = m.MAV_CMD_DO_GIMBAL_MANAGER_PITCHYAW
    assert command(link, number, -15, 30, nan, nan, 28, 0, 154, integer=integer) == Result.ACCEPTED
    status = attitude(session, link)
    assert status.flags & GimbalFlag.YAW_LOCK
    assert angles(status) == pytest.approx([0.0, -15.0, 30.0], abs=0.1)


def test_what_is_told_to_who_asks(session: Session) -> None:
    """MOUNT_ORIENTATION and MOUNT_STATUS for old stations, AUTOPILOT_STATE_FOR_GIMBAL_DEVICE for gimbals."""
    link = session.connect()
    assert command(link, m.MAV_CMD_DO_GIMBAL_MANAGER_PITCHYAW, -15, 30, nan, nan, 12, 0, 0) == Result.ACCEPTED
    session.run_for(3.0)
    told_ = request(link, "MOUNT_ORIENTATION")
    heading = degrees(session.autopilot.facts.vehicle.state.yaw)
    assert (told_.roll, told_.pitch, told_.yaw) == pytest.approx((0.0, -15.0, 30.0), abs=0.1)
    assert told_.yaw_absolute == pytest.approx(30.0 + heading, abs=2.0)
    status = request(link, "MOUNT_STATUS")
    assert (status.pointing_a, status.pointing_c) == pytest.approx((-1500, 3000), abs=150)
    assert status.mount_mode == MountMode.MAVLINK_TARGETING
    state = request(link, "AUTOPILOT_STATE_FOR_GIMBAL_DEVICE")
    assert (state.target_component, state.landed_state) == (DEVICE, m.MAV_LANDED_STATE_ON_GROUND)
    assert sum(one * one for one in state.q) == pytest.approx(1.0)


def test_a_vehicle_that_starts_tells_no_glitch_of_its_gps() -> None:
    """Bit 10 of EKF_STATUS_FLAGS is EKF_UNINITIALIZED, of ESTIMATOR_STATUS_FLAGS ESTIMATOR_GPS_GLITCH."""
    with Session(home=HOME, params={"MNT1_TYPE": 6}) as session:
        assert request(session.connect(), "AUTOPILOT_STATE_FOR_GIMBAL_DEVICE").estimator_status == 0


def test_another_vehicles_position_is_pointed_at(session: Session) -> None:
    """GLOBAL_POSITION_INT of the system that DO_SET_ROI_SYSID named; our own is nobody else's."""
    link, other = session.connect(), session.connect(system=9, component=1)
    assert command(link, m.MAV_CMD_DO_SET_ROI_SYSID, 9) == Result.ACCEPTED
    for _ in range(20):
        other.send(m.MAVLink_global_position_int_message(0, -353632610, 1491652300 + 10_000, 584_000, 0, 0, 0, 0, 0))
        session.run_for(0.2)
    # without a fix: ArduPilot's AP_Mount.cpp, handle_global_position_int, takes no place that is not on earth
    other.send(m.MAVLink_global_position_int_message(0, 2_147_483_647, 2_147_483_647, 584_000, 0, 0, 0, 0, 0))
    heading = degrees(session.autopilot.facts.vehicle.state.yaw)
    assert angles(attitude(session, link, 0.5))[2] == pytest.approx(90.0 - heading, abs=3.0)


def test_a_place_above_the_ground_is_looked_at_where_the_ground_is(tmp_path: Path) -> None:
    """DO_SET_ROI_LOCATION in GLOBAL_TERRAIN_ALT on a slope that rises by 0.2 to the north: 100 m on it is 20 m up."""
    folder = write_srtm(tmp_path / "srtm", -36, 149, ramp(0.2)).parent
    with Session(home=HOME, terrain=folder, params={"MNT1_TYPE": 6, "MNT1_DEFLT_MODE": 1}) as session:
        session.wait_armable()
        link, here = session.connect(), session.autopilot.facts.vehicle.state.place
        there = to_global(here, (100.0, 0.0, 0.0))
        lat, lon, roi = round(there.lat * 1e7), round(there.lon * 1e7), m.MAV_CMD_DO_SET_ROI_LOCATION
        link.send(m.MAVLink_command_int_message(1, 1, 10, roi, 0, 0, 0, 0, 0, 0, lat, lon, 0.0))
        assert link.receive("COMMAND_ACK").result == Result.ACCEPTED
        assert angles(attitude(session, link))[1] == pytest.approx(degrees(atan(0.2)), abs=1.0)


def test_channels_of_the_gimbal_turn_it(session: Session) -> None:
    """RC_CHANNELS_OVERRIDE of a channel whose RCn_OPTION is 213 (pitch): through its calibration, reversed too."""
    session.set_param("RC7_OPTION", 213)
    session.set_param("RC7_REVERSED", 1)
    link = session.connect()
    channels = [65535] * 6 + [2000, 65535]
    link.send(m.MAVLink_rc_channels_override_message(1, 1, *channels))
    assert angles(attitude(session, link))[1] == pytest.approx(-90.0, abs=0.1)
    channels[6] = 1000
    link.send(m.MAVLink_rc_channels_override_message(1, 1, *channels))
    assert angles(attitude(session, link))[1] == pytest.approx(20.0, abs=0.1)


def test_whatever_is_sent_the_gimbal_stays_whole(session: Session) -> None:
    """800 messages and commands of numbers that nobody means: nothing is raised, and it points within its limits."""
    draw = Random(1)
    odd = (nan, inf, -inf, 0.0, -0.0, 1e-40, 3.4e38, -3.4e38, 1.0, -1.0, 400.0, 154.0, 4.0, 5.0, -3.0, 1e7)

    def numbers(count: int) -> list[float]:
        return [draw.choice(odd) for _ in range(count)]

    station, companion = session.connect(), session.connect(system=1, component=191)
    wanted = (1000, 1001, 195, 196, 197, 198, 201, 204, 205)
    for _ in range(100):
        flags, device = draw.getrandbits(10), draw.choice((0, 1, 154, 7))
        for message in (
            told(
                "GIMBAL_MANAGER_SET_PITCHYAW",
                flags=flags,
                gimbal_device_id=device,
                **dict(zip(("pitch", "yaw", "pitch_rate", "yaw_rate"), numbers(4), strict=True)),
            ),
            told(
                "GIMBAL_MANAGER_SET_MANUAL_CONTROL",
                flags=flags,
                gimbal_device_id=device,
                **dict(zip(("pitch", "yaw", "pitch_rate", "yaw_rate"), numbers(4), strict=True)),
            ),
            m.MAVLink_gimbal_manager_set_attitude_message(1, 1, flags, device, numbers(4), *numbers(3)),
            m.MAVLink_global_position_int_message(
                0, draw.randint(-(2**31), 2**31 - 1), 2**31 - 1, -(2**31), 0, 1, 2, 3, 4
            ),
            *(m.MAVLink_command_long_message(1, 1, draw.choice(wanted), 0, *numbers(7)) for _ in range(2)),
            m.MAVLink_command_long_message(1, DEVICE, draw.choice((511, 512)), 0, *numbers(7)),
        ):
            station.send(message)
        companion.send(m.MAVLink_gimbal_device_set_attitude_message(1, DEVICE, flags, numbers(4), *numbers(3)))
        session.run_for(0.1)
        where, limits = session.service.vehicle.gimbal.pointing(), session.service.vehicle.gimbal.limits()
        assert sum(one * one for one in where.earth) == pytest.approx(1.0)
        assert limits.pitch[0] - 1e-6 <= where.joints[1] <= limits.pitch[1] + 1e-6
    assert session.service.endpoint.service_errors == 0


def test_no_other_component_than_a_camera_has_extended_parameters() -> None:
    """Nobody answers for autopilot, gimbal, winch and transmitter; who asks all hears the camera."""
    fittings = fitted(("camera", "gimbal", "winch", "remote-id"))
    params = {name: float(value) for name, value in (text.split("=") for text in fittings)}
    with Session(params=params) as session:
        link = session.connect()
        for component in (1, 154, 169, 236, 100, 0):
            link.messages()
            link.send(m.MAVLink_param_ext_request_list_message(1, component))
            link.send(m.MAVLink_param_ext_request_read_message(1, component, b"CAM_ISO", -1))
            session.run_for(0.1)
            told = [one for one in link.messages() if one.get_type().startswith("PARAM_EXT")]
            assert bool(told) is (component in (0, 100)) and {one.get_srcComponent() for one in told} <= {100}
