"""Footprint of a camera on the ground: rays through its image, and the points where they meet the ground.

The pinhole model: a point of the sensor and the lens define a ray (Hartley, Zisserman: Multiple View Geometry, 6.1);
the lens is ideal, without distortion. The camera's frame is that of MAVLink's gimbals: x along its optical axis, y to
the right of the image, z to its bottom. Places are metres north, east, down of an origin. Rendering and the computation
of photo coverage share these functions.
"""

from __future__ import annotations

from math import radians
from typing import Final

import numpy as np
import numpy.typing as npt

from autopilot.interface.geo import METRES_PER_DEGREE, GeoPoint, Ned, longitude_scale
from autopilot.interface.mathematics import cos, sin
from autopilot.interface.records import dataclass
from autopilot.interface.terrain import HeightMap

Numbers = npt.NDArray[np.float64]

_LEAST_DOWN: Final = 1e-3  # flatter rays see the horizon
_MARCHES: Final = 48
_HALVES: Final = 14


@dataclass(frozen=True, slots=True)
class Lens:
    """A sensor and a lens, in mm."""

    sensor_width_mm: float
    sensor_height_mm: float
    focal_mm: float

    def rays(self, columns: int, rows: int) -> Numbers:
        """Unit vectors (rows * columns, 3) in the camera's frame through the middles of the pixels, row by row."""
        across = (np.arange(columns) + 0.5) / columns - 0.5
        down = (np.arange(rows) + 0.5) / rows - 0.5
        y, z = np.meshgrid(across * self.sensor_width_mm, down * self.sensor_height_mm)
        return self._through(y.ravel(), z.ravel())

    def corners(self) -> Numbers:
        """Unit vectors (4, 3) through the corners of the image, clockwise from the top left."""
        half_width, half_height = self.sensor_width_mm / 2.0, self.sensor_height_mm / 2.0
        return self._through(
            np.array([-1.0, 1.0, 1.0, -1.0]) * half_width, np.array([-1.0, -1.0, 1.0, 1.0]) * half_height
        )

    def _through(self, y: Numbers, z: Numbers) -> Numbers:
        rays = np.column_stack([np.full(len(y), self.focal_mm), y, z])
        unit: Numbers = rays / np.linalg.norm(rays, axis=1)[:, None]
        return unit


def pointing(roll: float, pitch: float, yaw: float) -> Numbers:
    """Rotation (3, 3) from a frame with these angles (radians; yaw, then pitch, then roll) to north, east, down. With
    pitch -pi/2 a camera looks straight down, and the top of its image points to `yaw`."""
    sr, cr, sp, cp, sy, cy = sin(roll), cos(roll), sin(pitch), cos(pitch), sin(yaw), cos(yaw)
    return np.array(
        [
            [cp * cy, sr * sp * cy - cr * sy, cr * sp * cy + sr * sy],
            [cp * sy, sr * sp * sy + cr * cy, cr * sp * sy - sr * cy],
            [-sp, sr * cp, cr * cp],
        ]
    )


