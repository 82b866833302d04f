"""Flight from GO to its result, for `demo` and `fly`. The flight manager (seed 002) flies it; this module follows
its states and the mission's events."""

from __future__ import annotations

from autopilot.context.events import Event, FlightStateChanged, ModeChanged, StatusText
from autopilot.context.turns import earliest, next_multiple
from autopilot.flight.lifecycle import FlightState
from autopilot.interface import report
from autopilot.interface.mathematics import hypot
from autopilot.interface.reasons import BY_WISH, FlightEvent, ModeReason
from autopilot.interface.records import dataclass, field
from autopilot.mav import Severity
from autopilot.mission.commands import LANDINGS
from autopilot.mission.events import ItemReached, MissionComplete
from sortie.nodes.vehicle import VehicleService

ARMABLE_WITHIN_MS = 60_000
RETRY_MS = 1_000
EMPTY_FOR_MS = 60_000
LOOK_MS, LOOK_AGAIN_MS = 60_000, 10_000
STANDING_MPS = 0.2


@dataclass(slots=True)
class FlightResult:
    """Result of a flight: completed, failed or aborted. Times are s of vehicle time since takeoff."""

    result: str = "failed"
    reason: str = ""
    items_reached: list[dict[str, float]] = field(default_factory=list)
    flight_time_s: float = 0.0
    distance_m: float = 0.0


