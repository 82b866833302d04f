"""Decisions stand by area, each once; docs/decisions.md is their index and has the departures from the seeds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[2]
INDEX = ROOT / "docs" / "decisions.md"
PAGES = sorted((ROOT / "docs" / "decisions").glob("*.md"))


def decisions(text: str) -> list[str]:
    """The points of a page, each as one line."""
    points = re.findall(r"^- .*(?:\n  .*)*", text, re.M)
    return [" ".join(point.split()) for point in points]


def twice(texts: Iterable[str]) -> list[str]:
    """What is decided more than once, in the same words."""
    said = [decision for text in texts for decision in decisions(text)]
    return sorted({decision for decision in said if said.count(decision) > 1})


def test_the_index_lists_every_area_and_decides_nothing() -> None:
    """A decision that is added belongs to an area; only departures from a specification stand in the index."""
    text = INDEX.read_text(encoding="utf-8")
    assert sorted(re.findall(r"\]\(decisions/([\w-]+\.md)\)", text)) == [page.name for page in PAGES]
    assert re.findall(r"^## (.+)", text, re.M) == ["Departures from the seeds"]
    assert decisions(text) == []


def test_a_decision_stands_once() -> None:
    """On one page, with a repetition planted to see it found."""
    texts = [page.read_text(encoding="utf-8") for page in PAGES]
    assert sum(len(decisions(text)) for text in texts) > 150
    assert twice(texts) == []
    assert twice(["- a\n  b\n- c\n", "- a b\n"]) == ["- a b"]


def test_every_departure_names_its_seed_and_its_reason() -> None:
    """Three cells, none empty."""
    rows = re.findall(r"^\| (\d{3}) \| (.+?) \| (.+?) \|$", INDEX.read_text(encoding="utf-8"), re.M)
    table = INDEX.read_text(encoding="utf-8").partition("## Departures from the seeds")[2]
    assert len(rows) == len(re.findall(r"^\|", table, re.M)) - 2 > 15
    assert {seed for seed, _, _ in rows} <= {"000", "001", "002"}
