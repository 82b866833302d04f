"""MAVFTP: sessions, reading, bursts, folders, refusals."""

from __future__ import annotations

import zlib
from dataclasses import replace
from functools import partial
from itertools import count
from typing import Final

from autopilot.mav import Capability
from mavlink_bridge.clients.file_read import FileOutcome, FileRead
from mavlink_bridge.routing.service import Message
from mavlink_bridge.services.ftp.wire import DATA_BYTES, Nak, Opcode, Operation, unpack
from mavlink_bridge.wire.codec import dialect
from sortie.conform.case import Chapter
from sortie.conform.exchange import ABSENT_SYSTEM, STATION, Exchange, NotApplicableError, Steps, UntestedError, Waiting
from sortie.conform.facts import can

ftp = Chapter("ftp", (can(Capability.FTP, "MAVFTP"),))
CHAPTERS: Final = (ftp,)

_MISSING: Final = b"/no/such/file.xyz"
_KNOWN: Final = ("@SYS/uarts.txt", "@PARAM/param.pck")
_NUMBERS: Final = count(1000)
SCHEME: Final = "mftp://"


# --- parts ------------------------------------------------------------------------------------------------------------
def _message(x: Exchange, operation: Operation) -> Message:
    return dialect.MAVLink_file_transfer_protocol_message(0, *x.ids, list(operation.pack()))


def reply_to(x: Exchange, operation: Operation, *, fresh: bool = True) -> Waiting[Operation]:
    """Send a request and expect the answer with the next sequence number. `fresh` gives the request a new number,
    because a repeated one would count as a repetition."""
    if fresh:
        operation = replace(operation, seq=next(_NUMBERS) & 0xFFFF)

    def answers(message: Message) -> bool:
        reply = unpack(bytes(message.payload))
        return reply.req_opcode == operation.opcode and reply.seq == (operation.seq + 1) & 0xFFFF

    what = f"answer to opcode {Opcode(operation.opcode).name if operation.opcode in set(Opcode) else operation.opcode}"
    return unpack(bytes((yield from x.ask(_message(x, operation), "FILE_TRANSFER_PROTOCOL", answers, what)).payload))


def about(opcode: int, path: bytes, offset: int = 0) -> Operation:
    """Make a request about a file or folder."""
    return Operation(0, 0, opcode, len(path), offset=offset, data=path)


def reset(x: Exchange) -> Steps:
    """End all sessions."""
    yield from reply_to(x, Operation(1, 0, Opcode.RESET_SESSIONS))


def granted(x: Exchange, operation: Operation) -> Waiting[Operation]:
    """Send a request that must be granted."""
    reply = yield from reply_to(x, operation)
    x.check(reply.opcode == Opcode.ACK, f"ACK, NAK {reason(reply)} came")
    return reply


def denied(x: Exchange, operation: Operation, *reasons: Nak) -> Waiting[Operation]:
    """Send a request that must be refused, with one of `reasons` if given."""
    reply = yield from reply_to(x, operation)
    x.check(reply.opcode == Opcode.NAK, "NAK, ACK came")
    expected = " or ".join(reason.name for reason in reasons)
    x.check(not reasons or reply.data[0] in reasons, f"NAK {expected}, {reason(reply)} came")
    return reply


def reason(reply: Operation) -> str:
    return Nak(reply.data[0]).name if reply.data[0] in set(Nak) else str(reply.data[0])


def _paths(x: Exchange) -> list[str]:
    found = x.found.metadata
    uris = [] if found is None or not found.uri.isascii() else [found.uri]  # other characters are those of no file
    return [path_of(uri) for uri in uris if uri.startswith(SCHEME)] + list(_KNOWN)


def path_of(uri: str) -> str:
    """Return the path of a URI of this vehicle: mftp://[;comp=N]PATH."""
    path = uri.removeprefix(SCHEME)
    if path.startswith("["):
        path = path.partition("]")[2]
    return path


