"""The flight manager and its actors in one vehicle: their interface for the rest of the core.

`FlightSystem` is in the arm and disarm path (`Autopilot.arming`): a ground station's arm command is PREFLIGHT with all
RESETs. In each pass it checks whether anything has changed that an actor listens for. Without a change and without a
deadline no actor runs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from autopilot.commands.vehicle_parts import VehicleParts
from autopilot.flight import faults, flags
from autopilot.flight.actors import (
    AltitudeActor,
    AttitudeActor,
    BatteryActor,
    CommsActor,
    EstimatorActor,
    LoggerActor,
    MotorActor,
    PositionActor,
    RateActor,
    SensorActor,
    WaypointActor,
)
from autopilot.flight.flags import Flags
from autopilot.flight.flight_context import FlightContext, FlightManagerStatus
from autopilot.flight.kernel import OUTSIDE, Actor, ActorKernel, MailboxFullError
from autopilot.flight.lifecycle import FlightCommand, FlightState
from autopilot.flight.manager import FlightManager
from autopilot.flight.messages import Payload, Tag
from autopilot.interface.reasons import ArmingMethod
from autopilot.interface.result import ACCEPTED, Outcome
from autopilot.interface.vehicle import Request, VehicleEvent
from autopilot.mav import Result, Severity

_MOST_LOOPS = 20
NO_ANSWER: Final = "the flight manager does not answer"


class FlightSystem:
    """Flight manager and actors of one vehicle, for the core. Implements `autopilot.safety.arming.ArmingProcedure`.
    `kernel.trace` and `context.log_files` may be set at any time."""

    def __init__(self, parts: VehicleParts) -> None:
        self._facts = parts.facts
        self._announcer = parts.announcer
        self._arming = parts.vehicle_arming
        self.context = FlightContext(Flags(parts))
        self.error_listeners: list[Callable[[Exception, str], None]] = []
        """Called with an actor's exception, and where it was raised."""
        self.kernel = ActorKernel(
            _actor_makers(parts, self.context),
            on_error=self._actor_failed,
            on_restart=self._restarted,
            on_down=self._actor_stopped,
        )
        self._flags = 0
        self._key = self.context.flags.key()
        self._events = 0
        self._started = False
        self._arm_request: Request | None = None

    # --- what may be set ------------------------------------------------------------------------------------------
    def inject_fault(self, name: str, value: str | None, *, active: bool) -> bool:
        """Begin or end a fault of `autopilot.flight.faults`; False if name or value is unknown."""
        return faults.inject(self.kernel, name, value, active=active)

    # --- facts ----------------------------------------------------------------------------------------------------
    @property
    def status(self) -> FlightManagerStatus:
        return self.context.status

    @property
    def state(self) -> FlightState:
        return self.context.status.state

    @property
    def arm_request(self) -> Request | None:
        """The arm command that is in PREFLIGHT."""
        return self._arm_request

    def in_charge(self) -> bool:
        """True if the flight manager stops the motors after a landing."""
        return not self.kernel.is_down("flight_manager")

    # --- commands -------------------------------------------------------------------------------------------------
    def command(self, number: int, now_ms: int) -> Outcome:
        """GO, ABORT or STATUS by id. `Outcome.detail` = state + 256 x countdown seconds."""
        match number:
            case FlightCommand.GO:
                return self.go(now_ms)
            case FlightCommand.ABORT:
                return self.abort(now_ms)
            case FlightCommand.STATUS:
                status = self.ask_status(now_ms)
                if status is None:
                    return self._announcer.refuse(f"Flight: {NO_ANSWER}")
                return Outcome(Result.ACCEPTED, detail=status[0] + 256 * status[1])
        return Outcome(Result.UNSUPPORTED, f"no flight manager command {number}")

    def go(self, now_ms: int) -> Outcome:
        """Begin a flight. FAILED with the reason if it cannot begin, TEMPORARILY_REJECTED outside IDLE."""
        outcome = self._order(Tag.GO, now_ms)
        if outcome.ok and self.state is FlightState.IDLE:
            outcome = Outcome(Result.FAILED, self.status.reason)
        return self._with_detail(outcome, now_ms)

    def abort(self, now_ms: int) -> Outcome:
        """Cancel the flight in ARMED; TEMPORARILY_REJECTED in other states."""
        return self._with_detail(self._order(Tag.ABORT, now_ms), now_ms)

    def ask_status(self, now_ms: int) -> tuple[int, int] | None:
        """State and countdown, s, from the flight manager; None if it does not answer."""
        self._send(Tag.STATUS, None, now_ms)
        return self.context.asked_status

    def _with_detail(self, outcome: Outcome, now_ms: int) -> Outcome:
        status = self.status
        return Outcome(outcome.result, outcome.reason, int(status.state) + 256 * status.countdown_s(now_ms))

    def _order(self, tag: Tag, now_ms: int) -> Outcome:
        if self.kernel.is_down("flight_manager") or self.kernel.is_down("comms"):
            self.kernel.revive()
        self._send(tag, None, now_ms)
        answer = self.context.answer
        if answer is None:
            return self._announcer.refuse(f"Flight: {NO_ANSWER}")
        return Outcome(Result(answer[0]), answer[1])

    def _send(self, tag: Tag, payload: Payload, now_ms: int, to: str = "comms") -> None:
        self.kernel.now_ms = now_ms
        self.context.answer = self.context.asked_status = None
        try:
            self.kernel.notify(to, tag, payload)
        except MailboxFullError as error:
            self._report(error, to)
            return
        self._settle(now_ms)

    # --- the arm and disarm path ----------------------------------------------------------------------------------
    def arm(self, now_ms: int, *, force: bool = False) -> Outcome:
        """Arm for a ground station: the checks, then PREFLIGHT. IN_PROGRESS while `arm_request` is not done."""
        if self._facts.armed:
            return ACCEPTED
        if self._arm_request is not None:
            return Outcome(Result.IN_PROGRESS)
        self._settle(now_ms)
        if self.state is not FlightState.IDLE:
            text = f"{self._facts.personality.texts.arm}flight manager is in {self.state.name}"
            return self._announcer.refuse(text, Result.TEMPORARILY_REJECTED, Severity.CRITICAL)
        refusal = self._arming.refusal(force=force)
        if refusal is not None:
            return refusal
        self._arm_request = request = Request()
        if self.kernel.is_down("flight_manager") or self.kernel.is_down("comms"):
            self.kernel.revive()
        self._send(Tag.PLAIN_ARM, force, now_ms)
        if not request.done and self.state is FlightState.IDLE:
            self._finish_arming(False, self.status.reason or NO_ANSWER)
        if not request.done:
            return Outcome(Result.IN_PROGRESS)
        if request.ok:
            return ACCEPTED
        return Outcome(Result.FAILED, request.reason)

    def disarm(self, now_ms: int, *, force: bool = False, method: ArmingMethod = ArmingMethod.MAVLINK) -> Outcome:
        """Disarm directly. No actor can delay a person's command. Before the motors turn it ends PREFLIGHT or the
        countdown, which would arm the vehicle afterwards."""
        to_arm = not self._facts.armed and self.state in (FlightState.PREFLIGHT, FlightState.ARMED)
        outcome = self._arming.disarm(now_ms, force=force, method=method)
        if to_arm:
            self._send(Tag.DISARMED, "disarmed", now_ms, "flight_manager")
        self._settle(now_ms)
        return outcome

    def _watch_arming(self) -> None:
        if self._arm_request is None:
            return
        if self._facts.armed:
            self._finish_arming(True, "")
        elif self.state is FlightState.IDLE and self.status.reason:
            self._finish_arming(False, self.status.reason)

    def _finish_arming(self, done: bool, reason: str) -> None:
        request, self._arm_request = self._arm_request, None
        if request is not None:
            if not done:
                self._announcer.say(Severity.CRITICAL, f"{self._facts.personality.texts.arm}{reason}")
            request.ok, request.reason, request.done = done, reason, True

    # --- the pass -------------------------------------------------------------------------------------------------
    def handle_events(self, events: VehicleEvent, now_ms: int) -> None:
        """Take vehicle events, which become news at the end of the pass."""
        self._events |= int(events)
        self.context.flags.heed(int(events))

    def update(self, now_ms: int) -> None:
        """Run the actors at vehicle time `now_ms`, after all other parts."""
        if not self._started:
            self._start(now_ms)
        self._settle(now_ms)

    def _start(self, now_ms: int) -> None:
        self._started = True
        delay = self._facts.param("FM_AUTO_GO")
        if delay > 0.0:
            self.context.auto_go_ms = now_ms + int(1000.0 * delay)

    def _settle(self, now_ms: int) -> None:
        """Give news to the actors until there is none."""
        kernel = self.kernel
        for _ in range(_MOST_LOOPS):
            now_flags = self.context.flags.read()
            news = now_flags ^ self._flags
            if self._events:
                news |= flags.event_news(self._events)
                self._events = 0
            self._flags = now_flags
            if news:
                kernel.post_news(news)
            due_ms = kernel.deadline_ms
            if not kernel.pending and (due_ms is None or now_ms < due_ms):
                break
            kernel.run(now_ms, now_flags)
            self._watch_arming()
        self._key = self.context.flags.key()

    def next_deadline_ms(self) -> int | None:
        """Time at which an actor must run, ms; now if a command has changed the flags since the last pass."""
        if self.kernel.pending or self.context.flags.key() != self._key:
            return self._facts.now_ms
        return self.kernel.deadline_ms

    # --- supervision ----------------------------------------------------------------------------------------------
    def _actor_failed(self, name: str, error: Exception) -> None:
        self._announcer.say(Severity.CRITICAL, f"Flight: actor {name} failed: {error}"[:200])
        self._report(error, f"actor {name}")

    def _report(self, error: Exception, where: str) -> None:
        for listener in self.error_listeners:
            listener(error, where)

    def _restarted(self) -> None:
        """Handle a restart of the critical actors: the flight manager takes its state from the vehicle."""
        self.kernel.notify("flight_manager", Tag.RESTARTED, "actors restarted", sender=OUTSIDE)

    def _actor_stopped(self, name: str) -> None:
        self._announcer.say(Severity.CRITICAL, f"Flight: actor {name} stays down until the next preflight")
        if name == "flight_manager":
            self._arming.hold_auto_disarm = False
            self._finish_arming(False, "actors are down")


def _actor_makers(parts: VehicleParts, context: FlightContext) -> list[Callable[[], Actor]]:
    """Makers of the actors, in the order in which they run (docs/reference/flight-lifecycle.md, "Actors"). They are
    called again when actors restart."""
    return [
        partial(SensorActor, parts),
        partial(EstimatorActor, parts),
        partial(WaypointActor, parts),
        partial(AltitudeActor, parts, context.flags),
        partial(PositionActor, parts),
        partial(AttitudeActor, parts),
        partial(RateActor, parts),
        partial(MotorActor, parts),
        partial(FlightManager, parts, context),
        BatteryActor,
        partial(CommsActor, context),
        partial(LoggerActor, context),
    ]
