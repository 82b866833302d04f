"""The airframes that an ArduPilot believes in, as outputs of our bodies: which channel drives what, by its parameters.

The constants and where they come from: docs/real-firmware.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import Final

from autopilot.interface import layout as L
from sitl.child import SitlError
from sitl.kernel import layout as M
from sitl.vehicles.airframe import ROTOR_DRAG
from sitl.vehicles.equipment import CELLS
from sitl.vehicles.outside import Output, OutsideBody
from sitl.vehicles.simulated import SimulatedMachine

FULL_CELL_V: Final = 4.2
#: Steps of a body in 20 ms. A firmware arms only with gyroscopes of 1.8 times its main loop's rate (ArduCopter's is
#: 400 Hz, a quadplane's 300 Hz, those of the others 50 Hz), and samples them when an answer comes.
STEPS: Final[Mapping[str, int]] = {"copter": 16, "rover": 8, "plane": 8, "quadplane": 16}
#: SERVOn_FUNCTION of motor 1, of steering and throttle.
_MOTOR_1, _STEERING, _THROTTLE = 33, 26, 70
#: Aileron, elevator, throttle, rudder: their functions, and their channels from 0 where no file says another.
_SURFACES: Final = ((4, 0), (19, 1), (_THROTTLE, 2), (21, 3))
#: What ArduPilot's tables have where no file says another: AP_MotorsMulticopter, SRV_Channel.
_DEFAULTS: Final[Mapping[str, float]] = {
    "MOT_PWM_MIN": 1000.0, "MOT_PWM_MAX": 2000.0, "MOT_SPIN_MIN": 0.15, "MOT_SPIN_MAX": 0.95, "MOT_THST_EXPO": 0.65,
    "MOT_THST_HOVER": 0.35,
}  # fmt: skip
_SERVO: Final = {"MIN": 1100.0, "TRIM": 1500.0, "MAX": 1900.0}
_CHANNELS: Final = 16


def body_of(kind: str, machine: SimulatedMachine, parameters: Mapping[str, float]) -> OutsideBody:
    """`machine`, of `kind`, as a firmware with these parameters flies it. SitlError: there is none of this kind."""
    if kind not in STEPS:
        raise SitlError(f"no {kind} flies in our world: {', '.join(STEPS)} do")
    given = {**_DEFAULTS, **parameters}
    if kind == "copter":
        _fit_rotors(machine, given["MOT_THST_HOVER"])
        motors = [_motor(given, number, number) for number in range(4)]
        return OutsideBody(kind, machine, motors, airspeed=False)
    if kind in ("plane", "quadplane"):
        return _wings(kind, machine, given)
    settings = machine.rows()[1]
    wheel = _servo(given, _channel(given, _STEERING, 0), full=float(settings[0, L.P_WHEEL_MAX]))
    return OutsideBody(kind, machine, [wheel, _servo(given, _channel(given, _THROTTLE, 2))], airspeed=False)


def _wings(kind: str, machine: SimulatedMachine, given: Mapping[str, float]) -> OutsideBody:
    """Aileron, elevator, throttle, rudder on the channels where ArduPlane has them; a quadplane's lift motors."""
    surfaces = [_servo(given, _channel(given, function, usual)) for function, usual in _SURFACES]
    if kind == "quadplane":
        surfaces += [_motor({**given, **_of_lift(given)}, number, 4 + number) for number in range(4)]
    return OutsideBody("plane", machine, surfaces, airspeed=True)


def _of_lift(given: Mapping[str, float]) -> dict[str, float]:
    """A quadplane's motors by the names that a copter's have."""
    return {f"MOT_{name.removeprefix('Q_M_')}": value for name, value in given.items() if name.startswith("Q_M_")}


def _fit_rotors(machine: SimulatedMachine, hover: float) -> None:
    """Rotors with which the machine hovers at this share of their thrust on a full battery: MOT_THST_HOVER is what a
    firmware takes off with before it has learned better."""
    p = machine.rows()[1][0]
    full = p[M.P_FULL_V] / (CELLS * FULL_CELL_V)
    p[M.P_FULL] = p[M.P_MASS] * L.GRAVITY / (4.0 * hover) * full * full
    p[M.P_ROTOR_DRAG] = ROTOR_DRAG / sqrt(hover)
    machine.move_to(*machine.rows())


def _motor(given: Mapping[str, float], number: int, usual: int) -> Output:
    low, high = given["MOT_PWM_MIN"], given["MOT_PWM_MAX"]
    channel = _channel(given, _MOTOR_1 + number, usual)
    return Output(
        channel, low, low, high, given["MOT_SPIN_MIN"], given["MOT_SPIN_MAX"], min(given["MOT_THST_EXPO"], 1.0)
    )


def _servo(given: Mapping[str, float], channel: int, *, full: float = 1.0) -> Output:
    low, middle, high = (given.get(f"SERVO{channel + 1}_{name}", usual) for name, usual in _SERVO.items())
    return Output(channel, low, middle, high, full=full)


def _channel(given: Mapping[str, float], function: int, usual: int) -> int:
    """Channel, from 0, with this SERVOn_FUNCTION."""
    for channel in range(_CHANNELS):
        if given.get(f"SERVO{channel + 1}_FUNCTION") == function:
            return channel
    return usual
