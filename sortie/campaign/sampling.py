"""Sampling of inputs: distributions, and the spread of a study's runs over them.

Samples are points of the unit cube, with a column for each input in the order of the file. The inverse distribution
functions map them to values, so that Latin hypercube and Sobol points keep their properties. Everything depends on the
study's seed only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import inf, isfinite
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from autopilot.interface.mathematics import exp, log, normal_quantile, normal_share
from sortie.config.errors import UserError, nearest

Value = float | str
SPREAD: Final = ("random", "lhs", "sobol", "grid")
"""Methods whose runs are all known before the first flight."""
SEARCH: Final = "search"
METHODS: Final = (*SPREAD, SEARCH)
KINDS: Final = ("uniform", "normal", "lognormal", "choice", "grid", "chance", "table")
_DIGITS: Final = 6
"""Decimals of an input. Rounded values fit on a command line."""
_SEEDS: Final = 1 << 63
_WIDEST: Final = 10
"""Largest standard deviation of a logarithm; 10 is a factor of 22,000."""
_SHOWN: Final = 3
_LEAST_SHARE: Final = 1e-6
"""Smallest share of a distribution that `within` may keep; below it the inverse has too few digits."""


class Distribution(Struct, frozen=True, forbid_unknown_fields=True):
    """Distribution of one input; exactly one of the first fields is given.

    `uniform`: from, to. `normal`: mean, standard deviation. `lognormal`: median, standard deviation of the logarithm.
    `choice`: equally likely values. `grid`: values for the sample "grid", which flies all combinations. `chance`: 1
    with this probability, otherwise 0. `table`: CSV file with a header, whose rows are equally likely and whose columns
    are inputs. `within`: limits that cut off the tails of a normal or lognormal distribution. `nominal`: the value to
    which `shrink` returns; None: see `at_rest`.
    """

    uniform: tuple[float, float] | None = None
    normal: tuple[float, float] | None = None
    lognormal: tuple[float, float] | None = None
    choice: list[Value] | None = None
    grid: list[Value] | None = None
    chance: float | None = None
    table: str | None = None
    within: tuple[float, float] | None = None
    nominal: Value | None = None
    columns: dict[str, list[Value]] = {}
    """Columns of the table, filled when the study is read."""

    @property
    def kind(self) -> str:
        """Name of the distribution, of `KINDS`."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @property
    def listed(self) -> list[Value] | None:
        """Values of a discrete distribution; for a table the row numbers."""
        if self.chance is not None:
            return [0.0, 1.0]
        if self.table is not None:
            return [float(row) for row in range(max(map(len, self.columns.values()), default=0))]
        return self.choice if self.choice is not None else self.grid

    @property
    def at_rest(self) -> Value:
        """Undisturbed value: `nominal`; otherwise of a range the end nearest to 0 (0 if inside), of a normal
        distribution its mean, of values the first, of a chance 0."""
        if self.nominal is not None:
            return self.nominal
        if self.listed is not None:
            return self.listed[0]
        if self.uniform is not None:
            return min(max(0.0, self.uniform[0]), self.uniform[1])
        spread = self.normal or self.lognormal
        return 0.0 if spread is None else self._cut(spread[0])

    def names(self, name: str) -> list[str]:
        """Return the names of the inputs of an entry: for a table its columns."""
        return list(self.columns) if self.table is not None else [name]

    def is_text(self, name: str) -> bool:
        values = self.columns[name] if self.table is not None else self.listed
        return values is not None and any(isinstance(value, str) for value in values)

    def given(self, name: str, share: float) -> dict[str, Value]:
        """Return the inputs at this quantile."""
        value = self.value(share)
        return self.put(name, value)

    def put(self, name: str, value: Value) -> dict[str, Value]:
        """Return the inputs that a value stands for."""
        if self.table is None:
            return {name: value}
        return {column: values[int(value)] for column, values in self.columns.items()}

    def complaint(self) -> str:
        """Return what is wrong with the distribution, or ""."""
        return self._of_kind() or self._of_values() or self._of_nominal()

    def _of_kind(self) -> str:
        given = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            return f"expected one of {', '.join(KINDS)}, not {' and '.join(given) or 'none'}"
        if self.uniform is not None and not self.uniform[0] < self.uniform[1]:
            return "uniform: expected [from, to] with from < to"
        if self.normal is not None and not self.normal[1] > 0.0:
            return "normal: expected [mean, deviation] with a deviation above 0"
        if self.lognormal is not None and not (self.lognormal[0] > 0.0 and 0.0 < self.lognormal[1] <= _WIDEST):
            return f"lognormal: expected [median, deviation of the logarithm], both above 0, the second up to {_WIDEST}"
        if self.chance is not None and not 0.0 < self.chance < 1.0:
            return "chance: expected a probability between 0 and 1"
        return f"{self.kind}: expected at least one value" if self.listed == [] else self._of_within()

    def _of_within(self) -> str:
        if self.within is None:
            return ""
        if self.normal is None and self.lognormal is None:
            return f"within: cuts the tails of normal and lognormal, not of {self.kind}"
        low, high = self.within
        if not low < high:
            return "within: expected [least, most] with least < most"
        below, above = self._quantiles()
        return (
            "" if above - below >= _LEAST_SHARE else f"within: nothing of the distribution is from {low:g} to {high:g}"
        )

    def _of_values(self) -> str:
        given = [value for column in self.columns.values() for value in column]
        endless = next((value for value in given if not isinstance(value, str) and not isfinite(value)), None)
        return "" if endless is None else f"{self.kind}: expected finite numbers, not {endless}"

    def _of_nominal(self) -> str:
        """Return what is wrong with `nominal`, or "". For a table it is a row number."""
        nominal, listed = self.nominal, self.listed
        if nominal is None:
            return ""
        if listed is not None:
            some = ", ".join(map(str, listed[:_SHOWN])) + (", ..." if len(listed) > _SHOWN else "")
            what = "the number of a row" if self.table is not None else "one of its values"
            return "" if nominal in listed else f"nominal: expected {what}, such as {some}, not {nominal}"
        if isinstance(nominal, str) or not isfinite(nominal):
            return "nominal: expected a finite number"
        low, high = self.uniform or self.within or (0.0 if self.lognormal is not None else -inf, inf)
        return "" if low <= nominal <= high else f"nominal: expected a number from {low:g} to {high:g}, not {nominal:g}"

    def _quantiles(self) -> tuple[float, float]:
        """Return the quantiles of both ends of `within`."""
        return (0.0, 1.0) if self.within is None else (self._below(self.within[0]), self._below(self.within[1]))

    def _below(self, value: float) -> float:
        if self.normal is not None:
            return normal_share((value - self.normal[0]) / self.normal[1])
        assert self.lognormal is not None
        median, deviation = self.lognormal
        return normal_share(log(value / median) / deviation) if value > 0.0 else 0.0

    def _cut(self, value: float) -> float:
        return value if self.within is None else min(max(value, self.within[0]), self.within[1])

    def value(self, share: float) -> Value:
        if self.chance is not None:
            return float(share < self.chance)
        if self.listed is not None:
            return self.listed[min(int(share * len(self.listed)), len(self.listed) - 1)]
        if self.uniform is not None:
            low, high = self.uniform
            return round(low + share * (high - low), _DIGITS)
        below, above = self._quantiles()
        deviate = normal_quantile(min(max(below + share * (above - below), 1e-12), 1.0 - 1e-12))
        if self.normal is not None:
            return self._cut(round(self.normal[0] + deviate * self.normal[1], _DIGITS))
        assert self.lognormal is not None
        return self._cut(round(self.lognormal[0] * exp(deviate * self.lognormal[1]), _DIGITS))


