"""Switches of a fence: which limits are enabled, by FENCE_ENABLE, by commands, and by FENCE_AUTOENABLE.

The minimum altitude acts from the time when the vehicle is above it until it lands; if a command enables it, at once
and until a command disables it. FENCE_AUTOENABLE enables other limits: from an automatic takeoff to the landing (1;
the table `_LEAVES` has the limits that a landing disables), or from arming to disarming (3). Source: ArduPilot
AC_Fence.cpp.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from autopilot.context.vehicle_context import Announcer, VehicleFacts
from autopilot.mav import Severity
from autopilot.safety.fence_limits import ALTITUDES, FenceLimits, FenceType, fence_names

FLOOR_ONLY: Final = 2.0
"""DO_FENCE_ENABLE param1: disable the minimum altitude only."""
ALL_LIMITS: Final = ALTITUDES | FenceType.CIRCLE | FenceType.POLYGON
_FLOOR: Final = int(FenceType.MIN_ALT)


class AutoEnable(IntEnum):
    """Values of FENCE_AUTOENABLE."""

    NEVER = 0
    TAKEOFF_TO_LANDING = 1
    TAKEOFF_FLOOR_TO_LANDING = 2
    WHILE_ARMED = 3


_AUTO: Final = {int(auto): auto for auto in AutoEnable}
_FROM_TAKEOFF: Final = frozenset({AutoEnable.TAKEOFF_TO_LANDING, AutoEnable.TAKEOFF_FLOOR_TO_LANDING})
_FLOOR_COMES: Final = frozenset({AutoEnable.TAKEOFF_FLOOR_TO_LANDING, AutoEnable.WHILE_ARMED})
"""With these the minimum altitude acts above its height although the fence is off."""
_LEAVES: Final = {AutoEnable.TAKEOFF_TO_LANDING: ALL_LIMITS}
"""Limits that a landing disables, by AutoEnable; in all other cases the minimum altitude."""


class FenceSwitches:
    """Switches of one vehicle's fence. `on`: enabled limits; `floor`: True while the minimum altitude acts."""

    def __init__(self, facts: VehicleFacts, announcer: Announcer, limits: FenceLimits) -> None:
        self._facts, self._announcer, self._limits = facts, announcer, limits
        self._floor_order: bool | None = None  # what a command has said of the minimum altitude; None: nothing
        self.reset()

    def reset(self) -> None:
        """Begin anew by FENCE_ENABLE; commands no longer count."""
        self.on = ALL_LIMITS if self._facts.param("FENCE_ENABLE") != 0.0 else FenceType(0)
        self.floor, self._floor_order = False, None

    def order(self, mode: float, limits: FenceType) -> None:
        """DO_FENCE_ENABLE: `limits` off (0) or on (1), or only the minimum altitude off (2)."""
        on = mode not in (0.0, FLOOR_ONLY)
        limits = FenceType.MIN_ALT if mode == FLOOR_ONLY else limits
        if limits & FenceType.MIN_ALT:
            self.floor = on and (self._has_floor or self.floor)
            self._floor_order = on if self._has_floor or not on else None
        self._put(limits, on=on)

    @property
    def acting(self) -> FenceType:
        on = self.on & ~FenceType.MIN_ALT
        return self._limits.types & (on | FenceType.MIN_ALT if self.floor else on)

    @property
    def wanted(self) -> bool:
        """True if a limit is enabled, or FENCE_AUTOENABLE will enable some."""
        return bool(self.on) or self._auto is not AutoEnable.NEVER

    @property
    def checked_before_arming(self) -> int:
        """Bits of the limits that a vehicle must be inside of to arm: those that are enabled, and polygons if arming
        enables them."""
        on = self.on | FenceType.POLYGON if self._auto is AutoEnable.WHILE_ARMED else self.on
        now = self._limits.bits & int(on)
        return now if self._floor_order else now & ~_FLOOR

    @property
    def has_only_a_floor(self) -> bool:
        """True if the minimum altitude will act although no limit is enabled."""
        return self._has_floor and self._auto is AutoEnable.TAKEOFF_FLOOR_TO_LANDING

    @property
    def _has_floor(self) -> bool:
        return bool(self._limits.types & FenceType.MIN_ALT)

    @property
    def _auto(self) -> AutoEnable:
        if self._facts.vehicle.capabilities.own_fence:
            return AutoEnable.NEVER
        return _AUTO.get(int(self._facts.param("FENCE_AUTOENABLE")), AutoEnable.NEVER)

    def armed_changed(self, armed: bool) -> None:
        """Enable or disable what FENCE_AUTOENABLE says."""
        if self._auto is AutoEnable.WHILE_ARMED:
            self._floor_order = None
            self._switch(ALL_LIMITS & ~FenceType.MIN_ALT if armed else ALL_LIMITS, on=armed)
        elif self._auto in _FROM_TAKEOFF and armed:
            text = f"FENCE_AUTOENABLE is {self._auto:d}, will be removed in 4.7, use 3"
            self._announcer.say(Severity.WARNING, text)
        elif self._auto in _FROM_TAKEOFF:
            self._switch(_LEAVES.get(self._auto, FenceType.MIN_ALT), on=False)
        self.floor = self._floor_order is True

    def taken_off(self) -> bool:
        """Enable what FENCE_AUTOENABLE says at the end of an automatic takeoff; False: nothing."""
        if self._auto not in _FROM_TAKEOFF:
            return False
        self._floor_order = None
        self._switch(ALL_LIMITS, on=True)
        return True

    def comes_down(self) -> None:
        """Disable what a descent that is intended must not breach."""
        self._switch(_LEAVES.get(self._auto, FenceType.MIN_ALT), on=False)

    def rises(self) -> None:
        """Let the minimum altitude act as soon as the vehicle is above it."""
        if not self.floor and self._floor_comes and self._limits.floor_margin > 0.0:
            self.floor = True
            self._announcer.say(Severity.NOTICE, "Min Alt fence enabled (auto enable)")

    @property
    def _floor_comes(self) -> bool:
        selected = self._has_floor and self._floor_order is not False
        return selected and (bool(self.on & FenceType.MIN_ALT) or self._auto in _FLOOR_COMES)

    def _switch(self, limits: FenceType, *, on: bool) -> None:
        """Enable or disable limits, and announce changes of the selected ones."""
        before = self.acting
        if limits & ~FenceType.MIN_ALT:
            self._put(limits, on=on)
        if limits & FenceType.MIN_ALT:
            self.floor = on or self._floor_order is True
        news = before ^ self.acting
        if news:
            self._announcer.say(Severity.NOTICE, f"{fence_names(news)} auto-{'enabled' if on else 'disabled'}")

    def _put(self, limits: FenceType, *, on: bool) -> None:
        self.on = self.on | limits if on else self.on & ~limits
