"""Schedule of the streams of one link: intervals and due times.

Rates are those of groups of REQUEST_DATA_STREAM, of default streams, and limits. Intervals are microseconds of vehicle
time, as in SET_MESSAGE_INTERVAL.

All streams of one interval are due together, at multiples of the interval in vehicle time, rounded up to a decision
tick: streams of 4, 2 and 1 Hz meet at every full second, whenever they were requested. So the number of wake-ups is
that of the shortest interval, links share them, and a run that calls at every tick sends the same bytes as one that
calls only at deadlines.
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
"""Shortest interval, us: a decision tick, between which no value changes."""
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
"""Group requested by Mission Planner until it receives this old message, which is not part of DataStream.ALL."""

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
"""Intervals of streams that are sent without a request. ArduCopter sends none by default, but MAVSDK makes no
request."""

SLOWEST_OF: Final[dict[int, int]] = {NUMBER_OF_NAME["MISSION_CURRENT"]: 1_000_000}
"""Longest interval that a group request can set, us: MISSION_CURRENT has 1 Hz in every mode
(docs/reference/mission-semantics.md, item 30)."""


def interval_of_rate(hz: float) -> int:
    """Interval of a rate in Hz; `OFF` for a rate of 0 or less."""
    return bounded(round(1e6 / hz)) if hz > 0.0 else OFF


def bounded(interval_us: int) -> int:
    return min(max(interval_us, FASTEST_US), SLOWEST_US)


def no_slower(number: int, interval_us: int) -> int:
    """Interval of a stream in a group request; see `SLOWEST_OF`."""
    slowest = SLOWEST_OF.get(number)
    return interval_us if slowest is None or 0 < interval_us <= slowest else slowest


_HEARTBEAT: Final = NUMBER_OF_NAME["HEARTBEAT"]
_CYCLE_LIMIT_MS: Final = 60_000
_PLANS_LIMIT: Final = 64
_TIMETABLES: Final = 256
_NOT_YET: Final = -1
Plan = npt.NDArray[np.int64]
"""Stream numbers, in the order of sending."""
Rows = tuple[tuple[int, tuple[int, ...]], ...]
"""Intervals in us, each with its streams."""


def instant_after(interval_us: int, now_ms: int) -> int:
    """First instant of an interval after `now_ms`, ms, a multiple of a tick."""
    tick_ms = now_ms // TICK_MS * TICK_MS
    count = tick_ms * 1000 // interval_us + 1
    return -(-count * interval_us // (TICK_MS * 1000)) * TICK_MS


class Timetable:
    """Timetable of some intervals, independent of a link: all links with the same intervals share it, so the due
    streams of an instant are computed once for all."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        cycle_ms = lcm(TICK_MS * 1000, *(interval_us for interval_us, _ in rows)) // 1000
        self._cycle_ms = cycle_ms if cycle_ms <= _CYCLE_LIMIT_MS else 0
        self._answers: dict[int, tuple[Plan, int]] = {}
        self._plans: dict[tuple[int, ...], Plan] = {}

    def next_ms(self, now_ms: int) -> int:
        """First instant after `now_ms`."""
        return min(instant_after(interval_us, now_ms) for interval_us, _ in self.rows)

    def at_instant(self, now_ms: int) -> tuple[Plan, int]:
        """Streams of this instant, and the next instant."""
        if not self._cycle_ms:
            return self.since(now_ms - 1, now_ms), self.next_ms(now_ms)
        phase_ms = now_ms % self._cycle_ms
        answer = self._answers.get(phase_ms)
        if answer is None:
            answer = self._answers[phase_ms] = self.since(now_ms - 1, now_ms), self.next_ms(now_ms) - now_ms
        return answer[0], now_ms + answer[1]

    def since(self, last_ms: int, now_ms: int, fresh: frozenset[int] = frozenset()) -> Plan:
        """Streams with an instant after `last_ms`, up to `now_ms`; for `fresh` intervals only one at `now_ms`
        counts."""
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
"""Shared timetable of the rows."""


class Schedule:
    """Intervals of the streams (numbers of `layout.LAYOUTS`) of one link; 0 and negative: off."""

    def __init__(self, intervals: Mapping[int, int]) -> None:
        self.intervals: dict[int, int] = {}
        self.next_ms: int | None = None
        """Time at which `take_due` returns streams, ms; in the past after a change; None: never."""
        self._table = timetable(())
        self._last_ms = _NOT_YET
        self._fresh: frozenset[int] = frozenset()  # intervals without a first instant yet
        self._slowdown_ms, self._factor = 0, 1
        self.update(intervals)

    @property
    def rows(self) -> Rows:
        """Present intervals and their streams; empty while an interval has no first instant."""
        return () if self._fresh else self._table.rows

    def passed(self, last_ms: int, next_ms: int) -> None:
        """Note that others have sent the streams due until `last_ms`; the next instant is `next_ms`."""
        self._last_ms, self.next_ms = last_ms, next_ms

    def update(self, intervals: Mapping[int, int]) -> None:
        """Change the intervals of some streams. The others keep their instants."""
        self.intervals.update(intervals)
        self._arrange()

    def slow_down(self, slowdown_ms: int, factor: int) -> None:
        """Slow the streams except HEARTBEAT: interval times `factor` plus `slowdown_ms`."""
        if (slowdown_ms, factor) != (self._slowdown_ms, self._factor):
            self._slowdown_ms, self._factor = slowdown_ms, factor
            self._arrange()

    def _going(self, number: int) -> int:
        """Present interval of a stream, us."""
        interval_us = self.intervals[number]
        if number == _HEARTBEAT:
            return interval_us
        return interval_us * self._factor + self._slowdown_ms * 1000

    def _arrange(self) -> None:
        streams: dict[int, list[int]] = {}
        for number in sorted(self.intervals):
            if self.intervals[number] > 0:
                streams.setdefault(self._going(number), []).append(number)
        before = {interval_us for interval_us, _ in self._table.rows} - self._fresh
        self._fresh = frozenset(streams) - before
        self._table = timetable(tuple((interval_us, tuple(numbers)) for interval_us, numbers in streams.items()))
        self.next_ms = None
        if streams:
            self.next_ms = _NOT_YET if self._fresh else self._table.next_ms(self._last_ms)

    def take_due(self, now_ms: int) -> Plan | None:
        """Streams due at `now_ms`, in the order of their numbers, or None. Missed instants are skipped."""
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
