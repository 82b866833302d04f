"""docs/specification.md: each sentence of the seeds that asks for something, the code and the test that shows it.

Its rows stand in `tests/docs/specification/*.toml`, one file for each seed, and quote the seed (`…` for words that are
left out). A row has code and tests, or the departure: words of a line of docs/decisions.md; it may have all three.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from scripts.generated_page import table, write_or_check

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "specification.md"
DECISIONS = ROOT / "docs" / "decisions.md"
TABLES = ROOT / "tests" / "docs" / "specification"
TITLES = {"000": "Seed 000: mission loop", "001": "Seed 001: mission sequencer", "002": "Seed 002: flight manager"}
_INTRODUCTION = """# Specification

Made by `scripts/specification-page` from the tables in `tests/docs/specification/`; do not edit.

Sortie's specification is three documents, the *seeds*. This page lists each of their sentences that requires
something, with the code that does it and the tests that show it. Where Sortie does it differently, there is a link to
the [departure](decisions.md#departures-from-the-seeds) with the reason. A test checks that every name on this page
exists.
"""


@dataclass(frozen=True)
class Row:
    """One sentence. Code and tests are `path::name`, names of methods with their class."""

    section: str
    asks: str
    code: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    departure: str = ""


@dataclass(frozen=True)
class Seed:
    """The rows of one seed, and its sections that ask for nothing, each with the reason."""

    name: str
    rows: tuple[Row, ...]
    silent: dict[str, str]

    def sections(self) -> dict[str, list[Row]]:
        """Rows by section, in the order of the table."""
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            found.setdefault(row.section, []).append(row)
        return found


def seeds() -> list[Seed]:
    """All tables."""
    found = []
    for path in sorted(TABLES.glob("*.toml")):
        given = tomllib.loads(path.read_text(encoding="utf-8"))
        rows = [
            Row(
                row["section"],
                row["asks"],
                tuple(row.get("code", ())),
                tuple(row.get("tests", ())),
                row.get("departure", ""),
            )
            for row in given["row"]
        ]
        found.append(Seed(path.stem, tuple(rows), given.get("silent", {})))
    return found


def page() -> str:
    """The whole page, in Markdown."""
    parts = [_INTRODUCTION]
    for seed in seeds():
        parts.append(f"## {TITLES[seed.name]}\n")
        for section, rows in seed.sections().items():
            parts += [f"### {section}\n", *table(("the seed says", "code", "shown by"), map(_cells, rows)), ""]
        if seed.silent:
            parts += ["### Sections without requirements\n", *table(("section", "why"), seed.silent.items()), ""]
    return "\n".join(parts).rstrip("\n") + "\n"


def _cells(row: Row) -> tuple[str, ...]:
    shown = [_link(name) for name in row.tests]
    if row.departure:
        shown.append(f"departure: [{row.departure}](decisions.md#departures-from-the-seeds)")
    return row.asks, "<br>".join(_link(name) for name in row.code), "<br>".join(shown)


def _link(name: str) -> str:
    path, _, symbol = name.partition("::")
    return f"[`{symbol or path}`](../{path})"


@cache
def names_in(path: Path) -> frozenset[str]:
    """Every name that a module defines: functions, classes, their methods, attributes and members, constants."""

    def walk(body: list[ast.stmt], prefix: str) -> Iterator[str]:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield prefix + node.name
            elif isinstance(node, ast.ClassDef):
                yield prefix + node.name
                yield from walk(node.body, f"{prefix}{node.name}.")
            elif isinstance(node, ast.Assign):
                for target in node.targets:
                    yield from (prefix + name.id for name in ast.walk(target) if isinstance(name, ast.Name))
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                yield prefix + node.target.id

    return frozenset(walk(ast.parse(path.read_text(encoding="utf-8")).body, ""))


def trouble(row: Row) -> list[str]:
    """What is wrong with a row: an empty cell, a name that does not exist, a departure that nobody decided."""
    found = []
    if not row.departure and not (row.code and row.tests):
        found.append("neither code with tests nor a departure")
    decisions = " ".join(DECISIONS.read_text(encoding="utf-8").split())
    if row.departure and row.departure not in decisions:
        found.append(f"docs/decisions.md does not say: {row.departure}")
    for name in (*row.code, *row.tests):
        path, _, symbol = name.partition("::")
        if not (ROOT / path).is_file() or (path.endswith(".py") and symbol not in names_in(ROOT / path)):
            found.append(f"{name} does not exist{_elsewhere(symbol)}")
    return found


def _elsewhere(symbol: str) -> str:
    """Where a name has gone to, as a hint for whoever moved it."""
    folders = ("autopilot", "depot", "mavlink_bridge", "sitl", "sortie", "tests")
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*.py") if _defines(path, symbol)]
    return f" (now {', '.join(str(path.relative_to(ROOT)) for path in paths[:3])}?)" if paths else ""


def _defines(path: Path, symbol: str) -> bool:
    """Only a module whose text has the name is parsed."""
    return symbol.rpartition(".")[2] in path.read_text(encoding="utf-8") and symbol in names_in(path)


def plain(text: str) -> str:
    """Words alone, without Markdown's signs and with one blank between them."""
    return " ".join(re.sub(r"[`*|#>]|- \[ \]", " ", text).split())


def headings(text: str) -> dict[str, str]:
    """A seed's sections and their text, code blocks included, without the `#` of comments inside code blocks."""
    found: dict[str, list[str]] = {}
    section, fenced = "", False
    for line in text.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        if line.startswith("#") and not fenced:
            section = plain(line)
            found.setdefault(section, [])
        else:
            found.setdefault(section, []).append(line)
    return {name: "\n".join(lines) for name, lines in found.items() if name}


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` compare it."""
    return write_or_check(PAGE, page(), arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
