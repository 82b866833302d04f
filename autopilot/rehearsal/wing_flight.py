"""Way of wings, flown by their own guidance: its length, time and energy in the forecast wind.

A point with an airspeed, a bank that lags behind its demand, and a limited climb rate is carried by the wind and
steered by the laws that fly the vehicle (`autopilot.control.plane_guidance`, `plane_landing`). So turns, circles and
the places where they end are those of the vehicle. Straight ways and whole circles are passed in one step. The run of a
takeoff, a flare with its rollout and the end of an upright landing were measured on the simulated vehicles.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import inf, isfinite, radians, sqrt
from typing import Final

from autopilot.control.attitude import limit
from autopilot.control.heading import wrap
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
from autopilot.control.plane_lift import stopping_way
from autopilot.interface import layout as L
from autopilot.interface.mathematics import acos, atan2, cos, hypot, log, sin, tan
from autopilot.mav import Cmd
from autopilot.mission.commands import LANDINGS, TAKEOFFS
from autopilot.modes.wing_nav import accepted_m, circles_down, lands_upright, rises_upright
from autopilot.modes.wings import NEAR_HEIGHT_M, UprightBy, is_past
from autopilot.rehearsal.energy import LIFTED_POWER, PLANE_POWER, RISING, SINKING, STAYING, Shares, share_in_wind
from autopilot.rehearsal.field import FlyingField, Place, PlannedLeg
from autopilot.rehearsal.wing_way import CIRCLES, UNPOWERED_S, descent_s, left_straight, radius_of, true_share, turn_of

_STEP_S: Final = 0.1
_BANK_LAG_S, _CLIMB_LAG_S, _HEIGHT_S, _SPEED_S = 0.45, 1.5, 4.0, 2.0
_STRAIGHT: Final = 0.02  # rad of bank
_STEADY_MPS, _STEADY_M = 0.3, 2.0
_SKIP_S, _SKIP_IN_CALM_S, _DRIFT_M = 20.0, 3600.0, 2.0  # limits of one step: times, in wind and in calm air; its drift
_MARGIN_S: Final = 3.0  # before a turn
_FLOOR_FADES: Final = 0.2  # of the throttle of a takeoff, 1/s (AP_TECS)
_HOVER_IN_S: Final = 20.0  # of lift motors, from the wings to above the pad
_CARRIED: Final = 0.6  # share of the way from the wings to the pad that lift motors carry
_CHANGE_S: Final = 3.0  # time in which a transition takes as much power as a hover
_CLIMB_OUT_MPS: Final = 26.8  # airspeed at the end of a takeoff
_FLARE_S, _FLARE_MPS2, _REST_S = 0.207, 2.0, 0.4  # flare: duration for each m/s over ground, deceleration, time to stop
_ROLLING: Final = 0.3  # deceleration by the wheels, m/s2, and for each m/s (`sitl.kernel.gear`)

# limits of what acts, because parameters may have any value: NAVL1_PERIOD, airspeeds
_LEAST_PERIOD_S, _FASTEST_MPS = 0.1, 300.0

_SETTINGS: Final[tuple[tuple[int, str, float, float], ...]] = (
    (L.P_L1_PERIOD, "NAVL1_PERIOD", 17.0, 1.0),
    (L.P_L1_DAMPING, "NAVL1_DAMPING", 0.75, 1.0),
    (L.P_CIRCLE_BANK, "NAVL1_LIM_BANK", 0.0, radians(1.0)),
    (L.P_BANK, "ROLL_LIMIT_DEG", 45.0, radians(1.0)),
    (L.P_V_MIN, "AIRSPEED_MIN", 9.0, 1.0),
    (L.P_V_MAX, "AIRSPEED_MAX", 22.0, 1.0),
    (L.P_V_CRUISE, "AIRSPEED_CRUISE", 12.0, 1.0),
    (L.P_V_STALL, "AIRSPEED_STALL", 0.0, 1.0),
    (L.P_STALL_GUARD, "STALL_PREVENTION", 1.0, 1.0),
    (L.P_CLIMB, "TECS_CLMB_MAX", 5.0, 1.0),
    (L.P_SINK_LEAST, "TECS_SINK_MIN", 2.0, 1.0),
    (L.P_SINK_MOST, "TECS_SINK_MAX", 5.0, 1.0),
    (L.P_SLOPE_LEAST, "ALT_SLOPE_MIN", 15.0, 1.0),
    (L.P_SLOPE_ABOVE, "ALT_SLOPE_MAXHGT", 5.0, 1.0),
    (L.P_APPROACH_SPEED, "TECS_LAND_ARSPD", -1.0, 1.0),
    (L.P_LAND_SINK, "TECS_LAND_SINK", 0.25, 1.0),
    (L.P_FLARE_HEIGHT, "LAND_FLARE_ALT", 3.0, 1.0),
    (L.P_FLARE_S, "LAND_FLARE_SEC", 2.0, 1.0),
    (L.P_FLARE_AIM, "LAND_FLARE_AIM", 50.0, 0.01),
    (L.P_PREFLARE_SPEED, "LAND_PF_ARSPD", 0.0, 1.0),
    (L.P_PREFLARE_HEIGHT, "LAND_PF_ALT", 10.0, 1.0),
    (L.P_PREFLARE_S, "LAND_PF_SEC", 6.0, 1.0),
    (L.P_WIND_SHARE, "LAND_WIND_COMP", 50.0, 0.01),
    (L.P_BACK_DECEL, "Q_TRANS_DECEL", 2.0, 1.0),
)
"""Settings for the laws: parameter, default, unit."""


class WingFlight:
    """Flight along the legs of a plan, in order."""

    def __init__(self, field: FlyingField) -> None:
        self._field = field
        self._body = LIFTED_POWER if field.kind.lands_anywhere else PLANE_POWER
        self._s: L.Row = [0.0] * L.STATE.size
        self._p: L.Row = [0.0] * L.SETTINGS.size
        for setting, name, default, unit in _SETTINGS:
            self._p[setting] = field.param(name, default) * unit
        self._p[L.P_L1_PERIOD] = max(self._p[L.P_L1_PERIOD], _LEAST_PERIOD_S)
        self._p[L.P_V_MAX] = min(max(self._p[L.P_V_MAX], 1.0), _FASTEST_MPS)
        self._p[L.P_V_MIN] = min(max(self._p[L.P_V_MIN], 1.0), self._p[L.P_V_MAX])
        self._p[L.P_LOITER_R] = field.measure(field.kind.measures.circle_radius)
        self._s[L.S_POS_OK] = 1.0
        self._time_s = self._joules = self._way_m = 0.0
        self._yaw, self._speed = radians(field.heading_deg), self._airspeed(field.cruise_mps)
        self._bank = self._climb = 0.0
        self._floor = 0.0  # remaining minimum throttle of a takeoff
        self._steps = 0
        self._skip_s = _SKIP_IN_CALM_S if field.wind is None else _SKIP_S
        self._s[L.S_EAS2TAS], self._s[L.S_AIRSPEED] = true_share(field, 0.0), self._speed
        self._place(*field.wind_at(0.0, 0.0))  # a plan without a takeoff begins in the air

    def fly(self, legs: list[PlannedLeg]) -> list[PlannedLeg]:
        """The legs with their times, waits, lengths and energies."""
        flown: list[PlannedLeg] = []
        line: Place | None = None  # beginning of the next leg's line
        for at, leg in enumerate(legs):
            onward = legs[at + 1] if at + 1 < len(legs) else None
            began = self._time_s, self._joules, self._way_m
            arrived_s = self._leg(leg, onward, line)
            onto_line = leg.item.command not in (*TAKEOFFS, Cmd.NAV_CONTINUE_AND_CHANGE_ALT) and not left_straight(leg)
            line = leg.end if onto_line else None
            seconds, joules, way = (self._time_s - began[0], self._joules - began[1], self._way_m - began[2])
            wait_s = max(self._time_s - arrived_s, 0.0)
            timed = replace(leg, seconds=seconds - wait_s, wait_s=wait_s, turn_rad=turn_of(leg, onward))
            flown.append(replace(timed, more_m=way - leg.length_m, wh=joules / 3600.0))
        return flown

    def _leg(self, leg: PlannedLeg, onward: PlannedLeg | None, line: Place | None) -> float:
        """Fly a leg; returns the time of its arrival, where it waits."""
        if leg.item.command in TAKEOFFS:
            self._take_off(leg)
        elif leg.item.command == Cmd.NAV_DELAY:
            self._spend(leg.wait_s, self._body.watts(0.0))
            return self._time_s - leg.wait_s
        elif not self._has_steps:
            self._pass(leg)
        elif leg.item.command == Cmd.NAV_CONTINUE_AND_CHANGE_ALT:
            self._keep_course(leg)
        elif leg.item.command in LANDINGS:
            return self._come_down(leg, line)
        elif leg.item.command == Cmd.NAV_RETURN_TO_LAUNCH and self._upright_by:
            return self._return_upright(leg, line)
        elif leg.radius_m > 0.0 or leg.item.command == Cmd.NAV_RETURN_TO_LAUNCH:
            return self._circle(leg, onward, line)
        else:
            self._way(leg, onward, line)
        return self._time_s

    # --- parts of a way -----------------------------------------------------------------------------------------------
    def _take_off(self, leg: PlannedLeg) -> None:
        """Take off, upright or along the heading."""
        s = self._s
        north, east = self._field.wind_at(self._time_s, leg.end[2])
        upright = rises_upright(self._field.kind, leg.item, self._field.lift_options)
        if upright:
            climbs = self._body.mass_kg * L.GRAVITY * (leg.end[2] - leg.begin[2]) / leg.seconds
            power = (self._body.hover_w + climbs) * self._share(RISING, leg.end[2]) + self._body.watts(0.0)
            self._speed = hypot(north, east)
            self._floor = 0.0
        else:
            power = self._body.watts(1.0) * max(1.0 - UNPOWERED_S / leg.seconds, 0.0)
            self._speed, self._floor, self._climb = _CLIMB_OUT_MPS, 1.0, self._p[L.P_CLIMB]
        self._spend(leg.seconds, power)
        self._way_m += leg.length_m
        s[L.S_EPN], s[L.S_EPE], s[L.S_EPD] = leg.end[0], leg.end[1], -leg.end[2]
        self._place(north, east)
        if upright:
            self._change_over()

    def _change_over(self) -> None:
        """Change from the hover to the wings: full throttle straight ahead until they carry."""
        self._joules += self._body.hover_w * self._share(STAYING, -self._s[L.S_EPD]) * _CHANGE_S
        enough = self._airspeed(self._field.param("Q_ASSIST_SPEED") + 1.0)
        self._s[L.S_NAV_ROLL] = self._climb = 0.0
        while self._speed < enough and self._has_steps:
            self._floor = 1.0
            self._step(-self._s[L.S_EPD], enough + 1.0)
        self._floor = 0.0

    def _pass(self, leg: PlannedLeg) -> None:
        """Fly straight, without turns."""
        seconds = leg.length_m / leg.speed_mps + leg.wait_s
        self._spend(seconds, self._body.watts(min(self._body.drag_n(leg.speed_mps, 1.0) / self._body.pull_n, 1.0)))
        self._way_m += leg.length_m
        self._s[L.S_EPN], self._s[L.S_EPE], self._s[L.S_EPD] = leg.end[0], leg.end[1], -leg.end[2]

    def _begin(self, leg: PlannedLeg, onward: PlannedLeg | None, line: Place | None) -> L.Row:
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
        self._p[L.P_SPEED_GROUND] = s[L.S_V_GIVEN] = leg.speed_mps
        self._p[L.P_MIN_GROUND_SPEED] = leg.least_mps
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
        while s[L.S_ARRIVED] == 0.0 and self._distance_to(leg.end) > own and self._has_steps:
            steer_way(s, p)
            remaining_m = self._distance_to(leg.end) - max(turn_distance(s, p, t), own)
            self._ahead(lambda: leg_height(s, p, t), cruise_speed(s, p), remaining_m)
            pass_end(s, p, t)

    def _keep_course(self, leg: PlannedLeg) -> None:
        """Climb or sink to a height along the leg."""
        s, p = self._s, self._p
        self._begin(leg, None, None)
        while leg.length_m > 0.0 and abs(leg.end[2] + s[L.S_EPD]) > NEAR_HEIGHT_M and self._has_steps:
            bank_for(s, p, hold_course(s, p, leg.bearing), bank_limit(s, p))
            self._step(leg.end[2], cruise_speed(s, p))

    def _circle(self, leg: PlannedLeg, onward: PlannedLeg | None, line: Place | None) -> float:
        """Fly to a circle, along it as long as its item says, and leave it in the direction of the next place."""
        s, p, command = self._s, self._p, leg.item.command
        t = self._begin(leg, onward, line or (s[L.S_EPN], s[L.S_EPE], -s[L.S_EPD]))
        radius = leg.radius_m or p[L.P_LOITER_R]
        t[L.T_CIRCLE_R], t[L.T_DIRECTION] = radius, -1.0 if radius_of(self._field, leg.item) < 0.0 else 1.0
        turns = leg.item.param1 if command == Cmd.NAV_LOITER_TURNS and isfinite(leg.item.param1) else 0.0
        timed, to_height = command == Cmd.NAV_LOITER_TIME, command == Cmd.NAV_LOITER_TO_ALT
        t[L.T_TURNS], t[L.T_AT_HEIGHT] = max(turns, 0.0), float(to_height)
        if onward is not None:
            t[L.T_LEAVES], t[L.T_LEAVE_N], t[L.T_LEAVE_E] = float(not (timed or to_height)), *onward.end[:2]
        self._round(leg, t, inf)
        arrived_s = min(self._time_s, self._edge_s)
        if timed:
            self._round(leg, t, self._time_s + leg.wait_s, for_time=True)
        if timed or to_height:
            s[L.S_ARRIVED] = s[L.S_TURN_SUM] = t[L.T_AT_HEIGHT] = 0.0
            t[L.T_LEAVES] = float(onward is not None)
            self._round(leg, t, inf)
        return arrived_s

    def _round(self, leg: PlannedLeg, t: L.Row, until_s: float, *, for_time: bool = False) -> None:
        """Fly a circle until its target has arrived, or until a time."""
        s, p = self._s, self._p
        if not for_time:
            self._edge_s = inf
        marks: list[tuple[float, float, float, float]] = []  # turns, s, J and m at whole turns
        while (for_time or s[L.S_ARRIVED] == 0.0) and self._time_s < until_s and self._has_steps:
            steer_circle(s, p, t)
            remaining_m = self._distance_to(leg.end) - 4.0 * t[L.T_CIRCLE_R] if s[L.S_PHASE] == 0.0 else 0.0
            self._ahead(lambda: circle_height(s, p, t), cruise_speed(s, p), remaining_m)
            leave_circle(s, p, t)
            if s[L.S_PHASE] == 1.0:
                self._edge_s = min(self._edge_s, self._time_s)
                self._repeat(t, until_s, marks)

    def _repeat(self, t: L.Row, until_s: float, marks: list[tuple[float, float, float, float]]) -> None:
        """Skip whole turns that equal the last one, except the final turn."""
        s, steady = self._s, abs(self._climb) < _STEADY_MPS
        if not marks or s[L.S_TURN_SUM] >= marks[-1][0] + 1.0:
            marks.append((s[L.S_TURN_SUM], self._time_s, self._joules, self._way_m))
            if len(marks) > 2 and steady and marks[-1][0] > marks[-2][0]:
                turns, seconds, joules, metres = (a - b for a, b in zip(marks[-1], marks[-2], strict=True))
                remaining = t[L.T_TURNS] - s[L.S_TURN_SUM] if until_s == inf else (until_s - self._time_s) / seconds
                more = float(int(max(remaining / turns - 1.0, 0.0)))
                s[L.S_TURN_SUM] += more * turns
                self._time_s += more * seconds
                self._joules += more * joules
                self._way_m += more * metres

    def _come_down(self, leg: PlannedLeg, line: Place | None) -> float:
        """Land on the glide slope, or upright, after circles if its item says so."""
        options = self._field.lift_options
        if not lands_upright(self._field.kind, leg.item, options):
            return self._land(leg, line)
        if circles_down(leg.item, options):
            self._circle_down(replace(leg, end=self._field.place(leg.item, leg.begin)), line)
        return self._set_down(leg, -self._s[L.S_EPD])

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
        while self._has_steps:
            dn, de = s[L.S_EPN] - s[L.S_A_N], s[L.S_EPE] - s[L.S_A_E]
            along = dn * s[L.S_U_N] + de * s[L.S_U_E]
            lateral = along_line(s, p, max(along, s[L.S_LENGTH]) + AHEAD)
            bank_for(s, p, lateral, bank_limit(s, p))
            if s[L.S_STAGE] == L.STAGE_LANDING and lined_up(s, along):
                s[L.S_STAGE] = L.STAGE_APPROACH
            if flares(s, p, along, s[L.S_END_D] - s[L.S_EPD]):
                break
            soon = along + _HEIGHT_S * hypot(s[L.S_EVN], s[L.S_EVE])  # it does not lag behind its slope
            self._step(slope_height(s, p, soon) - s[L.S_END_D], landing_speed(s, p))
        arrived_s = self._time_s
        ground = hypot(s[L.S_EVN], s[L.S_EVE])
        flare_s = _FLARE_S * ground
        touch = max(ground - _FLARE_MPS2 * flare_s, 1.0)
        rolls_s = log(0.5 * (1.0 + touch)) / _ROLLING
        self._spend(flare_s + rolls_s + _REST_S, self._body.watts(0.0))
        self._way_m += 0.5 * (ground + touch) * flare_s + (touch - 1.0) / _ROLLING - rolls_s
        return arrived_s

    @property
    def _upright_by(self) -> int:
        """Q_RTL_MODE; 0: a return stays on its wings."""
        return int(self._field.param("Q_RTL_MODE")) if self._field.kind.lands_anywhere else 0

    def _return_upright(self, leg: PlannedLeg, line: Place | None) -> float:
        """Fly home on wings, circle down there and into the wind where Q_RTL_MODE asks for it, and land upright."""
        low, by = self._field.param("Q_RTL_ALT", 15.0), self._upright_by
        if by == UprightBy.CIRCLED_DOWN:
            self._circle(replace(leg, radius_m=abs(self._field.param("Q_FW_LND_APR_RAD"))), None, line)
            self._circle_down(replace(leg, end=(*leg.end[:2], low)), None)
        pad = replace(leg, end=(*leg.end[:2], self._field.ground_up(*leg.end[:2])))
        return self._set_down(pad, leg.end[2] if by == UprightBy.THERE else low, low)

    def _set_down(self, leg: PlannedLeg, height: float, low: float = inf) -> float:
        """Fly to the pad on wings as far as they carry, at a height, then to above it, and straight down on lift
        motors. It sinks to `low` on the way."""
        s, p = self._s, self._p
        self._begin(leg, None, None)
        distance_m = self._distance_to(leg.end)
        while distance_m > stopping_way(s, p) and self._has_steps:
            bank_for(s, p, to_place(s, p, leg.end[0], leg.end[1]), bank_limit(s, p))
            self._step(height, hover_speed(s, p, distance_m))
            distance_m = self._distance_to(leg.end)
        arrived_s = self._time_s + _HOVER_IN_S
        down_s = descent_s(self._field, height - leg.end[2])
        sinks_s = min(down_s - descent_s(self._field, min(low, height) - leg.end[2]), _HOVER_IN_S)
        self._spend(_HOVER_IN_S + down_s - sinks_s, self._body.watts(0.0))
        carried_s = _CARRIED * (_HOVER_IN_S - sinks_s) * self._share(STAYING, height)
        self._joules += self._body.hover_w * (carried_s + down_s * self._share(SINKING, height))
        self._way_m += distance_m
        s[L.S_EPN], s[L.S_EPE], s[L.S_EPD] = leg.end[0], leg.end[1], -leg.end[2]
        return arrived_s

    @property
    def _has_steps(self) -> bool:
        """True until the rest of the way counts as straight."""
        return self._steps <= self._field.wing_steps

    # --- the point ----------------------------------------------------------------------------------------------------
    def _distance_to(self, end: Place) -> float:
        return hypot(end[0] - self._s[L.S_EPN], end[1] - self._s[L.S_EPE])

    def _share(self, shares: Shares, up: float) -> float:
        """Power of the lift motors over that in calm air, at a height and with the present heading."""
        north, east = self._field.wind_at(self._time_s, up)
        speed = hypot(north, east)
        ahead = -(north * cos(self._yaw) + east * sin(self._yaw)) / max(speed, 0.1)
        return share_in_wind(shares, speed, acos(limit(ahead, 1.0)))

    def _spend(self, seconds: float, watts: float) -> None:
        self._steps += 1
        self._time_s += seconds
        self._joules += watts * seconds

    def _ahead(self, height: Callable[[], float], speed: float, remaining_m: float) -> None:
        """Fly a step, or the remaining straight way except its end. `height()`: demanded height at the present
        place."""
        demanded, s = height(), self._s
        still = abs(s[L.S_NAV_ROLL]) < _STRAIGHT and abs(self._bank) < _STRAIGHT and self._floor == 0.0
        if still and abs(self._speed - speed) < _STEADY_MPS and abs(demanded + s[L.S_EPD]) < _STEADY_M:
            ground = hypot(s[L.S_EVN], s[L.S_EVE])
            off = wrap(s[L.S_NAV_COURSE] - atan2(s[L.S_EVE], s[L.S_EVN]))
            drifts_s = _DRIFT_M / max(ground * abs(sin(off)), _DRIFT_M / self._skip_s)
            seconds = min(remaining_m / max(ground, 1.0) - _MARGIN_S, drifts_s)
            if seconds > 1.0:
                s[L.S_EPN] += seconds * s[L.S_EVN]
                s[L.S_EPE] += seconds * s[L.S_EVE]
                rise = height() - demanded
                s[L.S_EPD] -= rise
                self._climb = rise / seconds
                self._way_m += ground * seconds
                self._spend(seconds, self._body.watts(self._throttle(0.0)))
                return
        self._step(demanded, speed)

    def _throttle(self, gain: float) -> float:
        """Throttle for the present airspeed, bank and climb, and `gain` m/s2."""
        load = 1.0 / max(cos(self._bank), 0.2)
        speed = max(self._speed, 5.0)
        weight = self._body.mass_kg * (gain + L.GRAVITY * self._climb / speed)
        return min(max((self._drag(load) + weight) / self._body.pull_n, self._floor), 1.0)

    def _drag(self, load: float) -> float:
        """Drag, N; below AIRSPEED_MIN lift motors carry the rest of the weight."""
        share = min(self._speed / self._p[L.P_V_MIN], 1.0)
        return self._body.drag_n(max(self._speed, 1.0), load * share * share)

    def _airspeed(self, speed: float) -> float:
        """An airspeed within its limits, m/s."""
        return min(max(speed, self._p[L.P_V_MIN]), self._p[L.P_V_MAX])

    def _step(self, height: float, speed: float) -> None:
        """Fly a step towards a height and an equivalent airspeed, with the demanded bank."""
        s, p, dt = self._s, self._p, _STEP_S
        up = -s[L.S_EPD]
        share = true_share(self._field, up)
        self._bank += (s[L.S_NAV_ROLL] - self._bank) * dt / _BANK_LAG_S
        true = max(self._speed * share, 1.0)
        self._yaw += self._body.turns * L.GRAVITY * tan(limit(self._bank, 1.3)) / max(true, p[L.P_V_MIN]) * dt
        rate = min(max((height - up) / _HEIGHT_S, -p[L.P_SINK_MOST]), p[L.P_CLIMB])
        self._climb += (rate - self._climb) * dt / _CLIMB_LAG_S
        pace = L.GRAVITY / max(true, p[L.P_V_MIN])
        gain = (self._airspeed(speed) - self._speed) / _SPEED_S
        gain = min(max(gain, -0.9 * p[L.P_SINK_LEAST] * pace), 0.5 * p[L.P_CLIMB] * pace)
        throttle = self._throttle(gain)
        load = 1.0 / max(cos(self._bank), 0.2)
        pull = throttle * self._body.pull_n - self._drag(load)
        self._speed += (pull / self._body.mass_kg - L.GRAVITY * self._climb / true) * dt
        self._floor = max(self._floor - _FLOOR_FADES * dt, 0.0)
        s[L.S_EAS2TAS], s[L.S_AIRSPEED], s[L.S_EVD] = share, self._speed, -self._climb
        s[L.S_EPD] -= self._climb * dt
        self._place(*self._field.wind_at(self._time_s, up))
        s[L.S_EPN] += s[L.S_EVN] * dt
        s[L.S_EPE] += s[L.S_EVE] * dt
        self._way_m += hypot(s[L.S_EVN], s[L.S_EVE]) * dt
        self._spend(dt, self._body.watts(throttle))

    def _place(self, wind_n: float, wind_e: float) -> None:
        """Set the velocity over ground, and the part of the attitude that the laws use."""
        s = self._s
        true = self._speed * max(s[L.S_EAS2TAS], 1.0)
        level = sqrt(max(true * true - self._climb * self._climb, 1.0))
        ahead_n, ahead_e = cos(self._yaw), sin(self._yaw)
        s[L.S_WEN], s[L.S_WEE] = wind_n, wind_e
        s[L.S_EVN], s[L.S_EVE] = level * ahead_n + wind_n, level * ahead_e + wind_e
        s[L.S_ER], s[L.S_ER + 3] = ahead_n, ahead_e
        s[L.S_ER + 7], s[L.S_ER + 8] = sin(self._bank), cos(self._bank)
