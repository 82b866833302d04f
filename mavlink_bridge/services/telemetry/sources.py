"""Sources of streamed values: one float64 vector, addressed by index.

It has three parts: the vehicle's report vector (`autopilot.interface.report`), *facts* of the core (mode, home,
mission, sensor bits), and values *derived* from both. `streams` has an index for each message field, so the compiled
encoder needs no objects; `facts` fills the second part, `derive` the third.
"""

from __future__ import annotations

from math import floor, nan, pi, radians, sqrt
from typing import Any, Final

from autopilot.interface import report
from autopilot.interface.fields import Fields
from autopilot.interface.geo import METRES_PER_DEGREE
from autopilot.interface.layout import ON_GROUND
from autopilot.interface.marks import jit
from autopilot.interface.mathematics import atan2, cos, sin
from autopilot.mav import AirspeedSensorFlag, EkfFlag, Sensor

_slots = Fields("")
_slots.reserve_to(report.SIZE)
FACTS: Final = _slots.size
ZERO = _slots.block(1)  # always 0: source of constant fields
ONE = _slots.block(1)  # always 1: condition of streams that are always ready
CUSTOM_MODE = _slots.block(1)
BASE_MODE = _slots.block(1)
SYSTEM_STATUS = _slots.block(1)  # MAV_STATE
VEHICLE_TYPE = _slots.block(1)  # MAV_TYPE
LANDED_AS = _slots.block(1)  # MAV_LANDED_STATE by the firmware; below 0: as the vehicle reports
SENSORS_PRESENT = _slots.block(1)  # MAV_SYS_STATUS_SENSOR bits
SENSORS_ENABLED = _slots.block(1)
SENSORS_HEALTHY = _slots.block(1)
CHARGE_STATE = _slots.block(1)  # MAV_BATTERY_CHARGE_STATE
BOOT_UNIX_US = _slots.block(1)  # us since 1970 at vehicle time 0
HAS_HOME = _slots.block(1)  # 0 or 1
HOME_LAT = _slots.block(1)  # deg
HOME_LON = _slots.block(1)
HOME_ALT = _slots.block(1)  # m AMSL
HOME_N = _slots.block(1)  # m from the vehicle's origin
HOME_E = _slots.block(1)
HOME_D = _slots.block(1)
MISSION_SEQ = _slots.block(1)
MISSION_TOTAL = _slots.block(1)  # 65535: no mission
MISSION_STATE = _slots.block(1)
MISSION_MODE = _slots.block(1)
MISSION_ID = _slots.block(1)
FENCE_ID = _slots.block(1)
RALLY_ID = _slots.block(1)
FENCE_ENABLED = _slots.block(1)  # 0 or 1
BREACH_STATUS = _slots.block(1)
BREACH_TYPE = _slots.block(1)  # FENCE_BREACH
BREACH_COUNT = _slots.block(1)
BREACH_TIME_MS = _slots.block(1)
STEERED = _slots.block(1)  # 1 while the mode steers to a point
RC_1 = _slots.block(16)  # us, followed by channels 2 to 16
MODES_REVISION = _slots.block(1)  # changes with the list of modes
RELAYS_ON = _slots.block(1)  # bits
RELAYS_PRESENT = _slots.block(1)
GOAL_TOLD = _slots.block(1)  # 1 while there is a target
GOAL_MASK = _slots.block(1)  # POSITION_TARGET_TYPEMASK: valid parts of the target
GOAL_N = _slots.block(7)  # m, followed by east and down, velocity in m/s, yaw in rad
AUTOPILOT = _slots.block(1)  # MAV_AUTOPILOT
STANDARD_MODE = _slots.block(1)  # MAV_STANDARD_MODE under which the mode is listed
INTENDED_MODE = _slots.block(1)  # last requested mode; differs from CUSTOM_MODE after a failsafe
GOAL_PLACED = _slots.block(1)  # 1 if the global target is the place of GOAL_N, not where the vehicle steers to now
STANDS_AS = _slots.block(1)  # MAV_VTOL_STATE on the ground; 0: that of the report
TELLS_REFERENCE = _slots.block(1)  # 1 if the target is the present steering reference, as in PX4
VTOL_STATE = _slots.block(1)  # MAV_VTOL_STATE; for fixed wings that of the report
HAS_PITOT = _slots.block(1)  # 1 if a pitot tube is fitted
SHORT_MODE = _slots.block(1)  # custom_mode in the 16 bits of HIGH_LATENCY2
FAILURES = _slots.block(1)  # HL_FAILURE_FLAG bits
HAS_WINGS = _slots.block(1)  # 0 or 1
UNMEASURED_V = _slots.block(1)  # 1 if nothing measures the battery
UNMEASURED_A = _slots.block(1)  # 1 if nothing measures its current

