"""A message that goes to every link at a rate, or to those that ask for it: when it is due where."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from autopilot.context.turns import next_multiple
from mavlink_bridge.services.telemetry.schedule import OFF, bounded

__all__ = ["OFF", "Broadcast"]


class Broadcast:
    """Broadcast of a message; vehicle time. `every_us`: its interval where nobody has asked for another, us; `OFF`:
    sent only where somebody has. Due at multiples of its interval, so that when it began makes no difference. `wanted`:
    list in which it stands while it goes anywhere. A `services.telemetry.service.Subscription`."""

    def __init__(
        self, links: Callable[[], Sequence[int]], every_us: int, wanted: list[Broadcast] | None = None
    ) -> None:
        self._links = links
        self._every_us = every_us
        self._wanted: list[Broadcast] = [] if wanted is None else wanted
        self._asked: dict[int, int] = {}
        self._due_ms: dict[int, int] = {}
        self._enter()

    def subscribe(self, link: int, interval_us: int) -> None:
        """0: the rate that it has by itself; -1: no longer."""
        self._due_ms.pop(link, None)
        if interval_us == 0:
            self._asked.pop(link, None)
        else:
            self._asked[link] = OFF if interval_us < 0 else bounded(interval_us)
        self._enter()

    def _enter(self) -> None:
        """Stand in the list, or no longer."""
        goes = self._every_us != OFF or bool(self._asked)
        if goes is not (self in self._wanted):
            self._wanted.append(self) if goes else self._wanted.remove(self)

    def interval_us(self, link: int) -> int:
        """Between two, -1: off."""
        return self._asked.get(link, self._every_us)

    def take_due(self, now_ms: int) -> list[int]:
        """The links that it goes to now."""
        due: list[int] = []
        if self._every_us == OFF and not self._asked:
            return due
        for link in self._links():
            interval_us = self.interval_us(link)
            if interval_us > 0 and now_ms >= self._due_ms.get(link, 0):
                every_ms = max(interval_us // 1000, 1)
                self._due_ms[link] = next_multiple(now_ms, every_ms)
                due.append(link)
        return due

    def next_ms(self) -> int | None:
        """Time at which the message is due on some link, ms."""
        if self._every_us == OFF and not self._asked:
            return None
        dues = [self._due_ms.get(link, 0) for link in self._links() if self.interval_us(link) > 0]
        return min(dues, default=None)

    def forget(self, link: int) -> None:
        """The link is closed."""
        self._asked.pop(link, None)
        self._due_ms.pop(link, None)
        self._enter()
