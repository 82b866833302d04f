"""Home: where RTL goes, and what relative heights count from.

Set at the first position, moved to the vehicle at each arming, unless a person has set it (ArduPilot's "locked" home).
A home that a person set outlives a restart.
"""

from __future__ import annotations

from autopilot.events import HomeChanged
from autopilot.geo import GeoPoint
from autopilot.journal import Journal, SaveHome
from autopilot.result import ACCEPTED, Outcome
from autopilot.vehicle_context import Announcer, VehicleFacts


class Home:
    """Owner of `VehicleFacts.home`."""

    def __init__(self, facts: VehicleFacts, announcer: Announcer, journal: Journal, stored: GeoPoint | None) -> None:
        self._facts = facts
        self._announcer = announcer
        self._journal = journal
        self._by_person = stored is not None
        if stored is not None:
            self.move(stored)

    def move(self, place: GeoPoint) -> None:
        """Home is there from now on; a controller's own home comes this way too."""
        self._facts.home = place
        self._announcer.announce(HomeChanged())

    def position_found(self) -> None:
        """There is a position: the first one is home."""
        if self._facts.home is None and self._facts.has_position and not self._found_flying:
            self.move(self._facts.vehicle.state.place)

    def armed(self) -> None:
        """The vehicle was armed: home is where it stands now."""
        if not self._by_person and self._facts.has_position and not self._found_flying:
            self.move(self._facts.vehicle.state.place)

    @property
    def _found_flying(self) -> bool:
        """A controller that is in the air has been armed elsewhere: it says itself where its home is."""
        return self._facts.vehicle.capabilities.own_modes and not self._facts.landed

    def set(self, place: GeoPoint | None) -> Outcome:
        """A person sets home to `place`, or with None to where the vehicle is. It is kept over restarts; nobody waits
        for that here, what is acknowledged is journaled by its service."""
        if place is None:
            if not self._facts.has_position:
                return self._announcer.refuse("Set home failed: requires position")
            place = self._facts.vehicle.state.place
        self._by_person = True
        self.move(place)
        self._journal.submit(SaveHome(place))
        return ACCEPTED
