"""Changes of plans: items are moved, re-timed or left out. Pure functions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Annotated, Final

from msgspec import Meta, Struct

from autopilot.interface.geo import GeoPoint, to_global
from autopilot.mav import Cmd
from autopilot.mission.items import MissionItem
from autopilot.mission.plan import Plan
from sortie.campaign.sampling import Value

TIMED: Final = frozenset({Cmd.NAV_WAYPOINT, Cmd.NAV_LOITER_TIME, Cmd.NAV_DELAY, Cmd.CONDITION_DELAY})
"""Items whose first parameter is a time, s."""
_FIELDS: Final = ("param1", "param2", "param3", "param4")


class Change(Struct, frozen=True, forbid_unknown_fields=True):
    """Change of the plan item with this number (from 1)."""

    item: Annotated[int, Meta(ge=1)]
    north_m: Value | None = None
    east_m: Value | None = None
    up_m: Value | None = None
    hold_s: Value | None = None
    drop: Value | None = None
    param1: Value | None = None
    param2: Value | None = None
    param3: Value | None = None
    param4: Value | None = None

    def given(self) -> dict[str, Value]:
        names = self.__struct_fields__[1:]
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}


def complaint(item: MissionItem, keys: Collection[str]) -> str:
    """Return the reason why an item cannot be changed so, or ""."""
    if not item.is_placed and {"north_m", "east_m"} & set(keys):
        return "has no place that could be moved"
    if "hold_s" in keys and item.command not in TIMED:
        return "has no time; hold_s is for waypoints, loiters and delays"
    return ""


def changed(item: MissionItem, values: Mapping[str, float]) -> MissionItem:
    """Return the item, moved and re-timed; `values` by the keys of `Change`."""
    north, east = values.get("north_m", 0.0), values.get("east_m", 0.0)
    if north or east:
        place = to_global(GeoPoint(item.x, item.y), (north, east, 0.0))
        item = replace(item, x=place.lat, y=place.lon)
    first, second, third, fourth = (values.get(name, getattr(item, name)) for name in _FIELDS)
    return replace(
        item,
        param1=values.get("hold_s", first),
        param2=second,
        param3=third,
        param4=fourth,
        z=item.z + values.get("up_m", 0.0),
    )


def rebuilt(plan: Plan, changes: Iterable[tuple[int, Mapping[str, float]]], only: Collection[int]) -> Plan:
    """Return the plan with changed items (number, `values` as above and `drop`), reduced to the items `only`, or all if
    that is empty."""
    removed: set[int] = set()
    items = list(plan.items)
    for number, values in changes:
        if values.get("drop", 0.0):
            removed.add(number)
        items[number - 1] = changed(items[number - 1], values)
    remaining = {item.seq for item in items if item.seq not in removed and (not only or item.seq in only)}
    whole = replace(plan, items=tuple(items))
    return whole if len(remaining) == len(items) else reduced(whole, remaining)


def reduced(plan: Plan, seqs: Collection[int]) -> Plan:
    """Return the plan with only these items (numbers from 1). A jump goes to the same item as before, or, when that is
    left out, to the next remaining one; without one, the jump is left out too."""
    numbers = [item.seq for item in plan.items if item.seq in seqs]
    new = {old: k for k, old in enumerate(numbers, 1)}
    ahead = [item for item in plan.items if item.seq in seqs]
    lost = [
        item.seq
        for item in ahead
        if item.command == Cmd.DO_JUMP and not any(number >= item.param1 for number in numbers)
    ]
    if lost:
        return reduced(plan, set(seqs) - set(lost))

    def placed(item: MissionItem) -> MissionItem:
        item = replace(item, seq=new[item.seq])
        if item.command != Cmd.DO_JUMP:
            return item
        return replace(item, param1=float(next(new[number] for number in numbers if number >= item.param1)))

    return replace(plan, items=tuple(placed(item) for item in ahead))
