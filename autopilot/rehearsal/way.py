"""The way of a plan: legs in metres from home in flying order, with jumps.

Times are those of calm air, of a copter by the speed profiles that it flies (`autopilot.control.curves`). Wings are
flown by their guidance in the forecast wind (`autopilot.rehearsal.wing_flight`), rovers and boats are driven by theirs
(`autopilot.rehearsal.driving`). Source: docs/reference/mission-semantics.md, 1.4, and `autopilot.modes.auto_nav`,
which flies them.
"""

from __future__ import annotations

from dataclasses import replace
from math import copysign, isfinite, isnan, pi
from typing import Final

import numpy as np

from autopilot.control.curves import plan as plan_profile
from autopilot.control.profile import C_END, C_LAST, R_TIME
from autopilot.interface import layout as L
from autopilot.interface.geo import ABOVE_GROUND
from autopilot.interface.mathematics import cos, hypot, sin
from autopilot.mav import Cmd, SpeedType, VtolState
from autopilot.mission.commands import LANDINGS, TAKEOFFS
from autopilot.mission.events import JumpTaken
from autopilot.mission.items import MissionItem, positive
from autopilot.mission.plan import Plan
from autopilot.mission.route import FOREVER, JumpCounters, Route, idle_jump
from autopilot.mission.state import done_at, hold_time_ms, speed_change
from autopilot.mission.storage import MissionStorage
from autopilot.modes.auto_nav import passes
from autopilot.modes.auxiliary import HIGH
from autopilot.modes.returning import height_home
from autopilot.modes.speeds import circle_speed
from autopilot.modes.wing_nav import HOVERED, hovers_there, lands_upright, passed_by
from autopilot.rehearsal.driving import DriveFlight
from autopilot.rehearsal.field import VERTICAL, FlyingField, Place, PlannedLeg, Way
from autopilot.rehearsal.following import follow_ground
from autopilot.rehearsal.returns import goals, highest_up, home_up, last_items, wings_home_up
from autopilot.rehearsal.splines import SplineFlight, is_spline
from autopilot.rehearsal.wing_flight import WingFlight
from autopilot.rehearsal.wing_way import (
    ends_least_speed,
    hover_mps,
    leaves_at,
    left_straight,
    radius_of,
    straight_on,
    takeoff_end,
    takeoff_up,
)
from autopilot.vehicles.vehicle_class import LANDING_SPEED

__all__ = ["FlyingField", "NoWayError", "Place", "PlannedLeg", "Way", "walk"]


class NoWayError(ValueError):
    """No way can be computed with these parameters: a speed or limit of 0, below 0, or far too large."""

    def __init__(self) -> None:
        super().__init__("no way can be computed with these parameters")


MOST_LEGS: Final = 10_000
"""Limit of legs; a plan with more legs, by jumps, is not checked further."""
LOWEST_TAKEOFF_M: Final = 1.0
_GO_ON_AFTER_LAND: Final = 4  # MIS_OPTIONS bit 2
_PASSED: Final = (Cmd.NAV_WAYPOINT, Cmd.NAV_SPLINE_WAYPOINT)  # unless they hold
_LOWEST_APPROACH_M: Final = 2.0  # height above the ground on the way to a landing place
_JERK_RISE_S: Final = 0.3  # of a copter's legs
_SETTLES_S, _LANDS_S = 0.5, -1.2  # of a copter, beside its profile: at a stop; before it lands there
_TOUCHES_S: Final = 2.3  # from a hover into a descent, and on the ground until that counts as landed


