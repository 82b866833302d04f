"""Syntax trees of modules, each made once: a dozen contracts look through all of the product."""

from __future__ import annotations

import ast
from functools import cache


@cache
def parsed(source: str) -> ast.Module:
    """The tree of a module. All who ask have the same one: it is only looked at."""
    return ast.parse(source)


@cache
def nodes(source: str) -> tuple[ast.AST, ...]:
    """All nodes of the tree, as `ast.walk` gives them."""
    return tuple(ast.walk(parsed(source)))


def forget() -> None:
    """Gives the memory back: the trees of the product are some hundred megabytes."""
    nodes.cache_clear()
    parsed.cache_clear()
