"""Failsafes of what flies on wings (ArduPilot ArduPlane/events.cpp, system.cpp).

A loss of the sticks acts at once, in a short way (FS_SHORT_ACTN), and the mode from before comes back with the sticks;
a loss of either acts for good (FS_LONG_ACTN) when it has lasted FS_LONG_TIMEOUT. A landing that has begun goes on.
"""

from __future__ import annotations

from typing import Final

from autopilot.context.personality import FailsafeCause
from autopilot.interface.reasons import ArmingMethod, ModeReason
from autopilot.mav import Severity
from autopilot.modes.manager import ReturnBy
from autopilot.safety.failsafe_actions import CAUSES, SafetyContext, action_name
from autopilot.safety.losses import Losses
from autopilot.vehicles.mode_table import LiftOption
from autopilot.vehicles.vehicle_class import FailsafeAction

_WATCHED_ONLY: Final = 2  # THR_FAILSAFE: told, and nothing done
_IN_AUTO_ONLY: Final = 3  # FS_GCS_ENABL
_GO_ON: Final = 0  # FS_SHORT_ACTN, FS_LONG_ACTN
_NOT: Final = 3  # FS_SHORT_ACTN
_HOVERING: Final = {LiftOption.HOVERING_RTL: FailsafeAction.RTL, LiftOption.HOVERING_QRTL: FailsafeAction.QRTL}
"""By Q_OPTIONS: the first that is set."""


