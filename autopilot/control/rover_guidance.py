"""Guidance of a rover: a tick of the present target (50 Hz), and its own detections.

Every kind of target becomes a turn rate and a speed (`autopilot.control.rover_lines`), which steering and throttle
follow (`autopilot.control.rover_steering`). A rover has no height: targets count horizontally. It is always on the
ground, so it neither lifts off nor lands; a Land target stops it.
"""

from __future__ import annotations

from math import pi, sqrt

from autopilot.control.attitude import limit
from autopilot.control.avoidance import avoiding_accel, keep_leg_speed, keep_speed
from autopilot.control.guidance import arrive
from autopilot.control.heading import begin_yaw, wrap, yaw_of
from autopilot.control.rover_curves import (
    SPARE,
    after_reference,
    at_rest_on_curve,
    begin_driven,
    by_velocity,
    drive_curve,
    left_behind,
    turn_rate,
    turns_with_reference,
)
from autopilot.control.rover_lines import along_leg, leg_driven, round_circle, speed_for_turn, to_point, turn_to
from autopilot.control.rover_steering import hold_speed, reach_speed, release, sense_motion, steer_by_rate
from autopilot.interface import layout as L
from autopilot.interface.marks import jit
from autopilot.interface.mathematics import atan2, cos, sin

MANUAL, STEERING, ACRO = 3.0, 4.0, 5.0
#: Crash check as in ArduPilot's Rover/crash_check.cpp: time s, throttle, speed m/s and turning rate rad/s of a stuck
#: vehicle.
STUCK_TIME, STUCK_THROTTLE, STUCK_SPEED, STUCK_RATE = 2.0, 0.05, 0.08, 0.08
#: LOIT_TYPE: how a place is always reached.
FORWARDS, BACKWARDS = 1.0, 2.0
#: Distance in turning circles below which a place behind is reached backwards.
BACK_UP = 4.0
#: Time that a boat coasts after its motor has stopped, ms.
COASTING_MS = 5000.0


