"""Rendering of pictures of the ground: texture, plan and terrain, as seen by a camera with a place, an attitude and a
lens.

The rays are those of `autopilot.interface.footprint`. Their lengths are computed on a grid of one ray every `CELL`
pixels. Between them, one over the depth is interpolated (linear on a plane, as in any rasterizer: Heckbert, Moreton:
Interpolation for Polygon Texture Mapping and Shading, 1991). The plan is painted on the ground: its lines are
projected. Obstacles and pads stand on the ground: their faces are drawn from the farthest to the nearest (painter's
algorithm; Newell, Newell, Sancha, 1972), also in front of nearer hills.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import ceil, isfinite
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

from autopilot.interface.footprint import Ground, Lens, look_at_ground
from autopilot.interface.geo import GeoPoint, Ned, to_global
from autopilot.interface.mathematics import PI, cos, hypot, sin
from autopilot.interface.records import dataclass
from autopilot.interface.terrain import HeightMap
from sitl.camera.texture import EXPOSE, anchor, missing_octaves, tiles
from sitl.world.obstacles import Cable, Cylinder, Obstacle

CELL: Final = 16
F_NUMBER: Final = 2.8
_REACH_M: Final = 3000.0
"""Distance beyond which terrain is not drawn, m."""
_NEAR_M: Final = 0.2
_PIECE_M: Final = 25.0  # a line on terrain is drawn in pieces of that length
_LEAST_BLUR_PX: Final = 0.4
_FAR: Final = 1e-6
_STANDING_M: Final = 500.0  # obstacles beyond it are not in the picture
_CORNERS: Final = 12  # of a cylinder
_WALL, _ROOF, _CABLE = (168, 160, 150), (128, 92, 80), (40, 40, 45)
PAD: Final = ((0.6, (255, 255, 255)), (0.5, (255, 110, 0)))
"""Squares of a landing pad: half a side, m, and colour."""

Numbers = npt.NDArray[np.float64]
Colour = tuple[int, int, int]
Quaternion = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Marking:
    """Line painted on the ground: places north and east of the origin (m), colour and width."""

    points: tuple[tuple[float, float], ...]
    colour: Colour
    width_m: float = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class PictureScene:
    """Scene that does not change while a vehicle is switched on: origin, terrain, and obstacles, whose places count
    from `about` (NED m from the origin)."""

    origin: GeoPoint
    terrain: HeightMap | None = None
    obstacles: tuple[Obstacle, ...] = ()
    about: Ned = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class CameraView:
    """View of a camera: its place (m from the origin), attitude (its axes into north, east, down), lens and pixels.
    `focus_m`: focus distance, inf: far away, None: autofocus. `light`: gains of red, green and blue. `pads`: middles of
    landing pads, m from the origin."""

    place: Ned
    attitude: Quaternion
    lens: Lens
    columns: int
    rows: int
    focus_m: float | None = None
    light: tuple[float, float, float] = (1.0, 1.0, 1.0)
    markings: tuple[Marking, ...] = ()
    pads: tuple[Ned, ...] = ()

    @property
    def focal_px(self) -> float:
        return self.lens.focal_mm / self.lens.sensor_width_mm * self.columns


def rotation(q: Quaternion) -> Numbers:
    """Rotation matrix (3, 3) of a quaternion, into north, east, down."""
    w, x, y, z = q
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def render(view: CameraView, scene: PictureScene) -> Image.Image:
    ground = Ground.about(scene.origin, scene.terrain, _REACH_M, to_global(scene.origin, view.place))
    turned = rotation(view.attitude)
    inverse = _inverse_depths(view, turned, ground)
    pixels = np.empty((view.rows, view.columns, 3), np.uint8)
    frame, missing = _frame(view, turned, scene.origin), missing_octaves(inverse, 1.0 / view.focal_px)
    EXPOSE.call(pixels, inverse, CELL, frame, missing, np.array(view.light), tiles())
    image = Image.fromarray(pixels)
    draw = ImageDraw.Draw(image)
    _draw(draw, view, turned, ground)
    _build(draw, view, turned, scene)
    blur = blur_px(view, float(inverse[inverse.shape[0] // 2, inverse.shape[1] // 2]))
    return image if blur < _LEAST_BLUR_PX else image.filter(ImageFilter.GaussianBlur(blur / 2.0))


def _frame(view: CameraView, turned: Numbers, origin: GeoPoint) -> Numbers:
    """Frame of the camera, in the form of `texture.expose`."""
    north, east = anchor(origin)
    across = view.lens.sensor_width_mm / view.lens.focal_mm
    down = view.lens.sensor_height_mm / view.lens.focal_mm
    corner = turned @ np.array([1.0, -across / 2.0, -down / 2.0])
    place = [north + view.place[0], east + view.place[1], view.place[2]]
    right, below = turned[:, 1] * (across / view.columns), turned[:, 2] * (down / view.rows)
    return np.array([place, corner, right, below])


def _inverse_depths(view: CameraView, turned: Numbers, ground: Ground) -> Numbers:
    """Inverse depths, 1/m, on the grid; 0 and less is the sky."""
    lens = view.lens
    columns, rows = ceil(view.columns / CELL) + 1, ceil(view.rows / CELL) + 1
    # The grid's rays go through corners of cells, but a lens' rays go through the middles of pixels. So the sensor is
    # half a cell larger on each side, and off centre if the last cell is not whole.
    cells = Lens(
        lens.sensor_width_mm * columns * CELL / view.columns,
        lens.sensor_height_mm * rows * CELL / view.rows,
        lens.focal_mm,
    )
    straight = cells.rays(columns, rows)
    straight = straight / straight[:, :1]
    straight[:, 1] += ((columns - 1) * CELL / view.columns - 1.0) / 2.0 * lens.sensor_width_mm / lens.focal_mm
    straight[:, 2] += ((rows - 1) * CELL / view.rows - 1.0) / 2.0 * lens.sensor_height_mm / lens.focal_mm
    rays = straight @ turned.T
    if ground.map is None:
        height = max(-view.place[2] - ground.lowest_m, _NEAR_M)
        inverse = rays[:, 2] / height
    else:
        length = np.linalg.norm(rays, axis=1)
        met = look_at_ground(view.place, rays / length[:, None], ground)
        hit = ~np.isnan(met[:, 0])
        up = ground.up(np.where(hit, met[:, 0], 0.0), np.where(hit, met[:, 1], 0.0))
        away = np.column_stack([met, -up]) - np.array(view.place)
        depth = np.einsum("ij,ij->i", away, rays) / (length * length)
        inverse = np.where(hit, 1.0 / np.maximum(np.where(hit, depth, 1.0), _NEAR_M), 0.0)
    return np.ascontiguousarray(inverse.reshape(rows, columns))


# --- the plan ---------------------------------------------------------------------------------------------------------
def _draw(draw: ImageDraw.ImageDraw, view: CameraView, turned: Numbers, ground: Ground) -> None:
    for marking in view.markings:
        for near, far, width in _segments(marking, view, turned, ground):
            draw.line([near, far], fill=marking.colour, width=max(round(width), 1))


Pixel = tuple[float, float]


def _segments(
    marking: Marking, view: CameraView, turned: Numbers, ground: Ground
) -> Iterator[tuple[Pixel, Pixel, float]]:
    """Segments before the camera: both ends in pixels, and the width there."""
    points = np.array(_pieces(marking.points) if ground.map is not None else marking.points)
    up = np.nan_to_num(ground.up(points[:, 0], points[:, 1]))
    in_camera = (np.column_stack([points, -up]) - np.array(view.place)) @ turned  # in the camera's frame
    for a, b in pairwise(in_camera):
        if a[0] < _NEAR_M and b[0] < _NEAR_M:
            continue
        first, last = _before(a, b), _before(b, a)
        depth = (first[0] + last[0]) / 2.0
        yield _pixel(first, view), _pixel(last, view), marking.width_m * view.focal_px / depth


def _pieces(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    found = [points[0]]
    for (n0, e0), (n1, e1) in pairwise(points):
        count = max(ceil(max(abs(n1 - n0), abs(e1 - e0)) / _PIECE_M), 1)
        found += [(n0 + (n1 - n0) * i / count, e0 + (e1 - e0) * i / count) for i in range(1, count + 1)]
    return found


def _before(point: Numbers, other: Numbers) -> Numbers:
    """`point`, or the place where the line from it to `other` passes in front of the camera."""
    if point[0] >= _NEAR_M:
        return point
    moved: Numbers = point + (other - point) * ((_NEAR_M - point[0]) / (other[0] - point[0]))
    return moved


def _pixel(point: Numbers, view: CameraView) -> Pixel:
    focal = view.focal_px
    tall = view.lens.focal_mm / view.lens.sensor_height_mm * view.rows
    return (
        float(point[1] / point[0]) * focal + view.columns / 2.0,
        float(point[2] / point[0]) * tall + view.rows / 2.0,
    )


# --- what stands on the ground ----------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Face:
    """A flat polygon; with two corners a line of this width."""

    corners: tuple[Ned, ...]
    colour: Colour
    width_m: float = 0.0


def _build(draw: ImageDraw.ImageDraw, view: CameraView, turned: Numbers, scene: PictureScene) -> None:
    """Draw pads, then all obstacles that are near enough."""
    flat = [face for pad in view.pads for face in _pad(pad)]
    here = tuple(a - b for a, b in zip(view.place, scene.about, strict=True))
    standing = [face for shape in scene.obstacles if _near(shape, here) for face in _faces(shape)]
    faces = [(face, (np.array(face.corners) - np.array(view.place)) @ turned) for face in flat]
    about = np.array(scene.about) - np.array(view.place)
    walls = [(face, (np.array(face.corners) + about) @ turned) for face in standing]
    faces += sorted(walls, key=lambda wall: -float(np.linalg.norm(wall[1].mean(axis=0))))
    for face, corners in faces:
        shown = [_pixel(corner, view) for corner in _clipped(corners)]
        if len(shown) > 2:
            draw.polygon(shown, fill=face.colour)
        elif len(shown) == 2:
            depth = max(float(corners[:, 0].mean()), _NEAR_M)
            draw.line(shown, fill=face.colour, width=max(round(face.width_m * view.focal_px / depth), 1))


def _near(shape: Obstacle, here: Sequence[float]) -> bool:
    north, east, radius = shape.reach()
    return hypot(north - here[0], east - here[1]) < radius + _STANDING_M


def _pad(pad: Ned) -> list[_Face]:
    n, e, d = pad
    return [_Face(((n - h, e - h, d), (n - h, e + h, d), (n + h, e + h, d), (n + h, e - h, d)), at) for h, at in PAD]


def _faces(shape: Obstacle) -> list[_Face]:
    """Walls and roof, or the wire."""
    if isinstance(shape, Cable):
        return [_Face((shape.begin, shape.end), _CABLE, 2.0 * shape.radius)]
    if isinstance(shape, Cylinder):
        turns = [2.0 * PI * k / _CORNERS for k in range(_CORNERS)]
        n, e = shape.middle
        outline = tuple((n + shape.radius * cos(turn), e + shape.radius * sin(turn)) for turn in turns)
    else:
        outline = shape.outline
    low, high = -shape.low, -shape.high
    return [
        *(
            _Face(((*a, low), (*b, low), (*b, high), (*a, high)), _shaded(a, b))
            for a, b in pairwise((*outline, outline[0]))
        ),
        _Face(tuple((*corner, high) for corner in outline), _ROOF),
    ]


def _shaded(a: tuple[float, float], b: tuple[float, float]) -> Colour:
    """Colour of a wall, lit from the north and the south."""
    light = 0.6 + 0.4 * abs(b[1] - a[1]) / max(hypot(b[0] - a[0], b[1] - a[1]), _FAR)
    red, green, blue = (int(light * part) for part in _WALL)
    return red, green, blue


def _clipped(corners: Numbers) -> list[Numbers]:
    """Part of a polygon or a line in front of the camera (Sutherland, Hodgman, 1974)."""
    if len(corners) == 2:
        a, b = corners
        return [] if max(a[0], b[0]) < _NEAR_M else [_before(a, b), _before(b, a)]
    found: list[Numbers] = []
    for a, b in pairwise((corners[-1], *corners)):
        if (a[0] < _NEAR_M) != (b[0] < _NEAR_M):
            found.append(_before(a, b) if a[0] < _NEAR_M else _before(b, a))
        if b[0] >= _NEAR_M:
            found.append(b)
    return found


# --- focus ------------------------------------------------------------------------------------------------------------
def blur_px(view: CameraView, inverse_m: float) -> float:
    """Diameter of the circle of confusion (pixels) of an object in the middle of the picture with this inverse
    distance, 1/m: f^2 / N times the difference of the two vergences (Hecht: Optics, 6.2.2), for a focal length that is
    short beside the distances."""
    if view.focus_m is None:
        return 0.0
    focused = 0.0 if not isfinite(view.focus_m) else 1.0 / max(view.focus_m, _NEAR_M)
    focal_m = view.lens.focal_mm * 1e-3
    pixel_m = view.lens.sensor_width_mm * 1e-3 / view.columns
    return abs(focused - max(inverse_m, _FAR)) * focal_m * focal_m / F_NUMBER / pixel_m
