"""Clients that come and go, as one service of an `Endpoint`."""

from __future__ import annotations

from typing import Final, TypeVar

from autopilot.context.turns import earliest
from mavlink_bridge.clients.base import Client
from mavlink_bridge.routing.service import Clock, Message, Peer, Speaker

ANSWERS: Final = frozenset((
    "COMMAND_ACK", "FILE_TRANSFER_PROTOCOL", "MISSION_ACK", "MISSION_COUNT", "MISSION_CURRENT", "MISSION_ITEM",
    "MISSION_ITEM_INT", "MISSION_REQUEST", "MISSION_REQUEST_INT", "PARAM_VALUE",
))  # fmt: skip
"""Messages that clients listen to: by name, so that a group of one kind does not load the others; a test compares."""
AnyClient = TypeVar("AnyClient", bound=Client)


class ClientGroup(Speaker):
    """Runs any number of clients, forgets each when it has ended; who started one keeps it and reads its outcome."""

    clock: Clock = "link"
    handles = ANSWERS

    def __init__(self) -> None:
        self._running: list[Client] = []
        super().__init__()

    @property
    def busy(self) -> bool:
        """True while any request is under way."""
        return bool(self._running)

    def start(self, client: AnyClient, now_ms: int) -> AnyClient:
        """Start `client` and keep it running; returns it."""
        client.start(now_ms)
        self._running.append(client)
        self._collect()
        return client

    def drop(self, client: Client) -> None:
        """Drop a client: its answer is not waited for any more; what it has said is still sent."""
        self._running = [running for running in self._running if running is not client]

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        """Every running client hears it."""
        for client in self._running:
            client.handle_message(message, peer, now_ms)
        self._collect()

    def handle_timeout(self, now_ms: int) -> None:
        """Let each repeat or give up."""
        for client in self._running:
            client.handle_timeout(now_ms)
        self._collect()

    def next_deadline_ms(self) -> int | None:
        """The earliest of all."""
        return earliest(client.next_deadline_ms() for client in self._running)

    def link_closed(self, link: int) -> None:
        for client in self._running:
            client.link_closed(link)

    def _collect(self) -> None:
        for client in self._running:
            self._out += client.take_outgoing()
        if any(client.done for client in self._running):
            self._running = [client for client in self._running if not client.done]