def written(value: Value) -> str:
    """Format an input for a command line, without exponent."""
    return value if isinstance(value, str) else f"{value:.{_DIGITS}f}".rstrip("0").rstrip(".")


def seed_of_run(seed: int, run: int) -> int:
    return int(np.random.SeedSequence([seed, run]).generate_state(1, np.uint64)[0]) % _SEEDS


def grid_size(vary: Mapping[str, Distribution]) -> int:
    """Return the number of runs of a full grid. UserError for a continuous input."""
    size = 1
    for name, varied in vary.items():
        if varied.listed is None or varied.chance is not None:
            raise UserError(f"vary.{name}: the sample grid needs grid or choice, not {varied.kind}")
        size *= len(varied.listed)
    return size


def inputs(vary: Mapping[str, Distribution], method: str, seed: int, runs: int) -> Iterator[dict[str, Value]]:
    """Yield the inputs of each run by run number."""
    if method == "grid":
        return (_of_grid(vary, run) for run in range(runs))
    return (inputs_at(vary, row) for row in unit_sample(method, seed, runs, len(vary)))


def inputs_at(vary: Mapping[str, Distribution], shares: NDArray[np.float64]) -> dict[str, Value]:
    """Return the inputs at a point of the unit cube."""
    found: dict[str, Value] = {}
    for (name, varied), share in zip(vary.items(), shares, strict=True):
        found |= varied.given(name, float(share))
    return found


