"""Files of MAVFTP: a tree of mounts, separate from the machine's file system.

A name from a link is looked up among the mounts, and the mount alone interprets it, so no file of the machine can be
named. Logs and system pages are further mounts.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from autopilot.context.journal import Journal
from autopilot.interface.records import dataclass
from mavlink_bridge.services.ftp.wire import DATA_BYTES, Nak, Operation, ack, nak

_EIO: Final = 5
_ENOSPC: Final = 28
LISTINGS: Final = 8
LISTING_MS: Final = 20_000
"""Longest rest in a listing; after it the directory is read again."""


class FileRefusedError(Exception):
    """Refusal to serve a file or directory; `errno` (Linux numbers) goes with Nak.FAIL_ERRNO."""

    def __init__(self, nak: Nak, errno: int = 0) -> None:
        super().__init__(nak.name)
        self.nak = nak
        self.errno = errno


class FileComesError(Exception):
    """Signal that the file is still being written; the request is answered when it exists."""


class OpenFile(Protocol):
    """File open for reading. Its content does not change while it is open."""

    @property
    def size(self) -> int: ...

    def read(self, offset: int, count: int) -> bytes:
        """Read at most `count` bytes from `offset`; empty at the end. Raises FileRefusedError if it cannot be read."""

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """Entry of a directory. `size`: of files, bytes."""

    name: str
    size: int = 0
    directory: bool = False


class FileMount(Protocol):
    """Port: files behind one name of the root, such as `@PARAM`."""

    def open(self, path: str, query: str) -> OpenFile:
        """File `path` (relative, no leading slash); `query`: text after a `?`. Raises FileRefusedError and
        FileComesError."""

    def entries(self, path: str) -> Sequence[DirectoryEntry]:
        """Directory `path`, "" = the mount itself. Raises FileRefusedError."""


class MemoryFile:
    def __init__(self, content: bytes) -> None:
        self._content = content

    @property
    def size(self) -> int:
        return len(self._content)

    def read(self, offset: int, count: int) -> bytes:
        return self._content[offset : offset + count]

    def close(self) -> None:
        """Do nothing."""


class WrittenFile:
    """File that a client writes, at most `most` bytes. At the end of the session `take` gets the whole content; its
    result tells whether the content is stored. A session that ends otherwise leaves no file."""

    def __init__(self, take: Callable[[bytes], Callable[[], bool]], most: int) -> None:
        self._take = take
        self._most = most
        self._content = b""
        self._is_stored: Callable[[], bool] | None = None

    @property
    def size(self) -> int:
        return len(self._content)

    def read(self, offset: int, count: int) -> bytes:
        return self._content[offset : offset + count]

    def close(self) -> None:
        """Drop the written bytes."""
        self._content = b""

    def write(self, offset: int, data: bytes) -> None:
        """Write `data` at `offset`; a gap before it is filled with zeros. Raises FileRefusedError."""
        if offset + len(data) > self._most:
            raise FileRefusedError(Nak.FAIL_ERRNO, _ENOSPC)
        before = self._content[:offset].ljust(offset, b"\0")
        self._content = before + data + self._content[offset + len(data) :]

    def finish(self) -> None:
        """Pass the whole content on, once. Raises FileRefusedError, and FileComesError until it is stored."""
        if self._is_stored is None:
            self._is_stored = self._take(self._content)
        if not self._is_stored():
            raise FileComesError


def storing(journal: Journal, after: int, take_back: Callable[[], object]) -> Callable[[], bool]:
    """Question whether the changes that were submitted since ticket `after` are stored. If one could not be written, it
    calls `take_back` and raises FileRefusedError."""
    last = journal.latest()

    def is_stored() -> bool:
        if journal.durable() < last:
            return False
        if any(journal.failure(ticket) is not None for ticket in range(after + 1, last + 1)):
            take_back()
            raise FileRefusedError(Nak.FAIL_ERRNO, _EIO)
        return True

    return is_stored


class VirtualFiles:
    """Tree of mounts. A leading slash of a name is ignored."""

    def __init__(self) -> None:
        self._mounts: dict[str, FileMount] = {}
        self._writers: dict[str, Callable[[], WrittenFile]] = {}
        self._root = Pages({})

    def page(self, name: str, page: Callable[[], bytes]) -> None:
        """Add a file to the root; its content is made when it is opened."""
        self._root.add(name, page)

    def mount(self, name: str, mount: FileMount) -> None:
        """Add `mount` as directory `name` of the root."""
        self._mounts[name] = mount

    def open(self, path: str) -> OpenFile:
        """Open the file at `path`. Raises FileRefusedError and FileComesError."""
        path, _, query = path.partition("?")
        mount, rest = self._find(path)
        return self._root.open(path.lstrip("/"), query) if mount is None or not rest else mount.open(rest, query)

    def writer(self, path: str, begin: Callable[[], WrittenFile]) -> None:
        """Permit clients to write the file at `path`."""
        self._writers[path] = begin

    def create(self, path: str) -> WrittenFile:
        """File at `path`, opened for writing from the start. Raises FileRefusedError; FILE_NOT_FOUND if its directory
        does not exist."""
        begin = self._writers.get(path.lstrip("/"))
        if begin is None:
            mount, rest = self._find(path)
            nowhere = mount is None and bool(rest)
            raise FileRefusedError(Nak.FILE_NOT_FOUND if nowhere else Nak.FILE_PROTECTED)
        return begin()

    def entries(self, path: str) -> Sequence[DirectoryEntry]:
        """Directory at `path`. Raises FileRefusedError."""
        if not path.strip("/."):
            return [*(DirectoryEntry(name, directory=True) for name in self._mounts), *self._root.entries("")]
        mount, rest = self._find(path)
        if mount is None:
            raise FileRefusedError(Nak.FILE_NOT_FOUND)
        return mount.entries(rest)

    def _find(self, path: str) -> tuple[FileMount | None, str]:
        name, _, rest = path.lstrip("/").partition("/")
        return self._mounts.get(name), rest.rstrip("/")


class Pages:
    """`FileMount` of one level. The function of each page makes its content when it is opened."""

    def __init__(self, pages: Mapping[str, Callable[[], bytes]]) -> None:
        self._pages = dict(pages)

    def add(self, name: str, page: Callable[[], bytes]) -> None:
        self._pages[name] = page

    def open(self, path: str, query: str) -> OpenFile:
        page = self._pages.get(path)
        if page is None:
            raise FileRefusedError(Nak.FILE_NOT_FOUND)
        return MemoryFile(page())

    def entries(self, path: str) -> Sequence[DirectoryEntry]:
        """Pages as a directory, with their present sizes."""
        if path:
            raise FileRefusedError(Nak.FILE_NOT_FOUND)
        return [DirectoryEntry(name, len(page())) for name, page in self._pages.items()]


@dataclass(slots=True)
class _Listing:
    """Directory that a peer is listing: its lines as they were at the first part."""

    path: str
    lines: list[bytes]
    used_ms: int


class Listings:
    """Directories that peers are listing, at most `LISTINGS`. The first part (offset 0) reads the directory, and the
    parts that follow are of what was read: no entry is missed or told twice although others come and go, and a large
    directory is read once."""

    def __init__(self) -> None:
        self._listings: OrderedDict[tuple[int, int, int], _Listing] = OrderedDict()

    def reply(
        self,
        request: Operation,
        peer: tuple[int, int, int],
        path: str,
        entries: Callable[[str], Sequence[DirectoryEntry]],
        now_ms: int,
    ) -> Operation:
        """List as many entries as fit, from number `offset` on: `D` name, or `F` name, tab, size, each ended by NUL.
        `peer`: its link first. Raises what `entries(path)` raises."""
        listing = self._listings.pop(peer, None)
        known = listing is not None and listing.path == path and now_ms - listing.used_ms < LISTING_MS
        if listing is None or not (known and request.offset):
            lines = [_line(entry) for entry in entries(path)]
            listing = _Listing(path, [line for line in lines if len(line) <= DATA_BYTES], now_ms)
        data = _part(listing.lines, request.offset)
        if not data:
            return nak(request, Nak.END_OF_FILE)
        listing.used_ms = now_ms
        self._listings[peer] = listing
        if len(self._listings) > LISTINGS:
            self._listings.popitem(last=False)
        return ack(request, data, offset=request.offset)

    def forget(self, link: int) -> None:
        """Forget what the peers of a closed link are listing."""
        for peer in [peer for peer in self._listings if peer[0] == link]:
            del self._listings[peer]


def _part(lines: Sequence[bytes], begin: int) -> bytes:
    """Lines from number `begin` on that fit into a reply."""
    data = b""
    while begin < len(lines) and len(data) + len(lines[begin]) <= DATA_BYTES:
        data += lines[begin]
        begin += 1
    return data


def _line(entry: DirectoryEntry) -> bytes:
    line = f"D{entry.name}\0" if entry.directory else f"F{entry.name}\t{entry.size}\0"
    return line.encode("utf-8", "surrogateescape")
