"""A ground station's end of a link in memory: bytes, or messages, to and from the vehicle of a `Session`.

It is a node on a wire of the session's runtime, and what it asks (`ask`) are clients of that node. Without loss or
delay everything is answered at once, in no vehicle time; else time passes in the session, and in `receive` and `ask`,
until there is an answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from autopilot.interface.layout import TICK_MS
from mavlink_bridge.clients.base import Client
from mavlink_bridge.clients.group import ClientGroup
from mavlink_bridge.links.hub import LinkOwner
from mavlink_bridge.links.memory import Medium
from mavlink_bridge.routing.service import Message, Peer
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.framing import FrameReader, FrameWriter
from sortie.nodes.vehicle import HORIZON_MS
from sortie.runtime.node import Node, QuietNode
from sortie.runtime.runtime import Runtime
from sortie.runtime.wire import EndpointPlug, Wire

if TYPE_CHECKING:
    from mavlink_bridge.links.radio.profile import RadioProfile

__tracebackhide__ = True  # as in `session`
UNREAD_LIMIT = 256 * 1024
"""Bytes that wait for a reader; beyond that the vehicle skips telemetry, as on any link that is not read."""

AnyClient = TypeVar("AnyClient", bound=Client)


class SessionLink(QuietNode):
    """See the module; made by `Session.connect`. `vehicle`: the node at the other end, whose `endpoint` has the link.
    `system`, `component`: who we are in what `send` sends. It is a node, and the plug of its wire."""

    endpoints: tuple[LinkOwner, ...] = ()

    def __init__(
        self,
        runtime: Runtime,
        vehicle: Node,
        endpoint: LinkOwner,
        memory: Medium,
        system: int,
        component: int,
        radio: RadioProfile | None = None,
    ) -> None:
        self.memory = memory
        plug = EndpointPlug(vehicle, endpoint, memory.a.name, radio=radio)
        self.number = plug.number
        self._runtime = runtime
        self._vehicle = vehicle
        self._endpoint = endpoint
        self._reader = FrameReader()
        self._writer = FrameWriter(system, component)
        self._unread: list[bytes] = []
        self._size = 0
        self._messages: list[Message] = []
        self._answered = 0  # of these, `ask` has seen
        self._clients = ClientGroup()
        self.closed = False
        runtime.add(self)
        runtime.connect(Wire(memory, plug, self))
        runtime.settle()

    # --- bytes ----------------------------------------------------------------------------------------------------
    def write(self, data: bytes) -> None:
        """Send bytes (whole MAVLink frames) to the vehicle, which acts on them now."""
        self.memory.b.write(data)
        self._runtime.exchange()

    def read(self) -> bytes:
        """All bytes that have come in and were not read yet."""
        data = self._drain()
        self._runtime.exchange()
        return data

    def close(self) -> None:
        """Hang up."""
        if not self.closed:
            self.closed = True
            self.memory.b.close()
            self._runtime.remove(self)
            self._endpoint.close_link(self.number)

    # --- messages -------------------------------------------------------------------------------------------------
    def send(self, message: Message) -> None:
        """Send a message (`sortie.mavlink.MAVLink_..._message`, or pymavlink's), which the vehicle acts on now."""
        msg_id, payload, extra = codec.payload(message)
        self.write(self._writer.frame(msg_id, payload, extra))

    def messages(self, name: str | None = None) -> list[Message]:
        """The messages that have come in and were not taken yet, in order; with a `name` such as "STATUSTEXT" only
        these, and the others are dropped."""
        self._parse(self.read())
        taken, self._messages = self._messages, []
        return taken if name is None else [message for message in taken if message.get_type() == name]

    def receive(
        self, name: str, timeout_s: float = 10.0, where: Callable[[Message], bool] = lambda message: True
    ) -> Message:
        """The first message `name` for which `where` is true, waiting up to `timeout_s` for it; messages before it are
        dropped. Raises TimeoutError."""
        end_ms = self._runtime.link_ms + round(timeout_s * 1000.0)
        while True:
            self._parse(self.read())
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
        self._answered = len(self._messages)
        self._clients.start(client, self._runtime.link_ms)
        self._runtime.exchange()
        while not client.done:
            if self._runtime.link_ms >= end_ms:
                raise TimeoutError(f"{type(client).__name__} has not ended")
            self._let_pass(end_ms)
        return client

    def _let_pass(self, until_ms: int) -> None:
        """Time passes to the next thing that happens, at most to link time `until_ms`."""
        left_ms = until_ms - self._runtime.link_ms
        self._runtime.step(self._runtime.now_ms + min(max(left_ms, TICK_MS), HORIZON_MS))

    # --- a node -------------------------------------------------------------------------------------------------------
    @property
    def now_ms(self) -> int:
        """The vehicle's."""
        return self._vehicle.now_ms

    def next_link_deadline_ms(self) -> int | None:
        """Time of the next request's deadline, ms."""
        return self._clients.next_deadline_ms()

    def serve_links(self, link_ms: int) -> None:
        """Let what is asked go on; without that, what comes in is the reader's."""
        if not self._clients.busy:
            return
        self._parse(self._drain())
        fresh, self._answered = self._messages[self._answered :], len(self._messages)
        for message in fresh:
            peer = Peer(self.number, message.get_srcSystem(), message.get_srcComponent())
            self._clients.handle_message(message, peer, link_ms)
        self._clients.handle_timeout(link_ms)

    # --- the plug of its wire -----------------------------------------------------------------------------------------
    @property
    def node(self) -> SessionLink:
        """Itself."""
        return self

    @property
    def full(self) -> bool:
        """Too much waits for a reader."""
        return self._size >= UNREAD_LIMIT

    def take(self) -> bytes:
        """Take the clients' bytes; those of `write` are on their way already."""
        outgoing = [codec.payload(entry.message) for entry in self._clients.take_outgoing()]
        return b"".join(self._writer.frame(msg_id, payload, extra) for msg_id, payload, extra in outgoing)

    def hand(self, data: bytes, link_ms: int) -> None:
        """Keep received bytes for a reader."""
        self._unread.append(data)
        self._size += len(data)

    def _drain(self) -> bytes:
        data = b"".join(self._unread)
        self._unread.clear()
        self._size = 0
        return data

    def _parse(self, data: bytes) -> None:
        for frame in self._reader.receive(data):
            if frame.known:
                message = codec.decode(frame.msg_id, frame.payload)
                if message is not None:
                    header = message.get_header()
                    header.srcSystem, header.srcComponent = frame.system, frame.component
                    self._messages.append(message)
