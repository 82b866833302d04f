"""Speed profile along a leg, with limited acceleration, jerk and snap, in a row's block.

A profile begins at a speed, changes to another, keeps it, and ends at rest or at a last speed. Each change of speed
consists of ramps of the acceleration (up, held, down), and each ramp has a jerk that grows linearly, holds and falls
again. Jerk, its rise time and the result on short distances are those of ArduPilot's S-curves (its `SCurve` has half a
cosine where the jerk grows linearly here; areas and times are equal). The second half of a change mirrors the first, so
only one ramp is evaluated.
"""

from __future__ import annotations

from math import pi, sqrt

from autopilot.interface import layout as L
from autopilot.interface.marks import jit

#: Fields of a ramp: jerk m/s3, its rise time s, acceleration m/s2, its hold time s; first speed, change (may be
#: negative), time and distance of the whole change.
R_JERK, R_RISE, R_ACCEL, R_HELD, R_FROM, R_CHANGE, R_TIME, R_WAY = range(8)
RAMP_SIZE = 8
#: Fields of a profile: present time, end time, length, time and speed between the changes, the limit that it was made
#: for, last speed; direction; first change; last change.
C_TIME, C_END, C_LENGTH, C_CRUISE, C_SPEED, C_LIMIT, C_LAST_SPEED, C_N, C_E, C_D, C_FIRST = range(11)
C_LAST = C_FIRST + RAMP_SIZE
assert C_LAST + RAMP_SIZE == L.CURVE_SIZE
#: Tolerance with which two changes that meet in the middle fit, m.
NO_WAY = 1e-6


@jit
def set_ramp(
    s: L.Row, r: int, begin: float, change: float, half: float, accel: float, jerk: float, rise: float
) -> None:
    """Set the change of speed from `begin` by `change` within `half` m (below 0: any distance), or as much of it as the
    limits allow."""
    size = abs(change)
    snap = jerk * pi / (2.0 * rise)
    most = min(accel, size / (2.0 * rise))
    if half >= 0.0:
        most = min(most, half / (4.0 * rise * rise))
    held = 0.0
    if most < jerk * rise:  # too short for the full jerk
        rise = min(rise, sqrt(accel * pi / (2.0 * snap)))
        cube = size * pi / (4.0 * snap)
        if cube < rise * rise * rise:  # the root from above: a power function would not give equal bits everywhere
            for _ in range(40):
                rise -= (rise * rise * rise - cube) / (3.0 * rise * rise)
        if half >= 0.0:
            rise = min(rise, sqrt(sqrt(half * pi / (8.0 * snap))))
        jerk = 2.0 * snap * rise / pi
        accel = jerk * rise
    else:
        ramp = accel / jerk + rise
        if size < accel * ramp:
            accel = 0.5 * (sqrt(jerk * jerk * rise * rise + 4.0 * jerk * size) - jerk * rise)
        if half >= 0.0 and accel * (accel / jerk + rise) * (accel / jerk + rise) > half:
            for _ in range(12):  # accel (accel / jerk + rise)^2 = half, from above
                ramp = accel / jerk + rise
                accel -= (accel * ramp * ramp - half) / (ramp * (ramp + 2.0 * accel / jerk))
    ramp = accel / jerk + rise if jerk > 0.0 else 0.0
    if accel > 0.0:
        held = size / accel - ramp
        if half >= 0.0:
            held = min(held, 0.5 * (sqrt(ramp * ramp + 8.0 * half / accel) - 3.0 * ramp))
        held = max(held, 0.0)
    gained = accel * (ramp + held)
    s[r + R_JERK], s[r + R_RISE], s[r + R_ACCEL], s[r + R_HELD] = jerk, rise, accel, held
    s[r + R_FROM] = begin
    s[r + R_CHANGE] = gained if change >= 0.0 else -gained
    s[r + R_TIME] = 2.0 * ramp + held
    s[r + R_WAY] = (begin + 0.5 * s[r + R_CHANGE]) * s[r + R_TIME]


