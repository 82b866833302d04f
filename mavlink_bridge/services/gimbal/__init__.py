"""Gimbal protocol v2 (https://mavlink.io/en/services/gimbal_v2.html): the manager, part of the autopilot, and the
device, a component of its own."""

from mavlink_bridge.services.gimbal.device import METADATA, GimbalDevice
from mavlink_bridge.services.gimbal.manager import GimbalManager

__all__ = ["METADATA", "GimbalDevice", "GimbalManager"]
