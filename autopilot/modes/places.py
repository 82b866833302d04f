"""Where a mission item is, in the vehicle's local frame.

Frames (docs/reference/mission-semantics.md, item 22): 0, 5 above mean sea level; 3, 6 above home; 10, 11 above ground,
which is taken as flat at home's height until there is terrain data. Any other frame on an item with a place is read
as 0.
"""

from __future__ import annotations

from typing import Final

from autopilot.cockpit import Cockpit
from autopilot.geo import GeoPoint, Ned, to_local
from autopilot.mission.items import MissionItem

RELATIVE_FRAMES: Final = frozenset({3, 6})
TERRAIN_FRAMES: Final = frozenset({10, 11})


def local(cockpit: Cockpit, place: GeoPoint) -> Ned:
    """NED m of a place; the local frame must exist (`Cockpit.has_position`)."""
    origin = cockpit.vehicle.origin
    if origin is None:
        return cockpit.vehicle.state.position
    return to_local(origin, place.lat, place.lon, place.alt)


def amsl(cockpit: Cockpit, frame: int, z: float) -> float:
    """Altitude above mean sea level (m) of `z` in `frame`."""
    if frame in RELATIVE_FRAMES or frame in TERRAIN_FRAMES:
        return z + (cockpit.home.alt if cockpit.home is not None else 0.0)
    return z


def item_down(cockpit: Cockpit, item: MissionItem) -> float:
    """NED d of an item's altitude."""
    origin = cockpit.vehicle.origin
    return (origin.alt if origin is not None else 0.0) - amsl(cockpit, item.frame, item.z)


def item_position(cockpit: Cockpit, item: MissionItem, before: Ned | None = None) -> Ned:
    """NED m of an item. x = y = 0 means "here" and z = 0 "at this altitude" (docs/reference/mission-semantics.md, 1.4):
    of `before`, the end of the leg that is being finished, or of the vehicle."""
    here = before if before is not None else cockpit.vehicle.state.position
    origin = cockpit.vehicle.origin
    if origin is None or (item.x == 0.0 and item.y == 0.0):
        north, east = here[0], here[1]
    else:
        north, east, _ = to_local(origin, item.x, item.y, 0.0)
    return (north, east, here[2] if item.z == 0.0 else item_down(cockpit, item))
