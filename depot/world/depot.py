"""Resources of the depot: tank rings behind manifolds, the SOXE reactor, one bus with three tiers
(docs/reference/sortie-loop.md, "Depot topology"). Rates are constant between two calls of `advance`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import fsum

from msgspec import Struct, field

from autopilot.interface.mathematics import exp, log
from depot.names import FaultName
from depot.settings import Profile
from depot.world.energy import J_PER_WH, Accounts, BusBattery, HeatNode
from depot.world.matter import FeedLine, Outside, Tank, electrolyse, let_out, reach

SLOW_FAULT = 150.0
"""Fraction of T_SORTIE in which a growing fault (boil-off, runaway, radiator) reaches its limit, as a divisor: fast
enough to act in the same sortie."""
_ROUTE_KG_S = 5.0
_SOXE_LEAST_KG = 500.0
_SOXE_LEAVES = 0.6
"""Fraction of the battery that the reactor leaves, so that a launch at the end of a shadow has its charge."""


class Plumbing(Struct):
    """Feed lines of the depot; each has two independent routes."""

    dock_co2: FeedLine = field(default_factory=lambda: FeedLine("DOCK_CO2-CO2_M", _ROUTE_KG_S))
    co2_ring: FeedLine = field(default_factory=lambda: FeedLine("CO2_M-CO2_TANK_RING", _ROUTE_KG_S))
    co2_soxe: FeedLine = field(default_factory=lambda: FeedLine("CO2_M-SOXE", _ROUTE_KG_S))
    soxe_o2: FeedLine = field(default_factory=lambda: FeedLine("SOXE-O2_M", _ROUTE_KG_S))
    o2_ring: FeedLine = field(default_factory=lambda: FeedLine("O2_M-O2_TANK_RING", _ROUTE_KG_S))
    o2_engine: FeedLine = field(default_factory=lambda: FeedLine("O2_M-ENGINE_FEED", _ROUTE_KG_S))
    fuel_engine: FeedLine = field(default_factory=lambda: FeedLine("FUEL_M-ENGINE_FEED", _ROUTE_KG_S))
    o2_port: FeedLine = field(default_factory=lambda: FeedLine("O2_M-DEPOT_PORT", _ROUTE_KG_S))
    dock_fuel: FeedLine = field(default_factory=lambda: FeedLine("DOCK_FUEL-FUEL_M", _ROUTE_KG_S))
    h2_ring: FeedLine = field(default_factory=lambda: FeedLine("FUEL_M-H2_TANK_RING", _ROUTE_KG_S))
    ch4_ring: FeedLine = field(default_factory=lambda: FeedLine("FUEL_M-CH4_TANK_RING", _ROUTE_KG_S))
    he3_tanks: FeedLine = field(default_factory=lambda: FeedLine("FUEL_M-HE3_TANKS", _ROUTE_KG_S))
    fuel_port: FeedLine = field(default_factory=lambda: FeedLine("FUEL_M-DEPOT_PORT", _ROUTE_KG_S))

    def all(self) -> tuple[FeedLine, ...]:
        return tuple(getattr(self, name) for name in self.__struct_fields__)


class DepotResources(Struct):
    """State of the depot. `soxe_k`, `cryo_k` and the pressures are sensor readings that faults change."""

    co2: Tank
    o2: Tank
    h2: Tank
    ch4: Tank
    he3: Tank
    battery: BusBattery
    core: HeatNode
    plumbing: Plumbing = field(default_factory=Plumbing)
    soxe_on: bool = True
    secondary_on: bool = True
    primary_on: bool = True
    bus: float = 1.0
    array: float = 1.0
    soxe_k: float = 0.0
    cryo_k: float = 0.0
    manifold_bar: float = 3.0
    o2_extra_bar: float = 0.0
    boil_off_bar: float = 3.0
    bus_ripple: float = 0.0
    rationed: bool = False  # customers get nothing below the usual level, because no harvest is expected
    burn_kg: float = 0.0  # rest of the return-to-origin burn
    burnt_mps: float = 0.0  # change of velocity that it has achieved

    @property
    def tanks(self) -> tuple[Tank, ...]:
        return (self.co2, self.o2, self.h2, self.ch4, self.he3)

    @property
    def total_kg(self) -> float:
        return fsum((self.co2.kg, self.o2.kg, self.h2.kg, self.ch4.kg, self.he3.kg))

    @property
    def total_j(self) -> float:
        return self.battery.j + self.core.j


def new_depot(profile: Profile) -> DepotResources:
    """Depot before the first sortie. The radiator holds the core at 293 K; the heat capacity is such that without it
    the core reaches its limit in the time of `SLOW_FAULT`."""
    depot = profile.depot
    load_w = max(depot.primary_w + depot.secondary_w + depot.survival_w, 1.0)
    sink_k, normal_k = 200.0, 293.0
    rise_k = profile.watch.core_max_k - normal_k
    heat_capacity = load_w * profile.plan.t_sortie_s / SLOW_FAULT / max(rise_k, 1.0) * 0.8

    def tank(name: str, species: str, kg: float) -> Tank:
        return Tank(name, species, kg, kg * depot.start_fill)

    return DepotResources(
        tank("CO2_TANK_RING", "CO2", depot.co2_kg),
        tank("O2_TANK_RING", "O2", depot.o2_kg),
        tank("H2_TANK_RING", "H2", depot.h2_kg),
        tank("CH4_TANK_RING", "CH4", depot.ch4_kg),
        tank("HE3_TANKS", "HE3", depot.he3_kg),
        BusBattery("DEPOT_BATTERY", depot.battery_wh * J_PER_WH, depot.battery_wh * J_PER_WH),
        HeatNode("CORE", heat_capacity, load_w / (normal_k - sink_k), sink_k, normal_k),
        soxe_k=depot.soxe_k,
        cryo_k=depot.cryo_k,
    )


def advance_depot(
    state: DepotResources,
    profile: Profile,
    seconds: float,
    outside: Outside,
    accounts: Accounts,
    dock_j: float,
    *,
    sunlit: bool = True,
) -> float:
    """Advance reactor, customers, bus and heat by `seconds`. `dock_j`: demand of the docked skimmer, J. Returns its
    supply, J."""
    depot = profile.depot
    base_j = depot.survival_w * seconds
    base_j += depot.secondary_w * seconds if state.secondary_on else 0.0
    base_j += depot.primary_w * seconds if state.primary_on else 0.0
    supply_j = depot.array_w * state.array * seconds if sunlit else 0.0
    _serve_customers(state, profile, seconds, outside)
    spare_j = supply_j + max(state.battery.usable_j - _SOXE_LEAVES * state.battery.capacity_j, 0.0) - base_j - dock_j
    soxe_j = _react(state, profile, seconds, outside, spare_j)
    need_j = base_j + soxe_j + dock_j
    from_array = min(supply_j, need_j)
    served = from_array + state.battery.draw(need_j - from_array)
    accounts.book("array", -(from_array + state.battery.charge(supply_j - from_array)))
    accounts.book("chemistry", soxe_j)  # the reactor takes only spare energy, so it is served in full
    served_base = min(base_j, served - soxe_j)
    state.core.heat(served_base, seconds, accounts)
    return max(served - soxe_j - served_base, 0.0)


def _react(state: DepotResources, profile: Profile, seconds: float, outside: Outside, spare_j: float) -> float:
    """Run SOXE for `seconds` on the bus's spare energy; returns the energy used, J."""
    depot, lines = profile.depot, state.plumbing
    if not state.soxe_on or depot.soxe_kg_s <= 0.0 or spare_j <= 0.0:
        return 0.0
    path = (lines.co2_ring, lines.co2_soxe, lines.soxe_o2, lines.o2_ring)
    kg = min(min(depot.soxe_kg_s, reach(path)) * seconds, state.co2.kg - _SOXE_LEAST_KG)
    if depot.soxe_j_kg > 0.0:
        kg = min(kg, spare_j / depot.soxe_j_kg)
    return electrolyse(state.co2, state.o2, kg, outside) * depot.soxe_j_kg


