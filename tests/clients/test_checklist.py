"""The table of the ground station checklist is current, and names tests that exist."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from tests.fakes.covered import ROOT, check_covered, rows_of

ROWS = rows_of("coverage_rows.toml")
#: How many rows (and rules outside of tables) each part of the checklist has: none may be lost.
COUNTS = {
    "1.1": 20,
    "1.2": 20,
    "1.3": 4,
    "1.4": 4,
    "1.5": 2,
    "1.6": 3,
    "1.7": 4,
    "1.8": 4,
    "1.9": 8,
    "3.2": 13,
    "6": 10,
}


def test_the_page_is_current() -> None:
    """docs/checklist.md is what scripts/checklist makes."""
    done = subprocess.run([sys.executable, str(ROOT / "scripts" / "checklist"), "--check"], capture_output=True)
    assert done.returncode == 0, done.stderr.decode()


def test_every_part_of_the_checklist_is_there() -> None:
    """No row is lost, none is there twice."""
    assert {section: sum(row["section"] == section for row in ROWS) for section in COUNTS} == COUNTS
    assert len({(row["section"], row["name"]) for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['section']} {row['name']}")
def test_a_row_is_covered(row: dict[str, Any]) -> None:
    """By at least one test, and each test that it names exists."""
    check_covered(row)
