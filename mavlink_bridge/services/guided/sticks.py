"""Pilot input over MAVLink: RC_CHANNELS_OVERRIDE and MANUAL_CONTROL become the core's `Sticks`, and the switches of a
transmitter set modes and act.

Heard from SYSID_MYGCS only (0: from anyone). A channel keeps its override until it is released or the core lets it run
out (RC_OVERRIDE_TIME); a joystick axis that is not given keeps its last value. There is no radio behind the overrides,
so a released channel is neutral, and when none of the four is left the sticks are released.

Of a switch (the mode switch, RCn_OPTION) only a change of position acts, as on a receiver that has just been switched
on with its mode switch in position 6 and all others low. Source: ArduPilot libraries/RC_Channel/RC_Channel.cpp (limits
of the positions), RC_Channels.cpp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from autopilot.interface.targets import Sticks
from autopilot.modes.auxiliary import ARM_DISARM
from autopilot.mount.mount import STICKS
from mavlink_bridge.routing.service import Clock, Message, Peer

if TYPE_CHECKING:
    from autopilot.commands.pilot_input import PilotInput
    from autopilot.context.vehicle_context import ParameterValues, VehicleFacts
    from autopilot.modes.auxiliary import AuxFunctions
    from autopilot.modes.mode_switch import ModeSwitch
    from autopilot.mount.mount import Mount
    from autopilot.safety.failsafes import Failsafes


CHANNELS = tuple(f"chan{number}_raw" for number in range(1, 17))
"""As many channels as have a calibration (RCn_*)."""

_LOWEST, _HIGHEST = 900, 2200  # us; what lies outside is no pulse
_LOW, _MIDDLE, _HIGH = 0, 1, 2
_LOW_BELOW, _HIGH_ABOVE = 1200, 1800


def switch_position(pwm: float, *, reverse: bool) -> int:
    """Position of a switch: 0 low, 1 middle, 2 high."""
    position = _LOW if pwm < _LOW_BELOW else _HIGH if pwm > _HIGH_ABOVE else _MIDDLE
    return _HIGH - position if reverse else position


class StickParts(Protocol):
    """The parts of an autopilot that a pilot's sticks and switches move."""

    @property
    def facts(self) -> VehicleFacts: ...
    @property
    def parameters(self) -> ParameterValues: ...
    @property
    def mode_switch(self) -> ModeSwitch: ...
    @property
    def auxiliary(self) -> AuxFunctions: ...
    @property
    def mount(self) -> Mount: ...
    @property
    def sticks(self) -> PilotInput: ...
    @property
    def failsafes(self) -> Failsafes: ...


class Switches:
    """The switches of one vehicle's transmitter."""

    def __init__(self, parts: StickParts) -> None:
        self._parts = parts
        self._positions: dict[int, int] = {}

    def handle(self, message: Message, now_ms: int) -> None:
        """Act on the channels of an override that have moved a switch."""
        for number, field in enumerate(CHANNELS, 1):
            pwm = getattr(message, field)
            if _LOWEST < pwm < _HIGHEST:
                self._move(number, pwm, now_ms)

    def _move(self, channel: int, pwm: float, now_ms: int) -> None:
        parameters = self._parts.parameters
        if channel == self._parts.mode_switch.channel:
            self._parts.mode_switch.read(pwm, now_ms)
            return
        function = int(parameters[f"RC{channel}_OPTION"])
        if function == 0:
            return
        if function in STICKS:
            self._parts.mount.stick(STICKS[function], self._deflection(channel, pwm))
            return
        position = switch_position(pwm, reverse=parameters[f"RC{channel}_REVERSED"] != 0.0)
        before = self._positions.get(channel)
        self._positions[channel] = position
        if before is None and function == ARM_DISARM:  # nobody has moved it: it stood so when it was switched on
            return
        if position != (_LOW if before is None else before):
            self._parts.auxiliary.act(function, position)

    def _deflection(self, channel: int, pwm: float) -> float:
        """-1 .. 1, by the channel's calibration."""
        low, high, trim, reverse = (
            self._parts.parameters[f"RC{channel}_{name}"] for name in ("MIN", "MAX", "TRIM", "REVERSED")
        )
        value = _fraction(pwm - trim, high - trim) if pwm > trim else -_fraction(trim - pwm, trim - low)
        return -value if reverse else value


AXES = ("ROLL", "PITCH", "THROTTLE", "YAW")
#: Values of RC_CHANNELS_OVERRIDE (MAVLink common.xml): leave alone, and give back (0 in the first eight channels).
IGNORE, RELEASE = 65535, 65534
_IGNORE_OVERRIDES = 2  # RC_OPTIONS bit 1
#: MANUAL_CONTROL: this axis is not given.
_NO_AXIS = 32767


