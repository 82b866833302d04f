"""Takeoff of wings: from a throw or a run on the ground to a height (50 Hz), as in ArduPlane's takeoff.cpp.

The motor waits for TKOFF_THR_MINACC, TKOFF_THR_DELAY after it, and TKOFF_THR_MINSPD, at TKOFF_THR_IDLE. With
TKOFF_ROTATE_SPD the nose is at TKOFF_GND_PITCH below that airspeed, and then rises with the ground speed until it is
that of cruise. The climb is flown by airspeed with a lowest pitch, which is reduced in the last TKOFF_PLIM_SEC below
the height. The throttle is TKOFF_THR_MAX, unless TKOFF_OPTIONS lets the total energy choose one above TKOFF_THR_MIN.
"""

from __future__ import annotations

from math import pi, sqrt

from autopilot.control.attitude import limit
from autopilot.control.energy import begin_energy, control_energy
from autopilot.control.guidance import arrive
from autopilot.control.heading import ANGLE, yaw_of
from autopilot.control.lateral import bank_for, bank_limit, hold_course
from autopilot.interface import layout as L
from autopilot.interface.marks import jit
from autopilot.interface.mathematics import asin, atan2, cos

#: Phases (`S_PHASE`): waiting for its throw, below the speed of rotation, raising the nose, climbing.
WAITS, RUNS, ROTATES, CLIMBS = range(4)
#: Attitude beyond which a throw does not count, rad: pitch down and up, bank.
THROWN_DOWN, THROWN_UP, THROWN_OVER = -pi / 6.0, pi / 4.0, pi / 6.0
#: Time after TKOFF_THR_DELAY for reaching TKOFF_THR_MINSPD, ms; later another throw is needed.
IN_TIME_MS = 100.0
#: Lowest pitch while the nose rises, rad.
ROTATED_LEAST = 5.0 * pi / 180.0
#: Climb rate and height over the start from which a takeoff may level off, m/s and m.
CLIMBING, LEVEL_OFF_ABOVE = 0.1, 10.0
#: Time after TKOFF_PLIM_SEC, ms. ArduPlane's plane keeps its climb rate while it levels off and is at its height by
#: then; this one still lowers its nose from the rotation.
LEVELLED_LATE_MS = 500.0


