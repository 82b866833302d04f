"""Targets and stick positions that a ground station streams while it controls the vehicle."""

from mavlink_bridge.services.guided.setpoints import GuidedService
from mavlink_bridge.services.guided.sticks import StickService

__all__ = ["GuidedService", "StickService"]
