"""Guidance of a car along lines and circles: a field of courses, and the speed at which it can be followed.

Beside a line the demanded course leans towards it: by an angle proportional to the distance near the line, and farther
out by the angle of a circle that touches the line, so that a turn onto it is an arc that the vehicle can drive. The
field has no memory; a new line counts from the vehicle's place. The change of the demanded course along the way is fed
forward, so the error vanishes at the two chosen rates (course, distance) without overshoot.
"""

from __future__ import annotations

from math import pi, sqrt

from autopilot.control.attitude import limit
from autopilot.control.heading import wrap
from autopilot.control.reference import approach
from autopilot.interface import layout as L
from autopilot.interface.marks import jit
from autopilot.interface.mathematics import acos, atan2, cos, sin, tan

#: Rate at which the distance to a line goes to zero, 1/s, and the shortest length for it, m.
ACROSS_RATE = 1.0
SHORTEST = 1.0
#: Largest angle of the course to a line, rad.
STEEPEST = 1.2
#: Shares of the allowed sideways acceleration and of the deceleration for planning; factor on the turning circle for
#: planned turns.
GRIP_SHARE, BRAKE_SHARE, CIRCLE_SHARE = 0.7, 0.75, 1.2
#: Course errors, rad, between which the speed decreases to that of the tightest turn.
SLOW_FROM, SLOW_TO = 0.5, 1.4
#: Half of a turn, rad, from which it begins within the radius of the corner, so that it does not pass beside it.
SHARP = 0.9
#: Distance from the start of its leg, m, beyond which a vehicle at rest is elsewhere.
ELSEWHERE = 1.0
#: Angle off a line's direction within which a turn onto it counts as done, rad.
TURNED = 0.35


@jit
def turn_radius(p: L.Row, speed: float) -> float:
    """Radius of planned turns at this speed, m."""
    return max(speed * speed / (GRIP_SHARE * p[L.P_TURN_ACCEL]), CIRCLE_SHARE * p[L.P_TURN_RADIUS])


@jit
def tight_speed(p: L.Row) -> float:
    """Speed of the tightest planned turn, m/s."""
    return sqrt(GRIP_SHARE * p[L.P_TURN_ACCEL] * CIRCLE_SHARE * p[L.P_TURN_RADIUS])


@jit
def lean(off: float, speed: float, radius: float) -> tuple[float, float]:
    """Angle towards the line `off` m away (>= 0), and its change with the distance, rad and rad/m."""
    length = max(speed / ACROSS_RATE, SHORTEST)
    first = min(length * length / radius, STEEPEST * length)
    if off <= first:
        return off / length, 1.0 / length
    if first >= STEEPEST * length:
        return STEEPEST, 0.0
    shift = first - radius * (1.0 - cos(length / radius))
    cosine = 1.0 - (off - shift) / radius
    if cosine <= cos(STEEPEST):
        return STEEPEST, 0.0
    return acos(cosine), 1.0 / (radius * sqrt(max(1.0 - cosine * cosine, 1e-18)))


@jit
def turn_to(p: L.Row, error: float) -> float:
    """Turn rate that removes a course error (rad) and can be reduced in time."""
    rate = approach(abs(error), p[L.P_KP_COURSE], 0.6 * p[L.P_TURN_RATE_ACCEL])
    return rate if error >= 0.0 else -rate


@jit
def follow(s: L.Row, p: L.Row, off: float, along: float, curvature: float) -> float:
    """Turn rate, rad/s, towards the line of direction `along` (rad) from `off` m to its right. `curvature`: change of
    that direction per metre along the line, 1/m, clockwise."""
    speed = max(abs(s[L.S_SPEED]), 0.5)
    angle, slope = lean(abs(off), speed, turn_radius(p, speed))
    if off < 0.0:
        angle = -angle
    error = wrap(along - angle - s[L.S_COURSE])
    s[L.S_COURSE_ERROR] = error
    across = wrap(s[L.S_COURSE] - along)
    s[L.S_TURN_LEFT] = abs(across)
    feed = (curvature * cos(across) - slope * sin(across)) * speed
    return turn_to(p, error) + limit(feed, p[L.P_TURN_ACCEL] / speed)


