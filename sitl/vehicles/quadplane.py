"""The built-in quadplane: ArduPilot's SITL `quadplane`, a plane with four lift motors in an X, and its parameters.

The wings are those of SITL's plane, with 4.5 kg and 20 A at full forward throttle (SIM_QuadPlane: 1.5 times its 3 kg
frame; the current grows with the throttle). The lift motors hover at 45 % of their thrust (39 % of the stick in SITL's
model, before its curve). They are 0.35 m along and across: SITL's plane has 1 kg m2, which needs longer arms than its
frame has. About the upright axis the frame's angular acceleration counts, 20 rad/s2 of two motors at full thrust. Their
power follows momentum theory over the disc area of SITL's model, 0.385 m2, at an efficiency of 0.6.
"""

from __future__ import annotations

from dataclasses import replace
from math import radians, sqrt
from typing import Final

import numpy as np
import numpy.typing as npt

from autopilot.interface import layout as L
from autopilot.interface.geo import GeoPoint
from autopilot.interface.mathematics import cos, exp, tan
from sitl.kernel import layout as M
from sitl.vehicles.aerodynamics import SKYWALKER
from sitl.vehicles.equipment import AIR_DENSITY, STEPS
from sitl.vehicles.parameters import Row
from sitl.vehicles.plane import SimulatedPlane, default_settings
from sitl.vehicles.stops import stop_as_arducopter

BODY: Final = replace(
    SKYWALKER,
    mass=4.5,
    amps=(20.0, 0.0),
    lets_go=0.0,
    roll_gains=(0.345, 0.141, 0.2125),
    pitch_gains=(0.345, 0.31, 0.2125),
)
HOVER_SHARE = 0.45
ARM, YAW_ARM, ROTOR_LAG = 0.35, 0.4, 0.03
DISC_AREA, EFFICIENCY = 0.385, 0.6


def quadplane_settings(home: GeoPoint, steps: int = STEPS) -> npt.NDArray[np.float64]:
    """Settings row: the plane's, lift motors, and the laws of the hover. Units as in the layouts (SI)."""
    p = default_settings(home, steps, BODY)
    full = BODY.mass * L.GRAVITY / (4.0 * HOVER_SHARE)
    p[L.P_LIFTS] = 1.0
    p[M.P_FULL], p[M.P_ARM_X], p[M.P_ARM_Y], p[M.P_YAW_ARM] = full, ARM, ARM, YAW_ARM
    p[M.P_LAG], p[M.P_SPIN_ARM] = 1.0 - exp(-p[M.P_DT] / ROTOR_LAG), 0.1
    p[M.P_ROTOR_DRAG] = 0.1
    p[M.P_POWER] = 1.0 / (sqrt(2.0 * AIR_DENSITY * DISC_AREA / 4.0) * EFFICIENCY)
    _hover(p, full)
    p[L.P_V_MIN], p[L.P_V_MAX], p[L.P_V_CRUISE], p[L.P_SPEED_GROUND], p[L.P_L1_PERIOD] = 13.0, 35.0, 25.0, 25.0, 14.0
    p[L.P_PITCH_UP], p[L.P_PITCH_DOWN], p[L.P_STICK_CLIMB] = radians(30.0), radians(-30.0), 10.0
    p[L.P_ENERGY_DOWN] = p[L.P_PITCH_DOWN]
    p[L.P_TRANSITION_S], p[L.P_ASSIST_SPEED], p[L.P_ASSIST_ANGLE], p[L.P_ASSIST_DELAY] = 5.0, 18.0, radians(30.0), 0.5
    p[L.P_HOVER_SPEED], p[L.P_BACK_DECEL] = 5.0, 2.0
    return p


def _hover(p: Row, full: float) -> None:
    """Set the copter's control laws for this body."""
    ix, iy, iz, _ = BODY.inertia
    p[L.P_MIX_X], p[L.P_MIX_Y], p[L.P_MIX_Z] = ix / (4 * full * ARM), iy / (4 * full * ARM), iz / (4 * full * YAW_ARM)
    p[L.P_KP_ATT], p[L.P_KP_YAW] = 4.5, 3.0
    p[L.P_KP_RATE], p[L.P_KI_RATE], p[L.P_KP_YRATE], p[L.P_KI_YRATE] = 12.0, 10.0, 8.0, 4.0
    p[L.P_RATE_MAX], p[L.P_HOVER_GUESS] = radians(150.0), HOVER_SHARE
    p[L.P_KP_POS], p[L.P_KP_VEL], p[L.P_KI_VEL] = 1.0, 1.8, 0.6
    p[L.P_KP_HGT], p[L.P_KP_VZ], p[L.P_KI_VZ] = 1.0, 4.0, 1.5
    p[L.P_SPEED_UP], p[L.P_SPEED_DOWN], p[L.P_LAND_SPEED_HIGH] = 2.5, 2.5, 1.5
    p[L.P_ACCEL], p[L.P_ACCEL_Z], p[L.P_ACCEL_CORNER] = 1.5, 1.0, 2.0
    p[L.P_JERK], p[L.P_JERK_Z], p[L.P_LEG_JERK], p[L.P_JERK_RISE] = 5.0, 5.0, 1.0, 0.3
    p[L.P_TURN_SHARE], p[L.P_LEAN_MAX] = 0.75, tan(radians(30.0))
    p[L.P_YAW_RATE], p[L.P_YAW_ACCEL] = radians(30.0), radians(60.0)
    p[L.P_LAND_SPEED], p[L.P_LAND_ALT_LOW] = 0.5, 6.0
    p[L.P_CUT_TILT] = cos(radians(70.0))
    p[L.P_STICK_LEAN], p[L.P_STICK_UP], p[L.P_STICK_DN] = radians(30.0), 2.5, 2.5
    p[L.P_STICK_YAW_RATE], p[L.P_ACRO_YAW_RATE], p[L.P_STICK_ACCEL_Z] = radians(75.0), radians(60.0), 2.5
    p[L.P_LOITER_SPEED], p[L.P_LOITER_ACCEL], p[L.P_LOITER_LEAN] = 5.0, 1.5, radians(10.0)
    stop_as_arducopter(p, 5.0, 5.0)


def make_quadplane(home: GeoPoint, heading_deg: float = 0.0, seed: int = 0, *, steps: int = STEPS) -> SimulatedPlane:
    """A quadplane at `home`, nose at `heading_deg`. The same `seed` gives the same flight."""
    return SimulatedPlane(home, heading_deg, seed, body=BODY, settings=quadplane_settings(home, steps))
