"""The static rules about terrain: heights above the ground of the way, of returns from it, of takeoff and landings.

A leg is sampled twice between two heights of the map, all legs in one call. The return is that of
`autopilot.modes.returning`, of wings that of `autopilot.modes.wings.WingReturn`, from every leg's end and every hundred
metres on it. A leg above the ground follows it and cannot hit it, but it needs known ground.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import degrees, inf
from typing import Final

import numpy as np
from numpy.typing import NDArray

from autopilot.context.ground_following import heights_over_ground
from autopilot.control import arrays
from autopilot.interface.footprint import Numbers
from autopilot.interface.geo import METRES_PER_DEGREE
from autopilot.interface.mathematics import atan
from autopilot.interface.records import dataclass
from autopilot.mav import Cmd, MissionType
from autopilot.mission.commands import LANDINGS, TAKEOFFS, command_name, spec_of
from autopilot.mission.plan import Plan
from autopilot.rehearsal.findings import Finding, found
from autopilot.rehearsal.following import points
from autopilot.rehearsal.returns import goals, home_up, wings_home_up
from autopilot.rehearsal.way import FlyingField, PlannedLeg, Way
from autopilot.vehicles.mode_table import TerrainFollow

LEAST_M: Final = 2.0
"""Height below which a way hits the ground, m: the tolerance of height control."""
CLOSE_M: Final = 5.0
STEEP_DEG: Final = 15.0
_FOOT_M: Final = 5.0  # radius about a place in which its ground is checked
_BETWEEN_M: Final = 100.0  # distance between the starting points of returns
_MOST: Final = 200_000  # limit of the heights of all returns together
_CLIMBS_FIRST: Final = 1 << 4  # FLIGHT_OPTIONS: a return climbs before it turns

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Lines:
    """Straight lines, (n, 3): north, east, up from home. `low` (n): the vehicle begins there and climbs to its line by
    `climb` m for each metre; None: it is on its line."""

    begin: Numbers
    end: Numbers
    low: Numbers | None = None
    climb: float = 0.0

    @property
    def lengths(self) -> Numbers:
        return arrays.hypot(self.end[:, 0] - self.begin[:, 0], self.end[:, 1] - self.begin[:, 1])


@dataclass(frozen=True, slots=True)
class _Samples:
    """Places on lines, grouped by line: line number, share of its way, and height above the ground."""

    line: Integers
    share: Numbers
    over: Numbers

    def least(self, count: int) -> tuple[Numbers, Numbers]:
        """Smallest height above the ground of each of `count` lines, m (inf: unknown), and its place (share)."""
        over = np.where(np.isnan(self.over), np.inf, self.over)
        starts = np.searchsorted(self.line, np.arange(count))
        least = np.minimum.reduceat(over, starts)
        at = np.ones(count)
        hit = over == least[self.line]
        at[self.line[hit][::-1]] = self.share[hit][::-1]  # the first
        return least, at

    def of(self, line: int) -> tuple[Numbers, Numbers]:
        """Shares of a line's way, and the heights there."""
        return self.share[self.line == line], self.over[self.line == line]

    def gaps(self, count: int) -> NDArray[np.bool_]:
        """True for lines that lead over unknown ground."""
        return np.bincount(self.line, np.isnan(self.over), count) > 0


def _sampled(field: FlyingField, lines: _Lines, step_m: float) -> _Samples:
    """Sample lines every `step_m`, with both ends."""
    counts = (lines.lengths / step_m).astype(np.int64) + 2
    line, before = points(counts)
    share = before / (counts[line] - 1)
    place = lines.begin[line] + share[:, None] * (lines.end - lines.begin)[line]
    up = place[:, 2]
    if lines.low is not None:
        up = np.minimum(up, lines.low[line] + lines.climb * share * lines.lengths[line])
    return _Samples(line, share, up - field.heights(place[:, 0], place[:, 1]))


def _step_m(field: FlyingField) -> float:
    """Half of the map's step to the north, m."""
    assert field.ground is not None
    return max(0.5 * METRES_PER_DEGREE / field.ground.per_lat, 5.0)


