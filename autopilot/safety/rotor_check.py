"""Check of the rotors before a takeoff: motors do not lift while one turns slower or faster than TKOFF_RPM_* allow.

A copter that is armed on the ground stays there until each of its motors has reported such a speed once, and announces
the reason every 5 s. There is no check with TKOFF_RPM_MIN 0, nor for motors of a flight controller. Source:
ArduCopter/takeoff_check.cpp.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol, runtime_checkable

from autopilot.context.vehicle_context import Announcer, VehicleFacts
from autopilot.mav import Severity

_LOOK_MS: Final = 100
_SAY_MS: Final = 5000


@runtime_checkable
class ReportsMotorRpm(Protocol):
    """A vehicle whose motors report their speeds; empty: no telemetry."""

    @property
    def motor_rpm(self) -> Sequence[float]: ...


class RotorCheck:
    """The check of one vehicle. `blocks`: its motors only idle."""

    def __init__(self, facts: VehicleFacts, announcer: Announcer) -> None:
        self._facts = facts
        self._announcer = announcer
        self._say_ms = 0
        self.blocks = False
        self.due_ms: int | None = None

    def begin(self) -> None:
        """Begin after arming or disarming."""
        facts = self._facts
        checked = facts.param("TKOFF_RPM_MIN") > 0.0 and isinstance(facts.vehicle, ReportsMotorRpm)
        self.blocks = checked and facts.armed and facts.landed
        self.due_ms = facts.now_ms if self.blocks else None
        self._say_ms = facts.now_ms + _SAY_MS

    def look(self, now_ms: int) -> bool:
        """Check if it is time; True if the motors may lift from now on."""
        if self.due_ms is None or now_ms < self.due_ms:
            return False
        reason = self._why()
        if not reason:
            self.blocks, self.due_ms = False, None
            return True
        if now_ms >= self._say_ms:
            self._announcer.say(Severity.CRITICAL, f"Takeoff blocked: {reason}")
            self._say_ms = now_ms + _SAY_MS
        self.due_ms = now_ms + _LOOK_MS
        return False

    def _why(self) -> str:
        vehicle, param = self._facts.vehicle, self._facts.param
        rpms = vehicle.motor_rpm if isinstance(vehicle, ReportsMotorRpm) else ()
        least, most = param("TKOFF_RPM_MIN"), param("TKOFF_RPM_MAX")
        if not self._facts.landed or least <= 0.0:
            return ""
        if not rpms:
            return "waiting for ESC RPM"
        return "" if all(rpm >= least and not 0.0 < most < rpm for rpm in rpms) else "ESC RPM out of range"
