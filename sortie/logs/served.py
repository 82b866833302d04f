"""Log directory for clients: a read-only tree for MAVFTP.

A path is followed name by name from the opened directory (`opening`): `..`, empty and hidden names and NUL are refused,
symbolic links are not followed, and only regular files are opened. So no request leaves the directory, and nothing is
written.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Sequence
from pathlib import Path

from mavlink_bridge.services.ftp.files import DirectoryEntry, FileRefusedError, OpenFile
from mavlink_bridge.services.ftp.wire import Nak
from sortie.logs.opening import open_in, opened_folder
from sortie.logs.run_log import LOGGER

_DEEPEST = 8


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
                return open_plain(folder, name)
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


def open_plain(folder: int | str, name: str) -> PlainFile:
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
