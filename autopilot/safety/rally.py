"""Where RTL returns to: home, or a rally point (docs/reference/mission-semantics.md, 3 item 5)."""

from __future__ import annotations

from autopilot.geo import Ned, distance
from autopilot.mission.rally import nearest, rally_place
from autopilot.mission.storage import MissionStorage
from autopilot.modes.frames import local
from autopilot.safety.fence import FenceGuard
from autopilot.vehicle_context import VehicleFacts


class ReturnPoint:
    """Chooses the nearest rally point that lies inside the fence; home when it is nearer (RALLY_INCL_HOME) or when all
    points are farther than RALLY_LIMIT_KM (0 = no limit)."""

    def __init__(self, facts: VehicleFacts, rally: MissionStorage, fence: FenceGuard) -> None:
        self._facts = facts
        self._rally = rally
        self._fence = fence

    def __call__(self) -> Ned:
        home = self._facts.home
        if home is None or not self._rally.total():
            return self._facts.home_ned
        here = self._facts.vehicle.state.place
        places = [rally_place(item, home) for item in self._rally.items()]
        best = nearest([place for place in places if self._fence.contains(place.lat, place.lon)], here)
        if best is None:
            return self._facts.home_ned
        limit = 1000.0 * self._facts.param("RALLY_LIMIT_KM", 0.3)
        away = distance(here, best)
        if 0.0 < limit < away:
            return self._facts.home_ned
        if int(self._facts.param("RALLY_INCL_HOME", 1.0)) and distance(here, home) < away:
            return self._facts.home_ned
        return local(self._facts, best)
