"""Tables that say which tests cover what (tests/*_rows.toml, pages by scripts/checklist)."""

from __future__ import annotations

import ast
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def rows_of(file: str) -> list[dict[str, Any]]:
    """The rows of a table in tests/."""
    rows: list[dict[str, Any]] = tomllib.loads((ROOT / "tests" / file).read_text(encoding="utf-8"))["row"]
    return rows


@cache
def _functions(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def check_covered(row: dict[str, Any]) -> None:
    """By at least one test, and each test that it names exists."""
    assert row["tests"]
    for test in row["tests"]:
        file, _, name = test.partition("::")
        assert name in _functions(file), f"{test} does not exist"
