"""Folders and files below a folder, opened name by name, so that no link leads anywhere else.

By file descriptors, which nobody can exchange underway. Windows has none of folders: there each name is looked at
before it is gone through, and what the system would take for something else than a name is none.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

if sys.platform == "win32":

    @contextlib.contextmanager
    def opened_folder(root: Path, folders: Sequence[str]) -> Iterator[int | str]:
        """A folder below `root`, for `open_in` and `os.scandir`. OSError for what is none."""
        current = root
        for folder in folders:
            current = current / _name(folder)
            if not stat.S_ISDIR(_own(current)):
                raise OSError(errno.ENOTDIR, "no folder")
        yield str(current)

    def open_in(folder: int | str, name: str) -> int:
        """The descriptor of a file of an opened folder. OSError for a link."""
        file = Path(str(folder)) / _name(name)
        if not stat.S_ISREG(_own(file)):
            raise OSError(errno.ENOENT, "no plain file")
        return os.open(file, os.O_RDONLY | os.O_BINARY)

    def _own(path: Path) -> int:
        """The mode of what lies there itself; junctions and other reparse points are links."""
        status = path.lstat()
        if status.st_reparse_tag:
            raise OSError(errno.ELOOP, "a link")
        return status.st_mode

    def _name(name: str) -> str:
        """Not a drive, a stream, a device, or a way."""
        device = name.split(".")[0].rstrip(" ").upper() in {"CON", "PRN", "AUX", "NUL", *_PORTS}
        if device or name != name.rstrip(". ") or any(sign in name for sign in '\\/:*?"<>|'):
            raise OSError(errno.ENOENT, "no name")
        return name

    _PORTS = {f"{kind}{number}" for kind in ("COM", "LPT") for number in range(10)}

else:
    _FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
    _FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK

    @contextlib.contextmanager
    def opened_folder(root: Path, folders: Sequence[str]) -> Iterator[int | str]:
        """A folder below `root`, for `open_in` and `os.scandir`. OSError for what is none."""
        current = os.open(root, _FOLDER & ~os.O_NOFOLLOW)  # the root is the owner's choice
        try:
            for folder in folders:
                above, current = current, os.open(folder, _FOLDER, dir_fd=current)
                os.close(above)
            yield current
        finally:
            os.close(current)

    def open_in(folder: int | str, name: str) -> int:
        """The descriptor of a file of an opened folder. OSError for a link."""
        return os.open(name, _FILE, dir_fd=int(folder))
