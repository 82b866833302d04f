"""Photos of a plan: their places, visible ground and overlap, and the part of a survey's area that no photo shows.

Distances count as in AP_Camera: straight from the place of the last photo (`autopilot.modes.payload`). In calm air a
camera without a gimbal looks in the direction of SIM_CAM_PITCH, with the top of its picture along the leg.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import islice, pairwise
from math import isfinite, pi, radians, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from autopilot.control import arrays
from autopilot.interface.footprint import STRAIGHT_DOWN, Ground, Lens, Numbers, footprint, pointing
from autopilot.interface.geo import to_global
from autopilot.interface.mathematics import atan2, cos, hypot, sin
from autopilot.interface.records import dataclass
from autopilot.mav import Cmd
from autopilot.mission.items import MissionItem, positive
from autopilot.mission.plan_types import Plan, Survey
from autopilot.rehearsal.findings import Finding, found
from autopilot.rehearsal.room import distances, inside
from autopilot.rehearsal.way import FlyingField, Place, PlannedLeg, Way

MOST_PHOTOS: Final = 20_000
LEAST_GAP_M: Final = 1.0
"""Width of a gap below which it is within the tolerance of height and attitude, m."""
_OVERLAP_SLACK: Final = 0.05
_PARALLEL: Final = radians(8.0)
_AROUND: Final = 72  # pieces of a circle
_MOST_PIECES: Final = 200_000
_CELLS: Final = 250_000
_REACH_M: Final = 2000.0
_CAMERA: Final = frozenset({
    Cmd.DO_SET_CAM_TRIGG_DIST, Cmd.DO_SET_CAM_TRIGG_INTERVAL, Cmd.DO_DIGICAM_CONTROL, Cmd.IMAGE_START_CAPTURE,
    Cmd.IMAGE_STOP_CAPTURE,
})  # fmt: skip
_SAME_M: Final = 1.0


@dataclass(frozen=True, slots=True)
class PhotoCamera:
    """Camera. `pitch`: its direction, rad; -pi/2: straight down."""

    lens: Lens
    pitch: float = STRAIGHT_DOWN


@dataclass(frozen=True, slots=True)
class Photo:
    """Photo: its leg, its place (m from home), and the direction of the top of its picture (rad). `by_item`: an item
    takes it, not the trigger."""

    leg: int
    place: Place
    yaw: float
    by_item: bool = False


@dataclass(frozen=True, slots=True)
class PhotoGap:
    """Part of an area that no photo shows: its share (0 to 1), its largest width, and the place of this width (m from
    home)."""

    share: float
    wide_m: float
    place: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Photos:
    """Photos of a plan. `quads`: (n, 4, 2) corners of the visible ground, m from home, NaN: the horizon. `covers_m`:
    median size along and across; `along`, `beside`: smallest overlaps (0 to 1; below 0: a gap), None: no such pair. All
    three are None if the camera is unknown. `gaps`: for each survey with an area, None: no gap."""

    taken: tuple[Photo, ...]
    quads: Numbers
    covers_m: tuple[float, float] | None
    along: float | None
    beside: float | None
    gaps: tuple[tuple[Survey, PhotoGap | None], ...]


def camera_of(field: FlyingField, survey: Survey | None) -> PhotoCamera | None:
    """The vehicle's camera, if it has one (CAM1_TYPE), else the survey's; None: unknown."""
    if field.param("CAM1_TYPE") > 0.0:
        width, height, focal = (field.param(name) for name in ("SIM_CAM_SENS_W", "SIM_CAM_SENS_H", "SIM_CAM_FOCAL"))
        if min(width, height, focal) > 0.0:
            return PhotoCamera(Lens(width, height, focal), radians(field.param("SIM_CAM_PITCH", -90.0)))
    return None if survey is None or survey.lens is None else PhotoCamera(survey.lens)


# --- where they are taken ---------------------------------------------------------------------------------------------
class _Shutter:
    def __init__(self) -> None:
        self.every_m = 0.0
        self.every_s = 0.0
        self.remaining = 0
        self.last: tuple[float, float] = (0.0, 0.0)
        self.wait_s = 0.0

    @property
    def runs(self) -> bool:
        """True if it takes photos by itself."""
        return self.every_m > 0.0 or (self.every_s > 0.0 and self.remaining > 0)

    def do(self, item: MissionItem, place: tuple[float, float]) -> bool:
        """Carry out an item; True if it takes a photo here and now."""
        if item.command == Cmd.DO_SET_CAM_TRIGG_DIST:
            self.last = self.last if self.every_m else place
            self.every_m = positive(item.param1)
            return item.param3 == 1.0
        if item.command == Cmd.DO_DIGICAM_CONTROL:
            return item.x == 1.0
        every_s = item.param1 / 1000.0 if item.command == Cmd.DO_SET_CAM_TRIGG_INTERVAL else item.param2
        self.every_s = positive(every_s)
        if item.command == Cmd.IMAGE_STOP_CAPTURE:
            self.every_s, self.remaining = 0.0, 0
            return False
        count = item.param3 if item.command == Cmd.IMAGE_START_CAPTURE and isfinite(item.param3) else 0.0
        self.remaining = max(int(count) - 1, 0) if count >= 1.0 else MOST_PHOTOS
        if count == 1.0:
            self.every_s = 0.0
        self.wait_s = self.every_s
        return item.command == Cmd.IMAGE_START_CAPTURE

    def along(self, begin: Place, end: Place, seconds: float) -> Iterator[float]:
        """Shares of a straight piece at which photos are taken."""
        return merge(self._by_metres(begin, end), self._by_seconds(seconds))

    def _by_metres(self, begin: Place, end: Place) -> Iterator[float]:
        length = hypot(end[0] - begin[0], end[1] - begin[1])
        if not self.every_m or length == 0.0:
            return
        north, east = (end[0] - begin[0]) / length, (end[1] - begin[1]) / length
        at = 0.0
        while True:
            away = begin[0] + at * north - self.last[0], begin[1] + at * east - self.last[1]
            onward = away[0] * north + away[1] * east
            beside = onward * onward - away[0] * away[0] - away[1] * away[1] + self.every_m * self.every_m
            if beside >= 0.0:
                at += max(-onward + sqrt(beside), 0.0)
            if at > length + 1e-9:
                return
            self.last = begin[0] + at * north, begin[1] + at * east
            yield at / length

    def _by_seconds(self, seconds: float) -> Iterator[float]:
        if not self.every_s or not self.remaining:
            return
        while self.wait_s <= seconds and self.remaining:
            yield self.wait_s / seconds if seconds > 0.0 else 0.0
            self.wait_s += self.every_s
            self.remaining -= 1
        self.wait_s -= seconds


def photos_of(way: Way) -> list[Photo]:
    """All photos of the way, at most `MOST_PHOTOS`, on at most `_MOST_PIECES` pieces of legs."""
    todo = [(leg, item) for leg, item in way.passed if item.command in _CAMERA]
    if not todo:
        return []
    photos: list[Photo] = []
    shutter, yaw, pieces = _Shutter(), 0.0, 0

    def do_items(number: int, place: Place, before: float, ahead: float) -> None:
        """Carry out the items before a leg, with the directions before and behind them. A trigger that they switch off
        has belonged to the leg before."""
        while todo and todo[0][0] <= number:
            if shutter.do(todo.pop(0)[1], place[:2]):
                shutter.last, goes_on = place[:2], (shutter.runs and number < len(way.legs)) or number == 0
                photo = Photo(*((number, place, ahead) if goes_on else (number - 1, place, before)), by_item=True)
                if goes_on or not photos or _apart(photos[-1], photo) > _SAME_M:  # the trigger was as far just then
                    photos.append(photo)

    for number, leg in enumerate(way.legs):
        before, yaw = yaw, leg.bearing if leg.length_m > 0.0 else yaw
        do_items(number, leg.begin, before, yaw)
        for begin, end, seconds in _pieces(leg) if shutter.runs else ():
            heading = atan2(end[1] - begin[1], end[0] - begin[0]) if (begin[:2] != end[:2]) else yaw
            pieces += 1
            for share in islice(shutter.along(begin, end, seconds), max(MOST_PHOTOS - len(photos), 0)):
                place = tuple(b + share * (e - b) for b, e in zip(begin, end, strict=True))
                photos.append(Photo(number, (place[0], place[1], place[2]), heading))
            if len(photos) >= MOST_PHOTOS or pieces >= _MOST_PIECES:
                return photos
    if way.legs:
        do_items(len(way.legs), way.legs[-1].end, yaw, yaw)
    return photos


def _pieces(leg: PlannedLeg) -> Iterator[tuple[Place, Place, float]]:
    """Straight pieces of a leg with their times, s: the way to its end, and the motion there."""
    yield leg.begin, leg.edge, leg.seconds
    if leg.radius_m <= 0.0:
        if leg.wait_s > 0.0:
            yield leg.end, leg.end, leg.wait_s
        return
    turns = min(max(leg.wait_s * leg.speed_mps / (2.0 * pi * leg.radius_m), 0.0), _MOST_PIECES / _AROUND)
    count = max(int(turns * _AROUND), 1)
    corner = (2.0 * pi * turns * k / count for k in range(count + 1))
    ring = ((leg.end[0] + leg.radius_m * cos(a), leg.end[1] + leg.radius_m * sin(a), leg.end[2]) for a in corner)
    for begin, end in pairwise(ring):
        yield begin, end, leg.wait_s / count


# --- what they show ---------------------------------------------------------------------------------------------------
def _quads(photos: Sequence[Photo], cameras: Sequence[PhotoCamera | None], field: FlyingField) -> Numbers:
    """Corners (n, 4, 2) of the visible ground."""
    quads = np.full((len(photos), 4, 2), np.nan)
    ground = ground_below(field, [photo.place for photo in photos])
    for k, (photo, camera) in enumerate(zip(photos, cameras, strict=True)):
        if camera is not None:
            north, east, up = photo.place
            quads[k] = footprint((north, east, -up), pointing(0.0, camera.pitch, photo.yaw), camera.lens, ground)
    return quads


def ground_below(field: FlyingField, places: Sequence[Place]) -> Ground:
    if field.ground is None or not places:
        return Ground.flat()
    north, east = np.array(places)[:, 0], np.array(places)[:, 1]
    middle = to_global(field.home, (float(north.max() + north.min()) / 2, float(east.max() + east.min()) / 2, 0.0))
    reach = max(float(np.ptp(north)), float(np.ptp(east))) / 2.0 + _REACH_M
    return Ground.about(field.home, field.ground, reach, middle)


def _whole(quads: Numbers) -> NDArray[np.bool_]:
    """True (n,) if all four corners are on known ground."""
    whole: NDArray[np.bool_] = np.isfinite(quads.reshape(-1, 8)).min(axis=1, initial=True)
    return whole


def _sizes(quads: Numbers) -> tuple[Numbers, Numbers]:
    """Sizes (n,) along and across: between the middles of opposite sides."""
    top, right = quads[:, :2].mean(axis=1), quads[:, 1:3].mean(axis=1)
    bottom, left = quads[:, 2:].mean(axis=1), quads[:, ::3].mean(axis=1)
    along, across = top - bottom, right - left
    return arrays.hypot(along[:, 0], along[:, 1]), arrays.hypot(across[:, 0], across[:, 1])


def find_gap(area: Numbers, quads: Numbers, corridor_m: float = 0.0) -> PhotoGap | None:
    """Largest gap that quadrilaterals ((n, 4, 2), convex) leave in a polygon ((m, 2)), or within half of `corridor_m`
    of a line through its corners; None: none. It is computed on a grid of at most 250,000 cells, with an error of two
    cells."""
    if len(area) < (2 if corridor_m else 3):
        return None
    whole = quads[_whole(quads)]
    low, high = area.min(axis=0) - corridor_m / 2.0, area.max(axis=0) + corridor_m / 2.0
    span = np.maximum(high - low, 1e-3)
    cell = max(float(np.sqrt(span[0] * span[1] / _CELLS)), 0.2, float(span.max()) / 5000.0)
    norths, easts = (np.arange(low[k] + cell / 2.0, high[k], cell) for k in (0, 1))
    if not len(norths) or not len(easts):
        return None
    open_ = _within(area, norths, easts, corridor_m)
    total = int(open_.sum())
    for quad in whole:
        _cover(open_, quad, norths, easts)
    uncovered = int(open_.sum())
    if not total or not uncovered:
        return None
    layers, at = _deepest(open_)
    place = float(norths[at[0]]), float(easts[at[1]])
    return PhotoGap(uncovered / total, (2 * layers - 1) * cell, place)


def _within(area: Numbers, norths: Numbers, easts: Numbers, corridor_m: float) -> NDArray[np.bool_]:
    north, east = np.meshgrid(norths, easts, indexing="ij")
    points = np.column_stack([north.ravel(), east.ravel()])
    if corridor_m:
        distance_m = np.full(len(points), np.inf)
        for begin, end in pairwise(area):
            distance_m = np.minimum(distance_m, distances(points, begin[None], end[None])[0])
        return (distance_m <= corridor_m / 2.0).reshape(north.shape)
    return inside(points, area, np.roll(area, -1, axis=0)).reshape(north.shape)


def _cover(open_: NDArray[np.bool_], quad: Numbers, norths: Numbers, easts: Numbers) -> None:
    """Close the cells whose middles are in a quadrilateral."""
    rows = slice(*np.searchsorted(norths, [quad[:, 0].min(), quad[:, 0].max()]))
    columns = slice(*np.searchsorted(easts, [quad[:, 1].min(), quad[:, 1].max()]))
    north, east = norths[rows, None], easts[None, columns]
    right, left = np.ones((north.shape[0], east.shape[1]), bool), np.ones((north.shape[0], east.shape[1]), bool)
    for begin, end in zip(quad, np.roll(quad, -1, axis=0), strict=True):
        side = (end[0] - begin[0]) * (east - begin[1]) - (end[1] - begin[1]) * (north - begin[0])
        right &= side >= -1e-6
        left &= side <= 1e-6
    open_[rows, columns] &= ~(right | left)


def _deepest(open_: NDArray[np.bool_]) -> tuple[int, tuple[int, int]]:
    """Number of layers of cells that can be removed, and a cell of the last."""
    rows, columns = np.flatnonzero(open_.any(axis=1)), np.flatnonzero(open_.any(axis=0))
    row, column = int(rows[0]), int(columns[0])
    now = np.pad(open_[row : rows[-1] + 1, column : columns[-1] + 1], 1)
    layers = 0
    while now.any():
        layers += 1
        last = now
        now = now.copy()
        now[1:-1, 1:-1] &= last[:-2, 1:-1] & last[2:, 1:-1] & last[1:-1, :-2] & last[1:-1, 2:]
    cells = np.argwhere(last)
    cell = cells[len(cells) // 2]
    return layers, (int(cell[0]) - 1 + row, int(cell[1]) - 1 + column)


# --- all of it --------------------------------------------------------------------------------------------------------
def look_at_photos(plan: Plan, field: FlyingField, way: Way) -> Photos | None:
    """Compute the photos of a plan; None if it takes none."""
    photos = photos_of(way)
    if not photos:
        return None
    of = [_survey_of(plan, way.legs[photo.leg].item.seq) for photo in photos]
    quads = _quads(photos, [camera_of(field, survey) for survey in of], field)
    whole = _whole(quads)
    along, across = _sizes(quads)
    covers = (float(np.median(along[whole])), float(np.median(across[whole]))) if whole.any() else None
    gaps = []
    for survey in plan.surveys:
        mine = np.array([other is survey for other in of])
        if survey.area and whole[mine].any():
            area = np.array([field.local(*corner) for corner in survey.area])
            gaps.append((survey, find_gap(area, quads[mine & whole], survey.corridor_m)))
    steps = [overlap for overlap, _ in _overlaps_along(photos, along, whole)]
    beside = [overlap for overlap, _ in _overlaps_beside(way, photos, across, whole)]
    return Photos(tuple(photos), quads, covers, min(steps, default=None), min(beside, default=None), tuple(gaps))


def _survey_of(plan: Plan, seq: int) -> Survey | None:
    return next((survey for survey in plan.surveys if survey.first <= seq <= survey.last), None)


def _overlaps_along(photos: Sequence[Photo], along: Numbers, whole: NDArray[np.bool_]) -> Iterator[tuple[float, Photo]]:
    """Overlaps (0 to 1) of each photo with the one before it on the same leg."""
    for k in range(1, len(photos)):
        before, photo = photos[k - 1], photos[k]
        if before.leg == photo.leg and whole[k] and whole[k - 1] and along[k] > 0.0 and not photo.by_item:
            yield 1.0 - _apart(before, photo) / float(along[k]), photo


def _apart(photo: Photo, other: Photo) -> float:
    return hypot(photo.place[0] - other.place[0], photo.place[1] - other.place[1])


def _overlaps_beside(
    way: Way, photos: Sequence[Photo], across: Numbers, whole: NDArray[np.bool_]
) -> Iterator[tuple[float, int]]:
    """Overlaps (0 to 1) of the photos of a line with those of the parallel line before it, and the item of the line."""
    lines: dict[int, float] = {}
    counts: dict[int, int] = {}
    for k, photo in enumerate(photos):
        counts[photo.leg] = counts.get(photo.leg, 0) + 1
        if whole[k] and counts[photo.leg] > 1:
            lines[photo.leg] = float(across[k])
    for line, other in pairwise(sorted(lines)):
        a, b = way.legs[line], way.legs[other]
        turn = (a.bearing - b.bearing + pi / 2.0) % pi - pi / 2.0
        if abs(turn) < _PARALLEL and lines[other] > 0.0:
            sideways = (b.begin[1] - a.begin[1]) * cos(a.bearing) - (b.begin[0] - a.begin[0]) * sin(a.bearing)
            if abs(sideways) > 0.5:
                yield 1.0 - abs(sideways) / lines[other], b.item.seq


def check_photos(plan: Plan, field: FlyingField, way: Way, photos: Photos | None) -> Iterator[Finding]:
    """Findings of the rules about photos."""
    if photos is None:
        return
    legs, whole = way.legs, _whole(photos.quads)
    items = (legs[photo.leg].item.seq for photo in photos.taken)
    first = next((seq for seq in items if camera_of(field, _survey_of(plan, seq)) is None), None)
    if first is not None:
        text = f"{len(photos.taken)} photos are taken, and nothing tells what the camera sees"
        yield found("photo-unknown", text, first)
    for survey, gap in photos.gaps:
        if gap is not None and gap.wide_m >= LEAST_GAP_M:
            text = f"photos leave {gap.share:.1%} of the survey uncovered, at most {gap.wide_m:.1f} m wide, near here"
            yield found("photo-gap", text, nearest_item(way, survey, gap))
    along, across = _sizes(photos.quads)
    reported: set[tuple[str, int | None]] = set()
    for finding in (
        *_apart_along(plan, legs, photos.taken, along, whole),
        *_apart_beside(plan, way, photos.taken, across, whole),
        *_too_fast(plan, legs, photos.taken),
    ):
        key = finding.rule.name, finding.item
        if key not in reported:
            reported.add(key)
            yield finding


def _apart_along(
    plan: Plan, legs: Sequence[PlannedLeg], photos: Sequence[Photo], along: Numbers, whole: NDArray[np.bool_]
) -> Iterator[Finding]:
    for share, photo in _overlaps_along(photos, along, whole):
        seq = legs[photo.leg].item.seq
        survey = _survey_of(plan, seq)
        required = None if survey is None else survey.along
        if share < -0.001:
            yield found("photo-apart", f"photos on the way here leave {-share:.0%} of their length between them", seq)
        elif required is not None and share < required - _OVERLAP_SLACK:
            text = f"photos on the way here overlap by {share:.0%}, the survey asks for {required:.0%}"
            yield found("photo-overlap", text, seq)


def _apart_beside(
    plan: Plan, way: Way, photos: Sequence[Photo], across: Numbers, whole: NDArray[np.bool_]
) -> Iterator[Finding]:
    for share, seq in _overlaps_beside(way, photos, across, whole):
        survey = _survey_of(plan, seq)
        if survey is not None and survey.beside is not None and share < survey.beside - _OVERLAP_SLACK:
            text = f"this line overlaps the one before by {share:.0%}, the survey asks for {survey.beside:.0%}"
            yield found("photo-overlap", text, seq)


def _too_fast(plan: Plan, legs: Sequence[PlannedLeg], photos: Sequence[Photo]) -> Iterator[Finding]:
    for before, photo in pairwise(photos):
        leg = legs[photo.leg]
        survey = _survey_of(plan, leg.item.seq)
        if survey is None or before.leg != photo.leg or not survey.least_s or photo.by_item:
            continue
        took_s = _apart(before, photo) / leg.speed_mps
        if took_s < survey.least_s * 0.99:
            text = f"photos follow each other after {took_s:.1f} s, the camera needs {survey.least_s:.1f} s"
            yield found("photo-fast", text, leg.item.seq)


def nearest_item(way: Way, survey: Survey, gap: PhotoGap) -> int:
    """Item of the survey whose leg is nearest to a gap."""
    legs = [leg for leg in way.legs if survey.first <= leg.item.seq <= survey.last]
    if not legs:
        return survey.first
    begin, end = (np.array([getattr(leg, side)[:2] for leg in legs]) for side in ("begin", "end"))
    distance_m = distances(np.array([gap.place]), begin, end)[:, 0]
    return legs[int(np.argmin(distance_m))].item.seq
