"""A gimbal on servos (MNT1_TYPE 1) on the wire: its outputs, and what the autopilot tells of it."""

from __future__ import annotations

from collections.abc import Iterator
from math import degrees, isnan, nan
from typing import Any

import pytest

from autopilot.mav import Cmd, GimbalCapability, Result
from autopilot.mount.rotation import joints_of
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.framing import FrameReader
from sortie import Session
from sortie.api.link import SessionLink
from tests.fakes.ordered import command

HOME = "-35.363261,149.165230,584,0"
FITTED = {"MNT1_TYPE": 1, "MNT1_DEFLT_MODE": 1, "MNT1_NEUTRAL_Y": -20, "SERVO6_FUNCTION": 7, "SERVO7_FUNCTION": 6}
LEVEL, NEUTRAL, LOCK, VEHICLE_FRAME = 4 | 8, 2, 16, 32


@pytest.fixture
def session() -> Iterator[Session]:
    with Session(home=HOME, params=FITTED) as made:
        made.wait_armable()
        yield made


def next_heard(session: Session, link: SessionLink) -> tuple[dict[str, Any], set[int]]:
    """The last of each message within a second, and who spoke."""
    link.read()
    session.run_for(1.0)
    frames = list(FrameReader().receive(link.read()))
    decoded = [codec.decode(frame.msg_id, frame.payload) for frame in frames]
    return {one.get_type(): one for one in decoded}, {frame.component for frame in frames}


def test_angles_come_out_as_pulses_and_the_autopilot_tells_them(session: Session) -> None:
    """No component 154; neutral at first, then what was asked; no rates, and no error, since nothing measures."""
    link = session.connect()
    told, who = next_heard(session, link)
    assert told["GIMBAL_DEVICE_ATTITUDE_STATUS"].flags == LEVEL | NEUTRAL | VEHICLE_FRAME
    assert told["SERVO_OUTPUT_RAW"].servo6_raw == 1100 + round(800 * 70 / 110)
    assert command(link, Cmd.DO_GIMBAL_MANAGER_PITCHYAW, -35, 90, nan, nan, 0, 0, 0) == Result.ACCEPTED
    told, who = next_heard(session, link)
    attitude = told["GIMBAL_DEVICE_ATTITUDE_STATUS"]
    assert who == {1}
    assert (attitude.flags, attitude.gimbal_device_id, attitude.failure_flags) == (LEVEL | VEHICLE_FRAME, 1, 0)
    assert isnan(attitude.angular_velocity_y) and isnan(attitude.delta_yaw)
    assert [degrees(one) for one in joints_of(tuple(attitude.q))] == pytest.approx([0.0, -35.0, 90.0], abs=1.0)
    assert (told["SERVO_OUTPUT_RAW"].servo6_raw, told["SERVO_OUTPUT_RAW"].servo7_raw) == pytest.approx(
        (1500, 1700), abs=8
    )
    assert command(link, Cmd.DO_GIMBAL_MANAGER_PITCHYAW, -35, 90, nan, nan, 16, 0, 0) == Result.ACCEPTED
    told, _ = next_heard(session, link)
    assert told["GIMBAL_DEVICE_ATTITUDE_STATUS"].flags == LEVEL | LOCK | VEHICLE_FRAME


def test_the_manager_has_the_first_mount(session: Session) -> None:
    """Device 1, which rolls not: it has no output for that. 154 is not there."""
    link = session.connect()
    assert command(link, Cmd.REQUEST_MESSAGE, codec.id_of("GIMBAL_MANAGER_INFORMATION")) == Result.ACCEPTED
    information = link.receive("GIMBAL_MANAGER_INFORMATION")
    assert information.gimbal_device_id == 1
    assert degrees(information.pitch_min) == pytest.approx(-90.0)
    assert information.cap_flags & GimbalCapability.HAS_PITCH_FOLLOW
    assert information.cap_flags & GimbalCapability.HAS_YAW_LOCK
    assert not information.cap_flags & GimbalCapability.HAS_ROLL_AXIS
    told, _ = next_heard(session, link)
    status = told["GIMBAL_MANAGER_STATUS"]
    assert (status.gimbal_device_id, status.flags) == (1, LEVEL)
    move = Cmd.DO_GIMBAL_MANAGER_PITCHYAW
    assert command(link, move, -10, 0, nan, nan, 0, 0, 154) == Result.FAILED
    assert command(link, move, -10, 0, nan, nan, 0, 0, 1) == Result.ACCEPTED


def test_pulses_follow_a_pilot_and_a_changed_end(session: Session) -> None:
    """RC targeting: the middle of the limits without a channel, as ArduPilot has it."""
    link = session.connect()
    assert command(link, Cmd.DO_MOUNT_CONTROL, 0, 0, 0, 0, 0, 0, 3) == Result.ACCEPTED
    told, _ = next_heard(session, link)
    assert told["SERVO_OUTPUT_RAW"].servo6_raw == pytest.approx(1500, abs=8)
    session.set_param("SERVO6_MAX", 2100)
    told, _ = next_heard(session, link)
    assert told["SERVO_OUTPUT_RAW"].servo6_raw == pytest.approx(1600, abs=10)
