"""Syntax trees of modules, each made once: a dozen contracts look through all of the product."""

from __future__ import annotations

import ast
from functools import cache


@cache
def nodes(source: str) -> tuple[ast.AST, ...]:
    """All nodes of a module as `ast.walk` gives them. All who ask have the same ones: they are only looked at."""
    return tuple(ast.walk(ast.parse(source)))


def forget() -> None:
    """Gives the memory back: the trees of the product are some hundred megabytes."""
    nodes.cache_clear()
