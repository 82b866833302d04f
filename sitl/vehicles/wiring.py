"""Airframes of a firmware as outputs of simulated bodies: the firmware's parameters say which channel drives which
actuator.

docs/real-firmware.md has the constants and their sources.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import fsum, sqrt
from typing import Final

from autopilot.interface import layout as L
from sitl.child import SitlError
from sitl.kernel import layout as M
from sitl.vehicles.airframe import ROTOR_DRAG
from sitl.vehicles.equipment import CELLS
from sitl.vehicles.frames import FRAMES, RotorFrame
from sitl.vehicles.outside import Output, OutsideBody
from sitl.vehicles.payload import FUNCTIONS, GRIPPER, PARACHUTE
from sitl.vehicles.simulated import FREE_OUTPUTS, SimulatedMachine

FULL_CELL_V: Final = 4.2
#: Steps of a body in 20 ms. A firmware arms only with a gyro rate of at least 1.8 times its main loop's (ArduCopter's
#: is 400 Hz, a quadplane's 300 Hz, the others' 50 Hz), and it samples the gyros once per answer.
STEPS: Final[Mapping[str, int]] = {"copter": 16, "rover": 8, "boat": 8, "plane": 8, "quadplane": 16}
#: Steps for PX4: two in each sample of its 250 Hz.
PX4_STEPS: Final[Mapping[str, int]] = {"copter": 10, "plane": 10, "quadplane": 10}
#: SERVOn_FUNCTION of motor 1, of steering and throttle.
_MOTOR_1, _STEERING, _THROTTLE = 33, 26, 70
#: Aileron, elevator, throttle, rudder: SERVOn_FUNCTION, and channel from 0 if no file sets one.
_SURFACES: Final = ((4, 0), (19, 1), (_THROTTLE, 2), (21, 3))
#: ArduPilot's defaults if no file sets a value: AP_MotorsMulticopter, SRV_Channel.
_DEFAULTS: Final[Mapping[str, float]] = {
    "MOT_PWM_MIN": 1000.0, "MOT_PWM_MAX": 2000.0, "MOT_SPIN_MIN": 0.15, "MOT_SPIN_MAX": 0.95, "MOT_THST_EXPO": 0.65,
    "MOT_THST_HOVER": 0.35, "FRAME_CLASS": 1.0, "FRAME_TYPE": 1.0,
}  # fmt: skip
_SERVO: Final = {"MIN": 1100.0, "TRIM": 1500.0, "MAX": 1900.0}
_CHANNELS: Final = 16


#: A control of PX4 as a pulse width in the packet that flies the body: the value for 0, and the distance to 1 or -1.
REST, SPAN = 32768, 32767
#: Defaults of PX4's tables and of its airframe 10016_none_iris: place of each rotor, m to the nose and to the right,
#: and its torque per thrust, m, above 0 if it turns left.
_PX4_DEFAULTS: Final[Mapping[str, float]] = {
    "MPC_THR_HOVER": 0.5, "THR_MDL_FAC": 0.0,
    "CA_ROTOR0_PX": 0.1515, "CA_ROTOR0_PY": 0.245, "CA_ROTOR0_KM": 0.05,
    "CA_ROTOR1_PX": -0.1515, "CA_ROTOR1_PY": -0.1875, "CA_ROTOR1_KM": 0.05,
    "CA_ROTOR2_PX": 0.1515, "CA_ROTOR2_PY": -0.245, "CA_ROTOR2_KM": -0.05,
    "CA_ROTOR3_PX": -0.1515, "CA_ROTOR3_PY": 0.1875, "CA_ROTOR3_KM": -0.05,
    "PWM_MAIN_FUNC1": 101.0, "PWM_MAIN_FUNC2": 102.0, "PWM_MAIN_FUNC3": 103.0, "PWM_MAIN_FUNC4": 104.0,
}  # fmt: skip
_CORNERS: Final = ((1.0, 1.0), (-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0))
"""Places of the body's rotors: signs of the way to the nose and to the right."""


