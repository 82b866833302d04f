"""Flight modes in MAVLink's standard-modes protocol."""

from mavlink_bridge.services.modes.service import ListedMode, ModeService, OwnModes

__all__ = ["ListedMode", "ModeService", "OwnModes"]
