"""PX4's failsafes as two tables: `RULES` gives the action of each cause by its parameter, and `PHASES` the party that
flies while actions hold.

Sources: PX4 1.16 src/modules/commander/failsafe/failsafe.cpp (`fromNavDllOrRclActParam`, `fromGfActParam`,
`fromBatteryWarningActParam`, `fromOffboardLossActParam`, `checkStateAndMode`), framework.h (`ActionOptions`),
framework.cpp (`getSelectedAction`).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, IntEnum, auto
from types import MappingProxyType
from typing import Final

from autopilot.interface.reasons import ModeReason
from autopilot.interface.records import dataclass, field
from autopilot.personality.px4.modes import (
    ACRO,
    ALTITUDE,
    FOLLOW,
    LAND,
    MANUAL,
    OFFBOARD,
    ORBIT,
    POSITION,
    PRECISION,
    RETURN,
    STABILIZED,
    Pair,
)


class Px4Action(IntEnum):
    """failsafe_action_t, from the mildest to the worst (framework.h)."""

    NONE = 0
    WARN = 1
    TO_POSITION = 2
    TO_ALTITUDE = 3
    TO_STABILIZED = 4
    HOLD = 5
    RETURN = 6
    LAND = 7
    DESCEND = 8
    DISARM = 9
    TERMINATE = 10


class EventCause(IntEnum):
    """failsafe_cause_t."""

    GENERIC = 0
    STICKS = 1
    STATION = 2
    BATTERY_LOW = 3
    BATTERY_CRITICAL = 4
    BATTERY_EMERGENCY = 5
    FLIGHT_TIME = 6


class Cause(Enum):
    """Causes of a failsafe, in the order of their checks. SETPOINTS, POSITION: losses of what the user's mode needs."""

    STICKS = auto()
    STATION = auto()
    WIND = auto()
    TRANSITION = auto()
    TERRAIN = auto()
    FENCE = auto()
    FLIGHT_TIME = auto()
    BATTERY_LOW = auto()
    BATTERY_CRITICAL = auto()
    BATTERY_EMERGENCY = auto()
    SETPOINTS = auto()
    POSITION = auto()


class Takeover(IntEnum):
    """Kinds of takeover by the user, the most permissive first. AUTO: always possible, and a Hold of COM_FAIL_ACT_T
    comes first; without that Hold as MODE_SWITCH."""

    AUTO = 0
    MODE_SWITCH = 1
    NEVER = 2


@dataclass(frozen=True, slots=True)
class FailsafeRule:
    """Action of a cause: that of `actions` for the value of the parameter `setting`, else `otherwise`.

    `excused`: modes of the user in which the cause does not count; `only`: the one mode in which it counts. `never`,
    `by_switch`: actions without a takeover, or with one by a mode switch only. `stays`: actions that continue after
    their cause has ended, until the user requests another mode. `each_flight`: forgotten at the beginning and end of a
    flight. `fallback`: a takeover still flies this action at least. `told`: its cause in PX4's events.
    """

    setting: str
    reason: ModeReason
    actions: Mapping[int, Px4Action] = field(default_factory=dict)
    otherwise: Px4Action = Px4Action.NONE
    excused: frozenset[Pair] = frozenset()
    only: Pair | None = None
    never: frozenset[Px4Action] = frozenset()
    by_switch: frozenset[Px4Action] = frozenset()
    stays: frozenset[Px4Action] = frozenset()
    each_flight: bool = False
    fallback: bool = False
    cause: EventCause = EventCause.GENERIC

    def takeover(self, action: Px4Action) -> Takeover:
        """Possible takeover during this action."""
        if action in self.never:
            return Takeover.NEVER
        return Takeover.MODE_SWITCH if action in self.by_switch else Takeover.AUTO


_A, _R, _C = Px4Action, ModeReason, EventCause
_LOSS: Final = {1: _A.HOLD, 2: _A.RETURN, 3: _A.LAND, 5: _A.TERMINATE, 6: _A.DISARM}
_STAYS: Final = frozenset((_A.HOLD, _A.RETURN, _A.LAND, _A.TERMINATE))
_FINAL: Final = frozenset((_A.TERMINATE, _A.DISARM))
_LIMIT: Final = {1: _A.WARN, 2: _A.HOLD, 3: _A.RETURN, 4: _A.TERMINATE, 5: _A.LAND}
_TERMINATES, _HOLDS, _RETURNS = frozenset((_A.TERMINATE,)), frozenset((_A.HOLD,)), frozenset((_A.RETURN,))
_FLOWN_OTHERWISE: Final = frozenset((
    MANUAL, ALTITUDE, POSITION, ACRO, STABILIZED, OFFBOARD, RETURN, LAND, ORBIT, FOLLOW, PRECISION,
))  # fmt: skip
"""All modes except Mission, Hold and takeoffs."""
_SETPOINTS: Final = {
    0: _A.TO_POSITION, 1: _A.TO_ALTITUDE, 2: _A.TO_STABILIZED, 3: _A.RETURN, 4: _A.LAND, 5: _A.HOLD, 6: _A.TERMINATE,
    7: _A.DISARM,
}  # fmt: skip
_CRITICAL: Final = {1: _A.RETURN, 2: _A.LAND, 3: _A.RETURN}
_EMERGENCY: Final = {1: _A.RETURN, 2: _A.LAND, 3: _A.LAND}

