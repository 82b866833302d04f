"""A turn that is asked for on the way: the next setpoint of every target has it."""

from __future__ import annotations

from math import nan, radians

import pytest

from autopilot.interface.targets import Hold, Leg, Target, Velocity, Yaw, YawMode
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mav import Cmd
from autopilot.modes.heading import condition_yaw
from autopilot.vehicles.mode_table import CopterMode
from mavlink_bridge.wire.codec import dialect
from tests.fakes.controller_line import Line

EAST = 1.5
CONDITION_YAW = Cmd.CONDITION_YAW
TARGETS = [Leg((50.0, 0.0, -10.0)), Velocity((1.0, 0.0, 0.0)), Velocity((1.0, 0.0, 0.0), position=(50.0, 0.0, -10.0))]


def yaw_sent(line: Line, now_ms: int) -> float:
    """Heading of the last setpoint; NaN: none was sent, or without one."""
    line.place(30_000 + now_ms, now_ms)
    sent = [one.message for one in line.vehicle.take_outgoing() if one.message.get_type().startswith("SET_POSITION")]
    return sent[-1].yaw if sent and not sent[-1].type_mask & 1 << 10 else nan


def in_guided(target: Target) -> Line:
    line = Line()
    line.fly()
    line.say(dialect.MAVLink_ekf_status_report_message(831, 0.0, 0.0, 0.0, 0.0, 0.0), 9_900)
    line.place(30_000, 10_000)
    line.vehicle.command(CopterMode.GUIDED)
    line.vehicle.set_target(target)
    return line


@pytest.mark.parametrize("target", TARGETS, ids=["place", "velocity", "place and velocity"])
def test_the_next_setpoint_has_the_new_heading(target: Target) -> None:
    line = in_guided(target)
    yaw_sent(line, 10_100)
    line.vehicle.set_yaw(Yaw(YawMode.ANGLE, angle=EAST))
    assert yaw_sent(line, 10_300) == pytest.approx(EAST)


def test_a_whole_turn_is_asked_for_and_waited_for() -> None:
    """By the angle (param4 1); as a heading it is no turn at all."""
    line = in_guided(Hold())
    line.vehicle.take_outgoing()
    line.vehicle.set_yaw(condition_yaw(360.0, 30.0, 0, relative=True, heading=0.0))
    line.place(30_100, 10_100)
    asked = [one.message for one in line.vehicle.take_outgoing() if getattr(one.message, "command", 0) == CONDITION_YAW]
    assert [(one.param1, one.param2, one.param3, one.param4) for one in asked] == [
        (360.0, pytest.approx(30.0), 1.0, 1.0)
    ]
    done = []
    for step in range(13):
        line.say(dialect.MAVLink_attitude_message(30_000, 0.0, 0.0, step * radians(30.0), 0.0, 0.0, 0.0), 10_200 + step)
        line.place(30_200 + step, 10_200 + step)
        done.append(bool(line.vehicle.take_events() & VehicleEvent.YAW_DONE))
    assert done == [False] * 12 + [True]
