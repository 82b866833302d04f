"""Way of wings, flown by their own guidance: its length, time and energy in the forecast wind.

A point with an airspeed, a bank that lags behind its demand, and a limited climb rate is carried by the wind and
steered by the laws that fly the vehicle (`autopilot.control.plane_guidance`, `plane_landing`). So turns, circles and
the places where they end are those of the vehicle. Straight ways and whole circles are passed in one step. The run of a
takeoff, a flare with its rollout and the end of an upright landing were measured on the simulated vehicles.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import inf, isfinite
from typing import Final

from autopilot.control.lateral import along_line, bank_for, bank_limit, hold_course, to_place
from autopilot.control.plane_guidance import (
    begin_turns,
    begin_way,
    circle_height,
    cruise_speed,
    leave_circle,
    leg_height,
    pass_end,
    steer_circle,
    steer_way,
    turn_distance,
)
from autopilot.control.plane_landing import AHEAD, begin_land, flares, lined_up, slope_height
from autopilot.control.plane_landing import approach_speed as landing_speed
from autopilot.control.plane_lift import approach_speed as hover_speed
from autopilot.control.plane_lift import stopping_way, way_height
from autopilot.interface import layout as L
from autopilot.interface.mathematics import hypot, log
from autopilot.interface.targets import Slope
from autopilot.mav import Cmd
from autopilot.mission.commands import LANDINGS, TAKEOFFS
from autopilot.mission.items import positive
from autopilot.modes.upright import NEAR_HOME, approach_m, return_radius, stopping_m
from autopilot.modes.wing_modes import slope_home
from autopilot.modes.wing_nav import accepted_m, circles_down, lands_upright, rises_upright
from autopilot.modes.wings import NEAR_HEIGHT_M, UprightBy, is_past
from autopilot.rehearsal.energy import RISING, STAYING
from autopilot.rehearsal.field import FlyingField, Place, PlannedLeg
from autopilot.rehearsal.wing_hover import HoverWay
from autopilot.rehearsal.wing_point import HEIGHT_S, WingPoint
from autopilot.rehearsal.wing_way import CIRCLES, UNPOWERED_S, left_straight, radius_of, turn_of

_CHANGE_S: Final = 3.0  # time in which a transition takes as much power as a hover
_CLIMB_OUT_MPS: Final = 26.8  # airspeed at the end of a takeoff
_FLARE_S, _FLARE_MPS2, _REST_S = 0.207, 2.0, 0.4  # flare: duration for each m/s over ground, deceleration, time to stop
_ROLLING: Final = 0.3  # deceleration by the wheels, m/s2, and for each m/s (`sitl.kernel.gear`)


class WingFlight:
    """Flight along the legs of a plan, in order."""

    def __init__(self, field: FlyingField) -> None:
        self._field = field
        self._point = WingPoint(field)
        self._s, self._p = self._point.s, self._point.p
        self._lift = HoverWay(field, self._point)
        self._hovers = self._in_place = False

    def fly(self, legs: list[PlannedLeg], *, in_place: bool = False) -> list[PlannedLeg]:
        """The legs with their times, waits, lengths and energies. `in_place`: an upright landing is where it stops."""
        self._in_place = in_place
        flown: list[PlannedLeg] = []
        line: Place | None = None  # beginning of the next leg's line
        for at, leg in enumerate(legs):
            onward = legs[at + 1] if at + 1 < len(legs) else None
            began = self._point.spent
            self._speeds = self._point.told.begin(leg, self._point.time_s)
            arrived_s = self._leg(leg, onward, line)
            onto_line = leg.item.command not in (*TAKEOFFS, Cmd.NAV_CONTINUE_AND_CHANGE_ALT) and not left_straight(leg)
            line = leg.end if onto_line else None
            seconds, joules, way = (now - before for now, before in zip(self._point.spent, began, strict=True))
            wait_s = max(self._point.time_s - arrived_s, 0.0)
            timed = replace(leg, seconds=seconds - wait_s, wait_s=wait_s, turn_rad=turn_of(leg, onward))
            flown.append(replace(timed, more_m=way - leg.length_m, wh=joules / 3600.0))
        return flown

    def _leg(self, leg: PlannedLeg, onward: PlannedLeg | None, line: Place | None) -> float:
        """Fly a leg; returns the time of its arrival, where it waits."""
        if leg.upright and not self._hovers:
            self._brake()
        if leg.item.command in TAKEOFFS:
            self._take_off(leg)
        elif leg.item.command == Cmd.NAV_DELAY:
            return self._stay(leg)
        elif not self._point.has_steps:
            self._pass(leg)
        elif leg.item.command == Cmd.NAV_CONTINUE_AND_CHANGE_ALT:
            self._keep_course(leg)
        elif leg.item.command in LANDINGS:
            return self._come_down(leg, line)
        elif leg.upright or (leg.item.command in CIRCLES and leg.radius_m == 0.0):
            self._come_over(leg)
            return self._stay(leg)
        elif leg.item.command == Cmd.NAV_RETURN_TO_LAUNCH and self._upright_by:
            return self._return_upright(leg, line)
        elif leg.radius_m > 0.0 or leg.item.command == Cmd.NAV_RETURN_TO_LAUNCH:
            return self._circle(leg, onward, line)
        else:
            self._way(leg, onward, line)
        return self._point.time_s

    # --- parts of a way -----------------------------------------------------------------------------------------------
    def _take_off(self, leg: PlannedLeg) -> None:
        """Take off, upright or along the heading."""
        point, body = self._point, self._point.body
        wind = self._field.wind_at(point.time_s, leg.end[2])
        upright = rises_upright(self._field.kind, leg.item, self._field.lift_options)
        if upright:
            climbs = body.mass_kg * L.GRAVITY * (leg.end[2] - leg.begin[2]) / leg.seconds
            power = (body.hover_w + climbs) * point.share(RISING, leg.end[2]) + body.watts(0.0)
            point.speed = hypot(*wind)
            point.floor = 0.0
        else:
            power = body.watts(1.0) * max(1.0 - UNPOWERED_S / leg.seconds, 0.0)
            point.speed, point.floor, point.climb = _CLIMB_OUT_MPS, 1.0, self._p[L.P_CLIMB]
        point.spend(leg.seconds, power)
        point.put(leg.end, leg.length_m)
        point.face(*wind)
        if upright:  # it passes the height of its takeoff (`autopilot.modes.upright.LiftOff`)
            self._s[L.S_EVN], self._s[L.S_EVE], self._s[L.S_EVD] = 0.0, 0.0, -self._p[L.P_SPEED_UP]
        self._hovers = upright

    def _take_wings(self) -> None:
        """Begin the change from a hover to the wings, if it hovers."""
        if not self._hovers:
            return
        self._hovers, point, s = False, self._point, self._s
        point.joules += point.body.hover_w * point.share(STAYING, -s[L.S_EPD]) * _CHANGE_S
        s[L.S_NAV_ROLL] = point.climb = 0.0
        wind = self._field.wind_at(point.time_s, -s[L.S_EPD])
        point.speed, point.lifted = hypot(*wind), True
        point.face(*wind)

    def _pass(self, leg: PlannedLeg) -> None:
        """Fly straight, without turns."""
        body, seconds = self._point.body, leg.length_m / leg.speed_mps + leg.wait_s
        self._point.spend(seconds, body.watts(min(body.drag_n(leg.speed_mps, 1.0) / body.pull_n, 1.0)))
        self._point.put(leg.end, leg.length_m)

    def _begin(self, leg: PlannedLeg, onward: PlannedLeg | None, line: Place | None) -> L.Row:
        """Make the leg the target of the laws, on wings."""
        self._take_wings()
        self._point.approaches = False
        return self._target(leg, onward, line)

    def _target(self, leg: PlannedLeg, onward: PlannedLeg | None, line: Place | None) -> L.Row:
        """Make the leg the target of the laws."""
        t: L.Row = [0.0] * L.TARGET_SIZE
        s = self._s
        t[L.T_END_N], t[L.T_END_E], t[L.T_END_D] = leg.end[0], leg.end[1], -leg.end[2]
        if line is not None:
            t[L.T_HAS_START] = 1.0
            t[L.T_START_N], t[L.T_START_E], t[L.T_START_D] = line[0], line[1], -line[2]
        if onward is not None:
            t[L.T_HAS_NEXT] = 1.0
            t[L.T_NEXT_N], t[L.T_NEXT_E], t[L.T_NEXT_D] = onward.end[0], onward.end[1], -onward.end[2]
        self._point.set_speeds(*self._speeds)
        s[L.S_ARRIVED] = s[L.S_PHASE] = s[L.S_LAST_ETA] = 0.0
        begin_turns(s, leg.item.command in CIRCLES)
        s[L.S_STAGE] = L.STAGE_WAY
        begin_way(s, t, False)
        return t

    def _way(self, leg: PlannedLeg, onward: PlannedLeg | None, line: Place | None) -> None:
        """Fly to a waypoint, until the turn to the next begins."""
        s, p = self._s, self._p
        behind = line is not None and is_past((s[L.S_EPN], s[L.S_EPE]), line, leg.end)
        t = self._begin(leg, onward, None if behind else line)
        own = leg.item.param2 if isfinite(leg.item.param2) else 0.0
        t[L.T_RADIUS] = accepted_m(leg.item, self._field.measure(self._field.kind.measures.acceptance))
        while s[L.S_ARRIVED] == 0.0 and self._point.distance_to(leg.end) > own and self._point.has_steps:
            steer_way(s, p)
            remaining_m = self._point.distance_to(leg.end) - max(turn_distance(s, p, t), own)
            self._point.ahead(lambda: leg_height(s, p, t), cruise_speed(s, p), remaining_m)
            pass_end(s, p, t)

    def _keep_course(self, leg: PlannedLeg) -> None:
        """Climb or sink to a height along the leg."""
        s, p = self._s, self._p
        self._begin(leg, None, None)
        while leg.length_m > 0.0 and abs(leg.end[2] + s[L.S_EPD]) > NEAR_HEIGHT_M and self._point.has_steps:
            bank_for(s, p, hold_course(s, p, leg.bearing), bank_limit(s, p))
            self._point.step(leg.end[2], cruise_speed(s, p))

    def _circle(
        self, leg: PlannedLeg, onward: PlannedLeg | None, line: Place | None, ends: Callable[[], bool] = lambda: False
    ) -> float:
        """Fly to a circle, along it as long as its item says, and leave it towards the next item's place, if it has one
        (`autopilot.modes.wing_nav`), or when it `ends`."""
        s, p, command = self._s, self._p, leg.item.command
        returns = command == Cmd.NAV_RETURN_TO_LAUNCH  # its height is not spread along the way
        t = self._begin(leg, onward, None if returns else line or (s[L.S_EPN], s[L.S_EPE], -s[L.S_EPD]))
        radius = leg.radius_m or p[L.P_LOITER_R]
        t[L.T_CIRCLE_R], t[L.T_DIRECTION] = radius, -1.0 if radius_of(self._field, leg.item) < 0.0 else 1.0
        turns = positive(leg.item.param1) if command == Cmd.NAV_LOITER_TURNS else 0.0
        timed, to_height = command == Cmd.NAV_LOITER_TIME, command == Cmd.NAV_LOITER_TO_ALT
        t[L.T_TURNS], t[L.T_AT_HEIGHT] = turns, float(to_height)
        if onward is not None and not onward.item.is_placed:
            onward = None
        if onward is not None:
            t[L.T_LEAVES], t[L.T_LEAVE_N], t[L.T_LEAVE_E] = float(not (timed or to_height)), *onward.end[:2]
        self._round(leg, t, inf, ends)
        arrived_s = min(self._point.time_s, self._edge_s)
        if timed:
            self._round(leg, t, self._point.time_s + leg.wait_s, for_time=True)
        if timed or to_height:
            s[L.S_ARRIVED] = s[L.S_TURN_SUM] = t[L.T_AT_HEIGHT] = 0.0
            t[L.T_LEAVES] = float(onward is not None)
            self._round(leg, t, inf)
        return arrived_s

    def _round(
        self,
        leg: PlannedLeg,
        t: L.Row,
        until_s: float,
        ends: Callable[[], bool] = lambda: False,
        *,
        for_time: bool = False,
    ) -> None:
        """Fly a circle until its target has arrived, until a time, or until it `ends`."""
        s, p = self._s, self._p
        if not for_time:
            self._edge_s = inf
        marks: list[tuple[float, float, float, float]] = []  # turns, s, J and m at whole turns
        while (for_time or s[L.S_ARRIVED] == 0.0) and self._point.time_s < until_s and self._point.has_steps:
            if ends():
                break
            steer_circle(s, p, t)
            remaining_m = self._point.distance_to(leg.end) - 4.0 * t[L.T_CIRCLE_R] if s[L.S_PHASE] == 0.0 else 0.0
            self._point.ahead(lambda: circle_height(s, p, t), cruise_speed(s, p), remaining_m)
            leave_circle(s, p, t)
            if s[L.S_PHASE] == 1.0:
                self._edge_s = min(self._edge_s, self._point.time_s)
                self._repeat(t, until_s, marks)

    def _repeat(self, t: L.Row, until_s: float, marks: list[tuple[float, float, float, float]]) -> None:
        """Skip whole turns that equal the last one, except the final turn."""
        s, point = self._s, self._point
        if not marks or s[L.S_TURN_SUM] >= marks[-1][0] + 1.0:
            marks.append((s[L.S_TURN_SUM], *point.spent))
            if len(marks) > 2 and point.told.next_s == inf and point.keeps_height and marks[-1][0] > marks[-2][0]:
                turns, seconds, joules, metres = (a - b for a, b in zip(marks[-1], marks[-2], strict=True))
                remaining = t[L.T_TURNS] - s[L.S_TURN_SUM] if until_s == inf else (until_s - point.time_s) / seconds
                more = float(int(max(remaining / turns - 1.0, 0.0)))
                s[L.S_TURN_SUM] += more * turns
                point.time_s += more * seconds
                point.joules += more * joules
                point.way_m += more * metres

    def _come_down(self, leg: PlannedLeg, line: Place | None) -> float:
        """Land on the glide slope, or upright, after circles if its item says so."""
        options = self._field.lift_options
        if not lands_upright(self._field.kind, leg.item, options):
            return self._land(leg, line)
        if circles_down(leg.item, options):
            self._circle_down(replace(leg, end=self._field.place(leg.item, leg.begin)), line)
        elif self._point.changes and self._is_near(leg.end):
            self._brake()
        return self._set_down(leg)

    def _circle_down(self, leg: PlannedLeg, line: Place | None) -> None:
        """Circle down to a height, and on to the side from which it flies into the wind."""
        radius = self._field.param("Q_FW_LND_APR_RAD")
        down = replace(leg.item, command=Cmd.NAV_LOITER_TO_ALT, param2=radius, param3=radius, param4=0.0)
        around = replace(leg, item=down, radius_m=abs(radius_of(self._field, down)))
        self._circle(around, None, line)
        self._circle(replace(around, item=replace(down, command=Cmd.NAV_LOITER_TURNS, param1=1.0)), None, None)

    def _land(self, leg: PlannedLeg, line: Place | None) -> float:
        """Descend on the glide slope to the flare and to the stop."""
        s, p = self._s, self._p
        t = self._begin(leg, None, line or (s[L.S_EPN], s[L.S_EPE], -s[L.S_EPD]))
        t[L.T_HAS_POSITION] = 1.0
        begin_land(s, p, t)
        while self._point.has_steps:
            dn, de = s[L.S_EPN] - s[L.S_A_N], s[L.S_EPE] - s[L.S_A_E]
            along = dn * s[L.S_U_N] + de * s[L.S_U_E]
            lateral = along_line(s, p, max(along, s[L.S_LENGTH]) + AHEAD)
            bank_for(s, p, lateral, bank_limit(s, p))
            if s[L.S_STAGE] == L.STAGE_LANDING and lined_up(s, along):
                s[L.S_STAGE] = L.STAGE_APPROACH
            above = s[L.S_END_D] - s[L.S_EPD]
            if flares(s, p, along, above):
                break
            soon = along + HEIGHT_S * hypot(s[L.S_EVN], s[L.S_EVE])  # it does not lag behind its slope
            self._point.step(slope_height(s, p, soon) - s[L.S_END_D], landing_speed(s, p, above))
        arrived_s = self._point.time_s
        ground = hypot(s[L.S_EVN], s[L.S_EVE])
        flare_s = _FLARE_S * ground
        touch = max(ground - _FLARE_MPS2 * flare_s, 1.0)
        rolls_s = log(0.5 * (1.0 + touch)) / _ROLLING
        stands_s = _REST_S + self._field.param("LAND_DISARMDELAY")
        self._point.spend(flare_s + rolls_s + stands_s, self._point.body.watts(0.0))
        self._point.way_m += 0.5 * (ground + touch) * flare_s + (touch - 1.0) / _ROLLING - rolls_s
        return arrived_s

    @property
    def _upright_by(self) -> int:
        """Q_RTL_MODE; 0: a return stays on its wings."""
        return int(self._field.param("Q_RTL_MODE")) if self._field.kind.lands_anywhere else 0

    def _return_upright(self, leg: PlannedLeg, line: Place | None) -> float:
        """Fly home on wings, circle down there and into the wind where Q_RTL_MODE asks for it, and land upright, on
        QRTL's way down."""
        param, by, point = self._field.param, self._upright_by, self._point
        radius = return_radius(self._p[L.P_LOITER_R], param)
        near, up = point.distance_to(leg.end) < NEAR_HOME * radius, -self._s[L.S_EPD]
        if by == UprightBy.CIRCLED_DOWN:
            self._circle(replace(leg, radius_m=abs(param("Q_FW_LND_APR_RAD"))), None, line)
            self._circle_down(replace(leg, end=(*leg.end[:2], param("Q_RTL_ALT", 15.0))), None)
        elif by == UprightBy.THERE and not (self._hovers and near and up < param("Q_RTL_ALT", 15.0)):
            self._circle(leg, None, line, ends=lambda: self._stops_over(leg.end))
        near = point.distance_to(leg.end) < NEAR_HOME * radius
        slope = slope_home(param, 0.0, self._s[L.S_EPD], radius, upright=False, near=near)
        return self._set_down(replace(leg, end=(*leg.end[:2], self._field.ground_up(*leg.end[:2]))), slope)

    def _stops_over(self, place: Place) -> bool:
        """True from where it can stop over a place."""
        speed = hypot(self._s[L.S_EVN], self._s[L.S_EVE])
        return self._point.distance_to(place) < stopping_m(self._field.param, speed)

    def _set_down(self, leg: PlannedLeg, slope: Slope | None = None) -> float:
        """Come to the pad, on wings as far as they carry, and straight down on lift motors."""
        t = self._onto_lift(leg, slope)
        t[L.T_HAS_POSITION] = float(not self._in_place)
        self._hovers = False
        return self._lift.land(t, -leg.end[2])

    def _come_over(self, leg: PlannedLeg) -> None:
        """Come to a hover over the leg's end, at its height (`autopilot.modes.hovering`)."""
        param, down = self._field.param, -leg.end[2]
        near_m = 0.0 if self._hovers else stopping_m(param, param("AIRSPEED_CRUISE", 25.0))
        far_m = self._point.distance_to(leg.end)
        self._lift.come_over(self._onto_lift(leg, ((near_m, down), (far_m, min(self._s[L.S_EPD], down)))))

    def _onto_lift(self, leg: PlannedLeg, slope: Slope | None) -> L.Row:
        """Begin a landing at the leg's end, and slow down for it if it is not flown from a hover. `slope`: heights of
        the way, as in `Land`; None: it keeps its height."""
        point, s, p = self._point, self._s, self._p
        by_wings = not self._in_place and not (self._hovers and (leg.upright or self._is_near(leg.end)))
        t = self._begin(leg, None, None) if by_wings else self._target(leg, None, None)
        t[L.T_KIND], t[L.T_HAS_POSITION] = L.KIND_LAND, 1.0
        if slope is not None:
            t[L.T_COMES_DOWN] = 1.0
            (t[L.T_NEAR_M], t[L.T_NEAR_D]), (t[L.T_FAR_M], t[L.T_FAR_D]) = slope
        if by_wings:
            s[L.S_A_D], point.approaches = s[L.S_EPD], True
            while (distance_m := point.distance_to(leg.end)) > stopping_way(s, p) and point.has_steps:
                bank_for(s, p, to_place(s, p, leg.end[0], leg.end[1]), bank_limit(s, p))
                point.step(way_height(s, t, distance_m), hover_speed(s, p, distance_m))
            self._lift.slow_down(t)
        self._hovers = True
        return t

    def _brake(self) -> None:
        """Come to a hover straight on."""
        self._point.brake()
        self._hovers = True

    def _is_near(self, place: Place) -> bool:
        return self._point.distance_to(place) <= approach_m(self._field.param)

    def _stay(self, leg: PlannedLeg) -> float:
        """Wait on the ground or in a hover; returns the time of its beginning."""
        point, arrived_s = self._point, self._point.time_s
        hover_w = point.body.hover_w * point.share(STAYING, leg.end[2]) if self._hovers else 0.0
        point.spend(leg.wait_s, point.body.watts(0.0) + hover_w)
        return arrived_s
