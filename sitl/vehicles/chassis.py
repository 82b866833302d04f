"""Numbers of the simulated rover: a 1:10 four-wheel-drive car from the market, and controller gains for it.

Body and tyres: the F1TENTH car, identified on a Traxxas chassis (O'Kelly, Zheng, Karthik, Mangharam 2020, f1tenth_gym;
Althoff, Koschi, Manzinger 2017 for the model): mass, inertia, axle distances, friction, cornering stiffness, steering
angle and rate, largest acceleration. It is geared down to 15 m/s at 11.1 V, with a 3S 5.1 Ah pack. Rolling resistance:
large tyres on grass, 0.05 (Wong, Theory of Ground Vehicles). It has a GPS with corrections (RTK float), like ground
vehicles that follow lines; the other sensors are the copter's.
"""

from __future__ import annotations

from math import pi, radians

import numpy as np
import numpy.typing as npt

from autopilot.interface import layout as L
from autopilot.interface.geo import GeoPoint
from autopilot.interface.mathematics import cos, exp, sin
from autopilot.vehicles.driving import limit_or
from sitl.kernel import layout as M
from sitl.vehicles.equipment import AIR_DENSITY, GOOD_RECEIVER, STEPS, equipped, switched_on

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
SNAP = 15.0  # m/s4
DRIVE_W = 12.0  # at 2 m/s and FULL_V, by the numbers above; SIM_DRIVE_W's default


def amps_per_newton(drive_w: float) -> float:
    """Current of the motor over its force, A/N. An ideal motor has as many volts per m/s as newtons per ampere; the
    result is scaled to a driving power of `drive_w` W."""
    hotel = HOTEL_A * FULL_V
    return TOP_SPEED / FULL_V * ((drive_w - hotel) / (DRIVE_W - hotel))


def default_settings(home: GeoPoint, steps: int = STEPS) -> npt.NDArray[np.float64]:
    """Settings row: chassis, sensors, and ArduPilot's default parameters. Units as in the layouts (SI)."""
    p = equipped(home, steps)
    _machine(p)
    _control(p)
    p[M.P_ACC_NOISE], p[M.P_HOTEL_A], p[M.P_FULL_V] = 0.25, HOTEL_A, FULL_V
    p[M.P_GPS_NOISE], p[M.P_GPS_WANDER], p[M.P_GPS_V_NOISE] = GOOD_RECEIVER
    p[L.P_GPS_SIGMA_P] = 0.2
    return p


def _machine(p: npt.NDArray[np.float64]) -> None:
    p[M.P_MASS], p[M.P_INERTIA], p[M.P_FRONT], p[M.P_REAR] = MASS, INERTIA, FRONT, REAR
    p[M.P_GRIP], p[M.P_STIFF_F], p[M.P_STIFF_R] = GRIP, STIFF_F, STIFF_R
    p[M.P_STALL], p[M.P_FREE] = FULL_ACCEL * MASS, TOP_SPEED
    p[M.P_MOTOR_LAG] = 1.0 - exp(-p[M.P_DT] / MOTOR_LAG)
    p[M.P_AMPS_PER_N] = amps_per_newton(DRIVE_W)
    p[M.P_ROLLING] = ROLLING
    p[M.P_DRAG], p[M.P_SIDE_DRAG] = 0.5 * AIR_DENSITY * DRAG_AREA, 0.5 * AIR_DENSITY * SIDE_AREA
    p[M.P_SERVO_RATE] = SERVO_RATE


def _control(p: npt.NDArray[np.float64]) -> None:
    p[L.P_SPEED_GROUND] = 2.0
    p[L.P_DRIVE_ACCEL] = p[L.P_DRIVE_DECEL] = 1.0
    p[L.P_TURN_RADIUS], p[L.P_TURN_ACCEL] = 0.9, 0.6 * L.GRAVITY
    p[L.P_TURN_RATE_MAX], p[L.P_TURN_RATE_ACCEL] = radians(120.0), radians(120.0)
    p[L.P_KP_COURSE], p[L.P_KP_TURN], p[L.P_KI_TURN] = 3.0, 0.3, 1.0
    p[L.P_KP_SPEED], p[L.P_KI_SPEED] = 3.0, 1.5
    p[L.P_WHEELBASE], p[L.P_WHEEL_MAX] = FRONT + REAR, WHEEL_MAX
    p[L.P_TOP_SPEED], p[L.P_FULL_ACCEL] = TOP_SPEED, FULL_ACCEL
    p[L.P_STICK_SPEED], p[L.P_STICK_TURN] = 4.0, radians(180.0)
    p[L.P_STOP_SPEED], p[L.P_THROTTLE_MAX], p[L.P_THR_SLEW], p[L.P_BRAKING] = 0.1, 1.0, 1.0, 1.0
    p[L.P_ACCEL_CORNER], p[L.P_LINES] = p[L.P_TURN_ACCEL], 1.0
    limit_profiles(p)


def limit_profiles(p: npt.NDArray[np.float64], wp_jerk: float = 0.0) -> None:
    """Limit the speed profiles of legs: the lower of both accelerations, WP_JERK m/s3 (0: the same number as the
    acceleration), and the snap, position gain and radius of ArduRover (AR_WPNav, AR_PosControl). The vertical limits
    have no effect but must be set."""
    p[L.P_ACCEL] = min(p[L.P_DRIVE_ACCEL], p[L.P_DRIVE_DECEL])
    p[L.P_LEG_JERK] = limit_or(wp_jerk, p[L.P_ACCEL])
    p[L.P_JERK_RISE] = p[L.P_LEG_JERK] * pi / (2.0 * SNAP)
    p[L.P_ACCEL_Z] = 1.0
    p[L.P_KP_POS], p[L.P_TURN_SHARE] = 0.2, 1.0


def initial_state(heading_rad: float, seed: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.uint64]]:
    """State and noise rows of a rover at rest at the origin. Its random biases are drawn from `seed`."""
    s, rng = switched_on(heading_rad, seed)
    s[M.S_GPS_WN : M.S_GPS_WN + 3] *= 0.4
    s[M.S_COS], s[M.S_SIN] = cos(heading_rad), sin(heading_rad)
    s[L.S_WAY] = 1.0
    return s, rng
