"""Clearing of the control layer's row by a RESET (seed 002, "Actor Responsibilities"), part by part.

This is plain Python on a row: it runs a few times before a flight, never within a tick. The estimator is not cleared
here: it starts again from the sensors (`autopilot.control.estimator.begin_anew`), and `ESTIMATOR` lists its numbers.
Each number of the row belongs to one part, or is in `KEPT` with the reason.
"""

from __future__ import annotations

from typing import Final

from autopilot.interface import layout as L
from autopilot.interface.mathematics import atan2, cos, sin
from autopilot.interface.vehicle import ControlPart

ALTITUDE: Final = (
    L.S_IVD, L.S_HOVER, L.S_RPD, L.S_RVD, L.S_RAD, L.S_FF_D, L.S_U_D, L.S_A_D, L.S_W_D, L.S_TM0D, L.S_TM1D,
    L.S_LIFT_D, L.S_HELD_D, L.S_LAND_S, L.S_LANDED_STATE, L.S_AIR, L.S_CRASH_S, L.S_LOST_S, L.S_CUT_S,
    *range(L.S_RANGE, L.S_SURFACE_MS + 1),
    *range(L.S_H_GIVEN, L.S_GLIDE + 1),
)  # fmt: skip
"""Height integrator, reference and learned hover thrust, the ground by the range finder, the landing detector and its
state."""

POSITION: Final = (
    L.S_IVN, L.S_IVE, L.S_LEAN_FULL, L.S_NAV_ROLL, L.S_NAV_PITCH, L.S_RPN, L.S_RPE, L.S_RVN, L.S_RVE, L.S_RAN,
    L.S_RAE, L.S_FF_N, L.S_FF_E, L.S_TURN_SUM, L.S_TURN_ANGLE, L.S_COUNTS_TURNS, L.S_A_N, L.S_A_E, L.S_U_N, L.S_U_E,
    L.S_LENGTH, L.S_W_N, L.S_W_E, L.S_W_LENGTH, L.S_CORNER, L.S_BLEND, L.S_TM0N, L.S_TM0E, L.S_TM1N, L.S_TM1E, L.S_TAU,
    L.S_LEG_YAW, L.S_NEXT_YAW, L.S_FROM_REST, L.S_SPEED_SUM, L.S_SPEED_REF, L.S_COURSE_ERROR, L.S_HALF_TURN,
    L.S_DRIVING, L.S_STUCK_S, L.S_STUCK_SENT, L.S_CORNER_R, L.S_TURN_LEFT, L.S_CURVING, L.S_PACE,
    *range(L.S_END_N, L.S_END_D + 1), *range(L.S_OFF, L.S_OFF + 9), *range(L.S_BEFORE, L.S_PACED_BY + 3),
    L.S_SPLINED, L.S_ALONG, L.S_LAST_SPEED, L.S_ON_LEG, L.S_HELD_BACK, L.S_HELD_RATE, L.S_WAY_SPEED,
    *range(L.S_LATERAL, L.S_BANK_MOST + 1),
)  # fmt: skip
"""Velocity and speed integrators, the moving reference and its leg."""

ATTITUDE: Final = (
    L.S_QT0, L.S_QT1, L.S_QT2, L.S_QT3, L.S_YAW_FF, L.S_RYAW, L.S_RYAW_RATE, L.S_KEEP_YAW, L.S_YAW_LEFT,
    L.S_RATE_MODE,
)  # fmt: skip
"""Demanded attitude and heading."""

RATE: Final = (
    L.S_IRX, L.S_IRY, L.S_IRZ, L.S_RDX, L.S_RDY, L.S_RDZ, L.S_STEER_SUM, L.S_RATE_REF, L.S_YAW_RATE_SEEN,
    L.S_YAW_RATE_WASHED, *range(L.S_LIFT_I, L.S_LIFT_I + 3),
)  # fmt: skip
"""Rate integrators and demands."""

MOTORS: Final = (
    L.S_THRUST, L.S_SPIN, L.S_SPOOL_S, L.S_MOTORS_HELD, L.S_THROTTLE, L.S_WHEEL, L.S_AILERON, L.S_ELEVATOR, L.S_RUDDER,
    L.S_LIFTING, L.S_CHANGE_MS, L.S_WING_LIFT, L.S_FADES_FROM, L.S_ASSISTS, L.S_LOW_CLOCK, L.S_UPSET_CLOCK,
    L.S_NOSE_DOWN,
)  # fmt: skip
"""Collective, throttle, wheel, control surfaces, spool-up, and whether the motors were started."""

