"""Verdict on a flight: did it end well, did it fly its plan, which problems does its log show?"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from itertools import pairwise
from math import inf, isfinite
from typing import Final

from autopilot.interface.geo import GeoPoint, to_local
from autopilot.interface.mathematics import hypot
from autopilot.interface.records import dataclass
from autopilot.mav import Cmd, Frame, Severity
from autopilot.mission.items import MissionItem
from sortie.reading.facts import FlightFacts, Quantity

NEAR_M: Final = 10.0
"""Largest distance at which a waypoint counts as reached, m."""
VIBRATION_LOOK, VIBRATION_BAD = 30.0, 60.0
"""Limits of vibration, m/s2, by ArduPilot's page "Measuring Vibration": below 30 is normal, above 60 almost always ends
in trouble."""
BATTERY_LOOK: Final = 20.0
"""Battery level below which a landing is noted, percent."""
HOME_FRAMES: Final = frozenset({Frame.GLOBAL_RELATIVE_ALT, Frame.GLOBAL_RELATIVE_ALT_INT})
SEA_FRAMES: Final = frozenset({Frame.GLOBAL, Frame.GLOBAL_INT})
MISSION_MODES: Final = frozenset({"AUTO", "Mission"})


class FindingGrade(IntEnum):
    GOOD = 0
    LOOK = 1
    BAD = 2


@dataclass(frozen=True, slots=True)
class FlightFinding:
    """Finding about a flight; `time_s` if it happened at one time."""

    grade: FindingGrade
    text: str
    time_s: float | None = None


@dataclass(frozen=True, slots=True)
class ItemPassage:
    """Passage of an item: smallest distance over ground (m), height above the planned one there (m), time (s)."""

    seq: int
    command: int
    distance_m: float
    above_m: float | None
    time_s: float


def passages(facts: FlightFacts) -> list[ItemPassage]:
    """Return the nearest passage of each waypoint, in the order of the plan. The search begins at the passage of the
    previous one, so that a crossing track is not taken for a shortcut."""
    found, start = [], 0
    samples = facts.samples
    for item in facts.waypoints():
        if not samples:
            break
        origin = GeoPoint(item.x, item.y, 0.0)
        near = [hypot(*to_local(origin, point.lat, point.lon, 0.0)[:2]) for point in samples[start:]]
        planned = _height_of(item, facts.home)
        above_m = [0.0 if planned is None else point.height - planned for point in samples[start:]]
        offset = _first_minimum(near, above_m)
        sample = samples[start + offset]
        above = None if planned is None else above_m[offset]
        found.append(ItemPassage(item.seq, item.command, near[offset], above, sample.time_s))
        if near[offset] <= NEAR_M:
            start += offset
    return found


def _height_of(item: MissionItem, home: GeoPoint | None) -> float | None:
    """Return the height above home, m; None for a height above terrain."""
    if item.frame in HOME_FRAMES:
        return item.z
    return item.z - home.alt if item.frame in SEA_FRAMES and home is not None else None


def _first_minimum(near: list[float], above_m: list[float]) -> int:
    """Return the index of the smallest distance in space of the first passage within `NEAR_M` over ground, so that a
    vertical climb passes at its top. Without such a passage, the smallest distance over ground."""
    inside = next((number for number, distance_m in enumerate(near) if distance_m <= NEAR_M), None)
    if inside is None:
        return min(range(len(near)), key=near.__getitem__)
    end = next((number for number in range(inside, len(near)) if near[number] > NEAR_M), len(near))
    return min(range(inside, end), key=lambda number: hypot(near[number], above_m[number]))


def deviations(facts: FlightFacts) -> list[tuple[float, float]]:
    """Return (s, m): distance over ground from the nearest straight leg while the plan is flown. It ends at the last
    waypoint before a return, which may lead to home or a rally point."""
    origin = facts.home or next((GeoPoint(waypoint.x, waypoint.y, 0.0) for waypoint in facts.waypoints()), None)
    if origin is None or not facts.waypoints():
        return []
    corners = [to_local(origin, waypoint.x, waypoint.y, 0.0)[:2] for waypoint in facts.waypoints()]
    if facts.home is not None:
        corners = [(0.0, 0.0), *corners]
    legs = list(pairwise(corners)) or [(corners[0], corners[0])]
    found, end_s = [], _return_s(facts)
    for sample in facts.samples:
        at_s = sample.time_s
        if at_s <= end_s and facts.armed_at(at_s) and facts.mode_at(at_s) in MISSION_MODES:
            place = to_local(origin, sample.lat, sample.lon, 0.0)[:2]
            found.append((at_s, min(_off_leg(place, *leg) for leg in legs)))
    return found


def _return_s(facts: FlightFacts) -> float:
    """Return when the mission's return began, s: at its last waypoint, if that was reached."""
    if all(item.command != Cmd.NAV_RETURN_TO_LAUNCH for item in facts.items):
        return inf
    last = passages(facts)[-1:]
    return last[0].time_s if last and last[0].distance_m <= NEAR_M else inf


