"""Maneuvers on lift motors: vertical takeoff, transitions, landing at a place (ArduPilot ArduPlane/quadplane.cpp)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import pairwise
from math import copysign, degrees, radians
from typing import Final

from autopilot.context.vehicle_context import VehicleFacts
from autopilot.interface import report
from autopilot.interface.geo import GeoPoint, Ned, distance
from autopilot.interface.layout import TICK_MS
from autopilot.interface.mathematics import atan2, cos, hypot, sin
from autopilot.interface.targets import Circle, Idle, Land, Leg, Slope, TakeOff
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mav import Cmd, VtolState
from autopilot.mission.items import MissionItem
from autopilot.modes.maneuver import Maneuver, RudderedTakeoff
from autopilot.modes.mode import VehicleContext
from autopilot.vehicles.mode_table import LiftOption

_LOOK_MS: Final = 200
_FAR: Final = 1.5  # number of stopping distances from cruise beyond which wings fly to a hover (transition_threshold_m)
NEAR_HOME: Final = 1.5
"""Radius about home within which a hovering vehicle returns upright, in radii of the return's circle."""
_THROUGH_M: Final = 5.0  # height above an upright takeoff's end at which it begins to stop
_OVER_M: Final = 3.0  # tolerance of the landing place
_HIGH_THROTTLE, _DEAD_THROTTLE, _CENTRED = 0.7, 0.1, 0.02  # of full stick deflection, in a landing
_SLOWS_M: Final = 6.0  # height above the last part of a landing
_LINE_M: Final = 1000.0  # length of a line into the wind, to either side
_CROSSES, _IN_LINE = 0.996, 0.866  # cosines of 5 and 30 degrees
_STOPS_SHORT: Final = 0.75  # share of the stopping distance that a landing on lift motors needs
_LAPS, _STUCK_M = 3.0, 5.0  # turns in which a circle to a height has to change it by this
_ON_WINGS: Final = (VtolState.FW, VtolState.TRANSITION_TO_FW, VtolState.TRANSITION_TO_MC)
Param = Callable[[str, float], float]
"""Value of a parameter, or the default."""


def on_wings(context: VehicleContext) -> bool:
    return context.facts.vehicle.state.report[report.VTOL_STATE] in _ON_WINGS


def stopping_m(param: Param, speed: float) -> float:
    """Stopping distance from `speed` m/s over ground to a hover, by Q_TRANS_DECEL, m."""
    return speed * speed / (2.0 * max(param("Q_TRANS_DECEL", 2.0), 0.2))


def near_landings(items: Iterable[MissionItem], param: Param) -> Iterator[tuple[MissionItem, float, float]]:
    """Landings on lift motors so near the waypoint before them that wings cannot stop for them, with that distance and
    the least, m (AP_Arming_Plane.cpp, mission_checks)."""
    speed = param("TECS_LAND_ARSPD", 0.0)
    least_m = _STOPS_SHORT * stopping_m(param, speed if speed > 0.0 else param("AIRSPEED_CRUISE", 25.0))
    for before, land in pairwise(items):
        if before.command != Cmd.NAV_WAYPOINT or land.command not in (Cmd.NAV_LAND, Cmd.NAV_VTOL_LAND):
            continue
        places = [GeoPoint(item.x, item.y, 0.0) for item in (before, land) if item.is_somewhere]
        if len(places) == 2 and distance(*places) < least_m:
            yield land, distance(*places), least_m


def far_from(facts: VehicleFacts, place: tuple[float, float]) -> bool:
    """True if wings that come to a hover at `place` (n, e) m need an approach."""
    return facts.metres_to(place) > approach_m(facts.param)


def approach_m(param: Param) -> float:
    """Distance beyond which wings need an approach to a hover, m."""
    return _FAR * stopping_m(param, param("AIRSPEED_CRUISE", 25.0))


def upright_radius(facts: VehicleFacts) -> float:
    """Radius about home within which a hovering vehicle returns upright, m (ArduPlane's get_VTOL_return_radius)."""
    return NEAR_HOME * return_circle(facts)


def return_circle(facts: VehicleFacts) -> float:
    return return_radius(facts.measure(facts.vehicle_class.measures.circle_radius), facts.param)


def return_radius(usual: float, param: Param) -> float:
    """Radius by which a return on wings is measured, m: that of its circle or of loiters (`usual`), the larger."""
    return max(abs(usual), abs(param("RTL_RADIUS", 0.0)))


def hovers_near(facts: VehicleFacts, place: tuple[float, float]) -> bool:
    """True if it hovers within that radius of `place`, below Q_RTL_ALT."""
    low = facts.home_ned[2] - facts.vehicle.state.position[2] < facts.param("Q_RTL_ALT", 15.0)
    near = facts.metres_to(place) < upright_radius(facts)
    return low and near and facts.vehicle.state.report[report.VTOL_STATE] == VtolState.MC


