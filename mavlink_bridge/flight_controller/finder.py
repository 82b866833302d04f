"""Search for the controller on a link: the first HEARTBEAT of an autopilot with component 1."""

from __future__ import annotations

from typing import Final

from autopilot.interface.records import dataclass
from autopilot.mav import AutopilotType, Component, VehicleType
from mavlink_bridge.clients.heartbeat import heartbeat_of
from mavlink_bridge.firmware.known import firmware_of
from mavlink_bridge.firmware.protocol import Firmware
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer, Speaker

_PERIOD_MS: Final = 1000


@dataclass(frozen=True, slots=True)
class FoundController:
    """Controller that was found, by its HEARTBEAT."""

    firmware: Firmware
    system: int
    custom_mode: int
    armed: bool


class Finder(Speaker):
    """Service that waits for a controller and sends a HEARTBEAT each second, which a controller behind UDP needs.
    `stranger`: MAV_TYPE and MAV_AUTOPILOT of an autopilot that Sortie cannot fly."""

    clock: Clock = "link"
    handles = frozenset(("HEARTBEAT",))

    def __init__(self) -> None:
        self.found: FoundController | None = None
        self.stranger: tuple[int, int] | None = None
        self._due_ms = 0
        super().__init__()

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        if (
            self.found is not None
            or message.autopilot == AutopilotType.INVALID
            or peer.component != Component.AUTOPILOT1
        ):
            return
        firmware = firmware_of(message)
        if firmware is None:
            self.stranger = (int(message.type), int(message.autopilot))
        else:
            self.found = FoundController(firmware, peer.system, int(message.custom_mode), bool(message.base_mode & 128))

    def handle_timeout(self, now_ms: int) -> None:
        if self.found is None and now_ms >= self._due_ms:
            self._due_ms = now_ms + _PERIOD_MS
            # a PX4 would report the loss of a computer or a station
            self._out.append(Outgoing(heartbeat_of(VehicleType.GENERIC)))

    def next_deadline_ms(self) -> int | None:
        return self._due_ms if self.found is None else None
