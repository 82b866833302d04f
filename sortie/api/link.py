"""Ground station's end of a link in memory to the vehicle of a `Session`: bytes or messages.

It is a node on a wire of the session's runtime, with the clients that `ask` runs. Without loss or delay, answers come
at once and take no vehicle time. Otherwise time passes in the session, and in `receive` and `ask`, until an answer
comes.
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
from sortie.nodes.vehicle import QUIET_MS
from sortie.runtime.node import Node, QuietNode
from sortie.runtime.runtime import Runtime
from sortie.runtime.wire import EndpointPlug, Wire

if TYPE_CHECKING:
    from mavlink_bridge.links.radio.profile import RadioProfile

__tracebackhide__ = True  # as in `session`
UNREAD_LIMIT = 256 * 1024
"""Most unread bytes. Above this the vehicle skips telemetry, as on any link that is not read."""

AnyClient = TypeVar("AnyClient", bound=Client)


class SessionLink(QuietNode):
    """Link made by `Session.connect`; both a node and the plug of its wire. `vehicle`: the node at the other end, whose
    `endpoint` has the link. `system`, `component`: the sender of messages."""

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
        self._answered = 0  # number of messages that `ask` has seen
        self._clients = ClientGroup()
        self.closed = False
        runtime.add(self)
        runtime.connect(Wire(memory, plug, self))
        runtime.settle()

    # --- bytes ----------------------------------------------------------------------------------------------------
    def write(self, data: bytes) -> None:
        """Send bytes (whole MAVLink frames); the vehicle acts on them at once."""
        self.memory.b.write(data)
        self._runtime.exchange()

    def read(self) -> bytes:
        """Return all received and unread bytes."""
        data = self._drain()
        self._runtime.exchange()
        return data

    def close(self) -> None:
        """Close the link."""
        if not self.closed:
            self.closed = True
            self.memory.b.close()
            self._runtime.remove(self)
            self._endpoint.close_link(self.number)

    # --- messages -------------------------------------------------------------------------------------------------
    def send(self, message: Message) -> None:
        """Send a message (`sortie.mavlink.MAVLink_..._message`, or pymavlink's); the vehicle acts on it at once."""
        msg_id, payload, extra = codec.payload(message)
        self.write(self._writer.frame(msg_id, payload, extra))

    def messages(self, name: str | None = None) -> list[Message]:
        """Return the received messages that were not taken yet, in order. With a `name` such as "STATUSTEXT", return
        only these and drop the others."""
        self._parse(self.read())
        taken, self._messages = self._messages, []
        return taken if name is None else [message for message in taken if message.get_type() == name]

    def receive(
        self, name: str, timeout_s: float = 10.0, where: Callable[[Message], bool] = lambda message: True
    ) -> Message:
        """Return the first message `name` for which `where` is true, waiting up to `timeout_s`. Earlier messages are
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
        """Run a client of `mavlink_bridge.clients` to its end (its `outcome`), with retries. Other messages stay for
        `messages`. TimeoutError after 10 minutes."""
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
        """Let time pass to the next event, at most to link time `until_ms`."""
        remaining_ms = until_ms - self._runtime.link_ms
        self._runtime.step(self._runtime.now_ms + min(max(remaining_ms, TICK_MS), QUIET_MS))

    # --- a node -------------------------------------------------------------------------------------------------------
    @property
    def now_ms(self) -> int:
        """Vehicle time, ms."""
        return self._vehicle.now_ms

    def next_link_deadline_ms(self) -> int | None:
        """Return the next deadline of a client, ms."""
        return self._clients.next_deadline_ms()

    def serve_links(self, link_ms: int) -> None:
        """Let running clients continue. Without clients, received bytes are for the reader."""
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
        """Node of this plug: itself."""
        return self

    @property
    def full(self) -> bool:
        """True when too many bytes are unread."""
        return self._size >= UNREAD_LIMIT

    def take(self) -> bytes:
        """Take the bytes of clients; those of `write` are already sent."""
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
