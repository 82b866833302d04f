"""Commands of plans: a row of `commands.json` for each MAV_CMD. All other knowledge about commands is derived from it.

The sequencer reads the slot from the row, the upload reads parameters, place and frames, a vehicle class reads
abilities, AUTO reads outputs and hold times, announcements read the name, and the documentation (docs/mission-items.md)
reads all. `is_nav_command` and `cmd_has_location` are exactly seed 001's. They are wrong for a few commands, so the
sequencer asks `drives_navigation`, and code that reads or scales positions asks `has_position`. Names are those of
ArduPilot's AP_Mission texts ("Mission: <index> <name>"), which users and test scripts search for.

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
    """Slots of the sequencer that take an item; the value is the word in the documentation."""

    NAV = "NAV"  # the NAV slot, until the vehicle has arrived
    DO = "DO"  # the DO slot, done at once
    CONDITION = "CONDITION"  # the DO slot, which waits for it
    JUMP = "jump"  # the sequencer itself
    MARK = "mark"  # no slot: a jump's target
    FENCE = "fence"
    RALLY = "rally"


class Ability(Enum):
    """Abilities that a vehicle needs to carry an item out; the value is the text in the documentation."""

    ANY = "every vehicle"
    HEIGHT = "vehicles that fly"
    HOVER = "vehicles that hover"
    STOP = "vehicles that can stop"
    WINGS = "planes"
    UPRIGHT = "vehicles that take off and land upright"
    LIFT = "planes with lift motors"
    NOSE = "vehicles whose heading is independent of their course"
    REVERSE = "vehicles that drive backwards"


class PayloadOutput(Enum):
    SET = "an output is set"
    RECORDED = "recorded as a payload action"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter (`number` 1 to 4) with a meaning. An upload is refused if it is not a number or above `most`. Other
    parameters are kept unchecked. `index`: it is the index of an item of the same mission."""

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
    """Command of a plan. `needs`: ability of the vehicles that carry it out, None: no vehicle does. Others keep it, as
    ArduPilot does, and skip it with a text. `place`: x, y are latitude and longitude, z a height. `holds`: param1 is a
    hold time, s (in other commands it is a pitch, turns or an option). `passed_by`: a copter does not stop at a
    waypoint before it. `comes_down`: it ends on the ground. `fitted_by`: a parameter that is not 0 if a vehicle of any
    kind has the equipment for it (`is_fitted`)."""

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
    """The plan that contains it, from the slot."""
    frames: frozenset[int] = field(init=False)
    """The MAV_FRAMEs that it may have. An item without a place may have any."""

    def __post_init__(self) -> None:
        plan = _PLANS.get(self.slot, MissionType.MISSION)
        frames = _ITEM_FRAMES if plan is not MissionType.MISSION else _ITEM_FRAMES | {Frame.MISSION}
        object.__setattr__(self, "plan", plan)
        object.__setattr__(self, "frames", frames if self.place else _ANY_FRAME)


_ENUMS: Final[dict[str, Any]] = {"command": Cmd, "slot": Slot, "needs": Ability, "output": PayloadOutput}


def _read(row: dict[str, Any]) -> CommandSpec:
    fields = {name: _ENUMS[name][value] if name in _ENUMS else value for name, value in row.items()}
    parameters = tuple(Parameter(**parameter) for parameter in fields.pop("parameters", ()))
    return CommandSpec(**fields, parameters=parameters)


_ROWS: Final = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))["rows"]
_SPECS: Final = {int(spec.command): spec for spec in map(_read, _ROWS)}
SPECS: Final = MappingProxyType(_SPECS)
"""Rows by command. An upload keeps these commands: all that ArduPilot's common mission code keeps, the camera and
gimbal commands of plans for PX4, what only a PX4 keeps (`PX4S`), and those of installed packages. Other commands are
refused (also DO_SET_MODE, as in ArduPilot)."""
PX4S: Final = frozenset((
    Cmd.CONDITION_GATE, Cmd.DO_SET_CAM_TRIGG_INTERVAL, Cmd.DO_TRIGGER_CONTROL, Cmd.DO_CONTROL_VIDEO, Cmd.OBLIQUE_SURVEY,
    Cmd.COMPONENT_ARM_DISARM,
))  # fmt: skip
"""Commands of missions that ArduPilot refuses (mavlink_mission.cpp, `parse_mavlink_mission_item`)."""

