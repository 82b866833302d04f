"""Failsafes of planes (ArduPilot ArduPlane/events.cpp, system.cpp).

A loss of the sticks first takes a short action (FS_SHORT_ACTN) at once, and the mode before returns with the sticks. A
loss of either party takes the long action (FS_LONG_ACTN) after FS_LONG_TIMEOUT. A landing continues, in a mission from
its DO_LAND_START on, and the climb of TAKEOFF ends first, unless the action is to glide. On the ground, armed or not,
the mode changes too.
"""

from __future__ import annotations

from typing import Final

from autopilot.context.personality import FailsafeCause, FailsafeRules
from autopilot.interface import report
from autopilot.interface.reasons import ArmingMethod, ModeReason
from autopilot.mav import Severity, VtolState
from autopilot.modes.manager import ReturnBy
from autopilot.modes.wing_modes import AutolandBy
from autopilot.safety.failsafe_actions import CAUSES, SafetyContext
from autopilot.vehicles.mode_table import LiftOption
from autopilot.vehicles.vehicle_class import FailsafeAction

_WATCHED_ONLY: Final = 2  # THR_FAILSAFE: announce only
_IN_AUTO_ONLY: Final = 3  # FS_GCS_ENABL
_STOPS: Final = 1  # CRASH_DETECT
_GO_ON: Final = 0  # FS_SHORT_ACTN, FS_LONG_ACTN
_GLIDE: Final = 2  # FS_LONG_ACTN
_NOT: Final = 3  # FS_SHORT_ACTN
_RETURNS: Final = (FailsafeAction.RTL, FailsafeAction.AUTOLAND)
_HOVERING: Final = {LiftOption.HOVERING_RTL: FailsafeAction.RTL, LiftOption.HOVERING_QRTL: FailsafeAction.QRTL}
"""By Q_OPTIONS: the first bit that is set."""


