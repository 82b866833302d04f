"""Arming: the checks, the arming itself, and disarming.

Texts begin as the firmware's do ("PreArm: ..", "Arm: .."), because ground stations look for them
(docs/reference/ground-stations.md, 1.6). A longer procedure (the flight manager's RESETs) wraps `Arming` and becomes
`Autopilot.arming`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from autopilot.context.events import ArmedChanged
from autopilot.context.home import Home
from autopilot.context.turns import earliest, next_multiple
from autopilot.context.vehicle_context import Announcer, VehicleFacts
from autopilot.interface.reasons import ArmingMethod, ArmingReason
from autopilot.interface.records import dataclass
from autopilot.interface.result import ACCEPTED, Outcome
from autopilot.interface.targets import TakeOff
from autopilot.interface.vehicle import Request, VehicleEvent
from autopilot.mav import Result, Severity
from autopilot.modes.manager import CommandContext
from autopilot.safety.authorization import ArmAuthorization
from autopilot.safety.checks import ArmingChecks
from autopilot.safety.motor_switches import MotorSwitches

_LOOK_MS: Final = 1000
_DISPLAY_MS: Final = 30_000
_TAKE_OFF_BY_ITSELF = 2  # AUTO_OPTIONS bit 1
_STOP_AT_TOUCHDOWN: Final = 1 << 2  # PILOT_THR_BHV
_LIFTOFF: Final = int(VehicleEvent.LIFTOFF)  # plain ints, as in `PassTurns`
_LANDED: Final = int(VehicleEvent.LANDED)


class ArmingProcedure(Protocol):
    """The vehicle's side of `Autopilot.arm` and `disarm`."""

    def arm(self, now_ms: int, *, force: bool = False) -> Outcome:
        """Arm the vehicle. IN_PROGRESS if it takes longer; ArmedChanged then announces the end."""

    def disarm(self, now_ms: int, *, force: bool = False, method: ArmingMethod = ArmingMethod.MAVLINK) -> Outcome: ...
    @property
    def arm_request(self) -> Request | None:
        """The arm command in progress; it also receives the result."""


class PrearmWatch:
    """Watch of the pre-arm checks. They run every second while disarmed, mostly without a pass (`glance`). Failures are
    announced every 30 s. `ok`: all checks pass; `latest`: the reasons that the last check found."""

    def __init__(self, facts: VehicleFacts, announcer: Announcer, home: Home, checks: ArmingChecks) -> None:
        self._facts = facts
        self._announcer = announcer
        self._home = home
        self._checks = checks
        self._display_ms = _DISPLAY_MS
        self.ok = False
        self.latest: Sequence[ArmingReason] = ()
        self.due_ms = 0

    def reasons(self) -> list[ArmingReason]:
        """Reasons to refuse arming; empty = ready."""
        return self._checks.before()

    def run(self, now_ms: int) -> Outcome:
        """RUN_PREARM_CHECKS: announce the failures. Refused while armed."""
        if self._facts.armed:
            return Outcome(Result.TEMPORARILY_REJECTED, "armed")
        self._take(self.reasons(), now_ms, display=True)
        return ACCEPTED

    def glance(self, now_ms: int) -> bool:
        """Check without a pass if it is time, while disarmed. True if a pass is needed at this time."""
        if now_ms < self.due_ms:
            return False
        reasons, display = self.reasons(), now_ms >= self._display_ms
        moves = self._facts.home is None or self._home.left_behind
        if moves or self.ok == bool(reasons) or (reasons and display):
            return True
        self._take(reasons, now_ms, display=display)
        self._wait(now_ms)
        return False

    def update(self, now_ms: int) -> None:
        """Check in a pass, while disarmed."""
        if now_ms >= self.due_ms:
            self._home.follow()
            self._take(self.reasons(), now_ms, display=now_ms >= self._display_ms)
            self._wait(now_ms)

    def _wait(self, now_ms: int) -> None:
        self.due_ms = next_multiple(now_ms, _LOOK_MS)

    def _take(self, reasons: Sequence[ArmingReason], now_ms: int, *, display: bool) -> None:
        self.ok, self.latest = not reasons, reasons
        if display:
            self._display_ms = now_ms + _DISPLAY_MS
            for reason in reasons:
                self._announcer.say(Severity.CRITICAL, f"{self._facts.personality.texts.prearm}{reason.text}")


@dataclass(slots=True)
class FlightTimes:
    """Vehicle times since the last arming, ms: of arming, of the last takeoff and of the landing after it; None: it did
    not happen."""

    armed_ms: int | None = None
    took_off_ms: int | None = None
    landed_ms: int | None = None


