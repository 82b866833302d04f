"""Home: where RTL goes, and what relative heights count from.

Set at the first position, moved to the vehicle at each arming, unless a person has set it (ArduPilot's "locked" home).
A home that a person set outlives a restart.
"""

from __future__ import annotations

from autopilot.geo import GeoPoint
from autopilot.journal import SaveHome
from autopilot.result import ACCEPTED, Outcome
from autopilot.vehicle_context import VehicleContext


class Home:
    """Owner of `VehicleContext.home`."""

    def __init__(self, context: VehicleContext, stored: GeoPoint | None) -> None:
        self._context = context
        if stored is not None:
            context.home_by_person = True
            context.move_home(stored)

    def position_found(self) -> None:
        """There is a position: the first one is home."""
        if self._context.home is None and self._context.has_position and not self._found_flying:
            self._context.move_home(self._context.vehicle.state.place)

    def armed(self) -> None:
        """The vehicle was armed: home is where it stands now."""
        if not self._context.home_by_person and self._context.has_position and not self._found_flying:
            self._context.move_home(self._context.vehicle.state.place)

    @property
    def _found_flying(self) -> bool:
        """A controller that is in the air has been armed elsewhere: it says itself where its home is."""
        return self._context.vehicle.capabilities.own_modes and not self._context.landed

    def set(self, place: GeoPoint | None) -> Outcome:
        """A person sets home to `place`, or with None to where the vehicle is."""
        if place is None:
            if not self._context.has_position:
                return self._context.refuse("Set home failed: requires position")
            place = self._context.vehicle.state.place
        self._context.home_by_person = True
        self._context.move_home(place)
        self._context.save(SaveHome(place))
        return ACCEPTED
