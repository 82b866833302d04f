"""The built-in boat: a survey boat with one outboard propeller and a rudder, and controller gains for it.

Size, mass, speed and thrust are those of small survey boats on the market (Blue Robotics BlueBoat, data sheet: 1.2 m,
14.5 kg, 3 m/s, two propellers of about 50 N). Resistance: half of the thrust drives it at 3 m/s; across the hull it is
ten times that at low speed (Fossen 2021, 6.5, for slender hulls). Windage: 0.06 m2 ahead, 0.2 m2 abeam. Receiver and
battery are the rover's.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import radians
from typing import Final

import numpy as np
import numpy.typing as npt

from autopilot.interface import layout as L
from autopilot.interface.geo import GeoPoint
from autopilot.interface.mathematics import cos, exp, sin, tan
from sitl.kernel import layout as M
from sitl.kernel.compiling import BOAT
from sitl.vehicles import rover
from sitl.vehicles.equipment import AIR_DENSITY, GOOD_RECEIVER, STEPS, equipped
from sitl.vehicles.parameters import Row, scaled, setters
from sitl.vehicles.rover import DrivenMachine

MASS, INERTIA = 14.5, 2.2  # kg, kg m2
STALL, FREE = 100.0, 6.0  # N standing, m/s at which the propeller pulls no more
SURGE = (4.0, 4.2)  # N s/m, N s2/m2
SWAY = (40.0, 80.0)
YAW = (1.0, 12.0)  # N m s, N m s2
RUDDER = 12.0  # N m per rad and (m/s)2; with YAW: it turns like a car of 1 m between its axles
WASH = 0.02  # (m/s)2 per N
RUDDER_MAX, SERVO_RATE = 0.6, 2.0  # rad, rad/s
WHEELBASE = 1.0  # m
TOP_SPEED = 3.0  # m/s
MOTOR_LAG = 0.2  # s
FULL_V, HOTEL_A = 11.1, 0.8
AMPS_PER_N = 0.25
AHEAD_AREA, ABEAM_AREA = 0.06, 0.2  # m2, area times coefficient
TIGHTEST = 1.05 * WHEELBASE / tan(RUDDER_MAX)


def default_settings(home: GeoPoint, steps: int = STEPS) -> npt.NDArray[np.float64]:
    """Settings row: hull, sensors, and ArduPilot's default parameters. Units as in the layouts (SI)."""
    p = equipped(home, steps)
    p[M.P_MASS], p[M.P_INERTIA] = MASS, INERTIA
    p[M.P_STALL], p[M.P_FREE], p[M.P_AMPS_PER_N] = STALL, FREE, AMPS_PER_N
    p[M.P_MOTOR_LAG] = 1.0 - exp(-p[M.P_DT] / MOTOR_LAG)
    p[M.P_SURGE_1], p[M.P_SURGE_2] = SURGE
    p[M.P_SWAY_1], p[M.P_SWAY_2] = SWAY
    p[M.P_YAW_1], p[M.P_YAW_2] = YAW
    p[M.P_RUDDER], p[M.P_WASH], p[M.P_SERVO_RATE] = RUDDER, WASH, SERVO_RATE
    p[M.P_DRAG], p[M.P_SIDE_DRAG] = 0.5 * AIR_DENSITY * AHEAD_AREA, 0.5 * AIR_DENSITY * ABEAM_AREA
    p[M.P_ACC_NOISE], p[M.P_HOTEL_A], p[M.P_FULL_V] = 0.15, HOTEL_A, FULL_V
    p[M.P_GPS_NOISE], p[M.P_GPS_WANDER], p[M.P_GPS_V_NOISE] = GOOD_RECEIVER
    p[L.P_GPS_SIGMA_P] = 0.2
    _control(p)
    return p


def _control(p: Row) -> None:
    p[L.P_AFLOAT] = 1.0
    p[L.P_SPEED_GROUND] = 2.0
    p[L.P_DRIVE_ACCEL], p[L.P_DRIVE_DECEL] = 1.0, 0.3
    p[L.P_TURN_RADIUS], p[L.P_TURN_ACCEL] = TIGHTEST, 0.6 * L.GRAVITY
    p[L.P_TURN_RATE_MAX], p[L.P_TURN_RATE_ACCEL] = radians(120.0), radians(120.0)
    p[L.P_KP_COURSE], p[L.P_KP_TURN], p[L.P_KI_TURN] = 1.5, 0.3, 0.5
    p[L.P_KP_SPEED], p[L.P_KI_SPEED] = 3.0, 1.5
    p[L.P_WHEELBASE], p[L.P_WHEEL_MAX] = WHEELBASE, RUDDER_MAX
    p[L.P_TOP_SPEED], p[L.P_FULL_ACCEL] = TOP_SPEED, STALL / MASS
    p[L.P_STICK_SPEED], p[L.P_STICK_TURN] = 4.0, radians(180.0)
    p[L.P_STOP_SPEED], p[L.P_THROTTLE_MAX], p[L.P_THR_SLEW], p[L.P_BRAKING] = 0.1, 1.0, 1.0, 0.0


def _tide(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """SIM_TIDE_SPEED m/s from SIM_TIDE_DIR deg."""
    speed = min(max(values.get("SIM_TIDE_SPEED", 0.0), 0.0), 10.0)
    direction = radians(values.get("SIM_TIDE_DIR", 0.0))
    p[M.P_TIDE_N], p[M.P_TIDE_E] = -speed * cos(direction), -speed * sin(direction)


def _turning(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """Set the steering as the rover's. The hull cannot turn tighter than `TIGHTEST`, whatever TURN_RADIUS is."""
    rover.SPECIAL["TURN_RADIUS"](p, s, values)
    p[L.P_TURN_RADIUS] = max(p[L.P_TURN_RADIUS], TIGHTEST)


#: Parameters that act on the boat differently; all others act as on the rover.
SPECIAL: Final = rover.SPECIAL | setters(
    (_tide, "SIM_TIDE_SPEED SIM_TIDE_DIR"), (_turning, "TURN_RADIUS ATC_STR_RAT_MAX ATC_STR_ACC_MAX")
)
SCALED = scaled("rover", "boat")


class SimulatedBoat(DrivenMachine):
    """A boat of 14.5 kg, steered like a rover."""

    kernel, scaled, special = BOAT, SCALED, SPECIAL
    settings = staticmethod(default_settings)
