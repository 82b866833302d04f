"""Position and velocity control at 50 Hz: from the moving reference to an attitude and a collective.

Position error -> velocity demand -> acceleration demand (PI with feed-forward of the reference's velocity and
acceleration and of the drag of the estimated airspeed) -> direction and size of thrust.
"""

from __future__ import annotations

from math import sqrt

from autopilot.control.attitude import from_thrust_and_yaw, limit
from autopilot.control.reference import approach
from autopilot.interface import layout as L
from autopilot.interface.marks import jit

#: Vertical speed below which the hover thrust is learned, m/s.
LEARNS_BELOW = 0.6
#: Limits of the collective for holding height, as shares of full thrust.
LEAST_THRUST, MOST_THRUST = 0.02, 0.95
#: Speed below which a reference has no direction, m/s.
SLOW = 1e-3


@jit
def sink_demand(s: L.Row, p: L.Row) -> float:
    """Velocity demand down, m/s."""
    return s[L.S_RVD] + p[L.P_KP_HGT] * limit(s[L.S_RPD] - s[L.S_EPD], 3.0)


@jit
def velocity_demand(s: L.Row, p: L.Row) -> tuple[float, float]:
    """Velocity demand north and east, m/s: proportional to the error near the reference, farther away as fast as can be
    braked (ArduPilot's `AC_P_2D` with its square-root controller)."""
    dn = s[L.S_RPN] - s[L.S_EPN]
    de = s[L.S_RPE] - s[L.S_EPE]
    size = sqrt(dn * dn + de * de)
    if size < 1e-6:
        return s[L.S_RVN], s[L.S_RVE]
    rate = min(approach(size, p[L.P_KP_POS], p[L.P_ACCEL]), p[L.P_SPEED_GROUND]) / size
    return s[L.S_RVN] + rate * dn, s[L.S_RVE] + rate * de


@jit
def control_height(s: L.Row, p: L.Row) -> float:
    """Acceleration demand down, m/s2."""
    error = sink_demand(s, p) - s[L.S_EVD]
    wanted = s[L.S_RAD] + p[L.P_KP_VZ] * error + s[L.S_IVD]
    low = L.GRAVITY * (1.0 - MOST_THRUST / s[L.S_HOVER])  # limit of the motors
    high = 0.85 * L.GRAVITY
    if low < wanted < high:
        s[L.S_IVD] = limit(s[L.S_IVD] + p[L.P_KI_VZ] * error * L.TICK, 4.0)
    return min(max(wanted, low), high)


@jit
def control_horizontal(s: L.Row, p: L.Row) -> tuple[float, float]:
    """Acceleration demand north and east, m/s2, without drag."""
    vn, ve = velocity_demand(s, p)
    en = vn - s[L.S_EVN]
    ee = ve - s[L.S_EVE]
    fn = s[L.S_RAN] + p[L.P_KP_VEL] * en
    fe = s[L.S_RAE] + p[L.P_KP_VEL] * ee
    if p[L.P_KD_VEL] > 0.0:  # by the felt acceleration (PX4's PositionControl::_velocityControl)
        rate = p[L.P_KD_VEL] / L.TICK
        fn -= rate * (s[L.S_ER] * s[L.S_DVX] + s[L.S_ER + 1] * s[L.S_DVY] + s[L.S_ER + 2] * s[L.S_DVZ])
        fe -= rate * (s[L.S_ER + 3] * s[L.S_DVX] + s[L.S_ER + 4] * s[L.S_DVY] + s[L.S_ER + 5] * s[L.S_DVZ])
    if s[L.S_AIR] == 1.0:
        integrate(s, p, en, ee, fn + s[L.S_IVN], fe + s[L.S_IVE])
    return fn + s[L.S_IVN], fe + s[L.S_IVE]