@jit
def begin(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Begin a new target."""
    s[L.S_SEQ] = t[L.T_SEQ]
    on_its_way = s[L.S_ON_LEG] == 1.0 and s[L.S_PHASE] != 2.0 and not at_rest_on_curve(s)
    renewed = on_its_way and t[L.T_HAS_START] == 0.0
    s[L.S_ON_LEG] = 1.0 if t[L.T_KIND] == L.KIND_LEG else 0.0
    s[L.S_ARRIVED] = 0.0
    s[L.S_PHASE] = 0.0
    s[L.S_NEAR_SENT] = 0.0
    s[L.S_TARGET_MS] = s[L.S_TIME_MS]
    s[L.S_TURN_SUM] = 0.0
    s[L.S_DRIVING] = 1.0
    if s[L.S_WAY] != t[L.T_WAY]:  # from forwards to backwards it must stop, and no profile leads there
        s[L.S_CURVING] = 0.0
    s[L.S_WAY] = t[L.T_WAY]
    s[L.S_COURSE_ERROR] = 0.0
    begin_yaw(s, t)
    sense_motion(s, p)
    if t[L.T_KIND] == L.KIND_LEG:
        begin_driven(s, p, t, renewed)
    else:
        s[L.S_CURVING] = 0.0


@jit
def drive(s: L.Row, p: L.Row, rate: float, speed: float) -> None:
    """Follow a turn rate and a speed >= 0 in the present direction of driving, clear of the fence."""
    drive_at(s, p, rate, keep_speed(s, p, s[L.S_WAY] * speed))


@jit
def drive_at(s: L.Row, p: L.Row, rate: float, speed: float) -> None:
    """Follow a turn rate and a speed, negative backwards."""
    s[L.S_RVN] = s[L.S_WAY] * speed * cos(s[L.S_COURSE])
    s[L.S_RVE] = s[L.S_WAY] * speed * sin(s[L.S_COURSE])
    steer_by_rate(s, p, rate)
    hold_speed(s, p, speed)


@jit
def is_slow(s: L.Row) -> bool:
    """True at rest, by the estimate."""
    return s[L.S_EVN] * s[L.S_EVN] + s[L.S_EVE] * s[L.S_EVE] < 0.0225


@jit
def has_stopped(s: L.Row, p: L.Row) -> bool:
    """True at rest. A boat, which wind and current move, has stopped when its motor has stood still for a while."""
    if p[L.P_AFLOAT] == 1.0 and s[L.S_THROTTLE] == 0.0 and s[L.S_TIME_MS] - s[L.S_TARGET_MS] > COASTING_MS:
        return True
    return is_slow(s)


@jit
def halt(s: L.Row, p: L.Row) -> None:
    """Brake on the present course and stay. Without a position the speed is too uncertain to brake by it."""
    s[L.S_RPN], s[L.S_RPE] = s[L.S_EPN], s[L.S_EPE]
    s[L.S_RVN], s[L.S_RVE] = 0.0, 0.0
    s[L.S_CURVING] = 0.0
    if s[L.S_POS_OK] == 0.0:
        release(s)
        return
    rate = 0.0 if is_slow(s) else s[L.S_RATE_REF] * 0.9
    steer_by_rate(s, p, rate)
    hold_speed(s, p, 0.0)


@jit
def keep_place(s: L.Row, p: L.Row, n: float, e: float, radius: float, way: float) -> None:
    """Drive to a point if it is farther away than `radius`, backwards if that is shorter or LOIT_TYPE has it, and stand
    there."""
    dn, de = n - s[L.S_EPN], e - s[L.S_EPE]
    size = sqrt(dn * dn + de * de)
    drifted = s[L.S_DRIVING] == 0.0 and size > radius
    if drifted:
        s[L.S_DRIVING] = 1.0
    if s[L.S_DRIVING] == 1.0 and (abs(s[L.S_SPEED]) < 0.2 or (drifted and p[L.P_AFLOAT] == 1.0)):
        s[L.S_WAY] = way
        sense_motion(s, p)
        behind = abs(wrap(atan2(de, dn) - s[L.S_COURSE])) > 0.5 * pi and size < BACK_UP * p[L.P_TURN_RADIUS]
        if p[L.P_LOITER_TYPE] == BACKWARDS or (behind and p[L.P_LOITER_TYPE] != FORWARDS):
            s[L.S_WAY] = -way
            sense_motion(s, p)
    passed = size < radius and abs(wrap(atan2(de, dn) - s[L.S_COURSE])) > 0.5 * pi
    if size < 0.15 or passed:
        s[L.S_DRIVING] = 0.0
    if s[L.S_DRIVING] == 0.0:
        halt(s, p)
    else:
        rate, speed = to_point(s, p, n, e)
        drive(s, p, rate, speed)


@jit
def along_curve(s: L.Row, p: L.Row, t: L.Row) -> tuple[float, float, float]:
    """Turn rate and speed that follow the reference of a profile, and the share of the acceleration limits for it."""
    if p[L.P_LINES] == 0.0:
        rate, speed = by_velocity(s, p)
        return rate, keep_leg_speed(s, p, max(speed, 0.0)) + min(speed, 0.0), 1.0
    if s[L.S_PHASE] == 0.0 and turns_with_reference(s):
        rate, speed = turn_rate(s, p), p[L.P_SPEED_GROUND]
    else:
        rate, speed = along_leg(s, p, t)
    return rate, keep_leg_speed(s, p, min(speed, after_reference(s, p))), SPARE


@jit
def drive_leg(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Drive one tick along a leg, and at its end."""
    if s[L.S_ARRIVED] == 1.0 and s[L.S_CORNER] > 0.0:  # no new target came: stop at the end
        s[L.S_CORNER] = 0.0
        s[L.S_PHASE] = 0.0
        s[L.S_CURVING] = 0.0
    n, e = s[L.S_EPN] - t[L.T_END_N], s[L.S_EPE] - t[L.T_END_E]
    drifts = p[L.P_AFLOAT] == 1.0 and s[L.S_ARRIVED] == 1.0
    timed = s[L.S_CURVING] == 1.0 and s[L.S_ARRIVED] == 0.0
    if s[L.S_PHASE] != 2.0 and s[L.S_CORNER] == 0.0 and not timed and (drifts or is_slow(s)):
        beyond = s[L.S_LENGTH] <= 0.01 or n * s[L.S_U_N] + e * s[L.S_U_E] > -0.15
        if beyond:  # it stands at its end, or beside it
            s[L.S_PHASE] = 2.0
            s[L.S_DRIVING] = 0.0
    if s[L.S_PHASE] == 2.0:
        keep_place(s, p, t[L.T_END_N], t[L.T_END_E], t[L.T_RADIUS], t[L.T_WAY])
    elif s[L.S_CURVING] == 1.0:
        driven = drive_curve(s, p, t)
        rate, speed, share = along_curve(s, p, t)
        steer_by_rate(s, p, rate)
        reach_speed(s, p, s[L.S_WAY] * speed, share)
        if driven and s[L.S_ARRIVED] == 0.0:
            arrive(s)
        elif p[L.P_LINES] != 0.0 and s[L.S_PHASE] == 0.0 and left_behind(s):
            s[L.S_CURVING] = 0.0
        return
    else:
        rate, speed = along_leg(s, p, t)
        drive_at(s, p, rate, s[L.S_WAY] * keep_leg_speed(s, p, speed))
    stops = s[L.S_CORNER] == 0.0 and p[L.P_AFLOAT] == 0.0  # as at the end of a profile, it has arrived when it rests
    if s[L.S_ARRIVED] == 0.0 and leg_driven(s, t) and (is_slow(s) or not stops):
        arrive(s)


@jit
def drive_velocity(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Drive a heading or a turn rate with a speed, negative backwards; stop if it is not renewed in time."""
    if s[L.S_TIME_MS] - s[L.S_TARGET_MS] > t[L.T_TIMEOUT_MS]:
        halt(s, p)
        return
    speed = keep_speed(s, p, limit(t[L.T_SPEED], p[L.P_TOP_SPEED]))
    s[L.S_WAY] = 1.0 if speed >= 0.0 else -1.0
    s[L.S_RPN], s[L.S_RPE] = s[L.S_EPN], s[L.S_EPE]
    if t[L.T_BY_RATE] == 1.0:
        drive_at(s, p, t[L.T_TURN_RATE], speed)
        return
    if abs(speed) < p[L.P_STOP_SPEED]:
        halt(s, p)
        return
    s[L.S_COURSE_ERROR] = wrap(t[L.T_HEADING] - yaw_of(s))
    s[L.S_TURN_LEFT] = abs(s[L.S_COURSE_ERROR])
    drive_at(s, p, turn_to(p, s[L.S_COURSE_ERROR]), s[L.S_WAY] * speed_for_turn(s, p, abs(speed)))


@jit
def drive_sticks(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Drive by sticks: the roll stick steers, the throttle stick drives, backwards in its lower half. The wheels point
    to the side of the stick, so backwards the nose turns to the other one (ArduRover's get_pilot_input). The dead zones
    of the radio channels (RCn_DZ) are already applied."""
    push = limit(2.0 * p[L.P_STICK_T] - 1.0, 1.0)
    side = limit(p[L.P_STICK_R], 1.0)
    s[L.S_RPN], s[L.S_RPE], s[L.S_RVN], s[L.S_RVE] = s[L.S_EPN], s[L.S_EPE], s[L.S_EVN], s[L.S_EVE]
    kind = t[L.T_STICKS]
    if s[L.S_POS_OK] == 0.0 or (kind != STEERING and kind != ACRO):  # without a position a speed cannot be held either
        release(s)
        s[L.S_THROTTLE] = limit(push, p[L.P_THROTTLE_MAX])
        s[L.S_WHEEL] = side * p[L.P_WHEEL_MAX]
        return
    wanted = push * p[L.P_STICK_SPEED]
    speed = keep_speed(s, p, wanted)
    ahead = speed if s[L.S_SPEED_REF] == 0.0 else s[L.S_SPEED_REF]
    s[L.S_WAY] = 1.0 if ahead >= 0.0 else -1.0
    # a turn rate, or a sideways acceleration: at low speed the turning circle limits it
    most = p[L.P_STICK_TURN] if kind == ACRO else p[L.P_TURN_ACCEL] / max(abs(s[L.S_SPEED]), 0.3)
    rate = s[L.S_WAY] * side * most
    if speed == 0.0 and is_slow(s):
        rate = 0.0
    steer_by_rate(s, p, rate)
    share = 1.0 if speed == wanted else avoiding_accel(p, p[L.P_DRIVE_DECEL]) / p[L.P_DRIVE_DECEL]
    reach_speed(s, p, speed, share)


@jit
def drive_target(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Drive one tick of the present target, armed."""
    kind = t[L.T_KIND]
    if kind == L.KIND_PILOT:
        drive_sticks(s, p, t)
    elif kind == L.KIND_DRIVE:
        drive_velocity(s, p, t)
    elif kind == L.KIND_LEG and s[L.S_POS_OK] == 1.0:
        drive_leg(s, p, t)
    elif kind == L.KIND_HOLD and s[L.S_POS_OK] == 1.0:
        keep_place(s, p, t[L.T_END_N], t[L.T_END_E], t[L.T_RADIUS], t[L.T_WAY])
        n, e = s[L.S_EPN] - t[L.T_END_N], s[L.S_EPE] - t[L.T_END_E]
        if n * n + e * e <= t[L.T_RADIUS] * t[L.T_RADIUS]:
            arrive(s)
    elif kind == L.KIND_CIRCLE and s[L.S_POS_OK] == 1.0:
        rate, speed = round_circle(s, p, t)
        drive(s, p, rate, speed)
        if t[L.T_TURNS] >= 0.0 and s[L.S_PHASE] == 1.0 and s[L.S_TURN_SUM] >= t[L.T_TURNS]:
            arrive(s)
    else:
        halt(s, p)
        if has_stopped(s, p) and kind != L.KIND_IDLE and (kind == L.KIND_BRAKE or kind == L.KIND_LAND):
            if kind == L.KIND_LAND and s[L.S_ARRIVED] == 0.0:
                s[L.S_EVENTS] += L.EV_LANDED
            arrive(s)


@jit
def watch_stuck(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Detect a stuck vehicle: throttle is given and nothing moves."""
    pushing = abs(s[L.S_THROTTLE]) > STUCK_THROTTLE and t[L.T_KIND] != L.KIND_PILOT and p[L.P_CRASH_CHECK] == 1.0
    still = abs(s[L.S_SPEED]) < STUCK_SPEED and abs(s[L.S_GYZ]) < STUCK_RATE
    s[L.S_STUCK_S] = s[L.S_STUCK_S] + L.TICK if pushing and still else 0.0
    moves = abs(s[L.S_SPEED]) > 2.0 * STUCK_SPEED or abs(s[L.S_GYZ]) > 2.0 * STUCK_RATE  # more than noise alone
    if moves or not pushing:
        s[L.S_STUCK_SENT] = 0.0
    if s[L.S_STUCK_S] >= STUCK_TIME and s[L.S_STUCK_SENT] == 0.0:
        s[L.S_STUCK_SENT] = 1.0
        s[L.S_EVENTS] += L.EV_CRASHED


@jit
def mix_stick(s: L.Row, p: L.Row) -> None:
    """Mix the roll stick into the steering by its deflection (ArduPilot RC_Channel::stick_mixing)."""
    side = limit(p[L.P_STICK_R], 1.0)
    s[L.S_WHEEL] = limit((1.0 - abs(side)) * s[L.S_WHEEL] + side * p[L.P_WHEEL_MAX], p[L.P_WHEEL_MAX])


@jit
def decide_rover(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Decide all that the kernel decides for a rover, in a tick after the estimator."""
    if t[L.T_SEQ] != s[L.S_SEQ]:
        begin(s, p, t)
    elif t[L.T_YAW_SEQ] != s[L.S_YAW_SEQ]:
        begin_yaw(s, t)
    sense_motion(s, p)
    s[L.S_RYAW] = yaw_of(s)
    s[L.S_RPD] = s[L.S_EPD]
    if s[L.S_ARMED] == 0.0 or s[L.S_MOTORS_HELD] == 1.0 or p[L.P_MOTORS_CUT] > 0.0:
        release(s)
        s[L.S_RPN], s[L.S_RPE], s[L.S_RVN], s[L.S_RVE] = s[L.S_EPN], s[L.S_EPE], 0.0, 0.0
        return
    before = s[L.S_THROTTLE]
    drive_target(s, p, t)
    if p[L.P_THR_SLEW] > 0.0:
        s[L.S_THROTTLE] = before + limit(s[L.S_THROTTLE] - before, p[L.P_THR_SLEW] * L.TICK)
    if p[L.P_STICK_MIX] == 1.0 and t[L.T_KIND] != L.KIND_PILOT:
        mix_stick(s, p)
    watch_stuck(s, p, t)