TAKEOFFS: Final = (Cmd.NAV_TAKEOFF, Cmd.NAV_VTOL_TAKEOFF)
LANDINGS: Final = (Cmd.NAV_LAND, Cmd.NAV_VTOL_LAND)


def _of(plan: MissionType) -> frozenset[int]:
    return frozenset(command for command, row in SPECS.items() if row.plan is plan)


PLANS: Final = (MissionType.MISSION, MissionType.FENCE, MissionType.RALLY)
"""The plans that a vehicle has."""
KNOWN_COMMANDS: Final = _of(MissionType.MISSION)
FENCE_COMMANDS: Final = _of(MissionType.FENCE)
RALLY_COMMANDS: Final = _of(MissionType.RALLY)

_LARGEST: Final = 0xFFFF
_NAV_LAST: Final = int(Cmd.NAV_LAST)  # a plain int, because it is read at every step of a mission
_BEYOND_NAV_LAST: Final = {c for c, row in SPECS.items() if row.slot is Slot.NAV and c > Cmd.NAV_LAST}
_WITH_PLACE: Final = {command for command, row in SPECS.items() if row.place}
_JUMPS: Final = frozenset(command for command, row in SPECS.items() if row.slot is Slot.JUMP)
_OWN: Final = _JUMPS | {command for command, row in SPECS.items() if row.slot is Slot.MARK}


def add_own(spec: CommandSpec) -> None:
    """Add a command of an installed package, for all vehicles of this process; the installed packages do not change
    while it runs. ValueError for a number that a vehicle carries out already, or that no NAV or DO item can have (seed
    001: numbers up to 95 are NAV items)."""
    present = _SPECS.get(spec.command)
    if present == spec:
        return
    if present is not None and present.needs is not None:
        raise ValueError(f"mission command {spec.command} is {present.name}")
    nav = spec.slot is Slot.NAV
    if spec.slot not in (Slot.NAV, Slot.DO) or not 0 < spec.command <= _LARGEST or (spec.command <= _NAV_LAST) > nav:
        raise ValueError(f"mission command {spec.command}: a number from 1 to {_LARGEST}, NAV (up to 95 always) or DO")
    _SPECS[spec.command] = spec
    for group, within in ((_BEYOND_NAV_LAST, nav and spec.command > _NAV_LAST), (_WITH_PLACE, spec.place)):
        group.add(spec.command) if within else group.discard(spec.command)


def spec_of(command_id: int) -> CommandSpec | None:
    """Row of a command; None if no plan contains it."""
    return SPECS.get(command_id)


def is_fitted(command_id: int, param: Callable[[str], float]) -> bool:
    """True if a vehicle with these parameters has the equipment for a command."""
    row = SPECS.get(command_id)
    return row is not None and row.fitted_by != "" and param(row.fitted_by) != 0.0


def is_nav_command(command_id: int) -> bool:
    """Seed 001: ids up to MAV_CMD_NAV_LAST (95) are NAV, all others DO."""
    return command_id <= _NAV_LAST


def cmd_has_location(command_id: int) -> bool:
    """True by seed 001's helper, kept as in the seed. Code that reads x and y uses `has_position`."""
    return is_nav_command(command_id)


def drives_navigation(command_id: int) -> bool:
    """True if the command takes the NAV slot: by the seed's rule, or as one of three more commands of ArduPilot."""
    return command_id <= _NAV_LAST or command_id in _BEYOND_NAV_LAST


def has_position(command_id: int) -> bool:
    """True if x and y are latitude and longitude (mission, fence and rally commands)."""
    return command_id in _WITH_PLACE


def is_jump(command_id: int) -> bool:
    """True for DO_JUMP and DO_JUMP_TAG, which the sequencer handles itself."""
    return command_id in _JUMPS


def is_do_item(command_id: int) -> bool:
    """True for an item of the DO slot: neither NAV nor handled by the sequencer itself (jumps and marks)."""
    return not (drives_navigation(command_id) or command_id in _OWN)


def command_name(command_id: int) -> str:
    """Short name for "Mission: <index> <name>"; "?" if there is none."""
    row = SPECS.get(command_id)
    return "?" if row is None else row.name