def takes_wings(context: VehicleContext, place: tuple[float, float]) -> bool:
    """True if it hovers so far from its hover place that it flies there on its wings."""
    facts = context.facts
    stays = context.helm.upright or facts.personality.keeps_upright or facts.landed
    return not stays and facts.vehicle.state.report[report.VTOL_STATE] == VtolState.MC and far_from(facts, place)


class LiftOff(RudderedTakeoff):
    """Climb straight to `down` (NED m) on lift motors, and pass it at the climb speed (ArduPlane's
    verify_vtol_takeoff)."""

    def __init__(self, context: VehicleContext, down: float) -> None:
        super().__init__(context)
        self._down = down

    def begin(self, now_ms: int) -> None:
        self.helm.fly(TakeOff(self._down - _THROUGH_M))
        self.deadline_ms = now_ms + _LOOK_MS

    def climb(self, now_ms: int) -> None:
        self.done = self.done or self.helm.arrived or self.facts.vehicle.state.position[2] <= self._down
        self.deadline_ms = None if self.done else now_ms + _LOOK_MS


class OntoWings(Maneuver):
    """Transition from a hover to the wings, towards `place` (NED m) or, if it is above it, in the direction of the nose
    (PX4's mission.cpp, handleTakeoff)."""

    def __init__(self, context: VehicleContext, place: Ned) -> None:
        super().__init__(context)
        self._place = place

    def start(self, now_ms: int) -> None:
        if self.facts.metres_to(self._place) < _OVER_M:
            (north, east, _), yaw = self.facts.vehicle.state.position, self.facts.vehicle.state.yaw
            self._place = (north + _LINE_M * cos(yaw), east + _LINE_M * sin(yaw), self._place[2])
        self.helm.fly(Leg(self._place))
        self.deadline_ms = now_ms + _LOOK_MS

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        if self.deadline_ms is not None and now_ms >= self.deadline_ms:
            self.done = self.helm.upright or self.facts.vehicle.state.report[report.VTOL_STATE] == VtolState.FW
            self.deadline_ms = None if self.done else now_ms + _LOOK_MS


class OntoLift(Maneuver):
    """Transition from the wings straight on to a hover (PX4's DO_VTOL_TRANSITION)."""

    def start(self, now_ms: int) -> None:
        self.helm.fly(Land(None, sink=0.0))
        self.deadline_ms = now_ms + _LOOK_MS

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        if self.deadline_ms is not None and now_ms >= self.deadline_ms:
            self.done = not on_wings(self.context)
            self.deadline_ms = None if self.done else now_ms + _LOOK_MS


class LandingSticks:
    """A pilot's control in an upright landing, by Q_OPTIONS: the sink rate by the throttle, once that was high; and
    the place by roll and pitch, without sinking meanwhile (ArduPlane's landing_descent_rate_ms,
    update_land_positioning)."""

    def __init__(self, context: VehicleContext, place: tuple[float, float] | None) -> None:
        self._facts, self._helm = context.facts, context.helm
        self._place = place
        self._by_throttle = False
        self._looked_ms = 0
        self._flown: Land | None = None

    @property
    def _options(self) -> LiftOption:
        return LiftOption(int(self._facts.param("Q_OPTIONS")))

    @property
    def active(self) -> bool:
        return bool((LiftOption.LANDING_MOVES | LiftOption.THROTTLE_LANDS) & self._options)

    def land(self, now_ms: int) -> None:
        """Fly the present sticks, once it hovers over the place."""
        vector, position = self._facts.vehicle.state.report, self._facts.vehicle.state.position
        waited_s, self._looked_ms = 0.001 * (now_ms - self._looked_ms), now_ms
        if vector[report.VTOL_STATE] != VtolState.MC:
            return
        place = position[:2] if self._place is None else self._place
        if self._flown is None and self._facts.metres_to(place) > _OVER_M:
            return
        sink, velocity = self._rate(float(vector[report.STICK_THROTTLE])), self._velocity()
        if velocity != (0.0, 0.0):
            sink = 0.0 if sink is None else min(sink, 0.0)
            self._place = (place[0] + waited_s * velocity[0], place[1] + waited_s * velocity[1])
        if self._flown is None and sink is None:
            return
        landing = Land(self._place, sink=sink, velocity=velocity, directly=True)
        if landing != self._flown:
            self._flown = landing
            self._helm.fly(landing)

    def _rate(self, throttle: float) -> float | None:
        """Sink rate, m/s; None: the landing's own."""
        param = self._facts.param
        enabled = LiftOption.THROTTLE_LANDS in self._options
        self._by_throttle = enabled and (self._by_throttle or throttle > _HIGH_THROTTLE)
        if not self._by_throttle:
            return None
        share = max(abs(throttle - 0.5) - _DEAD_THROTTLE, 0.0) / (0.5 - _DEAD_THROTTLE)
        if throttle > 0.5:
            return -round(share, 2) * param("Q_WP_SPD_UP", 2.5)
        low, slow, fast = param("Q_LAND_FINAL_ALT", 6.0), param("Q_LAND_FINAL_SPD", 0.5), param("Q_WP_SPD_DN", 1.5)
        higher = min(max((self._facts.height - low) / _SLOWS_M, 0.0), 1.0)
        return round(share * (slow + higher * (fast - slow)), 1)

    def _velocity(self) -> tuple[float, float]:
        """Velocity north and east, m/s: half of Q_WP_ACC at full stick."""
        vector = self._facts.vehicle.state.report
        ahead, right = float(vector[report.STICK_PITCH]), float(vector[report.STICK_ROLL])
        if LiftOption.LANDING_MOVES not in self._options or max(abs(ahead), abs(right)) < _CENTRED:
            return (0.0, 0.0)
        yaw, most = self._facts.vehicle.state.yaw, 0.5 * self._facts.param("Q_WP_ACC", 1.0)
        c, s = most * cos(yaw), most * sin(yaw)
        return (c * ahead - s * right, s * ahead + c * right)


