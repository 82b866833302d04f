"""Transmitter of a remote identification: component 236 on DID_MAVPORT of a simulated vehicle.

Every second it sends HEARTBEAT and OPEN_DRONE_ID_ARM_STATUS: good to arm, or the data missing from the vehicle, in the
words of ArduPilot's ArduRemoteID. On REQUEST_MESSAGE it sends the broadcast messages, as a pack or one by one. Clock:
vehicle time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from autopilot.context.turns import next_multiple
from autopilot.mav import AutopilotType, Component, OdidArmStatus, OdidIdType, SystemState, VehicleType
from autopilot.safety.remote_id import RemoteId
from mavlink_bridge.routing.service import Clock, Message, Peer, Speaker
from mavlink_bridge.services.commands.request import Command
from mavlink_bridge.services.component import ComponentMessages
from mavlink_bridge.services.remote_id.pack import packed
from mavlink_bridge.wire.codec import dialect

_EACH_SECOND_US: Final = 1_000_000
_CHECK_MS: Final = 1000
_ERROR_BYTES: Final = 50
OnAir = Callable[[], Sequence[Message]]
"""Function that returns the broadcast BASIC_ID, LOCATION, SELF_ID, SYSTEM and OPERATOR_ID; without LOCATION if there is
no position."""


def missing(on_air: Sequence[Message]) -> str:
    """Reason against arming, empty: none. Source: ArduRemoteID transport.cpp, arm_status_check."""
    named = {message.get_type(): message for message in on_air}
    basic, system = named["OPEN_DRONE_ID_BASIC_ID"], named["OPEN_DRONE_ID_SYSTEM"]
    location = named.get("OPEN_DRONE_ID_LOCATION")
    lacks = "LOC " * (location is None) + "ID " * (basic.id_type == OdidIdType.NONE)
    text = f"missing {lacks}" if lacks else ""
    if location is None or location.latitude == location.longitude == 0:
        text += "zero LOC "
    if system.operator_latitude == system.operator_longitude == 0:
        text += "zero OP_LOC "
    return text


class Transmitter(Speaker):
    """Simulated transmitter. `on_air`: messages from the vehicle. `links`: links of the transmitter."""

    clock: Clock = "vehicle"
    handles = frozenset({"COMMAND_LONG", "COMMAND_INT"})

    def __init__(self, remote: RemoteId, on_air: OnAir, links: Callable[[], Sequence[int]]) -> None:
        self._remote = remote
        self._on_air = on_air
        self._messages = messages = ComponentMessages(Component.ODID_TXRX_1, links)
        messages.stream("HEARTBEAT", lambda _: self.heartbeat(), _EACH_SECOND_US)
        messages.stream("OPEN_DRONE_ID_ARM_STATUS", self._status, _EACH_SECOND_US)
        messages.answer("OPEN_DRONE_ID_MESSAGE_PACK", lambda _, __: [packed(list(self._on_air()))])
        for part in ("BASIC_ID", "LOCATION", "SELF_ID", "SYSTEM", "OPERATOR_ID"):
            name = f"OPEN_DRONE_ID_{part}"
            messages.answer(name, partial(self._named, name))
        self._check_ms = 0
        super().__init__()

    def _named(self, name: str, command: Command, now_ms: int) -> list[Message]:
        return [message for message in self._on_air() if message.get_type() == name]

    @staticmethod
    def heartbeat() -> Message:
        return dialect.MAVLink_heartbeat_message(VehicleType.ODID, AutopilotType.INVALID, 0, 0, SystemState.ACTIVE, 3)

    def _status(self, now_ms: int) -> Message:
        error = missing(self._on_air())
        status = OdidArmStatus.PRE_ARM_FAIL_GENERIC if error else OdidArmStatus.GOOD_TO_ARM
        return dialect.MAVLink_open_drone_id_arm_status_message(status, error.encode()[:_ERROR_BYTES])

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        """Answer commands to this component only, none to all components."""
        if message.target_component == Component.ODID_TXRX_1:
            self._out += self._messages.answer_command(message, peer, now_ms)

    def handle_timeout(self, now_ms: int) -> None:
        if now_ms >= self._check_ms:
            self._check_ms = next_multiple(now_ms, _CHECK_MS)
            self._remote.transmitter_heard(missing(self._on_air()), now_ms)
        self._out += self._messages.take_due(now_ms)

    def next_deadline_ms(self) -> int | None:
        messages_ms = self._messages.next_ms()
        return self._check_ms if messages_ms is None else min(messages_ms, self._check_ms)

    def link_closed(self, link: int) -> None:
        self._messages.link_closed(link)
