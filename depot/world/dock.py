"""Dock between depot and skimmer: offload, refuelling and charging, one port each (docs/reference/sortie-loop.md,
"Depot topology"). Rates are constant between two calls."""

from __future__ import annotations

from math import fsum

from depot.names import FaultName, SkimmerMode
from depot.settings import Profile
from depot.world.depot import ways_in
from depot.world.matter import Tank, reach, transfer
from depot.world.skimmer import charge_from_dock, loads_w, missing_charge_j
from depot.world.state import WorldState


def offload_pairs(state: WorldState, profile: Profile) -> list[tuple[Tank, Tank, float]]:
    """Offload flows (from, to, kg/s), served one after the other by the single port."""
    if not interface_holds(state, FaultName.FLUID_FAILURE):
        return []
    ways, rate = ways_in(state.depot), profile.depot.offload_kg_s
    flows = []
    for tank in state.skimmer.stores:
        ring, way = ways[tank.species]
        if tank.kg > 0.0 and ring.room_kg > 1e-6:
            flows.append((tank, ring, min(rate, reach(way))))
    return [flow for flow in flows if flow[2] > 0.0]


def interface_holds(state: WorldState, fault: str) -> bool:
    """True if this interface of the dock works. INTERFACE_FAILURE stops all of them."""
    return fault not in state.faults and FaultName.INTERFACE_FAILURE not in state.faults


def missing_fuel_kg(state: WorldState, profile: Profile) -> float:
    """Propellant that refuelling still has to bring, kg."""
    return max(profile.skimmer.launch_propellant_kg - state.skimmer.lobes.kg, 0.0)


def offload(state: WorldState, profile: Profile, seconds: float) -> None:
    """Move volatiles to the tank farm, if a way is open."""
    state.moving_kg_s = 0.0
    if not state.offloading:
        return
    remaining_s = seconds
    for source, sink, rate in offload_pairs(state, profile):
        taken, arrived = transfer(source, sink, rate * remaining_s, state.outside, efficiency=profile.depot.eta_route)
        state.delivered_kg += arrived
        remaining_s -= taken / rate
        state.moving_kg_s = rate
        if remaining_s <= 1e-9:
            break


def refuel(state: WorldState, profile: Profile, seconds: float, rate_kg_s: float) -> None:
    """Move propellant to FUEL_LOBES, if refuelling is on."""
    if not state.refuelling or not interface_holds(state, FaultName.FLUID_FAILURE):
        return
    lines = state.depot.plumbing
    rate = min(rate_kg_s, reach((lines.ch4_ring, lines.dock_fuel)))
    missing_kg = missing_fuel_kg(state, profile)
    transfer(state.depot.ch4, state.skimmer.lobes, min(rate * seconds, missing_kg), state.outside)


def demand_j(state: WorldState, profile: Profile, seconds: float) -> float:
    """Energy that a docked skimmer takes from the depot's bus for its load and its charge, J."""
    power = profile.power
    load = fsum(loads_w(power, SkimmerMode.DOCKED, prelaunch=state.skimmer.prelaunch)) * seconds
    return load + min(power.charge_w * seconds, missing_charge_j(state.skimmer, power.launch_soc))


def feed(state: WorldState, profile: Profile, joules: float, seconds: float) -> None:
    """Supply the skimmer's load, then charge it; the rest heats the depot."""
    skimmer, power = state.skimmer, profile.power
    load = min(fsum(loads_w(power, SkimmerMode.DOCKED, prelaunch=skimmer.prelaunch)) * seconds, joules)
    skimmer.spine.heat(load, seconds, state.accounts)
    skimmer.short_j, skimmer.dark = 0.0, False
    spare = joules - load - charge_from_dock(skimmer, joules - load, power.launch_soc)
    state.depot.core.k += spare / state.depot.core.j_k if spare > 0.0 else 0.0


def dock_events_ms(state: WorldState, profile: Profile) -> list[float]:
    """Times at which a transfer ends, ms."""
    dues: list[float] = []
    if state.offloading:
        pairs = offload_pairs(state, profile)
        if pairs:
            dues.append(state.now_ms + max(fsum(tank.kg / rate for tank, _, rate in pairs), 0.001) * 1000.0)
    missing_kg = missing_fuel_kg(state, profile)
    if (
        state.refuelling
        and interface_holds(state, FaultName.FLUID_FAILURE)
        and missing_kg > 1e-6
        and state.depot.ch4.kg > 1e-6
    ):
        dues.append(state.now_ms + missing_kg / profile.depot.refuel_kg_s * 1000.0)
    missing_j = missing_charge_j(state.skimmer, profile.power.launch_soc)
    if missing_j > 1.0:
        dues.append(state.now_ms + missing_j / profile.power.charge_w * 1000.0)
    return dues