def extremes(vary: Mapping[str, Distribution], method: str, seed: int, runs: int) -> Iterator[tuple[str, Value]]:
    """Yield the values of each input that show whether all of it is valid: listed values, table rows with the extremes
    of a column, ends of a range, extremes of a normal or lognormal sample (of its limits for a search), and nominal
    values."""
    shares = unit_sample(method, seed, runs, len(vary)) if method in SPREAD else np.empty((0, len(vary)))
    for k, (name, varied) in enumerate(vary.items()):
        if varied.table is not None:
            yield from ((name, row) for row in sorted(_telling_rows(varied.columns)))
        elif varied.listed is not None:
            yield from ((name, value) for value in varied.listed)
        else:
            whole = varied.uniform is not None or method == SEARCH
            ends = (0.0, 1.0) if whole else (float(shares[:, k].min()), float(shares[:, k].max()))
            yield from ((name, varied.value(end)) for end in ends)
        if varied.nominal is not None:
            yield name, varied.nominal


def _telling_rows(columns: Mapping[str, list[Value]]) -> set[float]:
    """Return the rows with the smallest and the largest value of each column, and with each of its texts."""
    found: set[float] = set()
    for values in columns.values():
        numbers = [(value, row) for row, value in enumerate(values) if not isinstance(value, str)]
        found |= {float(row) for _, row in (min(numbers), max(numbers))} if numbers else set()
        found |= {float(values.index(text)) for text in set(values) if isinstance(text, str)}
    return found


def at_rest(vary: Mapping[str, Distribution]) -> dict[str, Value]:
    """Return the inputs of an undisturbed flight."""
    found: dict[str, Value] = {}
    for name, varied in vary.items():
        found |= varied.put(name, varied.at_rest)
    return found


def names_of(vary: Mapping[str, Distribution]) -> dict[str, Distribution]:
    """Return every input by its name, in the order of the file; the columns of a table follow each other."""
    return {own: varied for name, varied in vary.items() for own in varied.names(name)}


def _of_grid(vary: Mapping[str, Distribution], run: int) -> dict[str, Value]:
    """Return the inputs of a run of a grid; the last input of the file changes fastest."""
    found: dict[str, Value] = {}
    for name, varied in reversed(list(vary.items())):
        listed: Sequence[Value] = varied.listed or ()
        run, at = divmod(run, len(listed))
        found = varied.put(name, listed[at]) | found
    return found


def unit_sample(method: str, seed: int, runs: int, width: int) -> NDArray[np.float64]:
    """Return points of the unit cube, `runs` by `width`."""
    generator = np.random.default_rng(seed)
    if width == 0 or method == "random":
        return generator.random((runs, width))
    from scipy.stats import qmc

    if method == "lhs":
        return np.asarray(qmc.LatinHypercube(width, rng=generator).random(runs))
    sobol = qmc.Sobol(width, scramble=True, rng=generator)
    return np.asarray(sobol.random_base2(max(runs - 1, 0).bit_length())[:runs])


def check_method(method: str) -> str:
    """Return what is wrong with a sampling method, or ""."""
    return "" if method in METHODS else f"'{method}' is none of {', '.join(METHODS)}{nearest(method, METHODS)}"
