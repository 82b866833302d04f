"""MAVFTP, vehicle side: files and directories (https://mavlink.io/en/services/ftp.html).

Sessions belong to a peer (link, system, component) and have the number that it chose, as in ArduPilot. A request
repeated unchanged within `REUSE_MS` gets the same answer again. Bursts are limited by the room on the link. At most
`SESSIONS` files are open, `SESSIONS_PER_PEER` per peer; a session idle for `REUSE_MS` may be replaced by a new one, and
is closed after `EXPIRE_MS`. A request for a file that is still being written is answered when it exists, unless the
peer requests another file first. Only files of `VirtualFiles.create` can be written; the content is taken when the
session ends.
"""

from __future__ import annotations

import zlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from autopilot.interface.records import dataclass
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer
from mavlink_bridge.services.ftp.files import (
    FileComesError,
    FileRefusedError,
    Listings,
    OpenFile,
    VirtualFiles,
    WrittenFile,
)
from mavlink_bridge.services.ftp.wire import DATA_BYTES, Nak, Opcode, Operation, ack, message_of, nak, reason, unpack

SESSIONS: Final = 64
SESSIONS_PER_PEER: Final = 8
REUSE_MS: Final = 3_000
EXPIRE_MS: Final = 20_000
PEERS: Final = 128
"""Number of peers whose last answer is stored for repetitions."""
FRAME_BYTES: Final = 266
BURST_PASS: Final = 64
"""Most blocks of a burst queued in one pass."""
WAIT_FOR_ROOM_MS: Final = 5
LOOK_AGAIN_MS: Final = 20
"""Interval of checks for a file that is being written."""
COMES_MS: Final = 60_000
"""Longest wait for a file that is being written."""
_CRC_PART: Final = 65_536
LARGEST_CHECKSUM: Final = 16 << 20
"""Largest file whose checksum is computed on request; a larger one would block the vehicle."""
LARGEST_FILE: Final = 0xFFFFFFFF
"""Largest file that can be opened, bytes: sizes and offsets have 32 bits."""
_EFBIG: Final = 27
_PARAMETERS: Final = "@PARAM/"
_REFUSED_WRITES: Final = frozenset(
    {Opcode.REMOVE_FILE, Opcode.CREATE_DIRECTORY, Opcode.REMOVE_DIRECTORY, Opcode.TRUNCATE_FILE, Opcode.RENAME}
)

_NAMING: Final = frozenset(
    {Opcode.OPEN_FILE_RO, Opcode.CREATE_FILE, Opcode.OPEN_FILE_WO, Opcode.LIST_DIRECTORY, Opcode.CALC_FILE_CRC32}
)
"""Requests that name a file or directory."""

_PeerKey = tuple[int, int, int]
_SessionKey = tuple[int, int, int, int]


@dataclass(slots=True)
class _Burst:
    """Running BurstReadFile: the next block and its sequence number."""

    offset: int
    block: int
    seq: int


@dataclass(slots=True)
class _Session:
    peer: Peer
    number: int
    file: OpenFile
    used_ms: int
    burst: _Burst | None = None


@dataclass(frozen=True, slots=True)
class _Answer:
    """Last request of a peer and its answer."""

    request: bytes
    reply: Outgoing
    sent_ms: int


@dataclass(frozen=True, slots=True)
class _Awaited:
    """Request that waits for a file, or end of a session whose content is not stored yet."""

    peer: Peer
    payload: bytes
    request: Operation
    until_ms: int


