"""Utilisation of a depot that serves more skimmers than one: U of `Y_total = S * U * Y_single`.

The reference gives U by experience and says why it falls: docking is sequential, tank farm and SOXE throughput are
finite, thermal settling does not run in parallel. Here it is measured, from what the sorties of one skimmer have taken:
S skimmers repeat them, each from another one on, and share one dock. Whoever comes while the dock is taken waits
(first come, first served); whoever brings more CO2 than there is room for stands in the dock until SOXE has made room.

    U = time that the skimmers fly or are served / (that + time that they wait)

which is what the fleet flies over what S skimmers would fly that never wait. It is a queue with one server and a finite
population, walked event by event; nothing is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heapify, heapreplace
from math import fsum, inf
from typing import Any

from msgspec import Struct

ROUNDS = 200
"""Sorties of each skimmer that are walked through; those before the tenth part are the beginning and do not count."""
_AWAY, _AT_DOCK = (2, 3, 4, 5), (1, 6, 7, 8)
_SETTLED = ROUNDS // 10


class SortieTurn(Struct, frozen=True):
    """Sortie as the dock sees it: away, then in the dock (docking, offload, settling, review, preparation of the
    next)."""

    away_s: float
    dock_s: float
    co2_kg: float


class TankFarm(Struct, frozen=True):
    """CO2_TANK_RING: room above what it holds at the beginning, and what SOXE takes out."""

    room_kg: float = inf
    drain_kg_s: float = 0.0


def turns_of(sorties: Sequence[Mapping[str, Any]], co2_share: float) -> list[SortieTurn]:
    """Turns of the sorties that came home, in order; `co2_share`: the fraction of the delivery that is CO2."""
    return [
        SortieTurn(_lasted_s(sortie, _AWAY), _lasted_s(sortie, _AT_DOCK), co2_share * sortie["delivered_kg"])
        for sortie in sorties
        if sortie["outcome"] != "lost" and sortie["phases"][-1]["phase"] == 8
    ]


def _lasted_s(sortie: Mapping[str, Any], numbers: tuple[int, ...]) -> float:
    total_s: float = fsum(phase["end_s"] - phase["start_s"] for phase in sortie["phases"] if phase["phase"] in numbers)
    return total_s


ENDLESS = TankFarm()
"""A tank farm that takes everything: what is left is the dock."""


def utilisation(turns: Sequence[SortieTurn], skimmers: int, farm: TankFarm = ENDLESS) -> float | None:
    """U for so many skimmers, 0 to 1; None when nothing was flown."""
    cycle_s = fsum(turn.away_s + turn.dock_s for turn in turns) / len(turns) if turns else 0.0
    if cycle_s <= 0.0:
        return None
    # (next arrival at the dock, skimmer, sorties done): launched one after the other, evenly over a cycle
    fleet = [(number * cycle_s / skimmers, number, 0) for number in range(skimmers)]
    heapify(fleet)
    free_s, held_kg, held_at_s, useful_s, waited_s = 0.0, 0.0, 0.0, 0.0, 0.0
    for done in range(ROUNDS * skimmers):
        arrival_s, number, flown = fleet[0]
        turn = turns[(number * len(turns) // skimmers + flown) % len(turns)]
        start_s = max(arrival_s, free_s)
        held_kg = max(held_kg - farm.drain_kg_s * (start_s - held_at_s), 0.0)
        over_kg = held_kg + turn.co2_kg - farm.room_kg
        if over_kg > 0.0:
            if farm.drain_kg_s <= 0.0 or turn.co2_kg > farm.room_kg:
                return 0.0  # there will never be room
            start_s += over_kg / farm.drain_kg_s
            held_kg -= over_kg
        held_kg, held_at_s = held_kg + turn.co2_kg, start_s
        free_s = start_s + turn.dock_s
        heapreplace(fleet, (free_s + turn.away_s, number, flown + 1))
        if done >= _SETTLED * skimmers:
            useful_s += turn.away_s + turn.dock_s
            waited_s += start_s - arrival_s
    return useful_s / (useful_s + waited_s)
