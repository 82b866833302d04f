"""Commands of plans: a row of `commands.json` for each MAV_CMD, from which all else that knows commands is derived.

The sequencer asks the row for the slot, the upload for parameters, place and frames, a vehicle class whether it can,
AUTO for outputs, passing and holding, the announcement for the name, the documentation (docs/mission-items.md) for all
of it. `is_nav_command` and `cmd_has_location` are exactly seed 001's. They are wrong for a few commands, so the
sequencer asks `drives_navigation` and everything that reads or scales positions asks `has_position`. Names are those
that ArduPilot's AP_Mission announces an item with ("Mission: <index> <name>"); users and test scripts look for them.

Sources: docs/reference/mission-semantics.md, 1.3, 1.4; ArduPilot AP_Mission.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from enum import Enum
from math import inf
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from autopilot.interface.records import dataclass, field
from autopilot.mav import Cmd, Frame, MissionType


class Slot(Enum):
    """Slots of the sequencer that take an item. The value is the word for it in the documentation."""

    NAV = "NAV"  # the sequencer's NAV slot, until the vehicle is there
    DO = "DO"  # its DO slot, done at once
    CONDITION = "CONDITION"  # its DO slot, and waits there
    JUMP = "jump"  # the sequencer itself
    MARK = "mark"  # nobody: a jump's target
    FENCE = "fence"
    RALLY = "rally"


class Ability(Enum):
    """Abilities that a vehicle must have to carry an item out. The value words it for the documentation."""

    ANY = "every vehicle"
    HEIGHT = "what has a height"
    HOVER = "what hovers"
    WINGS = "what flies on wings"
    LIFT = "wings that take off and land upright"
    NOSE = "what turns its nose by itself"
    REVERSE = "what drives backwards"


class PayloadOutput(Enum):
    """Actions of a payload for an item."""

    SET = "an output is set"
    RECORDED = "recorded as a payload action"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter (`number` 1 to 4) that counts: where it is not a number, or above `most`, an upload is refused.
    Others are kept as they are. `index`: of an item of the same mission."""

    number: int
    name: str
    unit: str = ""
    most: float = inf
    index: bool = False


_ITEM_FRAMES: Final = frozenset({
    Frame.GLOBAL, Frame.GLOBAL_INT, Frame.GLOBAL_RELATIVE_ALT, Frame.GLOBAL_RELATIVE_ALT_INT,
    Frame.GLOBAL_TERRAIN_ALT, Frame.GLOBAL_TERRAIN_ALT_INT,
})  # fmt: skip


_ANY_FRAME: Final = frozenset(range(256))
_PLANS: Final = {Slot.FENCE: MissionType.FENCE, Slot.RALLY: MissionType.RALLY}


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """Command of a plan. `needs`: which vehicles carry it out, None: none does; the others keep it, as ArduPilot does,
    and pass over it with a text. `place`: x, y are latitude and longitude, z a height. `holds`: param1 is a hold time,
    s (in others it means pitch, turns or an option). `passed_by`: before it a copter's waypoint is not stopped at.
    `comes_down`: done on the ground. `fitted_by`: the parameter that, not 0, says that a vehicle of any kind has the
    equipment for it (`is_fitted`)."""

    command: int
    name: str
    slot: Slot
    needs: Ability | None = None
    parameters: tuple[Parameter, ...] = ()
    place: bool = False
    holds: bool = False
    passed_by: bool = False
    comes_down: bool = False
    output: PayloadOutput | None = None
    fitted_by: str = ""

    plan: MissionType = field(init=False)
    """The plan that holds it; follows from the slot."""
    frames: frozenset[int] = field(init=False)
    """The MAV_FRAMEs that it may have; an item without a place may have any."""

    def __post_init__(self) -> None:
        plan = _PLANS.get(self.slot, MissionType.MISSION)
        frames = _ITEM_FRAMES if plan is not MissionType.MISSION else _ITEM_FRAMES | {Frame.MISSION}
        object.__setattr__(self, "plan", plan)
        object.__setattr__(self, "frames", frames if self.place else _ANY_FRAME)


_ENUMS: Final[dict[str, Any]] = {"command": Cmd, "slot": Slot, "needs": Ability, "output": PayloadOutput}


def _read(row: dict[str, Any]) -> CommandSpec:
    """A row of `commands.json`."""
    fields = {name: _ENUMS[name][value] if name in _ENUMS else value for name, value in row.items()}
    parameters = tuple(Parameter(**parameter) for parameter in fields.pop("parameters", ()))
    return CommandSpec(**fields, parameters=parameters)