class WingFailsafes:
    """The rules of a vehicle that cannot stop in the air. Losses by their cause, and when they become long ones."""

    warns_of_variance = needs_sticks = needs_station = True

    def __init__(self, context: SafetyContext, losses: Losses) -> None:
        self._context = context
        self._facts, self._announcer, self._modes = context.facts, context.announcer, context.modes
        self._numbers = context.facts.vehicle_class.modes
        self._tables = context.facts.vehicle_class.failsafes
        self._lost = losses
        self._losses: dict[FailsafeCause, int] = {}  # when each is a long one
        self._long: FailsafeCause | None = None
        self._mode_before: int | None = None  # a short loss

    # --- losses ---------------------------------------------------------------------------------------------------
    def in_force(self, *, failing: bool) -> bool:
        """True while something is lost, or has failed."""
        return bool(self._losses) or failing

    def armed(self, armed: bool) -> None:
        """Judge losses anew in a new flight."""
        self._long = self._mode_before = None

    def sticks_silent(self, setting: int, now_ms: int) -> None:
        if setting == _WATCHED_ONLY or FailsafeCause.RADIO in self._losses:
            return
        self._losses[FailsafeCause.RADIO] = now_ms + self._long_ms
        short = int(self._facts.param("FS_SHORT_ACTN"))
        if short == _NOT or not self._facts.armed or self._facts.landed or self._long is not None:
            return
        before, spec = self._modes.number, self._modes.spec
        if (spec.autopilot and short == _GO_ON) or before == self._numbers.rtl or self._lands:
            self._announcer.say(Severity.WARNING, "RC Short Failsafe On")
            return
        self._mode_before = before
        self._take(self._tables.radio.get(short, self._tables.radio_otherwise), ModeReason.RADIO_FAILSAFE, now_ms)
        self._announcer.say(Severity.WARNING, f"RC Short Failsafe: switched to {self._modes.spec.title}")

    def ground_station_silent(self, setting: int, now_ms: int) -> None:
        """FS_GCS_TIMEOUT is over: the rest of FS_LONG_TIMEOUT follows."""
        waited = int(1000.0 * self._facts.param("FS_GCS_TIMEOUT", 5.0))
        self._losses.setdefault(FailsafeCause.GROUND_STATION, now_ms + max(self._long_ms - waited, 0))
        self.update(now_ms)

    @property
    def _long_ms(self) -> int:
        return int(1000.0 * self._facts.param("FS_LONG_TIMEOUT", 5.0))

    def found(self, cause: FailsafeCause) -> None:
        """Heard again: after a short loss the mode from before flies on, unless a person has chosen another."""
        if self._losses.pop(cause, None) is None:
            return
        if self._long is cause:
            self._long = None
            name = "GCS" if cause is FailsafeCause.GROUND_STATION else "RC Long"
            self._announcer.say(Severity.WARNING, f"{name} Failsafe Cleared")
            return
        before, self._mode_before = self._mode_before, None
        if cause is FailsafeCause.RADIO and self._facts.armed:
            self._announcer.say(Severity.WARNING, "RC Short Failsafe Cleared")
            if before is not None and self._modes.number != self._modes.intended:
                self._modes.set(before, self._facts.now_ms, ModeReason.RADIO_FAILSAFE_RECOVERY)

    @property
    def deadline_ms(self) -> int | None:
        """Time at which `update` must run, vehicle time, ms; may have passed."""
        if self._long is not None or not self._facts.armed:
            return None
        return min((due for cause, due in self._losses.items() if self._acts(cause)), default=None)

    def _acts(self, cause: FailsafeCause) -> bool:
        in_auto_only = int(self._facts.param("FS_GCS_ENABL")) == _IN_AUTO_ONLY
        in_auto = self._modes.number in self._numbers.autos
        return not self._lands and (cause is not FailsafeCause.GROUND_STATION or not in_auto_only or in_auto)

    def update(self, now_ms: int) -> None:
        due = self.deadline_ms
        if due is None or now_ms < due:
            return
        cause = min((cause for cause in self._losses if self._acts(cause)), key=self._losses.__getitem__)
        self._long, self._mode_before = cause, None
        setting = int(self._facts.param("FS_LONG_ACTN"))
        goes_on = setting == _GO_ON and self._modes.number in (self._numbers.auto, self._numbers.guided)
        returning = self._modes.number == self._numbers.rtl
        action = self._tables.ground_station.get(setting, FailsafeAction.RTL)
        if not goes_on and (not returning or action in (FailsafeAction.AUTO, FailsafeAction.AUTOLAND)):
            self._take(action, CAUSES[cause].reason, now_ms)
        name = "GCS" if cause is FailsafeCause.GROUND_STATION else "RC Long"
        self._announcer.say(Severity.WARNING, f"{name} Failsafe On: switched to {self._modes.spec.title}")

    # --- other failures -------------------------------------------------------------------------------------------
    def battery_failed(self, *, critical: bool, now_ms: int) -> None:
        self._context.battery_failed(self._lost, self.fail, critical=critical, now_ms=now_ms)

    def estimator_recovered(self, now_ms: int) -> None:
        self._context.estimator_cleared()

    def position_lost(self, *, lost: bool) -> None:
        """ArduPlane tells it by its pre-arm checks and the estimator's flags."""

    def thrust_lost(self, now_ms: int) -> None:
        """ArduPlane does not look for it on its lift motors."""

    def crashed(self, check: int, now_ms: int) -> None:
        """Stop the motor; CRASH_DETECT is not 0."""
        self._announcer.say(Severity.EMERGENCY, "Crash detected: Disarming")
        self._context.disarm(ArmingMethod.CRASH)

    def estimator_failed(self, now_ms: int) -> None:
        """Without a position, round and round at a bank, in a mode that needs one."""
        if self._modes.spec.position:
            self._take(FailsafeAction.CIRCLE, ModeReason.EKF_FAILSAFE, now_ms)
        self._announcer.say(Severity.CRITICAL, "EKF failsafe")

    def fail(self, cause: FailsafeCause, action: FailsafeAction, now_ms: int) -> None:
        """Come home, or down where the mission lands. On the ground nothing is done."""
        if action is FailsafeAction.NONE or not self._facts.armed:
            return
        if action is FailsafeAction.TERMINATE:
            self._context.disarm(CAUSES[cause].method)
        elif not self._lands and not self._facts.landed:
            what = action_name(self._facts.vehicle_class, action)
            self._announcer.say(Severity.WARNING, f"{cause.value} Failsafe - {what}")
            self._take(action, CAUSES[cause].reason, now_ms)

    @property
    def _lands(self) -> bool:
        return self._modes.mode.is_landing

    def _take(self, action: FailsafeAction, reason: ModeReason, now_ms: int) -> None:
        if self._modes.number in self._numbers.hovering:
            options = int(self._facts.param("Q_OPTIONS"))
            action = next((instead for bit, instead in _HOVERING.items() if options & bit), FailsafeAction.LAND)
        landing = action is FailsafeAction.LAND_SEQUENCE
        if landing and self._modes.return_by(ReturnBy.LANDING, self._numbers.auto, now_ms, reason).ok:
            return
        self._context.take(action, reason, now_ms, failsafe=True)
