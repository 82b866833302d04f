"""The core with its flight manager on a vehicle, and what happened to the flight: states, trace, logs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autopilot.context.events import ArmedChanged, FlightStateChanged, ModeChanged
from autopilot.flight.lifecycle import FlightState
from autopilot.flight.messages import TraceEntry, write_line
from autopilot.flight.system import FlightSystem
from autopilot.interface.result import Outcome
from autopilot.mission.items import MissionItem
from tests.fakes.core_bench import Bench, item, takeoff, waypoint

LAND = item(21)
RETURN = item(20)
LANDING_MISSION = (takeoff(), waypoint(30.0, 0.0), LAND)
HANGING_MISSION = (takeoff(), waypoint(30.0, 0.0))
ROVER_MISSION = (waypoint(20.0, 0.0, 0.0), waypoint(20.0, 20.0, 0.0))
I, P, A, F, L, D = FlightState  # noqa: E741  the states by their initials, in their order
WHOLE = [P, A, F, L, D, I]
"""States of a whole flight."""


class RecordingLogs:
    """`autopilot.flight.flight_context.LogFiles` that writes down what happens to it; `complaint` fails the opening."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.complaint: str | None = None

    def reopen(self, now_ms: int) -> str | None:
        self.calls.append(("reopen", now_ms))
        return self.complaint

    def close(self) -> None:
        self.calls.append(("close",))


class FlightBench(Bench):
    """A bench with a mission, a countdown of 3 s, and a trace."""

    def __init__(
        self,
        kind: str = "copter",
        *,
        mission: Sequence[MissionItem] = LANDING_MISSION,
        parameters: Mapping[str, float] | None = None,
        **rest: Any,
    ) -> None:
        super().__init__(kind, parameters={"FM_COUNTDOWN": 3.0, **(parameters or {})}, **rest)
        assert self.core.flights is not None
        self.flights: FlightSystem = self.core.flights
        self.trace: list[TraceEntry] = []
        self.flights.kernel.trace = self.trace.append
        self.logs = RecordingLogs()
        self.flights.context.log_files = self.logs
        self.errors: list[tuple[str, Exception]] = []
        self.flights.error_listeners.append(lambda error, where: self.errors.append((where, error)))
        if mission:
            self.upload(mission)
            self.collect()
            self.run(0.1)

    @property
    def state(self) -> FlightState:
        return self.flights.state

    @property
    def states(self) -> list[FlightState]:
        """All states announced since the start."""
        return [FlightState(event.state) for event in self.events(FlightStateChanged)]

    @property
    def lines(self) -> list[str]:
        return [write_line(entry) for entry in self.trace]

    def go(self) -> Outcome:
        return self.flights.go(self.now_ms)

    def arm_plainly(self, mode: int = 4) -> None:
        """Set a mode (GUIDED) and arm, as a ground station does that does not know GO."""
        assert self.core.modes.set(mode, self.now_ms).ok
        assert self.core.arming.arm(self.now_ms).ok

    def abort(self) -> Outcome:
        return self.flights.abort(self.now_ms)

    def fault(self, name: str, value: str | None = None, *, active: bool = True) -> None:
        assert self.flights.inject_fault(name, value, active=active)

    def until(self, state: FlightState, seconds: float = 300.0) -> None:
        """Fly until the flight is in `state`."""
        self.run(seconds, lambda: self.state is state)
        assert self.state is state, f"{self.state.name} after {seconds} s instead of {state.name}: {self.texts[-5:]}"

    def fly(self) -> None:
        """GO, and in the air."""
        outcome = self.go()
        assert outcome.ok, outcome
        self.until(F)
        self.run(3.0)

    def said(self, part: str) -> bool:
        return any(part in text for text in self.texts)

    def arms(self) -> list[bool]:
        return [event.armed for event in self.events(ArmedChanged)]

    def mode_changes(self) -> list[int]:
        return [event.number for event in self.events(ModeChanged)]
