"""Limits of the geofence, the vehicle's distance from each, and notices about near limits.

Sources: docs/reference/mission-semantics.md, 3; ArduPilot libraries/AC_Fence/AC_Fence.cpp (names, arming checks,
record_margin_breach, clear_margin_breach).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntFlag
from math import inf
from typing import Final

from autopilot.context.vehicle_context import Announcer, VehicleFacts
from autopilot.interface import report
from autopilot.interface.geo import GeoPoint, distance
from autopilot.interface.mathematics import hypot
from autopilot.mav import Severity
from autopilot.mission.fence import Fence, middle, parse_fence
from autopilot.mission.storage import MissionStorage

_ANY_INCLUSION: Final = 2  # FENCE_OPTIONS bit 1
_NOTIFY_MARGIN: Final = 4  # FENCE_OPTIONS bit 2
_LOWEST_FLOOR: Final = -100.0  # m; FENCE_ALT_MIN
_ROUNDING: Final = 1e-3  # m; rounding error of a place at a limit after conversions between frames


class FenceType(IntFlag):
    """Bits of FENCE_TYPE."""

    MAX_ALT = 1
    CIRCLE = 2
    POLYGON = 4
    MIN_ALT = 8


ALTITUDES: Final = FenceType.MAX_ALT | FenceType.MIN_ALT
# As plain numbers for what is judged in each pass: an operation on an IntFlag costs a microsecond.
_MAX_ALT, _CIRCLE, _POLYGON, _MIN_ALT = map(int, FenceType)
_NAMES: Final = {
    FenceType.MAX_ALT: "Max Alt",
    FenceType.CIRCLE: "Circle",
    FenceType.POLYGON: "Polygon",
    FenceType.MIN_ALT: "Min Alt",
}


def fence_names(types: FenceType) -> str:
    """Names of fences in ArduPilot's form: "Circle fence", "Max Alt and Circle fences"."""
    *most, last = [_NAMES[limit] for limit in _NAMES if types & limit]
    return f"{', '.join(most)} and {last} fences" if most else f"{last} fence"


