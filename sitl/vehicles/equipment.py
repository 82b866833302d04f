"""What every simulated vehicle carries: battery, inertial unit, barometer, compass, receiver; and the gusts it is in.

Battery: that of 3DR's data sheet of the Iris+, 3S 5.1 Ah. The noise of the sensors is that of consumer parts.
"""

from __future__ import annotations

from math import cos, exp, radians, sin, sqrt

import numpy as np
import numpy.typing as npt

from autopilot.control import layout as L
from autopilot.geo import GeoPoint
from sitl.kernel import layout as M

AIR_DENSITY = 1.225  # kg/m3 at sea level
CELLS, BATTERY_AH, OHMS = 3, 5.1, 0.022
#: Open-circuit voltage of a lithium polymer cell over its charge; the kernel's `cell_volts` is the same curve.
CELL_CURVE = ((0.0, 3.0), (0.05, 3.55), (0.15, 3.685), (0.5, 3.79), (0.9, 4.05), (1.0, 4.2))
STEPS = 8  # of 2.5 ms in a tick
#: Steady gusts' time constant, s (Dryden at 20 m height and 8 m/s).
GUST_TIME = 6.0


def equip(p: npt.NDArray[np.float64], home: GeoPoint, steps: int) -> None:
    """Fill in what settings rows of all vehicles share. `steps`: of physics in a tick. Units as in the layouts (SI)."""
    p[M.STEPS], p[M.DT] = steps, L.TICK / steps
    p[M.GUST_KEEP] = exp(-L.TICK / GUST_TIME)
    p[M.GUST_KICK] = sqrt(1.0 - p[M.GUST_KEEP] ** 2)
    p[M.OHMS], p[M.BATTERY_AH], p[M.CELLS] = OHMS, BATTERY_AH, CELLS
    p[L.LOW_TIMER], p[L.CAPACITY] = 10.0, 1000.0 * BATTERY_AH
    p[L.STICK_T] = 0.5
    for i in (M.LOSS_1, M.LOSS_2, M.LOSS_3, M.LOSS_4, M.GPS_ON, M.BARO_ON, M.MAG_ON, M.IMU_ON):
        p[i] = 1.0
    _sensors(p, home)


def _sensors(p: npt.NDArray[np.float64], home: GeoPoint) -> None:
    p[M.GYRO_NOISE] = 0.003  # rad/s
    p[M.BARO_NOISE] = 0.12  # m
    p[M.GPS_NOISE], p[M.GPS_WANDER], p[M.GPS_V_NOISE] = 0.12, 0.25, 0.06  # m, m, m/s
    p[M.MAG_NOISE] = 0.004  # gauss
    p[M.GPS_SATS] = 10.0
    # a field of mid-latitudes: 0.55 gauss, dip 60 degrees (up in the southern hemisphere), declination 0.2 rad
    dip = radians(60.0 if home.lat >= 0.0 else -60.0)
    p[L.DECLINATION] = 0.2
    p[M.FIELD_N] = 0.55 * cos(dip) * cos(0.2)
    p[M.FIELD_E] = 0.55 * cos(dip) * sin(0.2)
    p[M.FIELD_D] = 0.55 * sin(dip)
    p[L.GPS_SIGMA_P], p[L.GPS_SIGMA_V], p[L.BARO_SIGMA], p[L.MAG_SIGMA] = 0.5, 0.1, 0.6, 0.05
    p[L.ORIGIN_LAT], p[L.ORIGIN_LON], p[L.ORIGIN_ALT] = home.lat, home.lon, home.alt


def switch_on(s: npt.NDArray[np.float64], heading_rad: float, seed: int) -> npt.NDArray[np.uint64]:
    """Fill in what state rows of all vehicles share, at rest at the origin, with random biases drawn from `seed`; gives
    the noise row."""
    s[L.FRESH] = 1.0
    s[M.Q0], s[M.Q3] = cos(heading_rad / 2.0), sin(heading_rad / 2.0)
    s[L.EQ0] = s[L.EM0] = s[L.QT0] = 1.0
    s[M.FZ] = -L.GRAVITY
    s[M.SOC] = 1.0
    s[M.VOLTS] = s[M.REST_VOLTS] = CELLS * 4.2
    s[M.GPS_NEXT] = 600.0  # the receiver has been on for a while: its first fix comes soon
    s[L.SEQ] = s[L.YAW_SEQ] = -1.0
    s[L.LANDED_STATE] = 1.0
    s[L.FLAGS] = L.FLAGS_STARTING
    draw = np.random.Generator(np.random.PCG64(seed))
    s[M.GBX : M.GBX + 3] = draw.normal(0.0, 0.003, 3)
    s[M.ABX : M.ABX + 3] = draw.normal(0.0, 0.03, 3)
    s[M.GPS_WN : M.GPS_WN + 3] = draw.normal(0.0, 0.2, 3)
    return draw.integers(0, 2**63, 4).astype(np.uint64)
