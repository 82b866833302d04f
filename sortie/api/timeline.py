"""A vehicle whose time passes when it is told to: what a session sees, and how its time passes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Self, TypeVar, overload

from autopilot.core import Autopilot
from sortie.api.clock import SessionClock
from sortie.api.snapshot import Snapshot, snapshot
from sortie.api.watch import TimedEvent, Watch
from sortie.nodes.vehicle import Service

E = TypeVar("E")
_PASSES_PER_YIELD = 10


class TimedVehicle:
    """Whoever derives from it makes `service` and the clock. `events`: all that has happened, in order."""

    service: Service
    events: list[TimedEvent]
    _clock: SessionClock

    # --- facts ----------------------------------------------------------------------------------------------------
    @property
    def autopilot(self) -> Autopilot:
        """The core, with every command that a ground station can give."""
        return self.service.autopilot

    @property
    def time_s(self) -> float:
        """Vehicle time since boot."""
        return self.service.now_ms / 1000.0

    @property
    def link_time_s(self) -> float:
        """The clock of retries and timeouts: vehicle time, or with sockets the wall."""
        return self._clock.link_ms / 1000.0

    @property
    def state(self) -> Snapshot:
        """The vehicle now."""
        return snapshot(self.autopilot, self.service.now_ms)

    def events_of(self, kind: type[E]) -> list[E]:
        """The events of one kind so far, in order."""
        return [entry.event for entry in self.events if isinstance(entry.event, kind)]

    # --- time -----------------------------------------------------------------------------------------------------
    def run_for(self, seconds: float) -> None:
        """Let `seconds` of vehicle time pass (rounded up to a tick of 20 ms)."""
        for _ in self._clock.passes(self._end_ms(seconds)):
            pass

    @overload
    def run_until(  # type: ignore[overload-overlap]  # a class is callable too: the first that fits counts
        self, condition: type[E], timeout_s: float = ..., every_s: float = ...
    ) -> E: ...
    @overload
    def run_until(self, condition: Callable[[Self], bool], timeout_s: float = ..., every_s: float = ...) -> None: ...

    def run_until(
        self, condition: type[E] | Callable[[Self], bool], timeout_s: float = 600.0, every_s: float = 0.1
    ) -> E | None:
        """Let time pass until something is so: `condition` is a kind of event (then the event is returned), or a
        function of the session, which is asked at everything that happens and at least every `every_s` of vehicle
        time. Raises TimeoutError after `timeout_s` of vehicle time."""
        watch = self._watch(condition, every_s)
        for _ in self._clock.passes(self._end_ms(timeout_s), watch.done, watch.every_ms):
            pass
        return self._came(watch, timeout_s)

    async def arun_for(self, seconds: float) -> None:
        """As `run_for`, letting other tasks of the event loop run in between."""
        for count, _ in enumerate(self._clock.passes(self._end_ms(seconds))):
            if count % _PASSES_PER_YIELD == 0:
                await asyncio.sleep(0)

    @overload
    async def arun_until(  # type: ignore[overload-overlap]  # as above
        self, condition: type[E], timeout_s: float = ..., every_s: float = ...
    ) -> E: ...
    @overload
    async def arun_until(
        self, condition: Callable[[Self], bool], timeout_s: float = ..., every_s: float = ...
    ) -> None: ...

    async def arun_until(
        self, condition: type[E] | Callable[[Self], bool], timeout_s: float = 600.0, every_s: float = 0.1
    ) -> E | None:
        """As `run_until`, letting other tasks of the event loop run in between."""
        watch = self._watch(condition, every_s)
        passes = self._clock.passes(self._end_ms(timeout_s), watch.done, watch.every_ms)
        for count, _ in enumerate(passes):
            if count % _PASSES_PER_YIELD == 0:
                await asyncio.sleep(0)
        return self._came(watch, timeout_s)

    def serve(self, seconds: float | None = None, *, speedup: float = 1.0) -> None:
        """Follow the wall clock, `speedup` times as fast, for `seconds` of vehicle time (None: until Ctrl-C raises
        KeyboardInterrupt), so that people and programs on sockets can take part."""
        self._clock.serve(None if seconds is None else self._end_ms(seconds), speedup)

    def _watch(self, condition: type[E] | Callable[[Self], bool], every_s: float) -> Watch[E]:
        if isinstance(condition, type):
            return Watch(self.events, kind=condition)
        return Watch(self.events, condition=lambda: condition(self), every_ms=round(every_s * 1000.0))

    def _came(self, watch: Watch[E], timeout_s: float) -> E | None:
        if watch.done():
            return watch.found
        state = self.state
        raise TimeoutError(
            f"{watch.wanted} did not come within {timeout_s:g} s: {state.mode}, "
            f"{'armed' if state.armed else 'disarmed'}, item {state.mission.item} of {state.mission.items}, "
            f"{state.height:.1f} m up"
        )

    def _end_ms(self, seconds: float) -> int:
        return self.service.now_ms + round(seconds * 1000.0)