def check_terrain(plan: Plan, field: FlyingField, way: Way) -> Iterator[Finding]:
    """Findings of the rules about terrain; none without terrain, or for rovers and boats."""
    if field.ground is None or not field.kind.flies or not way.legs:
        return
    legs = way.single_legs
    yield from _legs(field, legs)
    yield from _returns(plan, field, legs)
    yield from _places(plan, field, legs)


def _legs(field: FlyingField, legs: Sequence[PlannedLeg]) -> Iterator[Finding]:
    lines = _Lines(np.array([leg.begin for leg in legs]), np.array([leg.edge for leg in legs]))
    samples = _sampled(field, lines, _step_m(field))
    least, share = samples.least(len(legs))
    gaps = samples.gaps(len(legs))
    ends = np.stack([_over(field, side) for side in (lines.begin, lines.end)])
    lower, known = np.min(ends, axis=0), np.fmin(ends[0], ends[1])
    for k, leg in enumerate(legs):
        name = command_name(leg.item.command)
        if leg.radius_m > 0.0 or leg.curve:
            least[k] = min(inf if leg.curve else least[k], _bent(field, leg))
        if leg.over_ground and field.kind.has_stall_speed:
            least[k], share[k] = _followed(field, leg, samples.of(k))
        needs = min(LEAST_M, float(ends[0, k])) if np.isfinite(ends[0, k]) else LEAST_M
        away = float(share[k]) * leg.length_m
        if gaps[k] and leg.over_ground:
            yield found("terrain-end", f"the way to {name} leads where no height of the ground is known", leg.item.seq)
        elif leg.over_ground:
            if lower[k] < needs - 0.01:
                yield found("terrain-leg", f"{name} lies {lower[k]:.1f} m above the ground", leg.item.seq)
            elif field.kind.has_stall_speed and least[k] < needs - 0.01:
                text = f"the ground rises faster than it climbs, after {away:.0f} m on the way to {name}"
                yield found("terrain-leg", text, leg.item.seq)
        elif least[k] < needs - 0.01:
            depth = f"{-least[k]:.1f} m deep in" if least[k] < 0.0 else f"only {least[k]:.1f} m above"
            yield found("terrain-leg", f"the way to {name} is {depth} the ground, after {away:.0f} m", leg.item.seq)
        elif least[k] < min(CLOSE_M, 0.5 * float(known[k])):
            yield found("terrain-close", f"the way to {name} has {least[k]:.1f} m to the ground", leg.item.seq)
        elif gaps[k]:
            yield found("terrain-unknown", f"no height of the ground is known on the way to {name}", leg.item.seq)


def _followed(field: FlyingField, leg: PlannedLeg, samples: tuple[Numbers, Numbers]) -> tuple[float, float]:
    """Smallest height above the ground, m, and its place (share), of wings that follow the ground with their climb
    limit and the filter of the demanded height (TECS_HDEM_TCONST)."""
    share, over = samples
    along, ground = share * leg.length_m, leg.begin[2] + share * (leg.end[2] - leg.begin[2]) - over
    climb = field.param("TECS_CLMB_MAX", 5.0) / leg.speed_mps
    ends = (float(over[0]), float(over[-1]))
    demanded = heights_over_ground(along, ground, ends, climb, field.param("TERRAIN_LOOKAHD"))
    reached = np.minimum.accumulate(demanded - climb * along) + climb * along
    flown = np.interp(along - leg.speed_mps * field.param("TECS_HDEM_TCONST", 3.0), along, reached) - ground
    at = int(np.argmin(flown))
    return float(flown[at]), float(share[at])


def _over(field: FlyingField, places: Numbers) -> Numbers:
    over: Numbers = places[:, 2] - field.heights(places[:, 0], places[:, 1])
    return over


def _bent(field: FlyingField, leg: PlannedLeg) -> float:
    """Smallest height above the ground on a circle or spline, m."""
    over = _over(field, np.array(leg.bent()))
    return float(np.min(over[np.isfinite(over)], initial=np.inf))


