"""Contract of all kinds of links: run `check_link` on a pair of connected ends.

The ends are used as by the program: read available data, flush pending data, and wait on the descriptors
(`LinkPair.step`), never on the clock.
"""

from __future__ import annotations

import select
import selectors
from collections.abc import Callable
from typing import TypeVar

from autopilot.interface.records import dataclass, field
from autopilot.mav import Severity
from mavlink_bridge.links.base import Link, Port
from mavlink_bridge.links.tcp import TcpPort
from mavlink_bridge.links.udp import UdpOut, UdpPort
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.framing import FrameReader, FrameWriter

_STEPS = 4000
_WAIT_S = 0.02
_READY_S = 240


@dataclass
class LinkPair:
    """Two connected ends. `ports` are served when readable. `advance` moves virtual time. `finish` frees other
    resources."""

    a: Link
    b: Link
    ports: list[Port] = field(default_factory=list)
    advance: Callable[[], None] = lambda: None
    finish: Callable[[], None] = lambda: None

    def step(self) -> None:
        """Wait for a descriptor that is readable or writable, and serve it."""
        everything: tuple[Link | Port, ...] = (self.a, self.b, *self.ports)
        with selectors.DefaultSelector() as selector:
            for readable in dict.fromkeys(everything):  # only once: both ends may be one link
                descriptor = readable.fileno()
                if descriptor is not None:
                    writes = selectors.EVENT_WRITE if getattr(readable, "wants_write", False) else 0
                    selector.register(descriptor, selectors.EVENT_READ | writes, readable)
            ready = selector.select(_WAIT_S) if selector.get_map() else []
        for key, mask in ready:
            for port in self.ports:
                if key.data is port:
                    port.accept(0)
            for end in (self.a, self.b):
                if key.data is end and mask & selectors.EVENT_WRITE:
                    end.flush()
        self.advance()


_Readable = TypeVar("_Readable", Link, Port, UdpPort, TcpPort, UdpOut)


def ready(readable: _Readable) -> _Readable:
    """Wait until a link or port is readable, which may take a moment even on loopback, and return it."""
    descriptor = readable.fileno()
    assert descriptor is not None, f"{readable.name} is closed"
    assert select.select([descriptor], [], [], _READY_S)[0], f"nothing came in on {readable.name}"
    return readable


def accept_links(port: Port, count: int, now_ms: int = 0) -> list[Link]:
    new: list[Link] = []
    while len(new) < count:
        new += ready(port).accept(now_ms)
    return new


def frames(count: int, size: int = 60) -> bytes:
    """Frames of text, `count` of them, of about `size` bytes."""
    writer = FrameWriter(1, 1)
    texts = (str(number).encode().ljust(size - 12, b".")[:50] for number in range(count))
    messages = [codec.dialect.MAVLink_statustext_message(Severity.INFO, text) for text in texts]
    return b"".join(writer.frame(*codec.payload(message)) for message in messages)


def receive_all(pair: LinkPair, receiver: Link, size: int) -> bytes:
    """Read until `size` bytes have come."""
    received = b""
    for _ in range(_STEPS):
        received += receiver.read() or b""
        if len(received) >= size:
            return received
        pair.step()
    raise AssertionError(f"{receiver.name}: {len(received)} of {size} bytes have come")


def wait_until(pair: LinkPair, condition: Callable[[], bool], what: str) -> None:
    """Serve the pair until the condition holds."""
    for _ in range(_STEPS):
        if condition():
            return
        pair.step()
    raise AssertionError(f"never came true: {what}")


def check_link(make_pair: Callable[[], LinkPair]) -> None:
    """Check the whole contract, with a new pair for each part."""
    for check in (_check_both_ways, _check_silence, _check_burst, _check_close, _check_close_is_seen):
        pair = make_pair()
        try:
            check(pair)
        finally:
            pair.a.close()
            pair.b.close()
            for port in pair.ports:
                port.close()
            pair.finish()


def _check_both_ways(pair: LinkPair) -> None:
    """Check that frames arrive whole, in order and once, in both directions at the same time."""
    data = frames(40)
    assert pair.a.connected
    assert pair.b.connected
    for _ in range(3):
        assert pair.a.write(data) == len(data)
        assert pair.b.write(data) == len(data)
        assert receive_all(pair, pair.b, len(data)) == data
        assert receive_all(pair, pair.a, len(data)) == data


def _check_silence(pair: LinkPair) -> None:
    """Check that a read without data returns b"" any number of times and the link stays open."""
    for end in (pair.a, pair.b):
        assert [end.read() for _ in range(3)] == [b""] * 3
        assert end.connected
        assert end.pending == 0
        assert not end.wants_write


def _check_burst(pair: LinkPair) -> None:
    """Check a burst larger than the system's buffers: a stream keeps all of it, a datagram link loses only whole
    frames."""
    data = frames(20_000)
    assert pair.a.write(data) == len(data)
    if pair.a.lossy:
        assert pair.a.pending == 0
        reader = FrameReader()
        pair.step()
        reader.receive(pair.b.read() or b"")
        assert reader.frames > 0
        assert (reader.errors, reader.garbage, reader.waiting) == (0, 0, 0)
        return
    assert pair.a.wants_write == (pair.a.pending > 0)
    assert receive_all(pair, pair.b, len(data)) == data
    assert pair.a.pending == 0
    assert not pair.a.wants_write


def _check_close(pair: LinkPair) -> None:
    """Check that a closed end has no descriptor and neither sends nor receives; a second close has no effect."""
    pair.a.close()
    pair.a.close()
    assert pair.a.fileno() is None
    assert not pair.a.connected
    assert pair.a.write(frames(1)) == 0
    assert pair.a.read() is None
    pair.a.flush()
    assert pair.a.next_deadline_ms() is None


def _check_close_is_seen(pair: LinkPair) -> None:
    """Check that data sent before closing is still read, that a stream then ends, and that writing to it is
    harmless."""
    data = frames(5)
    pair.a.write(data)
    wait_until(pair, lambda: pair.a.pending == 0, "all is sent")
    assert receive_all(pair, pair.b, len(data)) == data
    pair.a.close()
    if not pair.b.lossy:
        wait_until(pair, lambda: pair.b.read() is None or not pair.b.connected, "the other end sees the close")
    pair.b.write(data)
    pair.b.flush()
