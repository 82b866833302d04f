"""Fence avoidance: limits the velocities of sticks and commands to those that can be braked in time (50 Hz).

The velocity towards a barrier (an edge of a polygon, a circle, a height) is limited so that a gentle deceleration stops
the vehicle FENCE_MARGIN before it. Inside that margin the vehicle backs away slowly. When sliding, only the velocity
component towards the barrier is removed. When stopping, the direction stays and the whole velocity shrinks. A vehicle
outside a circle is not held by it, so that it can come back; edges of a polygon that it is outside of are not among the
barriers. Facts: ArduPilot AC_Avoid.cpp (AC_AVOID_ACCEL_CMSS_MAX, adjust_velocity_polygon, adjust_velocity_z,
calc_backup_velocity_2D).
"""

from __future__ import annotations

from math import inf, sqrt

from autopilot.control.heading import yaw_of
from autopilot.control.reference import approach
from autopilot.interface import layout as L
from autopilot.interface.marks import jit
from autopilot.interface.mathematics import cos, sin

#: Largest deceleration before a barrier, m/s2.
AVOID_ACCEL = 1.0
#: Gain of the last metre, 1/s: of flying vehicles; of driving ones, whose brake acts at once; of their legs, the gain
#: of ArduRover's position controller (PSC_POS_P).
AVOID_GAIN, DRIVEN_GAIN, LEG_GAIN = 1.0, 2.0, 0.2
#: Share of the deceleration with which backing away is planned.
BACKING = 0.4
#: Sine of the angle to a barrier below which a motion counts as along it.
ALONG = 0.02


@jit
def room_to(p: L.Row, i: int, n: float, e: float) -> tuple[float, float, float]:
    """Distance from n, e to barrier `i` minus the required distance, m, and the direction to it; infinite beyond it."""
    at = L.P_BARRIER + L.BARRIER_SIZE * i
    kind = p[at]
    dn, de = p[at + 1] - n, p[at + 2] - e
    if kind == L.EDGE:
        edge_n, edge_e = p[at + 3] - p[at + 1], p[at + 4] - p[at + 2]
        length = edge_n * edge_n + edge_e * edge_e
        if length > 0.0:
            share = min(max(-(dn * edge_n + de * edge_e) / length, 0.0), 1.0)
            dn += share * edge_n
            de += share * edge_e
    size = sqrt(dn * dn + de * de)
    if size < 1e-9:
        return inf, 0.0, 0.0
    room = size
    if kind == L.STAY_IN:
        dn, de = -dn, -de
        room = p[at + 3] - size
    elif kind == L.STAY_OUT:
        room = size - p[at + 3]
    if room < 0.0:
        return inf, 0.0, 0.0
    return room - p[L.P_KEEP_OFF], dn / size, de / size


@jit
def stopping_distance(speed: float, gain: float, accel: float) -> float:
    """Stopping distance from a speed, m: the inverse of `approach`."""
    if speed * gain <= accel:
        return speed / gain
    return 0.5 * (speed * speed / accel + accel / (gain * gain))


@jit
def turn_inside(
    p: L.Row, i: int, at_n: float, at_e: float, n: float, e: float, gain: float, accel: float
) -> tuple[float, float]:
    """Velocity n, e in circle `i`. If the vehicle could not stop inside, the velocity turns to the nearest place on the
    circle from its stopping point, so that it follows the circle."""
    at = L.P_BARRIER + L.BARRIER_SIZE * i
    rn, re = at_n - p[at + 1], at_e - p[at + 2]
    speed = sqrt(n * n + e * e)
    if speed == 0.0 or sqrt(rn * rn + re * re) > p[at + 3]:
        return n, e
    ahead = stopping_distance(speed, gain, accel) / speed
    stop_n, stop_e = rn + ahead * n, re + ahead * e
    size = sqrt(stop_n * stop_n + stop_e * stop_e)
    most = p[at + 3] - p[L.P_KEEP_OFF]
    if size <= most:
        return n, e
    goal_n, goal_e = stop_n * most / size - rn, stop_e * most / size - re
    size = sqrt(goal_n * goal_n + goal_e * goal_e)
    if size < 1e-9:
        return 0.0, 0.0
    share = min(speed, approach(size, gain, accel)) / size
    return goal_n * share, goal_e * share


@jit
def way_to(p: L.Row, i: int, at_n: float, at_e: float, n: float, e: float) -> float:
    """Distance along the direction n, e (of length 1) until barrier `i` is at its required distance, m; infinite along
    it and away from it."""
    room, un, ue = room_to(p, i, at_n, at_e)
    towards = n * un + e * ue
    at = L.P_BARRIER + L.BARRIER_SIZE * i
    if room == inf or p[at] != L.STAY_IN or room < 0.0:
        return max(room, 0.0) / towards if towards > ALONG else inf
    rn, re = at_n - p[at + 1], at_e - p[at + 2]
    out, most = rn * n + re * e, p[at + 3] - p[L.P_KEEP_OFF]
    return sqrt(max(out * out + most * most - rn * rn - re * re, 0.0)) - out


@jit
def slide(p: L.Row, at_n: float, at_e: float, n: float, e: float, gain: float, accel: float) -> tuple[float, float]:
    """The velocity n, e without the components that lead to a barrier faster than can be braked."""
    for i in range(int(p[L.P_BARRIER_COUNT])):
        at = L.P_BARRIER + L.BARRIER_SIZE * i
        if p[at] == L.STAY_IN:
            n, e = turn_inside(p, i, at_n, at_e, n, e, gain, accel)
            continue
        room, un, ue = room_to(p, i, at_n, at_e)
        excess = n * un + e * ue - approach(max(room, 0.0), gain, accel)
        if excess > 0.0:
            n -= excess * un
            e -= excess * ue
    return n, e


