"""Sources and syntax trees of the product, each read and made once: a dozen contracts look through all of it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("autopilot", "depot", "mavlink_bridge", "sitl", "sortie")


@cache
def product() -> Mapping[str, str]:
    """Texts of the modules of all packages, by path from the root (`sortie/web/watch.py`), in order."""
    paths = (path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")))
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in paths}


@cache
def nodes(source: str) -> tuple[ast.AST, ...]:
    """All nodes of a module as `ast.walk` gives them. All who ask have the same ones: they are only looked at."""
    return tuple(ast.walk(ast.parse(source)))


def forget() -> None:
    """Gives the memory back: the trees of the product are some hundred megabytes."""
    nodes.cache_clear()
    product.cache_clear()


def name_of(node: ast.expr) -> str:
    """Of a variable or an attribute; empty for others."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def asked(test: ast.expr, names: re.Pattern[str]) -> Iterator[str]:
    """Variables and attributes of these names in a condition."""
    for node in ast.walk(test):
        if isinstance(node, ast.Name | ast.Attribute) and names.fullmatch(name_of(node)):
            yield name_of(node)


def is_flag(node: ast.arg | ast.keyword, names: re.Pattern[str]) -> bool:
    """An argument `rover: bool`, or `rover=True`, of one of these names. A vehicle that is called `copter` is none."""
    if not names.fullmatch(node.arg or ""):
        return False
    if isinstance(node, ast.keyword):
        return isinstance(node.value, ast.Constant | ast.Compare | ast.UnaryOp)
    return isinstance(node.annotation, ast.Name) and node.annotation.id == "bool"
