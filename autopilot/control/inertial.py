"""Inertial navigation of one tick and the error-state filter's covariances, without measurements.

See `autopilot.control.estimator` for the theory and the source.
"""

from __future__ import annotations

from math import sqrt

from autopilot.interface import layout as L
from autopilot.interface.marks import jit
from autopilot.interface.mathematics import atan2, cos, sin

#: Process noise per second: velocity (m/s)2, tilt (m/s2)2, drift (m/s3)2.
Q_V, Q_A, Q_B = 0.02, 2e-4, 2e-7
Q_VZ, Q_BZ = 0.05, 1e-5
Q_YAW, Q_YB = 2e-5, 1e-8


@jit
def rotation(s: L.Row) -> None:
    """Update the rotation matrix of the estimate."""
    a, b, c, d = s[L.S_EQ0], s[L.S_EQ1], s[L.S_EQ2], s[L.S_EQ3]
    s[L.S_ER] = 1.0 - 2.0 * (c * c + d * d)
    s[L.S_ER + 1] = 2.0 * (b * c - a * d)
    s[L.S_ER + 2] = 2.0 * (b * d + a * c)
    s[L.S_ER + 3] = 2.0 * (b * c + a * d)
    s[L.S_ER + 4] = 1.0 - 2.0 * (b * b + d * d)
    s[L.S_ER + 5] = 2.0 * (c * d - a * b)
    s[L.S_ER + 6] = 2.0 * (b * d - a * c)
    s[L.S_ER + 7] = 2.0 * (c * d + a * b)
    s[L.S_ER + 8] = 1.0 - 2.0 * (b * b + c * c)


@jit
def align(s: L.Row, p: L.Row, fx: float, fy: float, fz: float, mx: float, my: float, mz: float) -> None:
    """Set the attitude from one specific force and one magnetic sample at rest, and covariances that fit its
    accuracy."""
    roll = atan2(-fy, -fz)
    pitch = atan2(fx, sqrt(fy * fy + fz * fz))
    cr, sr, cp, sp = cos(roll), sin(roll), cos(pitch), sin(pitch)
    level_x = mx * cp + (my * sr + mz * cr) * sp
    level_y = my * cr - mz * sr
    yaw = p[L.P_DECLINATION] - atan2(level_y, level_x)
    ch, sh = cos(0.5 * yaw), sin(0.5 * yaw)
    cr, sr, cp, sp = cos(0.5 * roll), sin(0.5 * roll), cos(0.5 * pitch), sin(0.5 * pitch)
    s[L.S_EQ0] = cr * cp * ch + sr * sp * sh
    s[L.S_EQ1] = sr * cp * ch - cr * sp * sh
    s[L.S_EQ2] = cr * sp * ch + sr * cp * sh
    s[L.S_EQ3] = cr * cp * sh - sr * sp * ch
    reset_horizontal(s, 9.0, 1.0)
    for i in range(6):
        s[L.S_COV_V + i] = 0.0
    s[L.S_COV_V] = 1.0
    s[L.S_COV_V + 3] = 0.1
    s[L.S_COV_V + 5] = 0.01
    s[L.S_COV_Y] = 0.01
    s[L.S_COV_Y + 1] = 0.0
    s[L.S_COV_Y + 2] = 1e-5
    rotation(s)


@jit
def reset_horizontal(s: L.Row, position: float, velocity: float) -> None:
    """Reset horizontal position and velocity to these variances, m2, (m/s)2; the tilt stays."""
    tilt = s[L.S_COV_H + 7]
    drift = s[L.S_COV_H + 9]
    for i in range(10):
        s[L.S_COV_H + i] = 0.0
    s[L.S_COV_H] = position
    s[L.S_COV_H + 4] = velocity
    s[L.S_COV_H + 7] = tilt if 0.0 < tilt < 0.04 else 0.04
    s[L.S_COV_H + 9] = drift if 0.0 < drift < 2e-3 else 2e-3


