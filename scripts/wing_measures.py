"""Measures of two flights of one mission: how far apart they are, and how far they may be (issue of the wings).

Points of one track are laid to the nearest place of the other's within 2 s and 5 % of the time. A turn is where
either plane banks; the airspeed has settled where a plane has flown level, straight and no faster or slower for
`SETTLES_S`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scripts.wing_flights import WingFlight
from scripts.wing_reasons import Reasons

LEG_M, TURN_M, TIME_SHARE, TIME_S, AIRSPEED_MPS, HEIGHT_M, ENERGY_SHARE = 15.0, 25.0, 0.05, 2.0, 1.0, 5.0, 0.10
BANKS_DEG, SETTLES_S, LEVEL_MPS, STEADY_MPS2 = 10.0, 8.0, 0.5, 0.3
COMES_LATE_S = 3.0
"""So long after a bank it still swings onto its leg."""
LOOK_S = 0.2
STANDS_M = 1.0
CLOSE_M = 3.0
FLIES_MPS = 8.0

Rows = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Measure:
    """`value`: the greatest difference, in the unit of `most`; `at_s`: where it is, s since the takeoff's end."""

    name: str
    value: float
    most: float
    at_s: float

    @property
    def holds(self) -> bool:
        """True when it is within its limit."""
        return self.value <= self.most


def unexplained(name: str, found: Sequence[Measure], explained: Reasons) -> list[Measure]:
    """Measures of a mission that are beyond their limit, and have no reason."""
    return [one for one in found if not one.holds and one.name not in explained.get(name, {})]


def told(rows: Iterable[tuple[str, Sequence[Measure]]], explained: Reasons) -> str:
    """A line for each measure that is beyond its limit: mission, measure, reason."""
    lines = [
        f"- {name}, {one.name} {one.value:.1f}: {explained.get(name, {}).get(one.name, 'not explained')}"
        for name, found in rows
        for one in found
        if not one.holds
    ]
    return "\n".join(lines) or "Nothing."


@dataclass
class Laid:
    """A flight on an even grid. `part`: the item that is flown."""

    rows: Rows
    part: npt.NDArray[np.int64]
    turns: npt.NDArray[np.bool_]
    settled: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, flight: WingFlight, end_s: float) -> Laid:
        track = np.asarray(flight.track)
        grid = np.arange(track[0, 0], min(track[-1, 0], end_s), LOOK_S)
        rows = np.stack([grid, *(np.interp(grid, track[:, 0], track[:, column]) for column in range(1, 7))], axis=1)
        begins = sorted((at_s, seq) for seq, at_s in flight.items.items())
        at = np.searchsorted([at_s for at_s, _ in begins], grid, side="right")
        part = np.asarray([1, *(seq for _, seq in begins)])[at]
        banked = np.abs(rows[:, 5]) > BANKS_DEG
        turns = _held(banked, COMES_LATE_S)
        climbs = (
            (np.abs(np.gradient(rows[:, 3], LOOK_S)) > LEVEL_MPS) | (rows[:, 3] < STANDS_M) | (rows[:, 4] < FLIES_MPS)
        )
        changes = np.abs(np.gradient(rows[:, 4], LOOK_S)) > STEADY_MPS2
        changed = np.concatenate([[True], part[1:] != part[:-1]])
        settled = ~_held(banked | climbs | changes | changed, SETTLES_S)
        return cls(rows, part, turns, settled)


def _held(marks: npt.NDArray[np.bool_], seconds: float) -> npt.NDArray[np.bool_]:
    """Marks that go on for so long."""
    kernel = np.ones(round(seconds / LOOK_S) + 1)
    return np.convolve(marks, kernel)[: len(marks)] > 0.5


def measures(ours: WingFlight, theirs: WingFlight) -> list[Measure]:
    """All measures of two flights."""
    end_s = min(ours.track[-1][0], theirs.track[-1][0])
    one, other = Laid.of(ours, end_s), Laid.of(theirs, end_s)
    return [*_ways(one, other), times(ours, theirs), airspeeds(one, other), _energy(ours, theirs)]


def _ways(one: Laid, other: Laid) -> list[Measure]:
    apart: dict[bool, tuple[float, float]] = {False: (0.0, 0.0), True: (0.0, 0.0)}
    height = (0.0, 0.0)
    for a, b in ((one, other), (other, one)):
        end_s = min(a.rows[-1, 0], b.rows[-1, 0])
        for at, row in enumerate(a.rows):
            early_s = TIME_S + TIME_SHARE * row[0]
            if not 0.0 <= row[0] <= end_s - early_s:
                continue
            near = np.abs(b.rows[:, 0] - row[0]) <= early_s
            far, up, turns = nearest(row, b.rows[near], b.turns[near])
            turns = turns or bool(a.turns[at])
            apart[turns] = max(apart[turns], (far, row[0]))
            height = max(height, (up, row[0]))
    return [
        Measure("track on legs, m", apart[False][0], LEG_M, apart[False][1]),
        Measure("track in turns, m", apart[True][0], TURN_M, apart[True][1]),
        Measure("height, m", height[0], HEIGHT_M, height[1]),
    ]


def nearest(row: Rows, line: Rows, turns: npt.NDArray[np.bool_]) -> tuple[float, float, bool]:
    """Distance to the line, how much higher it is there, and whether it turns there."""
    first, last = line[:-1, 1:4], line[1:, 1:4]
    along = (last - first)[:, :2]
    share = ((row[1:3] - first[:, :2]) * along).sum(axis=1) / np.maximum((along**2).sum(axis=1), 1e-9)
    foot = first + np.clip(share, 0.0, 1.0)[:, None] * (last - first)
    gaps = np.hypot(row[1] - foot[:, 0], row[2] - foot[:, 1])
    at = int(gaps.argmin())
    close = gaps <= gaps[at] + CLOSE_M  # upright it stands over one place for long
    return float(gaps[at]), float(np.abs(row[3] - foot[close, 2]).min()), bool(turns[at])


def times(ours: WingFlight, theirs: WingFlight) -> Measure:
    """As a share of the limit at which it is held: 5 % or 2 s."""
    worst = (0.0, 0.0)
    for seq in ours.items.keys() & theirs.items.keys():
        late, at_s = abs(ours.items[seq] - theirs.items[seq]), theirs.items[seq]
        if at_s > 0.1:
            worst = max(worst, (late / max(TIME_S / TIME_SHARE, at_s), at_s))
    return Measure("times, %", 100.0 * worst[0], 100.0 * TIME_SHARE, worst[1])


def airspeeds(one: Laid, other: Laid) -> Measure:
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
    used = [_used(flight, flight.items[last]) - _used(flight, 0.0) for flight in (ours, theirs)]
    return Measure(
        "energy, %", 100.0 * abs(used[0] / max(used[1], 1e-6) - 1.0), 100.0 * ENERGY_SHARE, theirs.items[last]
    )


def _used(flight: WingFlight, at_s: float) -> float:
    track = np.asarray(flight.track)
    return float(np.interp(at_s, track[:, 0], track[:, 6]))