@jit
def build_up(s: L.Row, r: int, t: float) -> tuple[float, float, float]:
    """Distance, speed and acceleration `t` s after the beginning, up to the middle of a change from rest."""
    jerk, rise, accel = s[r + R_JERK], s[r + R_RISE], s[r + R_ACCEL]
    if rise <= 0.0:
        return 0.0, 0.0, 0.0
    ramp = accel / jerk + rise
    snap = jerk / rise
    if t < rise:
        return snap * t * t * t * t / 24.0, snap * t * t * t / 6.0, 0.5 * snap * t * t
    rise_way = jerk * rise * rise * rise / 24.0
    rise_speed = jerk * rise * rise / 6.0
    if t < ramp - rise:
        x = t - rise
        grown = 0.5 * jerk * rise
        return (
            rise_way + x * (rise_speed + x * (0.5 * grown + jerk * x / 6.0)),
            rise_speed + x * (grown + 0.5 * jerk * x),
            grown + jerk * x,
        )
    x = ramp - 2.0 * rise
    grown = 0.5 * jerk * rise
    there = rise_way + x * (rise_speed + x * (0.5 * grown + jerk * x / 6.0))  # place where the jerk begins to fall
    speed = 0.5 * accel * ramp
    way = there + rise * (speed - 0.5 * accel * rise) + rise_way
    x = ramp - t
    if x > 0.0:
        return (
            way - x * (speed - 0.5 * accel * x) - snap * x * x * x * x / 24.0,
            speed - accel * x + snap * x * x * x / 6.0,
            accel - 0.5 * snap * x * x,
        )
    return way + x * (0.5 * accel * x - speed), speed - accel * x, accel


@jit
def change_at(s: L.Row, r: int, t: float) -> tuple[float, float, float]:
    """Distance, speed and acceleration `t` s into a change."""
    size, total, begin = abs(s[r + R_CHANGE]), s[r + R_TIME], s[r + R_FROM]
    if t < 0.5 * total:
        way, speed, accel = build_up(s, r, t)
    else:
        way, speed, accel = build_up(s, r, total - t)
        way += 0.5 * size * total - size * (total - t)
        speed = size - speed
    if s[r + R_CHANGE] < 0.0:
        way, speed, accel = -way, -speed, -accel
    return begin * t + way, begin + speed, accel


@jit
def profile_at(s: L.Row, c: int, t: float) -> tuple[float, float, float]:
    """Distance, speed and acceleration of profile `c` at its time `t`."""
    if s[c + C_END] <= 0.0:
        return 0.0, 0.0, 0.0
    t = max(t, 0.0)
    first = s[c + C_FIRST + R_TIME]
    if t < first:
        return change_at(s, c + C_FIRST, t)
    if t < first + s[c + C_CRUISE]:
        return s[c + C_FIRST + R_WAY] + s[c + C_SPEED] * (t - first), s[c + C_SPEED], 0.0
    left = s[c + C_END] - t
    if left <= 0.0:  # after the end it continues at its last speed
        return s[c + C_LENGTH] - s[c + C_LAST + R_FROM] * left, s[c + C_LAST + R_FROM], 0.0
    way, speed, accel = change_at(s, c + C_LAST, left)  # braking is speeding up backwards
    return s[c + C_LENGTH] - way, speed, -accel


@jit
def no_profile(s: L.Row, c: int) -> None:
    """Set a profile of length 0."""
    for i in range(L.CURVE_SIZE):
        s[c + i] = 0.0


@jit
def copy_profile(s: L.Row, to: int, c: int) -> None:
    for i in range(L.CURVE_SIZE):
        s[to + i] = s[c + i]


@jit
def set_profile(
    s: L.Row, c: int, n: float, e: float, d: float, limit: float, accel: float, jerk: float, rise: float
) -> None:
    """Set a profile along (n, e, d), from rest to rest."""
    no_profile(s, c)
    length = sqrt(n * n + e * e + d * d)
    if length < 1e-3 or limit <= 0.0 or accel <= 0.0 or jerk <= 0.0:
        return
    s[c + C_LENGTH] = length
    s[c + C_N], s[c + C_E], s[c + C_D] = n / length, e / length, d / length
    s[c + C_LIMIT] = limit
    finish_profile(s, c, 0.0, limit, accel, jerk, rise)


@jit
def finish_profile(s: L.Row, c: int, begin: float, limit: float, accel: float, jerk: float, rise: float) -> bool:
    """Set changes and cruise of a profile with known length and direction. False if both changes together need more
    distance than it has, which may occur with a first or last speed."""
    length = s[c + C_LENGTH]
    if begin <= 0.0:
        set_ramp(s, c + C_FIRST, 0.0, limit, 0.5 * length, accel, jerk, rise)
    else:
        set_ramp(s, c + C_FIRST, begin, limit - begin, -1.0, accel, jerk, rise)
    speed = s[c + C_FIRST + R_FROM] + s[c + C_FIRST + R_CHANGE]
    last = min(s[c + C_LAST_SPEED], speed)
    set_ramp(s, c + C_LAST, last, speed - last, -1.0, accel, jerk, rise)
    s[c + C_SPEED] = speed
    cruise = length - s[c + C_FIRST + R_WAY] - s[c + C_LAST + R_WAY]
    s[c + C_CRUISE] = max(cruise, 0.0) / speed if speed > 0.0 else 0.0
    s[c + C_END] = s[c + C_FIRST + R_TIME] + s[c + C_CRUISE] + s[c + C_LAST + R_TIME]
    return cruise >= -NO_WAY
