"""Places on the Earth and the flat frame around an origin.

Inside Sortie positions are local NED metres (north, east, down) about the vehicle's origin; latitudes and longitudes
appear where a mission item, a ground station or a log has them. The projection is the one ArduPilot flies with
(equirectangular, scaled by the cosine of the mean latitude), so that distances agree with what ground stations that
know ArduPilot show. Good to a few centimetres within 10 km.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, cos, hypot, pi, radians

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


def longitude_scale(lat: float) -> float:
    """Length of a degree of longitude at `lat` (degrees), relative to a degree of latitude."""
    return max(cos(radians(lat)), 0.01)


def wrap_longitude(lon: float) -> float:
    """`lon` in degrees, brought into -180 .. 180."""
    return (lon + 180.0) % 360.0 - 180.0


def to_local(origin: GeoPoint, lat: float, lon: float, alt: float) -> Ned:
    """NED metres of a place (degrees, metres AMSL) seen from `origin`."""
    scale = longitude_scale((origin.lat + lat) / 2.0)
    east = wrap_longitude(lon - origin.lon) * METRES_PER_DEGREE * scale
    return ((lat - origin.lat) * METRES_PER_DEGREE, east, origin.alt - alt)


def to_global(origin: GeoPoint, ned: Ned) -> GeoPoint:
    """The place at `ned` metres from `origin`: inverse of `to_local`."""
    lat = origin.lat + ned[0] / METRES_PER_DEGREE
    scale = longitude_scale((origin.lat + lat) / 2.0)
    lon = wrap_longitude(origin.lon + ned[1] / (METRES_PER_DEGREE * scale))
    return GeoPoint(lat, lon, origin.alt - ned[2])


def distance(a: GeoPoint, b: GeoPoint) -> float:
    """Horizontal distance in metres."""
    north, east, _ = to_local(a, b.lat, b.lon, b.alt)
    return hypot(north, east)


def bearing(a: GeoPoint, b: GeoPoint) -> float:
    """Direction from `a` to `b`, radians clockwise from north, 0 .. 2 pi."""
    north, east, _ = to_local(a, b.lat, b.lon, b.alt)
    return atan2(east, north) % (2.0 * pi)
