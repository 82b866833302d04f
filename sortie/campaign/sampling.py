"""What varies: distributions, and how the runs of a study are spread over them.

A sample is made in the unit cube, one column for each input in the order of the file, and carried through the inverse
of each distribution function, so that Latin hypercube and Sobol points stay what they are. All of it depends on the
study's seed alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from sortie.config.errors import UserError, nearest

Value = float | str
METHODS: Final = ("random", "lhs", "sobol", "grid")
KINDS: Final = ("uniform", "normal", "lognormal", "choice", "grid")
_DIGITS: Final = 6
"""Inputs are rounded to so many decimals: what a command line says is what is flown."""
_SEEDS: Final = 1 << 63


class Vary(Struct, frozen=True, forbid_unknown_fields=True):
    """One input: exactly one of these. `uniform`: from, to; `normal`: mean, standard deviation; `lognormal`: median and
    standard deviation of the logarithm; `choice`: values, equally likely; `grid`: values, which the sample "grid"
    combines in full."""

    uniform: tuple[float, float] | None = None
    normal: tuple[float, float] | None = None
    lognormal: tuple[float, float] | None = None
    choice: list[Value] | None = None
    grid: list[Value] | None = None

    @property
    def kind(self) -> str:
        """Which of `KINDS`."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @property
    def listed(self) -> list[Value] | None:
        """The values, where they are counted."""
        return self.choice if self.choice is not None else self.grid

    def complaint(self) -> str:
        """What is wrong with it, or an empty text."""
        said = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(said) != 1:
            return f"expected one of {', '.join(KINDS)}, not {' and '.join(said) or 'none'}"
        if self.uniform is not None and not self.uniform[0] < self.uniform[1]:
            return "uniform: expected [from, to] with from < to"
        if self.normal is not None and not self.normal[1] > 0.0:
            return "normal: expected [mean, deviation] with a deviation above 0"
        if self.lognormal is not None and not (self.lognormal[0] > 0.0 and self.lognormal[1] > 0.0):
            return "lognormal: expected [median, deviation of the logarithm], both above 0"
        return f"{self.kind}: expected at least one value" if self.listed == [] else ""

    def value(self, share: float) -> Value:
        """The value below which this share of the distribution lies."""
        if self.listed is not None:
            return self.listed[min(int(share * len(self.listed)), len(self.listed) - 1)]
        if self.uniform is not None:
            low, high = self.uniform
            return round(low + share * (high - low), _DIGITS)
        from scipy.special import ndtri

        deviate = float(ndtri(min(max(share, 1e-12), 1.0 - 1e-12)))
        if self.normal is not None:
            return round(self.normal[0] + deviate * self.normal[1], _DIGITS)
        assert self.lognormal is not None
        return round(self.lognormal[0] * exp(deviate * self.lognormal[1]), _DIGITS)


def seed_of_run(seed: int, run: int) -> int:
    """The seed of one flight: of its own for each run, whatever else is flown."""
    return int(np.random.SeedSequence([seed, run]).generate_state(1, np.uint64)[0]) % _SEEDS


def grid_size(vary: Mapping[str, Vary]) -> int:
    """How many runs a full grid has. UserError for an input without counted values."""
    size = 1
    for name, one in vary.items():
        if one.listed is None:
            raise UserError(f"vary.{name}: the sample grid needs grid or choice, not {one.kind}")
        size *= len(one.listed)
    return size


def inputs(vary: Mapping[str, Vary], method: str, seed: int, runs: int) -> list[dict[str, Value]]:
    """The inputs of each run, in order of run number."""
    if method == "grid":
        return [_of_grid(vary, run) for run in range(runs)]
    shares = _unit(method, seed, runs, len(vary))
    return [
        {name: one.value(float(share)) for (name, one), share in zip(vary.items(), row, strict=True)} for row in shares
    ]


def _of_grid(vary: Mapping[str, Vary], run: int) -> dict[str, Value]:
    """The last input of the file changes fastest."""
    found: dict[str, Value] = {}
    for name, one in reversed(list(vary.items())):
        listed: Sequence[Value] = one.listed or ()
        run, at = divmod(run, len(listed))
        found[name] = listed[at]
    return {name: found[name] for name in vary}


def _unit(method: str, seed: int, runs: int, width: int) -> NDArray[np.float64]:
    """Points of the unit cube, `runs` by `width`."""
    generator = np.random.default_rng(seed)
    if width == 0 or method == "random":
        return generator.random((runs, width))
    from scipy.stats import qmc

    if method == "lhs":
        return np.asarray(qmc.LatinHypercube(width, rng=generator).random(runs))
    sobol = qmc.Sobol(width, scramble=True, rng=generator)
    return np.asarray(sobol.random_base2(max(runs - 1, 0).bit_length())[:runs])


def check_method(method: str) -> str:
    """What is wrong with it, or an empty text."""
    return "" if method in METHODS else f"'{method}' is none of {', '.join(METHODS)}{nearest(method, METHODS)}"
