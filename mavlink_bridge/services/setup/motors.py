"""DO_MOTOR_TEST: motors turn one after the other, each for some seconds, while the vehicle is disarmed.

Source: ArduPilot ArduCopter/motor_test.cpp, whose checks and texts these are. In the simulator nothing moves by it.
"""

from __future__ import annotations

from typing import Final

from autopilot.mav import MotorTestThrottle, Result
from autopilot.result import Outcome
from mavlink_bridge.services.commands.request import Command

MOTORS: Final = 4  # outputs that may be tried, of every kind of vehicle
LONGEST_S: Final = 600.0
_LIMITS: Final[dict[int, tuple[float, float]]] = {
    MotorTestThrottle.PERCENT: (0.0, 100.0),
    MotorTestThrottle.PWM: (800.0, 2200.0),
    MotorTestThrottle.PILOT: (-1e10, 1e10),
}


class MotorTest:
    """`end_ms`: when the test that runs is over; None: none runs."""

    def __init__(self) -> None:
        self.end_ms: int | None = None

    def begin(self, command: Command, now_ms: int) -> Outcome:
        """param1 the first motor, param2 how param3 counts, param4 seconds for each, param5 how many motors."""
        kind = command.whole(2)
        low, high = _LIMITS.get(kind, (1.0, 0.0))
        seconds = command.param(4)
        if not 1 <= command.whole(1) <= MOTORS or not low <= command.param(3) <= high:
            return Outcome(Result.FAILED, "Motor Test: no such motor or throttle")
        count = min(max(command.whole(5), 1), MOTORS)
        self.end_ms = now_ms + int(1000.0 * min(max(seconds, 0.0) * count, LONGEST_S))
        return Outcome(Result.ACCEPTED)

    def ended(self, now_ms: int) -> bool:
        """Is it over just now?"""
        if self.end_ms is None or now_ms < self.end_ms:
            return False
        self.end_ms = None
        return True
