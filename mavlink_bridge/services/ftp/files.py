"""The files that MAVFTP shows: a tree of mounts, none of which is a path of the machine.

A name that comes in by a link is looked up among the mounts and handed to one; only a mount decides what it means, so
that nothing outside can be named. Logs and system pages are further mounts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from autopilot.interface.records import dataclass
from mavlink_bridge.services.ftp.wire import DATA_BYTES, Nak, Operation, ack, nak

_ENOSPC: Final = 28


class FileRefusedError(Exception):
    """A file or directory cannot be served; `errno` goes with Nak.FAIL_ERRNO (Linux numbers)."""

    def __init__(self, nak: Nak, errno: int = 0) -> None:
        super().__init__(nak.name)
        self.nak = nak
        self.errno = errno


class FileComesError(Exception):
    """The file is being written: who asks for it is answered when it is there."""


class OpenFile(Protocol):
    """A file being read. Its content does not change while it is open."""

    @property
    def size(self) -> int: ...

    def read(self, offset: int, count: int) -> bytes:
        """At most `count` bytes from `offset`; empty at the end."""

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """A line of a directory. `size` is of files only."""

    name: str
    size: int = 0
    directory: bool = False


class FileMount(Protocol):
    """Port: files behind one name of the root, such as `@PARAM`."""

    def open(self, path: str, query: str) -> OpenFile:
        """The file `path` (relative, no leading slash); `query` is what followed a `?`. Raises FileRefusedError, and
        FileComesError."""

    def entries(self, path: str) -> Sequence[DirectoryEntry]:
        """The directory `path`, "" = the mount itself. Raises FileRefusedError."""


class MemoryFile:
    """Bytes as a file."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    @property
    def size(self) -> int:
        return len(self._content)

    def read(self, offset: int, count: int) -> bytes:
        return self._content[offset : offset + count]

    def close(self) -> None:
        """Give nothing back: bytes in memory hold no file."""


class WrittenFile:
    """A file that a client writes, at most `most` bytes. When it ends its session `take` gets the whole; what that
    returns is asked whether it is kept. A session that ends in any other way leaves nothing."""

    def __init__(self, take: Callable[[bytes], Callable[[], bool]], most: int) -> None:
        self._content = b""
        self._take = take
        self._most = most
        self._kept: Callable[[], bool] | None = None

    @property
    def size(self) -> int:
        return len(self._content)

    def read(self, offset: int, count: int) -> bytes:
        return self._content[offset : offset + count]

    def close(self) -> None:
        """Drop what has come."""
        self._content = b""

    def write(self, offset: int, data: bytes) -> None:
        """`data` from `offset` on; a gap before it is zeros. Raises FileRefusedError."""
        if offset + len(data) > self._most:
            raise FileRefusedError(Nak.FAIL_ERRNO, _ENOSPC)
        before = self._content[:offset].ljust(offset, b"\0")
        self._content = before + data + self._content[offset + len(data) :]

    def finish(self) -> None:
        """Hand the whole over, once. Raises FileRefusedError, and FileComesError as long as it is not kept."""
        if self._kept is None:
            self._kept = self._take(self._content)
        if not self._kept():
            raise FileComesError


class VirtualFiles:
    """The tree of mounts. Names are looked up without regard to a leading slash."""

    def __init__(self) -> None:
        self._mounts: dict[str, FileMount] = {}
        self._writers: dict[str, Callable[[], WrittenFile]] = {}
        self._root = Pages({})

    def page(self, name: str, page: Callable[[], bytes]) -> None:
        """Show a file in the root; its content is what it is at the moment of opening."""
        self._root.add(name, page)

    def mount(self, name: str, mount: FileMount) -> None:
        """Show `mount` as directory `name` of the root."""
        self._mounts[name] = mount

    def open(self, path: str) -> OpenFile:
        """The file at `path`, opened. Raises FileRefusedError, and FileComesError."""
        path, _, query = path.partition("?")
        mount, rest = self._find(path)
        if mount is None or not rest:
            return self._root.open(path.lstrip("/"), query)
        return mount.open(rest, query)

    def writer(self, path: str, begin: Callable[[], WrittenFile]) -> None:
        """Let the file at `path` be written."""
        self._writers[path] = begin

    def create(self, path: str) -> WrittenFile:
        """The file at `path`, to be written anew. Raises FileRefusedError: without its directory it is not found."""
        begin = self._writers.get(path.lstrip("/"))
        if begin is None:
            mount, rest = self._find(path)
            nowhere = mount is None and bool(rest)
            raise FileRefusedError(Nak.FILE_NOT_FOUND if nowhere else Nak.FILE_PROTECTED)
        return begin()

    def entries(self, path: str) -> Sequence[DirectoryEntry]:
        """The directory at `path`. Raises FileRefusedError."""
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
    """A `FileMount` with one level. Each page's function gives its content at the moment of opening."""

    def __init__(self, pages: Mapping[str, Callable[[], bytes]]) -> None:
        self._pages = dict(pages)

    def add(self, name: str, page: Callable[[], bytes]) -> None:
        """Add one page more."""
        self._pages[name] = page

    def open(self, path: str, query: str) -> OpenFile:
        page = self._pages.get(path)
        if page is None:
            raise FileRefusedError(Nak.FILE_NOT_FOUND)
        return MemoryFile(page())

    def entries(self, path: str) -> Sequence[DirectoryEntry]:
        """The pages as a directory; sizes are those of this moment."""
        if path:
            raise FileRefusedError(Nak.FILE_NOT_FOUND)
        return [DirectoryEntry(name, len(page())) for name, page in self._pages.items()]


def listing(request: Operation, entries: Sequence[DirectoryEntry]) -> Operation:
    """List as many entries from number `offset` on as fit: `D` name, or `F` name, tab, size, each ended by NUL."""
    data = b""
    fitting = [entry for entry in entries if len(_line(entry)) <= DATA_BYTES]
    for entry in fitting[request.offset :]:
        line = _line(entry)
        if len(data) + len(line) > DATA_BYTES:
            break
        data += line
    if not data:
        return nak(request, Nak.END_OF_FILE)
    return ack(request, data, offset=request.offset)


def _line(entry: DirectoryEntry) -> bytes:
    line = f"D{entry.name}\0" if entry.directory else f"F{entry.name}\t{entry.size}\0"
    return line.encode("ascii", "replace")
