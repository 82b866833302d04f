"""MAVLink's camera protocol v2, camera side (component 100)."""

from __future__ import annotations

from mavlink_bridge.services.camera.service import CameraService

__all__ = ["CameraService"]
