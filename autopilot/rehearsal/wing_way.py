"""The way of what flies on wings: how long it is and takes in still air, with turns that begin before a waypoint,
circles that are joined and left along tangents, climbs that take their time, an approach that is slower; and what of it
wings cannot fly.

Sources: `autopilot.modes.wing_nav`, which flies the items; AP_L1_Control.cpp (`turn_distance`). The takeoff and the
rollout are measured on the simulated plane.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import isfinite, pi, radians, sqrt
from typing import Final

from autopilot.interface.layout import GRAVITY
from autopilot.interface.mathematics import acos, atan2, cos, hypot, sin, tan
from autopilot.mav import Cmd, SpeedType
from autopilot.mission.commands import command_name
from autopilot.mission.items import MissionItem
from autopilot.rehearsal.field import FlyingField, Place, PlannedLeg
from autopilot.rehearsal.findings import Finding, found

_CIRCLES: Final = (Cmd.NAV_LOITER_TURNS, Cmd.NAV_LOITER_TIME, Cmd.NAV_LOITER_TO_ALT, Cmd.NAV_LOITER_UNLIM)
TAKEOFFS: Final = (Cmd.NAV_TAKEOFF, Cmd.NAV_VTOL_TAKEOFF)
LANDINGS: Final = (Cmd.NAV_LAND, Cmd.NAV_VTOL_LAND)
_SPIN_S, HOVER_IN_S = 3.0, 20.0  # of lift motors: until they lift; from the wings to over the pad
_RUN_S, _CLIMB_MPS, _CLIMB_OUT_MPS, _START_S = 1.5, 10.3, 28.0, 1.1
_ROLLOUT_S, _JOIN_S = 3.5, 2.0
_EASY, _LAG_M = 1.8, 18.0  # turns at corners: so much wider than the tightest; metres until it banks, of a half turn
_WIDE_M: Final = 65.0  # radius of a turn from a takeoff's course
_IN_LINE: Final = radians(10.0)  # a course that leads on, near enough; more with each turn (mode_loiter.cpp)
_RIGHT_ANGLE: Final = pi / 2.0
_LAPSE_1_M: Final = 2.25577e-5  # of the standard atmosphere
_STEEP: Final = 0.98  # of the bank limit, as the steepest that counts


def radius_of(field: FlyingField, item: MissionItem) -> float:
    """Metres of the circle of an item, negative: counter-clockwise; 0: none."""
    if item.command not in _CIRCLES:
        return 0.0
    own = item.param2 if item.command == Cmd.NAV_LOITER_TO_ALT else item.param3
    own = own if isfinite(own) else 0.0
    size = abs(own) if item.command != Cmd.NAV_LOITER_TIME else 0.0
    size = size or abs(field.measure(field.kind.measures.circle_radius))
    return -size if own < 0.0 else size


def takes(field: FlyingField, kind: int, speed_mps: float) -> bool:
    """True unless it is an airspeed that this kind of vehicle does not fly at. `kind`: SPEED_TYPE."""
    measures = field.kind.measures
    if measures.slowest is None or measures.fastest is None or kind != SpeedType.AIRSPEED:
        return True
    return field.measure(measures.slowest) <= speed_mps <= field.measure(measures.fastest)


def tightest_m(field: FlyingField, speed_mps: float) -> float:
    """Radius of the tightest turn at an airspeed, m, at ROLL_LIMIT_DEG."""
    bank = radians(min(max(field.param("ROLL_LIMIT_DEG", 45.0), 5.0), 80.0))
    return speed_mps * speed_mps / (GRAVITY * tan(_STEEP * bank))


def turn_distance_m(field: FlyingField, speed_mps: float, turn_rad: float) -> float:
    """Distance before a waypoint at which the turn there begins, m."""
    law = field.param("NAVL1_DAMPING", 0.75) * field.param("NAVL1_PERIOD", 17.0) * speed_mps / pi
    return min(field.measure(field.kind.measures.acceptance), law) * min(turn_rad / _RIGHT_ANGLE, 1.0)


def climb_s(field: FlyingField, begin: Place, end: Place) -> float:
    """Seconds that the height between two places takes."""
    rise = end[2] - begin[2]
    return max(rise / field.param("TECS_CLMB_MAX", 5.0), -rise / field.param("TECS_SINK_MAX", 5.0))


def true_speed(field: FlyingField, speed_mps: float, up: float) -> float:
    """Speed through the air of an equivalent airspeed at a height above home."""
    return speed_mps * true_share(field, up)


def true_share(field: FlyingField, up: float) -> float:
    """True airspeed by equivalent airspeed, in the standard atmosphere."""
    thinner = max(1.0 - _LAPSE_1_M * (field.home.alt + up), 0.1)
    return 1.0 / (thinner * thinner)


def approach_mps(field: FlyingField) -> float:
    """Airspeed of the landing's approach, m/s (AP_Landing_Slope.cpp)."""
    own = field.param("TECS_LAND_ARSPD", -1.0)
    return own if own >= 0.0 else 0.5 * (field.cruise_mps + field.param("AIRSPEED_MIN", 9.0))