#: PWM_MAIN_FUNCn of motor 1, and of a plane's first servo: aileron, elevator, rudder. A plane's propeller comes after
#: its lift motors.
_PX4_MOTOR_1, _PX4_SERVO_1 = 101, 201
_PX4_PAYLOAD: Final = {430.0: GRIPPER, 401.0: PARACHUTE}
"""PWM_MAIN_FUNCn of payload: the gripper of payload_deliverer (-1 releases, 1 grabs), and the parachute (1 when a
flight is terminated). PX4 has no winch."""


def px4_body(kind: str, machine: SimulatedMachine, parameters: Mapping[str, float]) -> OutsideBody:
    """`machine`, of `kind`, as PX4 with these parameters flies it. SitlError if its rotors are not those of a quad X,
    or if an actuator has no output."""
    if kind == "copter":
        given = {**_PX4_DEFAULTS, **parameters}
        motors = _px4_rotors(machine, given)
        p = machine.rows().settings[0]
        places = [(x * p[M.P_ARM_X], y * p[M.P_ARM_Y], x * y * p[M.P_YAW_ARM]) for x, y in _CORNERS]
        _fit_rotors(machine, given["MPC_THR_HOVER"], places)
        return OutsideBody(
            kind, machine, motors, airspeed=False, payload=_px4_payload(machine, given), pulse=_px4_pulse
        )
    lifts = _px4_rotors(machine, parameters) if kind == "quadplane" else []
    aileron, elevator, rudder = (_px4_output(parameters, _PX4_SERVO_1 + number, -1.0) for number in range(3))
    propeller = _px4_output(parameters, _PX4_MOTOR_1 + len(lifts), 0.0)
    driven = [aileron, elevator, propeller, rudder, *lifts]
    return OutsideBody(
        "plane", machine, driven, airspeed=True, payload=_px4_payload(machine, parameters), pulse=_px4_pulse
    )


def _px4_payload(machine: SimulatedMachine, given: Mapping[str, float]) -> dict[int, int]:
    """Channels, from 1, of gripper and parachute with their functions. Also sets these functions in the machine."""
    functions = {channel: _PX4_PAYLOAD.get(given.get(f"PWM_MAIN_FUNC{channel}", 0.0)) for channel in FREE_OUTPUTS}
    found = {channel: function for channel, function in functions.items() if function is not None}
    for channel, function in found.items():
        machine.set_parameter(f"SERVO{channel}_FUNCTION", float(function))
    if PARACHUTE in found.values():
        machine.set_parameter("SIM_PARA_ENABLE", 1.0)
    return found


def _px4_pulse(function: int, width: int) -> float:
    """Pulse width of a control, us. A disarmed output is in the middle: a gripper then stays as it is, and a parachute
    stays closed."""
    share = (width - REST) / SPAN
    return 1100.0 + 800.0 * max(share, 0.0) if function == PARACHUTE else 1500.0 + 400.0 * share


def _px4_rotors(machine: SimulatedMachine, given: Mapping[str, float]) -> list[Output]:
    """Outputs of rotors 1 to 4. The machine's rotors move to their places in PX4."""
    places = [(given[f"CA_ROTOR{k}_PX"], given[f"CA_ROTOR{k}_PY"]) for k in range(4)]
    corners = [(1.0 if x > 0.0 else -1.0, 1.0 if y > 0.0 else -1.0) for x, y in places]
    counter_clockwise = [x * y > 0.0 for x, y in corners]
    if sorted(corners) != sorted(_CORNERS) or [given[f"CA_ROTOR{k}_KM"] > 0.0 for k in range(4)] != counter_clockwise:
        raise SitlError("CA_ROTORn_PX, _PY and _KM are not those of a quad X, front right and rear left turning left")
    p = machine.rows().settings[0]
    p[M.P_ARM_X], p[M.P_ARM_Y] = (fsum(abs(place[axis]) for place in places) / 4.0 for axis in range(2))
    p[M.P_YAW_ARM] = fsum(abs(given[f"CA_ROTOR{k}_KM"]) for k in range(4)) / 4.0
    driven = [_px4_output(given, _PX4_MOTOR_1 + corners.index(corner), 0.0) for corner in _CORNERS]
    return [replace(output, expo=given.get("THR_MDL_FAC", 0.0)) for output in driven]


