"""Missions that `scripts/compare` flies with wings: places in metres north and east of where the plane stands, heights
above it."""

from __future__ import annotations

from dataclasses import dataclass, field

from autopilot.interface.geo import GeoPoint, to_global
from autopilot.mav import Cmd, Frame
from autopilot.mission.items import MissionItem

HOME = GeoPoint(-35.363262, 149.165237, 10.0)
"""Near sea level: higher up the tube of ArduPlane SITL shows less than it should (EAS2TAS counts twice)."""


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
    """One mission. `kind`: plane or quadplane. `on_s`: how long it is looked at behind the beginning of the last
    item (of item `at`, of the action), where it never lands; 0: until it has landed. `heading`: deg, of the nose at
    first."""

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
    at: int = 0


SQUARE = way((500, 0, 80), (500, 500, 80), (0, 500, 80), (0, 0, 80))
GO_AROUND = int(Cmd.DO_GO_AROUND)
LOITER, RTL, QLAND, QRTL = 12, 11, 20, 21
"""Numbers of ArduPlane's modes."""
APPROACH = [*way((500, 0, 80), (500, 400, 60), (-600, 400, 60), (-600, 0, 60)), item(Cmd.NAV_LAND, 0, 0, 0)]


def wind(speed: float, comes_from: float) -> dict[str, float]:
    """A steady wind of `speed` m/s from a direction, deg."""
    return {"SIM_WIND_SPD": speed, "SIM_WIND_DIR": comes_from}


def circle(command: int, up: float, *params: float) -> MissionItem:
    """A circle round a place 600 m north, 200 m east."""
    return item(command, 600, 200, up, *params)


def corner(command: int, north: float, east: float, of: float) -> MissionItem:
    """A corner of a fence that has `of` of them."""
    return item(command, north, east, 0, of)


INSIDE = [(-400, -400), (1000, -400), (1000, 700), (-400, 700)]
FENCE = [corner(Cmd.NAV_FENCE_POLYGON_VERTEX_INCLUSION, *place, 4) for place in INSIDE]
RALLY = [item(Cmd.NAV_RALLY_POINT, 300, -300, 90)]

PLANE_MISSIONS = [
    WingMission("square", "a square of 500 m, RTL", [takeoff(60), *SQUARE]),
    WingMission(
        "short-legs",
        "legs of 80 m",
        [
            takeoff(60),
            *way((500, 0, 80), (500, 80, 80), (580, 80, 80), (580, 160, 80), (660, 160, 80), (1200, 160, 80)),
        ],
    ),
    WingMission("long-legs", "legs of 3 km", [takeoff(60), *way((3000, 0, 100), (3000, 300, 100), (100, 300, 100))]),
    WingMission(
        "reversals",
        "there and back, three times",
        [takeoff(60), *way((600, 0, 80), (-200, 40, 80), (600, 80, 80), (-200, 120, 80))],
    ),
    WingMission(
        "turns-right",
        "three turns to the right, radius 80 m",
        [takeoff(60), circle(Cmd.NAV_LOITER_TURNS, 80, 3, 0, 80), *way((0, 600, 80), (-300, 0, 80))],
    ),
    WingMission(
        "turns-left",
        "two turns to the left, radius 120 m",
        [takeoff(60), circle(Cmd.NAV_LOITER_TURNS, 80, 2, 0, -120), *way((0, 600, 80), (-300, 0, 80))],
    ),
    WingMission(
        "loiter-time",
        "60 s of a circle",
        [takeoff(60), circle(Cmd.NAV_LOITER_TIME, 80, 60, 0, 100), *way((0, 600, 80), (-300, 0, 80))],
    ),
    WingMission(
        "to-height",
        "circles up to 140 m and down to 70 m",
        [
            takeoff(60),
            circle(Cmd.NAV_LOITER_TO_ALT, 140, 1, 100),
            *way((600, 900, 140)),
            item(Cmd.NAV_LOITER_TO_ALT, -100, 900, 70, 1, -80),
            *way((-300, 0, 70)),
        ],
    ),
    WingMission("landing", "down a glide slope of 600 m", [takeoff(60), *APPROACH]),
    WingMission(
        "land-start",
        "RTL in flight, into the landing that DO_LAND_START begins",
        [takeoff(60), *SQUARE[:3], order(Cmd.DO_LAND_START), *APPROACH[2:]],
        params={"RTL_AUTOLAND": 2.0},
        action=Action(3, 5.0, mode=RTL),
        on_s=0.0,
    ),
    WingMission(
        "go-around",
        "a landing that is aborted 12 s after its begin, and flown anew",
        [takeoff(60), *APPROACH],
        action=Action(6, 12.0, GO_AROUND, (50.0,)),
        on_s=0.0,
    ),
    WingMission(
        "fence",
        "a leg out of the fence: RTL",
        [takeoff(60), *way((500, 0, 80), (500, 1200, 80), (0, 0, 80))],
        params={"FENCE_ENABLE": 1.0, "FENCE_TYPE": 4.0, "FENCE_ACTION": 1.0},
        fence=FENCE,
        on_s=150.0,
        at=3,
    ),
    WingMission(
        "rally",
        "RTL to a rally point",
        [takeoff(60), *SQUARE],
        rally=RALLY,
        action=Action(4, 10.0, mode=RTL),
        on_s=120.0,
    ),
    WingMission("loiter-mode", "LOITER by command", [takeoff(60), *SQUARE], action=Action(3, 8.0, mode=LOITER)),
    WingMission("wind-4", "the square in wind of 4 m/s from the west", [takeoff(60), *SQUARE], params=wind(4, 270)),
    WingMission(
        "wind-8",
        "a circle and legs in wind of 8 m/s from the south-west",
        [takeoff(60), circle(Cmd.NAV_LOITER_TURNS, 80, 2, 0, 100), *way((0, 600, 80), (-300, 0, 80), (600, -200, 80))],
        params=wind(8, 225),
    ),
    WingMission("wind-12", "the square in wind of 12 m/s from the north", [takeoff(60), *SQUARE], params=wind(12, 0)),
    WingMission(
        "climbs",
        "legs that climb and sink by 60 m",
        [takeoff(60), *way((600, 0, 60), (1400, 0, 120), (1400, 600, 60), (600, 600, 60), (0, 300, 110))],
    ),
    WingMission(
        "speeds",
        "airspeeds of 17 and 27 m/s",
        [
            takeoff(60),
            *way((500, 0, 80)),
            order(Cmd.DO_CHANGE_SPEED, 0, 17),
            *way((500, 800, 80)),
            order(Cmd.DO_CHANGE_SPEED, 0, 27),
            *way((-300, 800, 80), (-300, 0, 80)),
        ],
    ),
    WingMission("landing-wind", "a landing into wind of 6 m/s", [takeoff(60), *APPROACH], params=wind(6, 0)),
]
UP = item(Cmd.NAV_VTOL_TAKEOFF, 0, 0, 30)
DOWN = item(Cmd.NAV_VTOL_LAND, 0, 0, 0)
WIDE = way((500, 0, 80), (500, 500, 80), (0, 500, 80))


