"""Client that reads a file by MAVFTP (https://mavlink.io/en/services/ftp.html): open, read block by block, close.

It requests one block at a time, which suits small files. The vehicle may choose the number of the session.
"""

from __future__ import annotations

from enum import IntEnum

from mavlink_bridge.clients.base import Client, Retry, Target
from mavlink_bridge.routing.service import Message
from mavlink_bridge.services.ftp.wire import DATA_BYTES, Nak, Opcode, Operation, unpack
from mavlink_bridge.wire.codec import dialect

_RETRY = Retry(interval_ms=500, attempts=16)
"""8 s for each block, as `PATIENT`: a file has hundreds of blocks, and one that never comes ends it."""
_LARGEST = 1 << 20


class FileOutcome(IntEnum):
    """Outcome of a file read: an error number of MAVFTP, or no answer."""

    READ = 0
    FAILED = 1
    NOT_FOUND = 10
    TIMEOUT = 100
    TOO_LARGE = 101


class FileRead(Client):
    """Client that reads the file `path` of at most 1 MiB. `content`: bytes so far; complete with READ."""

    handles = frozenset(("FILE_TRANSFER_PROTOCOL",))
    outcome: FileOutcome | None
    silence = FileOutcome.TIMEOUT

    def __init__(self, target: Target, path: str) -> None:
        super().__init__(target, _RETRY)
        self.content = b""
        self._path = path.encode("utf-8", "surrogateescape")
        self._seq = 0
        self._session = 0
        self._request: Operation | None = None

    def start(self, now_ms: int) -> None:
        if len(self._path) > DATA_BYTES:  # no vehicle can have it
            self._end(FileOutcome.NOT_FOUND)
            return
        self._ask(Opcode.OPEN_FILE_RO, len(self._path), 0, self._path, now_ms)

    def _ask(self, opcode: int, size: int, offset: int, data: bytes, now_ms: int) -> None:
        self._seq = (self._seq + 1) & 0xFFFF
        self._request = Operation(self._seq, self._session, opcode, size, offset=offset, data=data)
        self._repeat()
        self._progress(now_ms)

    def _repeat(self) -> None:
        if self._request is not None:
            target, payload = self.target, list(self._request.pack())
            self._send(dialect.MAVLink_file_transfer_protocol_message(0, target.system, target.component, payload))

    def _handle(self, message: Message, now_ms: int) -> None:
        reply, request = unpack(bytes(message.payload)), self._request
        if request is None or reply.req_opcode != request.opcode or reply.seq != (request.seq + 1) & 0xFFFF:
            return
        if reply.opcode == Opcode.NAK:
            self._refused(request, reply.data[0], now_ms)
            return
        if request.opcode == Opcode.READ_FILE:
            self.content += reply.data[: reply.size]
        else:
            self._session = reply.session
        self._seq = reply.seq
        if len(self.content) > _LARGEST:
            self._finish(FileOutcome.TOO_LARGE, now_ms)
        elif request.opcode == Opcode.READ_FILE and not reply.size:  # the end, in some vehicles' words
            self._finish(FileOutcome.READ, now_ms)
        else:
            self._ask(Opcode.READ_FILE, DATA_BYTES, len(self.content), b"", now_ms)

    def _refused(self, request: Operation, reason: int, now_ms: int) -> None:
        if request.opcode == Opcode.READ_FILE and reason == Nak.END_OF_FILE:
            self._finish(FileOutcome.READ, now_ms)
        else:
            self._end(FileOutcome.NOT_FOUND if reason == Nak.FILE_NOT_FOUND else FileOutcome.FAILED)

    def _finish(self, outcome: FileOutcome, now_ms: int) -> None:
        """Close the file without waiting for the answer."""
        self._ask(Opcode.TERMINATE_SESSION, 0, 0, b"", now_ms)
        self._end(outcome)
