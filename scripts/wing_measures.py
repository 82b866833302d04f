"""Measures of two flights of one mission: how far apart they are, and how far they may be (issue of the wings).

Points of one track are laid to the other's nearest place of the same part of the mission: the same item, or its
neighbours. A turn is where either plane banks; the airspeed has settled where a plane has flown level and straight for
`SETTLES_S`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scripts.wing_flights import WingFlight

LEG_M, TURN_M, TIME_SHARE, TIME_S, AIRSPEED_MPS, HEIGHT_M, ENERGY_SHARE = 15.0, 25.0, 0.05, 2.0, 1.0, 5.0, 0.10
BANKS_DEG, SETTLES_S, LEVEL_MPS = 10.0, 8.0, 0.5
COMES_LATE_S = 3.0
"""So long after a bank it still swings onto its leg."""
LOOK_S = 0.2

Rows = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Measure:
    """`value`: the greatest difference, in the unit of `most`; `at_s`: where it is, s since liftoff."""

    name: str
    value: float
    most: float
    at_s: float

    @property
    def holds(self) -> bool:
        """True when it is within its limit."""
        return self.value <= self.most


@dataclass
class _Laid:
    """A flight on an even grid. `part`: the item that is flown."""

    rows: Rows
    part: npt.NDArray[np.int64]
    turns: npt.NDArray[np.bool_]
    settled: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, flight: WingFlight, end_s: float) -> _Laid:
        track = np.asarray(flight.track)
        grid = np.arange(0.0, min(track[-1, 0], end_s), LOOK_S)
        rows = np.stack([grid, *(np.interp(grid, track[:, 0], track[:, column]) for column in range(1, 7))], axis=1)
        begins = sorted((at_s, seq) for seq, at_s in flight.items.items())
        at = np.searchsorted([at_s for at_s, _ in begins], grid, side="right")
        part = np.asarray([0, *(seq for _, seq in begins)])[at]
        banked = np.abs(rows[:, 5]) > BANKS_DEG
        turns = _held(banked, COMES_LATE_S)
        climbs = np.abs(np.gradient(rows[:, 3], LOOK_S)) > LEVEL_MPS
        changed = np.concatenate([[True], part[1:] != part[:-1]])
        settled = ~_held(banked | climbs | changed, SETTLES_S)
        return cls(rows, part, turns, settled)


def _held(marks: npt.NDArray[np.bool_], seconds: float) -> npt.NDArray[np.bool_]:
    """Marks that go on for so long."""
    kernel = np.ones(round(seconds / LOOK_S) + 1)
    return np.convolve(marks, kernel)[: len(marks)] > 0.5


def measures(ours: WingFlight, theirs: WingFlight) -> list[Measure]:
    """All measures of two flights."""
    end_s = min(ours.track[-1][0], theirs.track[-1][0])
    one, other = _Laid.of(ours, end_s), _Laid.of(theirs, end_s)
    return [*_ways(one, other), _times(ours, theirs), _airspeeds(one, other), _energy(ours, theirs)]


def _ways(one: _Laid, other: _Laid) -> list[Measure]:
    apart: dict[bool, tuple[float, float]] = {False: (0.0, 0.0), True: (0.0, 0.0)}
    height = (0.0, 0.0)
    for a, b in ((one, other), (other, one)):
        for seq in np.unique(a.part):
            mine, near = a.part == seq, np.abs(b.part - seq) <= 1
            if not near.any():
                continue
            gaps = np.hypot(*(a.rows[mine, None, axis] - b.rows[None, near, axis] for axis in (1, 2)))
            nearest = gaps.argmin(axis=1)
            # between two points of a grid of some metres
            distance = _to_segments(a.rows[mine], b.rows[near], nearest)
            turning = a.turns[mine] | b.turns[near][nearest]
            for turns in (False, True):
                chosen = np.flatnonzero(turning == turns)
                if chosen.size:
                    at = chosen[distance[chosen].argmax()]
                    apart[turns] = max(apart[turns], (float(distance[at]), float(a.rows[mine][at, 0])))
            # of the places that are nearly as near, the one that is nearest in height: circles lie above each other
            close = gaps <= gaps.min(axis=1, keepdims=True) + 3.0
            up = np.abs(a.rows[mine, None, 3] - b.rows[None, near, 3])
            up = np.where(close, up, np.inf).min(axis=1)
            height = max(height, (float(up.max()), float(a.rows[mine][up.argmax(), 0])))
    return [
        Measure("way on legs, m", apart[False][0], LEG_M, apart[False][1]),
        Measure("way in turns, m", apart[True][0], TURN_M, apart[True][1]),
        Measure("height, m", height[0], HEIGHT_M, height[1]),
    ]


def _to_segments(points: Rows, line: Rows, nearest: npt.NDArray[np.int64]) -> Rows:
    """Distance to the line between the neighbours of the nearest point."""
    best = np.full(len(points), np.inf)
    for side in (-1, 0):
        first = np.clip(nearest + side, 0, max(len(line) - 2, 0))
        a, b = line[first, 1:3], line[np.minimum(first + 1, len(line) - 1), 1:3]
        along = b - a
        share = ((points[:, 1:3] - a) * along).sum(axis=1) / np.maximum((along**2).sum(axis=1), 1e-9)
        foot = a + np.clip(share, 0.0, 1.0)[:, None] * along
        best = np.minimum(best, np.hypot(*(points[:, 1:3] - foot).T))
    return best


def _times(ours: WingFlight, theirs: WingFlight) -> Measure:
    """As a share of the limit at which it is held: 5 % or 2 s."""
    worst = (0.0, 0.0)
    for seq in ours.items.keys() & theirs.items.keys():
        late, at_s = abs(ours.items[seq] - theirs.items[seq]), theirs.items[seq]
        if at_s > 0.0:
            worst = max(worst, (late / max(TIME_S / TIME_SHARE, at_s), at_s))
    return Measure("times, %", 100.0 * worst[0], 100.0 * TIME_SHARE, worst[1])


def _airspeeds(one: _Laid, other: _Laid) -> Measure:
    worst = (0.0, 0.0)
    for seq in np.unique(one.part):
        a, b = one.settled & (one.part == seq), other.settled & (other.part == seq)
        if a.any() and b.any():
            off = abs(float(one.rows[a, 4].mean() - other.rows[b, 4].mean()))
            worst = max(worst, (off, float(one.rows[a, 0][0])))
    return Measure("settled airspeed, m/s", worst[0], AIRSPEED_MPS, worst[1])


def _energy(ours: WingFlight, theirs: WingFlight) -> Measure:
    """At the beginning of the last item that both have flown to, and at the end of the shorter flight."""
    last = max(ours.items.keys() & theirs.items.keys(), key=lambda seq: theirs.items[seq])
    used = [_used(flight, flight.items[last]) for flight in (ours, theirs)]
    return Measure("energy, %", 100.0 * abs(used[0] / max(used[1], 1e-6) - 1.0), 100.0 * ENERGY_SHARE, theirs.items[last])


def _used(flight: WingFlight, at_s: float) -> float:
    track = np.asarray(flight.track)
    return float(np.interp(at_s, track[:, 0], track[:, 6]))
