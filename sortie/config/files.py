"""Files and folders named by the user: errors of the system become one line."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from sortie.config.errors import UserError

ELSEWHERE = "choose another place with --out"
LARGEST: Final = 32 << 20
"""Size of the largest file that is read whole, bytes."""


@contextmanager
def files_of(where: object, hint: str = "", *, option: str = "") -> Iterator[None]:
    """Convert errors of the system to UserError: `where` it happened, the reason, and a `hint`. `option`: the one that
    gives this place."""
    try:
        yield
    except OSError as error:
        reason = "is a file, not a folder" if isinstance(error, FileExistsError) else error.strerror or error
        line = f"{reason}{hint and '; '}{hint}"
        raise UserError(line if option else f"{where}: {line}", option=option, given=str(where)) from error


def named_path(name: str) -> Path:
    """Return the path that a person has named. ~ is the home directory, ~bob that of bob; without a bob the name stays
    as it is, as in a shell."""
    path = Path(name)
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def is_there(name: str) -> bool:
    """Check whether a file or folder has this name. False for an impossible name."""
    try:
        return Path(name).exists()
    except (OSError, ValueError):
        return False


def check_readable(path: Path) -> None:
    """Raise OSError for a pipe or a device: opening one may wait for ever, and most files are read more than once."""
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise OSError(errno.ESPIPE, "a pipe or a device; write its content into a file first", str(path))


def content_of(path: Path, largest: int = LARGEST) -> bytes:
    """Read a file of at most `largest` bytes that the user has named. OSError, also as in `check_readable`."""
    check_readable(path)
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size > largest:
            size = f"{largest >> 20} MB" if largest >> 20 else f"{largest >> 10} kB"
            raise OSError(errno.EFBIG, f"larger than {size}", str(path))
        return file.read()


def text_of(path: Path, where: object, hint: str = "", largest: int = LARGEST) -> str:
    """Read a UTF-8 file of at most `largest` bytes. UserError as for `files_of`."""
    with files_of(where, hint):
        try:
            return content_of(path, largest).decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError as error:
            byte = f"0x{error.object[error.start]:02x}"
            raise UserError(f"{where}: expected text in UTF-8, found byte {byte}{hint and '; '}{hint}") from error


def write_file(path: Path, text: str, hint: str = "", newline: str | None = None) -> None:
    """Write a text completely or not at all; what UTF-8 cannot say, in the name of a file, is escaped. UserError."""
    with whole_or_nothing(path), files_of(path, hint):
        path.write_text(text, encoding="utf-8", errors="backslashreplace", newline=newline)


@contextmanager
def whole_or_nothing(path: Path) -> Iterator[None]:
    """Delete a new file in this context if it cannot be completed; an older one stays."""
    was_there = path.exists()
    try:
        yield
    except (OSError, UserError):
        if not was_there:
            with suppress(OSError):  # the disk may be read-only
                path.unlink()
        raise


def check_place(path: Path | None, where: object) -> None:
    """Raise UserError when no file can be made there: before the work whose results it is to keep."""
    if path is None:
        return
    if path.is_dir() or not path.parent.is_dir():
        why = "is a folder" if path.is_dir() else f"there is no folder {path.parent}"
        raise UserError(f"{where} {path}: {why}; expected a file to write")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UserError(f"{where} {path}: {os.strerror(errno.EACCES)}")


def make_folder(path: Path, where: object, hint: str = "") -> None:
    """Make a folder if it does not exist. UserError."""
    with files_of(where, hint):
        path.mkdir(parents=True, exist_ok=True)
