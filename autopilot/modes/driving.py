"""Modes that only a rover has: LOITER, which keeps its place, and its own CIRCLE.

Source: ArduPilot Rover/mode_loiter.cpp, mode_circle.cpp.
"""

from __future__ import annotations

from math import hypot
from typing import Final

from autopilot.geo import Ned
from autopilot.modes.mode import Mode
from autopilot.modes.speeds import SpeedControl
from autopilot.modes.table import ModeSpec
from autopilot.vehicle import Circle, Hold, Idle
from autopilot.vehicle_context import VehicleContext

_SMALLEST: Final = 0.5  # m; the radius of a circle


class LoiterMode(Mode):
    """Stops, and drives back when something has pushed the vehicle out of LOIT_RADIUS."""

    def enter(self, now_ms: int) -> None:
        state = self.facts.vehicle.state
        north, east, down = state.position
        vn, ve, _ = state.velocity
        braking = self.facts.param("ATC_DECEL_MAX") or self.facts.param("ATC_ACCEL_MAX") or 1.0
        ahead = 0.5 * hypot(vn, ve) / braking  # s at the present speed: the place where braking ends
        place = (north + ahead * vn, east + ahead * ve, down)
        self.helm.fly(Hold(place, radius=max(self.facts.param("LOIT_RADIUS", 2.0), 0.5)))


class CircleDrive(Mode):
    """Round the place where it was entered: CIRCLE_RADIUS, CIRCLE_DIR, CIRCLE_SPEED (0: WP_SPEED). Never ends; the
    parameters count on entering."""

    def __init__(self, context: VehicleContext, spec: ModeSpec, speeds: SpeedControl) -> None:
        super().__init__(context, spec)
        self._speeds = speeds

    def enter(self, now_ms: int) -> None:
        if self.facts.armed:
            self._go(self.facts.vehicle.state.position)
        else:
            self.helm.fly(Idle())

    def armed(self, now_ms: int) -> None:
        self._go(self.facts.vehicle.state.position)

    def disarmed(self) -> None:
        self.helm.fly(Idle())

    def _go(self, center: Ned) -> None:
        speed = self.facts.param("CIRCLE_SPEED")
        if speed > 0.0:
            self._speeds.override(ground=speed)
        radius = max(abs(self.facts.param("CIRCLE_RADIUS", 20.0)), _SMALLEST)
        direction = -1 if int(self.facts.param("CIRCLE_DIR")) == 1 else 1
        self.helm.fly(Circle(center, radius, direction))