def _opened(x: Exchange) -> Waiting[tuple[str, int, int]]:
    """Open a file of the vehicle and return path, session and size."""
    yield from reset(x)
    for path in _paths(x):
        reply = yield from reply_to(x, about(Opcode.OPEN_FILE_RO, path.encode()))
        if reply.opcode == Opcode.ACK:
            return path, reply.session, int.from_bytes(reply.data[:4], "little")
    raise UntestedError("no file is known that it would open")


def _whole(x: Exchange) -> Waiting[tuple[str, bytes]]:
    path, _, _ = yield from _opened(x)
    return path, (yield from content_of(x, path))


def content_of(x: Exchange, path: str) -> Waiting[bytes]:
    yield from reset(x)
    read = yield from x.play(FileRead(x.target, path))
    x.check(read.outcome is FileOutcome.READ, f"{path}, its reading ended with {read.outcome!r}")
    return read.content


# --- opcodes ----------------------------------------------------------------------------------------------------------
ftp.add("none", lambda x: granted(x, Operation(3, 0, Opcode.NONE)))
ftp.add("reset", lambda x: granted(x, Operation(4, 0, Opcode.RESET_SESSIONS)))
ftp.add("unknown", lambda x: denied(x, Operation(5, 0, 99), Nak.UNKNOWN_COMMAND))


@ftp.case("sequence")
def _sequence(x: Exchange) -> Steps:
    for seq in (7, 65_534, 65_535):
        yield from reply_to(x, Operation(seq, 0, Opcode.NONE), fresh=False)


@ftp.case("target")
def _target(x: Exchange) -> Steps:
    answer = yield from x.ask(_message(x, Operation(8, 0, Opcode.NONE)), "FILE_TRANSFER_PROTOCOL")
    ids = (answer.target_system, answer.target_component)
    x.check(ids == STATION, f"target {STATION}, {ids} came")


ftp.add(
    "other-system",
    lambda x: x.unanswered(
        dialect.MAVLink_file_transfer_protocol_message(0, ABSENT_SYSTEM, 1, list(Operation(9, 0, Opcode.NONE).pack())),
        "FILE_TRANSFER_PROTOCOL",
    ),
)


@ftp.case("nak-size")
def _nak_size(x: Exchange) -> Steps:
    reply = yield from denied(x, about(Opcode.OPEN_FILE_RO, _MISSING))
    size = 2 if reply.data[0] == Nak.FAIL_ERRNO else 1
    x.check(reply.size == size, f"size {size}, {reply.size} came")


def _missing(opcode: int, x: Exchange) -> Steps:
    yield from denied(x, about(opcode, _MISSING))


for _opcode in (
    Opcode.OPEN_FILE_RO,
    Opcode.REMOVE_FILE,
    Opcode.REMOVE_DIRECTORY,
    Opcode.LIST_DIRECTORY,
    Opcode.CALC_FILE_CRC32,
    Opcode.TRUNCATE_FILE,
):
    ftp.add(f"missing.{_opcode.name.lower().replace('_', '-')}", partial(_missing, _opcode))


ftp.add("missing-reason", lambda x: denied(x, about(Opcode.OPEN_FILE_RO, _MISSING), Nak.FILE_NOT_FOUND))


ftp.add("rename-missing", lambda x: denied(x, about(Opcode.RENAME, _MISSING + b"\0" + _MISSING + b"2")))


# --- reading ----------------------------------------------------------------------------------------------------------
@ftp.case("open")
def _open(x: Exchange) -> Steps:
    path, session, size = yield from _opened(x)
    x.check(size > 0, f"a size of {path}, {size} in session {session} came")


@ftp.case("read")
def _read(x: Exchange) -> Steps:
    path, content = yield from _whole(x)
    x.check(bool(content), f"bytes of {path}")


