"""Every citation in the code leads somewhere: its page exists, and the page has the section or item that is named.

A citation is the path of a page and what it is cited for: numbers of sections, items of a numbered list (of section 1,
or of the section that stands before them), or titles of headings in quotes. A specification is cited by its number:
the page SEEDS lists its sections. docs/catalogue.md is cited by the numbers of its lines. Modules and files of the
project that are named exist too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("autopilot", "depot", "mavlink_bridge", "sitl", "sortie", "scripts", "tests")
SEEDS = "docs/reference/seeds.md"

_NUMBERS = r"\d+(?: to \d+)?(?:, \d+(?: to \d+)?(?![\d.]*\.\d))*"
_WHERE = rf'"[^"]+"|(?:\d+ )?items? {_NUMBERS}|\d+(?:\.\d+)?(?: to \d+)?'
_CITATION = re.compile(rf"(?:(?P<page>[\w./-]+\.md)|[Ss]eed (?P<seed>\d{{3}})\b)(?P<where>(?:, (?:{_WHERE}))*)")
_ITEMS = re.compile(r"(?:(\d+) )?items? (.+)")
_LOOSE = re.compile(
    r"(?<!reference/)\b(?:mission-semantics|ground-stations|flight-lifecycle)\b"
    r"|\b(?:semantics|[Cc]atalogue) (?:\d|section|item)"
    r"|\((?:items?|table|section) \d[^)]*\)|\b[Ss]eeds? \d{3}(?:'s|,)? (?:sections?|chapter) \d"
    r"|\.md`? (?:sections?|items?|table)? ?\d"
)
_ROOTS = "|".join((*FOLDERS, "docs"))
_MODULE = re.compile(rf"(?<![\w/.@-])((?:{_ROOTS})(?:\.\w+)+)")
_FILE = re.compile(rf"(?<![\w/.@-])((?:{_ROOTS})/[\w./*-]*\w)")


@dataclass
class Page:
    """What of a page can be cited."""

    numbers: set[str] = field(default_factory=set)
    items: set[tuple[str, str]] = field(default_factory=set)
    titles: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, text: str) -> Page:
        """Headings with their numbers, items of numbered lists by their section, numbered lines of tables."""
        page, section, rows = cls(), "", set()
        for line in text.splitlines():
            if heading := re.match(r"#{1,4} (?:(\d+(?:\.\d+)?) )?(.+)", line):
                section = (heading[1] or "").partition(".")[0]
                page.numbers |= {heading[1]} - {None}
                page.titles.add(heading[2])
            elif item := re.match(r"(\d+)\. ", line):
                page.items.add((section, item[1]))
            elif row := re.match(r"\| (\d+) \|", line):
                rows.add(row[1])
        page.numbers = page.numbers or rows
        return page

    def lacks(self, where: str) -> bool:
        """Has it nothing under this name?"""
        if where.startswith('"'):
            return where.strip('"') not in self.titles
        if items := _ITEMS.fullmatch(where):
            return not {(items[1] or "1", number) for number in _counted(items[2])} <= self.items
        return not _counted(where) <= self.numbers


def _counted(numbers: str) -> set[str]:
    """The numbers of a list such as "13, 22 to 24"."""
    found: set[str] = set()
    for part in numbers.split(", "):
        first, _, last = part.partition(" to ")
        found |= {str(number) for number in range(int(first), int(last) + 1)} if last else {first}
    return found


@cache
def page_of(name: str, seed: str | None) -> Page | None:
    """A page by its path from the root, or a specification's part of `SEEDS`; None if there is none."""
    path = ROOT / (SEEDS if seed else name)
    if not path.is_file():
        return None
    text = path.read_text(encoding="utf-8")
    if seed:
        parts = re.split(r"^## Seed (\d{3})$", text, flags=re.M)
        text = dict(zip(parts[1::2], parts[2::2], strict=True)).get(seed, "")
    return Page.of(text) if text else None


_SAID = re.compile(
    r'''(?P<alone>^[ \t]*)?"""(?P<text>(?:\\.|[^\\])*?)"""(?P<whole>(?=[ \t]*(?:\#|$)))?|'{3}(?:\\.|[^\\])*?'{3}'''
    r"""|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|(?P<comment>\#[^\n]*)""",
    re.S | re.M,
)
"""A string, which is a docstring where it has its lines for itself, or a comment; `ast` and `tokenize` say the same and
take ten times as long."""


def said(source: str) -> Iterator[str]:
    """What a module says about itself: its docstrings and comments, each as one line."""
    comment, last, line, at = "", 0, 1, 0
    for found in _SAID.finditer(source):
        if found["alone"] is not None and found["whole"] is not None:
            yield " ".join(found["text"].split())
        if found["comment"] is None:
            continue
        line, at = line + source.count("\n", at, found.start()), found.start()
        if comment and line != last + 1:
            yield comment
            comment = ""
        comment, last = f"{comment} {found['comment'].lstrip('#: ')}".strip(), line
    if comment:
        yield comment


def citations(text: str) -> list[tuple[str, str | None, list[str]]]:
    """(page, seed, what of it) of each citation in it."""
    return [
        (found["page"] or SEEDS, found["seed"], re.findall(rf", ({_WHERE})", found["where"]))
        for found in _CITATION.finditer(text)
    ]


