"""The moving reference: a point with velocity and acceleration that the vehicle follows.

Guidance only sets how fast the reference should move *at its present place* (a velocity field of the target). `shape`
then moves it with limited acceleration and jerk. So the reference has no history except its own state: a target may
change at any time, and the point continues without a jump in position, velocity or acceleration.
"""

from __future__ import annotations

from math import sqrt

from autopilot.interface import layout as L
from autopilot.interface.marks import jit

#: Gain of the velocity shaping, 1/s.
SHAPE = 4.0
#: Gain of the extra vertical deceleration above the allowed speed, per ratio of speed to limit:
#: AC_PosControl::calculate_overspeed_gain with its POSCONTROL_OVERSPEED_GAIN_Z.
OVERSPEED_GAIN = 2.0


@jit
def approach(error: float, gain: float, limit: float) -> float:
    """Rate that brings `error` (>= 0) to zero: proportional near zero, square root farther out, so that its own rate of
    change stays within `limit`. With a limit or gain of 0 or less, by the other alone (ArduPilot's sqrt_controller)."""
    if limit <= 0.0:
        return gain * error
    square = gain * gain
    if gain <= 0.0 or square == 0.0:
        return sqrt(2.0 * limit * error)
    near = limit / square
    if error <= near:
        return gain * error
    return sqrt(2.0 * limit * (error - 0.5 * near))


@jit
def overspeed_gain(down: float, most_up: float, most_down: float) -> float:
    """Factor on the limits of vertical acceleration and jerk, at `down` m/s: 1 within the allowed speeds. Without it, a
    mode that begins during a fast climb would continue to climb for tens of metres."""
    if down > most_down and most_down > 0.0:
        return OVERSPEED_GAIN * down / most_down
    if -down > most_up and most_up > 0.0:
        return -OVERSPEED_GAIN * down / most_up
    return 1.0


@jit
def shape(s: L.Row, n: float, e: float, d: float, accel: float, accel_z: float, jerk: float, jerk_z: float) -> None:
    """Move the reference one tick towards the velocity (n, e, d) m/s. Limits in m/s2 and m/s3, horizontal and vertical
    separate."""
    move(s, n, e, d, accel, accel_z, jerk, jerk_z, SHAPE, SHAPE, L.TICK)


@jit
def move(
    s: L.Row,
    n: float,
    e: float,
    d: float,
    accel: float,
    accel_z: float,
    jerk: float,
    jerk_z: float,
    gain: float,
    gain_z: float,
    t: float,
) -> None:
    """Do as `shape` with other gains, for `t` s. FF_* is the acceleration that the field expects along its own flow."""
    dn = n - s[L.S_RVN]
    de = e - s[L.S_RVE]
    size = sqrt(dn * dn + de * de)
    an = s[L.S_FF_N]
    ae = s[L.S_FF_E]
    if size > 1e-9:
        rate = approach(size, gain, jerk) / size
        an += rate * dn
        ae += rate * de
    size = sqrt(an * an + ae * ae)
    if size > accel:
        an *= accel / size
        ae *= accel / size
    jn = an - s[L.S_RAN]
    je = ae - s[L.S_RAE]
    size = sqrt(jn * jn + je * je)
    if size > jerk * t:
        jn *= jerk * t / size
        je *= jerk * t / size
    dd = d - s[L.S_RVD]
    ad = s[L.S_FF_D] + (approach(dd, gain_z, jerk_z) if dd >= 0.0 else -approach(-dd, gain_z, jerk_z))
    ad = min(max(ad, -accel_z), accel_z)
    jd = min(max(ad - s[L.S_RAD], -jerk_z * t), jerk_z * t)
    s[L.S_RAN] += jn
    s[L.S_RAE] += je
    s[L.S_RAD] += jd
    s[L.S_RPN] += t * (s[L.S_RVN] + 0.5 * t * s[L.S_RAN])
    s[L.S_RPE] += t * (s[L.S_RVE] + 0.5 * t * s[L.S_RAE])
    s[L.S_RPD] += t * (s[L.S_RVD] + 0.5 * t * s[L.S_RAD])
    s[L.S_RVN] += t * s[L.S_RAN]
    s[L.S_RVE] += t * s[L.S_RAE]
    s[L.S_RVD] += t * s[L.S_RAD]
    s[L.S_FF_N] = 0.0
    s[L.S_FF_E] = 0.0
    s[L.S_FF_D] = 0.0