@ftp.case("read-block")
def _block(x: Exchange) -> Steps:
    _, session, size = yield from _opened(x)
    reply = yield from granted(x, Operation(20, session, Opcode.READ_FILE, min(7, size), offset=0))
    x.check(
        (reply.offset, reply.size) == (0, min(7, size)),
        f"{min(7, size)} bytes at 0, {reply.size} at {reply.offset} came",
    )


@ftp.case("read-agrees")
def _agrees(x: Exchange) -> Steps:
    _, session, size = yield from _opened(x)
    large = yield from granted(x, Operation(21, session, Opcode.READ_FILE, DATA_BYTES, offset=0))
    small = yield from granted(x, Operation(22, session, Opcode.READ_FILE, 5, offset=3))
    expected = large.data[3 : min(8, large.size)]
    x.check(small.data[: small.size] == expected, f"{expected.hex()}, {small.data[: small.size].hex()} of {size} came")


@ftp.case("read-end")
def _end(x: Exchange) -> Steps:
    path, session, size = yield from _opened(x)
    reply = yield from reply_to(x, Operation(23, session, Opcode.READ_FILE, DATA_BYTES, offset=size + 100_000))
    x.check(reply.opcode == Opcode.NAK and reply.data[0] == Nak.END_OF_FILE, f"NAK END_OF_FILE of {path}")


def _closed(reasons: tuple[Nak, ...], x: Exchange) -> Steps:
    yield from reset(x)
    yield from denied(x, Operation(24, 0, Opcode.READ_FILE, 10, offset=0), *reasons)


ftp.add("read-closed", partial(_closed, ()))
ftp.add("read-closed-reason", partial(_closed, (Nak.INVALID_SESSION,)))


@ftp.case("terminate")
def _terminate(x: Exchange) -> Steps:
    _, session, _ = yield from _opened(x)
    yield from granted(x, Operation(25, session, Opcode.TERMINATE_SESSION))
    yield from denied(x, Operation(26, session, Opcode.READ_FILE, 10, offset=0))


@ftp.case("repeated")
def _repeated(x: Exchange) -> Steps:
    _, session, _ = yield from _opened(x)
    operation = Operation(27, session, Opcode.READ_FILE, 20, offset=0)
    first = yield from reply_to(x, operation, fresh=False)
    again = yield from reply_to(x, operation, fresh=False)
    x.check(first.pack() == again.pack(), "one answer twice")


@ftp.case("repeated-open")
def _repeated_open(x: Exchange) -> Steps:
    path, _, size = yield from _opened(x)
    yield from reset(x)
    operation = Operation(28, 0, Opcode.OPEN_FILE_RO, len(path), data=path.encode())
    first = yield from reply_to(x, operation, fresh=False)
    again = yield from reply_to(x, operation, fresh=False)
    x.check(
        first.opcode == again.opcode == Opcode.ACK and first.session == again.session, f"one session of {size} bytes"
    )


# --- bursts -----------------------------------------------------------------------------------------------------------
def _burst(x: Exchange, session: int, offset: int, size: int) -> Waiting[list[Operation]]:
    """Collect the blocks of a burst, up to the complete one or the end of the file."""
    x.send(_message(x, Operation(40, session, Opcode.BURST_READ_FILE, size, offset=offset)))
    blocks: list[Operation] = []
    while True:
        message = yield from x.hear("FILE_TRANSFER_PROTOCOL", within_ms=1500)
        if message is None:
            return blocks
        block = unpack(bytes(message.payload))
        if block.req_opcode == Opcode.BURST_READ_FILE:
            blocks.append(block)
            if block.opcode == Opcode.NAK or block.burst_complete:
                return blocks


@ftp.case("burst")
def _burst_case(x: Exchange) -> Steps:
    path, session, size = yield from _opened(x)
    blocks = [block for block in (yield from _burst(x, session, 0, DATA_BYTES)) if block.opcode == Opcode.ACK]
    x.check(bool(blocks), f"blocks of {path}, none came")
    at = 0
    for block in blocks:
        x.check(block.offset == at or x.tries > 1, f"offset {at}, {block.offset} of {size} came")
        at = block.offset + block.size