class SetDown(Maneuver):
    """Land upright at a place: on wings as far as possible, or on lift motors early (Q_OPTIONS), then straight down. A
    hovering vehicle far away uses its wings. `comes_down`: see `Land`. The sticks may move the place (Q_OPTIONS)."""

    def __init__(
        self, context: VehicleContext, place: tuple[float, float] | None, comes_down: Slope | None = None
    ) -> None:
        super().__init__(context)
        self._place = place
        self._comes_down = comes_down
        self._until_wings: bool | None = None  # it waits until it is on wings (True) or not (False)
        self._sticks = LandingSticks(context, place)
        self._top = 0.0  # NED d at which it came
        self._climb: LiftOff | None = None  # after an abort

    @property
    def is_landing(self) -> bool:
        return self._climb is None

    def start(self, now_ms: int) -> None:
        if self._place is not None and not self.facts.landed:
            away_m, hovers = self.facts.metres_to(self._place), self._on_lift or not on_wings(self.context)
            if self._early or (hovers and not far_from(self.facts, self._place)):
                self.announcer.step(f"VTOL Position1 d={away_m:.1f}")
            elif far_from(self.facts, self._place):
                self.announcer.step(f"VTOL approach d={away_m:.1f}")
        self._fly(now_ms)

    @property
    def _early(self) -> bool:
        """True if it does not use its wings for the way."""
        return self.helm.upright or self.facts.option("Q_OPTIONS", LiftOption.NO_APPROACH)

    @property
    def _on_lift(self) -> bool:
        """True on the way to its wings near its place, where it stops at once (ArduPlane's
        poscontrol_init_approach)."""
        speeds_up = self.facts.vehicle.state.report[report.VTOL_STATE] == VtolState.TRANSITION_TO_FW
        return speeds_up and self._place is not None and not far_from(self.facts, self._place)

    def _fly(self, now_ms: int) -> None:
        self.deadline_ms = None
        if self.facts.landed:  # its landing event is past
            self.helm.fly(Idle())
            self.deadline_ms = now_ms + TICK_MS
            return
        self._until_wings, self._top = None, self.facts.vehicle.state.position[2]
        if self._place is not None and (self._early or self._on_lift) and on_wings(self.context):
            self._until_wings = False
            self.helm.fly(Land(None, sink=0.0))
        elif self._place is not None and not self._early and takes_wings(self.context, self._place):
            self._until_wings = True
            self.helm.fly(Leg((*self._place, self.facts.vehicle.state.position[2])))
        else:
            self.helm.fly(Land(self._place, comes_down=self._comes_down))
        if self._until_wings is not None or self._sticks.active:
            self.deadline_ms = now_ms + _LOOK_MS

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        due = self.deadline_ms is not None and now_ms >= self.deadline_ms
        if self._climb is not None:
            self._climb.update(now_ms, events)
            self.done, self.deadline_ms = self._climb.done, self._climb.deadline_ms
        elif events & VehicleEvent.LANDED or (due and self.facts.landed):
            self.deadline_ms = None
            self.done = True
        elif due and self._until_wings is not None:
            self.deadline_ms = now_ms + _LOOK_MS
            if on_wings(self.context) is self._until_wings:
                self._fly(now_ms)
        elif due:
            self.deadline_ms = now_ms + _LOOK_MS
            self._sticks.land(now_ms)

    def go_around(self, height_m: float = 0.0) -> bool:
        """Climb to the height at which it came, where the mission goes on (ArduPlane's abort_landing); False before its
        descent, and on the ground."""
        hovers = self.facts.vehicle.state.report[report.VTOL_STATE] == VtolState.MC
        over = self._place is None or self.facts.metres_to(self._place) < _OVER_M
        if self._climb is not None or self.facts.landed or not (hovers and over):
            return False
        self._climb = LiftOff(self.context, self._top)
        self._climb.start(self.facts.now_ms)
        self.deadline_ms = self._climb.deadline_ms
        return True


