"""FLIP: one turn about roll or pitch, then back to the previous mode.

It begins from STABILIZE, ACRO (not with the throttle down) or ALT_HOLD in the air: forwards or backwards with the pitch
stick, else to the left with the roll stick, else to the right. Each part of the turn has a change of thrust. Then the
vehicle returns to its initial angles. A large stick deflection, or two and a half seconds, ends it, and the log says
so. Source: ArduPilot ArduCopter/mode_flip.cpp.
"""

from __future__ import annotations

from collections.abc import Callable
from math import radians
from typing import Final

from autopilot.context.events import ErrorLogged
from autopilot.interface import report
from autopilot.interface.layout import TICK_MS
from autopilot.interface.reasons import ErrorSubsystem, ModeReason
from autopilot.interface.targets import Attitude
from autopilot.interface.vehicle import VehicleEvent
from autopilot.modes.manager import ModeChoice
from autopilot.modes.mode import SelfFlownMode, VehicleContext
from autopilot.vehicles.mode_table import ModeKind, ModeSpec

_FROM: Final = frozenset({ModeKind.STABILIZE, ModeKind.ALT_HOLD, ModeKind.TRAINED_RATES})
_RATE: Final = radians(400.0)
_LONGEST_MS: Final = 2500
_BACK: Final = radians(5.0)
_FAR_OVER, _HELD = 40.0 / 45.0, 3.0 / 45.0  # of full stick
_CLOSED: Final = 0.03  # throttle, 0 .. 1 (RC3_DZ)
_RISING, _FALLING = 0.20, -0.24  # changes of thrust
_LEANS: Final = radians(45.0)  # from level; from here on it falls
_TURNED: Final = {report.ROLL: radians(270.0), report.PITCH: radians(315.0)}
_AT_ONCE: Final = 1e6  # rad/s2
_ABANDONED: Final = 2  # LogErrorCode


class FlipMode(SelfFlownMode):
    """FLIP: one turn about roll or pitch, then the previous mode."""

    def __init__(self, context: VehicleContext, spec: ModeSpec, choice: Callable[[], ModeChoice]) -> None:
        super().__init__(context, spec)
        self._choice = choice
        self._begun_ms = self._now_ms = 0
        self._axis, self._way = report.ROLL, 1.0
        self._first = (0.0, 0.0, 0.0)  # roll, pitch, yaw at the beginning
        self._thrust = 0.0
        self._turned = self._rate = 0.0

    def refusal(self, now_ms: int) -> str | None:
        if self._choice().spec.flown not in _FROM:
            return f"not from {self._choice().spec.name}"
        if not self.facts.armed or self.facts.landed:
            return "not flying"
        if self._choice().spec.manual_throttle and self._reported(report.STICK_THROTTLE) <= _CLOSED:
            return "throttle is down"
        return "roll stick held" if self._deflection(report.STICK_ROLL) >= _FAR_OVER else None

    def _reported(self, field: int) -> float:
        return float(self.facts.vehicle.state.report[field])

    def _deflection(self, stick: int) -> float:
        return abs(self._reported(stick))

    def enter(self, now_ms: int) -> None:
        pitched = self._deflection(report.STICK_PITCH) > _HELD
        stick = -self._reported(report.STICK_PITCH) if pitched else self._reported(report.STICK_ROLL)
        self._axis, self._way = (report.PITCH if pitched else report.ROLL), (1.0 if stick >= 0.0 else -1.0)
        self._begun_ms = self._now_ms = now_ms
        most = radians(0.01 * self.facts.param("ANGLE_MAX", 3000.0))
        roll, pitch = (min(max(self._reported(angle), -most), most) for angle in (report.ROLL, report.PITCH))
        self._first = (roll, pitch, self._reported(report.YAW))
        self._thrust, self._turned = self._reported(report.THROTTLE), self._way * self._reported(self._axis)
        self._rate = 0.0
        self._turn()

    def next_deadline_ms(self) -> int | None:
        return self._now_ms + TICK_MS

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        rate = self._reported(report.P if self._axis == report.ROLL else report.Q)
        seconds = 0.001 * (now_ms - self._now_ms)
        self._turned += seconds * self._way * rate
        self._rate = min(self._rate + seconds * self._acceleration, _RATE)
        self._now_ms = now_ms
        over = max(self._deflection(report.STICK_ROLL), self._deflection(report.STICK_PITCH)) >= _FAR_OVER
        abandoned = over or now_ms - self._begun_ms > _LONGEST_MS
        if abandoned:
            self.announcer.announce(ErrorLogged(ErrorSubsystem.FLIP, _ABANDONED))
        if abandoned or self._turn():
            self._choice().set(self._choice().before, now_ms, ModeReason.FLIP_COMPLETE)

    @property
    def _acceleration(self) -> float:
        """Acceleration of the turn rate, rad/s2; immediate without a limit."""
        name = "ATC_ACCEL_R_MAX" if self._axis == report.ROLL else "ATC_ACCEL_P_MAX"
        return radians(0.01 * self.facts.param(name)) or _AT_ONCE

    def _turn(self) -> bool:
        """Fly this part of the turn, or the next; True when it is back."""
        rolls = self._axis == report.ROLL
        if self._turned < _TURNED[self._axis]:
            rate = self._way * self._rate
            rates = (rate, 0.0) if rolls else (0.0, rate)
            thrust = max(self._thrust + (_RISING if self._turned < _LEANS else _FALLING), 0.0)
            self.helm.fly(Attitude(0.0, 0.0, 0.0, thrust=thrust, thrust_is_climb=False, body_rates=rates))
            return False
        thrust = min(self._thrust + _RISING, 1.0)
        self.helm.fly(Attitude(*self._first, thrust=thrust, thrust_is_climb=False))
        return abs(self._reported(self._axis) - self._first[0 if rolls else 1]) <= _BACK
