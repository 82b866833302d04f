"""The simulated rover's numbers: a 1:10 four-wheel-drive car, as it is sold for this purpose, and gains that fit it.

Body and tyres: the F1TENTH car, identified on a Traxxas chassis (O'Kelly, Zheng, Karthik, Mangharam 2020, f1tenth_gym;
Althoff, Koschi, Manzinger 2017 for the model): mass, inertia, axle distances, friction, cornering stiffness, steering
angle and rate, largest acceleration. Geared down to 15 m/s at 11.1 V, with a 3S 5.1 Ah pack. Rolling resistance: large
tyres on grass, 0.05 (Wong, Theory of Ground Vehicles). It carries a GPS with corrections (RTK float), as ground
vehicles that follow lines do; the other sensors are the copter's.
"""

from __future__ import annotations

from math import cos, exp, radians, sin

import numpy as np
import numpy.typing as npt

from autopilot.control import layout as L
from autopilot.control import rover_layout as V
from autopilot.geo import GeoPoint
from sitl.kernel import layout as M
from sitl.kernel import rover_layout as G
from sitl.vehicles.equipment import AIR_DENSITY, STEPS, equip, switch_on

MASS, INERTIA = 3.74, 0.04712  # kg, kg m2
FRONT, REAR = 0.15875, 0.17145  # m
GRIP, STIFF_F, STIFF_R = 1.0489, 4.718, 5.4562
WHEEL_MAX, SERVO_RATE = 0.4189, 3.2  # rad, rad/s
FULL_ACCEL = 9.51  # m/s2, wheels standing
TOP_SPEED = 15.0  # m/s at FULL_V without load
FULL_V = 11.1
ROLLING = 0.05
DRAG_AREA, SIDE_AREA = 0.05, 0.12  # m2, area times coefficient
MOTOR_LAG = 0.03  # s
HOTEL_A = 0.6


def default_settings(home: GeoPoint, steps: int = STEPS) -> npt.NDArray[np.float64]:
    """A settings row: chassis, sensors, and ArduPilot's default parameters. Units as in the layouts (SI)."""
    p = np.zeros(G.SETTINGS_SIZE)
    equip(p, home, steps)
    _machine(p)
    _control(p)
    p[M.ACC_NOISE], p[M.HOTEL_A], p[M.FULL_V] = 0.25, HOTEL_A, FULL_V
    p[M.GPS_NOISE], p[M.GPS_WANDER], p[M.GPS_V_NOISE] = 0.05, 0.08, 0.04
    p[L.GPS_SIGMA_P] = 0.2
    return p


def _machine(p: npt.NDArray[np.float64]) -> None:
    p[G.MASS], p[G.INERTIA], p[G.FRONT], p[G.REAR] = MASS, INERTIA, FRONT, REAR
    p[G.GRIP], p[G.STIFF_F], p[G.STIFF_R] = GRIP, STIFF_F, STIFF_R
    p[G.STALL], p[G.FREE] = FULL_ACCEL * MASS, TOP_SPEED
    p[G.MOTOR_LAG] = 1.0 - exp(-p[M.DT] / MOTOR_LAG)
    p[G.AMPS_PER_N] = TOP_SPEED / FULL_V  # a motor's volts per speed are its newtons per ampere
    p[G.ROLLING] = ROLLING
    p[G.DRAG], p[G.SIDE_DRAG] = 0.5 * AIR_DENSITY * DRAG_AREA, 0.5 * AIR_DENSITY * SIDE_AREA
    p[G.SERVO_RATE] = SERVO_RATE


def _control(p: npt.NDArray[np.float64]) -> None:
    p[L.SPEED_GROUND] = 2.0
    p[V.ACCEL] = p[V.DECEL] = 1.0
    p[V.TURN_RADIUS], p[V.TURN_ACCEL] = 0.9, 0.6 * L.GRAVITY
    p[V.RATE_MAX], p[V.RATE_ACCEL] = radians(120.0), radians(120.0)
    p[V.KP_COURSE], p[V.KP_RATE], p[V.KI_RATE] = 3.0, 0.3, 1.0
    p[V.KP_SPEED], p[V.KI_SPEED] = 3.0, 1.5
    p[V.WHEELBASE], p[V.WHEEL_MAX] = FRONT + REAR, WHEEL_MAX
    p[V.TOP_SPEED], p[V.FULL_ACCEL] = TOP_SPEED, FULL_ACCEL
    p[V.STICK_SPEED], p[V.STICK_RATE] = 4.0, radians(180.0)
    p[V.STOP_SPEED], p[V.THROTTLE_MAX], p[V.BRAKING] = 0.1, 1.0, 1.0


def initial_state(heading_rad: float, seed: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.uint64]]:
    """State and noise rows of a rover at rest at the origin, all its random biases drawn from `seed`."""
    s = np.zeros(G.STATE_SIZE)
    rng = switch_on(s, heading_rad, seed)
    s[M.GPS_WN : M.GPS_WN + 3] *= 0.4
    s[G.COS], s[G.SIN] = cos(heading_rad), sin(heading_rad)
    s[V.WAY] = 1.0
    return s, rng
