"""docs/sortie-loop.md shows the present table."""

from __future__ import annotations

from pathlib import Path

import pytest

from depot.decisions.phases import NEXT, LoopEvent
from depot.names import Phase
from scripts.phase_diagram import mermaid, table
from sortie.loop.faults import NAMES

PAGE = (Path(__file__).parents[3] / "docs" / "sortie-loop.md").read_text(encoding="utf-8")


def test_the_page_shows_the_present_diagram_and_table() -> None:
    """`python -m scripts.phase_diagram` prints what belongs into it."""
    assert mermaid() in PAGE
    assert table() in PAGE


def test_a_changed_table_makes_the_page_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check has been seen to fail."""
    monkeypatch.delitem(NEXT, (Phase.OUTBOUND, LoopEvent.TURNED_BACK))
    assert mermaid() not in PAGE


def test_the_page_names_every_fault() -> None:
    """As `--fault` takes them."""
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and line.count("`") >= 4 and "@" not in line]
    named = {word.strip("`") for line in rows for word in line.split("|")[2].split() if word.startswith("`")}
    assert set(NAMES) <= named
