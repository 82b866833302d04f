"""Selection of a firmware by the HEARTBEAT."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from autopilot.mav import AutopilotType
from autopilot.vehicles.kinds import DEFAULT, class_of_type
from autopilot.vehicles.vehicle_class import VehicleClass
from mavlink_bridge.firmware.ardupilot import ArduPilot
from mavlink_bridge.firmware.protocol import Firmware
from mavlink_bridge.routing.service import Message


def _px4(kind: VehicleClass) -> Firmware:
    from mavlink_bridge.firmware.px4 import Px4  # loads PX4's parameters, so import it only when needed

    return Px4(kind)


_MAKERS: Final[dict[int, Callable[[VehicleClass], Firmware]]] = {
    AutopilotType.ARDUPILOTMEGA: ArduPilot, AutopilotType.PX4: _px4,
}  # fmt: skip


def firmware_of(heartbeat: Message) -> Firmware | None:
    """Firmware of the sender of a HEARTBEAT; None for anything that Sortie cannot fly."""
    kind, make = class_of_type(heartbeat.type), _MAKERS.get(int(heartbeat.autopilot))
    if kind is None or make is None or (make is _px4 and not kind.flies):
        return None
    return make(kind)


def firmware_spoken(autopilot: int | None, vehicle_type: int | None) -> Firmware:
    """Firmware for a MAV_AUTOPILOT and MAV_TYPE; ArduPilot if they are unknown."""
    kind = None if vehicle_type is None else class_of_type(vehicle_type)
    make = _MAKERS.get(-1 if autopilot is None else autopilot, ArduPilot)
    return make(kind or DEFAULT)


SPOKEN: Final[dict[str, Callable[[VehicleClass], Firmware]]] = {"ardupilot": ArduPilot, "px4": _px4}
"""Firmwares as which a simulated vehicle can speak, by name."""
