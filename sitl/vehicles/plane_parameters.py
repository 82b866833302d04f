"""ArduPlane's parameters that change the flight of the simulated plane, converted to settings."""

from __future__ import annotations

from collections.abc import Mapping
from math import pi, sqrt
from typing import Final

from autopilot.interface import layout as L
from autopilot.interface.mathematics import tan
from autopilot.vehicles.mode_table import LiftOption
from autopilot.vehicles.plane import PLANE
from autopilot.vehicles.quadplane import QUADPLANE
from autopilot.vehicles.vehicle_class import first_value
from sitl.kernel import layout as M
from sitl.vehicles import parameters
from sitl.vehicles.equipment import PLAIN_RECEIVER
from sitl.vehicles.parameters import Row, one, scaled, setters

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