def _serve_customers(state: DepotResources, profile: Profile, seconds: float, outside: Outside) -> None:
    """DEPOT_PORT: give customers what is above the level that the depot keeps."""
    depot, lines = profile.depot, state.plumbing
    if not state.primary_on:
        return  # the pumps have no power
    for tank, rate, path in (
        (state.o2, depot.drain_o2_kg_s, (lines.o2_ring, lines.o2_port)),
        (state.ch4, depot.drain_ch4_kg_s, (lines.ch4_ring, lines.fuel_port)),
        (state.h2, depot.drain_h2_kg_s, (lines.h2_ring, lines.fuel_port)),
        (state.he3, depot.drain_he3_kg_s, (lines.he3_tanks, lines.fuel_port)),
    ):
        spare = tank.kg - (max(depot.keep, depot.start_fill) if state.rationed else depot.keep) * tank.capacity_kg
        if spare > 0.0 and rate > 0.0:
            let_out(tank, min(min(rate, reach(path)) * seconds, spare), outside, "customers")


def ways_in(state: DepotResources) -> dict[str, tuple[Tank, tuple[FeedLine, ...]]]:
    """Tank ring of each species and the lines from the dock to it (docs/reference/sortie-loop.md, "Depot topology")."""
    lines = state.plumbing
    return {
        "CO2": (state.co2, (lines.dock_co2, lines.co2_ring)),
        "CH4": (state.ch4, (lines.dock_fuel, lines.ch4_ring)),
        "H2": (state.h2, (lines.dock_fuel, lines.h2_ring)),
        "HE3": (state.he3, (lines.dock_fuel, lines.he3_tanks)),
    }


