"""Classes are put together from parts: no base class has a single child, and no time is passed that nobody looks at."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping

import pytest

from tests.fakes.syntax import nodes, product

TIMES = ("now_ms", "link_ms", "vehicle_ms", "_now_ms", "_link_ms")

Sources = Mapping[str, str]
"""Module (dotted) to its text."""


def modules() -> Sources:
    return {path.removesuffix(".py").replace("/", "."): text for path, text in product().items()}


# --- base classes -----------------------------------------------------------------------------------------------------
def imported(source: str) -> dict[str, str]:
    """Names of this module to where they come from."""
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in nodes(source)
        if isinstance(node, ast.ImportFrom) and node.module is not None
        for alias in node.names
    }


def only_children(sources: Sources) -> list[str]:
    """Base classes of which exactly one class is made. Exceptions are left out, since a caller catches by the base, and
    so are protocols, which say what is needed and are no part of what fulfils them."""
    children: dict[str, list[str]] = defaultdict(list)
    bases: dict[str, list[str]] = {}
    for module, text in sources.items():
        known = imported(text)
        for node in nodes(text):
            if isinstance(node, ast.ClassDef):
                name = f"{module}.{node.name}"
                bases[name] = [_resolved(base, module, known) for base in node.bases]
                for base in bases[name]:
                    children[base].append(name)
    return [
        f"{base} has one child: {found[0]}"
        for base, found in sorted(children.items())
        if base in bases and len(found) == 1 and not _is_left_out(base, bases)
    ]


def _resolved(base: ast.expr, module: str, known: Mapping[str, str]) -> str:
    if isinstance(base, ast.Subscript):
        base = base.value
    if isinstance(base, ast.Name):
        return known.get(base.id, f"{module}.{base.id}")
    return ast.unparse(base)


def _is_left_out(name: str, bases: Mapping[str, list[str]]) -> bool:
    if name.rpartition(".")[2] in ("Protocol", "Exception", "ValueError", "KeyError", "RuntimeError", "TimeoutError"):
        return True
    return any(_is_left_out(base, bases) for base in bases.get(name, ()))


def test_no_base_class_has_a_single_child() -> None:
    assert only_children(modules()) == [], "make the base a field of its child, or one class of both"


@pytest.mark.parametrize(
    ("base", "breach"),
    [
        ("class Base:\n    pass", True),
        ("from typing import Protocol\nclass Base(Protocol):\n    pass", False),
        ("class Base(ValueError):\n    pass", False),
    ],
)
def test_a_planted_chain_is_noticed(base: str, breach: bool) -> None:
    """Over two modules as well; a protocol and an exception are none."""
    child = "from one import Base\nclass Child(Base):\n    pass"
    assert only_children({"one": base, "two": child}) == (["one.Base has one child: two.Child"] if breach else [])
    assert only_children({"one": base, "two": child, "three": child}) == []


# --- time -------------------------------------------------------------------------------------------------------------
def thrown_away(sources: Sources) -> list[str]:
    """Functions that take the time and do not look at it, where nobody of that name does: an interface whose
    other implementations use it, and a row of a table or a callback, have the time in their signature."""
    used: set[tuple[str, str]] = set()
    unused: dict[tuple[str, str], list[str]] = defaultdict(list)
    referred: set[str] = set()
    for module, text in sources.items():
        referred |= set(_referred(text))
        for node in nodes(text):
            if isinstance(node, ast.FunctionDef):
                for argument in _times(node):
                    if _looks_at(node, argument):
                        used.add((node.name, argument))
                    else:
                        unused[node.name, argument].append(f"{module} line {node.lineno}: {node.name}({argument})")
    return [line for key, lines in unused.items() if key not in used and key[0] not in referred for line in lines]


def _times(node: ast.FunctionDef) -> Iterator[str]:
    yield from (one.arg for one in (*node.args.args, *node.args.kwonlyargs) if one.arg in TIMES)


def _looks_at(node: ast.FunctionDef, name: str) -> bool:
    names = (one for statement in node.body for one in ast.walk(statement) if isinstance(one, ast.Name))
    return any(one.id == name and isinstance(one.ctx, ast.Load) for one in names)


def _referred(source: str) -> Iterator[str]:
    """Functions that are handed on instead of called."""
    called = {id(node.func) for node in nodes(source) if isinstance(node, ast.Call)}
    for node in nodes(source):
        if id(node) not in called and isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
            yield node.id if isinstance(node, ast.Name) else node.attr


def test_no_time_is_thrown_away() -> None:
    assert thrown_away(modules()) == []


def test_a_planted_time_is_noticed() -> None:
    """Not looked at, or only deleted; an interface that somebody uses it in, and a row of a table, are none."""
    assert thrown_away({"one": "def land(height, now_ms):\n    return height"}) == ["one line 1: land(now_ms)"]
    assert thrown_away({"one": "def land(now_ms):\n    del now_ms"}) == ["one line 1: land(now_ms)"]
    assert thrown_away({"one": "def land(now_ms):\n    pass", "two": "def land(now_ms):\n    return now_ms"}) == []
    assert thrown_away({"one": "def land(now_ms):\n    pass\nTABLE = {1: land}"}) == []
