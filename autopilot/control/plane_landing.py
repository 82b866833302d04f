"""Landing of a plane: along the line to its place, down a slope at approach speed, and a flare (50 Hz).

As in ArduPlane's AP_Landing_Slope, the slope ends above and before the place, so that the flare (by ground speed and
its first and last sink rates) ends at the place. The slope continues behind that point, so that nothing jumps. The
flare begins at LAND_FLARE_ALT, or LAND_FLARE_SEC before the ground at the present sink rate, or beyond the place:
throttle off, wings nearly level, sink rate down to TECS_LAND_SINK, and at its end a pitch of at least LAND_PITCH_DEG.
With RNGFND_LANDING the place is as high as the range finder sees the ground below.
"""

from __future__ import annotations

from math import pi, sqrt

from autopilot.control.attitude import limit
from autopilot.control.energy import begin_energy, control_energy, demand_flare, nudge
from autopilot.control.heading import wrap, yaw_of
from autopilot.control.lateral import along_line, bank_for, bank_limit, track
from autopilot.interface import layout as L
from autopilot.interface.marks import jit
from autopilot.interface.mathematics import atan2, cos, sin

#: Slope of a landing without an approach, straight ahead or to the place.
SLOPE = 0.1
#: Errors within which the plane is on approach: distance from the line, m, and angle, rad; or below the slope's start
#: and this share along it.
LINED_UP, LINED_UP_TURN, UNDERWAY, HALFWAY = 5.0, 10.0 * pi / 180.0, 0.15, 0.5
#: Distance that the line continues beyond the place, m.
AHEAD = 200.0
#: Time for which the ground that a range finder has seen counts, ms; share of a new sample in it (ArduPlane's
#: rangefinder_height_update).
SEEN_MS, SEEN_SHARE = 5000.0, 0.2
#: Distance to the approach below which a landing begins without one, m.
SHORTEST = 1.0


