"""Airspeed and wind of wings (50 Hz), from the pitot tube or from the ground speed.

The tube's sample goes through a complementary filter with the accelerometer along the body (TECS_SPD_OMEGA). The wind
is then the ground speed minus the airspeed along the nose, because wings slip little. Without the tube (ARSPD_USE 0:
`autopilot.safety.airspeed`) the last wind is used, and only its part across the nose is updated; some turns give all of
it (ArduPilot's estimator does this by fusing a slip of zero).
"""

from __future__ import annotations

from math import sqrt

from autopilot.control.attitude import limit
from autopilot.control.inertial import tilt
from autopilot.interface import layout as L
from autopilot.interface.marks import jit

#: Time constant of the estimated wind, s: with the tube, and across the nose only.
WIND_TIME, ACROSS_TIME = 3.0, 10.0
#: Airspeed below which the tube shows mostly noise and the nose does not show the direction of the flow, m/s.
FLOWS = 6.0
STRONGEST = 50.0
#: Rate at which the tilt follows gravity without a position, 1/s.
LEVELS = 0.08
#: Time without a fix after which gravity levels the attitude, ms.
HOLDS_MS = 3000.0


@jit
def level_speed(s: L.Row, airspeed: float) -> float:
    """Horizontal part of a true airspeed, m/s."""
    return sqrt(max(airspeed * airspeed - s[L.S_EVD] * s[L.S_EVD], 0.0))


@jit
def nose(s: L.Row) -> tuple[float, float]:
    """Direction of the nose over ground, north and east; (0, 0) if it points straight up."""
    n, e = s[L.S_ER], s[L.S_ER + 3]
    size = sqrt(n * n + e * e)
    if size < 0.1:
        return 0.0, 0.0
    return n / size, e / size


@jit
def estimate_airspeed(s: L.Row, p: L.Row, works: bool) -> None:
    """Estimate the airspeed of a tick. `works`: the tube gives a sample."""
    dn, de = s[L.S_EVN] - s[L.S_WEN], s[L.S_EVE] - s[L.S_WEE]
    known = sqrt(dn * dn + de * de + s[L.S_EVD] * s[L.S_EVD]) / s[L.S_EAS2TAS]
    used = works and p[L.P_PITOT_USE] == 1.0
    s[L.S_PITOT_USED] = 1.0 if used else 0.0
    along = s[L.S_DVX] / L.TICK + L.GRAVITY * s[L.S_ER + 6]
    s[L.S_VDOT] = along
    tau = max(p[L.P_ENERGY_TIME], 0.1)
    s[L.S_VDOT_SLOW] += L.TICK / (L.TICK + tau) * (along - s[L.S_VDOT_SLOW])
    if not used:
        s[L.S_AIRSPEED], s[L.S_AIRSPEED_SUM] = known, 0.0
        return
    omega = p[L.P_SPEED_OMEGA]
    off = s[L.S_PITOT] - s[L.S_AIRSPEED]
    s[L.S_AIRSPEED_SUM] = limit(s[L.S_AIRSPEED_SUM] + off * omega * omega * L.TICK, 5.0)
    speed = s[L.S_AIRSPEED] + (s[L.S_AIRSPEED_SUM] + along + 1.4142 * omega * off) * L.TICK
    s[L.S_AIRSPEED] = max(speed, 0.0)


@jit
def estimate_wind_of_wings(s: L.Row) -> None:
    """Estimate the wind of a tick, in the air and with a position."""
    speed = level_speed(s, s[L.S_AIRSPEED] * s[L.S_EAS2TAS])
    if speed < FLOWS:
        return
    n, e = nose(s)
    off_n = s[L.S_EVN] - speed * n - s[L.S_WEN]
    off_e = s[L.S_EVE] - speed * e - s[L.S_WEE]
    if s[L.S_PITOT_USED] == 0.0:
        across = n * off_e - e * off_n
        off_n, off_e = -e * across, n * across
        share = L.TICK / ACROSS_TIME
    else:
        share = L.TICK / WIND_TIME
    s[L.S_WEN] = limit(s[L.S_WEN] + share * off_n, STRONGEST)
    s[L.S_WEE] = limit(s[L.S_WEE] + share * off_e, STRONGEST)


@jit
def reckon(s: L.Row, p: L.Row) -> None:
    """Dead reckoning without fixes, by airspeed, heading and the last wind: in flight the position stays valid, as with
    ArduPilot's estimator. Felt acceleration besides gravity counts as tilt error, minus the acceleration of the turn,
    which gyros and airspeed give."""
    if s[L.S_TIME_MS] - s[L.S_GPS_OK_MS] < HOLDS_MS:
        return
    n, e = nose(s)
    speed = level_speed(s, s[L.S_AIRSPEED] * s[L.S_EAS2TAS]) if s[L.S_PITOT_USED] == 1.0 else 0.0
    rate = s[L.S_ER + 6] * s[L.S_GYX] + s[L.S_ER + 7] * s[L.S_GYY] + s[L.S_ER + 8] * s[L.S_GYZ]
    an, ae = s[L.S_AEN] + rate * speed * e, s[L.S_AEE] - rate * speed * n
    tilt(s, -LEVELS * L.TICK * an, -LEVELS * L.TICK * ae, 0.0, 0.0)
    if speed == 0.0:
        return
    if speed > FLOWS and p[L.P_UNAIDED_MS] == 0.0:
        s[L.S_SPEED_OK_MS] = s[L.S_TIME_MS]
    s[L.S_EVN] += 0.5 * L.TICK * (speed * n + s[L.S_WEN] - s[L.S_EVN])
    s[L.S_EVE] += 0.5 * L.TICK * (speed * e + s[L.S_WEE] - s[L.S_EVE])
