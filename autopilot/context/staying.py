"""Staying of a vehicle: in one place where it hovers, or drives; round it on wings."""

from __future__ import annotations

from typing import Final

from autopilot.context.vehicle_context import VehicleFacts
from autopilot.interface.geo import Ned
from autopilot.interface.targets import Circle, Hold, Target, Yaw, YawMode

_KEEP: Final = Yaw(YawMode.KEEP)
_SMALLEST_M: Final = 1.0


def stay(facts: VehicleFacts, yaw: Yaw = _KEEP, place: Ned | None = None) -> Target:
    """Target that keeps the vehicle at `place` (NED m), None: here. With a stall speed it circles clockwise, with the
    radius that its kind has for circles, and the nose goes along whatever `yaw` says."""
    kind = facts.vehicle_class
    if not kind.has_stall_speed:
        return Hold(place, yaw)
    radius = max(facts.measure(kind.measures.circle_radius), _SMALLEST_M)
    return Circle(facts.vehicle.state.position if place is None else place, radius)