class _Walk:
    def __init__(self, plan: Plan, field_: FlyingField) -> None:
        self.way = Way()
        self._field = field_
        self._rally = plan.rally
        self._storage = MissionStorage(first_index=1)
        self._storage.replace(plan.items)
        self._speed, self._least = field_.cruise_mps, field_.param("MIN_GROUNDSPEED")
        self._end_vertical()
        self._profile, self._limits = [0.0] * L.CURVE_SIZE, [0.0] * L.SETTINGS.size
        self._limits[L.P_ACCEL], self._limits[L.P_LEG_JERK] = field_.accel_mps2, field_.jerk_mps3
        self._limits[L.P_ACCEL_Z] = field_.param("WPNAV_ACCEL_Z") / 100.0 or 1.0
        self._limits[L.P_JERK_RISE] = _JERK_RISE_S
        self._brakes_s: list[float] = []  # of each leg at a stop
        self._rates: list[tuple[float, float]] = []  # of each leg: climb and descent
        self._at: Place = (0.0, 0.0, 0.0)
        self._forever: set[int] = set()
        self._again: MissionItem | None = None
        self._upright = False  # by DO_VTOL_TRANSITION

    def run(self) -> Way:
        counters = JumpCounters()
        seq, told = 1, False  # a speed, since the last leg
        while len(self.way.legs) < MOST_LEGS:
            before = counters.copy()
            route = Route(self._storage, counters, seq, notify=self._jumped)
            item = route.next_nav()
            passed = route.take_passed()
            self.way.visited.update(passed_item.seq for passed_item in passed)
            self.way.passed += [(len(self.way.legs), passed_item) for passed_item in passed]
            for after_s, passed_item in (on_the_way := done_at(passed)):
                if after_s == 0.0:
                    told = told or passed_item.command == Cmd.DO_CHANGE_SPEED
                    self._do(passed_item)
            if self.way.left is not None:
                break
            if item is None:
                self.way.idle = idle_jump(self._storage, before, seq)
                break
            if self._again is not None:
                self.way.endless = self._again
                break
            self.way.visited.add(item.seq)
            begun = len(self.way.legs)
            ends = self._fly(item)
            self._do_later([row for row in on_the_way if row[0] > 0.0])
            if told and len(self.way.legs) > begun:
                leg = self.way.legs[begun]
                self.way.legs[begun] = replace(leg, changes=((0.0, leg.speed_mps, leg.least_mps), *leg.changes))
                told = False
            if ends or self.way.left is not None:
                break
            seq = item.seq + 1
        else:
            self.way.whole = False
        planned = len(self.way.legs)
        self._come_down()
        if self._field.kind.has_stall_speed:
            wings = WingFlight(self._field)
            self.way.legs = [*wings.fly(self.way.legs[:planned]), *wings.fly(self.way.legs[planned:], in_place=True)]
        elif not self._field.kind.flies:
            DriveFlight(self._field).fly(self.way.legs, self._onward)
        else:
            follow_ground(self.way.legs, self._brakes_s, self._rates, self._field.heights)
            if any(map(is_spline, self.way.legs)):
                SplineFlight(self._field, self._limits).fly(self.way.legs, self._brakes_s, self._rates, self._onward)
            self._turns()
        self.way.legs, self.way.landing = self.way.legs[:planned], self.way.legs[planned:]
        return self.way

    def _come_down(self) -> None:
        """Add the landing with which a flight ends a mission that ends in the air."""
        way, kind = self.way, self._field.kind
        if not kind.flies or not way.ends_in_air:
            return
        self._upright = kind.lands_anywhere
        for item in last_items(self._field, way.legs):
            self._fly(item)

    def _jumped(self, jump: JumpTaken) -> None:
        self.way.visited.add(jump.seq)
        if jump.count != FOREVER:
            return
        if jump.seq in self._forever:
            self._again = self._storage.get(jump.seq)
        self._forever.add(jump.seq)

    def _do_later(self, items: list[tuple[float, MissionItem]]) -> None:
        """Carry out items so long after the beginning of the last leg, if that does not end before."""
        for after_s, item in items if self.way.legs else ():
            leg = self.way.legs[-1]
            if item.command == Cmd.DO_CHANGE_SPEED and not self._field.kind.hovers:
                self._do_on_the_way(after_s, item)
                continue
            if after_s >= leg.seconds + leg.wait_s:
                return
            self._do(item)
            way = [b - a for a, b in zip(leg.begin, leg.edge, strict=True)]
            rest = max(1.0 - after_s / leg.seconds, 0.0) if leg.seconds > 0.0 else 0.0
            seconds = leg.seconds + rest * (self._rest_to_rest((way[0], way[1], way[2]))[0] - leg.seconds)
            self.way.legs[-1] = replace(leg, seconds=seconds)

    def _do_on_the_way(self, after_s: float, item: MissionItem) -> None:
        """Give a change of speed to the last leg, whose flight shows whether it comes before the end."""
        leg, told = self.way.legs[-1], (self._speed, self._least)
        self._do(item)
        self.way.legs[-1] = replace(leg, changes=(*leg.changes, (after_s, self._speed, self._least)))
        self._speed, self._least = told

    def _do(self, item: MissionItem) -> None:
        if item.command == Cmd.DO_AUX_FUNCTION and item.param1 in self._field.kind.modes.switches:
            self.way.left = self.way.left or (item if item.param2 == HIGH else None)
        if item.command == Cmd.DO_VTOL_TRANSITION and item.param1 in (VtolState.MC, VtolState.FW):
            self._upright = self._field.kind.lands_anywhere and item.param1 == VtolState.MC
        change = speed_change(item) if item.command == Cmd.DO_CHANGE_SPEED else None
        if ends_least_speed(item):
            self._least = 0.0
        if change is None or self._field.refuses(change):
            return
        if change.kind in self._field.kind.track_speeds:
            told = change.speed if change.speed is not None else self._field.cruise_mps
            self._speed = max(self._field.reached(told), 0.1)
        elif change.kind == SpeedType.GROUNDSPEED:  # of wings
            self._least = change.speed or self._field.param("MIN_GROUNDSPEED")
        elif change.kind == SpeedType.CLIMB_SPEED:
            self._up = self._field.vertical_mps(change.kind, change.speed)
        elif change.kind == SpeedType.DESCENT_SPEED:
            self._down = self._field.vertical_mps(change.kind, change.speed)

    def _end_vertical(self) -> None:
        """Climb and descend by the parameters, as landings and RTL do."""
        self._up, self._down = (self._field.vertical_mps(kind, None) for kind in VERTICAL)

    def _fly(self, item: MissionItem) -> bool:
        """Add the leg; True if the mission ends with it."""
        field_ = self._field
        if not field_.kind.carries_out(item.command):
            return False
        if item.command == Cmd.NAV_RETURN_TO_LAUNCH:
            self._return(item)
            return True
        if field_.kind.has_stall_speed:
            return self._fly_on_wings(item)
        if item.command in LANDINGS:
            told = self._up, self._down
            self._end_vertical()
            north, east, _ = field_.place(item, self._at)
            ground, above = field_.ground_up(north, east), self._at[2] - field_.ground_up(*self._at[:2])
            follows = field_.follows_ground
            up = ground + max(above, _LOWEST_APPROACH_M) if follows else self._at[2]
            self._add(item, (north, east, up), wait_s=self._landing_s(up - ground), over_ground=follows)
            self._at, (self._up, self._down) = (north, east, ground), told
            return not self._goes_on(item)
        if item.command == Cmd.NAV_LOITER_UNLIM:
            self._add(item, field_.place(item, self._at), over_ground=self._follows(item))
            self.way.endless = item
            return True
        if item.command == Cmd.NAV_PAYLOAD_PLACE:
            self._place(item)
        elif item.command == Cmd.NAV_DELAY:
            self._add(item, self._at, wait_s=max(item.param1, 0.0))
        elif item.command in TAKEOFFS:
            lowest = self._at[2] + (LOWEST_TAKEOFF_M if self._on_ground else 0.0)
            self._add(item, (*self._at[:2], max(field_.place(item, self._at)[2], lowest)))
        elif item.command == Cmd.NAV_LOITER_TURNS:
            self._circle(item)
        elif item.command != Cmd.NAV_GUIDED_ENABLE:
            follows, wait_s = self._follows(item), hold_time_ms(item) / 1000.0
            self._add(item, field_.place(item, self._at), wait_s=wait_s, over_ground=follows)
        return False

    @property
    def _on_ground(self) -> bool:
        """True before the first takeoff, and after a landing."""
        last = next((leg.item for leg in reversed(self.way.legs) if leg.item.command != Cmd.NAV_DELAY), None)
        return last is None or last.command in LANDINGS

    def _fly_on_wings(self, item: MissionItem) -> bool:
        """Add the leg of wings, whose time comes from `WingFlight`; True if the mission ends with it."""
        field_ = self._field
        if item.command in TAKEOFFS:
            begin, up = self._at, max(takeoff_up(field_, item, self._at), self._at[2] + LOWEST_TAKEOFF_M)
            self._at, seconds = takeoff_end(field_, item, begin, up)
            self.way.legs.append(PlannedLeg(item, begin, self._at, self._speed, seconds))
        elif item.command == Cmd.NAV_DELAY and (self._on_ground or self._upright):
            self._add(item, self._at, wait_s=max(item.param1, 0.0))
        elif item.command == Cmd.NAV_CONTINUE_AND_CHANGE_ALT:
            self._add(item, straight_on(field_, item, self._at, self.way.legs, self._speed))
        elif item.command not in (Cmd.NAV_DELAY, Cmd.NAV_GUIDED_ENABLE):
            hovers = self._upright and item.command in HOVERED
            lands = item.command in LANDINGS and lands_upright(field_.kind, item, field_.lift_options)
            stays = hovers or (field_.kind.lands_anywhere and hovers_there(item, field_.param))
            radius, timed = 0.0 if stays else abs(radius_of(field_, item)), item.command == Cmd.NAV_LOITER_TIME
            wait_s = hold_time_ms(item) / 1000.0 if timed else 0.0
            place, follows = field_.place(item, self._at), self._follows(item)
            if self.way.legs and left_straight(before := self.way.legs[-1]):
                self._at = leaves_at(before, radius_of(field_, before.item), place)
            if item.command == Cmd.NAV_WAYPOINT and not hovers:
                place = passed_by(self._at, place, item)
            elif lands:
                place = (*place[:2], field_.ground_up(*place[:2]))
            elif item.command in LANDINGS and item.z == 0.0:
                place = (*place[:2], 0.0)
            self._add(item, place, wait_s=wait_s, radius_m=radius, over_ground=follows)
            if hovers or (self._upright and lands):
                self.way.legs[-1] = replace(self.way.legs[-1], speed_mps=hover_mps(field_), upright=True)
        if item.command == Cmd.NAV_LOITER_UNLIM:
            self.way.endless = item
        return self.way.endless is not None or (item.command in LANDINGS and not self._goes_on(item))

    def _follows(self, item: MissionItem) -> bool:
        """True if the leg keeps its height above the ground."""
        straight = item.command in (Cmd.NAV_SPLINE_WAYPOINT, Cmd.NAV_LOITER_TO_ALT) or item.z == 0.0
        return self._field.follows_ground and item.frame in ABOVE_GROUND and not straight

    def _goes_on(self, item: MissionItem) -> bool:
        after = self._storage.get(item.seq + 1)
        while after is not None and after.command == Cmd.NAV_DELAY:
            after = self._storage.get(after.seq + 1)
        bit = int(self._field.param("MIS_OPTIONS")) & _GO_ON_AFTER_LAND
        return bool(bit) and after is not None and after.command in TAKEOFFS

    def _circle(self, item: MissionItem) -> None:
        center = self._field.place(item, self._at)
        radius = abs(item.param3) if isfinite(item.param3) else 0.0
        radius = self._field.flown_radius_m(radius or self._field.measure(self._field.kind.measures.circle_radius))
        turns = positive(item.param1)
        own = circle_speed(self._field.kind, self._field.param, radius)
        speed = min(own, self._speed) or self._field.param("CIRC_SPEED") or self._field.cruise_mps
        # level, above the highest ground
        if self._field.follows_ground and item.frame in ABOVE_GROUND and item.z != 0.0:
            ring = PlannedLeg(item, self._at, center, speed, 0.0, radius_m=radius).ring()
            heights = [self._field.ground_up(north, east) for north, east, _ in (*ring, center)]
            center = (*center[:2], item.z + max(heights))
        around_m = turns * 2.0 * pi * radius
        begins_s = 0.5 * speed / self._field.accel_mps2 if self._field.kind.hovers else 0.0
        told, self._speed = self._speed, self._speed if self._field.kind.hovers else speed
        self._add(item, center, wait_s=around_m / speed + begins_s, radius_m=radius)
        self._speed = told
        leg = self.way.legs[-1]
        more_m = around_m + abs(leg.length_m - radius) - leg.length_m
        self.way.legs[-1] = replace(leg, more_m=more_m, speed_mps=speed)
        north, east, up = leg.edge  # after parts of a turn elsewhere on the circle
        c, s = cos(2.0 * pi * turns), sin(2.0 * pi * turns) * copysign(1.0, item.param3)
        north, east = north - center[0], east - center[1]
        self._at = (center[0] + c * north - s * east, center[1] + s * north + c * east, up)

    def _return(self, item: MissionItem) -> None:
        field_ = self._field
        self._end_vertical()
        self._speed = field_.reached(field_.measure(field_.kind.measures.return_speed)) or field_.cruise_mps
        begin = np.array([self._at])
        goal = goals(self._rally, field_, begin)
        (north, east, up), (goal_n, goal_e, goal_up) = self._at, goal[0].tolist()
        if not field_.kind.flies:
            self._add(item, (goal_n, goal_e, 0.0))
            return
        if field_.kind.has_stall_speed:  # circle home, until another party takes the vehicle
            self._add(item, (goal_n, goal_e, float(wings_home_up(field_, begin, goal)[0])))
            if not (field_.kind.lands_anywhere and field_.param("Q_RTL_MODE")):
                self.way.endless = item
            return
        follows = field_.follows_ground and int(field_.param("RTL_ALT_TYPE")) == 1
        ground = field_.ground_up(goal_n, goal_e)
        if follows:
            below, distance_m = field_.ground_up(north, east), hypot(goal_n - north, goal_e - east)
            most = highest_up(field_) - ground
            over = float(height_home(field_.param, distance_m, up - below, max(goal_up - ground, 0.0), most))
            height, final = below + over, ground + over
        else:
            height = final = float(home_up(field_, begin, goal)[0])
        stays = field_.param("RTL_ALT_FINAL") / 100.0
        down_s = self._rest_to_rest((0.0, 0.0, stays - final))[0] if stays > 0.0 else self._landing_s(final - ground)
        self._at = (north, east, height)
        climbs_s, brakes_s = self._rest_to_rest((0.0, 0.0, height - up))
        spent = climbs_s + field_.param("RTL_LOIT_TIME", 5000.0) / 1000.0 + down_s
        self._add(item, (goal_n, goal_e, final), wait_s=spent, over_ground=follows)
        if not follows:
            leg, overlaps_s = self.way.legs[-1], min(field_.blend_s, brakes_s, self._brakes_s[-1])
            self.way.legs[-1] = replace(leg, seconds=leg.seconds - overlaps_s)
        self._at = (goal_n, goal_e, stays if stays > 0.0 else ground)

    def _landing_s(self, height: float) -> float:
        low = min(max(height, 0.0), max(self._field.param("LAND_ALT_LOW", 1000.0) / 100.0, 1.0))
        high = self._field.param("LAND_SPEED_HIGH") / 100.0
        fast = high if high > 0.0 else self._down
        high_s, brakes_s = self._rest_to_rest((0.0, 0.0, low - max(height, low)), fast)
        slow = max(LANDING_SPEED.value(self._field.param), 0.1)
        return high_s - 0.5 * brakes_s + low / slow + _TOUCHES_S

    def _place(self, item: MissionItem) -> None:
        """Go there level, descend to the ground or by param1 m, and climb again."""
        param, (north, east, _) = self._field.param, self._field.place(item, self._at)
        deep_m = max(self._at[2] - self._field.ground_up(north, east), 0.0)
        deep_m = min(deep_m, item.param1) if item.param1 > 0.0 else deep_m
        sink = min(max(param("PLDP_SPEED_DN"), 0.0) or LANDING_SPEED.value(param), self._down)
        told = self._up, self._down
        self._end_vertical()
        wait_s = deep_m / max(sink, 0.1) + param("PLDP_DELAY") + self._rest_to_rest((0.0, 0.0, deep_m))[0]
        self._up, self._down = told
        self._add(item, (north, east, self._at[2]), wait_s=wait_s)

    def _add(
        self, item: MissionItem, end: Place, *, wait_s: float = 0.0, radius_m: float = 0.0, over_ground: bool = False
    ) -> None:
        leg = PlannedLeg(
            item, self._at, end, self._speed, 0.0, wait_s, radius_m, over_ground=over_ground, least_mps=self._least
        )
        (north, east, up), (to_n, to_e, to_up), self._at = leg.begin, leg.edge, end
        seconds, brakes_s = self._rest_to_rest((to_n - north, to_e - east, to_up - up))
        self._brakes_s.append(brakes_s)
        self._rates.append((self._up, self._down))
        self.way.legs.append(replace(leg, seconds=seconds))

    def _rest_to_rest(self, way: Place, down: float | None = None) -> tuple[float, float]:
        """Time of a straight way (north, east, up) from rest to rest, and of its braking, s. `down`: the descent, m/s,
        if it is not the present one."""
        if not self._field.kind.hovers:
            length = hypot(way[0], way[1])
            brakes_s = self._speed / self._field.accel_mps2 if length > 0.0 else 0.0
            return length / self._speed + brakes_s, brakes_s
        p = self._limits
        p[L.P_SPEED_GROUND], p[L.P_SPEED_UP], p[L.P_SPEED_DOWN] = self._speed, self._up, down or self._down
        plan_profile(self._profile, p, 0, way[0], way[1], -way[2])
        return self._profile[C_END], self._profile[C_LAST + R_TIME]

    def _onward(self, at: int) -> PlannedLeg | None:
        """The leg after a leg that ends without a stop."""
        leg, onward = (*self.way.legs[at : at + 2], None)[:2]
        if leg is None or onward is None or leg.wait_s > 0.0 or leg.item.command not in _PASSED:
            return None
        goes_on = passes(self._field.kind, leg.item, onward.item) and leg.begin != leg.end != onward.end
        return onward if goes_on else None

    def _turns(self) -> None:
        """Mark ends without a stop, where the two legs overlap, and add the time of the other ends."""
        legs, blend_s = self.way.legs, self._field.blend_s
        for at, leg in enumerate(legs):
            onward = self._onward(at)
            if onward is None:
                if leg.length_m > 0.0:
                    settles_s = _LANDS_S if leg.item.command in LANDINGS else _SETTLES_S
                    legs[at] = replace(leg, seconds=max(leg.seconds + settles_s, 0.0))
                continue
            turn, brakes_s = leg.bend_to(onward), min(self._brakes_s[at], self._brakes_s[at + 1])
            straight = max(cos(turn), 0.0)
            overlaps_s = straight * brakes_s + (1.0 - straight) * min(blend_s, brakes_s)
            legs[at] = replace(leg, seconds=leg.seconds - 0.5 * overlaps_s, turn_rad=turn)
            legs[at + 1] = replace(onward, seconds=onward.seconds - 0.5 * overlaps_s)


def walk(plan: Plan, field_: FlyingField) -> Way:
    """Way of `plan` from home. Raises `NoWayError` where the parameters are such that its numbers are none."""
    try:
        way = _Walk(plan, field_).run()
    except (ArithmeticError, ValueError) as error:
        raise NoWayError from error
    if any(isnan(leg.seconds + leg.wait_s + leg.length_m + leg.more_m + (leg.wh or 0.0)) for leg in way.flown):
        raise NoWayError
    return way
