"""MAVLink's numbers are named: no literal where a command, a frame, a result, a message or a state is meant.

They stand once: commands, frames, results, states and bits in `autopilot/mav`, messages in pymavlink's dialect, asked
by name of `mavlink_bridge.wire.codec`. What is meant is found by the names of what is compared and by MAVLink's own
definitions: which field of a message has an enumeration, and which number belongs to which name.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from pymavlink.dialects.v20 import ardupilotmega as dialect

from mavlink_bridge.wire.definitions import NAME_OF
from tests.fakes.syntax import nodes, product

HOME = "autopilot/mav/"
#: What holds a number of MAVLink, as attribute, name or argument.
MEANT = frozenset({
    "command", "frame", "coordinate_frame", "severity", "mission_type", "system_status", "base_mode", "landed_state",
    "autopilot", "vehicle_type", "firmware_type", "msg_id", "get_msgId", "mav_type", "payload_type", "fix_type",
    "result", "type", "outcome", "type_mask",
})  # fmt: skip
#: Functions whose arguments at these places are MAVLink's: MissionItem(command, frame), command_long(target, command).
CALLED = {"MissionItem": (0, 1), "command_long": (1,), "command_int": (1,), "register": (0,), "send": (0,)}
#: Where a set or a table of bare numbers would be one of commands, frames or messages.
FOLDERS = (
    "autopilot/mission/", "autopilot/modes/", "depot/wire/", "mavlink_bridge/services/", "mavlink_bridge/clients/",
    "mavlink_bridge/flight_controller/", "mavlink_bridge/firmware/",
)  # fmt: skip
#: Sets and tables there whose numbers are no MAVLink ones.
OTHERS = frozenset({
    ("autopilot/modes/auxiliary.py", "RELAYS"),  # ArduPilot's auxiliary functions
    ("autopilot/modes/payload.py", "_FREE"),  # ArduPilot's SERVOn_FUNCTION
    ("autopilot/personality/px4/failsafe_rules.py", "_LOSS"),  # values of PX4's parameters
    ("autopilot/personality/px4/failsafe_rules.py", "_LIMIT"),
    ("autopilot/personality/px4/failsafe_rules.py", "_SETPOINTS"),
})  # fmt: skip


#: Flight modes are ArduPilot's: they stand in `autopilot.vehicles.mode_table`.
MODES = frozenset(f"{kind}_MODE" for kind in ("PLANE", "COPTER", "SUB", "ROVER", "TRACKER"))


def numbers_of_names() -> dict[str, set[int]]:
    """The numbers that MAVLink has for a name: of messages, and of what enumeration entries end with."""
    found: dict[str, set[int]] = {name: {number} for number, name in NAME_OF.items()}
    for enumeration, entries in dialect.enums.items():
        if enumeration in MODES:
            continue
        for number, entry in entries.items():
            words = entry.name.split("_")
            for at in range(len(words) - 1):
                found.setdefault("_".join(words[at:]), set()).add(number)
    return found


NUMBERS = numbers_of_names()


def last_name(node: ast.expr) -> str:
    """`command` of `item.command`, `int(message.command)`, `message.get_msgId()`."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Call(func=ast.Name(id="int"), args=[inner]):
            return last_name(inner)
        case ast.Call(func=inner):
            return last_name(inner)
    return ""


def is_number(node: ast.expr | None) -> bool:
    """A literal int, or a tuple, list or set with one in it."""
    if isinstance(node, ast.Tuple | ast.Set | ast.List):
        return any(is_number(one) for one in node.elts)
    return isinstance(node, ast.Constant) and type(node.value) is int


def compared(node: ast.Compare) -> bool:
    """Something that holds MAVLink's number with a literal; that it lies in a range may be asked."""
    if not all(isinstance(one, ast.Eq | ast.NotEq | ast.In | ast.NotIn) for one in node.ops):
        return False
    sides = [node.left, *node.comparators]
    return any(last_name(side) in MEANT for side in sides) and any(is_number(side) for side in sides)


def called(node: ast.Call) -> bool:
    """A literal as an argument that is MAVLink's: by keyword, by place, or in a message's field with an enumeration."""
    name = last_name(node.func)
    if any(keyword.arg in MEANT and is_number(keyword.value) for keyword in node.keywords):
        return True
    if any(at < len(node.args) and is_number(node.args[at]) for at in CALLED.get(name, ())):
        return True
    kind = getattr(dialect, name, None) if name.startswith("MAVLink_") and name.endswith("_message") else None
    if kind is None:
        return False
    fields = [*zip(kind.fieldnames, node.args, strict=False), *((one.arg, one.value) for one in node.keywords)]
    counted = [value for field, value in fields if field in kind.fieldenums_by_name]
    return any(is_number(value) and not is_nothing(value) for value in counted)


def is_nothing(node: ast.expr) -> bool:
    """0 of a bit mask, or of what is not told."""
    return isinstance(node, ast.Constant) and node.value == 0


