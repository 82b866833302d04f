"""Switches on a transmitter, as a ground station moves them by RC_CHANNELS_OVERRIDE: the mode switch, and RCn_OPTION.

Only a change of position acts, as on a receiver that has just been switched on with its mode switch in position 6 and
all others low. Source: ArduPilot libraries/RC_Channel/RC_Channel.cpp (limits of the positions), RC_Channels.cpp.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from autopilot.reasons import ModeReason
from mavlink_bridge.services.base import Message

if TYPE_CHECKING:
    from autopilot.core import Autopilot

CHANNELS = tuple(f"chan{number}_raw" for number in range(1, 17))
"""As many channels as have a calibration (RCn_*)."""

_LOWEST, _HIGHEST = 900, 2200  # us; what lies outside is no pulse
_MODE_LIMITS = (1231, 1361, 1491, 1621, 1750)  # the first pulse of positions 2 to 6
_LOW, _MIDDLE, _HIGH = 0, 1, 2
_LOW_BELOW, _HIGH_ABOVE = 1200, 1800


def mode_position(pwm: float) -> int:
    """Position 1 to 6 of a mode switch."""
    return 1 + bisect_right(_MODE_LIMITS, pwm)


def switch_position(pwm: float, *, reverse: bool) -> int:
    """0 low, 1 middle, 2 high."""
    position = _LOW if pwm < _LOW_BELOW else _HIGH if pwm > _HIGH_ABOVE else _MIDDLE
    return _HIGH - position if reverse else position


class Switches:
    """The switches of one vehicle's transmitter."""

    def __init__(self, autopilot: Autopilot) -> None:
        self._autopilot = autopilot
        self._channel, self._modes = autopilot.vehicle_class.mode_switch
        self._mode = 6
        self._positions: dict[int, int] = {}

    def handle(self, message: Message, now_ms: int) -> None:
        """Act on the channels of an override that have moved a switch."""
        for number, field in enumerate(CHANNELS, 1):
            pwm = getattr(message, field)
            if _LOWEST < pwm < _HIGHEST:
                self._move(number, pwm, now_ms)

    def _move(self, channel: int, pwm: float, now_ms: int) -> None:
        parameters = self._autopilot.parameters
        if channel == int(parameters[self._channel]):
            position = mode_position(pwm)
            if position != self._mode:
                self._mode = position
                mode = int(parameters[self._modes[position - 1]])
                self._autopilot.set_mode(mode, now_ms, ModeReason.RC_COMMAND)
            return
        function = int(parameters[f"RC{channel}_OPTION"])
        if function == 0:
            return
        position = switch_position(pwm, reverse=parameters[f"RC{channel}_REVERSED"] != 0.0)
        if position != self._positions.get(channel, _LOW):
            self._positions[channel] = position
            self._autopilot.aux_function(function, position, now_ms)
