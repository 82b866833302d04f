"""Pilot input: pulses of a transmitter, RC_CHANNELS_OVERRIDE and MANUAL_CONTROL become the core's `Sticks`; switches
set modes and functions.

Messages are accepted from ground stations only (SYSID_MYGCS to MAV_GCS_SYSID_HI). A channel keeps its override until it
is released or expires (RC_OVERRIDE_TIME; with 0 no override is used); a joystick axis that is not given is released. A
released channel follows the transmitter; without a transmitter it is neutral, and when none of the four is overridden
the sticks are released.

A switch (mode switch, RCn_OPTION) acts only when its position changes. The first pulses of a transmitter set the mode
of its switch and run the functions of switches that are not low, and of some that are. The first overrides are treated
like those of a receiver that was on before, with its mode switch in position 6 and all others low. Source: ArduPilot
RC_Channel.cpp (limits of the positions, init_aux_function, init_position_on_first_radio_read, reset_mode_switch),
RC_Channels.cpp.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Final

from autopilot.commands.vehicle_parts import VehicleParts
from autopilot.interface.targets import Sticks
from autopilot.modes.auxiliary import ARM_DISARM, READ_AT_FIRST
from autopilot.modes.outputs import fraction, stick_share
from autopilot.mount.mount import STICKS, StickInput
from autopilot.parameters.stations import stations
from mavlink_bridge.routing.service import Clock, Message, Peer

CHANNELS = tuple(f"chan{number}_raw" for number in range(1, 17))
"""Channels with a calibration (RCn_*)."""

_LOWEST, _HIGHEST = 900, 2200  # us; values outside are not pulses
_LOW, _MIDDLE, _HIGH = 0, 1, 2
_LOW_BELOW, _HIGH_ABOVE = 1200, 1800


def switch_position(pwm: float, *, reverse: bool) -> int:
    """Position of a switch for a pulse width, us: 0 low, 1 middle, 2 high."""
    position = _LOW if pwm < _LOW_BELOW else _HIGH if pwm > _HIGH_ABOVE else _MIDDLE
    return _HIGH - position if reverse else position


class TransmitterSwitches:
    def __init__(self, parts: VehicleParts) -> None:
        self._parts = parts
        self._positions: dict[int, int] = {}
        self._unused: dict[int, int] = {}
        """Positions of switches without a function."""

    def take(self, pulses: Iterable[tuple[int, float]], now_ms: int, *, first: bool = False) -> None:
        """Act on channels whose switch position changed. `pulses`: (number, us). `first`: first pulses of a
        transmitter."""
        for number, pwm in pulses:
            if _LOWEST < pwm < _HIGHEST:
                self._move(number, pwm, now_ms, first)

    def _move(self, channel: int, pwm: float, now_ms: int, first: bool) -> None:
        parameters = self._parts.parameters
        if channel == self._parts.mode_switch.channel:
            self._parts.mode_switch.read(pwm, now_ms, first=first)
            return
        function = int(parameters[f"RC{channel}_OPTION"])
        position = switch_position(pwm, reverse=parameters[f"RC{channel}_REVERSED"] != 0.0)
        if function == 0:
            self._unused[channel] = position
            return
        before = self._positions.get(channel)
        self._positions[channel] = position
        if before is None and function == ARM_DISARM and self._unused.get(channel) in (None, position):
            return  # not moved: it had this position at power-on, or when it got its function
        if before is None:  # its position begins low; a return to low was a move from its position without a function
            before = self._unused.get(channel, _LOW) if position == _LOW else _LOW
        if position != before or (first and function in READ_AT_FIRST):
            self._parts.auxiliary.act(function, position)


AXES = ("ROLL", "PITCH", "THROTTLE", "YAW")
#: values of RC_CHANNELS_OVERRIDE (MAVLink common.xml): no change, and release (0 in the first eight channels)
IGNORE, RELEASE = 65535, 65534
_IGNORE_RECEIVER, _IGNORE_OVERRIDES = 1, 2  # RC_OPTIONS bits 0 and 1
#: MANUAL_CONTROL: axis not given
_NO_AXIS = 32767
_CENTRE, _NONE = 1500, (0,) * len(CHANNELS)  # us
_AT_FIRST: Final = (1500, 1500, 1000, 1500, 1800, 1000, 1000, 1800, *[0] * 8)
"""Pulses of a receiver before it has received any, us (ArduPilot AP_HAL_SITL, SITL_State.cpp); the throttle of a ground
vehicle is centred."""


class StickService:
    """Service of pilot input. Clock: vehicle time, for the loss of the sticks."""

    clock: Clock = "vehicle"
    handles = frozenset({"RC_CHANNELS_OVERRIDE", "MANUAL_CONTROL"})

    def __init__(self, parts: VehicleParts) -> None:
        self._parts = parts
        self._station_axes: dict[str, float] = {}  # axis name -> -1 .. 1 (throttle 0 .. 1)
        self._overrides: dict[int, int] = {}  # by channel, us
        self._suspended = False  # overrides are not used while RC_OVERRIDE_TIME is 0
        self._given_ms = 0  # time of the last override
        self._radio: tuple[int, ...] = ()
        self._radio_acted: tuple[tuple[int, ...], int, bool] | None = None
        self._switched: tuple[int, ...] = ()  # pulses at the last evaluation of switches
        self._switches = TransmitterSwitches(parts)

    # --- the transmitter ------------------------------------------------------------------------------------------
    def take_pulses(self, pulses: Sequence[int], now_ms: int) -> bool:
        """Take pulses of a transmitter, us, from channel 1 on; 0: unchanged. Returns True if a pulse changed."""
        parts = self._parts
        if parts.sticks.radio_dead or int(parts.parameters["RC_OPTIONS"]) & _IGNORE_RECEIVER:
            return False
        before = self._radio or ((*_AT_FIRST[:2], _CENTRE, *_AT_FIRST[3:]) if self._drives else _AT_FIRST)
        heard = tuple(new or old for new, old in zip_longest(pulses, before, fillvalue=0))
        acts = (heard, parts.facts.parameters.version, parts.sticks.overridden)
        if acts == self._radio_acted:
            return False
        self._suspend(now_ms)
        given_back = self._station_axes and not parts.sticks.overridden and not self._suspended
        self._radio, self._radio_acted = heard, acts
        if given_back:
            self._station_axes.clear()
            self._overrides.clear()
        first = not self._switched
        if self._radio_axes() is not None:  # a receiver without its transmitter invents switch positions, too
            before = self._switched or before
            changed = (pair for pair, old in zip(enumerate(heard, 1), before, strict=True) if pair[1] != old)
            self._switches.take(enumerate(heard, 1) if first or given_back else changed, now_ms, first=first)
            self._switched = heard
        if not parts.sticks.overridden:
            self._follow_radio(now_ms)
        self._show(first=first)
        return True

    def _suspend(self, now_ms: int) -> None:
        """Suspend overrides while RC_OVERRIDE_TIME is 0; afterwards those that did not expire are used again."""
        patience_s = self._parts.parameters["RC_OVERRIDE_TIME"]
        if self._suspended is (patience_s == 0.0):
            return
        self._suspended = patience_s == 0.0
        if self._suspended:
            self._parts.sticks.move(None, now_ms)
        elif self._station_axes and not self._expired(now_ms):
            self._parts.sticks.move(_sticks((self._radio_axes() or {}) | self._station_axes), self._given_ms)

    def _expired(self, now_ms: int) -> bool:
        """True when the last override is older than RC_OVERRIDE_TIME (negative: never)."""
        patience_s = self._parts.parameters["RC_OVERRIDE_TIME"]
        return patience_s >= 0.0 and now_ms >= self._given_ms + 1000.0 * patience_s

    def _follow_radio(self, now_ms: int) -> None:
        axes = self._radio_axes()
        if axes is None:
            self._parts.sticks.lose_radio(now_ms)
        else:
            self._parts.sticks.hear_radio(_sticks(axes))

    def _radio_axes(self) -> dict[str, float] | None:
        """Stick positions of a transmitter; empty: no transmitter, None: lost."""
        axes: dict[str, float] = {}
        for axis in AXES if self._radio else ():
            channel = int(self._parts.parameters[f"RCMAP_{axis}"])
            pwm = self._radio[channel - 1] if 1 <= channel <= len(self._radio) else 0
            if pwm == 0:
                continue
            if axis == "THROTTLE" and self._says_lost(pwm):
                return None
            axes[axis] = self._position(axis, channel, pwm)
        return axes

    def _show(self, *, first: bool = False) -> None:
        """Pass the effective pulses to the core, and those of gimbal channels to the gimbal."""
        heard = self._radio or _NONE
        self._parts.sticks.channels = tuple(
            float(pwm if self._suspended else self._overrides.get(number, pwm)) for number, pwm in enumerate(heard, 1)
        )
        if self._parts.mount.gimbal is not None:
            self._parts.mount.take_sticks(self._gimbal_sticks(), first=first)

    def _gimbal_sticks(self) -> list[StickInput | None]:
        """First channel of each gimbal axis."""
        sticks: list[StickInput | None] = [None] * len(STICKS)
        for number, pwm in enumerate(self._parts.sticks.channels, 1):
            axis = STICKS.get(int(self._parts.parameters[f"RC{number}_OPTION"]))
            if axis is not None and sticks[axis] is None and pwm > 0.0:
                sticks[axis] = StickInput(
                    pwm, self._parts.parameters[f"RC{number}_DZ"], stick_share(self._parts.parameters, number, pwm)
                )
        return sticks

    # --- a ground station -----------------------------------------------------------------------------------------
    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        parameters = self._parts.parameters
        if peer.system not in stations(parameters["SYSID_MYGCS"], parameters["MAV_GCS_SYSID_HI"]):
            return
        if int(parameters["RC_OPTIONS"]) & _IGNORE_OVERRIDES or not self._parts.sticks.overrides_allowed:
            return
        if parameters["RC_OVERRIDE_TIME"] == 0.0:
            return
        if self._expired(now_ms):
            self._station_axes.clear()
            self._overrides.clear()
        self._given_ms = now_ms
        if message.get_type() == "MANUAL_CONTROL":
            self._manual(message, now_ms)
        else:
            self._take_override(message, now_ms)

    def _take_override(self, message: Message, now_ms: int) -> None:
        overrides = {}
        for number, field in enumerate(CHANNELS, 1):
            pwm = getattr(message, field)
            if pwm == IGNORE or (pwm == 0 and number > 8):
                continue
            if pwm in (0, RELEASE):
                self._overrides.pop(number, None)
                pwm = self._radio[number - 1] if self._radio else 0
            else:
                self._overrides[number] = pwm
            overrides[number] = pwm
        if not self._parts.facts.vehicle.capabilities.own_modes:  # a controller has its own mode switch
            self._switches.take(overrides.items(), now_ms)
        self._override(overrides, now_ms)
        self._show()

    def _override(self, overrides: Mapping[int, int], now_ms: int) -> None:
        changed = False
        for axis in AXES:
            channel = int(self._parts.parameters[f"RCMAP_{axis}"])
            if channel not in overrides:
                continue
            changed = True
            if channel not in self._overrides:
                self._station_axes.pop(axis, None)
                continue
            if axis == "THROTTLE" and self._says_lost(overrides[channel]):
                self._throttle_lost(now_ms)
                return
            self._station_axes[axis] = self._position(axis, channel, overrides[channel])
        if changed:
            self._hand_over(now_ms)

    def _says_lost(self, pwm: float) -> bool:
        """True for a throttle pulse by which a receiver reports the loss of its transmitter."""
        parameters = self._parts.parameters
        return parameters["FS_THR_ENABLE"] != 0.0 and 0 < pwm < parameters["FS_THR_VALUE"]

    def _throttle_lost(self, now_ms: int) -> None:
        self._station_axes.clear()
        self._radio_acted = None
        if not self._parts.failsafes.sticks.lost:
            self._parts.sticks.lose(now_ms)

    def _position(self, axis: str, channel: int, pwm: float) -> float:
        """Position of the stick by the channel's calibration (RCn_*)."""
        if axis == "THROTTLE" and not self._drives:
            low, high, reverse = (self._parts.parameters[f"RC{channel}_{name}"] for name in ("MIN", "MAX", "REVERSED"))
            value = fraction(pwm - low, high - low)
            return 1.0 - value if reverse else value
        value = stick_share(self._parts.parameters, channel, pwm)
        if axis == "PITCH":  # a pulled stick is high; `Sticks` counts forward
            return -value
        return 0.5 + 0.5 * value if axis == "THROTTLE" else value

    def _manual(self, message: Message, now_ms: int) -> None:
        if message.target != int(self._parts.parameters["SYSID_THISMAV"]):
            return
        # negative thrust for a vehicle that flies: ArduPilot drops the whole message
        if message.z < 0 and not self._drives:
            return
        lowest = -1000 if self._drives else 0
        for axis, value, least in (
            ("ROLL", message.y, -1000),
            ("PITCH", message.x, -1000),
            ("YAW", message.r, -1000),
            ("THROTTLE", message.z, lowest),
        ):
            channel = int(self._parts.parameters[f"RCMAP_{axis}"])
            if value == _NO_AXIS or not 1 <= channel <= len(CHANNELS):
                self._station_axes.pop(axis, None)
            else:
                self._station_axes[axis] = self._joystick(axis, channel, fraction(value - least, 1000 - least))
        self._hand_over(now_ms)

    def _joystick(self, axis: str, channel: int, share: float) -> float:
        """Convert an axis of a joystick to a pulse on the channel of its stick, which has a dead zone and may be
        reversed, as ArduPilot's GCS_MAVLINK::manual_override. `share`: 0 to 1; for pitch 1 is forward, a low pulse."""
        low, high = (self._parts.parameters[f"RC{channel}_{name}"] for name in ("MIN", "MAX"))
        return self._position(axis, channel, low + (high - low) * (1.0 - share if axis == "PITCH" else share))

    def _hand_over(self, now_ms: int) -> None:
        axes = self._radio_axes() or {}
        self._radio_acted = None
        if self._station_axes:
            self._parts.sticks.move(_sticks(axes | self._station_axes), now_ms)
        elif self._radio:
            self._parts.sticks.overridden = False
            self._follow_radio(now_ms)
        else:
            self._parts.sticks.move(None, now_ms)

    @property
    def _drives(self) -> bool:
        return not self._parts.facts.vehicle_class.flies


def _sticks(axes: Mapping[str, float]) -> Sticks:
    """Sticks with these axes; missing ones are neutral."""
    return Sticks(
        roll=axes.get("ROLL", 0.0),
        pitch=axes.get("PITCH", 0.0),
        yaw=axes.get("YAW", 0.0),
        throttle=axes.get("THROTTLE", 0.5),
    )
