"""Footprints of a camera and its pictures: corners on a map, from CAMERA_FOV_STATUS and CAMERA_IMAGE_CAPTURED.

The ground is assumed level, at the height that the camera reports for the centre of its picture, else at home's. That
suffices for a map; `autopilot.interface.footprint` calculates footprints over terrain.
"""

from __future__ import annotations

from math import isfinite, radians, tan
from typing import Any, Final

from autopilot.interface.geo import GeoPoint, to_global
from mavlink_bridge.routing.service import Message

NO_PLACE: Final = 2**31 - 1
FARTHEST: Final = 20.0
"""Largest drawn distance, as a multiple of the height; farther points, also the horizon, are drawn there."""
LEAST_FALL: Final = 0.01
Place = tuple[float, float]
Corners = list[list[float]]
Photo = tuple[float, float, Corners | None]
"""Place of a picture (degrees), and the corners of its footprint, or None."""


def corners(camera: GeoPoint, height_m: float, q: Any, across_deg: float, down_deg: float) -> Corners | None:
    """Return the four corners of the picture on level ground `height_m` below the camera. None without a field of view
    or attitude, or with the camera towards the sky. `q`: w, x, y, z to north, east, down; the camera looks along x,
    with y right and z down in the picture."""
    if not (0.0 < across_deg < 179.0 and 0.0 < down_deg < 179.0) or height_m <= 0.0 or not _is_turn(q):
        return None
    if _turned(q, 1.0, 0.0, 0.0)[2] <= LEAST_FALL:
        return None
    right, low = tan(radians(across_deg) / 2.0), tan(radians(down_deg) / 2.0)
    found = []
    for across, down in ((-right, -low), (right, -low), (right, low), (-right, low)):
        north, east, fall = _turned(q, 1.0, across, down)
        level = max((north * north + east * east) ** 0.5, 1e-9)
        reach = min(height_m / fall if fall > LEAST_FALL else FARTHEST * height_m, FARTHEST * height_m / level)
        place = to_global(camera, (north * reach, east * reach, 0.0))
        found.append([round(place.lat, 7), round(place.lon, 7)])
    return found


def of_view(message: Message, home_alt_m: float | None) -> Corners | None:
    """Return the corners for a CAMERA_FOV_STATUS."""
    camera = _place(message.lat_camera, message.lon_camera, message.alt_camera)
    ground_m = message.alt_image / 1e3 if message.alt_image != NO_PLACE else home_alt_m
    if camera is None or ground_m is None:
        return None
    return corners(camera, camera.alt - ground_m, message.q, message.hfov, message.vfov)


def of_picture(message: Message, fov_deg: Place | None) -> Photo | None:
    """Return the photo of a CAMERA_IMAGE_CAPTURED. `fov_deg`: last known field of view, horizontal and vertical. None
    for a failed picture, or an unknown place."""
    camera = _place(message.lat, message.lon, message.alt)
    if camera is None or message.capture_result != 1:
        return None
    ground = None if fov_deg is None else corners(camera, message.relative_alt / 1e3, message.q, *fov_deg)
    return camera.lat, camera.lon, ground


def _place(lat: int, lon: int, alt: int) -> GeoPoint | None:
    if NO_PLACE in (lat, lon, alt) or (lat, lon) == (0, 0):
        return None
    return GeoPoint(lat / 1e7, lon / 1e7, alt / 1e3)


def _is_turn(q: Any) -> bool:
    return all(isfinite(part) for part in q) and abs(sum(part * part for part in q) - 1.0) < 0.1


def _turned(q: Any, x: float, y: float, z: float) -> tuple[float, float, float]:
    """Rotate a direction by a quaternion."""
    w, i, j, k = q
    a, b, c = j * z - k * y, k * x - i * z, i * y - j * x
    return (x + 2.0 * (w * a + j * c - k * b), y + 2.0 * (w * b + k * a - i * c), z + 2.0 * (w * c + i * b - j * a))
