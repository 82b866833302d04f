"""The built-in plane: ArduPilot's SITL `plane` of 2 kg, with its SITL's parameters (plane.parm), and ArduPlane's
parameters that change its flight, converted to settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import pi, radians, sqrt
from typing import Final

import numpy as np
import numpy.typing as npt

from autopilot.interface import layout as L
from autopilot.interface.geo import GeoPoint
from autopilot.interface.mathematics import exp, tan
from autopilot.interface.targets import NO_STICKS, Drive, Target
from autopilot.vehicles.mode_table import LiftOption
from autopilot.vehicles.plane import PLANE
from autopilot.vehicles.quadplane import QUADPLANE
from autopilot.vehicles.vehicle_class import first_value
from sitl.kernel import compiling
from sitl.kernel import layout as M
from sitl.vehicles import parameters
from sitl.vehicles.aerodynamics import SKYWALKER, Airframe, write_airframe
from sitl.vehicles.equipment import PLAIN_RECEIVER, STEPS, equipped, switched_on
from sitl.vehicles.faults import within
from sitl.vehicles.parameters import Row, one, scaled, setters
from sitl.vehicles.simulated import SimulatedMachine
from sitl.vehicles.targets import write_target

_DEGREES = pi / 180.0

SCALED = scaled("plane")

#: Highest airspeed that a tube shows, m/s; far above it the lift motors' state would not stay finite.
_FASTEST_READING = 1000.0
#: Rate, rad/s, for a rate limit of 0, which means no limit.
_ANY_RATE = 20.0


def _pitches(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """PTCH_LIM_MAX_DEG and PTCH_LIM_MIN_DEG; TECS_PITCH_MAX and _MIN lie between them; 0 = as these."""
    p[L.P_PITCH_UP] = values.get("PTCH_LIM_MAX_DEG", 25.0) * _DEGREES
    p[L.P_PITCH_DOWN] = min(values.get("PTCH_LIM_MIN_DEG", -20.0), 0.0) * _DEGREES
    most = values.get("TECS_PITCH_MAX", 15.0) * _DEGREES
    p[L.P_ENERGY_PITCH] = min(most, p[L.P_PITCH_UP]) if most > 0.0 else p[L.P_PITCH_UP]
    least = values.get("TECS_PITCH_MIN", 0.0) * _DEGREES
    p[L.P_ENERGY_DOWN] = max(least, p[L.P_PITCH_DOWN]) if least < 0.0 else p[L.P_PITCH_DOWN]


def _rates(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """RLL2SRV_RMAX, PTCH2SRV_RMAX_UP and _DN, deg/s."""
    names = ("RLL2SRV_RMAX", "PTCH2SRV_RMAX_UP", "PTCH2SRV_RMAX_DN")
    rates = [values.get(name, 90.0) * _DEGREES or _ANY_RATE for name in names]
    p[L.P_ROLL_RATE], p[L.P_PITCH_RATE_UP], p[L.P_PITCH_RATE_DN] = rates


fit_tube: Final = one(M.P_PITOT_ON, lambda values: float(values.get("ARSPD_TYPE", 1.0) != 0.0))


def _pitot(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """SIM_ARSPD_FAIL, m/s: fixed reading from now on."""
    shown = min(values["SIM_ARSPD_FAIL"], _FASTEST_READING)
    p[M.P_PITOT_BLOCKED] = 1.0 if shown > 0.0 else 0.0
    if shown > 0.0:
        s[M.S_PITOT_STUCK] = shown


def _hover_lean(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """Q_ANGLE_MAX, cdeg: limit of the sticks and of position control."""
    p[L.P_STICK_LEAN] = min(max(0.01 * values["Q_ANGLE_MAX"], 10.0), 60.0) * _DEGREES
    p[L.P_LEAN_MAX] = tan(p[L.P_STICK_LEAN])


def _q_options(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """Bits of Q_OPTIONS: level transition; lift motors always assist; motors stop for 2 s after arming; free leans."""
    options = LiftOption(int(values["Q_OPTIONS"]))
    p[L.P_LEVEL_TRANSITION] = float(LiftOption.LEVEL_TRANSITION in options)
    p[L.P_ASSIST_ALWAYS] = float(LiftOption.ASSIST_ALWAYS in options)
    p[L.P_SPOOL_DELAY] = 2.0 * (LiftOption.SPOOL_DELAY in options)
    p[L.P_LEANS_FREELY] = float(LiftOption.LEANS_FREELY in options)


SPECIAL: Final = parameters.SPECIAL | setters(
    (parameters.gps_noise(PLAIN_RECEIVER), "SIM_GPS_NOISE"),
    (_pitches, "PTCH_LIM_MAX_DEG PTCH_LIM_MIN_DEG TECS_PITCH_MAX TECS_PITCH_MIN"),
    (_rates, "RLL2SRV_RMAX PTCH2SRV_RMAX_UP PTCH2SRV_RMAX_DN"),
    (one(L.P_THR_MIN, lambda values: max(values["THR_MIN"], 0.0) * 0.01), "THR_MIN"),  # no reverse thrust
    (one(L.P_THR_RANGE, lambda values: float(int(values["TKOFF_OPTIONS"]) & 1)), "TKOFF_OPTIONS"),
    (one(L.P_LOITER_R, lambda values: PLANE.measures.circle_radius.value(values.get)), "WP_LOITER_RAD"),
    (fit_tube, "ARSPD_TYPE"),
    (_pitot, "SIM_ARSPD_FAIL"),
    # airspeed squared by pressure; the simulated tube is right at 2
    (one(M.P_PITOT_SCALE, lambda values: sqrt(max(values["ARSPD_RATIO"], 0.0) / 2.0)), "ARSPD_RATIO"),
    (_hover_lean, "Q_ANGLE_MAX"),
    (
        one(L.P_STICK_DN, lambda values: abs(first_value(QUADPLANE.measures.descent, values.get))),
        "Q_PILOT_SPD_UP Q_PILOT_SPD_DN",
    ),
    (_q_options, "Q_OPTIONS"),
)


MOTOR_LAG = 0.14  # s: SITL filters every output by SIM_SERVO_SPEED
SERVO_RATE = 9.52  # full deflections in 1 s: 60 degrees in 0.14 s (SIM_SERVO_SPEED)
HELD_V = 10.5  # V down to which the motor's controller keeps its speed
HOTEL_A = 0.5
STIFF, DAMP = 1500.0, 80.0  # N/m, N s/m of the undercarriage
PITOT_NOISE = 0.3  # m/s; SIM_ARSPD_RND 2 Pa at 5 m/s
#: Faults of the pitot tube: the setting, and its usual value.
TUBE = {"airspeed.blocked": (M.P_PITOT_BLOCKED, 1.0), "airspeed.offset": (M.P_PITOT_OFFSET, 5.0)}
TUBE_LOST = "airspeed.loss"
_MOST_OFFSET_MPS = 100.0


def default_settings(home: GeoPoint, steps: int = STEPS, body: Airframe = SKYWALKER) -> npt.NDArray[np.float64]:
    """Settings row: airframe, sensors, and default parameters. Units as in the layouts (SI)."""
    p = equipped(home, steps)
    p[L.P_STICK_T] = NO_STICKS.throttle
    write_airframe(p, body)
    p[M.P_MOTOR_LAG] = 1.0 - exp(-p[M.P_DT] / MOTOR_LAG)
    p[M.P_SERVO_RATE], p[M.P_FULL_V], p[M.P_HOTEL_A] = SERVO_RATE, HELD_V, HOTEL_A
    p[M.P_STIFF], p[M.P_DAMP] = STIFF * body.mass / 2.0, DAMP * body.mass / 2.0
    p[M.P_GEAR_ROLL], p[M.P_GEAR_TURN], p[M.P_GEAR_STEER] = 20.0 * body.mass / 2.0, 1.0, 0.1
    p[M.P_LAUNCH_TIME] = 0.4
    p[M.P_PITOT_ON], p[M.P_PITOT_NOISE], p[M.P_PITOT_SCALE] = 1.0, PITOT_NOISE, 1.0
    p[M.P_ACC_NOISE] = 0.15
    _control(p)
    return p


def _control(p: Row) -> None:
    p[L.P_V_MIN], p[L.P_V_MAX], p[L.P_V_CRUISE], p[L.P_SPEED_GROUND], p[L.P_STALL_GUARD] = 10.0, 30.0, 22.0, 22.0, 1.0
    p[L.P_L1_PERIOD], p[L.P_L1_DAMPING] = 15.0, 0.75
    p[L.P_BANK], p[L.P_BANK_LEVEL] = radians(65.0), radians(5.0)
    p[L.P_PITCH_UP], p[L.P_PITCH_DOWN], p[L.P_ENERGY_PITCH] = radians(25.0), radians(-20.0), radians(15.0)
    p[L.P_CLIMB], p[L.P_SINK_LEAST], p[L.P_SINK_MOST] = 5.0, 2.0, 5.0
    p[L.P_ENERGY_TIME], p[L.P_THR_DAMP], p[L.P_PITCH_DAMP], p[L.P_ENERGY_I] = 5.0, 0.5, 0.3, 0.3
    p[L.P_VERTICAL_ACCEL], p[L.P_BANK_THRUST], p[L.P_SPEED_WEIGHT] = 7.0, 10.0, 1.0
    p[L.P_SPEED_OMEGA], p[L.P_HEIGHT_TIME] = 2.0, 3.0
    p[L.P_THR_TRIM], p[L.P_THROTTLE_MAX], p[L.P_THR_SLEW] = 0.5, 1.0, 1.0
    p[L.P_LEVEL_HEIGHT], p[L.P_LEVEL_OFF_S], p[L.P_CLIMB_PITCH] = 10.0, 2.0, radians(15.0)
    p[L.P_GROUND_PITCH], p[L.P_FULL_S], p[L.P_THROW_DELAY] = radians(5.0), 4.0, 0.2
    p[L.P_APPROACH_SPEED], p[L.P_LAND_SINK], p[L.P_LAND_TIME], p[L.P_LAND_WEIGHT] = -1.0, 0.25, 2.0, -1.0
    p[L.P_LAND_DAMP], p[L.P_LAND_PITCH_MOST] = 0.5, radians(10.0)
    p[L.P_FLARE_HEIGHT], p[L.P_FLARE_S], p[L.P_FLARE_PITCH], p[L.P_FLARE_AIM] = 3.0, 3.0, radians(1.0), 0.5
    p[L.P_ROLL_TIME], p[L.P_ROLL_RATE] = 0.25, radians(90.0)
    p[L.P_PITCH_TIME], p[L.P_PITCH_RATE_UP], p[L.P_PITCH_RATE_DN] = 0.25, radians(90.0), radians(90.0)
    p[L.P_TURN_PITCH], p[L.P_RUDDER_MIX], p[L.P_SCALING_SPEED] = 1.0, 0.5, 15.0
    p[L.P_PITOT_USE], p[L.P_LOITER_R], p[L.P_WP_RADIUS], p[L.P_SLOPE_LEAST] = 1.0, 80.0, 50.0, 15.0
    p[L.P_STICK_CLIMB], p[L.P_PITCH_DOWN_IDLE], p[L.P_ACRO_RATE] = 2.0, radians(2.0), radians(180.0)
    p[L.P_CRASH_CHECK], p[L.P_SLOPE_ABOVE], p[L.P_STICK_MIX], p[L.P_NUDGES] = 1.0, 5.0, 1.0, 1.0
    p[L.P_PREFLARE_HEIGHT], p[L.P_PREFLARE_S], p[L.P_WIND_SHARE] = 10.0, 6.0, 0.5
    p[L.P_ENERGY_DOWN], p[L.P_ACRO_PITCH_RATE] = p[L.P_PITCH_DOWN], radians(180.0)


def initial_state(heading_rad: float, seed: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.uint64]]:
    """State and noise rows of a plane at rest at the origin. Its random biases are drawn from `seed`."""
    s, rng = switched_on(heading_rad, seed)
    s[M.S_PD] = 2.0 * L.GRAVITY / STIFF  # the undercarriage's deflection at rest, the same for any mass
    s[M.S_CONTACT] = 1.0
    s[L.S_EAS2TAS], s[M.S_AIR_DENSITY] = 1.0, 1.225
    return s, rng


class SimulatedPlane(SimulatedMachine):
    """A plane at `home`, nose at `heading_deg`. The same `seed` gives the same flight.

    `steps` is the number of physics steps in a tick (8: 400 Hz). `body` has its coefficients. `settings` replaces the
    plane's settings row (`sitl.vehicles.quadplane`).
    """

    kernel, scaled, special = compiling.PLANE, SCALED, SPECIAL

    def __init__(
        self,
        home: GeoPoint,
        heading_deg: float = 0.0,
        seed: int = 0,
        *,
        steps: int = STEPS,
        body: Airframe = SKYWALKER,
        settings: npt.NDArray[np.float64] | None = None,
    ) -> None:
        state, rng = initial_state(radians(heading_deg), seed)
        p = default_settings(home, steps, body) if settings is None else settings
        state[L.S_HOVER] = p[L.P_HOVER_GUESS]
        motors = 4 if p[L.P_LIFTS] == 1.0 else 1  # a quadplane's are its lift motors
        super().__init__(home, state, rng, p, motors=motors)

    def _write_target(self, target: Target) -> None:
        if isinstance(target, Drive):
            raise TypeError("a plane cannot fly Drive")
        write_target(self._t, target)

    def fly_inverted(self, *, on: bool) -> None:
        self._p[L.P_INVERTED] = float(on)

    def fault_names(self) -> Sequence[str]:
        return (*super().fault_names(), *TUBE, TUBE_LOST)

    def inject_fault(self, name: str, value: float | None, *, active: bool) -> bool:
        """Inject a fault. Planes also have `airspeed.blocked` (the tube keeps its last value), `airspeed.offset` m/s
        (5) and `airspeed.loss`."""
        if name == TUBE_LOST:
            fit_tube(self._p, self._s, {"ARSPD_TYPE": 0.0} if active else self._parameters)
            return True
        if name in TUBE:
            setting, usual = TUBE[name]
            given = None if name == "airspeed.blocked" else value
            self._p[setting] = within(given, usual, _MOST_OFFSET_MPS) if active else 0.0
            return True
        return super().inject_fault(name, value, active=active)
