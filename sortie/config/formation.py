"""Formation of a fleet: places, seeds and system ids of its vehicles."""

from __future__ import annotations

from math import ceil, pi, sqrt

from autopilot.interface.geo import GeoPoint, to_global
from autopilot.interface.mathematics import cos, sin
from sortie.config.errors import UserError, nearest

LARGEST_SYSTEM = 250
"""Largest system id of a vehicle; MAVLink reserves higher ones for ground stations."""
OWN_SYSTEM = "SYSID_THISMAV"
"""Parameter that must differ between the vehicles of a fleet."""
OWN_SYSTEM_NAMES = frozenset((OWN_SYSTEM, "MAV_SYSID", "MAV_SYS_ID"))
"""Parameter with the system id in ArduPilot, in its newer versions, and in PX4."""
FORMATIONS = ("grid", "line", "ring")
SPACING_M = 25.0
"""Default spacing, m: larger than the 20 m at which an approach is logged."""
FARTHEST_M = 1_000_000.0
"""Largest distance of a vehicle from home, north or east, m."""
_SYSTEMS = 1 << 8
_NETWORKS = 1 << 8
_SEEDS = 1 << 63


def seed_of(seed: int, system: int, network: int = 0) -> int:
    """Return the seed of a fleet's vehicle: `65536 * seed + 256 * network + system`."""
    return ((seed * _NETWORKS + network) * _SYSTEMS + system) % _SEEDS


def places(formation: str, count: int, spacing_m: float) -> list[tuple[float, float]]:
    """Return places, m north and east of home, with `spacing_m` between neighbours. A grid (rows to the east, then to
    the north) and a line (to the east) begin at home; a ring is around home, clockwise from north. UserError for an
    unknown formation, and for a place too far from home."""
    if formation not in FORMATIONS:
        raise UserError(f"formation {formation}: expected {' or '.join(FORMATIONS)}{nearest(formation, FORMATIONS)}")
    found = _ring(count, spacing_m) if formation == "ring" else _rows(formation, count, spacing_m)
    if max(max(place) for place in found) > FARTHEST_M:
        raise UserError(f"spacing {spacing_m:g} m: {count} vehicles in a {formation} reach beyond 1,000 km")
    return found


def _ring(count: int, spacing_m: float) -> list[tuple[float, float]]:
    if count == 1:
        return [(0.0, 0.0)]
    radius = spacing_m / (2.0 * sin(pi / count))
    turns = [2.0 * pi * k / count for k in range(count)]
    return [(radius * cos(turn), radius * sin(turn)) for turn in turns]


def _rows(formation: str, count: int, spacing_m: float) -> list[tuple[float, float]]:
    columns = count if formation == "line" else ceil(sqrt(count))
    return [(spacing_m * (k // columns), spacing_m * (k % columns)) for k in range(count)]


def moved(home: GeoPoint, north_m: float, east_m: float) -> GeoPoint:
    """Move a place by an offset, m."""
    return to_global(home, (north_m, east_m, 0.0)) if north_m or east_m else home