class FenceLimits:
    """The limits that FENCE_TYPE selects: heights and circle from parameters, polygons and circles from the fence
    plan."""

    def __init__(self, facts: VehicleFacts, plan: MissionStorage) -> None:
        self._facts = facts
        self._plan = plan
        self._revision = -1
        self._zones = Fence()
        self._depths_key: tuple[Fence, float, float] | None = None
        self._depths: tuple[float, ...] = ()
        self._settings_key: tuple[int, int] | None = None
        self._settings: tuple[str | None, str | None] = (None, None)

    @property
    def revision(self) -> tuple[object, int]:
        """Value that changes when home or the plan changes."""
        return self._facts.home, self._plan.revision

    @property
    def return_point(self) -> GeoPoint | None:
        """Return point of the plan, or the middle of its first inclusion polygon, at sea level."""
        zones = self.zones
        included = (middle(polygon.vertices) for polygon in zones.polygons if polygon.inclusion)
        place = zones.return_point or next(included, None)
        return None if place is None else GeoPoint(*place)

    @property
    def types(self) -> FenceType:
        """Limits that FENCE_TYPE selects."""
        return FenceType(self.bits)

    @property
    def bits(self) -> int:
        """`types` as a plain number."""
        flies = self._facts.vehicle_class.flies
        return int(self._facts.param("FENCE_TYPE")) & (15 if flies else _CIRCLE | _POLYGON)

    @property
    def present(self) -> FenceType:
        """Existing limits that FENCE_TYPE selects, enabled or not: with any, SYS_STATUS reports the fence as
        present."""
        return self.types if self._plan.total() else self.types & ~FenceType.POLYGON

    @property
    def zones(self) -> Fence:
        """Polygons and circles of the fence. A stored plan was checked before."""
        if self._revision != self._plan.revision:
            self._revision = self._plan.revision
            self._zones = parse_fence(self._plan.items())
        return self._zones

    @property
    def floor_margin(self) -> float:
        """Height above the level from which the minimum altitude acts, m: FENCE_MARGIN above the limit."""
        floor = self._facts.param("FENCE_ALT_MIN", -10.0) + self._facts.param("FENCE_MARGIN", 2.0)
        return self._facts.height - floor

    def excess(self, types: int) -> dict[FenceType, float]:
        """Distance of the vehicle beyond each limit of `types`, m; negative inside. It never changes faster than the
        vehicle moves."""
        param = self._facts.param
        state = self._facts.vehicle.state
        height = self._facts.height
        bits = int(types)
        excess: dict[FenceType, float] = {}
        if bits & _MAX_ALT:
            excess[FenceType.MAX_ALT] = height - param("FENCE_ALT_MAX", 100.0)
        if bits & _MIN_ALT:
            excess[FenceType.MIN_ALT] = param("FENCE_ALT_MIN", -10.0) - height
        if bits & _CIRCLE and self._facts.has_position:
            home = self._facts.home_ned
            distance_m = hypot(state.report.item(report.NORTH) - home[0], state.report.item(report.EAST) - home[1])
            excess[FenceType.CIRCLE] = distance_m - param("FENCE_RADIUS", 300.0)
        if bits & _POLYGON and self.zones and self._facts.has_position:
            excess[FenceType.POLYGON] = -self.room(state.place.lat, state.place.lon)
        return excess

    def room(self, lat: float, lon: float) -> float:
        """Distance from a place (degrees) to the nearest edge of polygons and zones, m, negative outside; inf if
        FENCE_TYPE does not select them."""
        if not self.bits & _POLYGON:
            return inf
        return self.zones.margin_of(self.depths(lat, lon), any_inclusion=self.union)

    @property
    def union(self) -> bool:
        """True if one of the zones to stay in is enough."""
        return self._facts.option("FENCE_OPTIONS", _ANY_INCLUSION)

    def depths(self, lat: float, lon: float) -> tuple[float, ...]:
        """Depths of a place; see `Fence.depths`. The last result is cached."""
        key = (self.zones, lat, lon)
        if self._depths_key != key:
            self._depths_key, self._depths = key, self.zones.depths(lat, lon)
        return self._depths

    def beyond(self, place: GeoPoint, *, floor: bool = True) -> FenceType:
        """Limits that a place (degrees, AMSL) is beyond, without a margin. While home is unknown, limits relative to
        home do not count. `floor`: the minimum altitude counts."""
        param, types, home = self._facts.param, self.types, self._facts.home
        crossed = FenceType(0)
        if self.room(place.lat, place.lon) < 0.0:
            crossed |= FenceType.POLYGON
        if home is None:
            return crossed
        height = place.alt - home.alt
        if types & FenceType.MAX_ALT and height > param("FENCE_ALT_MAX", 100.0) + _ROUNDING:
            crossed |= FenceType.MAX_ALT
        if types & FenceType.MIN_ALT and floor and height < param("FENCE_ALT_MIN", -10.0) - _ROUNDING:
            crossed |= FenceType.MIN_ALT
        if types & FenceType.CIRCLE and distance(home, place) > param("FENCE_RADIUS", 300.0) + _ROUNDING:
            crossed |= FenceType.CIRCLE
        return crossed

    # --- arming ---------------------------------------------------------------------------------------------------
    def complaint(self, beyond: int) -> str | None:
        """Reason to refuse arming while the vehicle is `beyond` some limits (bits), with ArduPilot's text; None =
        none."""
        bits = self.bits
        if not bits & (_MAX_ALT | _MIN_ALT | _CIRCLE) and not (bits & _POLYGON and self.zones):
            if self._facts.param("FENCE_ENABLE") != 0.0:
                return "Fences enabled, but none selected"
            if not bits:
                return None
        if bits & (_CIRCLE | _POLYGON) and not self._facts.has_position:
            return "Fence requires position"
        shape, margin = self._complaints_of_settings(bits)
        return shape or (f"Vehicle breaching {fence_names(FenceType(beyond))}" if beyond else margin)

    def _complaints_of_settings(self, bits: int) -> tuple[str | None, str | None]:
        """Complaints about the limits' shape and about their margin, computed again after a change of the parameters or
        of the plan."""
        key = self._facts.parameters.version, self._plan.revision
        if self._settings_key != key:
            self._settings_key, self._settings = key, (self._shape_complaint(bits), self._margin_complaint())
        return self._settings

    def _shape_complaint(self, bits: int) -> str | None:
        param = self._facts.param
        margin, radius = param("FENCE_MARGIN", 2.0), param("FENCE_RADIUS", 300.0)
        if bits & _POLYGON and any(zone.inclusion and zone.radius < margin for zone in self.zones.circles):
            return "Polygon fence margin is greater than inclusion circle radius"
        if radius < 0.0:
            return "Invalid Circle FENCE_RADIUS value"
        if radius < margin:
            return "Circle FENCE_MARGIN is greater than FENCE_RADIUS"
        if param("FENCE_ALT_MAX", 100.0) < 0.0:
            return "Invalid FENCE_ALT_MAX value"
        if param("FENCE_ALT_MIN", -10.0) < _LOWEST_FLOOR:
            return "Invalid FENCE_ALT_MIN value"
        return None

    def _margin_complaint(self) -> str | None:
        param = self._facts.param
        margin, band = param("FENCE_MARGIN", 2.0), param("FENCE_ALT_MAX", 100.0) - param("FENCE_ALT_MIN", -10.0)
        if margin < 0.0:
            return "Invalid FENCE_MARGIN value"
        if band < 0.0:
            return "FENCE_ALT_MAX < FENCE_ALT_MIN"
        if band <= 2.0 * margin:
            return "FENCE_MARGIN too big"
        return None


