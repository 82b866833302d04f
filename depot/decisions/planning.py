"""Planning before a launch: the plan, the go/no-go with all hard constraints, and the facts for the journal.

The plan follows from the state of the depot (room in each tank ring) and of the skimmer (propellant, wear of engines
and batteries, derating, earlier losses). The harvest, and T_SORTIE with it, lasts as long as the tightest of these
allows.
"""

from __future__ import annotations

from math import fsum
from typing import Any

from msgspec import Struct

from autopilot.interface.mathematics import whole_power
from depot.decisions.watches import ABORT_2_DEPOT, ABORT_2_TELEMETRY, HEARTBEAT_LOSS
from depot.messages import AbortLimits, MissionPlan, Status
from depot.names import FaultName, trip_names
from depot.physics.windows import Almanac
from depot.readings import DepotReading
from depot.settings import DEATH_FACTOR, Profile

LOSS_RESERVE, LOSS_TIME = 1.5, 0.75
"""Factors on the reserves and on the harvest time of later plans, once for each loss."""
_S_H = 3600.0
_LEAST_THRUST = 1e-3
"""Fraction of a new engine's thrust below which a report is not believed."""


class Derating(Struct, frozen=True):
    """Fractions of payload and harvest time that remain, 1: all."""

    payload: float = 1.0
    time: float = 1.0


class Budget(Struct, frozen=True):
    """Longest harvest, s, and the name of the limit that sets it."""

    harvest_s: float
    bound_by: str


def make_plan(
    profile: Profile,
    number: int,
    derating: Derating,
    reading: DepotReading,
    status: Status | None = None,
    *,
    losses: int = 0,
) -> MissionPlan:
    """Plan of sortie `number` (region, times, budgets, margins, thresholds) for the present state of depot and skimmer.
    A skimmer without a status counts as new."""
    plan = profile.plan
    reserve = whole_power(LOSS_RESERVE, losses)
    fuel_reserve = profile.skimmer.fuel_reserve * reserve
    power_reserve = profile.power.power_reserve * reserve
    store_kg = max(min(payload_kg(profile, derating), room_kg(profile, reading)), least_kg(profile, derating))
    budget = harvest_budget(profile, derating, store_kg, status, losses=losses)
    return MissionPlan(
        number,
        plan.waypoints,
        plan.t_sortie_s - plan.harvest_s + budget.harvest_s,
        budget.harvest_s,
        store_kg,
        fuel_reserve,
        power_reserve,
        abort_limits(profile),
    )


def abort_limits(profile: Profile) -> AbortLimits:
    """Thresholds that the depot gives its skimmer; all triggers are armed."""
    watch, thermal = profile.watch, profile.thermal
    return AbortLimits(
        thruster_min=watch.thruster_min,
        attitude_min=watch.attitude_min,
        spine_max_k=thermal.spine_max_k,
        cryo_max_bar=thermal.cryo_max_bar,
        thermal_routes_min=watch.thermal_routes_min,
        breach_kg_s=watch.breach_kg_s,
        corridor_m=watch.corridor_m,
    )


def payload_kg(profile: Profile, derating: Derating) -> float:
    """Largest planned payload of the store, kg."""
    skimmer = profile.skimmer
    return (skimmer.co2_store_kg + skimmer.fuel_store_kg) * skimmer.fill * derating.payload


def least_kg(profile: Profile, derating: Derating) -> float:
    """Smallest harvest that is worth a sortie, kg. Nothing is launched for less room."""
    return profile.depot.go_payload * payload_kg(profile, derating)


def room_kg(profile: Profile, reading: DepotReading) -> float:
    """Largest harvest for which every tank ring has room after the losses of the route, kg."""
    shares = profile.skimmer.shares
    eta = profile.depot.eta_route
    return min(reading.room_kg[species] / (share * eta) for species, share in shares.items() if share * eta > 0.0)


