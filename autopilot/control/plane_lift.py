"""A plane with lift motors: hover by the copter's laws, flight by the plane's, and the transitions.

As in ArduPlane's QuadPlane. The way onto the wings, and the help for them: `autopilot.control.plane_transition`. Back:
the pusher stops, the wings hold the height, drag reduces the speed, and the lift motors carry what the wings do not
(`LIFT_BRAKING`), until it is slow enough to hover. Without a place to stop over, the nose comes up to brake
(Q_BACKTRANS_MS). The lift of the wings is measured: it is the specific force that the motors do not cause.
"""

from __future__ import annotations

from math import sqrt

from autopilot.control.airspeed import FLOWS
from autopilot.control.attitude import from_euler, limit
from autopilot.control.energy import control_energy
from autopilot.control.guidance import begin, fly_target, wait_on_ground
from autopilot.control.heading import begin_yaw, yaw_of
from autopilot.control.lateral import bank_for, bank_limit, to_place, track
from autopilot.control.plane_guidance import begin_plane, cruise_speed, fly_plane, follow, slew_throttle
from autopilot.control.plane_transition import LEVEL_DOWN, by_hand, carry, change_over, transit
from autopilot.control.plane_watch import IDLE_THROTTLE, come_to_rest, wait_for_start, watch_takeoff
from autopilot.control.position import learn_hover
from autopilot.control.sticks import ALT_HOLD, HOVER, LOITER
from autopilot.control.surfaces import control_attitude, rest_surfaces
from autopilot.control.watch import (
    FLYING,
    FULL_THRUST,
    IDLING,
    RELAX_TIME,
    SPOOL_TIME,
    STOPPED,
    lift,
    settle,
    wants_to_fly,
    watch_air,
    watch_crash,
)
from autopilot.interface import layout as L
from autopilot.interface.marks import jit
from autopilot.interface.mathematics import asin, atan2, tan

#: Highest pitch while drag slows it down, rad.
BRAKE_UP = 0.12
#: Braking without a place ahead: the nose comes up to this pitch, rad, within this time, s (Q_ANGLE_MAX,
#: Q_BACKTRANS_MS), at most this for each m/s over ground, rad; down to this speed, m/s.
BRAKE_MOST, BRAKE_S, BRAKE_RATE, STOPS_MPS = 0.5236, 3.0, 0.06, 3.0
#: Shares of AIRSPEED_MIN: below the first it hovers; below the second its nose comes up to slow it down.
SLOW_SHARE, FAST_SHARE = 0.75, 1.6
#: Memory of the measured lift of the wings, s.
FEELS = 0.4
#: Times before a hover at which it has landing speed, and begins to slow down, s.
SLOW_S, EARLY_S = 20.0, 60.0
#: Time within which a hover whose pusher may have failed leans as far as without one, s; largest lean that counts, rad.
PUSHER_LOST_S, MOST_TILT = 10.0, 0.785398
#: Factor on the stopping distance at which stopping begins.
ROOM = 1.25


@jit
def hovers(t: L.Row) -> bool:
    """True for a target that lift motors fly."""
    kind = t[L.T_KIND]
    if kind == L.KIND_TAKEOFF or kind == L.KIND_LAND:
        return t[L.T_BY_WING] == 0.0
    if kind == L.KIND_PILOT:
        stick = t[L.T_STICKS]
        return stick in (ALT_HOLD, LOITER, HOVER)
    return kind == L.KIND_IDLE or (kind == L.KIND_CIRCLE and t[L.T_UPRIGHT] == 1.0)


@jit
def feel_wings(s: L.Row) -> None:
    """Measure the specific force of the wings upwards in body axes, m/s2."""
    by_motors = s[L.S_THRUST] / max(s[L.S_HOVER], 0.05) * L.GRAVITY if s[L.S_LIFTING] != L.LIFT_NONE else 0.0
    felt = -s[L.S_DVZ] / L.TICK - by_motors
    s[L.S_WING_LIFT] += L.TICK / FEELS * (felt - s[L.S_WING_LIFT])


@jit
def stopping_way(s: L.Row, p: L.Row) -> float:
    """Distance over ground for slowing down to a hover by Q_TRANS_DECEL, m."""
    square = s[L.S_EVN] * s[L.S_EVN] + s[L.S_EVE] * s[L.S_EVE]
    return ROOM * square / (2.0 * max(p[L.P_BACK_DECEL], 0.5))


