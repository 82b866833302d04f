"""Legs of a rover by a speed profile, as in ArduRover (docs/reference/mission-semantics.md, item 12).

A leg that begins at rest, or follows a leg with a profile, has a reference on its line that follows the time of the
profile (`autopilot.control.curves`, as for copters). The lines decide the steering (`autopilot.control.rover_lines`),
so that turns are arcs that the vehicle can drive; the reference decides the speed. Time passes more slowly on the
profile while the vehicle lags: the vehicle turns first and the reference waits. An end without a stop is reached when
the reference is half-way through the turn; a stop is reached when its profile is over and the vehicle is there
(ArduRover's `AR_WPNav::advance_wp_target_along_track`). A leg that begins on the way from elsewhere has no profile,
unless it begins `from_rest`: then the reference waits at the vehicle's stopping point. A vehicle that has turned and
passed the reference continues without it.

With SIM_DRIVE_LINES 0 the vehicle uses no lines: only the velocity towards the reference steers it
(`AR_PosControl::update`). Its turns are then wider and later, as in ArduRover.
"""

from __future__ import annotations

from math import sqrt

from autopilot.control.curves import RESTS, begin_curve, follow_curve
from autopilot.control.profile import C_E, C_END, C_N, C_TIME
from autopilot.control.rover_lines import TURNED, begin_leg, leg_driven, tight_speed
from autopilot.interface import layout as L
from autopilot.interface.marks import jit
from autopilot.interface.mathematics import cos, sin

#: Gain of the distance to the reference, 1/s.
CATCH_UP = 1.0
#: The same while it turns, 1/s.
TURNING = 0.35
#: Lower limit of the pace in the last part of a stop, while the deceleration ends. ArduRover passes its reference
#: there, which waits until it has come back.
END_PACE = 0.6
#: Gain of the velocity error across the course in a turn, 1/s.
ACROSS = 2.0
#: Corners up to about 100 degrees (cosine) follow the reference, within this distance, m.
WIDEST, WITH_IT = -0.2, 2.5
#: Speed limit below which a vehicle does not wait for its reference to speed up, m/s.
SLOW = 0.3
#: Largest share of the acceleration limits, including catching up with a profile.
SPARE = 1.5


@jit
def at_rest_on_curve(s: L.Row) -> bool:
    """True if the reference is at rest at the end of its leg."""
    return s[L.S_CURVING] == 1.0 and s[L.S_CORNER] == 0.0 and s[L.S_NOW + C_TIME] >= s[L.S_NOW + C_END]


@jit
def begin_driven(s: L.Row, p: L.Row, t: L.Row, renewed: bool) -> None:
    """Begin a leg. `renewed`: it comes on the way along another leg without a profile."""
    drifts = p[L.P_AFLOAT] == 1.0  # a boat is never at rest, and uses only the lines
    rests = not drifts and s[L.S_EVN] * s[L.S_EVN] + s[L.S_EVE] * s[L.S_EVE] < RESTS * RESTS
    driven = s[L.S_CURVING] == 1.0
    begin_leg(s, p, t, rests and not driven)
    if not driven:
        s[L.S_RPN], s[L.S_RPE], s[L.S_RVN], s[L.S_RVE] = s[L.S_EPN], s[L.S_EPE], s[L.S_EVN], s[L.S_EVE]
        if rests:
            s[L.S_RPN], s[L.S_RPE], s[L.S_RVN], s[L.S_RVE] = s[L.S_A_N], s[L.S_A_E], 0.0, 0.0
    s[L.S_RPD], s[L.S_RVD], s[L.S_A_D] = 0.0, 0.0, 0.0
    begin_curve(s, p, t, renewed or drifts, False, 0.0)
    for i in range(9):  # it cannot go sideways: the vehicle comes to the line, not the reference
        s[L.S_OFF + i] = 0.0


@jit
def wanted_velocity(s: L.Row, p: L.Row, gain: float) -> tuple[float, float]:
    """Velocity (north, east, m/s) towards the reference with this gain (1/s), within the speed limit."""
    n = s[L.S_RVN] + gain * (s[L.S_RPN] - s[L.S_EPN])
    e = s[L.S_RVE] + gain * (s[L.S_RPE] - s[L.S_EPE])
    size = sqrt(n * n + e * e)
    share = p[L.P_SPEED_GROUND] / size if size > p[L.P_SPEED_GROUND] else 1.0
    return n * share, e * share


