"""Separation of vehicles: the closest approach of each pair, from their true positions.

Positions are sampled from time to time. Between two samples motion counts as straight, so the distance of a pair is
that of the closest point of their relative motion (conflict detection's "closest point of approach"). Vehicles are
sorted from south to north and compared with their neighbours in that order as far as the limit reaches, so few pairs
are computed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from autopilot.interface import layout as L
from autopilot.interface.geo import GeoPoint, to_local
from autopilot.interface.records import dataclass
from sitl.kernel import layout as M
from sitl.kernel.compiling import ANY_MOVES

CLOSE_M: Final = 20.0
"""Distance below which an approach is reported, m."""
_MOVES_MPS: Final = 0.5
_AT_ONCE: Final = 1 << 18
"""Number of pairs that are computed in one step."""
_APART_M: Final = 1.0
"""An approach ends when the distance is this much above its minimum, m."""
Floats = npt.NDArray[np.float64]
Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Approach:
    """Closest approach of a pair (numbers of vehicles, the lower first): distance, m, and vehicle time."""

    pair: Pair
    distance_m: float
    time_ms: int


class Separation:
    """Monitor of vehicles by the rows of their states and their numbers; `homes` by number. `report` receives each
    approach below `CLOSE_M` when it is over. `closest` is the closest of all."""

    def __init__(
        self,
        states: Sequence[tuple[Floats, Sequence[int]]],
        homes: Sequence[GeoPoint],
        report: Callable[[Approach], None],
    ) -> None:
        self._states = [(state, np.array(members, np.int64)) for state, members in states]
        self._any_moves: list[Callable[[], int]] = []
        self._report = report
        self._homes = np.array([to_local(homes[0], home.lat, home.lon, home.alt) for home in homes])
        self._at = np.zeros((len(homes), 3))
        self._speed = np.zeros((len(homes), 3))
        self._moves = np.zeros(len(homes), np.bool_)
        self._under_way: dict[Pair, Approach] = {}
        self._looked_ms: int | None = None
        self.all_stand = False
        """True if in the last sample certainly no vehicle moved."""
        self.closest: Approach | None = None

    def look(self, now_ms: int) -> list[Approach]:
        """Sample all vehicles at `now_ms`. Returns every close pair with its closest distance since the last sample."""
        passed_s = 0.0 if self._looked_ms is None else (now_ms - self._looked_ms) / 1000.0
        self._looked_ms = now_ms
        self.all_stand = self._certainly_stand()
        if self.all_stand:
            self._follow(())
            return []
        self._read()
        reach_m = np.inf if self.closest is None else max(CLOSE_M, self.closest.distance_m)
        near = self._near(reach_m, now_ms, passed_s)
        for approach in near:
            if self.closest is None or approach.distance_m < self.closest.distance_m:
                self.closest = approach
        close = [approach for approach in near if approach.distance_m < CLOSE_M]
        self._follow(close)
        return close

    def finish(self) -> None:
        """End the monitoring, and report the approaches that are still close."""
        for approach in self._under_way.values():
            self._report(approach)
        self._under_way.clear()

    def _certainly_stand(self) -> bool:
        """True if certainly no vehicle moves: most fleets stand most of the time."""
        if not self._any_moves:
            self._any_moves = [ANY_MOVES.bind(state) for state, _ in self._states]
        return not any(moves() for moves in self._any_moves)

    def _read(self) -> None:
        for state, members in self._states:
            self._at[members] = state[:, M.S_PN : M.S_PD + 1]
            self._speed[members] = state[:, M.S_VN : M.S_VD + 1]
            self._moves[members] = state[:, L.S_AIR] == 1.0
        self._at += self._homes
        self._moves |= np.einsum("ij,ij->i", self._speed, self._speed) > _MOVES_MPS * _MOVES_MPS

    def _near(self, reach_m: float, now_ms: int, passed_s: float) -> list[Approach]:
        """Close pairs with at least one moving vehicle."""
        if not self._moves.any():
            return []
        order = np.argsort(self._at[:, 0], kind="stable")
        at, speed, moves = self._at[order], self._speed[order], self._moves[order]
        count = len(order)
        if reach_m == np.inf:  # the first sample: use the distance of the nearest two in that order
            apart = at[1:] - at[:-1]
            squared = np.einsum("ij,ij->i", apart, apart)[moves[1:] | moves[:-1]]
            reach_m = max(np.nextafter(np.sqrt(squared.min()), np.inf), CLOSE_M)
        limit_m = reach_m + float(np.abs(speed).max()) * 2.0 * passed_s
        others = np.searchsorted(at[:, 0], at[:, 0] + limit_m, side="right") - np.arange(1, count + 1)
        found: list[Approach] = []
        for rows in np.array_split(np.arange(count), 1 + int(others.sum()) // _AT_ONCE):
            first = np.repeat(rows, others[rows])
            ends = np.cumsum(others[rows])
            shift = np.arange(1, len(first) + 1) - np.repeat(ends - others[rows], others[rows])
            which = np.flatnonzero(moves[first] | moves[first + shift])
            which = which[np.argsort(shift[which], kind="stable")]
            first, second = first[which], first[which] + shift[which]
            apart, closing = at[second] - at[first], speed[second] - speed[first]
            found += self._pairs(order[first], order[second], apart, closing, reach_m, now_ms, passed_s)
        return found

    def _pairs(
        self,
        first: npt.NDArray[np.int64],
        second: npt.NDArray[np.int64],
        apart: Floats,
        closing: Floats,
        reach_m: float,
        now_ms: int,
        passed_s: float,
    ) -> list[Approach]:
        """Approaches nearer than `reach_m` among these pairs, with their distances `apart` and relative velocities
        `closing`."""
        squared = np.einsum("ij,ij->i", closing, closing)
        along = np.einsum("ij,ij->i", apart, closing)
        back_s = np.clip(np.divide(along, squared, out=np.zeros_like(along), where=squared > 0.0), 0.0, passed_s)
        nearest = np.sqrt(np.sum(np.square(apart - closing * back_s[:, None]), axis=1))
        found = []
        for k in np.flatnonzero(nearest < reach_m).tolist():
            a, b = int(first[k]), int(second[k])
            pair = (a, b) if a < b else (b, a)
            found.append(Approach(pair, float(nearest[k]), now_ms - round(1000.0 * float(back_s[k]))))
        return found

    def _follow(self, close: Sequence[Approach]) -> None:
        """Begin, update and end approaches."""
        still = {approach.pair: approach for approach in close}
        for pair, closest in list(self._under_way.items()):
            now = still.get(pair)
            if now is None or now.distance_m > closest.distance_m + _APART_M:
                self._report(closest)
                del self._under_way[pair]
        for pair, approach in still.items():
            before = self._under_way.get(pair)
            if before is None and self._is_parting(approach):
                continue
            if before is None or approach.distance_m < before.distance_m:
                self._under_way[pair] = approach

    def _is_parting(self, approach: Approach) -> bool:
        """True after the approach was reported."""
        a, b = approach.pair
        apart, closing = self._at[b] - self._at[a], self._speed[b] - self._speed[a]
        return float(apart @ closing) > 0.0
