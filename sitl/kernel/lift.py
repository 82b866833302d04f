"""Lift motors of a plane: the copter's attitude control and rotors at 400 Hz, and what they add to the report."""

from __future__ import annotations

from math import sqrt

from autopilot.control.attitude import attitude_error, limit, mix
from autopilot.interface import layout as L
from autopilot.interface import report as R
from autopilot.interface.marks import inline, jit
from autopilot.mav import VtolState
from sitl.kernel import layout as M
from sitl.kernel.copter import INTEGRAL_MAX, YAW_INTEGRAL_MAX
from sitl.kernel.imu import Quaternion, Vector

VTOL_SPEEDING, VTOL_SLOWING = int(VtolState.TRANSITION_TO_FW), int(VtolState.TRANSITION_TO_MC)
VTOL_HOVER, VTOL_WINGS = int(VtolState.MC), int(VtolState.FW)


@inline
def hold_attitude(
    s: L.Row, p: L.Row, dt: float, e: Quaternion, gyro: Vector, ix: float, iy: float, iz: float
) -> tuple[float, float, float, float, float, float, float]:
    """Rotor speeds for the demanded attitude, and the rate integrators: the copter's laws (`sitl.kernel.copter`)."""
    x, y, z = attitude_error(e[0], e[1], e[2], e[3], s[L.S_QT0], s[L.S_QT1], s[L.S_QT2], s[L.S_QT3])
    most = p[L.P_RATE_MAX]
    bx = limit(p[L.P_KP_ATT] * x, most) - gyro[0] + s[L.S_BGX]
    by = limit(p[L.P_KP_ATT] * y, most) - gyro[1] + s[L.S_BGY]
    bz = limit(p[L.P_KP_YAW] * z + s[L.S_YAW_FF], 0.5 * most) - gyro[2] + s[L.S_BGZ]
    ix = limit(ix + p[L.P_KI_RATE] * bx * dt, INTEGRAL_MAX)
    iy = limit(iy + p[L.P_KI_RATE] * by * dt, INTEGRAL_MAX)
    iz = limit(iz + p[L.P_KI_YRATE] * bz * dt, YAW_INTEGRAL_MAX)
    u1, u2, u3, u4 = mix(
        s[L.S_THRUST],
        p[L.P_MIX_X] * (p[L.P_KP_RATE] * bx + ix),
        p[L.P_MIX_Y] * (p[L.P_KP_RATE] * by + iy),
        p[L.P_MIX_Z] * (p[L.P_KP_YRATE] * bz + iz),
    )
    return sqrt(u1), sqrt(u2), sqrt(u3), sqrt(u4), ix, iy, iz


@inline
def lift_by_rotors(
    p: L.Row, full: float, m: Quaternion, flow: tuple[float, float], force: Vector, torque: Vector
) -> tuple[Vector, Vector]:
    """Specific force and torque (body) with those of the lift motors at speeds `m`; they drag in a `flow` across."""
    m1, m2, m3, m4 = m
    lift_1, lift_2 = full * p[M.P_LOSS_1] * m1 * m1, full * p[M.P_LOSS_2] * m2 * m2
    lift_3, lift_4 = full * p[M.P_LOSS_3] * m3 * m3, full * p[M.P_LOSS_4] * m4 * m4
    drag = 0.25 * p[M.P_ROTOR_DRAG] * (m1 + m2 + m3 + m4)
    fx, fy, fz = force
    tx, ty, tz = torque
    fz -= (lift_1 + lift_2 + lift_3 + lift_4) / p[M.P_MASS]
    tx += p[M.P_ARM_Y] * (lift_2 + lift_3 - lift_1 - lift_4)
    ty += p[M.P_ARM_X] * (lift_1 + lift_3 - lift_2 - lift_4)
    tz += p[M.P_YAW_ARM] * (lift_1 + lift_2 - lift_3 - lift_4)
    return (fx - drag * flow[0], fy - drag * flow[1], fz), (tx, ty, tz)


@jit
def fill_lift(s: L.Row, r: L.Row) -> None:
    """What lift motors add: MAV_VTOL_STATE, their outputs, the collective where they carry."""
    state = s[L.S_LIFTING]
    r[R.VTOL_STATE] = VTOL_WINGS
    if state == L.LIFT_HOVER:
        r[R.VTOL_STATE] = VTOL_HOVER
        r[R.THROTTLE] = s[L.S_THRUST] if s[L.S_SPIN] == 2.0 else 0.0
        r[R.ALT_ERROR] = s[L.S_EPD] - s[L.S_RPD]
    elif state == L.LIFT_BRAKING:
        r[R.VTOL_STATE] = VTOL_SLOWING
    elif state != L.LIFT_NONE:
        r[R.VTOL_STATE] = VTOL_SPEEDING
    for i in range(4):
        r[R.SERVO_1 + 4 + i] = 1000.0 + 1000.0 * s[M.S_C1 + i]
