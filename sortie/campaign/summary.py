"""Summary of a campaign's runs in columns, so that 100,000 runs take a few megabytes."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Sequence
from math import fsum, sqrt
from pathlib import Path
from typing import Final

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from sortie.campaign.encounters import COUNTED, EncounterRisk, risk
from sortie.campaign.flown import RunResult
from sortie.campaign.folder import StoredStudy, read_study, rows
from sortie.campaign.formulas import YES
from sortie.campaign.sampling import SEARCH, SPREAD, names_of
from sortie.campaign.units import of_judge

CONFIDENCE: Final = 0.95
MOST_FAILURES: Final = 200
FEWEST: Final = 50
"""Fewest flights for a Sobol index."""
_MOST_BINS: Final = 16
_PER_BIN: Final = 8
_MOST_LEVELS: Final = 6
_PER_LEVEL: Final = 10
Floats = NDArray[np.float64]


Interval = tuple[float, float]
"""Interval of a share of failures, 95 % confidence (Clopper and Pearson: exact for independent runs; a spread sample is
at least as certain). A search has none, because it selects its flights."""


class Judge(Struct, frozen=True):
    """Summary of one judge. `flown`: judged flights; `failed`: flights that broke it. `lowest`, `median`, `highest`:
    robustness of the `measured` flights, in `units` (with several units, only its sign has a meaning); None when no
    flight was measured."""

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
        """Unit of its robustness, or ""."""
        return self.units[0] if len(self.units) == 1 else ""

    def margins(self) -> str:
        """Describe its robustness in words."""
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
    """Summary of a campaign. `interval`: of the share of failures. `results`: number of each. `encounters`: for a study
    with traffic. `raised`: the first run with an exception, and its error; "" without."""

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
    """All results of a folder as arrays; complete results only of the worst failures. `runs`: numbers; `bad`: failed
    ones. `inputs`: numbers, or for texts the index in `texts`."""

    def __init__(self, stored: StoredStudy, flown: Iterable[RunResult]) -> None:
        self.stored = stored
        self.results: Counter[str] = Counter()
        self.failed = 0
        self.raised = ""
        self.texts: dict[str, list[str]] = {}
        self.met: Counter[str] = Counter()
        bad: list[bool] = []
        runs: list[int] = []
        names, judges = list(names_of(stored.study.file.vary)), list(stored.study.file.judge)
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
        self.inputs = dict(zip(names, np.array(inputs, np.float64).reshape(len(runs), len(names)).T, strict=True))
        self.margins = dict(zip(judges, np.array(margins, np.float64).reshape(len(runs), len(judges)).T, strict=True))
        self.bad, self.runs = np.array(bad, np.bool_), np.array(runs, np.int64)
        self.worst = [row for *_, row in sorted(worst, key=lambda ranked: ranked[:2], reverse=True)]

    @property
    def searched(self) -> bool:
        """True for a search, whose shares are not valid for other flights."""
        return self.stored.study.file.sample.method == SEARCH

    @property
    def count(self) -> int:
        return sum(self.results.values())

    @staticmethod
    def _push(worst: list[tuple[list[float], int, RunResult]], row: RunResult) -> None:
        """Keep the worst results: exceptions first, then the least robust; with equal margins the next judge
        decides."""
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
    return Columns(read_study(folder), rows(folder))


def summarize(folder: Path) -> Summary:
    return summary_of(columns_of(folder))


def summary_of(columns: Columns) -> Summary:
    study, count = columns.stored.study, columns.count
    return Summary(
        study.runs,
        count,
        columns.failed,
        columns.failed / max(count, 1),
        None if columns.searched else interval(columns.failed, count),
        dict(sorted(columns.results.items())),
        {name: _judge(columns, name) for name in study.file.judge},
        None if study.file.traffic is None else risk(columns.met),
        columns.raised,
    )


def interval(failed: int, count: int, confidence: float = CONFIDENCE) -> Interval:
    """Calculate the confidence interval of a share; 0 to 1 without flights."""
    if count == 0:
        return 0.0, 1.0
    from scipy.stats import binomtest

    found = binomtest(failed, count).proportion_ci(confidence, method="exact")
    return float(found.low), float(found.high)


def _judge(columns: Columns, name: str) -> Judge:
    study, values = columns.stored.study, columns.margins[name]
    known = values[~np.isnan(values)]
    failed, units = int((known < 0.0).sum()), of_judge(study, name)
    sure = None if columns.searched or known.size == 0 else interval(failed, known.size)
    found = Judge(study.file.judge[name], failed, known.size, sure, units)
    measured = known[np.abs(known) < YES]
    if measured.size == 0:
        return found
    low, middle, high = float(measured.min()), float(np.median(measured)), float(measured.max())
    return replace(found, measured=measured.size, lowest=low, median=middle, highest=high)


# --- by level ---------------------------------------------------------------------------------------------------------
class InputLevel(Struct, frozen=True):
    """Flights with one value of an input, or within a range. `by_judge`: number of failures of each broken judge."""

    label: str
    flown: int
    failed: int
    interval: Interval | None
    by_judge: dict[str, int]


def parts_of(columns: Columns, name: str) -> list[tuple[str, NDArray[np.intp]]]:
    """Split the flights by level of an input with few values, otherwise by ranges with equal numbers of flights."""
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
    """Influence of an input on a judge. `correlation`: Spearman's rank correlation; None for texts. `index`: see
    `first_order`; None if the sample does not allow it."""

    correlation: float | None
    index: float | None

    @property
    def weight(self) -> float:
        """Strength for sorting."""
        return max(abs(self.correlation or 0.0), sqrt(self.index or 0.0))


def influences(columns: Columns, judge: str) -> dict[str, InputInfluence]:
    """Calculate the influence of each varying input, strongest first; empty for a constant judge."""
    from scipy.stats import spearmanr

    values = columns.margins[judge]
    known = ~np.isnan(values)
    if known.sum() < 3 or np.ptp(values[known]) == 0.0:
        return {}
    file = columns.stored.study.file
    spread = file.sample.method in SPREAD and known.sum() >= FEWEST
    found = {}
    for name, varied in names_of(file.vary).items():
        given = columns.inputs[name][known]
        if np.ptp(given) == 0.0:
            continue
        index = first_order(given, values[known]) if spread and varied.table is None else None
        ranked = None if name in columns.texts else float(spearmanr(given, values[known]).statistic)
        found[name] = InputInfluence(ranked, index)
    return dict(sorted(found.items(), key=lambda entry: -entry[1].weight))


def first_order(given: Floats, values: Floats) -> float:
    """Calculate Sobol's first-order index: the share of the variance that an input explains alone. Estimated from given
    data (Plischke 2010, "correlation ratio"): variance within slices of the input against the total, both unbiased.
    Valid for independent inputs."""
    slices = sliced(given)
    within = fsum(float(values[part].var()) * part.size for part in slices)
    freedom = given.size - len(slices)
    whole = float(values.var(ddof=1))
    return 0.0 if freedom <= 0 or whole == 0.0 else max(0.0, 1.0 - within / freedom / whole)


def sliced(given: Floats) -> list[NDArray[np.intp]]:
    """Return the indices of each slice: one for each value if there are few, otherwise of equal size."""
    different, which = np.unique(given, return_inverse=True)
    if different.size <= _MOST_BINS:
        return [np.flatnonzero(which == k) for k in range(different.size)]
    bins = min(_MOST_BINS, max(2, given.size // _PER_BIN))
    return list(np.array_split(np.argsort(given, kind="stable"), bins))


def strongest(columns: Columns) -> Sequence[str]:
    """Return the two inputs with the strongest influence on any broken judge, or on any judge if none was broken."""
    weights: dict[str, float] = {}
    broken = [judge for judge, margins in columns.margins.items() if (margins < 0.0).any()]
    for judge in broken or columns.margins:
        for name, influence in influences(columns, judge).items():
            weights[name] = max(weights.get(name, 0.0), influence.weight)
    return sorted(weights, key=lambda name: -weights[name])[:2]
