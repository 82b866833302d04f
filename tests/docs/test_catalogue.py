"""The table of the test catalogue names tests that exist, and no line is lost."""

from __future__ import annotations

import ast
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
ROWS: list[dict[str, Any]] = tomllib.loads((ROOT / "tests" / "catalogue_rows.toml").read_text(encoding="utf-8"))["row"]


@cache
def functions(file: str) -> frozenset[str]:
    """Names of the functions of a test file."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_every_line_of_the_catalogue_is_there() -> None:
    """69 lines, and the four other lists."""
    lines = [row["name"] for row in ROWS if row["section"] == "catalogue"]
    assert lines == [str(number) for number in range(1, 70)]
    expected = {"safety": 22, "pilots": 9, "rover": 4, "reliability": 8}
    assert {name: sum(row["section"] == name for row in ROWS) for name in expected} == expected


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['section']} {row['name']}")
def test_a_line_is_covered(row: dict[str, Any]) -> None:
    """By at least one test, and each test that it names exists."""
    assert row["tests"]
    for test in row["tests"]:
        file, _, name = test.partition("::")
        assert name in functions(file), f"{test} does not exist"
