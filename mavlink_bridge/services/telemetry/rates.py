"""Rates of streams: the schedule of each link, and what ground stations request of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from autopilot.mav import DataStream, Result
from mavlink_bridge.services.telemetry.layout import NUMBER_OF, NUMBER_OF_NAME
from mavlink_bridge.services.telemetry.schedule import (
    DEFAULT_US,
    GROUPS,
    OFF,
    Schedule,
    bounded,
    interval_of_rate,
    no_slower,
)


class Subscription(Protocol):
    """Port: sender of a message to requesting links, with its own schedule."""

    def subscribe(self, link: int, interval_us: int) -> None:
        """Send the message on this link from now on, -1: stop."""

    def interval_us(self, link: int) -> int:
        """Interval on a link, us; -1: off."""


class StreamRates:
    """Schedules of the links of one vehicle. Requests do not change those of fixed links."""

    def __init__(self) -> None:
        self.schedules: dict[int, Schedule] = {}
        self._fixed: set[int] = set()
        self._grouped: dict[int, dict[int, int]] = {}  # intervals of requested groups, by link: the new defaults, us
        self.subscriptions: dict[int, Subscription] = {}  # messages of other services that can have an interval, by id
        self.extra1: list[Subscription] = []  # of those, the ones in the group EXTRA1

    def open_link(self, link: int, rates_hz: Mapping[str, float], *, fixed: bool) -> None:
        """Begin with the default rates, changed by `rates_hz` (message name to Hz, "*" = all default streams)."""
        intervals = dict(DEFAULT_US)
        for name, hz in rates_hz.items():
            numbers = list(intervals) if name == "*" else [NUMBER_OF_NAME[name]]
            intervals.update(dict.fromkeys(numbers, interval_of_rate(hz)))
        self.schedules[link] = Schedule(intervals)
        if fixed:
            self._fixed.add(link)

    def close_link(self, link: int) -> bool:
        """Forget a link; False if it had no streams."""
        self._fixed.discard(link)
        self._grouped.pop(link, None)
        return self.schedules.pop(link, None) is not None

    def set_group_rate(self, link: int, group: int, hz: int) -> None:
        """Set the rate of a group of streams (REQUEST_DATA_STREAM); 0: off. Nothing for an unknown group."""
        schedule, numbers = self.schedules.get(link), GROUPS.get(group)
        if schedule is None or numbers is None or link in self._fixed:
            return
        interval = interval_of_rate(hz)
        intervals = {number: no_slower(number, interval) for number in numbers}
        schedule.update(intervals)
        self._grouped.setdefault(link, {}).update(intervals)
        if group in (DataStream.EXTRA1, DataStream.ALL):
            for subscription in self.extra1:
                subscription.subscribe(link, interval)

    def set_message_interval(self, link: int, msg_id: int, interval_us: int) -> Result:
        """Set an interval, us: 0 = the rate of its group or the default, -1 = off; at least 20 000 (50 Hz)."""
        number, schedule = NUMBER_OF.get(msg_id), self.schedules.get(link)
        if msg_id in self.subscriptions and interval_us >= OFF:
            self.subscriptions[msg_id].subscribe(link, interval_us)
            return Result.ACCEPTED
        if number is None or schedule is None or interval_us < OFF:
            return Result.DENIED
        if interval_us == 0:
            interval_us = self._grouped.get(link, DEFAULT_US).get(number, DEFAULT_US.get(number, OFF))
        elif interval_us > 0:
            interval_us = bounded(interval_us)
        if link not in self._fixed:
            schedule.update({number: interval_us})
        return Result.ACCEPTED

    def slow_down(self, link: int, slowdown_ms: int, factor: int) -> None:
        """Slow the streams of this link, or restore their requested speed; see `RadioFlow`."""
        schedule = self.schedules.get(link)
        if schedule is not None and link not in self._fixed:
            schedule.slow_down(slowdown_ms, factor)

    def message_interval(self, link: int, msg_id: int) -> int:
        """Interval of a message on this link, us; -1 off, 0 for a message that is not streamed."""
        number, schedule = NUMBER_OF.get(msg_id), self.schedules.get(link)
        if msg_id in self.subscriptions:
            return self.subscriptions[msg_id].interval_us(link)
        return 0 if number is None or schedule is None else schedule.intervals.get(number, OFF)

    def intervals(self) -> dict[int, dict[int, int]]:
        """Intervals of the active streams of each link by stream number, us."""
        return {
            link: {n: us for n, us in schedule.intervals.items() if us > 0} for link, schedule in self.schedules.items()
        }

    def restore(self, before: Mapping[int, Mapping[int, int]]) -> None:
        """Restore what `intervals` has returned: later requests are off, closed links stay closed."""
        for link, intervals in before.items():
            schedule = self.schedules.get(link)
            if schedule is not None:
                schedule.update({**dict.fromkeys(schedule.intervals, OFF), **intervals})
