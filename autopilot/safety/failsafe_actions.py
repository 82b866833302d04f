"""Failsafe actions: bring the vehicle home, down, or to a stop, by the best mode that can be entered.

Each action is a list of modes that are tried in order (`FailsafeTables`). Source: ArduPilot ArduCopter/events.cpp,
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
    """Reasons in the log for a failsafe's change of mode and for its disarming."""

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
"""Reasons in the log by cause."""


@dataclass(frozen=True, slots=True)
class SafetyContext:
    """Context of safety parts. `disarm(method)` stops the motors in any case; `release_parachute(now_ms)`."""

    facts: VehicleFacts
    announcer: Announcer
    modes: ModeChoice
    disarm: Callable[[ArmingMethod], None]
    release_parachute: Callable[[int], None]

    def name_of(self, action: FailsafeAction) -> str:
        """Name of an action for people: the mode that it tries first, or its own."""
        kind = self.facts.vehicle_class
        order = kind.failsafes.modes.get(action, ())
        return kind.modes.specs[order[0]].title if order else action.value or "no action"

    def announce(self, cause: str, what: str = "") -> None:
        """Announce a failsafe, and what follows. ArduPilot's texts end with the action only if no mode changes ("Radio
        Failsafe - Continuing Auto"); this form is kept, but the action is always named."""
        self.announcer.say(Severity.WARNING, f"{cause} Failsafe - {what}" if what else f"{cause} Failsafe")

    def take(self, action: FailsafeAction, reason: ModeReason, now_ms: int, *, failsafe: bool = False) -> None:
        """Take `action`, by the best of its modes that can be entered. A `failsafe` announces if this is not the first
        mode, where there is a text, and delays a landing that it begins. The caller handles TERMINATE."""
        tables, modes = self.facts.vehicle_class.failsafes, self.modes
        order = tables.modes.get(action, ())
        for number in order:
            if enter_mode(modes, number, reason, now_ms) if failsafe else modes.set(number, now_ms, reason).ok:
                return
            if failsafe and number == order[0] and action in tables.text_instead:
                self.announcer.say(Severity.WARNING, tables.text_instead[action])
        if order:
            self.announcer.say(Severity.CRITICAL, f"{reason.text}: no mode to escape to")


def enter_mode(modes: ModeChoice, number: int, reason: ModeReason, now_ms: int) -> bool:
    """Enter a mode for a failsafe. A landing that begins so is delayed, so that a pilot can intervene."""
    before = modes.mode
    if not modes.set(number, now_ms, reason).ok:
        return False
    if modes.mode is not before:
        modes.mode.begin_with_pause(now_ms)
    return True


_URGENCY: Final = (
    FailsafeAction.TERMINATE,
    FailsafeAction.PARACHUTE,
    FailsafeAction.LAND,
    FailsafeAction.LAND_SEQUENCE,
    FailsafeAction.HOLD,
    FailsafeAction.RTL,
    FailsafeAction.SMART_RTL_OR_STOP,
    FailsafeAction.SMART_RTL_OR_RTL,
    FailsafeAction.NONE,
)
"""Battery failsafes, the most urgent first. A later one acts only if it is at least as urgent as the one before."""


def _urgency(action: FailsafeAction, kind: VehicleClass) -> int:
    """Urgency of an action, 0 = the most urgent; last are those that the list, or the kind, leaves out."""
    listed = action in _URGENCY and action is not kind.failsafes.least_urgent
    return _URGENCY.index(action) if listed else len(_URGENCY)


def battery_action(context: SafetyContext, losses: Losses, *, critical: bool) -> FailsafeAction | None:
    """Announce a low or critical battery, and return the action of BATT_FS_LOW_ACT or BATT_FS_CRT_ACT; None: a more
    urgent one was taken in this flight."""
    facts, kind = context.facts, context.facts.vehicle_class
    vector = facts.vehicle.state.report
    volts, used = vector[report.BATT_V], vector[report.BATT_MAH]
    level, setting = ("critical", "BATT_FS_CRT_ACT") if critical else ("low", "BATT_FS_LOW_ACT")
    context.announcer.say(Severity.WARNING, f"Battery 1 is {level} {volts:.2f}V used {used:.0f} mAh")
    before = losses.battery_action
    action = kind.failsafes.battery.get(int(facts.param(setting)), FailsafeAction.NONE)
    if before is not None and _urgency(action, kind) > _urgency(before, kind):
        return None
    losses.battery_action = action
    return action
