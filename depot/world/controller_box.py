"""The world of a box whose drone has a flight controller of its own: where it is and what its battery holds is what it
tells; payload, store, dock and depot stay modelled, and so do the faults of the skimmer's parts.

The battery is the lobes' (1 "kg" = 1 Wh). *Reported*: no software can charge it, so the dock waits until the vehicle
says that it is charged. *Modelled*: a dock that charges or swaps packs by itself, as a simulated vehicle's; flight
takes from the model what the vehicle says was used, and at the dock the vehicle is told what its pack holds now. There
is no weather: nothing measures the wind.
"""

from __future__ import annotations

from depot.readings import DepotReading, Place
from depot.settings import Profile
from depot.world.box import LOOK_MS, BoxWorld, Pilot
from depot.world.matter import let_out, take_in
from depot.world.state import SpaceState

TOLD_STEP = 0.01
TELL_AGAIN_MS = 5000


class ControllerWorld(BoxWorld):
    """See the module."""

    def __init__(
        self, profile: Profile, seed: int, pilot: Pilot, state: SpaceState | None = None, *, modelled: bool
    ) -> None:
        super().__init__(profile, seed, pilot, state)
        self.modelled = modelled
        self._charge = pilot.charge()
        self._told_ms = 0
        if state is None:
            lobes = self.state.skimmer.lobes
            lobes.kg = self._charge * lobes.capacity_kg

    # --- time ---------------------------------------------------------------------------------------------------------
    def next_event_ms(self) -> int | None:
        now_ms = self.state.now_ms
        return None if self.state.place is Place.DOCK else now_ms - now_ms % LOOK_MS + LOOK_MS

    def _looks_now(self) -> bool:
        return True

    def _blow(self) -> None:
        """The weather is real."""

    # --- readings -----------------------------------------------------------------------------------------------------
    def depot_reading(self) -> DepotReading:
        reading = super().depot_reading()
        reading.dock_fuels = self.modelled
        return reading

    # --- the skimmer's craft ------------------------------------------------------------------------------------------
    def turn_back(self) -> None:
        """Also once more, after somebody else has had it."""
        again = self.state.place in (Place.BACK, Place.CORRIDOR, Place.FINAL, Place.ADRIFT)
        super().turn_back()
        if again and not self._pilot.landed:
            self.state.place = Place.BACK
            self._pilot.fly_back()

    # --- its battery --------------------------------------------------------------------------------------------------
    def _burn(self, seconds: float) -> None:
        """The lobes follow what the vehicle tells. At a dock that waits for it they hold just that; else they change
        by as much, so that what a fault has let out stays out, and a modelled pack is filled by the model alone."""
        charge = self._pilot.charge()
        risen, self._charge = charge - self._charge, charge
        lobes = self.state.skimmer.lobes
        docked = self.state.place is Place.DOCK
        kg = risen * self.profile.skimmer.propellant_kg
        if docked and self.modelled:
            return  # the dock feeds it
        if docked:
            kg = min(charge * self.profile.skimmer.propellant_kg, lobes.capacity_kg) - lobes.kg
        if kg < 0.0:
            let_out(lobes, -kg, self.state.outside, "exhaust")
        elif not self.modelled:
            take_in(lobes, kg, self.state.outside, "charged")

    def _refuel_kg_s(self) -> float:
        return super()._refuel_kg_s() if self.modelled else 0.0

    def _tell_charge(self) -> None:
        fill = self.state.skimmer.lobes.fill
        if not self.modelled or self.state.place is not Place.DOCK or abs(fill - self._pilot.charge()) <= TOLD_STEP:
            return
        if self.state.now_ms >= self._told_ms:
            self._told_ms = self.state.now_ms + TELL_AGAIN_MS
            self._pilot.set_charge(fill)