@jit
def integrate(s: L.Row, p: L.Row, en: float, ee: float, fn: float, fe: float) -> None:
    """Integrate the velocity errors, up to the acceleration of a full lean. While the demand (fn, fe) has full lean,
    the integral may turn but not grow in its direction (ArduPilot's `AC_PID_2D::update_i`)."""
    n, e = s[L.S_IVN], s[L.S_IVE]
    most = L.GRAVITY * p[L.P_LEAN_MAX]
    if s[L.S_LEAN_FULL] == 1.0 and en * fn + ee * fe > 0.0:
        most = min(sqrt(n * n + e * e), most)
    n += p[L.P_KI_VEL] * en * L.TICK
    e += p[L.P_KI_VEL] * ee * L.TICK
    size = sqrt(n * n + e * e)
    share = most / size if size > most else 1.0
    s[L.S_IVN], s[L.S_IVE] = share * n, share * e


@jit
def within_lean(s: L.Row, fn: float, fe: float, most: float) -> tuple[float, float]:
    """Limit a demand to `most` m/s2, first along the way. So a vehicle stays on its line when it has no lean left for
    its speed (ArduPilot's `limit_accel_xy`)."""
    vn, ve = s[L.S_RVN], s[L.S_RVE]
    speed = sqrt(vn * vn + ve * ve)
    if speed < SLOW:
        share = most / sqrt(fn * fn + fe * fe)
        return share * fn, share * fe
    un, ue = vn / speed, ve / speed
    across = limit(fe * un - fn * ue, most)
    along = limit(fn * un + fe * ue, sqrt(max(most * most - across * across, 0.0)))
    return along * un - across * ue, along * ue + across * un


@jit
def drag_feed(s: L.Row, p: L.Row) -> tuple[float, float]:
    """Acceleration that balances the drag of the reference's motion in the estimated wind, m/s2."""
    an = s[L.S_RVN] - s[L.S_WEN]
    ae = s[L.S_RVE] - s[L.S_WEE]
    k = p[L.P_DRAG_1] + p[L.P_DRAG_2] * sqrt(an * an + ae * ae)
    return k * an, k * ae


@jit
def set_thrust(s: L.Row, p: L.Row, down: float, tilt_cos: float) -> None:
    """Set the collective for an acceleration demand `down` m/s2 from the learned hover thrust; more when leaning."""
    lift = (L.GRAVITY - down) / max(tilt_cos, 0.5)
    s[L.S_THRUST] = min(max(s[L.S_HOVER] * lift / L.GRAVITY, LEAST_THRUST), MOST_THRUST)


@jit
def fly_reference(s: L.Row, p: L.Row) -> None:
    """Set attitude and collective that follow the reference. Without a position: level, height only."""
    down = control_height(s, p)
    fn = 0.0
    fe = 0.0
    if s[L.S_POS_OK] == 1.0:
        fn, fe = control_horizontal(s, p)
        if s[L.S_AIR] == 1.0:
            gn, ge = drag_feed(s, p)
            fn += gn
            fe += ge
        else:
            fn *= 0.3
            fe *= 0.3
    up = max(L.GRAVITY - down, 0.5 * L.GRAVITY)
    most = up * p[L.P_LEAN_MAX]
    size = sqrt(fn * fn + fe * fe)
    s[L.S_LEAN_FULL] = 0.0
    if size > most:
        fn, fe = within_lean(s, fn, fe, most)
        s[L.S_LEAN_FULL] = 1.0
    q0, q1, q2, q3 = from_thrust_and_yaw(fn, fe, -up, s[L.S_RYAW])
    s[L.S_QT0] = q0
    s[L.S_QT1] = q1
    s[L.S_QT2] = q2
    s[L.S_QT3] = q3
    s[L.S_RATE_MODE] = 0.0
    s[L.S_YAW_FF] = s[L.S_RYAW_RATE]
    set_thrust(s, p, down, s[L.S_ER + 8])


@jit
def learn_hover(s: L.Row) -> None:
    """Learn the hover thrust from the felt force (sag, load, worn blades) while the vehicle neither climbs nor sinks,
    because air drag also acts then. As ArduCopter's update_throttle_hover."""
    felt = -s[L.S_DVZ] / L.TICK
    if abs(s[L.S_EVD]) < LEARNS_BELOW and s[L.S_THRUST] > 0.15 and felt > 3.0 and s[L.S_ER + 8] > 0.8:
        s[L.S_HOVER] += (L.TICK / 3.0) * (s[L.S_THRUST] * L.GRAVITY / felt - s[L.S_HOVER])
        s[L.S_HOVER] = min(max(s[L.S_HOVER], 0.1), 0.85)
