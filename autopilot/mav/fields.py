"""Values of message fields: states, types, bits, results of a transfer."""

from __future__ import annotations

from enum import IntEnum


class MissionResult(IntEnum):
    """MAV_MISSION_RESULT: result of a transfer of a plan, or of one item."""

    ACCEPTED = 0
    ERROR = 1
    UNSUPPORTED_FRAME = 2
    UNSUPPORTED = 3
    NO_SPACE = 4
    INVALID = 5
    INVALID_PARAM1 = 6
    INVALID_PARAM2 = 7
    INVALID_PARAM3 = 8
    INVALID_PARAM4 = 9
    INVALID_PARAM5_X = 10
    INVALID_PARAM6_Y = 11
    INVALID_PARAM7 = 12
    INVALID_SEQUENCE = 13
    DENIED = 14
    OPERATION_CANCELLED = 15


class MissionType(IntEnum):
    """MAV_MISSION_TYPE: kind of plan."""

    MISSION = 0
    FENCE = 1
    RALLY = 2
    ALL = 255


class WireMissionState(IntEnum):
    """MISSION_STATE of MISSION_CURRENT."""

    UNKNOWN = 0
    NO_MISSION = 1
    NOT_STARTED = 2
    ACTIVE = 3
    PAUSED = 4
    COMPLETE = 5


class Severity(IntEnum):
    """MAV_SEVERITY of a STATUSTEXT; 0 is the worst."""

    EMERGENCY = 0
    ALERT = 1
    CRITICAL = 2
    ERROR = 3
    WARNING = 4
    NOTICE = 5
    INFO = 6
    DEBUG = 7


class SystemState(IntEnum):
    """MAV_STATE: HEARTBEAT.system_status."""

    UNINIT = 0
    BOOT = 1
    CALIBRATING = 2
    STANDBY = 3
    ACTIVE = 4
    CRITICAL = 5
    EMERGENCY = 6
    POWEROFF = 7
    FLIGHT_TERMINATION = 8


class ModeFlag(IntEnum):
    """MAV_MODE_FLAG: bits of HEARTBEAT.base_mode."""

    CUSTOM_MODE_ENABLED = 1
    AUTO_ENABLED = 4
    GUIDED_ENABLED = 8
    STABILIZE_ENABLED = 16
    MANUAL_INPUT_ENABLED = 64
    SAFETY_ARMED = 128


class DataStream(IntEnum):
    """MAV_DATA_STREAM: groups of REQUEST_DATA_STREAM."""

    ALL = 0
    RAW_SENSORS = 1
    EXTENDED_STATUS = 2
    RC_CHANNELS = 3
    POSITION = 6
    EXTRA1 = 10
    EXTRA2 = 11
    EXTRA3 = 12


class StandardMode(IntEnum):
    """MAV_STANDARD_MODE."""

    NON_STANDARD = 0
    POSITION_HOLD = 1
    ORBIT = 2
    CRUISE = 3
    ALTITUDE_HOLD = 4
    SAFE_RECOVERY = 5
    MISSION = 6
    LAND = 7
    TAKEOFF = 8


class ModeProperty(IntEnum):
    """MAV_MODE_PROPERTY: bits of AVAILABLE_MODES.properties that Sortie sends."""

    ADVANCED = 1
    NOT_USER_SELECTABLE = 2


class VehicleType(IntEnum):
    """MAV_TYPE: HEARTBEAT.type."""

    GENERIC = 0
    FIXED_WING = 1
    QUADROTOR = 2
    COAXIAL = 3
    HELICOPTER = 4
    ANTENNA_TRACKER = 5
    GCS = 6
    AIRSHIP = 7
    GROUND_ROVER = 10
    SURFACE_BOAT = 11
    SUBMARINE = 12
    HEXAROTOR = 13
    OCTOROTOR = 14
    TRICOPTER = 15
    ONBOARD_CONTROLLER = 18
    VTOL_DUOROTOR = 19
    VTOL_FIXEDROTOR = 22
    VTOL_QUADROTOR = 20
    VTOL_TILTROTOR = 21
    VTOL_RESERVED5 = 25
    GIMBAL = 26
    ADSB = 27
    DODECAROTOR = 29
    ODID = 34
    CAMERA = 30
    DECAROTOR = 35
    GENERIC_MULTIROTOR = 43


class AutopilotType(IntEnum):
    """MAV_AUTOPILOT: HEARTBEAT.autopilot."""

    GENERIC = 0
    ARDUPILOTMEGA = 3
    INVALID = 8
    PX4 = 12


class Component(IntEnum):
    """MAV_COMPONENT: component ids."""

    ALL = 0
    AUTOPILOT1 = 1
    CAMERA = 100
    GIMBAL = 154
    WINCH = 169
    MISSIONPLANNER = 190
    ONBOARD_COMPUTER = 191
    ODID_TXRX_1 = 236


class Sensor(IntEnum):
    """MAV_SYS_STATUS_SENSOR: bits of SYS_STATUS."""

    GYRO = 1
    ACCEL = 2
    MAG = 4
    ABSOLUTE_PRESSURE = 8
    DIFFERENTIAL_PRESSURE = 16
    GPS = 32
    LASER_POSITION = 256
    ANGULAR_RATE_CONTROL = 1024
    ATTITUDE_STABILIZATION = 2048
    YAW_POSITION = 4096
    Z_ALTITUDE_CONTROL = 8192
    XY_POSITION_CONTROL = 16384
    MOTOR_OUTPUTS = 32768
    RC_RECEIVER = 65536
    GEOFENCE = 1048576
    AHRS = 2097152
    BATTERY = 33554432
    PROXIMITY = 67108864
    PREARM_CHECK = 268435456


