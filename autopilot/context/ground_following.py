"""Legs and circles that keep their height above the ground: a leg is divided into short straight legs over the known
ground, and the vehicle receives one after the other.

The height above the ground changes linearly from the beginning to the end of the leg, as in ArduPilot between two
waypoints of a terrain frame (AC_WPNav). The profile is sampled every ten metres and simplified to within a metre
(Douglas and Peucker 1973), so that flat ground is one leg. The guidance sets the speed: steep ground is flown as fast
as climb and descent allow, and the heading does not change. Wings cannot slow down. They climb before steep ground, as
early as half of their best climb rate requires, up to TERRAIN_LOOKAHD ahead (ArduPlane's `lookahead_adjustment`).

A copter with a range finder uses its measurement instead (WPNAV_RFND_USE): the ground ahead is taken as level and
checked twice a second. If it has changed, the leg's own height is demanded `_AHEAD_M` farther on, over a ground that
continues to rise or fall as it did since the last check.

Circles of wings, and the way to them, get the height above the ground below once a second, with the same look ahead
along the present course (TERRAIN_FOLLOW of ArduPlane). Over unknown ground they stay as high as they are.

Where the terrain data of a leg end, or its range finder measures nothing, the vehicle flies level. After five seconds
this is a failsafe (FS_TERRAIN_TIMEOUT_MS of ArduCopter). If data come in time, the leg continues above the ground.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from autopilot.context.vehicle_context import VehicleFacts
from autopilot.interface import report
from autopilot.interface.geo import GeoPoint, Ned, to_global
from autopilot.interface.mathematics import hypot
from autopilot.interface.targets import Circle, Leg, Target, Yaw

_STEP_M: Final = 10.0
_MOST_STEPS: Final = 2000
_EXACT_M: Final = 1.0
_TIMEOUT_MS: Final = 5000
_LOOK_MS: Final = 1000
_LEAST_MPS: Final = 1.0
_AHEAD_M: Final = 10.0
_SAME_M: Final = 0.2  # change of the measured height of the ground that counts, m
_AGAIN_MS: Final = 500
_LEAST_WAY_M: Final = 1.0
_STEEPEST: Final = 1.0

Floats = npt.NDArray[np.float64]


def heights_over_ground(
    along: Floats, ground: Floats, over: tuple[float, float], climb: float, ahead_m: float
) -> Floats:
    """Heights at evenly spaced places `along` a line, m: `over` the ground at its ends, and linear between. With
    `ahead_m` above 0 they also rise early enough to clear the ground up to so far ahead with half of `climb` (m per m),
    but no faster than `climb` from the beginning."""
    shares = along / along[-1] if along[-1] > 0.0 else np.linspace(0.0, 1.0, len(along))  # straight up or down
    more = over[0] + (over[1] - over[0]) * shares
    if ahead_m <= 0.0 or along[-1] <= 0.0:
        return np.asarray(ground + more)
    count = min(int(ahead_m / (along[1] - along[0])), len(along) - 1)
    half = 0.5 * climb * along
    tops = np.pad(np.where(np.isnan(ground), -np.inf, ground) - half, (0, count), constant_values=-np.inf)
    heights = np.maximum(ground, np.lib.stride_tricks.sliding_window_view(tops, count + 1).max(axis=1) + half) + more
    return np.asarray(np.minimum(heights, np.maximum(ground + more, ground[0] + over[0] + climb * along)))


def ground_profile(facts: VehicleFacts, begin: Ned, end: Ned) -> tuple[Floats, Floats]:
    """Shares (0 to 1) of the way from `begin` to `end`, and the height of the ground there, m above the origin; NaN:
    unknown. The vehicle must have an origin. A range finder only measures the ground below the vehicle."""
    origin = facts.vehicle.origin
    assert origin is not None
    if facts.follows_range_finder:
        measured = facts.ground_seen
        return np.linspace(0.0, 1.0, 2), np.full(2, np.nan if measured is None else measured)
    length = hypot(end[0] - begin[0], end[1] - begin[1])
    count = min(max(int(length / _STEP_M) + 1, 2), _MOST_STEPS)
    shares = np.linspace(0.0, 1.0, count)
    heights = np.array([_height(facts, origin, begin, end, float(share)) for share in shares])
    return shares, heights - origin.alt


def _height(facts: VehicleFacts, origin: GeoPoint, begin: Ned, end: Ned, share: float) -> float:
    place = to_global(origin, (begin[0] + share * (end[0] - begin[0]), begin[1] + share * (end[1] - begin[1]), 0.0))
    height = facts.ground_at(place.lat, place.lon)
    return float("nan") if height is None else height


def _straightened(along: Floats, up: Floats) -> list[int]:
    """Indices to keep: no height between them is farther than `_EXACT_M` from their lines."""
    indices = {0, len(up) - 1}
    ranges = [(0, len(up) - 1)]
    while ranges:
        first, last = ranges.pop()
        if last - first < 2:
            continue
        share = (along[first : last + 1] - along[first]) / (along[last] - along[first])
        off = np.abs(up[first : last + 1] - (up[first] + share * (up[last] - up[first])))
        worst = int(np.argmax(off))
        if off[worst] > _EXACT_M:
            indices.add(first + worst)
            ranges += [(first, first + worst), (first + worst, last)]
    return sorted(indices)


class GroundFollower:
    """Divides the legs of a vehicle into pieces. `lost(now_ms)` is called when the terrain data have been missing for
    too long."""

    def __init__(self, facts: VehicleFacts, lost: Callable[[int], None]) -> None:
        self._facts = facts
        self._lost = lost
        self._leg: Leg | None = None
        self._circle: Circle | None = None  # as flown now
        self._pieces: list[Ned] = []
        self._blind = False  # True if the last piece leads over unknown ground
        self._blind_ms: int | None = None  # time from which such a piece is flown
        self._revision = 0
        self._due_ms: int | None = None
        self._over: float | None = None  # height above ground at the beginning of a leg by the range finder, m
        self._from: Ned = (0.0, 0.0, 0.0)
        self._planned_ground: float | None = None
        self._slope = (0.0, 0.0)  # m flown when the ground last differed from the plan, and its height then

    def begin(self, target: Target) -> Target:
        """First piece of a target, or the whole target if it follows no ground."""
        self._leg = self._circle = self._blind_ms = self._due_ms = None
        if not isinstance(target, Leg | Circle) or target.over_ground is None or self._facts.vehicle.origin is None:
            return target
        if isinstance(target, Circle):
            self._circle = target
            return self._follow_circle() or target
        self._leg, self._over = target, None
        return self._plan(target.start or self._facts.vehicle.state.position, first=True)

    def next_piece(self) -> Target | None:
        """Next piece to fly; None after the last, or if no ground is followed."""
        if self._leg is None:
            return None
        if not self._pieces:
            self._leg = self._blind_ms = self._due_ms = None
            return None
        if self._facts.follows_range_finder or (self._blind and self._revision != self._facts.terrain.revision):
            return self._plan(self._facts.vehicle.state.position)
        return self._piece()

    def set_yaw(self, yaw: Yaw) -> None:
        """Change the yaw of this piece and all later pieces."""
        if self._leg is not None:
            self._leg = replace(self._leg, yaw=yaw)

    def armed(self, armed: bool, now_ms: int) -> None:
        """Load terrain for a return whose height counts from the ground (RTL_ALT_TYPE, TERRAIN_FOLLOW)."""
        counts = int(self._facts.param("RTL_ALT_TYPE")) == 1 or self._facts.param("TERRAIN_FOLLOW") != 0.0
        if armed and counts and self._facts.has_position:
            here = self._facts.vehicle.state.place
            self._facts.terrain.ask(here.lat, here.lon)

    # --- time -----------------------------------------------------------------------------------------------------
    def next_deadline_ms(self) -> int | None:
        return self._due_ms

    def update(self, now_ms: int) -> Target | None:
        """New piece to fly, after missing terrain data have arrived or the range finder measures a different ground."""
        if self._due_ms is None or now_ms < self._due_ms:
            return None
        if self._circle is not None:
            return self._follow_circle()
        if self._ground_differs():
            return self._plan(self._facts.vehicle.state.position)
        if self._blind_ms is None:
            self._due_ms = now_ms + _AGAIN_MS
        elif now_ms - self._blind_ms >= _TIMEOUT_MS:
            self._due_ms = None
            self._lost(now_ms)
        else:
            self._due_ms = min(now_ms + _LOOK_MS, self._blind_ms + _TIMEOUT_MS)
        return None

    def _ground_differs(self) -> bool:
        """True if the ground differs from the plan."""
        if not self._facts.follows_range_finder:
            return self._blind_ms is not None and self._revision != self._facts.terrain.revision
        measured = self._facts.ground_seen
        if measured is None or self._planned_ground is None:
            return measured is not self._planned_ground
        return abs(measured - self._planned_ground) > _SAME_M

    # --- circles --------------------------------------------------------------------------------------------------
    def _follow_circle(self) -> Circle | None:
        """The circle at another height, if the ground here and ahead demands it."""
        facts, circle = self._facts, self._circle
        assert circle is not None and circle.over_ground is not None
        self._due_ms = facts.now_ms + _LOOK_MS
        (north, east, down), (vn, ve, _) = facts.vehicle.state.position, facts.vehicle.state.velocity
        speed = max(hypot(vn, ve), _LEAST_MPS)
        to_middle = hypot(circle.center[0] - north, circle.center[1] - east)
        ahead_m = min(facts.param("TERRAIN_LOOKAHD"), to_middle)
        end = (north + ahead_m * vn / speed, east + ahead_m * ve / speed, down)
        shares, ground = ground_profile(facts, (north, east, down), end)
        climbed = 0.5 * self._climb((north, east, down), end) * ahead_m * shares
        up = circle.over_ground + float(np.nanmax(ground - climbed)) if np.isfinite(ground[0]) else -circle.center[2]
        if abs(up + circle.center[2]) < _EXACT_M:
            return None
        # the line from here is level: this height is for this place, and not to be reached at the circle
        self._circle = replace(circle, center=(*circle.center[:2], -up), start=(north, east, -up))
        return self._circle

    # --- pieces ---------------------------------------------------------------------------------------------------
    def _plan(self, begin: Ned, *, first: bool = False) -> Leg:
        leg = self._leg
        assert leg is not None and leg.over_ground is not None
        if self._facts.follows_range_finder:
            return self._plan_by_sight(begin, leg, leg.over_ground, first)
        self._revision = self._facts.terrain.revision
        shares, ground = ground_profile(self._facts, begin, leg.end)
        count = len(ground) if np.isfinite(ground).all() else int(np.argmax(~np.isfinite(ground)))
        length = hypot(leg.end[0] - begin[0], leg.end[1] - begin[1])
        up = np.full(1, -begin[2])
        if count:
            over = -begin[2] - float(ground[0])
            ends = (over, over + (leg.over_ground - over) * float(shares[count - 1]))
            ahead_m = self._facts.param("TERRAIN_LOOKAHD")
            climb = self._climb(begin, leg.end) if ahead_m > 0.0 else 0.0
            up = heights_over_ground(shares[:count] * length, ground[:count], ends, climb, ahead_m)
        indices = _straightened(shares[:count] * length, up) if count > 1 else []
        points = [
            (begin[0] + share * (leg.end[0] - begin[0]), begin[1] + share * (leg.end[1] - begin[1]), -float(up[k]))
            for k, share in ((k, float(shares[k])) for k in indices)
        ]
        self._blind = count < len(ground)
        if self._blind:
            points = points or [begin]
            points.append((leg.end[0], leg.end[1], points[-1][2]))
        self._pieces = points[1:] or [leg.end]
        return self._piece(start=leg.start if first else None)

    def _plan_by_sight(self, begin: Ned, leg: Leg, over: float, first: bool) -> Leg:
        """Plan onward over the ground that the range finder measures now, as if it were level from here. The end of the
        last leg was as high as that ground."""
        begin = (begin[0], begin[1], self._facts.vehicle.state.position[2])
        self._planned_ground = ground = self._facts.ground_seen
        self._blind = ground is None
        self._pieces = [(leg.end[0], leg.end[1], begin[2] if ground is None else -ground - over)]
        if ground is not None and self._over is None:
            self._over, self._from, self._slope = -begin[2] - ground, begin, (0.0, ground)
        if ground is not None and self._over is not None and not first:
            north, east = leg.end[0] - self._from[0], leg.end[1] - self._from[1]
            length = max(hypot(north, east), 1.0)
            flown = ((begin[0] - self._from[0]) * north + (begin[1] - self._from[1]) * east) / length
            share = max(flown + _AHEAD_M, 0.0) / length
            way = flown - self._slope[0]
            rise = (ground - self._slope[1]) / way if way > _LEAST_WAY_M else 0.0
            self._slope = (flown, ground)
            if share < 1.0:
                ahead = ground + _AHEAD_M * min(max(rise, -_STEEPEST), _STEEPEST)
                down = -ahead - self._over - (over - self._over) * share
                self._pieces.insert(0, (self._from[0] + share * north, self._from[1] + share * east, down))
        return self._piece(start=begin if first else None)

    def _climb(self, begin: Ned, end: Ned) -> float:
        """Best climb on the way, m per m over ground: TECS_CLMB_MAX at the demanded airspeed, in the wind."""
        facts, vector = self._facts, self._facts.vehicle.state.report
        north, east = end[0] - begin[0], end[1] - begin[1]
        behind = float(vector[report.WIND_N]) * north + float(vector[report.WIND_E]) * east
        airspeed = float(vector[report.TARGET_AIR_SPEED]) or facts.param("AIRSPEED_CRUISE", 12.0)
        speed = airspeed + behind / max(hypot(north, east), 1.0)
        return facts.param("TECS_CLMB_MAX", 5.0) / max(speed, _LEAST_MPS)

    def _piece(self, start: Ned | None = None) -> Leg:
        leg = self._leg
        assert leg is not None
        blind = self._blind and len(self._pieces) == 1
        if blind and self._blind_ms is None:
            self._blind_ms = self._facts.now_ms
            self._due_ms = self._facts.now_ms + _LOOK_MS
        elif not blind:
            self._blind_ms = None
            self._due_ms = self._facts.now_ms + _AGAIN_MS if self._facts.follows_range_finder else None
        end = self._pieces.pop(0)
        onward = self._pieces[0] if self._pieces else leg.next
        return replace(leg, start=start, end=end, next=onward, goal=leg.goal or leg.end)
