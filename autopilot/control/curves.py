"""Legs by a speed profile, as ArduCopter flies them (docs/reference/mission-semantics.md, item 12).

A leg that begins at rest is flown by its profile (`autopilot.control.profile`): the reference's place on the line is a
function of time. So a stop is reached when the profile has ended and the vehicle is within the radius, as in ArduCopter
(`AC_WPNav::advance_wp_target_along_track`). At a corner without a stop the next leg begins while this one brakes, and
both motions are added; half-way through the corner this leg counts as flown. Time passes more slowly on the profile
while the vehicle lags.

A leg that begins `from_rest` puts the reference at its start, at rest, and the position controller brings the vehicle
there. So ArduCopter begins a return at its stopping point (`AC_WPNav::wp_and_spline_init_m`).

A leg that begins while the reference moves otherwise (a target that is given on the way, a leg above the ground in
pieces) is flown by the field of `autopilot.control.legs`, which needs no history.
"""

from __future__ import annotations

from math import sqrt

from autopilot.control.avoidance import stopping_distance
from autopilot.control.profile import (
    C_CRUISE,
    C_D,
    C_E,
    C_END,
    C_FIRST,
    C_LAST_SPEED,
    C_LENGTH,
    C_LIMIT,
    C_N,
    C_SPEED,
    C_TIME,
    NO_WAY,
    R_ACCEL,
    R_FROM,
    R_HELD,
    R_JERK,
    R_RISE,
    R_TIME,
    copy_profile,
    finish_profile,
    no_profile,
    profile_at,
    set_profile,
)
from autopilot.control.reference import approach
from autopilot.interface import layout as L
from autopilot.interface.marks import jit

#: Speed below which the reference is at rest, m/s; its remaining motion fades beside the profile.
RESTS = 0.7
#: Distance from the leg's start, m, beyond which the leg begins at the reference.
BESIDE = 3.0
#: Rate at which the offset of the reference from the curve fades, 1/s.
FADE = 2.0
#: Sum of offsets (m, m/s, m/s2) below which the reference is on the curve.
FADED = 1e-30
SAME_PLACE = 0.01  # m
#: Difference between a halted leg's share of its speed and its end that no longer counts.
HELD = 1e-4
#: Share of the vertical acceleration limit that may be rounding: a leg brakes with just that limit.
ROUNDING = 1e-6
#: Number of bisections in the search for a leg's highest speed: to 0.01 m/s.
HALVINGS = 12


@jit
def leg_limits(p: L.Row, horizontal: float, down: float) -> tuple[float, float]:
    """Speed and acceleration along a direction with these components of the unit vector (horizontal absolute, down
    signed)."""
    speed, accel = 1e3, 1e3
    if horizontal > 1e-3:
        speed, accel = p[L.P_SPEED_GROUND] / horizontal, p[L.P_ACCEL] / horizontal
    if abs(down) > 1e-3:
        speed = min(speed, (p[L.P_SPEED_DOWN] if down > 0.0 else p[L.P_SPEED_UP]) / abs(down))
        accel = min(accel, p[L.P_ACCEL_Z] / abs(down))
    return speed, accel


@jit
def track_limits(p: L.Row, n: float, e: float, d: float) -> tuple[float, float]:
    """Speed and acceleration along a direction."""
    return leg_limits(p, sqrt(n * n + e * e), d)


@jit
def plan(s: L.Row, p: L.Row, c: int, n: float, e: float, d: float) -> None:
    """Plan the profile of a leg (n, e, d), from rest to rest."""
    size = sqrt(n * n + e * e + d * d)
    if size < 1e-3:
        no_profile(s, c)
        return
    limit, accel = track_limits(p, n / size, e / size, d / size)
    set_profile(s, c, n, e, d, limit, accel, p[L.P_LEG_JERK], p[L.P_JERK_RISE])


