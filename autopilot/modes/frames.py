"""Where a mission item is, in the vehicle's local frame. What its height counts from: `autopilot.geo.altitude_amsl`."""

from __future__ import annotations

from autopilot.geo import GeoPoint, Ned, altitude_amsl, to_local
from autopilot.mission.items import MissionItem
from autopilot.vehicle_context import VehicleFacts


def local(facts: VehicleFacts, place: GeoPoint) -> Ned:
    """NED m of a place; the local frame must exist (`VehicleFacts.has_position`)."""
    origin = facts.vehicle.origin
    if origin is None:
        return facts.vehicle.state.position
    return to_local(origin, place.lat, place.lon, place.alt)


def amsl(facts: VehicleFacts, frame: int, z: float) -> float:
    """Altitude above mean sea level (m) of an item's `z` in `frame`; while there is no home, `z` itself."""
    altitude = altitude_amsl(frame, z, facts.home)
    return z if altitude is None else altitude


def item_down(facts: VehicleFacts, item: MissionItem) -> float:
    """NED d of an item's altitude."""
    origin = facts.vehicle.origin
    return (origin.alt if origin is not None else 0.0) - amsl(facts, item.frame, item.z)


def item_position(facts: VehicleFacts, item: MissionItem, before: Ned | None = None) -> Ned:
    """NED m of an item. x = y = 0 means "here" and z = 0 "at this altitude" (docs/reference/mission-semantics.md, 1.4):
    of `before`, the end of the leg that is being finished, or of the vehicle."""
    here = before if before is not None else facts.vehicle.state.position
    origin = facts.vehicle.origin
    if origin is None or (item.x == 0.0 and item.y == 0.0):
        north, east = here[0], here[1]
    else:
        north, east, _ = to_local(origin, item.x, item.y, 0.0)
    return (north, east, here[2] if item.z == 0.0 else item_down(facts, item))
