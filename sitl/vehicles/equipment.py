"""Equipment of every simulated vehicle (battery, inertial unit, barometer, compass, GPS receiver), and gusts.

Battery: 3DR's data sheet of the Iris+, 3S 5.1 Ah. The noise of the sensors is that of consumer parts.
"""

from __future__ import annotations

from math import radians, sqrt

import numpy as np
import numpy.typing as npt

from autopilot.interface import layout as L
from autopilot.interface.geo import GeoPoint
from autopilot.interface.mathematics import cos, exp, sin
from sitl.kernel import layout as M

AIR_DENSITY = 1.225  # kg/m3 at sea level
CELLS, BATTERY_AH, OHMS = 3, 5.1, 0.022
#: Open-circuit voltage of a lithium polymer cell over its charge; the kernel's `cell_volts` is the same curve.
CELL_CURVE = ((0.0, 3.0), (0.05, 3.55), (0.15, 3.685), (0.5, 3.79), (0.9, 4.05), (1.0, 4.2))
#: Standard deviations: barometer, m; for a receiver white noise, m, wander, m, and speed noise, m/s. Flying vehicles
#: have a plain receiver, rovers and boats a better one.
BARO_NOISE = 0.12
PLAIN_RECEIVER, GOOD_RECEIVER = (0.12, 0.25, 0.06), (0.05, 0.08, 0.04)
STEPS = 8  # of 2.5 ms in a tick
#: Steady gusts' time constant, s (Dryden at 20 m height and 8 m/s).
GUST_TIME = 6.0


def equipped(home: GeoPoint, steps: int) -> npt.NDArray[np.float64]:
    """Settings row with the part that all vehicles share; `steps` is the number of physics steps in a tick. Units as in
    the layouts (SI)."""
    p = np.zeros(M.SETTINGS_SIZE)
    p[M.P_STEPS], p[M.P_DT] = steps, L.TICK / steps
    p[M.P_GUST_KEEP] = exp(-L.TICK / GUST_TIME)
    p[M.P_GUST_KICK] = sqrt(1.0 - p[M.P_GUST_KEEP] * p[M.P_GUST_KEEP])
    p[M.P_OHMS], p[M.P_BATTERY_AH], p[M.P_CELLS] = OHMS, BATTERY_AH, CELLS
    p[L.P_LOW_TIMER], p[L.P_CAPACITY] = 10.0, 1000.0 * BATTERY_AH
    p[L.P_STICK_T] = 0.5
    p[M.P_LOSS_1 : M.P_LOSS_8 + 1] = 1.0
    p[M.P_GPS_ON] = p[M.P_BARO_ON] = p[M.P_MAG_ON] = p[M.P_IMU_ON] = 1.0
    _sensors(p, home)
    return p


def _sensors(p: npt.NDArray[np.float64], home: GeoPoint) -> None:
    p[M.P_GYRO_NOISE] = 0.003  # rad/s
    p[M.P_BARO_NOISE] = BARO_NOISE
    p[M.P_GPS_NOISE], p[M.P_GPS_WANDER], p[M.P_GPS_V_NOISE] = PLAIN_RECEIVER
    p[M.P_MAG_NOISE] = 0.004  # gauss
    p[M.P_GPS_SATS] = 10.0
    # field of mid-latitudes: 0.55 gauss, dip 60 degrees (up in the southern hemisphere), declination 0.2 rad
    dip = radians(60.0 if home.lat >= 0.0 else -60.0)
    p[L.P_DECLINATION] = 0.2
    p[M.P_FIELD_N] = 0.55 * cos(dip) * cos(0.2)
    p[M.P_FIELD_E] = 0.55 * cos(dip) * sin(0.2)
    p[M.P_FIELD_D] = 0.55 * sin(dip)
    p[L.P_GPS_SIGMA_P], p[L.P_GPS_SIGMA_V], p[L.P_BARO_SIGMA], p[L.P_MAG_SIGMA] = 0.5, 0.1, 0.6, 0.05
    p[L.P_ORIGIN_LAT], p[L.P_ORIGIN_LON], p[L.P_ORIGIN_ALT] = home.lat, home.lon, home.alt


def switched_on(heading_rad: float, seed: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.uint64]]:
    """State row with the part that all vehicles share, at rest at the origin, with random biases from `seed`, and noise
    row."""
    s = np.zeros(M.STATE_SIZE)
    s[L.S_FRESH] = 1.0
    s[M.S_GYRO_ON] = s[M.S_ACC_ON] = 1.0
    s[M.S_Q0], s[M.S_Q3] = cos(heading_rad / 2.0), sin(heading_rad / 2.0)
    s[L.S_EQ0] = s[L.S_EM0] = s[L.S_QT0] = 1.0
    s[M.S_FZ] = -L.GRAVITY
    s[M.S_SOC] = 1.0
    s[M.S_VOLTS] = s[M.S_REST_VOLTS] = CELLS * 4.2
    s[M.S_GPS_NEXT] = 600.0  # the receiver was on before, so its first fix comes soon
    s[L.S_SEQ] = s[L.S_YAW_SEQ] = -1.0
    s[L.S_LANDED_STATE] = L.ON_GROUND
    s[L.S_FLAGS] = L.FLAGS_STARTING
    draw = np.random.Generator(np.random.PCG64(seed))
    s[M.S_GBX : M.S_GBX + 3] = draw.normal(0.0, 0.003, 3)
    s[M.S_ABX : M.S_ABX + 3] = draw.normal(0.0, 0.03, 3)
    s[M.S_GPS_WN : M.S_GPS_WN + 3] = draw.normal(0.0, 0.2, 3)
    return s, draw.integers(0, 2**63, 4).astype(np.uint64)
