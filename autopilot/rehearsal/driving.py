"""Way of rovers and boats, driven by their own guidance (`autopilot.control.rover_guidance`): the times of its legs.

A point with a course and a speed follows the demanded turn rate and speed without lag, except that one without brakes
and throttle slows down by its resistance only. So turns from rest, short ways, circles and stops are those that it
drives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import copysign, pi, radians
from typing import Final

from autopilot.control.profile import C_CRUISE, C_FIRST, C_TIME, R_TIME
from autopilot.control.rover_guidance import begin, drive_target, is_slow
from autopilot.control.rover_steering import SLOWEST, sense_motion
from autopilot.interface import layout as L
from autopilot.interface.mathematics import cos, hypot, sin
from autopilot.mav import Cmd
from autopilot.rehearsal.field import FlyingField, Place, PlannedLeg
from autopilot.rehearsal.told_speeds import ToldSpeeds
from autopilot.vehicles.driving import accelerations, limit_or, turning

_SNAP: Final = 15.0  # m/s4 of profiles
_STRAIGHT: Final = 0.005  # rad off a straight way
_SURGE: Final = (0.276, 0.29)  # resistance of the boat's hull, 1/s and 1/m (`sitl.vehicles.boat`)
_SETTLED: Final = 0.5  # turns after which all turns are alike
_SPARE_S: Final = 1.0  # of a straight way, before it is steered again


class DriveFlight:
    """Drive along the legs of a way, in order."""

    def __init__(self, field: FlyingField) -> None:
        self._field = field
        self._s, self._p, self._t = [0.0] * L.STATE.size, [0.0] * L.SETTINGS.size, [0.0] * L.TARGET.size
        self._yaw, self._time_s, self._steps = radians(field.heading_deg), 0.0, field.steps
        self._told = ToldSpeeds()
        self._s[L.S_WAY] = self._s[L.S_POS_OK] = self._t[L.T_WAY] = 1.0
        self._set()
        self._move(0.0, 0.0)

    def _set(self) -> None:
        """Set the limits (`sitl.vehicles.chassis`, `sitl.vehicles.boat`)."""
        p, param, drifts = self._p, self._field.param, self._field.kind.drifts
        p[L.P_AFLOAT], p[L.P_LINES], p[L.P_LOITER_TYPE] = float(drifts), 1.0, param("LOIT_TYPE")
        p[L.P_DRIVE_ACCEL], p[L.P_DRIVE_DECEL] = accelerations(param)
        p[L.P_ACCEL] = min(p[L.P_DRIVE_ACCEL], p[L.P_DRIVE_DECEL])
        p[L.P_LEG_JERK] = limit_or(param("WP_JERK"), p[L.P_ACCEL])
        p[L.P_JERK_RISE], p[L.P_ACCEL_Z] = p[L.P_LEG_JERK] * pi / (2.0 * _SNAP), 1.0
        p[L.P_KP_POS], p[L.P_TURN_SHARE] = 0.2, 1.0
        p[L.P_TURN_ACCEL] = p[L.P_ACCEL_CORNER] = max(param("ATC_TURN_MAX_G"), 0.1) * L.GRAVITY
        p[L.P_TURN_RATE_MAX], p[L.P_TURN_RATE_ACCEL] = turning(param)
        p[L.P_TURN_RADIUS] = max(param("TURN_RADIUS"), 1.535 if drifts else 0.779)
        p[L.P_KP_COURSE] = 0.5 * param("ATC_STR_ANG_P", 2.0) * (1.5 if drifts else 3.0)
        p[L.P_BRAKING], p[L.P_STOP_SPEED] = param("ATC_BRAKE"), param("ATC_STOP_SPEED", 0.1)
        p[L.P_TOP_SPEED], p[L.P_FULL_ACCEL] = (3.0, 6.9) if drifts else (15.0, 9.51)
        p[L.P_WHEELBASE] = p[L.P_THROTTLE_MAX] = 1.0

    def fly(self, legs: list[PlannedLeg], onward: Callable[[int], PlannedLeg | None]) -> None:
        """Set the times of legs. `onward`: the leg after it, if it goes on to that without a stop."""
        line: Place | None = None
        for at, leg in enumerate(legs):
            if self._steps <= 0:
                return
            began_s, after = self._time_s, onward(at)
            self._p[L.P_SPEED_GROUND], _ = self._told.begin(leg, began_s, own=leg.radius_m > 0.0)
            line = self._leg(leg, after, line)
            there_s = self._time_s
            self._wait(leg)
            if self._steps > 0:
                turn = None if after is None else leg.bend_to(after)
                seconds, wait_s = there_s - began_s, self._time_s - there_s
                legs[at] = replace(leg, seconds=seconds, wait_s=wait_s, turn_rad=turn)
        if legs and self._steps > 0:
            began_s, self._t[L.T_KIND] = self._time_s, L.KIND_IDLE
            begin(self._s, self._p, self._t)
            while not is_slow(self._s) and self._steps > 0:
                self._tick()
            legs[-1] = replace(legs[-1], seconds=legs[-1].seconds + self._time_s - began_s)

    def _leg(self, leg: PlannedLeg, onward: PlannedLeg | None, line: Place | None) -> Place | None:
        """Drive to the end of a leg; returns the beginning of the next line, if it has one."""
        t, s = self._t, self._s
        if leg.item.command == Cmd.NAV_DELAY:
            return line
        returns = leg.item.command == Cmd.NAV_RETURN_TO_LAUNCH
        start = None if returns else line
        from_rest = start is None and not self._field.kind.drifts
        if from_rest:
            ahead = 0.5 * s[L.S_SPEED] / self._p[L.P_DRIVE_DECEL]
            start = (s[L.S_EPN] + ahead * s[L.S_EVN], s[L.S_EPE] + ahead * s[L.S_EVE], 0.0)
        t[L.T_KIND], t[L.T_HAS_START], t[L.T_FROM_REST] = L.KIND_LEG, float(start is not None), float(from_rest)
        t[L.T_RADIUS] = self._field.measure(self._field.kind.measures.acceptance)
        for field, place in ((L.T_START_N, start), (L.T_END_N, leg.edge), (L.T_GOAL_N, leg.edge)):
            t[field], t[field + 1] = (0.0, 0.0) if place is None else place[:2]
        t[L.T_HAS_NEXT] = float(onward is not None)
        if onward is not None:
            t[L.T_NEXT_N], t[L.T_NEXT_E] = onward.edge[:2]
        if leg.radius_m == 0.0 or leg.edge != leg.begin:
            self._drive()
        return leg.end if leg.radius_m == 0.0 else None

    def _wait(self, leg: PlannedLeg) -> None:
        """Drive the turns of a circle, or wait for the time of the leg."""
        s, t = self._s, self._t
        if leg.radius_m > 0.0:
            t[L.T_KIND], t[L.T_CIRCLE_R], t[L.T_TURNS] = L.KIND_CIRCLE, leg.radius_m, max(leg.item.param1, 0.0)
            t[L.T_DIRECTION] = copysign(1.0, leg.item.param3)
            t[L.T_END_N], t[L.T_END_E] = leg.end[:2]
            self._drive()
            return
        until_s = self._time_s + leg.wait_s
        while self._time_s < until_s and self._steps > 0 and not (is_slow(s) and s[L.S_DRIVING] == 0.0):
            self._tick()
        self._time_s = max(self._time_s, until_s)

    def _drive(self) -> None:
        """Drive until the target has arrived."""
        begin(self._s, self._p, self._t)
        while self._s[L.S_ARRIVED] == 0.0 and self._steps > 0:
            self._tick()
            if self._t[L.T_KIND] == L.KIND_CIRCLE:
                self._pass_turns()
            else:
                self._pass_straight()

    def _tick(self) -> None:
        """Drive a tick."""
        s, p = self._s, self._p
        self._steps -= 1
        self._time_s += L.TICK
        if (told := self._told.take(self._time_s)) is not None:
            p[L.P_SPEED_GROUND] = told[0]
        s[L.S_TIME_MS] += 1000.0 * L.TICK
        sense_motion(s, p)
        drive_target(s, p, self._t)
        speed = s[L.S_SPEED_REF]
        if p[L.P_BRAKING] == 0.0 and s[L.S_THROTTLE] == 0.0 and 0.0 <= speed < s[L.S_SPEED]:
            coasts = s[L.S_SPEED] * (1.0 - L.TICK * (_SURGE[0] + _SURGE[1] * s[L.S_SPEED]))
            speed = max(speed, coasts)
        self._move(speed, s[L.S_RATE_REF] * min(abs(speed) / SLOWEST, 1.0))

    def _move(self, speed: float, rate: float) -> None:
        s = self._s
        self._yaw += rate * L.TICK
        s[L.S_ER], s[L.S_ER + 3], s[L.S_GYZ] = cos(self._yaw), sin(self._yaw), rate
        s[L.S_EVN], s[L.S_EVE] = speed * s[L.S_ER], speed * s[L.S_ER + 3]
        s[L.S_EPN] += L.TICK * s[L.S_EVN]
        s[L.S_EPE] += L.TICK * s[L.S_EVE]

    def _pass_straight(self) -> None:
        """Pass a straight way at full speed in one step, except for its end."""
        s, p, t = self._s, self._p, self._t
        across = s[L.S_EVN] * s[L.S_U_E] - s[L.S_EVE] * s[L.S_U_N]
        straight = abs(s[L.S_COURSE_ERROR]) < _STRAIGHT and abs(across) < _STRAIGHT * s[L.S_SPEED]
        steady = straight and abs(s[L.S_SPEED] - p[L.P_SPEED_GROUND]) < 0.01 * p[L.P_SPEED_GROUND]
        if not steady or s[L.S_PHASE] != 0.0:
            return
        if s[L.S_CURVING] == 1.0:
            seconds = s[L.S_NOW + C_FIRST + R_TIME] + s[L.S_NOW + C_CRUISE] - s[L.S_NOW + C_TIME] - _SPARE_S
        else:
            away_m = hypot(t[L.T_END_N] - s[L.S_EPN], t[L.T_END_E] - s[L.S_EPE])
            brakes_m = s[L.S_SPEED] * s[L.S_SPEED] / p[L.P_DRIVE_DECEL] + 4.0 * p[L.P_TURN_RADIUS] + t[L.T_RADIUS]
            seconds = (away_m - brakes_m) / s[L.S_SPEED] - _SPARE_S
        seconds = min(seconds, self._told.next_s - self._time_s)
        if seconds > _SPARE_S:
            self._time_s += seconds
            s[L.S_NOW + C_TIME] += seconds
            s[L.S_EPN] += seconds * s[L.S_EVN]
            s[L.S_EPE] += seconds * s[L.S_EVE]

    def _pass_turns(self) -> None:
        """Pass whole turns of a circle, except the first half and the last turn."""
        s, t = self._s, self._t
        whole = float(int(max(t[L.T_TURNS] - s[L.S_TURN_SUM], 0.0)))
        if whole == 0.0 or s[L.S_TURN_SUM] < _SETTLED:
            return
        around_m = 2.0 * pi * hypot(t[L.T_END_N] - s[L.S_EPN], t[L.T_END_E] - s[L.S_EPE])
        seconds = whole * around_m / s[L.S_SPEED]
        if self._time_s + seconds < self._told.next_s:
            s[L.S_TURN_SUM] += whole
            self._time_s += seconds
