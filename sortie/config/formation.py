"""Formation of a fleet: where its vehicles stand, and which seeds and system ids they may have."""

from __future__ import annotations

from math import ceil, pi, sqrt

from autopilot.interface.geo import GeoPoint, to_global
from autopilot.interface.mathematics import cos, sin
from sortie.config.errors import UserError, nearest

LARGEST_SYSTEM = 250
"""MAVLink: system ids above are for ground stations."""
OWN_SYSTEM = "SYSID_THISMAV"
"""The parameter that tells the vehicles of a fleet apart: no two may have the same."""
OWN_SYSTEM_NAMES = frozenset((OWN_SYSTEM, "MAV_SYSID", "MAV_SYS_ID"))
"""Names of the parameter with the system id in ArduPilot, in its newer versions, and in PX4."""
FORMATIONS = ("grid", "line", "ring")
SPACING_M = 25.0
"""Beyond the distance at which two vehicles count as close (20 m)."""
_SYSTEMS = 1 << 8
_NETWORKS = 1 << 8
_SEEDS = 1 << 63


def seed_of(seed: int, system: int, network: int = 0) -> int:
    """The seed of the vehicle with this system id in a fleet of this seed: `65536 * seed + 256 * network + system`."""
    return ((seed * _NETWORKS + network) * _SYSTEMS + system) % _SEEDS


def places(formation: str, count: int, spacing_m: float) -> list[tuple[float, float]]:
    """North and east of home in m, `spacing_m` from neighbour to neighbour. The first of a grid (rows to the east, then
    to the north) and of a line (to the east) stands at home; a ring is around it, from the north clockwise.
    UserError for no formation."""
    if formation not in FORMATIONS:
        raise UserError(f"formation {formation}: expected {' or '.join(FORMATIONS)}{nearest(formation, FORMATIONS)}")
    if formation == "ring":
        if count == 1:
            return [(0.0, 0.0)]
        radius = spacing_m / (2.0 * sin(pi / count))
        turns = [2.0 * pi * k / count for k in range(count)]
        return [(radius * cos(turn), radius * sin(turn)) for turn in turns]
    columns = count if formation == "line" else ceil(sqrt(count))
    return [(spacing_m * (k // columns), spacing_m * (k % columns)) for k in range(count)]


def moved(home: GeoPoint, north_m: float, east_m: float) -> GeoPoint:
    """A place by its offset."""
    return to_global(home, (north_m, east_m, 0.0)) if north_m or east_m else home