@jit
def speed_for_turn(s: L.Row, p: L.Row, wanted: float) -> float:
    """Limit `wanted` while the course is far off. In a turn onto a line it does not speed up."""
    now = abs(s[L.S_SPEED])
    if s[L.S_TURN_LEFT] > TURNED and abs(s[L.S_RATE_REF]) * now > 0.5 * GRIP_SHARE * p[L.P_TURN_ACCEL]:
        wanted = min(wanted, max(now, tight_speed(p)))
    over = (abs(s[L.S_COURSE_ERROR]) - SLOW_FROM) / (SLOW_TO - SLOW_FROM)
    if over <= 0.0:
        return wanted
    slow = min(tight_speed(p), wanted)
    return wanted + min(over, 1.0) * (slow - wanted)


@jit
def begin_leg(s: L.Row, p: L.Row, t: L.Row, rests: bool) -> None:
    """Set direction and length of the leg and of the next, and the turn between them. A vehicle that `rests` away from
    the start begins at its own place."""
    n, e = t[L.T_START_N] - s[L.S_EPN], t[L.T_START_E] - s[L.S_EPE]
    if t[L.T_HAS_START] == 1.0 and (not rests or n * n + e * e < ELSEWHERE * ELSEWHERE):
        s[L.S_A_N], s[L.S_A_E] = t[L.T_START_N], t[L.T_START_E]
    else:
        s[L.S_A_N], s[L.S_A_E] = s[L.S_EPN], s[L.S_EPE]
    n, e = t[L.T_END_N] - s[L.S_A_N], t[L.T_END_E] - s[L.S_A_E]
    size = sqrt(n * n + e * e)
    s[L.S_LENGTH] = size
    s[L.S_U_N], s[L.S_U_E], s[L.S_U_D] = 0.0, 0.0, 0.0
    s[L.S_CORNER] = 0.0
    s[L.S_PHASE] = 0.0
    if size > 0.01:
        s[L.S_U_N], s[L.S_U_E] = n / size, e / size
        if t[L.T_HAS_NEXT] == 1.0:
            begin_corner(s, p, t)


