"""Numbers of remote identification (MAV_ODID_), arming authorization, tunes, radios, lights, winches and generators."""

from __future__ import annotations

from enum import IntEnum, IntFlag


class OdidArmStatus(IntEnum):
    """MAV_ODID_ARM_STATUS."""

    GOOD_TO_ARM = 0
    PRE_ARM_FAIL_GENERIC = 1


class OdidIdType(IntEnum):
    """MAV_ODID_ID_TYPE: kind of identification."""

    NONE = 0
    SERIAL_NUMBER = 1


class OdidUaType(IntEnum):
    """MAV_ODID_UA_TYPE: kinds of aircraft."""

    NONE = 0
    AEROPLANE = 1
    HELICOPTER_OR_MULTIROTOR = 2
    HYBRID_LIFT = 4
    OTHER = 15


class OdidStatus(IntEnum):
    """MAV_ODID_STATUS."""

    GROUND = 1
    AIRBORNE = 2
    EMERGENCY = 3


class OdidHeight(IntEnum):
    """MAV_ODID_HEIGHT_REF."""

    OVER_TAKEOFF = 0


class ArmDeniedReason(IntEnum):
    """MAV_ARM_AUTH_DENIED_REASON: progress of an authorizer's COMMAND_ACK."""

    GENERIC = 0
    NONE = 1
    INVALID_WAYPOINT = 2
    TIMEOUT = 3
    AIRSPACE_IN_USE = 4
    BAD_WEATHER = 5


class EscConnection(IntEnum):
    """ESC_CONNECTION_TYPE: ESC_INFO.connection_type."""

    PPM = 0


class TuneFormat(IntFlag):
    """TUNE_FORMAT: format of a buzzer's tune."""

    QBASIC1_1 = 1
    MML_MODERN = 2


class CellularStatus(IntEnum):
    """CELLULAR_STATUS_FLAG."""

    SEARCHING = 8
    CONNECTED = 12


class CellularNetwork(IntEnum):
    """CELLULAR_NETWORK_RADIO_TYPE."""

    LTE = 4


class IlluminatorMode(IntEnum):
    """ILLUMINATOR_MODE: source of a light's switching."""

    UNKNOWN = 0
    INTERNAL_CONTROL = 1


class WinchStatus(IntFlag):
    """MAV_WINCH_STATUS_FLAG: WINCH_STATUS.status."""

    HEALTHY = 1
    FULLY_RETRACTED = 2
    MOVING = 4


class GeneratorStatus(IntFlag):
    """MAV_GENERATOR_STATUS_FLAG: GENERATOR_STATUS.status."""

    OFF = 1
    GENERATING = 4
    CHARGING = 8
    WARMING_UP = 2097152
    IDLE = 4194304


class ControlStatusFlag(IntEnum):
    """GCS_CONTROL_STATUS_FLAGS: CONTROL_STATUS.flags."""

    SYSTEM_MANAGER = 1
    TAKEOVER_ALLOWED = 2
