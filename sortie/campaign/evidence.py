"""Evidence on containment from a campaign: how often the vehicle leaves the operational volume and the ground risk
buffer, why, and where and how hard it lands. Each figure names its worst run."""

from __future__ import annotations

import heapq
import shlex
from collections.abc import Callable, Iterator, Sequence
from math import ceil
from pathlib import Path
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from autopilot.interface.geo import to_global
from autopilot.interface.mathematics import log
from sortie.campaign.containment import Containment, critical_area, energy, impact_angle
from sortie.campaign.flown import RunResult
from sortie.campaign.folder import rows
from sortie.campaign.study import Study
from sortie.campaign.summary import CONFIDENCE, Columns, Floats, Interval, interval, parts_of
from sortie.config.faults import parse_fault

NO_FAULT: Final = "no fault"
AND: Final = " + "
"""Separator of faults that are a cause together."""
MOST_ENDS: Final = 100
TARGET: Final = 1e-3
"""Highest rate of leaving the volume for low robustness, per flight hour (annex E, criterion 1)."""
OUT_OF_VOLUME, OUT_OF_BUFFER = "share of flights out of the operational volume", "share of flights out of the buffer"
AREA, RATE = "largest critical area, m2", "out of the operational volume per flight hour"
"""Figures of an `Assumption`."""


class ExitShare(Struct, frozen=True):
    """Flights that left. `per_flight`, with its exact interval (Clopper and Pearson). `per_hour`: the same divided by
    the mean flight time, which is taken as exact. None for a search, and without flights. `worst`: the run with the
    lowest margin; `again`: the command that flies it again."""

    flights: int
    left: int
    per_flight: float | None = None
    interval: Interval | None = None
    per_hour: float | None = None
    per_hour_interval: Interval | None = None
    worst: int | None = None
    again: str = ""


class Boundaries(Struct, frozen=True):
    """Flights at the edges of operational volume and ground risk buffer. `name`: the faults that acted, or the level of
    an input."""

    name: str
    volume: ExitShare
    buffer: ExitShare


class RateSum(Struct, frozen=True):
    """Rate of leaving per flight hour, with fault rates from [containment.rates].

    The interval has at least 95 % confidence: each term of the sum gets its share of the 5 % (Bonferroni). `widest`:
    the cause with the largest part of the upper end, `widest_share` of it. `unseen`: number of flights without a fault,
    none of which leaves, that would reduce that part to `TARGET`; None when a flight left or another part is the
    largest.
    """

    per_hour: float
    interval: Interval
    widest: str
    widest_share: float
    unseen: int | None = None


class Assumption(Struct, frozen=True):
    """Figure for half, once and twice the study's value of `name`, everything else unchanged. `again`: the command that
    flies the worst flight again."""

    name: str
    figure: str
    values: tuple[float, ...]
    figures: tuple[float, ...]
    again: str


class EndOfFlight(Struct, frozen=True):
    """End of a flight. `beyond_m`: distance outside the fence. Speed, angle below the horizontal, energy and critical
    area of the hardest ground contact; None without contact."""

    run: int
    cause: str
    result: str
    time_s: float
    lat: float
    lon: float
    beyond_m: float
    in_buffer: bool
    impact_mps: float | None
    impact_deg: float | None
    energy_j: float | None
    critical_area_m2: float | None
    again: str


class ContainmentEvidence(Struct, frozen=True):
    """Figures of a campaign. `not_flown`: runs that raised or did not arm; they count nowhere else. `untold`: reason
    without a sum of rates. `outside`: number of flights that ended outside; `ends` has the farthest. `hardest`: the end
    with the largest critical area. `assumptions`: empty for a search and without flights."""

    name: str
    flown_by: str
    containment: Containment
    not_flown: int
    hours: float
    flights: Boundaries
    causes: list[Boundaries]
    volume_rate: RateSum | None
    buffer_rate: RateSum | None
    untold: str
    outside: int
    ends: list[EndOfFlight]
    hardest: EndOfFlight | None
    sensitivity: dict[str, list[Boundaries]]
    assumptions: list[Assumption]


def replay_command(folder: Path, run: int) -> str:
    return shlex.join(["sortie", "campaign", "replay", str(folder), str(run)])


def evidence_of(folder: Path, columns: Columns) -> ContainmentEvidence | None:
    """Calculate the evidence; None for a study without [containment]."""
    study = columns.stored.study
    if study.file.containment is None:
        return None
    flights = _Flights(folder, columns, study.file.containment)
    causes = [flights.part(cause, np.flatnonzero(flights.causes == cause)) for cause in flights.names]
    untold = _untold(study.file.containment, causes, columns.searched)
    volume, buffer = (None, None) if untold else (flights.rate_sum("volume"), flights.rate_sum("buffer"))
    ends, every = flights.ends(), flights.part("all", np.arange(flights.hours.size))
    return ContainmentEvidence(
        study.name or study.plan_names,
        columns.stored.identity,
        study.file.containment,
        int((~flights.flew).sum()),
        float(flights.hours[flights.flew].sum()),
        every,
        causes,
        volume,
        buffer,
        untold,
        int((flights.beyond > 0.0).sum()),
        [end for end in ends if end.beyond_m > 0.0],
        next((end for end in ends if end.run == flights.hardest), None),
        {
            name: [flights.part(label, part) for label, part in parts_of(columns, name)]
            for name, values in columns.inputs.items()
            if columns.count > 1 and np.ptp(values) > 0.0
        },
        [] if columns.searched else list(flights.assumptions(every, causes, volume)),
    )


