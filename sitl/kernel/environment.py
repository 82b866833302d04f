"""What changes at 50 Hz around and in the machine: wind, battery, and the slower sensors."""

from __future__ import annotations

from typing import Any

from autopilot.control import layout as L
from autopilot.control.jit import inline, jit
from sitl.kernel import layout as M
from sitl.kernel.noise import GAMMA, MASK, S10, S20, S30B, S40, S50, draw

GPS_PERIOD_MS = 200.0
MAG_PERIOD_MS = 100.0


@jit
def blow(s: L.Row, p: L.Row, rng: Any, table: Any) -> None:
    """Mean wind and gusts: three first-order Gauss-Markov processes, Dryden's form for the along-wind component with
    one time constant (MIL-F-8785C), vertical gusts half as strong. Near the ground the wind dies down (in the last
    2 m, its vertical part in the last 10 m)."""
    rng[1] = rng[1] + GAMMA
    r = draw(rng[1])
    keep = p[M.GUST_KEEP]
    kick = p[M.GUST_KICK] * p[M.GUST]
    s[M.GUST_N] = keep * s[M.GUST_N] + kick * table[r & MASK]
    s[M.GUST_E] = keep * s[M.GUST_E] + kick * table[(r >> S10) & MASK]
    s[M.GUST_D] = keep * s[M.GUST_D] + 0.5 * kick * table[(r >> S20) & MASK]
    share = min(max(0.5 - 0.25 * s[M.PD], 0.0), 1.0)
    if s[M.CONTACT] == 1.0:
        share *= 0.5
    s[M.WIND_N] = share * (p[M.MEAN_N] + s[M.GUST_N])
    s[M.WIND_E] = share * (p[M.MEAN_E] + p[M.GUST_PUSH] + s[M.GUST_E])
    s[M.WIND_D] = min(max(-0.1 * s[M.PD], 0.0), 1.0) * s[M.GUST_D]  # air does not flow through the ground


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
    """Battery at a current of `amps`: sag by the internal resistance, charge and energy used."""
    rest = p[M.CELLS] * cell_volts(s[M.SOC]) + p[M.OFFSET_V] - p[M.FAULT_V]
    volts = max(rest - amps * p[M.OHMS], 0.5)
    hours = L.TICK / 3600.0
    s[M.REST_VOLTS] = rest
    s[M.AMPS] = amps
    s[M.VOLTS] = volts
    s[M.MAH] += 1000.0 * amps * hours
    s[M.WH] += volts * amps * hours
    if p[M.BATTERY_AH] > 0.0:
        s[M.SOC] = max(s[M.SOC] - amps * hours / p[M.BATTERY_AH], -0.05)


@jit
def receive_gps(s: L.Row, p: L.Row, rng: Any, table: Any) -> bool:
    """A fix, every 200 ms: truth, a slow wander (ionosphere, multipath) and white noise."""
    now = s[L.TIME_MS]
    if now < s[M.GPS_NEXT]:
        return False
    s[M.GPS_NEXT] = now + GPS_PERIOD_MS
    if p[M.GPS_ON] == 0.0 or p[M.GPS_SATS] < 4.0:
        s[M.GPS_FIX] = 1.0
        return False
    rng[2] = rng[2] + GAMMA
    r = draw(rng[2])
    wander = p[M.GPS_WANDER] * 0.1  # sqrt(1 - keep^2) for a time constant of 40 s
    s[M.GPS_WN] = 0.995 * s[M.GPS_WN] + wander * table[r & MASK]
    s[M.GPS_WE] = 0.995 * s[M.GPS_WE] + wander * table[(r >> S10) & MASK]
    s[M.GPS_WD] = 0.995 * s[M.GPS_WD] + 1.5 * wander * table[(r >> S20) & MASK]
    white = p[M.GPS_NOISE]
    s[M.GPS_N] = s[M.PN] + s[M.GPS_WN] + white * table[(r >> S30B) & MASK] + p[M.GLITCH_N]
    s[M.GPS_E] = s[M.PE] + s[M.GPS_WE] + white * table[(r >> S40) & MASK] + p[M.GLITCH_E]
    s[M.GPS_D] = s[M.PD] + s[M.GPS_WD] + 1.5 * white * table[(r >> S50) & MASK] - p[M.GLITCH_D]
    rng[2] = rng[2] + GAMMA
    r = draw(rng[2])
    s[M.GPS_VN] = s[M.VN] + p[M.GPS_V_NOISE] * table[r & MASK]
    s[M.GPS_VE] = s[M.VE] + p[M.GPS_V_NOISE] * table[(r >> S10) & MASK]
    s[M.GPS_VD] = s[M.VD] + 1.5 * p[M.GPS_V_NOISE] * table[(r >> S20) & MASK]
    s[M.GPS_MS] = now
    s[M.GPS_FIX] = 3.0
    return True


@jit
def read_baro(s: L.Row, p: L.Row, rng: Any, table: Any) -> float:
    """Barometric height as NED down, m: truth, a slow drift, white noise."""
    rng[3] = rng[3] + GAMMA
    r = draw(rng[3])
    s[M.BARO_DRIFT] = 0.9998 * s[M.BARO_DRIFT] + 0.002 * table[r & MASK]
    s[M.BARO_ALT] = -s[M.PD] + s[M.BARO_DRIFT] + p[M.BARO_NOISE] * table[(r >> S10) & MASK] + p[M.BARO_GLITCH]
    return -s[M.BARO_ALT]


@jit
def read_mag(s: L.Row, p: L.Row, rng: Any, table: Any) -> None:
    """The local field in body axes, gauss."""
    rng[3] = rng[3] + GAMMA
    r = draw(rng[3])
    a, b, c, d = s[M.Q0], s[M.Q1], s[M.Q2], s[M.Q3]
    n, e, z = p[M.FIELD_N], p[M.FIELD_E], p[M.FIELD_D]
    k = p[M.MAG_NOISE]
    s[M.MAG_X] = (1.0 - 2.0 * (c * c + d * d)) * n + 2.0 * (b * c + a * d) * e + 2.0 * (b * d - a * c) * z
    s[M.MAG_Y] = 2.0 * (b * c - a * d) * n + (1.0 - 2.0 * (b * b + d * d)) * e + 2.0 * (c * d + a * b) * z
    s[M.MAG_Z] = 2.0 * (b * d + a * c) * n + 2.0 * (c * d - a * b) * e + (1.0 - 2.0 * (b * b + c * c)) * z
    s[M.MAG_X] += k * table[r & MASK]
    s[M.MAG_Y] += k * table[(r >> S10) & MASK]
    s[M.MAG_Z] += k * table[(r >> S20) & MASK]
