"""One flight from start to end, as `demo` and `fly` do it: wait until armable, arm, AUTO, watch, tell how it ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from autopilot import report
from autopilot.core import Autopilot
from autopilot.mission.events import ItemReached, MissionComplete
from autopilot.outcome import ArmedChanged, ModeChanged, Outcome, Result

if TYPE_CHECKING:
    from sortie.service import Service

ARMABLE_WITHIN_MS = 60_000
RETRY_MS = 1_000
GUIDED = {"copter": 4, "rover": 15}
AUTO = {"copter": frozenset({3, 27}), "rover": frozenset({10})}
LAND = 9
BY_PERSON = "GCS command"
"""The reason that the core gives for a mode that a ground station has set."""


def start_mission(autopilot: Autopilot, now_ms: int) -> Outcome:
    """Arm and fly the mission in AUTO, as a person at a ground station does it: arm in GUIDED, then start."""
    outcome = autopilot.set_mode(GUIDED[autopilot.kind], now_ms)
    if outcome.ok:
        outcome = autopilot.arm(now_ms)
    return autopilot.start_mission(now_ms) if outcome.ok else outcome


class Stage(Enum):
    WAITING = "preflight"
    FLYING = "flying"
    LANDING = "landing"
    DONE = "landed"


@dataclass(slots=True)
class FlightResult:
    """How a flight ended: `result` completed, failed or aborted; times in seconds of vehicle time since arming."""

    result: str = "failed"
    reason: str = ""
    items_reached: list[dict[str, float]] = field(default_factory=list)
    flight_time_s: float = 0.0
    distance_m: float = 0.0


class Flight:
    """Drives the service's autopilot through one flight of the mission that it holds.

    `step` is called after each pass with its events and never blocks; `done` says that `result` is final.
    """

    def __init__(self, service: Service) -> None:
        self.service = service
        self.stage = Stage.WAITING
        self.result = FlightResult()
        self._began_ms = service.now_ms
        self._armed_ms = 0
        self._next_try_ms = service.now_ms
        self._odometer = 0.0
        self._complete = False
        self._left_because: str | None = None  # why AUTO was left before its end

    @property
    def done(self) -> bool:
        return self.stage is Stage.DONE

    def next_deadline_ms(self) -> int | None:
        """When to be stepped next without an event."""
        return self._next_try_ms if self.stage is Stage.WAITING else None

    def step(self, events: list[Any], now_ms: int) -> None:
        if self.stage is Stage.WAITING:
            if now_ms >= self._next_try_ms:
                self._try_to_start(now_ms)
            return
        for event in events:
            if self.stage is not Stage.DONE:
                self._observe(event, now_ms)

    def abort(self, reason: str) -> None:
        """Ended from outside (a signal): what there is becomes the result."""
        if not self.done:
            self._end("completed" if self._complete else "aborted", reason)

    def _try_to_start(self, now_ms: int) -> None:
        self._next_try_ms = now_ms + RETRY_MS
        autopilot = self.service.autopilot
        outcome = Outcome(Result.FAILED, "not ready to arm")
        if autopilot.prearm_ok:
            outcome = start_mission(autopilot, now_ms)
        if outcome.ok:
            self.stage = Stage.FLYING
            self._armed_ms = now_ms
            self._odometer = self._distance()
        elif now_ms - self._began_ms > ARMABLE_WITHIN_MS or autopilot.prearm_ok:
            self._end("failed", outcome.reason)

    def _observe(self, event: Any, now_ms: int) -> None:
        if isinstance(event, ItemReached):
            seconds = round((now_ms - self._armed_ms) / 1000.0, 2)
            self.result.items_reached.append({"seq": event.seq, "time_s": seconds})
        elif isinstance(event, MissionComplete):
            self._complete = True
            self._land(now_ms)
        elif isinstance(event, ModeChanged):
            if self.stage is Stage.FLYING and event.number not in AUTO[self.service.autopilot.kind]:
                self._left_because = event.reason
        elif isinstance(event, ArmedChanged) and not event.armed:
            self._end(*self._verdict())

    def _land(self, now_ms: int) -> None:
        """A mission that ends in the air, or a rover at its last waypoint: bring the vehicle to rest."""
        self.stage = Stage.LANDING
        autopilot = self.service.autopilot
        if not autopilot.armed:
            self._end(*self._verdict())
        elif autopilot.kind == "rover":
            autopilot.disarm(now_ms)
        elif not autopilot.vehicle.state.landed:
            autopilot.set_mode(LAND, now_ms)

    def _verdict(self) -> tuple[str, str]:
        if self._complete:
            return "completed", ""
        if self._left_because == BY_PERSON:
            return "aborted", "the mode was changed before the mission was complete"
        if self._left_because is not None:
            return "failed", f"{self._left_because} ended the mission before it was complete"
        return "failed", "disarmed before the mission was complete"

    def _distance(self) -> float:
        return float(self.service.vehicle.state.report[report.ODOMETER])

    def _end(self, result: str, reason: str) -> None:
        self.result.result = result
        self.result.reason = reason
        if self.stage is not Stage.WAITING:
            self.result.flight_time_s = round((self.service.now_ms - self._armed_ms) / 1000.0, 2)
            self.result.distance_m = round(self._distance() - self._odometer, 1)
        self.stage = Stage.DONE