@jit
def after_reference(s: L.Row, p: L.Row) -> float:
    """Speed >= 0 on the present course that follows the reference. The reference would wait for a slow vehicle so near
    to it that the vehicle stands: that drives at its limit, and the reference follows."""
    if p[L.P_SPEED_GROUND] < SLOW and not at_rest_on_curve(s):
        return p[L.P_SPEED_GROUND]
    n, e = wanted_velocity(s, p, CATCH_UP)
    ahead = n * cos(s[L.S_COURSE]) + e * sin(s[L.S_COURSE])
    if not at_rest_on_curve(s) and s[L.S_TURN_LEFT] > TURNED:  # it must turn first, and the reference waits
        n, e = wanted_velocity(s, p, TURNING)
        ahead = max(ahead, min(sqrt(n * n + e * e), tight_speed(p)))
    return max(ahead, 0.0)


@jit
def left_behind(s: L.Row) -> bool:
    """True if the vehicle on its leg has passed its reference."""
    n, e = s[L.S_EPN] - s[L.S_RPN], s[L.S_EPE] - s[L.S_RPE]
    return s[L.S_TURN_LEFT] <= TURNED and n * s[L.S_U_N] + e * s[L.S_U_E] > WITH_IT


@jit
def by_velocity(s: L.Row, p: L.Row) -> tuple[float, float]:
    """Turn rate and speed (negative: backwards) that follow the reference without lines."""
    s[L.S_COURSE_ERROR], s[L.S_TURN_LEFT] = 0.0, 0.0
    n, e = wanted_velocity(s, p, p[L.P_KP_POS])
    size = sqrt(n * n + e * e)
    ahead = n * cos(s[L.S_COURSE]) + e * sin(s[L.S_COURSE])
    if s[L.S_RVN] == 0.0 and s[L.S_RVE] == 0.0:
        return 0.0, ahead
    slowest = sqrt(0.5 * p[L.P_TURN_ACCEL] * p[L.P_TURN_RADIUS])
    n, e = s[L.S_RAN] + n - s[L.S_EVN], s[L.S_RAE] + e - s[L.S_EVE]
    aside = e * cos(s[L.S_COURSE]) - n * sin(s[L.S_COURSE])
    return aside / max(abs(s[L.S_SPEED_REF]), 1.0), max(ahead, min(size, slowest))


@jit
def blends(s: L.Row, a: int, b: int) -> bool:
    """True if two profiles, one leading to the other, meet at an angle that is driven as an arc."""
    return s[a + C_N] * s[b + C_N] + s[a + C_E] * s[b + C_E] > WIDEST


@jit
def turns_with_reference(s: L.Row) -> bool:
    """True if the reference is in a turn that a car can follow, and the vehicle is near it."""
    n, e = s[L.S_RPN] - s[L.S_EPN], s[L.S_RPE] - s[L.S_EPE]
    if n * n + e * e > WITH_IT * WITH_IT:
        return False
    if s[L.S_BEFORE + C_TIME] < s[L.S_BEFORE + C_END]:
        return blends(s, L.S_BEFORE, L.S_NOW)
    return s[L.S_ONWARD + C_TIME] > 0.0 and blends(s, L.S_NOW, L.S_ONWARD)


@jit
def turn_rate(s: L.Row, p: L.Row) -> float:
    """Turn rate that follows the reference round a corner: its acceleration, and the errors of velocity and place
    across the course (ArduRover's `AR_PosControl`)."""
    n, e = wanted_velocity(s, p, CATCH_UP)
    n = s[L.S_RAN] + ACROSS * (n - s[L.S_EVN])
    e = s[L.S_RAE] + ACROSS * (e - s[L.S_EVE])
    s[L.S_COURSE_ERROR], s[L.S_TURN_LEFT] = 0.0, 0.0
    return (e * cos(s[L.S_COURSE]) - n * sin(s[L.S_COURSE])) / max(abs(s[L.S_SPEED]), 1.0)


@jit
def drive_curve(s: L.Row, p: L.Row, t: L.Row) -> bool:
    """Advance the reference by a tick; True when the leg is driven."""
    turning = s[L.S_PHASE]  # of the vehicle, which follows the lines
    if turning == 1.0:  # it is already on the next leg, and the reference follows it
        s[L.S_PACE] = 1.0
    left = s[L.S_NOW + C_END] - s[L.S_NOW + C_TIME]
    if p[L.P_LINES] != 0.0 and s[L.S_CORNER] == 0.0 and left * p[L.P_LEG_JERK] < p[L.P_ACCEL]:
        s[L.S_PACE] = min(s[L.S_PACE], END_PACE)
    there = follow_curve(s, p, t)
    s[L.S_PHASE] = turning
    return there and (s[L.S_CORNER] > 0.0 or leg_driven(s, t))
