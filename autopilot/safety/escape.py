"""What a failsafe does: brings the vehicle home, down, or to a stop, by the best mode that can be entered.

The numbers of BATT_FS_*_ACT, FS_GCS_ENABLE, FS_THR_ENABLE and FS_ACTION are ArduPilot's; here each becomes a list of
modes that are tried in turn. Source: ArduPilot ArduCopter/events.cpp, Rover/failsafe.cpp.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from autopilot.cockpit import Cockpit
from autopilot.modes.manager import ModeChoice
from autopilot.modes.table import CopterMode, RoverMode, specs
from autopilot.outcome import Severity
from autopilot.reasons import ArmingMethod, ModeReason


class Escape(Enum):
    """A way out. The value names it in texts."""

    NONE = ""
    LAND = "LAND"
    RTL = "RTL"
    SMART_RTL_OR_RTL = "SMART_RTL"
    SMART_RTL_OR_STOP = "SMART_RTL or stop"  # copter: land; rover: hold
    LAND_SEQUENCE = "AUTO_RTL"
    BRAKE = "BRAKE"
    HOLD = "HOLD"
    LOITER = "LOITER"
    TERMINATE = "terminate"


_C, _R = CopterMode, RoverMode
_COPTER: Final[dict[Escape, tuple[int, ...]]] = {
    Escape.LAND: (_C.LAND,),
    Escape.RTL: (_C.RTL, _C.LAND),
    Escape.SMART_RTL_OR_RTL: (_C.SMART_RTL, _C.RTL, _C.LAND),
    Escape.SMART_RTL_OR_STOP: (_C.SMART_RTL, _C.LAND),
    Escape.LAND_SEQUENCE: (_C.AUTO_RTL, _C.RTL, _C.LAND),
    Escape.BRAKE: (_C.BRAKE, _C.LAND),
}
_ROVER: Final[dict[Escape, tuple[int, ...]]] = {
    Escape.RTL: (_R.RTL, _R.HOLD),
    Escape.HOLD: (_R.HOLD,),
    Escape.SMART_RTL_OR_RTL: (_R.SMART_RTL, _R.RTL, _R.HOLD),
    Escape.SMART_RTL_OR_STOP: (_R.SMART_RTL, _R.HOLD),
    Escape.LOITER: (_R.LOITER, _R.HOLD),
}

COPTER_BATTERY: Final = {
    1: Escape.LAND,
    2: Escape.RTL,
    3: Escape.SMART_RTL_OR_RTL,
    4: Escape.SMART_RTL_OR_STOP,
    5: Escape.TERMINATE,
    6: Escape.LAND_SEQUENCE,
    7: Escape.BRAKE,
}
COPTER_GROUND_STATION: Final = {
    1: Escape.RTL,
    2: Escape.RTL,
    3: Escape.SMART_RTL_OR_RTL,
    4: Escape.SMART_RTL_OR_STOP,
    5: Escape.LAND,
    6: Escape.LAND_SEQUENCE,
    7: Escape.BRAKE,
}
COPTER_RADIO: Final = {
    1: Escape.RTL,
    2: Escape.RTL,
    3: Escape.LAND,
    4: Escape.SMART_RTL_OR_RTL,
    5: Escape.SMART_RTL_OR_STOP,
    6: Escape.LAND_SEQUENCE,
    7: Escape.BRAKE,
}
ROVER_ACTION: Final = {
    1: Escape.RTL,
    2: Escape.HOLD,
    3: Escape.SMART_RTL_OR_RTL,
    4: Escape.SMART_RTL_OR_STOP,
    5: Escape.TERMINATE,
    6: Escape.LOITER,
}
COPTER_FENCE: Final = {
    1: Escape.RTL,
    2: Escape.LAND,
    3: Escape.SMART_RTL_OR_RTL,
    4: Escape.BRAKE,
    5: Escape.SMART_RTL_OR_STOP,
}
ROVER_FENCE: Final = ROVER_ACTION
"""FENCE_ACTION of a rover has the numbers of FS_ACTION."""
_INSTEAD: Final = {
    Escape.SMART_RTL_OR_RTL: "SmartRTL Unavailable, Trying RTL Mode",
    Escape.SMART_RTL_OR_STOP: "SmartRTL Unavailable, Using Land Mode",
    Escape.LAND_SEQUENCE: "Trying RTL Mode",
    Escape.BRAKE: "Trying Land Mode",
}
"""What a copter's failsafe says when the first mode cannot be entered."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What a failsafe is logged as: a change of mode, a disarming."""

    reason: ModeReason
    method: ArmingMethod


CAUSES: Final = {
    "Battery": Cause(ModeReason.BATTERY_FAILSAFE, ArmingMethod.BATTERY_FAILSAFE),
    "GCS": Cause(ModeReason.GCS_FAILSAFE, ArmingMethod.GCS_FAILSAFE),
    "Radio": Cause(ModeReason.RADIO_FAILSAFE, ArmingMethod.RADIO_FAILSAFE),
    "Wind": Cause(ModeReason.FAILSAFE, ArmingMethod.FAILSAFE_TERMINATE),
}
"""By the name that a failsafe has in texts."""


def action_name(way: Escape, *, rover: bool) -> str:
    """What people are told that a failsafe does: the mode that it tries first. ArduPilot's texts end with what is done
    only where no mode is changed ("Radio Failsafe - Continuing Auto"); the form is kept, the action never left out."""
    order = (_ROVER if rover else _COPTER).get(way, ())
    return specs("rover" if rover else "copter")[order[0]].title if order else "no action"


def escape(
    cockpit: Cockpit, modes: ModeChoice, way: Escape, reason: ModeReason, now_ms: int, *, failsafe: bool = False
) -> None:
    """Take `way` out, or the next best. A copter's `failsafe` says when it takes another, and a landing begins with a
    pause. TERMINATE is the caller's."""
    order = (_ROVER if cockpit.rover else _COPTER).get(way, ())
    for number in order:
        if escape_to(modes, number, reason, now_ms) if failsafe else modes.set(number, now_ms, reason).ok:
            return
        if failsafe and number == order[0] and way in _INSTEAD and not cockpit.rover:
            cockpit.say(Severity.WARNING, _INSTEAD[way])
    if order:
        cockpit.say(Severity.CRITICAL, f"{reason.text}: no mode to escape to")


def escape_to(modes: ModeChoice, number: int, reason: ModeReason, now_ms: int) -> bool:
    """A failsafe takes this mode; a landing that begins so waits a little, for a pilot who knows better."""
    before = modes.mode
    if not modes.set(number, now_ms, reason).ok:
        return False
    if modes.mode is not before:
        modes.mode.begin_with_pause(now_ms)
    return True
