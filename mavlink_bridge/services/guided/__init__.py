"""Targets and sticks: what a ground station streams while it flies the vehicle itself."""

from mavlink_bridge.services.guided.setpoints import GuidedService
from mavlink_bridge.services.guided.sticks import StickService

__all__ = ["GuidedService", "StickService"]