def defined(node: ast.Assign | ast.AnnAssign) -> bool:
    """A constant with the name and the number of one of MAVLink's."""
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    pairs = [(target, node.value)]
    if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
        pairs = list(zip(target.elts, node.value.elts, strict=False))
    for one, value in pairs:
        if isinstance(value, ast.Constant) and type(value.value) is int and isinstance(one, ast.Name):
            name = one.id.strip("_").removeprefix("CMD_").removeprefix("MAV_")
            if one.id.isupper() and value.value in NUMBERS.get(name, ()):
                return True
    return False


def table(node: ast.AST) -> bool:
    """A set or a dictionary of bare numbers."""
    match node:
        case ast.Dict(keys=keys):
            return any(isinstance(key, ast.Constant) and type(key.value) is int for key in keys)
        case ast.Set():
            return is_number(node)
        case ast.Call(func=ast.Name(id="frozenset" | "set"), args=[ast.Tuple() | ast.List() as inner]):
            return is_number(inner)
    return False


def breaches(source: str, *, tables: bool = True, known: frozenset[str] = frozenset()) -> Iterator[int]:
    """The lines with a number of MAVLink. `tables`: also sets and dictionaries, but for those assigned to `known`."""
    let = {inner for node in nodes(source) if assigned(node) in known for inner in ast.walk(node)}
    for node in nodes(source):
        found = False
        match node:
            case ast.Compare():
                found = compared(node)
            case ast.Call():
                found = called(node) or (tables and node not in let and table(node))
            case ast.Assign() | ast.AnnAssign():
                found = defined(node)
            case ast.Dict() | ast.Set():
                found = tables and node not in let and table(node)
            case ast.arg() | ast.FunctionDef():
                found = isinstance(node, ast.FunctionDef) and defaults(node)
        if found:
            yield node.lineno  # type: ignore[attr-defined]


def assigned(node: ast.AST) -> str | None:
    """The name that an assignment gives."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name
    return None


def defaults(node: ast.FunctionDef) -> bool:
    """`frame: int = 3`."""
    arguments = [*node.args.posonlyargs, *node.args.args]
    pairs = list(zip(arguments[len(arguments) - len(node.args.defaults) :], node.args.defaults, strict=True))
    pairs += [(one, value) for one, value in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if value]
    return any(one.arg in MEANT and is_number(value) for one, value in pairs)


def test_no_number_of_mavlink_is_a_literal() -> None:
    """In all packages, but for the one that has them."""
    found = []
    for name, text in product().items():
        if not name.startswith(HOME):
            known = frozenset(one for file, one in OTHERS if file == name)
            found += [f"{name}:{line}" for line in breaches(text, tables=name.startswith(FOLDERS), known=known)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "planted",
    [
        "if item.command == 16: pass", "x = message.frame in (3, 6)", "if int(message.command) in {400, 176}: pass",
        "y = message.get_msgId() == 0", "z = ack.result == 4", "w = heartbeat.type != 6",
        "i = MissionItem(22, 3, z=10.0)", "i = MissionItem(command, 0)", "i = MissionItem(command=16)",
        "c = command_long(target, 400, 1.0)", "commands.register(31010, row)",
        "m = dialect.MAVLink_heartbeat_message(2, 3, base, 0, state, 3)",
        "m = dialect.MAVLink_statustext_message(6, text)", "m = dialect.MAVLink_tunnel_message(payload_type=2)",
        "_HEARTBEAT: Final = 0", "_DO_SET_MODE = 176",
        "_SET_MODE, _MISSION_START = 176, 300", "CMD_USER_1 = 31010", "_SAFETY_ARMED: Final = 128",
        "ROWS = {176: Row(set_mode)}", "_TAKING = frozenset({192, 34})", "_ITEMS = frozenset((39, 73))",
        "def f(frame: int = 3): pass", "def f(*, mission_type: int = 0): pass",
    ],
)  # fmt: skip
def test_a_planted_breach_is_found(planted: str) -> None:
    """Nearly each of them stood in the code once."""
    assert set(breaches(planted)) == {1}


@pytest.mark.parametrize(
    "fine",
    [
        "if item.command == Cmd.NAV_WAYPOINT: pass", "x = item.frame in ABOVE_HOME", "y = _FREE = frozenset(names)",
        "m = dialect.MAVLink_heartbeat_message(kind, who, 0, 0, SystemState.ACTIVE, 3)", "RETRIES = 5",
        "if message.seq == 0: pass", "if 0 <= result <= 15: pass",
        "_HEARTBEAT: Final = codec.id_of('HEARTBEAT')", "i = MissionItem(Cmd.NAV_LAND)",
    ],
)  # fmt: skip
def test_what_is_no_breach_is_let_through(fine: str) -> None:
    """Names, no mask at all, counts that are none of MAVLink's."""
    assert list(breaches(fine)) == []


def test_the_exceptions_are_still_there() -> None:
    """A set that is gone needs no exception."""
    for file, name in OTHERS:
        assert any(assigned(node) == name for node in nodes(product()[file])), (file, name)