@jit
def begin_curve(s: L.Row, p: L.Row, t: L.Row, renewed: bool, after_spline: bool, last: float) -> None:
    """Decide whether the new leg is flown by a profile. `begin_leg` has set start, direction and length. After a spline
    (`after_spline`) it begins at the spline's speed; before a spline it ends at the speed `last`. A target that is
    `renewed` on the way (GUIDED, several times a second) gets no profile, because it would never leave the profile's
    beginning."""
    whole = t[L.T_SPLINE] == 0.0 and t[L.T_GOAL_N] == t[L.T_END_N] and t[L.T_GOAL_E] == t[L.T_END_E]
    n, e, d = s[L.S_A_N] - s[L.S_END_N], s[L.S_A_E] - s[L.S_END_E], s[L.S_A_D] - s[L.S_END_D]
    along = s[L.S_RVN] * s[L.S_U_N] + s[L.S_RVE] * s[L.S_U_E] + s[L.S_RVD] * s[L.S_U_D]
    on = s[L.S_CURVING] == 1.0 and t[L.T_HAS_START] == 1.0 and n * n + e * e + d * d < SAME_PLACE * SAME_PLACE
    moves = s[L.S_RVN] * s[L.S_RVN] + s[L.S_RVE] * s[L.S_RVE] + s[L.S_RVD] * s[L.S_RVD]
    s[L.S_CURVING] = 0.0
    s[L.S_END_N], s[L.S_END_E], s[L.S_END_D] = t[L.T_END_N], t[L.T_END_E], t[L.T_END_D]
    on = on and whole and s[L.S_ONWARD + C_TIME] > 0.0
    if not on:
        s[L.S_HELD_BACK], s[L.S_HELD_RATE] = 0.0, 0.0  # the leg begins at the speed that is left
    if not whole or renewed:
        no_profile(s, L.S_ONWARD)
        return
    n, e, d = t[L.T_END_N] - s[L.S_A_N], t[L.T_END_E] - s[L.S_A_E], t[L.T_END_D] - s[L.S_A_D]
    onward = s[L.S_ONWARD + C_LENGTH]
    dn, de, dd = (n - onward * s[L.S_ONWARD + C_N], e - onward * s[L.S_ONWARD + C_E], d - onward * s[L.S_ONWARD + C_D])
    if t[L.T_FROM_REST] == 1.0:
        for i in range(3):
            s[L.S_RPN + i] = s[L.S_A_N + i]
            s[L.S_RVN + i], s[L.S_RAN + i] = 0.0, 0.0
        begin_at_rest(s, p, t)
    elif on and dn * dn + de * de + dd * dd < SAME_PLACE * SAME_PLACE:
        copy_profile(s, L.S_BEFORE, L.S_NOW)
        copy_profile(s, L.S_NOW, L.S_ONWARD)
    elif moves < RESTS * RESTS:
        begin_at_rest(s, p, t)
    elif not (after_spline and along > 0.0 and moves - along * along < RESTS * RESTS and goes_on(s, p, t, along, last)):
        return
    s[L.S_CURVING] = 1.0
    no_profile(s, L.S_ONWARD)
    if last > 0.0:
        if s[L.S_NOW + C_FIRST + R_FROM] == 0.0:
            finish_at(s, p, 0.0, last)
    elif s[L.S_CORNER] > 0.0:
        plan(s, p, L.S_ONWARD, t[L.T_NEXT_N] - t[L.T_END_N], t[L.T_NEXT_E] - t[L.T_END_E], t[L.T_NEXT_D] - t[L.T_END_D])


@jit
def is_elsewhere(s: L.Row) -> bool:
    """True when the reference is farther than `BESIDE` (m) from the leg's start."""
    n, e, d = s[L.S_RPN] - s[L.S_A_N], s[L.S_RPE] - s[L.S_A_E], s[L.S_RPD] - s[L.S_A_D]
    return n * n + e * e + d * d > BESIDE * BESIDE