@ftp.case("burst-complete")
def _burst_complete(x: Exchange) -> Steps:
    _, session, _ = yield from _opened(x)
    blocks = yield from _burst(x, session, 0, DATA_BYTES)
    ended = bool(blocks) and (blocks[-1].burst_complete == 1 or blocks[-1].opcode == Opcode.NAK)
    x.check(ended and not any(block.burst_complete for block in blocks[:-1]), "burst_complete at the end alone")


@ftp.case("burst-offset")
def _burst_offset(x: Exchange) -> Steps:
    _, session, size = yield from _opened(x)
    start = min(size - 1, 100)
    blocks = yield from _burst(x, session, start, 50)
    x.check(bool(blocks) and blocks[0].offset == start, f"offset {start}")
    x.check(all(block.size <= 50 for block in blocks if block.opcode == Opcode.ACK), "blocks of at most 50 bytes")


@ftp.case("burst-agrees")
def _burst_agrees(x: Exchange) -> Steps:
    _, session, _ = yield from _opened(x)
    first = yield from granted(x, Operation(41, session, Opcode.READ_FILE, 100, offset=0))
    blocks = yield from _burst(x, session, 0, 100)
    x.check(bool(blocks) and blocks[0].data[: first.size] == first.data[: first.size], "the same bytes")


@ftp.case("burst-end")
def _burst_end(x: Exchange) -> Steps:
    _, session, size = yield from _opened(x)
    blocks = yield from _burst(x, session, size + 100_000, DATA_BYTES)
    x.check(
        bool(blocks) and blocks[-1].opcode == Opcode.NAK and blocks[-1].data[0] == Nak.END_OF_FILE, "NAK END_OF_FILE"
    )


@ftp.case("burst-closed")
def _burst_closed(x: Exchange) -> Steps:
    yield from reset(x)
    blocks = yield from _burst(x, 0, 0, DATA_BYTES)
    x.check(bool(blocks) and blocks[0].opcode == Opcode.NAK, "NAK")


@ftp.case("checksum")
def _checksum(x: Exchange) -> Steps:
    path, content = yield from _whole(x)
    if path in _KNOWN:
        raise NotApplicableError("no file is known whose content stays")
    reply = yield from granted(x, about(Opcode.CALC_FILE_CRC32, path.encode()))
    crc = int.from_bytes(reply.data[:4], "little")
    x.check(crc == crc_of(content), f"{crc_of(content):#x}, {crc:#x} came")


def crc_of(content: bytes) -> int:
    """Calculate MAVLink's CRC32: start value 0, not inverted."""
    return ~zlib.crc32(content, 0xFFFFFFFF) & 0xFFFFFFFF


# --- folders ----------------------------------------------------------------------------------------------------------
def _root(x: Exchange) -> Waiting[Operation]:
    reply = yield from reply_to(x, about(Opcode.LIST_DIRECTORY, b"/"))
    if reply.opcode == Opcode.NAK:
        raise NotApplicableError(f"its root is not listed ({reason(reply)})")
    return reply


@ftp.case("list")
def _list(x: Exchange) -> Steps:
    reply = yield from _root(x)
    entries = [entry for entry in reply.data[: reply.size].split(b"\0") if entry]
    x.check(all(entry[:1] in (b"F", b"D", b"S") for entry in entries), f"F, D or S, {entries[:3]} came")


@ftp.case("list-end")
def _list_end(x: Exchange) -> Steps:
    yield from _root(x)
    reply = yield from reply_to(x, about(Opcode.LIST_DIRECTORY, b"/", 5000))
    x.check(reply.opcode == Opcode.NAK and reply.data[0] == Nak.END_OF_FILE, "NAK END_OF_FILE")
