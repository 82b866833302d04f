"""Numbers of MAVLink's camera protocol (https://mavlink.io/en/services/camera.html)."""

from __future__ import annotations

from enum import IntEnum


class CameraMode(IntEnum):
    """CAMERA_MODE: photos or video."""

    IMAGE = 0
    VIDEO = 1
    IMAGE_SURVEY = 2


class CameraCapability(IntEnum):
    """CAMERA_CAP_FLAGS: bits of CAMERA_INFORMATION.flags that Sortie sends."""

    CAPTURE_VIDEO = 1
    CAPTURE_IMAGE = 2
    HAS_MODES = 4
    HAS_IMAGE_SURVEY_MODE = 32
    HAS_BASIC_ZOOM = 64
    HAS_BASIC_FOCUS = 128
    HAS_VIDEO_STREAM = 256


class StreamType(IntEnum):
    """VIDEO_STREAM_TYPE of the streams that Sortie has."""

    RTSP = 0
    RTPUDP = 1


class StreamFlag(IntEnum):
    """VIDEO_STREAM_STATUS_FLAGS."""

    RUNNING = 1
    THERMAL = 2


class StreamEncoding(IntEnum):
    """VIDEO_STREAM_ENCODING."""

    H264 = 1


class ZoomType(IntEnum):
    """CAMERA_ZOOM_TYPE: meaning of SET_CAMERA_ZOOM's value."""

    STEP = 0
    CONTINUOUS = 1
    RANGE = 2
    FOCAL_LENGTH = 3
    HORIZONTAL_FOV = 4


class FocusType(IntEnum):
    """SET_FOCUS_TYPE: meaning of SET_CAMERA_FOCUS's value."""

    STEP = 0
    CONTINUOUS = 1
    RANGE = 2
    METERS = 3
    AUTO = 4
    AUTO_SINGLE = 5
    AUTO_CONTINUOUS = 6


class StorageStatus(IntEnum):
    """STORAGE_STATUS."""

    EMPTY = 0
    READY = 2


class StorageType(IntEnum):
    """STORAGE_TYPE of the simulated camera."""

    SD = 2


class StorageUsage(IntEnum):
    """STORAGE_USAGE_FLAG: kinds of stored files."""

    SET = 1
    PHOTO = 2


class ExtendedType(IntEnum):
    """MAV_PARAM_EXT_TYPE of the settings of a camera."""

    INT32 = 6
    REAL32 = 9


class ExtendedAck(IntEnum):
    """PARAM_ACK: result of PARAM_EXT_SET."""

    ACCEPTED = 0
    VALUE_UNSUPPORTED = 1
    FAILED = 2
