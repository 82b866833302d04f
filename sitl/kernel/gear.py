"""A plane on the ground: wheels, launch by a throw, and crashes."""

from __future__ import annotations

from math import sqrt
from typing import Any

from autopilot.control.attitude import limit
from autopilot.control.watch import stop
from autopilot.interface import layout as L
from autopilot.interface.marks import inline, jit
from sitl.kernel import layout as M
from sitl.kernel.imu import Vector
from sitl.kernel.rotorcraft import stop_body

#: Wheels, as shares of the weight: resistance to rolling, brakes of a disarmed plane, sideways grip.
ROLLING, PARKED, GRIP = 0.03, 0.6, 0.8
#: Rolling resistance that grows with the speed, 1/s (SIM_Plane has 0.3 and no other).
ROLLING_RATE = 0.3
#: Pulse of an output above which it releases a catapult, us (SIM_Plane.cpp).
RELEASES = 1700.0
#: The turning rate that the nose wheel commands, 1/s; the largest torque of standing tyres, N m.
STEERING, TYRES = 6.0, 3.0
#: Limits of the undercarriage: sink rate m/s, and attitude: cosine of the tilt, sine of the nose-down angle.
DROPS_MPS, TILTS_COS, NOSE_DOWN = 6.0, 0.5, 0.45
#: Speed below which a plane lies on the ground and does not strike it, in whatever attitude, m/s.
LIES_MPS = 1.0


@inline
def roll_on(
    p: L.Row,
    dt: float,
    deep: float,
    v: Vector,
    w: Vector,
    r: Any,
    force: Vector,
    torque: Vector,
    steer: float,
    parked: bool,
) -> tuple[Vector, Vector]:
    """Add the wheels, `deep` m deep in the ground, to the specific force and the torque (body)."""
    vn, ve, vd = v
    wx, wy, wz = w
    r00, r01, r02, r10, r11, r12, r20, r21, r22 = r
    fx, fy, fz = force
    tx, ty, tz = torque
    press = max(p[M.P_STIFF] * deep + p[M.P_DAMP] * vd, 0.0)
    per_mass = 1.0 / p[M.P_MASS]
    push = press * per_mass
    ahead_n, ahead_e = r00, r10
    size = sqrt(ahead_n * ahead_n + ahead_e * ahead_e)
    if size < 0.1:
        size = 1.0
    ahead_n, ahead_e = ahead_n / size, ahead_e / size
    along, aside = vn * ahead_n + ve * ahead_e, ve * ahead_n - vn * ahead_e
    brake = (PARKED if parked else ROLLING) * push + ROLLING_RATE * abs(along)
    brake = limit(along / dt, brake)
    grip = limit(aside / dt, GRIP * push)
    kn, ke = -brake * ahead_n + grip * ahead_e, -brake * ahead_e - grip * ahead_n
    fx += r00 * kn + r10 * ke - r20 * push
    fy += r01 * kn + r11 * ke - r21 * push
    fz += r02 * kn + r12 * ke - r22 * push
    firm = min(push, 3.0 * L.GRAVITY) / L.GRAVITY
    tx -= firm * p[M.P_GEAR_ROLL] * (r21 + 0.3 * wx)
    if r20 > 0.0:
        ty += firm * p[M.P_GEAR_ROLL] * r20
    else:
        ty -= firm * 0.02 * p[M.P_MASS] * L.GRAVITY
    ty -= firm * 0.1 * p[M.P_GEAR_ROLL] * wy
    want = p[M.P_GEAR_STEER] * steer * along
    tz -= limit(tz + STEERING * (wz - want), TYRES * firm * p[M.P_GEAR_TURN])
    return (fx, fy, fz), (tx, ty, tz)


@jit
def throw_now(s: L.Row, p: L.Row, throttle: float) -> float:
    """Forward acceleration of a throw, m/s2. It lasts `P_LAUNCH_TIME` s from the time when the throttle rises on the
    ground, or an output's pulse. A third of it also acts upwards."""
    if p[M.P_LAUNCH] <= 0.0:
        return 0.0
    output = int(p[M.P_LAUNCH_BY])
    if p[M.P_SERVO_5 + output - 5] <= RELEASES if output > 0 else s[L.S_AIR] == 0.0 and throttle < 0.5:
        s[M.S_LAUNCH_S] = 0.0
        return 0.0
    s[M.S_LAUNCH_S] += L.TICK
    return p[M.P_LAUNCH] if s[M.S_LAUNCH_S] <= p[M.P_LAUNCH_TIME] else 0.0


@jit
def strike_plane(s: L.Row, p: L.Row) -> None:
    """Crash a plane that touches the ground too fast, or moves on it inverted, on a wing or on its nose, where no wheel
    rolls. It then lies still."""
    if s[M.S_CONTACT] == 0.0:
        return
    drops = s[L.S_AIR] == 1.0 and s[M.S_TOUCHDOWN] >= DROPS_MPS
    moves = s[M.S_VN] * s[M.S_VN] + s[M.S_VE] * s[M.S_VE] + s[M.S_VD] * s[M.S_VD]
    if not drops and moves < LIES_MPS * LIES_MPS:
        return
    q1, q2 = s[M.S_Q1], s[M.S_Q2]
    upright = 1.0 - 2.0 * (q1 * q1 + q2 * q2)
    nose_down = 2.0 * (q1 * s[M.S_Q3] - s[M.S_Q0] * q2)
    if not drops and upright > TILTS_COS and nose_down < NOSE_DOWN:
        return
    if s[L.S_ARMED] == 1.0:
        stop(s)
        s[L.S_THROTTLE] = 0.0
        s[L.S_EVENTS] += L.EV_CRASHED
    stop_body(s, p)
    s[M.S_CONTACT] = 0.0  # the contact begins anew, with another speed of the touch
