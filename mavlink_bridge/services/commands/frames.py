"""Heights of commands and setpoints: from a MAV_FRAME to metres above mean sea level."""

from __future__ import annotations

from autopilot.geo import GeoPoint

#: GLOBAL and GLOBAL_INT: above mean sea level.
AMSL = frozenset({0, 5})
#: GLOBAL_RELATIVE_ALT(_INT) above home; GLOBAL_TERRAIN_ALT(_INT) above ground, which is flat at home's height until
#: there is terrain data.
ABOVE_HOME = frozenset({3, 6, 10, 11})
GLOBAL_FRAMES = AMSL | ABOVE_HOME


def altitude_amsl(frame: int, alt: float, home: GeoPoint | None) -> float | None:
    """Metres above mean sea level of `alt` in `frame` (one of GLOBAL_FRAMES); None while there is no home to count
    from, or for another frame."""
    if frame in AMSL:
        return alt
    if frame in ABOVE_HOME and home is not None:
        return home.alt + alt
    return None