def _untold(box: Containment, causes: list[Boundaries], searched: bool) -> str:
    if searched:
        return "a search prefers flights that fail, so this is not a failure rate"
    together = [cause.name for cause in causes if AND in cause.name]
    if together:
        return f"rates are added one fault at a time, and flights had {', '.join(together)}; fly each fault alone"
    without = [cause.name for cause in causes if cause.name not in {NO_FAULT, *box.rates}]
    if without:
        return f"[containment.rates] has no rate of {', '.join(without)}"
    if not any(cause.name == NO_FAULT for cause in causes):
        return "no flight was flown to its end, or out of its volume, without a fault"
    return ""


def cause_of(study: Study, row: RunResult) -> str:
    """Return the faults that had begun when the flight left its volume, or else at its end."""
    exit_s, end_s = row.figures["left_volume_s"], row.figures["end_s"]
    until_s = end_s if exit_s is None else exit_s
    faults = [parse_fault(text) for text in study.struck(row.inputs)]
    acted = {fault.name for fault in faults if until_s is not None and fault.window_ms()[0] <= until_s * 1000.0}
    return AND.join(sorted(acted)) or NO_FAULT


def _assumed(name: str, figure: str, given: float, figure_of: Callable[[float], float], again: str) -> Assumption:
    values = tuple(factor * given for factor in (0.5, 1.0, 2.0))
    return Assumption(name, figure, values, tuple(map(figure_of, values)), again)


