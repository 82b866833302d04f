"""What the depot computes before a launch: the plan, the go/no-go with every hard constraint, and its facts."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from depot.messages import MissionPlan, Status
from depot.readings import DepotReading
from depot.settings import DEATH_FACTOR, Profile
from depot.watches import ABORT_2_DEPOT, ABORT_2_TELEMETRY, HEARTBEAT_LOSS, trip_names


class Derating(Struct, frozen=True):
    """What is left of payload and harvest time, 1 = all."""

    payload: float = 1.0
    time: float = 1.0


def make_plan(profile: Profile, number: int, derating: Derating) -> MissionPlan:
    """Region, times, budgets and thresholds of sortie `number`."""
    plan, skimmer = profile.plan, profile.skimmer
    harvest_s = plan.harvest_s * derating.time
    capacity = skimmer.co2_store_kg + skimmer.fuel_store_kg
    return MissionPlan(
        number, plan.waypoints, plan.t_sortie_s - plan.harvest_s + harvest_s, harvest_s,
        capacity * skimmer.fill * derating.payload, skimmer.fuel_reserve, profile.power.power_reserve,
        profile.thermal.spine_max_k,
    )  # fmt: skip


def plan_facts(plan: MissionPlan) -> dict[str, Any]:
    """For the journal."""
    return {
        "t_sortie_s": plan.t_sortie_s, "t_death_s": DEATH_FACTOR * plan.t_sortie_s, "harvest_s": plan.harvest_s,
        "store_kg": plan.store_kg, "fuel_reserve": plan.fuel_reserve, "power_reserve": plan.power_reserve,
    }  # fmt: skip


def expected_delivery_kg(profile: Profile, plan: MissionPlan) -> tuple[float, float]:
    """CO2 and fuel that the plan would bring into the tanks."""
    kg = min(profile.skimmer.intake_kg_s * plan.harvest_s, plan.store_kg) * profile.depot.eta_route
    return kg * (1.0 - profile.skimmer.fuel_fraction), kg * profile.skimmer.fuel_fraction


def no_go(
    profile: Profile, plan: MissionPlan, reading: DepotReading, status: Status | None, *, misses: int = 0,
    leftover: bool = False,
) -> list[str]:  # fmt: skip
    """Every hard constraint that fails, by name; empty = go. Power, thermal, comms window, tank levels, and the
    skimmer's own state: a fault that would abort the sortie is no reason to begin it. `misses`: heartbeats missed in a
    row at the dock; `leftover`: the store is still to be emptied."""
    depot = profile.depot
    co2_kg, _ = expected_delivery_kg(profile, plan)
    checks = [
        ("no_go_power", reading.power_hold or reading.soc < depot.go_soc),
        ("no_go_thermal", reading.thermal_hold or reading.cryo_k > depot.go_cryo_k),
        ("no_go_comms", not reading.comms_open or status is None),
        ("no_go_tanks", reading.co2_room_kg < co2_kg),
        (HEARTBEAT_LOSS, misses > 0),
        ("store_not_empty", leftover),
        ("propellant_not_ready", not reading.refuelled),
        ("batteries_not_ready", not reading.charged),
        ("interfaces_not_ready", not reading.interfaces_pass),
    ]
    failed = [name for name, fails in checks if fails]
    if reading.wind_ms > profile.box.wind_max_ms:
        failed.append("wind_over_limit")
    failed += [watch.name for watch in ABORT_2_DEPOT if watch.holds(reading, profile)]
    if status is not None:
        failed += trip_names(status.trips)
        failed += [watch.name for watch in ABORT_2_TELEMETRY if watch.holds(status, profile)]
    return failed


def go_facts(reading: DepotReading, status: Status | None) -> dict[str, Any]:
    """What the go/no-go looked at."""
    return {
        "soc": reading.soc, "cryo_k": reading.cryo_k, "comms_open": reading.comms_open,
        "co2_room_kg": reading.co2_room_kg, "fuel_stock_kg": reading.fuel_stock_kg, "refuelled": reading.refuelled,
        "charged": reading.charged, "wind_ms": reading.wind_ms, "skimmer_soc": None if status is None else status.soc,
        "skimmer_fuel_kg": None if status is None else status.fuel_kg,
        "trips": None if status is None else trip_names(status.trips),
    }  # fmt: skip
