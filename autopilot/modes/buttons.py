"""Buttons on the vehicle (BTN_): pins of SIM_PIN_MASK, each with an auxiliary function.

A pin that becomes high sets the switch of its BTN_FUNCn high, one that becomes low sets it low; bit 1 of BTN_OPTIONSn
inverts this. Simulated buttons do not bounce. Source: ArduPilot AP_Button.cpp.
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
    """Pins of the vehicle as buttons. `act` sets the switch of an auxiliary function.
    `state`: a bit for each high pin, as in BUTTON_CHANGE; `changed_ms`: vehicle time of its last change, None: none."""

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
        """Read the pins; a changed setting of a button is not a press."""
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