@jit
def predict(s: L.Row) -> None:
    """Advance inertial navigation by a tick, with the summed specific force, and all covariances."""
    t = L.TICK
    a, b, c, d = s[L.S_EM0], s[L.S_EM1], s[L.S_EM2], s[L.S_EM3]
    x, y, z = s[L.S_DVX], s[L.S_DVY], s[L.S_DVZ]
    dn = (1.0 - 2.0 * (c * c + d * d)) * x + 2.0 * (b * c - a * d) * y + 2.0 * (b * d + a * c) * z
    de = 2.0 * (b * c + a * d) * x + (1.0 - 2.0 * (b * b + d * d)) * y + 2.0 * (c * d - a * b) * z
    dd = 2.0 * (b * d - a * c) * x + 2.0 * (c * d + a * b) * y + (1.0 - 2.0 * (b * b + c * c)) * z
    dd += (L.GRAVITY + s[L.S_BAZ]) * t
    if s[L.S_IMU_OK] == 0.0:  # a dead sensor reads zero like in free fall: assume no acceleration
        dn, de, dd = 0.0, 0.0, 0.0
    s[L.S_EPN] += (s[L.S_EVN] + 0.5 * dn) * t
    s[L.S_EPE] += (s[L.S_EVE] + 0.5 * de) * t
    s[L.S_EPD] += (s[L.S_EVD] + 0.5 * dd) * t
    s[L.S_EVN] += dn
    s[L.S_EVE] += de
    s[L.S_EVD] += dd
    s[L.S_AEN] = dn / t
    s[L.S_AEE] = de / t
    s[L.S_AED] = dd / t
    pp, pv, pa, pb = s[L.S_COV_H], s[L.S_COV_H + 1], s[L.S_COV_H + 2], s[L.S_COV_H + 3]
    vv, va, vb = s[L.S_COV_H + 4], s[L.S_COV_H + 5], s[L.S_COV_H + 6]
    aa, ab, bb = s[L.S_COV_H + 7], s[L.S_COV_H + 8], s[L.S_COV_H + 9]
    s[L.S_COV_H] = pp + t * (2.0 * pv + t * vv)
    s[L.S_COV_H + 1] = pv + t * (pa + vv + t * va)
    s[L.S_COV_H + 2] = pa + t * (pb + va + t * vb)
    s[L.S_COV_H + 3] = pb + t * vb
    s[L.S_COV_H + 4] = vv + t * (2.0 * va + t * aa + Q_V)
    s[L.S_COV_H + 5] = va + t * (vb + aa + t * ab)
    s[L.S_COV_H + 6] = vb + t * ab
    s[L.S_COV_H + 7] = aa + t * (2.0 * ab + t * bb + Q_A)
    s[L.S_COV_H + 8] = ab + t * bb
    s[L.S_COV_H + 9] = bb + t * Q_B
    pp, pv, pb, vv, vb, bb = (
        s[L.S_COV_V],
        s[L.S_COV_V + 1],
        s[L.S_COV_V + 2],
        s[L.S_COV_V + 3],
        s[L.S_COV_V + 4],
        s[L.S_COV_V + 5],
    )
    s[L.S_COV_V] = pp + t * (2.0 * pv + t * vv)
    s[L.S_COV_V + 1] = pv + t * (pb + vv + t * vb)
    s[L.S_COV_V + 2] = pb + t * vb
    s[L.S_COV_V + 3] = vv + t * (2.0 * vb + t * bb + Q_VZ)
    s[L.S_COV_V + 4] = vb + t * bb
    s[L.S_COV_V + 5] = bb + t * Q_BZ
    s[L.S_COV_Y] += t * (2.0 * s[L.S_COV_Y + 1] + t * s[L.S_COV_Y + 2] + Q_YAW)
    s[L.S_COV_Y + 1] += t * s[L.S_COV_Y + 2]
    s[L.S_COV_Y + 2] += t * Q_YB