class StickService:
    """See the module. Clock: vehicle time, on which the core counts the loss of sticks."""

    clock: Clock = "vehicle"
    handles = frozenset({"RC_CHANNELS_OVERRIDE", "MANUAL_CONTROL"})

    def __init__(self, parts: StickParts) -> None:
        self._parts = parts
        self._held: dict[str, float] = {}  # axis name -> -1 .. 1 (throttle 0 .. 1)
        self._switches = Switches(parts)

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        if int(self._parts.parameters["SYSID_MYGCS"]) not in (0, peer.system):
            return
        if int(self._parts.parameters["RC_OPTIONS"]) & _IGNORE_OVERRIDES:
            return
        if message.get_type() == "MANUAL_CONTROL":
            self._manual(message, now_ms)
            return
        if not self._parts.facts.vehicle.capabilities.own_modes:  # a controller has a mode switch of its own
            self._switches.handle(message, now_ms)
        self._override(message, now_ms)

    def _override(self, message: Message, now_ms: int) -> None:
        heard = False
        for axis in AXES:
            channel = int(self._parts.parameters[f"RCMAP_{axis}"])
            if not 1 <= channel <= len(CHANNELS):
                continue
            pwm = getattr(message, CHANNELS[channel - 1])
            if pwm == IGNORE or (pwm == 0 and channel > 8):
                continue
            heard = True
            if axis == "THROTTLE" and 0 < pwm < self._parts.parameters["FS_THR_VALUE"] and self._watched:
                self._throttle_lost(now_ms)
                return
            if pwm in (0, RELEASE):
                self._held.pop(axis, None)
            else:
                self._held[axis] = self._position(axis, channel, pwm)
        if heard:
            self._hand_over(now_ms, "override")

    @property
    def _watched(self) -> bool:
        return self._parts.parameters["FS_THR_ENABLE"] != 0.0

    def _throttle_lost(self, now_ms: int) -> None:
        """A throttle pulse below FS_THR_VALUE: how a receiver says that it has lost its transmitter."""
        self._held.clear()
        if not self._parts.failsafes.sticks.lost:
            self._parts.sticks.lose(now_ms)

    def _position(self, axis: str, channel: int, pwm: float) -> float:
        """Where the stick stands, by the channel's calibration (RCn_*)."""
        low, high, trim, dead, reverse = (
            self._parts.parameters[f"RC{channel}_{name}"] for name in ("MIN", "MAX", "TRIM", "DZ", "REVERSED")
        )
        if axis == "THROTTLE" and not self._drives:
            value = _fraction(pwm - low, high - low)
            return 1.0 - value if reverse else value
        off = pwm - trim
        value = _fraction(off - dead, high - trim - dead) if off > 0 else -_fraction(-off - dead, trim - low - dead)
        value = -value if reverse else value
        if axis == "PITCH":  # pulled back is high; `Sticks` counts forward
            return -value
        return 0.5 + 0.5 * value if axis == "THROTTLE" else value

    def _manual(self, message: Message, now_ms: int) -> None:
        if message.target != int(self._parts.parameters["SYSID_THISMAV"]):
            return
        if message.z < 0 and not self._drives:  # what flies has no negative thrust: ArduPilot drops the whole message
            return
        lowest = -1000 if self._drives else 0
        for axis, value, least in (
            ("ROLL", message.y, -1000), ("PITCH", message.x, -1000), ("YAW", message.r, -1000),
            ("THROTTLE", message.z, lowest),
        ):  # fmt: skip
            if value != _NO_AXIS:
                self._held[axis] = self._joystick(axis, _fraction(value - least, 1000 - least))
        self._hand_over(now_ms, "manual")

    def _joystick(self, axis: str, share: float) -> float:
        """An axis of a joystick is a pulse on the channel of its stick, which has a dead zone and may be reversed; as
        ArduPilot's GCS_MAVLINK::manual_override. `share`: 0 .. 1, of pitch 1 is forward, which is a low pulse."""
        channel = int(self._parts.parameters[f"RCMAP_{axis}"])
        low, high = (self._parts.parameters[f"RC{channel}_{name}"] for name in ("MIN", "MAX"))
        return self._position(axis, channel, low + (high - low) * (1.0 - share if axis == "PITCH" else share))

    def _hand_over(self, now_ms: int, source: str) -> None:
        held = self._held
        sticks = None
        if held:
            sticks = Sticks(
                roll=held.get("ROLL", 0.0), pitch=held.get("PITCH", 0.0), yaw=held.get("YAW", 0.0),
                throttle=held.get("THROTTLE", 0.5),
            )  # fmt: skip
        self._parts.sticks.move(sticks, now_ms)

    @property
    def _drives(self) -> bool:
        return not self._parts.facts.vehicle_class.has_height


def _fraction(part: float, whole: float) -> float:
    """`part` of `whole` within 0 .. 1; an empty range (a badly set channel) has no position but 0."""
    return min(max(part / whole, 0.0), 1.0) if whole > 0 else 0.0
