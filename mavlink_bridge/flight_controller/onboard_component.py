"""Component 191 (Sortie) for ground stations: its own parameters and files.

Its answers have component id 191, so that the list of component 1 is the controller's, unchanged.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from autopilot.context.turns import earliest
from autopilot.mav import Result
from mavlink_bridge.routing.service import Clock, Message, Peer, RemembersLinks, Service, TimedSpeaker, WithoutMessages
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import dialect
from mavlink_bridge.wire.framing import MavlinkFrame

_COMMANDS: Final = frozenset({"COMMAND_LONG", "COMMAND_INT"})


class InnerService(Service, TimedSpeaker, RemembersLinks, Protocol):
    """Service inside the component."""


class OnboardComponent(WithoutMessages):
    """Service on the ground stations' endpoint with `inner` services, all on the link clock. `send(message, link)`
    sends as component 191."""

    clock: Clock = "link"

    def __init__(self, inner: tuple[InnerService, ...], send: Callable[[Message, int | None], None]) -> None:
        self._inner = inner
        self._send = send

    def handle_frame(self, link: int, frame: MavlinkFrame, link_ms: int) -> None:
        message = codec.decode(frame.msg_id, frame.payload)
        if message is None:
            return
        name = message.get_type()
        peer = Peer(link, frame.system, frame.component, frame.mavlink1)
        receivers = [service for service in self._inner if name in service.handles]
        if receivers:
            for service in receivers:
                service.handle_message(message, peer, link_ms)
            self._pass_on()
        elif name in _COMMANDS:
            refusal = dialect.MAVLink_command_ack_message(
                message.command, Result.UNSUPPORTED, 0, 0, frame.system, frame.component
            )
            self._send(refusal, link)

    def _pass_on(self) -> None:
        for service in self._inner:
            for outgoing in service.take_outgoing():
                self._send(outgoing.message, outgoing.link)

    def handle_timeout(self, now_ms: int) -> None:
        for service in self._inner:
            service.handle_timeout(now_ms)
        self._pass_on()

    def next_deadline_ms(self) -> int | None:
        return earliest(service.next_deadline_ms() for service in self._inner)

    def link_closed(self, link: int) -> None:
        for service in self._inner:
            service.link_closed(link)
