"""Log requests of ground stations: list, download and erase flight logs (mavlink.io, messages LOG_*).

Logs are numbered from the oldest, without gaps, as QGroundControl's table requires: from 1 as by ArduPilot, from 0 as
by PX4 (mavlink_log_handler.cpp). The numbers are valid until the list is requested again. A download is a sequence of
LOG_DATA with 90 bytes each, limited by the room on the link; a shorter one marks the end. Clients request lost data
again, MAVProxy many gaps at once, so each peer has a queue of ranges. Files come from `DownloadableLogs`; a link never
names a file.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Protocol

from autopilot.interface.records import dataclass, field
from autopilot.mav import Severity
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer, Speaker
from mavlink_bridge.services.ftp.files import FileRefusedError, OpenFile
from mavlink_bridge.wire.codec import dialect, status_text

BLOCK: Final = 90
"""Data bytes in a LOG_DATA."""
FRAME_BYTES: Final = 12 + 97
BLOCKS_A_PASS: Final = 128
WAIT_FOR_ROOM_MS: Final = 5
DOWNLOADS: Final = 16
"""Most downloads at the same time; the one idle longest is replaced."""
RANGES: Final = 64
"""Most ranges of one peer; further ones are dropped, and requested again by the station."""
EXPIRE_MS: Final = 20_000
_LARGEST: Final = 0xFFFFFFFF  # of a size in bytes, of a time in s


@dataclass(frozen=True, slots=True)
class LogEntry:
    """Log for download. `key`: its name for its owner. `time_utc`: s since 1970, 0 unknown."""

    key: int
    size: int
    time_utc: int = 0


class DownloadableLogs(Protocol):
    def entries(self) -> Sequence[LogEntry]:
        """All finished logs, oldest first."""

    def open_log(self, key: int) -> OpenFile | None:
        """Open a log; None if it no longer exists."""

    def erase(self) -> Iterator[str | None]:
        """Delete the logs that are finished now, one at each step; yields None, or the reason why one stays."""


class NoDownloadableLogs:
    """Logs of a vehicle without logs."""

    def entries(self) -> Sequence[LogEntry]:
        return ()

    def open_log(self, key: int) -> OpenFile | None:
        return None

    def erase(self) -> Iterator[str | None]:
        return iter(())


@dataclass(slots=True)
class _Download:
    """Download of one peer: open log, and requested ranges (begin, end)."""

    peer: Peer
    number: int
    file: OpenFile
    used_ms: int
    ranges: deque[tuple[int, int]] = field(default_factory=deque)


@dataclass(slots=True)
class _Erasing:
    """LOG_ERASE under way. `failure`: reason why the last of the logs that stay could not be deleted."""

    peer: Peer
    logs: Iterator[str | None]
    failure: str | None = None


_Key = tuple[int, int, int]


class LogService(Speaker):
    """Service of LOG_REQUEST_LIST, LOG_REQUEST_DATA, LOG_REQUEST_END and LOG_ERASE. `room(link)`: bytes that may be
    queued on a link now. `may_erase()`: False while armed; an empty list then reports that the log of this flight comes
    later. `first`: number of the oldest log. A pass deletes one log, as in ArduPilot: a slow disk takes seconds for a
    hundred, and HEARTBEAT goes on."""

    clock: Clock = "link"
    handles = frozenset({"LOG_REQUEST_LIST", "LOG_REQUEST_DATA", "LOG_REQUEST_END", "LOG_ERASE"})

    def __init__(
        self,
        files: DownloadableLogs | None = None,
        *,
        room: Callable[[int], int] = lambda link: 65536,
        may_erase: Callable[[], bool] = lambda: True,
        first: int = 1,
    ) -> None:
        self.files: DownloadableLogs = files or NoDownloadableLogs()
        self._room = room
        self._may_erase = may_erase
        self._first = first
        self._list: Sequence[LogEntry] | None = None
        self._downloads: dict[_Key, _Download] = {}
        self._erasing: _Erasing | None = None
        super().__init__()
        self._due_ms = 0

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        match message.get_type():
            case "LOG_REQUEST_LIST":
                self._send_list(message.start, message.end, peer)
            case "LOG_REQUEST_DATA":
                self._request(message.id, message.ofs, message.count, peer, now_ms)
            case "LOG_REQUEST_END":
                self._end(_key(peer))
            case "LOG_ERASE":
                self._erase(peer, now_ms)

    def handle_timeout(self, now_ms: int) -> None:
        """Delete the next log, continue downloads, and close idle ones."""
        if self._erasing is not None:
            self._erase_next(self._erasing)
            self._due_ms = now_ms + 1
        for key in [key for key, download in self._downloads.items() if now_ms - download.used_ms >= EXPIRE_MS]:
            self._end(key)
        if now_ms >= self._due_ms:
            self._continue(now_ms)

    def next_deadline_ms(self) -> int | None:
        """Time of the next part of an erase or a download, or of the next expiry, ms."""
        if self._erasing is not None or any(download.ranges for download in self._downloads.values()):
            return self._due_ms
        if not self._downloads:
            return None
        return min(download.used_ms for download in self._downloads.values()) + EXPIRE_MS

    def link_closed(self, link: int) -> None:
        """End the downloads of the link's peers."""
        for key in [key for key in self._downloads if key[0] == link]:
            self._end(key)

    # --- requests -------------------------------------------------------------------------------------------------
    def _send_list(self, first: int, last: int, peer: Peer) -> None:
        """Send the entries from `first` to `last`; without any log, one entry of zeros. Numbers and sizes are new, so
        the asker's open log is none of them."""
        self._end(_key(peer))
        self._list = logs = self._present()
        count = len(logs)
        if not count:
            self._send(dialect.MAVLink_log_entry_message(0, 0, 0, 0, 0), peer)
            if not self._may_erase():
                self._send(status_text(Severity.NOTICE, "The log of this flight is listed after landing"), peer)
        highest = self._first + count - 1
        for number in range(max(first, self._first), min(last, highest) + 1):
            log = logs[number - self._first]
            size = min(log.size, _LARGEST)
            time_utc = log.time_utc if 0 <= log.time_utc <= _LARGEST else 0
            self._send(dialect.MAVLink_log_entry_message(number, count, highest, time_utc, size), peer)

    def _present(self) -> Sequence[LogEntry]:
        """Return the logs for a list; none while they are erased."""
        return self.files.entries() if self._erasing is None else ()

    def _request(self, number: int, begin: int, count: int, peer: Peer, now_ms: int) -> None:
        download = self._download(number, peer, now_ms)
        if download is None:
            self._send(dialect.MAVLink_log_data_message(number, begin, 0, [0] * BLOCK), peer)
            return
        end = min(begin + count, max(download.file.size, begin))
        requested = any(low <= begin and end <= high for low, high in download.ranges)
        if not requested and len(download.ranges) < RANGES:
            download.ranges.append((begin, end))
            self._due_ms = min(self._due_ms, now_ms)
            self._continue(now_ms)

    def _download(self, number: int, peer: Peer, now_ms: int) -> _Download | None:
        """Download of this log by the peer, opened if necessary; None if the log does not exist."""
        key = _key(peer)
        download = self._downloads.get(key)
        if download is not None and download.number == number:
            download.used_ms = now_ms
            return download
        self._end(key)
        if self._list is None:
            self._list = self._present()
        index = number - self._first
        file = self.files.open_log(self._list[index].key) if 0 <= index < len(self._list) else None
        if file is None:
            return None
        if len(self._downloads) >= DOWNLOADS:
            self._end(min(self._downloads, key=lambda peer_key: self._downloads[peer_key].used_ms))
        made = self._downloads[key] = _Download(peer, number, file, now_ms)
        return made

    def _erase(self, peer: Peer, now_ms: int) -> None:
        if not self._may_erase():
            self._refuse_erase("disarm first", peer)
            return
        for key in list(self._downloads):
            self._end(key)
        self._list = None
        self._erasing = _Erasing(peer, self.files.erase())
        self._due_ms = now_ms

    def _erase_next(self, erasing: _Erasing) -> None:
        """Delete one log; after the last one report what failed."""
        for reason in erasing.logs:
            erasing.failure = reason or erasing.failure
            return
        self._erasing = None
        if erasing.failure is not None:
            self._refuse_erase(erasing.failure, erasing.peer)

    def _refuse_erase(self, reason: str, peer: Peer) -> None:
        self._send(status_text(Severity.WARNING, f"Logs not erased: {reason}"), peer)

    def _end(self, key: _Key) -> None:
        download = self._downloads.pop(key, None)
        if download is not None:
            download.file.close()

    # --- sending --------------------------------------------------------------------------------------------------
    def _continue(self, now_ms: int) -> None:
        remaining: dict[int, int] = {}  # blocks per link in this pass, shared by its downloads
        sent = False
        for key, download in list(self._downloads.items()):
            link = download.peer.link
            if download.ranges and link not in remaining:
                remaining[link] = min(self._room(link) // FRAME_BYTES, BLOCKS_A_PASS)
            if download.ranges and remaining[link] > 0:
                self._downloads[key] = self._downloads.pop(key)  # in the next pass others of this link go first
            while download.ranges and remaining[link] > 0:
                self._send_block(download)
                remaining[link] -= 1
                sent = True
                download.used_ms = now_ms
        self._due_ms = now_ms + (1 if sent else WAIT_FOR_ROOM_MS)

    def _send_block(self, download: _Download) -> None:
        """Send the next block of the first range; it is empty after the end of the file, and if the file cannot be
        read."""
        begin, end = download.ranges.popleft()
        data = b""
        with contextlib.suppress(FileRefusedError):
            data = download.file.read(begin, min(end - begin, BLOCK))
        block = list(data.ljust(BLOCK, b"\0"))
        self._send(dialect.MAVLink_log_data_message(download.number, begin, len(data), block), download.peer)
        if len(data) == BLOCK and begin + BLOCK < end:
            download.ranges.appendleft((begin + BLOCK, end))

    def _send(self, message: Message, peer: Peer) -> None:
        self._out.append(Outgoing(message, peer.link))


def _key(peer: Peer) -> _Key:
    return (peer.link, peer.system, peer.component)
