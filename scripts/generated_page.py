"""Tables in Markdown, and pages of docs/ that are made from tables: written, or compared with what stands there."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path


def table_row(cells: Iterable[object]) -> str:
    """Line of a table; bars in cells are escaped."""
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def table(heads: Sequence[str], rows: Iterable[Iterable[object]]) -> list[str]:
    """Lines of a table."""
    top = "".join(f"| {head} " if head else "| " for head in heads) + "|"
    return [top, "|" + " --- |" * len(heads), *map(table_row, rows)]


def write_or_check(page: Path, text: str, arguments: list[str]) -> int:
    """Write the page; with `--check` among the arguments say instead whether it is what would be written: status 0,
    or 1 with a line on stderr that names the script to run."""
    if "--check" not in arguments:
        page.write_text(text, encoding="utf-8")
        return 0
    if page.exists() and page.read_text(encoding="utf-8") == text:
        return 0
    print(f"{page} is not what its table says; run scripts/{page.stem}-page", file=sys.stderr)
    return 1


def write_rows(page: Path, mark: str, heads: Sequence[str], order: Sequence[str], *rows: Sequence[object]) -> None:
    """Write rows into the table of a page, see `with_rows`."""
    page.write_text(with_rows(page.read_text(encoding="utf-8"), mark, heads, order, *rows), encoding="utf-8")


def row_of(page: Path, mark: str, name: str) -> list[str]:
    """Cells of the row whose first cell is `name` in the table between the comments `mark` and `/mark` of a page."""
    line = _rows(_divided(page.read_text(encoding="utf-8"), mark)[1])[name]
    return line.removeprefix("| ").removesuffix(" |").split(" | ")


def with_rows(text: str, mark: str, heads: Sequence[str], order: Sequence[str], *rows: Sequence[object]) -> str:
    """A page with rows in the table between its comments `mark` and `/mark`: the first cell of a row says which of
    `order` it is. The others stay as they are; what is in no `order` goes."""
    before, old, after = _divided(text, mark)
    known = _rows(old) | {str(cells[0]): table_row(cells) for cells in rows}
    lines = [*table(heads, ()), *(known[name] for name in order if name in known)]
    return "\n".join([before, *lines, after])


def _divided(text: str, mark: str) -> tuple[str, str, str]:
    """A page up to the comment `mark`, the lines of its table, and the page from the comment `/mark` on."""
    begin, end = f"<!-- {mark} -->", f"<!-- /{mark} -->"
    before, _, rest = text.partition(begin)
    old, _, after = rest.partition(end)
    return before + begin, old, end + after


def _rows(old: str) -> dict[str, str]:
    """Lines of a table by their first cell."""
    return {line.split(" | ")[0].removeprefix("| "): line for line in old.splitlines()}