ESTIMATOR: Final = (
    *range(L.S_EQ0, L.S_EQ3 + 1), *range(L.S_EPN, L.S_EVD + 1), L.S_BAZ, *range(L.S_COV_H, L.S_COV_H + 10),
    *range(L.S_COV_V, L.S_COV_V + 6), *range(L.S_COV_Y, L.S_COV_Y + 3), L.S_WEN, L.S_WEE,
    *range(L.S_RATIO_VEL, L.S_RATIO_MAG + 1), L.S_FLAGS, L.S_POS_OK, L.S_GPS_OK_MS,
    L.S_SPEED_OK_MS, L.S_GPS_SEEN,
    *range(L.S_EM0, L.S_EM3 + 1), *range(L.S_GYX, L.S_GYZ + 1), *range(L.S_AEN, L.S_AED + 1),
    *range(L.S_ER, L.S_ER + 9), L.S_AIRSPEED, L.S_AIRSPEED_SUM, L.S_VDOT, L.S_VDOT_SLOW,
)  # fmt: skip
"""Attitude, position, velocity, biases, covariances, innovations, wind."""

KEPT: Final[dict[str, tuple[int, ...]]] = {
    "the vehicle's clock, events not yet told, arming": (L.S_TIME_MS, L.S_EVENTS, L.S_FRESH, L.S_ARMED),
    "gyro biases: measured by the sensors' own calibration, and its running mean": (
        *range(L.S_BGX, L.S_BGZ + 1), *range(L.S_GAX, L.S_GAZ + 1),
    ),
    "what the sensors have just shown": (
        *range(L.S_DVX, L.S_DVZ + 1), L.S_BARO_OK, L.S_IMU_OK, L.S_MAG_OK_MS, L.S_PITOT, L.S_PITOT_USED, L.S_EAS2TAS,
    ),
    "the target, which belongs to the mode": (
        L.S_SEQ, L.S_YAW_SEQ, L.S_TARGET_MS, L.S_WAY, L.S_PHASE, L.S_ARRIVED, L.S_YAW_DONE, L.S_NEAR_SENT,
        L.S_THROWN_MS,
    ),
    "losses that were told and are not over": (
        L.S_GPS_LOST_SENT, L.S_EST_SENT, L.S_DEADMAN_SENT, L.S_LOW_S, L.S_CRIT_S, L.S_LOW_SENT, L.S_CRIT_SENT,
    ),
    "the odometer counts since boot": (L.S_ODOMETER,),
    "the ground below is the world's": (L.S_FLOOR,),
    "set by each tick before it is read": (L.S_WANT_SPIN, L.S_SPEED, L.S_COURSE),
}  # fmt: skip
"""Fields that no RESET changes, by reason."""

PARTS: Final[dict[ControlPart, tuple[int, ...]]] = {
    ControlPart.ESTIMATOR: ESTIMATOR,
    ControlPart.ALTITUDE: ALTITUDE,
    ControlPart.POSITION: POSITION,
    ControlPart.ATTITUDE: ATTITUDE,
    ControlPart.RATE: RATE,
    ControlPart.MOTORS: MOTORS,
}


def clear(s: L.Row, p: L.Row, part: ControlPart) -> None:
    """Clear one part (not the estimator) of a disarmed vehicle on the ground: integrators and demands become zero,
    references the estimate, the hover thrust that of the airframe, and the motors are held."""
    for index in PARTS[part]:
        s[index] = 0.0
    match part:
        case ControlPart.ALTITUDE:
            s[L.S_RPD] = s[L.S_HELD_D] = s[L.S_LIFT_D] = s[L.S_EPD]
            s[L.S_HOVER] = p[L.P_HOVER_GUESS]
            s[L.S_LANDED_STATE] = L.ON_GROUND
        case ControlPart.POSITION:
            s[L.S_RPN], s[L.S_RPE] = s[L.S_EPN], s[L.S_EPE]
        case ControlPart.ATTITUDE:
            yaw = atan2(s[L.S_ER + 3], s[L.S_ER])
            s[L.S_RYAW] = s[L.S_KEEP_YAW] = yaw
            s[L.S_QT0], s[L.S_QT3] = cos(0.5 * yaw), sin(0.5 * yaw)
        case ControlPart.MOTORS:
            s[L.S_MOTORS_HELD] = 1.0