def _off_leg(place: tuple[float, ...], start: tuple[float, ...], end: tuple[float, ...]) -> float:
    north, east = end[0] - start[0], end[1] - start[1]
    square = north * north + east * east
    along = 0.0 if square == 0.0 else ((place[0] - start[0]) * north + (place[1] - start[1]) * east) / square
    along = min(max(along, 0.0), 1.0)
    return hypot(place[0] - start[0] - along * north, place[1] - start[1] - along * east)


def findings(facts: FlightFacts) -> list[FlightFinding]:
    """Return the findings of a flight, worst first, and what went well without problems."""
    found = [finding for rule in _RULES for finding in rule(facts)]
    return sorted(found, key=lambda finding: (-finding.grade, finding.time_s or 0.0))


def grade_of(found: list[FlightFinding]) -> FindingGrade:
    return max((finding.grade for finding in found), default=FindingGrade.GOOD)


def _ending(facts: FlightFacts) -> list[FlightFinding]:
    if not facts.armed:
        return [FlightFinding(FindingGrade.LOOK, "The vehicle was not armed in this log.")]
    at_s, armed = facts.armed[-1]
    if armed:
        return [FlightFinding(FindingGrade.LOOK, "The log ends while the vehicle is armed.", facts.span_s[1])]
    return [FlightFinding(FindingGrade.GOOD, f"Disarmed at the end, {at_s - facts.start_s:.0f} s after arming.", at_s)]


def _whole(facts: FlightFacts) -> list[FlightFinding]:
    return [FlightFinding(FindingGrade.LOOK, f"The log is not whole: {facts.cut}.")] if facts.cut else []


def _plan(facts: FlightFacts) -> list[FlightFinding]:
    flown = passages(facts)
    missed = [passage for passage in flown if passage.distance_m > NEAR_M]
    if missed:
        names = ", ".join(f"{passage.seq} ({passage.distance_m:.0f} m)" for passage in missed[:8])
        names += f" and {len(missed) - 8} more" if len(missed) > 8 else ""
        return [
            FlightFinding(
                FindingGrade.LOOK, f"Waypoints that were not passed within {NEAR_M:g} m in their order: {names}."
            )
        ]
    off = max((metres for _, metres in deviations(facts)), default=None)
    words = "" if off is None else f", at most {off:.1f} m beside its legs"
    return [FlightFinding(FindingGrade.GOOD, f"All {len(flown)} waypoints were passed{words}.")] if flown else []


def _troubles(facts: FlightFacts) -> list[FlightFinding]:
    times: dict[tuple[Severity, str], list[float]] = {}
    for trouble in facts.troubles:
        times.setdefault((trouble.severity, trouble.text), []).append(trouble.time_s)
    found = []
    for (severity, text), (first_s, *again) in times.items():
        often = f" ({len(again) + 1} times)" if again else ""
        grade = FindingGrade.BAD if severity <= Severity.ERROR else FindingGrade.LOOK
        found.append(FlightFinding(grade, f"{text}{often}", first_s))
    return found


def _vibration(facts: FlightFacts) -> list[FlightFinding]:
    values = [(value, at_s) for at_s, value in facts.series.get(Quantity.VIBRATION, []) if isfinite(value)]
    if not values:
        return []
    most, at_s = max(values)
    grade = (
        FindingGrade.BAD if most > VIBRATION_BAD else FindingGrade.LOOK if most > VIBRATION_LOOK else FindingGrade.GOOD
    )
    return [FlightFinding(grade, f"Vibration at most {most:.1f} m/s² (normal is below {VIBRATION_LOOK:g}).", at_s)]


def _battery(facts: FlightFacts) -> list[FlightFinding]:
    known = [sample for sample in facts.samples if isfinite(sample.percent)]
    if not known:
        return []
    low = min(known, key=lambda sample: sample.percent)
    grade = FindingGrade.LOOK if low.percent < BATTERY_LOOK else FindingGrade.GOOD
    return [FlightFinding(grade, f"Battery from {known[0].percent:.0f} % to {low.percent:.0f} %.", low.time_s)]


_RULES: Final[tuple[Callable[[FlightFacts], list[FlightFinding]], ...]] = (
    _ending, _whole, _plan, _troubles, _vibration, _battery,
)  # fmt: skip
