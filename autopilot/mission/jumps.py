"""DO_JUMP and DO_JUMP_TAG: their targets and counters (docs/reference/mission-semantics.md, items 20, 21).

A jump item with count n jumps n times, so the body of the loop runs n + 1 times; 0 never jumps, -1 always. Each jump
item has a counter. It resets when its loop has ended, so that an outer loop can enter the inner loop again.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite

from autopilot.mav import Cmd
from autopilot.mission.events import JumpTaken
from autopilot.mission.items import MissionItem
from autopilot.mission.storage import MissionStorage

FOREVER = -1


def _whole(value: float) -> int:
    return int(value) if isfinite(value) else 0


def jump_target(item: MissionItem, storage: MissionStorage) -> int | None:
    """Index of the target of jump `item`, or None if there is no such item."""
    if item.command == Cmd.DO_JUMP_TAG:
        return storage.find_tag(_whole(item.param1)) if isfinite(item.param1) else None
    target = _whole(item.param1) if isfinite(item.param1) else -1
    return target if storage.get(target) is not None else None


class JumpCounters:
    """Counters of jumps for each jump item. `keep_exhausted` (MIS_OPTIONS bit 3): counters do not reset when their loop
    has ended."""

    def __init__(self, runs: dict[int, int] | None = None, *, keep_exhausted: bool = False) -> None:
        self._runs: dict[int, int] = {} if runs is None else runs
        self.keep_exhausted = keep_exhausted

    def reset(self) -> None:
        self._runs.clear()

    def copy(self) -> JumpCounters:
        """Copy the counters, to look ahead without counting."""
        return JumpCounters(dict(self._runs), keep_exhausted=self.keep_exhausted)

    def follow(
        self, item: MissionItem, storage: MissionStorage, notify: Callable[[JumpTaken], object] = lambda jump: None
    ) -> int | None:
        """Index after jump `item`, which is counted; None if its target does not exist."""
        target = jump_target(item, storage)
        if target is None:
            return None
        count = _whole(item.param2)
        runs = self._runs.get(item.seq, 0)
        if count != FOREVER and runs >= count:
            if not self.keep_exhausted:
                self._runs.pop(item.seq, None)
            return item.seq + 1
        self._runs[item.seq] = runs + 1
        notify(JumpTaken(item.seq, target, runs + 1, count))
        return target
