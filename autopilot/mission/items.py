"""Mission item, as a ground station sends it and as plan files hold it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import isfinite

from autopilot.interface.records import dataclass
from autopilot.mav import Frame
from autopilot.mission.commands import has_position


@dataclass(frozen=True, slots=True)
class MissionItem:
    """A MAVLink mission item without its transport.

    `command` is a MAV_CMD number, `frame` a MAV_FRAME number; both are kept as received. `x`, `y` are latitude and
    longitude in degrees if the command has a position (`autopilot.mission.commands.has_position`), otherwise plain
    numbers (param5, param6). `z` is metres in the meaning of `frame`, or param7. `seq` is the index in the mission,
    where ArduPilot's item 0 is home; storage assigns it.
    """

    command: int
    frame: int = Frame.GLOBAL_RELATIVE_ALT
    param1: float = 0.0
    param2: float = 0.0
    param3: float = 0.0
    param4: float = 0.0
    x: float = 0.0
    y: float = 0.0
    z: float = 0.0
    autocontinue: bool = True
    seq: int = 0

    @property
    def params(self) -> tuple[float, ...]:
        """param1 to param7, as MAVLink counts them."""
        return (self.param1, self.param2, self.param3, self.param4, self.x, self.y, self.z)

    @property
    def is_somewhere(self) -> bool:
        """False for x = y = 0, which means "here" (docs/reference/mission-semantics.md, 1.4)."""
        return self.x != 0.0 or self.y != 0.0

    @property
    def is_placed(self) -> bool:
        """True for a command with a position, if that is not "here"."""
        return has_position(self.command) and self.is_somewhere


def positive(param: float) -> float:
    """A parameter above 0 that is finite, else 0."""
    return param if isfinite(param) and param > 0.0 else 0.0


def numbered(items: Iterable[MissionItem], first: int) -> tuple[MissionItem, ...]:
    return tuple(item if item.seq == seq else replace(item, seq=seq) for seq, item in enumerate(items, first))