class Flight:
    """Follower of one flight. With `auto_go` the flight manager starts it by itself (FM_AUTO_GO); otherwise GO is given
    here, not before vehicle time `go_at_ms`.

    `step` is called after each pass with its events. `done`: `result` is final.
    """

    def __init__(self, service: VehicleService, *, auto_go: bool = False, go_at_ms: int = 0) -> None:
        self.service = service
        self.state = FlightState.IDLE
        self.result = FlightResult()
        self.done = False
        self._auto_go = auto_go
        self._began_ms = max(service.now_ms, go_at_ms)
        self._next_try_ms: int | None = self._began_ms
        self._took_off_ms: int | None = None
        self._odometer = 0.0
        self._complete = False
        self._taken_over: ModeReason | None = None  # reason of a mode that the flight manager did not choose
        self._why = ""
        self._warning = ""
        self._dead_since_ms: int | None = None
        self._look_ms: int | None = None

    def next_deadline_ms(self) -> int | None:
        """Return the time of the next step without an event, ms."""
        return earliest((self._next_try_ms, self._look_ms))

    def step(self, events: list[Event], now_ms: int) -> None:
        for event in events:
            if not self.done:
                self._observe(event, now_ms)
        if self._next_try_ms is not None and now_ms >= self._next_try_ms and not self.done:
            self._try_to_start(now_ms)
        if self.done or self.state is FlightState.IDLE:
            self._look_ms = None
        elif self._look_ms is None or now_ms >= self._look_ms:
            self._watch_battery(now_ms)
            every_ms = LOOK_MS if self._dead_since_ms is None else LOOK_AGAIN_MS
            self._look_ms = next_multiple(now_ms, every_ms)

    def _watch_battery(self, now_ms: int) -> None:
        """End the flight of a vehicle with an empty battery that no crash check disarms (a rover's default); it would
        stand armed for ever. No event reports this, so it is checked every `LOOK_MS`, and every `LOOK_AGAIN_MS` after a
        first sign."""
        vector = self.service.vehicle.state.report
        moves = hypot(vector[report.GROUND_SPEED], vector[report.VD]) > STANDING_MPS
        if moves or vector[report.BATT_FRACTION] > 0.0:
            self._dead_since_ms = None
        elif self._dead_since_ms is None:
            self._dead_since_ms = now_ms
        elif now_ms - self._dead_since_ms >= EMPTY_FOR_MS:
            self._end("failed", "the battery is empty")

    def abort(self, reason: str) -> None:
        """End the flight from outside (a signal)."""
        if not self.done:
            self._end("completed" if self._complete else "aborted", reason)

    def fail(self, reason: str) -> None:
        """End the flight as failed, because its vehicle cannot fly on."""
        if not self.done:
            self._end("failed", reason)

    def _try_to_start(self, now_ms: int) -> None:
        self._next_try_ms = next_multiple(now_ms, RETRY_MS)  # fixed times, whenever the first try was
        autopilot = self.service.autopilot
        late = now_ms - self._began_ms > ARMABLE_WITHIN_MS
        ready = autopilot.prearm.ok and self.service.vehicle.state.has_position
        if ready and not self._auto_go and autopilot.flights is not None:
            self._next_try_ms = None  # before GO: a refusal or a failed PREFLIGHT ends the flight
            outcome = autopilot.flights.go(now_ms)
            if not outcome.ok:
                self._end("failed", outcome.reason)
        elif late:
            self._end("failed", "not ready to arm" if not ready else "the flight was not started")

    def _observe(self, event: Event, now_ms: int) -> None:
        if isinstance(event, FlightStateChanged):
            self._enter(FlightState(event.state), event.cause, event.text, now_ms)
        elif isinstance(event, ItemReached):
            seconds = (now_ms - (self._took_off_ms or now_ms)) / 1000.0
            self.result.items_reached.append({"seq": event.seq, "time_s": round(seconds, 2)})
        elif isinstance(event, StatusText):
            if event.severity <= Severity.WARNING and self._took_off_ms is not None and not self._warning:
                self._warning = event.words  # the first warning is the cause, later ones are effects
        elif isinstance(event, MissionComplete):
            self._complete = True
        elif isinstance(event, ModeChanged) and self.state in (FlightState.FLYING, FlightState.LANDING):
            kind = self.service.autopilot.facts.vehicle_class
            if kind.has_stall_speed and event.number == kind.modes.rtl and event.reason is ModeReason.MISSION_CMD:
                self._complete = True  # an RTL item of wings is the end of their mission; it may be a landing at once
            if self.state is FlightState.FLYING:
                # a mode that is not of the flight manager means that a person or failsafe has taken over
                self._taken_over = None if event.number in kind.modes.of_flights else event.reason

    def _enter(self, state: FlightState, cause: FlightEvent, reason: str, now_ms: int) -> None:
        before, self.state = self.state, state
        if state is FlightState.PREFLIGHT:
            self._next_try_ms = None
        elif state is FlightState.FLYING and self._took_off_ms is None:
            self._took_off_ms = now_ms
            self._odometer = self.service.vehicle.state.odometer
        elif state is FlightState.LANDING:
            self._why = reason
            self._complete = self._complete or cause is FlightEvent.DURATION_OVER
        elif state is FlightState.LANDED:
            self._why = reason or self._why
        elif state is FlightState.IDLE and before is not FlightState.IDLE:
            self._end(*self._verdict(cause, reason))

    def _verdict(self, cause: FlightEvent, reason: str) -> tuple[str, str]:
        if self._complete:
            return "completed", ""
        if self._taken_over is not None:
            if self._taken_over not in BY_WISH:
                return "failed", self._taken_over.text
            return "aborted", "the mode was changed before the mission was complete"
        if self._took_off_ms is None:
            return ("aborted" if cause is FlightEvent.ABORT else "failed"), reason or "called off"
        why = reason or self._why or self._early_landing() or self._warning or "ended before the mission was complete"
        return "failed", why

    def _early_landing(self) -> str:
        """Explain a landing item that ended the flight although items follow, as in ArduPilot without MIS_OPTIONS 4."""
        if not self.result.items_reached:
            return ""
        seq, last = int(self.result.items_reached[-1]["seq"]), self.service.item_count
        item = self.service.autopilot.plans.mission.get(seq)
        if item is None or item.command not in LANDINGS or seq >= last:
            return ""
        return f"landed at item {seq} of {last}; with MIS_OPTIONS 4 a mission goes on after a landing"

    def _end(self, result: str, reason: str) -> None:
        self.result.result = result
        self.result.reason = reason
        if self._took_off_ms is not None:
            self.result.flight_time_s = round((self.service.now_ms - self._took_off_ms) / 1000.0, 2)
            self.result.distance_m = round(self.service.vehicle.state.odometer - self._odometer, 1)
        self._next_try_ms = None
        self.done = True
