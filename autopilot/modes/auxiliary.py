"""Auxiliary functions: what a transmitter's switch does, on a mission's or a ground station's word (DO_AUX_FUNCTION).

Source: ArduPilot RC_Channel.h (numbers), RC_Channel::do_aux_function, AP_Mission_Commands.cpp. There is no transmitter
here: a mode that was switched off stays, since there is no mode switch that could say which mode comes instead.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from autopilot.context.vehicle_context import Announcer, VehicleFacts
from autopilot.interface.result import ACCEPTED, Outcome
from autopilot.mav import Cmd, Result
from autopilot.modes.payload import Payload

LOW, MIDDLE, HIGH = 0, 1, 2

_CAMERA_TRIGGER: Final = 9
_FENCE: Final = 11
_PREC_LOITER: Final = 39
_RELAYS: Final = {28: 0, 34: 1, 35: 2, 36: 3, 66: 4, 67: 5}


class AuxFunctions:
    """The auxiliary functions of one vehicle. `set_mode` asks for a flight mode."""

    def __init__(
        self,
        facts: VehicleFacts,
        announcer: Announcer,
        payload: Payload,
        enable_fence: Callable[[float], object],
        loiter_over: Callable[[bool], object],
        set_mode: Callable[[int], Outcome],
    ) -> None:
        self._facts = facts
        self._announcer = announcer
        self._modes = facts.vehicle_class.modes.switches
        self._payload = payload
        self._enable_fence = enable_fence
        self._loiter_over = loiter_over
        self._set_mode = set_mode

    def mode_of(self, function: int, position: int) -> int | None:
        """The flight mode that this switch position asks for, if it asks for one."""
        return self._modes.get(function) if position == HIGH else None

    def knows(self, function: int) -> bool:
        """Does this vehicle have it?"""
        if function == _PREC_LOITER:
            return self._facts.vehicle_class.has_height
        return function in self._modes or function in (_CAMERA_TRIGGER, _FENCE) or function in _RELAYS

    def act(self, function: int, position: int) -> Outcome:
        """Put the switch of `function` to `position` (0 low, 1 middle, 2 high)."""
        if position not in (LOW, MIDDLE, HIGH):
            return Outcome(Result.DENIED, "switch position must be 0, 1 or 2")
        if not self.knows(function):
            return self._announcer.refuse(f"Auxiliary function {function}: not available")
        mode = self.mode_of(function, position)
        if mode is not None:
            return self._set_mode(mode)
        if function == _FENCE:
            self._enable_fence(1.0 if position == HIGH else 0.0)
        elif function == _PREC_LOITER:
            self._loiter_over(position == HIGH)
        elif function == _CAMERA_TRIGGER and position == HIGH:
            self._payload.act(Cmd.DO_DIGICAM_CONTROL, (0.0, 0.0, 0.0, 0.0, 1.0), self._facts.now_ms)
        elif function in _RELAYS:
            on = 1.0 if position == HIGH else 0.0
            self._payload.act(Cmd.DO_SET_RELAY, (float(_RELAYS[function]), on), self._facts.now_ms)
        return ACCEPTED
