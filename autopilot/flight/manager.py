"""FlightManager: carries out the lifecycle table (seed 002; `autopilot.flight.lifecycle`).

It owns the lifecycle state, the countdown and the timer of a flight. Other actors do the work: START goes to waypoint,
LANDING to altitude, ARM, DISARM and STOP to motor, RESET to every actor in turn. It ends a flight that GO began; in a
flight that a ground station armed in the usual way it only follows the vehicle.
"""

from __future__ import annotations

from typing import Final

from autopilot.commands.vehicle_parts import VehicleParts
from autopilot.context.events import FlightStateChanged
from autopilot.context.turns import earliest
from autopilot.flight import flags
from autopilot.flight.faults import ACTORS
from autopilot.flight.flight_context import FlightContext, FlightManagerStatus
from autopilot.flight.guards import GuardFacts
from autopilot.flight.kernel import Actor
from autopilot.flight.lifecycle import FlightState, LifecycleAction, LifecycleStateMachine
from autopilot.flight.messages import OK, Ask, BatteryLevel, Manner, Message, MessageKind, Tag
from autopilot.interface.reasons import FlightEvent
from autopilot.mav import Result, Severity
from autopilot.vehicles.vehicle_class import LANDING_SPEED

_FIRST: Final = ("waypoint", "altitude")
RESET_ORDER: Final = (*_FIRST, *(actor for actor in ACTORS if actor not in (*_FIRST, "flight_manager")))
"""waypoint stops publishing targets, altitude clears its latch, then the rest follows
(docs/reference/flight-lifecycle.md, "RESET")."""

RESET_TIMEOUT_MS: Final = 10_000
ARM_TIMEOUT_MS: Final = 5_000
RETRY_MS: Final = 1_000
LOOK_MS: Final = 1_000
LANDING_BASE_MS: Final = 30_000

_SAME: Final = {tag: FlightEvent[tag.name] for tag in Tag if tag.name in FlightEvent.__members__}
_EVENTS: Final = {**_SAME, Tag.LIFTOFF: FlightEvent.UNDER_WAY}
_ANSWERS: Final = {
    Ask.RESET.value: (None, FlightEvent.RESET_FAILED),
    Ask.ARM.value: (FlightEvent.ARM_OK, FlightEvent.ARM_FAILED),
    Ask.DISARM.value: (FlightEvent.DISARM_OK, FlightEvent.DISARM_FAILED),
}


