"""Numbers of the simulated copter: a 3DR Iris, and controller gains for it.

Body: PX4's Gazebo model of the Iris (PX4-SITL_gazebo, models/iris; measured by ETH Zurich's ASL for RotorS, Furrer et
al. 2016): mass, inertia, rotor places, thrust 5.84e-6 N s2, torque ratio 0.06 m, at most 1100 rad/s, rotor time
constants 12.5 ms up and 25 ms down (here 18 ms for both). Battery and endurance: 3DR's data sheet of the Iris+, 3S 5.1
Ah, 16 to 22 minutes. Drag is assumed: rotor drag 0.2 1/s at hover (Faessler et al. 2018 identified 0.4 to 0.5 on a
smaller craft), area times coefficient 0.02 m2 for a body of 0.47 x 0.11 m with legs.
"""

from __future__ import annotations

from math import pi, radians, sqrt

import numpy as np
import numpy.typing as npt

from autopilot.interface import layout as L
from autopilot.interface.geo import GeoPoint
from autopilot.interface.mathematics import cos, exp, tan
from sitl.kernel import layout as M
from sitl.vehicles.equipment import AIR_DENSITY, STEPS, equipped, switched_on
from sitl.vehicles.stops import stop_as_arducopter

MASS = 1.5  # kg
INERTIA = (0.029125, 0.029125, 0.055225)  # kg m2
ARM_X, ARM_Y = 0.13, 0.21  # m; the real rear arms are 0.20 and the front arms 0.22 m out
FULL_RPM = 1100.0 * 30.0 / pi
FULL_THRUST = 5.84e-6 * 1100.0 * 1100.0  # N for each rotor at FULL_V
TORQUE_RATIO = 0.06  # m
ROTOR_LAG = 0.018  # s
ROTOR_DRAG = 0.2  # 1/s at hover
#: Drag of the rotors along their axis, as a share of that across it for each (m/s)2 of flow: what inflow takes from
#: their thrust, which does not know of it otherwise. A climb ends where it does in ArduPilot's SITL
#: (`Frame::calculate_forces`, momentum drag along z), and slow ones cost little.
AXIAL_DRAG = 0.006
DRAG_AREA = 0.02  # m2
#: Share of the acceptance radius within which a corner is passed.
TURN_SHARE = 0.75
ROTOR_AREA = 3.14159265 * 0.127 * 0.127  # m2, 10 inch
EFFICIENCY = 0.45  # shaft and induced losses together: 180 W at hover
FULL_V = 11.4  # V at which the rotors reach their full speed
HOTEL_A = 0.5
HOVER_W = 184.0  # at FULL_V, by the numbers above; SIM_HOVER_W's default

HOVER_SHARE = MASS * L.GRAVITY / (4.0 * FULL_THRUST)


def body_drag(area: float) -> float:
    """Drag of a body over its mass, 1/m, for an area times coefficient in m2: deceleration over the square of the
    airspeed."""
    return 0.5 * AIR_DENSITY * area / MASS


def power_factor(hover_w: float) -> float:
    """Power factor of each rotor, W per N^1.5, when hovering takes `hover_w` W in total at FULL_V."""
    own = 1.0 / (sqrt(2.0 * AIR_DENSITY * ROTOR_AREA) * EFFICIENCY)
    hotel = HOTEL_A * FULL_V
    return own * ((hover_w - hotel) / (HOVER_W - hotel))


def default_settings(home: GeoPoint, steps: int = STEPS) -> npt.NDArray[np.float64]:
    """Settings row: airframe, sensors, and ArduPilot's default parameters. Units as in the layouts (SI)."""
    p = equipped(home, steps)
    _machine(p)
    _control(p)
    fit_rotors(p, FULL_THRUST)
    return p


def fit_rotors(p: npt.NDArray[np.float64], thrust: float) -> None:
    """Set the thrust of each rotor at FULL_V, N, and controller gains that fit it."""
    (ix, iy, iz), full, share = INERTIA, 4.0 * thrust, MASS * L.GRAVITY / (4.0 * thrust)
    p[M.P_FULL], p[M.P_ROTOR_DRAG], p[L.P_HOVER_GUESS] = thrust, ROTOR_DRAG / sqrt(share), share
    p[L.P_MIX_X], p[L.P_MIX_Y], p[L.P_MIX_Z] = ix / (full * ARM_Y), iy / (full * ARM_X), iz / (full * TORQUE_RATIO)


