"""Modes that circle or hold a place: CIRCLE of copters, rovers and boats, and LOITER of rovers and boats.

A copter circles a point in front of it, nose to the centre; with a radius of 0 it turns in place. The centre is
CIRCLE_RADIUS ahead of the stopping point (bit 2 of CIRCLE_OPTIONS: at that point). It flies at CIRCLE_RATE, at most at
WPNAV_SPEED and at the speed that half of WPNAV_ACCEL towards the centre allows. Sources: ArduPilot
ArduCopter/mode_circle.cpp, libraries/AC_WPNav/AC_Circle.cpp; Rover/mode_loiter.cpp, mode_circle.cpp.
"""

from __future__ import annotations

from math import radians
from typing import Final

from autopilot.context.staying import keep_place, stay, stopping_point
from autopilot.interface.geo import Ned
from autopilot.interface.mathematics import cos, sin
from autopilot.interface.targets import Circle, Idle, Yaw, YawMode
from autopilot.modes.heading import ALONG, Heading
from autopilot.modes.mode import Mode, SelfFlownMode, VehicleContext
from autopilot.modes.speeds import SpeedControl, circle_speed
from autopilot.vehicles.mode_table import ModeSpec

_NOSE_ALONG, _CENTRE_HERE = 2, 4  # CIRCLE_OPTIONS bits 1 and 2
_PARAMETERS: Final = frozenset({"CIRCLE_RADIUS", "CIRCLE_RATE", "CIRCLE_OPTIONS", "WPNAV_SPEED", "WPNAV_ACCEL"})


class CircleMode(SelfFlownMode):
    """CIRCLE of a copter, endless. A changed parameter acts at once, about the same centre."""

    def __init__(self, context: VehicleContext, spec: ModeSpec, heading: Heading) -> None:
        super().__init__(context, spec)
        self._heading = heading
        self._center: Ned | None = None

    def begin(self, now_ms: int) -> None:
        if self.facts.landed:
            self.helm.fly(Idle())
            return
        self._center = self._ahead()
        self._go()

    def exit(self) -> None:
        self._center = None

    def parameter_changed(self, name: str) -> None:
        if self._center is not None and name in _PARAMETERS:
            self._go()

    def _ahead(self) -> Ned:
        (north, east, down), yaw = stopping_point(self.facts), self.facts.vehicle.state.yaw
        ahead = 0.0 if self.facts.option("CIRCLE_OPTIONS", _CENTRE_HERE, 1.0) else self._radius()
        return (north + ahead * cos(yaw), east + ahead * sin(yaw), down)

    def _radius(self) -> float:
        return max(self.facts.param("CIRCLE_RADIUS", 1000.0) / 100.0, 0.0)

    def _yaw(self, center: Ned) -> Yaw:
        if self.facts.option("CIRCLE_OPTIONS", _NOSE_ALONG, 1.0) and self._heading.interest is None:
            return ALONG
        return self._heading.for_circle(center)

    def _go(self) -> None:
        assert self._center is not None
        radius, rate = self._radius(), radians(self.facts.param("CIRCLE_RATE", 20.0))
        if radius == 0.0:
            self.helm.fly(stay(self.facts, Yaw(YawMode.RATE, rate=rate), self._center))
            return
        direction, speed = 1 if rate >= 0.0 else -1, circle_speed(self.facts.vehicle_class, self.facts.param, radius)
        self.helm.fly(Circle(self._center, radius, direction, yaw=self._yaw(self._center), speed=speed))


_SMALLEST: Final = 0.5  # m; the radius of a circle


class LoiterMode(Mode):
    """LOITER of a rover or boat: stops, and drives back if it is pushed out of LOIT_RADIUS."""

    def enter(self, now_ms: int) -> None:
        self.helm.fly(keep_place(self.facts))


class CircleDrive(SelfFlownMode):
    """CIRCLE of a rover or boat about its place at entry: CIRC_RADIUS, CIRC_DIR, CIRC_SPEED (0: WP_SPEED). Endless; the
    parameters are read at entry."""

    def __init__(self, context: VehicleContext, spec: ModeSpec, speeds: SpeedControl) -> None:
        super().__init__(context, spec)
        self._speeds = speeds

    def armed(self, now_ms: int) -> None:
        self.begin(now_ms)

    def begin(self, now_ms: int) -> None:
        self._speeds.circle()
        radius = max(abs(self.facts.param("CIRC_RADIUS", 20.0)), _SMALLEST)
        direction = -1 if int(self.facts.param("CIRC_DIR")) == 1 else 1
        self.helm.fly(Circle(self.facts.vehicle.state.position, radius, direction))
