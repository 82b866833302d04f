"""Sensors of a world: the readings on which both controllers decide."""

from __future__ import annotations

from math import fsum

from depot.names import FaultName, SkimmerMode
from depot.readings import EMPTY_KG, EMPTY_SHARE, RINGS, DepotReading, SkimmerPlace, SkimmerReading
from depot.settings import Profile
from depot.world.depot import FAILED, burn_need_kg, feedable_kg, ways_in
from depot.world.dock import interface_holds
from depot.world.energy import J_PER_WH
from depot.world.matter import reach
from depot.world.motion import Homing
from depot.world.skimmer import SkimmerResources, battery_w, load_w, missing_charge_j
from depot.world.state import WorldState


def read_skimmer(state: WorldState, profile: Profile, homing: Homing, expected_kg: float) -> SkimmerReading:
    """Readings of the skimmer's own sensors, without those of its motion. `homing`: need of the way home."""
    skimmer, health, power = state.skimmer, state.skimmer.health, profile.power
    usable_j = skimmer.batt_a.usable_j + skimmer.batt_b.usable_j
    leak_kg = profile.watch.leak_kg
    heat = health.survival_heat > 0.0 and (skimmer.batt_res.usable_j > 0.0 or usable_j > 0.0)
    return SkimmerReading(
        place=state.place,
        mode=skimmer.mode,
        remaining_s=homing.remaining_s,
        fuel_kg=skimmer.lobes.kg,
        fuel_need_kg=homing.kg,
        power_wh=usable_j / J_PER_WH,
        power_need_wh=fsum(power.cruise_w) * homing.docked_s / 3600.0,
        soc=skimmer.soc,
        reserve_wh=skimmer.batt_res.usable_j / J_PER_WH,
        reserve_need_wh=(fsum(power.survival_w) + power.thruster_w) * homing.docked_s / 3600.0,
        thruster_fwd=health.thruster_fwd,
        attitude=health.attitude,
        batteries=int(skimmer.batt_a.connected) + int(skimmer.batt_b.connected),
        avionics_held=skimmer.mode is SkimmerMode.SURVIVAL or (health.bus_pri >= 0.5 and skimmer.short_j <= 0.0),
        survival_heat_held=heat,
        spine_k=skimmer.spine.k,
        cryo_bar=3.0 + health.cryo_extra_bar,
        thermal_routes=health.thermal_routes,
        breach_kg_s=_breach_kg_s(skimmer, leak_kg) if any(skimmer.leak_kg_s) else 0.0,
        leaking=sum(kg > leak_kg for kg in skimmer.leaked_kg) if any(skimmer.leaked_kg) else 0,
        imu_ok=health.imu_ok,
        drift_m=health.drift_m,
        abort_sensors_ok=health.abort_sensors_ok,
        current_ratio=health.current_ratio,
        signature_k=health.signature_k,
        store_kg=skimmer.store_kg,
        store_full=skimmer.store_kg >= state.target_kg - 1e-3 > 0.0,
        harvested_kg=skimmer.harvested_kg,
        expected_kg=expected_kg,
        seal=health.seal,
        thrust=health.thrust,
        capacity=health.capacity,
        overstress=health.overstress + int(health.stressed),
        min_soc=skimmer.min_soc,
        deep_discharges=skimmer.deep_discharges,
        current_spikes=skimmer.current_spikes,
        transmits=health.transmits,
        powered=not skimmer.dark,
        load_w=load_w(skimmer, power, shed=skimmer.shed),
        demand_w=load_w(skimmer, power, shed=False),
        battery_w=battery_w(skimmer, power),
    )


def _breach_kg_s(skimmer: SkimmerResources, leak_kg: float) -> float:
    """Largest leak of a partition. An empty store shows a breach only if it has been seen to lose its content."""
    leaks = zip(skimmer.leak_kg_s, skimmer.partitions, skimmer.leaked_kg, strict=True)
    return max((rate for rate, tank, kg in leaks if tank.kg > 0.0 or skimmer.harvesting or kg > leak_kg), default=0.0)


def ring_room_kg(state: WorldState) -> dict[str, float]:
    """Room of each tank ring that can be reached from the dock, kg."""
    if FaultName.NO_GO_TANKS in state.faults:
        return dict.fromkeys(RINGS, 0.0)
    return {species: ring.room_kg if reach(way) > 0.0 else 0.0 for species, (ring, way) in ways_in(state.depot).items()}


