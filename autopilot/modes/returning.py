"""Return: RTL of copter and rover, as a mode and as a mission item.

A copter flies ArduPilot's stages: straight up to the return height above its stopping point (unless it is that high),
over the ground to home or a rally point, wait, then land, or stay at RTL_ALT_FINAL. If nothing is climbed it still
comes to rest first: ArduCopter finds its stopping point again a loop later and further on, and its reference waits on
the leg between while the vehicle brakes (`autopilot.control.curves.keep_pace`).

The height is RTL_ALT above home, or the rally point's own altitude if higher, at least RTL_CLIMB_MIN above the present
height and never below it. Near home a cone of slope RTL_CONE_SLOPE lowers the climb. The fence's maximum altitude minus
FENCE_MARGIN is not exceeded. With RTL_ALT_TYPE 1 all of these except the fence count from the ground, and the way home
follows it. Source: docs/reference/mission-semantics.md, 5, 3 item 5; ArduPilot ArduCopter/mode_rtl.cpp.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf

import numpy as np

from autopilot.context.ground_following import ground_profile
from autopilot.context.staying import comes_to_rest, stopping_point
from autopilot.context.vehicle_context import VehicleFacts
from autopilot.interface.footprint import Numbers
from autopilot.interface.geo import Ned
from autopilot.interface.mathematics import hypot
from autopilot.interface.targets import Leg, Yaw, YawMode
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mav import Severity
from autopilot.modes.heading import Heading
from autopilot.modes.landing import Landing
from autopilot.modes.maneuver import Maneuver, StagedMode
from autopilot.modes.mode import VehicleContext
from autopilot.modes.speeds import SpeedControl
from autopilot.vehicles.mode_table import ModeSpec

Destination = Callable[[], Ned]
"""Destination of a return: NED m of home or of a rally point."""

_LOWEST_RETURN = 0.3  # m above home (RTL_ALT_MIN)
_ABOVE_GROUND = 1  # RTL_ALT_TYPE
_LONGEST_TURN_MS = 10_000  # after RTL_LOIT_TIME; half a turn takes 4 s, and somebody may turn the nose elsewhere
_LEVEL_M = 0.1  # a smaller climb is none
_LOOP_S = 0.0025  # SCHED_LOOP_RATE
_NO_WAY_M = 0.0056  # half of 1e-7 deg: a shorter way is lost in an ArduPilot `Location`
_SHALLOWEST_CONE = 0.5  # a smaller RTL_CONE_SLOPE means "no cone" (RTL_MIN_CONE_SLOPE)


def return_height(facts: VehicleFacts, goal: Ned) -> float:
    """Height of the flight home, m above home."""
    own = facts.personality.return_height(goal)
    if own is not None:
        return max(own, facts.height)
    return _return_height(facts, goal, facts.height, max(0.0, facts.home_ned[2] - goal[2]), _highest(facts))


def final_height(context: VehicleContext) -> float:
    """Height above home at which a return stays, m (RTL_ALT_FINAL); 0: it lands, as always without a pilot
    (ModeRTL::run, ModeSmartRTL::pre_land_position_run: in a radio failsafe)."""
    without_pilot = context.pilot is not None and context.pilot.lost
    return 0.0 if without_pilot else context.facts.param("RTL_ALT_FINAL") / 100.0


def return_over_ground(facts: VehicleFacts, goal: Ned) -> float | None:
    """Height of a return above the ground, m (RTL_ALT_TYPE 1); None: it counts from home, or the terrain data or the
    range finder do not cover it."""
    follows = facts.terrain.known or facts.follows_range_finder
    if int(facts.param("RTL_ALT_TYPE")) != _ABOVE_GROUND or not follows or not facts.has_position:
        return None
    here = facts.vehicle.state.position
    _, ground = ground_profile(facts, here, goal)
    if not np.isfinite(ground).all():
        return None
    now, at_goal = -here[2] - float(ground[0]), max(0.0, -goal[2] - float(ground[-1]))
    return _return_height(facts, goal, now, at_goal, _highest(facts) - facts.home_ned[2] - float(ground[-1]))


def _return_height(facts: VehicleFacts, goal: Ned, now: float, goal_height: float, ceiling: float) -> float:
    """Height of a return; all heights have the same reference."""
    return float(height_home(facts.param, facts.metres_to(goal), now, goal_height, ceiling))


def height_home(
    param: Callable[[str, float], float],
    distance_m: float | Numbers,
    now: float | Numbers,
    goal: float | Numbers,
    ceiling: float,
) -> Numbers:
    """Height of returns from a height `now` to a place `distance_m` away, which has the height `goal`, m."""
    least = np.maximum(now + max(0.0, param("RTL_CLIMB_MIN", 0.0) / 100.0), _LOWEST_RETURN)
    height = np.maximum(np.maximum(goal, param("RTL_ALT", 1500.0) / 100.0), least)
    slope = param("RTL_CONE_SLOPE", 3.0)
    if slope >= _SHALLOWEST_CONE:
        height = np.minimum(height, np.maximum(distance_m * slope, least))
    raised: Numbers = np.maximum(np.minimum(height, ceiling), now)
    return raised


def highest_return(param: Callable[[str, float], float], *, fenced: bool) -> float:
    """FENCE_MARGIN below the maximum altitude of the fence, m above home; `fenced`: it acts."""
    return param("FENCE_ALT_MAX", 100.0) - param("FENCE_MARGIN", 2.0) if fenced else inf


def _highest(facts: VehicleFacts) -> float:
    return highest_return(facts.param, fenced=facts.fence is not None and facts.fence.has_top)


class ReturnFlight(Maneuver):
    """Climb, return, wait, come down. Done on the ground, or at RTL_ALT_FINAL."""

    def __init__(self, context: VehicleContext, destination: Destination, heading: Heading) -> None:
        super().__init__(context)
        self._destination = destination
        self._heading = heading
        self._goal: Ned = (0.0, 0.0, 0.0)
        self._climbed: Ned = (0.0, 0.0, 0.0)
        self._stage: Callable[[int, VehicleEvent], None] = self._climbing
        self._landing: Landing | None = None
        self._over_ground: float | None = None
        self._loitered_ms = 0  # end of RTL_LOIT_TIME
        self._turns = False  # to the heading at arming

    @property
    def is_landing(self) -> bool:
        return self._landing is not None

    @property
    def comes_down(self) -> bool:
        return self.is_landing or self._stage == self._descending

    def start(self, now_ms: int) -> None:
        self._heading.interest = None  # it ends here, as in a takeoff (ModeRTL::climb_start)
        if self.facts.landed:
            self._land(now_ms)
            return
        goal = self._destination()
        north, east, down = stop = stopping_point(self.facts)
        self._over_ground = return_over_ground(self.facts, goal)
        if self._over_ground is None:
            if int(self.facts.param("RTL_ALT_TYPE")) == _ABOVE_GROUND:
                self.announcer.say(Severity.CRITICAL, "RTL: no terrain data, using alt-above-home")
            self._goal = (goal[0], goal[1], self.facts.home_ned[2] - return_height(self.facts, goal))
            climbed = self._goal[2]
        else:
            _, ground = ground_profile(self.facts, (north, east, down), goal)
            climbed = -float(ground[0]) - self._over_ground
            self._goal = (goal[0], goal[1], -float(ground[-1]) - self._over_ground)
        onward = self._goal if self._over_ground is None else None
        self._climbed = (north, east, climbed)
        if onward is not None and abs(climbed - down) < _LEVEL_M:
            vn, ve, _ = self.facts.vehicle.state.velocity
            if _LOOP_S * hypot(vn, ve) < _NO_WAY_M:
                self._go_home(from_rest=True)
                return
            self._climbed = (north + _LOOP_S * vn, east + _LOOP_S * ve, climbed)
        self._stage = self._climbing
        self.helm.fly(Leg(self._climbed, stop, onward, yaw=self._heading.for_hold(), from_rest=True))

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        self._stage(now_ms, events)

    def _climbing(self, now_ms: int, events: VehicleEvent) -> None:
        if self.helm.arrived:
            self._go_home()

    def _go_home(self, *, from_rest: bool = False) -> None:
        self._stage = self._going_home
        yaw = self._heading.for_leg(returning=True)
        start = self._climbed if self._over_ground is None else None
        self.helm.fly(Leg(self._goal, start, yaw=yaw, over_ground=self._over_ground, from_rest=from_rest))

    def _going_home(self, now_ms: int, events: VehicleEvent) -> None:
        if self.helm.arrived:
            self._stage = self._waiting
            self._loitered_ms = now_ms + int(self.facts.param("RTL_LOIT_TIME", 5000.0))
            self._nose_as_armed()
            self._waiting(now_ms, VehicleEvent(0))

    def _nose_as_armed(self) -> None:
        """Turn to the heading at arming before the descent, unless WP_YAW_BEHAVIOR leaves the yaw alone."""
        if int(self.facts.param("WP_YAW_BEHAVIOR", 2.0)) in (1, 3):
            self.helm.set_yaw(Yaw(YawMode.ANGLE, angle=self.facts.armed_yaw))
            self._turns = True

    def _waiting(self, now_ms: int, events: VehicleEvent) -> None:
        """Wait RTL_LOIT_TIME, and until the nose is back (ModeRTL::loiterathome_run)."""
        if events & VehicleEvent.YAW_DONE:
            self._turns = False
        until_ms = self._loitered_ms + (_LONGEST_TURN_MS if self._turns else 0)
        if now_ms < until_ms:
            self.deadline_ms = until_ms
            return
        self.deadline_ms = None
        final = final_height(self.context)
        if final > 0.0:
            end = (self._goal[0], self._goal[1], self.facts.home_ned[2] - final)
            self._stage = self._descending
            self.helm.fly(Leg(end, None, yaw=self._heading.for_hold()))
        else:
            self._land(now_ms)

    def _descending(self, now_ms: int, events: VehicleEvent) -> None:
        self.done = self.done or self.helm.arrived

    def _land(self, now_ms: int) -> None:
        """Descend, or stay on the ground."""
        self._landing = Landing(self.context, self._goal[:2] if not self.facts.landed else None, self._heading)
        self._landing.start(now_ms)
        self._stage = self._touching_down
        self.deadline_ms = self._landing.deadline_ms

    def _touching_down(self, now_ms: int, events: VehicleEvent) -> None:
        if self._landing is not None:
            self._landing.update(now_ms, events)
            self.deadline_ms = self._landing.deadline_ms
            self.done = self._landing.done


class ReturnDrive(Maneuver):
    """Rover: drive to home or the rally point and stop there."""

    def __init__(self, context: VehicleContext, destination: Destination) -> None:
        super().__init__(context)
        self._destination = destination

    def start(self, now_ms: int) -> None:
        north, east, _ = self._destination()
        self.end = (north, east, self.facts.vehicle.state.position[2])
        start = stopping_point(self.facts) if comes_to_rest(self.facts) else None
        self.helm.fly(Leg(self.end, start, radius=self.facts.acceptance_m, from_rest=start is not None))

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        self.done = self.done or self.helm.arrived


def return_maneuver(context: VehicleContext, destination: Destination, heading: Heading) -> Maneuver:
    if context.facts.vehicle_class.flies:
        return ReturnFlight(context, destination, heading)
    return ReturnDrive(context, destination)


class HomewardMode(StagedMode):
    """Base of modes that return home or to a rally point."""

    def __init__(self, context: VehicleContext, spec: ModeSpec, destination: Destination) -> None:
        super().__init__(context, spec)
        self._destination = destination

    def refusal(self, now_ms: int) -> str | None:
        return "home is not set" if self.facts.home is None else None


class ReturnMode(HomewardMode):
    """RTL: returns home; a landed copter is disarmed, a rover stops there."""

    def __init__(
        self,
        context: VehicleContext,
        spec: ModeSpec,
        destination: Destination,
        heading: Heading,
        speeds: SpeedControl,
        path: Callable[[], Maneuver | None],
    ) -> None:
        super().__init__(context, spec, destination)
        self._heading = heading
        self._speeds = speeds
        self._path = path

    def begin(self, now_ms: int) -> None:
        self._speeds.begin_return()
        self.fly([self._path() or return_maneuver(self.context, self._destination, self._heading)], now_ms)

    def _follow(self, stage: Maneuver, now_ms: int) -> None:
        if stage.done and not self.facts.vehicle_class.flies:
            self.announcer.step("Reached destination")

    def turn(self, yaw: Yaw) -> bool:
        self._heading.fix(yaw)
        return True
