"""Gimbals: modes of a mount, capabilities, states and errors."""

from __future__ import annotations

from enum import IntEnum


class MountMode(IntEnum):
    """MAV_MOUNT_MODE: aim of a mount."""

    RETRACT = 0
    NEUTRAL = 1
    MAVLINK_TARGETING = 2
    RC_TARGETING = 3
    GPS_POINT = 4
    SYSID_TARGET = 5
    HOME_LOCATION = 6
    WPNEXT_OFFSET = 7


class GimbalFlag(IntEnum):
    """GIMBAL_DEVICE_FLAGS: bits that GIMBAL_MANAGER_FLAGS has too."""

    RETRACT = 1
    NEUTRAL = 2
    ROLL_LOCK = 4
    PITCH_LOCK = 8
    YAW_LOCK = 16
    YAW_IN_VEHICLE_FRAME = 32
    YAW_IN_EARTH_FRAME = 64


class GimbalCapability(IntEnum):
    """GIMBAL_MANAGER_CAP_FLAGS: GIMBAL_DEVICE_CAP_FLAGS has the first 16 bits."""

    HAS_RETRACT = 1
    HAS_NEUTRAL = 2
    HAS_ROLL_AXIS = 4
    HAS_ROLL_FOLLOW = 8
    HAS_ROLL_LOCK = 16
    HAS_PITCH_AXIS = 32
    HAS_PITCH_FOLLOW = 64
    HAS_PITCH_LOCK = 128
    HAS_YAW_AXIS = 256
    HAS_YAW_FOLLOW = 512
    HAS_YAW_LOCK = 1024
    SUPPORTS_INFINITE_YAW = 2048
    SUPPORTS_YAW_IN_EARTH_FRAME = 4096
    HAS_RC_INPUTS = 8192
    CAN_POINT_LOCATION_LOCAL = 65536
    CAN_POINT_LOCATION_GLOBAL = 131072


class GimbalError(IntEnum):
    """GIMBAL_DEVICE_ERROR_FLAGS: reasons for a wrong direction."""

    AT_ROLL_LIMIT = 1
    AT_PITCH_LIMIT = 2
    AT_YAW_LIMIT = 4
    MOTOR_ERROR = 32
