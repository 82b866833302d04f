"""Missions that `scripts/compare` flies with wings: places in metres north and east of where the plane stands, heights
above it."""

from __future__ import annotations

from dataclasses import dataclass, field

from autopilot.interface.geo import GeoPoint, to_global
from autopilot.mav import Cmd, Frame
from autopilot.mission.items import MissionItem

HOME = GeoPoint(-35.363262, 149.165237, 584.0)
"""Where ArduPilot's own tests begin: level ground without a file of terrain."""


def item(command: int, north: float, east: float, up: float, *params: float) -> MissionItem:
    """An item at a place."""
    place = to_global(HOME, (north, east, 0.0))
    return MissionItem(command, Frame.GLOBAL_RELATIVE_ALT, *_four(params), x=place.lat, y=place.lon, z=up)


def order(command: int, *params: float, z: float = 0.0) -> MissionItem:
    """An item without a place."""
    return MissionItem(command, Frame.GLOBAL_RELATIVE_ALT, *_four(params), z=z)


def _four(params: tuple[float, ...]) -> tuple[float, ...]:
    return (*params, *[0.0] * (4 - len(params)))


def way(*places: tuple[float, float, float]) -> list[MissionItem]:
    """Waypoints."""
    return [item(Cmd.NAV_WAYPOINT, *place) for place in places]


def takeoff(up: float, pitch: float = 15.0) -> MissionItem:
    """A takeoff straight ahead."""
    return order(Cmd.NAV_TAKEOFF, pitch, z=up)


@dataclass(frozen=True)
class Action:
    """A command in flight, `after_s` after item `at` has begun; `mode`: a flight mode instead, by its number."""

    at: int
    after_s: float
    command: int = 0
    params: tuple[float, ...] = ()
    mode: int | None = None


@dataclass(frozen=True)
class WingMission:
    """One mission. `kind`: plane or quadplane. `on_s`: how long it is looked at behind the beginning of the last item
    (or the action), where it never lands. `heading`: deg, where the nose stands at first."""

    name: str
    title: str
    items: list[MissionItem]
    params: dict[str, float] = field(default_factory=dict)
    fence: list[MissionItem] = field(default_factory=list)
    rally: list[MissionItem] = field(default_factory=list)
    action: Action | None = None
    kind: str = "plane"
    on_s: float = 60.0
    heading: float = 0.0


SQUARE = way((500, 0, 80), (500, 500, 80), (0, 500, 80), (0, 0, 80))
HOMEWARDS = order(Cmd.NAV_RETURN_TO_LAUNCH)


def wind(speed: float, towards_from: float) -> dict[str, float]:
    """A steady wind of `speed` m/s from a direction, deg."""
    return {"SIM_WIND_SPD": speed, "SIM_WIND_DIR": towards_from}


def circle_item(command: int, up: float, *params: float) -> MissionItem:
    """A circle round a place 600 m north, 200 m east."""
    return item(command, 600, 200, up, *params)


PLANE_MISSIONS = [
    WingMission("square", "takeoff, a square of 500 m, RTL", [takeoff(60), *SQUARE, HOMEWARDS]),
    WingMission(
        "turns-right",
        "three turns to the right, radius 80 m",
        [takeoff(60), circle_item(Cmd.NAV_LOITER_TURNS, 80, 3, 0, 80), *way((0, 600, 80), (-300, 0, 80)), HOMEWARDS],
    ),
    WingMission(
        "landing",
        "down a glide slope of 600 m",
        [
            takeoff(60),
            *way((500, 0, 80), (500, 400, 60), (-600, 400, 60), (-600, 0, 60)),
            item(Cmd.NAV_LAND, 0, 0, 0),
        ],
    ),
]
