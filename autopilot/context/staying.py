"""Staying of a vehicle: in one place where it hovers, or drives; round it on wings."""

from __future__ import annotations

from typing import Final

from autopilot.context.vehicle_context import VehicleFacts
from autopilot.interface.geo import Ned
from autopilot.interface.targets import Circle, Hold, Target, Yaw, YawMode

_KEEP: Final = Yaw(YawMode.KEEP)
_SMALLEST_M: Final = 1.0


def stay(facts: VehicleFacts, yaw: Yaw = _KEEP, place: Ned | None = None) -> Target:
    """Target that keeps the vehicle at `place` (NED m), None: here. With a stall speed it circles, and the nose goes
    along whatever `yaw` says."""
    if not facts.vehicle_class.has_stall_speed:
        return Hold(place, yaw)
    return loiter(facts, facts.vehicle.state.position if place is None else place)


def loiter(facts: VehicleFacts, center: Ned, radius: float = 0.0) -> Circle:
    """Circle about `center` that is never left by itself, and has arrived at its edge. `radius` m, negative:
    counter-clockwise; 0: that of the vehicle's kind."""
    radius = radius or facts.measure(facts.vehicle_class.measures.circle_radius)
    return Circle(center, max(abs(radius), _SMALLEST_M), -1 if radius < 0.0 else 1, turns=0.0)
