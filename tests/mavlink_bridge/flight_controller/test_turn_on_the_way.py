"""A turn that is asked for on the way: the next setpoint of every target has it."""

from __future__ import annotations

from math import nan

import pytest

from autopilot.interface.targets import Leg, Target, Velocity, Yaw, YawMode
from autopilot.vehicles.mode_table import CopterMode
from mavlink_bridge.wire.codec import dialect
from tests.fakes.controller_line import Line

EAST = 1.5
TARGETS = [Leg((50.0, 0.0, -10.0)), Velocity((1.0, 0.0, 0.0)), Velocity((1.0, 0.0, 0.0), position=(50.0, 0.0, -10.0))]


def yaw_sent(line: Line, now_ms: int) -> float:
    """Heading of the last setpoint; NaN: none was sent, or without one."""
    line.place(30_000 + now_ms, now_ms)
    sent = [one.message for one in line.vehicle.take_outgoing() if one.message.get_type().startswith("SET_POSITION")]
    return sent[-1].yaw if sent and not sent[-1].type_mask & 1 << 10 else nan


@pytest.mark.parametrize("target", TARGETS, ids=["place", "velocity", "place and velocity"])
def test_the_next_setpoint_has_the_new_heading(target: Target) -> None:
    line = Line()
    line.fly()
    line.say(dialect.MAVLink_ekf_status_report_message(831, 0.0, 0.0, 0.0, 0.0, 0.0), 9_900)
    line.place(30_000, 10_000)
    line.vehicle.command(CopterMode.GUIDED)
    line.vehicle.set_target(target)
    yaw_sent(line, 10_100)
    line.vehicle.set_yaw(Yaw(YawMode.ANGLE, angle=EAST))
    assert yaw_sent(line, 10_300) == pytest.approx(EAST)