class MarginNotices:
    """Notices about near limits of one vehicle's fence (FENCE_OPTIONS bit 2): a limit within FENCE_MARGIN is announced
    at once, then FENCE_NTF_FREQ times a second while near, and once when it is no longer near. `near`: limits within
    the margin, or passed since."""

    def __init__(self, facts: VehicleFacts, announcer: Announcer) -> None:
        self._facts = facts
        self._announcer = announcer
        self.near = FenceType(0)
        self._sent_ms: int | None = None

    @property
    def enabled(self) -> bool:
        return self._facts.option("FENCE_OPTIONS", _NOTIFY_MARGIN)

    @property
    def margin(self) -> float:
        return self._facts.param("FENCE_MARGIN", 2.0)

    def clear(self) -> None:
        self.near = FenceType(0)
        self._sent_ms = None

    def look(self, excess: Mapping[FenceType, float], slack: float, now_ms: int) -> None:
        """Announce near limits. `excess`: m beyond each limit; a near limit stays near within `slack` of the margin."""
        if not self.enabled:
            self.clear()
            return
        fresh = False
        for limit, metres in excess.items():
            was_near = bool(self.near & limit)
            if metres > -self.margin - (slack if was_near else 0.0):
                fresh = fresh or not was_near
                self.near |= limit
            elif was_near:
                self.near &= ~limit
                self._announcer.say(Severity.NOTICE, f"{fence_names(limit)} cleared margin breach")
        due = self.due_ms(excess)
        if fresh or (due is not None and now_ms >= due):
            self._sent_ms = now_ms
            nearest = max(metres for limit, metres in excess.items() if limit & self.near)
            self._announcer.say(Severity.NOTICE, f"{fence_names(self.near)} in {abs(nearest):.1f}m")

    def due_ms(self, excess: Mapping[FenceType, float]) -> int | None:
        """Vehicle time of the next repeated notice, ms; not for passed limits."""
        often = self._facts.param("FENCE_NTF_FREQ", 1.0)
        near = any(limit & self.near and metres <= 0.0 for limit, metres in excess.items())
        return None if self._sent_ms is None or often <= 0.0 or not near else self._sent_ms + round(1000.0 / often)
