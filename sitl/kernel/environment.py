"""Weather, battery and the slower sensors, which change at 50 Hz."""

from __future__ import annotations

from typing import Any

from autopilot.interface import layout as L
from autopilot.interface.marks import inline, jit
from sitl.kernel import layout as M
from sitl.kernel.failing import SLOW_PERIOD_MS, in_gap, jam_gps, spoil_baro, spoil_gps, spoil_mag
from sitl.kernel.noise import GAMMA, MASK, S10, S20, S30B, S40, S50, draw

GPS_PERIOD_MS = 200.0
MAG_PERIOD_MS = 100.0


@jit
def blow(s: L.Row, p: L.Row, rng: Any, table: Any) -> None:
    """Compute the mean wind and gusts. Gusts are three first-order Gauss-Markov processes: Dryden's form for the
    along-wind component with one time constant (MIL-F-8785C), and vertical gusts half as strong. The horizontal wind
    falls in the last 2 m above the ground, the vertical wind in the last 10 m."""
    rng[1] = rng[1] + GAMMA
    r = draw(rng[1])
    keep = p[M.P_GUST_KEEP]
    kick = p[M.P_GUST_KICK] * p[M.P_GUST]
    s[M.S_GUST_N] = keep * s[M.S_GUST_N] + kick * table[r & MASK]
    s[M.S_GUST_E] = keep * s[M.S_GUST_E] + kick * table[(r >> S10) & MASK]
    s[M.S_GUST_D] = keep * s[M.S_GUST_D] + 0.5 * kick * table[(r >> S20) & MASK]
    below = s[M.S_PD] - s[L.S_FLOOR]
    share = min(max(0.5 - 0.25 * below, 0.0), 1.0)
    if s[M.S_CONTACT] == 1.0:
        share *= 0.5
    s[M.S_WIND_N] = share * (p[M.P_MEAN_N] + s[M.S_GUST_N])
    s[M.S_WIND_E] = share * (p[M.P_MEAN_E] + p[M.P_GUST_PUSH] + s[M.S_GUST_E])
    s[M.S_WIND_D] = min(max(-0.1 * below, 0.0), 1.0) * s[M.S_GUST_D]  # air does not flow through the ground


@jit
def cell_volts(soc: float) -> float:
    """Open-circuit voltage of a lithium polymer cell over its charge (piecewise linear, typical discharge at C/25)."""
    if soc > 0.9:
        return 4.05 + 1.5 * (soc - 0.9)
    if soc > 0.5:
        return 3.79 + 0.65 * (soc - 0.5)
    if soc > 0.15:
        return 3.685 + 0.3 * (soc - 0.15)
    if soc > 0.05:
        return 3.55 + 1.35 * (soc - 0.05)
    if soc > 0.0:
        return 3.0 + 11.0 * soc
    return max(3.0 + 100.0 * soc, 0.0)  # empty: the voltage collapses within 3 % of the capacity


@inline
def discharge(s: L.Row, p: L.Row, amps: float) -> None:
    """Discharge the battery with a current of `amps`: voltage sag by the internal resistance, used charge and energy.
    While disarmed the charge does not change, as in ArduPilot's simulator."""
    if s[L.S_ARMED] == 0.0:
        amps = 0.0
    rest = p[M.P_CELLS] * cell_volts(s[M.S_SOC]) + p[M.P_OFFSET_V] - p[M.P_FAULT_V]
    volts = max(rest - amps * p[M.P_OHMS], 0.5)
    hours = L.TICK / 3600.0
    s[M.S_REST_VOLTS] = rest
    s[M.S_AMPS] = amps
    s[M.S_VOLTS] = volts
    s[M.S_MAH] += 1000.0 * amps * hours
    s[M.S_WH] += volts * amps * hours
    if p[M.P_BATTERY_AH] > 0.0:
        s[M.S_SOC] = max(s[M.S_SOC] - amps * hours / p[M.P_BATTERY_AH], -0.05)


