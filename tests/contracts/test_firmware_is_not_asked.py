"""Nobody asks which firmware flies: outside the folder of the firmwares, code asks what a firmware has."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.fakes.syntax import asked, is_flag, name_of, nodes, product

#: The firmwares themselves, and the table of how a simulated vehicle is spoken to; whose bootloader a board has is
#: asked before there is a firmware; MAVLink's numbers; logs that one firmware alone writes.
OF_THE_FIRMWARES = (
    "mavlink_bridge/firmware", "mavlink_bridge/px4", "mavlink_bridge/spoken.py", "autopilot/personality",
    "mavlink_bridge/bootloader", "mavlink_bridge/testing", "autopilot/mav", "sitl/px4", "sitl/launchers.py",
    "sitl/ways_in.py", "sortie/incident/ulog.py", "sortie/reading/ulog.py",
)  # fmt: skip
#: Habits are of a controller on a wire, and of its clients: a simulated vehicle's services, its nodes, the page and the
#: core ask their `Personality`, or have what `Spoken` gives them. A habit that one firmware alone has is a name for it.
_ASK_HABITS = ("mavlink_bridge/clients", "mavlink_bridge/flight_controller", "sortie/companion")
_ASK_ONE = {
    "mavlink_bridge/services/commands/messages.py": {"capabilities_by_1", "fastest_us", "origin_with_home"},
    "mavlink_bridge/services/commands/service.py": {"wrong_frame"},
    "mavlink_bridge/services/mission/plan.py": {"begins_at_marked", "home_is_item_0"},
    "mavlink_bridge/services/mission/service.py": {"guided_items"},
    "mavlink_bridge/services/mission/transfer.py": {
        "asks_by_int",
        "approaches",
        "empty_circles",
        "gap_is_error",
        "announces_plans",
    },
    "mavlink_bridge/services/parameters.py": {"answers_by_index", "repeats_changes", "sets_by_type"},
    "mavlink_bridge/services/telemetry/announcements.py": {"commit_as_number", "introduces_itself"},
    "mavlink_bridge/services/telemetry/service.py": {"origin_with_home"},
    "mavlink_bridge/services/telemetry/facts.py": {"reports_multicopter", "reports_goal"},
    "sortie/incident/recording.py": {"commit_as_number", "home_is_item_0"},
    "sortie/incident/shown.py": {"first_log"},
    "mavlink_bridge/services/system/service.py": {"stations_by_type"},
    "sortie/nodes/simulated_face.py": {"answers_for", "first_log"},
    "sortie/web/orders.py": {"starts_by_arming"},
}
_FIRMWARES = "px4|ardupilot|ardupilotmega"
#: A name that says which one it is: `px4`, `is_px4`, `MAV_AUTOPILOT_PX4`, `Px4`.
_NAMES = re.compile(rf"_*((is|not|no|on|has)_)?(mav_autopilot_)?({_FIRMWARES})", re.IGNORECASE)
_SPOKEN = re.compile(_FIRMWARES, re.IGNORECASE)


def told_apart(text: str) -> Iterator[str]:
    """Places that tell firmwares apart: a flag of that name, a comparison with one, a look at its class."""
    for node in nodes(text):
        if isinstance(node, ast.If | ast.IfExp | ast.While) and (names := list(asked(node.test, _NAMES))):
            yield f"line {node.lineno}: if {names[0]}"
        elif isinstance(node, ast.BoolOp | ast.UnaryOp) and (names := list(asked(node, _NAMES))):
            yield f"line {node.lineno}: {names[0]}"
        elif isinstance(node, ast.arg | ast.keyword) and node.arg is not None and is_flag(node, _NAMES):
            yield f"line {node.lineno}: {node.arg}="
        elif isinstance(node, ast.Compare):
            sides = [side for one in (node.left, *node.comparators) for side in _each(one)]
            if any(map(_firmware, sides)):
                yield f"line {node.lineno}: compared with a firmware"
        elif (
            isinstance(node, ast.Call)
            and name_of(node.func) == "isinstance"
            and any(map(_firmware, _each(node.args[1])))
        ):
            yield f"line {node.lineno}: isinstance"
        elif isinstance(node, ast.MatchValue) and _firmware(node.value):
            yield f"line {node.lineno}: case of a firmware"
        elif (found := _imported(node)) is not None:
            yield f"line {node.lineno}: {found} is imported"


def habits_asked(text: str) -> set[str]:
    """Names of the habits that are asked for: `habits.NAME`."""
    return {
        node.attr
        for node in nodes(text)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and name_of(node.value) == "habits"
    }


def _imported(node: ast.AST) -> str | None:
    """The module of one firmware alone that this statement imports, at the top or in a function."""
    if isinstance(node, ast.ImportFrom):
        names = [f"{node.module}.{alias.name}" for alias in node.names]
    elif isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    else:
        return None
    return next((name for name in names if "px4" in name.lower().split(".")[1:-1]), None) or next(
        (name for name in names if name.split(".")[-1] == "px4"), None
    )


def _each(node: ast.expr) -> list[ast.expr]:
    return list(node.elts) if isinstance(node, ast.Tuple | ast.List | ast.Set) else [node]


def _firmware(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and bool(_SPOKEN.fullmatch(node.value))
    return bool(_NAMES.fullmatch(name_of(node)))


def test_nobody_asks_for_the_firmware() -> None:
    """In the product, outside the folder of the firmwares."""
    outside = {name: text for name, text in product().items() if not name.startswith(OF_THE_FIRMWARES)}
    assert [f"{name} {place}" for name, text in outside.items() for place in told_apart(text)] == []


def test_habits_are_asked_where_a_controller_is_spoken_with() -> None:
    """And by the services that are listed: `takes_off_by_itself` chose the whole face of a simulated vehicle once."""
    may = (*OF_THE_FIRMWARES, *_ASK_HABITS)
    found = {name: habits_asked(text) for name, text in product().items() if not name.startswith(may)}
    assert {name: habits for name, habits in found.items() if habits} == _ASK_ONE


def test_a_planted_disguise_is_found() -> None:
    assert habits_asked("if firmware.habits.takes_off_by_itself:\n    pass") == {"takes_off_by_itself"}
    assert habits_asked("face = PX4 if x.speaks.habits.empty_circles else OWN") == {"empty_circles"}


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
        "from mavlink_bridge.px4 import vehicle",
        "def f():\n    from autopilot.personality.px4.modes import HOLD",
        "import mavlink_bridge.px4.vehicle",
        "from mavlink_bridge import px4",
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
