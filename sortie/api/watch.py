"""What `Session.run_until` waits for: a kind of event, or a condition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from autopilot.events import Event

__tracebackhide__ = True  # as in `session`
E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class TimedEvent:
    """An event (`sortie.events`) and the vehicle time, s, at which it happened."""

    time_s: float
    event: Event


class Watch(Generic[E]):
    """Looks at the events that are new in `events`, or asks `condition`. `every_ms`: how often it wants to be asked at
    least; None: an event is seen when it happens. Once done it stays done."""

    def __init__(
        self, events: list[TimedEvent], *, kind: type[E] | None = None, condition: Callable[[], bool] | None = None,
        every_ms: int | None = None,
    ) -> None:  # fmt: skip
        self.every_ms = every_ms
        self.found: E | None = None
        self._events = events
        self._seen = len(events)
        self._kind = kind
        self._condition = condition
        self._met = False

    @property
    def wanted(self) -> str:
        """For messages."""
        return "the condition" if self._kind is None else self._kind.__name__

    def done(self) -> bool:
        """Has it come?"""
        if not self._met:
            self._met = self._look() if self._condition is None else bool(self._condition())
        return self._met

    def _look(self) -> bool:
        fresh, self._seen = self._events[self._seen :], len(self._events)
        for entry in fresh:
            if self._kind is not None and isinstance(entry.event, self._kind):
                self.found = entry.event
                return True
        return False
