"""The estimator: strapdown integration at 400 / 50 Hz, corrected by an error-state Kalman filter in four channels.

Near hover the specific force points up, so the full error state of an inertial navigator (position, velocity, attitude,
gyro bias, accelerometer bias) falls apart into nearly independent channels: north and east (position, velocity, tilt,
drift of the tilt; both axes share one 4 x 4 covariance because their noises are equal), down (position, velocity,
accelerometer bias) and heading (angle, drift). Each channel is an exact Kalman filter. The coupling (heading error
times horizontal acceleration) stays small while the compass works. Covariances are propagated, so gains, innovation
ratios and the behaviour after a loss are the filter's own. See Groves, Principles of GNSS, Inertial and Multisensor
Integrated Navigation Systems, 2nd ed., chapters 3, 5 and 14.

Tilt is stored as the acceleration that it causes (m/s2 = g times rad), drift as its rate.
"""

from __future__ import annotations

from math import sqrt

from autopilot.control.attitude import limit
from autopilot.control.inertial import (
    align,
    correct_vertical,
    gain_horizontal,
    reset_horizontal,
    shift_bias,
    tilt,
    turn,
)
from autopilot.interface import layout as L
from autopilot.interface.marks import jit
from autopilot.interface.mathematics import atan2, cos, sin

#: Standard deviations beyond which innovations are refused (EKF3's POS_I_GATE and similar, MAG_I_GATE).
GATE, MAG_GATE = 5.0, 3.0
#: Time for which position is valid while all fixes are refused, and without any fix, ms. ArduPilot's estimator
#: continues by its accelerometers for 7 s, and its monitor acts a second later.
REFUSED_TIMEOUT_MS, SILENT_TIMEOUT_MS = 5000.0, 8000.0
#: Time after which a refused place is accepted while the same fixes' speed is accepted: EKF3's posRetryTimeUseVel_ms.
RETRY_MS = 10_000.0
#: Time after the last accepted fix for which gyros give a better tilt than gravity, ms. In the air gravity is felt
#: together with drag. ArduPilot's tiltDriftTimeMax_ms.
TILT_HOLDS_MS = 15_000.0
#: Increase of the variance of the place by a refused fix, and its limit, m2: a slow drift is believed in the end, a
#: jump of more than about 10 m is not.
WIDENS, WIDEST = 0.1, 4.0
#: The same for a refused height, m2 at each sample: any jump is believed after 10 s, as by EKF3's hgtRetryTimeMode0_ms.
WIDENS_UP, WIDEST_UP = 0.008, 4.0
#: Variance of a heading that agrees with the fixes' speed, rad2.
HEADING_SEEN = 1e-3
#: Horizontal acceleration of a steep turn, m/s2: beyond it the heading is seen in the fixes' speed.
STEEP = 2.5
#: Share of the felt force below which thrust no longer carries a copter.
CARRIES = 0.9
#: Number of fixes that start the position, or restart it.
FIRST_FIXES = 10.0
#: Turning rate, rad/s, above which a vehicle is not at rest.
STILL = 0.03


@jit
def smooth_ratio(s: L.Row, i: int, innovation_sq: float, variance: float, gate: float) -> float:
    """Update the reported ratio of innovation to its gate, with a memory of a few samples."""
    ratio = sqrt(innovation_sq / variance) / gate
    s[i] += 0.3 * (ratio - s[i])
    return ratio


