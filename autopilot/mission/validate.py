"""Is one item acceptable? By the table of docs/reference/mission-semantics.md, 2.4, item by item, as an upload goes on.

What only shows when a plan is complete is judged elsewhere: a fence by `autopilot.mission.fence.check_fence`. Whether
this vehicle can *do* an item is no reason to refuse it (`autopilot.mission.capability`).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, isinf, isnan
from typing import Final

from autopilot.mission.commands import FENCE_COMMANDS, KNOWN_COMMANDS, RALLY_COMMANDS, Cmd, has_position
from autopilot.mission.items import MissionItem
from autopilot.mission.results import MissionResult, PlanKind

__all__ = ["GOOD", "MAX_ALTITUDE_M", "Verdict", "check_item"]

MAX_ALTITUDE_M: Final = 83_000.0  # ArduPilot keeps altitudes as centimetres in 24 bits
_INT16_MAX: Final = 32_767.0
_MAX_VERTICES: Final = 255

_POSITION_FRAMES: Final = frozenset({0, 2, 3, 5, 6, 10, 11})
_PARAM_RESULTS: Final = (
    MissionResult.INVALID_PARAM1,
    MissionResult.INVALID_PARAM2,
    MissionResult.INVALID_PARAM3,
    MissionResult.INVALID_PARAM4,
)
_COMMANDS: Final[dict[int, frozenset[int]]] = {
    PlanKind.MISSION: KNOWN_COMMANDS,
    PlanKind.FENCE: FENCE_COMMANDS,
    PlanKind.RALLY: RALLY_COMMANDS,
}

# Which of param1..4 an item uses (docs/reference/mission-semantics.md, 1.3, 1.4): NaN is refused there and kept
# elsewhere.
_USED: Final[dict[int, tuple[int, ...]]] = {
    16: (1,),
    18: (1, 3),
    19: (1,),
    82: (1,),
    92: (1,),
    93: (1, 2, 3, 4),
    112: (1,),
    114: (1,),
    115: (1, 2, 3, 4),
    177: (1, 2),
    178: (1, 2),
    179: (1,),
    181: (1, 2),
    182: (1, 2, 3),
    183: (1, 2),
    184: (1, 2, 3, 4),
    193: (1,),
    194: (1,),
    206: (1,),
    207: (1,),
    211: (1, 2),
    218: (1, 2),
    222: (1, 2, 3, 4),
    600: (1,),
    601: (1, 2),
    5001: (1,),
    5002: (1,),
    5003: (1,),
    5004: (1,),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result for the wire and, for people, what is wrong ("" when nothing is)."""

    result: MissionResult = MissionResult.ACCEPTED
    text: str = ""

    @property
    def ok(self) -> bool:
        return self.result is MissionResult.ACCEPTED


GOOD: Final = Verdict()


def check_item(item: MissionItem, kind: int, count: int) -> Verdict:
    """Judge `item` of a plan of MAV_MISSION_TYPE `kind` that will have `count` items (a mission's home item counts)."""
    params = (item.param1, item.param2, item.param3, item.param4)
    for position, value in enumerate(params):
        if isinf(value):
            return Verdict(_PARAM_RESULTS[position], f"param{position + 1} is infinite")
    if item.command not in _COMMANDS.get(kind, frozenset()):
        return _unknown_command(item.command)
    for number in _USED.get(item.command, ()):
        if isnan(params[number - 1]):
            return Verdict(_PARAM_RESULTS[number - 1], f"param{number} is not a number")
    if has_position(item.command):
        return _check_position(item, kind) or _check_fence_item(item) or GOOD
    if item.command == Cmd.DO_JUMP and not 1 <= item.param1 < count:
        return Verdict(MissionResult.ERROR, f"jump to {item.param1:g}, items are 1 to {count - 1}")
    return GOOD


def _unknown_command(command: int) -> Verdict:
    if command in (0, 1):
        return Verdict(MissionResult.INVALID, f"command {command} is none")
    return Verdict(MissionResult.UNSUPPORTED, f"command {command} not supported here")


def _check_position(item: MissionItem, kind: int) -> Verdict | None:
    if not abs(item.x) <= 90.0:
        return Verdict(MissionResult.INVALID_PARAM5_X, f"latitude {item.x:g} not in -90..90")
    if not abs(item.y) <= 180.0:
        return Verdict(MissionResult.INVALID_PARAM6_Y, f"longitude {item.y:g} not in -180..180")
    limit = _INT16_MAX if kind == PlanKind.RALLY else MAX_ALTITUDE_M
    if not isfinite(item.z) or abs(item.z) >= limit:
        return Verdict(MissionResult.INVALID_PARAM7, f"altitude {item.z:g} not within {limit:g} m")
    if item.frame not in _POSITION_FRAMES or (item.frame == 2 and kind != PlanKind.MISSION):
        return Verdict(MissionResult.UNSUPPORTED_FRAME, f"frame {item.frame} not supported")
    return None


def _check_fence_item(item: MissionItem) -> Verdict | None:
    vertex = item.command in (Cmd.FENCE_POLYGON_VERTEX_INCLUSION, Cmd.FENCE_POLYGON_VERTEX_EXCLUSION)
    if vertex and item.param1 > _MAX_VERTICES:
        return Verdict(MissionResult.INVALID_PARAM1, f"{item.param1:g} vertices, at most {_MAX_VERTICES}")
    return None
