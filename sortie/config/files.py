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


def write_file(path: Path, text: str, hint: str = "", newline: str | None = None) -> None:
    """Write a text. UserError."""
    with files_of(path, hint):
        path.write_text(text, encoding="utf-8", newline=newline)


def make_folder(path: Path, where: object, hint: str = "") -> None:
    """Make a folder that need not be there yet. UserError."""
    with files_of(where, hint):
        path.mkdir(parents=True, exist_ok=True)