@jit
def begin_corner(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Set the turn that passes the end at half the radius, or the tightest one."""
    n, e = t[L.T_NEXT_N] - t[L.T_END_N], t[L.T_NEXT_E] - t[L.T_END_E]
    size = sqrt(n * n + e * e)
    s[L.S_W_LENGTH] = size
    if size < 0.01:
        return
    s[L.S_W_N], s[L.S_W_E] = n / size, e / size
    cosine = limit(s[L.S_U_N] * s[L.S_W_N] + s[L.S_U_E] * s[L.S_W_E], 1.0)
    half = 0.5 * acos(cosine)
    tightest = CIRCLE_SHARE * p[L.P_TURN_RADIUS]
    radius = 1e6
    if half > 0.02:
        radius = 0.5 * t[L.T_RADIUS] / max(1.0 / max(cos(half), 0.01) - 1.0, 1e-6)
    s[L.S_HALF_TURN] = min(half, 1.5)
    s[L.S_CORNER_R] = radius
    speed = sqrt(GRIP_SHARE * p[L.P_TURN_ACCEL] * max(radius, tightest))
    s[L.S_CORNER] = min(speed, sqrt(2.0 * BRAKE_SHARE * p[L.P_DRIVE_DECEL] * size))  # able to stop on a short next leg


@jit
def turn_begins(s: L.Row, p: L.Row, t: L.Row) -> float:
    """Distance before the end at which the turn onto the next leg begins, m: the tangent of the arc, and the distance
    in which the turn rate builds up."""
    speed = abs(s[L.S_SPEED])
    radius = turn_radius(p, speed)
    begin = radius * tan(s[L.S_HALF_TURN])
    if s[L.S_CORNER_R] < radius:  # it cannot cut the corner that little, so it reaches the end first
        begin = min(begin, 0.8 * t[L.T_RADIUS])
    begin += 0.5 * speed * speed / radius / p[L.P_TURN_RATE_ACCEL] * min(2.0 * s[L.S_HALF_TURN], 1.0)
    if s[L.S_HALF_TURN] > SHARP:
        begin = min(begin, 0.85 * t[L.T_RADIUS])
    return min(begin, 0.5 * s[L.S_LENGTH])


@jit
def along_leg(s: L.Row, p: L.Row, t: L.Row) -> tuple[float, float]:
    """Turn rate and speed (>= 0) on the leg, or, after the turn has begun, on the next."""
    fastest = p[L.P_SPEED_GROUND]
    brake = BRAKE_SHARE * p[L.P_DRIVE_DECEL]
    n, e = s[L.S_EPN] - s[L.S_A_N], s[L.S_EPE] - s[L.S_A_E]
    left = s[L.S_LENGTH] - (n * s[L.S_U_N] + e * s[L.S_U_E])
    if s[L.S_CURVING] == 0.0:
        s[L.S_RPN] = t[L.T_END_N] - left * s[L.S_U_N]
        s[L.S_RPE] = t[L.T_END_E] - left * s[L.S_U_E]
    if s[L.S_CORNER] > 0.0:
        begin = turn_begins(s, p, t)
        if left <= begin:
            s[L.S_PHASE] = 1.0
        speed = sqrt(s[L.S_CORNER] * s[L.S_CORNER] + 2.0 * brake * max(left - begin, 0.0))
    elif s[L.S_CURVING] == 1.0:
        speed = fastest  # the profile brakes
    else:
        speed = approach(left, 1.0, brake) if left > 0.0 else 0.0
    if s[L.S_PHASE] == 1.0:
        n, e = s[L.S_EPN] - t[L.T_END_N], s[L.S_EPE] - t[L.T_END_E]
        rate = follow(s, p, s[L.S_W_N] * e - s[L.S_W_E] * n, atan2(s[L.S_W_E], s[L.S_W_N]), 0.0)
    else:
        rate = follow(s, p, s[L.S_U_N] * e - s[L.S_U_E] * n, atan2(s[L.S_U_E], s[L.S_U_N]), 0.0)
    return rate, speed_for_turn(s, p, min(speed, fastest))


@jit
def leg_driven(s: L.Row, t: L.Row) -> bool:
    """True within the radius of the end (horizontally), or past the line through it across the leg (in the turn:
    clearly past it along the next leg)."""
    n, e = s[L.S_EPN] - t[L.T_END_N], s[L.S_EPE] - t[L.T_END_E]
    if n * n + e * e <= t[L.T_RADIUS] * t[L.T_RADIUS]:
        return True
    if s[L.S_PHASE] == 1.0 and n * s[L.S_W_N] + e * s[L.S_W_E] > 0.5 * t[L.T_RADIUS]:
        return True
    return s[L.S_LENGTH] > 0.01 and n * s[L.S_U_N] + e * s[L.S_U_E] >= 0.0


@jit
def round_circle(s: L.Row, p: L.Row, t: L.Row) -> tuple[float, float]:
    """Turn rate and speed to and along the edge of the target's circle. A circle too small to drive is widened."""
    radius = max(t[L.T_CIRCLE_R], CIRCLE_SHARE * p[L.P_TURN_RADIUS])
    n, e = s[L.S_EPN] - t[L.T_END_N], s[L.S_EPE] - t[L.T_END_E]
    size = sqrt(n * n + e * e)
    around = t[L.T_DIRECTION]
    angle = atan2(e, n) if size > 0.2 else s[L.S_COURSE]
    s[L.S_RPN] = t[L.T_END_N] + radius * cos(angle)
    s[L.S_RPE] = t[L.T_END_E] + radius * sin(angle)
    rate = follow(s, p, around * (radius - size), angle + around * 0.5 * pi, around / max(size, 0.5 * radius))
    if s[L.S_PHASE] == 0.0 and abs(size - radius) < 0.5:
        s[L.S_PHASE] = 1.0
        s[L.S_TURN_ANGLE] = angle
    elif s[L.S_PHASE] == 1.0:
        s[L.S_TURN_SUM] += around * wrap(angle - s[L.S_TURN_ANGLE]) / (2.0 * pi)
        s[L.S_TURN_ANGLE] = angle
    speed = min(p[L.P_SPEED_GROUND], sqrt(GRIP_SHARE * p[L.P_TURN_ACCEL] * radius))
    return rate, speed_for_turn(s, p, speed)


@jit
def to_point(s: L.Row, p: L.Row, n: float, e: float) -> tuple[float, float]:
    """Turn rate and speed straight to a point, with a stop there. A vehicle within turning distance of it first drives
    away."""
    dn, de = n - s[L.S_EPN], e - s[L.S_EPE]
    size = sqrt(dn * dn + de * de)
    s[L.S_RPN], s[L.S_RPE] = n, e
    error = wrap(atan2(de, dn) - s[L.S_COURSE]) if size > 0.05 else 0.0
    s[L.S_COURSE_ERROR] = error
    s[L.S_TURN_LEFT] = abs(error)
    speed = speed_for_turn(s, p, min(approach(size, 1.0, BRAKE_SHARE * p[L.P_DRIVE_DECEL]), p[L.P_SPEED_GROUND]))
    if abs(error) > SLOW_FROM and size < 2.2 * p[L.P_TURN_RADIUS] * sin(abs(error)):
        return 0.0, min(max(speed, 0.5), p[L.P_SPEED_GROUND])
    return turn_to(p, error), speed