@jit
def shape_within(s: L.Row, p: L.Row, n: float, e: float, d: float, accel: float, jerk: float) -> None:
    """Do as `shape` with guidance's vertical limits, which grow above its speeds."""
    gain = overspeed_gain(s[L.S_RVD], p[L.P_SPEED_UP], p[L.P_SPEED_DOWN])
    shape(s, n, e, d, accel, gain * p[L.P_ACCEL_Z], jerk, gain * p[L.P_JERK_Z])


@jit
def stop(s: L.Row, p: L.Row, hard: bool) -> None:
    """Bring the reference to rest by the settings of stops, with vertical limits that grow above guidance's speeds."""
    gain = overspeed_gain(s[L.S_RVD], p[L.P_SPEED_UP], p[L.P_SPEED_DOWN])
    i = L.P_HARD_STOP - L.P_STOP_ACCEL if hard else 0
    accel, accel_z = p[L.P_STOP_ACCEL + i], gain * p[L.P_STOP_ACCEL_Z + i]
    jerk, jerk_z = p[L.P_STOP_JERK + i], gain * p[L.P_STOP_JERK_Z + i]
    move(s, 0.0, 0.0, 0.0, accel, accel_z, jerk, jerk_z, p[L.P_STOP_GAIN + i], p[L.P_STOP_GAIN_Z + i], L.TICK)


@jit
def sink(s: L.Row, p: L.Row, down: float) -> None:
    """Bring the reference to rest horizontally as `stop`, and to `down` m/s as `shape_within`."""
    gain = overspeed_gain(s[L.S_RVD], p[L.P_SPEED_UP], p[L.P_SPEED_DOWN])
    accel, jerk, slowing = p[L.P_STOP_ACCEL], p[L.P_STOP_JERK], p[L.P_STOP_GAIN]
    move(s, 0.0, 0.0, down, accel, gain * p[L.P_ACCEL_Z], jerk, gain * p[L.P_JERK_Z], slowing, SHAPE, L.TICK)


@jit
def follow_vehicle(s: L.Row) -> None:
    """Move the reference with the vehicle (its estimate): on the ground, and while sticks or angles are flown."""
    s[L.S_RPN] = s[L.S_EPN]
    s[L.S_RPE] = s[L.S_EPE]
    s[L.S_RPD] = s[L.S_EPD]
    s[L.S_RVN] = s[L.S_EVN]
    s[L.S_RVE] = s[L.S_EVE]
    s[L.S_RVD] = s[L.S_EVD]
    s[L.S_RAN] = 0.0
    s[L.S_RAE] = 0.0
    s[L.S_RAD] = 0.0


@jit
def rest(s: L.Row) -> None:
    """Put the reference at the vehicle, at rest; integrators empty."""
    follow_vehicle(s)
    s[L.S_RVN] = 0.0
    s[L.S_RVE] = 0.0
    s[L.S_RVD] = 0.0
    s[L.S_IVN] = 0.0
    s[L.S_IVE] = 0.0
    s[L.S_IVD] = 0.0


@jit
def leash(s: L.Row) -> float:
    """Share of the demanded speed while the vehicle lags behind the reference (strong wind, full lean): 1 near, 0
    far."""
    n = s[L.S_RPN] - s[L.S_EPN]
    e = s[L.S_RPE] - s[L.S_EPE]
    d = s[L.S_RPD] - s[L.S_EPD]
    lag = sqrt(n * n + e * e + d * d)
    return min(max((5.0 - lag) / 2.5, 0.0), 1.0)
