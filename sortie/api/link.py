"""A ground station's end of a link in memory: bytes, or messages, to and from the vehicle of a `Session`.

Without loss or delay everything is answered at once, in no vehicle time. Sans I/O: time only passes in the session, and
in `receive` and `ask`, which let it pass until there is an answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from autopilot.control.layout import TICK_MS
from mavlink_bridge import codec
from mavlink_bridge.clients.base import Client
from mavlink_bridge.framing import FrameReader, FrameWriter
from mavlink_bridge.links.hub import LinkOwner
from mavlink_bridge.links.memory import MemoryLink
from mavlink_bridge.services.base import Message, Peer
from sortie.nodes.vehicle import HORIZON_MS
from sortie.runtime.runtime import Runtime

__tracebackhide__ = True  # as in `session`
UNREAD_LIMIT = 256 * 1024
"""Bytes that wait for a reader; beyond that the vehicle skips telemetry, as on any link that is not read."""

AnyClient = TypeVar("AnyClient", bound=Client)


class Ends(Protocol):
    """The vehicle's side of links: a `Service`, or one of a fleet."""

    @property
    def endpoint(self) -> LinkOwner: ...
    def receive(self, link: int, data: bytes, link_ms: int) -> None: ...


class SessionLink:
    """See the module; made by `Session.connect`. `system`, `component`: who we are in what `send` sends."""

    def __init__(self, runtime: Runtime, service: Ends, memory: MemoryLink, system: int, component: int) -> None:
        self.memory = memory
        self.number = service.endpoint.open_link(memory.a.name)
        self._runtime = runtime
        self._service = service
        self._endpoint = service.endpoint
        self._reader = FrameReader()
        self._writer = FrameWriter(system, component)
        self._unread: list[bytes] = []
        self._size = 0
        self._messages: list[Message] = []
        self.closed = False

    # --- bytes ----------------------------------------------------------------------------------------------------
    def write(self, data: bytes) -> None:
        """Send bytes (whole MAVLink frames) to the vehicle, which acts on them now."""
        self.memory.b.write(data)
        self._runtime.exchange()

    def read(self) -> bytes:
        """All bytes that have come in and were not read yet."""
        data = b"".join(self._unread)
        self._unread.clear()
        self._size = 0
        self._runtime.exchange()
        return data

    def close(self) -> None:
        """Hang up."""
        self.closed = True
        self.memory.b.close()
        self._endpoint.close_link(self.number)

    # --- messages -------------------------------------------------------------------------------------------------
    def send(self, message: Message) -> None:
        """Send a pymavlink message (`sortie.mavlink.MAVLink_..._message`), which the vehicle acts on now."""
        msg_id, payload, extra = codec.payload(message)
        self.write(self._writer.frame(msg_id, payload, extra))

    def messages(self, name: str | None = None) -> list[Message]:
        """The messages that have come in and were not taken yet, in order; with a `name` such as "STATUSTEXT" only
        these, and the others are dropped."""
        self._parse()
        taken, self._messages = self._messages, []
        return taken if name is None else [message for message in taken if message.get_type() == name]

    def receive(
        self, name: str, timeout_s: float = 10.0, where: Callable[[Message], bool] = lambda message: True
    ) -> Message:
        """The first message `name` for which `where` is true, waiting up to `timeout_s` for it; messages before it are
        dropped. Raises TimeoutError."""
        end_ms = self._runtime.link_ms + round(timeout_s * 1000.0)
        while True:
            self._parse()
            for at, message in enumerate(self._messages):
                if message.get_type() == name and where(message):
                    del self._messages[: at + 1]
                    return message
            self._messages.clear()
            if self._runtime.link_ms >= end_ms:
                raise TimeoutError(f"no {name} within {timeout_s:g} s")
            self._let_pass(end_ms)

    def ask(self, client: AnyClient) -> AnyClient:
        """Run one of `mavlink_bridge.clients` to its end (its `outcome`), retries and all; other messages that come in
        meanwhile stay for `messages`. A client that has not ended by itself after 10 minutes: TimeoutError."""
        end_ms = self._runtime.link_ms + 600_000
        client.start(self._runtime.link_ms)
        seen = len(self._messages)
        while True:
            for outgoing in client.take_outgoing():
                self.send(outgoing.message)
            self._parse()
            fresh, seen = self._messages[seen:], len(self._messages)
            for message in fresh:
                peer = Peer(self.number, message.get_srcSystem(), message.get_srcComponent())
                client.handle_message(message, peer, self._runtime.link_ms)
            if client.done:
                return client
            if fresh:
                continue
            now_ms = self._runtime.link_ms
            if now_ms >= end_ms:
                raise TimeoutError(f"{type(client).__name__} has not ended")
            due = client.next_deadline_ms()
            if due is not None and due <= now_ms:
                client.handle_timeout(now_ms)
            else:
                self._let_pass(end_ms if due is None else due)

    def _let_pass(self, until_ms: int) -> None:
        """Time passes to the next thing that happens, at most to link time `until_ms`."""
        left_ms = until_ms - self._runtime.link_ms
        self._runtime.step(self._runtime.now_ms + min(max(left_ms, TICK_MS), HORIZON_MS))

    # --- the session's side ---------------------------------------------------------------------------------------
    def carry(self) -> bool:
        """Move what waits, both ways; True when the vehicle has received something."""
        memory = self.memory
        memory.advance(self._runtime.link_ms)
        if self._size < UNREAD_LIMIT and self._endpoint.queued(self.number):
            memory.a.write(self._endpoint.take_bytes(self.number))
        arrived = memory.b.read()
        if arrived:
            self._unread.append(arrived)
            self._size += len(arrived)
        data = memory.a.read()
        if data:
            self._service.receive(self.number, data, self._runtime.link_ms)
        return bool(data)

    def next_deadline_ms(self) -> int | None:
        """When the next frame arrives, on either end."""
        return self.memory.next_delivery_ms()

    def _parse(self) -> None:
        for frame in self._reader.receive(self.read()):
            if frame.known:
                message = codec.decode(frame.msg_id, frame.payload)
                if message is not None:
                    header = message.get_header()
                    header.srcSystem, header.srcComponent = frame.system, frame.component
                    self._messages.append(message)
