"""Guidance of a plane: a tick of the present target (50 Hz).

Every target becomes a sideways acceleration (`autopilot.control.lateral`), a height, an airspeed and a stage
(`autopilot.control.energy`). Sticks give bank and pitch, or the surfaces, directly (`autopilot.control.plane_sticks`).
A plane cannot stop: where a copter holds, it circles at WP_LOITER_RAD.
"""

from __future__ import annotations

from math import pi, sqrt

from autopilot.control.airspeed import nose
from autopilot.control.attitude import limit
from autopilot.control.energy import begin_energy, control_energy, nudge, sticks_mix
from autopilot.control.guidance import arrive
from autopilot.control.heading import begin_yaw, wrap, yaw_of
from autopilot.control.lateral import (
    LOOKED_LATE,
    along_line,
    bank_for,
    bank_limit,
    hold_course,
    l1_length,
    round_place,
    to_place,
    track,
)
from autopilot.control.plane_landing import begin_land, fly_land
from autopilot.control.plane_sticks import climb_by_stick, fly_sticks, mix_sticks
from autopilot.control.plane_takeoff import begin_takeoff, fly_takeoff
from autopilot.control.surfaces import control_attitude
from autopilot.interface import layout as L
from autopilot.interface.marks import jit
from autopilot.interface.mathematics import acos, atan2, cos, sin, tan

#: Errors with which a circle may be left: height, m; course, rad, and its increase per turn.
HEIGHT_REACHED, COURSE_REACHED, COURSE_MORE = 5.0, 10.0 * pi / 180.0, 10.0 * pi / 180.0
#: Distance from a circle's middle over its radius beyond which the next place is left for at once.
BESIDE = 1.05
#: Height over its start below which a climb that begins is not spread over the leg, m (ArduPlane's setup_alt_slope).
LOW = 20.0
#: Distance in radii down to which the way to a circle follows its line.
FAR = 3.0
#: Turn at the end of a leg without a next one, rad.
RIGHT_ANGLE = 0.5 * pi


