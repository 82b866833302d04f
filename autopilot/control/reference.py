"""The moving reference: a point with velocity and acceleration that the vehicle is made to follow.

Guidance only says how fast the reference should move *where it is now* (a velocity field of the target); `shape` then
moves it with limited acceleration and jerk. The reference therefore has no history but its own state: a target may
change at any instant and the point goes on from where it is, without a jump in position, velocity or acceleration.
"""

from __future__ import annotations

from math import sqrt

from autopilot.control import layout as L
from autopilot.control.jit import jit

#: Gain of the velocity shaping, 1/s.
SHAPE = 4.0


@jit
def approach(error: float, gain: float, limit: float) -> float:
    """Rate that brings `error` (>= 0) to zero: proportional near zero, square root farther out, so that its own rate of
    change stays within `limit`."""
    near = limit / (gain * gain)
    if error <= near:
        return gain * error
    return sqrt(2.0 * limit * (error - 0.5 * near))


@jit
def shape(s: L.Row, n: float, e: float, d: float, accel: float, accel_z: float, jerk: float, jerk_z: float) -> None:
    """Move the reference one tick towards the velocity (n, e, d) m/s; FF_* is the acceleration that the field expects
    along its own flow. Limits in m/s2 and m/s3, horizontal and vertical apart."""
    t = L.TICK
    dn = n - s[L.RVN]
    de = e - s[L.RVE]
    size = sqrt(dn * dn + de * de)
    an = s[L.FF_N]
    ae = s[L.FF_E]
    if size > 1e-9:
        rate = approach(size, SHAPE, jerk) / size
        an += rate * dn
        ae += rate * de
    size = sqrt(an * an + ae * ae)
    if size > accel:
        an *= accel / size
        ae *= accel / size
    jn = an - s[L.RAN]
    je = ae - s[L.RAE]
    size = sqrt(jn * jn + je * je)
    if size > jerk * t:
        jn *= jerk * t / size
        je *= jerk * t / size
    dd = d - s[L.RVD]
    ad = s[L.FF_D] + (approach(dd, SHAPE, jerk_z) if dd >= 0.0 else -approach(-dd, SHAPE, jerk_z))
    ad = min(max(ad, -accel_z), accel_z)
    jd = min(max(ad - s[L.RAD], -jerk_z * t), jerk_z * t)
    s[L.RAN] += jn
    s[L.RAE] += je
    s[L.RAD] += jd
    s[L.RPN] += t * (s[L.RVN] + 0.5 * t * s[L.RAN])
    s[L.RPE] += t * (s[L.RVE] + 0.5 * t * s[L.RAE])
    s[L.RPD] += t * (s[L.RVD] + 0.5 * t * s[L.RAD])
    s[L.RVN] += t * s[L.RAN]
    s[L.RVE] += t * s[L.RAE]
    s[L.RVD] += t * s[L.RAD]
    s[L.FF_N] = 0.0
    s[L.FF_E] = 0.0
    s[L.FF_D] = 0.0


@jit
def follow_vehicle(s: L.Row) -> None:
    """Carry the reference with the vehicle (its estimate): on the ground, and while sticks or angles are flown."""
    s[L.RPN] = s[L.EPN]
    s[L.RPE] = s[L.EPE]
    s[L.RPD] = s[L.EPD]
    s[L.RVN] = s[L.EVN]
    s[L.RVE] = s[L.EVE]
    s[L.RVD] = s[L.EVD]
    s[L.RAN] = 0.0
    s[L.RAE] = 0.0
    s[L.RAD] = 0.0


@jit
def rest(s: L.Row) -> None:
    """Reference at the vehicle, at rest; integrators empty."""
    follow_vehicle(s)
    s[L.RVN] = 0.0
    s[L.RVE] = 0.0
    s[L.RVD] = 0.0
    s[L.IVN] = 0.0
    s[L.IVE] = 0.0
    s[L.IVD] = 0.0


@jit
def leash(s: L.Row) -> float:
    """Share of the wanted speed while the vehicle lags behind the reference (strong wind, full lean): 1 near, 0 far."""
    n = s[L.RPN] - s[L.EPN]
    e = s[L.RPE] - s[L.EPE]
    d = s[L.RPD] - s[L.EPD]
    lag = sqrt(n * n + e * e + d * d)
    return min(max((5.0 - lag) / 2.5, 0.0), 1.0)
