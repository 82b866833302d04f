"""Order of a plan's items: jumps that lead nowhere, and CONDITION items. DO items behind a CONDITION are done on the
way or, if the leg ends before, never (ArduPilot AP_Mission.cpp, `update`; docs/reference/mission-semantics.md, 1.2)."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isfinite
from typing import Final

from autopilot.mav import Cmd
from autopilot.mission.commands import is_jump
from autopilot.mission.items import MissionItem
from autopilot.mission.jumps import JumpCounters
from autopilot.mission.storage import MissionStorage

_CHAIN: Final = 255  # limit of jumps in a row, as in `autopilot.mission.route`


def waits_s(item: MissionItem) -> float:
    """Time that a CONDITION waits, s; 0 for immediate ones and where only a flight shows it."""
    if item.command == Cmd.CONDITION_DELAY and isfinite(item.param1):
        return max(item.param1, 0.0)
    if item.command == Cmd.CONDITION_DISTANCE and item.param1 <= 0.0:
        return inf
    return 0.0


def done_at(items: Sequence[MissionItem]) -> list[tuple[float, MissionItem]]:
    """Items before a NAV item, each with the time at which it is done, s from the beginning of the leg."""
    found, waited = [], 0.0
    for item in items:
        found.append((waited, item))
        waited += waits_s(item)
    return found


def idle_jump(storage: MissionStorage, counters: JumpCounters, seq: int) -> MissionItem | None:
    """The last of a chain of jumps from `seq` on that only leads to jumps; None if the mission just ends."""
    last: MissionItem | None = None
    at: int | None = seq
    for _ in range(storage.count() + _CHAIN):
        item = None if at is None else storage.get(at)
        if item is None:
            return None
        last = item if is_jump(item.command) else last
        at = counters.follow(item, storage) if is_jump(item.command) else item.seq + 1
    return last
