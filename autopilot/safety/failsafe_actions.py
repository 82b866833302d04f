"""Failsafe actions: bring the vehicle home, down, or to a stop, by the best mode that can be entered.

Each action is a list of modes that are tried in turn (`FailsafeTables`). Source: ArduPilot ArduCopter/events.cpp,
Rover/failsafe.cpp.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from autopilot.context.personality import FailsafeCause
from autopilot.context.vehicle_context import Announcer, VehicleFacts
from autopilot.interface import report
from autopilot.interface.reasons import ArmingMethod, ModeReason
from autopilot.interface.records import dataclass
from autopilot.mav import Severity
from autopilot.modes.manager import ModeChoice
from autopilot.safety.losses import Losses
from autopilot.vehicles.vehicle_class import FailsafeAction, VehicleClass


@dataclass(frozen=True, slots=True)
class Record:
    """Reasons that the log gives for a failsafe's change of mode and for its disarming."""

    reason: ModeReason
    method: ArmingMethod


CAUSES: Final = {
    FailsafeCause.BATTERY: Record(ModeReason.BATTERY_FAILSAFE, ArmingMethod.BATTERY_FAILSAFE),
    FailsafeCause.GROUND_STATION: Record(ModeReason.GCS_FAILSAFE, ArmingMethod.GCS_FAILSAFE),
    FailsafeCause.RADIO: Record(ModeReason.RADIO_FAILSAFE, ArmingMethod.RADIO_FAILSAFE),
    FailsafeCause.TERRAIN: Record(ModeReason.TERRAIN_FAILSAFE, ArmingMethod.TERRAIN_FAILSAFE),
    FailsafeCause.TRANSITION: Record(ModeReason.FAILED_TRANSITION, ArmingMethod.FAILSAFE_TERMINATE),
    FailsafeCause.WIND: Record(ModeReason.FAILSAFE, ArmingMethod.FAILSAFE_TERMINATE),
}
"""Records of the log for what each cause has led to."""


def action_name(kind: VehicleClass, action: FailsafeAction) -> str:
    """Name of a failsafe's action for people: the mode that it tries first. ArduPilot's texts end with what is done
    only where no mode is changed ("Radio Failsafe - Continuing Auto"); the form is kept, the action never left out."""
    order = kind.failsafes.modes.get(action, ())
    return kind.modes.specs[order[0]].title if order else "no action"


Fail = Callable[[FailsafeCause, FailsafeAction, int], None]
"""Act of a kind of vehicle for a cause, at a vehicle time in ms."""


@dataclass(frozen=True, slots=True)
class SafetyContext:
    """Means of whatever acts for safety. `disarm(method)` stops the motors whatever happens."""

    facts: VehicleFacts
    announcer: Announcer
    modes: ModeChoice
    disarm: Callable[[ArmingMethod], None]

    def take(self, action: FailsafeAction, reason: ModeReason, now_ms: int, *, failsafe: bool = False) -> None:
        """Take `action`, by the best of its modes that can be entered. A `failsafe` says when it is not the first,
        where there are words for it, and a landing that it begins waits a little. TERMINATE is the caller's."""
        tables, modes = self.facts.vehicle_class.failsafes, self.modes
        order = tables.modes.get(action, ())
        for number in order:
            if enter_mode(modes, number, reason, now_ms) if failsafe else modes.set(number, now_ms, reason).ok:
                return
            if failsafe and number == order[0] and action in tables.said_instead:
                self.announcer.say(Severity.WARNING, tables.said_instead[action])
        if order:
            self.announcer.say(Severity.CRITICAL, f"{reason.text}: no mode to escape to")

    def battery_failed(self, losses: Losses, fail: Fail, *, critical: bool, now_ms: int) -> None:
        """Announce a battery that is low, or critical, while armed, and take the action that follows by
        BATT_FS_LOW_ACT or BATT_FS_CRT_ACT, unless one that is more urgent has been taken."""
        vector = self.facts.vehicle.state.report
        volts, used = vector[report.BATT_V], vector[report.BATT_MAH]
        level, setting = ("critical", "BATT_FS_CRT_ACT") if critical else ("low", "BATT_FS_LOW_ACT")
        self.announcer.say(Severity.WARNING, f"Battery 1 is {level} {volts:.2f}V used {used:.0f} mAh")
        actions, before = self.facts.vehicle_class.failsafes.battery, losses.battery_action
        action = actions.get(int(self.facts.param(setting)), FailsafeAction.NONE)
        if before is not None and _urgency(action) > _urgency(before):
            return
        losses.battery_action = action
        fail(FailsafeCause.BATTERY, action, now_ms)

    def estimator_cleared(self) -> None:
        """Tell of an estimator that is right again."""
        self.announcer.say(Severity.CRITICAL, self.facts.vehicle_class.texts.estimator_cleared)


def enter_mode(modes: ModeChoice, number: int, reason: ModeReason, now_ms: int) -> bool:
    """A failsafe takes this mode; a landing that begins so waits a little, for a pilot who knows better."""
    before = modes.mode
    if not modes.set(number, now_ms, reason).ok:
        return False
    if modes.mode is not before:
        modes.mode.begin_with_pause(now_ms)
    return True


_URGENCY: Final = (
    FailsafeAction.TERMINATE,
    FailsafeAction.LAND,
    FailsafeAction.HOLD,
    FailsafeAction.RTL,
    FailsafeAction.SMART_RTL_OR_STOP,
    FailsafeAction.SMART_RTL_OR_RTL,
    FailsafeAction.NONE,
)
"""Battery failsafes, the most urgent first: a later one acts only when it is as urgent as the one before."""


def _urgency(action: FailsafeAction) -> int:
    """0 = the most urgent; what is not in the list comes last."""
    return _URGENCY.index(action) if action in _URGENCY else len(_URGENCY)