@jit
def fuse_gps(s: L.Row, p: L.Row, n: float, e: float, vn: float, ve: float, vd: float) -> None:
    """Fuse a fix: NED m from the origin and m/s. The first fixes, and those after a long loss, set the position
    anew, also that of wings which they have reckoned meanwhile."""
    now = s[L.S_TIME_MS]
    rp = p[L.P_GPS_SIGMA_P] * p[L.P_GPS_SIGMA_P]
    rv = p[L.P_GPS_SIGMA_V] * p[L.P_GPS_SIGMA_V]
    silent = s[L.S_GPS_SEEN] < FIRST_FIXES and now - s[L.S_GPS_OK_MS] > SILENT_TIMEOUT_MS
    if s[L.S_POS_OK] == 0.0 or (silent and p[L.P_V_MIN] > 0.0):
        s[L.S_GPS_SEEN] += 1.0
        if s[L.S_GPS_SEEN] >= FIRST_FIXES:
            place(s, p, n, e, vn, ve)
            s[L.S_POS_OK] = 1.0
        return
    dn = n - s[L.S_EPN]
    de = e - s[L.S_EPE]
    ratio = smooth_ratio(s, L.S_RATIO_POS, dn * dn + de * de, s[L.S_COV_H] + rp, GATE)
    un = vn - s[L.S_EVN]
    ue = ve - s[L.S_EVE]
    ratio_v = smooth_ratio(s, L.S_RATIO_VEL, un * un + ue * ue, s[L.S_COV_H + 4] + rv, GATE)
    an, ae, bn, be = 0.0, 0.0, 0.0, 0.0
    if ratio <= 1.0 and ratio_v <= 1.0:
        s[L.S_GPS_OK_MS], s[L.S_GPS_SEEN] = now, FIRST_FIXES
        k0, k1, k2, k3 = gain_horizontal(s, 0, rp)
        s[L.S_EPN] += k0 * dn
        s[L.S_EPE] += k0 * de
        s[L.S_EVN] += k1 * dn
        s[L.S_EVE] += k1 * de
        an, ae, bn, be = k2 * dn, k2 * de, k3 * dn, k3 * de
    elif s[L.S_COV_H] < WIDEST:
        s[L.S_COV_H] += WIDENS  # refused fixes widen the filter until it believes them again
    if ratio_v > 1.0:
        return
    if s[L.S_RATIO_VEL] < 1.0:  # not a random agreement by noise
        s[L.S_SPEED_OK_MS] = now
    if s[L.S_SPEED_OK_MS] == now and now - s[L.S_GPS_OK_MS] > RETRY_MS:
        place(s, p, n, e, vn, ve)
        return
    un = vn - s[L.S_EVN]  # a place that jumps does not invalidate the speed, which keeps the vehicle from drifting
    ue = ve - s[L.S_EVE]
    k0, k1, k2, k3 = gain_horizontal(s, 1, rv)
    s[L.S_EPN] += k0 * un
    s[L.S_EPE] += k0 * ue
    s[L.S_EVN] += k1 * un
    s[L.S_EVE] += k1 * ue
    an, ae, bn, be = an + k2 * un, ae + k2 * ue, bn + k3 * un, be + k3 * ue
    if is_steep(s, p):
        an, ae = turned(s, an, ae)
        bn, be = 0.0, 0.0
    tilt(s, an, ae, bn, be)
    correct_vertical(s, 1, vd - s[L.S_EVD], 2.0 * rv)


@jit
def is_steep(s: L.Row, p: L.Row) -> bool:
    """True while wings or wheels accelerate horizontally by more than `STEEP`: in a steep turn, seldom in braking. Gyro
    biases are not learned then: in a turn they turn with the vehicle."""
    if p[L.P_V_MIN] == 0.0 and p[L.P_DRIVE_ACCEL] == 0.0:
        return False
    return s[L.S_AEN] * s[L.S_AEN] + s[L.S_AEE] * s[L.S_AEE] > STEEP * STEEP


@jit
def turned(s: L.Row, an: float, ae: float) -> tuple[float, float]:
    """Correct the heading by its share of an acceleration error in a steep turn, and return the rest, which the tilt
    causes. Across the acceleration both look alike, and their variances decide. Taken for tilt alone, it would lean the
    compass's field, which turns the heading further."""
    n, e = s[L.S_AEN], s[L.S_AEE]
    square = n * n + e * e
    heading = s[L.S_COV_Y] * square
    angle = (n * ae - e * an) / square * heading / (heading + s[L.S_COV_H + 7])
    turn(s, 0.0, 0.0, angle)
    return an + angle * e, ae - angle * n


@jit
def place(s: L.Row, p: L.Row, n: float, e: float, vn: float, ve: float) -> None:
    """Start position and velocity from a fix. The reference moves along, so that the vehicle does not follow the
    jump."""
    s[L.S_RPN] += n - s[L.S_EPN]
    s[L.S_RPE] += e - s[L.S_EPE]
    s[L.S_EPN] = n
    s[L.S_EPE] = e
    s[L.S_EVN] = vn
    s[L.S_EVE] = ve
    reset_horizontal(s, p[L.P_GPS_SIGMA_P] * p[L.P_GPS_SIGMA_P], p[L.P_GPS_SIGMA_V] * p[L.P_GPS_SIGMA_V])
    s[L.S_GPS_OK_MS], s[L.S_SPEED_OK_MS] = s[L.S_TIME_MS], s[L.S_TIME_MS]
    s[L.S_RATIO_POS] = 0.0
    s[L.S_RATIO_VEL] = 0.0


