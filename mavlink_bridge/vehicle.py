"""A real flight controller behind a MAVLink link, as a `Vehicle`; its parts are in `flight_controller`."""

from __future__ import annotations

from mavlink_bridge.flight_controller.controller import COMPONENT, FlightController
from mavlink_bridge.flight_controller.firmware import Firmware, firmware_of

__all__ = ["COMPONENT", "Firmware", "FlightController", "firmware_of"]
