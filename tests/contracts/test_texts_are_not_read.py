"""What people read decides nothing: no comparing and no searching of a text that was made for them.

A cause is a type (`autopilot.interface.reasons`, `FlightEvent`, an exception's class or field); who reads its words
back breaks when they are worded better. Parsers of the wire and of files read texts of others, and are named here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.fakes.syntax import nodes, product

#: Names of what people read.
FOR_PEOPLE = frozenset({"reason", "text", "why", "complaint", "reasons", "texts", "not_ready_reason", "message_text"})
SEARCHES = frozenset(
    [
        "startswith",
        "endswith",
        "find",
        "index",
        "count",
        "removeprefix",
        "removesuffix",
        "partition",
        "split",
        "replace",
    ]
)
#: Where texts of others are read: what a person typed, a file, a controller, a board, a serial port's driver.
PARSERS = (
    "autopilot/parameters/files.py", "autopilot/mission/plan", "sortie/config/", "sortie/loop/faults.py",
    "mavlink_bridge/flight_controller/questions.py", "mavlink_bridge/flight_controller/orders.py",
    "mavlink_bridge/flight_controller/mode_control.py",
    "mavlink_bridge/bootloader/", "mavlink_bridge/clients/", "mavlink_bridge/links/", "sortie/flashing/",
    "mavlink_bridge/wire/definitions.py", "sortie/campaign/study", "sortie/companion/", "sortie/storage/",
)  # fmt: skip


def name_of(node: ast.expr) -> str | None:
    """The last word of `reason`, `event.reason`, `found[0].text`; `str(error)` is a text too."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Call(func=ast.Name(id="str"), args=[ast.Name(id=name)]) if name in ("error", "problem"):
            return "text"
    return None


def is_words(node: ast.expr) -> bool:
    """A literal text that is not empty: whether there is a text at all may be asked."""
    if isinstance(node, ast.Tuple | ast.Set | ast.List):
        return any(is_words(one) for one in node.elts)
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value != ""
    )


def is_search(function: ast.expr) -> bool:
    """A method of a text for people that looks for something in it."""
    if not isinstance(function, ast.Attribute):
        return False
    return function.attr in SEARCHES and name_of(function.value) in FOR_PEOPLE


def breaches(source: str) -> Iterator[int]:
    """The lines that compare or search a text for people."""
    for node in nodes(source):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if any(name_of(one) in FOR_PEOPLE for one in sides) and any(is_words(one) for one in sides):
                yield node.lineno
        elif isinstance(node, ast.Call) and is_search(node.func):
            yield node.lineno


def test_no_text_for_people_is_read() -> None:
    """In all packages, but for the parsers."""
    found = [
        f"{name}:{line}" for name, text in product().items() if not name.startswith(PARSERS) for line in breaches(text)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "planted",
    [
        'done = "duration" in reason', 'if event.reason == "crash": pass', 'x = reason.startswith(("GPS", "Need"))',
        'if "not of the form" not in str(error): raise', 'y = str(error).removeprefix("--")',
        'z = decision.text in {"a", "b"}', "w = [one for one in found if one.text.endswith(f'{name} failsafe')]",
    ],
)  # fmt: skip
def test_a_planted_breach_is_found(planted: str) -> None:
    """Each of them stood in the code once, or nearly."""
    assert list(breaches(planted)) == [1]


@pytest.mark.parametrize(
    "fine", ['if reason != "": pass', "if event.reason is ModeReason.UNKNOWN: pass", "for text in texts: say(text)"]
)
def test_what_is_no_breach_is_let_through(fine: str) -> None:
    """Whether there is a text, a type, a loop over texts."""
    assert list(breaches(fine)) == []
