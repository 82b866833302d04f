"""What a rover drives: one tick of the present target (50 Hz), and what it notices by itself.

Every kind of target comes down to a turn rate and a speed (`autopilot.control.rover_lines`), which steering and
throttle follow (`autopilot.control.rover_steering`). A rover has no height: targets count horizontally. It always
stands on the ground, so it neither lifts off nor lands; a Land target stops it.
"""

from __future__ import annotations

from math import atan2, cos, pi, sin, sqrt

from autopilot.control import layout as L
from autopilot.control import rover_layout as V
from autopilot.control.attitude import limit
from autopilot.control.guidance import arrive
from autopilot.control.heading import begin_yaw, wrap, yaw_of
from autopilot.control.jit import jit
from autopilot.control.rover_lines import (
    along_leg,
    begin_leg,
    leg_driven,
    round_circle,
    speed_for_turn,
    to_point,
    turn_to,
)
from autopilot.control.rover_steering import hold_speed, release, sense_motion, steer_by_rate

MANUAL, STEERING, ACRO = 3.0, 4.0, 5.0
#: Crash check as ArduPilot's Rover/crash_check.cpp: throttle given, not moving, not turning, for so long.
STUCK_TIME, STUCK_THROTTLE, STUCK_SPEED, STUCK_RATE = 2.0, 0.05, 0.08, 0.08
#: Sticks within this share of the middle are in the middle.
DEAD_ZONE = 0.06
#: A point behind and nearer than this many turning circles is backed up to when a place is held.
BACK_UP = 4.0


@jit
def begin(s: L.Row, p: L.Row, t: L.Row) -> None:
    """A new target has been set."""
    s[L.SEQ] = t[L.T_SEQ]
    s[L.ARRIVED] = 0.0
    s[L.PHASE] = 0.0
    s[L.NEAR_SENT] = 0.0
    s[L.TARGET_MS] = s[L.TIME_MS]
    s[L.TURN_SUM] = 0.0
    s[V.DRIVING] = 1.0
    s[V.WAY] = t[V.T_WAY]
    s[V.COURSE_ERROR] = 0.0
    begin_yaw(s, t)
    sense_motion(s, p)
    if t[L.KIND] == L.LEG:
        begin_leg(s, p, t)


@jit
def drive(s: L.Row, p: L.Row, rate: float, speed: float) -> None:
    """Follow a turn rate and a speed >= 0 in the present direction of driving."""
    s[L.RVN] = speed * cos(s[V.COURSE])
    s[L.RVE] = speed * sin(s[V.COURSE])
    steer_by_rate(s, p, rate)
    hold_speed(s, p, s[V.WAY] * speed)


@jit
def is_slow(s: L.Row) -> bool:
    """At rest, by estimate."""
    return s[L.EVN] * s[L.EVN] + s[L.EVE] * s[L.EVE] < 0.0225


@jit
def halt(s: L.Row, p: L.Row) -> None:
    """Brake on the present course and stay. Without position the speed is not known well enough to brake by it."""
    s[L.RPN], s[L.RPE] = s[L.EPN], s[L.EPE]
    s[L.RVN], s[L.RVE] = 0.0, 0.0
    if s[L.POS_OK] == 0.0:
        release(s)
        return
    rate = 0.0 if is_slow(s) else s[V.RATE_REF] * 0.9
    steer_by_rate(s, p, rate)
    hold_speed(s, p, 0.0)