def takeoff_end(field: FlyingField, begin: Place, up: float) -> tuple[Place, float]:
    """End of a takeoff to a height, along the heading that it stands in, and its seconds."""
    if field.kind.lands_anywhere:
        return (begin[0], begin[1], up), _SPIN_S + max(up - begin[2], 0.0) / field.param("Q_WP_SPD_UP", 2.5)
    seconds = _RUN_S + max(up - begin[2], 0.0) / _CLIMB_MPS
    away, heading = _CLIMB_OUT_MPS * (seconds - _START_S), radians(field.heading_deg)
    return (begin[0] + away * cos(heading), begin[1] + away * sin(heading), up), seconds


def time_legs(field: FlyingField, legs: list[PlannedLeg]) -> list[PlannedLeg]:
    """The legs with their seconds, waits and turns."""
    timed: list[PlannedLeg] = []
    joined = 0.0  # m by which the last corner was cut, of which half is this leg's
    for at, leg in enumerate(legs):
        onward = legs[at + 1] if at + 1 < len(legs) else None
        speed = true_speed(field, leg.speed_mps, leg.end[2])
        if leg.item.command in TAKEOFFS:
            timed.append(leg)
            joined = 0.0
        elif leg.radius_m > 0.0:
            timed.append(_round(field, leg, onward, speed, legs[at - 1] if at else None))
            joined = 0.0
        elif leg.item.command in LANDINGS and field.kind.lands_anywhere:
            line = _line(leg, legs, at)
            timed.append(
                replace(leg, seconds=line / speed + HOVER_IN_S, wait_s=_down_s(field, leg), more_m=line - leg.length_m)
            )
        elif leg.item.command == Cmd.NAV_LAND:
            slow = true_speed(field, approach_mps(field), leg.end[2])
            line = _line(leg, legs, at)
            timed.append(replace(leg, seconds=line / slow + _ROLLOUT_S, wait_s=leg.wait_s, more_m=line - leg.length_m))
        else:
            turn = None if onward is None else _turn(leg, onward)
            cut = 0.0 if turn is None else _cut(field, speed, turn)
            wide = _from_takeoff(field, leg, legs[at - 1] if at else None)
            length = max(_line(leg, legs, at) - cut - joined, 0.0) + wide
            joined = cut
            seconds = max(length / speed, climb_s(field, leg.begin, leg.end))
            timed.append(replace(leg, seconds=seconds, turn_rad=turn, more_m=length - leg.length_m))
    return timed


def _down_s(field: FlyingField, leg: PlannedLeg) -> float:
    """Seconds of an upright landing from the height of its leg's beginning."""
    height = max(leg.begin[2] - leg.end[2], 0.0)
    low = min(height, field.param("Q_LAND_FINAL_ALT", 6.0))
    return (height - low) / field.param("Q_WP_SPD_DN", 1.5) + low / field.param("Q_LAND_FINAL_SPD", 0.5)


def _line(leg: PlannedLeg, legs: list[PlannedLeg], at: int) -> float:
    """Metres of a leg's line: from a circle along its tangent."""
    before = legs[at - 1] if at else None
    if before is None or before.radius_m == 0.0:
        return leg.length_m
    away = hypot(leg.end[0] - before.end[0], leg.end[1] - before.end[1])
    return sqrt(max(away * away - before.radius_m * before.radius_m, 0.0))


def _from_takeoff(field: FlyingField, leg: PlannedLeg, before: PlannedLeg | None) -> float:
    """Metres that the turn from a takeoff's course adds."""
    if before is None or before.item.command not in TAKEOFFS or leg.length_m == 0.0:
        return 0.0
    angle = abs(_bearing(leg.begin, leg.end) - radians(field.heading_deg)) % (2.0 * pi)
    turn = min(angle, 2.0 * pi - angle)
    return _WIDE_M * (turn - sin(turn))


def _cut(field: FlyingField, speed: float, turn: float) -> float:
    """Metres by which a turn shortens each of its legs; below 0: it overshoots, and they are longer."""
    away = turn_distance_m(field, speed, turn)
    half = min(turn, 0.95 * pi) / 2.0
    radius = max(away / tan(half), _EASY * tightest_m(field, speed)) if half > 0.01 else 0.0
    return away - radius * half - _LAG_M * turn / pi


def _turn(leg: PlannedLeg, onward: PlannedLeg) -> float | None:
    if leg.length_m == 0.0 or onward.length_m == 0.0:
        return None
    angle = abs(_bearing(onward.begin, onward.end) - _bearing(leg.begin, leg.end)) % (2.0 * pi)
    return min(angle, 2.0 * pi - angle)


def _bearing(begin: Place, end: Place) -> float:
    return atan2(end[1] - begin[1], end[0] - begin[0])


