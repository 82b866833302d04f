"""The mode switch of a pilot's transmitter: six positions, each with a mode.

An unmoved switch counts as position 6, as in ArduPilot's simulator, and requests nothing until its pulses are heard.
Source: ArduPilot RC_Channel.cpp (read_6pos_switch, reset_mode_switch).
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

from autopilot.context.vehicle_context import VehicleFacts
from autopilot.interface.reasons import ModeReason
from autopilot.modes.manager import ModeChoice

_LIMITS: Final = (1231, 1361, 1491, 1621, 1750)  # us, the first pulse of positions 2 to 6


class ModeSwitch:
    """The mode switch of one vehicle: FLTMODE_CH and FLTMODE1 to 6, or MODE_CH and MODE1 to 6."""

    def __init__(self, facts: VehicleFacts, modes: ModeChoice) -> None:
        self._facts = facts
        self._modes = modes
        self._channel, self._names = facts.vehicle_class.mode_switch
        self._position = len(self._names)
        self._received = False

    @property
    def channel(self) -> int:
        """Channel of the mode switch, 1 to 16; 0: none."""
        return int(self._facts.param(self._channel))

    @property
    def mode(self) -> int | None:
        """Mode of the switch's position; None until its pulses are heard."""
        return int(self._facts.param(self._names[self._position - 1])) if self._received else None

    def read(self, pwm: float, now_ms: int, *, first: bool = False) -> None:
        """Read the channel's pulse, us. A changed position sets its mode; with `first` the position at power-on does
        too."""
        position = 1 + bisect_right(_LIMITS, pwm)
        changed = position != self._position
        self._position, self._received = position, True
        if changed or first:
            self._modes.set(int(self._facts.param(self._names[position - 1])), now_ms, ModeReason.RC_COMMAND)