RULES: Final[Mapping[Cause, FailsafeRule]] = MappingProxyType({
    Cause.STICKS: FailsafeRule(
        "NAV_RCL_ACT", _R.RADIO_FAILSAFE, _LOSS, never=_FINAL, stays=_STAYS, cause=_C.STICKS,
    ),
    Cause.STATION: FailsafeRule(
        "NAV_DLL_ACT", _R.GCS_FAILSAFE, _LOSS, excused=frozenset((LAND, PRECISION)), never=_FINAL, stays=_STAYS,
        cause=_C.STATION,
    ),
    Cause.WIND: FailsafeRule(
        "COM_WIND_MAX_ACT", _R.FAILSAFE, _LIMIT, never=_TERMINATES, by_switch=_HOLDS, stays=_STAYS,
        each_flight=True,
    ),
    Cause.TRANSITION: FailsafeRule(  # a quad-chute
        "COM_QC_ACT", _R.FAILED_TRANSITION, {-1: _A.WARN, 0: _A.RETURN, 1: _A.LAND, 2: _A.HOLD}, each_flight=True,
        excused=_FLOWN_OTHERWISE, stays=_STAYS,
    ),
    Cause.TERRAIN: FailsafeRule("", _R.TERRAIN_FAILSAFE, otherwise=_A.RETURN, stays=_RETURNS, each_flight=True),
    Cause.FENCE: FailsafeRule(  # a Hold lets the user fly back in at once
        "GF_ACTION", _R.FENCE_BREACHED, _LIMIT, never=_TERMINATES, by_switch=_HOLDS, stays=_STAYS,
        each_flight=True,
    ),
    Cause.FLIGHT_TIME: FailsafeRule("", _R.FAILSAFE, otherwise=_A.RETURN),
    Cause.BATTERY_LOW: FailsafeRule("COM_LOW_BAT_ACT", _R.BATTERY_FAILSAFE, otherwise=_A.WARN, cause=_C.BATTERY_LOW),
    Cause.BATTERY_CRITICAL: FailsafeRule(
        "COM_LOW_BAT_ACT", _R.BATTERY_FAILSAFE, _CRITICAL, _A.WARN, cause=_C.BATTERY_CRITICAL
    ),
    Cause.BATTERY_EMERGENCY: FailsafeRule(
        "COM_LOW_BAT_ACT", _R.BATTERY_FAILSAFE, _EMERGENCY, _A.WARN, cause=_C.BATTERY_EMERGENCY
    ),
    Cause.SETPOINTS: FailsafeRule(
        "COM_OBL_RC_ACT", _R.EKF_FAILSAFE, _SETPOINTS, _A.TO_POSITION, only=OFFBOARD, by_switch=frozenset(_A),
        each_flight=True, fallback=True,
    ),
    Cause.POSITION: FailsafeRule(
        "", _R.EKF_FAILSAFE, otherwise=_A.RETURN, excused=frozenset((MANUAL, ALTITUDE, ACRO, STABILIZED)),
        by_switch=frozenset(_A), fallback=True,
    ),
})  # fmt: skip


class Px4Phase(Enum):
    """Phases of a failsafe. WAITING: the vehicle is in the Hold before the action; TAKEN_OVER: the user flies during an
    action."""

    READY = auto()
    WAITING = auto()
    TAKEN_OVER = auto()


class PhaseChange(Enum):
    """Changes of the phase. DELAYED, AT_ONCE: a new action of at least Hold begins, with or without a Hold before it.
    OVER: that Hold has lasted long enough, or cannot be flown. TAKEOVER: the user has requested a mode. FLIGHT: a
    flight begins or ends."""

    DELAYED = auto()
    AT_ONCE = auto()
    OVER = auto()
    TAKEOVER = auto()
    FLIGHT = auto()


PHASES: Final[Mapping[tuple[Px4Phase, PhaseChange], Px4Phase]] = MappingProxyType({
    (Px4Phase.READY, PhaseChange.DELAYED): Px4Phase.WAITING,
    (Px4Phase.READY, PhaseChange.AT_ONCE): Px4Phase.READY,
    (Px4Phase.READY, PhaseChange.OVER): Px4Phase.READY,
    (Px4Phase.READY, PhaseChange.TAKEOVER): Px4Phase.TAKEN_OVER,
    (Px4Phase.READY, PhaseChange.FLIGHT): Px4Phase.READY,
    (Px4Phase.WAITING, PhaseChange.DELAYED): Px4Phase.WAITING,
    (Px4Phase.WAITING, PhaseChange.AT_ONCE): Px4Phase.WAITING,
    (Px4Phase.WAITING, PhaseChange.OVER): Px4Phase.READY,
    (Px4Phase.WAITING, PhaseChange.TAKEOVER): Px4Phase.TAKEN_OVER,
    (Px4Phase.WAITING, PhaseChange.FLIGHT): Px4Phase.READY,
    (Px4Phase.TAKEN_OVER, PhaseChange.DELAYED): Px4Phase.WAITING,
    (Px4Phase.TAKEN_OVER, PhaseChange.AT_ONCE): Px4Phase.READY,
    (Px4Phase.TAKEN_OVER, PhaseChange.OVER): Px4Phase.TAKEN_OVER,
    (Px4Phase.TAKEN_OVER, PhaseChange.TAKEOVER): Px4Phase.TAKEN_OVER,
    (Px4Phase.TAKEN_OVER, PhaseChange.FLIGHT): Px4Phase.READY,
})  # fmt: skip
