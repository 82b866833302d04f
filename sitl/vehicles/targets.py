"""Conversion of a `Target` into the kernel's target row, and of bounds and lookouts into the settings row."""

from __future__ import annotations

from functools import singledispatch

import numpy as np
import numpy.typing as npt

from autopilot.interface import layout as L
from autopilot.interface.targets import (
    Attitude,
    Bounds,
    Circle,
    Edge,
    Hold,
    Idle,
    Land,
    Leg,
    Pilot,
    TakeOff,
    Target,
    Velocity,
    Yaw,
)
from autopilot.interface.traffic import Lookout
from sitl.kernel import layout as M

Row = npt.NDArray[np.float64]

_LEVEL = -1e-300  # m/s: level flight; unlike the 0 of a landing without a speed


def write_yaw(row: Row, yaw: Yaw) -> None:
    """Write the yaw; the kernel notices the new T_YAW_SEQ."""
    row[L.T_YAW_MODE] = yaw.mode
    row[L.T_YAW_ANGLE] = yaw.angle
    row[L.T_YAW_RATE] = yaw.rate
    row[L.T_YAW_TURN] = yaw.turn
    row[L.T_POINT_N : L.T_POINT_D + 1] = yaw.point
    row[L.T_YAW_SEQ] += 1.0


def write_bounds(settings: Row, bounds: Bounds | None) -> None:
    """Write the bounds that the vehicle itself avoids into the settings row."""
    settings[L.P_AVOIDS] = 0.0 if bounds is None else 1.0
    if bounds is None:
        return
    settings[L.P_KEEP_OFF], settings[L.P_CEILING], settings[L.P_LOWEST] = bounds.margin, bounds.ceiling, bounds.floor
    settings[L.P_BARRIER_COUNT] = len(bounds.barriers)
    for at, barrier in enumerate(bounds.barriers):
        begin = L.P_BARRIER + L.BARRIER_SIZE * at
        end = begin + L.BARRIER_SIZE
        if isinstance(barrier, Edge):
            settings[begin:end] = L.EDGE, *barrier.start, *barrier.end
        else:
            kind = L.STAY_IN if barrier.inside else L.STAY_OUT
            settings[begin:end] = kind, *barrier.middle, barrier.radius, 0.0


def write_lookout(settings: Row, lookout: Lookout | None) -> None:
    """Write other aircraft that the vehicle itself looks out for (`sitl.kernel.lookout`) into the settings row."""
    if lookout is None:
        settings[M.P_OUT_UNTIL] = 0.0
        return
    above = 0.0 if lookout.above is None else 1.0 if lookout.above else -1.0
    rows = [
        (other.place.lat, other.place.lon, other.place.alt, *(other.velocity or (0.0, 0.0, 0.0)), other.time_ms)
        for other in lookout.others
    ]
    settings[M.P_OUT_UNTIL : M.P_OUT_COUNT + 1] = lookout.until_ms, lookout.level, above, lookout.deepest_m, len(rows)
    settings[M.P_OUT_LIMITS : M.P_OUT_LIMITS + 6] = lookout.limits.in_order()
    for at, row in enumerate(rows):
        begin = M.P_OUT_OTHERS + len(row) * at
        settings[begin : begin + len(row)] = row


def write_target(row: Row, target: Target) -> None:
    """Write the whole target; the kernel notices the new T_SEQ. TypeError for a target that a copter does not have,
    ValueError for a number that is not finite; then the old target stays."""
    new = np.zeros(len(row))
    new[L.T_YAW_SEQ] = row[L.T_YAW_SEQ]
    _write(target, new)
    goal = target.goal if isinstance(target, Leg) else None
    new[L.T_GOAL_N : L.T_GOAL_E + 1] = new[L.T_END_N : L.T_END_E + 1] if goal is None else goal[:2]
    if not np.isfinite(new).all():
        raise ValueError(f"not finite: {target}")
    new[L.T_SEQ] = row[L.T_SEQ] + 1.0
    row[:] = new


def stays_on_leg(row: Row, target: Target) -> bool:
    """Halt the leg that is flown, or let it go on, if that is what the target means. The kernel notices no new one."""
    if row[L.T_KIND] != L.KIND_LEG:
        return False
    match target:
        case Hold(position=None, on_leg=True):
            row[L.T_HALTED] = 1.0
        case Leg(start=None, end=end) if row[L.T_HALTED] == 1.0 and end == tuple(row[L.T_END_N : L.T_END_D + 1]):
            row[L.T_HALTED] = 0.0
        case _:
            return False
    write_yaw(row, target.yaw)
    return True


def _write_place(row: Row, flag: int, first: int, place: tuple[float, ...] | None) -> None:
    """Write an optional place: a flag, then north, east, and down if the place has it."""
    if place is not None:
        row[flag] = 1.0
        row[first : first + len(place)] = place


@singledispatch
def _write(target: Target, row: Row) -> None:
    raise TypeError(f"a copter cannot fly {type(target).__name__}")


@_write.register
def _idle(target: Idle, row: Row) -> None:
    row[L.T_KIND] = L.KIND_IDLE
    row[L.T_STANDS] = target.stopped


