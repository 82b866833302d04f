"""Opening of folders and files name by name below a folder, so that no symbolic link leads out of it.

File descriptors make this safe against changes in between. Windows has none for folders: there each name is checked
before use, and names with a special meaning are refused.
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
        """Open a folder below `root`, for `open_in` and `os.scandir`. OSError for anything else."""
        current = root
        for folder in folders:
            current = current / _name(folder)
            if not stat.S_ISDIR(_own(current)):
                raise OSError(errno.ENOTDIR, "no folder")
        yield str(current)

    def open_in(folder: int | str, name: str) -> int:
        """Open a file of an opened folder and return its descriptor. OSError for a link."""
        file = Path(str(folder)) / _name(name)
        if not stat.S_ISREG(_own(file)):
            raise OSError(errno.ENOENT, "no plain file")
        return os.open(file, os.O_RDONLY | os.O_BINARY)

    def _own(path: Path) -> int:
        """Return the mode of a path without following links; junctions and other reparse points count as links."""
        status = path.lstat()
        if status.st_reparse_tag:
            raise OSError(errno.ELOOP, "a link")
        return status.st_mode

    def _name(name: str) -> str:
        """Return a name that is not a drive, a stream, a device or a path. OSError for others."""
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
        """Open a folder below `root`, for `open_in` and `os.scandir`. OSError for anything else."""
        current = os.open(root, _FOLDER & ~os.O_NOFOLLOW)  # the owner may choose a link as root
        try:
            for folder in folders:
                above, current = current, os.open(folder, _FOLDER, dir_fd=current)
                os.close(above)
            yield current
        finally:
            os.close(current)

    def open_in(folder: int | str, name: str) -> int:
        """Open a file of an opened folder and return its descriptor. OSError for a link."""
        return os.open(name, _FILE, dir_fd=int(folder))
