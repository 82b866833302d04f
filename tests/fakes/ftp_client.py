"""MAVFTP clients in virtual time: one that opens, bursts, fills gaps by ReadFile, as ground stations do, and a plain
one by a link."""

from __future__ import annotations

from typing import Any, Final

from autopilot.parameters import Parameters
from autopilot.vehicles.kinds import COPTER
from mavlink_bridge.routing.service import Peer
from mavlink_bridge.services.ftp.files import DirectoryEntry, FileComesError, FileRefusedError, MemoryFile, VirtualFiles
from mavlink_bridge.services.ftp.parameter_file import ParameterFiles
from mavlink_bridge.services.ftp.service import FtpService
from mavlink_bridge.services.ftp.wire import Nak, Opcode, Operation, unpack
from mavlink_bridge.wire.codec import dialect
from sortie.api.link import SessionLink
from tests.fakes.memory_journal import MemoryJournal

SILENCE_MS: Final = 200
"""A burst that brings nothing for so long has ended, and its end was lost."""


class FtpBench:
    """A service and one peer. `lose`: numbers of replies (from 0) that never arrive."""

    def __init__(self, service: FtpService, peer: Peer | None = None, *, lose: frozenset[int] = frozenset()) -> None:
        self.service = service
        self.peer = peer or Peer(link=1, system=255, component=190)
        self.now_ms = 1000
        self.seq = 0
        self.texts: list[str] = []
        self._lose = lose
        self._count = 0

    def send(self, request: Operation) -> list[Operation]:
        """`request` as it is, and what comes back at once."""
        message = dialect.MAVLink_file_transfer_protocol_message(0, 1, 1, list(request.pack()))
        self.service.handle_message(message, self.peer, self.now_ms)
        return self.receive()

    def ask(
        self, opcode: int, *, session: int = 0, data: bytes = b"", size: int | None = None, offset: int = 0
    ) -> list[Operation]:
        """A new request under the next sequence number."""
        self.seq += 1
        count = len(data) if size is None else size
        replies = self.send(Operation(self.seq, session, opcode, count, 0, 0, offset, data))
        if replies:
            self.seq = replies[-1].seq
        return replies

    def receive(self) -> list[Operation]:
        replies = []
        for one in self.service.take_outgoing():
            if one.message.get_type() == "STATUSTEXT":
                self.texts.append(one.message.text)
                continue
            assert one.link == self.peer.link
            assert (one.message.target_system, one.message.target_component) == (self.peer.system, self.peer.component)
            if self._count not in self._lose:
                replies.append(_reply(one.message))
            self._count += 1
        return replies

    def step(self, ms: int = 1) -> list[Operation]:
        self.now_ms += ms
        self.service.handle_timeout(self.now_ms)
        return self.receive()

    def open(self, path: bytes, session: int = 0) -> Operation:
        return self.ask(Opcode.OPEN_FILE_RO, session=session, data=path)[-1]

    def download(self, path: bytes, *, block: int = 239, session: int = 0) -> bytes:
        """The content of `path` by burst, then by reads of what was lost, until the end has been seen."""
        assert self.open(path, session).opcode == Opcode.ACK
        pieces: dict[int, bytes] = {}
        replies = self.ask(Opcode.BURST_READ_FILE, session=session, size=block)
        silent_ms = 0
        while silent_ms < SILENCE_MS and not any(reply.opcode == Opcode.NAK for reply in replies):
            for reply in replies:
                pieces[reply.offset] = reply.data[: reply.size]
            silent_ms = 0 if replies else silent_ms + 1
            replies = self.step()
        for reply in replies:
            if reply.opcode == Opcode.ACK:
                pieces[reply.offset] = reply.data[: reply.size]
        at = 0
        while True:
            if at not in pieces:
                replies = self.ask(Opcode.READ_FILE, session=session, size=block, offset=at)
                if not replies:
                    continue  # lost: asked again
                if replies[0].opcode == Opcode.NAK:
                    return b"".join(pieces[start] for start in sorted(pieces))
                pieces[at] = replies[0].data[: replies[0].size]
            at += len(pieces[at])


class LinkFiles:
    """MAVFTP of a component by a link of a `Session`, without losses."""

    def __init__(self, link: SessionLink, component: int = 1) -> None:
        self._link, self._component, self._seq = link, component, 0

    def ask(self, opcode: Opcode, data: bytes = b"", offset: int = 0, size: int | None = None) -> Operation:
        self._seq += 1
        request = Operation(self._seq, 1, opcode, len(data) if size is None else size, 0, 0, offset, data)
        self._link.send(dialect.MAVLink_file_transfer_protocol_message(0, 1, self._component, list(request.pack())))
        return unpack(bytes(self._link.receive("FILE_TRANSFER_PROTOCOL").payload))

    def names(self, folder: str) -> list[str]:
        found: list[str] = []
        while (reply := self.ask(Opcode.LIST_DIRECTORY, folder.encode(), len(found))).opcode == Opcode.ACK:
            found += [line.split(b"\t")[0][1:].decode() for line in reply.data[: reply.size].split(b"\0") if line]
        return found

    def download(self, path: str) -> bytes:
        opened = self.ask(Opcode.OPEN_FILE_RO, path.encode())
        assert opened.opcode == Opcode.ACK, path
        size, content = int.from_bytes(opened.data[:4], "little"), b""
        while len(content) < size:
            content += self.ask(Opcode.READ_FILE, b"", len(content), 239).data
        self.ask(Opcode.TERMINATE_SESSION)
        return content[:size]


def _reply(message: Any) -> Operation:
    return unpack(bytes(message.payload))


class LogMount:
    """A directory with files of given content."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.closed = 0
        self.coming: set[str] = set()

    def open(self, path: str, query: str) -> MemoryFile:
        if path in self.coming:
            raise FileComesError
        if path not in self.files:
            raise FileRefusedError(Nak.FILE_NOT_FOUND)
        mount = self

        class Counted(MemoryFile):
            def close(self) -> None:
                mount.closed += 1

        return Counted(self.files[path])

    def entries(self, path: str) -> list[DirectoryEntry]:
        return [DirectoryEntry(name, len(content)) for name, content in self.files.items()]


class MountedBench(FtpBench):
    """A service with a parameter file and a directory `logs`."""

    def __init__(self, files: dict[str, bytes] | None = None, *, lose: frozenset[int] = frozenset()) -> None:
        self.parameters = Parameters(COPTER.parameters)
        self.logs = LogMount(files or {"1.BIN": bytes(range(256)) * 40})
        self.room = 1_000_000
        tree = VirtualFiles()
        tree.mount("@PARAM", ParameterFiles(self.parameters, MemoryJournal()))
        tree.mount("logs", self.logs)
        service = FtpService(
            tree,
            room=lambda link: self.room,
            banner=lambda: [dialect.MAVLink_statustext_message(6, b"ArduCopter V4.6.2 (12345678)")],
        )
        super().__init__(service, lose=lose)
