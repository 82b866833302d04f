"""Lateral guidance of wings: sideways acceleration that leads onto a line, a circle or a course (50 Hz).

The law is that of Park, Deyst and How (A New Nonlinear Guidance Logic for Trajectory Tracking, AIAA 2004-4900): towards
a point at the distance L1 on the path, a = K V^2 / L1 sin(eta). With L1 = damping * period * V / pi and K = 4 damping^2
it responds as a second-order system of NAVL1_DAMPING and NAVL1_PERIOD at any ground speed, so wind does not change it.
Circles use proportional and differential control of the distance from the edge with a feed-forward of the turn, or the
law of the line towards the middle while that asks for less. The order of these, the capture angle of 45 degrees and the
turn back 3 s after the end of a line are ArduPilot's (AP_L1_Control).
"""

from __future__ import annotations

from math import pi, sqrt

from autopilot.control.attitude import limit
from autopilot.control.heading import wrap, yaw_of
from autopilot.interface import layout as L
from autopilot.interface.marks import jit
from autopilot.interface.mathematics import asin, atan, atan2, cos, sin

#: Sine of the largest angle at which a line is joined.
CAPTURE = 0.7071
#: Angle off the point ahead beyond which a turn keeps its direction, rad.
UNDECIDED = 0.9 * pi
#: Time to fly on after the end of a line before turning back, s.
BEYOND_S = 3.0
#: Bank that is available at any airspeed, rad.
BANK_REMAINS = 25.0 * pi / 180.0
#: Mean delay with which ArduPlane leaves a leg that has ended, s: its task `navigate` runs ten times a second, and it
#: steers by the last result.
LOOKED_LATE = 0.15
#: Gain of the law that holds a course: sqrt(2) pi over the period.
COURSE_GAIN = 4.4428829


@jit
def track(s: L.Row) -> tuple[float, float, float]:
    """Velocity over ground, north and east, and its size. If blown backwards or at rest: a small one along the nose."""
    n, e = s[L.S_EVN], s[L.S_EVE]
    speed = sqrt(n * n + e * e)
    cn, ce = s[L.S_ER], s[L.S_ER + 3]
    size = sqrt(cn * cn + ce * ce)
    if size > 0.1:
        cn, ce = cn / size, ce / size
    if speed < 0.1 or n * cn + e * ce <= 0.0:
        return 0.1 * cn, 0.1 * ce, 0.1
    return n, e, speed


@jit
def l1_length(p: L.Row, speed: float) -> float:
    """Distance to the point on the path to steer to, m."""
    return max(p[L.P_L1_DAMPING] * p[L.P_L1_PERIOD] * speed / pi, 1.0)


@jit
def decided(s: L.Row, eta: float) -> float:
    """`eta`, kept on its side while the point is nearly behind; otherwise it would alternate between left and right."""
    if abs(eta) > UNDECIDED and abs(s[L.S_LAST_ETA]) > UNDECIDED and eta * s[L.S_LAST_ETA] < 0.0:
        eta = s[L.S_LAST_ETA]
    s[L.S_LAST_ETA] = eta
    return limit(eta, 0.5 * pi)


@jit
def steer_by(s: L.Row, p: L.Row, eta: float, speed: float) -> float:
    """Sideways acceleration for the angle from the course to the point ahead."""
    length = l1_length(p, speed)
    s[L.S_L1_LENGTH] = length
    return 4.0 * p[L.P_L1_DAMPING] * p[L.P_L1_DAMPING] * speed * speed / length * sin(eta)


@jit
def to_place(s: L.Row, p: L.Row, n: float, e: float) -> float:
    """Sideways acceleration straight towards a place."""
    vn, ve, speed = track(s)
    dn, de = n - s[L.S_EPN], e - s[L.S_EPE]
    s[L.S_NAV_COURSE] = atan2(de, dn)
    return steer_by(s, p, decided(s, atan2(vn * de - ve * dn, vn * dn + ve * de)), speed)


