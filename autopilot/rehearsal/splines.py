"""Splines of a way, flown by their guidance (`autopilot.control.spline`) with a vehicle that lags beyond its speed:
their times, lengths and places. Straight legs begin or end with the speed of a spline beside them
(`autopilot.control.curves`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import fsum
from typing import Final

from autopilot.control.curves import finish_at, plan
from autopilot.control.legs import begin_leg
from autopilot.control.profile import C_END, C_LAST_SPEED
from autopilot.control.spline import begin_spline, direction_at, fly_spline, speed_onto_spline
from autopilot.interface import layout as L
from autopilot.interface.mathematics import hypot
from autopilot.mav import Cmd
from autopilot.rehearsal.field import FlyingField, Place, PlannedLeg

_BETWEEN: Final = 25  # steps between two places on a curve
_JERK, _JERK_Z, _BANKED = 10.0, 5.0, 3.7  # m/s3, m/s2 of a bend (`sitl.vehicles.airframe`)


def is_spline(leg: PlannedLeg) -> bool:
    return leg.item.command == Cmd.NAV_SPLINE_WAYPOINT


class SplineFlight:
    """Flight along the legs of a way, in order. `limits`: row of settings."""

    def __init__(self, field: FlyingField, limits: L.Row) -> None:
        self._s, self._p, self._t = [0.0] * L.STATE.size, limits, [0.0] * L.TARGET.size
        limits[L.P_JERK], limits[L.P_JERK_Z], limits[L.P_KP_POS] = _JERK, _JERK_Z, 1.0
        own = field.param("WPNAV_ACCEL_C") / 100.0
        limits[L.P_ACCEL_CORNER] = min(own if own > 0.0 else 2.0 * field.accel_mps2, _BANKED)
        self._s[L.S_PACE] = self._t[L.T_HAS_START] = self._t[L.T_HAS_PREV] = 1.0
        self._t[L.T_RADIUS] = field.measure(field.kind.measures.acceptance)
        # by its shape and speeds: steps, length over ground, m, and places
        self._known: dict[tuple[float, ...], tuple[int, float, tuple[Place, ...]]] = {}
        self._steps = field.steps

    def fly(
        self,
        legs: list[PlannedLeg],
        brakes_s: list[float],
        rates: Sequence[tuple[float, float]],
        onward: Callable[[int], PlannedLeg | None],
    ) -> None:
        """Set times and lengths, and the time of braking at a stop (`brakes_s`) of a spline to 0, because it overlaps
        with no other leg. `rates`: largest climb and descent of each leg, m/s. `onward`: the leg after it, if it goes
        on to that without a stop."""
        p = self._p
        for at, leg in enumerate(legs):
            p[L.P_SPEED_GROUND], p[L.P_SPEED_UP], p[L.P_SPEED_DOWN] = leg.speed_mps, *rates[at]
            legs[at] = self._leg(leg, onward(at))
            brakes_s[at] = 0.0 if is_spline(leg) else brakes_s[at]

    def _leg(self, leg: PlannedLeg, onward: PlannedLeg | None) -> PlannedLeg:
        s, p, t = self._s, self._p, self._t
        passed, splined = s[L.S_CORNER] > 0.0, t[L.T_SPLINE] == 1.0
        for i in range(3):
            t[L.T_PREV_N + i] = t[L.T_START_N + i]
        self._set(L.T_START_N, leg.begin)
        self._set(L.T_END_N, leg.end)
        self._set(L.T_NEXT_N, leg.end if onward is None else onward.end)
        t[L.T_SPLINE], t[L.T_HAS_NEXT] = float(is_spline(leg)), float(onward is not None)
        t[L.T_NEXT_SPLINE] = float(onward is not None and is_spline(onward))
        begin_leg(s, p, t)
        for i in range(3):
            s[L.S_RPN + i], s[L.S_RAN + i] = s[L.S_A_N + i], 0.0
        return self._curve(leg, passed=passed, splined=splined) if is_spline(leg) else self._straight(leg)

    def _set(self, field: int, place: Place) -> None:
        self._t[field], self._t[field + 1], self._t[field + 2] = place[0], place[1], -place[2]

    def _leave(self, speed: float, ahead: tuple[float, ...]) -> None:
        """Set the velocity at the end of the leg."""
        for i in range(3):
            self._s[L.S_RVN + i] = speed * ahead[i]

    def _straight(self, leg: PlannedLeg) -> PlannedLeg:
        s, p = self._s, self._p
        ahead = s[L.S_U_N], s[L.S_U_E], s[L.S_U_D]
        along = fsum(s[L.S_RVN + i] * ahead[i] for i in range(3))
        last = speed_onto_spline(s, p, self._t) if s[L.S_CORNER] > 0.0 else 0.0
        if leg.radius_m > 0.0 or (along <= 0.0 and last <= 0.0):
            self._leave(0.0, ahead)
            return leg
        way = [size * s[L.S_LENGTH] for size in ahead]
        plan(s, p, L.S_NOW, *way)
        if not finish_at(s, p, along, last):
            plan(s, p, L.S_NOW, *way)
        self._leave(s[L.S_NOW + C_LAST_SPEED], ahead)
        return replace(leg, seconds=s[L.S_NOW + C_END])

    def _curve(self, leg: PlannedLeg, *, passed: bool, splined: bool) -> PlannedLeg:
        """A spline as it is flown; straight when all steps are spent."""
        s, p, t = self._s, self._p, self._t
        begin_spline(s, p, t, passed, splined)
        speeds = s[L.S_ALONG], s[L.S_LAST_SPEED], p[L.P_SPEED_GROUND], p[L.P_SPEED_UP], p[L.P_SPEED_DOWN]
        key = (*leg.begin, *leg.end, *s[L.S_TM0N : L.S_TM1D + 1], *speeds)
        if key not in self._known:
            self._fly(key)
        if key not in self._known:
            self._leave(0.0, (0.0, 0.0, 0.0))
            return leg
        steps, way_m, curve = self._known[key]
        self._leave(s[L.S_LAST_SPEED], direction_at(s, t, 1.0)[1:4])
        return replace(leg, seconds=steps * L.TICK, more_m=way_m - leg.length_m, curve=curve)

    def _fly(self, key: tuple[float, ...]) -> None:
        """Fly a spline, if the steps suffice."""
        s, p, t = self._s, self._p, self._t
        way_m, flown, steps = 0.0, False, 0
        places, fastest = [], L.TICK * p[L.P_SPEED_GROUND]
        for i in range(3):
            s[L.S_EPN + i] = s[L.S_RPN + i]
        while not flown and steps < self._steps:
            if steps % _BETWEEN == 0:
                places.append((s[L.S_EPN], s[L.S_EPE], -s[L.S_EPD]))
            flown = fly_spline(s, p, t)
            # where the curve turns back on itself, the reference may leap
            north, east = s[L.S_RPN] - s[L.S_EPN], s[L.S_RPE] - s[L.S_EPE]
            share = min(fastest / max(hypot(north, east), fastest), 1.0)
            s[L.S_EPN], s[L.S_EPE], s[L.S_EPD] = s[L.S_EPN] + share * north, s[L.S_EPE] + share * east, s[L.S_RPD]
            for i in range(3):
                s[L.S_EVN + i] = s[L.S_RVN + i]
            way_m += share * hypot(north, east)
            steps += 1
        self._steps -= steps
        if flown:
            self._known[key] = steps, way_m, (*places, (s[L.S_EPN], s[L.S_EPE], -s[L.S_EPD]))
