"""Arming: the checks, the act, and stopping the motors again.

Texts are ArduPilot's ("PreArm: ..", "Arm: .."), because ground stations look for them (`ground-stations.md` 1.6). A
procedure that does more (the flight manager's RESETs) wraps `Arming` and takes its place as `Autopilot.arming`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from autopilot import report
from autopilot.cockpit import Cockpit
from autopilot.home import Home
from autopilot.mission.storage import MissionStorage
from autopilot.modes.auto import AutoMode
from autopilot.modes.manager import ModeChoice
from autopilot.outcome import ACCEPTED, ArmedChanged, Outcome, Result, Severity
from autopilot.vehicle import Request, VehicleEvent

_LOOK_MS: Final = 1000
_DISPLAY_MS: Final = 30_000
_ARM_IN_AUTO, _TAKE_OFF_BY_ITSELF = 1, 2  # AUTO_OPTIONS bits 0 and 1


class ArmingProcedure(Protocol):
    """What `Autopilot.arm` and `disarm` go through."""

    def arm(self, now_ms: int, *, force: bool = False) -> Outcome:
        """IN_PROGRESS when it takes longer; ArmedChanged tells when it is done."""

    def disarm(self, now_ms: int, *, force: bool = False) -> Outcome: ...


class Arming:
    """The vehicle's own procedure. `more_checks`: reasons that other parts of the autopilot have (fence).
    `on_change(armed, now_ms)` tells them. `hold_auto_disarm`: DISARM_DELAY waits (a countdown runs)."""

    def __init__(
        self,
        cockpit: Cockpit,
        modes: ModeChoice,
        auto: AutoMode,
        mission: MissionStorage,
        home: Home,
        more_checks: Callable[[], Sequence[str]],
        throttle_raised: Callable[[], bool],
        on_change: Callable[[bool, int], None],
    ) -> None:
        self._cockpit = cockpit
        self._modes = modes
        self._auto = auto
        self._mission = mission
        self._home = home
        self._more_checks = more_checks
        self._throttle_raised = throttle_raised
        self._on_change = on_change
        self._pending: tuple[Request, bool] | None = None  # what was asked of a real vehicle, and whether to arm
        self._look_ms = 0
        self._display_ms = _DISPLAY_MS
        self._finish_ms = 0
        self._idle_since: int | None = None
        self._known_armed = cockpit.armed
        self.hold_auto_disarm = False
        self.leave_finished: Callable[[], bool] = lambda: False  # does another stop the motors after a landing?
        self.last_refusal = ""
        self.prearm_ok = False

    # --- checks ---------------------------------------------------------------------------------------------------
    def reasons(self) -> list[str]:
        """Why the vehicle may not be armed, without "PreArm: "; empty = ready."""
        found = list(self._cockpit.vehicle.armable_reasons)
        if int(self._cockpit.param("ARMING_CHECK", 1.0)) == 0:
            return found
        if self._modes.spec.position and not self._cockpit.has_position and "Need Position Estimate" not in found:
            found.append("Need Position Estimate")
        if self._modes.mode is self._auto and not self._mission.total():
            found.append("Mode requires mission")
        found.extend(self._battery())
        found.extend(self._more_checks())
        return found

    def _battery(self) -> list[str]:
        vector = self._cockpit.vehicle.state.report
        param = self._cockpit.param
        found: list[str] = []
        lowest = param("BATT_ARM_VOLT")
        if lowest > 0.0 and vector[report.BATT_V] < lowest:
            found.append("Battery 1 below minimum arming voltage")
        spare = param("BATT_ARM_MAH")
        if spare > 0.0 and param("BATT_CAPACITY", 3300.0) - vector[report.BATT_MAH] < spare:
            found.append("Battery 1 below minimum arming capacity")
        rest = vector[report.BATT_V]
        if rest < param("BATT_CRT_VOLT") and rest > 1.0:
            found.append("Battery 1 critical voltage failsafe")
        elif rest < param("BATT_LOW_VOLT") and rest > 1.0:
            found.append("Battery 1 low voltage failsafe")
        return found

    def _arm_reasons(self) -> list[str]:
        """Checks of the moment of arming itself."""
        spec = self._modes.spec
        if self._modes.mode is self._auto and not self._cockpit.rover:
            if not int(self._cockpit.param("AUTO_OPTIONS")) & _ARM_IN_AUTO:
                return [f"{spec.name} mode not armable"]
            if self._cockpit.landed and self._mission.total() and self._auto.missing_takeoff():
                return ["Auto: Missing Takeoff Cmd"]
        elif not spec.arming:
            return [f"{spec.name} mode not armable"]
        if not self._cockpit.rover and self._throttle_raised():
            return ["Throttle too high"]
        return []

    def run_checks(self, now_ms: int) -> Outcome:
        """RUN_PREARM_CHECKS: say what fails. Refused while armed."""
        if self._cockpit.armed:
            return Outcome(Result.TEMPORARILY_REJECTED, "armed")
        self._look(now_ms, display=True)
        return ACCEPTED

    def _look(self, now_ms: int, *, display: bool) -> None:
        reasons = self.reasons()
        self.prearm_ok = not reasons
        if display:
            self._display_ms = now_ms + _DISPLAY_MS
            for reason in reasons:
                self._cockpit.say(Severity.CRITICAL, f"PreArm: {reason}")

    # --- the act --------------------------------------------------------------------------------------------------
    def arm(self, now_ms: int, *, force: bool = False) -> Outcome:
        if self._cockpit.armed:
            return ACCEPTED
        if self._pending is not None:
            return Outcome(Result.IN_PROGRESS)
        refusal = self.refusal(force=force)
        return self._ask(self._cockpit.vehicle.arm(force=force), True, now_ms) if refusal is None else refusal

    def refusal(self, *, force: bool = False) -> Outcome | None:
        """The arming checks, told when they fail; None = the vehicle may be armed."""
        reasons = [] if force else [*self.reasons(), *self._arm_reasons()]
        for reason in reasons:
            self._cockpit.say(Severity.CRITICAL, f"Arm: {reason}")
        if not reasons:
            return None
        self.last_refusal = reasons[0]
        return Outcome(Result.FAILED, reasons[0])

    @property
    def pending(self) -> bool:
        """A real controller has yet to answer an arm or disarm."""
        return self._pending is not None

    def disarm(self, now_ms: int, *, force: bool = False, reason: str = "") -> Outcome:
        if not self._cockpit.armed:
            self._notice(now_ms, reason)  # it may have stopped by itself just now
            return ACCEPTED
        if not force and not self._cockpit.landed:
            return self._refuse("Disarm: not landed")
        return self._ask(self._cockpit.vehicle.disarm(force=force), False, now_ms, reason)

    def _ask(self, request: Request, arm: bool, now_ms: int, reason: str = "") -> Outcome:
        if not request.done:
            self._pending = (request, arm)
            return Outcome(Result.IN_PROGRESS)
        if not request.ok:
            return self._refuse(f"{'Arm' if arm else 'Disarm'}: {request.reason}", Severity.CRITICAL)
        self._notice(now_ms, reason)
        return ACCEPTED

    def _refuse(self, text: str, severity: Severity = Severity.WARNING) -> Outcome:
        self.last_refusal = text.partition(": ")[2]
        return self._cockpit.refuse(text, severity=severity)

    def _notice(self, now_ms: int, reason: str = "") -> None:
        """Take note when the vehicle has become armed or disarmed, by whomever."""
        armed = self._cockpit.armed
        if armed == self._known_armed:
            return
        self._known_armed = armed
        if armed:
            self._armed(now_ms, reason)
        else:
            self._disarmed(now_ms, reason)

    def _armed(self, now_ms: int, reason: str) -> None:
        cockpit = self._cockpit
        cockpit.armed_yaw = cockpit.vehicle.state.yaw
        cockpit.takeoff_allowed = bool(int(cockpit.param("AUTO_OPTIONS")) & _TAKE_OFF_BY_ITSELF)
        self.prearm_ok = True
        self._idle_since = now_ms if cockpit.landed else None
        cockpit.say(Severity.INFO, "Throttle armed" if cockpit.rover else "Arming motors")
        self._home.armed()
        cockpit.announce(ArmedChanged(True, reason))
        self._on_change(True, now_ms)
        self._modes.mode.armed(now_ms)

    def _disarmed(self, now_ms: int, reason: str) -> None:
        cockpit = self._cockpit
        cockpit.takeoff_allowed = False
        self._idle_since = None
        self._finish_ms = 0
        self._look_ms = now_ms
        cockpit.say(Severity.INFO, "Throttle disarmed" if cockpit.rover else "Disarming motors")
        cockpit.announce(ArmedChanged(False, reason))
        self._on_change(False, now_ms)
        self._modes.mode.disarmed()
        if not cockpit.rover or self._modes.mode is not self._auto:
            self._auto.rewind()

    # --- the pass -------------------------------------------------------------------------------------------------
    def handle_events(self, events: VehicleEvent, now_ms: int) -> None:
        if events & VehicleEvent.REPLY and self._pending is not None and self._pending[0].done:
            request, arm = self._pending
            self._pending = None
            if not request.ok:
                self._refuse(f"{'Arm' if arm else 'Disarm'}: {request.reason}", Severity.CRITICAL)
        self._notice(now_ms)
        if events & VehicleEvent.LIFTOFF:
            self._idle_since = None
        if events & VehicleEvent.LANDED and self._cockpit.armed:
            self._idle_since = now_ms

    def update(self, now_ms: int) -> None:
        if not self._known_armed:
            if now_ms >= self._look_ms:
                self._look_ms = (now_ms // _LOOK_MS + 1) * _LOOK_MS
                self._home.position_found()
                self._look(now_ms, display=now_ms >= self._display_ms)
        elif self._modes.mode.finished and not self.leave_finished():
            self._disarm_when_finished(now_ms)
        elif self._idle_since is not None:
            self._disarm_when_idle(now_ms)

    def _disarm_when_finished(self, now_ms: int) -> None:
        """What the mode was for is done. A vehicle that does not stop at once is asked again every second."""
        if now_ms >= self._finish_ms:
            self._finish_ms = now_ms + _LOOK_MS
            self.disarm(now_ms, reason="landed")

    def _disarm_when_idle(self, now_ms: int) -> None:
        deadline = self._idle_deadline()
        if deadline is None or now_ms < deadline:
            return
        if self._cockpit.landed and not self._busy():
            self.disarm(now_ms, reason="DISARM_DELAY")
        else:
            self._idle_since = now_ms

    def _busy(self) -> bool:
        return self.hold_auto_disarm or self._modes.mode.holds_arming or self._throttle_raised()

    def _idle_deadline(self) -> int | None:
        delay = self._cockpit.param("DISARM_DELAY")
        if self._idle_since is None or delay <= 0.0 or self._cockpit.rover:
            return None
        return self._idle_since + int(delay * 1000.0)

    def next_deadline_ms(self) -> int | None:
        if not self._known_armed:
            return self._look_ms
        finished = self._modes.mode.finished and not self.leave_finished()
        return self._finish_ms if finished else self._idle_deadline()
