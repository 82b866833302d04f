"""A camera that takes a photo every so many metres (DO_SET_CAM_TRIGG_DIST), or at once (DO_DIGICAM_CONTROL).

As ArduPilot's AP_Camera: the distance is straight, from the place of the last photo, which is where it was switched on
until there is one. Photos are taken in flight only.
"""

from __future__ import annotations

from collections import deque
from math import hypot, isfinite
from typing import Final

from autopilot import report
from autopilot.control.layout import TICK_MS
from autopilot.events import CameraTriggered
from autopilot.vehicle_context import Announcer, VehicleFacts

_LOOK_AGAIN_MS: Final = 1000
"""A vehicle that hangs may begin to move."""
_SLOWEST_MS: Final = 0.1
_REMEMBERED: Final = 100


class Camera:
    """The camera of one vehicle. `every_m`: distance, 0: off; `taken`: photos since boot, of which `photos` are
    the last; `deadline_ms`: when to look whether the next is due."""

    def __init__(self, facts: VehicleFacts, announcer: Announcer) -> None:
        self._facts = facts
        self._announcer = announcer
        self.every_m = 0.0
        self._last = (0.0, 0.0)  # where the last photo was taken: north, east of the origin, m
        self.taken = 0
        self.photos: deque[CameraTriggered] = deque(maxlen=_REMEMBERED)
        self.deadline_ms: int | None = None

    def set_distance(self, metres: float, now_ms: int, *, at_once: bool = False) -> None:
        """A photo every so many metres from now on, 0: no more; `at_once`: and one here."""
        self.every_m = metres if isfinite(metres) and metres > 0.0 else 0.0
        self._last = self._place()
        if self.every_m and at_once:
            self.shoot(now_ms)
        self.deadline_ms = now_ms + TICK_MS if self.every_m else None

    def shoot(self, now_ms: int) -> None:
        """One photo, here."""
        if not self._in_flight():
            return
        self.taken += 1
        self._last = self._place()
        state = self._facts.vehicle.state
        self.photos.append(CameraTriggered(self.taken, now_ms, state.place))
        self._announcer.announce(self.photos[-1])

    def update(self, now_ms: int) -> None:
        """Is it as far from the last photo as was asked for?"""
        if self.deadline_ms is None or now_ms < self.deadline_ms:
            return
        if not self._in_flight():
            self.deadline_ms = now_ms + _LOOK_AGAIN_MS
            return
        if self._missing_m() <= 0.0:
            self.shoot(now_ms)
        r = self._facts.vehicle.state.report
        speed = max(hypot(float(r[report.VN]), float(r[report.VE])), _SLOWEST_MS)
        wait_ms = min(int(1000.0 * max(self._missing_m(), 0.0) / speed), _LOOK_AGAIN_MS)
        self.deadline_ms = now_ms + max(wait_ms - wait_ms % TICK_MS, TICK_MS)

    def _in_flight(self) -> bool:
        return self._facts.armed and not self._facts.landed

    def _missing_m(self) -> float:
        north, east = self._place()
        return self.every_m - hypot(north - self._last[0], east - self._last[1])

    def _place(self) -> tuple[float, float]:
        r = self._facts.vehicle.state.report
        return float(r[report.NORTH]), float(r[report.EAST])
