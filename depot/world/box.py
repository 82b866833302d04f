"""The world of a box and its drone: the resource models of `space`, and a skimmer that is where a copter really flies.

FUEL_LOBES is the copter's battery (1 "kg" = 1 Wh): what the motors draw is burnt from it, what leaks or is charged
moves the copter's own charge. Harvest is the survey that the copter flies. Times, tanks, faults and sensors are
`space`'s.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from depot.readings import DepotReading, Place, SkimmerReading
from depot.settings import DEATH_FACTOR, Profile
from depot.world.chance import uniform
from depot.world.faults import leave_dock
from depot.world.matter import take_in
from depot.world.sensors import read_skimmer
from depot.world.skimmer import burn, wear
from depot.world.space import SpaceWorld
from depot.world.state import SpaceState

WIND_BLOCK_MS = 600_000
LOOK_MS = 100
_LOOKED_AT = (Place.NEAR, Place.BACK, Place.FINAL)
_CHARGE_STEP = 0.002
_SLOWEST_CHARGE = 0.2


class Pilot(Protocol):
    """Who flies the copter. Places are metres, energy Wh, charge 0 to 1."""

    def now_ms(self) -> int:
        """The loop's time at which it is."""

    def ready(self) -> bool:
        """Could it be launched now?"""

    @property
    def landed(self) -> bool:
        """On the ground, its motors maybe still turning."""

    def hindrance(self) -> str:
        """Why not, where that is known."""

    def called_off(self) -> str:
        """Why its last launch did not take place; empty when it did."""

    def taken(self) -> str:
        """Who else flies it, or what keeps it from being flown; empty: nobody and nothing."""

    def launch(self) -> None: ...
    def fly_back(self) -> None:
        """To the docking corridor, and hold there."""

    def whereabouts(self) -> tuple[float, float, float]:
        """Latitude, longitude (degrees), altitude (m above mean sea level), as it reports them."""

    def hold(self) -> None:
        """Stay where it is."""

    def approach(self) -> None:
        """From the corridor down to the pad."""

    def land_here(self) -> None: ...
    def fall(self) -> None:
        """It is gone."""

    def place(self, before: Place) -> Place:
        """Where it is now along its way, having been at `before`."""

    def remaining_s(self) -> float:
        """To the corridor, if it turned back now."""

    def on_pad(self) -> bool:
        """Did it come down within the precision of the pad?"""

    def used_wh(self) -> float:
        """Drawn from its battery since it was switched on."""

    def charge(self) -> float: ...
    def set_charge(self, charge: float) -> None: ...
    def set_wind(self, speed_ms: float) -> None: ...