@jit
def fuse_baro(s: L.Row, p: L.Row, down: float) -> None:
    """Fuse a barometric height as NED down, m."""
    noise = p[L.P_BARO_SIGMA] * p[L.P_BARO_SIGMA]
    innovation = down - s[L.S_EPD]
    ratio = smooth_ratio(s, L.S_RATIO_HGT, innovation * innovation, s[L.S_COV_V] + noise, GATE)
    if ratio > 1.0 and s[L.S_COV_V] < WIDEST_UP:
        s[L.S_COV_V] += WIDENS_UP  # refused samples widen the filter until it believes them again
        return
    correct_vertical(s, 0, innovation, noise)


@jit
def fuse_mag(s: L.Row, p: L.Row, x: float, y: float, z: float) -> None:
    """Fuse a magnetic sample in body axes; only its horizontal direction counts. In the air, while the fixes' speed
    agrees with the heading, a refused sample is never accepted later, as EKF3 refuses a wrong field."""
    north = s[L.S_ER] * x + s[L.S_ER + 1] * y + s[L.S_ER + 2] * z
    east = s[L.S_ER + 3] * x + s[L.S_ER + 4] * y + s[L.S_ER + 5] * z
    dec = p[L.P_DECLINATION]
    c, sn = cos(dec), sin(dec)
    innovation = -atan2(east * c - north * sn, north * c + east * sn)
    noise = p[L.P_MAG_SIGMA] * p[L.P_MAG_SIGMA]
    ratio = smooth_ratio(s, L.S_RATIO_MAG, innovation * innovation, s[L.S_COV_Y] + noise, MAG_GATE)
    s[L.S_MAG_OK_MS] = s[L.S_TIME_MS]
    if ratio > 1.0 and s[L.S_AIR] == 1.0 and s[L.S_POS_OK] == 1.0 and s[L.S_RATIO_VEL] < 1.0:
        s[L.S_COV_Y] = min(s[L.S_COV_Y], HEADING_SEEN)
        return
    if ratio > 1.0 and s[L.S_COV_Y] < 0.3:
        s[L.S_COV_Y] += 1e-3
        return
    inv = 1.0 / (s[L.S_COV_Y] + noise)
    k0 = s[L.S_COV_Y] * inv
    k1 = s[L.S_COV_Y + 1] * inv
    s[L.S_COV_Y + 2] -= k1 * s[L.S_COV_Y + 1]
    s[L.S_COV_Y + 1] -= k0 * s[L.S_COV_Y + 1]
    s[L.S_COV_Y] -= k0 * s[L.S_COV_Y]
    turn(s, 0.0, 0.0, k0 * innovation)
    if not is_steep(s, p):
        shift_bias(s, 0.0, 0.0, k1 * innovation)


@jit
def rest(s: L.Row, x: float, y: float, z: float) -> None:
    """Add a raw gyro sample, rad/s, of a disarmed vehicle on the ground to the mean for a calibration. A vehicle that
    rocks (for example after touchdown) is not at rest: the mean begins again from the biases of the flight."""
    dx, dy, dz = x - s[L.S_BGX], y - s[L.S_BGY], z - s[L.S_BGZ]
    if dx * dx + dy * dy + dz * dz > STILL * STILL:
        s[L.S_GAX], s[L.S_GAY], s[L.S_GAZ] = s[L.S_BGX], s[L.S_BGY], s[L.S_BGZ]
    else:
        s[L.S_GAX] += 0.02 * (x - s[L.S_GAX])
        s[L.S_GAY] += 0.02 * (y - s[L.S_GAY])
        s[L.S_GAZ] += 0.02 * (z - s[L.S_GAZ])


