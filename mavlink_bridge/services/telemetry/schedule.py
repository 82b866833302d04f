"""How often the streams of one link are sent, and when they are due.

Rates: groups of REQUEST_DATA_STREAM, what is sent without being asked, bounds. Intervals are microseconds of vehicle
time, as SET_MESSAGE_INTERVAL has them.

All streams of one interval are due together, at the multiples of the interval in vehicle time, rounded up to a decision
tick: a 4 Hz, a 2 Hz and a 1 Hz stream meet at every full second, whenever and by whom they were asked for. So the
number of wake-ups is that of the fastest interval, links share them, and a run that calls at every tick sends the same
bytes as one that calls at deadlines only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from autopilot.control.layout import TICK_MS
from autopilot.mav import DataStream
from mavlink_bridge.services.telemetry.layout import NUMBER_OF_NAME

FASTEST_US: Final = TICK_MS * 1000
"""One decision tick: no vehicle has anything newer in between."""
SLOWEST_US: Final = 60_000_000
OFF: Final = -1

_GROUPS: Final[dict[int, str]] = {
    DataStream.RAW_SENSORS: "RAW_IMU SCALED_IMU2 SCALED_PRESSURE",
    DataStream.EXTENDED_STATUS: "SYS_STATUS POWER_STATUS MEMINFO MISSION_CURRENT GPS_RAW_INT NAV_CONTROLLER_OUTPUT "
       "FENCE_STATUS POSITION_TARGET_GLOBAL_INT",
    DataStream.RC_CHANNELS: "SERVO_OUTPUT_RAW RC_CHANNELS",
    DataStream.POSITION: "GLOBAL_POSITION_INT LOCAL_POSITION_NED",
    DataStream.EXTRA1: "ATTITUDE AHRS2 SIMSTATE",
    DataStream.EXTRA2: "VFR_HUD",
    DataStream.EXTRA3: "AHRS WIND SYSTEM_TIME BATTERY_STATUS EKF_STATUS_REPORT VIBRATION",
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
         "FENCE_STATUS WIND",
    4.0: "GLOBAL_POSITION_INT ATTITUDE VFR_HUD",
}  # fmt: skip
DEFAULT_US: Final[dict[int, int]] = {
    NUMBER_OF_NAME[name]: round(1e6 / hz) for hz, names in _DEFAULT_HZ.items() for name in names.split()
}
"""Interval of each stream that is sent unasked. ArduCopter's own default is nothing; MAVSDK asks for nothing."""

SLOWEST_OF: Final[dict[int, int]] = {NUMBER_OF_NAME["MISSION_CURRENT"]: 1_000_000}
"""What a group request cannot slow down: MISSION_CURRENT has 1 Hz in every mode (docs/reference/mission-semantics.md,
item 30)."""


def interval_of_rate(hz: float) -> int:
    """The interval for a rate in Hz; `OFF` for a rate of 0 or less."""
    return bounded(round(1e6 / hz)) if hz > 0.0 else OFF


def bounded(interval_us: int) -> int:
    return min(max(interval_us, FASTEST_US), SLOWEST_US)


_HEARTBEAT: Final = NUMBER_OF_NAME["HEARTBEAT"]
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
        self._slowdown_ms, self._factor = 0, 1
        self.update(intervals)

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
