"""The lift motors of a plane beside its wings: the transition onto them, and help for them.

As in ArduPlane's QuadPlane. With full pusher the lift motors carry until the airspeed is AIRSPEED_MIN
(`LIFT_SPEEDING`). Then their thrust fades within Q_TRANSITION_MS, whatever the wings carry, and the pusher stays above
TRIM_THROTTLE (`LIFT_FADING`). Below Q_ASSIST_SPEED on the wings the lift motors carry again, beside the pilot's
throttle in modes with one; so they do for wings that are upset or too low (Q_ASSIST_ANGLE, Q_ASSIST_ALT). In MANUAL,
ACRO and TRAINING they stand still.
"""

from __future__ import annotations

from autopilot.control.attitude import from_euler, limit
from autopilot.control.energy import begin_energy
from autopilot.control.heading import yaw_of
from autopilot.control.position import control_height, set_thrust
from autopilot.control.reference import follow_vehicle
from autopilot.control.sticks import ACRO, FBWA, MANUAL, STABILIZE, TRAINING
from autopilot.control.surfaces import control_attitude
from autopilot.interface import layout as L
from autopilot.interface.marks import jit
from autopilot.interface.mathematics import asin, atan2, tan

#: Pitch limits while the lift motors carry and the pusher speeds it up, rad.
LEVEL_UP, LEVEL_DOWN = 0.05, -0.05
#: Thrust with which lift motors can still turn it, however much the wings carry.
LEAST_THRUST = 0.05
#: Beyond the limits of bank and pitch by so much the plane may be upset, rad (VTOL_Assist::should_assist).
BEYOND = 0.0872665


@jit
def by_hand(t: L.Row) -> bool:
    """True if the pilot holds the throttle of the wings."""
    return t[L.T_KIND] == L.KIND_PILOT and t[L.T_STICKS] in (MANUAL, STABILIZE, ACRO, FBWA, TRAINING)


@jit
def wings_alone(t: L.Row) -> bool:
    """True for sticks that keep lift motors still, however slow it is (ArduPlane's QuadPlane::update)."""
    return t[L.T_KIND] == L.KIND_PILOT and t[L.T_STICKS] in (MANUAL, ACRO, TRAINING)


@jit
def steady(s: L.Row, p: L.Row) -> None:
    """Hold the attitude of the plane by the lift motors."""
    speed = max(s[L.S_AIRSPEED], p[L.P_V_MIN])
    s[L.S_QT0], s[L.S_QT1], s[L.S_QT2], s[L.S_QT3] = from_euler(s[L.S_NAV_ROLL], s[L.S_NAV_PITCH], yaw_of(s))
    s[L.S_YAW_FF] = L.GRAVITY / speed * tan(limit(s[L.S_NAV_ROLL], 1.0))
    s[L.S_RATE_MODE] = 0.0


@jit
def carry(s: L.Row, p: L.Row) -> None:
    """Hold also the height of the reference by the lift motors; the wings carry their part."""
    steady(s, p)
    down = control_height(s, p) + max(s[L.S_WING_LIFT], 0.0)
    set_thrust(s, p, min(down, L.GRAVITY), max(s[L.S_ER + 8], 0.7))


@jit
def change_over(s: L.Row, p: L.Row, state: float) -> None:
    """Change the state of the lift motors."""
    if state == L.LIFT_HOVER:
        s[L.S_ASSISTS] = s[L.S_LOW_CLOCK] = s[L.S_UPSET_CLOCK] = 0.0
        follow_vehicle(s)
        s[L.S_RYAW], s[L.S_RYAW_RATE] = yaw_of(s), 0.0
        s[L.S_KEEP_YAW] = s[L.S_RYAW]
    elif s[L.S_LIFTING] == L.LIFT_HOVER:
        begin_energy(s, p)
        rise = max(-s[L.S_EVD], 0.0) * max(-s[L.S_EVD], 0.0) / (2.0 * max(p[L.P_STICK_ACCEL_Z], 0.1))
        # the demand becomes the height at which its climb would end
        for height in range(L.S_H_GIVEN, L.S_H_WANTED + 1):
            s[height] += rise
    if s[L.S_LIFTING] == L.LIFT_NONE:
        s[L.S_IVN], s[L.S_IVE], s[L.S_IVD] = 0.0, 0.0, 0.0
        s[L.S_LIFT_I], s[L.S_LIFT_I + 1], s[L.S_LIFT_I + 2] = 0.0, 0.0, 0.0
    s[L.S_LIFTING] = state
    s[L.S_CHANGE_MS] = s[L.S_TIME_MS]


@jit
def keep_pushing(s: L.Row, p: L.Row) -> None:
    """Keep the pusher above TKOFF_THR_MIN in a transition, and the total energy within that range in the next tick; or
    above TRIM_THROTTLE."""
    least = p[L.P_THR_TAKEOFF_LEAST]
    s[L.S_THROTTLE_FLOOR] = max(s[L.S_THROTTLE_FLOOR], least)
    least = min(least if least > 0.0 else p[L.P_THR_TRIM], p[L.P_THROTTLE_MAX])
    s[L.S_THROTTLE] = max(s[L.S_THROTTLE], least)


