"""Position of a mission item in the vehicle's local frame (NED, m). `autopilot.interface.geo.altitude_amsl` explains
the reference of its height."""

from __future__ import annotations

from math import pi
from typing import Final

from autopilot.context.vehicle_context import VehicleFacts
from autopilot.interface.geo import ABOVE_GROUND, GeoPoint, Ned, to_global, to_local
from autopilot.interface.mathematics import cos, sin
from autopilot.mission.items import MissionItem

_AROUND: Final = 36  # number of checked places on a circle


def local(facts: VehicleFacts, place: GeoPoint) -> Ned:
    """NED m of a place; the local frame must exist (`VehicleFacts.has_position`)."""
    origin = facts.vehicle.origin
    if origin is None:
        return facts.vehicle.state.position
    return to_local(origin, place.lat, place.lon, place.alt)


def _amsl(facts: VehicleFacts, item: MissionItem, lat: float, lon: float) -> float:
    """Altitude of an item above mean sea level (m) at a place. Without home it is z itself; without terrain data it is
    the vehicle's altitude."""
    altitude = facts.altitude(item.frame, item.z, lat, lon)
    if altitude is None and item.frame in ABOVE_GROUND and facts.terrain.known:
        return facts.vehicle.state.place.alt
    return item.z if altitude is None else altitude


def item_place(facts: VehicleFacts, item: MissionItem) -> GeoPoint:
    """Place of an item with a position."""
    return GeoPoint(item.x, item.y, _amsl(facts, item, item.x, item.y))


def item_down(facts: VehicleFacts, item: MissionItem) -> float:
    """NED d of an item at the vehicle's horizontal position."""
    place = facts.vehicle.state.place
    return _down(facts, item, place.lat, place.lon)


def _down(facts: VehicleFacts, item: MissionItem, lat: float, lon: float) -> float:
    origin = facts.vehicle.origin
    return (origin.alt if origin is not None else 0.0) - _amsl(facts, item, lat, lon)


def item_position(facts: VehicleFacts, item: MissionItem, before: Ned | None = None) -> Ned:
    """NED m of an item. x = y = 0 means "here" and z = 0 "at this altitude" (docs/reference/mission-semantics.md, 1.4):
    of `before`, the end of the leg that ends now, or else of the vehicle."""
    here = before if before is not None else facts.vehicle.state.position
    origin = facts.vehicle.origin
    if origin is None:
        return (here[0], here[1], here[2] if item.z == 0.0 else item_down(facts, item))
    if item.is_somewhere:
        lat, lon = item.x, item.y
        north, east, _ = to_local(origin, lat, lon, 0.0)
    else:
        north, east = here[0], here[1]
        place = to_global(origin, here)
        lat, lon = place.lat, place.lon
    return (north, east, here[2] if item.z == 0.0 else _down(facts, item, lat, lon))


def over_ground(facts: VehicleFacts, item: MissionItem) -> float | None:
    """Height above ground that a leg to the item keeps; see `VehicleFacts.over_ground`. z = 0 means "at this
    altitude"."""
    return None if item.z == 0.0 else facts.over_ground(item.frame, item.z)


def above_the_highest(facts: VehicleFacts, center: Ned, radius: float, z: float) -> Ned:
    """`center` at `z` m above the highest known ground on a circle about it, because circles are flown level."""
    origin = facts.vehicle.origin
    if origin is None:
        return center
    turns = (2.0 * pi * k / _AROUND for k in range(_AROUND))
    ring = [(center[0] + radius * cos(turn), center[1] + radius * sin(turn), 0.0) for turn in turns]
    heights = [facts.ground_at(p.lat, p.lon) for p in (to_global(origin, corner) for corner in (*ring, center))]
    ground = [height for height in heights if height is not None]
    return (center[0], center[1], origin.alt - max(ground) - z) if ground else center