@jit
def turn(s: L.Row, n: float, e: float, d: float) -> None:
    """Turn the attitude estimate by a small rotation vector in NED, rad."""
    a, b, c, q = s[L.S_EQ0], s[L.S_EQ1], s[L.S_EQ2], s[L.S_EQ3]
    n *= 0.5
    e *= 0.5
    d *= 0.5
    s[L.S_EQ0] = a - n * b - e * c - d * q
    s[L.S_EQ1] = b + n * a + e * q - d * c
    s[L.S_EQ2] = c + e * a + d * b - n * q
    s[L.S_EQ3] = q + d * a + n * c - e * b


@jit
def shift_bias(s: L.Row, n: float, e: float, d: float) -> None:
    """Correct the gyro biases for an estimate that drifts by (n, e, d) rad/s in NED too little."""
    s[L.S_BGX] -= s[L.S_ER] * n + s[L.S_ER + 3] * e + s[L.S_ER + 6] * d
    s[L.S_BGY] -= s[L.S_ER + 1] * n + s[L.S_ER + 4] * e + s[L.S_ER + 7] * d
    s[L.S_BGZ] -= s[L.S_ER + 2] * n + s[L.S_ER + 5] * e + s[L.S_ER + 8] * d


@jit
def tilt(s: L.Row, an: float, ae: float, bn: float, be: float) -> None:
    """Convert an acceleration error (m/s2) and its drift (m/s3) into the tilt and gyro bias that cause it, and correct
    them."""
    g = L.GRAVITY
    turn(s, ae / g, -an / g, 0.0)
    shift_bias(s, be / g, -bn / g, 0.0)


@jit
def gain_horizontal(s: L.Row, i: int, noise: float) -> tuple[float, float, float, float]:
    """Kalman gains of a measurement of position (i = 0) or velocity (i = 1) with variance `noise`."""
    h = L.S_COV_H
    pp, pv, pa, pb = s[h], s[h + 1], s[h + 2], s[h + 3]
    vv, va, vb = s[h + 4], s[h + 5], s[h + 6]
    if i == 0:
        c0, c1, c2, c3 = pp, pv, pa, pb
    else:
        c0, c1, c2, c3 = pv, vv, va, vb
    inv = 1.0 / ((pp if i == 0 else vv) + noise)
    k0, k1, k2, k3 = c0 * inv, c1 * inv, c2 * inv, c3 * inv
    s[h] -= k0 * c0
    s[h + 1] -= k0 * c1
    s[h + 2] -= k0 * c2
    s[h + 3] -= k0 * c3
    s[h + 4] -= k1 * c1
    s[h + 5] -= k1 * c2
    s[h + 6] -= k1 * c3
    s[h + 7] -= k2 * c2
    s[h + 8] -= k2 * c3
    s[h + 9] -= k3 * c3
    return k0, k1, k2, k3


@jit
def correct_vertical(s: L.Row, i: int, innovation: float, noise: float) -> None:
    """Correct by a measurement of down (i = 0) or velocity down (i = 1)."""
    v = L.S_COV_V
    pp, pv, pb, vv, vb = s[v], s[v + 1], s[v + 2], s[v + 3], s[v + 4]
    if i == 0:
        c0, c1, c2 = pp, pv, pb
    else:
        c0, c1, c2 = pv, vv, vb
    inv = 1.0 / ((pp if i == 0 else vv) + noise)
    k0, k1, k2 = c0 * inv, c1 * inv, c2 * inv
    s[v] -= k0 * c0
    s[v + 1] -= k0 * c1
    s[v + 2] -= k0 * c2
    s[v + 3] -= k1 * c1
    s[v + 4] -= k1 * c2
    s[v + 5] -= k2 * c2
    s[L.S_EPD] += k0 * innovation
    s[L.S_EVD] += k1 * innovation
    s[L.S_BAZ] += k2 * innovation