@jit
def receive_gps(s: L.Row, p: L.Row, rng: Any, table: Any) -> bool:
    """Take a GPS fix every 200 ms: truth, a slow wander (ionosphere, multipath) and white noise. True for a new fix."""
    now = s[L.S_TIME_MS]
    if now < s[M.S_GPS_NEXT]:
        return False
    s[M.S_GPS_NEXT] = now + GPS_PERIOD_MS
    if p[M.P_FAIL_GPS] == M.FAILURE_SLOW:
        s[M.S_GPS_NEXT] = now + SLOW_PERIOD_MS
    silent = p[M.P_FAIL_GPS] != 0.0 and in_gap(p[M.P_FAIL_GPS], now)
    if p[M.P_GPS_ON] == 0.0 or p[M.P_GPS_SATS] < 4.0 or silent:
        s[M.S_GPS_FIX] = 1.0
        return False
    if p[M.P_GPS_JAM] != 0.0:
        jam_gps(s, rng, table)
        return False
    s[M.S_JAM_MS] = 0.0
    rng[2] = rng[2] + GAMMA
    r = draw(rng[2])
    wander = p[M.P_GPS_WANDER] * 0.1  # sqrt(1 - keep^2) for a time constant of 40 s
    s[M.S_GPS_WN] = 0.995 * s[M.S_GPS_WN] + wander * table[r & MASK]
    s[M.S_GPS_WE] = 0.995 * s[M.S_GPS_WE] + wander * table[(r >> S10) & MASK]
    s[M.S_GPS_WD] = 0.995 * s[M.S_GPS_WD] + 1.5 * wander * table[(r >> S20) & MASK]
    white = p[M.P_GPS_NOISE]
    s[M.S_GPS_N] = s[M.S_PN] + s[M.S_GPS_WN] + white * table[(r >> S30B) & MASK] + p[M.P_GLITCH_N]
    s[M.S_GPS_E] = s[M.S_PE] + s[M.S_GPS_WE] + white * table[(r >> S40) & MASK] + p[M.P_GLITCH_E]
    s[M.S_GPS_D] = s[M.S_PD] + s[M.S_GPS_WD] + 1.5 * white * table[(r >> S50) & MASK] - p[M.P_GLITCH_D]
    rng[2] = rng[2] + GAMMA
    r = draw(rng[2])
    s[M.S_GPS_VN] = s[M.S_VN] + p[M.P_GPS_V_NOISE] * table[r & MASK]
    s[M.S_GPS_VE] = s[M.S_VE] + p[M.P_GPS_V_NOISE] * table[(r >> S10) & MASK]
    s[M.S_GPS_VD] = s[M.S_VD] + 1.5 * p[M.P_GPS_V_NOISE] * table[(r >> S20) & MASK]
    if p[M.P_FAIL_GPS] != 0.0:
        spoil_gps(s, p, rng, table)
    s[M.S_GPS_MS] = now
    s[M.S_GPS_FIX] = 3.0
    return True


@jit
def read_baro(s: L.Row, p: L.Row, rng: Any, table: Any) -> float:
    """Barometric height as NED down, m: truth, a slow drift, white noise."""
    rng[3] = rng[3] + GAMMA
    r = draw(rng[3])
    s[M.S_BARO_DRIFT] = 0.9998 * s[M.S_BARO_DRIFT] + p[M.P_BARO_NOISE] / 60.0 * table[r & MASK]
    s[M.S_BARO_AWAY] += p[M.P_BARO_RATE] * L.TICK
    s[M.S_BARO_ALT] = -s[M.S_PD] + s[M.S_BARO_DRIFT] + p[M.P_BARO_NOISE] * table[(r >> S10) & MASK] + p[M.P_BARO_GLITCH]
    s[M.S_BARO_ALT] += s[M.S_BARO_AWAY]
    return -s[M.S_BARO_ALT]


@jit
def read_mag(s: L.Row, p: L.Row, rng: Any, table: Any) -> None:
    """Read the local magnetic field in body axes, gauss."""
    rng[3] = rng[3] + GAMMA
    r = draw(rng[3])
    a, b, c, d = s[M.S_Q0], s[M.S_Q1], s[M.S_Q2], s[M.S_Q3]
    n, e, z = p[M.P_FIELD_N], p[M.P_FIELD_E], p[M.P_FIELD_D]
    k = p[M.P_MAG_NOISE]
    s[M.S_MAG_X] = (1.0 - 2.0 * (c * c + d * d)) * n + 2.0 * (b * c + a * d) * e + 2.0 * (b * d - a * c) * z
    s[M.S_MAG_Y] = 2.0 * (b * c - a * d) * n + (1.0 - 2.0 * (b * b + d * d)) * e + 2.0 * (c * d + a * b) * z
    s[M.S_MAG_Z] = 2.0 * (b * d + a * c) * n + 2.0 * (c * d - a * b) * e + (1.0 - 2.0 * (b * b + c * c)) * z
    s[M.S_MAG_X] += k * table[r & MASK]
    s[M.S_MAG_Y] += k * table[(r >> S10) & MASK]
    s[M.S_MAG_Z] += k * table[(r >> S20) & MASK]


@inline
def sense(s: L.Row, p: L.Row, rng: Any, table: Any) -> tuple[bool, bool]:
    """Sample barometer, GPS and compass at this tick, with their failures. Returns whether there is a new fix, and
    whether there is a new field."""
    s[L.S_BARO_OK] = p[M.P_BARO_ON] * (1.0 - s[M.S_BARO_LOST])
    read_baro(s, p, rng, table)
    if p[M.P_FAIL_BARO] != 0.0:
        spoil_baro(s, p, rng, table)
    fix = receive_gps(s, p, rng, table)
    field = s[L.S_TIME_MS] >= s[M.S_MAG_NEXT] and p[M.P_MAG_ON] == 1.0 and s[M.S_MAG_LOST] == 0.0
    if field:
        s[M.S_MAG_NEXT] = s[L.S_TIME_MS] + MAG_PERIOD_MS
        read_mag(s, p, rng, table)
        if p[M.P_FAIL_MAG] != 0.0:
            spoil_mag(s, p, rng, table)
    return fix, field