@_write.register
def _hold(target: Hold, row: Row) -> None:
    row[L.T_KIND] = L.KIND_BRAKE
    if target.position is not None:
        row[L.T_KIND] = L.KIND_HOLD
        row[L.T_END_N : L.T_END_D + 1] = target.position
    row[L.T_RADIUS], row[L.T_HARD] = target.radius, target.hard
    write_yaw(row, target.yaw)


@_write.register
def _leg(target: Leg, row: Row) -> None:
    row[L.T_KIND] = L.KIND_LEG
    row[L.T_END_N : L.T_END_D + 1] = target.end
    row[L.T_RADIUS] = target.radius
    _write_place(row, L.T_HAS_START, L.T_START_N, target.start)
    _write_place(row, L.T_HAS_NEXT, L.T_NEXT_N, target.next)
    _write_place(row, L.T_HAS_PREV, L.T_PREV_N, target.previous)
    row[L.T_SPLINE] = target.spline
    row[L.T_NEXT_SPLINE] = target.next_is_spline
    row[L.T_FROM_REST] = target.from_rest and target.start is not None
    row[L.T_AT_HEIGHT] = target.over_ground is not None
    row[L.T_DIRECTLY] = target.direct
    write_yaw(row, target.yaw)


@_write.register
def _circle(target: Circle, row: Row) -> None:
    _write_place(row, L.T_HAS_START, L.T_START_N, target.start)
    row[L.T_KIND] = L.KIND_CIRCLE
    row[L.T_END_N : L.T_END_D + 1] = target.center
    row[L.T_CIRCLE_R] = target.radius
    row[L.T_CIRCLE_SPEED] = target.speed
    row[L.T_RADIUS] = 1.0
    row[L.T_DIRECTION] = 1.0 if target.direction >= 0 else -1.0
    row[L.T_TURNS] = -1.0 if target.turns is None else target.turns
    row[L.T_AT_HEIGHT] = target.at_height
    row[L.T_UPRIGHT] = target.upright
    row[L.T_CLIMBS] = target.climbs
    _write_place(row, L.T_LEAVES, L.T_LEAVE_N, None if target.leave_for is None else target.leave_for[:2])
    write_yaw(row, target.yaw)


@_write.register
def _takeoff(target: TakeOff, row: Row) -> None:
    row[L.T_KIND] = L.KIND_TAKEOFF
    row[L.T_END_D] = target.down
    if target.pitch is not None:
        row[L.T_BY_WING], row[L.T_PITCH], row[L.T_RADIUS] = 1.0, target.pitch, target.below
    _write_place(row, L.T_HAS_POSITION, L.T_END_N, target.goal)
    write_yaw(row, target.yaw)


@_write.register
def _land(target: Land, row: Row) -> None:
    row[L.T_KIND] = L.KIND_LAND
    _write_place(row, L.T_HAS_POSITION, L.T_END_N, target.position)
    row[L.T_VN], row[L.T_VE] = target.velocity
    row[L.T_VD] = 0.0 if target.sink is None else target.sink or _LEVEL
    row[L.T_DIRECTLY] = target.directly
    if target.approach is not None:
        row[L.T_BY_WING] = 1.0
        _write_place(row, L.T_HAS_START, L.T_START_N, target.approach)
    row[L.T_END_D] = target.down
    if target.comes_down is not None:
        row[L.T_COMES_DOWN] = 1.0
        row[L.T_NEAR_M : L.T_NEAR_D + 1], row[L.T_FAR_M : L.T_FAR_D + 1] = target.comes_down
    write_yaw(row, target.yaw)


@_write.register
def _velocity(target: Velocity, row: Row) -> None:
    row[L.T_KIND] = L.KIND_VELOCITY
    row[L.T_VN : L.T_VD + 1] = target.velocity
    row[L.T_AN : L.T_AD + 1] = target.acceleration
    _write_place(row, L.T_HAS_POSITION, L.T_END_N, target.position)
    row[L.T_BODY] = target.body
    row[L.T_TIMEOUT_MS] = target.timeout_ms
    row[L.T_LATERAL] = target.lateral
    write_yaw(row, target.yaw)


@_write.register
def _attitude(target: Attitude, row: Row) -> None:
    row[L.T_KIND] = L.KIND_ATTITUDE
    row[L.T_ROLL], row[L.T_PITCH], row[L.T_YAW] = target.roll, target.pitch, target.yaw
    row[L.T_YAW_RATE], row[L.T_USE_RATE] = target.yaw_rate, target.use_yaw_rate
    row[L.T_THRUST], row[L.T_CLIMB], row[L.T_BY_CLIMB] = target.thrust, target.climb, target.thrust_is_climb
    row[L.T_TIMEOUT_MS] = target.timeout_ms
    _write_place(row, L.T_BY_BODY, L.T_ROLL_RATE, target.body_rates)
    _write_place(row, L.T_HAS_HELD, L.T_HELD_D, None if target.down is None else (target.down,))


@_write.register
def _pilot(target: Pilot, row: Row) -> None:
    row[L.T_KIND] = L.KIND_PILOT
    row[L.T_STICKS], row[L.T_SURFACE] = target.kind, target.over_surface