@jit
def begin_land(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Set the line: from the approach to the place; without an approach from here, without a place straight ahead."""
    s[L.S_STAGE] = L.STAGE_LANDING
    yaw = yaw_of(s)
    height = max(t[L.T_END_D] - s[L.S_EPD], 0.0)
    s[L.S_END_N], s[L.S_END_E] = t[L.T_END_N], t[L.T_END_E]
    if t[L.T_HAS_POSITION] == 0.0:
        way = max(height / SLOPE, AHEAD)
        s[L.S_END_N], s[L.S_END_E] = s[L.S_EPN] + way * cos(yaw), s[L.S_EPE] + way * sin(yaw)
    s[L.S_A_N], s[L.S_A_E], s[L.S_A_D] = s[L.S_EPN], s[L.S_EPE], s[L.S_EPD]
    if t[L.T_HAS_START] == 1.0:
        s[L.S_A_N], s[L.S_A_E], s[L.S_A_D] = t[L.T_START_N], t[L.T_START_E], t[L.T_START_D]
    n, e = s[L.S_END_N] - s[L.S_A_N], s[L.S_END_E] - s[L.S_A_E]
    length = sqrt(n * n + e * e)
    s[L.S_LENGTH] = max(length, SHORTEST)
    s[L.S_U_N], s[L.S_U_E] = (n / length, e / length) if length > SHORTEST else (cos(yaw), sin(yaw))
    s[L.S_END_D], s[L.S_GLIDE], s[L.S_FLARE_H] = t[L.T_END_D], 0.0, 0.0


@jit
def slope_of(
    drop: float, length: float, ground_speed: float, seconds: float, height: float, share: float, sink: float
) -> float:
    """Slope down by `drop` m on a line of `length` m, less what LAND_FLARE_SEC, _ALT, _AIM and TECS_LAND_SINK leave for
    the flare."""
    speed = max(ground_speed, 0.5)
    rate = drop * speed / length
    aim = seconds * rate
    if aim <= 0.0:
        aim = height
    if height > 0.0:
        aim = min(aim, 2.0 * height)
    mean = max(share * sink + (1.0 - share) * rate, 0.1)
    before = min(speed * aim / mean, HALFWAY * length)
    return (drop - aim) / max(length - before, 1.0)


@jit
def slope_height(s: L.Row, p: L.Row, along: float) -> float:
    """Height over the place on the slope, m."""
    drop, height, sink = s[L.S_END_D] - s[L.S_A_D], p[L.P_FLARE_HEIGHT], p[L.P_LAND_SINK]
    slope = slope_of(drop, s[L.S_LENGTH], track(s)[2], p[L.P_FLARE_S], height, p[L.P_FLARE_AIM], sink)
    return min(drop - slope * max(along, 0.0), drop)


@jit
def lined_up(s: L.Row, along: float) -> bool:
    """True when the plane is on the approach."""
    vn, ve, _ = track(s)
    turned = abs(wrap(atan2(ve, vn) - s[L.S_NAV_COURSE])) < LINED_UP_TURN
    share = along / s[L.S_LENGTH]
    if share >= 0.0 and turned and abs(s[L.S_OFF_TRACK]) < LINED_UP:
        return True
    return (share > UNDERWAY and turned and s[L.S_EPD] > s[L.S_A_D]) or share > HALFWAY


@jit
def place_down(s: L.Row, p: L.Row) -> float:
    """NED down of the landing place, m: as given, or as a range finder sees the ground (RNGFND_LANDING)."""
    now = s[L.S_TIME_MS]
    known = s[L.S_SURFACE_MS] > 0.0 and now - s[L.S_SURFACE_MS] <= SEEN_MS
    if p[L.P_RANGE_LANDS] == 1.0 and s[L.S_RANGE] > 0.0:
        seen = s[L.S_EPD] + s[L.S_RANGE]
        s[L.S_SURFACE] = s[L.S_SURFACE] + SEEN_SHARE * (seen - s[L.S_SURFACE]) if known else seen
        s[L.S_SURFACE_MS], known = now, True
    return s[L.S_SURFACE] if known else s[L.S_END_D]


@jit
def flares(s: L.Row, p: L.Row, along: float, above: float) -> bool:
    """True when the flare begins: beyond the place only if it does not see the ground."""
    share = along / s[L.S_LENGTH]
    if share >= 1.0 and (p[L.P_RANGE_LANDS] == 0.0 or s[L.S_RANGE] == 0.0):
        return True
    if s[L.S_STAGE] != L.STAGE_APPROACH:
        return False
    soon = p[L.P_FLARE_S] > 0.0 and above <= s[L.S_EVD] * p[L.P_FLARE_S] and share > HALFWAY
    return above <= p[L.P_FLARE_HEIGHT] or soon


@jit
def approach_speed(s: L.Row, p: L.Row, above: float) -> float:
    """Airspeed of the approach, m/s: TECS_LAND_ARSPD, or the middle of cruise and minimum airspeed, or LAND_PF_ARSPD
    near the ground, plus a share of the headwind, at most cruise; before it cruise, whatever speed the mission has set;
    and more as a pilot asks for."""
    cruise = p[L.P_V_CRUISE]
    more = nudge(p) * (p[L.P_V_MAX] - cruise)
    if s[L.S_STAGE] == L.STAGE_LANDING:
        return cruise + more
    own = p[L.P_APPROACH_SPEED] if p[L.P_APPROACH_SPEED] >= 0.0 else 0.5 * (cruise + p[L.P_V_MIN])
    near = above <= max(p[L.P_PREFLARE_HEIGHT], s[L.S_EVD] * p[L.P_PREFLARE_S])
    if p[L.P_PREFLARE_SPEED] > 0.0 and (near or s[L.S_STAGE] == L.STAGE_FLARE):
        own = p[L.P_PREFLARE_SPEED]
    ahead = -(s[L.S_WEN] * s[L.S_U_N] + s[L.S_WEE] * s[L.S_U_E])
    return min(own + p[L.P_WIND_SHARE] * max(ahead, 0.0), max(cruise, own)) + more


@jit
def fly_land(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Fly one tick of the landing. It has arrived with LANDED (`autopilot.control.plane_watch`)."""
    dn, de = s[L.S_EPN] - s[L.S_A_N], s[L.S_EPE] - s[L.S_A_E]
    along = dn * s[L.S_U_N] + de * s[L.S_U_E]
    floor = place_down(s, p)
    above = floor - s[L.S_EPD]
    lateral = along_line(s, p, max(along, s[L.S_LENGTH]) + AHEAD)
    s[L.S_GLIDE] = min(max(along / s[L.S_LENGTH], 0.0), 1.0)
    if s[L.S_STAGE] == L.STAGE_LANDING and lined_up(s, along):
        s[L.S_STAGE] = L.STAGE_APPROACH
    if s[L.S_STAGE] != L.STAGE_FLARE and flares(s, p, along, above):
        if s[L.S_STAGE] == L.STAGE_LANDING and s[L.S_AIR] == 0.0:
            begin_energy(s, p)
        s[L.S_STAGE] = L.STAGE_FLARE
        s[L.S_FLARE_H], s[L.S_FLARE_RATE] = max(above, 0.0), -s[L.S_EVD]
    if s[L.S_STAGE] != L.STAGE_FLARE:
        bank_for(s, p, lateral, bank_limit(s, p))
        height = slope_height(s, p, along) - floor
        control_energy(s, p, height, approach_speed(s, p, above), p[L.P_PITCH_DOWN])
        return
    bank_for(s, p, lateral, min(p[L.P_BANK_LEVEL], bank_limit(s, p)))
    demand_flare(s, p, above)
    done = 1.0 - min(max(above / max(s[L.S_FLARE_H], 0.1), 0.0), 1.0)
    least = p[L.P_PITCH_DOWN] + done * (p[L.P_FLARE_PITCH] - p[L.P_PITCH_DOWN])
    control_energy(s, p, -s[L.S_EPD], approach_speed(s, p, above), least)
    s[L.S_NAV_PITCH] = max(s[L.S_NAV_PITCH], limit(least, p[L.P_PITCH_UP]))
    s[L.S_THROTTLE] = 0.0
