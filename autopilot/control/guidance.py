"""Guidance: a tick of the present target (50 Hz).

Each kind of target gives the reference a velocity field (`autopilot.control.reference`) and has an end condition.
Sticks and attitude targets go to the attitude controller directly, and the reference moves with the vehicle.
"""

from __future__ import annotations

from math import pi, sqrt

from autopilot.control.attitude import limit
from autopilot.control.avoidance import AVOID_GAIN, avoiding_accel, keep_climb, keep_off
from autopilot.control.curves import begin_curve, fly_curve, hold_back
from autopilot.control.heading import begin_yaw, steer, wrap, yaw_of
from autopilot.control.legs import aim_at_end, begin_leg, fly_leg, leg_flown
from autopilot.control.position import fly_reference
from autopilot.control.reference import approach, leash, rest, shape_within, sink, stop
from autopilot.control.smoothing import climb_smoothly, fly_leg_smoothly
from autopilot.control.spline import begin_spline, fly_spline, speed_onto_spline
from autopilot.control.sticks import fly_attitude, fly_sticks
from autopilot.interface import layout as L
from autopilot.interface.marks import jit
from autopilot.interface.mathematics import atan2, cos, sin

#: Share of the climb rate below which a takeoff counts as over.
SLOW_SHARE = 0.1
#: Descent rate per metre above LAND_ALT_LOW, 1/s, as with ArduCopter's PSC_POSZ_P of 1.
LOW_GAIN = 1.0
#: Length of a leg below which the vehicle is not on its way along it, m, such as the climb of an RTL at sufficient
#: height.
LEAST_WAY = 0.3


