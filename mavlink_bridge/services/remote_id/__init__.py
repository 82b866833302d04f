"""Remote identification over MAVLink: what the vehicle tells of itself, its transmitter, packs of messages."""

from mavlink_bridge.services.remote_id.service import RemoteIdService, serial_number
from mavlink_bridge.services.remote_id.transmitter import Transmitter

__all__ = ["RemoteIdService", "Transmitter", "serial_number"]