def harvest_budget(
    profile: Profile, derating: Derating, store_kg: float, status: Status | None, *, losses: int = 0
) -> Budget:
    """Longest harvest by the tightest limit: usual time; time that fills the store in a thin year; propellant; charge.
    The way home and its reserves are taken off propellant and charge first."""
    use, power, plan = profile.skimmer, profile.power, profile.plan
    reserve = whole_power(LOSS_RESERVE, losses)
    thrust, capacity = (1.0, 1.0) if status is None else (max(status.thrust, _LEAST_THRUST), status.capacity)
    need_kg = (use.return_kg + use.dock_kg) * (1.0 + use.fuel_reserve * reserve)
    spare_kg = use.launch_propellant_kg - (use.departure_kg + use.outbound_kg + need_kg) / thrust
    burnt_kg_s = use.harvest_kg / plan.harvest_s / thrust
    back_wh = fsum(power.cruise_w) * (plan.return_s + plan.dock_s) / _S_H
    launch_wh = (power.batt_a_wh + power.batt_b_wh) * power.launch_soc * capacity
    spare_wh = launch_wh - back_wh * (1.0 + power.power_reserve * reserve)
    lit = 1.0 - Almanac(profile.orbit).shadow.length_deg / 360.0
    drawn_w = fsum(power.harvest_w) - power.solar_w * lit
    limits = {
        "time": plan.harvest_s * derating.time * whole_power(LOSS_TIME, losses),
        "room" if store_kg < payload_kg(profile, derating) else "payload": store_kg
        / (use.intake_kg_s * (1.0 - use.spread)),
        "propellant": spare_kg / burnt_kg_s if burnt_kg_s > 0.0 else float("inf"),
        "power": spare_wh * _S_H / drawn_w if drawn_w > 0.0 else float("inf"),
    }
    bound_by = min(limits, key=lambda name: limits[name])
    return Budget(max(limits[bound_by], 0.0), bound_by)


def plan_facts(plan: MissionPlan, budget: Budget) -> dict[str, Any]:
    """For the journal."""
    return {
        "t_sortie_s": plan.t_sortie_s,
        "t_death_s": DEATH_FACTOR * plan.t_sortie_s,
        "harvest_s": plan.harvest_s,
        "bound_by": budget.bound_by,
        "store_kg": plan.store_kg,
        "fuel_reserve": plan.fuel_reserve,
        "power_reserve": plan.power_reserve,
    }


def expected_delivery_kg(profile: Profile, plan: MissionPlan) -> dict[str, float]:
    """Delivery that the plan expects in the tanks, kg by species."""
    kg = min(profile.skimmer.intake_kg_s * plan.harvest_s, plan.store_kg) * profile.depot.eta_route
    return {species: kg * share for species, share in profile.skimmer.shares.items()}


def no_go(
    profile: Profile,
    plan: MissionPlan,
    reading: DepotReading,
    status: Status | None,
    *,
    misses: int = 0,
    leftover: bool = False,
    verified: bool = True,
) -> list[str]:
    """Names of the hard constraints that fail; empty: go.

    They are power, heat, comms window, tank levels and the skimmer's own state, because a fault that would abort the
    sortie forbids the launch. `misses`: heartbeats missed in a row at the dock. `leftover`: the store is not empty.
    `verified`: the sensors were found working.
    """
    depot = profile.depot
    coming = expected_delivery_kg(profile, plan)
    comms_viable = reading.comms_open and reading.window_left_s >= profile.plan.departure_s
    checks = [
        (FaultName.NO_GO_POWER, reading.power_hold or reading.soc < depot.go_soc),
        (FaultName.NO_GO_THERMAL, reading.thermal_hold or reading.cryo_k > depot.go_cryo_k),
        (FaultName.NO_GO_COMMS, not comms_viable or status is None),
        (FaultName.NO_GO_TANKS, any(reading.room_kg[species] < kg for species, kg in coming.items())),
        (HEARTBEAT_LOSS, misses > 0),
        ("store_not_empty", leftover),
        ("propellant_not_ready", not reading.refuelled),
        ("batteries_not_ready", not reading.charged),
        ("interfaces_not_ready", not reading.interfaces_pass),
        ("sensors_not_verified", not verified),
        ("no_time_to_harvest", plan.harvest_s <= 0.0),
        ("wind_over_limit", reading.wind_mps > profile.box.wind_max_mps),
    ]
    failed = [name for name, fails in checks if fails]
    failed += [watch.name for watch in ABORT_2_DEPOT if watch.holds(reading, profile.watch)]
    if status is not None:
        failed += trip_names(status.trips)
        failed += [watch.name for watch in ABORT_2_TELEMETRY if watch.holds(status, profile.watch)]
    return failed


def go_facts(reading: DepotReading, status: Status | None) -> dict[str, Any]:
    """Inputs of the go/no-go, for the decision log."""
    return {
        "soc": reading.soc,
        "cryo_k": reading.cryo_k,
        "comms_open": reading.comms_open,
        "window_left_s": reading.window_left_s,
        "co2_room_kg": reading.room_kg["CO2"],
        "room_kg": dict(reading.room_kg),
        "fuel_stock_kg": reading.fuel_stock_kg,
        "refuelled": reading.refuelled,
        "charged": reading.charged,
        "wind_mps": reading.wind_mps,
        "skimmer_soc": None if status is None else status.soc,
        "skimmer_fuel_kg": None if status is None else status.fuel_kg,
        "trips": None if status is None else trip_names(status.trips),
    }