@jit
def begin(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Begin a new target."""
    kind = t[L.T_KIND]
    s[L.S_SEQ] = t[L.T_SEQ]
    # After a leg, also one that has ended: a streamed target may come in the tick in which it was reached.
    after_leg = s[L.S_ON_LEG] == 1.0 and s[L.S_LENGTH] > LEAST_WAY
    renewed = after_leg and t[L.T_HAS_START] == 0.0
    s[L.S_ON_LEG] = 1.0 if kind == L.KIND_LEG else 0.0
    s[L.S_ARRIVED] = 0.0
    s[L.S_PHASE] = 0.0
    s[L.S_NEAR_SENT] = 0.0
    s[L.S_TARGET_MS] = s[L.S_TIME_MS]
    s[L.S_TURN_SUM] = 0.0
    s[L.S_HELD_D] = s[L.S_RPD]
    begin_yaw(s, t)
    passed, splined = s[L.S_CORNER] > 0.0, s[L.S_SPLINED] == 1.0
    s[L.S_SPLINED] = 0.0
    if not passed or (not splined and s[L.S_CURVING] == 0.0):
        s[L.S_PACE] = 1.0
    if kind != L.KIND_LEG:
        s[L.S_CURVING] = 0.0
        s[L.S_CORNER] = 0.0
    if kind == L.KIND_LEG:
        begin_leg(s, p, t)
        if p[L.P_SMOOTH] > 0.0:
            s[L.S_CURVING], s[L.S_WAY_SPEED] = 0.0, p[L.P_SPEED_GROUND]
        elif t[L.T_DIRECTLY] == 1.0:
            s[L.S_CURVING] = 0.0
        else:
            begin_curve(s, p, t, renewed, passed and splined, speed_onto_spline(s, p, t))
        if t[L.T_SPLINE] == 1.0:
            begin_spline(s, p, t, passed, splined)
            s[L.S_SPLINED] = 1.0
    elif kind == L.KIND_CIRCLE:
        begin_circle(s, t)
    elif kind == L.KIND_LAND or kind == L.KIND_TAKEOFF:
        here = kind == L.KIND_TAKEOFF or t[L.T_HAS_POSITION] == 0.0 or t[L.T_DIRECTLY] == 1.0
        s[L.S_PHASE] = 1.0 if here else 0.0


@jit
def arrive(s: L.Row) -> None:
    """Note that the target's end condition is met (once)."""
    if s[L.S_ARRIVED] == 0.0:
        s[L.S_ARRIVED] = 1.0
        s[L.S_EVENTS] += L.EV_ARRIVED


@jit
def go_to(s: L.Row, p: L.Row, n: float, e: float, d: float) -> None:
    """Move straight towards a point, and stop there."""
    dn, de, dd = n - s[L.S_RPN], e - s[L.S_RPE], d - s[L.S_RPD]
    share = leash(s)
    size = sqrt(dn * dn + de * de)
    vn = 0.0
    ve = 0.0
    if size > 1e-6:
        brake = 0.75 * p[L.P_ACCEL]
        speed = min(approach(size, 1.0, brake), p[L.P_SPEED_GROUND]) * share
        vn = speed * dn / size
        ve = speed * de / size
        v = (s[L.S_RVN] * dn + s[L.S_RVE] * de) / size
        if v >= speed and share == 1.0:  # slowing down: anticipate the deceleration
            feed = brake if speed > brake else v
            s[L.S_FF_N] = -feed * dn / size
            s[L.S_FF_E] = -feed * de / size
    rate = approach(abs(dd), 1.0, 0.75 * p[L.P_ACCEL_Z])
    vd = min(rate, p[L.P_SPEED_DOWN]) if dd > 0.0 else -min(rate, p[L.P_SPEED_UP])
    shape_within(s, p, vn, ve, vd * share, p[L.P_ACCEL], p[L.P_JERK])


@jit
def brake(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Stop and stay where the reference stops."""
    stop(s, p, t[L.T_HARD] == 1.0)


@jit
def begin_circle(s: L.Row, t: L.Row) -> None:
    """Begin a circle at the nearest point of its edge (from the centre: ahead of the nose)."""
    n, e = s[L.S_RPN] - t[L.T_END_N], s[L.S_RPE] - t[L.T_END_E]
    if n * n + e * e > 0.25:
        s[L.S_TURN_ANGLE] = atan2(e, n)
    else:
        s[L.S_TURN_ANGLE] = s[L.S_RYAW]


@jit
def fly_circle(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Fly to the edge, then along the circle. Turns are counted by the vehicle's own angle about the centre."""
    radius = t[L.T_CIRCLE_R]
    if s[L.S_PHASE] == 0.0:
        n = t[L.T_END_N] + radius * cos(s[L.S_TURN_ANGLE])
        e = t[L.T_END_E] + radius * sin(s[L.S_TURN_ANGLE])
        go_to(s, p, n, e, t[L.T_END_D])
        dn, de, dd = s[L.S_EPN] - n, s[L.S_EPE] - e, s[L.S_EPD] - t[L.T_END_D]
        if dn * dn + de * de + dd * dd < max(t[L.T_RADIUS] * t[L.T_RADIUS], 0.25):
            s[L.S_PHASE] = 1.0
            s[L.S_TURN_ANGLE] = atan2(s[L.S_EPE] - t[L.T_END_E], s[L.S_EPN] - t[L.T_END_N])
        return
    n, e = s[L.S_RPN] - t[L.T_END_N], s[L.S_RPE] - t[L.T_END_E]
    size = max(sqrt(n * n + e * e), 1e-3)
    rn, re = n / size, e / size
    around = t[L.T_DIRECTION]
    speed = min(p[L.P_SPEED_GROUND], sqrt(p[L.P_ACCEL] * max(radius, 0.0)))
    if t[L.T_CIRCLE_SPEED] > 0.0:
        speed = min(speed, t[L.T_CIRCLE_SPEED])
    speed *= leash(s)
    off = size - radius
    back = -approach(off, 1.6, p[L.P_ACCEL]) if off >= 0.0 else approach(-off, 1.6, p[L.P_ACCEL])
    v = around * (-s[L.S_RVN] * re + s[L.S_RVE] * rn)
    s[L.S_FF_N] = -v * v / size * rn
    s[L.S_FF_E] = -v * v / size * re
    if radius < 0.1:  # a point: turn in place
        s[L.S_FF_N], s[L.S_FF_E] = 0.0, 0.0
        speed = 0.0
    dd = t[L.T_END_D] - s[L.S_RPD]
    rate = approach(abs(dd), 1.0, p[L.P_ACCEL_Z])
    vd = min(rate, p[L.P_SPEED_DOWN]) if dd > 0.0 else -min(rate, p[L.P_SPEED_UP])
    n, e = -around * speed * re + back * rn, around * speed * rn + back * re
    shape_within(s, p, n, e, vd, 2.0 * p[L.P_ACCEL], p[L.P_JERK])
    if radius < 0.1:
        s[L.S_TURN_SUM] += p[L.P_YAW_RATE] * 0.35 * L.TICK / (2.0 * pi)
    else:
        angle = atan2(s[L.S_EPE] - t[L.T_END_E], s[L.S_EPN] - t[L.T_END_N])
        s[L.S_TURN_SUM] += around * wrap(angle - s[L.S_TURN_ANGLE]) / (2.0 * pi)
        s[L.S_TURN_ANGLE] = angle
    if t[L.T_TURNS] >= 0.0 and s[L.S_TURN_SUM] >= t[L.T_TURNS]:
        arrive(s)


@jit
def fly_takeoff(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Climb straight up within the acceleration limit. It has arrived when the reference is as near as the stopping
    distance from a tenth of the climb rate, and slower than that (ArduCopter's `_AutoTakeoff`)."""
    if s[L.S_AIR] == 0.0:
        s[L.S_HELD_D] = s[L.S_RPD]
    if p[L.P_SMOOTH] > 0.0:
        if climb_smoothly(s, p, t):
            arrive(s)
        return
    dd = t[L.T_END_D] - s[L.S_RPD]
    rate = approach(abs(dd), 0.5 * p[L.P_JERK_Z] / p[L.P_ACCEL_Z], 0.5 * p[L.P_ACCEL_Z])
    vd = min(rate, p[L.P_SPEED_DOWN]) if dd > 0.0 else -min(rate, p[L.P_SPEED_UP])
    shape_within(s, p, 0.0, 0.0, vd * leash(s), p[L.P_ACCEL], p[L.P_JERK])
    slow = SLOW_SHARE * p[L.P_SPEED_UP]
    near = 0.5 * slow * slow / p[L.P_ACCEL_Z]
    if s[L.S_AIR] == 1.0 and -dd < near and -s[L.S_RVD] < slow:
        arrive(s)


@jit
def fly_land(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Go to the place at the present height (phase 0), then descend at the landing speeds, or slower (T_VD: upper
    limit, below 0 up), also to a moving place. The reference is at most one metre ahead, so that on the ground the
    thrust decreases but the demand does not run away."""
    if s[L.S_PHASE] == 0.0:
        go_to(s, p, t[L.T_END_N], t[L.T_END_E], s[L.S_HELD_D])
        n, e = s[L.S_EPN] - t[L.T_END_N], s[L.S_EPE] - t[L.T_END_E]
        if n * n + e * e < 1.0 and s[L.S_RVN] * s[L.S_RVN] + s[L.S_RVE] * s[L.S_RVE] < 0.25:
            s[L.S_PHASE] = 1.0
            s[L.S_A_N], s[L.S_A_E] = t[L.T_END_N], t[L.T_END_E]
        return
    high = s[L.S_FLOOR] - s[L.S_EPD] - p[L.P_LAND_ALT_LOW]
    speed = p[L.P_LAND_SPEED]
    if high > 0.0:
        fast = p[L.P_LAND_SPEED_HIGH] if p[L.P_LAND_SPEED_HIGH] > 0.0 else p[L.P_SPEED_DOWN]
        slows = p[L.P_LAND_ALT_HIGH] - p[L.P_LAND_ALT_LOW]
        if slows > 0.0:
            speed += min(high / slows, 1.0) * (fast - speed)
        else:
            speed = max(min(approach(high, LOW_GAIN, p[L.P_ACCEL_Z]), fast), speed)
    if t[L.T_VD] != 0.0:
        speed = min(speed, t[L.T_VD])
    if s[L.S_RPD] - s[L.S_EPD] > 1.0:
        s[L.S_RPD] = s[L.S_EPD] + 1.0
    if t[L.T_HAS_POSITION] == 0.0:
        sink(s, p, speed)
        return
    ahead = 0.001 * (s[L.S_TIME_MS] - s[L.S_TARGET_MS])
    vn = t[L.T_VN] + limit(t[L.T_END_N] + ahead * t[L.T_VN] - s[L.S_RPN], 1.0)
    ve = t[L.T_VE] + limit(t[L.T_END_E] + ahead * t[L.T_VE] - s[L.S_RPE], 1.0)
    shape_within(s, p, vn, ve, speed, p[L.P_STOP_ACCEL], p[L.P_JERK])


@jit
def fly_velocity(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Fly a commanded velocity. A commanded acceleration changes it over time, and a given position or height holds it.
    If it is not renewed in time, the vehicle brakes, or goes to the position, which has moved on with the velocity
    until then. Only a pure velocity target avoids the fence."""
    passed_ms = s[L.S_TIME_MS] - s[L.S_TARGET_MS]
    ahead = 0.001 * min(passed_ms, t[L.T_TIMEOUT_MS])
    an, ae, ad = ahead * t[L.T_AN], ahead * t[L.T_AE], ahead * t[L.T_AD]
    to_n = t[L.T_END_N] + ahead * (t[L.T_VN] + 0.5 * an)
    to_e = t[L.T_END_E] + ahead * (t[L.T_VE] + 0.5 * ae)
    to_d = t[L.T_END_D] + ahead * (t[L.T_VD] + 0.5 * ad)
    if passed_ms > t[L.T_TIMEOUT_MS]:
        if t[L.T_HAS_POSITION] == 1.0:
            go_to(s, p, to_n, to_e, to_d)
        else:
            brake(s, p, t)
        return
    n, e, d = t[L.T_VN], t[L.T_VE], t[L.T_VD]
    if t[L.T_BODY] == 1.0:
        c, sn = cos(s[L.S_RYAW]), sin(s[L.S_RYAW])
        n, e = c * n - sn * e, sn * n + c * e
    n, e, d = n + an, e + ae, d + ad
    if t[L.T_HAS_POSITION] == 1.0:
        n += limit(to_n - s[L.S_RPN], 5.0)
        e += limit(to_e - s[L.S_RPE], 5.0)
        d += limit(to_d - s[L.S_RPD], 2.0)
    size = sqrt(n * n + e * e)
    share = leash(s)
    if size > p[L.P_SPEED_GROUND]:
        share *= p[L.P_SPEED_GROUND] / size
    s[L.S_FF_N], s[L.S_FF_E], s[L.S_FF_D] = t[L.T_AN], t[L.T_AE], t[L.T_AD]
    d = min(max(d, -p[L.P_SPEED_UP]), p[L.P_SPEED_DOWN])
    n, e, accel = n * share, e * share, p[L.P_ACCEL]
    if p[L.P_AVOIDS] == 1.0 and t[L.T_HAS_POSITION] == 0.0:
        kept_n, kept_e = keep_off(p, s[L.S_RPN], s[L.S_RPE], n, e, AVOID_GAIN, accel)
        if kept_n != n or kept_e != e:
            n, e, accel = kept_n, kept_e, avoiding_accel(p, accel)
            s[L.S_FF_N], s[L.S_FF_E] = 0.0, 0.0
        d = -keep_climb(s, p, -d, p[L.P_ACCEL_Z])
    shape_within(s, p, n, e, d, accel, p[L.P_JERK])


@jit
def fly_target(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Fly one tick of the present target in the air or during takeoff: reference, arrival, attitude and collective."""
    kind = t[L.T_KIND]
    if kind == L.KIND_PILOT:
        fly_sticks(s, p, t)
        return
    if kind == L.KIND_ATTITUDE:
        fly_attitude(s, p, t)
        return
    if s[L.S_POS_OK] == 0.0:  # no position: the reference follows the vehicle, the height is still held
        s[L.S_RPN], s[L.S_RPE] = s[L.S_EPN], s[L.S_EPE]
        s[L.S_RVN], s[L.S_RVE], s[L.S_RAN], s[L.S_RAE] = 0.0, 0.0, 0.0, 0.0
        s[L.S_CURVING] = 0.0
    along = 0.0
    if kind == L.KIND_HOLD:
        go_to(s, p, t[L.T_END_N], t[L.T_END_E], t[L.T_END_D])
        n, e, d = s[L.S_EPN] - t[L.T_END_N], s[L.S_EPE] - t[L.T_END_E], s[L.S_EPD] - t[L.T_END_D]
        if n * n + e * e + d * d <= t[L.T_RADIUS] * t[L.T_RADIUS]:
            arrive(s)
    elif kind == L.KIND_LEG:
        hold_back(s, p, t)
        if s[L.S_ARRIVED] == 1.0 and s[L.S_CORNER] > 0.0:  # no new target came: stop at the end
            s[L.S_CORNER] = 0.0
            s[L.S_PHASE] = 2.0
            s[L.S_CURVING] = 0.0
        flown = False
        if s[L.S_PHASE] == 2.0:
            go_to(s, p, t[L.T_END_N], t[L.T_END_E], t[L.T_END_D])
        elif t[L.T_DIRECTLY] == 1.0:
            aim_at_end(s, p, t)
            flown = leg_flown(s, t)
        elif t[L.T_SPLINE] == 1.0:
            flown = fly_spline(s, p, t)
        elif p[L.P_SMOOTH] > 0.0:
            flown = fly_leg_smoothly(s, p, t)
        elif s[L.S_CURVING] == 1.0:
            flown = fly_curve(s, p, t)
        else:
            fly_leg(s, p, t)
            flown = leg_flown(s, t)
        if flown and s[L.S_ARRIVED] == 0.0 and t[L.T_HALTED] == 0.0:
            arrive(s)
    elif kind == L.KIND_CIRCLE:
        fly_circle(s, p, t)
    elif kind == L.KIND_TAKEOFF:
        fly_takeoff(s, p, t)
    elif kind == L.KIND_LAND:
        fly_land(s, p, t)
    elif kind == L.KIND_VELOCITY:
        fly_velocity(s, p, t)
    else:
        brake(s, p, t)
        slow = s[L.S_RVN] * s[L.S_RVN] + s[L.S_RVE] * s[L.S_RVE] + s[L.S_RVD] * s[L.S_RVD] < 0.01
        if (
            kind == L.KIND_BRAKE
            and slow
            and s[L.S_EVN] * s[L.S_EVN] + s[L.S_EVE] * s[L.S_EVE] + s[L.S_EVD] * s[L.S_EVD] < 0.16
        ):
            arrive(s)
    moving = s[L.S_RVN] * s[L.S_RVN] + s[L.S_RVE] * s[L.S_RVE] > 0.64
    if kind == L.KIND_LEG and t[L.T_SPLINE] == 0.0 and t[L.T_DIRECTLY] == 0.0 and s[L.S_PHASE] < 2.0:
        along = s[L.S_LEG_YAW] if s[L.S_PHASE] == 0.0 else s[L.S_NEXT_YAW]
    elif moving:
        along = atan2(s[L.S_RVE], s[L.S_RVN])
    steer(s, p, t, along, moving and kind != L.KIND_TAKEOFF and kind != L.KIND_LAND)
    fly_reference(s, p)


@jit
def wait_on_ground(s: L.Row) -> None:
    """Wait on the ground: reference at the vehicle, integrators empty, level demand with the present heading."""
    rest(s)
    s[L.S_RYAW] = yaw_of(s)
    s[L.S_RYAW_RATE] = 0.0
    s[L.S_KEEP_YAW] = s[L.S_RYAW]
    s[L.S_THRUST] = 0.0
    s[L.S_IRX], s[L.S_IRY], s[L.S_IRZ] = 0.0, 0.0, 0.0
    s[L.S_RATE_MODE] = 0.0
    s[L.S_YAW_FF] = 0.0
    half = 0.5 * s[L.S_RYAW]
    s[L.S_QT0], s[L.S_QT1], s[L.S_QT2], s[L.S_QT3] = cos(half), 0.0, 0.0, sin(half)
