"""World of a depot and its skimmer: resources, dock, accounts, faults and sensors, and the `Motion` of the skimmer.

`World.advance` moves everything to a time with the present rates. `next_event_ms` is the next time at which a rate
changes (a leg ends, a store is full, a transfer is done); the caller goes from event to event. The whole state is one
`WorldState`, which is written to disk and read back.
"""

from __future__ import annotations

from collections.abc import Sequence

from depot.names import FaultName, SkimmerMode
from depot.physics.engines import ThrustCommand
from depot.readings import DepotReading, SkimmerPlace, SkimmerReading
from depot.settings import Profile
from depot.world import dock
from depot.world.chance import uniform
from depot.world.depot import advance_depot, isolate, run_engine
from depot.world.faults import grow, leave_dock, strike, withdraw
from depot.world.matter import let_out, take_in
from depot.world.motion import Motion
from depot.world.sensors import read_depot, read_skimmer
from depot.world.skimmer import harvest, leak, powered, run_buses, wear
from depot.world.state import WorldState

SLOW_SAMPLES = 2_000.0
"""Evaluations in one T_SORTIE while a fault grows or leaks."""


class World:
    """Vehicle of the skimmer controller and plant of the depot controller. `mains_kg_s`: supply of the depot's
    propellant from outside, up to the usual level."""

    def __init__(self, profile: Profile, state: WorldState, motion: Motion, *, mains_kg_s: float = 0.0) -> None:
        self.profile = profile
        self.state = state
        self.motion = motion
        self._mains_kg_s = mains_kg_s
        self._repairs: list[str] = []
        self._skimmer_reading: SkimmerReading | None = None  # readings are valid until something changes
        self._depot_reading: DepotReading | None = None

    def stand_on_dock(self) -> None:
        """Put the vehicle on its dock after a restart of the process; the harvest of one that was away is lost."""
        self._changed()
        state = self.state
        if state.place is not SkimmerPlace.DOCK:
            self._dump()
        if state.destroyed:  # the fault has struck; this is another one
            state.faults.pop(FaultName.SKIMMER_LOST, None)
        state.place, state.way, state.late, state.destroyed = SkimmerPlace.DOCK, 0.0, False, False
        state.skimmer.harvesting = state.skimmer.shed = False

    def _dump(self) -> None:
        for tank in self.state.skimmer.stores:
            self.state.outside.book("dump", tank.species, tank.kg)
            tank.kg = 0.0

    # --- time ---------------------------------------------------------------------------------------------------------
    def next_event_ms(self) -> int | None:
        """Time of the next change without a command, ms; None: none is expected."""
        state = self.state
        dues = self.motion.events_ms()
        if not self.motion.stepped:
            dues += self._rates_end_ms()
        later = [int(due) + 1 if due > int(due) else int(due) for due in dues if due > state.now_ms]
        return min(later, default=None)

    def _rates_end_ms(self) -> list[float]:
        """Times at which a rate of the resources changes, ms."""
        state = self.state
        dues: list[float] = []
        if state.skimmer.harvesting:
            share = state.skimmer.intake_factor * state.skimmer.health.intake
            missing = (state.target_kg - state.skimmer.store_kg) / max(share, 1e-9)
            due = self.motion.filled_ms(missing) if missing > 0.0 else None
            if due is not None:
                dues.append(due)
        if state.place is SkimmerPlace.DOCK:
            dues += dock.dock_events_ms(state, self.profile)
        if state.depot.burn_kg > 0.0:
            dues.append(state.now_ms + state.depot.burn_kg / self.profile.depot.engine_kg_s * 1000.0)
        if any(fault.growing for fault in state.faults.values()):
            dues.append(state.now_ms + self.profile.plan.t_sortie_s / SLOW_SAMPLES * 1000.0)
        return dues

    def follow(self) -> None:
        """Advance to the vehicle's time."""
        now_ms = self.motion.now_ms()
        if now_ms > self.state.now_ms:
            self.advance(now_ms)

    def advance(self, until_ms: int) -> None:
        """Advance to `until_ms`, which must not be after `next_event_ms`."""
        state = self.state
        seconds = (until_ms - state.now_ms) / 1000.0
        if seconds > 0.0:
            self._flow(seconds)
            state.now_ms = until_ms
            self._changed()
            grow(state, self.profile)
        self._arrive()

    def _flow(self, seconds: float) -> None:
        state, profile = self.state, self.profile
        skimmer, outside, accounts = state.skimmer, state.outside, state.accounts
        dock_j = 0.0
        sunlit = self.motion.sunlit()
        supply_w = profile.power.solar_w if sunlit else 0.0
        self.motion.begin(seconds)
        if not state.destroyed:
            self.motion.burn(seconds)
            if skimmer.harvesting:
                usual_kg = self.motion.intake_kg(seconds) * powered(skimmer, profile.power, supply_w)
                harvest(skimmer, profile, usual_kg, seconds, outside)
            if any(skimmer.leak_kg_s):
                leak(skimmer, seconds, outside)
            if (
                state.place is SkimmerPlace.DOCK
                and not state.total_abort
                and dock.interface_holds(state, FaultName.POWER_FAILURE)
            ):
                dock_j = dock.demand_j(state, profile, seconds)
            else:
                run_buses(skimmer, profile, seconds, accounts, supply_w, thrusting=state.place is not SkimmerPlace.DOCK)
            skimmer.health.feel(hot=skimmer.spine.k > profile.thermal.spine_stress_k)
        if state.place is SkimmerPlace.DOCK:
            dock.offload(state, profile, seconds)
            dock.refuel(state, profile, seconds, self.motion.refuel_kg_s(seconds))
        served = advance_depot(state.depot, profile, seconds, outside, accounts, dock_j, sunlit=sunlit)
        if dock_j:
            dock.feed(state, profile, served, seconds)
        if state.depot.burn_kg > 0.0:
            carried_kg = state.skimmer.total_kg if state.place is SkimmerPlace.DOCK else 0.0
            run_engine(state.depot, profile, seconds, outside, carried_kg)
        self._take_mains(seconds)
        self.motion.finish(seconds)

    def _take_mains(self, seconds: float) -> None:
        depot, store = self.profile.depot, self.state.depot.ch4
        missing_kg = depot.start_fill * store.capacity_kg - store.kg
        if self._mains_kg_s > 0.0 and missing_kg > 0.0 and not self.state.total_abort:
            take_in(store, min(self._mains_kg_s * seconds, missing_kg), self.state.outside, "mains")

    def _arrive(self) -> None:
        state, before = self.state, self.state.place
        self.motion.arrive()
        if state.place is before:
            return
        self._changed()
        if state.place is SkimmerPlace.DOCK:
            if before is not SkimmerPlace.NEAR:  # a launch that was called off causes no wear
                wear(state.skimmer, self.profile)
        elif before is SkimmerPlace.NEAR:
            leave_dock(state, self.profile, self._read())
            self._fall_if_destroyed()

    # --- faults ---------------------------------------------------------------------------------------------------
    def inject(self, name: str) -> None:
        """Begin a fault by its name on the command line."""
        self._changed()
        strike(self.state, self.profile, name, self._read())
        self._fall_if_destroyed()

    def _fall_if_destroyed(self) -> None:
        if self.state.destroyed:
            self.motion.fall()

    def clear(self, name: str) -> None:
        """End a fault, also by a repair."""
        self._changed()
        withdraw(self.state, self.profile, name, self._read())

    # --- commands to the skimmer's craft ---------------------------------------------------------------------------
    def set_mode(self, mode: SkimmerMode) -> None:
        """Select buses and loads."""
        self._changed()
        self.state.skimmer.mode = mode

    def shed(self, on: bool) -> None:
        """Switch the secondary bus off or on."""
        self._changed()
        self.state.skimmer.shed = on

    def undock(self) -> None:
        """Open the latches and leave the dock."""
        self._changed()
        state = self.state
        state.sorties += 1
        state.undocked_ms = state.now_ms
        state.delivered_kg = 0.0
        state.offloading = state.refuelling = False
        skimmer = state.skimmer
        skimmer.harvested_kg = skimmer.harvest_s = 0.0
        skimmer.min_soc = skimmer.soc
        spread = self.profile.skimmer.spread
        skimmer.intake_factor = 1.0 + spread * (2.0 * uniform(state.seed, state.sorties, "intake") - 1.0)
        skimmer.prelaunch = False
        self.motion.depart()

    def initial_burn(self) -> None:
        self._changed()

    def configure(self) -> None:
        """Power what a launch needs and nothing else."""
        self._changed()
        self.state.skimmer.prelaunch = True

    def fire(self, command: ThrustCommand) -> None:
        """Fire THRUSTER_FWD or THRUSTER_ATT."""
        self._changed()
        self.motion.fire(command)

    def start_harvest(self, target_kg: float) -> None:
        """Switch INTAKE on; the event of `target_kg` in the store is reported."""
        self._changed()
        self.state.skimmer.harvesting = True
        self.state.target_kg = target_kg

    def turn_back(self) -> None:
        """Switch INTAKE off and fly to the corridor."""
        self._changed()
        self.state.skimmer.harvesting = False
        self.motion.turn_back()

    def stretch_return(self) -> None:
        """Stretch the way back until T_DEATH is missed."""
        self._changed()
        self.state.late = True
        self.motion.stretch_return()

    def approach(self) -> None:
        """Fly the docking trajectory."""
        self._changed()
        self.motion.approach()

    def stand_aside(self) -> None:
        """Switch INTAKE off while another party flies."""
        self._changed()
        self.state.skimmer.harvesting = False

    def resume(self) -> None:
        """Switch INTAKE on again in the zone after control was returned."""
        self._changed()
        self.state.skimmer.harvesting = self.state.place is SkimmerPlace.ZONE

    def dispose(self) -> None:
        """Dump the volatiles and leave on a trajectory that endangers nobody."""
        self._changed()
        self.state.skimmer.harvesting = False
        self.motion.dispose()
        self._dump()

    # --- commands to the depot's plant ------------------------------------------------------------------------------
    def offload(self, on: bool) -> None:
        """Open or close the lines from DOCK_PORT to the tank farm."""
        self._changed()
        self.state.offloading = on and self.state.place is SkimmerPlace.DOCK

    def refuel(self, on: bool) -> None:
        """Start or stop refuelling of FUEL_LOBES."""
        self._changed()
        self.state.refuelling = on and self.state.place is SkimmerPlace.DOCK

    def repair(self, name: str) -> None:
        """Repair a fault of a docked skimmer."""
        self.clear(name)
        self._repairs.append(name)

    def take_repairs(self) -> list[str]:
        """Faults that were repaired since the last call."""
        out, self._repairs = self._repairs, []
        return out

    def total_abort(self, segments: Sequence[str]) -> list[str]:
        """Isolate these segments and leave only the survival bus on; returns the shut lines."""
        self._changed()
        self.state.total_abort = True
        self.state.offloading = self.state.refuelling = False
        return isolate(self.state.depot, segments)

    def burn_to_origin(self, kg: float) -> None:
        """Run the engine until `kg` are burnt."""
        self._changed()
        self.state.depot.burn_kg = kg

    def ration(self, on: bool) -> None:
        """Give customers nothing below the usual level."""
        self._changed()
        self.state.depot.rationed = on

    def jettison(self) -> None:
        """Remove a retired skimmer with its contents from the model."""
        self._changed()
        state, skimmer = self.state, self.state.skimmer
        for tank in (*skimmer.stores, skimmer.lobes):
            let_out(tank, tank.kg, state.outside, "jettison")
        state.accounts.book("jettison", skimmer.total_j)
        for battery in (skimmer.batt_a, skimmer.batt_b, skimmer.batt_res):
            battery.j = 0.0
        skimmer.spine.k = 0.0
        state.place, state.destroyed = SkimmerPlace.ADRIFT, True

    def whereabouts(self) -> tuple[float, float, float] | None:
        """Latitude, longitude (degrees), altitude (m above mean sea level)."""
        return self.motion.whereabouts()

    # --- readings -------------------------------------------------------------------------------------------------
    def skimmer_reading(self) -> SkimmerReading:
        self.follow()
        if self._skimmer_reading is None:
            self._skimmer_reading = self._read()
            self.motion.tell(self._skimmer_reading)
        return self._skimmer_reading

    def _read(self) -> SkimmerReading:
        expected_kg = min(self.motion.expected_kg(), max(self.state.target_kg, 0.0))
        return read_skimmer(self.state, self.profile, self.motion.homing(), expected_kg)

    def depot_reading(self) -> DepotReading:
        if self._depot_reading is None:
            self._depot_reading = read_depot(self.state, self.profile)
            self.motion.show(self._depot_reading)
        return self._depot_reading

    def _changed(self) -> None:
        self._skimmer_reading = self._depot_reading = None
