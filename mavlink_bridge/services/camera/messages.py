"""Messages of the camera (https://mavlink.io/en/services/camera.html)."""

from __future__ import annotations

from math import degrees
from typing import Final

from autopilot.interface.geo import GeoPoint
from autopilot.interface.records import dataclass
from autopilot.mav import (
    AutopilotType,
    CameraCapability,
    StorageStatus,
    StorageType,
    StorageUsage,
    SystemState,
    VehicleType,
)
from mavlink_bridge.routing.service import Message
from mavlink_bridge.services.camera.device import FULL_RANGE, CameraDevice
from mavlink_bridge.services.camera.settings import MODEL, TABLE, definition_version, pack
from mavlink_bridge.services.ftp.component_metadata import VENDOR
from mavlink_bridge.wire.codec import boot_ms, dialect

FLAGS: Final = (
    CameraCapability.CAPTURE_IMAGE
    | CameraCapability.HAS_MODES
    | CameraCapability.HAS_IMAGE_SURVEY_MODE
    | CameraCapability.HAS_BASIC_ZOOM
    | CameraCapability.HAS_BASIC_FOCUS
)
"""Capabilities of the camera; it records no video on the card."""
STORAGE_ID: Final = 1
MAJOR: Final = 1  # first number of the camera's version
_MIB_PER_S: Final = 20.0
_NAME_BYTES: Final = 32
_MAVLINK_2: Final = 3
_NOT_CAPTURED, _CAPTURED = 0, 1  # CAMERA_IMAGE_CAPTURED.capture_result, for which MAVLink has no enumeration
_NO_PLACE: Final = 0x7FFFFFFF


@dataclass(frozen=True, slots=True)
class TakenPicture:
    """Picture taken: place, attitude of the camera (quaternion of its axes in north, east, down), and URL of its
    file."""

    place: GeoPoint
    above_home_m: float
    attitude: tuple[float, float, float, float]
    url: str


@dataclass(frozen=True, slots=True)
class CameraSight:
    """View of the camera: its place, the point at the centre of its image (None: the sky), and its attitude."""

    place: GeoPoint
    middle: GeoPoint | None
    attitude: tuple[float, float, float, float]


def heartbeat() -> Message:
    return dialect.MAVLink_heartbeat_message(
        VehicleType.CAMERA, AutopilotType.INVALID, 0, 0, SystemState.ACTIVE, _MAVLINK_2
    )


def _name(text: str) -> list[int]:
    return list(text.encode().ljust(_NAME_BYTES, b"\0"))


def information(device: CameraDevice, now_ms: int, uri: str, gimbal: int, *, streams: bool) -> Message:
    """CAMERA_INFORMATION. `gimbal`: component of the gimbal that holds the camera, 0: none. `streams`: it has a video
    stream."""
    specs = device.specs
    return dialect.MAVLink_camera_information_message(
        boot_ms(now_ms),
        _name(VENDOR),
        _name(MODEL),
        MAJOR,
        specs.focal_mm,
        specs.sensor_width_mm,
        specs.sensor_height_mm,
        specs.columns,
        specs.rows,
        0,
        FLAGS | (CameraCapability.HAS_VIDEO_STREAM if streams else 0),
        definition_version(),
        uri.encode(),
        gimbal,
    )


def settings(device: CameraDevice, now_ms: int) -> Message:
    focus = FULL_RANGE if device.focuses_itself else device.focus.at(now_ms)
    return dialect.MAVLink_camera_settings_message(
        boot_ms(now_ms), device.mode, zoomLevel=device.zoom.at(now_ms), focusLevel=focus
    )


def storage(device: CameraDevice, now_ms: int) -> Message:
    """STORAGE_INFORMATION of the only card; EMPTY, as without a card, when it cannot be written."""
    status = StorageStatus.READY if device.writes else StorageStatus.EMPTY
    return dialect.MAVLink_storage_information_message(
        boot_ms(now_ms),
        STORAGE_ID,
        1,
        status,
        device.specs.storage_mib,
        device.used_mib,
        device.available_mib,
        _MIB_PER_S,
        _MIB_PER_S,
        StorageType.SD,
        b"DCIM",
        StorageUsage.SET | StorageUsage.PHOTO,
    )


def capture_status(device: CameraDevice, now_ms: int) -> Message:
    return dialect.MAVLink_camera_capture_status_message(
        boot_ms(now_ms),
        device.image_status(now_ms),
        0,
        device.interval_ms / 1000.0,
        0,
        device.available_mib,
        device.taken,
    )


def image_captured(number: int, time_ms: int, utc_us: int, picture: TakenPicture) -> Message:
    """CAMERA_IMAGE_CAPTURED of picture `number`, from 0, whose file exists."""
    place = picture.place
    return dialect.MAVLink_camera_image_captured_message(
        boot_ms(time_ms),
        utc_us,
        0,
        round(place.lat * 1e7),
        round(place.lon * 1e7),
        round(place.alt * 1e3),
        round(picture.above_home_m * 1e3),
        list(picture.attitude),
        number,
        _CAPTURED,
        picture.url.encode(),
    )


def not_captured(report: Message) -> Message:
    """CAMERA_IMAGE_CAPTURED of a picture without a file."""
    return dialect.MAVLink_camera_image_captured_message(
        report.time_boot_ms,
        report.time_utc,
        report.camera_id,
        report.lat,
        report.lon,
        report.alt,
        report.relative_alt,
        report.q,
        report.image_index,
        _NOT_CAPTURED,
        b"",
    )


def field_of_view(device: CameraDevice, now_ms: int, sight: CameraSight) -> Message:
    across, down = device.view(now_ms)
    middle = (_NO_PLACE, _NO_PLACE, _NO_PLACE) if sight.middle is None else _wire(sight.middle)
    return dialect.MAVLink_camera_fov_status_message(
        boot_ms(now_ms), *_wire(sight.place), *middle, list(sight.attitude), degrees(across), degrees(down)
    )


def _wire(place: GeoPoint) -> tuple[int, int, int]:
    return round(place.lat * 1e7), round(place.lon * 1e7), round(place.alt * 1e3)


def parameter(index: int, value: float) -> Message:
    """PARAM_EXT_VALUE of a setting."""
    setting = TABLE[index]
    return dialect.MAVLink_param_ext_value_message(
        setting.name.encode(), pack(setting.type, value), setting.type, len(TABLE), index
    )
