"""Camera items of a mission, and camera commands that a station sends to the autopilot."""

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
    """`MissionExecutor` of camera items; each is complete at once."""

    def __init__(self, service: CameraService, now_ms: Callable[[], int]) -> None:
        self._service = service
        self._now_ms = now_ms

    def start_command(self, cmd: MissionItem) -> CommandStartResult:
        """Run an item; UNSUPPORTED: the camera refuses it, and the mission continues. Without param4, the sequence
        number by which a repeated command is known: an item that comes again means another picture."""
        params = (cmd.param1, cmd.param2, cmd.param3, 0.0, cmd.x, cmd.y, cmd.z)
        ended = self._service.act(Command(cmd.command, params, Frame.GLOBAL, OWN), self._now_ms())
        return CommandStartResult.COMPLETE if ended.ok else CommandStartResult.UNSUPPORTED

    def verify_command(self, cmd: MissionItem) -> bool:
        return True

    def on_mission_complete(self) -> None:
        """Leave a running sequence of pictures running, as ArduPilot does."""


OWN: Final = Peer(0, 0, Component.AUTOPILOT1)
"""Peer that stands for items of a mission."""
