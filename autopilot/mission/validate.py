"""Validation of single items during an upload, by the table of docs/reference/mission-semantics.md, 2.4.

A complete plan is checked elsewhere: a fence by `autopilot.mission.fence.check_fence`. An item that this vehicle cannot
*do* is not refused (`VehicleClass.carries_out`).
"""

from __future__ import annotations

from math import isfinite, isinf, isnan
from typing import Final

from autopilot.interface.earth import HIGHEST_M
from autopilot.interface.records import dataclass
from autopilot.mav import Cmd, MissionResult, MissionType
from autopilot.mission.commands import CommandSpec, spec_of
from autopilot.mission.items import MissionItem

_INT16_MAX: Final = 32_767.0
_NO_COMMANDS: Final = (0, 1)  # an empty item of a ground station; ArduPilot calls them invalid

_PARAM_RESULTS: Final = (
    MissionResult.INVALID_PARAM1,
    MissionResult.INVALID_PARAM2,
    MissionResult.INVALID_PARAM3,
    MissionResult.INVALID_PARAM4,
)


@dataclass(frozen=True, slots=True)
class ItemVerdict:
    """Result for MAVLink, and a text for people ("" if the item is good)."""

    result: MissionResult = MissionResult.ACCEPTED
    text: str = ""

    @property
    def ok(self) -> bool:
        return self.result is MissionResult.ACCEPTED


GOOD: Final = ItemVerdict()


def check_item(item: MissionItem, kind: int, count: int, *, approaches: bool = False) -> ItemVerdict:
    """Check `item` of a plan of MAV_MISSION_TYPE `kind` that will have `count` items (with a mission's home item), by
    its command's row. `approaches`: see `autopilot.mission.rally`."""
    params = item.params[:4]
    for position, value in enumerate(params):
        if isinf(value):
            return ItemVerdict(_PARAM_RESULTS[position], f"param{position + 1} is infinite")
    spec = spec_of(item.command)
    approach = approaches and kind == MissionType.RALLY and item.command == Cmd.NAV_LOITER_TO_ALT
    if spec is None or (spec.plan != kind and not approach):
        return unknown_command(item.command)
    for parameter in spec.parameters:
        if isnan(params[parameter.number - 1]):
            return ItemVerdict(_PARAM_RESULTS[parameter.number - 1], f"param{parameter.number} is not a number")
    return (_check_position(item, spec) if spec.place else None) or _check_values(spec, params, count) or GOOD


def unknown_command(command: int) -> ItemVerdict:
    if command in _NO_COMMANDS:
        return ItemVerdict(MissionResult.INVALID, f"command {command} is none")
    return ItemVerdict(MissionResult.UNSUPPORTED, f"command {command} is not supported")


def _check_position(item: MissionItem, spec: CommandSpec) -> ItemVerdict | None:
    if not abs(item.x) <= 90.0:
        return ItemVerdict(MissionResult.INVALID_PARAM5_X, f"latitude {item.x:g} not in -90..90")
    if not abs(item.y) <= 180.0:
        return ItemVerdict(MissionResult.INVALID_PARAM6_Y, f"longitude {item.y:g} not in -180..180")
    limit = _INT16_MAX if spec.plan is MissionType.RALLY else HIGHEST_M
    if not isfinite(item.z) or abs(item.z) >= limit:
        return ItemVerdict(MissionResult.INVALID_PARAM7, f"altitude {item.z:g} not within {limit:g} m")
    if item.frame not in spec.frames:
        return ItemVerdict(MissionResult.UNSUPPORTED_FRAME, f"frame {item.frame} not supported")
    return None


def _check_values(spec: CommandSpec, params: tuple[float, ...], count: int) -> ItemVerdict | None:
    for parameter in spec.parameters:
        value = params[parameter.number - 1]
        if parameter.index and not 1 <= value < count:
            return ItemVerdict(MissionResult.ERROR, f"jump to {value:g}, items are 1 to {count - 1}")
        if value > parameter.most:
            text = f"{value:g} {parameter.name}, at most {parameter.most:g}"
            return ItemVerdict(_PARAM_RESULTS[parameter.number - 1], text)
    return None