def _round(
    field: FlyingField, leg: PlannedLeg, onward: PlannedLeg | None, speed: float, before: PlannedLeg | None
) -> PlannedLeg:
    """To a circle, round it, and on to the heading of the next leg."""
    share, sense = true_share(field, leg.end[2]), 1.0 if radius_of(field, leg.item) > 0.0 else -1.0
    radius = leg.radius_m * share * share  # AP_L1_Control::loiter_radius
    away = hypot(leg.end[0] - leg.begin[0], leg.end[1] - leg.begin[1])
    reach = sqrt(max(away * away - radius * radius, 0.0))
    seconds = (reach + _from_takeoff(field, leg, before)) / speed
    arc = {
        Cmd.NAV_LOITER_TURNS: 2.0 * pi * radius * max(leg.item.param1, 0.0) if isfinite(leg.item.param1) else 0.0,
        Cmd.NAV_LOITER_TIME: leg.wait_s * speed,
        Cmd.NAV_LOITER_TO_ALT: max(climb_s(field, leg.begin, leg.end) - seconds, 0.0) * speed,
    }.get(Cmd(leg.item.command), 0.0)
    wait = arc / speed + _JOIN_S
    if onward is not None and onward.length_m > radius:
        joins = _bearing(leg.end, leg.begin) + sense * _tangent(radius, away)
        leaves = _bearing(onward.begin, onward.end) - sense * _tangent(radius, onward.length_m)
        more = (sense * (leaves - joins) - arc / radius) % (2.0 * pi)
        near = _IN_LINE * (1.0 + arc // (2.0 * pi * radius))
        wait += 0.0 if more > 2.0 * pi - near else max(more - near, 0.0) * radius / speed
    return replace(leg, seconds=seconds, wait_s=wait, more_m=(seconds + wait) * speed - leg.length_m)


def _tangent(radius: float, away: float) -> float:
    """Angle at the middle between a place and the tangent from it, rad."""
    return acos(min(radius / away, 1.0)) if away > 0.0 else 0.0


# --- what cannot be flown ---------------------------------------------------------------------------------------------
_STEEPEST: Final = 0.18  # of a glide slope: 10 degrees
_SPARE: Final = 1.1  # of a rate: less is not told
_LEAST_RISE_M: Final = 5.0


def check_wings(field: FlyingField, legs: list[PlannedLeg], items: tuple[MissionItem, ...]) -> Iterator[Finding]:
    """Legs too short for their turns, climbs and approaches too steep, circles too tight, a landing that no return
    joins."""
    for at, leg in enumerate(legs):
        name = command_name(leg.item.command)
        tightest = tightest_m(field, leg.speed_mps)
        needs = sum(_joins_m(turning, tightest) for turning in (leg, legs[at - 1] if at else None))
        if 0.0 < leg.length_m < needs and leg.radius_m == 0.0:
            text = f"the way to {name} is {leg.length_m:.0f} m, its turns need {needs:.0f} m"
            yield found("leg-short", text, leg.item.seq)
        if 0.0 < leg.radius_m < tightest:
            text = f"circles at {leg.radius_m:.0f} m, {leg.speed_mps:g} m/s and ROLL_LIMIT_DEG allow {tightest:.0f} m"
            yield found("radius-tight", text, leg.item.seq)
        if leg.item.command in LANDINGS:
            if field.kind.lands_anywhere:
                continue
            yield from _approach(leg, name)
        elif leg.item.command not in TAKEOFFS and leg.radius_m == 0.0:
            yield from _climb(field, leg, name)
    if field.param("RTL_AUTOLAND") == 0.0:
        for item in items:
            if item.command in (Cmd.DO_LAND_START, Cmd.DO_RETURN_PATH_START):
                name = command_name(item.command)
                yield found("landing-unjoined", f"{name}, and RTL_AUTOLAND is 0: not armed", item.seq)
                return


def _joins_m(leg: PlannedLeg | None, tightest: float) -> float:
    """Metres of each leg that the turn at the end of `leg` takes."""
    if leg is None or leg.turn_rad is None:
        return 0.0
    return tightest * tan(min(leg.turn_rad, 0.75 * pi) / 2.0)


def _approach(leg: PlannedLeg, name: str) -> Iterator[Finding]:
    down, away = leg.begin[2] - leg.end[2], leg.length_m
    if down > _STEEPEST * away:
        yield found("approach-steep", f"{name} comes down {down:.0f} m on {away:.0f} m", leg.item.seq)


def _climb(field: FlyingField, leg: PlannedLeg, name: str) -> Iterator[Finding]:
    rise, seconds = leg.end[2] - leg.begin[2], leg.length_m / leg.speed_mps
    limit = "TECS_CLMB_MAX" if rise > 0.0 else "TECS_SINK_MAX"
    rate = field.param(limit, 5.0)
    if abs(rise) > _LEAST_RISE_M and abs(rise) > _SPARE * rate * seconds:
        way = f"the way to {name} changes height by {rise:.0f} m in {seconds:.0f} s"
        text = f"{way}, {limit} allows {rate * seconds:.0f} m"
        yield found("climb-steep", text, leg.item.seq)