class FlightManager(Actor):
    """Owner of the lifecycle state, its countdown and its timer. It has a method `_ACTION` for each `LifecycleAction`
    of the table."""

    name = "flight_manager"
    listens = flags.READY

    def __init__(self, parts: VehicleParts, context: FlightContext) -> None:
        super().__init__()
        self._context = context
        context.status = FlightManagerStatus()  # of one that stays down too: it waits for the next preflight
        self._flight = GuardFacts(parts, context.flags)
        self._facts, self._announcer = parts.facts, parts.announcer
        self._modes, self._arming = parts.modes, parts.vehicle_arming
        actions = {action: getattr(self, f"_{action.value}") for action in LifecycleAction}
        self._walk = LifecycleStateMachine(self._flight, actions, self._enter, self._announce)
        self._takeoff_ms: int | None = None
        self._manner = Manner.GO  # payload of RESET and ARM
        self._to_reset: list[str] = []
        self._awaited: int | None = None  # tag of the expected answer
        self._duration_end: int | None = None
        # event that cancels the flight before takeoff, and its text
        self._called_off: tuple[FlightEvent, str] | None = None

    # --- what comes in --------------------------------------------------------------------------------------------
    def handle_message(self, message: Message) -> None:
        if message.kind is MessageKind.NOTIFY:
            self._handle_notice(Tag(message.tag), message)
        elif message.kind is MessageKind.REQUEST:
            if message.subject == Ask.STATUS.value:
                status = self._status()
                self.port.reply(message, (int(status.state), status.countdown_s(self.port.now_ms)))
        elif message.tag == self._awaited:
            self._handle_answer(message)

    def _handle_notice(self, tag: Tag, message: Message) -> None:
        if tag is Tag.PLAIN_ARM:
            self._manner = Manner.FORCE if message.payload else Manner.PLAIN
        if tag is Tag.LOW_BATTERY:
            if message.payload == BatteryLevel.CRITICAL:
                self._dispatch(FlightEvent.LOW_BATTERY, "battery critical")
        elif tag in _EVENTS:
            self._dispatch(_EVENTS[tag], message.payload if isinstance(message.payload, str) else "")

    def _handle_answer(self, message: Message) -> None:
        good, bad = _ANSWERS[message.subject]
        done, reason = False, "no answer"
        if message.kind is MessageKind.REPLY and isinstance(message.payload, tuple):
            done, reason = message.payload[0] == OK, str(message.payload[1])
        if good is None:
            self._handle_reset_answer(message.sender, done, reason)
        elif done:
            self._dispatch(good)
        else:
            self._dispatch(bad, f"{message.sender}: {message.subject}: {reason}")

    def _handle_reset_answer(self, sibling: str, done: bool, reason: str) -> None:
        if not done and self._manner == Manner.FORCE:
            self._announcer.say(Severity.WARNING, f"Flight: {sibling}: RESET: {reason} (forced)")
        elif not done:
            self._dispatch(FlightEvent.RESET_FAILED, f"{sibling}: RESET: {reason}")
            return
        self._reset_next()

    def handle_news(self, news: int, now_flags: int) -> None:
        """Handle READY: FM_AUTO_GO waits for passing arming checks."""
        self._schedule()

    def handle_timeout(self) -> None:
        due_ms = self._context.auto_go_ms
        if due_ms is not None and self.port.now_ms >= due_ms:
            self._context.auto_go_ms = None
            self._dispatch(FlightEvent.GO, "FM_AUTO_GO")
        event = self._walk.due(self.port.now_ms)
        if event is not None:
            self._dispatch(event)
        self._schedule()

    # --- walking --------------------------------------------------------------------------------------------------
    def _dispatch(self, event: FlightEvent, reason: str = "") -> None:
        self._walk.dispatch(event, reason)
        self._context.status = self._status()
        self._schedule()

    def _schedule(self) -> None:
        auto_go_ms = self._context.auto_go_ms if self._context.flags.ready else None
        self.deadline_ms = earliest((self._walk.deadline_ms, auto_go_ms))

    def _after(self, event: FlightEvent, delay_ms: int) -> None:
        """Dispatch `event` in `delay_ms`, unless the state changes before."""
        self._walk.at(event, self.port.now_ms + delay_ms)

    def _enter(self) -> None:
        if self._walk.state is not FlightState.IDLE:  # a flight, whoever began it, ends the waiting of FM_AUTO_GO
            self._context.auto_go_ms = None
        self._takeoff_ms = None
        self._late = False  # True after the text that this state lasts too long
        self._arming.hold_auto_disarm = False

    # --- what people see ------------------------------------------------------------------------------------------
    def _announce(self) -> None:
        walk = self._walk
        text = f"Flight: {walk.state.name}"
        if self._takeoff_ms is not None:
            text += f", takeoff in {self._status().countdown_s(self.port.now_ms)} s"
        elif walk.reason:
            text += f": {walk.reason}"
        self._announcer.say(Severity.INFO, text)
        self._announcer.announce(FlightStateChanged(int(walk.state), walk.cause, walk.reason))

    def _status(self) -> FlightManagerStatus:
        return FlightManagerStatus(self._walk.state, self._takeoff_ms, self._flight.begun_by_go, self._walk.reason)

    def _answer(self, result: Result, reason: str = "") -> None:
        """Answer a GO or ABORT of the operator."""
        self.port.notify("comms", Tag.ANSWER, (int(result), reason))

    # --- actions: before the flight -------------------------------------------------------------------------------
    def _refuse_go(self) -> None:
        reason = f"GO refused: {self._flight.refusal}"
        self._announcer.say(Severity.WARNING, reason)
        self._answer(Result.FAILED, reason)

    def _refuse_second_go(self) -> None:
        self._refuse_now(f"GO refused in {self._walk.state.name}: a flight is under way")

    def _refuse_abort(self) -> None:
        self._refuse_now(f"ABORT refused in {self._walk.state.name}: there is no countdown")

    def _refuse_now(self, reason: str) -> None:
        """Refuse a command at a wrong time; nothing changes."""
        self._announcer.say(Severity.WARNING, reason)
        self._answer(Result.TEMPORARILY_REJECTED, reason)

    def _prepare_go(self) -> None:
        self._manner = Manner.GO
        self._flight.begun_by_go = True
        self._flight.profile = int(self._facts.param("FM_PROFILE"))
        self._answer(Result.ACCEPTED)
        self._modes.set(self._facts.vehicle_class.modes.guided, self.port.now_ms)
        self._prepare_plain()

    def _prepare_plain(self) -> None:
        """Begin the RESETs."""
        self.port.revive()
        self._to_reset = list(RESET_ORDER)
        self._reset_next()

    def _reset_next(self) -> None:
        if not self._to_reset:
            if self._manner == Manner.GO and self._facts.vehicle.capabilities.own_checks:
                self._announcer.say(Severity.INFO, "Flight: RESET: the controller keeps its filters and loops")
            self._dispatch(FlightEvent.RESETS_DONE)
            return
        self._awaited = self.port.request(self._to_reset.pop(0), Ask.RESET, self._manner, RESET_TIMEOUT_MS)

    def _ask_arm(self) -> None:
        early = self._manner != Manner.GO or self._facts.param("FM_ARM_EARLY", 1.0) != 0.0
        self._request_arm(self._manner if early else Manner.CHECK)

    def _ask_arm_now(self) -> None:
        """Arm at the end of the countdown; a controller that flies the mission by itself must have it first."""
        if self._flight.waits_for_upload:
            self._after(FlightEvent.COUNTDOWN_OVER, LOOK_MS)
            return
        self._request_arm(Manner.GO)

    def _request_arm(self, manner: Manner) -> None:
        self._awaited = self.port.request("motor", Ask.ARM, manner, ARM_TIMEOUT_MS)

    def _give_up(self) -> None:
        self._announcer.say(Severity.WARNING, f"Flight: not started: {self._walk.reason}")
        self._close()

    def _wait_armed(self) -> None:
        if not self._flight.begun_by_go:
            self._start_motors()
            return
        delay_ms = int(1000.0 * self._facts.param("FM_COUNTDOWN", 60.0))
        self._after(FlightEvent.COUNTDOWN_OVER, delay_ms)
        self._takeoff_ms = self.port.now_ms + delay_ms
        self._arming.hold_auto_disarm = True

    def _call_off(self) -> None:
        """Cancel the flight by ABORT or a critical battery: stop the motors, then IDLE."""
        self._walk.stop_timer()
        self._takeoff_ms = None
        self._arming.hold_auto_disarm = False
        if self._walk.cause is FlightEvent.ABORT:
            self._called_off = (self._walk.cause, "aborted")
            self._answer(Result.ACCEPTED)
        elif self._walk.cause is FlightEvent.LOW_BATTERY:
            self._called_off = (self._walk.cause, self._walk.reason)
        self._request_disarm(Manner.PLAIN)

    # --- actions: in flight ---------------------------------------------------------------------------------------
    def _start(self) -> None:
        duration = self._facts.param("FM_DURATION")
        self._duration_end = self.port.now_ms + int(1000.0 * duration) if duration > 0.0 else None
        self._set_duration_timer()
        self.port.notify("waypoint", Tag.START, self._flight.profile)
        self._start_motors()

    def _start_motors(self) -> None:
        self.port.notify("motor", Tag.START)

    def _set_duration_timer(self) -> None:
        if self._duration_end is not None and self._flight.begun_by_go:
            self._walk.at(FlightEvent.DURATION_OVER, self._duration_end)

    def _follow(self) -> None:
        """Follow a flight whose arming the flight manager did not request."""
        self._start_motors()

    def _stay(self) -> None:
        """Do nothing."""

    def _be_taken_over(self) -> None:
        """Let an operator start the vehicle in the usual way, also during a countdown."""
        if self._flight.begun_by_go:
            self._walk.reason = "taken over in the countdown"
        self._flight.begun_by_go = False
        self._called_off = None  # motors that did not answer the ABORT: the flight begins all the same
        self._start_motors()

    def _look_again(self) -> None:
        """Leave the vehicle to a person or a failsafe, although the flight's time is over, until they give it back."""
        self._after(FlightEvent.DURATION_OVER, LOOK_MS)

    def _land(self) -> None:
        if not self._context.flags.read() & flags.FINISHED:
            self.port.notify("altitude", Tag.LANDING)
        self._follow_landing()

    def _follow_landing(self) -> None:
        height = max(self._facts.height, 0.0)
        speed = max(self._facts.measure(LANDING_SPEED), 0.1)
        self._after(FlightEvent.LANDING_TIMEOUT, LANDING_BASE_MS + int(2000.0 * height / speed))

    def _resume_flight(self) -> None:
        self._walk.reason = "landing broken off"
        self._set_duration_timer()

    def _keep_waiting(self) -> None:
        if not self._late and not self._flight.landed:
            self._late = True
            self._announcer.say(Severity.WARNING, "Flight: landing takes long, not on the ground yet")
        self._after(FlightEvent.LANDING_TIMEOUT, LOOK_MS)

    # --- actions: after the flight --------------------------------------------------------------------------------
    def _force_down(self) -> None:
        self._walk.reason = "at rest on the ground, landing never confirmed"
        self._announcer.say(Severity.WARNING, "Flight: landing never confirmed; disarming at rest")
        self._request_disarm(Manner.FORCE)

    def _disarm(self) -> None:
        self.port.notify("motor", Tag.STOP)
        self._request_disarm(Manner.GO)

    def _confirm_disarm(self) -> None:
        self._request_disarm(Manner.GO)

    def _request_disarm(self, manner: Manner) -> None:
        self._awaited = self.port.request("motor", Ask.DISARM, manner, ARM_TIMEOUT_MS)

    def _retry_later(self) -> None:
        if not self._late:
            self._late = True
            self._announcer.say(Severity.CRITICAL, f"Flight: {self._walk.reason}; trying again every second")
        self._after(FlightEvent.RETRY, RETRY_MS)

    def _close(self) -> None:
        self._awaited = None
        if self._called_off is not None:
            self._walk.cause, reason = self._called_off
            self._walk.reason = self._walk.reason or reason
            self._called_off = None
        self._flight.begun_by_go = False
        self.port.notify("logger", Tag.FLIGHT_OVER)
