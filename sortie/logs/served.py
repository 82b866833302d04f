"""Log directory for clients: a read-only tree for MAVFTP, and the DataFlash logs of flights for the log protocol.

A path is followed name by name from the opened directory (`opening`): `..`, empty and hidden names and NUL are refused,
symbolic links are not followed, and only regular files are opened. So no request leaves the directory, and nothing is
written.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from mavlink_bridge.services.ftp.files import DirectoryEntry, FileRefusedError, MemoryFile, OpenFile
from mavlink_bridge.services.ftp.wire import Nak
from mavlink_bridge.services.system.logs import LogEntry
from sortie.logs.boot_log import FOLDER, BootLog
from sortie.logs.directory import flight_folders
from sortie.logs.opening import open_in, opened_folder
from sortie.logs.run_log import LOGGER

_DEEPEST = 8
FLIGHT_LOG = "flight.bin"
_LOGS, _LAST = "LOGS", "LASTLOG.TXT"
_NUMBERED = re.compile(r"([0-9]{8})\.BIN")
_BOOT = 0
"""Key of the log on the ground; flights are numbered from 1."""


class PlainFile:
    """File of the machine, read by its descriptor. Data that is appended after opening is not visible."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.size = os.fstat(descriptor).st_size

    def read(self, offset: int, count: int) -> bytes:
        """Read bytes; empty at the end. Raises FileRefusedError for an error of the disk: the end would be taken for a
        whole file."""
        count = min(count, self.size - offset)
        if count <= 0:
            return b""
        try:
            os.lseek(self._descriptor, offset, os.SEEK_SET)
            return os.read(self._descriptor, count)
        except OSError as problem:
            LOGGER.warning("a file that is being downloaded cannot be read: %s", problem.strerror)
            raise FileRefusedError(Nak.FAIL_ERRNO, problem.errno or 0) from problem

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class ServedDirectory:
    """`Mount` of `root` and everything below. A directory that does not exist yet is not found."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def open(self, path: str, query: str) -> OpenFile:
        """Open a file (`Mount.open`). FileRefusedError for anything but a regular file."""
        *folders, name = _segments(path)
        try:
            with opened_folder(self._root, folders) as folder:
                return _open_plain(folder, name)
        except OSError as problem:
            raise _refusal(problem) from problem

    def entries(self, path: str) -> Sequence[DirectoryEntry]:
        """Return files and folders by name, without links and devices."""
        try:
            with opened_folder(self._root, _segments(path) if path else []) as folder, os.scandir(folder) as scan:
                found = [entry for file in scan if (entry := _entry(file)) is not None]
        except OSError as problem:
            raise _refusal(problem) from problem
        return sorted(found, key=lambda entry: entry.name)


def _entry(file: os.DirEntry[str]) -> DirectoryEntry | None:
    """Return the entry of a visible file or folder, or None."""
    if file.name.startswith("."):
        return None
    with contextlib.suppress(OSError):  # deleted in the meantime
        if file.is_dir(follow_symlinks=False):
            return DirectoryEntry(file.name, directory=True)
        if file.is_file(follow_symlinks=False):
            return DirectoryEntry(file.name, file.stat(follow_symlinks=False).st_size)
    return None


class FlightShelf:
    """DataFlash logs of finished flights, as `LogFiles`. `writing()`: folder of the current flight, which is neither
    listed nor erased. `boot`: log on the ground, listed last, until a flight that ended it has ended too."""

    def __init__(self, directory: Path, writing: Callable[[], Path | None], boot: BootLog | None = None) -> None:
        self._directory = directory
        self._writing = writing
        self._boot = boot

    def entries(self) -> Sequence[LogEntry]:
        """Return the logs. Keys are the flights' numbers, or `_BOOT`; times are those of the flights' ends."""
        folders = [(int(folder.name), folder) for folder in self._finished()]
        if self._boot is not None and self._boot.shown:
            self._boot.flush()
            folders.append((_BOOT, self._directory / FOLDER))
        found = []
        for key, folder in folders:
            with contextlib.suppress(OSError):  # deleted in the meantime
                status = (folder / FLIGHT_LOG).lstat()
                if stat.S_ISREG(status.st_mode):
                    found.append(LogEntry(key, status.st_size, int(status.st_mtime)))
        return found

    def open_log(self, key: int) -> OpenFile | None:
        folder = self._directory / (FOLDER if key == _BOOT else f"flights/{key:04d}")
        try:
            with opened_folder(folder, []) as opened:
                return _open_plain(opened, FLIGHT_LOG)
        except OSError:
            return None

    def erase(self) -> Iterator[str | None]:
        """Delete the DataFlash logs of flights that are finished now; other files of the flights stay."""
        return map(_deleted, self._finished())

    def _finished(self) -> list[Path]:
        writing = self._writing()
        return [folder for folder in flight_folders(self._directory) if folder != writing]


class NumberedLogs:
    """`Mount` of the log directory. Beside all else there are the names of ArduPilot's logs (AP_Logger_File.cpp):
    `00000007.BIN` for flight 7, and `LASTLOG.TXT` with the last number."""

    def __init__(self, tree: ServedDirectory, shelf: FlightShelf) -> None:
        self._tree = tree
        self._shelf = shelf

    def open(self, path: str, query: str) -> OpenFile:
        numbered = _NUMBERED.fullmatch(path)
        if path == _LAST:
            return self._last()
        if numbered is None:
            return self._tree.open(path, query)
        file = self._shelf.open_log(int(numbered[1])) if int(numbered[1]) != _BOOT else None
        if file is None:
            raise FileRefusedError(Nak.FILE_NOT_FOUND)
        return file

    def entries(self, path: str) -> Sequence[DirectoryEntry]:
        found = self._tree.entries(path)
        if path:
            return found
        logs = [DirectoryEntry(f"{log.key:08d}.BIN", log.size) for log in self._flights()]
        return [*logs, *([DirectoryEntry(_LAST, self._last().size)] if logs else []), *found]

    def _flights(self) -> list[LogEntry]:
        return [log for log in self._shelf.entries() if log.key != _BOOT]

    def _last(self) -> MemoryFile:
        logs = self._flights()
        if not logs:
            raise FileRefusedError(Nak.FILE_NOT_FOUND)
        return MemoryFile(f"{logs[-1].key}\r\n".encode())


class ArduPilotLogs:
    """`Mount` with those logs as its folder `LOGS`, where ArduPilot has them."""

    def __init__(self, logs: NumberedLogs) -> None:
        self._logs = logs

    def open(self, path: str, query: str) -> OpenFile:
        return self._logs.open(_in_logs(path), query)

    def entries(self, path: str) -> Sequence[DirectoryEntry]:
        return self._logs.entries(_in_logs(path)) if path else [DirectoryEntry(_LOGS, directory=True)]


def _in_logs(path: str) -> str:
    """Return the path inside `LOGS`. FileRefusedError for any other folder."""
    name, _, rest = path.partition("/")
    if name != _LOGS:
        raise FileRefusedError(Nak.FILE_NOT_FOUND)
    return rest


def _deleted(folder: Path) -> str | None:
    """Delete a flight's log; returns the reason if that is not possible."""
    try:
        (folder / FLIGHT_LOG).unlink(missing_ok=True)
    except OSError as problem:
        return problem.strerror
    return None


def _segments(path: str) -> list[str]:
    """Split a path into names. FileRefusedError for a path that leaves the root."""
    names = path.split("/")
    for name in names:
        if not name or name.startswith(".") or "\0" in name or not _can_be_a_name(name):
            raise FileRefusedError(Nak.FILE_NOT_FOUND)
    if len(names) > _DEEPEST:
        raise FileRefusedError(Nak.FILE_NOT_FOUND)
    return names


def _can_be_a_name(name: str) -> bool:
    """True for what the encoding of the file system can say."""
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        return False
    return True


def _open_plain(folder: int | str, name: str) -> PlainFile:
    """Open a regular file of an opened folder. OSError for anything else."""
    descriptor = open_in(folder, name)
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
