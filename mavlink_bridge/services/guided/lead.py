"""Reports of the vehicle that FOLLOW follows: GLOBAL_POSITION_INT and FOLLOW_TARGET of another system, read as by
ArduPilot's AP_Follow.cpp. Clock: vehicle time, for the age of a report."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, radians
from typing import Final

from autopilot.commands.vehicle_parts import VehicleParts
from autopilot.interface.earth import HIGHEST_M, is_place
from autopilot.interface.geo import GeoPoint, Ned
from autopilot.interface.mathematics import atan2
from autopilot.modes.follow import LeadReport
from mavlink_bridge.routing.service import Clock, Message, Peer

_POSITION, _VELOCITY, _ATTITUDE = 1, 2, 8  # FOLLOW_TARGET.est_capabilities
_STANDS: Final[Ned] = (0.0, 0.0, 0.0)
_NO_HEADING: Final = 36_000  # cdeg; larger values mean unknown


class LeadService:
    clock: Clock = "vehicle"
    handles = frozenset({"GLOBAL_POSITION_INT", "FOLLOW_TARGET"})

    def __init__(self, parts: VehicleParts) -> None:
        self._lead = parts.lead

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        """Store a report if FOLLOW may be used."""
        if not self._lead.enabled:
            return
        read = _position if message.get_type() == "GLOBAL_POSITION_INT" else _target
        report = read(message, peer.system)
        if report is not None:
            self._lead.hear(report)


def _place(message: Message, alt: float) -> GeoPoint | None:
    """Place of a report; None: invalid."""
    lat, lon = message.lat * 1e-7, message.lon * 1e-7
    valid = (message.lat != 0 or message.lon != 0) and is_place(lat, lon, alt)
    return GeoPoint(lat, lon, alt) if valid else None


def _position(message: Message, system: int) -> LeadReport | None:
    place = _place(message, message.alt * 1e-3)
    if place is None:
        return None
    heading = radians(message.hdg * 0.01) if message.hdg <= _NO_HEADING else None
    velocity = (message.vx * 0.01, message.vy * 0.01, message.vz * 0.01)
    return LeadReport(system, place, message.relative_alt * 1e-3, velocity, heading, as_target=False)


def _target(message: Message, system: int) -> LeadReport | None:
    place, capabilities = _place(message, message.alt), message.est_capabilities
    if place is None or not capabilities & _POSITION:
        return None
    velocity = _finite(message.vel) if capabilities & _VELOCITY else _STANDS
    heading = _yaw(message.attitude_q) if capabilities & _ATTITUDE else None
    return LeadReport(system, place, None, velocity, heading, as_target=True)


def _finite(vector: Sequence[float]) -> Ned:
    north, east, down = (float(part) for part in vector)
    return (north, east, down) if all(abs(part) < HIGHEST_M for part in (north, east, down)) else _STANDS


def _yaw(quaternion: Sequence[float]) -> float | None:
    """Heading of an attitude, rad; None: not finite."""
    w, x, y, z = (float(part) for part in quaternion)
    if not isfinite(w + x + y + z):
        return None
    return atan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))
