"""Sources of streamed values: one float64 vector, addressed by number.

Three parts behind each other: the vehicle's report vector (`autopilot.interface.report`), the *facts* of the core
that no vehicle knows (mode, home, mission, sensor bits), and values *derived* from both. `streams` names a number for
each message field, so that the compiled encoder needs no object; `facts` fills the second part, `derive` the third.
"""

from __future__ import annotations

from math import floor, pi, radians, sqrt
from typing import Any, Final

from autopilot.interface import report
from autopilot.interface.geo import METRES_PER_DEGREE
from autopilot.interface.marks import jit
from autopilot.interface.mathematics import atan2, cos, sin
from autopilot.mav import EkfFlag

FACTS: Final = 160
AUTOPILOT: Final = FACTS - 1  # MAV_AUTOPILOT: of the room between report and facts, which are counted through
STANDARD_MODE: Final = FACTS - 2  # MAV_STANDARD_MODE as which the mode is listed
INTENDED_MODE: Final = FACTS - 3  # the mode that was wanted last: another than CUSTOM_MODE after a failsafe
VTOL_STATE: Final = FACTS - 4  # MAV_VTOL_STATE
HAS_PITOT: Final = FACTS - 5  # 0 or 1
ZERO: Final = FACTS + 0  # constantly 0: the source of constant fields
ONE: Final = FACTS + 1  # constantly 1: the condition of streams that are always ready
CUSTOM_MODE: Final = FACTS + 2
BASE_MODE: Final = FACTS + 3
SYSTEM_STATUS: Final = FACTS + 4  # MAV_STATE
VEHICLE_TYPE: Final = FACTS + 5  # MAV_TYPE
HAS_HEIGHT: Final = FACTS + 6  # 0 or 1
SENSORS_PRESENT: Final = FACTS + 7  # MAV_SYS_STATUS_SENSOR bits
SENSORS_ENABLED: Final = FACTS + 8
SENSORS_HEALTHY: Final = FACTS + 9
CHARGE_STATE: Final = FACTS + 10  # MAV_BATTERY_CHARGE_STATE
BOOT_UNIX_US: Final = FACTS + 11  # us since 1970 at vehicle time 0
HAS_HOME: Final = FACTS + 12  # 0 or 1
HOME_LAT: Final = FACTS + 13  # deg
HOME_LON: Final = FACTS + 14
HOME_ALT: Final = FACTS + 15  # m AMSL
HOME_N: Final = FACTS + 16  # m from the vehicle's origin
HOME_E: Final = FACTS + 17
HOME_D: Final = FACTS + 18
MISSION_SEQ: Final = FACTS + 19
MISSION_TOTAL: Final = FACTS + 20  # 65535 when there is none
MISSION_STATE: Final = FACTS + 21
MISSION_MODE: Final = FACTS + 22
MISSION_ID: Final = FACTS + 23
FENCE_ID: Final = FACTS + 24
RALLY_ID: Final = FACTS + 25
FENCE_ENABLED: Final = FACTS + 26  # 0 or 1
BREACH_STATUS: Final = FACTS + 27
BREACH_TYPE: Final = FACTS + 28  # FENCE_BREACH
BREACH_COUNT: Final = FACTS + 29
BREACH_TIME_MS: Final = FACTS + 30
STEERED: Final = FACTS + 31  # 1 while the mode steers to a point
RC_1: Final = FACTS + 32  # us, and behind it channels 2 to 16
MODES_REVISION: Final = FACTS + 48  # changes when other modes can be flown
RELAYS_ON: Final = FACTS + 49  # bits
RELAYS_PRESENT: Final = FACTS + 50
GOAL_TOLD: Final = FACTS + 51  # 1 while there is a goal
GOAL_MASK: Final = FACTS + 52  # POSITION_TARGET_TYPEMASK: what of the goal counts
GOAL_N: Final = FACTS + 53  # m, and behind it east and down, the velocity in m/s, the yaw in rad
FACTS_SIZE: Final = 60

DERIVED: Final = FACTS + FACTS_SIZE
TIME_BOOT_MS: Final = DERIVED + 0  # vehicle time in the uint32 of the wire (round after 49 days, as ArduPilot's)
TIME_US: Final = DERIVED + 1  # vehicle time, us
TIME_US32: Final = DERIVED + 2  # the same in a uint32
TIME_UNIX_US: Final = DERIVED + 3
GPS_TIME_US: Final = DERIVED + 4
HEADING_CDEG: Final = DERIVED + 5  # 0 .. 35999
HEADING_DEG: Final = DERIVED + 6  # 0 .. 359
RELATIVE_ALT: Final = DERIVED + 7  # m above home (above the origin while there is no home)
GPS_SPEED: Final = DERIVED + 8  # m/s
GPS_COURSE_CDEG: Final = DERIVED + 9
TARGET_LAT: Final = DERIVED + 10  # deg, the end of the target
TARGET_LON: Final = DERIVED + 11
TARGET_ALT: Final = DERIVED + 12  # m AMSL
WIND_FROM: Final = DERIVED + 13  # deg the wind blows from
WIND_SPEED: Final = DERIVED + 14  # m/s
Q_W: Final = DERIVED + 15
Q_X: Final = DERIVED + 16
Q_Y: Final = DERIVED + 17
Q_Z: Final = DERIVED + 18
LANDED: Final = DERIVED + 19  # MAV_LANDED_STATE as shown
HAS_LOCAL: Final = DERIVED + 20  # 1 when the estimator has a horizontal position, relative or absolute
HAS_TRUTH: Final = DERIVED + 21  # 1 behind the simulator
BEARING_DEG: Final = DERIVED + 22  # to the end of the target, 0 .. 359
NAV_BEARING_DEG: Final = DERIVED + 23
BATTERY_A: Final = DERIVED + 24  # A, never negative: on the wire -1 means unknown
AIRSPEED_ERROR: Final = DERIVED + 25  # m/s, demanded less flown; 0 where none is demanded
PITOT_PRESSURE: Final = DERIVED + 26  # hPa, of the air that streams in
SIZE: Final = DERIVED + 27

