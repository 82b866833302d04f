"""Arming, disarming and emergency stop by a pilot's transmitter: its rudder stick and its switches.

Throttle down and the rudder held right for three seconds arms, left disarms (ARMING_RUDDER). On a ground vehicle the
throttle is centred, and the rudder is the steering stick. In the air the stick disarms only in modes with direct
throttle; the switch disarms in any mode. Source: ArduPilot RC_Channels.cpp (rudder_arm_disarm_check), AP_Arming.cpp,
AP_Arming_Rover.cpp, RC_Channel.cpp.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, IntEnum
from typing import Final

from autopilot.commands.pilot_input import PilotInput
from autopilot.interface.reasons import ArmingMethod
from autopilot.interface.result import ACCEPTED, Outcome
from autopilot.mav import Severity
from autopilot.modes.manager import CommandContext
from autopilot.safety.arming import Arming, ArmingProcedure
from autopilot.safety.checks import THROTTLE_AT_ARMING
from autopilot.vehicles.mode_table import ModeKind

_HELD_MS: Final = 3000
_FULL: Final = 4000.0 / 4500.0  # of the stick's travel
_ARM_BY_TRANSMITTER: Final = 1  # GUID_OPTIONS bit 0
_BY_TARGETS: Final = frozenset({ModeKind.TARGETS, ModeKind.LEANING})


class Rudder(IntEnum):
    """Values of ARMING_RUDDER."""

    DISABLED = 0
    ARM = 1
    ARM_AND_DISARM = 2


class _Gesture(Enum):
    NONE = "none"
    ARM = "stick right"
    DISARM = "stick left"


class TransmitterArming:
    """Arming by a transmitter; see the module. `procedure`: the checks of a ground station's arm command; `arming`: the
    arming below them."""

    def __init__(
        self, context: CommandContext, sticks: PilotInput, arming: Arming, procedure: Callable[[], ArmingProcedure]
    ) -> None:
        self._facts, self._announcer, self._modes = context.facts, context.announcer, context.modes
        self._sticks = sticks
        self._arming = arming
        self._procedure = procedure
        self._gesture = _Gesture.NONE
        self._due_ms: int | None = None

    # --- switches -------------------------------------------------------------------------------------------------
    def switch(self, on: bool) -> Outcome:
        return self._arm(ArmingMethod.AUX_SWITCH) if on else self._disarm(ArmingMethod.AUX_SWITCH)

    def stop_motors(self, on: bool) -> Outcome:
        """The emergency stop. A vehicle with a flight controller is disarmed."""
        self._arming.switches.stop(on)
        own = self._facts.vehicle.capabilities.own_modes
        return self._disarm(ArmingMethod.AUX_SWITCH) if on and own else ACCEPTED

    def close_interlock(self, on: bool) -> None:
        """The motor interlock of a copter."""
        self._arming.switches.close(on)

    def allow_overrides(self, on: bool) -> Outcome:
        """Allow or forbid a ground station's sticks instead of the transmitter's."""
        self._sticks.overrides_allowed = on
        if not on and self._sticks.overridden:
            self._sticks.move(None, self._facts.now_ms)
        return ACCEPTED

    # --- the stick ------------------------------------------------------------------------------------------------
    def update(self, now_ms: int) -> None:
        """Arm or disarm once the stick has been held for long enough."""
        gesture = self._gesture_held()
        if gesture is not self._gesture:
            self._gesture = gesture
            self._due_ms = None if gesture is _Gesture.NONE else now_ms + _HELD_MS
        elif self._due_ms is not None and now_ms >= self._due_ms:
            self._due_ms = now_ms + _HELD_MS  # again while it is held
            if gesture is _Gesture.ARM:
                self._arm(ArmingMethod.RUDDER)
            else:
                self._disarm(ArmingMethod.RUDDER)

    def next_deadline_ms(self) -> int | None:
        return self._due_ms if self._gesture_held() is self._gesture else self._facts.now_ms

    def _gesture_held(self) -> _Gesture:
        if abs(self._sticks.turn) <= _FULL:
            return _Gesture.NONE
        rests = self._facts.armed or self._facts.option("RC_OPTIONS", THROTTLE_AT_ARMING)
        if rests and not self._sticks.at_rest:
            return _Gesture.NONE
        rudder = int(self._facts.param("ARMING_RUDDER", 2.0))
        if rudder == Rudder.DISABLED:
            return _Gesture.NONE
        if not self._facts.armed:
            return _Gesture.ARM if self._sticks.turn > 0.0 else _Gesture.NONE
        if rudder == Rudder.ARM_AND_DISARM and self._sticks.turn < 0.0 and self._may_stop:
            return _Gesture.DISARM
        return _Gesture.NONE

    @property
    def _drives_itself(self) -> bool:
        return not self._facts.vehicle_class.flies and self._modes.spec.autopilot

    @property
    def _may_stop(self) -> bool:
        return (self._facts.landed and not self._drives_itself) or self._modes.spec.manual_throttle

    # --- both -----------------------------------------------------------------------------------------------------
    def _arm(self, method: ArmingMethod) -> Outcome:
        if self._facts.armed:
            return ACCEPTED
        reason = self._complaint(method)
        if reason is not None:
            return self._announcer.refuse(f"{self._facts.personality.texts.arm}{reason}", severity=Severity.CRITICAL)
        self._arming.arming_method = method
        return self._procedure().arm(self._facts.now_ms)

    def _complaint(self, method: ArmingMethod) -> str | None:
        """Reason to refuse arming by a transmitter where a ground station could arm: a stick does not arm what drives
        itself (ArduRover's allows_arming_from_transmitter)."""
        spec, kind = self._modes.spec, self._facts.vehicle_class
        if self._drives_itself and method is ArmingMethod.RUDDER:
            return "Mode not rudder-armable"
        if not kind.flies or spec.flown not in _BY_TARGETS:
            return None
        if self._facts.option("GUID_OPTIONS", _ARM_BY_TRANSMITTER):
            return "Throttle too high" if self._sticks.throttle_raised() else None
        return kind.texts.not_armable.format(mode=spec.title)

    def _disarm(self, method: ArmingMethod) -> Outcome:
        return self._procedure().disarm(self._facts.now_ms, force=True, method=method)
