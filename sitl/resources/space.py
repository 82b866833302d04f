"""The world of a depot and a kinematic skimmer: both resource models, the dock that joins them, and a skimmer that is
where its timetable says.

`SpaceWorld.advance` moves everything to an instant with the rates that hold now; `next_event_ms` is the earliest
instant at which a rate would change by itself (a leg ends, a store is full, a transfer is done), so that whoever
drives it goes from event to event. All state is one `SpaceState`, plain enough to be written to disk and read back.
"""

from __future__ import annotations

import msgspec

from autopilot.depot.names import Mode
from autopilot.depot.readings import DepotReading, Place, SkimmerReading
from autopilot.depot.settings import DEATH_FACTOR, Profile
from sitl.resources.chance import uniform
from sitl.resources.depot import advance_depot, isolate, new_depot
from sitl.resources.faults import hold_full, strike, withdraw
from sitl.resources.matter import Tank, reach, transfer
from sitl.resources.sensors import read_depot, read_skimmer
from sitl.resources.skimmer import (
    burn,
    charge_from_dock,
    harvest,
    leak,
    loads_w,
    missing_charge_j,
    new_skimmer,
    run_buses,
    wear,
)  # fmt: skip
from sitl.resources.state import SpaceState

SLOW_SAMPLES = 2_000.0
"""While something grows or leaks, it is looked at this many times in a T_SORTIE."""
_CLEAR_FRACTION = 0.1


