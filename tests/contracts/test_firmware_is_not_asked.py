"""Nobody asks which firmware flies: outside the folder of the firmwares, code asks what a firmware has."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("autopilot", "depot", "mavlink_bridge", "sitl", "sortie")
#: The firmwares themselves; whose bootloader a board has is asked before there is a firmware; MAVLink's numbers.
OF_THE_FIRMWARES = ("mavlink_bridge/firmware", "mavlink_bridge/bootloader", "mavlink_bridge/testing", "autopilot/mav")
_FIRMWARES = "px4|ardupilot|ardupilotmega"
#: A name that says which one it is: `px4`, `is_px4`, `MAV_AUTOPILOT_PX4`, `Px4`.
_NAMES = re.compile(rf"_*((is|not|no|on|has)_)?(mav_autopilot_)?({_FIRMWARES})", re.IGNORECASE)
_SPOKEN = re.compile(_FIRMWARES, re.IGNORECASE)


def told_apart(text: str) -> Iterator[str]:
    """Places that tell firmwares apart: a flag of that name, a comparison with one, a look at its class."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.If | ast.IfExp | ast.While) and (names := list(_asked(node.test))):
            yield f"line {node.lineno}: if {names[0]}"
        elif isinstance(node, ast.BoolOp | ast.UnaryOp) and (names := list(_asked(node))):
            yield f"line {node.lineno}: {names[0]}"
        elif isinstance(node, ast.arg | ast.keyword) and node.arg is not None and _is_flag(node):
            yield f"line {node.lineno}: {node.arg}="
        elif isinstance(node, ast.Compare):
            sides = [side for one in (node.left, *node.comparators) for side in _each(one)]
            if any(map(_firmware, sides)):
                yield f"line {node.lineno}: compared with a firmware"
        elif (
            isinstance(node, ast.Call) and _name(node.func) == "isinstance" and any(map(_firmware, _each(node.args[1])))
        ):
            yield f"line {node.lineno}: isinstance"
        elif isinstance(node, ast.MatchValue) and _firmware(node.value):
            yield f"line {node.lineno}: case of a firmware"
        elif isinstance(node, ast.ImportFrom) and node.module == "mavlink_bridge.firmware.px4":
            yield f"line {node.lineno}: one firmware is imported"


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _asked(test: ast.expr) -> Iterator[str]:
    for node in ast.walk(test):
        if isinstance(node, ast.Name | ast.Attribute) and _NAMES.fullmatch(_name(node)):
            yield _name(node)


def _is_flag(node: ast.arg | ast.keyword) -> bool:
    if not _NAMES.fullmatch(node.arg or ""):
        return False
    if isinstance(node, ast.keyword):
        return isinstance(node.value, ast.Constant | ast.Compare | ast.UnaryOp)
    return isinstance(node.annotation, ast.Name) and node.annotation.id == "bool"


def _each(node: ast.expr) -> list[ast.expr]:
    return list(node.elts) if isinstance(node, ast.Tuple | ast.List | ast.Set) else [node]


def _firmware(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and bool(_SPOKEN.fullmatch(node.value))
    return bool(_NAMES.fullmatch(_name(node)))


def test_nobody_asks_for_the_firmware() -> None:
    """In the product, outside the folder of the firmwares."""
    found = []
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            name = str(file.relative_to(ROOT))
            if not name.startswith(OF_THE_FIRMWARES):
                found += [f"{name} {place}" for place in told_apart(file.read_text())]
    assert found == []


@pytest.mark.parametrize(
    "planted",
    [
        "x = 1 if firmware.px4 else 2",
        "if is_px4:\n    pass",
        "x = native and not self._px4",
        "def plan(*, px4: bool = False): pass",
        "plan(px4=True)",
        'x = firmware.name == "PX4"',
        'x = kind in ("ardupilot", "px4")',
        "x = heartbeat.autopilot == dialect.MAV_AUTOPILOT_PX4",
        "x = message.autopilot != AutopilotType.ARDUPILOTMEGA",
        "if isinstance(firmware, Px4):\n    pass",
        'match firmware.name:\n    case "PX4":\n        pass',
        "from mavlink_bridge.firmware.px4 import Px4",
    ],
)
def test_a_planted_breach_is_found(planted: str) -> None:
    assert list(told_apart(planted))


@pytest.mark.parametrize(
    "sound",
    [
        "x = firmware.habits.starts_by_arming",
        "x = message.autopilot != _INVALID",
        'say("PX4 multicopter")',
        "from mavlink_bridge.firmware.ardupilot import OWN",
    ],
)
def test_what_is_no_question_is_let_through(sound: str) -> None:
    """What a firmware has may be asked, and people may read of it."""
    assert not list(told_apart(sound))
