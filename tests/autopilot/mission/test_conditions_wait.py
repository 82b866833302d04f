"""When what stands behind a CONDITION is done, as far as a plan tells it (docs/reference/mission-semantics.md, 1)."""

from __future__ import annotations

from math import inf

import pytest

from autopilot.mav import Cmd
from autopilot.mission.state import done_at
from tests.fakes.recording_executor import do


@pytest.mark.parametrize(("command", "param1", "servo_s"), [
    (Cmd.CONDITION_DELAY, 4.0, 4.0), (Cmd.CONDITION_DELAY, -4.0, 0.0),
    (Cmd.CONDITION_DISTANCE, 0.0, inf), (Cmd.CONDITION_DISTANCE, -10.0, inf), (Cmd.CONDITION_DISTANCE, 10.0, 0.0),
    (Cmd.CONDITION_YAW, 90.0, 0.0),
])  # fmt: skip
def test_a_servo_behind_a_condition_and_a_delay(command: int, param1: float, servo_s: float) -> None:
    """Delays add up; no flight comes nearer than 0 m to its goal; a distance or a turn shows only in flight."""
    items = [do(command, param1=param1), do(Cmd.CONDITION_DELAY, param1=2.5), do(Cmd.DO_SET_SERVO)]
    times, done = zip(*done_at(items), strict=True)
    assert list(done) == items
    assert times == (0.0, servo_s, servo_s + 2.5)
