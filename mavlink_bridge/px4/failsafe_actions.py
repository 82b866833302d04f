"""What follows from which of PX4's parameters when something has failed, and who may take over then.

Source: PX4 1.16 src/modules/commander/failsafe/failsafe.cpp (`fromNavDllOrRclActParam`, `fromGfActParam`,
`fromBatteryWarningActParam`, `fromOffboardLossActParam`), framework.h (`ActionOptions`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum, auto
from typing import Final

from mavlink_bridge.px4.events import Action


class Cause(Enum):
    """What has failed, in the order in which it is looked at."""

    STICKS = auto()
    STATION = auto()
    WIND = auto()
    TERRAIN = auto()
    FENCE = auto()
    FLIGHT_TIME = auto()
    BATTERY_LOW = auto()
    BATTERY_CRITICAL = auto()
    BATTERY_EMERGENCY = auto()
    MODE = auto()
    """What the mode that the user wants cannot do without."""


class Takeover(IntEnum):
    """By whom, the most permissive first. AUTO: always, after a Hold of COM_FAIL_ACT_T."""

    AUTO = 0
    MODE_SWITCH = 1
    NEVER = 2


@dataclass(slots=True)
class Held:
    """An action that holds. `stays`: also when its cause has gone (`failing` False)."""

    action: Action
    takeover: Takeover
    stays: bool
    failing: bool = True


_LOSS: Final = {  # NAV_DLL_ACT, NAV_RCL_ACT
    1: Action.HOLD, 2: Action.RETURN, 3: Action.LAND, 5: Action.TERMINATE, 6: Action.DISARM,
}  # fmt: skip
FENCE: Final = {  # GF_ACTION, COM_WIND_MAX_ACT
    1: Action.WARN, 2: Action.HOLD, 3: Action.RETURN, 4: Action.TERMINATE, 5: Action.LAND,
}  # fmt: skip
OFFBOARD_LOST: Final = {  # COM_OBL_RC_ACT
    0: Action.TO_POSITION, 1: Action.TO_ALTITUDE, 2: Action.TO_STABILIZED, 3: Action.RETURN, 4: Action.LAND,
    5: Action.HOLD, 6: Action.TERMINATE, 7: Action.DISARM,
}  # fmt: skip
BATTERY: Final = {  # (COM_LOW_BAT_ACT, how low it is); else a warning
    (1, Cause.BATTERY_CRITICAL): Action.RETURN, (1, Cause.BATTERY_EMERGENCY): Action.RETURN,
    (2, Cause.BATTERY_CRITICAL): Action.LAND, (2, Cause.BATTERY_EMERGENCY): Action.LAND,
    (3, Cause.BATTERY_CRITICAL): Action.RETURN, (3, Cause.BATTERY_EMERGENCY): Action.LAND,
}  # fmt: skip


def loss(setting: float) -> Held:
    """NAV_DLL_ACT, NAV_RCL_ACT."""
    action = _LOSS.get(int(setting), Action.NONE)
    final = action in (Action.DISARM, Action.TERMINATE)
    return Held(action, Takeover.NEVER if final else Takeover.AUTO, action is not Action.DISARM)


def limit(action: Action) -> Held:
    """A limit of place or wind. A Hold lets the user fly out of it again at once."""
    takeover = Takeover.AUTO
    if action is Action.HOLD:
        takeover = Takeover.MODE_SWITCH
    elif action is Action.TERMINATE:
        takeover = Takeover.NEVER
    return Held(action, takeover, action > Action.WARN)
