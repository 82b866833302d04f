"""Schedule of the streams of one link: how often they are sent, and when they are due.

Rates: groups of REQUEST_DATA_STREAM, what is sent without being asked, bounds. Intervals are microseconds of vehicle
time, as SET_MESSAGE_INTERVAL has them.

All streams of one interval are due together, at the multiples of the interval in vehicle time, rounded up to a decision
tick: a 4 Hz, a 2 Hz and a 1 Hz stream meet at every full second, whenever and by whom they were asked for. So the
number of wake-ups is that of the fastest interval, links share them, and a run that calls at every tick sends the same
bytes as one that calls at deadlines only.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from math import lcm
from typing import Final

import numpy as np
import numpy.typing as npt

from autopilot.interface.layout import TICK_MS
from autopilot.mav import DataStream
from mavlink_bridge.services.telemetry.layout import NUMBER_OF_NAME

FASTEST_US: Final = TICK_MS * 1000
"""Shortest interval, us, a decision tick: no vehicle has anything newer in between."""
SLOWEST_US: Final = 60_000_000
OFF: Final = -1

_GROUPS: Final[dict[int, str]] = {
    DataStream.RAW_SENSORS: "RAW_IMU SCALED_IMU2 SCALED_PRESSURE AIRSPEED",
    DataStream.EXTENDED_STATUS: "SYS_STATUS POWER_STATUS MEMINFO MISSION_CURRENT GPS_RAW_INT NAV_CONTROLLER_OUTPUT "
       "FENCE_STATUS POSITION_TARGET_GLOBAL_INT",
    DataStream.RC_CHANNELS: "SERVO_OUTPUT_RAW RC_CHANNELS",
    DataStream.POSITION: "GLOBAL_POSITION_INT LOCAL_POSITION_NED",
    DataStream.EXTRA1: "ATTITUDE AHRS2 SIMSTATE",
    DataStream.EXTRA2: "VFR_HUD",
    DataStream.EXTRA3: "AHRS WIND SYSTEM_TIME BATTERY_STATUS EKF_STATUS_REPORT VIBRATION DISTANCE_SENSOR RANGEFINDER",
}  # fmt: skip
_ONLY_BY_NUMBER: Final[dict[int, str]] = {DataStream.RC_CHANNELS: "RC_CHANNELS_RAW"}
"""Mission Planner asks for this group again until it sees this old message; who asks for all never looks at it."""

GROUPS: Final[dict[int, frozenset[int]]] = {
    group: frozenset(NUMBER_OF_NAME[name] for name in f"{names} {_ONLY_BY_NUMBER.get(group, '')}".split())
    for group, names in _GROUPS.items()
} | {DataStream.ALL: frozenset(NUMBER_OF_NAME[name] for names in _GROUPS.values() for name in names.split())}
"""Streams of a REQUEST_DATA_STREAM id."""

_DEFAULT_HZ: Final = {
    0.2: "AVAILABLE_MODES_MONITOR",
    1.0: "HEARTBEAT EXTENDED_SYS_STATE MISSION_CURRENT HOME_POSITION POWER_STATUS MEMINFO",
    2.0: "SYS_STATUS GPS_RAW_INT BATTERY_STATUS EKF_STATUS_REPORT AHRS NAV_CONTROLLER_OUTPUT SYSTEM_TIME RAW_IMU "
         "SCALED_PRESSURE VIBRATION RC_CHANNELS SERVO_OUTPUT_RAW LOCAL_POSITION_NED POSITION_TARGET_GLOBAL_INT "
         "FENCE_STATUS WIND DISTANCE_SENSOR RANGEFINDER AIRSPEED",
    4.0: "GLOBAL_POSITION_INT ATTITUDE VFR_HUD",
}  # fmt: skip
DEFAULT_US: Final[dict[int, int]] = {
    NUMBER_OF_NAME[name]: round(1e6 / hz) for hz, names in _DEFAULT_HZ.items() for name in names.split()
}
"""Interval of each stream that is sent unasked. ArduCopter's own default is nothing; MAVSDK asks for nothing."""

SLOWEST_OF: Final[dict[int, int]] = {NUMBER_OF_NAME["MISSION_CURRENT"]: 1_000_000}
"""Longest interval to which a group request can slow a message down, us: MISSION_CURRENT has 1 Hz in every mode
(docs/reference/mission-semantics.md, item 30)."""


def interval_of_rate(hz: float) -> int:
    """The interval for a rate in Hz; `OFF` for a rate of 0 or less."""
    return bounded(round(1e6 / hz)) if hz > 0.0 else OFF


def bounded(interval_us: int) -> int:
    return min(max(interval_us, FASTEST_US), SLOWEST_US)


def no_slower(number: int, interval_us: int) -> int:
    """The interval that a group request gives a stream; see `SLOWEST_OF`."""
    slowest = SLOWEST_OF.get(number)
    return interval_us if slowest is None or 0 < interval_us <= slowest else slowest


_HEARTBEAT: Final = NUMBER_OF_NAME["HEARTBEAT"]
_CYCLE_LIMIT_MS: Final = 60_000
_PLANS_LIMIT: Final = 64
_TIMETABLES: Final = 256
_NOT_YET: Final = -1
Plan = npt.NDArray[np.int64]
"""Numbers of streams, in the order in which they are sent."""
Rows = tuple[tuple[int, tuple[int, ...]], ...]
"""Intervals in us, each with the streams that go at it."""