@jit
def plan_alone(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Plan the profile of a leg without corners, from rest to rest."""
    no_profile(s, L.S_BEFORE)
    plan(s, p, L.S_NOW, t[L.T_END_N] - s[L.S_A_N], t[L.T_END_E] - s[L.S_A_E], t[L.T_END_D] - s[L.S_A_D])


@jit
def begin_at_rest(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Begin a leg without a corner before it. The offset of the reference in place and motion fades."""
    if is_elsewhere(s):
        s[L.S_A_N], s[L.S_A_E], s[L.S_A_D] = s[L.S_RPN], s[L.S_RPE], s[L.S_RPD]
    plan_alone(s, p, t)
    keep_off(s, 0.0)
    s[L.S_PACE] = 1.0


@jit
def goes_on(s: L.Row, p: L.Row, t: L.Row, along: float, last: float) -> bool:
    """Continue a leg at the speed `along` it with which the last spline has ended; the remaining offset of the
    reference fades. False if the reference is elsewhere or the leg is too short."""
    if is_elsewhere(s):
        return False
    plan_alone(s, p, t)
    keep_off(s, along)
    return s[L.S_NOW + C_LENGTH] > 0.0 and finish_at(s, p, along, last)


@jit
def keep_off(s: L.Row, along: float) -> None:
    """Let the reference's offset from the leg's start fade, and its motion except the speed `along` the leg (m/s)."""
    for i in range(3):
        s[L.S_OFF + i] = s[L.S_RPN + i] - s[L.S_A_N + i]
        s[L.S_OFF + 3 + i] = s[L.S_RVN + i] - along * s[L.S_U_N + i]
        s[L.S_OFF + 6 + i] = s[L.S_RAN + i]


@jit
def finish_at(s: L.Row, p: L.Row, begin: float, last: float) -> bool:
    """Change this leg's profile, made from rest to rest, to these begin and end speeds. It ends at rest if it is too
    short for them. False if it is too short even for that."""
    most = s[L.S_NOW + C_SPEED]
    return (last > 0.0 and fastest(s, p, L.S_NOW, begin, s[L.S_NOW + C_LIMIT], last)) or fastest(
        s, p, L.S_NOW, begin, most, 0.0
    )


@jit
def fastest(s: L.Row, p: L.Row, now: int, begin: float, limit: float, last: float) -> bool:
    """Find the highest speed up to `limit` between these two for which profile `now` has room. A change from a speed is
    smaller than one from rest but may need more distance. False if there is none."""
    jerk, rise = p[L.P_LEG_JERK], p[L.P_JERK_RISE]
    _, accel = track_limits(p, s[now + C_N], s[now + C_E], s[now + C_D])
    s[now + C_LAST_SPEED] = last
    if finish_profile(s, now, begin, limit, accel, jerk, rise):
        return True
    low, high = max(begin, last), limit
    if low >= high or not finish_profile(s, now, begin, low, accel, jerk, rise):
        return False
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        if finish_profile(s, now, begin, middle, accel, jerk, rise):
            low = middle
        else:
            high = middle
    return finish_profile(s, now, begin, low, accel, jerk, rise)


@jit
def keep_pace(s: L.Row, p: L.Row) -> float:
    """Time that passes on the profiles in this tick, s: less while the vehicle lags behind the reference. Beyond the
    lag at which the speed limit applies it does not decrease further (ArduPilot's `AC_P_2D` limits its error)."""
    vn, ve, vd = s[L.S_RVN], s[L.S_RVE], s[L.S_RVD]
    speed = sqrt(vn * vn + ve * ve + vd * vd)
    wanted = 1.0
    if speed > 1e-6:
        n, e = s[L.S_RPN] - s[L.S_EPN], s[L.S_RPE] - s[L.S_EPE]
        far, most = sqrt(n * n + e * e), stopping_distance(p[L.P_SPEED_GROUND], p[L.P_KP_POS], p[L.P_ACCEL])
        ahead = (n * vn + e * ve) * min(most / max(far, 1e-6), 1.0) + (s[L.S_RPD] - s[L.S_EPD]) * vd
        going = s[L.S_EVN] * vn + s[L.S_EVE] * ve + s[L.S_EVD] * vd
        wanted = min(max(0.05 + (going - p[L.P_KP_POS] * ahead) / (speed * speed), 0.0), 1.0)
    s[L.S_PACE] += (wanted - s[L.S_PACE]) * L.TICK * p[L.P_LEG_JERK] / p[L.P_ACCEL]
    return L.TICK * s[L.S_PACE] * (1.0 - s[L.S_HELD_BACK])


@jit
def hold_back(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Slow down a halted leg to rest, and speed it up again. The highest speed over ground would change by the
    acceleration and jerk of stops; other speeds change in the same time (ArduCopter's `vel_dt_scalar`)."""
    wanted = t[L.T_HALTED]
    if wanted == 0.0 and s[L.S_HELD_BACK] == 0.0:
        return
    fastest = p[L.P_SPEED_GROUND]
    accel, jerk = p[L.P_STOP_ACCEL] / fastest, p[L.P_STOP_JERK] / fastest
    left = wanted - s[L.S_HELD_BACK]
    rate = min(approach(abs(left), p[L.P_STOP_GAIN], jerk), accel)
    change = (rate if left > 0.0 else -rate) - s[L.S_HELD_RATE]
    s[L.S_HELD_RATE] += min(max(change, -jerk * L.TICK), jerk * L.TICK)
    s[L.S_HELD_BACK] += L.TICK * s[L.S_HELD_RATE]
    if abs(wanted - s[L.S_HELD_BACK]) < HELD or not 0.0 <= s[L.S_HELD_BACK] <= 1.0:
        s[L.S_HELD_BACK], s[L.S_HELD_RATE] = wanted, 0.0


@jit
def least_speed(s: L.Row, c: int) -> float:
    """Speed that profile `c`, which speeds up from rest, has if its acceleration begins to fall now, m/s."""
    first = c + C_FIRST
    ramp = s[first + R_ACCEL] / s[first + R_JERK] + s[first + R_RISE] if s[first + R_JERK] > 0.0 else 0.0
    return s[first + R_ACCEL] * max(ramp, s[c + C_TIME]) + NO_WAY


@jit
def replan(s: L.Row, p: L.Row, c: int) -> bool:
    """Adapt the profile to a changed speed limit, while this leg speeds up or keeps its speed and has room. False if
    that is not possible yet."""
    limit, accel = track_limits(p, s[c + C_N], s[c + C_E], s[c + C_D])
    time, first = s[c + C_TIME], c + C_FIRST
    if limit == s[c + C_LIMIT] or s[c + C_LENGTH] <= 0.0 or limit <= 0.0:
        return True
    new = L.S_SPARE
    copy_profile(s, new, c)
    s[new + C_LIMIT] = limit
    held = 0.5 * (s[first + R_TIME] + s[first + R_HELD])  # until then it speeds up like any other
    if time == 0.0 or (s[first + R_FROM] == 0.0 and time < held):
        speed = limit if time == 0.0 else max(limit, least_speed(s, c))
        fits = speed == limit or speed < s[c + C_SPEED]
        fits = fits and finish_profile(s, new, 0.0, speed, accel, p[L.P_LEG_JERK], p[L.P_JERK_RISE])
        again = new + C_FIRST
        same = s[again + R_ACCEL] == s[first + R_ACCEL] and time <= 0.5 * (s[again + R_TIME] + s[again + R_HELD])
        if fits and (time == 0.0 or same):
            s[new + C_LIMIT] = speed  # above the limit: the rest follows when it keeps its speed
            copy_profile(s, c, new)
            return speed == limit
    if time < s[first + R_TIME]:
        return False
    if time < s[first + R_TIME] + s[c + C_CRUISE]:
        way, speed, _ = profile_at(s, c, time)
        s[new + C_LENGTH] -= way
        s[new + C_TIME] = 0.0
        if fastest(s, p, new, speed, limit, s[c + C_LAST_SPEED]):
            for i in range(3):
                s[L.S_A_N + i] += way * s[c + C_N + i]
            copy_profile(s, c, new)
    s[c + C_LIMIT] = limit  # else it brakes already, or has no room
    return True


@jit
def follow_limits(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Adapt to the present speed limits, if they differ from those of the profiles."""
    ground, up, down = p[L.P_SPEED_GROUND], p[L.P_SPEED_UP], p[L.P_SPEED_DOWN]
    if ground == s[L.S_PACED_BY] and up == s[L.S_PACED_BY + 1] and down == s[L.S_PACED_BY + 2]:
        return
    time = s[L.S_NOW + C_TIME]
    alone = s[L.S_ONWARD + C_LENGTH] == 0.0 and s[L.S_NOW + C_LAST_SPEED] == 0.0
    begins = alone and 0.0 < time < s[L.S_NOW + C_FIRST + R_TIME]
    if begins and profile_at(s, L.S_NOW, time)[1] < RESTS:  # it hardly moves, so it begins again
        s[L.S_A_N], s[L.S_A_E], s[L.S_A_D] = s[L.S_RPN], s[L.S_RPE], s[L.S_RPD]
        begin_at_rest(s, p, t)
    done = replan(s, p, L.S_NOW)
    if s[L.S_ONWARD + C_TIME] > 0.0 or not replan(s, p, L.S_ONWARD) or not done:
        return
    s[L.S_PACED_BY], s[L.S_PACED_BY + 1], s[L.S_PACED_BY + 2] = ground, up, down


@jit
def turns_now(s: L.Row, p: L.Row, t: L.Row) -> bool:
    """True if the next leg may begin now: this one brakes, ends before the next has its speed, and half-way through the
    turn the vehicle is within the radius, no faster than on either leg, and within the acceleration limits."""
    a, b = L.S_NOW, L.S_ONWARD
    time = s[a + C_TIME]
    left = s[a + C_END] - time
    braking = s[a + C_FIRST + R_TIME] + s[a + C_CRUISE]
    if time < braking or left > s[b + C_FIRST + R_TIME]:
        return False
    way, v1, a1 = profile_at(s, a, time + 0.5 * left)
    way -= s[a + C_LENGTH]
    on, v2, a2 = profile_at(s, b, 0.5 * left)
    place, speed, level, vertical = 0.0, 0.0, 0.0, 0.0
    for i in range(3):
        off = way * s[a + C_N + i] + on * s[b + C_N + i]
        place += off * off
        along = v1 * s[a + C_N + i] + v2 * s[b + C_N + i]
        speed += along * along
        accel = a1 * s[a + C_N + i] + a2 * s[b + C_N + i]
        if i < 2:
            level += accel * accel
        else:
            vertical = abs(accel)
    slower = min(s[a + C_LIMIT], s[b + C_LIMIT])
    radius = p[L.P_TURN_SHARE] * t[L.T_RADIUS]
    return (
        place < radius * radius
        and speed < slower * slower
        and level < p[L.P_ACCEL_CORNER] * p[L.P_ACCEL_CORNER]
        and vertical < (1.0 + ROUNDING) * p[L.P_ACCEL_Z]
    )


@jit
def put_on(s: L.Row, c: int, back: float) -> None:
    """Add the motion of profile `c` at its time, counted from `back` m along it, to the reference. The velocity is the
    profile's even while time passes slowly on it, so that a lagging vehicle catches up and the pace rises again."""
    way, speed, accel = profile_at(s, c, s[c + C_TIME])
    way -= back
    share = 1.0 - s[L.S_HELD_BACK]
    accel = share * share * accel - s[L.S_HELD_RATE] * speed
    speed *= share
    for i in range(3):
        s[L.S_RPN + i] += way * s[c + C_N + i]
        s[L.S_RVN + i] += speed * s[c + C_N + i]
        s[L.S_RAN + i] += accel * s[c + C_N + i]


@jit
def fade_onto(s: L.Row, n: float, e: float, d: float) -> None:
    """Put the reference at (n, e, d), at rest except for the fading offset from the curve. Very small offsets are set
    to 0, because denormal numbers are a hundred times slower on a processor."""
    left = 0.0
    for i in range(9):
        left += abs(s[L.S_OFF + i])
    if left < FADED:
        for i in range(9):
            s[L.S_OFF + i] = 0.0
    for i in range(3):
        jerk = -FADE * (3.0 * s[L.S_OFF + 6 + i] + FADE * (3.0 * s[L.S_OFF + 3 + i] + FADE * s[L.S_OFF + i]))
        s[L.S_OFF + 6 + i] += L.TICK * jerk
        s[L.S_OFF + i] += L.TICK * (s[L.S_OFF + 3 + i] + 0.5 * L.TICK * s[L.S_OFF + 6 + i])
        s[L.S_OFF + 3 + i] += L.TICK * s[L.S_OFF + 6 + i]
        s[L.S_RVN + i] = s[L.S_OFF + 3 + i]
        s[L.S_RAN + i] = s[L.S_OFF + 6 + i]
    s[L.S_RPN] = n + s[L.S_OFF]
    s[L.S_RPE] = e + s[L.S_OFF + 1]
    s[L.S_RPD] = d + s[L.S_OFF + 2]


@jit
def follow_curve(s: L.Row, p: L.Row, t: L.Row) -> bool:
    """Advance one tick along the profiles; True half-way through the turn, or at the end."""
    dt = keep_pace(s, p)
    follow_limits(s, p, t)
    fade_onto(s, s[L.S_A_N], s[L.S_A_E], s[L.S_A_D])
    time = s[L.S_NOW + C_TIME] + dt
    s[L.S_NOW + C_TIME] = time if s[L.S_NOW + C_LAST_SPEED] > 0.0 else min(time, s[L.S_NOW + C_END])
    put_on(s, L.S_NOW, 0.0)
    if s[L.S_BEFORE + C_TIME] < s[L.S_BEFORE + C_END]:
        s[L.S_BEFORE + C_TIME] = min(s[L.S_BEFORE + C_TIME] + dt, s[L.S_BEFORE + C_END])
        put_on(s, L.S_BEFORE, s[L.S_BEFORE + C_LENGTH])
    left = s[L.S_NOW + C_END] - s[L.S_NOW + C_TIME]
    if s[L.S_ONWARD + C_LENGTH] > 0.0 and (s[L.S_ONWARD + C_TIME] > 0.0 or (left > 0.0 and turns_now(s, p, t))):
        s[L.S_PHASE] = 1.0
        s[L.S_ONWARD + C_TIME] += dt
        put_on(s, L.S_ONWARD, 0.0)
        return s[L.S_ONWARD + C_TIME] >= left
    return left <= 0.0


@jit
def fly_curve(s: L.Row, p: L.Row, t: L.Row) -> bool:
    """Advance one tick along the profiles; True when the leg is flown."""
    if not follow_curve(s, p, t):
        return False
    if s[L.S_CORNER] > 0.0:
        return True
    n, e, d = s[L.S_EPN] - t[L.T_END_N], s[L.S_EPE] - t[L.T_END_E], s[L.S_EPD] - t[L.T_END_D]
    return n * n + e * e + d * d <= t[L.T_RADIUS] * t[L.T_RADIUS]
