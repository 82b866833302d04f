"""Broadcast of a message to every link at a rate, or to the links that request it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from autopilot.context.turns import next_multiple
from mavlink_bridge.services.telemetry.schedule import OFF, bounded

__all__ = ["OFF", "Broadcast"]


class Broadcast:
    """Schedule of a message on each link, in vehicle time. `every_us`: default interval, us; `OFF`: sent only on
    request. The message is due at multiples of its interval, so the start time makes no difference. `wanted`: list that
    contains the broadcast while any link receives it. Implements `services.telemetry.service.Subscription`."""

    def __init__(
        self, links: Callable[[], Sequence[int]], every_us: int, active: list[Broadcast] | None = None
    ) -> None:
        self._links = links
        self._every_us = every_us
        self._active: list[Broadcast] = [] if active is None else active
        self._intervals_us: dict[int, int] = {}
        self._due_ms: dict[int, int] = {}
        self._enter()

    def subscribe(self, link: int, interval_us: int) -> None:
        """Set the interval on a link, us; 0: default, -1: off."""
        self._due_ms.pop(link, None)
        if interval_us == 0:
            self._intervals_us.pop(link, None)
        else:
            self._intervals_us[link] = OFF if interval_us < 0 else bounded(interval_us)
        self._enter()

    def _enter(self) -> None:
        """Add the broadcast to `active`, or remove it."""
        goes = self._every_us != OFF or bool(self._intervals_us)
        if goes is not (self in self._active):
            self._active.append(self) if goes else self._active.remove(self)

    def interval_us(self, link: int) -> int:
        return self._intervals_us.get(link, self._every_us)

    def take_due(self, now_ms: int) -> list[int]:
        due: list[int] = []
        if self._every_us == OFF and not self._intervals_us:
            return due
        for link in self._links():
            interval_us = self.interval_us(link)
            if interval_us > 0 and now_ms >= self._due_ms.get(link, 0):
                every_ms = max(interval_us // 1000, 1)
                self._due_ms[link] = next_multiple(now_ms, every_ms)
                due.append(link)
        return due

    def next_ms(self) -> int | None:
        """Earliest time at which the message is due on a link, ms."""
        if self._every_us == OFF and not self._intervals_us:
            return None
        dues = [self._due_ms.get(link, 0) for link in self._links() if self.interval_us(link) > 0]
        return min(dues, default=None)

    def forget(self, link: int) -> None:
        self._intervals_us.pop(link, None)
        self._due_ms.pop(link, None)
        self._enter()
