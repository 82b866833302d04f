"""The way of wings onto lift motors, to a place and down, by the laws that fly it (`autopilot.control.plane_lift`,
`guidance.fly_land`). A point that follows their reference without lag stands for the vehicle."""

from __future__ import annotations

from typing import Final

from autopilot.control.guidance import begin, fly_land
from autopilot.control.plane_lift import brake_pitch, placed, set_pace, slow_enough
from autopilot.control.reference import follow_vehicle
from autopilot.control.watch import LAND_TIME
from autopilot.interface import layout as L
from autopilot.interface.mathematics import hypot
from autopilot.rehearsal.energy import SINKING, STAYING
from autopilot.rehearsal.field import FlyingField
from autopilot.rehearsal.wing_point import WingPoint
from autopilot.vehicles.vehicle_class import first_value

_ACCEL, _ACCEL_Z, _JERK = 1.5, 1.0, 5.0  # m/s2, m/s3 (`sitl.vehicles.quadplane`)
_TICKS: Final = 5  # in a step of the point
_RELAXES_S: Final = 1.0  # on the ground, until the thrust is down
_OVER_M, _SLOW_MPS, _HEIGHT_M = 1.0, 1.0, 1.0  # of a hover at its place (`autopilot.modes.hovering`)
_SLOWEST_MPS: Final = 0.1  # because parameters may have any value


class HoverWay:
    """Way of `point` on lift motors. `t` of its methods: a landing's target."""

    def __init__(self, field: FlyingField, point: WingPoint) -> None:
        self._field, self._point = field, point
        p, measures = point.p, field.kind.measures
        p[L.P_ACCEL], p[L.P_ACCEL_Z], p[L.P_JERK], p[L.P_JERK_Z] = _ACCEL, _ACCEL_Z, _JERK, _JERK
        p[L.P_STOP_ACCEL], p[L.P_STOP_JERK], p[L.P_STOP_GAIN] = _ACCEL, _JERK, _JERK / _ACCEL
        p[L.P_SPEED_UP] = max(first_value(measures.climb, field.param), _SLOWEST_MPS)
        p[L.P_SPEED_DOWN] = max(first_value(measures.descent, field.param), _SLOWEST_MPS)
        for speed in (L.P_HOVER_SPEED, L.P_LAND_SPEED, L.P_LAND_SPEED_HIGH):
            p[speed] = max(p[speed], _SLOWEST_MPS)

    def slow_down(self, t: L.Row) -> None:
        """Slow down by drag, wings level, until it is slow enough for a hover."""
        point = self._point
        point.begin_braking()
        while not slow_enough(point.s, point.p, t) and point.has_steps:
            point.brake_step(brake_pitch(point.s, point.p, t))

    def come_over(self, t: L.Row) -> None:
        """Fly to the target's place and height, and stay there."""
        point, s = self._point, self._point.s
        self._begin(t)
        while point.has_steps and (
            point.distance_to((t[L.T_END_N], t[L.T_END_E], 0.0)) > _OVER_M
            or hypot(s[L.S_EVN], s[L.S_EVE]) > _SLOW_MPS
            or abs(t[L.T_END_D] - s[L.S_EPD]) > _HEIGHT_M
        ):
            s[L.S_PHASE] = 0.0
            self._step(t)

    def land(self, t: L.Row, floor: float) -> float:
        """Fly to the target's place, if it has one, and down to the ground (NED d); returns the time of the descent's
        begin."""
        point, s = self._point, self._point.s
        s[L.S_FLOOR] = floor
        self._begin(t)
        descends_s = point.time_s
        while s[L.S_EPD] < floor and point.has_steps:
            if s[L.S_PHASE] == 0.0:
                descends_s = point.time_s
            self._step(t)
        point.spend(LAND_TIME + _RELAXES_S, point.body.watts(0.0) + point.body.hover_w)
        return descends_s

    def _begin(self, t: L.Row) -> None:
        s = self._point.s
        follow_vehicle(s)
        begin(s, self._point.p, t)

    def _step(self, t: L.Row) -> None:
        point, s, p = self._point, self._point.s, self._point.p
        cruise, before = p[L.P_SPEED_GROUND], (s[L.S_EPN], s[L.S_EPE])
        for _ in range(_TICKS):
            set_pace(s, p, t)
            fly_land(s, p, t)
            for i in range(3):
                s[L.S_EPN + i], s[L.S_EVN + i] = s[L.S_RPN + i], s[L.S_RVN + i]
        p[L.P_SPEED_GROUND] = cruise
        share = point.share(STAYING if placed(t) and s[L.S_PHASE] == 0.0 else SINKING, -s[L.S_EPD])
        point.way_m += hypot(s[L.S_EPN] - before[0], s[L.S_EPE] - before[1])
        point.spend(_TICKS * L.TICK, point.body.watts(0.0) + point.body.hover_w * share)