@jit
def keep_place(s: L.Row, p: L.Row, n: float, e: float, radius: float, way: float) -> None:
    """Drive to a point when farther away than `radius`, backwards where that is shorter, and stand there."""
    dn, de = n - s[L.EPN], e - s[L.EPE]
    size = sqrt(dn * dn + de * de)
    if s[V.DRIVING] == 0.0 and size > radius:
        s[V.DRIVING] = 1.0
    if s[V.DRIVING] == 1.0 and abs(s[V.SPEED]) < 0.2:
        s[V.WAY] = way
        sense_motion(s, p)
        behind = abs(wrap(atan2(de, dn) - s[V.COURSE])) > 0.5 * pi
        if behind and size < BACK_UP * p[V.TURN_RADIUS]:
            s[V.WAY] = -way
            sense_motion(s, p)
    passed = size < radius and abs(wrap(atan2(de, dn) - s[V.COURSE])) > 0.5 * pi
    if size < 0.15 or passed:
        s[V.DRIVING] = 0.0
    if s[V.DRIVING] == 0.0:
        halt(s, p)
    else:
        rate, speed = to_point(s, p, n, e)
        drive(s, p, rate, speed)


@jit
def drive_leg(s: L.Row, p: L.Row, t: L.Row) -> None:
    """One tick along a leg, and at its end."""
    if s[L.ARRIVED] == 1.0 and s[L.CORNER] > 0.0:  # nobody gave another target: stop at the end
        s[L.CORNER] = 0.0
        s[L.PHASE] = 0.0
    n, e = s[L.EPN] - t[L.T_END_N], s[L.EPE] - t[L.T_END_E]
    if s[L.PHASE] != 2.0 and s[L.CORNER] == 0.0 and is_slow(s):
        beyond = s[L.LENGTH] <= 0.01 or n * s[L.U_N] + e * s[L.U_E] > -0.15
        if beyond:  # stands at its end, or beside it
            s[L.PHASE] = 2.0
            s[V.DRIVING] = 0.0
    if s[L.PHASE] == 2.0:
        keep_place(s, p, t[L.T_END_N], t[L.T_END_E], t[L.T_RADIUS], t[V.T_WAY])
    else:
        rate, speed = along_leg(s, p, t)
        drive(s, p, rate, speed)
    if s[L.ARRIVED] == 0.0 and leg_driven(s, t):
        arrive(s)


@jit
def drive_velocity(s: L.Row, p: L.Row, t: L.Row) -> None:
    """A heading or a turn rate with a speed, negative backwards; not renewed in time it stops."""
    if s[L.TIME_MS] - s[L.TARGET_MS] > t[L.T_TIMEOUT_MS]:
        halt(s, p)
        return
    speed = limit(t[V.T_SPEED], p[L.SPEED_GROUND])
    s[V.WAY] = 1.0 if speed >= 0.0 else -1.0
    s[L.RPN], s[L.RPE] = s[L.EPN], s[L.EPE]
    if t[V.T_BY_RATE] == 1.0:
        drive(s, p, t[V.T_TURN_RATE], abs(speed))
        return
    if abs(speed) < p[V.STOP_SPEED]:
        halt(s, p)
        return
    s[V.COURSE_ERROR] = wrap(t[V.T_HEADING] - yaw_of(s))
    s[V.TURN_LEFT] = abs(s[V.COURSE_ERROR])
    drive(s, p, turn_to(p, s[V.COURSE_ERROR]), speed_for_turn(s, p, abs(speed)))


@jit
def stick(x: float) -> float:
    """A stick's deflection behind its dead zone."""
    if x > DEAD_ZONE:
        return min((x - DEAD_ZONE) / (1.0 - DEAD_ZONE), 1.0)
    if x < -DEAD_ZONE:
        return max((x + DEAD_ZONE) / (1.0 - DEAD_ZONE), -1.0)
    return 0.0