FAILED: dict[str, tuple[str, ...]] = {
    FaultName.TANK_RUPTURE: ("CO2_TANK_RING",),
    FaultName.MANIFOLD_BREACH: ("CO2_M",),
    FaultName.HULL_FRACTURE: ("DOCK_CO2", "DOCK_FUEL"),
    FaultName.SOXE_RUNAWAY: ("SOXE",),
    FaultName.BOIL_OFF: ("H2_TANK_RING",),
}
"""Segments that a fault of the depot damages; their pressure and temperature sensors show it."""


def isolate(state: DepotResources, segments: Sequence[str]) -> list[str]:
    """ABORT-3: shut the lines at these segments, switch SOXE and all loads off but the survival bus. Returns the names
    of the shut lines; the others stay open for the engine."""
    shut = [line for line in state.plumbing.all() if not set(line.name.split("-")).isdisjoint(segments)]
    for line in shut:
        line.isolated = True
    state.soxe_on = state.secondary_on = state.primary_on = False
    return [line.name for line in shut]


def burn_need_kg(state: DepotResources, profile: Profile, carried_kg: float) -> float:
    """Propellant of the return-to-origin burn by the rocket equation, kg. `carried_kg`: mass of a docked skimmer."""
    depot = profile.depot
    mass_kg = depot.dry_kg + state.total_kg + carried_kg
    return mass_kg * _burnt_share(depot.origin_dv_mps, depot.engine_exhaust_mps)


@lru_cache(maxsize=8)
def _burnt_share(dv_mps: float, exhaust_mps: float) -> float:
    """Fraction of a mass that a change of velocity burns."""
    return 1.0 - exp(-dv_mps / exhaust_mps)


def feedable_kg(state: DepotResources, profile: Profile) -> float:
    """Propellant that can reach ENGINE_FEED in the engine's mixture, kg."""
    lines, mixture = state.plumbing, profile.depot.engine_mixture
    o2_kg = state.o2.kg if reach((lines.o2_ring, lines.o2_engine)) > 0.0 else 0.0
    ch4_kg = state.ch4.kg if reach((lines.ch4_ring, lines.fuel_engine)) > 0.0 else 0.0
    return min(o2_kg / mixture, ch4_kg) * (1.0 + mixture)


def run_engine(state: DepotResources, profile: Profile, seconds: float, outside: Outside, carried_kg: float) -> None:
    """Continue the return-to-origin burn; the expelled mass changes the depot's velocity (Tsiolkovsky)."""
    depot = profile.depot
    kg = min(depot.engine_kg_s * seconds, state.burn_kg, feedable_kg(state, profile))
    if kg <= 0.0:
        state.burn_kg = 0.0
        return
    before_kg = depot.dry_kg + state.total_kg + carried_kg
    let_out(state.o2, kg * depot.engine_mixture / (1.0 + depot.engine_mixture), outside, "exhaust")
    let_out(state.ch4, kg / (1.0 + depot.engine_mixture), outside, "exhaust")
    state.burnt_mps += depot.engine_exhaust_mps * log(before_kg / (before_kg - kg))
    state.burn_kg = max(state.burn_kg - kg, 0.0)
