"""Buttons on the vehicle (BTN_): pins of SIM_PIN_MASK, each of which may do an auxiliary function.

A pin that goes high puts the switch of its BTN_FUNCn high, one that goes low puts it low; bit 1 of BTN_OPTIONSn turns
that round. A simulated button does not bounce. Source: ArduPilot AP_Button.cpp.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from autopilot.context.vehicle_context import VehicleFacts
from autopilot.modes.auxiliary import HIGH, LOW

_NUMBERS: Final = range(1, 5)
_PINS: Final = "SIM_PIN_MASK"
_INVERTED: Final = 2  # BTN_OPTIONSn bit 1


class Buttons:
    """See the module. `act` puts the switch of an auxiliary function to a position. `state`: a bit for each pin that is
    high, as BUTTON_CHANGE has it; `changed_ms`: vehicle time of its last change, None: it has not changed."""

    def __init__(self, facts: VehicleFacts, act: Callable[[int, int], object]) -> None:
        self._facts = facts
        self._act = act
        self.state = self._high()
        self.changed_ms: int | None = None

    @property
    def fitted(self) -> bool:
        return self._facts.param("BTN_ENABLE") != 0.0

    def _high(self) -> int:
        param, mask = self._facts.param, int(self._facts.param(_PINS))
        pins = {number: int(param(f"BTN_PIN{number}", -1.0)) for number in _NUMBERS}
        return sum(1 << number - 1 for number, pin in pins.items() if pin >= 0 and mask & 1 << pin)

    def parameter_changed(self, name: str) -> None:
        """Look at the pins; what a button is set to be is no press of it."""
        if name.startswith("BTN_"):
            self.state = self._high()
        if name != _PINS or not self.fitted:
            return
        before, self.state = self.state, self._high()
        changed = before ^ self.state
        if changed:
            self.changed_ms = self._facts.now_ms
        for number in _NUMBERS:
            function = int(self._facts.param(f"BTN_FUNC{number}"))
            if function and changed & 1 << number - 1:
                turned = int(self._facts.param(f"BTN_OPTIONS{number}")) & _INVERTED != 0
                self._act(function, HIGH if bool(self.state & 1 << number - 1) is not turned else LOW)