@jit
def approach_speed(s: L.Row, p: L.Row, away: float) -> float:
    """Airspeed on the way to a hover `away` m ahead: in the last 20 s TECS_LAND_ARSPD or the middle of cruise and
    minimum airspeed, and rising to cruise at a minute before (ArduPlane's get_land_airspeed)."""
    cruise = p[L.P_SPEED_GROUND]
    slow = p[L.P_APPROACH_SPEED] if p[L.P_APPROACH_SPEED] >= 0.0 else 0.5 * (cruise + p[L.P_V_MIN])
    left_s = (away - slow * slow / (2.0 * max(p[L.P_BACK_DECEL], 0.5))) / max(slow, 5.0)
    return slow + min(max((left_s - SLOW_S) / (EARLY_S - SLOW_S), 0.0), 1.0) * (cruise - slow)


@jit
def level_out(s: L.Row, t: L.Row) -> None:
    """Level the vehicle in a landing that is at rest with its thrust down. Leaning into the wind it would stand on the
    ground with running motors, or be carried by its wings (ArduPlane's should_relax)."""
    if t[L.T_KIND] == L.KIND_LAND and s[L.S_LAND_S] >= RELAX_TIME:
        s[L.S_QT0], s[L.S_QT1], s[L.S_QT2], s[L.S_QT3] = from_euler(0.0, 0.0, yaw_of(s))


@jit
def pushes(s: L.Row, p: L.Row, t: L.Row) -> bool:
    """True if the pusher helps this hover (Q_FWD_THR_USE)."""
    kind = 0.0
    if t[L.T_KIND] != L.KIND_PILOT or t[L.T_STICKS] == LOITER:
        kind = 1.0
    elif t[L.T_STICKS] == ALT_HOLD:
        kind = 2.0
    return s[L.S_AIR] == 1.0 and 0.0 < kind <= p[L.P_PUSHES]


