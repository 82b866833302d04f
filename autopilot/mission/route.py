"""Search for the next NAV item: a bounded walk over the storage, through jumps.

A walk passes DO items; the sequencer decides when they start. It ends without a NAV item at the end of the mission, at
a jump without a target, or in a loop without NAV items: after 64 jumps in a row (ArduPilot's limit), or after more
steps than a pass over the storage and ArduPilot's 255.

DO_JUMP and DO_JUMP_TAG have targets and counters (docs/reference/mission-semantics.md, items 20, 21). A jump item with
count n jumps n times, so the body of the loop runs n + 1 times; 0 never jumps, -1 always. Each jump item has a counter.
It resets when its loop has ended, so that an outer loop can enter the inner loop again.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite

from autopilot.mav import Cmd
from autopilot.mission.commands import drives_navigation, is_jump
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
    has ended. `resting`: jumps are taken, but not counted."""

    def __init__(self, runs: dict[int, int] | None = None, *, keep_exhausted: bool = False) -> None:
        self._runs: dict[int, int] = {} if runs is None else runs
        self.keep_exhausted = keep_exhausted
        self.resting = False

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
        if not self.resting:
            self._runs[item.seq] = runs + 1
            notify(JumpTaken(item.seq, target, runs + 1, count))
        return target


TakesNav = Callable[[int], bool]
"""True if a command takes the NAV slot."""
_CHAINED_JUMPS = 64
_SPARE_STEPS = 255


def do_run(storage: MissionStorage, seq: int, takes_nav: TakesNav = drives_navigation) -> list[MissionItem]:
    """DO items after item `seq`, up to the next NAV or jump item."""
    run: list[MissionItem] = []
    while True:
        seq += 1
        item = storage.get(seq)
        if item is None or takes_nav(item.command) or is_jump(item.command):
            return run
        if item.command != Cmd.JUMP_TAG:
            run.append(item)


class Route:
    """A walk that begins at index `at`. `lead_done`: the DO items from there up to the first NAV or jump item are done,
    and are not reported as passed."""

    def __init__(
        self,
        storage: MissionStorage,
        counters: JumpCounters,
        at: int,
        *,
        lead_done: bool = False,
        notify: Callable[[JumpTaken], object] = lambda jump: None,
        takes_nav: TakesNav = drives_navigation,
    ) -> None:
        self._storage = storage
        self._counters = counters
        self._at = at
        self._lead_done = lead_done
        self._notify = notify
        self._takes_nav = takes_nav
        self._steps = storage.count() + _SPARE_STEPS
        self._passed: list[MissionItem] = []
        self._passed_seqs: set[int] = set()

    def next_nav(self) -> MissionItem | None:
        """Walk to the next NAV item; None if there is none."""
        jumps = _CHAINED_JUMPS
        while self._steps > 0:
            self._steps -= 1
            item = self._storage.get(self._at)
            if item is None:
                return None
            if self._takes_nav(item.command):
                self._lead_done = False
                self._at += 1
                return item
            if is_jump(item.command):
                self._lead_done = False
                jumps -= 1
                target = self._counters.follow(item, self._storage, self._notify) if jumps >= 0 else None
                if target is None:
                    return None
                self._at = target
                continue
            self._at += 1
            if not self._lead_done and item.command != Cmd.JUMP_TAG:
                self._pass(item)
        return None

    def take_passed(self) -> list[MissionItem]:
        """DO items passed since the last call, each once in the whole walk."""
        passed, self._passed = self._passed, []
        return passed

    def has_passed(self, seq: int) -> bool:
        """True if DO item `seq` was reported as passed."""
        return seq in self._passed_seqs

    def _pass(self, item: MissionItem) -> None:
        if item.seq not in self._passed_seqs:
            self._passed_seqs.add(item.seq)
            self._passed.append(item)


def next_nav(
    storage: MissionStorage, counters: JumpCounters, at: int, takes_nav: TakesNav = drives_navigation
) -> MissionItem | None:
    """NAV item that would be flown from index `at` on. No jump is counted."""
    return Route(storage, counters.copy(), at, takes_nav=takes_nav).next_nav()


def idle_jump(storage: MissionStorage, counters: JumpCounters, seq: int) -> MissionItem | None:
    """The last of a chain of jumps from `seq` on that only leads to jumps; None if the mission just ends."""
    last: MissionItem | None = None
    at: int | None = seq
    for _ in range(storage.count() + _SPARE_STEPS):
        item = None if at is None else storage.get(at)
        if item is None:
            return None
        last = item if is_jump(item.command) else last
        at = counters.follow(item, storage) if is_jump(item.command) else item.seq + 1
    return last