class VtolState(IntEnum):
    """MAV_VTOL_STATE."""

    UNDEFINED = 0
    TRANSITION_TO_FW = 1
    TRANSITION_TO_MC = 2
    MC = 3
    FW = 4


class LandedState(IntEnum):
    """MAV_LANDED_STATE."""

    UNDEFINED = 0
    ON_GROUND = 1
    IN_AIR = 2
    TAKEOFF = 3
    LANDING = 4


class LandingTargetType(IntEnum):
    """LANDING_TARGET_TYPE."""

    LIGHT_BEACON = 0


class AirspeedSensorFlag(IntEnum):
    """AIRSPEED_SENSOR_FLAGS of AIRSPEED."""

    UNHEALTHY = 1
    USING = 2


class EkfFlag(IntEnum):
    """EKF_STATUS_FLAGS of an ArduPilot estimator. The first ten are also those of ESTIMATOR_STATUS_FLAGS."""

    ATTITUDE = 1
    VELOCITY_HORIZ = 2
    VELOCITY_VERT = 4
    POS_HORIZ_REL = 8
    POS_HORIZ_ABS = 16
    POS_VERT_ABS = 32
    POS_VERT_AGL = 64
    CONST_POS_MODE = 128
    PRED_POS_HORIZ_REL = 256
    PRED_POS_HORIZ_ABS = 512
    UNINITIALIZED = 1024
    GPS_GLITCHING = 32768


class ChargeState(IntEnum):
    """MAV_BATTERY_CHARGE_STATE."""

    UNDEFINED = 0
    OK = 1
    LOW = 2
    CRITICAL = 3


class HighLatencyFailure(IntEnum):
    """HL_FAILURE_FLAG: the bits of HIGH_LATENCY2.failure_flags."""

    GPS = 1
    ABSOLUTE_PRESSURE = 4
    ACCEL = 8
    GYRO = 16
    MAG = 32
    BATTERY = 128
    RC_RECEIVER = 256
    GEOFENCE = 2048
    ESTIMATOR = 4096


class FenceBreach(IntEnum):
    """FENCE_BREACH: FENCE_STATUS.breach_type."""

    NONE = 0
    MINALT = 1
    MAXALT = 2
    BOUNDARY = 3


class ParameterType(IntEnum):
    """MAV_PARAM_TYPE: types that fit into the four bytes of a value."""

    UINT8 = 1
    INT8 = 2
    UINT16 = 3
    INT16 = 4
    UINT32 = 5
    INT32 = 6
    REAL32 = 9


class PositionMask(IntEnum):
    """POSITION_TARGET_TYPEMASK: ignored fields of a position target."""

    X_IGNORE = 1
    Y_IGNORE = 2
    Z_IGNORE = 4
    VX_IGNORE = 8
    VY_IGNORE = 16
    VZ_IGNORE = 32
    AX_IGNORE = 64
    AY_IGNORE = 128
    AZ_IGNORE = 256
    FORCE_SET = 512
    YAW_IGNORE = 1024
    YAW_RATE_IGNORE = 2048


class AttitudeMask(IntEnum):
    """ATTITUDE_TARGET_TYPEMASK: ignored fields of an attitude target."""

    BODY_ROLL_RATE_IGNORE = 1
    BODY_PITCH_RATE_IGNORE = 2
    BODY_YAW_RATE_IGNORE = 4
    THROTTLE_IGNORE = 64
    ATTITUDE_IGNORE = 128


class Capability(IntEnum):
    """MAV_PROTOCOL_CAPABILITY: the bits of AUTOPILOT_VERSION.capabilities."""

    MISSION_FLOAT = 1
    PARAM_FLOAT = 2
    MISSION_INT = 4
    COMMAND_INT = 8
    PARAM_ENCODE_BYTEWISE = 16
    FTP = 32
    SET_ATTITUDE_TARGET = 64
    SET_POSITION_TARGET_LOCAL_NED = 128
    SET_POSITION_TARGET_GLOBAL_INT = 256
    TERRAIN = 512
    FLIGHT_TERMINATION = 2048
    COMPASS_CALIBRATION = 4096
    MAVLINK2 = 8192
    MISSION_FENCE = 16384
    MISSION_RALLY = 32768
    PARAM_ENCODE_C_CAST = 131072


class DistanceSensor(IntEnum):
    """MAV_DISTANCE_SENSOR: kinds of sensor."""

    LASER = 0


class SensorOrientation(IntEnum):
    """MAV_SENSOR_ORIENTATION: direction of a sensor."""

    PITCH_270 = 25  # down


class FirmwareVersion(IntEnum):
    """FIRMWARE_VERSION_TYPE: the lowest byte of AUTOPILOT_VERSION.flight_sw_version."""

    OFFICIAL = 255


class SerialControlFlag(IntEnum):
    """SERIAL_CONTROL_FLAG."""

    REPLY = 1
    RESPOND = 2


class FailureUnit(IntEnum):
    """FAILURE_UNIT: the failing unit."""

    GYRO = 0
    ACCEL = 1
    MAG = 2
    BARO = 3
    GPS = 4
    OPTICAL_FLOW = 5
    VIO = 6
    DISTANCE_SENSOR = 7
    AIRSPEED = 8
    BATTERY = 100
    MOTOR = 101
    SERVO = 102
    AVOIDANCE = 103
    RC_SIGNAL = 104
    MAVLINK_SIGNAL = 105


class FailureType(IntEnum):
    """FAILURE_TYPE: kind of failure; OK ends a failure."""

    OK = 0
    OFF = 1
    STUCK = 2
    GARBAGE = 3
    WRONG = 4
    SLOW = 5
    DELAYED = 6
    INTERMITTENT = 7