DERIVED: Final = _slots.size
TIME_BOOT_MS = _slots.block(1)  # vehicle time as uint32 (wraps after 49 days, as in ArduPilot)
TIME_US = _slots.block(1)  # vehicle time, us
TIME_US32 = _slots.block(1)  # vehicle time as uint32, us
TIME_UNIX_US = _slots.block(1)
GPS_TIME_US = _slots.block(1)
HEADING_CDEG = _slots.block(1)  # 0 .. 35999
HEADING_DEG = _slots.block(1)  # 0 .. 359
RELATIVE_ALT = _slots.block(1)  # m above home (above the origin without a home)
GPS_SPEED = _slots.block(1)  # m/s
GPS_COURSE_CDEG = _slots.block(1)
TARGET_LAT = _slots.block(1)  # deg, end of the target
TARGET_LON = _slots.block(1)
TARGET_ALT = _slots.block(1)  # m AMSL
WIND_FROM = _slots.block(1)  # deg the wind blows from
WIND_SPEED = _slots.block(1)  # m/s
Q_W = _slots.block(1)
Q_X = _slots.block(1)
Q_Y = _slots.block(1)
Q_Z = _slots.block(1)
LANDED = _slots.block(1)  # MAV_LANDED_STATE as sent
HAS_LOCAL = _slots.block(1)  # 1 when the estimator has a horizontal position, relative or absolute
HAS_TRUTH = _slots.block(1)  # 1 for a simulated vehicle
BEARING_DEG = _slots.block(1)  # to the end of the target, 0 .. 359
NAV_BEARING_DEG = _slots.block(1)
BATTERY_V = _slots.block(1)  # V; nan where nothing measures it, like the rest
BATTERY_A = _slots.block(1)  # A, never negative: on the wire -1 means unknown
BATTERY_MAH = _slots.block(1)
BATTERY_WH = _slots.block(1)
BATTERY_FRACTION = _slots.block(1)  # remaining 0 .. 1
HAS_BATTERY = _slots.block(1)  # 0 or 1
AIRSPEED_ERROR = _slots.block(1)  # m/s, demanded minus measured; 0 without a demand
PITOT_PRESSURE = _slots.block(1)  # hPa, dynamic pressure; 0 without a tube
PITOT_FLAGS = _slots.block(1)  # AIRSPEED_SENSOR_FLAGS
AIR_TEMPERATURE = _slots.block(1)  # deg C, of the pitot tube; nan without one
TRUE_Q_W = _slots.block(4)  # true attitude, followed by x, y, z
CUSTOM_0 = _slots.block(1)  # HIGH_LATENCY2.custom0, int8: base_mode, as in ArduPilot
SIZE: Final = _slots.size

_HAS_POSITION: Final = EkfFlag.POS_HORIZ_REL | EkfFlag.POS_HORIZ_ABS
_UINT32: Final = 4294967296.0
_DENSITY: Final = 1.225  # kg/m3 at sea level
_TUBE: Final = int(Sensor.DIFFERENTIAL_PRESSURE)
_UNHEALTHY, _USING = float(AirspeedSensorFlag.UNHEALTHY), float(AirspeedSensorFlag.USING)


@jit
def centidegrees(angle: float) -> float:
    """Angle in rad as whole centidegrees, 0 to 35999; nan stays nan."""
    if angle != angle:
        return angle
    return floor(angle * (18000.0 / pi) + 0.5) % 36000.0


