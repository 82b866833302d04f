"""Home: where RTL goes, and what relative heights count from.

Set at the first position, moved to the vehicle at each arming, unless a person has set it (ArduPilot's "locked" home).
A home that a person set outlives a restart.
"""

from __future__ import annotations

from autopilot.cockpit import Cockpit
from autopilot.geo import GeoPoint
from autopilot.journal import SaveHome
from autopilot.outcome import ACCEPTED, Outcome


class Home:
    """Owner of `Cockpit.home`."""

    def __init__(self, cockpit: Cockpit, stored: GeoPoint | None) -> None:
        self._cockpit = cockpit
        if stored is not None:
            cockpit.home_by_person = True
            cockpit.move_home(stored)

    def position_found(self) -> None:
        """There is a position: the first one is home."""
        if self._cockpit.home is None and self._cockpit.has_position and not self._found_flying:
            self._cockpit.move_home(self._cockpit.vehicle.state.place)

    def armed(self) -> None:
        """The vehicle was armed: home is where it stands now."""
        if not self._cockpit.home_by_person and self._cockpit.has_position and not self._found_flying:
            self._cockpit.move_home(self._cockpit.vehicle.state.place)

    @property
    def _found_flying(self) -> bool:
        """A controller that is in the air has been armed elsewhere: it says itself where its home is."""
        return self._cockpit.vehicle.capabilities.own_modes and not self._cockpit.landed

    def set(self, place: GeoPoint | None) -> Outcome:
        """A person sets home to `place`, or with None to where the vehicle is."""
        if place is None:
            if not self._cockpit.has_position:
                return self._cockpit.refuse("Set home failed: requires position")
            place = self._cockpit.vehicle.state.place
        self._cockpit.home_by_person = True
        self._cockpit.move_home(place)
        self._cockpit.save(SaveHome(place))
        return ACCEPTED
