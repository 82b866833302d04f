"""Walking the lifecycle table: the state, the timers, and what people are told about them.

Whatever an action causes at once is queued and handled behind it, so that each event finds the state settled.
"""

from __future__ import annotations

from collections.abc import Callable

from autopilot.flight.actor import Actor
from autopilot.flight.lifecycle import Action, FlightEvent, FlightState, choose
from autopilot.flight.situation import VehicleSituation
from autopilot.flight.surroundings import Status, Surroundings
from autopilot.outcome import FlightStateChanged, Severity


class LifecycleWalker(Actor):
    """The part of FlightManager that knows the table. A subclass has a method `_ACTION` for each `Action`."""

    def __init__(self, around: Surroundings) -> None:
        super().__init__()
        self._around = around
        self._crew = around.crew
        self._flight = VehicleSituation(around)
        self._state = FlightState.IDLE
        self._event = FlightEvent.DISARMED  # the present event, and why it came
        self._reason = ""
        self._cause = FlightEvent.DISARMED  # what a change of state is told to come from
        self._queue: list[tuple[FlightEvent, str]] = []
        self._timers: dict[FlightEvent, int] = {}
        self._countdown_end: int | None = None
        self._late = False  # people were told that this state lasts too long
        self._actions: dict[Action, Callable[[], None]] = {a: getattr(self, f"_{a.value}") for a in Action}

    # --- the table ------------------------------------------------------------------------------------------------
    def _dispatch(self, event: FlightEvent, reason: str = "") -> None:
        """`event` has happened: walk, with everything that it causes at once."""
        self._queue.append((event, reason))
        while self._queue:
            self._step(*self._queue.pop(0))
        self._around.status.publish(self._status())
        self._schedule()

    def _step(self, event: FlightEvent, reason: str) -> None:
        row = choose(self._state, event, self._flight)
        if row is None:
            return
        changed = row.next is not self._state or event is FlightEvent.RESTARTED
        self._event, self._reason = event, reason
        self._cause = event
        if changed:
            self._enter(row.next)
        self._actions[row.action]()
        if changed:
            self._tell()

    def _enter(self, state: FlightState) -> None:
        self._state = state
        self._timers.clear()
        self._countdown_end = None
        self._late = False
        self._crew.arming.hold_auto_disarm = False

    # --- what people see ------------------------------------------------------------------------------------------
    def _tell(self) -> None:
        text = f"Flight: {self._state.name}"
        if self._countdown_end is not None:
            text += f", takeoff in {self._status().countdown_s(self.port.now_ms)} s"
        elif self._reason:
            text += f": {self._reason}"
        self._crew.cockpit.say(Severity.INFO, text)
        self._crew.cockpit.announce(FlightStateChanged(int(self._state), self._cause, self._reason))

    def _status(self) -> Status:
        return Status(self._state, self._countdown_end, self._flight.begun_by_go, self._reason)

    # --- timers ---------------------------------------------------------------------------------------------------
    def _after(self, event: FlightEvent, delay_ms: int) -> None:
        """`event` happens in `delay_ms`, unless the state changes before."""
        self._timers[event] = self.port.now_ms + delay_ms

    def handle_timeout(self) -> None:
        now_ms = self.port.now_ms
        if self._auto_go_due():
            self._around.auto_go_ms = None
            self._dispatch(FlightEvent.GO, "FM_AUTO_GO")
        for event in sorted(self._timers, key=lambda event: (self._timers[event], event.value)):
            if self._timers.get(event, now_ms + 1) <= now_ms:
                del self._timers[event]
                self._dispatch(event)
        self._schedule()

    def _auto_go_due(self) -> bool:
        """FM_AUTO_GO: its delay is over, and the vehicle is ready."""
        at = self._around.auto_go_ms
        return at is not None and self.port.now_ms >= at and self._around.signs.ready

    def _schedule(self) -> None:
        due = min(self._timers.values(), default=None)
        auto = self._around.auto_go_ms
        if auto is not None and self._state is FlightState.IDLE and self._around.signs.ready:
            due = auto if due is None else min(due, auto)
        self.deadline_ms = due
