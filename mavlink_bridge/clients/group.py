"""Group of clients that share one service of an `Endpoint`."""

from __future__ import annotations

from typing import Final, TypeVar

from autopilot.context.turns import earliest
from mavlink_bridge.clients.base import Client
from mavlink_bridge.routing.service import Clock, Message, Peer, Speaker

ANSWERS: Final = frozenset((
    "COMMAND_ACK", "FILE_TRANSFER_PROTOCOL", "MISSION_ACK", "MISSION_COUNT", "MISSION_CURRENT", "MISSION_ITEM",
    "MISSION_ITEM_INT", "MISSION_REQUEST", "MISSION_REQUEST_INT", "PARAM_VALUE",
))  # fmt: skip
"""Messages of all clients, by name, so that a group does not load their modules; a test compares them."""
AnyClient = TypeVar("AnyClient", bound=Client)


class ClientGroup(Speaker):
    """Service that runs any number of clients and forgets those that have ended."""

    clock: Clock = "link"
    handles = ANSWERS

    def __init__(self) -> None:
        self._running: list[Client] = []
        super().__init__()

    @property
    def busy(self) -> bool:
        return bool(self._running)

    def start(self, client: AnyClient, now_ms: int) -> AnyClient:
        """Start a client; returns it."""
        client.start(now_ms)
        self._running.append(client)
        self._collect()
        return client

    def drop(self, client: Client) -> None:
        """Stop waiting for a client's answer; its queued messages are still sent."""
        self._running = [running for running in self._running if running is not client]

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        """Give a message to every running client."""
        for client in self._running:
            client.handle_message(message, peer, now_ms)
        self._collect()

    def handle_timeout(self, now_ms: int) -> None:
        """Let each client repeat or give up."""
        for client in self._running:
            client.handle_timeout(now_ms)
        self._collect()

    def next_deadline_ms(self) -> int | None:
        return earliest(client.next_deadline_ms() for client in self._running)

    def _collect(self) -> None:
        for client in self._running:
            self._out += client.take_outgoing()
        if any(client.done for client in self._running):
            self._running = [client for client in self._running if not client.done]
