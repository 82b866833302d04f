"""Plans that stations upload: flyable, small, and each with a mark in its heights by which it is known again.

The mark is a multiple of 1/1024 m, which a 32 bit float carries exactly.
"""

from __future__ import annotations

from math import cos, isfinite, radians
from random import Random

from autopilot.interface.geo import GeoPoint
from autopilot.mav import Cmd
from autopilot.mission.items import MissionItem

MARKS = 1024
_M_PER_DEG = 111_320.0


def place(home: GeoPoint, north_m: float, east_m: float) -> tuple[float, float]:
    """Latitude and longitude as the wire can carry them, float32 and int alike not being needed."""
    lat = home.lat + north_m / _M_PER_DEG
    lon = home.lon + east_m / (_M_PER_DEG * cos(radians(home.lat)))
    return round(lat * 1e7) / 1e7, round(lon * 1e7) / 1e7


def mission(random: Random, mark: int, home: GeoPoint, kind: str) -> tuple[MissionItem, ...]:
    """As its vehicle can fly it: numbered from 1."""
    winged = kind in ("plane", "quadplane")
    flies = kind == "copter" or winged
    reach = 600.0 if winged else 90.0
    height = random.choice((20.0, 35.0, 60.0)) + (40.0 if winged else 0.0) + mark / MARKS
    items: list[MissionItem] = []
    if flies:
        items.append(MissionItem(Cmd.NAV_VTOL_TAKEOFF if kind == "quadplane" else Cmd.NAV_TAKEOFF, 3, z=height))
    for _ in range(random.randint(1, 6)):
        lat, lon = place(home, random.uniform(-reach, reach), random.uniform(-reach, reach))
        hold = float(random.choice((0, 0, 1, 3)))
        items.append(MissionItem(Cmd.NAV_WAYPOINT, 3, param1=hold, x=lat, y=lon, z=height))
        match random.randrange(6):
            case 0:
                items.append(MissionItem(Cmd.DO_CHANGE_SPEED, 3, param1=1.0, param2=float(random.randint(2, 8))))
            case 1:
                items.append(MissionItem(Cmd.DO_JUMP, 3, param1=float(random.randint(1, len(items))), param2=1.0))
            case 2 if flies:
                items.append(MissionItem(Cmd.NAV_LOITER_TIME, 3, param1=4.0, x=lat, y=lon, z=height))
    if flies:
        items.append(MissionItem(Cmd.NAV_RETURN_TO_LAUNCH, 3))
    return tuple(
        MissionItem(i.command, i.frame, i.param1, i.param2, i.param3, i.param4, i.x, i.y, i.z, True, seq)
        for seq, i in enumerate(items, 1)
    )


def fence(random: Random, mark: int, home: GeoPoint) -> tuple[MissionItem, ...]:
    """Circles around home, far enough to stay inside."""
    radius = 900.0 + mark / MARKS
    items = []
    for seq in range(random.randint(1, 4)):
        lat, lon = place(home, random.uniform(-50, 50), random.uniform(-50, 50))
        items.append(MissionItem(Cmd.NAV_FENCE_CIRCLE_INCLUSION, 0, param1=radius, x=lat, y=lon, seq=seq))
    return tuple(items)


def rally(random: Random, mark: int, home: GeoPoint) -> tuple[MissionItem, ...]:
    """Points near home."""
    items = []
    for seq in range(random.randint(1, 4)):
        lat, lon = place(home, random.uniform(-80, 80), random.uniform(-80, 80))
        items.append(MissionItem(Cmd.NAV_RALLY_POINT, 3, x=lat, y=lon, z=30.0 + mark / MARKS, seq=seq))
    return tuple(items)


def landing(home: GeoPoint) -> tuple[MissionItem, ...]:
    """A plane's way down to home, from the south."""
    way = []
    for seq, (north_m, height) in enumerate(((-900.0, 80.0), (-450.0, 40.0)), 1):
        lat, lon = place(home, north_m, 0.0)
        way.append(MissionItem(Cmd.NAV_WAYPOINT, 3, x=lat, y=lon, z=height, seq=seq))
    return (*way, MissionItem(Cmd.NAV_LAND, 3, x=home.lat, y=home.lon, seq=3))


def mark_of(item: MissionItem) -> int | None:
    """The mark of an item that carries one."""
    value = item.param1 if item.command == Cmd.NAV_FENCE_CIRCLE_INCLUSION else item.z
    share = value % 1.0 * MARKS
    return round(share) if share and isfinite(share) and abs(share - round(share)) < 1e-6 else None


def marks(items: tuple[MissionItem, ...]) -> set[int]:
    """The marks of a plan: one at most, if it is whole."""
    return {mark for item in items if (mark := mark_of(item)) is not None}
