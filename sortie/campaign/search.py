"""Search for the lowest robustness by CMA-ES in the unit cube of the inputs, generation by generation.

A generation depends only on the results of earlier ones and the study's seed. First a Latin hypercube explores the
cube. Then CMA-ES (Hansen 2016, library `cmaes`) descends from the worst point. When it makes no progress, the cube is
explored again. Because flights are expensive, CMA-ES proposes many points, and only those that look worst are flown, by
the mean of a Gaussian process over the earlier flights (Rasmussen and Williams 2006, 2.2). This halves the flights to a
failure.

Judges have different units. So each margin is divided by its standard deviation over all flights so far, and the judge
that is nearest to breaking counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, inf, log
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sortie.campaign.flown import RunResult
from sortie.campaign.formulas import YES
from sortie.campaign.sampling import Value, inputs_at, unit_sample
from sortie.campaign.study import Study

Run = tuple[int, dict[str, Value]]
_STEP: Final = 0.25
"""First step size of a descent, as a share of the cube's edge."""
_FEWEST: Final = 6
"""Smallest number of flights of a generation."""
_TRIED: Final = 20
"""Proposed points for each flown one."""
_REACH: Final = 0.35
"""Correlation length in the cube, for each square root of its dimension."""
_NOISE: Final = 0.05
"""Variance between flights with the same inputs, as a share of the total."""
_REMEMBERED: Final = 400
"""Number of latest flights in the Gaussian process; its cost is cubic."""
_PATIENCE: Final = 4
"""Generations without progress that end a descent."""
_PROGRESS: Final = 0.02
"""Smallest improvement that counts as progress, in standard deviations."""


class Search:
    """Search: `ask` returns a generation, `tell` takes its results. At the end a generation is empty."""

    def __init__(self, study: Study) -> None:
        self._study = study
        self._vary = study.file.vary
        width = len(self._vary)
        self._look_size = max(8, 3 * width)
        self._size = _size(width)
        self._rows: list[RunResult] = []
        self._flown: list[NDArray[np.float64]] = []
        self._points: list[NDArray[np.float64]] = []
        self._descent: _Descent | None = None
        self._looks = 0

    def ask(self) -> list[Run]:
        """Return the runs of the next generation, by run number."""
        if self._descent is None:
            points = list(unit_sample("lhs", self._seed(), self._look_size, len(self._vary)))
            self._looks += 1
        else:
            points = self._worst_of(self._descent.ask(_TRIED * self._size))
        first = len(self._rows)
        self._points = points[: self._study.runs - first]
        return [(first + k, inputs_at(self._vary, point)) for k, point in enumerate(self._points)]

    def tell(self, rows: Sequence[RunResult]) -> None:
        """Take all results of the generation, in the order of `ask`."""
        assert len(rows) == len(self._points)
        self._rows += rows
        self._flown += self._points
        if len(self._rows) >= self._study.runs:
            return
        badness = badnesses(self._rows, self._judges)
        fresh = badness[-len(rows) :]
        if self._descent is None:
            self._descent = _Descent(self._points[int(np.argmin(fresh))], self._seed())
        elif self._descent.tell(self._points, fresh):
            self._descent = None

    def _worst_of(self, points: list[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
        known = np.array(self._flown[-_REMEMBERED:])
        badness = badnesses(self._rows, self._judges)[-_REMEMBERED:]
        order = np.argsort(expected(known, badness, np.array(points)), kind="stable")
        return [points[int(k)] for k in order[: self._size]]

    @property
    def _judges(self) -> list[str]:
        judge = self._study.file.sample.judge
        return list(self._study.file.judge) if judge is None else [judge]

    def _seed(self) -> int:
        state = np.random.SeedSequence([self._study.file.sample.seed, self._looks]).generate_state(1)
        return int(state[0])


class _Descent:
    """Descent by CMA-ES from one point."""

    def __init__(self, start: NDArray[np.float64], seed: int) -> None:
        from cmaes import CMA

        bounds = np.array([[0.0, 1.0]] * start.size)
        size = _size(start.size)
        self._cma = CMA(np.clip(start, 0.02, 0.98), _STEP, bounds=bounds, seed=seed, population_size=size)
        self._best = inf
        self._stale = 0

    def ask(self, size: int) -> list[NDArray[np.float64]]:
        return [np.asarray(self._cma.ask(), np.float64) for _ in range(size)]

    def tell(self, points: Sequence[NDArray[np.float64]], badness: NDArray[np.float64]) -> bool:
        """Take results; True when there is no progress."""
        self._cma.tell([(point, float(value)) for point, value in zip(points, badness, strict=True)])
        best = float(badness.min())
        self._stale = 0 if best < self._best - _PROGRESS else self._stale + 1
        self._best = min(self._best, best)
        return self._stale >= _PATIENCE or self._cma.should_stop()


def _size(width: int) -> int:
    """Return the number of flights of a generation."""
    return max(_FEWEST, ceil(3.0 * log(width))) if width > 1 else _FEWEST


def expected(
    known: NDArray[np.float64], values: NDArray[np.float64], points: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Calculate the mean of a Gaussian process of zero mean at `points` (n, width), given `values` at `known`."""
    spread = float(values.std())
    if spread == 0.0:
        return np.zeros(len(points))
    reach = 2.0 * known.shape[1] * _REACH**2

    def alike(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.exp(-((a[:, None] - b[None]) ** 2).sum(axis=-1) / reach), np.float64)

    weights = np.linalg.solve(alike(known, known) + _NOISE * np.eye(len(known)), (values - values.mean()) / spread)
    return np.asarray(alike(points, known) @ weights, np.float64)


def badnesses(rows: Sequence[RunResult], judges: Sequence[str]) -> NDArray[np.float64]:
    """Return the badness of each result: below 0 it failed; lower is worse. A run that did not fly is worst; one that
    no judge could measure (`YES`) is best."""
    margins = np.array([[_margin(row.robustness, name) for name in judges] for row in rows])
    flew = ~np.isnan(margins).any(axis=1) & np.array([row.result != "refused" for row in rows])
    if not flew.any():
        return np.zeros(len(rows))
    scaled = np.stack([_scaled(column, flew) for column in margins.T]).min(axis=0)
    known = scaled[flew & np.isfinite(scaled)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
    return np.where(flew, np.where(np.isfinite(scaled), scaled, high + 1.0), low - 1.0)


def _scaled(margins: NDArray[np.float64], flew: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return margins in standard deviations. A constant margin gives inf until it breaks."""
    measured = flew & (np.abs(margins) < YES)
    spread = float(margins[measured].std()) if measured.any() else 0.0
    return np.where(margins < 0.0, -1.0, inf) if spread == 0.0 else np.where(margins < YES, margins / spread, inf)


def _margin(robustness: Mapping[str, float | None], name: str) -> float:
    margin = robustness[name]
    return np.nan if margin is None else margin
