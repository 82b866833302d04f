"""Camera items of a mission, or of a station by the autopilot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from autopilot.mav import Cmd, Component, Frame
from autopilot.mission.executor import CommandStartResult
from autopilot.mission.items import MissionItem
from mavlink_bridge.routing.service import Peer
from mavlink_bridge.services.camera.service import CameraService
from mavlink_bridge.services.commands.request import Command

FLOWN: Final = frozenset({
    Cmd.IMAGE_START_CAPTURE, Cmd.IMAGE_STOP_CAPTURE, Cmd.SET_CAMERA_MODE, Cmd.SET_CAMERA_ZOOM, Cmd.SET_CAMERA_FOCUS,
})  # fmt: skip


class CameraItems:
    """A `MissionExecutor` of the camera's items: each is done when it is given."""

    def __init__(self, service: CameraService, now_ms: Callable[[], int]) -> None:
        self._service = service
        self._now_ms = now_ms

    def start_command(self, cmd: MissionItem) -> CommandStartResult:
        """UNSUPPORTED: the camera does not take it, and the mission goes on."""
        params = (cmd.param1, cmd.param2, cmd.param3, cmd.param4, cmd.x, cmd.y, cmd.z)
        ended = self._service.act(Command(cmd.command, params, Frame.GLOBAL, OWN), self._now_ms())
        return CommandStartResult.COMPLETE if ended.ok else CommandStartResult.UNSUPPORTED

    def verify_command(self, cmd: MissionItem) -> bool:
        return True

    def on_mission_complete(self) -> None:
        """Let what was begun go on until it is stopped, as with ArduPilot."""


OWN: Final = Peer(0, 0, Component.AUTOPILOT1)
"""Peer that stands for a mission's items."""
