"""Maneuvers of planes: a takeoff along the ground, circles that are left towards the next place, a kept course with a
change of height, and the return.

Sources: ArduPilot ArduPlane/commands_logic.cpp, mode_rtl.cpp, mode_takeoff.cpp, mode_autoland.cpp.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import IntEnum
from math import copysign, inf, radians, sqrt
from typing import Final

from autopilot.context.staying import loiter, over_terrain
from autopilot.context.vehicle_context import VehicleFacts
from autopilot.interface import report
from autopilot.interface.geo import Ned
from autopilot.interface.mathematics import atan2, cos, hypot, sin
from autopilot.interface.targets import Circle, Idle, Leg, TakeOff, Velocity, Yaw, YawMode
from autopilot.interface.vehicle import VehicleEvent
from autopilot.modes.maneuver import Maneuver, RudderedTakeoff
from autopilot.modes.mode import VehicleContext
from autopilot.modes.returning import Destination
from autopilot.modes.speeds import SpeedControl
from autopilot.modes.upright import HeightWatch, WindApproach, hovers_near, stopping_m
from autopilot.vehicles.mode_table import TerrainFollow

_LOOK_MS: Final = 200
_CLIMB_PITCH_DEG: Final = 10.0  # of the climb at the beginning of a return
NEAR_HEIGHT_M: Final = 5.0
"""Height tolerance of an item, in a climb or descent."""
CLIMBS, SINKS = 1.0, 2.0
"""param1 of NAV_CONTINUE_AND_CHANGE_ALT."""
_AHEAD_M: Final = 1000.0
_SAME_COURSE: Final = 0.02  # rad
_AS_FAST_AS_IT_CAN: Final = 100.0  # m/s
_NEAR_M: Final = 3.0  # height tolerance on a course
_FOR_EVER_MS: Final = 10**12
_HOME_M: Final = 10.0  # height tolerance of a return that goes on to a landing
_CLIMB_BEFORE_TURN: Final = 1 << 4  # of FLIGHT_OPTIONS


class WingTakeoff(RudderedTakeoff):
    """Take off and climb along the present heading, to `below` m under `down` (NED m) with at least `pitch` rad.
    `distance_m`: at this distance from its start it ends as high as it is."""

    def __init__(
        self, context: VehicleContext, down: float, pitch: float, distance_m: float = inf, below: float = 0.0
    ) -> None:
        super().__init__(context)
        self.down = down
        self.pitch = pitch
        self._below = below
        self._distance_m = distance_m
        self._begin: Ned = context.facts.vehicle.state.position

    def begin(self, now_ms: int) -> None:
        self._begin = self.facts.vehicle.state.position
        self.helm.fly(TakeOff(self.down, pitch=self.pitch, below=self._below))
        self._look_again(now_ms)

    def _look_again(self, now_ms: int) -> None:
        self.deadline_ms = now_ms + _LOOK_MS if self._distance_m < inf else None

    def climb(self, now_ms: int) -> None:
        if self.deadline_ms is not None and now_ms >= self.deadline_ms:
            if self.facts.metres_to(self._begin) >= self._distance_m:
                self._distance_m = inf
                self.helm.fly(TakeOff(max(self.facts.vehicle.state.position[2], self.down), pitch=self.pitch))
            self._look_again(now_ms)
        self.done = self.helm.arrived
        if self.done:
            self.deadline_ms = None


class HoldCourse(Maneuver):
    """Fly on wings along a course over ground of `angle` rad, or with the nose in this direction (`of_nose`), at the
    present airspeed and at `down` (NED m), until another target comes. Wings hold a heading: for a course it is
    corrected by the drift. The curve to it has at most this centripetal `acceleration` (m/s2)."""

    def __init__(
        self, context: VehicleContext, angle: float, acceleration: float, speeds: SpeedControl, *, of_nose: bool
    ) -> None:
        super().__init__(context)
        self.down = context.facts.vehicle.state.position[2]
        self._angle, self._of_nose = angle, of_nose
        self._acceleration = acceleration
        self._speeds = speeds
        self._flown: tuple[float, float, float] | None = None

    def start(self, now_ms: int) -> None:
        self._flown = None
        self._steer(now_ms)

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        if self.deadline_ms is not None and now_ms >= self.deadline_ms:
            self._steer(now_ms)

    def _steer(self, now_ms: int) -> None:
        self.deadline_ms = now_ms + _LOOK_MS
        speed, flown = self._speeds.current().ground, self._flown
        nose = self._angle if self._of_nose else self._angle - self._drift(speed)
        if flown is not None and abs(nose - flown[0]) < _SAME_COURSE:
            nose = flown[0]
        below = self.down - self.facts.vehicle.state.position[2]
        climb = copysign(_AS_FAST_AS_IT_CAN, below) if abs(below) > _NEAR_M else 0.0
        demand = (nose, speed, climb)
        if demand != flown:
            self._flown = demand
            velocity = (speed * cos(nose), speed * sin(nose), climb)
            self.helm.fly(Velocity(velocity, timeout_ms=_FOR_EVER_MS, lateral=self._acceleration))

    def _drift(self, speed: float) -> float:
        """Angle between course and nose by the estimated wind, rad."""
        vector = self.facts.vehicle.state.report
        across = float(vector[report.WIND_E]) * cos(self._angle) - float(vector[report.WIND_N]) * sin(self._angle)
        return atan2(across, sqrt(max(speed * speed - across * across, 1.0)))


class LoiterItem(Maneuver):
    """Fly `circle`. After arrival it continues for `for_ms`, and then until the course leads to `onward`. `straight`:
    the next leg begins where the circle is left, and not at its centre. To another height it is flown first: level
    (`Personality.circles_level`), or until its height was reached once, or is given up (ArduPlane's
    verify_loiter_to_alt)."""

    def __init__(
        self, context: VehicleContext, circle: Circle, for_ms: int, onward: Ned | None, *, straight: bool
    ) -> None:
        super().__init__(context)
        self._first: Circle | None = circle if for_ms or circle.at_height else None
        self._last = replace(circle, leave_for=onward)
        self._for_ms = for_ms
        self._level = circle.at_height and context.facts.personality.circles_level
        self._height = HeightWatch(context.facts) if circle.at_height and not self._level else None
        if self._first is not None:
            self._last = replace(self._last, turns=0.0, start=None, at_height=self._level)
        self.end = None if straight else circle.center

    def start(self, now_ms: int) -> None:
        first = self._first
        if first is not None and self._level:
            center = (*first.center[:2], self.facts.vehicle.state.position[2])
            first = replace(first, center=center, turns=0.0, at_height=False)
        self.helm.fly(self._last if first is None else first)
        self.deadline_ms = None if self._height is None else now_ms + _LOOK_MS

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        due, over = self.deadline_ms is not None and now_ms >= self.deadline_ms, self.helm.arrived
        if self._first is None:
            self.done = over
            return
        if self._for_ms:
            self.deadline_ms = now_ms + self._for_ms if over and self.deadline_ms is None else self.deadline_ms
            over = due
        elif self._height is not None and due:
            self.deadline_ms = now_ms + _LOOK_MS
            if not over and self._height.gives_up():
                over = True
                self.announcer.step(f"Loiter to alt was stuck at {int(self.facts.vehicle.state.place.alt)}")
        if over:
            self._first = self.deadline_ms = None
            self.done = self._last.leave_for is None and not self._last.at_height
            if not self.done:
                self.helm.fly(self._last)


class LoiterForever(Maneuver):
    """Fly `circle` until another target comes."""

    def __init__(self, context: VehicleContext, circle: Circle) -> None:
        super().__init__(context)
        self._circle = circle

    def start(self, now_ms: int) -> None:
        self.helm.fly(self._circle)


class KeepCourse(Maneuver):
    """Keep the course, and climb or sink to `down` (NED m) as fast as the wings can. `sense`: 1 until above it, 2 until
    below it, 0 until near it. `along`: the last leg."""

    def __init__(self, context: VehicleContext, down: float, sense: float, along: tuple[Ned, Ned] | None) -> None:
        super().__init__(context)
        self._down = down
        self._sense = sense
        self._along = along

    def start(self, now_ms: int) -> None:
        state = self.facts.vehicle.state
        here, (vn, ve, _) = state.position, state.velocity
        if self._along is not None:
            (n0, e0, _), (n1, e1, _) = self._along
            vn, ve = n1 - n0, e1 - e0
        speed = hypot(vn, ve)
        north, east = (vn / speed, ve / speed) if speed > 0.0 else (cos(state.yaw), sin(state.yaw))
        n0, e0, _ = here if self._along is None else self._along[1]
        ahead = (n0 + _AHEAD_M * north, e0 + _AHEAD_M * east, self._down)
        self.helm.fly(Leg(ahead, (n0, e0, self._down)))  # level: no slope spreads the change of height
        self.deadline_ms = now_ms + _LOOK_MS

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        if self.deadline_ms is None or now_ms < self.deadline_ms:
            return
        above = self._down - self.facts.vehicle.state.position[2]
        past = (self._sense == CLIMBS and above >= 0.0) or (self._sense == SINKS and above <= 0.0)
        self.done = past or abs(above) <= NEAR_HEIGHT_M
        self.deadline_ms = None if self.done else now_ms + _LOOK_MS
        if self.helm.arrived and not self.done:
            self._along = None
            self.start(now_ms)


def is_past(here: Sequence[float], begin: Sequence[float], end: Sequence[float]) -> bool:
    """True beyond the line through `end` across the way from `begin` (ArduPilot's past_interval_finish_line)."""
    way_n, way_e = end[0] - begin[0], end[1] - begin[1]
    return (here[0] - end[0]) * way_n + (here[1] - end[1]) * way_e >= 0.0


class UprightBy(IntEnum):
    """Q_RTL_MODE: place where a return changes to the lift motors (0, for planes: never)."""

    THERE = 1
    CIRCLED_DOWN = 2
    AT_ONCE = 3


def at_return_height(facts: VehicleFacts, place: Ned) -> Ned:
    """A place to return to; home at RTL_ALTITUDE, below 0 at the present height (ArduPlane's get_RTL_altitude_cm)."""
    home, height = facts.home_ned, facts.param("RTL_ALTITUDE", 100.0)
    if place != home:
        return place
    return (home[0], home[1], facts.vehicle.state.position[2] if height < 0.0 else home[2] - height)


class WingReturn(Maneuver):
    """Return of wings: climb ahead by RTL_CLIMB_MIN, or to the return height (FLIGHT_OPTIONS), or circle in place to it
    (`climbs_to_return`), then circle home or a rally point at that height. For a hover there (`by`) it ends where it
    can stop over the place, or after circling down: as a personality requires (`return_approach`), or to Q_RTL_ALT and
    into the wind. `arrived`: there, and on a circle also at its height."""

    def __init__(self, context: VehicleContext, destination: Destination, by: int = 0) -> None:
        super().__init__(context)
        self._destination = destination
        self._by = by
        self._circle: Circle | None = None
        self._climbing = False
        self._lower: Circle | None = None  # circle of its descent
        self._approach: Maneuver | None = None
        self.arrived = False

    def start(self, now_ms: int) -> None:
        if self.facts.landed:
            self.helm.fly(Idle())
            return
        place, home, state = self._destination(), self.facts.home_ned, self.facts.vehicle.state
        own = self.facts.personality.return_height(place)
        approach = self.facts.personality.return_approach(place)
        north, east, down = at_return_height(self.facts, place)
        if own is not None:
            down = home[2] - own
        climbs = self.facts.personality.climbs_to_return
        down = min(down, state.position[2]) if climbs else down
        upright = self._by in (UprightBy.THERE, UprightBy.CIRCLED_DOWN)
        if upright and hovers_near(self.facts, (north, east)):
            self.arrived = True
            return
        around = loiter(self.facts, (north, east, down), self._radius)
        if approach is not None:
            (north, east, low), around = approach.center, approach
            self._lower = replace(approach, center=(north, east, max(low, down)))
        elif self._by == UprightBy.CIRCLED_DOWN:
            self._lower = replace(around, center=(north, east, home[2] - self.facts.param("Q_RTL_ALT", 15.0)))
        circle = replace(around, center=(north, east, down), leave_for=None)
        circle = over_terrain(self.facts, circle, TerrainFollow.RTL)
        exact = not upright and (climbs or circle.over_ground is not None)
        self._circle = replace(circle, at_height=exact)
        if self._by == UprightBy.THERE:
            self.deadline_ms = now_ms + _LOOK_MS
        before_turn = self.facts.option("FLIGHT_OPTIONS", _CLIMB_BEFORE_TURN)
        climb = state.position[2] - down if before_turn else self.facts.param("RTL_CLIMB_MIN")
        self._climbing = climb > 0.0 or (climbs and down < state.position[2])
        if climbs and self._climbing:
            self.helm.fly(replace(loiter(self.facts, (*state.position[:2], down)), at_height=True))
        elif self._climbing:
            yaw = Yaw(YawMode.ANGLE, angle=state.yaw)
            self.helm.fly(TakeOff(state.position[2] - climb, yaw, radians(_CLIMB_PITCH_DEG), (north, east)))
        else:
            self.helm.fly(self._circle)

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        if self._circle is None or self.arrived:
            return
        if self._approach is not None:
            self._approach.update(now_ms, events)
            self.arrived, self.deadline_ms = self._approach.done, self._approach.deadline_ms
        elif self.helm.arrived and self._climbing:
            self._climbing = False
            self.helm.fly(self._circle)
        elif self.helm.arrived and (lower := self._lower) is not None:
            if self.facts.personality.climbs_to_return:
                self._approach = LoiterItem(self.context, lower, 0, lower.leave_for, straight=True)
            else:
                self._approach = WindApproach(self.context, lower)
            self._approach.start(now_ms)
        elif self.helm.arrived and (self._by or self._circle.at_height):
            self.arrived = True
        elif self.deadline_ms is None:
            self.deadline_ms = now_ms if self.helm.arrived else None
        elif now_ms >= self.deadline_ms:
            off = abs(self._circle.center[2] - self.facts.vehicle.state.position[2])
            self.arrived = self._stops(self._circle) if self._by else self.helm.arrived and off < _HOME_M
            self.deadline_ms = None if self.arrived else now_ms + _LOOK_MS

    @property
    def _radius(self) -> float:
        return self.facts.param("Q_FW_LND_APR_RAD" if self._by == UprightBy.CIRCLED_DOWN else "RTL_RADIUS")

    def radius_changed(self) -> None:
        """Fly its circle with the present radius (ArduPlane's ModeRTL::navigate)."""
        if self._circle is None or self._approach is not None:
            return
        new, lower = loiter(self.facts, self._circle.center, self._radius), self._lower
        radius, direction, usual = new.radius, new.direction, new.usual
        self._circle = replace(self._circle, radius=radius, direction=direction, usual=usual)
        self._lower = lower and replace(lower, radius=radius, direction=direction, usual=usual)
        if not self._climbing:
            self.helm.fly(self._circle)

    def _stops(self, circle: Circle) -> bool:
        """True from where it can stop over the place (ArduPlane's switch_QRTL); at its circle it arrives anyway."""
        vn, ve, _ = self.facts.vehicle.state.velocity
        return self.facts.metres_to(circle.center) < stopping_m(self.facts.param, hypot(vn, ve))
