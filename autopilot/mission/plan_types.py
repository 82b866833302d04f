"""Contents of plan files, and the error for a file that cannot be read.

The readers and writers beside this module are pure: text in, plan out, or `PlanError`. The caller opens files and adds
their names to errors.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import isnan

from autopilot.interface.footprint import Lens
from autopilot.interface.geo import GeoPoint
from autopilot.interface.records import dataclass
from autopilot.mav import MissionType
from autopilot.mission.commands import has_position, spec_of
from autopilot.mission.fence import check_fence
from autopilot.mission.items import MissionItem, numbered

_SHOWN = 60


class PlanError(ValueError):
    """A plan cannot be read: the place, the expected and the found value."""

    def __init__(self, place: str, expected: str, found: str) -> None:
        flat = " ".join(found.split())
        self.place = place
        self.found = flat if len(flat) <= _SHOWN else flat[: _SHOWN - 3] + "..."
        super().__init__(f"{place}: expected {expected}, found {self.found or 'nothing'}")


@dataclass(frozen=True, slots=True)
class Survey:
    """Survey or corridor scan in a ground station's plan: its items, the area (degrees; for a corridor its line), the
    width of a corridor (m, 0: an area), the camera, and the overlap of photos along and beside the track (0 to 1).
    None: not given."""

    first: int
    last: int
    area: tuple[tuple[float, float], ...]
    corridor_m: float
    lens: Lens | None
    along: float | None
    beside: float | None
    least_s: float
    """Shortest time between two photos of the camera, s. 0: not given."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan. Mission items are numbered from 1 (0 is home), fence and rally items from 0. `home` is AMSL; None if the
    file has none or it is all zeros. Speeds, m/s, are QGroundControl's for its time estimates."""

    home: GeoPoint | None = None
    items: tuple[MissionItem, ...] = ()
    fence: tuple[MissionItem, ...] = ()
    rally: tuple[MissionItem, ...] = ()
    cruise_speed: float | None = None
    hover_speed: float | None = None
    vehicle_type: int | None = None  # MAV_TYPE
    firmware_type: int | None = None  # MAV_AUTOPILOT
    surveys: tuple[Survey, ...] = ()

    def first_place(self) -> MissionItem | None:
        """The first mission item with a position other than 0, 0 ("here")."""
        return next((item for item in self.items if item.is_placed), None)


def make_plan(plan: Plan, items: Iterable[MissionItem]) -> Plan:
    """Put `items` into `plan`: sort them into mission, fence and rally, number them, and check the fence."""
    sorted_items: tuple[list[MissionItem], list[MissionItem], list[MissionItem]] = ([], [], [])
    for item in items:
        spec = spec_of(item.command)
        sorted_items[MissionType.MISSION if spec is None else spec.plan].append(item)
    complaint = check_fence(sorted_items[MissionType.FENCE])
    if complaint is not None:
        raise PlanError("fence", "a complete fence", complaint)
    home = None if plan.home is not None and plan.home.lat == plan.home.lon == 0.0 else plan.home
    mission, fence, rally = (numbered(part, first) for part, first in zip(sorted_items, (1, 0, 0), strict=True))
    return replace(plan, home=home, items=mission, fence=fence, rally=rally)


def without_nan(item: MissionItem) -> MissionItem:
    """Replace NaN: latitude *and* longitude NaN become 0, which is no place; in a command without a place each NaN
    becomes 0. A single NaN latitude or longitude stays, because it is an error."""
    half = isnan(item.x) != isnan(item.y)
    if not (isnan(item.x) or isnan(item.y)) or (half and has_position(item.command)):
        return item
    x, y = (0.0 if isnan(value) else value for value in (item.x, item.y))
    return replace(item, x=x, y=y)


def check_position(item: MissionItem, place: str) -> MissionItem:
    """Return `item` if its latitude and longitude are on the Earth or it has no place. Raises PlanError."""
    if has_position(item.command):
        if not abs(item.x) <= 90.0:
            raise PlanError(place, "a latitude from -90 to 90", f"{item.x:g}")
        if not abs(item.y) <= 180.0:
            raise PlanError(place, "a longitude from -180 to 180", f"{item.y:g}")
    return item
