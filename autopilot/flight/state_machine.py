"""Walker of the lifecycle table: the state of a flight, its reason, and its timers.

Events that an action causes at once are queued until the action is done, so each event is handled in a settled state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from autopilot.flight.lifecycle import FlightState, GuardFacts, LifecycleAction, choose
from autopilot.interface.reasons import FlightEvent


class LifecycleStateMachine:
    """Walker of the table. `actions`: functions of the table's actions. `entered()`: a state begins; `changed()`: its
    row's action is done, and people may be told."""

    def __init__(
        self,
        flight: GuardFacts,
        actions: Mapping[LifecycleAction, Callable[[], None]],
        entered: Callable[[], None],
        changed: Callable[[], None],
    ) -> None:
        self._flight = flight
        self._actions = actions
        self._entered = entered
        self._changed = changed
        self._queue: list[tuple[FlightEvent, str]] = []
        self._timers: dict[FlightEvent, int] = {}
        self.state = FlightState.IDLE
        self.reason = ""
        """Reason for the present state; an action may replace it by a better text."""
        self.cause = FlightEvent.DISARMED
        """The present event; an action may report another as the cause of a change."""

    def dispatch(self, event: FlightEvent, reason: str) -> None:
        """Handle `event`, and the events that it causes at once."""
        self._queue.append((event, reason))
        while self._queue:
            self._step(*self._queue.pop(0))

    def then(self, event: FlightEvent, reason: str) -> None:
        """Queue an event from an action."""
        self._queue.append((event, reason))

    def _step(self, event: FlightEvent, reason: str) -> None:
        row = choose(self.state, event, self._flight)
        if row is None:
            return
        changed = row.next is not self.state or event is FlightEvent.RESTARTED
        self.cause, self.reason = event, reason
        if changed:
            self.state = row.next
            self._timers.clear()
            self._entered()
        self._actions[row.action]()
        if changed:
            self._changed()

    # --- timers ---------------------------------------------------------------------------------------------------
    def at(self, event: FlightEvent, due_ms: int) -> None:
        """Dispatch `event` at `due_ms`, unless the state changes before."""
        self._timers[event] = due_ms

    def stop_timers(self) -> None:
        self._timers.clear()

    def due(self, now_ms: int) -> Iterator[FlightEvent]:
        """Expired timers, in order. Handling one may stop later ones."""
        for event in sorted(self._timers, key=lambda event: (self._timers[event], event.value)):
            if self._timers.get(event, now_ms + 1) <= now_ms:
                del self._timers[event]
                yield event

    @property
    def deadline_ms(self) -> int | None:
        return min(self._timers.values(), default=None)