@jit
def share_between(p: L.Row, at_n: float, at_e: float, n: float, e: float, gain: float, accel: float) -> float:
    """Share of a sliding velocity where two barriers meet and sliding along one leads to the other."""
    speed, share = sqrt(n * n + e * e), 1.0
    for i in range(int(p[L.P_BARRIER_COUNT])):
        room, un, ue = room_to(p, i, at_n, at_e)
        towards = n * un + e * ue
        if towards > ALONG * speed:
            share = min(share, approach(max(room, 0.0), gain, accel) / towards)
    return share


@jit
def share_to_stop(p: L.Row, at_n: float, at_e: float, n: float, e: float, gain: float, accel: float) -> float:
    """Share of a velocity that can be braked before the first barrier in its direction."""
    speed, share = sqrt(n * n + e * e), 1.0
    if speed > 0.0:
        for i in range(int(p[L.P_BARRIER_COUNT])):
            share = min(share, approach(way_to(p, i, at_n, at_e, n / speed, e / speed), gain, accel) / speed)
    return share


@jit
def back_away(p: L.Row, at_n: float, at_e: float, n: float, e: float, gain: float, accel: float) -> tuple[float, float]:
    """The velocity n, e, and inside the margin at least the velocity that leads out of it."""
    back_n, back_e = 0.0, 0.0
    for i in range(int(p[L.P_BARRIER_COUNT])):
        room, un, ue = room_to(p, i, at_n, at_e)
        if room < 0.0:
            back = approach(-room, gain, BACKING * accel)
            back_n -= back * un
            back_e -= back * ue
    size = sqrt(back_n * back_n + back_e * back_e)
    most = min(size, p[L.P_BACKUP_SPEED])
    if most > 0.0:
        un, ue = back_n / size, back_e / size
        missing = most - n * un - e * ue
        if missing > 0.0:
            n += missing * un
            e += missing * ue
    return n, e


@jit
def keep_off(p: L.Row, at_n: float, at_e: float, n: float, e: float, gain: float, accel: float) -> tuple[float, float]:
    """The allowed part of the velocity n, e (m/s) of a vehicle at `at_n`, `at_e` that brakes with at most `accel`
    m/s2."""
    if p[L.P_AVOIDS] == 0.0:
        return n, e
    accel = min(accel, AVOID_ACCEL)
    if p[L.P_AVOID_STOPS] == 1.0:
        share = share_to_stop(p, at_n, at_e, n, e, gain, accel)
    else:
        n, e = slide(p, at_n, at_e, n, e, gain, accel)
        share = share_between(p, at_n, at_e, n, e, gain, accel)
    return back_away(p, at_n, at_e, share * n, share * e, gain, accel)


@jit
def avoiding_accel(p: L.Row, accel: float) -> float:
    """Acceleration limit while avoiding a fence: AVOID_ACCEL_MAX if that is less."""
    return min(accel, p[L.P_AVOID_ACCEL]) if p[L.P_AVOID_ACCEL] > 0.0 else accel


@jit
def keep_along(s: L.Row, p: L.Row, course: float, speed: float, gain: float, accel: float) -> float:
    """The allowed part of a speed along a course (m/s, negative backwards) of a ground vehicle. It slides only along
    that course, and stops there."""
    if p[L.P_AVOIDS] == 0.0:
        return speed
    at_n, at_e, cn, ce = s[L.S_EPN], s[L.S_EPE], cos(course), sin(course)
    accel = min(accel, AVOID_ACCEL)
    n, e = keep_off(p, at_n, at_e, speed * cn, speed * ce, gain, accel)
    kept = n * cn + e * ce
    if p[L.P_AVOID_STOPS] == 0.0:
        kept *= share_to_stop(p, at_n, at_e, kept * cn, kept * ce, gain, accel)
    return kept


@jit
def keep_speed(s: L.Row, p: L.Row, speed: float) -> float:
    """The allowed part of a forward speed from sticks, speed commands, circles and place keeping. Half of the
    deceleration is reserved for the fence (Rover/mode.cpp, calc_throttle)."""
    return keep_along(s, p, yaw_of(s), speed, DRIVEN_GAIN, 0.5 * p[L.P_DRIVE_DECEL])


@jit
def keep_leg_speed(s: L.Row, p: L.Row, speed: float) -> float:
    """The allowed part of a leg's speed >= 0 along the course. It is limited farther from the fence; turning away is
    free (AR_PosControl::update). Negative: back, away from the fence."""
    course = s[L.S_COURSE] + s[L.S_COURSE_ERROR]
    return keep_along(s, p, course, speed, LEG_GAIN, min(p[L.P_DRIVE_ACCEL], p[L.P_TURN_ACCEL]))


@jit
def keep_climb(s: L.Row, p: L.Row, rate: float, accel: float) -> float:
    """The allowed part of a climb rate (m/s) between ceiling and floor; inside their margins it leads back. Level
    flight stays level."""
    if p[L.P_AVOIDS] == 0.0 or rate == 0.0:
        return rate
    accel = min(accel, AVOID_ACCEL)
    above = s[L.S_RPD] - p[L.P_CEILING] - p[L.P_KEEP_OFF]
    below = p[L.P_LOWEST] - s[L.S_RPD] - p[L.P_KEEP_OFF]
    if above < 0.0:
        return min(rate, -min(approach(-above, AVOID_GAIN, accel), p[L.P_BACKUP_SPEED_Z]))
    if below < 0.0:
        return max(rate, min(approach(-below, AVOID_GAIN, accel), p[L.P_BACKUP_SPEED_Z]))
    return max(min(rate, approach(above, AVOID_GAIN, accel)), -approach(below, AVOID_GAIN, accel))