def _machine(p: npt.NDArray[np.float64]) -> None:
    ix, iy, iz = INERTIA
    p[M.P_MASS] = MASS
    p[M.P_INV_IX], p[M.P_INV_IY], p[M.P_INV_IZ] = 1.0 / ix, 1.0 / iy, 1.0 / iz
    p[M.P_GYRO_XX], p[M.P_GYRO_YY], p[M.P_GYRO_ZZ] = (iy - iz) / ix, (iz - ix) / iy, (ix - iy) / iz
    p[M.P_ARM_X], p[M.P_ARM_Y], p[M.P_YAW_ARM] = ARM_X, ARM_Y, TORQUE_RATIO
    p[M.P_LAG] = 1.0 - exp(-p[M.P_DT] / ROTOR_LAG)
    p[M.P_BODY_DRAG] = body_drag(DRAG_AREA)
    p[M.P_AXIAL_DRAG] = AXIAL_DRAG
    p[M.P_SPIN_ARM] = 0.1
    p[M.P_STIFF], p[M.P_DAMP] = 1500.0, 60.0  # N/m, N s/m: at rest the legs are 1 cm deep
    p[M.P_FRICTION], p[M.P_LEG] = 0.6, 4.0  # N m per unit of tilt under the weight
    p[M.P_HOTEL_A] = HOTEL_A
    p[M.P_POWER] = power_factor(HOVER_W)
    p[M.P_FULL_V] = FULL_V
    p[M.P_ACC_NOISE] = 0.15  # m/s2 with the rotors at hover


def _control(p: npt.NDArray[np.float64]) -> None:
    p[L.P_KP_ATT], p[L.P_KP_YAW] = 7.0, 3.0
    p[L.P_KP_RATE], p[L.P_KI_RATE], p[L.P_KP_YRATE], p[L.P_KI_YRATE] = 18.0, 20.0, 6.0, 3.0
    p[L.P_RATE_MAX] = radians(220.0)
    p[L.P_DRAG_1], p[L.P_DRAG_2] = ROTOR_DRAG, body_drag(DRAG_AREA)
    p[L.P_KP_POS], p[L.P_KP_VEL], p[L.P_KI_VEL] = 1.2, 2.5, 1.0
    p[L.P_KP_HGT], p[L.P_KP_VZ], p[L.P_KI_VZ] = 1.2, 4.0, 1.5
    p[L.P_SPEED_GROUND], p[L.P_SPEED_UP], p[L.P_SPEED_DOWN] = 10.0, 2.5, 1.5
    p[L.P_ACCEL], p[L.P_ACCEL_Z], p[L.P_ACCEL_CORNER] = 2.5, 1.0, 3.7
    p[L.P_JERK], p[L.P_JERK_Z], p[L.P_LEG_JERK], p[L.P_JERK_RISE] = 10.0, 5.0, 1.0, 0.3
    p[L.P_TURN_SHARE] = TURN_SHARE
    p[L.P_LEAN_MAX] = tan(radians(30.0))
    p[L.P_YAW_RATE], p[L.P_YAW_ACCEL] = radians(60.0), radians(120.0)
    p[L.P_LAND_SPEED], p[L.P_LAND_SPEED_HIGH], p[L.P_LAND_ALT_LOW] = 0.5, 0.0, 10.0
    p[L.P_CUT_TILT], p[L.P_CUT_ALT] = cos(radians(45.0)), 0.0
    p[L.P_CRASH_CHECK] = 1.0
    p[L.P_STICK_LEAN], p[L.P_STICK_UP], p[L.P_STICK_DN] = radians(30.0), 2.5, 1.5
    p[L.P_STICK_YAW_RATE] = p[L.P_ACRO_YAW_RATE] = radians(202.5)
    p[L.P_STICK_ACCEL_Z] = 2.5
    p[L.P_LOITER_SPEED], p[L.P_LOITER_ACCEL], p[L.P_LOITER_LEAN] = 12.5, 5.0, radians(20.0)
    stop_as_arducopter(p, 5.0, 5.0)
    p[L.P_ACRO_RATE] = radians(360.0)


def initial_state(heading_rad: float, seed: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.uint64]]:
    """State and noise rows of a copter at rest at the origin. Its random biases are drawn from `seed`."""
    s, rng = switched_on(heading_rad, seed)
    s[M.S_PD] = MASS * L.GRAVITY / 1500.0  # the undercarriage's deflection at rest
    s[M.S_CONTACT] = 1.0
    s[L.S_HOVER] = HOVER_SHARE
    return s, rng
