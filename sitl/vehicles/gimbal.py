"""A simulated gimbal: three joints in a chain (yaw, roll, pitch). Motors hold the camera against the horizon, and
against north or the nose, whatever the vehicle does.

Each angle moves to its demand as fast as SIM_MNT_RATE and SIM_MNT_ACC allow and then stands still. The whole motion is
known when it begins, so the direction at any time is computed on request, and requests do not change it. The motors
follow the vehicle ideally until a joint reaches its limit (MNT1_ROLL_MIN .. MNT1_YAW_MAX); the rest is a visible error.
A retracted gimbal is fixed in its body. A gimbal that is stuck (fault `gimbal.stuck`) turns with the body.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import copysign, inf, isinf, radians, sqrt
from typing import Final

import numpy as np
import numpy.typing as npt

from autopilot.interface import report as R
from autopilot.interface.records import dataclass
from autopilot.mav import GimbalError
from autopilot.mount.gimbal import Demand, GimbalLimits, Pointing, Posture
from autopilot.mount.rotation import Angles, about, attitude, inverse, joints_of, of_joints, times, wrap

_DEFAULTS: Final = {
    "MNT1_ROLL_MIN": -30.0, "MNT1_ROLL_MAX": 30.0, "MNT1_PITCH_MIN": -90.0, "MNT1_PITCH_MAX": 20.0,
    "MNT1_YAW_MIN": -180.0, "MNT1_YAW_MAX": 180.0, "SIM_MNT_RATE": 90.0, "SIM_MNT_ACC": 360.0,
}  # fmt: skip
_SLOWEST: Final = radians(1.0)
"""Slowest motion of a joint, rad/s and rad/s2."""
_AT_LIMIT: Final = 1e-9
_ERRORS: Final = (GimbalError.AT_ROLL_LIMIT, GimbalError.AT_PITCH_LIMIT, GimbalError.AT_YAW_LIMIT)


@dataclass(frozen=True, slots=True)
class JointMotion:
    """Motion of one angle, rad. At `begin_s` it is at `angle` and turns at `rate`, rad/s. Then come pieces of constant
    acceleration, each (seconds, rad/s2), and after them the last rate continues."""

    begin_s: float
    angle: float
    rate: float
    pieces: tuple[tuple[float, float], ...] = ()

    def at(self, now_s: float) -> tuple[float, float]:
        """Angle, rad, and rate, rad/s, at a time."""
        remaining_s, angle, rate = now_s - self.begin_s, self.angle, self.rate
        for seconds, acceleration in (*self.pieces, (inf, 0.0)):
            step = min(max(remaining_s, 0.0), seconds)
            angle += step * (rate + 0.5 * acceleration * step)
            rate += acceleration * step
            remaining_s -= step
            if remaining_s <= 0.0:
                break
        return angle, rate


def standing(angle: float) -> JointMotion:
    """Motion of a joint that stands still at `angle`, rad."""
    return JointMotion(0.0, angle, 0.0)


def move(begin_s: float, angle: float, rate: float, to: float, fastest: float, acceleration: float) -> JointMotion:
    """Move to `to` and stop there in the shortest time that the rate limit `fastest` and this acceleration allow; an
    infinite `to` means turning on without end. A faster motion first slows down. A motion that cannot stop before `to`
    comes back."""
    stop = angle + rate * abs(rate) / (2.0 * acceleration)
    way = copysign(1.0, to - stop)
    if isinf(to):
        change = way * fastest - rate
        return JointMotion(begin_s, angle, rate, ((abs(change) / acceleration, copysign(acceleration, change)),))
    peak = way * sqrt(max(way * acceleration * (to - angle) + 0.5 * rate * rate, 0.0))
    cruise = copysign(min(abs(peak), fastest), way)
    change = cruise - rate
    first = abs(change) / acceleration
    braking = abs(cruise) / acceleration
    covered = 0.5 * (rate + cruise) * first + 0.5 * cruise * braking
    even = max((to - angle - covered) / cruise, 0.0) if cruise else 0.0
    pieces = ((first, copysign(acceleration, change)), (even, 0.0), (braking, -way * acceleration))
    return JointMotion(begin_s, angle, rate, pieces)


class SimulatedGimbal:
    """A simulated gimbal; see the module. `values`: the vehicle's parameters; `row` gives the vehicle's report."""

    def __init__(self, values: Mapping[str, float], row: Callable[[], npt.NDArray[np.float64]]) -> None:
        self._values = values
        self._row = row
        self._demand = Demand(posture=Posture.NEUTRAL)
        self._axes: tuple[JointMotion, JointMotion, JointMotion] = (standing(0.0), standing(0.0), standing(0.0))
        self._stuck: Angles | None = None
        self._ends: tuple[float | None, ...] = (None, None, None)  # limits beyond which a demand asked axes to go

    # --- the vehicle beneath it -----------------------------------------------------------------------------------
    def _value(self, name: str) -> float:
        return self._values.get(name, _DEFAULTS.get(name, 0.0))

    def limits(self) -> GimbalLimits:
        return GimbalLimits(self._range("ROLL"), self._range("PITCH"), self._range("YAW"))

    def _range(self, axis: str) -> tuple[float, float]:
        low, high = self._value(f"MNT1_{axis}_MIN"), self._value(f"MNT1_{axis}_MAX")
        return radians(min(low, high)), radians(max(low, high))

    def _pace(self) -> tuple[float, float]:
        rate, acceleration = radians(self._value("SIM_MNT_RATE")), radians(self._value("SIM_MNT_ACC"))
        return max(rate, _SLOWEST), max(acceleration, _SLOWEST)

    @property
    def _now_s(self) -> float:
        return float(self._row()[R.TIME_MS]) / 1000.0

    @property
    def _heading(self) -> float:
        return float(self._row()[R.TRUE_YAW])

    # --- what it is asked -----------------------------------------------------------------------------------------
    def demand(self, demand: Demand) -> None:
        """Follow this demand from now on (`autopilot.mount.gimbal.Gimbal`). A stuck gimbal keeps it for later."""
        now_s = self._now_s
        begin = self._begin(demand, now_s)
        self._demand = demand
        if self._stuck is None:
            self._set_out(begin, now_s)

    def _begin(self, demand: Demand, now_s: float) -> list[tuple[float, float]]:
        """Present angles and rates, in the frame of the new demand."""
        moving = [axis.at(now_s) for axis in self._axes]
        if self._frame(demand) == self._frame(self._demand):
            return moving
        is_at = self._angles_for(demand)
        return [(angle, rate) for angle, (_, rate) in zip(is_at, moving, strict=True)]

    @staticmethod
    def _frame(demand: Demand) -> tuple[bool, bool]:
        return demand.posture is Posture.RETRACTED, demand.locked

    def _angles_for(self, demand: Demand) -> Angles:
        """True angles, in the frame of a demand."""
        where = self.pointing()
        if demand.posture is Posture.RETRACTED:
            return where.joints
        return joints_of(where.earth if demand.locked else where.forward)

    def _set_out(self, begin: list[tuple[float, float]], now_s: float) -> None:
        demand, limits = self._demand, self.limits()
        rate, acceleration = self._pace()
        free = demand.posture is not Posture.RETRACTED and (demand.locked or limits.endless)
        ranges = (limits.roll, limits.pitch, (-inf, inf) if free else limits.yaw)
        angles = self._angles(demand)
        axes, ends = [], list[float | None]()
        for number, (angle, speed) in enumerate(begin):
            low, high = ranges[number]
            fastest = rate
            if angles is None and demand.rates is not None:
                turn = demand.rates[number]
                fastest = min(rate, abs(turn))
                goal = high if turn > 0.0 else low
                if turn == 0.0:
                    fastest, goal = rate, angle + speed * abs(speed) / (2.0 * acceleration)
                    goal = min(max(goal, low), high)
                ends.append(goal if turn != 0.0 else None)
            else:
                target = 0.0 if angles is None else angles[number]
                goal = angle + wrap(target - angle) if isinf(high) else min(max(target, low), high)
                ends.append(goal if not isinf(high) and abs(goal - target) > _AT_LIMIT else None)
            axes.append(move(now_s, angle, speed, goal, max(fastest, 1e-6), acceleration))
        self._axes = (axes[0], axes[1], axes[2])
        self._ends = tuple(ends)

    def _angles(self, demand: Demand) -> Angles | None:
        match demand.posture:
            case Posture.RETRACTED:
                return self._parameter_angles("RETRACT")
            case Posture.NEUTRAL:
                return self._parameter_angles("NEUTRAL")
        return demand.angles

    def _parameter_angles(self, name: str) -> Angles:
        roll, pitch, yaw = (radians(self._value(f"MNT1_{name}_{axis}")) for axis in "XYZ")
        return roll, pitch, yaw

    # --- where it points ------------------------------------------------------------------------------------------
    def pointing(self) -> Pointing:
        r, demand = self._row(), self._demand
        now_s, heading = self._now_s, self._heading
        body = attitude(float(r[R.TRUE_ROLL]), float(r[R.TRUE_PITCH]), heading)
        moving = [axis.at(now_s) for axis in self._axes]
        angles: Angles = (moving[0][0], moving[1][0], moving[2][0])
        rates: Angles = (moving[0][1], moving[1][1], moving[2][1])
        if self._stuck is not None:
            joints, errors, rates = self._stuck, int(GimbalError.MOTOR_ERROR), (0.0, 0.0, 0.0)
        elif demand.posture is Posture.RETRACTED:
            joints, errors = self._within(angles)
        else:
            level = of_joints(angles)
            earth = level if demand.locked else times(about(2, heading), level)
            joints, errors = self._within(joints_of(times(inverse(body), earth)))
        if self._stuck is None:
            for error, end, angle in zip(_ERRORS, self._ends, angles, strict=True):
                errors |= error if end is not None and abs(angle - end) <= _AT_LIMIT else 0
        return Pointing(
            times(body, of_joints(joints)), joints, rates, heading, float(r[R.R]), demand.locked, demand.posture, errors
        )

    def _within(self, joints: Angles) -> tuple[Angles, int]:
        """Angles that the joints can reach, and the flags of joints at their limits."""
        limits = self.limits()
        roll, roll_off = _clamp(joints[0], limits.roll)
        pitch, pitch_off = _clamp(joints[1], limits.pitch)
        yaw, yaw_off = _clamp(joints[2], limits.yaw) if not limits.endless else (wrap(joints[2]), False)
        errors = sum(error for error, off in zip(_ERRORS, (roll_off, pitch_off, yaw_off), strict=True) if off)
        return (roll, pitch, yaw), errors

    # --- a fault --------------------------------------------------------------------------------------------------
    def stick(self, stuck: bool) -> None:
        """Hold the joints at their present angles, or continue to the last demand."""
        if stuck and self._stuck is None:
            self._stuck = self.pointing().joints
        elif not stuck and self._stuck is not None:
            begin = [(angle, 0.0) for angle in self._angles_for(self._demand)]
            self._stuck = None
            self._set_out(begin, self._now_s)


def _clamp(angle: float, within: tuple[float, float]) -> tuple[float, bool]:
    """The nearest angle that the joint can have, and whether it differs."""
    low, high = within
    middle = 0.5 * (low + high)
    angle = middle + wrap(angle - middle)
    clamped = min(max(angle, low), high)
    return clamped, abs(clamped - angle) > _AT_LIMIT
