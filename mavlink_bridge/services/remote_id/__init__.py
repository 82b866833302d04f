"""Remote identification over MAVLink: messages of the vehicle, its transmitter, and message packs."""

from mavlink_bridge.services.remote_id.service import RemoteIdService, serial_number
from mavlink_bridge.services.remote_id.transmitter import Transmitter

__all__ = ["RemoteIdService", "Transmitter", "serial_number"]
