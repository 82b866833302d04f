"""Places on the Earth and the flat frame about an origin.

Inside Sortie positions are local NED metres (north, east, down) from the vehicle's origin. Latitudes and longitudes
appear in mission items, messages of ground stations and logs, with heights in a MAV_FRAME, which only this module
resolves. The projection is ArduPilot's (equirectangular, scaled by the cosine of the mean latitude), so distances agree
with those of ground stations. It is good to a few centimetres within 10 km.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, radians
from typing import Final

from autopilot.interface.mathematics import cos, hypot
from autopilot.mav import Frame

#: Metres per degree of latitude: WGS84's equatorial radius 6378100 m as ArduPilot rounds it (LOCATION_SCALING_FACTOR).
METRES_PER_DEGREE = 0.011131884502145034 * 1e7

Ned = tuple[float, float, float]
"""North, east, down in metres from the vehicle's origin."""


@dataclass(frozen=True, slots=True)
class GeoPoint:
    """A place: degrees WGS84, altitude in metres above mean sea level."""

    lat: float
    lon: float
    alt: float = 0.0


#: MAV_FRAMEs by the reference of their heights.
ABOVE_SEA: Final[frozenset[int]] = frozenset({Frame.GLOBAL, Frame.GLOBAL_INT})
ABOVE_HOME: Final[frozenset[int]] = frozenset({Frame.GLOBAL_RELATIVE_ALT, Frame.GLOBAL_RELATIVE_ALT_INT})
ABOVE_GROUND: Final[frozenset[int]] = frozenset({Frame.GLOBAL_TERRAIN_ALT, Frame.GLOBAL_TERRAIN_ALT_INT})
GLOBAL_FRAMES: Final = ABOVE_SEA | ABOVE_HOME | ABOVE_GROUND


def altitude_amsl(frame: int, z: float, home: GeoPoint | None, ground: float | None) -> float | None:
    """Height of `z` in `frame`, m above mean sea level; None if it counts from an unknown home or ground. `ground`:
    height of the ground there (`VehicleFacts.ground_at`). A frame that is not in GLOBAL_FRAMES counts as GLOBAL, as
    ArduPilot reads MISSION on a place (docs/reference/mission-semantics.md, item 22); callers that refuse such a frame
    check before."""
    if frame in ABOVE_GROUND:
        return None if ground is None else z + ground
    if frame in ABOVE_HOME:
        return None if home is None else z + home.alt
    return z


def height_above_home(frame: int, z: float, home: GeoPoint, ground: float | None = None) -> float:
    """Height of `z` in `frame`, m above home: `altitude_amsl` minus home's, and exactly `z` if it already counts from
    home. `ground` None: flat ground at home's height."""
    if frame in ABOVE_HOME or (frame in ABOVE_GROUND and ground is None):
        return z
    return (z if frame not in ABOVE_GROUND or ground is None else z + ground) - home.alt


def longitude_scale(lat: float) -> float:
    """Length of a degree of longitude at `lat` (degrees), relative to a degree of latitude."""
    return max(cos(radians(lat)), 0.01)


def wrap_longitude(lon: float) -> float:
    """Wrap `lon` (degrees) to -180 .. 180."""
    return (lon + 180.0) % 360.0 - 180.0


def to_local(origin: GeoPoint, lat: float, lon: float, alt: float) -> Ned:
    """NED metres of a place (degrees, metres AMSL) from `origin`."""
    scale = longitude_scale((origin.lat + lat) / 2.0)
    east = wrap_longitude(lon - origin.lon) * METRES_PER_DEGREE * scale
    return ((lat - origin.lat) * METRES_PER_DEGREE, east, origin.alt - alt)


def to_global(origin: GeoPoint, ned: Ned) -> GeoPoint:
    """Place at `ned` metres from `origin`: inverse of `to_local`."""
    lat = origin.lat + ned[0] / METRES_PER_DEGREE
    scale = longitude_scale((origin.lat + lat) / 2.0)
    lon = wrap_longitude(origin.lon + ned[1] / (METRES_PER_DEGREE * scale))
    return GeoPoint(lat, lon, origin.alt - ned[2])


def distance(a: GeoPoint, b: GeoPoint) -> float:
    """Horizontal distance, m."""
    north, east, _ = to_local(a, b.lat, b.lon, b.alt)
    return hypot(north, east)


def is_surely_within(lat: float, lon: float, place: GeoPoint, metres: float) -> bool:
    """True if a place (degrees) is certainly nearer to `place`, as nearly always where this is asked often. Else
    `distance` tells."""
    return (abs(lat - place.lat) + abs(lon - place.lon)) * METRES_PER_DEGREE < metres


def distance_to_line(place: Sequence[float], begin: Sequence[float], end: Sequence[float]) -> float:
    """Distance to the nearest point of the straight line from `begin` to `end`, m; flat places, m, with or without
    height."""
    way = [b - a for a, b in zip(begin, end, strict=True)]
    to = [p - a for a, p in zip(begin, place, strict=True)]
    squared = fsum(part * part for part in way)
    share = min(max(fsum(a * b for a, b in zip(way, to, strict=True)) / squared, 0.0), 1.0) if squared else 0.0
    return hypot(*(t - share * w for w, t in zip(way, to, strict=True)))
