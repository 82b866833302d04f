"""A mode that only a rover has: LOITER, which keeps its place. Source: ArduPilot Rover/mode_loiter.cpp."""

from __future__ import annotations

from math import hypot

from autopilot.modes.mode import Mode
from autopilot.vehicle import Hold


class LoiterMode(Mode):
    """Stops, and drives back when something has pushed the vehicle out of LOIT_RADIUS."""

    def enter(self, now_ms: int) -> None:
        state = self.cockpit.vehicle.state
        north, east, down = state.position
        vn, ve, _ = state.velocity
        braking = self.cockpit.param("ATC_DECEL_MAX") or self.cockpit.param("ATC_ACCEL_MAX") or 1.0
        ahead = 0.5 * hypot(vn, ve) / braking  # s at the present speed: the place where braking ends
        place = (north + ahead * vn, east + ahead * ve, down)
        self.cockpit.fly(Hold(place, radius=max(self.cockpit.param("LOIT_RADIUS", 2.0), 0.5)))
