"""docs/invariants.md, made from the invariants of tests/storm."""

from __future__ import annotations

import sys
from pathlib import Path

from scripts.generated_page import table, write_or_check
from tests.storm import invariants as _registered
from tests.storm.invariant import INVARIANTS, When

PAGE = Path(__file__).resolve().parent.parent / "docs" / "invariants.md"
_INTRODUCTION = """# Invariants

Made by `scripts/invariants-page` from `tests/storm/invariants/`; do not edit.

What holds in every [storm](reliability.md#storms), whatever fails: {count} invariants. Each is a function that is
called on the occasion in the heading. `storms`: in virtual time, around real processes (`--real`), or in both.
"""


def page() -> str:
    """The whole page, in Markdown."""
    assert _registered
    lines = [_INTRODUCTION.format(count=len(INVARIANTS))]
    for when in When:
        rows = [each for each in INVARIANTS.values() if each.when is when]
        if rows:
            cells = ((each.name, each.sentence, each.where.value, each.source) for each in rows)
            lines += [f"## When {when.value}\n", *table(("name", "holds", "storms", "source"), cells), ""]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` compare it."""
    return write_or_check(PAGE, page(), arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
