"""Passing of time in a Python program, until an event or a condition."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from math import inf, isfinite
from typing import Generic, TypeVar

from autopilot.context.events import Event
from autopilot.interface.layout import TICK_MS
from autopilot.interface.records import dataclass
from sortie.runtime.client_pace import ClientPace
from sortie.runtime.pacing import FOR_EVER_MS
from sortie.runtime.runtime import Runtime
from sortie.runtime.share import always

__tracebackhide__ = True  # as in `session`
E = TypeVar("E")
_PASSES_PER_YIELD = 2
_SERVED_MS = 100
"""Longest vehicle time between two checks for the end of `serve`, ms."""


@dataclass(frozen=True, slots=True)
class TimedEvent:
    """Event (`sortie.events`) with its vehicle time, s."""

    time_s: float
    event: Event


class EventWatch(Generic[E]):
    """Watch for an event of a kind, or for a condition. `every_ms`: longest interval of checks; None: checks at events.
    It stays done."""

    def __init__(
        self,
        events: list[TimedEvent],
        *,
        kind: type[E] | None = None,
        condition: Callable[[], bool] | None = None,
        every_ms: int | None = None,
    ) -> None:
        self.every_ms = every_ms
        self.found: E | None = None
        self._events = events
        self._looked_at = len(events)
        self._kind = kind
        self._condition = condition
        self._met = False

    @property
    def description(self) -> str:
        return "the condition" if self._kind is None else self._kind.__name__

    def done(self) -> bool:
        """Check whether the awaited event has come or the condition is true."""
        if not self._met:
            self._met = self._look() if self._condition is None else bool(self._condition())
        return self._met

    def _look(self) -> bool:
        fresh, self._looked_at = self._events[self._looked_at :], len(self._events)
        for entry in fresh:
            if self._kind is not None and isinstance(entry.event, self._kind):
                self.found = entry.event
                return True
        return False


class PassingTime:
    """Vehicle time of a session or fleet: as fast as the machine computes, or by real time."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def run(
        self, seconds: float, done: Callable[[], bool] | None = None, every_ms: int | None = None
    ) -> Iterator[None]:
        """Make passes for `seconds` or until `done()`, each at most `every_ms` long, or a tick if that is longer."""
        return self._until(self._after(seconds), done, every_ms)

    def _after(self, seconds: float) -> int:
        if not isfinite(seconds):
            raise ValueError(f"{seconds} s: expected a finite time; without an end, a flight that hangs never ends")
        return self._runtime.now_ms + round(seconds * 1000.0)

    def _until(self, end_ms: int, done: Callable[[], bool] | None, every_ms: int | None) -> Iterator[None]:
        runtime = self._runtime
        while runtime.now_ms < end_ms and not (done is not None and done()):
            runtime.step(end_ms if every_ms is None else min(end_ms, runtime.now_ms + max(every_ms, TICK_MS)))
            yield

    async def arun(self, seconds: float, done: Callable[[], bool] | None = None, every_ms: int | None = None) -> None:
        """Run as `run` does, while other tasks of the event loop run."""
        for count, _ in enumerate(self.run(seconds, done, every_ms)):
            if count % _PASSES_PER_YIELD == 0:
                await asyncio.sleep(0)

    def serve(self, seconds: float | None, speedup: float, until: Callable[[], bool] | None = None) -> None:
        """Follow real time, `speedup` times as fast, for `seconds` (None: for ever) or until `until()`."""
        if not 0.0 <= speedup < inf:
            raise ValueError(f"speedup {speedup:g}: expected a number from 0 on")
        self._runtime.go_real()
        self._runtime.set_speedup(speedup, always)
        try:
            end_ms = FOR_EVER_MS if seconds is None else self._after(seconds)
            for _ in self._until(end_ms, until, _SERVED_MS):
                pass
        finally:
            self._runtime.set_speedup(0.0, always)

    def serve_clients(self, clients: ClientPace, alone: Callable[[], bool], until: Callable[[], bool]) -> None:
        """Serve as fast as clients follow, until `until()`. Without clients: in real time, or while `alone()` as fast
        as the machine can."""
        runtime = self._runtime
        runtime.go_real()
        runtime.clients = clients
        runtime.set_speedup(0.0, lambda: clients.rule.any_client or alone())
        try:
            for _ in self._until(FOR_EVER_MS, until, _SERVED_MS):
                pass
        finally:
            runtime.clients = None
            clients.close()
            runtime.set_speedup(0.0, always)
