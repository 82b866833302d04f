"""The wind limit (SRT_WIND_MAX, m/s; 0 = off): too much wind brings the vehicle home.

Looked at once a second of vehicle time, only while armed with a limit set, on the estimator's wind. It acts once when
the limit is passed, and again only after the wind has fallen below nine tenths of it.
"""

from __future__ import annotations

from collections.abc import Callable
from math import hypot
from typing import Final

from autopilot import report
from autopilot.mav import Severity
from autopilot.vehicle_context import Announcer, VehicleFacts

_LOOK_MS: Final = 1000
_CALM: Final = 0.9


class WindWatch:
    """Watches the estimated wind. `flee(now_ms)` is called when it is too strong."""

    def __init__(self, facts: VehicleFacts, announcer: Announcer, flee: Callable[[int], None]) -> None:
        self._facts = facts
        self._announcer = announcer
        self._flee = flee
        self._limit = 0.0
        self.exceeded = False
        self.deadline_ms: int | None = None
        self.parameter_changed("SRT_WIND_MAX")

    def parameter_changed(self, name: str) -> None:
        if name == "SRT_WIND_MAX":
            self._limit = self._facts.param(name)
            self.schedule(self._facts.now_ms)

    def schedule(self, now_ms: int) -> None:
        """Arming or the limit has changed."""
        self.exceeded = False
        watching = self._limit > 0.0 and self._facts.armed
        self.deadline_ms = (now_ms // _LOOK_MS + 1) * _LOOK_MS if watching else None

    def update(self, now_ms: int) -> None:
        if self.deadline_ms is None or now_ms < self.deadline_ms:
            return
        self.deadline_ms += _LOOK_MS
        vector = self._facts.vehicle.state.report
        speed = hypot(vector[report.WIND_N], vector[report.WIND_E])
        if self.exceeded:
            self.exceeded = speed > _CALM * self._limit
        elif speed > self._limit and not self._facts.grounded:
            self.exceeded = True
            self._announcer.say(Severity.WARNING, f"Wind {speed:.1f} m/s is above {self._limit:g} m/s")
            self._flee(now_ms)
