"""Correlated pairs: a Bayesian network of the motion of two aircraft at their closest point, and draws from it.

The variables are those of the initial network of MIT Lincoln Laboratory's correlated encounter model (Kochenderfer et
al. 2008, ATC-344): layer of height, both speeds, climbs, turns and changes of speed, the intruder's course relative to
the own aircraft's, the side on which it passes, horizontal and vertical miss distance. A variable is a bin of values,
given the bins of its parents. A value is drawn evenly within its bin; it is 0 in a bin of a climb, a turn or a change
of speed that contains 0. The own vehicle's motion at the beginning of an encounter is known. The other variables are
drawn by rejection given that, so they follow the network exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import fsum, inf
from random import Random
from typing import Final

from autopilot.interface.records import dataclass

LAYER, OWN_SPEED, OWN_CLIMB = "layer", "own_speed", "own_climb"
KIND, SPEED, CLIMB, TURN, SPEEDS_UP = "kind", "speed", "climb", "turn", "speeds_up"
COURSE, BEHIND, MISS, MISS_Z = "course", "behind", "miss", "miss_z"
KNOWN: Final = (LAYER, OWN_SPEED, OWN_CLIMB)
"""Variables that are known from the own vehicle: height above its place at power-on, m, speed, m/s, climb, m/s."""
NEEDED: Final = (SPEED, COURSE, MISS, MISS_Z)
_RESTS: Final = frozenset((OWN_CLIMB, CLIMB, TURN, SPEEDS_UP))
_TRIES: Final = 1000


@dataclass(frozen=True, slots=True)
class PairVariable:
    """A variable. `cuts`: bounds of its bins, in m, m/s, degrees; empty: the bins are kinds, by number. `parents`:
    numbers of earlier variables. `odds`: weights of its bins, a row for each combination of the parents' bins, where
    the first parent's bin changes fastest."""

    name: str
    cuts: tuple[float, ...]
    parents: tuple[int, ...]
    odds: tuple[tuple[float, ...], ...]

    @property
    def bins(self) -> int:
        return len(self.odds[0])

    def bin_of(self, value: float) -> int:
        """Bin of a value; the first or last bin for values beyond the bounds."""
        return sum(value >= cut for cut in self.cuts[1:-1])

    def value(self, number: int, chance: Random) -> float:
        """A value drawn within a bin."""
        if not self.cuts:
            return float(number)
        low, high = self.cuts[number], self.cuts[number + 1]
        return 0.0 if self.name in _RESTS and low < 0.0 < high else chance.uniform(low, high)


@dataclass(frozen=True, slots=True)
class PairNetwork:
    """Variables, parents first. `emitters`: ADSB_EMITTER_TYPE of each kind."""

    name: str
    variables: tuple[PairVariable, ...]
    emitters: tuple[int, ...] = ()

    def draw(self, known: Mapping[str, float], chance: Random) -> dict[str, float]:
        """Values of all variables, given some."""
        given = {
            number: variable.bin_of(known[variable.name])
            for number, variable in enumerate(self.variables)
            if variable.name in known
        }
        most = 1.0
        for number, chosen in given.items():
            most *= max(_share(row, chosen) for row in self.variables[number].odds)
        bins: list[int] = []
        for _ in range(_TRIES):
            bins, likely = self._bins(given, chance)
            if chance.random() * most <= likely:
                break
        drawn = {v.name: v.value(chosen, chance) for v, chosen in zip(self.variables, bins, strict=True)}
        return drawn | dict(known)

    def _bins(self, given: Mapping[int, int], chance: Random) -> tuple[list[int], float]:
        """A bin for each variable, and the likelihood of the given bins among them."""
        bins: list[int] = []
        likely = 1.0
        for number, variable in enumerate(self.variables):
            row = variable.odds[self._row(variable, bins)]
            if number in given:
                bins.append(given[number])
                likely *= _share(row, given[number])
            else:
                bins.append(chance.choices(range(len(row)), row)[0] if any(row) else chance.randrange(len(row)))
        return bins, likely

    def _row(self, variable: PairVariable, bins: Sequence[int]) -> int:
        row, step = 0, 1
        for parent in variable.parents:
            row += step * bins[parent]
            step *= self.variables[parent].bins
        return row


def _share(row: Sequence[float], number: int) -> float:
    whole = fsum(row)
    return row[number] / whole if whole else 1.0 / len(row)


def complaint(network: PairNetwork) -> str:
    """Reason why a network is not valid; empty if it is."""
    names = [variable.name for variable in network.variables]
    missing = [name for name in NEEDED if name not in names]
    if missing:
        return f"no {' and no '.join(missing)}"
    for number, variable in enumerate(network.variables):
        rows = 1
        for parent in variable.parents:
            if not 0 <= parent < number:
                return f"{variable.name}: its parents stand behind it"
            rows *= network.variables[parent].bins
        if len(variable.odds) != rows or len({len(row) for row in variable.odds}) != 1:
            return f"{variable.name}: expected {rows} rows of equal length"
        if not all(0.0 <= share < inf for row in variable.odds for share in row) or not variable.bins:
            return f"{variable.name}: odds are not negative"
        cuts = variable.cuts
        if cuts and (len(cuts) != variable.bins + 1 or any(not low < high for low, high in pairwise(cuts))):
            return f"{variable.name}: expected {variable.bins + 1} bounds that rise"
        if not cuts and variable.name in (*KNOWN, *NEEDED, CLIMB, TURN, SPEEDS_UP) and variable.name != LAYER:
            return f"{variable.name}: expected bounds"
        if not all(-1e6 <= cut <= 1e6 for cut in cuts) or (variable.name in (SPEED, MISS) and cuts[0] < 0.0):
            return f"{variable.name}: a bound that is none"
    return ""