def breaches(text: str) -> list[str]:
    """What leads nowhere, and what is written in another form."""
    found = [f"loose: {loose}" for loose in _LOOSE.findall(text)]
    for name, seed, where in citations(text):
        page, title = page_of(name, seed), f"seed {seed}" if seed else name
        if page is None:
            found.append(f"no {title}")
        elif name.startswith("docs/reference/") and not seed and not where:
            found.append(f"where in {title}?")
        else:
            found += [f"{title} has no {part}" for part in where if page.lacks(part)]
    return found


@cache
def _text_of(module: Path) -> str | None:
    """A module or package as text; None if it is neither."""
    found = [path for path in (module.with_suffix(".py"), module / "__init__.py") if path.is_file()]
    return found[0].read_text(encoding="utf-8") if found else "" if module.is_dir() else None


def is_lost(name: str) -> bool:
    """Is a dotted name that of no module, nor one that its module says?"""
    module, inside = ROOT, name.split(".")
    while inside and _text_of(module / inside[0]) is not None:
        module /= inside.pop(0)
    return bool(inside) and not re.search(rf"\b{inside[0]}\b", _text_of(module) or "")


def lost(text: str) -> list[str]:
    """Modules and files that it names and that do not exist; a path may have a `*`."""
    return [name for name in _MODULE.findall(text) if is_lost(name)] + [
        path for path in _FILE.findall(text) if next(ROOT.glob(path), None) is None
    ]


def modules() -> list[Path]:
    """Every Python file of the project."""
    return sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_citation_leads_to_its_section_and_every_name_to_its_file(folder: str) -> None:
    """In docstrings and comments: who moves a file, mends what is said of it."""
    wrong = [
        f"{path.relative_to(ROOT)}: {breach}"
        for path in modules()
        if path.relative_to(ROOT).parts[0] == folder
        for text in said(path.read_text(encoding="utf-8"))
        for breach in (*breaches(text), *(f"{name} is gone" for name in lost(text)))
    ]
    assert wrong == []


def test_files_that_the_pages_name_exist() -> None:
    """But those that a script has made, whose names have tests of their own."""
    pages = {path: path.read_text(encoding="utf-8") for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))}
    written = {path: text for path, text in pages.items() if "do not edit" not in text}
    assert len(written) > 20
    wrong = [
        f"{page.relative_to(ROOT)}: {path}"
        for page, text in written.items()
        for path in _FILE.findall(text)
        if next(ROOT.glob(path.replace("NAME.md", "seeds.md")), None) is None
    ]
    assert wrong == []


def test_a_name_that_is_gone_is_found() -> None:
    """Of a module, of what is in it, and of a file."""
    assert lost("`autopilot.flight.lifecycle`, sitl/kernel/*.py, autopilot.flight.lifecycle.FlightState, docs.") == []
    assert lost("autopilot.flight.gone, autopilot.flight.lifecycle.Gone") == [
        "autopilot.flight.gone",
        "autopilot.flight.lifecycle.Gone",
    ]
    assert lost("sitl/gone.py and docs/gone/*.md") == ["sitl/gone.py", "docs/gone/*.md"]


def test_they_are_found_wherever_they_stand() -> None:
    """In docstrings of modules, functions and values, and in comments, over the ends of lines."""
    source = '''"""One (docs/reference/mission-semantics.md, items
20, 21)."""
X = 1
"""Two (seed 002, "Message
Types")."""
# Three (docs/reference/ground-stations.md,
# 1.2, 3.2: words).
def f() -> None:
    """Four (docs/reference/mission-semantics.md, 5, 3 item 5; docs/catalogue.md, 13, 22 to 24)."""  # seed 000, 4.1
'''
    found = sorted((name, seed or "", where) for text in said(source) for name, seed, where in citations(text))
    assert found == [
        ("docs/catalogue.md", "", ["13", "22 to 24"]),
        ("docs/reference/ground-stations.md", "", ["1.2", "3.2"]),
        ("docs/reference/mission-semantics.md", "", ["5", "3 item 5"]),
        ("docs/reference/mission-semantics.md", "", ["items 20, 21"]),
        (SEEDS, "000", ["4.1"]),
        (SEEDS, "002", ['"Message Types"']),
    ]
    assert [breach for text in said(source) for breach in breaches(text)] == []


@pytest.mark.parametrize(
    ("text", "breach"),
    [
        ("docs/reference/mission-semantics.md, 9.9: x", "docs/reference/mission-semantics.md has no 9.9"),
        ("docs/reference/mission-semantics.md, items 9, 77", "docs/reference/mission-semantics.md has no items 9, 77"),
        ("(docs/reference/mission-semantics.md, 3 item 9)", "docs/reference/mission-semantics.md has no 3 item 9"),
        ('(docs/reference/sortie-loop.md, "ABORT-4")', 'docs/reference/sortie-loop.md has no "ABORT-4"'),
        ("(docs/catalogue.md, 60 to 70)", "docs/catalogue.md has no 60 to 70"),
        ("see docs/reference/gone.md, 1", "no docs/reference/gone.md"),
        ("see docs/reference/real-vehicles.md.", "where in docs/reference/real-vehicles.md?"),
        ('(seed 001, "Message Types")', 'seed 001 has no "Message Types"'),
        ("(seed 003)", "no seed 003"),
        ("(real-vehicles.md, 2)", "no real-vehicles.md"),
        ("(item 26)", "loose: (item 26)"),
        ("(semantics 1.2)", "loose: semantics 1"),
        ("seed 000, section 4.8", "loose: seed 000, section 4"),
    ],
)  # fmt: skip
def test_a_citation_that_leads_nowhere_is_found(text: str, breach: str) -> None:
    """The check has been seen to fail: unknown pages, sections, items, titles, and other forms."""
    assert breach in breaches(text)
