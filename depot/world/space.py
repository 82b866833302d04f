"""The world of a depot and a kinematic skimmer: both resource models, the dock that joins them, and a skimmer that is
where its timetable says.

`SpaceWorld.advance` moves everything to an instant with the rates that hold now; `next_event_ms` is the earliest
instant at which a rate would change by itself (a leg ends, a store is full, a transfer is done), so that whoever
drives it goes from event to event. All state is one `SpaceState`, plain enough to be written to disk and read back.
"""

from __future__ import annotations

import msgspec

from depot.names import Mode
from depot.readings import DepotReading, Place, SkimmerReading
from depot.settings import Profile
from depot.world import course, dock
from depot.world.chance import uniform
from depot.world.depot import advance_depot, isolate, new_depot
from depot.world.faults import grow, leave_dock, strike, withdraw
from depot.world.sensors import read_depot, read_skimmer
from depot.world.skimmer import burn, harvest, leak, new_skimmer, run_buses, wear
from depot.world.state import SpaceState

SLOW_SAMPLES = 2_000.0
"""While something grows or leaks, it is looked at this many times in a T_SORTIE."""


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
        dues = course.course_events_ms(state, self.profile)
        if state.skimmer.harvesting:
            rate = self.profile.skimmer.intake_kg_s * state.skimmer.intake_factor
            missing = state.target_kg - state.skimmer.store_kg
            if rate > 0.0 and missing > 0.0:
                dues.append(state.now_ms + missing / rate * 1000.0)
        if state.place is Place.DOCK:
            dues += dock.dock_events_ms(state, self.profile)
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
            grow(state, self.profile)
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
                dock_j = dock.wanted_j(state, profile, seconds)
            else:
                run_buses(
                    skimmer, profile, seconds, accounts, profile.power.solar_w, thrusting=state.place is not Place.DOCK
                )
            if skimmer.spine.k > profile.thermal.spine_stress_k:
                skimmer.health.stressed = True
        if state.place is Place.DOCK:
            dock.offload(state, profile, seconds)
            dock.refuel(state, profile, seconds, self._refuel_kg_s())
        served = advance_depot(state.depot, profile, seconds, outside, accounts, dock_j)
        if dock_j:
            dock.feed(state, profile, served, seconds)

    def _burn(self, seconds: float) -> None:
        kg = course.burn_kg(self.state, self.profile, seconds)
        if kg > 0.0:
            burn(self.state.skimmer, kg, self.state.outside)
        course.drift_on(self.state, seconds)

    def _arrive(self) -> None:
        state = self.state
        state.way = course.way_back(state, self.profile)
        if state.now_ms < state.leg_end_ms or state.destroyed:
            return
        if state.place is Place.NEAR:
            course.begin_leg(state, Place.OUT, self.profile.plan.outbound_s)
            leave_dock(state, self.profile, read_skimmer(state, self.profile))
        elif state.place is Place.OUT:
            state.place = Place.ZONE
        elif state.place is Place.BACK:
            state.place = Place.CORRIDOR
        elif state.place is Place.FINAL:
            state.place = Place.DOCK
            state.late = False
            wear(state.skimmer, self.profile)

    # --- faults ---------------------------------------------------------------------------------------------------
    def inject(self, name: str) -> None:
        """A fault strikes the model; names as the command line takes them."""
        self._changed()
        strike(self.state, self.profile, name, read_skimmer(self.state, self.profile))

    def clear(self, name: str) -> None:
        """It ends (or has been repaired)."""
        self._changed()
        withdraw(self.state, self.profile, name)

    # --- the dock -------------------------------------------------------------------------------------------------
    def _refuel_kg_s(self) -> float:
        return self.profile.depot.refuel_kg_s

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
        course.begin_leg(state, Place.NEAR, self.profile.plan.departure_s)

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
            course.note_turn(state, self.profile)
            state.way = state.turned_way
            course.begin_leg(state, Place.BACK, course.return_s(state, self.profile))

    def stretch_return(self) -> None:
        """The way back takes so long that T_DEATH is missed."""
        self._changed()
        self.state.late = True
        if self.state.place is Place.BACK:
            course.begin_leg(self.state, Place.BACK, course.return_s(self.state, self.profile))

    def approach(self) -> None:
        """Cleared: the docking trajectory."""
        self._changed()
        if self.state.place is Place.CORRIDOR:
            course.begin_leg(self.state, Place.FINAL, self.profile.plan.dock_s * 0.8)

    def stand_aside(self) -> None:
        """Intake off while somebody else flies."""
        self._changed()
        self.state.skimmer.harvesting = False

    def resume(self) -> None:
        """Given back: intake on again where it harvested."""
        self._changed()
        self.state.skimmer.harvesting = self.state.place is Place.ZONE

    def dispose(self) -> None:
        """Volatiles dumped, on a trajectory that endangers nobody."""
        self._changed()
        state = self.state
        state.skimmer.harvesting = False
        course.note_turn(state, self.profile)
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

    def whereabouts(self) -> tuple[float, float, float] | None:
        """Latitude, longitude, altitude."""
        return course.spot(self.state, self.profile)

    # --- readings -------------------------------------------------------------------------------------------------
    def skimmer_reading(self) -> SkimmerReading:
        """What the skimmer's sensors show now."""
        if self._seen is None:
            self._seen = read_skimmer(self.state, self.profile)
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
