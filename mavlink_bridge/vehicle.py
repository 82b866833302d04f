"""A real flight controller behind a MAVLink link, as a `Vehicle`; its parts are in `flight_controller`."""

from __future__ import annotations

from mavlink_bridge.firmware.known import firmware_of
from mavlink_bridge.firmware.protocol import Firmware
from mavlink_bridge.flight_controller.controller import COMPONENT, FlightController

__all__ = ["COMPONENT", "Firmware", "FlightController", "firmware_of"]