class BoxWorld(SpaceWorld):
    """See the module. A look at the skimmer brings it to where the copter's simulator is."""

    def __init__(self, profile: Profile, seed: int, pilot: Pilot, state: SpaceState | None = None) -> None:
        super().__init__(profile, seed, state)
        self._pilot = pilot
        self._used_wh = pilot.used_wh()
        self._wind_block = -1
        self._down = False
        self.wind_ms = 0.0

    def stand_on_dock(self) -> None:
        """The process is new: the copter stands on its dock again, its data of the broken flight are lost."""
        self._changed()
        state = self.state
        state.place, state.way, state.late, state.destroyed = Place.DOCK, 0.0, False, False
        state.skimmer.harvesting = False
        for tank in (*state.skimmer.partitions, state.skimmer.fuel_store):
            state.outside.book("dump", tank.species, tank.kg)
            tank.kg = 0.0

    # --- time ---------------------------------------------------------------------------------------------------------
    def next_event_ms(self) -> int | None:
        """When to look where the copter is: what happens at a waypoint its own simulator tells, the rest is looked at
        on a grid of its own, so that nobody who watches changes it."""
        now_ms = self.state.now_ms
        return now_ms - now_ms % LOOK_MS + LOOK_MS if self.state.place in _LOOKED_AT else None

    def _flow(self, seconds: float) -> None:
        self._blow()
        super()._flow(seconds)
        self._take_mains(seconds)
        self._tell_charge()

    def _tell_charge(self) -> None:
        """The copter's battery holds what is in the lobes."""
        lobes = self.state.skimmer.lobes
        if abs(lobes.fill - self._pilot.charge()) > _CHARGE_STEP:
            self._pilot.set_charge(lobes.fill)

    def _blow(self) -> None:
        """The wind of these ten minutes."""
        block = self.state.now_ms // WIND_BLOCK_MS
        if block != self._wind_block:
            self._wind_block = block
            box = self.profile.box
            spread = box.wind_spread * (2.0 * uniform(self.state.seed, block, "wind") - 1.0)
            self.wind_ms = box.wind_ms * (1.0 + spread)
            self._pilot.set_wind(self.wind_ms)

    def _burn(self, seconds: float) -> None:
        """What the motors have drawn. At the dock the box feeds the copter, and a return that is stretched on purpose
        (fault skimmer_late) costs no more than another."""
        used = self._pilot.used_wh()
        drawn, self._used_wh = used - self._used_wh, used
        if self.state.place is not Place.DOCK and not self.state.late:
            burn(self.state.skimmer, drawn, self.state.outside)

    def _take_mains(self, seconds: float) -> None:
        depot = self.profile.depot
        store = self.state.depot.ch4
        missing = depot.start_fill * store.capacity_kg - store.kg
        if missing > 0.0 and not self.state.total_abort:
            take_in(store, min(self.profile.box.mains_kg_s * seconds, missing), self.state.outside, "mains")

    def _refuel_kg_s(self) -> float:
        """Constant current, then less and less above `taper`."""
        fill, taper = self.state.skimmer.lobes.fill, self.profile.box.taper
        share = 1.0 if fill <= taper or taper >= 1.0 else 1.0 - (fill - taper) / (1.0 - taper)
        return self.profile.depot.refuel_kg_s * max(share, _SLOWEST_CHARGE)

    def _is_low(self) -> bool:
        """Just enough is left for the approach."""
        use = self.profile.skimmer
        return self.state.skimmer.lobes.kg < use.dock_kg * (1.0 + use.fuel_reserve)

    def _arrive(self) -> None:
        state = self.state
        if state.destroyed:
            return
        if state.place is Place.BACK and state.late:
            if state.now_ms < state.leg_end_ms:
                return
            state.late = False
            if not self._pilot.taken():
                self._pilot.fly_back()
        before = state.place
        if not self._looks_now():
            return
        state.place = self._pilot.place(before)
        if state.place is Place.CORRIDOR and not self._down and self._is_low() and not self._pilot.taken():
            self._down = True  # nobody has cleared it for long: beside the box rather than out of the sky
            self._pilot.land_here()
        if state.place is not Place.DOCK:
            remaining_s = self._pilot.remaining_s()
            state.way = remaining_s / self.profile.plan.return_s
            state.leg_end_ms = state.now_ms + round(remaining_s * 1000.0)
        if state.place is before:
            return
        self._changed()
        if state.place is Place.DOCK and before is not Place.NEAR:
            state.way = 0.0
            wear(state.skimmer, self.profile)
        elif before is Place.NEAR and state.place is not Place.DOCK:
            leave_dock(state, self.profile, read_skimmer(state, self.profile))
            self._fall_if_gone()

    def _looks_now(self) -> bool:
        return self.state.place not in _LOOKED_AT or self.state.now_ms % LOOK_MS == 0

    # --- faults -------------------------------------------------------------------------------------------------------
    def inject(self, name: str) -> None:
        super().inject(name)
        self._fall_if_gone()

    def _fall_if_gone(self) -> None:
        if self.state.destroyed:
            self._pilot.fall()

    def stretch_return(self) -> None:
        """It stays where it is until T_DEATH has been missed."""
        self._changed()
        self.state.late = True
        if self.state.place is Place.BACK:
            self._wait_out()

    def _wait_out(self) -> None:
        state, plan = self.state, self.profile.plan
        state.leg_end_ms = state.undocked_ms + round((DEATH_FACTOR * plan.t_sortie_s + plan.return_s) * 1000.0)
        self._pilot.hold()

    # --- the skimmer's craft ------------------------------------------------------------------------------------------
    def undock(self) -> None:
        super().undock()
        self._pilot.launch()

    def turn_back(self) -> None:
        """Intake off, on the way to the corridor."""
        self._changed()
        state = self.state
        state.skimmer.harvesting = False
        if state.place in (Place.NEAR, Place.OUT, Place.ZONE):
            state.place = Place.BACK
            if state.late:
                self._wait_out()
            else:
                self._pilot.fly_back()

    def approach(self) -> None:
        self._changed()
        if self.state.place is Place.CORRIDOR:
            self.state.place = Place.FINAL
            self._down = False
            self._pilot.approach()

    def dispose(self) -> None:
        """It comes down where it is."""
        super().dispose()
        self._pilot.land_here()

    def whereabouts(self) -> tuple[float, float, float] | None:
        return self._pilot.whereabouts()

    # --- readings -----------------------------------------------------------------------------------------------------
    def follow(self) -> None:
        """Time is where the copter is."""
        now_ms = self._pilot.now_ms()
        if now_ms > self.state.now_ms:
            self.advance(now_ms)

    def skimmer_reading(self) -> SkimmerReading:
        self.follow()
        if self._seen is None:
            ready = self._pilot.ready()
            self._seen = msgspec.structs.replace(
                super().skimmer_reading(), ready=ready, hindrance="" if ready else self._pilot.hindrance(),
                taken=self._pilot.taken(), called_off=self._pilot.called_off(),
            )  # fmt: skip
        return self._seen

    def depot_reading(self) -> DepotReading:
        if self._depot_seen is None:
            reading = super().depot_reading()
            reading.wind_ms = self.wind_ms
            if self.state.place is Place.DOCK:
                reading.locks_ok = self._pilot.on_pad()
            self._depot_seen = reading
        return self._depot_seen