@jit
def derive(s: Any) -> None:
    """Fill the derived part of source vector `s` (array, or list in plain Python) from the other parts."""
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
    north, east, above = away * cos(bearing), away * sin(bearing), s[report.ALT_ERROR]
    if s[GOAL_PLACED] != 0.0:
        north, east = s[GOAL_N] - s[report.NORTH], s[GOAL_N + 1] - s[report.EAST]
        above = s[report.DOWN] - s[GOAL_N + 2]
    lat = s[report.LAT]
    s[TARGET_LAT] = lat + north / METRES_PER_DEGREE
    middle = radians((lat + s[TARGET_LAT]) / 2.0)
    lon = s[report.LON] + east / (METRES_PER_DEGREE * max(cos(middle), 0.01))
    s[TARGET_LON] = lon - 360.0 if lon > 180.0 else lon + 360.0 if lon < -180.0 else lon
    s[TARGET_ALT] = s[report.ALT] + above
    s[BEARING_DEG] = floor(centidegrees(bearing) / 100.0) if bearing == bearing else bearing
    course = s[report.NAV_BEARING]
    s[NAV_BEARING_DEG] = floor(centidegrees(course) / 100.0) if course == course else course
    s[WIND_SPEED] = sqrt(s[report.WIND_N] * s[report.WIND_N] + s[report.WIND_E] * s[report.WIND_E])
    s[WIND_FROM] = (atan2(-s[report.WIND_E], -s[report.WIND_N]) * (180.0 / pi)) % 360.0
    demanded = s[report.TARGET_AIR_SPEED]
    s[AIRSPEED_ERROR] = demanded - s[report.AIR_SPEED] if demanded > 0.0 else 0.0
    s[PITOT_PRESSURE] = s[HAS_PITOT] * 0.5 * _DENSITY * s[report.PITOT] * s[report.PITOT] / 100.0
    s[AIR_TEMPERATURE] = s[report.BARO_TEMPERATURE] if s[HAS_PITOT] != 0.0 else nan
    healthy = int(s[SENSORS_HEALTHY]) & _TUBE != 0
    s[PITOT_FLAGS] = 0.0 if healthy else _UNHEALTHY
    if healthy and int(s[SENSORS_ENABLED]) & _TUBE != 0:
        s[PITOT_FLAGS] = _USING
    derive_quaternion(s, report.ROLL, Q_W)
    derive_quaternion(s, report.TRUE_ROLL, TRUE_Q_W)
    s[LANDED] = s[report.LANDED_STATE] if s[LANDED_AS] < 0.0 else s[LANDED_AS]
    flags = s[report.EKF_FLAGS]
    s[HAS_LOCAL] = 1.0 if flags == flags and int(flags) & _HAS_POSITION else 0.0
    s[HAS_TRUTH] = 1.0 if s[report.TRUE_LAT] == s[report.TRUE_LAT] else 0.0
    if s[TELLS_REFERENCE] != 0.0:
        for k in range(6):
            s[GOAL_N + k] = s[report.TARGET_N + k]
        s[GOAL_N + 6] = s[report.TARGET_YAW]
    if s[HAS_WINGS] != 0.0:
        stands = s[STANDS_AS] != 0.0 and s[LANDED] == ON_GROUND
        s[VTOL_STATE] = s[STANDS_AS] if stands else s[report.VTOL_STATE]
    base_mode = s[BASE_MODE]
    s[CUSTOM_0] = base_mode - 256.0 if base_mode >= 128.0 else base_mode
    s[HAS_BATTERY] = 1.0 - s[UNMEASURED_V]
    s[BATTERY_V] = s[report.BATT_V] if s[UNMEASURED_V] == 0.0 else nan
    counts = s[UNMEASURED_A] == 0.0
    s[BATTERY_A] = max(s[report.BATT_A], 0.0) if counts and s[report.BATT_A] == s[report.BATT_A] else nan
    s[BATTERY_MAH] = s[report.BATT_MAH] if counts else nan
    s[BATTERY_WH] = s[report.BATT_WH] if counts else nan
    s[BATTERY_FRACTION] = s[report.BATT_FRACTION] if counts else nan


@jit
def derive_quaternion(s: Any, angles: int, out: int) -> None:
    """Write the attitude as a quaternion (w, x, y, z) at `out`, from the Euler angles (3-2-1) at `angles`."""
    cr, sr = cos(s[angles] / 2.0), sin(s[angles] / 2.0)
    cp, sp = cos(s[angles + 1] / 2.0), sin(s[angles + 1] / 2.0)
    cy, sy = cos(s[angles + 2] / 2.0), sin(s[angles + 2] / 2.0)
    s[out] = cr * cp * cy + sr * sp * sy
    s[out + 1] = sr * cp * cy - cr * sp * sy
    s[out + 2] = cr * sp * cy + sr * cp * sy
    s[out + 3] = cr * cp * sy - sr * sp * cy