@dataclass(frozen=True, slots=True)
class Ground:
    """The ground about an origin. `map` None: level ground. `lowest_m`, `highest_m`: limits of its height above the
    origin."""

    origin: GeoPoint
    map: HeightMap | None
    lowest_m: float
    highest_m: float

    @classmethod
    def flat(cls) -> Ground:
        return cls(GeoPoint(0.0, 0.0), None, 0.0, 0.0)

    @classmethod
    def about(cls, origin: GeoPoint, ground: HeightMap | None, reach_m: float, place: GeoPoint | None = None) -> Ground:
        """The part of a map within `reach_m` of `place` (None: of the origin); without a map level ground at the
        origin's height."""
        if ground is None:
            return cls.flat()
        centre = origin if place is None else place
        lat = reach_m / METRES_PER_DEGREE
        lon = lat / longitude_scale(centre.lat)
        rows = _window(centre.lat - lat, centre.lat + lat, ground.south, ground.per_lat, ground.heights.shape[0])
        columns = _window(centre.lon - lon, centre.lon + lon, ground.west, ground.per_lon, ground.heights.shape[1])
        part = ground.heights[rows, columns]
        heights = part[np.isfinite(part)]
        if not len(heights):
            return cls.flat()
        low, high = float(heights.min()) - origin.alt, float(heights.max()) - origin.alt
        return cls(origin, ground, low, high)

    def up(self, north: Numbers, east: Numbers) -> Numbers:
        """Height above the origin, m; NaN: unknown."""
        if self.map is None:
            return np.full(np.shape(north), self.lowest_m)
        lat = self.origin.lat + north / METRES_PER_DEGREE
        scale = np.maximum(np.cos(np.radians((self.origin.lat + lat) / 2.0)), 0.01)
        heights = self.map.heights_at(lat, self.origin.lon + east / (METRES_PER_DEGREE * scale))
        return heights - self.origin.alt


def _window(low: float, high: float, first: float, per_degree: float, count: int) -> slice:
    begin = min(max(int((low - first) * per_degree) - 1, 0), count - 1)
    return slice(begin, min(max(int((high - first) * per_degree) + 2, begin + 1), count))


def look_at_ground(place: Ned, rays: Numbers, ground: Ground) -> Numbers:
    """Points (n, 2), m north and east of the origin, where rays ((n, 3) unit vectors in north, east, down) from `place`
    first meet the ground; NaN: the sky, or ground of unknown height."""
    met: Numbers = np.array(place[:2]) + rays[:, :2] * distances_to_ground(place, rays, ground)[:, None]
    return met


def distances_to_ground(place: Ned, rays: Numbers, ground: Ground) -> Numbers:
    """Distances (n,) along the rays to these points, m."""
    down = rays[:, 2]
    falls = down > _LEAST_DOWN
    slope = np.where(falls, down, 1.0)
    up = -place[2]
    near = np.maximum((up - ground.highest_m) / slope, 0.0)
    far = np.maximum((up - ground.lowest_m) / slope, 0.0)
    if ground.map is None:
        return np.where(falls, far, np.nan)
    far = _first_meeting(place, rays, ground, near, far)
    met = np.array(place[:2]) + rays[:, :2] * far[:, None]
    return np.where(falls & np.isfinite(ground.up(met[:, 0], met[:, 1])), far, np.nan)


def _first_meeting(place: Ned, rays: Numbers, ground: Ground, near: Numbers, far: Numbers) -> Numbers:
    """Distance just behind the first meeting: by steps between the highest and the lowest ground, then by bisection."""

    def below(distance: Numbers) -> npt.NDArray[np.bool_]:
        at = np.array(place) + rays * distance[:, None]
        return -at[:, 2] <= ground.up(at[:, 0], at[:, 1])  # unknown ground is never met

    first, last, found = near.copy(), far.copy(), below(near)
    last = np.where(found, near, last)
    for step in range(1, _MARCHES + 1):
        distance = near + (far - near) * (step / _MARCHES)
        hit = ~found & below(distance)
        last = np.where(hit, distance, last)
        found |= hit
        first = np.where(found, first, distance)
    for _ in range(_HALVES):
        middle = (first + last) / 2.0
        hit = below(middle)
        first, last = np.where(hit, first, middle), np.where(hit, middle, last)
    return last


def footprint(place: Ned, rotation: Numbers, lens: Lens, ground: Ground) -> Numbers:
    """Corners (4, 2) of the visible ground of a photo from `place`, north and east of the origin. `rotation` (3, 3):
    from the camera's axes to north, east, down. NaN: the horizon is visible."""
    return look_at_ground(place, lens.corners() @ rotation.T, ground)


STRAIGHT_DOWN: Final = radians(-90.0)
"""Pitch of a camera that looks straight down, rad."""
