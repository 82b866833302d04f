"""The log directory as links see it: a read-only tree for MAVFTP, and the flights' DataFlash logs for the log pages.

A path from a link is walked segment by segment from the opened directory on, by file descriptors: `..`, empty and
hidden names and NUL are no names, symbolic links are never followed, and only plain files are opened. So no request,
whatever it says, leaves the directory; and nothing is ever written.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from mavlink_bridge.services.ftp.files import Entry, FileRefusedError, OpenFile
from mavlink_bridge.services.ftp.wire import Nak
from mavlink_bridge.services.system.logs import LogEntry
from sortie.logs.boot_log import FOLDER, BootLog
from sortie.logs.directory import flight_folders
from sortie.logs.run_log import LOGGER

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_DEEPEST = 8
FLIGHT_LOG = "flight.bin"
_BOOT = 0
"""Flights are numbered from 1."""


class PlainFile:
    """A file of the machine, read by its descriptor. What is appended after the opening is not seen."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._size = os.fstat(descriptor).st_size

    @property
    def size(self) -> int:
        return self._size

    def read(self, offset: int, count: int) -> bytes:
        """Empty at the end, and where the disk fails."""
        count = min(count, self._size - offset)
        if count <= 0:
            return b""
        try:
            return os.pread(self._descriptor, count, offset)
        except OSError as problem:
            LOGGER.warning("a file that is being downloaded cannot be read: %s", problem.strerror)
            return b""

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class ServedDirectory:
    """A `Mount` of `root` and all below it. A directory that does not exist yet is empty."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def open(self, path: str, query: str) -> OpenFile:
        """See `Mount.open`; FileRefusedError also for what is no plain file."""
        *folders, name = _segments(path)
        with self._directory(folders) as directory:
            try:
                return _open_plain(name, directory)
            except OSError as problem:
                raise _refusal(problem) from problem

    def entries(self, path: str) -> Sequence[Entry]:
        """Files and folders by name; links and devices are left out."""
        found = []
        with self._directory(_segments(path) if path else []) as directory, os.scandir(directory) as scan:
            for one in scan:
                if one.name.startswith("."):
                    continue
                with contextlib.suppress(OSError):  # deleted meanwhile
                    if one.is_dir(follow_symlinks=False):
                        found.append(Entry(one.name, directory=True))
                    elif one.is_file(follow_symlinks=False):
                        found.append(Entry(one.name, one.stat(follow_symlinks=False).st_size))
        return sorted(found, key=lambda entry: entry.name)

    @contextlib.contextmanager
    def _directory(self, folders: Sequence[str]) -> Iterator[int]:
        """The descriptor of a folder below the root."""
        current = -1
        try:
            current = os.open(self._root, _DIRECTORY & ~os.O_NOFOLLOW)  # the root is the owner's choice
            for folder in folders:
                above, current = current, os.open(folder, _DIRECTORY, dir_fd=current)
                os.close(above)
            yield current
        except OSError as problem:
            raise _refusal(problem) from problem
        finally:
            if current >= 0:
                os.close(current)


class OneFolder:
    """A `Mount` that shows another one as its only folder (`/APM/LOGS`, where ArduPilot has its logs)."""

    def __init__(self, name: str, mount: ServedDirectory) -> None:
        self._name = name
        self._mount = mount

    def open(self, path: str, query: str) -> OpenFile:
        name, _, rest = path.partition("/")
        if name != self._name or not rest:
            raise FileRefusedError(Nak.FILE_NOT_FOUND)
        return self._mount.open(rest, query)

    def entries(self, path: str) -> Sequence[Entry]:
        name, _, rest = path.partition("/")
        if not name:
            return [Entry(self._name, directory=True)]
        if name != self._name:
            raise FileRefusedError(Nak.FILE_NOT_FOUND)
        return self._mount.entries(rest)


class FlightShelf:
    """The DataFlash logs of finished flights, as `LogFiles`. `writing()` is the folder of the flight that is under way,
    which is neither shown nor erased. `boot`: the log before the first flight of this run, which is shown last,
    until a flight of this run has ended."""

    def __init__(self, directory: Path, writing: Callable[[], Path | None], boot: BootLog | None = None) -> None:
        self._directory = directory
        self._writing = writing
        self._boot = boot

    def entries(self) -> Sequence[LogEntry]:
        """Keys are the flights' numbers, `_BOOT` for the log before them; the time is that of the flight's end."""
        folders = [(int(folder.name), folder) for folder in self._finished()]
        if self._boot is not None and self._boot.shown:
            self._boot.flush()
            folders.append((_BOOT, self._directory / FOLDER))
        found = []
        for key, folder in folders:
            with contextlib.suppress(OSError):  # deleted meanwhile
                status = (folder / FLIGHT_LOG).lstat()
                if stat.S_ISREG(status.st_mode):
                    found.append(LogEntry(key, status.st_size, int(status.st_mtime)))
        return found

    def open_log(self, key: int) -> OpenFile | None:
        folder = self._directory / (FOLDER if key == _BOOT else f"flights/{key:04d}")
        try:
            directory = os.open(folder, _DIRECTORY)
        except OSError:
            return None
        try:
            return _open_plain(FLIGHT_LOG, directory)
        except OSError:
            return None
        finally:
            os.close(directory)

    def erase(self) -> str | None:
        """Delete the DataFlash logs; the other files of the flights stay, they are not the log pages' business."""
        failure = None
        for folder in self._finished():
            try:
                (folder / FLIGHT_LOG).unlink(missing_ok=True)
            except OSError as problem:
                failure = problem.strerror
        return failure

    def _finished(self) -> list[Path]:
        writing = self._writing()
        return [folder for folder in flight_folders(self._directory) if folder != writing]


def _segments(path: str) -> list[str]:
    """The names of a path. FileRefusedError for one that names nothing below the root."""
    names = path.split("/")
    for name in names:
        if not name or name.startswith(".") or "\0" in name:
            raise FileRefusedError(Nak.FILE_NOT_FOUND)
    if len(names) > _DEEPEST:
        raise FileRefusedError(Nak.FILE_NOT_FOUND)
    return names


def _open_plain(name: str, directory: int) -> PlainFile:
    """A plain file of an open directory. OSError for anything else."""
    descriptor = os.open(name, _FILE, dir_fd=directory)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.ENOENT, "no plain file")
        return PlainFile(descriptor)
    except OSError:
        os.close(descriptor)
        raise


def _refusal(problem: OSError) -> FileRefusedError:
    if problem.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EISDIR, errno.ENAMETOOLONG):
        return FileRefusedError(Nak.FILE_NOT_FOUND)
    return FileRefusedError(Nak.FAIL_ERRNO, problem.errno or 0)
