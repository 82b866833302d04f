"""MAVFTP: files that are written, renamed, truncated and removed, and folders. Not applicable to names that a vehicle
does not let clients write: ArduPilot and PX4 have files, Sortie's vehicles a few names for special protocols."""

from __future__ import annotations

from typing import Final

from mavlink_bridge.services.ftp.wire import DATA_BYTES, Nak, Opcode, Operation
from sortie.conform.cases.ftp import about, content_of, crc_of, denied, ftp, granted, reason, reply_to, reset
from sortie.conform.exchange import Exchange, NotApplicableError, Steps, Waiting

CHAPTERS: Final = ()
_FILE, _RENAMED, _FOLDER = b"conform.tmp", b"conform2.tmp", b"conform.dir"
_CONTENT: Final = bytes(range(200)) * 2


# --- parts ------------------------------------------------------------------------------------------------------------
def _created(x: Exchange) -> Waiting[int]:
    """Create a file and return its session; it is removed at the end."""
    yield from reset(x)
    reply = yield from reply_to(x, about(Opcode.CREATE_FILE, _FILE))
    if reply.opcode == Opcode.NAK:
        raise NotApplicableError(f"no file may be written ({reason(reply)})")
    x.undo(f"file {_FILE.decode()}", _removed(x, _FILE))
    return reply.session


def _removed(x: Exchange, path: bytes) -> Steps:
    yield from reset(x)
    yield from reply_to(x, about(Opcode.REMOVE_FILE, path))
    yield from denied(x, about(Opcode.OPEN_FILE_RO, path))


def _write(x: Exchange, session: int, data: bytes, offset: int = 0) -> Steps:
    for at in range(0, len(data), DATA_BYTES):
        piece = data[at : at + DATA_BYTES]
        yield from granted(x, Operation(61, session, Opcode.WRITE_FILE, len(piece), offset=offset + at, data=piece))
    yield from granted(x, Operation(62, session, Opcode.TERMINATE_SESSION))


def _written(x: Exchange) -> Steps:
    yield from _write(x, (yield from _created(x)), _CONTENT)


def _holds(x: Exchange, content: bytes, path: bytes = _FILE) -> Steps:
    found = yield from content_of(x, path.decode())
    x.check(found == content, f"{len(content)} bytes as they were sent, {len(found)} came")


# --- files ------------------------------------------------------------------------------------------------------------
@ftp.case("write.closed")
def _closed(x: Exchange) -> Steps:
    yield from reset(x)
    yield from denied(x, Operation(63, 0, Opcode.WRITE_FILE, 4, data=b"none"))


@ftp.case("write.whole")
def _whole(x: Exchange) -> Steps:
    yield from _written(x)
    yield from _holds(x, _CONTENT)


@ftp.case("write.checksum")
def _checksum(x: Exchange) -> Steps:
    yield from _written(x)
    reply = yield from granted(x, about(Opcode.CALC_FILE_CRC32, _FILE))
    crc = int.from_bytes(reply.data[:4], "little")
    x.check(crc == crc_of(_CONTENT), f"{crc_of(_CONTENT):#x}, {crc:#x} came")


@ftp.case("write.part")
def _part(x: Exchange) -> Steps:
    yield from _written(x)
    reply = yield from granted(x, about(Opcode.OPEN_FILE_WO, _FILE))
    yield from _write(x, reply.session, b"part", 100)
    yield from _holds(x, _CONTENT[:100] + b"part" + _CONTENT[104:])


@ftp.case("write.truncate")
def _truncate(x: Exchange) -> Steps:
    yield from _written(x)
    yield from granted(x, about(Opcode.TRUNCATE_FILE, _FILE, 50))
    yield from _holds(x, _CONTENT[:50])


@ftp.case("write.rename")
def _rename(x: Exchange) -> Steps:
    yield from _written(x)
    x.undo(f"file {_RENAMED.decode()}", _removed(x, _RENAMED))
    yield from granted(x, about(Opcode.RENAME, _FILE + b"\0" + _RENAMED))
    yield from _holds(x, _CONTENT, _RENAMED)
    yield from denied(x, about(Opcode.OPEN_FILE_RO, _FILE))


@ftp.case("write.remove")
def _remove(x: Exchange) -> Steps:
    yield from _written(x)
    yield from granted(x, about(Opcode.REMOVE_FILE, _FILE))
    yield from denied(x, about(Opcode.OPEN_FILE_RO, _FILE))


@ftp.case("write.folder")
def _folder(x: Exchange) -> Steps:
    reply = yield from reply_to(x, about(Opcode.CREATE_DIRECTORY, _FOLDER))
    if reply.opcode == Opcode.NAK:
        raise NotApplicableError(f"no folder may be made ({reason(reply)})")
    x.undo(f"folder {_FOLDER.decode()}", _folder_removed(x))
    yield from denied(x, about(Opcode.CREATE_DIRECTORY, _FOLDER), Nak.FILE_EXISTS, Nak.FAIL, Nak.FAIL_ERRNO)
    yield from granted(x, about(Opcode.REMOVE_DIRECTORY, _FOLDER))


def _folder_removed(x: Exchange) -> Steps:
    yield from reply_to(x, about(Opcode.REMOVE_DIRECTORY, _FOLDER))
    yield from denied(x, about(Opcode.LIST_DIRECTORY, _FOLDER))
