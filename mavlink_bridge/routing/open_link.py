"""Open link of an endpoint: reader, writer, queue of bytes to send, and counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypedDict

from autopilot.interface.records import dataclass, field
from mavlink_bridge.routing.service import Peer
from mavlink_bridge.routing.tx_queue import TxQueue
from mavlink_bridge.wire.framing import FrameReader, FrameWriter, MavlinkFrame, split_frames

if TYPE_CHECKING:
    from mavlink_bridge.wire.signing import Signing  # imported only when a key is set

CONGESTED = 256 * 1024
"""Bytes in the queue above which streamed and forwarded messages skip the link."""
OVERFLOW = 1024 * 1024
"""Largest number of bytes in the queue."""
_PEERS_PER_LINK = 64


class LinkTraits(TypedDict, total=False):
    """Properties of a new link, as reported to the owner of links; `Endpoint.open_link` explains them."""

    trusted: bool
    baud: int | None
    high_latency: bool
    private: bool
    quiet: bool


@dataclass(slots=True)
class LinkStatistics:
    """Counts of one link since it was opened. `lost`: gaps in the received sequence numbers. `errors`: frames with a
    wrong checksum or an unknown flag. `refused`: frames without the required signature. `dropped`: frames that a full
    link did not take, or dropped for newer ones. `baud`: rate of a serial line, if it has one."""

    name: str
    baud: int | None = None
    frames_in: int = 0
    frames_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    errors: int = 0
    lost: int = 0
    refused: int = 0
    dropped: int = 0

    def add(self, other: LinkStatistics) -> None:
        self.frames_in += other.frames_in
        self.frames_out += other.frames_out
        self.bytes_in += other.bytes_in
        self.bytes_out += other.bytes_out
        self.errors += other.errors
        self.lost += other.lost
        self.refused += other.refused
        self.dropped += other.dropped


@dataclass(slots=True)
class OutQueue:
    """Queue of bytes to send on a link, for one endpoint or shared by several."""

    line: TxQueue | None = None  # queue of a serial line with a rate; `waiting` is then empty
    waiting: list[bytes] = field(default_factory=list)
    size: int = 0  # bytes
    overflowed: bool = False
    """True after an answer was dropped because the link took nothing, until its owner acts: a connection is closed, a
    wire goes on when it takes bytes again."""
    congested: int = CONGESTED  # bytes above which telemetry skips the link
    full: int = OVERFLOW  # most bytes
    burst: int = 0  # bytes that the sharing endpoints may send together at one instant

    @property
    def busy(self) -> bool:
        """True if streams should skip the link now."""
        return self.size > self.congested

    def room(self, most: int) -> int:
        """Bytes that may be queued without delaying answers: up to `most`, on a line at most a burst. Bytes of others
        on a shared link at the same time are no delay."""
        limit = most + self.congested - CONGESTED if self.line is None else min(most, self.line.burst)
        return limit - self.size

    def judge(self, pending: int) -> None:
        """Decide whether the endpoints that share the queue stream in the next turn.

        Nobody streams when the queue and the `pending` bytes that the medium has not taken are too many. Otherwise the
        first endpoints would always fill the queue, and answers would wait behind the streams of many.
        """
        self.congested = CONGESTED + self.burst if self.size + pending <= CONGESTED else -1

    def take(self) -> bytes:
        """Take and remove the bytes to send: all of them, or one burst of a serial line."""
        if self.line is not None:
            data = self.line.take()
            self.size = self.line.size
            return data
        if not self.waiting:
            return b""
        data = b"".join(self.waiting)
        self.waiting.clear()
        self.size = 0
        return data

    def clear(self) -> None:
        self.waiting.clear()
        self.size = 0
        self.overflowed = False
        if self.line is not None:
            self.line.clear()


class Gathered(Protocol):
    """Frames that are due but not yet made; `write` makes and queues them."""

    def write(self) -> None: ...


@dataclass(slots=True)
class OpenLink:
    """Open link of an endpoint.

    `trusted`: unsigned frames are accepted although there is a key. `signs`: sent frames are signed.
    `take`: see `Endpoint.open_link`. `shared`: network with other endpoints, which use the same `out` and `reader`.
    `others`: writers of further components, each with its own sequence numbers. `ahead`: frames to send before the
    next one.
    """

    number: int
    name: str
    trusted: bool
    writer: FrameWriter
    reader: FrameReader = field(default_factory=FrameReader)
    out: OutQueue = field(default_factory=OutQueue)
    frames_out: int = 0
    bytes_out: int = 0
    refused: int = 0
    dropped: int = 0
    signs: bool = False
    local: bool = False
    high_latency: bool = False
    take: Callable[[memoryview], None] | None = None
    shared: object | None = None
    ahead: Gathered | None = None
    peers: dict[tuple[int, int, bool], Peer] = field(default_factory=dict)
    others: dict[int, FrameWriter] = field(default_factory=dict)

    def push(self, data: bytes, frames: int, *, droppable: bool = False) -> None:
        """Queue whole frames, or drop them when the link is full. `droppable`: a later frame replaces them, so a slow
        line drops the oldest of these first."""
        out = self.out
        if out.line is not None:
            self._push_line(out.line, data, frames, droppable)
            return
        if out.size + len(data) > out.full:
            out.overflowed = True
            self.dropped += frames
            return
        out.waiting.append(data)
        out.size += len(data)
        self.frames_out += frames
        self.bytes_out += len(data)

    def writer_of(self, system: int, component: int) -> FrameWriter:
        writer = self.others.get(component)
        if writer is None:
            writer = self.others[component] = FrameWriter(system, component)
        return writer

    def identify(self, system: int, component: int) -> None:
        """Change the MAVLink ids of the system."""
        self.writer.identify(system, component)
        for number, writer in self.others.items():
            writer.identify(system, number)

    def count(self, frames: int, size: int) -> None:
        """Count frames that another writer made from the next sequence number on, and that are queued or sent."""
        self.writer.advance(frames)
        self.frames_out += frames
        self.bytes_out += size

    def _push_line(self, line: TxQueue, data: bytes, frames: int, droppable: bool) -> None:
        if not droppable and line.size + len(data) > self.out.full:
            self.out.overflowed = True
            self.dropped += frames
            return
        late_frames, late_bytes = line.push_all(data, frames, droppable=droppable)
        self.out.size = line.size
        self.dropped += late_frames
        self.frames_out += frames - late_frames
        self.bytes_out += len(data) - late_bytes

    def push_signed(self, data: bytes, frames: int, signing: Signing, *, droppable: bool = False) -> None:
        """Sign each frame and push it as `push` does; the link's number is the link id of the signature."""
        signed = b"".join(signing.sign(frame, self.number) for frame in split_frames(data))
        self.push(signed, frames, droppable=droppable)

    def restart(self) -> None:
        """Restart after the other end was lost: clear the queue and the reader."""
        self.reader.restart()
        self.out.clear()

    def peer(self, frame: MavlinkFrame) -> Peer:
        key = (frame.system, frame.component, frame.mavlink1)
        peer = self.peers.get(key)
        if peer is None:
            peer = Peer(self.number, frame.system, frame.component, frame.mavlink1)
            if len(self.peers) < _PEERS_PER_LINK:
                self.peers[key] = peer
        return peer

    def statistics(self) -> LinkStatistics:
        reader = self.reader
        return LinkStatistics(
            name=self.name,
            baud=None if self.out.line is None else self.out.line.baud,
            frames_in=reader.frames,
            frames_out=self.frames_out,
            bytes_in=reader.bytes,
            bytes_out=self.bytes_out,
            errors=reader.errors,
            lost=reader.lost,
            refused=self.refused,
            dropped=self.dropped,
        )