@jit
def begin_plane(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Begin a new target."""
    kind = t[L.T_KIND]
    s[L.S_SEQ] = t[L.T_SEQ]
    after_leg = s[L.S_ON_LEG] == 1.0 and s[L.S_ARRIVED] == 1.0
    s[L.S_ON_LEG] = 1.0 if kind == L.KIND_LEG else 0.0
    s[L.S_ARRIVED] = 0.0
    s[L.S_PHASE] = 0.0
    s[L.S_NEAR_SENT] = 0.0
    s[L.S_TARGET_MS] = s[L.S_TIME_MS]
    begin_turns(s, kind == L.KIND_CIRCLE)
    s[L.S_HELD_D] = t[L.T_HELD_D] if t[L.T_HAS_HELD] == 1.0 else s[L.S_EPD]
    s[L.S_CLIMB_STICK] = 0.0
    s[L.S_LAST_ETA] = 0.0
    begin_yaw(s, t)
    was = s[L.S_STAGE]
    s[L.S_STAGE] = L.STAGE_WAY
    if kind == L.KIND_LEG or kind == L.KIND_CIRCLE:
        begin_way(s, t, after_leg)
    elif kind == L.KIND_LAND:
        begin_land(s, p, t)
    elif kind == L.KIND_TAKEOFF:
        begin_takeoff(s, p, t)
    elif kind != L.KIND_HOLD and kind != L.KIND_PILOT:
        s[L.S_END_N], s[L.S_END_E] = s[L.S_EPN], s[L.S_EPE]
    if kind == L.KIND_HOLD or kind == L.KIND_CIRCLE:
        s[L.S_END_N], s[L.S_END_E] = t[L.T_END_N], t[L.T_END_E]
    if was == L.STAGE_FLARE or (was == L.STAGE_CLIMB_OUT and s[L.S_AIR] == 0.0):
        begin_energy(s, p)


@jit
def begin_turns(s: L.Row, circles: bool) -> None:
    """Begin to count turns. From one circle to the next the count goes on at once: the change of the direction to the
    middle counts too, and the way there (ArduPlane's loiter_angle_update)."""
    s[L.S_TURN_SUM] = 0.0
    s[L.S_COUNTS_TURNS] = s[L.S_ON_CIRCLE] if circles else 0.0
    s[L.S_TURN_ANGLE] = atan2(s[L.S_EPE] - s[L.S_END_E], s[L.S_EPN] - s[L.S_END_N])
    s[L.S_ON_CIRCLE] = 0.0


@jit
def follows_ground(t: L.Row) -> bool:
    """True for a leg over the ground."""
    return t[L.T_KIND] == L.KIND_LEG and t[L.T_AT_HEIGHT] == 1.0


@jit
def begin_way(s: L.Row, t: L.Row, after_leg: bool) -> None:
    """Begin a leg: from its start, from the end of the last leg, or from here. A leg without a line is steered directly
    to its end (ArduPlane's crosstrack). A climb from a low height has no slope."""
    s[L.S_STRAIGHT] = 0.0 if t[L.T_HAS_START] == 1.0 or after_leg else 1.0
    if t[L.T_HAS_START] == 1.0:
        s[L.S_A_N], s[L.S_A_E], s[L.S_A_D] = t[L.T_START_N], t[L.T_START_E], t[L.T_START_D]
    elif after_leg:
        s[L.S_A_N], s[L.S_A_E], s[L.S_A_D] = s[L.S_END_N], s[L.S_END_E], s[L.S_END_D]
    else:
        s[L.S_A_N], s[L.S_A_E], s[L.S_A_D] = s[L.S_EPN], s[L.S_EPE], s[L.S_EPD]
    s[L.S_END_N], s[L.S_END_E], s[L.S_END_D] = t[L.T_END_N], t[L.T_END_E], t[L.T_END_D]
    if not follows_ground(t) and -s[L.S_EPD] < LOW and s[L.S_END_D] < s[L.S_EPD]:
        s[L.S_A_D] = s[L.S_END_D]
    n, e = s[L.S_END_N] - s[L.S_A_N], s[L.S_END_E] - s[L.S_A_E]
    s[L.S_LENGTH] = sqrt(n * n + e * e)
    if s[L.S_LENGTH] < 1.0:
        yaw = yaw_of(s)
        s[L.S_U_N], s[L.S_U_E] = cos(yaw), sin(yaw)
    else:
        s[L.S_U_N], s[L.S_U_E] = n / s[L.S_LENGTH], e / s[L.S_LENGTH]
    s[L.S_HALF_TURN] = RIGHT_ANGLE
    n, e = t[L.T_NEXT_N] - s[L.S_END_N], t[L.T_NEXT_E] - s[L.S_END_E]
    size = sqrt(n * n + e * e)
    if t[L.T_HAS_NEXT] == 1.0 and size > 0.1:
        s[L.S_HALF_TURN] = acos(limit((n * s[L.S_U_N] + e * s[L.S_U_E]) / size, 1.0))


@jit
def at_height(s: L.Row, p: L.Row, radius: float) -> float:
    """Radius of a circle at this height, m. It grows with the square of true over indicated airspeed, so that the bank
    stays. With NAVL1_LIM_BANK it is the requested radius, unless that needs more bank at the demanded airspeed
    (AP_L1_Control::loiter_radius)."""
    thin = s[L.S_EAS2TAS] * s[L.S_EAS2TAS]
    if p[L.P_CIRCLE_BANK] <= 0.0:
        return radius * thin
    tightest = s[L.S_V_GIVEN] * s[L.S_V_GIVEN] / (L.GRAVITY * tan(p[L.P_CIRCLE_BANK]))
    return radius * thin if tightest > radius else max(tightest * thin, radius)


@jit
def turn_distance(s: L.Row, p: L.Row, t: L.Row) -> float:
    """Distance before the end of a leg at which the turn to the next begins, m: that of a quarter turn by the law of
    the line, at most the acceptance radius; less for a smaller turn (AP_L1_Control::turn_distance)."""
    quarter = min(t[L.T_RADIUS] * s[L.S_EAS2TAS] * s[L.S_EAS2TAS], l1_length(p, track(s)[2]))
    return quarter * min(s[L.S_HALF_TURN] / RIGHT_ANGLE, 1.0)


@jit
def leg_height(s: L.Row, p: L.Row, t: L.Row) -> float:
    """Height on the leg, m. It follows the leg's slope if the slope is large enough (ALT_SLOPE_MIN; 0: none is), or
    always if the leg follows the ground. A climb that the plane is above of begins anew from its height
    (ALT_SLOPE_MAXHGT)."""
    end = -t[L.T_END_D]
    rise = end + s[L.S_A_D]
    follows, flat = follows_ground(t), not 0.0 < p[L.P_SLOPE_LEAST] <= abs(rise)
    if s[L.S_LENGTH] < 1.0 or (flat and not follows):
        return end
    n, e = s[L.S_EPN] - s[L.S_A_N], s[L.S_EPE] - s[L.S_A_E]
    left = 1.0 - min(max((n * s[L.S_U_N] + e * s[L.S_U_E]) / s[L.S_LENGTH], 0.0), 1.0)
    above = p[L.P_SLOPE_ABOVE]
    if rise > 0.0 and above > 0.0 and not follows and -s[L.S_EPD] > end - left * rise + above:
        rise = end + s[L.S_EPD]
        s[L.S_A_D] = rise / max(left, 0.01) - end if rise >= p[L.P_SLOPE_LEAST] else -end
        return end - rise if rise >= p[L.P_SLOPE_LEAST] else end
    return end - left * rise


@jit
def cruise_speed(s: L.Row, p: L.Row) -> float:
    """Demanded cruise airspeed, m/s: against a wind that leaves too little ground speed (MIN_GROUNDSPEED), so much more
    than the present one as is missing along the nose, and so much more as a pilot asks for (ArduPlane's
    calc_airspeed_errors)."""
    speed = p[L.P_SPEED_GROUND]
    if p[L.P_MIN_GROUND_SPEED] > 0.0:
        n, e = nose(s)
        missing = p[L.P_MIN_GROUND_SPEED] - n * s[L.S_EVN] - e * s[L.S_EVE]
        speed = max(speed, s[L.S_AIRSPEED] + missing / s[L.S_EAS2TAS])
    speed += nudge(p) * (p[L.P_V_MAX] - p[L.P_V_CRUISE])
    return min(max(speed, p[L.P_V_MIN]), p[L.P_V_MAX])


@jit
def steer_way(s: L.Row, p: L.Row) -> None:
    """Bank along a leg, and round its end if it was flown and no other target came."""
    if s[L.S_PHASE] == 1.0:
        circle(s, p, p[L.P_LOITER_R])
        return
    straight = s[L.S_STRAIGHT] == 1.0
    lateral = to_place(s, p, s[L.S_END_N], s[L.S_END_E]) if straight else along_line(s, p, s[L.S_LENGTH])
    bank_for(s, p, lateral, bank_limit(s, p))


@jit
def fly_way(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Fly one tick of a leg."""
    steer_way(s, p)
    control_energy(s, p, leg_height(s, p, t), cruise_speed(s, p), p[L.P_PITCH_DOWN])
    pass_end(s, p, t)


@jit
def pass_end(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Arrive at the end of a leg where its turn begins, or behind it, by the plane's place `LOOKED_LATE` ago."""
    n = s[L.S_END_N] - s[L.S_EPN] + LOOKED_LATE * s[L.S_EVN]
    e = s[L.S_END_E] - s[L.S_EPE] + LOOKED_LATE * s[L.S_EVE]
    left = n * s[L.S_U_N] + e * s[L.S_U_E]
    away = turn_distance(s, p, t)
    if s[L.S_ARRIVED] == 0.0 and (n * n + e * e <= away * away or left <= 0.0):
        arrive(s)
    elif s[L.S_ARRIVED] == 1.0:
        s[L.S_PHASE] = 1.0


@jit
def circle(s: L.Row, p: L.Row, radius: float) -> None:
    """Bank onto a circle about `S_END_*` and along it; a negative `radius` means counter-clockwise."""
    way = -1.0 if radius < 0.0 else 1.0
    lateral = round_place(s, p, s[L.S_END_N], s[L.S_END_E], at_height(s, p, max(abs(radius), 1.0)), way)
    bank_for(s, p, lateral, bank_limit(s, p))


@jit
def count_turns(s: L.Row, t: L.Row) -> None:
    """Count turns round the place, in the direction of the circle, from its edge or from another circle on."""
    angle = atan2(s[L.S_EPE] - s[L.S_END_E], s[L.S_EPN] - s[L.S_END_N])
    if s[L.S_COUNTS_TURNS] == 1.0:
        s[L.S_TURN_SUM] += t[L.T_DIRECTION] * wrap(angle - s[L.S_TURN_ANGLE]) / (2.0 * pi)
    if s[L.S_PHASE] == 0.0:
        s[L.S_PHASE] = s[L.S_ON_CIRCLE]
        s[L.S_COUNTS_TURNS] = max(s[L.S_COUNTS_TURNS], s[L.S_PHASE])
    s[L.S_TURN_ANGLE] = angle


@jit
def leads_away(s: L.Row, p: L.Row, t: L.Row) -> bool:
    """True if a circle may be left: the course points to the next place. The tolerance grows with each whole turn
    (ArduPlane's isHeadingLinedUp_cd)."""
    n, e = t[L.T_LEAVE_N] - s[L.S_END_N], t[L.T_LEAVE_E] - s[L.S_END_E]
    radius = at_height(s, p, t[L.T_CIRCLE_R])
    if n * n + e * e < BESIDE * BESIDE * radius * radius:
        return True
    vn, ve, _ = track(s)
    n, e = t[L.T_LEAVE_N] - s[L.S_EPN], t[L.T_LEAVE_E] - s[L.S_EPE]
    waited = int(max(s[L.S_TURN_SUM] - max(t[L.T_TURNS], 0.0), 0.0))
    return abs(wrap(atan2(e, n) - atan2(ve, vn))) < COURSE_REACHED + COURSE_MORE * waited


@jit
def steer_circle(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Bank along the line to a place while it is far, and then round it; without a line straight to it."""
    n, e = s[L.S_END_N] - s[L.S_EPN], s[L.S_END_E] - s[L.S_EPE]
    if s[L.S_PHASE] == 0.0 and s[L.S_STRAIGHT] == 0.0 and sqrt(n * n + e * e) > FAR * at_height(s, p, t[L.T_CIRCLE_R]):
        bank_for(s, p, along_line(s, p, s[L.S_LENGTH]), bank_limit(s, p))
    else:
        circle(s, p, t[L.T_DIRECTION] * t[L.T_CIRCLE_R])


@jit
def circle_height(s: L.Row, p: L.Row, t: L.Row) -> float:
    """Height on the way to a circle and on it, m: along the slope of its line; without a line to descend along, at
    once. Or the one that the pilot's stick has moved."""
    if t[L.T_CLIMBS] == 1.0:
        climb_by_stick(s, p, p[L.P_STICK_P] if sticks_mix(p) else 0.0)
        return -s[L.S_HELD_D]
    slopes = s[L.S_PHASE] == 0.0 and (s[L.S_STRAIGHT] == 0.0 or t[L.T_END_D] > s[L.S_A_D])
    return leg_height(s, p, t) if slopes else -t[L.T_END_D]


@jit
def fly_circle(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Fly one tick of the way to a circle, or of the circle."""
    steer_circle(s, p, t)
    speed = cruise_speed(s, p) if t[L.T_CIRCLE_SPEED] <= 0.0 else max(t[L.T_CIRCLE_SPEED], p[L.P_V_MIN])
    control_energy(s, p, circle_height(s, p, t), speed, p[L.P_PITCH_DOWN])
    leave_circle(s, p, t)


@jit
def leave_circle(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Arrive if the turns are flown, the height is reached and the course leads on, as far as requested."""
    count_turns(s, t)
    endless = t[L.T_TURNS] < 0.0 and t[L.T_AT_HEIGHT] == 0.0 and t[L.T_LEAVES] == 0.0
    turns = t[L.T_TURNS] > s[L.S_TURN_SUM] and t[L.T_TURNS] > 0.0
    if s[L.S_ARRIVED] == 1.0 or s[L.S_PHASE] == 0.0 or endless or turns:
        return
    near = p[L.P_CIRCLE_NEAR] if p[L.P_CIRCLE_NEAR] > 0.0 else HEIGHT_REACHED
    if t[L.T_AT_HEIGHT] == 1.0 and abs(s[L.S_EPD] - t[L.T_END_D]) > near:
        return
    if t[L.T_LEAVES] == 0.0 or leads_away(s, p, t):
        arrive(s)


@jit
def fly_hold(s: L.Row, p: L.Row, height: float) -> None:
    """Circle the place at WP_LOITER_RAD; arrived on the circle."""
    circle(s, p, p[L.P_LOITER_R])
    control_energy(s, p, height, cruise_speed(s, p), p[L.P_PITCH_DOWN])
    if s[L.S_ON_CIRCLE] == 1.0:
        arrive(s)


@jit
def fly_on(s: L.Row, p: L.Row, height: float) -> None:
    """Continue along the course of a takeoff that has arrived, at its height: no new target came."""
    bank_for(s, p, hold_course(s, p, s[L.S_RYAW]), bank_limit(s, p))
    control_energy(s, p, height, cruise_speed(s, p), p[L.P_PITCH_DOWN])


@jit
def fly_velocity(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Fly a velocity over ground: its direction as course, its size as airspeed, and its climb. Without renewal in time
    it circles in place."""
    if s[L.S_TIME_MS] - s[L.S_TARGET_MS] > t[L.T_TIMEOUT_MS]:
        if s[L.S_PHASE] == 0.0:
            s[L.S_PHASE] = 1.0
            s[L.S_END_N], s[L.S_END_E], s[L.S_HELD_D] = s[L.S_EPN], s[L.S_EPE], s[L.S_EPD]
        fly_hold(s, p, -s[L.S_HELD_D])
        return
    n, e = t[L.T_VN], t[L.T_VE]
    course = atan2(e, n) + (yaw_of(s) if t[L.T_BODY] == 1.0 else 0.0)
    lateral = hold_course(s, p, wrap(course))
    if t[L.T_LATERAL] > 0.0:
        lateral = limit(lateral, t[L.T_LATERAL])
    bank_for(s, p, lateral, bank_limit(s, p))
    s[L.S_HELD_D] += limit(t[L.T_VD], max(p[L.P_CLIMB], p[L.P_SINK_MOST])) * L.TICK
    control_energy(s, p, -s[L.S_HELD_D], sqrt(n * n + e * e), p[L.P_PITCH_DOWN])


@jit
def fly_attitude(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Fly the demanded bank and pitch, within limits, with a throttle or (below 0) that of the present speed and
    height, or the bank with a climb rate; level if not renewed in time."""
    late = s[L.S_TIME_MS] - s[L.S_TARGET_MS] > t[L.T_TIMEOUT_MS]
    s[L.S_NAV_ROLL] = limit(0.0 if late else t[L.T_ROLL], bank_limit(s, p))
    if late or t[L.T_BY_CLIMB] == 1.0:
        s[L.S_HELD_D] -= 0.0 if late else limit(t[L.T_CLIMB], p[L.P_CLIMB]) * L.TICK
        control_energy(s, p, -s[L.S_HELD_D], cruise_speed(s, p), p[L.P_PITCH_DOWN])
        return
    if t[L.T_THRUST] < 0.0:
        control_energy(s, p, -s[L.S_HELD_D], cruise_speed(s, p), p[L.P_PITCH_DOWN])
    else:
        begin_energy(s, p)
        s[L.S_HELD_D] = s[L.S_EPD]
        s[L.S_THROTTLE] = min(t[L.T_THRUST], p[L.P_THROTTLE_MAX])
    s[L.S_NAV_PITCH] = min(max(t[L.T_PITCH], p[L.P_PITCH_DOWN]), p[L.P_PITCH_UP])


@jit
def slew_throttle(s: L.Row, p: L.Row, before: float) -> None:
    """Limit the change of the throttle from `before` by THR_SLEWRATE."""
    if p[L.P_THR_SLEW] > 0.0:
        s[L.S_THROTTLE] = before + limit(s[L.S_THROTTLE] - before, p[L.P_THR_SLEW] * L.TICK)


@jit
def fly_plane(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Fly one tick of the present target: surfaces, throttle, and arrival."""
    kind = t[L.T_KIND]
    if kind == L.KIND_PILOT:
        fly_sticks(s, p, t)
        follow(s, t)
        return
    before = s[L.S_THROTTLE]
    if kind == L.KIND_LEG:
        fly_way(s, p, t)
    elif kind == L.KIND_CIRCLE:
        fly_circle(s, p, t)
    elif kind == L.KIND_TAKEOFF and s[L.S_ARRIVED] == 0.0:
        fly_takeoff(s, p, t)
    elif kind == L.KIND_TAKEOFF:
        fly_on(s, p, -t[L.T_END_D])
    elif kind == L.KIND_LAND:
        fly_land(s, p, t)
    elif kind == L.KIND_VELOCITY:
        fly_velocity(s, p, t)
    elif kind == L.KIND_ATTITUDE:
        fly_attitude(s, p, t)
    else:
        fly_hold(s, p, -t[L.T_END_D] if kind == L.KIND_HOLD else -s[L.S_HELD_D])
    if s[L.S_POS_OK] == 0.0 and s[L.S_STAGE] != L.STAGE_FLARE and s[L.S_PITOT_USED] == 0.0:
        s[L.S_NAV_ROLL] = 0.0  # neither position nor airspeed: wings level
    slew_throttle(s, p, before)
    steer(s, p, t)
    follow(s, t)


@jit
def steer(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Move the surfaces for the demanded bank and pitch, to which a pilot's sticks are added. The control of the
    energy goes on from its own demand."""
    if not sticks_mix(p):
        control_attitude(s, p)
        return
    pitch = s[L.S_NAV_PITCH]
    mix_sticks(s, p, t[L.T_CLIMBS] == 1.0)
    control_attitude(s, p)
    s[L.S_NAV_PITCH] = pitch
    s[L.S_RUDDER] = limit(s[L.S_RUDDER] + p[L.P_STICK_Y], 1.0)


@jit
def follow(s: L.Row, t: L.Row) -> None:
    """Move the reference with the vehicle, at the demanded height; the next target begins there."""
    s[L.S_RPN], s[L.S_RPE], s[L.S_RPD] = s[L.S_EPN], s[L.S_EPE], -s[L.S_H_WANTED]
    s[L.S_RVN], s[L.S_RVE], s[L.S_RVD] = s[L.S_EVN], s[L.S_EVE], -s[L.S_H_RATE]
    if t[L.T_KIND] == L.KIND_PILOT:
        s[L.S_RPD] = s[L.S_EPD]
    if t[L.T_KIND] != L.KIND_TAKEOFF:
        s[L.S_RYAW] = yaw_of(s)
