"""Files and folders that a person has named: what the system says against them is told in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sortie.config.errors import UserError

ELSEWHERE = "choose another place with --out"


@contextmanager
def files_of(where: object, hint: str = "") -> Iterator[None]:
    """UserError when the system refuses: `where` it was, why, and `hint`, what would be right."""
    try:
        yield
    except OSError as error:
        raise UserError(f"{where}: {error.strerror}{hint and '; '}{hint}") from error


def is_there(name: str) -> bool:
    """True where a file or folder of this name is; a text that cannot be a name, too long for one, is none."""
    try:
        return Path(name).exists()
    except (OSError, ValueError):
        return False


def text_of(path: Path, where: object, hint: str = "") -> str:
    """Text of a file in UTF-8. UserError, as by `files_of`."""
    with files_of(where, hint):
        try:
            return path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            byte = f"0x{error.object[error.start]:02x}"
            raise UserError(f"{where}: expected text in UTF-8, found byte {byte}{hint and '; '}{hint}") from error


def write_file(path: Path, text: str, hint: str = "", newline: str | None = None) -> None:
    """Write a text; half a file does not stay. UserError."""
    with whole_or_nothing(path), files_of(path, hint):
        path.write_text(text, encoding="utf-8", newline=newline)


@contextmanager
def whole_or_nothing(path: Path) -> Iterator[None]:
    """Remove the file that was begun here when it cannot be written to its end; one that was there before stays."""
    was_there = path.exists()
    try:
        yield
    except (OSError, UserError):
        if not was_there:
            path.unlink(missing_ok=True)
        raise


def make_folder(path: Path, where: object, hint: str = "") -> None:
    """Make a folder that need not be there yet. UserError."""
    with files_of(where, hint):
        path.mkdir(parents=True, exist_ok=True)
