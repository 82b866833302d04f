"""Outputs of a vehicle by parameters: relays and a gripper on its pins and servo outputs, and channels of the radio.

A relay with RELAYn_FUNCTION 1 switches the pin RELAYn_PIN, which SIM_PIN_MASK shows; a relay without a function has no
pin and only stores its state. A gripper (GRIP_ENABLE, GRIP_TYPE) drives the outputs with SERVOn_FUNCTION 28. A servo
has grabbed or released half a second after the command; a magnet (EPM) then has its neutral pulse again. Sources:
ArduPilot AP_Relay.cpp, AP_HAL_SITL/GPIO.cpp, AP_Gripper.cpp, AP_Gripper_Servo.cpp, AP_Gripper_EPM.cpp,
SRV_Channel_aux.cpp.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Final

from autopilot.context.vehicle_context import Announcer, VehicleFacts
from autopilot.interface.layout import TICK_MS
from autopilot.mav import GripperAction, Severity
from autopilot.parameters.parameters import Parameters

RELAYS: Final = range(16)
_FITTED: Final = range(6)  # those with parameters
_RELAY: Final = 1  # RELAYn_FUNCTION
_OFF, _ON = 0, 1  # RELAYn_DEFAULT; 2: unchanged
_PINS: Final = range(16)
_NO_PINS: Final = -1.0  # for vehicles that are not simulated
_GRIPPER_FUNCTION: Final = 28  # SERVOn_FUNCTION
_SERVOS: Final = range(1, 17)
_PASSED: Final = range(51, 67)  # SERVOn_FUNCTION: pulses of channel 1 to 16
_PASSED_SCALED: Final = range(140, 156)  # their positions as shares of the stick's travel
_MOVES_MS: Final = 500  # SERVO_ACTUATION_TIME, EPM_RETURN_TO_NEUTRAL_MS
_SERVO, _MAGNET = 1.0, 2.0  # GRIP_TYPE


def outputs_of(facts: VehicleFacts, function: int) -> list[int]:
    """Servo outputs with this SERVOn_FUNCTION."""
    return [channel for channel in _SERVOS if int(facts.param(f"SERVO{channel}_FUNCTION")) == function]


def between(facts: VehicleFacts, channel: int, share: float) -> float:
    """Pulse of an output at `share` 0 .. 1 between its ends, us."""
    if facts.param(f"SERVO{channel}_REVERSED") != 0.0:
        share = 1.0 - share
    low, high = facts.param(f"SERVO{channel}_MIN", 1100.0), facts.param(f"SERVO{channel}_MAX", 1900.0)
    return low + share * (high - low)


def fraction(part: float, whole: float) -> float:
    """`part` over `whole`, limited to 0 .. 1; 0 for an empty range (a badly configured channel)."""
    return min(max(part / whole, 0.0), 1.0) if whole > 0 else 0.0


def stick_share(parameters: Parameters, channel: int, pulse_us: float) -> float:
    """Position of a radio channel, -1 .. 1 from its middle to its ends, outside its dead zone."""
    low, high, trim, dead, reverse = (
        parameters[f"RC{channel}_{name}"] for name in ("MIN", "MAX", "TRIM", "DZ", "REVERSED")
    )
    off = pulse_us - trim
    value = fraction(off - dead, high - trim - dead) if off > 0 else -fraction(-off - dead, trim - low - dead)
    return -value if reverse else value


class Passthrough:
    """Outputs that follow a radio channel. While the radio is lost they stay, and those in SERVO_RC_FS_MSK go to
    SERVOn_TRIM. An output that a command has set stays until its channel moves."""

    def __init__(self, facts: VehicleFacts, move: Callable[[int, float], object]) -> None:
        self._facts = facts
        self._move = move
        self._passed: dict[int, float] = {}
        self._version = -1  # version of the parameters at the last reading of the functions
        self._wired: list[tuple[int, int, bool]] = []  # output, channel, scaled

    def follow(self, pulses: Sequence[float], *, lost: bool) -> None:
        """Pass on these pulses, us, from channel 1; 0: no pulse."""
        for output, channel, scaled in self._outputs():
            pulse_heard = pulses[channel - 1] if channel <= len(pulses) else 0.0
            if not lost and pulse_heard > 0.0:
                pulse = self._scaled(output, channel, pulse_heard) if scaled else pulse_heard
            elif lost and scaled and int(self._facts.param("SERVO_RC_FS_MSK")) >> (channel - 1) & 1:
                pulse = self._facts.param(f"SERVO{output}_TRIM")
            else:
                continue
            if self._passed.get(output) != pulse:
                self._passed[output] = pulse
                self._move(output, pulse)

    def _outputs(self) -> list[tuple[int, int, bool]]:
        version = self._facts.parameters.version
        if version != self._version and not self._facts.vehicle.capabilities.own_modes:
            self._version = version
            functions = [(output, int(self._facts.param(f"SERVO{output}_FUNCTION"))) for output in _SERVOS]
            self._wired = [(o, f - _PASSED.start + 1, False) for o, f in functions if f in _PASSED]
            self._wired += [(o, f - _PASSED_SCALED.start + 1, True) for o, f in functions if f in _PASSED_SCALED]
        return self._wired

    def _scaled(self, output: int, channel: int, pulse_us: float) -> float:
        """Pulse between the output's trim and its ends, whole us."""
        share = stick_share(self._facts.parameters, channel, pulse_us)
        trim = self._facts.param(f"SERVO{output}_TRIM")
        end = between(self._facts, output, 1.0 if share > 0.0 else 0.0)
        return float(int(trim + abs(share) * (end - trim)))