@jit
def upset(s: L.Row, p: L.Row) -> bool:
    """True if it is outside the limits of bank or pitch, and farther than Q_ASSIST_ANGLE off the demand."""
    bank, pitch = atan2(s[L.S_ER + 7], s[L.S_ER + 8]), asin(limit(-s[L.S_ER + 6], 1.0))
    within = abs(bank) <= p[L.P_BANK] + BEYOND and p[L.P_PITCH_DOWN] - BEYOND < pitch < p[L.P_PITCH_UP] + BEYOND
    off = max(abs(bank - s[L.S_NAV_ROLL]), abs(pitch - s[L.S_NAV_PITCH]))
    return p[L.P_ASSIST_ANGLE] > 0.0 and not within and off >= p[L.P_ASSIST_ANGLE]


@jit
def lasts(s: L.Row, clock: int, begins: bool, delay: float) -> bool:
    """True from more than `delay` s after something has begun until twice as long after it has ended. `clock`: a field;
    it counts up to the delay, then down to it."""
    acts = s[clock] > delay
    if begins:
        s[clock] = 3.0 * delay + L.TICK if acts else s[clock] + L.TICK
    else:
        s[clock] = s[clock] - L.TICK if acts else 0.0
    return s[clock] > delay


@jit
def help_wings(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Find out what lift motors have to help for (`S_ASSISTS`), as ArduPlane's VTOL_Assist."""
    low = p[L.P_ASSIST_HEIGHT] > 0.0 and s[L.S_LIFT_D] - s[L.S_EPD] < p[L.P_ASSIST_HEIGHT]
    helps = p[L.P_ASSIST_SPEED] > 0.0 and s[L.S_STAGE] != L.STAGE_FLARE and not wings_alone(t)
    by_height = lasts(s, L.S_LOW_CLOCK, helps and low, p[L.P_ASSIST_DELAY])
    by_angle = lasts(s, L.S_UPSET_CLOCK, helps and upset(s, p), p[L.P_ASSIST_DELAY])
    s[L.S_ASSISTS] = (L.ASSIST_LOW if helps and by_height else 0.0) + (L.ASSIST_UPSET if helps and by_angle else 0.0)


@jit
def speed_up(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Speed up to the wings, or assist them: the lift motors carry, and the pusher is open unless a pilot holds it,
    whose throttle and pitch then command the climb (ArduPlane's assist_climb_rate_cms)."""
    fast = s[L.S_AIRSPEED] >= max(p[L.P_V_MIN], p[L.P_ASSIST_SPEED] + 1.0)
    if by_hand(t):
        climb = p[L.P_STICK_CLIMB] * s[L.S_NAV_PITCH] / max(p[L.P_PITCH_UP], 0.05) * s[L.S_THROTTLE]
        s[L.S_RVD] = min(max(-climb, -p[L.P_SPEED_UP]), p[L.P_SPEED_DOWN])
    else:
        s[L.S_NAV_PITCH] = min(max(s[L.S_NAV_PITCH], LEVEL_DOWN), LEVEL_UP)
        control_attitude(s, p)
        if p[L.P_THR_TAKEOFF_LEAST] == 0.0 and not fast:
            s[L.S_THROTTLE] = p[L.P_THROTTLE_MAX]
        else:
            keep_pushing(s, p)
    if p[L.P_LEVEL_TRANSITION] == 1.0:
        s[L.S_RPD], s[L.S_RVD] = max(s[L.S_RPD], s[L.S_EPD]), max(s[L.S_RVD], 0.0)
    carry(s, p)
    s[L.S_THRUST] = max(s[L.S_THRUST], LEAST_THRUST)
    if s[L.S_STAGE] == L.STAGE_FLARE or (fast and p[L.P_ASSIST_ALWAYS] == 0.0 and s[L.S_ASSISTS] == 0.0):
        s[L.S_FADES_FROM] = s[L.S_THRUST]
        change_over(s, p, L.LIFT_FADING)


@jit
def transit(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Control the lift motors on the wings and in a transition."""
    state = s[L.S_LIFTING]
    help_wings(s, p, t)
    if state == L.LIFT_NONE or state == L.LIFT_BRAKING or wings_alone(t):
        s[L.S_THRUST] = 0.0
        slow = s[L.S_AIRSPEED] < p[L.P_ASSIST_SPEED] or p[L.P_ASSIST_ALWAYS] == 1.0 or s[L.S_ASSISTS] != 0.0
        if slow and s[L.S_STAGE] != L.STAGE_FLARE and not wings_alone(t):
            change_over(s, p, L.LIFT_SPEEDING)
        elif state != L.LIFT_NONE:
            change_over(s, p, L.LIFT_NONE)
    elif state == L.LIFT_SPEEDING:
        speed_up(s, p, t)
    else:
        share = 1.0 - 0.001 * (s[L.S_TIME_MS] - s[L.S_CHANGE_MS]) / max(p[L.P_TRANSITION_S], 0.1)
        steady(s, p)
        s[L.S_THRUST] = s[L.S_FADES_FROM] * max(share, 0.0)
        if not by_hand(t):
            keep_pushing(s, p)
        if s[L.S_ASSISTS] != 0.0:
            change_over(s, p, L.LIFT_SPEEDING)
        elif share <= 0.0:
            change_over(s, p, L.LIFT_NONE)
