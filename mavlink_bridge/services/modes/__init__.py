"""Flight modes as MAVLink's standard-modes protocol has them: listed, watched, told and set."""

from mavlink_bridge.services.modes.service import ListedMode, ModeService, OwnModes

__all__ = ["ListedMode", "ModeService", "OwnModes"]
