"""Comparison of two flights: distances at the same time since arming (or liftoff), and the first difference."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from enum import Enum
from math import isfinite, nan
from typing import Final

import numpy as np
import numpy.typing as npt

from autopilot.control.arrays import hypot
from autopilot.interface.geo import GeoPoint, to_local
from autopilot.interface.records import dataclass
from sortie.config.errors import UserError
from sortie.reading.facts import LONGEST_S, MOST_ROWS, FlightFacts, Quantity, Sample

WITHIN_M: Final = 2.0
_STEP_S: Final = 0.1
SOON_S: Final = 1.0
"""Largest time difference of equal mode changes, s."""
DISARMED, ARMED = "disarmed", "armed"
_LIFTED_M, _CLIMBS_M = 0.5, 5.0
_TURN_DEG: Final = 360.0
_ALOFT_M: Final = 2.0
"""Height that is clearly above ground, m."""
Array = npt.NDArray[np.float64]


class Since(Enum):
    """Moment at which two flights are aligned."""

    ARMED = "arming"
    LIFTOFF = "liftoff"
    CLIMB = "the climb"
    """Moment for wings, which roll and hop on their wheels before they climb."""


@dataclass(frozen=True, slots=True)
class Apart:
    """Difference of a quantity: largest value and its time; 95th percentile; `first_s`: first time beyond the allowed
    difference, None: never, or without a limit."""

    name: str
    unit: str
    most: float
    most_s: float
    usual: float
    first_s: float | None = None

    def as_json(self) -> dict[str, object]:
        return {
            "name": self.name,
            "unit": self.unit,
            "most": round(self.most, 3),
            "most_s": round(self.most_s, 2),
            "p95": round(self.usual, 3),
            "first_s": None if self.first_s is None else round(self.first_s, 2),
        }


@dataclass(frozen=True, slots=True)
class FlightComparison:
    """Result of a comparison. `first`: the first difference in a sentence; `first_s`: its time, None: the flights are
    the same. `cut_s`: end of a log that ends in flight without a difference before. `distance`: (s, m) between them.
    `modes`: of each, (s, name). `only`: warnings that only one has. `notes`: parts that are not compared."""

    names: tuple[str, str]
    since: Since
    within_m: float
    first: str
    first_s: float | None
    rows: tuple[Apart, ...]
    distance: tuple[tuple[float, float], ...]
    modes: tuple[tuple[tuple[float, str], ...], ...]
    only: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    cut_s: float | None = None

    @property
    def same(self) -> bool:
        """True when place, mode and arming do not differ."""
        return self.first_s is None

    def as_json(self) -> dict[str, object]:
        return {
            "same": self.same,
            "first": self.first,
            "first_s": None if self.first_s is None else round(self.first_s, 2),
            "within_m": self.within_m,
            "since": self.since.value,
            "flights": list(self.names),
            "differences": [row.as_json() for row in self.rows],
            "modes": [[[round(at_s, 2), name] for at_s, name in modes] for modes in self.modes],
            "only": [list(texts) for texts in self.only],
            "notes": list(self.notes),
        }

    def lines(self) -> list[str]:
        """Return lines for people: a sentence, then a table."""
        lines = [self.first, *self.notes]
        lines += [
            f"  {row.name:8} at most {row.most:.2f} {row.unit} at {row.most_s:.1f} s, 95 % of the time {row.usual:.2f}"
            for row in self.rows
        ]
        for name, texts in zip(self.names, self.only, strict=True):
            lines += [f"  only {name}: {text}" for text in texts]
        return lines


def begin_of(facts: FlightFacts, since: Since) -> float:
    """Return the time of this moment in the longest flight, s since boot. UserError: the log does not contain it, or
    has no place."""
    if not facts.samples:
        raise UserError(f"{facts.name}: the log has no position of the vehicle")
    flight = facts.longest_flight()
    if flight is None:
        raise UserError(f"{facts.name}: the vehicle was not armed in this log, so there is no flight to compare")
    armed_s = flight[0]
    if since is Since.ARMED:
        if begins_in_flight(facts, armed_s):
            raise UserError(f"{facts.name}: the log begins in flight, so when it was armed is not known")
        return armed_s
    lifted_s = liftoff_of(facts, armed_s, climbs=since is Since.CLIMB)
    if lifted_s is None:
        raise UserError(f"{facts.name}: the vehicle never left the ground, so there is no flight to compare")
    return lifted_s


def begins_in_flight(facts: FlightFacts, armed_s: float) -> bool:
    first = next((sample for sample in facts.samples if sample.time_s >= armed_s - SOON_S), None)
    begins = armed_s - facts.span_s[0] < SOON_S
    return begins and first is not None and first.height > _ALOFT_M


def _notes(both: Sequence[FlightFacts], shifts: Sequence[float], since: Since) -> list[str]:
    """Return notes about flights that are not compared, and about different takeoff times."""
    notes = [] if _named_alike(both) else ["Modes are not compared: the two autopilots have different ones."]
    for facts in both:
        count, flight = len(facts.flights()), facts.longest_flight()
        if count > 1 and flight is not None:
            notes.append(f"{facts.name} was armed {count} times: from {flight[0]:.1f} s on is compared, the longest.")
    lifted = [liftoff_of(facts, shift) for facts, shift in zip(both, shifts, strict=True)]
    if since is Since.ARMED and lifted[0] is not None and lifted[1] is not None:
        after = [at_s - shift for at_s, shift in zip((lifted[0], lifted[1]), shifts, strict=True)]
        if abs(after[0] - after[1]) > SOON_S:
            words = f"{after[0]:.1f} s after arming, the other {after[1]:.1f} s"
            notes.append(f"The one left the ground {words}: all that follows is as much later.")
    return notes


def liftoff_of(facts: FlightFacts, armed_s: float, *, climbs: bool = False) -> float | None:
    """Return the time at which it passed 0.5 m of height (`climbs`: 5 m) after arming; None: never. Heights are
    relative to that at arming (PX4's drifts by a metre before); of several times, the last before the vehicle stayed
    up."""
    flown = [sample for sample in facts.samples if sample.time_s >= armed_s]
    ground = flown[0].height if flown and flown[0].height < _ALOFT_M else 0.0
    lifted_m = ground + (_CLIMBS_M if climbs else _LIFTED_M)
    levels = (max(lifted_m, ground + _ALOFT_M), lifted_m)  # the second for vehicles that never climb so high
    up = next((i for level in levels for i, s in enumerate(flown) if s.height > level), None)
    if up is None:
        return None
    low = next((i for i in range(up, -1, -1) if flown[i].height <= lifted_m), None)
    if low is None:
        return flown[0].time_s
    before, after = flown[low], flown[low + 1]
    share = (lifted_m - before.height) / (after.height - before.height)
    return before.time_s + share * (after.time_s - before.time_s)


def compared(
    here: FlightFacts, other: FlightFacts, *, within_m: float = WITHIN_M, since: Since = Since.ARMED
) -> FlightComparison:
    """Compare two flights. Where the first has no position, only heights are compared. UserError: one has no place or
    was never armed."""
    both = (here, other)
    shifts = [begin_of(facts, since) for facts in both]
    ends = [facts.samples[-1].time_s - shift for facts, shift in zip(both, shifts, strict=True)]
    cut = _cut_short(both, ends)
    end_s = max(ends) if cut is None else ends[cut]
    if end_s > LONGEST_S:
        name, hours = both[ends.index(max(ends))].name, end_s / 3600.0
        raise UserError(f"{name}: by its clock the flight takes {hours:.0f} hours; expected at most a day")
    time = np.arange(0.0, max(end_s, _STEP_S), max(_STEP_S, end_s / MOST_ROWS))
    origin = here.home or GeoPoint(here.samples[0].lat, here.samples[0].lon, 0.0)
    places = [places_at(facts, origin, time + shift) for facts, shift in zip(both, shifts, strict=True)]
    off = places[0] - places[1]
    for from_s, until_s in here.unplaced:
        off[:2, (time + shifts[0] > from_s) & (time + shifts[0] <= until_s)] = 0.0
    distance = hypot(hypot(off[0], off[1]), off[2])
    rows = [_row("place", "m", time, distance, within_m), _row("height", "m", time, np.abs(off[2]))]
    for name, unit, value_of in _SAMPLED:
        pair = [_sampled(facts, value_of, time + shift) for facts, shift in zip(both, shifts, strict=True)]
        rows.append(_row(name, unit, time, np.abs(pair[0] - pair[1])))
    for quantity, unit in ((Quantity.ROLL, "deg"), (Quantity.PITCH, "deg"), (Quantity.YAW, "deg")):
        pair = [
            _known(facts.series.get(quantity, []), time + shift, period=_TURN_DEG)
            for facts, shift in zip(both, shifts, strict=True)
        ]
        apart = np.abs((pair[0] - pair[1] + 180.0) % 360.0 - 180.0)
        rows.append(_row(quantity.name.lower(), unit, time, apart))
    modes = tuple(_modes(facts, shift) for facts, shift in zip(both, shifts, strict=True))
    first, first_s = _first(rows[0], modes, time, since, named_alike=_named_alike(both))
    cut_s = None
    if first_s is None and cut is not None:
        first_s = cut_s = end_s
        until = f"until then they are {rows[0].most:.2f} m apart at most, at {rows[0].most_s:.1f} s"
        first = f"{both[cut].name} ends in flight, {end_s:.1f} s after {since.value}; {until}."
    texts = [{trouble.text for trouble in facts.troubles} for facts in both]
    only = tuple(
        tuple(dict.fromkeys(t.text for t in facts.troubles if t.text not in others))
        for facts, others in zip(both, reversed(texts), strict=True)
    )
    differences = tuple(row for row in rows if isfinite(row.most))
    points = tuple(zip(time.tolist(), distance.tolist(), strict=True))
    notes = tuple(_notes(both, shifts, since))
    names = (here.name, other.name)
    return FlightComparison(names, since, within_m, first, first_s, differences, points, modes, only, notes, cut_s)


def _cut_short(both: tuple[FlightFacts, FlightFacts], ends: Sequence[float]) -> int | None:
    """Return the number of the log that ends while armed before the other, or None."""
    cut = 0 if ends[0] < ends[1] else 1
    return cut if both[cut].armed[-1][1] and ends[1 - cut] - ends[cut] > SOON_S else None


_SAMPLED: Final[tuple[tuple[str, str, Callable[[Sample], float]], ...]] = (
    ("speed", "m/s", lambda sample: sample.speed),
    ("battery", "V", lambda sample: sample.volts),
)


def _row(name: str, unit: str, time: Array, apart: Array, within: float | None = None) -> Apart:
    known = np.flatnonzero(np.isfinite(apart))
    if not known.size:
        return Apart(name, unit, nan, nan, nan)
    worst = known[int(np.argmax(apart[known]))]
    beyond = known[apart[known] > within] if within is not None else known[:0]
    first_s = float(time[beyond[0]]) if beyond.size else None
    return Apart(name, unit, float(apart[worst]), float(time[worst]), float(np.quantile(apart[known], 0.95)), first_s)


def places_at(facts: FlightFacts, origin: GeoPoint, time: Array) -> Array:
    """Return north, east and height at these times, m; the first and last values hold outside the log."""
    points = [(*to_local(origin, sample.lat, sample.lon, 0.0)[:2], sample.height) for sample in facts.samples]
    at, rows = np.array([sample.time_s for sample in facts.samples]), np.array(points, np.float64)
    order = np.argsort(at, kind="stable")
    return np.stack([np.interp(time, at[order], column[order]) for column in rows.T])


def _sampled(facts: FlightFacts, value_of: Callable[[Sample], float], time: Array) -> Array:
    return _known([(sample.time_s, value_of(sample)) for sample in facts.samples], time)


def _known(rows: Sequence[tuple[float, float]], time: Array, *, period: float | None = None) -> Array:
    """Interpolate, NaN where unknown. `period`: of values that wrap; results may be outside of it."""
    known = np.array([row for row in rows if isfinite(row[1])], np.float64).reshape(-1, 2)
    if len(known) < 2:
        return np.full(len(time), nan)
    known = known[np.argsort(known[:, 0], kind="stable")]
    values = known[:, 1] if period is None else np.unwrap(known[:, 1], period=period)
    return np.interp(time, known[:, 0], values, left=nan, right=nan)


def _modes(facts: FlightFacts, shift_s: float) -> tuple[tuple[float, str], ...]:
    """Return (s since the beginning, mode) while armed, otherwise `DISARMED`; each change once."""
    times = sorted({at_s for at_s, _ in (*facts.modes, *facts.armed)})
    found: list[tuple[float, str]] = []
    for at_s in times:
        name = _at(facts.modes, at_s) if facts.armed_at(at_s) else DISARMED
        if not found or found[-1][1] != name:
            found.append((at_s - shift_s, name))
    return tuple(found)


def _at(modes: Sequence[tuple[float, str]], at_s: float) -> str:
    number = bisect_right(modes, at_s, key=lambda change: change[0]) - 1
    return modes[max(number, 0)][1] if modes else ""


def _named_alike(both: Sequence[FlightFacts]) -> bool:
    return both[0].modes_of == both[1].modes_of


def _first(
    place: Apart, modes: Sequence[Sequence[tuple[float, str]]], time: Array, since: Since, *, named_alike: bool
) -> tuple[str, float | None]:
    """Return the sentence about the first difference, and its time."""
    if not named_alike:
        modes = [[(at_s, name if name == DISARMED else ARMED) for at_s, name in each] for each in modes]
    parted_s = _modes_part(modes, float(time[-1]))
    words = f"after {since.value}"
    if parted_s is not None and (place.first_s is None or parted_s <= place.first_s):
        mode, other = (_at(each, parted_s) for each in modes)
        is_in = "in " if named_alike else ""
        return f"First, {parted_s:.1f} s {words}, the one is {is_in}{mode}, the other {is_in}{other}.", parted_s
    if place.first_s is not None:
        where = f" in {_at(modes[0], place.first_s)}" if named_alike else ""
        return (
            f"First, {place.first_s:.1f} s {words}{where}, the places part; they are {place.most:.1f} m apart at "
            f"most, at {place.most_s:.1f} s.",
            place.first_s,
        )
    told = "; the same modes" if named_alike else ""
    return f"No difference: at most {place.most:.2f} m apart, at {place.most_s:.1f} s {words}{told}.", None


def _modes_part(modes: Sequence[Sequence[tuple[float, str]]], end_s: float) -> float | None:
    """Return the time since which modes differ for longer than `SOON_S`; None: never."""
    changes = sorted({at_s for each in modes for at_s, _ in each if 0.0 <= at_s < end_s} | {0.0})
    began_s: float | None = None
    for at_s, next_s in zip(changes, [*changes[1:], end_s], strict=True):
        if _at(modes[0], at_s) == _at(modes[1], at_s):
            began_s = None
            continue
        began_s = at_s if began_s is None else began_s
        if next_s - began_s > SOON_S:
            return began_s
    return None
