"""ArduPlane's parameters that change how the simulated plane flies: names and units into settings."""

from __future__ import annotations

from collections.abc import Mapping
from math import pi

from autopilot.interface import layout as L
from autopilot.vehicles.mode_table import LiftOption
from sitl.kernel import layout as M
from sitl.vehicles import parameters
from sitl.vehicles.equipment import PLAIN_RECEIVER
from sitl.vehicles.parameters import Row, Special

_DEGREES = pi / 180.0

#: Parameters that are one setting times a factor.
SCALED: dict[str, tuple[int, float]] = parameters.SCALED | {
    "AIRSPEED_MIN": (L.P_V_MIN, 1.0),
    "AIRSPEED_MAX": (L.P_V_MAX, 1.0),
    "AIRSPEED_STALL": (L.P_V_STALL, 1.0),
    "STALL_PREVENTION": (L.P_STALL_GUARD, 1.0),
    "MIN_GROUNDSPEED": (L.P_MIN_GROUND_SPEED, 1.0),
    "NAVL1_PERIOD": (L.P_L1_PERIOD, 1.0),
    "NAVL1_DAMPING": (L.P_L1_DAMPING, 1.0),
    "ROLL_LIMIT_DEG": (L.P_BANK, _DEGREES),
    "LEVEL_ROLL_LIMIT": (L.P_BANK_LEVEL, _DEGREES),
    "WP_LOITER_RAD": (L.P_LOITER_R, 1.0),
    "WP_RADIUS": (L.P_WP_RADIUS, 1.0),
    "ALT_SLOPE_MIN": (L.P_SLOPE_LEAST, 1.0),
    "TECS_CLMB_MAX": (L.P_CLIMB, 1.0),
    "TECS_SINK_MIN": (L.P_SINK_LEAST, 1.0),
    "TECS_SINK_MAX": (L.P_SINK_MOST, 1.0),
    "TECS_TIME_CONST": (L.P_ENERGY_TIME, 1.0),
    "TECS_THR_DAMP": (L.P_THR_DAMP, 1.0),
    "TECS_PTCH_DAMP": (L.P_PITCH_DAMP, 1.0),
    "TECS_INTEG_GAIN": (L.P_ENERGY_I, 1.0),
    "TECS_VERT_ACC": (L.P_VERTICAL_ACCEL, 1.0),
    "TECS_RLL2THR": (L.P_BANK_THRUST, 1.0),
    "TECS_SPDWEIGHT": (L.P_SPEED_WEIGHT, 1.0),
    "TECS_SPD_OMEGA": (L.P_SPEED_OMEGA, 1.0),
    "TECS_HDEM_TCONST": (L.P_HEIGHT_TIME, 1.0),
    "TECS_LAND_ARSPD": (L.P_APPROACH_SPEED, 1.0),
    "TECS_LAND_SINK": (L.P_LAND_SINK, 1.0),
    "TECS_LAND_TCONST": (L.P_LAND_TIME, 1.0),
    "TECS_LAND_SPDWGT": (L.P_LAND_WEIGHT, 1.0),
    "TECS_LAND_DAMP": (L.P_LAND_DAMP, 1.0),
    "TECS_LAND_PMAX": (L.P_LAND_PITCH_MOST, _DEGREES),
    "LAND_FLARE_ALT": (L.P_FLARE_HEIGHT, 1.0),
    "LAND_FLARE_SEC": (L.P_FLARE_S, 1.0),
    "LAND_FLARE_AIM": (L.P_FLARE_AIM, 0.01),
    "LAND_PITCH_DEG": (L.P_FLARE_PITCH, _DEGREES),
    "TRIM_THROTTLE": (L.P_THR_TRIM, 0.01),
    "THR_MAX": (L.P_THROTTLE_MAX, 0.01),
    "THR_SLEWRATE": (L.P_THR_SLEW, 0.01),
    "TKOFF_THR_MAX": (L.P_THR_TAKEOFF, 0.01),
    "TKOFF_ROTATE_SPD": (L.P_ROTATE_SPEED, 1.0),
    "TKOFF_LVL_ALT": (L.P_LEVEL_HEIGHT, 1.0),
    "TKOFF_PLIM_SEC": (L.P_LEVEL_OFF_S, 1.0),
    "RLL2SRV_TCONST": (L.P_ROLL_TIME, 1.0),
    "RLL_RATE_FF": (L.P_ROLL_FF, 1.0),
    "RLL_RATE_P": (L.P_ROLL_P, 1.0),
    "RLL_RATE_I": (L.P_ROLL_I, 1.0),
    "PTCH2SRV_TCONST": (L.P_PITCH_TIME, 1.0),
    "PTCH2SRV_RLL": (L.P_TURN_PITCH, 1.0),
    "PTCH_RATE_FF": (L.P_PITCH_FF, 1.0),
    "PTCH_RATE_P": (L.P_PITCH_P, 1.0),
    "PTCH_RATE_I": (L.P_PITCH_I, 1.0),
    "YAW2SRV_DAMP": (L.P_YAW_DAMP, 1.0),
    "KFF_RDDRMIX": (L.P_RUDDER_MIX, 1.0),
    "SCALING_SPEED": (L.P_SCALING_SPEED, 1.0),
    "STAB_PITCH_DOWN": (L.P_PITCH_DOWN_IDLE, _DEGREES),
    "FBWB_CLIMB_RATE": (L.P_STICK_CLIMB, 1.0),
    "ACRO_ROLL_RATE": (L.P_ACRO_RATE, _DEGREES),
    "ARSPD_USE": (L.P_PITOT_USE, 1.0),
    "ARSPD_WIND_MAX": (L.P_PITOT_WIND_MOST, 1.0),
    "SIM_ARSPD_RND": (M.P_PITOT_NOISE, 0.15),
    "Q_TRANSITION_MS": (L.P_TRANSITION_S, 0.001),
    "Q_ASSIST_SPEED": (L.P_ASSIST_SPEED, 1.0),
    "Q_TRANS_DECEL": (L.P_BACK_DECEL, 1.0),
    "Q_WP_SPD": (L.P_HOVER_SPEED, 1.0),
    "Q_WP_SPD_UP": (L.P_SPEED_UP, 1.0),
    "Q_WP_SPD_DN": (L.P_SPEED_DOWN, 1.0),
    "Q_LAND_FINAL_SPD": (L.P_LAND_SPEED, 1.0),
    "Q_LAND_FINAL_ALT": (L.P_LAND_ALT_LOW, 1.0),
    "SIM_LAUNCH_ACC": (M.P_LAUNCH, 1.0),
    "SIM_LAUNCH_TIME": (M.P_LAUNCH_TIME, 1.0),
}