@jit
def drive_sticks(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Pilot modes: the roll stick steers, the throttle stick drives, its lower half backwards."""
    push = stick(2.0 * p[L.STICK_T] - 1.0)
    side = stick(p[L.STICK_R])
    s[L.RPN], s[L.RPE], s[L.RVN], s[L.RVE] = s[L.EPN], s[L.EPE], s[L.EVN], s[L.EVE]
    kind = t[L.T_STICKS]
    if s[L.POS_OK] == 0.0 or (kind != STEERING and kind != ACRO):  # nor can a speed be held without one
        release(s)
        s[V.THROTTLE] = limit(push, p[V.THROTTLE_MAX])
        s[V.WHEEL] = side * p[V.WHEEL_MAX]
        return
    s[V.WAY] = 1.0 if push >= 0.0 else -1.0
    speed = push * p[V.STICK_SPEED]
    if kind == ACRO:
        rate = side * p[V.STICK_RATE]
    else:  # a sideways acceleration: at little speed the turning circle limits it
        rate = side * p[V.TURN_ACCEL] / max(abs(s[V.SPEED]), 0.3) * s[V.WAY]
    if push == 0.0 and is_slow(s):
        rate = 0.0
    steer_by_rate(s, p, rate)
    hold_speed(s, p, speed)


@jit
def drive_target(s: L.Row, p: L.Row, t: L.Row) -> None:
    """One tick of the present target, armed."""
    kind = t[L.KIND]
    if kind == L.PILOT:
        drive_sticks(s, p, t)
    elif kind == V.DRIVE:
        drive_velocity(s, p, t)
    elif kind == L.LEG and s[L.POS_OK] == 1.0:
        drive_leg(s, p, t)
    elif kind == L.HOLD and s[L.POS_OK] == 1.0:
        keep_place(s, p, t[L.T_END_N], t[L.T_END_E], t[L.T_RADIUS], t[V.T_WAY])
        n, e = s[L.EPN] - t[L.T_END_N], s[L.EPE] - t[L.T_END_E]
        if n * n + e * e <= t[L.T_RADIUS] * t[L.T_RADIUS]:
            arrive(s)
    elif kind == L.CIRCLE and s[L.POS_OK] == 1.0:
        rate, speed = round_circle(s, p, t)
        drive(s, p, rate, speed)
        if t[L.T_TURNS] >= 0.0 and s[L.PHASE] == 1.0 and s[L.TURN_SUM] >= t[L.T_TURNS]:
            arrive(s)
    else:
        halt(s, p)
        if is_slow(s) and kind != L.IDLE and (kind == L.BRAKE or kind == L.LAND):
            if kind == L.LAND and s[L.ARRIVED] == 0.0:
                s[L.EVENTS] += L.EV_LANDED
            arrive(s)


@jit
def watch_stuck(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Crash check: throttle is given and nothing moves."""
    pushing = abs(s[V.THROTTLE]) > STUCK_THROTTLE and t[L.KIND] != L.PILOT
    still = abs(s[V.SPEED]) < STUCK_SPEED and abs(s[L.GYZ]) < STUCK_RATE
    if pushing and still and p[L.CRASH_CHECK] == 1.0:
        s[V.STUCK_S] += L.TICK
    else:
        s[V.STUCK_S] = 0.0
        s[V.STUCK_SENT] = 0.0
    if s[V.STUCK_S] >= STUCK_TIME and s[V.STUCK_SENT] == 0.0:
        s[V.STUCK_SENT] = 1.0
        s[L.EVENTS] += L.EV_CRASHED


@jit
def decide_rover(s: L.Row, p: L.Row, t: L.Row) -> None:
    """One tick of everything that is decided in the kernel, after the estimator."""
    if t[L.T_SEQ] != s[L.SEQ]:
        begin(s, p, t)
    elif t[L.T_YAW_SEQ] != s[L.YAW_SEQ]:
        begin_yaw(s, t)
    sense_motion(s, p)
    s[L.RYAW] = yaw_of(s)
    s[L.RPD] = s[L.EPD]
    if s[L.ARMED] == 0.0:
        release(s)
        s[L.RPN], s[L.RPE], s[L.RVN], s[L.RVE] = s[L.EPN], s[L.EPE], 0.0, 0.0
        return
    drive_target(s, p, t)
    watch_stuck(s, p, t)
