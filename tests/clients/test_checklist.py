"""The table of the ground station checklist is current, and names tests that exist."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
ROWS: list[dict[str, Any]] = tomllib.loads((ROOT / "tests" / "coverage_rows.toml").read_text(encoding="utf-8"))["row"]
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


@cache
def functions(file: str) -> frozenset[str]:
    """Names of the functions of a test file."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


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
    assert row["tests"]
    for test in row["tests"]:
        file, _, name = test.partition("::")
        assert name in functions(file), f"{test} does not exist"