def _returns(plan: Plan, field: FlyingField, legs: Sequence[PlannedLeg]) -> Iterator[Finding]:
    """Check RTL from every point of the way."""
    followed = int(field.param("TERRAIN_FOLLOW")) & (TerrainFollow.ALL_MODES | TerrainFollow.RTL)
    if field.follows_ground and (followed if field.kind.has_stall_speed else int(field.param("RTL_ALT_TYPE")) == 1):
        return  # it follows the ground, or reports that it cannot
    ways = [leg for leg in legs if leg.item.command not in (*TAKEOFFS, Cmd.NAV_RETURN_TO_LAUNCH, *LANDINGS)]
    if not ways:
        return
    counts = np.array([int(leg.length_m / _BETWEEN_M) + 1 for leg in ways])
    of, before = points(counts)
    share = (before + 1) / counts[of]
    begins, ends = np.array([leg.begin for leg in ways]), np.array([leg.end for leg in ways])
    begin = begins[of] + share[:, None] * (ends - begins)[of]
    goal = goals(plan.rally, field, begin)
    if field.kind.has_stall_speed:
        lines = _wing_returns(field, begin, goal)
    else:  # they climb where they begin
        up = home_up(field, begin, goal)
        lines = _Lines(np.column_stack([begin[:, :2], up]), np.column_stack([goal[:, :2], up]))
    step = max(_step_m(field), float(lines.lengths.sum()) / _MOST)
    least, share_at = _sampled(field, lines, step).least(len(of))
    reported: set[int] = set()
    for k in np.flatnonzero(least < LEAST_M):
        item = ways[of[k]].item
        if item.seq in reported:
            continue
        reported.add(item.seq)
        distance_m = float(share_at[k] * lines.lengths[k])
        text = f"RTL from the way to {command_name(item.command)} meets the ground after {distance_m:.0f} m"
        yield found("terrain-return", f"{text}, at {lines.end[k, 2]:.0f} m above home", item.seq)


def _wing_returns(field: FlyingField, begin: Numbers, goal: Numbers) -> _Lines:
    """Returns of wings to RTL_ALTITUDE or the height of the rally point: they climb on the way, and sink evenly
    (ALT_SLOPE_MIN; less than that at once)."""
    up, least = wings_home_up(field, begin, goal), field.param("ALT_SLOPE_MIN", 15.0)
    sinks = (begin[:, 2] - up >= least) & (least > 0.0)
    low = begin[:, 2] + max(field.param("RTL_CLIMB_MIN"), 0.0)
    low = np.maximum(low, up) if int(field.param("FLIGHT_OPTIONS")) & _CLIMBS_FIRST else low
    first = np.column_stack([begin[:, :2], np.where(sinks, begin[:, 2], up)])
    climb = field.param("TECS_CLMB_MAX", 5.0) / field.cruise_mps
    return _Lines(first, np.column_stack([goal[:, :2], up]), low, climb)


def _places(plan: Plan, field: FlyingField, legs: Sequence[PlannedLeg]) -> Iterator[Finding]:
    """Findings about the places of takeoff and landing."""
    for leg in legs:
        spec = spec_of(leg.item.command)
        if leg.item.command in TAKEOFFS or (spec is not None and spec.comes_down):
            word = "takes off" if leg.item.command in TAKEOFFS else "comes down"
            yield from _steep(field, leg.end[0], leg.end[1], word, leg.item.seq, MissionType.MISSION)
    for item in plan.rally:
        north, east = field.local(item.x, item.y)
        yield from _steep(field, north, east, "may come down", item.seq, MissionType.RALLY)


def _steep(field: FlyingField, north: float, east: float, word: str, seq: int, part: MissionType) -> Iterator[Finding]:
    norths, easts = np.array([_FOOT_M, -_FOOT_M, 0.0, 0.0]), np.array([0.0, 0.0, _FOOT_M, -_FOOT_M])
    up = field.heights(north + norths, east + easts)
    rise = float(arrays.hypot(up[0] - up[1], up[2] - up[3])) / (2.0 * _FOOT_M)
    slope = degrees(atan(rise))
    if slope > STEEP_DEG:
        yield found("terrain-slope", f"{word} on a slope of {slope:.0f} degrees", seq, part)
