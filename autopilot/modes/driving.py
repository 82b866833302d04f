"""Modes that only a rover has: LOITER, which keeps its place, and SMART_RTL, which goes back the way it came.

Source: ArduPilot Rover/mode_loiter.cpp, mode_smart_rtl.cpp.
"""

from __future__ import annotations

from math import hypot

from autopilot.cockpit import Cockpit
from autopilot.modes.maneuver import returning_speed
from autopilot.modes.mode import Mode
from autopilot.modes.speeds import SpeedControl
from autopilot.modes.table import ModeSpec
from autopilot.modes.trail import Point, Trail, at_height
from autopilot.outcome import Severity
from autopilot.vehicle import Hold, Idle, Leg, VehicleEvent


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


class SmartReturnMode(Mode):
    """Back along the trail to where the vehicle was armed, and stop there. Left half way, the rest stays."""

    def __init__(self, cockpit: Cockpit, spec: ModeSpec, trail: Trail, speeds: SpeedControl) -> None:
        super().__init__(cockpit, spec)
        self._trail = trail
        self._speeds = speeds
        self._way: list[Point] = []
        self._at: Point | None = None  # where the present leg began

    def refusal(self, now_ms: int) -> str | None:
        return None if self._trail.way_back() else "no path to return by"

    def enter(self, now_ms: int) -> None:
        if not self.cockpit.armed:
            self.cockpit.fly(Idle())
            return
        self._speeds.override(ground=returning_speed(self.cockpit, self._speeds.current()))
        self._trail.paused = True
        self._way = self._trail.way_back()
        self._at = None
        self._go()

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        if not self._way or not self.cockpit.arrived:
            return
        self._at = self._way.pop(0)
        if self._way:
            self._go()
        else:
            self._trail.shorten([self._at])
            self.cockpit.say(Severity.INFO, "Reached destination")

    def exit(self) -> None:
        if self._way:
            self._trail.shorten(self._way)
        self._way = []
        self._trail.paused = False

    def disarmed(self) -> None:
        self._way = []
        self.cockpit.fly(Idle())

    def _go(self) -> None:
        down = self.cockpit.vehicle.state.position[2]
        start = None if self._at is None else at_height(self._at, down)
        onward = at_height(self._way[1], down) if len(self._way) > 1 else None
        radius = self.cockpit.param("WP_RADIUS", 2.0)
        self.cockpit.fly(Leg(at_height(self._way[0], down), start, onward, radius))