def _px4_output(given: Mapping[str, float], function: int, least: float) -> Output:
    """The channel with this PWM_MAIN_FUNCn, for controls from `least` to 1."""
    for channel in range(_CHANNELS):
        if given.get(f"PWM_MAIN_FUNC{channel + 1}") == function:
            return Output(channel, REST + SPAN * least, REST, REST + SPAN)
    raise SitlError(f"no PWM_MAIN_FUNCn is {function}")


def body_of(kind: str, machine: SimulatedMachine, parameters: Mapping[str, float]) -> OutsideBody:
    """`machine`, of `kind`, as an ArduPilot with these parameters flies it."""
    given = {**_DEFAULTS, **parameters}
    if kind == "copter":
        places = _frame(given).places()
        _fit_rotors(machine, given["MOT_THST_HOVER"], places)
        motors = [_motor(given, number, number) for number in range(len(places))]
        return OutsideBody(kind, machine, motors, airspeed=False, payload=_payload(given))
    if kind in ("plane", "quadplane"):
        return _wings(kind, machine, given)
    settings = machine.rows().settings
    wheel = _servo(given, _channel(given, _STEERING, 0), full=float(settings[0, L.P_WHEEL_MAX]))
    return OutsideBody(kind, machine, [wheel, _servo(given, _channel(given, _THROTTLE, 2))], airspeed=False)


def _frame(given: Mapping[str, float]) -> RotorFrame:
    """The frame that the copter's parameters name. SitlError if no body has it."""
    frame = FRAMES.get((int(given["FRAME_CLASS"]), int(given["FRAME_TYPE"])))
    if frame is None:
        known = ", ".join(f"{number} and {kind} ({frame.name})" for (number, kind), frame in FRAMES.items())
        own = f"FRAME_CLASS {given['FRAME_CLASS']:g} and FRAME_TYPE {given['FRAME_TYPE']:g}"
        raise SitlError(f"Sortie's simulator has no vehicle with {own}; it has {known}")
    return frame


def _wings(kind: str, machine: SimulatedMachine, given: Mapping[str, float]) -> OutsideBody:
    """Aileron, elevator, throttle and rudder on ArduPlane's channels; a quadplane's lift motors."""
    surfaces = [_servo(given, _channel(given, function, usual)) for function, usual in _SURFACES]
    if kind == "quadplane":
        lift = {f"MOT_{name.removeprefix('Q_M_')}": given[name] for name in given if name.startswith("Q_M_")}
        surfaces += [_motor({**given, **lift}, number, 4 + number) for number in range(4)]
    return OutsideBody("plane", machine, surfaces, airspeed=True, payload=_payload(given))


def _payload(given: Mapping[str, float]) -> dict[int, int]:
    """Channels, from 1, of the payload, and the function of each."""
    functions = {channel: int(given.get(f"SERVO{channel}_FUNCTION", 0.0)) for channel in range(1, _CHANNELS + 1)}
    return {channel: function for channel, function in functions.items() if function in FUNCTIONS}


def _fit_rotors(machine: SimulatedMachine, hover: float, places: Sequence[tuple[float, float, float]]) -> None:
    """Give the machine rotors at these places: m ahead, m to the right, torque per thrust m. On a full battery it
    hovers at the share `hover` of their thrust, because a firmware takes off with MOT_THST_HOVER until it has learned
    a better value. Together the rotors sweep as much air as the machine's own."""
    p = machine.rows().settings[0]
    rotors = len(places)
    p[M.P_ROTORS] = rotors
    for i, (ahead, right, turn) in enumerate(places):
        p[M.P_ROTOR_AHEAD + i], p[M.P_ROTOR_RIGHT + i], p[M.P_ROTOR_TURN + i] = ahead, right, turn
    full = p[M.P_FULL_V] / (CELLS * FULL_CELL_V)
    p[M.P_FULL] = machine.burden.empty_kg * L.GRAVITY / (rotors * hover) * full * full
    p[M.P_POWER] *= sqrt(rotors / machine.motors)
    machine.motors = rotors
    machine.burden.refit(ROTOR_DRAG / sqrt(hover))
    machine.move_to(machine.rows())


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