@jit
def begin_takeoff(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Begin: wait for the throw on the ground; climb in the air, or on lift motors."""
    s[L.S_STAGE] = L.STAGE_CLIMB_OUT
    s[L.S_RYAW] = t[L.T_YAW_ANGLE] if t[L.T_YAW_MODE] == ANGLE else yaw_of(s)
    s[L.S_END_D], s[L.S_THROWN_MS] = 0.0, 0.0
    s[L.S_PHASE] = CLIMBS if s[L.S_AIR] == 1.0 or p[L.P_LIFTS] == 1.0 else WAITS


@jit
def speed_over_ground(s: L.Row) -> float:
    """Speed over ground, m/s; 0 without a position."""
    return sqrt(s[L.S_EVN] * s[L.S_EVN] + s[L.S_EVE] * s[L.S_EVE]) if s[L.S_POS_OK] == 1.0 else 0.0


@jit
def thrown(s: L.Row, p: L.Row) -> bool:
    """True when the motor may start. `S_THROWN_MS`: time of the acceleration; 0: not felt, or in vain."""
    if p[L.P_THROW_ACCEL] == 0.0 and p[L.P_THROW_SPEED] == 0.0:
        return True
    if s[L.S_THROWN_MS] == 0.0:
        if s[L.S_VDOT] < p[L.P_THROW_ACCEL]:
            return False
        s[L.S_THROWN_MS] = s[L.S_TIME_MS]
    pitch, bank = asin(limit(-s[L.S_ER + 6], 1.0)), atan2(s[L.S_ER + 7], s[L.S_ER + 8])
    waited = s[L.S_TIME_MS] - s[L.S_THROWN_MS] - 1000.0 * p[L.P_THROW_DELAY]
    if waited > IN_TIME_MS or pitch <= THROWN_DOWN or pitch >= THROWN_UP or abs(bank) > THROWN_OVER:
        s[L.S_THROWN_MS] = 0.0
        return False
    return waited >= 0.0 and (p[L.P_THROW_SPEED] == 0.0 or speed_over_ground(s) > p[L.P_THROW_SPEED])


@jit
def wait_for_throw(s: L.Row, p: L.Row, t: L.Row, pitch: float) -> None:
    """Wait for the throw: wings level, the nose where it will climb, the motor at TKOFF_THR_IDLE."""
    begin_energy(s, p)
    s[L.S_NAV_ROLL], s[L.S_NAV_PITCH] = 0.0, pitch
    s[L.S_THROTTLE] = p[L.P_THR_IDLE]
    s[L.S_LIFT_D] = s[L.S_EPD]
    if t[L.T_YAW_MODE] != ANGLE:
        s[L.S_RYAW] = yaw_of(s)


@jit
def bank_along(s: L.Row, p: L.Row, above: float) -> None:
    """Bank along the course; nearly level up to TKOFF_LVL_ALT, freely from three times that on. On the ground level."""
    most, level = bank_limit(s, p), p[L.P_BANK_LEVEL]
    share = min(max((above - p[L.P_LEVEL_HEIGHT]) / max(2.0 * p[L.P_LEVEL_HEIGHT], 1.0), 0.0), 1.0)
    lateral = hold_course(s, p, s[L.S_RYAW]) if s[L.S_AIR] == 1.0 else 0.0
    bank_for(s, p, lateral, min(level + share * max(most - level, 0.0), most))


@jit
def least_pitch(s: L.Row, p: L.Row, pitch: float, above: float, left: float) -> float:
    """Lowest pitch of the climb, rad: `pitch`, less in the last seconds below the height. `left`: m up to there."""
    climb = -s[L.S_EVD]
    soon = climb > CLIMBING and left < climb * p[L.P_LEVEL_OFF_S]
    if s[L.S_END_D] == 0.0 and soon and above > LEVEL_OFF_ABOVE:
        s[L.S_END_D], s[L.S_TARGET_MS] = max(left, 0.1), s[L.S_TIME_MS]
    return pitch if s[L.S_END_D] == 0.0 else pitch * min(max(left / s[L.S_END_D], 0.0), 1.0)


@jit
def least_throttle_of_climb(s: L.Row, p: L.Row, most: float, above: float) -> float:
    """Lowest throttle, at most `most`. The range of TKOFF_OPTIONS begins after TKOFF_THR_MAX_T, above TKOFF_LVL_ALT and
    AIRSPEED_MIN; it needs the airspeed."""
    early = s[L.S_THROWN_MS] > 0.0 and s[L.S_TIME_MS] - s[L.S_THROWN_MS] < 1000.0 * p[L.P_FULL_S]
    low = above < p[L.P_LEVEL_HEIGHT] or s[L.S_AIRSPEED] < p[L.P_V_MIN]
    if p[L.P_THR_RANGE] == 0.0 or s[L.S_PITOT_USED] == 0.0 or early or low:
        return most
    return min(p[L.P_THR_TAKEOFF_LEAST] if p[L.P_THR_TAKEOFF_LEAST] > 0.0 else p[L.P_THR_TRIM], most)


@jit
def rotate(s: L.Row, p: L.Row, pitch: float) -> None:
    """Set the pitch of a run on the ground, and of raising the nose to `pitch`."""
    if s[L.S_PHASE] == RUNS and s[L.S_AIRSPEED] >= p[L.P_ROTATE_SPEED]:
        s[L.S_PHASE] = ROTATES
    if s[L.S_PHASE] == RUNS:
        s[L.S_NAV_PITCH] = p[L.P_GROUND_PITCH]
        return
    share = speed_over_ground(s) / max(p[L.P_SPEED_GROUND], 1.0)
    if share > 1.0:
        s[L.S_PHASE] = CLIMBS
        return
    s[L.S_NAV_PITCH] = max(share * pitch, ROTATED_LEAST)


@jit
def fly_takeoff(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Fly one tick of a takeoff, or of a climb in the air. It ends at its height, or TKOFF_PLIM_SEC after it began to
    level off."""
    pitch = t[L.T_PITCH] if t[L.T_PITCH] > 0.0 else p[L.P_CLIMB_PITCH]
    if s[L.S_PHASE] == WAITS:
        if not thrown(s, p):
            wait_for_throw(s, p, t, pitch)
            return
        s[L.S_PHASE] = RUNS if p[L.P_ROTATE_SPEED] > 0.0 else CLIMBS
        s[L.S_THROWN_MS] = s[L.S_TIME_MS]
    height = -t[L.T_END_D]
    above = s[L.S_LIFT_D] - s[L.S_EPD]
    bank_along(s, p, above)
    least = least_pitch(s, p, pitch, above, height + s[L.S_EPD])
    most, usual = p[L.P_THR_TAKEOFF] if p[L.P_THR_TAKEOFF] > 0.0 else p[L.P_THROTTLE_MAX], p[L.P_THROTTLE_MAX]
    s[L.S_THROTTLE_FLOOR] = least_throttle_of_climb(s, p, most, above)
    p[L.P_THROTTLE_MAX] = most
    control_energy(s, p, height, p[L.P_SPEED_GROUND], least)
    p[L.P_THROTTLE_MAX] = usual
    if s[L.S_THROTTLE_FLOOR] == most:
        s[L.S_THROTTLE] = most
    if s[L.S_PITOT_USED] == 0.0:
        s[L.S_NAV_PITCH] = least
    s[L.S_NAV_PITCH] = max(s[L.S_NAV_PITCH], least)
    off = limit(s[L.S_NAV_ROLL] - atan2(s[L.S_ER + 7], s[L.S_ER + 8]), 0.5 * pi)
    s[L.S_NAV_PITCH] *= cos(off) * cos(off)  # rolled over by the throw or a gust: level the wings first
    if s[L.S_PHASE] != CLIMBS:
        rotate(s, p, pitch)
    late = s[L.S_THROWN_MS] > 0.0 and s[L.S_END_D] > 0.0
    late = late and s[L.S_TIME_MS] - s[L.S_TARGET_MS] > 1000.0 * p[L.P_LEVEL_OFF_S] + LEVELLED_LATE_MS
    if s[L.S_AIR] == 1.0 and (late or s[L.S_EPD] <= t[L.T_END_D] + t[L.T_RADIUS]):
        s[L.S_STAGE] = L.STAGE_WAY
        arrive(s)
