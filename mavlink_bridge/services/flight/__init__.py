"""The flight manager's face: GO, ABORT and STATUS as a command and as TUNNEL messages."""

from mavlink_bridge.services.flight.service import FlightService

__all__ = ["FlightService"]
