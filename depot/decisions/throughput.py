"""Equations of the reference beside what sorties have measured (docs/reference/sortie-loop.md, "Throughput").

Utilisation U of a depot with several skimmers, in `Y_total = S * U * Y_single`.

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

from depot.decisions.planning import Derating, payload_kg
from depot.settings import Profile

HOURS_A_YEAR = 8760.0
ROUNDS = 200
"""Simulated sorties of each skimmer. The first tenth is the transient and is not counted."""
_AWAY, _AT_DOCK = (2, 3, 4, 5), (1, 6, 7, 8)
_SETTLED = ROUNDS // 10


class ThroughputComparison(Struct, frozen=True):
    """Quantity by its equation and as measured; `measured` is None without a measurement, `holds` is for a constraint.
    A range of the reference is predicted by its middle."""

    quantity: str
    equation: str
    unit: str
    predicted: float | None
    measured: float | None
    holds: bool | None = None


def cycle_time_h(profile: Profile) -> float:
    """T_sortie = T_prep + T_out + T_harvest + T_return + T_dock + T_offload."""
    return profile.plan.t_sortie_s / 3600.0


def harvested_kg(profile: Profile) -> float:
    """m_h = rho_env x V_sweep x eta_intake over the time of harvest, at most the planned capacity."""
    return min(profile.skimmer.intake_kg_s * profile.plan.harvest_s, payload_kg(profile, Derating()))


def delivered_kg(profile: Profile) -> float:
    """m_out = eta_route x m_h."""
    return profile.depot.eta_route * harvested_kg(profile)


def propellant_kg(profile: Profile) -> float:
    """Propellant that one sortie burns, kg."""
    use = profile.skimmer
    part = harvested_kg(profile) / (use.intake_kg_s * profile.plan.harvest_s)
    return use.departure_kg + use.outbound_kg + use.harvest_kg * part + use.return_kg + use.dock_kg


def reliability(sorties: Sequence[Mapping[str, Any]]) -> float | None:
    """R_rel: the share of sorties that were completed."""
    return sum(s["outcome"] == "completed" for s in sorties) / len(sorties) if sorties else None


def compare(profile: Profile, sorties: Sequence[Mapping[str, Any]]) -> list[ThroughputComparison]:
    """Equation and simulation side by side. Measured means are over completed sorties, yields over all."""
    good = [s for s in sorties if s["outcome"] == "completed"]
    rel = reliability(sorties)
    cycle_h, out_kg = cycle_time_h(profile), delivered_kg(profile)
    cycles = HOURS_A_YEAR / cycle_h
    took_h = _mean([(s["phases"][6]["end_s"] - s["phases"][0]["start_s"]) / 3600.0 for s in good])
    span_h = _span_h(sorties)
    total_kg = fsum(s["delivered_kg"] for s in sorties)
    a_year = None if not span_h else total_kg / span_h * HOURS_A_YEAR
    y_single = None if rel is None else out_kg * cycles * rel
    drain_kg = profile.depot.soxe_kg_s * 3600.0 * HOURS_A_YEAR  # C_tank / tau_drain with tau = C / rate
    burnt = propellant_kg(profile)
    mean_out = _mean([s["delivered_kg"] for s in good])
    co2_share = 1.0 - profile.skimmer.fuel_fraction
    unit, fuel_unit = profile.units.store, profile.units.propellant
    useful, closes = None, None
    if unit == fuel_unit:  # else the propellant does not come out of the harvest
        useful = None if mean_out is None else mean_out * profile.depot.eta_use
        closes = burnt < (out_kg * profile.depot.eta_use if useful is None else useful)
    return [
        ThroughputComparison(
            "cycle time", "T_prep + T_out + T_harvest + T_return + T_dock + T_offload", "h", cycle_h, took_h
        ),
        ThroughputComparison(
            "harvested mass",
            "rho_env * V_sweep * eta_intake",
            unit,
            harvested_kg(profile),
            _mean([s["harvested_kg"] for s in good]),
        ),
        ThroughputComparison("delivered mass", "eta_route * m_h", unit, out_kg, mean_out),
        ThroughputComparison(
            "sorties a year",
            "8760 / T_sortie",
            "",
            cycles,
            None if not span_h else len(sorties) / span_h * HOURS_A_YEAR,
        ),
        ThroughputComparison("reliability", "R_rel (0.60 early, 0.75 stable, 0.85 and more mature)", "", None, rel),
        ThroughputComparison("yield of one skimmer", "m_out * N_cycles * R_rel", f"{unit}/a", y_single, a_year),
        ThroughputComparison(
            "storage constraint",
            "Y_single <= C_tank / tau_drain",
            f"{unit}/a",
            drain_kg,
            None if a_year is None else a_year * co2_share,
            None if a_year is None else a_year * co2_share <= drain_kg,
        ),
        ThroughputComparison(
            "propellant closure", "m_prop_skim + m_prop_depot < m_out * eta_use", fuel_unit, burnt, useful, closes
        ),
        *_fleet(profile, sorties, y_single, a_year),
    ]


FLEETS = ((1, 1.0, 1.0), (3, 0.80, 0.90), (6, 0.70, 0.80))
"""Number S of skimmers with the range of U (docs/reference/sortie-loop.md, "Throughput")."""


def _fleet(
    profile: Profile, sorties: Sequence[Mapping[str, Any]], y_single: float | None, a_year: float | None
) -> list[ThroughputComparison]:
    """Utilisation and the fleet's yield with one dock: with an unlimited tank farm, and with the profile's own."""
    depot, unit = profile.depot, f"{profile.units.store}/a"
    turns = turns_of(sorties, 1.0 - profile.skimmer.fuel_fraction)
    farm = TankFarm(depot.co2_kg * (1.0 - depot.start_fill), depot.soxe_kg_s)
    rows = []
    for skimmers, low, high in FLEETS:
        middle = (low + high) / 2.0
        dock, whole = utilisation(turns, skimmers), utilisation(turns, skimmers, farm)
        table = f"{low:.2f}" if low == high else f"{low:.2f} to {high:.2f}"
        rows += [
            ThroughputComparison(f"utilisation, S = {skimmers}, one dock", f"U: {table}", "", middle, dock),
            ThroughputComparison(
                f"utilisation, S = {skimmers}, one dock, tank ring and SOXE", f"U: {table}", "", middle, whole
            ),
            ThroughputComparison(
                f"fleet yield, S = {skimmers}",
                "S * U * Y_single",
                unit,
                None if y_single is None else skimmers * middle * y_single,
                None if a_year is None or whole is None else skimmers * whole * a_year,
            ),
        ]
    return rows


def _mean(values: Sequence[float]) -> float | None:
    return fsum(values) / len(values) if values else None


def _span_h(sorties: Sequence[Mapping[str, Any]]) -> float | None:
    if not sorties:
        return None
    span_s: float = sorties[-1]["phases"][-1]["end_s"] - sorties[0]["phases"][0]["start_s"]
    return span_s / 3600.0


# --- several skimmers -------------------------------------------------------------------------------------------------
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
