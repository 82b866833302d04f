"""Evasion: the action on another aircraft that comes too near, and the recovery.

Each action of AVD_F_ACTION is a row of `_ACTIONS`, each recovery of AVD_F_RCVRY one of `_recoveries`. A return and a
stop are begun once. Velocities are renewed at each look while the mode is still AVOID_ADSB, so anyone can take the
vehicle by a change of mode. On the ground a vehicle without wings is disarmed. Sources: ArduPilot
ArduCopter/avoidance_adsb.cpp, ArduPlane/avoidance_adsb.cpp.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from math import inf
from typing import Final

from autopilot.interface import report
from autopilot.interface.mathematics import hypot
from autopilot.interface.reasons import ArmingMethod, ModeReason
from autopilot.interface.records import dataclass
from autopilot.mav import CollisionAction, Severity, VtolState
from autopilot.modes.evading import EvadeMode
from autopilot.safety.failsafe_actions import SafetyContext
from autopilot.safety.threat import Threat, away_from
from autopilot.vehicles.mode_table import ModeKind

_LIFTED: Final = (VtolState.MC, VtolState.TRANSITION_TO_FW, VtolState.TRANSITION_TO_MC)
_FAR_M: Final = 10_000.0  # distance of a target that is never reached (ArduPlane)
_STEP_M: Final = 10.0  # step of height (ArduPlane)
_SURELY_M: Final = 1.0  # above the height of a return; below this sum each look decides anew
_UNDISTURBED: Final = frozenset({ModeKind.MANUAL, ModeKind.THROW, ModeKind.FLIP})
_REMAIN, _RESUME, _RETURN, _RESUME_AUTO = range(4)


@dataclass(frozen=True, slots=True)
class RepeatConditions:
    """Conditions under which an evasion continues without a new decision. `above`: the other is above; None: at any
    height. `deepest_m`: of the vehicle, NED; `until_ms`: end."""

    above: bool | None = None
    deepest_m: float = inf
    until_ms: int = sys.maxsize


class Evasion:
    """Action of AVD_F_ACTION on a near aircraft, and its recovery. `action`: the present action."""

    def __init__(self, context: SafetyContext) -> None:
        self._context = context
        self._facts, self._announcer, self._modes = context.facts, context.announcer, context.modes
        self.action = CollisionAction.NONE
        self._before: int | None = None  # mode before; None: no evasion
        self._entered: int | None = None  # mode of the evasion

    @property
    def evades(self) -> bool:
        """True from a threat that causes an action until its end."""
        return self._before is not None

    @property
    def may_go_on(self) -> bool:
        """True if `evade` only renews the velocity, which needs no pass. Not for wings: each place is a new way."""
        return self.evades and not self._facts.grounded and not self._facts.vehicle_class.has_stall_speed

    def repeat_conditions(self, threat: Threat, action: CollisionAction) -> RepeatConditions | None:
        """Conditions under which `evade` would repeat its last action; None: it may change at each look."""
        mode, once = self._modes.mode, action in (CollisionAction.RTL, CollisionAction.HOVER)
        if once or not isinstance(mode, EvadeMode):
            return RepeatConditions() if self.may_go_on else None
        if action is not CollisionAction.ASCEND_OR_DESCEND or not self.may_go_on:
            return None
        if threat.relative[2] > 0.0:
            return RepeatConditions(above=False, until_ms=mode.renew_ms)
        room_m = self._facts.height - self._least_m() - _SURELY_M
        deepest = float(self._facts.vehicle.state.position[2]) + room_m
        return RepeatConditions(True, deepest, mode.renew_ms) if room_m > 0.0 else None

    # --- what is done ---------------------------------------------------------------------------------------------
    def evade(self, threat: Threat, action: CollisionAction, now_ms: int) -> None:
        """Act on a high threat, at each look."""
        first = self._before is None
        if first:
            self._before = self._modes.number
        self.action = self._take(threat, action, now_ms, first=first)
        if first and self._facts.vehicle_class.has_stall_speed:
            self._announcer.say(Severity.ALERT, f"Avoid: Performing action: {self.action:d}")

    def _take(self, threat: Threat, action: CollisionAction, now_ms: int, *, first: bool) -> CollisionAction:
        numbers = self._facts.vehicle_class.modes
        wings = self._facts.vehicle_class.has_stall_speed
        busy = wings and (self._modes.mode.is_landing or self._modes.mode.rises_on_wings)
        if busy or self._modes.number == numbers.land or self._modes.spec.flown in _UNDISTURBED:
            return CollisionAction.NONE
        if self._facts.grounded and not self._facts.vehicle_class.has_stall_speed:
            self._context.disarm(ArmingMethod.ADSB_COLLISION)
            return CollisionAction.NONE
        if action in (CollisionAction.RTL, CollisionAction.HOVER):
            mode = numbers.rtl if action is CollisionAction.RTL else self._stop
            done = not first or (mode is not None and self._enter(mode, now_ms))
            return action if done else CollisionAction.NONE
        flies = self._evading(now_ms, first=first)
        return action if flies is not None and _ACTIONS[action](self, flies, threat, now_ms) else CollisionAction.NONE

    @property
    def _stop(self) -> int | None:
        """Mode that stays in place: LOITER, or QLOITER for a vehicle that its lift motors carry."""
        numbers, state = self._facts.vehicle_class.modes, self._facts.vehicle.state.report[report.VTOL_STATE]
        upright = (n for n in numbers.hovering if numbers.specs[n].flown is ModeKind.POSITION)
        return next(upright, numbers.loiter) if state in _LIFTED else numbers.loiter

    def _enter(self, number: int, now_ms: int) -> bool:
        self._entered = number
        return self._modes.set(number, now_ms, ModeReason.AVOIDANCE).ok

    def _evading(self, now_ms: int, *, first: bool) -> EvadeMode | None:
        """The evasion mode, entered at the first look; None if another party has changed the mode."""
        if first:
            specs = self._facts.vehicle_class.modes.specs
            number = next((n for n, spec in specs.items() if spec.flown is ModeKind.EVADE), None)
            if number is None or not self._enter(number, now_ms):
                return None
        mode = self._modes.mode
        return mode if isinstance(mode, EvadeMode) else None

    def _climb(self, flies: EvadeMode, threat: Threat, now_ms: int) -> bool:
        """Climb if the other is lower, else descend, but not below the height of a return."""
        higher = threat.relative[2] > 0.0
        lowered = higher or self._height_left()
        if self._facts.vehicle_class.has_stall_speed:
            if not lowered:
                return False
            north, east, down = self._facts.vehicle.state.position
            flies.go_to((north, east, down + (-_STEP_M if higher else _STEP_M)))
            return True
        up, down = self._rates()
        flies.fly((0.0, 0.0, -up if higher else down if lowered else 0.0), now_ms)
        return True

    def _sideways(self, flies: EvadeMode, threat: Threat, now_ms: int) -> bool:
        """Fly level at a right angle to the other's course."""
        away = away_from(threat)
        size = 0.0 if away is None else hypot(away[0], away[1])
        if away is None or size == 0.0:
            return False
        north, east = away[0] / size, away[1] / size
        if self._facts.vehicle_class.has_stall_speed:
            n, e, d = self._facts.vehicle.state.position
            flies.go_to((n + _FAR_M * north, e + _FAR_M * east, d))
        else:
            flies.fly((self._speed() * north, self._speed() * east, 0.0), now_ms)
        return True

    def _perpendicular(self, flies: EvadeMode, threat: Threat, now_ms: int) -> bool:
        """Fly at a right angle to the other's course, vertically too."""
        away = away_from(threat)
        if self._facts.vehicle_class.has_stall_speed:
            climbs = self._climb(flies, threat, now_ms)
            return self._sideways(flies, threat, now_ms) or climbs
        if away is None:
            return False
        up, down = self._rates()
        vertical = away[2] * (up if away[2] < 0.0 else down if self._height_left() else 0.0)
        flies.fly((self._speed() * away[0], self._speed() * away[1], vertical), now_ms)
        return True

    def _height_left(self) -> bool:
        """True above the height of a return."""
        return self._facts.height >= self._least_m()

    def _least_m(self) -> float:
        """Height of a return, m."""
        wings = self._facts.vehicle_class.has_stall_speed
        return self._facts.param("RTL_ALTITUDE") if wings else 0.01 * self._facts.param("RTL_ALT")

    def _rates(self) -> tuple[float, float]:
        measures = self._facts.vehicle_class.measures
        return self._facts.first(measures.climb), self._facts.first(measures.descent)

    def _speed(self) -> float:
        return self._facts.measure(self._facts.vehicle_class.measures.cruise[0])

    # --- what follows ---------------------------------------------------------------------------------------------
    def recover(self, now_ms: int) -> None:
        """Recover by AVD_F_RCVRY when the threat is over, unless another party has changed the mode."""
        before, self._before, self.action = self._before, None, CollisionAction.NONE
        if before is None:
            return
        setting, numbers = int(self._facts.param("AVD_F_RCVRY")), self._facts.vehicle_class.modes
        if self._facts.vehicle_class.has_stall_speed:
            self._announcer.say(Severity.INFO, f"Avoid: Resuming with action: {setting}")
        if self._modes.number != self._entered or self._entered is None:
            return
        by_setting = {_RESUME: before, _RETURN: numbers.rtl, _RESUME_AUTO: before if before == numbers.auto else None}
        number = by_setting.get(setting)
        if number is not None:
            for choice in dict.fromkeys((number, numbers.rtl, numbers.land)):
                if choice is not None and self._modes.set(choice, now_ms, ModeReason.AVOIDANCE_RECOVERY).ok:
                    return
        elif setting != _REMAIN and isinstance(self._modes.mode, EvadeMode):
            self._modes.mode.stay()


_ACTIONS: Final[Mapping[CollisionAction, Callable[[Evasion, EvadeMode, Threat, int], bool]]] = {
    CollisionAction.ASCEND_OR_DESCEND: Evasion._climb,
    CollisionAction.MOVE_HORIZONTALLY: Evasion._sideways,
    CollisionAction.MOVE_PERPENDICULAR: Evasion._perpendicular,
}