class SpaceWorld:
    """See the module. It is the craft of the skimmer's party and the station of the depot's."""

    def __init__(self, profile: Profile, seed: int, state: SpaceState | None = None) -> None:
        self.profile = profile
        self.state = state or SpaceState(new_skimmer(profile), new_depot(profile), seed)
        self._repairs: list[str] = []
        self._seen: SkimmerReading | None = None  # readings hold until something changes
        self._depot_seen: DepotReading | None = None

    # --- time ---------------------------------------------------------------------------------------------------------
    def next_event_ms(self) -> int | None:
        """The next instant at which something changes by itself."""
        state = self.state
        dues: list[float] = []
        if state.place in (Place.NEAR, Place.OUT, Place.BACK, Place.FINAL):
            dues.append(state.leg_end_ms)
            dues += self._coast_ms()
        if state.skimmer.harvesting:
            rate = self.profile.skimmer.intake_kg_s * state.skimmer.intake_factor
            missing = state.target_kg - state.skimmer.store_kg
            if rate > 0.0 and missing > 0.0:
                dues.append(state.now_ms + missing / rate * 1000.0)
        if state.place is Place.DOCK:
            dues += self._dock_events()
        if any(fault.growing for fault in state.faults.values()):
            dues.append(state.now_ms + self.profile.plan.t_sortie_s / SLOW_SAMPLES * 1000.0)
        later = [int(due) + 1 if due > int(due) else int(due) for due in dues if due > state.now_ms]
        return min(later, default=None)

    def advance(self, until_ms: int) -> None:
        """Time is `until_ms`. Callers do not step over `next_event_ms`."""
        state = self.state
        seconds = (until_ms - state.now_ms) / 1000.0
        if seconds > 0.0:
            self._flow(seconds)
            state.now_ms = until_ms
            self._changed()
            self._grow()
        self._arrive()

    def _flow(self, seconds: float) -> None:
        state, profile = self.state, self.profile
        skimmer, outside, accounts = state.skimmer, state.outside, state.accounts
        dock_j = 0.0
        if not state.destroyed:
            self._burn(seconds)
            if skimmer.harvesting:
                harvest(skimmer, profile, seconds, outside)
            if any(skimmer.leak_kg_s):
                leak(skimmer, seconds, outside)
            if state.place is Place.DOCK and not state.total_abort:
                dock_j = sum(loads_w(profile.power, Mode.DOCKED)) * seconds
                dock_j += min(profile.power.charge_w * seconds, missing_charge_j(skimmer, profile.power.launch_soc))
            else:
                run_buses(
                    skimmer, profile, seconds, accounts, profile.power.solar_w, thrusting=state.place is not Place.DOCK
                )
            if skimmer.spine.k > profile.thermal.spine_stress_k:
                skimmer.health.stressed = True
        if state.place is Place.DOCK:
            self._transfer(seconds)
        served = advance_depot(state.depot, profile, seconds, outside, accounts, dock_j)
        if dock_j:
            self._feed_docked(served, seconds)

    def _feed_docked(self, joules: float, seconds: float) -> None:
        """Power connection: the skimmer's own load first, the rest charges; what nobody takes heats the depot."""
        state, power = self.state, self.profile.power
        load = min(sum(loads_w(power, Mode.DOCKED)) * seconds, joules)
        state.skimmer.spine.heat(load, seconds, state.accounts)
        state.skimmer.short_j = 0.0
        spare = joules - load - charge_from_dock(state.skimmer, joules - load, power.launch_soc)
        state.depot.core.k += spare / state.depot.core.j_k if spare > 0.0 else 0.0

    def _burn(self, seconds: float) -> None:
        state, plan, use = self.state, self.profile.plan, self.profile.skimmer
        leg = {
            Place.NEAR: (use.departure_kg, plan.departure_s),
            Place.OUT: (use.outbound_kg, plan.outbound_s),
            Place.BACK: (use.return_kg, plan.return_s),
            Place.CORRIDOR: (use.dock_kg * 0.1, plan.dock_s),
            Place.FINAL: (use.dock_kg, plan.dock_s),
        }.get(state.place)
        if state.place is Place.ZONE and state.skimmer.harvesting:
            leg = (use.harvest_kg, plan.harvest_s)
        if leg is None:
            return
        if state.place is Place.BACK and state.late:  # a longer way with the same propellant
            leg = (leg[0], max((state.leg_end_ms - state.leg_start_ms) / 1000.0, plan.return_s))
        burn(state.skimmer, leg[0] / leg[1] * seconds, state.outside)
        if state.skimmer.lobes.kg <= 0.0 and state.place in (Place.OUT, Place.BACK, Place.FINAL):
            state.leg_end_ms += round(seconds * 1000.0)
            state.leg_start_ms += round(seconds * 1000.0)

    def _arrive(self) -> None:
        state = self.state
        state.way = self._way()
        if state.now_ms < state.leg_end_ms or state.destroyed:
            return
        if state.place is Place.NEAR:
            self._leg(Place.OUT, self.profile.plan.outbound_s)
            state.destroyed = "skimmer_lost" in state.faults
        elif state.place is Place.OUT:
            state.place = Place.ZONE
        elif state.place is Place.BACK:
            state.place = Place.CORRIDOR
        elif state.place is Place.FINAL:
            state.place = Place.DOCK
            wear(state.skimmer, self.profile)

    def _leg(self, place: Place, seconds: float) -> None:
        state = self.state
        state.place = place
        state.leg_start_ms = state.now_ms
        state.leg_end_ms = state.now_ms + max(round(seconds * 1000.0), 1)

    def _way(self) -> float:
        """How much of a whole way back is to go if it turned back now."""
        state = self.state
        whole = max(state.leg_end_ms - state.leg_start_ms, 1)
        done = min(max((state.now_ms - state.leg_start_ms) / whole, 0.0), 1.0)
        match state.place:
            case Place.NEAR:
                return _CLEAR_FRACTION * done
            case Place.OUT:
                return _CLEAR_FRACTION + (1.0 - _CLEAR_FRACTION) * done
            case Place.ZONE:
                return 1.0
            case Place.BACK:
                return min(state.way, max((state.leg_end_ms - state.now_ms) / 1000.0 / self.profile.plan.return_s, 0.0))
            case _:
                return 0.0

    def _coast(self) -> tuple[int, int]:
        """The coasting window on the way out, ms."""
        state, plan = self.state, self.profile.plan
        middle = state.leg_start_ms + round(plan.outbound_s * 500.0)
        half = round(min(plan.coast_s, plan.outbound_s * 0.8) * 500.0)
        return middle - half, middle + half

    def _coast_ms(self) -> tuple[int, ...]:
        return self._coast() if self.state.place is Place.OUT and self.profile.plan.coast_s > 0.0 else ()

    # --- faults ---------------------------------------------------------------------------------------------------
    def inject(self, name: str) -> None:
        """A fault strikes the model; names as the command line takes them."""
        self._changed()
        strike(self.state, self.profile, name, read_skimmer(self.state, self.profile, self._coast()))

    def clear(self, name: str) -> None:
        """It ends (or has been repaired)."""
        self._changed()
        withdraw(self.state, self.profile, name)

    def _grow(self) -> None:
        """Faults that grow with time."""
        if not self.state.faults:
            return
        depot, profile = self.state.depot, self.profile
        hold_full(self.state, profile)
        for name, fault in self.state.faults.items():
            if name not in ("soxe_runaway", "boil_off"):
                continue
            part = (self.state.now_ms - fault.since_ms) / 1000.0 / (profile.plan.t_sortie_s / 150.0)
            if name == "soxe_runaway":  # exothermic: faster and faster
                depot.soxe_k = profile.depot.soxe_k + (profile.watch.soxe_max_k - profile.depot.soxe_k) * part**3 * 1.05
            else:
                depot.boil_off_bar = 3.0 + (profile.watch.boil_off_bar - 3.0) * part * 1.05

    # --- the dock -------------------------------------------------------------------------------------------------
    def _pairs(self) -> list[tuple[Tank, Tank, float]]:
        """Offload flows: (from, to, kg/s). One tank at a time, as one port has it."""
        state = self.state
        lines, rate = state.depot.plumbing, self.profile.depot.offload_kg_s
        co2 = min(rate, reach((lines.dock_co2, lines.co2_ring)))
        fuel = min(rate, reach((lines.dock_fuel, lines.ch4_ring)))
        flows = [(tank, state.depot.co2, co2) for tank in state.skimmer.partitions if tank.kg > 0.0]
        flows += [(state.skimmer.fuel_store, state.depot.ch4, fuel)] if state.skimmer.fuel_store.kg > 0.0 else []
        return [flow for flow in flows if flow[2] > 0.0 and flow[1].room_kg > 1e-6]

    def _transfer(self, seconds: float) -> None:
        state, eta = self.state, self.profile.depot.eta_route
        state.moving_kg_s = 0.0
        if state.offloading:
            left = seconds
            for source, sink, rate in self._pairs():
                taken, arrived = transfer(source, sink, rate * left, state.outside, efficiency=eta)
                if sink is state.depot.co2 or sink is state.depot.ch4:
                    state.delivered_kg += arrived
                left -= taken / rate
                if taken > 0.0:
                    state.moving_kg_s = rate
                if left <= 1e-9:
                    break
        if state.refuelling:
            lines = state.depot.plumbing
            rate = min(self._refuel_kg_s(), reach((lines.ch4_ring, lines.dock_fuel)))
            transfer(state.depot.ch4, state.skimmer.lobes, min(rate * seconds, self._missing_fuel()), state.outside)

    def _refuel_kg_s(self) -> float:
        return self.profile.depot.refuel_kg_s

    def _missing_fuel(self) -> float:
        return max(self.profile.skimmer.launch_propellant_kg - self.state.skimmer.lobes.kg, 0.0)

    def _dock_events(self) -> list[float]:
        state, depot = self.state, self.profile.depot
        dues: list[float] = []
        if state.offloading:
            pairs = self._pairs()
            if pairs:
                dues.append(state.now_ms + max(sum(t.kg / rate for t, _, rate in pairs), 0.001) * 1000.0)
        if state.refuelling and self._missing_fuel() > 1e-6 and state.depot.ch4.kg > 1e-6:
            dues.append(state.now_ms + self._missing_fuel() / depot.refuel_kg_s * 1000.0)
        missing_j = missing_charge_j(state.skimmer, self.profile.power.launch_soc)
        if missing_j > 1.0:
            dues.append(state.now_ms + missing_j / self.profile.power.charge_w * 1000.0)
        return dues

    # --- the skimmer's craft ------------------------------------------------------------------------------------------
    def set_mode(self, mode: Mode) -> None:
        """MODE_CTRL: buses and loads from now on."""
        self._changed()
        self.state.skimmer.mode = mode

    def undock(self) -> None:
        """Latches open, departure burn begins."""
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
        self._leg(Place.NEAR, self.profile.plan.departure_s)

    def start_harvest(self, target_kg: float) -> None:
        """INTAKE on, until somebody stops it; `target_kg` in store is an event."""
        self._changed()
        self.state.skimmer.harvesting = True
        self.state.target_kg = target_kg

    def turn_back(self) -> None:
        """Intake off, on the way to the corridor."""
        self._changed()
        state = self.state
        state.skimmer.harvesting = False
        if state.place in (Place.NEAR, Place.OUT, Place.ZONE):
            state.way = self._way()
            self._leg(Place.BACK, self._return_s())

    def _return_s(self) -> float:
        state, plan = self.state, self.profile.plan
        seconds = max(state.way * plan.return_s, 0.001)
        if state.late:
            missed_ms = state.undocked_ms + DEATH_FACTOR * plan.t_sortie_s * 1000.0 + plan.return_s * 1000.0
            seconds = max(seconds, (missed_ms - state.now_ms) / 1000.0)
        return seconds

    def stretch_return(self) -> None:
        """The way back takes so long that T_DEATH is missed."""
        self._changed()
        self.state.late = True
        if self.state.place is Place.BACK:
            self._leg(Place.BACK, self._return_s())

    def approach(self) -> None:
        """Cleared: the docking trajectory."""
        self._changed()
        if self.state.place is Place.CORRIDOR:
            self._leg(Place.FINAL, self.profile.plan.dock_s * 0.8)

    def dispose(self) -> None:
        """Volatiles dumped, on a trajectory that endangers nobody."""
        self._changed()
        state = self.state
        state.skimmer.harvesting = False
        state.place = Place.ADRIFT
        for tank in (*state.skimmer.partitions, state.skimmer.fuel_store):
            state.outside.book("dump", tank.species, tank.kg)
            tank.kg = 0.0

    # --- the depot's station --------------------------------------------------------------------------------------
    def offload(self, on: bool) -> None:
        """Open or close the way from DOCK_PORT to the tank farm."""
        self._changed()
        self.state.offloading = on and self.state.place is Place.DOCK

    def refuel(self, on: bool) -> None:
        """Propellant to FUEL_LOBES."""
        self._changed()
        self.state.refuelling = on and self.state.place is Place.DOCK

    def repair(self, name: str) -> None:
        """A docked skimmer's fault is put right."""
        self.clear(name)
        self._repairs.append(name)

    def take_repairs(self) -> list[str]:
        """Faults that have been put right since the last call."""
        out, self._repairs = self._repairs, []
        return out

    def total_abort(self) -> None:
        """Isolate, survival bus, return-to-origin burn."""
        self._changed()
        self.state.total_abort = True
        self.state.offloading = self.state.refuelling = False
        isolate(self.state.depot)

    # --- readings -------------------------------------------------------------------------------------------------
    def skimmer_reading(self) -> SkimmerReading:
        """What the skimmer's sensors show now."""
        if self._seen is None:
            self._seen = read_skimmer(self.state, self.profile, self._coast())
        return self._seen

    def depot_reading(self) -> DepotReading:
        """What the depot's sensors show now."""
        if self._depot_seen is None:
            self._depot_seen = read_depot(self.state, self.profile)
        return self._depot_seen

    def _changed(self) -> None:
        self._seen = self._depot_seen = None

    # --- to disk and back -----------------------------------------------------------------------------------------
    def dump(self) -> bytes:
        """The whole state."""
        return msgspec.json.encode(self.state)

    @staticmethod
    def load(data: bytes) -> SpaceState:
        """A state that `dump` wrote."""
        return msgspec.json.decode(data, type=SpaceState)