class Arming:
    """The vehicle's own procedure. `throttle_raised`: by the pilot's stick; `mandatory`: reasons that also refuse a
    forced arming; `on_change(armed, now_ms)` tells the other parts of the autopilot. `hold_auto_disarm`: DISARM_DELAY
    waits (during a countdown)."""

    def __init__(
        self,
        context: CommandContext,
        home: Home,
        prearm: PrearmWatch,
        checks: ArmingChecks,
        throttle_raised: Callable[[], bool],
        mandatory: Callable[[], list[ArmingReason]],
        leave_finished: Callable[[], bool],
        on_change: Callable[[bool, int], None],
    ) -> None:
        self._facts, self._announcer, self._helm = context.facts, context.announcer, context.helm
        self._modes, self._auto = context.modes, context.auto
        self._home = home
        self._prearm = prearm
        self._checks = checks
        self._throttle_raised = throttle_raised
        self._mandatory = mandatory
        self._leave_finished = leave_finished
        self.authorization = ArmAuthorization(context.facts, context.announcer)
        self._on_change = on_change
        self._pending: tuple[Request, bool] | None = None  # a request to a flight controller, and whether it is to arm
        self._finish_ms = 0
        self._idle_since_ms: int | None = None
        self._known_armed = context.facts.armed
        self.hold_auto_disarm = False
        self.times = FlightTimes()
        self.last_refusal = ""
        self.arming_method = ArmingMethod.MAVLINK
        """Method of the running arm command."""
        self.forced = False  # the last arming or disarming was commanded in spite of its checks
        self.switches = MotorSwitches(context.facts, context.announcer, context.helm)

    # --- the act --------------------------------------------------------------------------------------------------
    def arm(self, now_ms: int, *, force: bool = False) -> Outcome:
        if self._facts.armed:
            return ACCEPTED
        if self._pending is not None:
            return Outcome(Result.IN_PROGRESS)
        refusal = self.refusal(force=force)
        if refusal is not None:
            return refusal
        if not force and int(self._facts.param("ARMING_CHECK", 1.0)) == 0:
            self._announcer.say(Severity.WARNING, "Warning: Arming Checks Disabled")
        # our checks apply; a flight controller's own do not count, because some may be disabled
        vehicle = self._helm.vehicle
        request = vehicle.arm(force=force or not vehicle.capabilities.own_checks)
        self.forced = force
        return self._ask(request, True, now_ms, self.arming_method)

    def refusal(self, *, force: bool = False) -> Outcome | None:
        """Run the arming checks and announce failures; None = the vehicle may be armed."""
        reasons = self._mandatory() if force else [*self._prearm.reasons(), *self._checks.at_arming()]
        for reason in reasons:
            self._announcer.say(Severity.CRITICAL, f"{self._facts.personality.texts.arm}{reason.text}")
        if not reasons:
            return None if force else self.authorization.refusal()
        self.arming_method = ArmingMethod.MAVLINK
        self.last_refusal = reasons[0].text
        return Outcome(Result.FAILED, reasons[0].text)

    @property
    def arm_request(self) -> Request | None:
        return self._pending[0] if self._pending is not None and self._pending[1] else None

    @property
    def pending(self) -> bool:
        """True until a flight controller has answered an arm or disarm."""
        return self._pending is not None

    def disarm(self, now_ms: int, *, force: bool = False, method: ArmingMethod = ArmingMethod.MAVLINK) -> Outcome:
        if not self._facts.armed and self.arm_request is None:  # a flight controller may yet follow one that waits
            self._notice(now_ms, method)  # it may have stopped just now
            return ACCEPTED
        if not force and not self._facts.landed:
            return self._refuse(False, "not landed")
        self.forced = force and method is ArmingMethod.MAVLINK
        return self._ask(self._helm.vehicle.disarm(force=force), False, now_ms, method)

    def _ask(self, request: Request, arm: bool, now_ms: int, method: ArmingMethod) -> Outcome:
        if not request.done:
            self._pending = (request, arm)
            return Outcome(Result.IN_PROGRESS)
        if not request.ok:
            return self._refuse(arm, request.reason, Severity.CRITICAL)
        self._notice(now_ms, method)
        return ACCEPTED

    def _refuse(self, arm: bool, reason: str, severity: Severity = Severity.WARNING) -> Outcome:
        self.last_refusal = reason
        texts = self._facts.personality.texts
        return self._announcer.refuse(f"{texts.arm if arm else texts.disarm}{reason}", severity=severity)

    def _notice(self, now_ms: int, method: ArmingMethod = ArmingMethod.UNKNOWN) -> None:
        """Note that the vehicle was armed or disarmed, by any party."""
        armed = self._facts.armed
        if armed == self._known_armed:
            return
        self._known_armed = armed
        if armed:
            self._armed(now_ms, method)
        else:
            self._disarmed(now_ms, method)

    def _armed(self, now_ms: int, method: ArmingMethod) -> None:
        facts, announcer, helm = self._facts, self._announcer, self._helm
        facts.armed_yaw = facts.vehicle.state.yaw
        self.switches.begin()
        helm.flight_over = False
        helm.takeoff_allowed = facts.option("AUTO_OPTIONS", _TAKE_OFF_BY_ITSELF)
        helm.rudder_held = method is ArmingMethod.RUDDER
        self._prearm.ok = True
        self.times = FlightTimes(now_ms)
        self.arming_method = ArmingMethod.MAVLINK
        self._idle_since_ms = now_ms if facts.landed else None
        if facts.personality.texts.armed:
            announcer.say(Severity.INFO, facts.personality.texts.armed)
        self._home.armed()
        announcer.announce(ArmedChanged(True, method))
        self._on_change(True, now_ms)
        self._modes.mode.armed(now_ms)

    def _disarmed(self, now_ms: int, method: ArmingMethod) -> None:
        facts, announcer, helm = self._facts, self._announcer, self._helm
        texts = facts.personality.texts
        helm.takeoff_allowed = helm.rudder_held = helm.flight_over = False
        self._idle_since_ms = None
        self._finish_ms = 0
        self.switches.begin()
        self._prearm.due_ms = now_ms
        if texts.disarmed:
            announcer.say(Severity.INFO, texts.disarmed)
        if texts.auto_disarmed and method is ArmingMethod.LANDED:
            announcer.say(Severity.INFO, texts.auto_disarmed)
        announcer.announce(ArmedChanged(False, method))
        self._on_change(False, now_ms)
        self._modes.mode.disarmed()
        if facts.vehicle_class.flies or self._modes.mode is not self._auto:
            self._auto.rewind()

    # --- the pass -------------------------------------------------------------------------------------------------
    def handle_events(self, events: VehicleEvent, now_ms: int) -> None:
        if self._pending is not None and events & VehicleEvent.REPLY and self._pending[0].done:
            request, arm = self._pending
            self._pending = None
            if not request.ok:
                self._refuse(arm, request.reason, Severity.CRITICAL)
        self._notice(now_ms)
        bits = int(events)
        if bits & _LIFTOFF:
            self._idle_since_ms = None
            self.times.took_off_ms, self.times.landed_ms = now_ms, None
        if bits & _LANDED and self._facts.armed:
            self._idle_since_ms = self.times.landed_ms = now_ms
            if self._stops_at_touchdown():
                self.disarm(now_ms, method=ArmingMethod.LANDED)

    def update(self, now_ms: int) -> None:
        self.switches.look(now_ms)
        if not self._known_armed:
            self._prearm.update(now_ms)
        elif self.switches.disarm_ms is not None and now_ms >= self.switches.disarm_ms:
            self.disarm(now_ms, force=True, method=ArmingMethod.DISARM_DELAY)
        elif self._stops_when_finished():
            if now_ms >= self._finish_ms:  # one that does not stop is asked again every second
                self._finish_ms = now_ms + _LOOK_MS
                self.disarm(now_ms, method=ArmingMethod.LANDED)
        elif self._idle_since_ms is not None:
            self._disarm_when_idle(now_ms)

    @property
    def flew(self) -> bool:
        """True if it took off since it was armed."""
        return self.times.took_off_ms is not None

    def _stops_at_touchdown(self) -> bool:
        """True if PILOT_THR_BHV stops the motors at touchdown: in modes for arming except those with direct
        throttle."""
        spec = self._modes.spec
        enabled = self._facts.option("PILOT_THR_BHV", _STOP_AT_TOUCHDOWN)
        return bool(enabled) and self.flew and spec.arming and not spec.manual_throttle

    def _stops_when_finished(self) -> bool:
        return self._modes.mode.finished and not self.runs_on and not self._leave_finished()

    def _disarm_when_idle(self, now_ms: int) -> None:
        deadline_ms = self._idle_deadline()
        if deadline_ms is None or now_ms < deadline_ms:
            return
        lifts = isinstance(self._helm.target, TakeOff)
        busy = self.hold_auto_disarm or self._modes.mode.holds_arming or self._throttle_raised() or lifts
        if self._facts.landed and not busy:
            self.disarm(now_ms, method=ArmingMethod.DISARM_DELAY)
        else:
            self._idle_since_ms = now_ms

    def _idle_deadline(self) -> int | None:
        personality = self._facts.personality
        own_s = personality.landed_delay_s() if self.flew else personality.preflight_delay_s()
        delay = self._facts.param("DISARM_DELAY") if own_s is None else own_s
        if self._idle_since_ms is None or delay <= 0.0 or not self._facts.vehicle_class.flies:
            return None
        return self._idle_since_ms + int(delay * 1000.0)

    @property
    def will_stop(self) -> bool:
        """True after a flight and a landing while the motors run only until the personality's delay is over."""
        return self.flew and self.runs_on and self._idle_deadline() is not None

    @property
    def runs_on(self) -> bool:
        """True if motors do not stop at a landing, but later or never."""
        return self._facts.personality.landed_delay_s() is not None

    @property
    def look_ms(self) -> int | None:
        """Vehicle time of the next pre-arm check, by a pass or a `glance`."""
        return None if self._known_armed else self._prearm.due_ms

    def glance(self, now_ms: int) -> bool:
        """See `PrearmWatch.glance`."""
        return not self._known_armed and self._prearm.glance(now_ms)

    def next_deadline_ms(self) -> int | None:
        if not self._known_armed:
            return None
        finish_ms = self._finish_ms if self._stops_when_finished() else self._idle_deadline()
        return earliest((finish_ms, self.switches.disarm_ms, self.switches.rotors.due_ms))
