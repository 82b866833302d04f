"""Home, from which relative heights count and to which RTL returns, and rally points that a return may use instead.

Home is set at the first position and moves to the vehicle at each arming, of most vehicles also while they are disarmed
(`Personality.home_follows_m`), unless a person has set it (ArduPilot's "locked" home; an item of its missions does not
lock it). A home that a person has set survives a restart. Rally points: docs/reference/mission-semantics.md, 3 item 5.
"""

from __future__ import annotations

from collections.abc import Callable

from autopilot.context.events import HomeChanged
from autopilot.context.frames import local
from autopilot.context.journal import Journal, SaveHome
from autopilot.context.vehicle_context import Announcer, VehicleFacts
from autopilot.interface import report
from autopilot.interface.geo import ABOVE_GROUND, GeoPoint, Ned, distance, is_surely_within
from autopilot.interface.result import ACCEPTED, Outcome
from autopilot.mav import Result
from autopilot.mission.items import MissionItem
from autopilot.mission.rally import nearest, points, rally_place
from autopilot.mission.storage import MissionStorage


class Home:
    """Owner of `VehicleFacts.home`."""

    def __init__(self, facts: VehicleFacts, announcer: Announcer, journal: Journal, stored: GeoPoint | None) -> None:
        self._facts = facts
        self._announcer = announcer
        self._journal = journal
        self.listeners: list[Callable[[bool, bool], None]] = []
        """Called after `set` with: at the vehicle's place; by an item."""
        self._by_person = stored is not None
        if stored is not None:
            self.move(stored)

    def move(self, place: GeoPoint) -> None:
        """Set home to this place; also for a flight controller's own home."""
        self._facts.home = place
        self._announcer.announce(HomeChanged())

    def position_found(self) -> None:
        """Set home at the first position."""
        if self._facts.home is None and self._facts.has_position and not self._found_flying:
            self.move(self._facts.vehicle.state.place)

    @property
    def left_behind(self) -> bool:
        """True if a disarmed vehicle stands elsewhere, to where home moves."""
        facts, limit = self._facts, self._facts.personality.home_follows_m
        if limit is None or facts.home is None or self._by_person or facts.vehicle.capabilities.own_modes:
            return False
        vector = facts.vehicle.state.report
        if is_surely_within(vector.item(report.LAT), vector.item(report.LON), facts.home, limit):
            return False
        stands = facts.landed and not facts.armed and facts.has_position
        return stands and distance(facts.home, facts.vehicle.state.place) >= limit

    def follow(self) -> None:
        """Set home where a disarmed vehicle stands, at the first position or when it was moved."""
        self.position_found()
        if self.left_behind:
            self.move(self._facts.vehicle.state.place)

    def armed(self) -> None:
        """Set home where the vehicle stands, at arming."""
        if not self._by_person and self._facts.has_position and not self._found_flying:
            self.move(self._facts.vehicle.state.place)

    @property
    def _found_flying(self) -> bool:
        """True if a flight controller was found in the air. It was armed before, so it reports its own home."""
        return self._facts.vehicle.capabilities.own_modes and not self._facts.landed

    def set(self, place: GeoPoint | None, *, by_item: bool = False) -> Outcome:
        """Set home by a person (or `by_item` of a mission) to `place`, or with None to the vehicle's position. A
        person's survives restarts. This call does not wait for the disk; the service journals what it acknowledges."""
        here = place is None
        if place is None:
            if not self._facts.has_position:
                return self._announcer.refuse("Set home failed: requires position")
            place = self._facts.vehicle.state.place
        self.move(place)
        if not by_item or self._facts.personality.keeps_home_of_items:
            self._by_person = True
            self._journal.submit(SaveHome(place))
        for listener in self.listeners:
            listener(here, by_item)
        return ACCEPTED

    def set_origin(self, place: GeoPoint) -> Outcome:
        """Set the origin by a person, as long as neither the vehicle nor anyone else has set it. Latitude and longitude
        0 are refused."""
        facts = self._facts
        if not 0.0 < max(abs(place.lat) / 90.0, abs(place.lon) / 180.0) <= 1.0:
            return Outcome(Result.DENIED, "no place")
        if facts.vehicle.origin is not None or facts.set_origin is not None:
            return Outcome(Result.FAILED, "there is an origin")
        facts.set_origin = place
        return ACCEPTED


class ReturnPoint:
    """Chooses the destination of a return: the nearest rally point inside the fence. It is home if home is nearer
    (RALLY_INCL_HOME) or if all points are farther than RALLY_LIMIT_KM (0 = no limit). A personality may choose another
    place."""

    def __init__(self, facts: VehicleFacts, rally: MissionStorage, inside_fence: Callable[[GeoPoint], bool]) -> None:
        self._facts = facts
        self._rally = rally
        self._inside_fence = inside_fence

    def __call__(self) -> Ned:
        home = self._facts.home
        chosen = None if home is None else self._facts.personality.return_place()
        if chosen is not None and chosen != home:
            return local(self._facts, chosen)
        if home is None or chosen is not None or not self._rally.total():
            return self._facts.home_ned
        here, best = self._facts.vehicle.state.place, self.rally_point(home)
        if best is None:
            return self._facts.home_ned
        if int(self._facts.param("RALLY_INCL_HOME", 1.0)) and distance(here, home) < distance(here, best):
            return self._facts.home_ned
        return local(self._facts, best)

    def rally_point(self, home: GeoPoint) -> GeoPoint | None:
        """The nearest rally point inside the fence, or None if none is near enough."""
        here = self._facts.vehicle.state.place
        places = [rally_place(item, home, self._ground(item)) for item in points(self._rally.items())]
        best = nearest([place for place in places if self._inside_fence(place)], here)
        limit = 1000.0 * self._facts.param("RALLY_LIMIT_KM", 0.3)
        return None if best is None or 0.0 < limit < distance(here, best) else best

    def _ground(self, item: MissionItem) -> float | None:
        """Ground height at a rally point, m, if the point counts from there."""
        if item.frame not in ABOVE_GROUND:
            return None
        self._facts.terrain.ask(item.x, item.y)
        return self._facts.ground_at(item.x, item.y)
