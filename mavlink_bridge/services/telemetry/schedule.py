"""When the streams of one link are due.

All streams of one interval are due together, at the multiples of the interval in vehicle time, rounded up to a decision
tick: a 4 Hz, a 2 Hz and a 1 Hz stream meet at every full second, whenever and by whom they were asked for. So the
number of wake-ups is that of the fastest interval, links share them, and a run that calls at every tick sends the same
bytes as one that calls at deadlines only.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from autopilot.control.layout import TICK_MS

_PLANS_LIMIT = 64
_UNKNOWN = -1


def instant_after(interval_us: int, now_ms: int) -> int:
    """The first instant of an interval behind `now_ms`, in ms, a multiple of a tick."""
    tick_ms = now_ms // TICK_MS * TICK_MS
    count = tick_ms * 1000 // interval_us + 1
    return -(-count * interval_us // (TICK_MS * 1000)) * TICK_MS


class _Interval:
    """All streams of one interval. `next_ms` is unknown until the first call tells the time."""

    __slots__ = ("interval_us", "next_ms", "streams")

    def __init__(self, interval_us: int, streams: tuple[int, ...], next_ms: int) -> None:
        self.interval_us = interval_us
        self.streams = streams
        self.next_ms = next_ms


class Schedule:
    """Intervals of the streams (numbers of `layout.LAYOUTS`) of one link; 0 and negative = off."""

    def __init__(self, intervals: Mapping[int, int]) -> None:
        self.intervals: dict[int, int] = {}
        self.next_ms: int | None = None
        """When `take_due` has something, in ms; a time in the past after a change; None = never."""
        self._groups: list[_Interval] = []
        self._plans: dict[int, npt.NDArray[np.int64]] = {}
        self.update(intervals)

    def update(self, intervals: Mapping[int, int]) -> None:
        """Change the intervals of some streams. What is unchanged keeps its instants."""
        self.intervals.update(intervals)
        streams: dict[int, list[int]] = {}
        for number in sorted(self.intervals):
            if self.intervals[number] > 0:
                streams.setdefault(self.intervals[number], []).append(number)
        known = {group.interval_us: group.next_ms for group in self._groups}
        self._groups = [_Interval(us, tuple(numbers), known.get(us, _UNKNOWN)) for us, numbers in streams.items()]
        self._plans.clear()
        self.next_ms = min((group.next_ms for group in self._groups), default=None)

    def take_due(self, now_ms: int) -> npt.NDArray[np.int64] | None:
        """The streams that are due at `now_ms`, in the order of their numbers, or None. Instants that were missed are
        not made up for."""
        if self.next_ms is None or now_ms < self.next_ms:
            return None
        due, next_ms = 0, None
        for bit, group in enumerate(self._groups):
            if group.next_ms == _UNKNOWN:
                group.next_ms = instant_after(group.interval_us, now_ms - 1)
            if group.next_ms <= now_ms:
                due |= 1 << bit
                group.next_ms = instant_after(group.interval_us, now_ms)
            if next_ms is None or group.next_ms < next_ms:
                next_ms = group.next_ms
        self.next_ms = next_ms
        return self._plan(due) if due else None

    def _plan(self, due: int) -> npt.NDArray[np.int64]:
        plan = self._plans.get(due)
        if plan is None:
            if len(self._plans) >= _PLANS_LIMIT:
                self._plans.clear()
            numbers = [number for bit, group in enumerate(self._groups) if due >> bit & 1 for number in group.streams]
            plan = self._plans[due] = np.array(sorted(numbers), np.int64)
        return plan