#: A rate limit of 0 is none, rad/s.
_ANY_RATE = 20.0


def _pitches(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """PTCH_LIM_MAX_DEG and PTCH_LIM_MIN_DEG; TECS_PITCH_MAX is no more than the first, 0 is as much."""
    p[L.P_PITCH_UP] = values.get("PTCH_LIM_MAX_DEG", 25.0) * _DEGREES
    p[L.P_PITCH_DOWN] = min(values.get("PTCH_LIM_MIN_DEG", -20.0), 0.0) * _DEGREES
    most = values.get("TECS_PITCH_MAX", 15.0) * _DEGREES
    p[L.P_ENERGY_PITCH] = min(most, p[L.P_PITCH_UP]) if most > 0.0 else p[L.P_PITCH_UP]


def _rates(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """RLL2SRV_RMAX, PTCH2SRV_RMAX_UP and _DN, deg/s."""
    names = ("RLL2SRV_RMAX", "PTCH2SRV_RMAX_UP", "PTCH2SRV_RMAX_DN")
    rates = [values.get(name, 90.0) * _DEGREES or _ANY_RATE for name in names]
    p[L.P_ROLL_RATE], p[L.P_PITCH_RATE_UP], p[L.P_PITCH_RATE_DN] = rates


def _throttle(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """THR_MIN; reverse thrust is none here."""
    p[L.P_THR_MIN] = max(values["THR_MIN"], 0.0) * 0.01


def _pitot(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """ARSPD_TYPE 0: there is no tube. SIM_ARSPD_FAIL m/s: what it shows from now on."""
    p[M.P_PITOT_ON] = 0.0 if values.get("ARSPD_TYPE", 1.0) == 0.0 else 1.0
    shown = values.get("SIM_ARSPD_FAIL", 0.0)
    p[M.P_PITOT_BLOCKED] = 1.0 if shown > 0.0 else 0.0
    if shown > 0.0:
        s[M.S_PITOT_STUCK] = shown


def _q_options(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """Bits of Q_OPTIONS: a transition is level; lift motors always help; they stand for 2 s after arming."""
    options = LiftOption(int(values["Q_OPTIONS"]))
    p[L.P_LEVEL_TRANSITION] = float(LiftOption.LEVEL_TRANSITION in options)
    p[L.P_ASSIST_ALWAYS] = float(LiftOption.ASSIST_ALWAYS in options)
    p[L.P_SPOOL_DELAY] = 2.0 * (LiftOption.SPOOL_DELAY in options)


SPECIAL: dict[str, Special] = parameters.SPECIAL | {
    "SIM_GPS_NOISE": parameters.gps_noise(PLAIN_RECEIVER),
    "PTCH_LIM_MAX_DEG": _pitches,
    "PTCH_LIM_MIN_DEG": _pitches,
    "TECS_PITCH_MAX": _pitches,
    "RLL2SRV_RMAX": _rates,
    "PTCH2SRV_RMAX_UP": _rates,
    "PTCH2SRV_RMAX_DN": _rates,
    "THR_MIN": _throttle,
    "ARSPD_TYPE": _pitot,
    "SIM_ARSPD_FAIL": _pitot,
    "Q_OPTIONS": _q_options,
}