class Relays:
    """Relays of one vehicle, counted from 0. `set_pins` sets SIM_PIN_MASK."""

    def __init__(self, facts: VehicleFacts, set_pins: Callable[[int], object]) -> None:
        self._facts = facts
        self._set_pins = set_pins
        self._without_pin: dict[int, bool] = {}  # states of relays without a pin
        for number in _FITTED:
            default = int(facts.param(f"RELAY{number + 1}_DEFAULT"))
            if _pin(self._facts, number) is not None and default in (_OFF, _ON):
                self.set(number, default == _ON)

    def set(self, number: int, on: bool) -> None:
        pin = _pin(self._facts, number)
        if pin is None:
            self._without_pin[number] = on
            return
        bit, mask = 1 << pin, _mask(self._facts)
        self._set_pins(mask | bit if on else mask & ~bit)

    def is_on(self, number: int) -> bool:
        pin = _pin(self._facts, number)
        return self._without_pin.get(number, False) if pin is None else bool(_mask(self._facts) & 1 << pin)


def relay_status(facts: VehicleFacts) -> tuple[int, int]:
    """Bits of relays that are on, and of those that have a pin (RELAY_STATUS)."""
    pins = {number: pin for number in _FITTED if (pin := _pin(facts, number)) is not None}
    mask = _mask(facts) if pins else 0
    return sum(1 << n for n, pin in pins.items() if mask & 1 << pin), sum(1 << n for n in pins)


def _mask(facts: VehicleFacts) -> int:
    return int(facts.param("SIM_PIN_MASK"))


def _pin(facts: VehicleFacts, number: int) -> int | None:
    if number not in _FITTED or int(facts.param(f"RELAY{number + 1}_FUNCTION")) != _RELAY:
        return None
    pin = int(facts.param(f"RELAY{number + 1}_PIN"))
    return pin if pin in _PINS and facts.param("SIM_PIN_MASK", _NO_PINS) != _NO_PINS else None


class Grip(Enum):
    """Actions of a gripper; the value is its text."""

    NEUTRAL = ""
    GRABBING = "Gripper load grabbing"
    GRABBED = "Gripper load grabbed"
    RELEASING = "Gripper load releasing"
    RELEASED = "Gripper load released"


_DONE: Final = {Grip.GRABBING: Grip.GRABBED, Grip.RELEASING: Grip.RELEASED}
_ORDERS: Final = {
    GripperAction.GRAB: (Grip.GRABBING, "GRIP_GRAB", 1900.0),
    GripperAction.RELEASE: (Grip.RELEASING, "GRIP_RELEASE", 1100.0),
}


class Gripper:
    """Gripper of one vehicle. `move(channel, pulse)` sets a servo output."""

    def __init__(self, facts: VehicleFacts, announcer: Announcer, move: Callable[[int, float], object]) -> None:
        self._facts = facts
        self._announcer = announcer
        self._move = move
        self.state = Grip.NEUTRAL
        self._begun_ms = 0
        self._moving = False  # True while a servo moves or a magnet has its pulse
        if self.fitted and not facts.vehicle.capabilities.own_modes:
            self._drive(facts.param("GRIP_NEUTRAL", 1500.0))

    @property
    def fitted(self) -> bool:
        return self._facts.param("GRIP_ENABLE") != 0.0 and self._facts.param("GRIP_TYPE") in (_SERVO, _MAGNET)

    def order(self, action: int, now_ms: int) -> bool:
        """Grab or release; False for other actions. An action in progress does not begin again; a finished one is
        announced again."""
        if action not in tuple(GripperAction):
            return False
        begun, pulse, default = _ORDERS[GripperAction(action)]
        if self.state is begun and not self._magnet:
            return True
        if self.state is not _DONE[begun]:
            self.state, self._begun_ms = begun, now_ms
            self._moving = self._magnet or bool(outputs_of(self._facts, _GRIPPER_FUNCTION))
            self._drive(self._facts.param(pulse, default))
        self._announcer.say(Severity.INFO, self.state.value)
        return True

    @property
    def _magnet(self) -> bool:
        return self._facts.param("GRIP_TYPE") == _MAGNET

    @property
    def deadline_ms(self) -> int | None:
        """Vehicle time at which a servo has arrived, a magnet's pulse ends, or GRIP_AUTOCLOSE closes the gripper again,
        ms."""
        if self._moving:
            return self._begun_ms + _MOVES_MS
        released = self.state in (Grip.RELEASING, Grip.RELEASED)
        close_s = self._facts.param("GRIP_AUTOCLOSE") if released else 0.0
        if close_s <= 0.0 or not self.fitted:
            return None
        wait_ms = max(round(1000.0 * close_s), _MOVES_MS)
        return self._begun_ms + -(-wait_ms // TICK_MS) * TICK_MS

    def update(self, now_ms: int) -> None:
        due_ms = self.deadline_ms
        if due_ms is None or now_ms < due_ms:
            return
        if self._moving:
            self._moving = False
            if self._magnet:
                self._drive(self._facts.param("GRIP_NEUTRAL", 1500.0))
            else:
                self.state = _DONE[self.state]
                self._announcer.say(Severity.INFO, self.state.value)
        else:
            self.order(GripperAction.GRAB, now_ms)

    def _drive(self, pulse_us: float) -> None:
        for channel in outputs_of(self._facts, _GRIPPER_FUNCTION):
            self._move(channel, pulse_us)
