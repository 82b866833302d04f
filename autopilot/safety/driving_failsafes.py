"""Failsafes of a rover or boat (ArduPilot Rover/failsafe.cpp, crash_check.cpp).

A loss of ground station or sticks acts by FS_ACTION after FS_TIMEOUT, also while disarmed. In RTL, and in HOLD unless
bit 0 of FS_OPTIONS is set, the vehicle already does the right thing: the loss then waits, and acts when another mode is
entered. After one loss has acted, another changes nothing as long as the first lasts.
"""

from __future__ import annotations

from typing import Final

from autopilot.context.personality import FailsafeCause, FailsafeRules
from autopilot.interface.reasons import ArmingMethod, ModeReason
from autopilot.interface.records import dataclass
from autopilot.mav import Severity
from autopilot.safety.failsafe_actions import CAUSES, SafetyContext
from autopilot.vehicles.vehicle_class import FailsafeAction

_CONTINUE_IN_AUTO: Final = 2  # FS_GCS_ENABLE, FS_THR_ENABLE
_ALSO_IN_HOLD: Final = 1  # FS_OPTIONS
_ANNOUNCE: Final = 2  # FS_EKF_ACTION


@dataclass(frozen=True, slots=True)
class _LastingLoss:
    setting: int
    acts_ms: int


class DrivingFailsafes(FailsafeRules):
    """Failsafe rules of a vehicle that drives. Losses are stored by their cause. ArduRover does not announce a lost
    fix."""

    def __init__(self, context: SafetyContext) -> None:
        kind = context.facts.vehicle_class
        self._context, self._numbers, self._tables = context, kind.modes, kind.failsafes
        self._facts, self._announcer, self._modes = context.facts, context.announcer, context.modes
        self._losses: dict[FailsafeCause, _LastingLoss] = {}
        self._acted: frozenset[FailsafeCause] = frozenset()  # losses at the last action that last

    # --- losses ---------------------------------------------------------------------------------------------------
    def in_force(self, *, failing: bool) -> bool:
        """True if a loss has led to an action, or battery or estimator have failed."""
        return bool(self._acted) or failing

    def ground_station_silent(self, setting: int, now_ms: int) -> None:
        self._losses.setdefault(FailsafeCause.GROUND_STATION, _LastingLoss(setting, now_ms))
        self.update(now_ms)

    def sticks_silent(self, setting: int, now_ms: int) -> None:
        acts_ms = now_ms + int(1000.0 * self._facts.param("FS_TIMEOUT", 0.0))
        self._losses.setdefault(FailsafeCause.RADIO, _LastingLoss(setting, acts_ms))

    def found(self, cause: FailsafeCause) -> None:
        acted, self._acted = self._acted, self._acted - {cause}
        self._losses.pop(cause, None)
        if acted and not self._losses:
            self._announcer.say(Severity.INFO, f"{cause.value} Failsafe Cleared")

    def armed(self, armed: bool) -> None:
        """Forget earlier losses at the beginning of a drive."""
        if armed:
            self._acted = frozenset()

    @property
    def deadline_ms(self) -> int | None:
        if self._acted or not self._losses or self._safe:
            return None
        return min(loss.acts_ms for loss in self._losses.values())

    @property
    def _safe(self) -> bool:
        if self._modes.number == self._numbers.at_rest:
            return not self._facts.option("FS_OPTIONS", _ALSO_IN_HOLD)
        return self._modes.number == self._numbers.rtl

    def update(self, now_ms: int) -> None:
        due_ms = self.deadline_ms
        if due_ms is None or now_ms < due_ms:
            return
        cause = min(self._losses, key=lambda lost: self._losses[lost].acts_ms)
        self._acted = frozenset(self._losses)
        goes_on = self._losses[cause].setting == _CONTINUE_IN_AUTO and self._modes.number in self._numbers.autos
        action = self._tables.radio.get(int(self._facts.param("FS_ACTION", 2.0)), FailsafeAction.NONE)
        if goes_on:
            self._context.announce(cause.value)
            self._announcer.say(Severity.WARNING, "Failsafe - Continuing Auto Mode")
        elif action is FailsafeAction.TERMINATE:
            self._context.announce(cause.value, "Disarming")
            self._context.disarm(CAUSES[cause].method)
        else:
            self._context.announce(cause.value, self._context.name_of(action))
            self._context.take(action, CAUSES[cause].reason, now_ms)

    # --- other failures -------------------------------------------------------------------------------------------
    def crashed(self, check: int, now_ms: int) -> None:
        """Act by FS_CRASH_CHECK: 1 hold, 2 hold and disarm."""
        self._announcer.say(Severity.EMERGENCY, "Crash: Going to HOLD")
        self._modes.set(self._numbers.stop, now_ms, ModeReason.CRASH_FAILSAFE)
        if check != 1:
            self._context.disarm(ArmingMethod.CRASH)

    def estimator_failed(self, now_ms: int) -> None:
        """Act in a mode that needs a position, by FS_EKF_ACTION: 0 nothing, 1 and all above 2 hold, 2 announce."""
        action = int(self._facts.param("FS_EKF_ACTION", 1.0))
        if action == 0 or not self._modes.spec.position:
            return
        if action != _ANNOUNCE:
            self._modes.set(self._numbers.stop, now_ms, ModeReason.EKF_FAILSAFE)
        self._announcer.say(Severity.CRITICAL, "EKF failsafe")

    def fail(self, cause: FailsafeCause, action: FailsafeAction, now_ms: int) -> None:
        """Stop, or drive home. The battery has announced its failure already."""
        if action is FailsafeAction.NONE:
            return
        if cause is not FailsafeCause.BATTERY:
            self._context.announce(cause.value, self._context.name_of(action))
        if self._facts.armed and action is FailsafeAction.TERMINATE:
            self._context.disarm(CAUSES[cause].method)
        elif self._facts.armed:
            self._context.take(action, CAUSES[cause].reason, now_ms, failsafe=True)
