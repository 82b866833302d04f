"""Utilisation U of a depot with several skimmers, in `Y_total = S * U * Y_single`.

The reference gives U from experience and names the reasons for its fall: docking is sequential, tank farm and SOXE have
a finite throughput, and thermal settling is not done in parallel. This module computes U from the measured sorties of
one skimmer: S skimmers repeat these sorties, each beginning with a different one, and share one dock. A skimmer waits
while the dock is occupied (first come, first served) and stays in the dock until SOXE has made room for its CO2.

    U = time that the skimmers fly or are served / (that time + time that they wait)

This is a closed queue with one server, simulated event by event without random numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heapify, heapreplace
from math import fsum, inf
from typing import Any

from msgspec import Struct

ROUNDS = 200
"""Simulated sorties of each skimmer. The first tenth is the transient and is not counted."""
_AWAY, _AT_DOCK = (2, 3, 4, 5), (1, 6, 7, 8)
_SETTLED = ROUNDS // 10


class SortieTurn(Struct, frozen=True):
    """Times of one sortie: away from the dock, and in the dock (docking, offload, settling, review, next
    preparation)."""

    away_s: float
    dock_s: float
    co2_kg: float


class TankFarm(Struct, frozen=True):
    """CO2 tank ring: free room at the beginning, and the rate at which SOXE takes CO2 out."""

    room_kg: float = inf
    drain_kg_s: float = 0.0


def turns_of(sorties: Sequence[Mapping[str, Any]], co2_share: float) -> list[SortieTurn]:
    """Turns of the sorties that came home, in order. `co2_share`: fraction of the delivery that is CO2."""
    return [
        SortieTurn(_lasted_s(sortie, _AWAY), _lasted_s(sortie, _AT_DOCK), co2_share * sortie["delivered_kg"])
        for sortie in sorties
        if sortie["outcome"] != "lost" and sortie["phases"][-1]["phase"] == 8
    ]


def _lasted_s(sortie: Mapping[str, Any], numbers: tuple[int, ...]) -> float:
    total_s: float = fsum(phase["end_s"] - phase["start_s"] for phase in sortie["phases"] if phase["phase"] in numbers)
    return total_s


ENDLESS = TankFarm()
"""A tank farm without a limit, so that only the dock limits U."""


def utilisation(turns: Sequence[SortieTurn], skimmers: int, farm: TankFarm = ENDLESS) -> float | None:
    """Utilisation of `skimmers` skimmers, 0 to 1; None when nothing was flown."""
    cycle_s = fsum(turn.away_s + turn.dock_s for turn in turns) / len(turns) if turns else 0.0
    if cycle_s <= 0.0:
        return None
    # (next arrival at the dock, s; skimmer; sorties done); launches are spread evenly over one cycle
    fleet = [(number * cycle_s / skimmers, number, 0) for number in range(skimmers)]
    heapify(fleet)
    free_s, stored_kg, stored_at_s, useful_s, waited_s = 0.0, 0.0, 0.0, 0.0, 0.0
    for done in range(ROUNDS * skimmers):
        arrival_s, number, flown = fleet[0]
        turn = turns[(number * len(turns) // skimmers + flown) % len(turns)]
        start_s = max(arrival_s, free_s)
        stored_kg = max(stored_kg - farm.drain_kg_s * (start_s - stored_at_s), 0.0)
        over_kg = stored_kg + turn.co2_kg - farm.room_kg
        if over_kg > 0.0:
            if farm.drain_kg_s <= 0.0 or turn.co2_kg > farm.room_kg:
                return 0.0  # there will never be room
            start_s += over_kg / farm.drain_kg_s
            stored_kg -= over_kg
        stored_kg, stored_at_s = stored_kg + turn.co2_kg, start_s
        free_s = start_s + turn.dock_s
        heapreplace(fleet, (free_s + turn.away_s, number, flown + 1))
        if done >= _SETTLED * skimmers:
            useful_s += turn.away_s + turn.dock_s
            waited_s += start_s - arrival_s
    return useful_s / (useful_s + waited_s)