class _Flights:
    """Flights of a folder as arrays in the order of `columns`. Runs that did not fly have no cause."""

    def __init__(self, folder: Path, columns: Columns, box: Containment) -> None:
        self._folder, self._columns, self._box = folder, columns, box
        self._study = columns.stored.study
        known_runs = {*columns.runs.tolist()}  # more results may have come in
        found = [self._numbers(row) for row in rows(folder) if row.run in known_runs]
        table = np.array([numbers for numbers, _ in found], np.float64).reshape(-1, 8)
        hours, volume, buffer, self.beyond, areas, self._highest, self._impact_mps, self._impact_deg = table.T
        self.hours: Floats = hours
        self.margins: dict[str, Floats] = {"volume": volume, "buffer": buffer}
        self.causes = np.array([cause for _, cause in found])
        self.names = sorted({cause for _, cause in found} - {""})
        self.flew: NDArray[np.bool_] = self.hours > 0.0
        known = self.flew & ~np.isnan(areas)
        self.hardest = int(columns.runs[np.argmax(np.where(known, areas, -1.0))]) if known.any() else None

    def _numbers(self, row: RunResult) -> tuple[list[float], str]:
        """Return hours, both margins, distance outside at the end, critical area, greatest height, impact speed and
        angle."""
        figures = row.figures
        seconds, end_m = figures["flight_time_s"], figures["end_fence_m"]
        volume, buffer = figures["volume_margin_m"], figures["buffer_margin_m"]
        if not seconds or volume is None or buffer is None or end_m is None:
            return [0.0, *[np.nan] * 7], ""
        speed, angle, _, area = self._impact(row) or [np.nan] * 4
        highest = figures["highest_m"] or 0.0
        return [seconds / 3600.0, volume, buffer, -end_m, area, highest, speed, angle], cause_of(self._study, row)

    def _impact(self, row: RunResult) -> tuple[float, float, float, float] | None:
        """Return speed, angle, energy and critical area of the impact."""
        speed, along, down = (row.figures[f"impact_{name}mps"] for name in ("", "along_", "down_"))
        if speed is None or along is None or down is None:
            return None
        angle, box = impact_angle(along, down), self._box
        return speed, angle, energy(box.mass_kg, speed), critical_area(box.width_m, box.mass_kg, speed, angle)

    def part(self, name: str, part: NDArray[np.intp]) -> Boundaries:
        return Boundaries(name, self.share("volume", part), self.share("buffer", part))

    def share(self, boundary: str, part: NDArray[np.intp], confidence: float = CONFIDENCE) -> ExitShare:
        """Return figures of some of the flights at one edge."""
        part = part[self.flew[part]]
        margins = self.margins[boundary][part]
        count, exits = part.size, int((margins < 0.0).sum())
        if count == 0:
            return ExitShare(0, 0)
        worst = int(self._columns.runs[part[np.argmin(margins)]])
        again = replay_command(self._folder, worst)
        if self._columns.searched:
            return ExitShare(count, exits, worst=worst, again=again)
        hours, (low, high) = float(self.hours[part].mean()), interval(exits, count, confidence)
        per_hour = (exits / count / hours, (low / hours, high / hours))
        return ExitShare(count, exits, exits / count, (low, high), *per_hour, worst, again)

    def rate_sum(self, boundary: str) -> RateSum:
        """Sum over all causes: rate of the cause times share of flights that leave with it. Flights without a fault
        count per hour flown. At most one fault acts at a time."""
        parts: dict[str, Floats] = {}
        unsure = (1.0 - CONFIDENCE) / len(self.names)
        for name in self.names:
            share = self.share(boundary, np.flatnonzero(self.causes == name), 1.0 - unsure)
            assert share.per_flight is not None
            assert share.interval is not None
            often = 1.0 / self._mean_h(name) if name == NO_FAULT else self._box.rates[name].per_hour
            parts[name] = often * np.array((share.per_flight, *share.interval))
        total = sum(parts.values(), np.zeros(3))
        widest = max(parts, key=lambda name: float(parts[name][2]))
        unseen = None
        if widest == NO_FAULT and parts[NO_FAULT][0] == 0.0:
            unseen = ceil(log(0.5 * unsure) / log(1.0 - TARGET * self._mean_h(NO_FAULT)))
        made_up = float(parts[widest][2] / total[2]) if total[2] > 0.0 else 0.0
        return RateSum(float(total[0]), (float(total[1]), float(total[2])), widest, made_up, unseen)

    def _mean_h(self, cause: str) -> float:
        return float(self.hours[self.causes == cause].mean())

    def assumptions(
        self, flights: Boundaries, causes: Sequence[Boundaries], rate: RateSum | None
    ) -> Iterator[Assumption]:
        """Calculate how each value of the study influences the result."""
        if not self.flew.any():
            return
        box, fence = self._box, self.margins["buffer"] - self._box.buffer_m
        below = box.height_m - self._highest
        inside = lambda value: self._exit_share(np.minimum(fence, below + value - box.height_m))
        beyond = lambda value: self._exit_share(fence + value)
        yield _assumed("height_m", OUT_OF_VOLUME, box.height_m, inside, flights.volume.again)
        yield _assumed("buffer_m", OUT_OF_BUFFER, box.buffer_m, beyond, flights.buffer.again)
        hardest = "" if self.hardest is None else replay_command(self._folder, self.hardest)
        yield _assumed("width_m", AREA, box.width_m, lambda value: self._largest(value, box.mass_kg), hardest)
        yield _assumed("mass_kg", AREA, box.mass_kg, lambda value: self._largest(box.width_m, value), hardest)
        for cause in causes if rate is not None else ():
            share, given = cause.volume.per_flight or 0.0, box.rates.get(cause.name)
            if given is not None and rate is not None:
                rest = rate.per_hour - given.per_hour * share
                rate_of = lambda per_hour, rest=rest, share=share: rest + share * per_hour
                yield _assumed(f"rates, {cause.name}", RATE, given.per_hour, rate_of, cause.volume.again)

    def _exit_share(self, margins: Floats) -> float:
        return float((margins[self.flew] < 0.0).mean())

    def _largest(self, width_m: float, mass_kg: float) -> float:
        """Return the largest critical area of all flights, m2; 0 without ground contact."""
        hits = zip(self._impact_mps[self.flew].tolist(), self._impact_deg[self.flew].tolist(), strict=True)
        areas = [critical_area(width_m, mass_kg, speed, angle) for speed, angle in hits if speed == speed]
        return max(areas, default=0.0)

    def ends(self) -> list[EndOfFlight]:
        """Return the farthest ends outside, and the hardest of all."""
        outside = (row for row in rows(self._folder) if row.figures["flight_time_s"] and self._inside_m(row) < 0.0)
        ends = [self._end(row) for row in heapq.nsmallest(MOST_ENDS, outside, key=self._inside_m)]
        return sorted(ends, key=lambda end: -end.beyond_m)

    def _inside_m(self, row: RunResult) -> float:
        return -np.inf if row.run == self.hardest else (row.figures["end_fence_m"] or 0.0)

    def _end(self, row: RunResult) -> EndOfFlight:
        time_s, north, east, inside = (
            row.figures[name] or 0.0 for name in ("end_s", "end_north_m", "end_east_m", "end_fence_m")
        )
        place = to_global(self._study.planned(row.run, row.inputs).spec.home, (north, east, 0.0))
        speed, angle, joules, area = self._impact(row) or (None, None, None, None)
        return EndOfFlight(
            row.run,
            cause_of(self._study, row),
            row.result,
            time_s,
            place.lat,
            place.lon,
            -inside,
            -self._box.buffer_m <= inside < 0.0,
            speed,
            angle,
            joules,
            area,
            replay_command(self._folder, row.run),
        )
