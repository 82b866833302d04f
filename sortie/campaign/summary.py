"""Summary of the runs of a campaign in numbers: in columns, so that 100,000 runs are a few megabytes."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Sequence
from math import sqrt
from pathlib import Path
from typing import Final

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from sortie.campaign.encounters import COUNTED, EncounterRisk, risk
from sortie.campaign.flown import RunResult
from sortie.campaign.folder import StoredStudy, read_kept, rows
from sortie.campaign.formulas import YES
from sortie.campaign.sampling import SEARCH, SPREAD, names_of
from sortie.campaign.units import of_judge

CONFIDENCE: Final = 0.95
MOST_FAILURES: Final = 200
FEWEST: Final = 50
"""Flights below which an index of Sobol says nothing."""
_MOST_BINS: Final = 16
_PER_BIN: Final = 8
_MOST_LEVELS: Final = 6
_PER_LEVEL: Final = 10
Floats = NDArray[np.float64]


Interval = tuple[float, float]
"""Interval of a share of failures, with 95 % confidence (Clopper and Pearson: exact, for runs that are independent;
a spread sample is at least as sure). A search flies where it fails: there is none of it."""


class Judge(Struct, frozen=True):
    """`flown`: flights that it has judged, `failed`: that broke it. `lowest`, `median`, `highest`: robustness of the
    `measured` ones, in `units` (of several it is a sign alone); in the others it was so or not, without a measure (None
    where it was so in all)."""

    formula: str
    failed: int
    flown: int = 0
    interval: Interval | None = None
    units: list[str] = []
    measured: int = 0
    lowest: float | None = None
    median: float | None = None
    highest: float | None = None

    @property
    def unit(self) -> str:
        """Unit of its robustness; empty where that has none."""
        return self.units[0] if len(self.units) == 1 else ""

    def margins(self) -> str:
        """Return its robustness in words."""
        if self.flown == 0:
            return "not flown"
        if self.median is None:
            return "it is or is not so, without a measure"
        unit = f" {self.unit}" if self.unit else ""
        words = f"robustness {self.lowest:.4g} to {self.highest:.4g}{unit}, median {self.median:.4g}{unit}"
        if self.measured < self.flown:
            words += f", of the {self.measured} flights in which there was something to measure"
        if len(self.units) > 1:
            words += f"; it mixes {' and '.join(self.units)}, so only its sign means something"
        return words


class Summary(Struct, frozen=True):
    """`interval`: of the share of failures. `results`: how many ended how. `encounters`: of a study with traffic.
    `raised`: the first run that did, with its error; empty: none."""

    total: int
    done: int
    failed: int
    share: float
    interval: Interval | None
    results: dict[str, int]
    judges: dict[str, Judge]
    encounters: EncounterRisk | None = None
    raised: str = ""


class Columns:
    """All rows of a folder, as arrays; whole rows only of the worst failures. `runs`: their numbers; `bad`: which
    failed. `inputs`: numbers, or of an input with texts the place of each among `texts`."""

    def __init__(self, kept: StoredStudy, flown: Iterable[RunResult]) -> None:
        self.kept = kept
        self.results: Counter[str] = Counter()
        self.failed = 0
        self.raised = ""
        self.texts: dict[str, list[str]] = {}
        self.met: Counter[str] = Counter()
        bad: list[bool] = []
        runs: list[int] = []
        names, judges = list(names_of(kept.study.said.vary)), list(kept.study.said.judge)
        inputs: list[list[float]] = []
        margins: list[list[float]] = []
        worst: list[tuple[list[float], int, RunResult]] = []
        for row in flown:
            self.results[row.result] += 1
            if row.result == "error" and not self.raised:
                self.raised = f"run {row.run}: {row.reason}"
            runs.append(row.run)
            inputs.append([self._number(name, row.inputs[name]) for name in names])
            margins.append([np.nan if (m := row.robustness[name]) is None else m for name in judges])
            bad.append(not row.ok)
            self.met.update({name: int(row.figures.get(name) or 0) for name in COUNTED})
            if not row.ok:
                self.failed += 1
                self._push(worst, row)
        self.inputs = dict(zip(names, np.array(inputs, np.float64).reshape(-1, len(names)).T, strict=True))
        self.margins = dict(zip(judges, np.array(margins, np.float64).reshape(-1, len(judges)).T, strict=True))
        self.bad, self.runs = np.array(bad, np.bool_), np.array(runs, np.int64)
        self.worst = [row for *_, row in sorted(worst, key=lambda ranked: ranked[:2], reverse=True)]

    @property
    def searched(self) -> bool:
        """A search flew where it fails: shares say nothing of other flights."""
        return self.kept.study.said.sample.method == SEARCH

    @property
    def count(self) -> int:
        """Rows that there are."""
        return sum(self.results.values())

    @staticmethod
    def _push(worst: list[tuple[list[float], int, RunResult]], row: RunResult) -> None:
        """Keep the worst: what raised comes first, then the least robust; where that is the same, as it is of what is
        or is not so, the next judge decides."""
        known = sorted(margin for margin in row.robustness.values() if margin is not None)
        entry = ([-margin for margin in known] or [np.inf], -row.run, row)
        if len(worst) < MOST_FAILURES:
            heapq.heappush(worst, entry)
        else:
            heapq.heappushpop(worst, entry)

    def _number(self, name: str, value: float | str) -> float:
        if not isinstance(value, str):
            return float(value)
        known = self.texts.setdefault(name, [])
        if value not in known:
            known.append(value)
        return float(known.index(value))


def columns_of(folder: Path) -> Columns:
    """The columns of a folder as it is."""
    return Columns(read_kept(folder), rows(folder))


def summarize(folder: Path) -> Summary:
    """The figures of a folder as it is."""
    return summary_of(columns_of(folder))


def summary_of(columns: Columns) -> Summary:
    """The figures."""
    study, count = columns.kept.study, columns.count
    return Summary(
        study.runs,
        count,
        columns.failed,
        columns.failed / max(count, 1),
        None if columns.searched else interval(columns.failed, count),
        dict(sorted(columns.results.items())),
        {name: _judge(columns, name) for name in study.said.judge},
        None if study.said.traffic is None else risk(columns.met),
        columns.raised,
    )


def interval(failed: int, count: int, confidence: float = CONFIDENCE) -> Interval:
    """The confidence interval of a share; without flights it can be anything."""
    if count == 0:
        return 0.0, 1.0
    from scipy.stats import binomtest

    found = binomtest(failed, count).proportion_ci(confidence, method="exact")
    return float(found.low), float(found.high)


def _judge(columns: Columns, name: str) -> Judge:
    study, values = columns.kept.study, columns.margins[name]
    known = values[~np.isnan(values)]
    failed, units = int((known < 0.0).sum()), of_judge(study, name)
    sure = None if columns.searched or known.size == 0 else interval(failed, known.size)
    found = Judge(study.said.judge[name], failed, known.size, sure, units)
    measured = known[np.abs(known) < YES]
    if measured.size == 0:
        return found
    low, middle, high = float(measured.min()), float(np.median(measured)), float(measured.max())
    return replace(found, measured=measured.size, lowest=low, median=middle, highest=high)


# --- by level ---------------------------------------------------------------------------------------------------------
class InputLevel(Struct, frozen=True):
    """Flights with one value of an input, or with one from a range. `by_judge`: how many broke each that was broken."""

    label: str
    flown: int
    failed: int
    interval: Interval | None
    by_judge: dict[str, int]


def parts_of(columns: Columns, name: str) -> list[tuple[str, NDArray[np.intp]]]:
    """Flights by level of an input where it has few values, else by ranges of equally many flights."""
    values, texts = columns.inputs[name], columns.texts.get(name)
    different = np.unique(values)
    if different.size <= _MOST_LEVELS:
        parts = [np.flatnonzero(values == value) for value in different]
        labels = [f"{value:.4g}" if texts is None else texts[int(value)] for value in different]
    else:
        bins = min(_MOST_LEVELS, max(2, values.size // _PER_LEVEL))
        parts = list(np.array_split(np.argsort(values, kind="stable"), bins))
        labels = [f"{values[part].min():.4g} to {values[part].max():.4g}" for part in parts]
    return list(zip(labels, parts, strict=True))


def levels(columns: Columns, name: str) -> list[InputLevel]:
    """Failures by level of an input."""
    broken = [judge for judge, margins in columns.margins.items() if (margins < 0.0).any()]
    return [
        InputLevel(
            label,
            part.size,
            (failed := int(columns.bad[part].sum())),
            None if columns.searched else interval(failed, part.size),
            {judge: int((columns.margins[judge][part] < 0.0).sum()) for judge in broken},
        )
        for label, part in parts_of(columns, name)
    ]


# --- what matters -----------------------------------------------------------------------------------------------------
class InputInfluence(Struct, frozen=True):
    """Influence of an input on a judge. `correlation`: Spearman's, of ranks; None for texts. `index`: see
    `first_order`; None where the sample does not allow it."""

    correlation: float | None
    index: float | None

    @property
    def weight(self) -> float:
        """For an order."""
        return max(abs(self.correlation or 0.0), sqrt(self.index or 0.0))


def influences(columns: Columns, judge: str) -> dict[str, InputInfluence]:
    """Influence of each input that changes, the strongest first; empty for a judge that never changes."""
    values = columns.margins[judge]
    known = ~np.isnan(values)
    if known.sum() < 3 or np.ptp(values[known]) == 0.0:
        return {}
    said = columns.kept.study.said
    spread = said.sample.method in SPREAD and known.sum() >= FEWEST
    found = {}
    for name, varied in names_of(said.vary).items():
        given = columns.inputs[name][known]
        if np.ptp(given) == 0.0:
            continue
        index = first_order(given, values[known]) if spread and varied.table is None else None
        found[name] = InputInfluence(None if name in columns.texts else _correlation(given, values[known]), index)
    return dict(sorted(found.items(), key=lambda entry: -entry[1].weight))


def _correlation(given: Floats, values: Floats) -> float:
    from scipy.stats import spearmanr

    return float(spearmanr(given, values).statistic)


def first_order(given: Floats, values: Floats) -> float:
    """Sobol's first-order index: the share of the variance that an input explains alone. Given data (Plischke 2010,
    "correlation ratio"): the variance within slices of the input against that of all, each without bias. Right where
    the inputs are independent of each other."""
    slices = sliced(given)
    within = sum([float(values[part].var()) * part.size for part in slices])
    freedom = given.size - len(slices)
    whole = float(values.var(ddof=1))
    if freedom <= 0 or whole == 0.0:
        return 0.0
    return max(0.0, 1.0 - within / freedom / whole)


def sliced(given: Floats) -> list[NDArray[np.intp]]:
    """Indices of the values of each slice: a slice for each value where they are few, else of equal size."""
    different, which = np.unique(given, return_inverse=True)
    if different.size <= _MOST_BINS:
        return [np.flatnonzero(which == k) for k in range(different.size)]
    bins = min(_MOST_BINS, max(2, given.size // _PER_BIN))
    return list(np.array_split(np.argsort(given, kind="stable"), bins))


def strongest(columns: Columns) -> Sequence[str]:
    """The two inputs that matter most for any judge that was broken, or for any where none was; fewer where there are
    fewer."""
    weights: dict[str, float] = {}
    broken = [judge for judge, margins in columns.margins.items() if (margins < 0.0).any()]
    for judge in broken or columns.margins:
        for name, influence in influences(columns, judge).items():
            weights[name] = max(weights.get(name, 0.0), influence.weight)
    return sorted(weights, key=lambda name: -weights[name])[:2]
