"""Traffic: reports of other aircraft, threats, and actions."""

from __future__ import annotations

from enum import IntEnum


class AdsbFlag(IntEnum):
    """ADSB_FLAGS: valid fields of an ADSB_VEHICLE, and its source."""

    VALID_COORDS = 1
    VALID_ALTITUDE = 2
    VALID_HEADING = 4
    VALID_VELOCITY = 8
    VALID_CALLSIGN = 16
    VALID_SQUAWK = 32
    SIMULATED = 64
    VERTICAL_VELOCITY_VALID = 128
    BARO_VALID = 256


class CollisionAction(IntEnum):
    """MAV_COLLISION_ACTION: action on a threat."""

    NONE = 0
    REPORT = 1
    ASCEND_OR_DESCEND = 2
    MOVE_HORIZONTALLY = 3
    MOVE_PERPENDICULAR = 4
    RTL = 5
    HOVER = 6


class CollisionSource(IntEnum):
    """MAV_COLLISION_SRC: source of the knowledge of another aircraft."""

    ADSB = 0
    MAVLINK_GPS_GLOBAL_INT = 1


class CollisionThreat(IntEnum):
    """MAV_COLLISION_THREAT_LEVEL."""

    NONE = 0
    LOW = 1
    HIGH = 2


class UtmDataAvailFlags(IntEnum):
    """UTM_DATA_AVAIL_FLAGS: valid fields of a UTM_GLOBAL_POSITION."""

    UAS_ID_AVAILABLE = 2
    POSITION_AVAILABLE = 4
    ALTITUDE_AVAILABLE = 8
    RELATIVE_ALTITUDE_AVAILABLE = 16
    HORIZONTAL_VELO_AVAILABLE = 32
    VERTICAL_VELO_AVAILABLE = 64


class UtmFlightState(IntEnum):
    """UTM_FLIGHT_STATE."""

    GROUND = 2
    AIRBORNE = 3