class FtpService:
    """Service of FILE_TRANSFER_PROTOCOL. `room(link)`: bytes that may be queued on a link now. `banner()`: STATUSTEXTs
    sent when the parameter file is opened, because stations then do not request the parameter list, which would bring
    them. `component`: owner of the files; None: the vehicle."""

    clock: Clock = "link"
    handles = frozenset({"FILE_TRANSFER_PROTOCOL"})

    def __init__(
        self,
        files: VirtualFiles,
        *,
        room: Callable[[int], int],
        banner: Callable[[], Sequence[Message]] = tuple,
        component: int | None = None,
    ) -> None:
        self._files = files
        self._room = room
        self._banner = banner
        self._component = component
        self._out: list[Outgoing] = []
        self._sessions: dict[_SessionKey, _Session] = {}
        self._answers: OrderedDict[_PeerKey, _Answer] = OrderedDict()
        self._burst_due_ms = 0
        self._awaited: OrderedDict[_PeerKey, _Awaited] = OrderedDict()
        self._look_ms = 0
        self._listings = Listings()

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        """Handle a request; replies are ignored. A request to all components is for the vehicle, since two answers
        would mix two files."""
        if self._component is not None and message.target_component != self._component:
            return
        payload = bytes(message.payload)
        request = unpack(payload)
        if request.opcode in (Opcode.ACK, Opcode.NAK):
            return
        session = self._session(peer, request.session)
        if session is not None:
            session.used_ms = now_ms
        last = self._answers.get(_key(peer))
        if last is not None and last.request == payload and now_ms - last.sent_ms < REUSE_MS:
            self._out.append(last.reply)
            return
        awaited = self._awaited.pop(_key(peer), None)
        if awaited is not None and awaited.payload == payload:
            self._awaited[_key(peer)] = awaited  # repeated request: the time limit counts from the first
            return
        try:
            reply = self._handle(request, peer, now_ms)
        except FileComesError:
            self._await(_Awaited(peer, payload, request, now_ms + COMES_MS), now_ms)
            return
        if reply is not None:
            self._reply(peer, payload, reply, now_ms)

    def handle_timeout(self, now_ms: int) -> None:
        """Continue bursts, answer for files that now exist, and close idle sessions."""
        for key, session in list(self._sessions.items()):
            if now_ms - session.used_ms >= EXPIRE_MS:
                self._close(key)
        if now_ms >= self._burst_due_ms:
            self._continue_bursts(now_ms)
        if self._awaited and now_ms >= self._look_ms:
            self._look_again(now_ms)

    def next_deadline_ms(self) -> int | None:
        """Time of the next burst, check for a file, or expiry of a session, ms."""
        if not self._sessions:
            return self._look_ms if self._awaited else None
        due = [self._look_ms] if self._awaited else []
        if any(session.burst is not None for session in self._sessions.values()):
            due.append(self._burst_due_ms)
        else:
            due.append(min(session.used_ms for session in self._sessions.values()) + EXPIRE_MS)
        return min(due)

    def take_outgoing(self) -> list[Outgoing]:
        out, self._out = self._out, []
        if self._component is not None:
            return [replace(outgoing, component=self._component) for outgoing in out]
        return out

    def link_closed(self, link: int) -> None:
        """Close the sessions of the link's peers."""
        for key in [key for key in self._sessions if key[0] == link]:
            self._close(key)
        for peer in [peer for peer in self._answers if peer[0] == link]:
            del self._answers[peer]
        for peer in [peer for peer in self._awaited if peer[0] == link]:
            del self._awaited[peer]
        self._listings.forget(link)

    # --- requests --------------------------------------------------------------------------------------------------
    def _handle(self, request: Operation, peer: Peer, now_ms: int) -> Operation | None:
        """Reply to a request; None when a burst has begun. Raises FileComesError."""
        if request.size > DATA_BYTES:
            return nak(request, Nak.INVALID_DATA_SIZE)
        try:
            return self._serve(request, peer, now_ms)
        except FileRefusedError as refusal:
            return nak(request, refusal.nak, refusal.errno)

    def _serve(self, request: Operation, peer: Peer, now_ms: int) -> Operation | None:
        match request.opcode:
            case Opcode.NONE:
                return ack(request)
            case Opcode.TERMINATE_SESSION:
                return self._terminate(request, peer, now_ms)
            case Opcode.RESET_SESSIONS:
                for key in [key for key in self._sessions if key[:3] == _key(peer)]:
                    self._close(key)
                return ack(request)
            case opcode if opcode in _NAMING:
                return self._handle_path(request, peer, now_ms)
            case Opcode.WRITE_FILE:
                return self._write(request, peer)
            case Opcode.READ_FILE | Opcode.BURST_READ_FILE:
                return self._handle_read(request, peer, now_ms)
            case opcode if opcode in _REFUSED_WRITES:
                return nak(request, Nak.FILE_PROTECTED)
            case _:
                return nak(request, Nak.UNKNOWN_COMMAND)

    def _handle_path(self, request: Operation, peer: Peer, now_ms: int) -> Operation:
        path = request.data[: request.size].split(b"\0", 1)[0].decode("utf-8", "surrogateescape")
        if not path and request.opcode != Opcode.LIST_DIRECTORY:  # "" is the root
            return nak(request, Nak.INVALID_DATA_SIZE)
        if request.opcode in (Opcode.OPEN_FILE_RO, Opcode.CREATE_FILE, Opcode.OPEN_FILE_WO):
            return self._open(request, path, peer, now_ms)
        if request.opcode == Opcode.LIST_DIRECTORY:
            return self._listings.reply(request, _key(peer), path, self._files.entries, now_ms)
        return ack(request, self._checksum(path).to_bytes(4, "little"))

    def _open(self, request: Operation, path: str, peer: Peer, now_ms: int) -> Operation:
        key = (*_key(peer), request.session)
        self._close(key)  # a client that lost its session may use the number again
        if not self._make_place(peer, now_ms):
            return nak(request, Nak.NO_SESSIONS_AVAILABLE)
        if request.opcode != Opcode.OPEN_FILE_RO:
            self._sessions[key] = _Session(peer, request.session, self._files.create(path), now_ms)
            return ack(request)
        file = self._files.open(path)
        if file.size > LARGEST_FILE:
            file.close()
            return nak(request, Nak.FAIL_ERRNO, _EFBIG)
        self._sessions[key] = _Session(peer, request.session, file, now_ms)
        if path.lstrip("/").startswith(_PARAMETERS):
            self._out.extend([Outgoing(text, peer.link) for text in self._banner()])
        return ack(request, file.size.to_bytes(4, "little"))

    def _make_place(self, peer: Peer, now_ms: int) -> bool:
        """Make room for one more session of `peer`: close the one idle longest, if it is idle for `REUSE_MS`."""
        rivals = [key for key in self._sessions if key[:3] == _key(peer)]
        if len(rivals) < SESSIONS_PER_PEER:
            rivals = list(self._sessions)
            if len(rivals) < SESSIONS:
                return True
        oldest = min(rivals, key=lambda key: self._sessions[key].used_ms)
        if now_ms - self._sessions[oldest].used_ms < REUSE_MS:
            return False
        self._close(oldest)
        return True

    def _write(self, request: Operation, peer: Peer) -> Operation:
        session = self._session(peer, request.session)
        if session is None:
            return nak(request, Nak.INVALID_SESSION)
        if not isinstance(session.file, WrittenFile):
            return nak(request, Nak.FILE_PROTECTED)
        session.file.write(request.offset, request.data[: request.size])
        return ack(request, offset=request.offset)

    def _terminate(self, request: Operation, peer: Peer, now_ms: int) -> Operation:
        """End a session; a written file is taken now, and the answer waits until it is stored."""
        session = self._session(peer, request.session)
        reply = ack(request)
        if session is not None and isinstance(session.file, WrittenFile):
            session.used_ms = now_ms
            try:
                session.file.finish()
            except FileRefusedError as refusal:
                reply = nak(request, refusal.nak, refusal.errno)
        self._close((*_key(peer), request.session))
        return reply

    def _handle_read(self, request: Operation, peer: Peer, now_ms: int) -> Operation | None:
        session = self._session(peer, request.session)
        if session is None:
            return nak(request, Nak.INVALID_SESSION)
        if isinstance(session.file, WrittenFile):
            return nak(request, Nak.FAIL)
        count = request.size or DATA_BYTES
        if request.opcode == Opcode.BURST_READ_FILE:
            session.burst = _Burst(request.offset, count, request.seq + 1)
            self._answers.pop(_key(peer), None)  # a repeated request begins the burst again
            self._continue_bursts(now_ms)
            return None
        data = session.file.read(request.offset, count)
        return ack(request, data, offset=request.offset) if data else nak(request, Nak.END_OF_FILE)

    def _checksum(self, path: str) -> int:
        """CRC32 with start value 0 and no final inversion, as in ArduPilot, PX4 and MAVProxy."""
        file = self._files.open(path)
        crc, offset = 0xFFFFFFFF, 0
        try:
            if file.size > LARGEST_CHECKSUM:
                raise FileRefusedError(Nak.FAIL)
            while data := file.read(offset, _CRC_PART):
                crc = zlib.crc32(data, crc)
                offset += len(data)
        finally:
            file.close()
        return ~crc & 0xFFFFFFFF

    # --- files that are being written ------------------------------------------------------------------------------
    def _await(self, awaited: _Awaited, now_ms: int) -> None:
        self._awaited[_key(awaited.peer)] = awaited
        self._look_ms = now_ms + LOOK_AGAIN_MS
        while len(self._awaited) > PEERS:
            self._awaited.popitem(last=False)

    def _look_again(self, now_ms: int) -> None:
        self._look_ms = now_ms + LOOK_AGAIN_MS
        for key, awaited in list(self._awaited.items()):
            try:
                reply = self._handle(awaited.request, awaited.peer, now_ms)
            except FileComesError:
                if now_ms < awaited.until_ms:
                    continue
                reply = nak(awaited.request, Nak.FILE_NOT_FOUND)
            del self._awaited[key]
            if reply is not None:
                self._reply(awaited.peer, awaited.payload, reply, now_ms)

    # --- bursts ----------------------------------------------------------------------------------------------------
    def _continue_bursts(self, now_ms: int) -> None:
        remaining: dict[int, int] = {}  # blocks per link in this pass, shared by its sessions
        sent = False
        for key, session in list(self._sessions.items()):
            if session.burst is None:
                continue
            link = session.peer.link
            if link not in remaining:
                remaining[link] = min(self._room(link) // FRAME_BYTES, BURST_PASS)
            blocks = self._send_blocks(session, session.burst, remaining[link])
            remaining[link] -= blocks
            if blocks:
                sent = True
                session.used_ms = now_ms
                self._sessions[key] = self._sessions.pop(key)  # other sessions of this link go first in the next pass
        self._burst_due_ms = now_ms + (1 if sent else WAIT_FOR_ROOM_MS)

    def _send_blocks(self, session: _Session, burst: _Burst, limit: int) -> int:
        """Send blocks, the last marked complete, then a refusal for the end of file, as ArduPilot does. Returns the
        number of messages, at most `limit`."""
        for sent in range(limit):
            reply = _block(session, burst)
            self._out.append(message_of(session.peer, reply))
            if reply.opcode == Opcode.NAK:
                session.burst = None
                return sent + 1
            burst.offset += reply.size
            burst.seq += 1
        return max(limit, 0)

    # --- helpers ---------------------------------------------------------------------------------------------------
    def _session(self, peer: Peer, number: int) -> _Session | None:
        return self._sessions.get((*_key(peer), number))

    def _close(self, key: _SessionKey) -> None:
        session = self._sessions.pop(key, None)
        if session is not None:
            session.file.close()
            self._answers.pop(key[:3], None)

    def _reply(self, peer: Peer, request: bytes, reply: Operation, now_ms: int) -> None:
        outgoing = message_of(peer, reply)
        self._out.append(outgoing)
        self._answers[_key(peer)] = _Answer(request, outgoing, now_ms)
        self._answers.move_to_end(_key(peer))
        while len(self._answers) > PEERS:
            self._answers.popitem(last=False)


def _key(peer: Peer) -> _PeerKey:
    return (peer.link, peer.system, peer.component)


def _block(session: _Session, burst: _Burst) -> Operation:
    """Next block of a burst, or the refusal that ends it."""
    try:
        data = session.file.read(burst.offset, burst.block)
        if not data:
            raise FileRefusedError(Nak.END_OF_FILE)
    except FileRefusedError as refusal:
        opcode, data, complete = Opcode.NAK, reason(refusal.nak, refusal.errno), 1
    else:
        opcode, complete = Opcode.ACK, int(burst.offset + len(data) >= session.file.size)
    head = (burst.seq, session.number, opcode, len(data), Opcode.BURST_READ_FILE, complete, burst.offset)
    return Operation(*head, data)
