"""Streamed messages: for every field the source of its value, and how it is put on the wire.

A declaration, no code: `layout` turns it into the tables that the encoders work with, in the field order, types and
CRC_EXTRA of the messages' definitions. The order of the streams here is the order in which messages that are due
at the same instant are sent: HEARTBEAT first, then MISSION_CURRENT (docs/reference/ground-stations.md, 3.2:
QGroundControl judges a mission index by the mode that it already knows).

A field that is not named is 0. A value that is not a number becomes `missing` (floats stay nan). Whole numbers are
rounded to the nearest and clamped to the type.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import nan, pi
from typing import Final

from autopilot.interface import report as r
from autopilot.interface.layout import GRAVITY
from autopilot.interface.records import dataclass, field
from autopilot.mav import DistanceSensor, Frame, PositionMask, SensorOrientation
from autopilot.mav.masks import IGNORE_ACCELERATION, IGNORE_VELOCITY
from mavlink_bridge.services.telemetry import sources as s

DEGREES: Final = 180.0 / pi
E7: Final = 1e7
MILLI: Final = 1e3
CENTI: Final = 1e2
MILLI_G: Final = 1e3 / GRAVITY
UNKNOWN_U16: Final = 65535.0
UNKNOWN_TEMPERATURE: Final = 32767.0


@dataclass(frozen=True, slots=True)
class Value:
    """`source * scale + offset`, or `missing` for a whole number that has no value."""

    source: int
    scale: float = 1.0
    offset: float = 0.0
    missing: float = 0.0


@dataclass(frozen=True, slots=True)
class Stream:
    """A streamed message. Sent only while the source value `ready` is not 0."""

    name: str
    fields: dict[str, Value | Sequence[Value]] = field(default_factory=dict)
    ready: int = s.ONE


def constant(value: float) -> Value:
    return Value(s.ZERO, 0.0, value)


def _xyz(names: str, first: int, scale: float = 1.0) -> dict[str, Value | Sequence[Value]]:
    """Fields named one after the other from sources that lie one after the other."""
    return {name: Value(first + i, scale) for i, name in enumerate(names.split())}


_BOOT = Value(s.TIME_BOOT_MS)
_USEC = Value(s.TIME_US)
_IMU = {
    **_xyz("xacc yacc zacc", r.ACCEL_X, MILLI_G),
    **_xyz("xgyro ygyro zgyro", r.GYRO_X, MILLI),
    **_xyz("xmag ymag zmag", r.MAG_X, MILLI),
}
_PULSES = {**_xyz(" ".join(f"chan{number}_raw" for number in range(1, 9)), s.RC_1), "rssi": constant(255)}
_ALL_BUT_AIRSPEED: Final = 0x1BFF  # HIGHRES_IMU_UPDATED_FLAGS without DIFF_PRESSURE
_UNKNOWN_COVARIANCE: Final = [constant(nan), *[constant(0.0)] * 20]
_AUTOPILOTS: Final = 8  # MAV_ESTIMATOR_TYPE_AUTOPILOT
_TARGET_MASK = constant(IGNORE_VELOCITY | IGNORE_ACCELERATION | PositionMask.YAW_IGNORE | PositionMask.YAW_RATE_IGNORE)

STREAMS: Final[tuple[Stream, ...]] = (
    Stream("HEARTBEAT", {
        "custom_mode": Value(s.CUSTOM_MODE), "type": Value(s.VEHICLE_TYPE),
        "autopilot": Value(s.AUTOPILOT),
        "base_mode": Value(s.BASE_MODE), "system_status": Value(s.SYSTEM_STATUS), "mavlink_version": constant(3),
    }),
    Stream("EXTENDED_SYS_STATE", {"landed_state": Value(s.LANDED), "vtol_state": Value(s.VTOL_STATE)}),
    Stream("MISSION_CURRENT", {
        "seq": Value(s.MISSION_SEQ), "total": Value(s.MISSION_TOTAL), "mission_state": Value(s.MISSION_STATE),
        "mission_mode": Value(s.MISSION_MODE), "mission_id": Value(s.MISSION_ID), "fence_id": Value(s.FENCE_ID),
        "rally_points_id": Value(s.RALLY_ID),
    }),
    Stream("SYS_STATUS", {
        "onboard_control_sensors_present": Value(s.SENSORS_PRESENT),
        "onboard_control_sensors_enabled": Value(s.SENSORS_ENABLED),
        "onboard_control_sensors_health": Value(s.SENSORS_HEALTHY),
        "load": constant(0), "voltage_battery": Value(r.BATT_V, MILLI, missing=UNKNOWN_U16),
        "current_battery": Value(s.BATTERY_A, CENTI, missing=-1),
        "battery_remaining": Value(r.BATT_FRACTION, CENTI, missing=-1),
    }),
    Stream("POWER_STATUS", {"Vcc": constant(5000)}),
    Stream("MEMINFO", {"freemem": constant(65535)}),
    Stream("SYSTEM_TIME", {"time_unix_usec": Value(s.TIME_UNIX_US), "time_boot_ms": _BOOT}),
    Stream("GPS_RAW_INT", {
        "time_usec": Value(s.GPS_TIME_US), "fix_type": Value(r.GPS_FIX), "lat": Value(r.GPS_LAT, E7),
        "lon": Value(r.GPS_LON, E7), "alt": Value(r.GPS_ALT, MILLI),
        "eph": Value(r.GPS_HDOP, CENTI, missing=UNKNOWN_U16), "epv": Value(r.GPS_VDOP, CENTI, missing=UNKNOWN_U16),
        "vel": Value(s.GPS_SPEED, CENTI, missing=UNKNOWN_U16),
        "cog": Value(s.GPS_COURSE_CDEG, missing=UNKNOWN_U16),
        "satellites_visible": Value(r.GPS_SATS, missing=255), "h_acc": Value(r.GPS_HACC, MILLI),
        "v_acc": Value(r.GPS_VACC, MILLI), "vel_acc": Value(r.GPS_SACC, MILLI),
    }),
    Stream("GLOBAL_POSITION_INT", {
        "time_boot_ms": _BOOT, "lat": Value(r.LAT, E7), "lon": Value(r.LON, E7), "alt": Value(r.ALT, MILLI),
        "relative_alt": Value(s.RELATIVE_ALT, MILLI), **_xyz("vx vy vz", r.VN, CENTI),
        "hdg": Value(s.HEADING_CDEG, missing=UNKNOWN_U16),
    }),
    Stream("LOCAL_POSITION_NED", {
        "time_boot_ms": _BOOT, **_xyz("x y z vx vy vz", r.NORTH),
    }, ready=s.HAS_LOCAL),
    Stream("ATTITUDE", {
        "time_boot_ms": _BOOT, **_xyz("roll pitch yaw rollspeed pitchspeed yawspeed", r.ROLL),
    }),
    Stream("VFR_HUD", {
        "airspeed": Value(r.AIR_SPEED), "groundspeed": Value(r.GROUND_SPEED), "alt": Value(r.ALT),
        "climb": Value(r.VD, -1.0), "heading": Value(s.HEADING_DEG), "throttle": Value(r.THROTTLE, CENTI),
    }),
    Stream("NAV_CONTROLLER_OUTPUT", {
        "nav_roll": Value(r.NAV_ROLL, DEGREES), "nav_pitch": Value(r.NAV_PITCH, DEGREES),
        "nav_bearing": Value(s.NAV_BEARING_DEG), "target_bearing": Value(s.BEARING_DEG),
        "wp_dist": Value(r.WP_DISTANCE), "alt_error": Value(r.ALT_ERROR),
        "aspd_error": Value(s.AIRSPEED_ERROR), "xtrack_error": Value(r.CROSS_TRACK),
    }),
    Stream("POSITION_TARGET_GLOBAL_INT", {
        "time_boot_ms": _BOOT, "coordinate_frame": constant(Frame.GLOBAL), "type_mask": _TARGET_MASK,
        "lat_int": Value(s.TARGET_LAT, E7), "lon_int": Value(s.TARGET_LON, E7), "alt": Value(s.TARGET_ALT),
    }, ready=s.STEERED),
    Stream("FENCE_STATUS", {
        "breach_status": Value(s.BREACH_STATUS), "breach_count": Value(s.BREACH_COUNT),
        "breach_type": Value(s.BREACH_TYPE), "breach_time": Value(s.BREACH_TIME_MS),
    }, ready=s.FENCE_ENABLED),
    Stream("BATTERY_STATUS", {
        "temperature": constant(UNKNOWN_TEMPERATURE),
        "voltages": [Value(r.BATT_V, MILLI, missing=UNKNOWN_U16), *[constant(UNKNOWN_U16)] * 9],
        "current_battery": Value(s.BATTERY_A, CENTI, missing=-1),
        "current_consumed": Value(r.BATT_MAH, missing=-1),
        "energy_consumed": Value(r.BATT_WH, 36.0, missing=-1),  # hectojoule
        "battery_remaining": Value(r.BATT_FRACTION, CENTI, missing=-1), "charge_state": Value(s.CHARGE_STATE),
    }),
    Stream("EKF_STATUS_REPORT", {
        "flags": Value(r.EKF_FLAGS), "velocity_variance": Value(r.EKF_VEL_VAR),
        "pos_horiz_variance": Value(r.EKF_POS_H_VAR), "pos_vert_variance": Value(r.EKF_POS_V_VAR),
        "compass_variance": Value(r.EKF_MAG_VAR),
    }),
    Stream("AHRS", {}),  # the drift corrections of a complementary filter, which this estimator does not have
    Stream("WIND", {"direction": Value(s.WIND_FROM), "speed": Value(s.WIND_SPEED)}),
    Stream("RAW_IMU", {"time_usec": _USEC, **_IMU}),
    Stream("SCALED_PRESSURE", {
        "time_boot_ms": _BOOT, "press_abs": Value(r.BARO_PRESSURE, 0.01),
        "temperature": Value(r.BARO_TEMPERATURE, CENTI),
    }),
    Stream("VIBRATION", {"time_usec": _USEC, **_xyz("vibration_x vibration_y vibration_z", r.VIBE_X)}),
    Stream("RC_CHANNELS", {
        "time_boot_ms": _BOOT, "chancount": constant(16), **_PULSES,
        **_xyz(" ".join(f"chan{number}_raw" for number in range(9, 17)), s.RC_1 + 8),
        **{f"chan{number}_raw": constant(UNKNOWN_U16) for number in (17, 18)},
    }),
    Stream("SERVO_OUTPUT_RAW", {
        "time_usec": Value(s.TIME_US32), **{f"servo{i + 1}_raw": Value(r.SERVO_1 + i) for i in range(8)},
        **{f"servo{i + 9}_raw": Value(r.SERVO_9 + i) for i in range(8)},
    }),
    Stream("HOME_POSITION", {
        "latitude": Value(s.HOME_LAT, E7), "longitude": Value(s.HOME_LON, E7), "altitude": Value(s.HOME_ALT, MILLI),
        **_xyz("x y z", s.HOME_N), "q": [constant(nan)] * 4, "time_usec": _USEC,
    }, ready=s.HAS_HOME),
    Stream("AVAILABLE_MODES_MONITOR", {"seq": Value(s.MODES_REVISION)}),
    # Below: only for those who ask.
    Stream("CURRENT_MODE", {
        "standard_mode": Value(s.STANDARD_MODE), "custom_mode": Value(s.CUSTOM_MODE),
        "intended_custom_mode": Value(s.INTENDED_MODE),
    }),
    Stream("RC_CHANNELS_RAW", {
        "time_boot_ms": _BOOT, **_PULSES,
    }),
    Stream("HIGH_LATENCY2", {  # one message that says all, for satellites
        "timestamp": _BOOT, "type": Value(s.VEHICLE_TYPE), "autopilot": Value(s.AUTOPILOT),
        "custom_mode": Value(s.SHORT_MODE), "latitude": Value(r.LAT, E7), "longitude": Value(r.LON, E7),
        "altitude": Value(r.ALT), "target_altitude": Value(s.TARGET_ALT), "heading": Value(s.HEADING_DEG, 0.5),
        "target_heading": Value(s.BEARING_DEG, 0.5), "target_distance": Value(r.WP_DISTANCE, 0.1),
        "throttle": Value(r.THROTTLE, CENTI), "airspeed": Value(r.AIR_SPEED, 5.0),
        "groundspeed": Value(r.GROUND_SPEED, 5.0), "windspeed": Value(s.WIND_SPEED, 5.0),
        "wind_heading": Value(s.WIND_FROM, 0.5), "eph": Value(r.GPS_HACC, 10.0), "epv": Value(r.GPS_VACC, 10.0),
        "temperature_air": Value(r.BARO_TEMPERATURE), "climb_rate": Value(r.VD, -10.0),
        "battery": Value(r.BATT_FRACTION, CENTI, missing=-1), "wp_num": Value(s.MISSION_SEQ),
        "failure_flags": Value(s.FAILURES), "custom0": Value(s.CUSTOM_0),
    }),
    Stream("SCALED_IMU2", {"time_boot_ms": _BOOT, **_IMU}),
    Stream("POSITION_TARGET_LOCAL_NED", {
        "time_boot_ms": _BOOT, "coordinate_frame": constant(Frame.LOCAL_NED),
        "type_mask": Value(s.GOAL_MASK), **_xyz("x y z vx vy vz yaw", s.GOAL_N),
    }, ready=s.GOAL_TOLD),
    Stream("RELAY_STATUS", {
        "time_boot_ms": _BOOT, "on": Value(s.RELAYS_ON), "present": Value(s.RELAYS_PRESENT),
    }),
    Stream("ATTITUDE_QUATERNION", {
        "time_boot_ms": _BOOT, **_xyz("q1 q2 q3 q4", s.Q_W), **_xyz("rollspeed pitchspeed yawspeed", r.P),
    }),
    Stream("AHRS2", {
        **_xyz("roll pitch yaw", r.ROLL), "altitude": Value(r.ALT), "lat": Value(r.LAT, E7), "lng": Value(r.LON, E7),
    }),
    Stream("SIMSTATE", {
        **_xyz("roll pitch yaw", r.TRUE_ROLL), **_xyz("xacc yacc zacc", r.ACCEL_X),
        **_xyz("xgyro ygyro zgyro", r.GYRO_X),
        "lat": Value(r.TRUE_LAT, E7), "lng": Value(r.TRUE_LON, E7),
    }, ready=s.HAS_TRUTH),
    Stream("SIM_STATE", {  # degrees times 1e7 in lat and lon, as ArduPilot tells them; nobody is told the quaternion
        **dict.fromkeys(("q1", "q2", "q3", "q4"), constant(nan)), **_xyz("roll pitch yaw", r.TRUE_ROLL),
        **_xyz("xacc yacc zacc", r.ACCEL_X), **_xyz("xgyro ygyro zgyro", r.GYRO_X),
        "lat": Value(r.TRUE_LAT, E7), "lon": Value(r.TRUE_LON, E7), "alt": Value(r.TRUE_ALT),
        **_xyz("vn ve vd", r.TRUE_VN), "lat_int": Value(r.TRUE_LAT, E7), "lon_int": Value(r.TRUE_LON, E7),
    }, ready=s.HAS_TRUTH),
    Stream("HWSTATUS", {"Vcc": constant(5000)}),
    # What PX4's stations ask for besides.
    Stream("ALTITUDE", {
        "time_usec": _USEC, "altitude_monotonic": Value(r.BARO_ALT), "altitude_amsl": Value(r.ALT),
        "altitude_local": Value(r.DOWN, -1.0), "altitude_relative": Value(s.RELATIVE_ALT),
        "altitude_terrain": constant(nan), "bottom_clearance": constant(nan),
    }),
    Stream("WIND_COV", {
        "time_usec": _USEC, **_xyz("wind_x wind_y", r.WIND_N), "wind_alt": Value(r.ALT),
        "horiz_accuracy": constant(nan), "vert_accuracy": constant(nan),
    }),
    Stream("ODOMETRY", {  # of PX4's estimator both parts are told in the same frame (streams/ODOMETRY.hpp)
        "time_usec": _USEC, "frame_id": constant(Frame.LOCAL_NED), "child_frame_id": constant(Frame.LOCAL_NED),
        **_xyz("x y z vx vy vz", r.NORTH), "q": [Value(s.Q_W + i) for i in range(4)],
        **_xyz("rollspeed pitchspeed yawspeed", r.P), "pose_covariance": _UNKNOWN_COVARIANCE,
        "velocity_covariance": _UNKNOWN_COVARIANCE, "estimator_type": constant(_AUTOPILOTS),
    }, ready=s.HAS_LOCAL),
    Stream("SCALED_IMU", {"time_boot_ms": _BOOT, **_IMU}),
    Stream("HIGHRES_IMU", {
        "time_usec": _USEC, **_xyz("xacc yacc zacc", r.ACCEL_X), **_xyz("xgyro ygyro zgyro", r.GYRO_X),
        **_xyz("xmag ymag zmag", r.MAG_X), "abs_pressure": Value(r.BARO_PRESSURE, 0.01),
        "pressure_alt": Value(r.BARO_ALT), "temperature": Value(r.BARO_TEMPERATURE),
        "fields_updated": constant(_ALL_BUT_AIRSPEED),
    }),
    Stream("DISTANCE_SENSOR", {  # while it measures something
        "time_boot_ms": _BOOT, "min_distance": Value(r.RANGE_LEAST, CENTI), "max_distance": Value(r.RANGE_MOST, CENTI),
        "current_distance": Value(r.RANGE_FINDER, CENTI), "type": constant(DistanceSensor.LASER),
        "orientation": constant(SensorOrientation.PITCH_270), "covariance": constant(255),
    }, ready=r.RANGE_FINDER),
    Stream("RANGEFINDER", {"distance": Value(r.RANGE_FINDER)}, ready=r.RANGE_MOST),
    Stream("HIL_STATE_QUATERNION", {  # where it really is; of its attitude nobody is told
        "time_usec": _USEC, "attitude_quaternion": [constant(nan)] * 4, "lat": Value(r.TRUE_LAT, E7),
        "lon": Value(r.TRUE_LON, E7), "alt": Value(r.TRUE_ALT, MILLI), **_xyz("vx vy vz", r.TRUE_VN, CENTI),
        **_xyz("xacc yacc zacc", r.ACCEL_X, MILLI_G),
    }, ready=s.HAS_TRUTH),
    Stream("AIRSPEED", {  # of a pitot tube
        "airspeed": Value(r.PITOT), "temperature": Value(r.BARO_TEMPERATURE, CENTI),
        "raw_press": Value(s.PITOT_PRESSURE),
    }, ready=s.HAS_PITOT),
)  # fmt: skip
