"""The geofence: is the vehicle inside, and what follows when it is not.

Checked ten times a second of vehicle time while the fence is enabled and the vehicle armed, never otherwise. Sources:
`mission-semantics.md` section 3; ArduPilot AC_Fence.cpp, ArduCopter/fence.cpp, Rover/fence.cpp.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntFlag
from math import hypot, inf
from typing import Final

from autopilot import report
from autopilot.cockpit import Cockpit
from autopilot.mission.fence import Fence, parse_fence
from autopilot.mission.storage import MissionStorage
from autopilot.modes.manager import ModeChoice
from autopilot.outcome import FenceChanged, Severity
from autopilot.safety.escape import COPTER_FENCE, ROVER_FENCE, Escape, escape

_LOOK_MS: Final = 100
_FAR_OUTSIDE: Final = 100.0  # m; so far out the vehicle gives up coming back
_ANY_INCLUSION: Final = 2  # FENCE_OPTIONS bit 1
_FLOOR_ONLY: Final = 2.0  # DO_FENCE_ENABLE param1: disable the lowest altitude only


class FenceType(IntFlag):
    """FENCE_TYPE bits."""

    MAX_ALT = 1
    CIRCLE = 2
    POLYGON = 4
    MIN_ALT = 8


_NAMES: Final = {
    FenceType.MAX_ALT: "Max Alt",
    FenceType.CIRCLE: "Circle",
    FenceType.POLYGON: "Polygon",
    FenceType.MIN_ALT: "Min Alt",
}


def names(types: FenceType) -> str:
    return ", ".join(_NAMES[one] for one in _NAMES if types & one)


class FenceGuard:
    """Watches the fence of one vehicle. `disarm` stops the motors of a copter that stands on the ground. A vehicle with
    a fence of its own (`Capabilities.own_fence`) acts by itself: then this is what is known of that fence."""

    def __init__(
        self, cockpit: Cockpit, plan: MissionStorage, modes: ModeChoice, disarm: Callable[[str], None]
    ) -> None:
        self._cockpit = cockpit
        self._plan = plan
        self._modes = modes
        self._disarm = disarm
        self._revision = -1
        self._zones = Fence()
        self._above_floor = False
        self._floor_off = False
        self._far = False
        self.enabled = int(cockpit.param("FENCE_ENABLE")) != 0
        self.breached = FenceType(0)
        self.breach_count = 0
        self.breach_time_ms = 0
        self.deadline_ms: int | None = None

    # --- configuration --------------------------------------------------------------------------------------------
    def parameter_changed(self, name: str) -> None:
        if name == "FENCE_ENABLE":
            self.enable(self._cockpit.param(name))

    def enable(self, mode: float) -> None:
        """DO_FENCE_ENABLE: 0 off, 1 on, 2 only the lowest altitude off. Holds until the parameter is set again."""
        if mode == _FLOOR_ONLY:
            self._floor_off = True
        else:
            self.enabled = mode != 0.0
            self._floor_off = False
        if not self.enabled:
            self._clear()
        self._schedule(self._cockpit.now_ms)

    @property
    def types(self) -> FenceType:
        wanted = FenceType(int(self._cockpit.param("FENCE_TYPE")) & 15)
        if self._cockpit.rover:
            wanted &= FenceType.CIRCLE | FenceType.POLYGON
        return wanted

    @property
    def zones(self) -> Fence:
        """The fence's polygons and circles. A stored plan has been checked as a whole before it was stored."""
        if self._revision != self._plan.revision:
            self._revision = self._plan.revision
            self._zones = parse_fence(self._plan.items())
        return self._zones

    # --- where the vehicle is -------------------------------------------------------------------------------------
    def outside(self) -> tuple[FenceType, float]:
        """The fences that the vehicle is beyond now, and by how many metres at the most."""
        param, types = self._cockpit.param, self.types
        state = self._cockpit.vehicle.state
        height = self._cockpit.height
        excess: dict[FenceType, float] = {}
        if types & FenceType.MAX_ALT:
            excess[FenceType.MAX_ALT] = height - param("FENCE_ALT_MAX", 100.0)
        if types & FenceType.MIN_ALT and self._above_floor and not self._floor_off:
            excess[FenceType.MIN_ALT] = param("FENCE_ALT_MIN", -10.0) - height
        if types & FenceType.CIRCLE and self._cockpit.has_position:
            home = self._cockpit.home_ned
            away = hypot(state.report[report.NORTH] - home[0], state.report[report.EAST] - home[1])
            excess[FenceType.CIRCLE] = away - param("FENCE_RADIUS", 300.0)
        if types & FenceType.POLYGON and self.zones and self._cockpit.has_position:
            excess[FenceType.POLYGON] = -self._margin()
        beyond = {one: metres for one, metres in excess.items() if metres > 0.0}
        return FenceType(sum(beyond)), max(beyond.values(), default=0.0)

    def _margin(self) -> float:
        place = self._cockpit.vehicle.state.place
        any_one = bool(int(self._cockpit.param("FENCE_OPTIONS")) & _ANY_INCLUSION)
        return self.zones.margin(place.lat, place.lon, any_inclusion=any_one)

    def contains(self, lat: float, lon: float) -> bool:
        """Would a vehicle at this place (degrees) be inside the polygons? For the choice of rally points."""
        return self.room(lat, lon) >= 0.0

    def room(self, lat: float, lon: float) -> float:
        """Metres from this place (degrees) to the nearest edge of polygons and zones, negative outside; inf when they
        are off."""
        if not self.enabled or not self.types & FenceType.POLYGON:
            return inf
        any_one = bool(int(self._cockpit.param("FENCE_OPTIONS")) & _ANY_INCLUSION)
        return self.zones.margin(lat, lon, any_inclusion=any_one)

    def complaints(self) -> list[str]:
        """What keeps the vehicle from being armed, in ArduPilot's words."""
        if not self.enabled or self._cockpit.vehicle.capabilities.own_fence:
            return []
        param, types = self._cockpit.param, self.types
        found: list[str] = []
        if types & (FenceType.CIRCLE | FenceType.POLYGON) and not self._cockpit.has_position:
            found.append("Fence requires position")
        if types & FenceType.CIRCLE and param("FENCE_RADIUS", 300.0) <= 0.0:
            found.append("Invalid FENCE_RADIUS value")
        both = FenceType.MAX_ALT | FenceType.MIN_ALT
        if types & both == both and param("FENCE_ALT_MAX", 100.0) <= param("FENCE_ALT_MIN", -10.0):
            found.append("FENCE_ALT_MAX < FENCE_ALT_MIN")
        beyond, _ = self.outside()
        if beyond:
            found.append(f"Vehicle breaching {names(beyond)} fence")
        return found

    # --- the pass -------------------------------------------------------------------------------------------------
    def armed_changed(self, now_ms: int) -> None:
        self._above_floor = False
        self._clear()
        self._schedule(now_ms)

    def _schedule(self, now_ms: int) -> None:
        watching = self.enabled and self._cockpit.armed and not self._cockpit.vehicle.capabilities.own_fence
        self.deadline_ms = (now_ms // _LOOK_MS + 1) * _LOOK_MS if watching else None

    def update(self, now_ms: int) -> None:
        if self.deadline_ms is None or now_ms < self.deadline_ms:
            return
        self._schedule(now_ms)
        floor = self._cockpit.param("FENCE_ALT_MIN", -10.0) + self._cockpit.param("FENCE_MARGIN", 2.0)
        if not self._cockpit.landed and not self._modes.mode.is_landing:
            self._above_floor = self._above_floor or self._cockpit.height > floor
        else:
            self._above_floor = False  # coming down is meant
        beyond, metres = self.outside()
        fresh = beyond & ~self.breached
        went_far = metres > _FAR_OUTSIDE and not self._far
        if beyond != self.breached:
            self._note(beyond, fresh, now_ms)
        self._far = metres > _FAR_OUTSIDE
        if fresh or went_far:
            self._act(metres, now_ms)

    def _note(self, beyond: FenceType, fresh: FenceType, now_ms: int) -> None:
        self.breached = beyond
        if fresh:
            self.breach_count += 1
            self.breach_time_ms = now_ms
            self._cockpit.say(Severity.NOTICE, f"{names(fresh)} fence breached")
        elif not beyond:
            self._cockpit.say(Severity.NOTICE, "Fence breach cleared")
        self._cockpit.announce(FenceChanged(int(beyond)))

    def _act(self, metres: float, now_ms: int) -> None:
        action = int(self._cockpit.param("FENCE_ACTION", 1.0))
        if action == 0:
            return
        if not self._cockpit.rover and self._cockpit.landed:
            self._disarm("fence breach")
            return
        ways = ROVER_FENCE if self._cockpit.rover else COPTER_FENCE
        way = ways.get(action, Escape.RTL)
        if metres > _FAR_OUTSIDE:
            way = Escape.HOLD if self._cockpit.rover else Escape.LAND
        escape(self._cockpit, self._modes, way, "Fence breach", now_ms)

    def _clear(self) -> None:
        self._far = False
        if self.breached:
            self.breached = FenceType(0)
            self._cockpit.announce(FenceChanged(0))
