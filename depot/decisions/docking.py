"""Limits for docking: geometry, relative motion and attitude (seed 000, 4.5, 4.6).

They are applied to the depot's own measurements of the skimmer, never to the skimmer's reports. Each limit is a row
with a name, so that a decision can say which limit was broken.
"""

from __future__ import annotations

from collections.abc import Callable
from math import degrees, fsum

from autopilot.interface.mathematics import atan2, hypot
from depot.readings import Relative
from depot.settings import CorridorSettings

GATE_SLACK = 1.2
"""Factor on the distance of the gate within which a holding skimmer counts as at the gate."""
SPEED_SLACK = 1.5
"""Factor on the speed of the glide slope: limit for a docking."""
PULSE_SLACK = 2.0
"""Factor on the speed of the glide slope: limit during an approach. Speed falls in pulses and is highest before a
pulse."""
NOT_SEEN = "not_seen"


def range_m(relative: Relative) -> float:
    """Distance from the dock, m."""
    return hypot(*relative.position_m)


def off_axis_deg(corridor: CorridorSettings, relative: Relative) -> float:
    """Angle between the corridor's axis and the direction to the skimmer, degrees."""
    along = fsum(a * p for a, p in zip(corridor.axis, relative.position_m, strict=True))
    aside = hypot(*(p - along * a for a, p in zip(corridor.axis, relative.position_m, strict=True)))
    return degrees(atan2(max(aside - corridor.capture_m, 0.0), along))


def slope_mps(corridor: CorridorSettings, relative: Relative) -> float:
    """Speed of the glide slope at the skimmer's distance, m/s."""
    return min(corridor.contact_mps + corridor.glide_mps_per_m * range_m(relative), corridor.speed_max_mps)


Limit = Callable[[CorridorSettings, Relative], bool]

LIMITS: dict[str, Limit] = {
    "within_gate": lambda c, s: range_m(s) <= GATE_SLACK * c.gate_m + c.capture_m,
    "within_cone": lambda c, s: off_axis_deg(c, s) <= c.half_angle_deg,
    "relative_motion": lambda c, s: hypot(*s.velocity_mps) <= SPEED_SLACK * slope_mps(c, s),
    "attitude": lambda c, s: s.attitude_error_deg <= c.attitude_max_deg,
    "attitude_rate": lambda c, s: s.rate_dps <= c.rate_max_dps,
}
GEOMETRY, MOTION = ("within_gate", "within_cone"), ("relative_motion", "attitude", "attitude_rate")


def beyond_limits(corridor: CorridorSettings, relative: Relative | None) -> list[str]:
    """Names of the broken limits; empty: docking is allowed. A skimmer that no sensor sees breaks `NOT_SEEN`."""
    if relative is None:
        return [NOT_SEEN]
    return [name for name, within in LIMITS.items() if not within(corridor, relative)]


def wave_off(corridor: CorridorSettings, relative: Relative | None) -> list[str]:
    """Names of the limits that call an approach off: those of docking, with the higher speed of a pulse. Within
    `commit_m` of the dock nothing does, because capture is then safer than turning back."""
    beyond = beyond_limits(corridor, relative)
    if relative is None:
        return beyond
    if range_m(relative) <= corridor.commit_m:
        return []
    fast = hypot(*relative.velocity_mps) > PULSE_SLACK * slope_mps(corridor, relative)
    return [name for name in beyond if fast or name != "relative_motion"]


def docking_facts(corridor: CorridorSettings, relative: Relative | None) -> dict[str, float | list[str]]:
    """Measured geometry and motion and the broken limits, for the decision log."""
    beyond = beyond_limits(corridor, relative)
    if relative is None:
        return {"beyond_limits": beyond}
    return {
        "range_m": round(range_m(relative), 3),
        "off_axis_deg": round(off_axis_deg(corridor, relative), 3),
        "relative_mps": round(hypot(*relative.velocity_mps), 4),
        "attitude_error_deg": round(relative.attitude_error_deg, 3),
        "rate_dps": round(relative.rate_dps, 4),
        "beyond_limits": beyond,
    }
