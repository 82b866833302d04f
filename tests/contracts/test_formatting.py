"""The formatter decides how code looks; only tables of modules, classes and parametrized tests are laid out by hand."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MARK = "# fmt: " + "skip"


def tables(tree: ast.Module) -> Iterator[ast.AST]:
    """Statements and decorators that are tables."""
    for node in ast.walk(tree):
        match node:
            case ast.Module() | ast.ClassDef():
                yield from (part for part in node.body if isinstance(part, ast.Assign | ast.AnnAssign))
        match node:
            case ast.ClassDef(decorator_list=marks) | ast.FunctionDef(decorator_list=marks):
                yield from (mark for mark in marks if "parametrize" in ast.dump(mark))


@pytest.mark.parametrize("folder", ["autopilot", "mavlink_bridge", "sitl", "depot", "sortie", "tests", "scripts"])
def test_only_tables_are_laid_out_by_hand(folder: str) -> None:
    found = []
    for path in (ROOT / folder).rglob("*.py"):
        text = path.read_text()
        lines = {number for number, line in enumerate(text.split("\n"), 1) if MARK in line}
        if lines:
            lines -= {int(n) for table in tables(ast.parse(text)) for n in range(table.lineno, table.end_lineno + 1)}  # type: ignore[attr-defined]
            found += [f"{path}:{number}" for number in sorted(lines)]
    assert found == []
