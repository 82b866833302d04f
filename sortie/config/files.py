"""Files and folders named by the user: errors of the system become one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sortie.config.errors import UserError

ELSEWHERE = "choose another place with --out"


@contextmanager
def files_of(where: object, hint: str = "") -> Iterator[None]:
    """Convert errors of the system to UserError: `where` it happened, the reason, and a `hint`."""
    try:
        yield
    except OSError as error:
        reason = "is a file, not a folder" if isinstance(error, FileExistsError) else error.strerror
        raise UserError(f"{where}: {reason}{hint and '; '}{hint}") from error


def is_there(name: str) -> bool:
    """Check whether a file or folder has this name. False for an impossible name."""
    try:
        return Path(name).exists()
    except (OSError, ValueError):
        return False


def text_of(path: Path, where: object, hint: str = "") -> str:
    """Read a UTF-8 file. UserError as for `files_of`."""
    with files_of(where, hint):
        try:
            return path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            byte = f"0x{error.object[error.start]:02x}"
            raise UserError(f"{where}: expected text in UTF-8, found byte {byte}{hint and '; '}{hint}") from error


def write_file(path: Path, text: str, hint: str = "", newline: str | None = None) -> None:
    """Write a text completely or not at all. UserError."""
    with whole_or_nothing(path), files_of(path, hint):
        path.write_text(text, encoding="utf-8", newline=newline)


@contextmanager
def whole_or_nothing(path: Path) -> Iterator[None]:
    """Delete a new file in this context if it cannot be completed; an older one stays."""
    was_there = path.exists()
    try:
        yield
    except (OSError, UserError):
        if not was_there:
            path.unlink(missing_ok=True)
        raise


def make_folder(path: Path, where: object, hint: str = "") -> None:
    """Make a folder if it does not exist. UserError."""
    with files_of(where, hint):
        path.mkdir(parents=True, exist_ok=True)