def read_depot(state: WorldState, profile: Profile) -> DepotReading:
    """Readings of the depot's own sensors, and of a docked skimmer."""
    depot, active, lines = state.depot, state.faults, state.depot.plumbing
    skimmer, watch = state.skimmer, profile.watch
    docked = state.place is SkimmerPlace.DOCK
    return DepotReading(
        soc=depot.battery.j / depot.battery.capacity_j,
        cryo_k=depot.cryo_k,
        comms_open=FaultName.NO_GO_COMMS not in active,
        co2_fill=depot.co2.fill,
        fuel_fill=depot.ch4.fill,
        room_kg=ring_room_kg(state),
        fuel_stock_kg=depot.ch4.kg if reach((lines.ch4_ring, lines.dock_fuel)) > 0.0 else 0.0,
        hazard_region=FaultName.HAZARD_REGION in active,
        debris=FaultName.DEBRIS in active,
        solar_event=FaultName.SOLAR_EVENT in active,
        manifold_bar=depot.manifold_bar,
        soxe_k=depot.soxe_k,
        o2_bar=5.0 * max(depot.o2.fill, 0.2) + depot.o2_extra_bar,
        bus_ripple=depot.bus_ripple,
        rings_intact=FaultName.TANK_RUPTURE not in active,
        manifolds_intact=FaultName.MANIFOLD_BREACH not in active,
        hull_intact=FaultName.HULL_FRACTURE not in active,
        boil_off_bar=depot.boil_off_bar,
        core_k=depot.core.k,
        bus=depot.bus if depot.battery.j > 0.0 or depot.array > 0.0 else 0.0,
        battery_shorted=FaultName.BATTERY_SHORT in active,
        array=depot.array,
        rcs=0.5 * watch.rcs_min if FaultName.RCS_LOSS in active else 1.0,
        tumble_dps=2.0 * watch.tumble_max_dps if FaultName.TUMBLE in active else 0.0,
        avionics_ok=FaultName.AVIONICS_FAILURE not in active,
        impact_g=3.0 * watch.impact_max_g if FaultName.IMPACT in active else 0.0,
        conjunction_m=0.5 * watch.conjunction_min_m if FaultName.CONJUNCTION in active else 1e9,
        radiation=3.0 * watch.radiation_max if FaultName.RADIATION in active else 1.0,
        failed_segments=[name for fault in active for name in FAILED.get(fault, ())],
        burn_need_kg=burn_need_kg(depot, profile, skimmer.total_kg if docked else 0.0),
        burn_available_kg=feedable_kg(depot, profile),
        burn_remaining_kg=depot.burn_kg,
        burnt_mps=depot.burnt_mps,
        power_hold=FaultName.NO_GO_POWER in active,
        thermal_hold=FaultName.NO_GO_THERMAL in active,
        dock_blocked=FaultName.DOCK_REFUSED in active,
        dock_delay=FaultName.DOCK_DELAYED in active,
        in_dock=docked and not state.destroyed,
        locks_ok=interface_holds(state, FaultName.STRUCTURAL_FAILURE),
        fluids_ok=interface_holds(state, FaultName.FLUID_FAILURE),
        data_ok=interface_holds(state, FaultName.DATA_FAILURE),
        power_ok=interface_holds(state, FaultName.POWER_FAILURE),
        offloadable_kg=skimmer.store_kg if docked else 0.0,
        empty_kg=min(EMPTY_KG, EMPTY_SHARE * profile.skimmer.co2_store_kg),
        delivered_kg=state.delivered_kg,
        moving_kg_s=state.moving_kg_s if docked else 0.0,
        lobes_tight=skimmer.lobes.capacity_kg >= profile.skimmer.propellant_kg,
        refuelled=docked and skimmer.lobes.kg >= profile.skimmer.launch_propellant_kg - 1e-3,
        charged=docked and missing_charge_j(skimmer, profile.power.launch_soc) < 3600.0,
        skimmer_settled=docked and skimmer.spine.k <= profile.thermal.settled_k,
        depot_settled=depot.core.k <= profile.thermal.depot_settled_k and depot.cryo_k <= profile.depot.go_cryo_k,
    )