def instant_after(interval_us: int, now_ms: int) -> int:
    """The first instant of an interval behind `now_ms`, in ms, a multiple of a tick."""
    tick_ms = now_ms // TICK_MS * TICK_MS
    count = tick_ms * 1000 // interval_us + 1
    return -(-count * interval_us // (TICK_MS * 1000)) * TICK_MS


class Timetable:
    """Timetable of some intervals. It knows nothing of a link: all links, of all vehicles, whose streams go alike have
    the same, so that what is due at an instant is found out once for all of them."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        cycle_ms = lcm(TICK_MS * 1000, *(interval_us for interval_us, _ in rows)) // 1000
        self._cycle_ms = cycle_ms if cycle_ms <= _CYCLE_LIMIT_MS else 0
        self._answers: dict[int, tuple[Plan, int]] = {}
        self._plans: dict[tuple[int, ...], Plan] = {}

    def next_ms(self, now_ms: int) -> int:
        """The first instant behind `now_ms`."""
        return min(instant_after(interval_us, now_ms) for interval_us, _ in self.rows)

    def at_instant(self, now_ms: int) -> tuple[Plan, int]:
        """The streams of this instant, and the one that follows it."""
        if not self._cycle_ms:
            return self.since(now_ms - 1, now_ms), self.next_ms(now_ms)
        phase_ms = now_ms % self._cycle_ms
        answer = self._answers.get(phase_ms)
        if answer is None:
            answer = self._answers[phase_ms] = self.since(now_ms - 1, now_ms), self.next_ms(now_ms) - now_ms
        return answer[0], now_ms + answer[1]

    def since(self, last_ms: int, now_ms: int, fresh: frozenset[int] = frozenset()) -> Plan:
        """The streams with an instant behind `last_ms`, up to `now_ms`; of `fresh` intervals only one at `now_ms`
        itself counts."""
        numbers: list[int] = []
        for interval_us, streams in self.rows:
            if instant_after(interval_us, now_ms - 1 if interval_us in fresh else last_ms) <= now_ms:
                numbers += streams
        return self._plan(tuple(sorted(numbers)))

    def _plan(self, numbers: tuple[int, ...]) -> Plan:
        """Plan for these streams: the same array for the same streams."""
        plan = self._plans.get(numbers)
        if plan is None:
            if len(self._plans) >= _PLANS_LIMIT:
                self._plans.clear()
            plan = self._plans[numbers] = np.array(numbers, np.int64)
        return plan


timetable = lru_cache(_TIMETABLES)(Timetable)
"""The one of these rows."""


class Schedule:
    """Intervals of the streams (numbers of `layout.LAYOUTS`) of one link; 0 and negative = off."""

    def __init__(self, intervals: Mapping[int, int]) -> None:
        self.intervals: dict[int, int] = {}
        self.next_ms: int | None = None
        """Time at which `take_due` has something, in ms; a time in the past after a change; None = never."""
        self._table = timetable(())
        self._last_ms = _NOT_YET
        self._fresh: frozenset[int] = frozenset()  # intervals that have not been told the time yet
        self._slowdown_ms, self._factor = 0, 1
        self.update(intervals)

    @property
    def rows(self) -> Rows:
        """Intervals and what goes at each now; none while one has not been told the time yet."""
        return () if self._fresh else self._table.rows

    def passed(self, last_ms: int, next_ms: int) -> None:
        """Note that others have taken what was due until `last_ms`, the last instant; the next one is `next_ms`."""
        self._last_ms, self.next_ms = last_ms, next_ms

    def update(self, intervals: Mapping[int, int]) -> None:
        """Change the intervals of some streams. What is unchanged keeps its instants."""
        self.intervals.update(intervals)
        self._arrange()

    def slow_down(self, slowdown_ms: int, factor: int) -> None:
        """Streams, HEARTBEAT apart, go so much later, at `factor` times the interval, as long as a radio is slow."""
        if (slowdown_ms, factor) != (self._slowdown_ms, self._factor):
            self._slowdown_ms, self._factor = slowdown_ms, factor
            self._arrange()

    def _going(self, number: int) -> int:
        """The interval at which a stream goes at present, us."""
        interval_us = self.intervals[number]
        if number == _HEARTBEAT:
            return interval_us
        return interval_us * self._factor + self._slowdown_ms * 1000

    def _arrange(self) -> None:
        streams: dict[int, list[int]] = {}
        for number in sorted(self.intervals):
            if self.intervals[number] > 0:
                streams.setdefault(self._going(number), []).append(number)
        known = {interval_us for interval_us, _ in self._table.rows} - self._fresh
        self._fresh = frozenset(streams) - known
        self._table = timetable(tuple((interval_us, tuple(numbers)) for interval_us, numbers in streams.items()))
        self.next_ms = None
        if streams:
            self.next_ms = _NOT_YET if self._fresh else self._table.next_ms(self._last_ms)

    def take_due(self, now_ms: int) -> Plan | None:
        """The streams that are due at `now_ms`, in the order of their numbers, or None. Instants that were missed are
        not made up for."""
        next_ms = self.next_ms
        if next_ms is None or now_ms < next_ms:
            return None
        if now_ms == next_ms:
            due, self.next_ms = self._table.at_instant(now_ms)
        else:
            due, self.next_ms = self._table.since(self._last_ms, now_ms, self._fresh), self._table.next_ms(now_ms)
            self._fresh = frozenset()
        self._last_ms = now_ms
        return due if len(due) else None