def lifted(
    name: str,
    title: str,
    items: list[MissionItem],
    *,
    params: dict[str, float] | None = None,
    action: Action | None = None,
    on_s: float = 60.0,
) -> WingMission:
    """A mission of the quadplane, from a takeoff on its lift motors."""
    return WingMission(name, title, [UP, *items], params or {}, action=action, kind="quadplane", on_s=on_s)


QUADPLANE_MISSIONS = [
    lifted("q-square", "a square of 500 m, and down", [*WIDE, DOWN]),
    lifted("q-wind-3", "the same in wind of 3 m/s from the north", [*WIDE, DOWN], params=wind(3, 0)),
    lifted("q-wind-6", "the same in wind of 6 m/s from the east", [*WIDE, DOWN], params=wind(6, 90)),
    lifted("q-turns", "two turns, and down", [circle(Cmd.NAV_LOITER_TURNS, 80, 2, 0, 100), *way((0, 500, 80)), DOWN]),
    lifted("q-long", "a leg of 2 km", [*way((2000, 0, 100), (2000, 300, 100)), DOWN]),
    lifted("q-qrtl", "QRTL in flight", [*WIDE, DOWN], action=Action(3, 8.0, mode=QRTL), on_s=0.0),
    lifted("q-qland", "QLAND in flight", [*WIDE, DOWN], action=Action(3, 8.0, mode=QLAND), on_s=0.0),
    lifted("q-rtl", "RTL in flight, Q_RTL_MODE 0", [*WIDE, DOWN], action=Action(3, 8.0, mode=RTL), on_s=90.0),
    lifted(
        "q-rtl-1",
        "RTL in flight, Q_RTL_MODE 1",
        [*WIDE, DOWN],
        action=Action(3, 8.0, mode=RTL),
        on_s=0.0,
        params={"Q_RTL_MODE": 1.0},
    ),
    lifted("q-speeds", "an airspeed of 20 m/s", [*WIDE[:1], order(Cmd.DO_CHANGE_SPEED, 0, 20), *WIDE[1:], DOWN]),
]
MISSIONS = [*PLANE_MISSIONS, *QUADPLANE_MISSIONS]