@jit
def push(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Fly the forward part of a demanded lean by the pusher. The nose goes down by at most Q_FWD_PIT_LIM, so that the
    wings do not push down; farther within `PUSHER_LOST_S` while no lean is left, because the pusher may have failed
    (ArduPlane's assign_tilt_to_fwd_thr)."""
    before, s[L.S_THROTTLE] = s[L.S_THROTTLE], 0.0
    if not pushes(s, p, t):
        s[L.S_NOSE_DOWN] = p[L.P_PUSH_PITCH]
        return
    a, b, c, d = s[L.S_QT0], s[L.S_QT1], s[L.S_QT2], s[L.S_QT3]
    roll = atan2(2.0 * (c * d + a * b), 1.0 - 2.0 * (b * b + c * c))
    yaw = atan2(2.0 * (b * c + a * d), 1.0 - 2.0 * (c * c + d * d))
    down = -asin(limit(2.0 * (a * c - b * d), 1.0))
    s[L.S_THROTTLE] = min(p[L.P_PUSH_GAIN] * tan(min(max(down, 0.0), MOST_TILT)), p[L.P_THROTTLE_MAX])
    slew_throttle(s, p, before)
    usual, most = p[L.P_PUSH_PITCH], max(p[L.P_STICK_LEAN], p[L.P_PUSH_PITCH])
    step = (most - usual) / PUSHER_LOST_S * L.TICK
    goal = most if s[L.S_LEAN_FULL] == 1.0 else usual
    s[L.S_NOSE_DOWN] = min(s[L.S_NOSE_DOWN] + limit(goal - s[L.S_NOSE_DOWN], step), max(down, usual))
    s[L.S_QT0], s[L.S_QT1], s[L.S_QT2], s[L.S_QT3] = from_euler(roll, max(-down, -s[L.S_NOSE_DOWN]), yaw)


@jit
def set_pace(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Set the speed of a hover and the height of its way. On its way from the wings to a place it keeps what speed it
    has until it has to stop for it (ArduPlane's pos1_speed_limit)."""
    speed = sqrt(s[L.S_RVN] * s[L.S_RVN] + s[L.S_RVE] * s[L.S_RVE])
    p[L.P_SPEED_GROUND] = max(p[L.P_HOVER_SPEED], speed) if placed(t) else p[L.P_HOVER_SPEED]
    if placed(t) and t[L.T_COMES_DOWN] == 1.0:
        n, e = t[L.T_END_N] - s[L.S_EPN], t[L.T_END_E] - s[L.S_EPE]
        s[L.S_HELD_D] = -way_height(s, t, sqrt(n * n + e * e))


@jit
def hover(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Fly one tick of a hovering target."""
    cruise = p[L.P_SPEED_GROUND]
    set_pace(s, p, t)
    fly_target(s, p, t)
    level_out(s, t)
    p[L.P_SPEED_GROUND] = cruise
    rest_surfaces(s)
    push(s, p, t)
    watch_air(s, p, t)
    # a hover over a place, or down to its height, or on the way to a landing
    if s[L.S_LANDED_STATE] == L.LANDING and (t[L.T_VD] < 0.0 or t[L.T_END_D] != 0.0):
        s[L.S_LANDED_STATE] = L.IN_AIR
    if s[L.S_AIR] == 1.0:
        if s[L.S_AIRSPEED] < 0.5 * p[L.P_V_MIN]:
            learn_hover(s)
        watch_crash(s, p, t)


@jit
def begin_lifted(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Begin a new target, and choose lift motors or wings."""
    by_motors = hovers(t)
    if by_motors and s[L.S_AIR] == 1.0 and s[L.S_LIFTING] != L.LIFT_HOVER:
        begin_plane(s, p, t)
        s[L.S_END_N], s[L.S_END_E] = t[L.T_END_N], t[L.T_END_E]
        s[L.S_A_D] = s[L.S_EPD]
        far = placed(t) and s[L.S_LIFTING] != L.LIFT_BRAKING
        s[L.S_PHASE] = 1.0 if far else 0.0
        s[L.S_STAGE] = L.STAGE_WAY
        if not far and s[L.S_LIFTING] != L.LIFT_BRAKING:
            change_over(s, p, L.LIFT_BRAKING)
        return
    if by_motors:
        s[L.S_STAGE] = L.STAGE_WAY
        if s[L.S_LIFTING] != L.LIFT_HOVER:  # it was speeding up, but has not left the ground
            change_over(s, p, L.LIFT_HOVER)
        begin(s, p, t)
        return
    begin_plane(s, p, t)
    if s[L.S_SPIN] == FLYING and (s[L.S_LIFTING] == L.LIFT_HOVER or s[L.S_LIFTING] == L.LIFT_BRAKING):
        change_over(s, p, L.LIFT_SPEEDING)


@jit
def way_height(s: L.Row, t: L.Row, away: float) -> float:
    """Height on the way to a hover `away` m ahead: the present height, or down to that near the place (ArduPlane's
    QRTL)."""
    if t[L.T_COMES_DOWN] == 0.0:
        return -s[L.S_A_D]
    share = min(max((away - t[L.T_NEAR_M]) / max(t[L.T_FAR_M] - t[L.T_NEAR_M], 1.0), 0.0), 1.0)
    return -(t[L.T_NEAR_D] + share * (t[L.T_FAR_D] - t[L.T_NEAR_D]))


@jit
def placed(t: L.Row) -> bool:
    """True if it has to stop over a place."""
    return t[L.T_KIND] == L.KIND_LAND and t[L.T_HAS_POSITION] == 1.0


@jit
def air_speed(s: L.Row) -> float:
    """Airspeed for the decision to hover, m/s. A tube that shows next to nothing is not believed against ground speed
    and known wind, because rotors that take over at speed would pitch into the wind and sink."""
    if s[L.S_AIRSPEED] >= FLOWS:
        return s[L.S_AIRSPEED]
    n, e = s[L.S_EVN] - s[L.S_WEN], s[L.S_EVE] - s[L.S_WEE]
    return max(s[L.S_AIRSPEED], sqrt(n * n + e * e) / s[L.S_EAS2TAS])


@jit
def slow_enough(s: L.Row, p: L.Row, t: L.Row) -> bool:
    """True if it is slow enough to hover. Without a place it has stopped by then; with a place this holds there at the
    latest."""
    if track(s)[2] < STOPS_MPS:
        return True
    return air_speed(s) < (SLOW_SHARE * p[L.P_V_MIN] if placed(t) else STOPS_MPS)


@jit
def brake_pitch(s: L.Row, p: L.Row, t: L.Row) -> float:
    """Lower limit of the pitch while it slows down, rad."""
    if not placed(t):
        waited = 0.001 * (s[L.S_TIME_MS] - s[L.S_CHANGE_MS])
        return min(BRAKE_MOST * min(waited / BRAKE_S, 1.0), BRAKE_RATE * track(s)[2])
    slow = min(max((FAST_SHARE - s[L.S_AIRSPEED] / max(p[L.P_V_MIN], 1.0)) / (FAST_SHARE - SLOW_SHARE), 0.0), 1.0)
    return LEVEL_DOWN + slow * (BRAKE_UP - LEVEL_DOWN)


@jit
def slow_down(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Slow down to a hover: fly to the stopping distance from the place, then brake by drag, wings level."""
    if s[L.S_PHASE] == 1.0:
        n, e = s[L.S_END_N] - s[L.S_EPN], s[L.S_END_E] - s[L.S_EPE]
        bank_for(s, p, to_place(s, p, s[L.S_END_N], s[L.S_END_E]), bank_limit(s, p))
        away = sqrt(n * n + e * e)
        height = way_height(s, t, away)
        control_energy(s, p, height, approach_speed(s, p, away), p[L.P_PITCH_DOWN])
        if away > stopping_way(s, p):
            control_attitude(s, p)
            follow(s, t)
            if s[L.S_LIFTING] != L.LIFT_NONE or s[L.S_AIRSPEED] < p[L.P_V_MIN]:  # as slow as it should be
                transit(s, p, t)
            return
        s[L.S_PHASE], s[L.S_A_D] = 0.0, -height
        change_over(s, p, L.LIFT_BRAKING)
    s[L.S_STAGE] = L.STAGE_BRAKE
    control_energy(s, p, -s[L.S_A_D], cruise_speed(s, p), p[L.P_PITCH_DOWN])
    s[L.S_NAV_ROLL] = 0.0
    least = brake_pitch(s, p, t)
    s[L.S_NAV_PITCH] = min(max(s[L.S_NAV_PITCH], least), max(least, BRAKE_UP))
    s[L.S_THROTTLE] = 0.0
    control_attitude(s, p)
    follow(s, t)
    carry(s, p)
    if slow_enough(s, p, t):
        change_over(s, p, L.LIFT_HOVER)
        s[L.S_STAGE] = L.STAGE_WAY
        begin(s, p, t)


@jit
def decide_lifted(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Decide all that the kernel decides for a plane with lift motors, in a tick after the estimator."""
    feel_wings(s)
    if t[L.T_SEQ] != s[L.S_SEQ]:
        begin_lifted(s, p, t)
    elif t[L.T_YAW_SEQ] != s[L.S_YAW_SEQ]:
        begin_yaw(s, t)
    if s[L.S_ARMED] == 0.0 or p[L.P_MOTORS_CUT] > 0.0:
        s[L.S_SPIN] = STOPPED
        s[L.S_SPOOL_S], s[L.S_LIFTING], s[L.S_WING_LIFT] = -p[L.P_SPOOL_DELAY], L.LIFT_HOVER, 0.0
        rest_lifted(s, p)
        settle(s)
        return
    if s[L.S_SPIN] == FLYING and s[L.S_AIR] == 0.0 and by_hand(t) and p[L.P_STICK_T] <= IDLE_THROTTLE:
        s[L.S_SPIN] = IDLING  # a takeoff that a pilot has left on the ground
    if s[L.S_SPIN] != FLYING:
        spool_up(s, p, t)
        if s[L.S_SPIN] != FLYING:
            return
    before = s[L.S_THROTTLE]
    if not hovers(t):
        fly_plane(s, p, t)
        transit(s, p, t)
        if not by_hand(t):
            slew_throttle(s, p, before)
        watch_takeoff(s, p, t)
        # otherwise the lift motors may still be able to hold it
        if s[L.S_LIFTING] == L.LIFT_NONE or s[L.S_THRUST] >= FULL_THRUST:
            come_to_rest(s, p, t)
    elif s[L.S_LIFTING] == L.LIFT_HOVER:
        hover(s, p, t)
    else:
        slow_down(s, p, t)
        slew_throttle(s, p, before)


@jit
def spool_up(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Spool up on the ground for a takeoff, upright or on the wings, or for a pilot's throttle in a hovering mode. That
    of the wings opens the pusher at once. The motors stand still until the delay after arming is over."""
    held = s[L.S_MOTORS_HELD] == 1.0 or s[L.S_SPOOL_S] < 0.0
    s[L.S_SPIN] = STOPPED if held else IDLING
    s[L.S_LIFTING], s[L.S_WING_LIFT] = L.LIFT_HOVER, 0.0
    rest_lifted(s, p)
    starts = wants_to_fly(s, p, t) and (hovers(t) or t[L.T_KIND] == L.KIND_TAKEOFF)
    s[L.S_SPOOL_S] = s[L.S_SPOOL_S] + L.TICK if s[L.S_SPOOL_S] < 0.0 or (starts and not held) else 0.0
    if s[L.S_SPOOL_S] >= SPOOL_TIME + (p[L.P_CLIMB_DELAY] if hovers(t) else 0.0):
        lift(s, p, t)
        if not hovers(t):
            change_over(s, p, L.LIFT_SPEEDING)
    elif by_hand(t) and p[L.P_STICK_T] > IDLE_THROTTLE and not held:
        s[L.S_SPIN] = FLYING
        change_over(s, p, L.LIFT_NONE)


@jit
def rest_lifted(s: L.Row, p: L.Row) -> None:
    """Rest on the ground: motors, surfaces and demands."""
    wait_for_start(s, p)
    wait_on_ground(s)
    s[L.S_ASSISTS] = s[L.S_LOW_CLOCK] = s[L.S_UPSET_CLOCK] = 0.0
    s[L.S_LIFT_I], s[L.S_LIFT_I + 1], s[L.S_LIFT_I + 2] = 0.0, 0.0, 0.0