@jit
def along_line(s: L.Row, p: L.Row, length: float) -> float:
    """Sideways acceleration onto the line from A (`S_A_*`) in the direction U, `length` m long, and along it."""
    vn, ve, speed = track(s)
    un, ue = s[L.S_U_N], s[L.S_U_E]
    dn, de = s[L.S_EPN] - s[L.S_A_N], s[L.S_EPE] - s[L.S_A_E]
    along = dn * un + de * ue
    off = un * de - ue * dn
    s[L.S_OFF_TRACK] = off
    away = sqrt(dn * dn + de * de)
    ahead = l1_length(p, speed)
    if away > ahead and along < -CAPTURE * away:
        return to_place(s, p, s[L.S_A_N], s[L.S_A_E])
    if along > length + BEYOND_S * speed:
        return to_place(s, p, s[L.S_A_N] + length * un, s[L.S_A_E] + length * ue)
    lean = asin(limit(-off / ahead, CAPTURE))
    s[L.S_NAV_COURSE] = wrap(atan2(ue, un) + lean)
    across = atan2(vn * ue - ve * un, vn * un + ve * ue)
    return steer_by(s, p, decided(s, lean + across), speed)


@jit
def round_place(s: L.Row, p: L.Row, n: float, e: float, radius: float, way: float) -> float:
    """Sideways acceleration onto the circle about a place, clockwise if `way` is 1, and along it."""
    vn, ve, speed = track(s)
    speed = max(speed, 1.0)
    dn, de = s[L.S_EPN] - n, s[L.S_EPE] - e
    away = sqrt(dn * dn + de * de)
    if away > 0.1:
        rn, re = dn / away, de / away
    else:
        rn, re = vn / speed, ve / speed
    outwards = vn * rn + ve * re
    around = rn * ve - re * vn  # clockwise
    s[L.S_NAV_COURSE] = atan2(-re, -rn)
    capture = steer_by(s, p, decided(s, atan2(around, -outwards)), speed)
    off = away - radius
    s[L.S_OFF_TRACK] = off
    omega = 2.0 * pi / p[L.P_L1_PERIOD]
    back = off * omega * omega + outwards * 2.0 * p[L.P_L1_DAMPING] * omega
    # it flies away in the wrong direction round: at least the acceleration of the turn
    if outwards > 0.0 and around * way < 0.0:
        back = max(back, 0.0)
    circling = way * (back + around * around / max(0.5 * radius, away))
    if off > 0.0 and way * capture < way * circling:
        if off > l1_length(p, speed):
            s[L.S_ON_CIRCLE] = 0.0
        return capture
    s[L.S_ON_CIRCLE] = 1.0
    s[L.S_NAV_COURSE] = wrap(atan2(re, rn) + way * 0.5 * pi)
    return circling


@jit
def hold_course(s: L.Row, p: L.Row, course: float) -> float:
    """Sideways acceleration that turns the nose to a course, rad."""
    speed = track(s)[2]
    s[L.S_NAV_COURSE] = course
    s[L.S_OFF_TRACK] = 0.0
    s[L.S_L1_LENGTH] = l1_length(p, speed)
    eta = limit(wrap(course - yaw_of(s)), 0.5 * pi)
    return 2.0 * sin(eta) * speed * COURSE_GAIN / p[L.P_L1_PERIOD]


@jit
def bank_limit(s: L.Row, p: L.Row) -> float:
    """Largest bank, rad: ROLL_LIMIT_DEG, or less if the wings could not carry it at this airspeed, from their speed
    in level flight (AIRSPEED_STALL, or _MIN); at least `BANK_REMAINS` (ArduPlane). LEVEL_ROLL_LIMIT in a level
    transition."""
    most = p[L.P_BANK]
    if p[L.P_STALL_GUARD] == 1.0:
        least = p[L.P_V_STALL] if p[L.P_V_STALL] > 0.0 else p[L.P_V_MIN]
        share = s[L.S_AIRSPEED] / max(least, 1.0)
        load = share * share
        if load * cos(most) < 1.0:
            allowed = atan(sqrt(load * load - 1.0)) if load > 1.0 else 0.0
            most = min(most, max(allowed, BANK_REMAINS))
    changes = s[L.S_LIFTING] == L.LIFT_SPEEDING or s[L.S_LIFTING] == L.LIFT_FADING
    if changes and p[L.P_LEVEL_TRANSITION] == 1.0:
        most = min(most, p[L.P_BANK_LEVEL])
    return most


@jit
def bank_for(s: L.Row, p: L.Row, lateral: float, most: float) -> None:
    """Demand the bank that gives a sideways acceleration in a balanced turn, at most `most`."""
    s[L.S_LATERAL] = lateral
    level = sqrt(s[L.S_ER + 7] * s[L.S_ER + 7] + s[L.S_ER + 8] * s[L.S_ER + 8])  # cosine of the pitch
    s[L.S_NAV_ROLL] = limit(atan(lateral / (L.GRAVITY * max(level, 0.5))), most)