class HeightWatch:
    """Gives a circle's height up to which three turns bring it no nearer (ArduPlane's loiter_angle_update)."""

    def __init__(self, facts: VehicleFacts) -> None:
        self._facts = facts
        self._turns = self._from_down = 0.0  # next look, in turns of the circle; NED d at the last

    def gives_up(self) -> bool:
        state = self._facts.vehicle.state
        down = state.position[2]
        if state.report[report.TURNS] <= self._turns:
            return False
        stuck = self._turns > 0.0 and abs(down - self._from_down) < _STUCK_M
        self._turns, self._from_down = self._turns + _LAPS, down
        return stuck


class WindApproach(Maneuver):
    """Circle down on wings round `circle` to its height, leave it into the wind, and follow a line to its middle up to
    the stopping distance (ArduPlane's verify_landing_vtol_approach)."""

    def __init__(self, context: VehicleContext, circle: Circle) -> None:
        super().__init__(context)
        self._circle = replace(circle, at_height=True)
        self._height = HeightWatch(context.facts)
        self._upwind: float | None = None  # rad, once it has reached its height
        self._lined = False

    def start(self, now_ms: int) -> None:
        self.helm.fly(self._circle)
        self.deadline_ms = now_ms + _LOOK_MS

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        due = self.deadline_ms is not None and now_ms >= self.deadline_ms
        if self._upwind is None and (self.helm.arrived or (due and self._height.gives_up())):
            vector = self.facts.vehicle.state.report
            self._upwind = atan2(-float(vector[report.WIND_E]), -float(vector[report.WIND_N]))
            self.announcer.step(f"Selected an approach path of {degrees(self._upwind):.1f}")
        elif not due:
            return
        elif self._upwind is not None:
            self._lined = self._lined or self._leaves(self._upwind)
            self.done = self._lined and self._stops(self._upwind)
        self.deadline_ms = None if self.done else now_ms + _LOOK_MS

    def _leaves(self, upwind: float) -> bool:
        """True where it is downwind of the circle's middle."""
        across = upwind - copysign(radians(90.0), self._circle.direction)
        off = self.facts.vehicle.state.yaw - across
        if cos(off) < _CROSSES:
            return False
        north, east, down = self._circle.center
        far_n, far_e = _LINE_M * cos(upwind), _LINE_M * sin(upwind)
        self.announcer.step("Starting VTOL land approach path")
        self.helm.fly(Leg((north + far_n, east + far_e, down), (north - far_n, east - far_e, down)))
        return True

    def _stops(self, upwind: float) -> bool:
        """True on the line where it begins to stop over the middle: heading for it, or too near to turn to it. The
        distance counts along the line; a vehicle beside the line would otherwise fly on."""
        (north, east, _), (vn, ve, _) = self.facts.vehicle.state.position, self.facts.vehicle.state.velocity
        n, e = self._circle.center[0] - north, self._circle.center[1] - east
        along_m, speed = n * cos(upwind) + e * sin(upwind), hypot(vn, ve)
        heads_for = n * vn + e * ve > _IN_LINE * hypot(n, e) * speed
        return along_m <= stopping_m(self.facts.param, speed) and (heads_for or along_m < 0.5 * self._circle.radius)


class InTurn(Maneuver):
    """A sequence of two maneuvers."""

    def __init__(self, first: Maneuver, then: Maneuver) -> None:
        super().__init__(first.context)
        self._flown, self._then = first, then

    @property
    def is_landing(self) -> bool:
        return self._flown.is_landing

    def start(self, now_ms: int) -> None:
        self._flown.start(now_ms)
        self.deadline_ms = self._flown.deadline_ms

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        self._flown.update(now_ms, events)
        if self._flown.done and self._flown is not self._then:
            self._flown = self._then
            self._flown.start(now_ms)
        self.done, self.deadline_ms = self._flown.done, self._flown.deadline_ms

    def go_around(self, height_m: float = 0.0) -> bool:
        aborts = self._flown.go_around(height_m)
        self.deadline_ms = self._flown.deadline_ms
        return aborts