_ROWS: Final = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))["rows"]
_SPECS: Final = {int(spec.command): spec for spec in map(_read, _ROWS)}
SPECS: Final = MappingProxyType(_SPECS)
"""By command. What stands here is kept by an upload: every command that ArduPilot's common mission code keeps, plus the
camera and gimbal commands that plans for PX4 carry, and those of installed packages. Others are refused (DO_SET_MODE
and DO_CONTROL_VIDEO too, as there)."""


def _of(plan: MissionType) -> frozenset[int]:
    return frozenset(command for command, row in SPECS.items() if row.plan is plan)


PLANS: Final = (MissionType.MISSION, MissionType.FENCE, MissionType.RALLY)
"""The plans that a vehicle has."""
KNOWN_COMMANDS: Final = _of(MissionType.MISSION)
FENCE_COMMANDS: Final = _of(MissionType.FENCE)
RALLY_COMMANDS: Final = _of(MissionType.RALLY)

_LARGEST: Final = 0xFFFF
_NAV_LAST: Final = int(Cmd.NAV_LAST)  # asked at every step of a mission: a plain int
_BEYOND_NAV_LAST: Final = {c for c, row in SPECS.items() if row.slot is Slot.NAV and c > Cmd.NAV_LAST}
_WITH_PLACE: Final = {command for command, row in SPECS.items() if row.place}
_JUMPS: Final = frozenset(command for command, row in SPECS.items() if row.slot is Slot.JUMP)
_OWN: Final = _JUMPS | {command for command, row in SPECS.items() if row.slot is Slot.MARK}


def add_own(spec: CommandSpec) -> None:
    """A command of an installed package, for all vehicles of this process: which packages are installed does not change
    while it runs. ValueError for a number that a vehicle here carries out already, or that no NAV or DO item can have
    (seed 001: up to 95 they are NAV items)."""
    known = _SPECS.get(spec.command)
    if known == spec:
        return
    if known is not None and known.needs is not None:
        raise ValueError(f"mission command {spec.command} is {known.name}")
    nav = spec.slot is Slot.NAV
    if spec.slot not in (Slot.NAV, Slot.DO) or not 0 < spec.command <= _LARGEST or (spec.command <= _NAV_LAST) > nav:
        raise ValueError(f"mission command {spec.command}: a number from 1 to {_LARGEST}, NAV (up to 95 always) or DO")
    _SPECS[spec.command] = spec
    for group, within in ((_BEYOND_NAV_LAST, nav and spec.command > _NAV_LAST), (_WITH_PLACE, spec.place)):
        group.add(spec.command) if within else group.discard(spec.command)


def spec_of(command_id: int) -> CommandSpec | None:
    """The row of a command; None when no plan holds it."""
    return SPECS.get(command_id)


def is_fitted(command_id: int, param: Callable[[str], float]) -> bool:
    """True when a vehicle with these parameters has the equipment that a command is for."""
    row = SPECS.get(command_id)
    return row is not None and row.fitted_by != "" and param(row.fitted_by) != 0.0


def is_nav_command(command_id: int) -> bool:
    """Seed 001: ids up to MAV_CMD_NAV_LAST (95) are NAV, all others DO."""
    return command_id <= _NAV_LAST


def cmd_has_location(command_id: int) -> bool:
    """Seed 001's helper, kept as it is there. Use `has_position` for anything that reads x and y."""
    return is_nav_command(command_id)


def drives_navigation(command_id: int) -> bool:
    """True when the command takes the NAV slot. The seed's rule and the three commands that ArduPilot counts
    besides."""
    return command_id <= _NAV_LAST or command_id in _BEYOND_NAV_LAST


def has_position(command_id: int) -> bool:
    """Are x and y latitude and longitude? (mission, fence and rally commands)"""
    return command_id in _WITH_PLACE


def is_jump(command_id: int) -> bool:
    """DO_JUMP and DO_JUMP_TAG: handled by the sequencer, never given to the executor."""
    return command_id in _JUMPS


def is_do_item(command_id: int) -> bool:
    """True for an item of the DO slot: neither NAV nor handled by the sequencer itself (jumps and marks)."""
    return not (drives_navigation(command_id) or command_id in _OWN)


def command_name(command_id: int) -> str:
    """The short name in "Mission: <index> <name>"; "?" when there is none."""
    row = SPECS.get(command_id)
    return "?" if row is None else row.name
