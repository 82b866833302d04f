"""What keeps a conversation going: heartbeats of ground stations, time, ping, version; and the log pages' questions."""

from mavlink_bridge.services.system.logs import LogService
from mavlink_bridge.services.system.service import SystemService

__all__ = ["LogService", "SystemService"]