_HAS_POSITION: Final = EkfFlag.POS_HORIZ_REL | EkfFlag.POS_HORIZ_ABS
_UINT32: Final = 4294967296.0
_DENSITY: Final = 1.225  # kg/m3 at sea level

assert report.SIZE <= HAS_PITOT, "the report vector has outgrown its place in the source vector"


@jit
def centidegrees(angle: float) -> float:
    """An angle in rad as whole centidegrees, 0 .. 35999; nan stays nan."""
    if angle != angle:
        return angle
    return floor(angle * (18000.0 / pi) + 0.5) % 36000.0


@jit
def derive(s: Any) -> None:
    """Fill the derived part of source vector `s` (array, or list in plain Python) from its other parts."""
    now_ms = s[report.TIME_MS]
    s[TIME_BOOT_MS] = now_ms % _UINT32
    s[TIME_US] = now_ms * 1000.0
    s[TIME_US32] = (now_ms * 1000.0) % _UINT32
    s[TIME_UNIX_US] = s[BOOT_UNIX_US] + now_ms * 1000.0
    s[GPS_TIME_US] = s[report.GPS_TIME_MS] * 1000.0
    heading = centidegrees(s[report.YAW])
    s[HEADING_CDEG] = heading
    s[HEADING_DEG] = floor(heading / 100.0) if heading == heading else heading
    s[RELATIVE_ALT] = s[report.ALT] - s[HOME_ALT] if s[HAS_HOME] != 0.0 else -s[report.DOWN]
    s[GPS_SPEED] = sqrt(s[report.GPS_VN] * s[report.GPS_VN] + s[report.GPS_VE] * s[report.GPS_VE])
    s[GPS_COURSE_CDEG] = centidegrees(atan2(s[report.GPS_VE], s[report.GPS_VN]))
    bearing, away = s[report.WP_BEARING], s[report.WP_DISTANCE]
    lat = s[report.LAT]
    s[TARGET_LAT] = lat + away * cos(bearing) / METRES_PER_DEGREE
    middle = radians((lat + s[TARGET_LAT]) / 2.0)
    s[TARGET_LON] = s[report.LON] + away * sin(bearing) / (METRES_PER_DEGREE * max(cos(middle), 0.01))
    s[TARGET_ALT] = s[report.ALT] + s[report.ALT_ERROR]
    s[BEARING_DEG] = floor(centidegrees(bearing) / 100.0) if bearing == bearing else bearing
    course = s[report.NAV_BEARING]
    s[NAV_BEARING_DEG] = floor(centidegrees(course) / 100.0) if course == course else course
    s[WIND_SPEED] = sqrt(s[report.WIND_N] * s[report.WIND_N] + s[report.WIND_E] * s[report.WIND_E])
    s[WIND_FROM] = (atan2(-s[report.WIND_E], -s[report.WIND_N]) * (180.0 / pi)) % 360.0
    demanded = s[report.TARGET_AIR_SPEED]
    s[AIRSPEED_ERROR] = demanded - s[report.AIR_SPEED] if demanded > 0.0 else 0.0
    s[PITOT_PRESSURE] = 0.5 * _DENSITY * s[report.PITOT] * s[report.PITOT] / 100.0
    derive_quaternion(s)
    s[LANDED] = s[report.LANDED_STATE] if s[HAS_HEIGHT] != 0.0 else 0.0
    flags = s[report.EKF_FLAGS]
    s[HAS_LOCAL] = 1.0 if flags == flags and int(flags) & _HAS_POSITION else 0.0
    s[HAS_TRUTH] = 1.0 if s[report.TRUE_LAT] == s[report.TRUE_LAT] else 0.0
    s[BATTERY_A] = max(s[report.BATT_A], 0.0) if s[report.BATT_A] == s[report.BATT_A] else s[report.BATT_A]


@jit
def derive_quaternion(s: Any) -> None:
    """Attitude as a quaternion (w, x, y, z), from the Euler angles (3-2-1)."""
    cr, sr = cos(s[report.ROLL] / 2.0), sin(s[report.ROLL] / 2.0)
    cp, sp = cos(s[report.PITCH] / 2.0), sin(s[report.PITCH] / 2.0)
    cy, sy = cos(s[report.YAW] / 2.0), sin(s[report.YAW] / 2.0)
    s[Q_W] = cr * cp * cy + sr * sp * sy
    s[Q_X] = sr * cp * cy - cr * sp * sy
    s[Q_Y] = cr * sp * cy + sr * cp * sy
    s[Q_Z] = cr * cp * sy - sr * sp * cy
