"""A page of docs/ that is made from tables: written, or compared with what stands there."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path


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


def write_rows(page: Path, mark: str, heads: Sequence[str], order: Sequence[str], row: str) -> None:
    """Write a row into the table between the comments `mark` and `/mark`: its first cell says which of `order` it is.
    The others stay as they are; what is in no `order` goes."""
    begin, end = f"<!-- {mark} -->", f"<!-- /{mark} -->"
    before, _, rest = page.read_text(encoding="utf-8").partition(begin)
    table, _, behind = rest.partition(end)
    known = {line.split(" | ")[0].removeprefix("| "): line for line in (*table.splitlines(), row)}
    top = "".join(f"| {head} " if head else "| " for head in heads) + "|"
    lines = [top, "|" + " --- |" * len(heads), *(known[name] for name in order if name in known)]
    page.write_text("\n".join([f"{before}{begin}", *lines, f"{end}{behind}"]), encoding="utf-8")
