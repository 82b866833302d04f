"""Nobody asks which kind of vehicle it is: outside the folders that are the kinds', code asks what the kind has."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from autopilot.vehicles.kinds import KINDS
from tests.fakes.syntax import asked, is_flag, name_of, nodes, product

#: The kinds themselves, what they are controlled by, and what they are simulated with.
OF_THE_KINDS = ("autopilot/vehicles", "autopilot/control", "sitl/vehicles", "sitl/kernel")
_KIND = "|".join(KINDS)
#: A name that says what kind it is: `rover`, `_rover`, `is_rover`, `on_rover`.
_NAMES = re.compile(rf"_*((is|not|no|on|has)_)?({_KIND})s?")
_OBJECTS = {name.upper() for name in KINDS}


def told_apart(text: str) -> Iterator[str]:
    """Places that tell kinds apart: a flag or argument of that name, a table by kind, a comparison with a kind."""
    for node in nodes(text):
        if isinstance(node, ast.Attribute) and node.attr in KINDS and isinstance(node.ctx, ast.Load):
            yield f"line {node.lineno}: .{node.attr}"
        elif isinstance(node, ast.If | ast.IfExp | ast.While) and (names := list(asked(node.test, _NAMES))):
            yield f"line {node.lineno}: if {names[0]}"
        elif isinstance(node, ast.BoolOp | ast.UnaryOp) and (names := list(asked(node, _NAMES))):
            yield f"line {node.lineno}: {names[0]}"
        elif isinstance(node, ast.arg | ast.keyword) and node.arg is not None and is_flag(node, _NAMES):
            yield f"line {node.lineno}: {node.arg}="
        elif isinstance(node, ast.Compare):
            yield from _compared(node)
        elif isinstance(node, ast.Dict):
            yield from (f"line {node.lineno}: a table by kind" for key in node.keys if key is not None and _kind(key))
        elif isinstance(node, ast.MatchValue) and _kind(node.value):
            yield f"line {node.lineno}: case of a kind"


def _kind(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return node.value in KINDS
    return name_of(node) in _OBJECTS


def _compared(node: ast.Compare) -> Iterator[str]:
    for side in (node.left, *node.comparators):
        many = side.elts if isinstance(side, ast.Tuple | ast.List | ast.Set) else [side]
        if any(_kind(one) for one in many):
            yield f"line {node.lineno}: compared with a kind"


def test_nobody_asks_for_the_kind() -> None:
    """In the product, outside the folders of the kinds."""
    outside = {name: text for name, text in product().items() if not name.startswith(OF_THE_KINDS)}
    assert [f"{name} {place}" for name, text in outside.items() for place in told_apart(text)] == []


@pytest.mark.parametrize(
    "planted",
    [
        "x = 1 if context.rover else 2",
        "if rover:\n    pass",
        "x = not is_copter",
        "x = fast and copter",
        "x = 1 if self._rover else 2",
        "def f(*, rover: bool = False): pass",
        "f(mask, rover=True)",
        'x = kind == "rover"',
        'x = kind in ("copter", "boat")',
        "x = vehicle_class is ROVER",
        "x = kinds.COPTER != kind",
        'TABLE = {"copter": 1, "rover": 2}',
        "TABLE = {kinds.ROVER: 2}",
        'match kind:\n    case "rover":\n        pass',
    ],
)
def test_a_planted_breach_is_found(planted: str) -> None:
    assert list(told_apart(planted))


@pytest.mark.parametrize(
    "sound",
    ["x = context.vehicle_class.flies", "copter = Copter(home)", "fly(copter=service.copter_pilot)", 'say("a rover")'],
)
def test_what_is_no_question_is_let_through(sound: str) -> None:
    """A vehicle may be called by its kind, and people may read of it."""
    assert not list(told_apart(sound))
