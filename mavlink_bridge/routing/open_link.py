"""Open link of an endpoint: its reader, its writer, what waits on it, and its counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypedDict

from autopilot.interface.records import dataclass, field
from mavlink_bridge.routing.service import Peer
from mavlink_bridge.routing.tx_queue import TxQueue
from mavlink_bridge.wire.framing import FrameReader, FrameWriter, MavlinkFrame, split_frames

if TYPE_CHECKING:
    from mavlink_bridge.wire.signing import Signing  # loaded by those who have a key

CONGESTED = 256 * 1024
"""Bytes waiting above which streamed and forwarded messages skip the link."""
OVERFLOW = 1024 * 1024
"""Bytes that may wait at all."""
_PEERS_PER_LINK = 64


class LinkTraits(TypedDict, total=False):
    """Traits that an owner of links is told of a new one, and what they mean: see `Endpoint.open_link`."""

    trusted: bool
    baud: int | None
    high_latency: bool
    private: bool
    quiet: bool


@dataclass(slots=True)
class LinkStatistics:
    """Counts of one link since it was opened. `lost`: gaps in the sequence numbers received; `errors`: frames with a
    bad checksum or an unknown flag; `refused`: frames without the signature that the link asks for; `dropped`: frames
    not queued, or dropped for newer ones, because the link was full. `baud`: of a serial line that has a rate."""

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
        """Count what another link has counted."""
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
    """Queue of bytes that wait on a link: of one endpoint, or of all that share it. `size`: bytes. `overflowed`:
    something that had to be sent was not; stays true. `line`: what waits, if it is a serial line with a rate; then
    `waiting` is empty. `congested`, `full`: bytes above which telemetry passes the link by, and that may wait at
    all. `burst`: bytes that all who share it may say at one instant."""

    line: TxQueue | None = None
    waiting: list[bytes] = field(default_factory=list)
    size: int = 0
    overflowed: bool = False
    congested: int = CONGESTED
    full: int = OVERFLOW
    burst: int = 0

    def judge(self, pending: int) -> None:
        """Decide for all who share it whether they stream in the next turn: none of them where `pending` bytes that
        its medium has not taken, and what waits, are too many. Else those who come first would always fill it, the
        others would never be heard, and answers would wait behind the streams of many."""
        self.congested = CONGESTED + self.burst if self.size + pending <= CONGESTED else -1

    def take(self) -> bytes:
        """Take all that waits, of a line what it carries in one burst; forgets it."""
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
        """Clear the queue."""
        self.waiting.clear()
        self.size = 0
        self.overflowed = False
        if self.line is not None:
            self.line.clear()


class Gathered(Protocol):
    """Frames that fell due before and are not made yet: `write` queues them."""

    def write(self) -> None: ...


@dataclass(slots=True)
class OpenLink:
    """See the module. `trusted`: unsigned frames are accepted although there is a key. `signs`: what goes out is
    signed. `take`: see `Endpoint.open_link`. `shared`: the network whose link it is, where others are on it as well:
    they have the same `out` and `reader`. `others`: the writers of further components, which count for themselves.
    `ahead`: what goes before the next frame."""

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
        """Queue whole frames, or drop them when the link is full. `droppable`: a later one replaces them, so on a line
        that is too slow the oldest of these go first."""
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
        """Writer of a further component of the system."""
        found = self.others.get(component)
        if found is None:
            found = self.others[component] = FrameWriter(system, component)
        return found

    def identify(self, system: int, component: int) -> None:
        """The system is called so from now on."""
        self.writer.identify(system, component)
        for number, writer in self.others.items():
            writer.identify(system, number)

    def count(self, frames: int, size: int) -> None:
        """These frames, made by somebody else from the next sequence number on, have been queued, or taken at once."""
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
        """Push as `push` does, each frame signed; the link's number is the link id of the signature."""
        signed = b"".join(signing.sign(frame, self.number) for frame in split_frames(data))
        self.push(signed, frames, droppable=droppable)

    def restart(self) -> None:
        """The other end was lost, and a new one begins anew: nothing waits any more."""
        self.reader.restart()
        self.out.clear()

    def peer(self, frame: MavlinkFrame) -> Peer:
        """Peer that sent the frame."""
        key = (frame.system, frame.component, frame.mavlink1)
        found = self.peers.get(key)
        if found is None:
            found = Peer(self.number, frame.system, frame.component, frame.mavlink1)
            if len(self.peers) < _PEERS_PER_LINK:
                self.peers[key] = found
        return found

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
