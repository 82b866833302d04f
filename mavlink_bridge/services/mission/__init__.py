"""Missions, fence and rally points over MAVLink: the vehicle's side."""

from mavlink_bridge.services.mission.plan import mission_current
from mavlink_bridge.services.mission.service import MissionService

__all__ = ["MissionService", "mission_current"]
