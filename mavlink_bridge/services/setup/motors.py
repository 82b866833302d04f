"""DO_MOTOR_TEST: motors of a disarmed vehicle run one after the other, with a pause after each; a ground vehicle is
armed for it and moves its motor (1) or its steering (2).

Sources: ArduPilot ArduCopter/motor_test.cpp, ArduPlane/motor_test.cpp, Rover/motor_test.cpp,
libraries/AP_Motors/AP_MotorsMatrix.cpp (order of a quadrotor's motors).
"""

from __future__ import annotations

from collections import deque
from typing import Final, Protocol, runtime_checkable

from autopilot.context.vehicle_context import VehicleFacts
from autopilot.interface.result import Outcome
from autopilot.mav import MotorTestThrottle, Result
from autopilot.mission.commands import Ability
from mavlink_bridge.services.commands.request import Command

MOTORS: Final = 4
STILL_US: Final = 1000.0
LONGEST_S: Final = 600.0
DRIVEN, NEUTRAL_US, LONGEST_DRIVE_S = 2, 1500.0, 30.0
"""Ground vehicle: number of outputs, neutral pulse in us, and longest test in s."""
_PAUSE: Final = 0.5  # fraction of a motor's time, after it
_PLUS, _X = 0.0, 1.0  # FRAME_TYPE
_ORDER_PLUS, _ORDER_X = (3, 1, 4, 2), (1, 4, 2, 3)
"""Outputs clockwise from the front, or from the front right."""
_LIMITS: Final[dict[int, tuple[float, float]]] = {
    MotorTestThrottle.PERCENT: (0.0, 100.0),
    MotorTestThrottle.PWM: (800.0, 2200.0),
    MotorTestThrottle.PILOT: (-1e10, 1e10),
}


@runtime_checkable
class HasMotors(Protocol):
    """Vehicle whose motors can run one by one."""

    def test_motor(self, number: int, pwm_us: float) -> None: ...


class MotorTest:
    def __init__(self, facts: VehicleFacts) -> None:
        self._param = facts.param
        self._motors = facts.vehicle if isinstance(facts.vehicle, HasMotors) else None
        kind = facts.vehicle_class
        self.drives = not kind.flies
        self._whole = kind.has(Ability.LIFT)  # ArduPlane knows whole percents only (motor_test.cpp)
        self._count = DRIVEN if self.drives else MOTORS if kind.hovers or kind.has(Ability.LIFT) else 0
        self._still_us = NEUTRAL_US if self.drives else STILL_US
        self._steps: deque[tuple[int, int, float]] = deque()
        """Remaining steps: time in ms, output, pulse in us."""

    @property
    def runs(self) -> bool:
        return bool(self._steps)

    def begin(self, command: Command, now_ms: int) -> Outcome:
        """Begin: param1 first motor, param2 unit of param3, param4 seconds per motor, param5 number of motors. A test
        of no seconds ends the present one, whatever motor it names, as stations stop all motors."""
        kind, first, seconds = command.whole(2), command.whole(1), command.param(4)
        if seconds <= 0.0 and (self.runs or (self._count and not self.drives)):
            self._steps = deque((now_ms, output, self._still_us) for output in self._outputs)
            return Outcome(Result.ACCEPTED)
        low, high = _LIMITS.get(kind, (1.0, 0.0))
        if self.drives and kind == MotorTestThrottle.PERCENT:
            low = -high  # backwards, or to the left
        if not 1 <= first <= self._count or not low <= command.param(3) <= high:
            return Outcome(Result.FAILED, "Motor Test: no such motor or throttle")
        self.stop()
        if self.drives:
            lasts_ms = round(1000.0 * min(max(seconds, 0.0), LONGEST_DRIVE_S))
            ends_ms = now_ms + max(lasts_ms, 1)  # its end disarms, so it has one
            self._steps += [(now_ms, first, self._pulse(kind, command.param(3))), (ends_ms, first, self._still_us)]
            self.advance(now_ms)
            return Outcome(Result.ACCEPTED)
        count = min(max(command.whole(5), 1), MOTORS)
        order = _ORDER_PLUS if self._param("FRAME_TYPE", _X) == _PLUS else _ORDER_X
        each_ms = round(1000.0 * min(max(seconds, 0.0), LONGEST_S / count))
        throttle = float(command.whole(3)) if self._whole else command.param(3)
        pulse = self._pulse(kind, throttle)
        for i in range(count):
            output, begun_ms = order[(first - 1 + i) % MOTORS], now_ms + round(i * each_ms * (1.0 + _PAUSE))
            self._steps += [(begun_ms, output, pulse), (begun_ms + each_ms, output, self._still_us)]
        self.advance(now_ms)
        return Outcome(Result.ACCEPTED)

    def _pulse(self, kind: int, throttle: float) -> float:
        if kind == MotorTestThrottle.PWM:
            return throttle
        if kind == MotorTestThrottle.PERCENT and self.drives:
            return NEUTRAL_US + 5.0 * throttle
        if kind == MotorTestThrottle.PERCENT:
            least, most = self._param("MOT_PWM_MIN") or 1000.0, self._param("MOT_PWM_MAX") or 2000.0
            return least + 0.01 * throttle * (most - least)
        return self._still_us  # throttle of a pilot, which is down on a disarmed vehicle

    def advance(self, now_ms: int) -> bool:
        """Run the steps that are due; True when the test has just ended."""
        ran = self.runs
        while self._steps and self._steps[0][0] <= now_ms:
            _, output, pulse = self._steps.popleft()
            self._turn(output, pulse)
        return ran and not self.runs

    def _turn(self, output: int, pwm_us: float) -> None:
        if self._motors is not None:
            self._motors.test_motor(output, pwm_us)

    def stop(self) -> None:
        for output in self._outputs:
            self._turn(output, self._still_us)
        self._steps.clear()

    @property
    def _outputs(self) -> set[int]:
        return {output for _, output, _ in self._steps}

    def next_deadline_ms(self) -> int | None:
        """Time at which a motor starts or stops, ms; None: no test."""
        return self._steps[0][0] if self._steps else None
