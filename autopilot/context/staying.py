"""Positions for staying in place (hover, or a circle for wings), and for coming to rest."""

from __future__ import annotations

from typing import Final

from autopilot.context.vehicle_context import VehicleFacts
from autopilot.control.avoidance import stopping_distance
from autopilot.interface import report
from autopilot.interface.geo import Ned
from autopilot.interface.mathematics import hypot
from autopilot.interface.targets import Circle, Hold, Target, Yaw, YawMode

_KEEP: Final = Yaw(YawMode.KEEP)
_SMALLEST_M: Final = 1.0
_MOST_UP_M, _MOST_DOWN_M = 3.0, 2.0  # limits of a stopping distance, m (POSCONTROL_STOPPING_DIST_*)


def stay(facts: VehicleFacts, yaw: Yaw = _KEEP, place: Ned | None = None) -> Target:
    """Target that keeps the vehicle at `place` (NED m), None: here. With a stall speed it circles and ignores `yaw`."""
    if not facts.vehicle_class.has_stall_speed:
        return Hold(place, yaw)
    return loiter(facts, facts.vehicle.state.position if place is None else place)


def loiter(facts: VehicleFacts, center: Ned, radius: float = 0.0) -> Circle:
    """Circle about `center` without an end; it counts as reached at its edge. `radius` m, negative: counter-clockwise;
    0: the kind's default."""
    radius = radius or facts.measure(facts.vehicle_class.measures.circle_radius)
    return Circle(center, max(abs(radius), _SMALLEST_M), -1 if radius < 0.0 else 1, turns=0.0)


def comes_to_rest(facts: VehicleFacts) -> bool:
    """True for a vehicle that can stand still: it has no stall speed and does not drift."""
    kind = facts.vehicle_class
    return kind.hovers or not (kind.flies or kind.drifts)


def stopping_point(facts: VehicleFacts) -> Ned:
    """Position at which the vehicle would come to rest, NED m. Hovering vehicles use the gains and accelerations of
    their waypoints (ArduPilot AC_PosControl.cpp, get_stopping_point_NE_m, get_stopping_point_U_m), rovers their
    deceleration (AR_WPNav.cpp, get_stopping_location). For other kinds it is the present position."""
    here = facts.vehicle.state.position
    if not comes_to_rest(facts):
        return here
    vector = facts.vehicle.state.report
    north, east, down = (float(vector[field]) for field in (report.VN, report.VE, report.VD))
    speed = hypot(north, east)
    if not facts.vehicle_class.hovers:
        brakes = facts.param("ATC_DECEL_MAX", 0.0) or facts.param("ATC_ACCEL_MAX", 1.0)
        ahead = 0.5 * speed / brakes if brakes > 0.0 else 0.0
        return (here[0] + ahead * north, here[1] + ahead * east, here[2])
    fastest = min(speed, facts.param("WPNAV_SPEED", 1000.0) / 100.0)
    ahead = _way_to_rest(facts, fastest, "PSC_POSXY_P", "WPNAV_ACCEL") / speed if speed > 0.0 else 0.0
    sink = _way_to_rest(facts, abs(down), "PSC_POSZ_P", "WPNAV_ACCEL_Z")
    lower = min(sink, _MOST_DOWN_M) if down > 0.0 else -min(sink, _MOST_UP_M)
    return (here[0] + ahead * north, here[1] + ahead * east, here[2] + lower)


def _way_to_rest(facts: VehicleFacts, speed: float, gain: str, accel: str) -> float:
    return stopping_distance(speed, max(facts.param(gain, 1.0), 0.1), max(facts.param(accel, 100.0) / 100.0, 0.1))
