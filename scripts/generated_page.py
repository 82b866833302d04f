"""A page of docs/ that is made from tables: written, or compared with what stands there."""

from __future__ import annotations

import sys
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