class WingFailsafes(FailsafeRules):
    """Failsafe rules of a vehicle that cannot stop in the air. Losses are stored by cause, with the times of their long
    actions; they continue in the next flight. ArduPlane reports a lost fix by pre-arm checks and the estimator's flags,
    and does not check its lift motors."""

    def __init__(self, context: SafetyContext) -> None:
        kind = context.facts.vehicle_class
        self._context, self._numbers, self._tables = context, kind.modes, kind.failsafes
        self._facts, self._announcer, self._modes = context.facts, context.announcer, context.modes
        self._losses: dict[FailsafeCause, int] = {}  # time of each long action
        self._long: FailsafeCause | None = None
        self._mode_before: int | None = None  # mode before a short action

    # --- losses ---------------------------------------------------------------------------------------------------
    def in_force(self, *, failing: bool) -> bool:
        """True while there is a loss that a short action answers, after a long action, or if battery or estimator have
        failed."""
        short = FailsafeCause.RADIO in self._losses and self._short_action != _NOT
        return short or self._long is not None or failing

    def sticks_silent(self, setting: int, now_ms: int) -> None:
        if setting == _WATCHED_ONLY or FailsafeCause.RADIO in self._losses:
            return
        self._losses[FailsafeCause.RADIO] = now_ms + self._long_ms
        self._announcer.say(Severity.WARNING, "Throttle failsafe on")
        short = self._short_action
        if short == _NOT or self._long is not None:
            return
        before, lasting = self._modes.number, self._tables.lasting
        lasts = before in lasting.short or (short == _GO_ON and before in lasting.short_by_choice)
        if not lasts and not self._modes.mode.leads_down:
            self._mode_before = before
            action = self._tables.radio.get(short, self._tables.radio_otherwise)
            self._answer_loss(action, ModeReason.RADIO_FAILSAFE, now_ms)
        changed = self._modes.number != before
        self._announcer.say(
            Severity.WARNING,
            f"RC Short Failsafe: switched to {self._modes.spec.title}" if changed else "RC Short Failsafe On",
        )

    def ground_station_silent(self, setting: int, now_ms: int) -> None:
        """Note that FS_GCS_TIMEOUT is over; the rest of FS_LONG_TIMEOUT follows."""
        waited = int(1000.0 * self._facts.param("FS_GCS_TIMEOUT", 5.0))
        self._losses.setdefault(FailsafeCause.GROUND_STATION, now_ms + max(self._long_ms - waited, 0))
        self.update(now_ms)

    @property
    def _short_action(self) -> int:
        return int(self._facts.param("FS_SHORT_ACTN"))

    @property
    def _long_ms(self) -> int:
        return int(1000.0 * self._facts.param("FS_LONG_TIMEOUT", 5.0))

    def found(self, cause: FailsafeCause) -> None:
        """Handle a party that is heard again: after a short action the mode before returns, unless a person has chosen
        another."""
        if self._losses.pop(cause, None) is None:
            return
        if cause is FailsafeCause.RADIO:
            self._announcer.say(Severity.WARNING, "Throttle failsafe off")
        if self._long is cause:
            self._long = None
            station = cause is FailsafeCause.GROUND_STATION
            self._announcer.say(Severity.WARNING, "GCS Failsafe Off" if station else "RC Long Failsafe Cleared")
            return
        if cause is not FailsafeCause.RADIO:
            return
        before, self._mode_before = self._mode_before, None
        if self._short_action != _NOT:
            self._announcer.say(Severity.WARNING, "Short Failsafe Cleared")
            if before is not None and self._modes.number != self._modes.intended:
                self._modes.set(before, self._facts.now_ms, ModeReason.RADIO_FAILSAFE_RECOVERY)
                self._announcer.say(Severity.INFO, f"Flight mode {self._modes.spec.title} restored")

    @property
    def deadline_ms(self) -> int | None:
        if self._long is not None:
            return None
        return min((due for cause, due in self._losses.items() if self._acts(cause)), default=None)

    def _acts(self, cause: FailsafeCause) -> bool:
        in_auto_only = int(self._facts.param("FS_GCS_ENABL")) == _IN_AUTO_ONLY
        in_auto = self._modes.number in self._numbers.autos
        gliding = int(self._facts.param("FS_LONG_ACTN")) == _GLIDE
        slope = self._modes.mode.is_landing and self._modes.number not in self._tables.lasting.long
        waits = slope or (self._modes.mode.delays_failsafes and not gliding)
        return not waits and (cause is not FailsafeCause.GROUND_STATION or not in_auto_only or in_auto)

    def update(self, now_ms: int) -> None:
        due_ms = self.deadline_ms
        if due_ms is None or now_ms < due_ms:
            return
        cause = min((cause for cause in self._losses if self._acts(cause)), key=self._losses.__getitem__)
        self._long, self._mode_before = cause, None
        setting = int(self._facts.param("FS_LONG_ACTN"))
        mode, lasting = self._modes.number, self._tables.lasting
        rises = self._modes.mode.rises_upright
        by_choice = setting == _GO_ON and mode in lasting.long_by_choice and not rises
        goes_on = by_choice or mode in lasting.long or self._modes.mode.leads_down
        returning = mode == self._numbers.rtl
        action = FailsafeAction.LAND if rises else self._tables.ground_station.get(setting, FailsafeAction.RTL)
        if not goes_on and (not returning or action in (FailsafeAction.AUTO, FailsafeAction.AUTOLAND)):
            self._answer_loss(action, CAUSES[cause].reason, now_ms)
        name = "GCS" if cause is FailsafeCause.GROUND_STATION else "RC Long"
        self._announcer.say(Severity.WARNING, f"{name} Failsafe On: {self._modes.spec.title}")

    # --- other failures -------------------------------------------------------------------------------------------
    def crashed(self, check: int, now_ms: int) -> None:
        """Stop the motor in AUTO, by bit 0 of CRASH_DETECT (ArduPlane's crash_detection_update)."""
        if self._modes.number not in self._numbers.autos:
            return
        if check & _STOPS:
            self._context.disarm(ArmingMethod.CRASH)
        self._announcer.say(Severity.EMERGENCY, "Crash detected")

    def estimator_failed(self, now_ms: int) -> None:
        """In a mode that needs a position, circle at a bank without one. A hover lands, or keeps its height for its
        pilot (ArduPlane's failsafe_ekf_event)."""
        if self._modes.spec.position:
            piloted = self._modes.number in self._numbers.hovering
            hovers = self._facts.vehicle.state.report[report.VTOL_STATE] == VtolState.MC
            upright = FailsafeAction.HOLD if piloted else FailsafeAction.LAND
            action = upright if piloted or hovers else FailsafeAction.CIRCLE
            self._take(action, ModeReason.EKF_FAILSAFE, now_ms)
        self._announcer.say(Severity.CRITICAL, "EKF failsafe")

    def fail(self, cause: FailsafeCause, action: FailsafeAction, now_ms: int) -> None:
        """Return, or land where the mission lands. No action on the ground."""
        if action is FailsafeAction.NONE or not self._facts.armed:
            return
        if self._facts.landed or self._goes_on_to_land(action):
            return
        reason = CAUSES[cause].reason
        if action is FailsafeAction.LAND_SEQUENCE and self._lands_by_mode:
            self._join_landing(reason, now_ms)  # or goes on
        else:
            self._context.announce(cause.value, self._context.name_of(action))
            self._take(action, reason, now_ms)

    @property
    def _lands_by_mode(self) -> bool:
        """True in a mode that ends with a landing: AUTOLAND, QRTL, LOITER_ALT_QLAND, QLAND."""
        return self._modes.number in self._numbers.landing

    def _goes_on_to_land(self, action: FailsafeAction) -> bool:
        """True if the vehicle lands already, or if its mission goes to the landing at which the action would begin. A
        parachute, QLAND and LOITER_ALT_QLAND come in any other landing too (ArduPlane's handle_battery_failsafe)."""
        if action is FailsafeAction.PARACHUTE:
            return False
        if action in (FailsafeAction.LAND, FailsafeAction.LOITER):
            return self._modes.number == self._numbers.land
        turns = action is FailsafeAction.RTL and int(self._facts.param("RTL_AUTOLAND")) == AutolandBy.AT_ONCE
        goal = turns or action is FailsafeAction.LAND_SEQUENCE
        stays = self._lands_by_mode and (action in _RETURNS or self._facts.vehicle_class.lands_anywhere)
        return self._modes.mode.is_landing or stays or (goal and self._modes.mode.goes_on_to_land())

    def _answer_loss(self, action: FailsafeAction, reason: ModeReason, now_ms: int) -> None:
        """Take the action for a loss; a mode in which a pilot hovers has its own, whatever the parameters say."""
        if self._modes.number in self._numbers.hovering:
            options = int(self._facts.param("Q_OPTIONS"))
            action = next((instead for bit, instead in _HOVERING.items() if options & bit), FailsafeAction.LAND)
        self._take(action, reason, now_ms)

    def _take(self, action: FailsafeAction, reason: ModeReason, now_ms: int) -> None:
        if action is FailsafeAction.PARACHUTE:
            if not self._facts.landed:
                self._context.release_parachute(now_ms)
            return
        if action is FailsafeAction.LAND_SEQUENCE and self._join_landing(reason, now_ms):
            return
        self._context.take(action, reason, now_ms, failsafe=True)

    def _join_landing(self, reason: ModeReason, now_ms: int) -> bool:
        """Go on at the mission's DO_LAND_START, if it has one."""
        return self._modes.return_by(ReturnBy.LANDING, self._numbers.auto, now_ms, reason).ok