@jit
def begin_anew(s: L.Row, p: L.Row, mx: float, my: float, mz: float, down: float, n: float, e: float, fix: bool) -> None:
    """Start again as after power-on, from one magnetic sample (body), a height `down` and, with a `fix`, the place n, e
    of a vehicle at rest; without one there is no position. The gyro biases stay, because they come from the
    calibration."""
    for i in range(10):
        s[L.S_COV_H + i] = 0.0
    align(s, p, s[L.S_DVX] / L.TICK, s[L.S_DVY] / L.TICK, s[L.S_DVZ] / L.TICK, mx, my, mz)
    s[L.S_EM0], s[L.S_EM1], s[L.S_EM2], s[L.S_EM3] = s[L.S_EQ0], s[L.S_EQ1], s[L.S_EQ2], s[L.S_EQ3]
    for i in range(3):
        s[L.S_EVN + i] = 0.0
        s[L.S_AEN + i] = 0.0
    s[L.S_EPD] = down
    s[L.S_BAZ] = 0.0
    s[L.S_WEN], s[L.S_WEE] = 0.0, 0.0
    s[L.S_AIRSPEED], s[L.S_AIRSPEED_SUM], s[L.S_VDOT], s[L.S_VDOT_SLOW] = 0.0, 0.0, 0.0, 0.0
    for i in range(4):
        s[L.S_RATIO_VEL + i] = 0.0
    s[L.S_GPS_SEEN] = 0.0
    s[L.S_GPS_OK_MS] = s[L.S_TIME_MS] - TILT_HOLDS_MS  # forget the effect of the earlier fixes
    s[L.S_POS_OK] = 0.0
    s[L.S_FLAGS] = L.FLAGS_NO_POSITION
    if fix:
        s[L.S_EPN], s[L.S_EPE] = n, e  # on the ground the reference is at the vehicle anyway
        place(s, p, n, e, 0.0, 0.0)
        s[L.S_POS_OK] = 1.0
        s[L.S_FLAGS] = L.FLAGS_GOOD


@jit
def level(s: L.Row) -> None:
    """Hold the tilt by gravity without a position, as if the vehicle did not accelerate for long. In the air gyros and
    accelerometers continue alone for a while, because gravity seems tilted as long as drag slows the vehicle. More than
    1 g is a shock and no tilt: unbounded, the blow of a fall would turn the estimate further than it can be brought
    back to a rotation."""
    if s[L.S_AIR] == 1.0 and s[L.S_TIME_MS] - s[L.S_GPS_OK_MS] < TILT_HOLDS_MS:
        return
    rate = 0.5 * L.TICK if s[L.S_AIR] == 0.0 else 0.08 * L.TICK
    north, east = limit(s[L.S_AEN], L.GRAVITY), limit(s[L.S_AEE], L.GRAVITY)
    tilt(s, -rate * north, -rate * east, 0.0, 0.0)
    if s[L.S_AIR] == 0.0:
        s[L.S_EVN] = 0.0
        s[L.S_EVE] = 0.0
    else:  # a level copter ends up drifting with the wind
        s[L.S_EVN] += 0.2 * L.TICK * (s[L.S_WEN] - s[L.S_EVN])
        s[L.S_EVE] += 0.2 * L.TICK * (s[L.S_WEE] - s[L.S_EVE])


@jit
def estimate_wind(s: L.Row, p: L.Row) -> None:
    """Estimate the wind. The accelerometer feels only drag and thrust. Across the rotors' axis it is drag, which gives
    the airspeed there; the difference to the ground speed is wind (Abeywardena et al. 2013). On the ground this does
    not hold, because the legs also act, and the felt force exceeds the thrust."""
    if s[L.S_THRUST] * L.GRAVITY < CARRIES * s[L.S_HOVER] * (-s[L.S_DVZ] / L.TICK):
        return
    dn = s[L.S_EVN] - s[L.S_WEN]
    de = s[L.S_EVE] - s[L.S_WEE]
    dd = s[L.S_EVD]
    k = p[L.P_DRAG_1] + p[L.P_DRAG_2] * sqrt(dn * dn + de * de + dd * dd)
    if k <= 0.0:
        return
    bx = -s[L.S_DVX] / (L.TICK * k)
    by = -s[L.S_DVY] / (L.TICK * k)
    bz = s[L.S_ER + 2] * dn + s[L.S_ER + 5] * de + s[L.S_ER + 8] * dd
    north = s[L.S_ER] * bx + s[L.S_ER + 1] * by + s[L.S_ER + 2] * bz
    east = s[L.S_ER + 3] * bx + s[L.S_ER + 4] * by + s[L.S_ER + 5] * bz
    s[L.S_WEN] += (L.TICK / 2.0) * (s[L.S_EVN] - north - s[L.S_WEN])
    s[L.S_WEE] += (L.TICK / 2.0) * (s[L.S_EVE] - east - s[L.S_WEE])
