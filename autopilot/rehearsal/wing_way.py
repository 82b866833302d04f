"""Items as wings fly them (`autopilot.modes.wing_nav`): circles, airspeeds, turns; and ways that wings cannot fly.
`autopilot.rehearsal.wing_flight` has the times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import copysign, fsum, isfinite, pi, radians
from typing import Final

from autopilot.interface.layout import GRAVITY
from autopilot.interface.mathematics import acos, atan2, cos, hypot, sin, tan
from autopilot.mav import Cmd, SpeedType
from autopilot.mission.commands import LANDINGS, TAKEOFFS, command_name
from autopilot.mission.items import MissionItem
from autopilot.modes.upright import near_landings
from autopilot.modes.wing_nav import lands_upright, rises_upright
from autopilot.modes.wings import CLIMBS, SINKS
from autopilot.rehearsal.field import FlyingField, Place, PlannedLeg
from autopilot.rehearsal.findings import Finding, found
from autopilot.vehicles.mode_table import LiftOption
from autopilot.vehicles.vehicle_class import first_value

CIRCLES: Final = (Cmd.NAV_LOITER_TURNS, Cmd.NAV_LOITER_TIME, Cmd.NAV_LOITER_TO_ALT, Cmd.NAV_LOITER_UNLIM)
_LAPSE_1_M: Final = 2.25577e-5  # of the standard atmosphere
_STEEP: Final = 0.98  # share of the bank limit that counts as the limit
_SPIN_S, _RISES_MPS2 = 0.75, 1.0  # of lift motors: until they lift; their acceleration (`sitl.vehicles.quadplane`)
_SLOWEST_MPS: Final = 0.1  # limit of climbs and descents, because parameters may have any value
# takeoff: run, s and m in calm air, and its increase for each m/s of tailwind; climb, m/s up and forward
_RUN_S, _RUN_M, _RUN_IN_WIND_S, _CLIMB_MPS, _AHEAD_MPS = 3.7, 34.0, 0.10, 10.35, 26.0
UNPOWERED_S: Final = 1.3
"""Time of a takeoff without power."""


def radius_of(field: FlyingField, item: MissionItem) -> float:
    """Radius of an item's circle, m, negative: counter-clockwise; 0: none."""
    if item.command not in CIRCLES:
        return 0.0
    own = item.param2 if item.command == Cmd.NAV_LOITER_TO_ALT else item.param3
    own = own if isfinite(own) else 0.0
    size = abs(own) if item.command != Cmd.NAV_LOITER_TIME else 0.0
    usual = field.kind.measures.circle_radius
    size = size if size > usual.too_small else field.measure(usual)
    return -abs(size) if own < 0.0 else size


def takeoff_up(field: FlyingField, item: MissionItem, begin: Place) -> float:
    """Height of a takeoff above home, m. An upright takeoff counts from its start, except with Q_OPTIONS."""
    options = field.lift_options
    by_frame = not rises_upright(field.kind, item, options) or options & LiftOption.TAKEOFF_BY_FRAME
    return field.place(item, begin)[2] if by_frame else begin[2] + item.z


def takeoff_end(field: FlyingField, item: MissionItem, begin: Place, up: float) -> tuple[Place, float]:
    """End of a takeoff to a height, along the present heading, and its time, s."""
    if rises_upright(field.kind, item, field.lift_options):
        climbs_mps = max(first_value(field.kind.measures.climb, field.param), _SLOWEST_MPS)
        speeds_up_s = 0.5 * climbs_mps / _RISES_MPS2
        return (begin[0], begin[1], up), _SPIN_S + speeds_up_s + max(up - begin[2], 0.0) / climbs_mps
    heading, climbs_s = radians(field.heading_deg), max(up - begin[2], 0.0) / _CLIMB_MPS
    ahead_n, ahead_e = cos(heading), sin(heading)
    north, east = field.wind_at(0.0, up)
    behind = north * ahead_n + east * ahead_e
    seconds = max(_RUN_S + _RUN_IN_WIND_S * behind, 1.0) + climbs_s
    distance_m = max(_RUN_M + _AHEAD_MPS * climbs_s + behind * (seconds - UNPOWERED_S), 0.0)
    return (begin[0] + distance_m * ahead_n, begin[1] + distance_m * ahead_e, up), seconds


def straight_on(field: FlyingField, item: MissionItem, at: Place, legs: Sequence[PlannedLeg], speed: float) -> Place:
    """End of a climb or descent straight ahead, to the height of the item, as fast as the wings can."""
    north, east, up = at
    rise = field.place(item, at)[2] - up
    if (item.param1 == CLIMBS and rise < 0.0) or (item.param1 == SINKS and rise > 0.0):
        rise = 0.0
    rate = max(field.param("TECS_CLMB_MAX" if rise > 0.0 else "TECS_SINK_MAX", 5.0), 0.1)
    ahead, far = legs[-1].bearing if legs else radians(field.heading_deg), abs(rise) / rate * speed
    return north + far * cos(ahead), east + far * sin(ahead), up + rise


def hover_mps(field: FlyingField) -> float:
    return max(field.param("Q_WP_SPD", 5.0), _SLOWEST_MPS)


def ends_least_speed(item: MissionItem) -> bool:
    """True for a DO_CHANGE_SPEED that ends the least speed over ground of wings."""
    ends = item.param1 == SpeedType.GROUNDSPEED and item.param2 == 0.0
    return item.command == Cmd.DO_CHANGE_SPEED and ends


def tightest_m(field: FlyingField, speed_mps: float) -> float:
    """Radius of the tightest turn at an airspeed, m, at ROLL_LIMIT_DEG."""
    bank = radians(min(max(field.param("ROLL_LIMIT_DEG", 45.0), 5.0), 80.0))
    return speed_mps * speed_mps / (GRAVITY * tan(_STEEP * bank))


def true_share(field: FlyingField, up: float) -> float:
    """True over equivalent airspeed, in the standard atmosphere."""
    thinner = max(1.0 - _LAPSE_1_M * (field.home.alt + up), 0.1)
    return 1.0 / (thinner * thinner)


def turn_of(leg: PlannedLeg, onward: PlannedLeg | None) -> float | None:
    """Turn at the end of a leg, rad; None if it does not lead on."""
    if onward is None or leg.length_m == 0.0 or onward.length_m == 0.0 or leg.radius_m > 0.0:
        return None
    if leg.item.command in TAKEOFFS or leg.item.command in LANDINGS or leg.upright or onward.upright:
        return None
    return leg.turn_to(onward)


def left_straight(leg: PlannedLeg) -> bool:
    """True for a circle after which the next leg begins where it is left (param4)."""
    return leg.radius_m > 0.0 and leg.item.param4 > 0.0


def leaves_at(circle: PlannedLeg, radius: float, place: Place) -> Place:
    """Place where a circle is left on its tangent to another. `radius` below 0: counter-clockwise."""
    (north, east, up), distance_m = circle.end, hypot(place[0] - circle.end[0], place[1] - circle.end[1])
    if distance_m <= abs(radius):
        return circle.end
    turn = atan2(place[1] - east, place[0] - north) - copysign(acos(abs(radius) / distance_m), radius)
    return north + abs(radius) * cos(turn), east + abs(radius) * sin(turn), up


# --- what cannot be flown ---------------------------------------------------------------------------------------------
_STEEPEST: Final = 0.18  # largest glide slope: 10 degrees
_SPARE: Final = 1.1  # tolerance of a rate
_LEAST_RISE_M: Final = 5.0
_HIGH_M: Final = 5.0  # above the ground, of a flare's end


def check_wings(field: FlyingField, legs: list[PlannedLeg], items: tuple[MissionItem, ...]) -> Iterator[Finding]:
    """Findings about legs too short for their turns, climbs and approaches too steep, circles too tight, and
    landings with which it is not armed."""
    for at, leg in enumerate(legs):
        name = command_name(leg.item.command)
        tightest = tightest_m(field, leg.speed_mps)
        needs = fsum(_joins_m(turning, tightest) for turning in (leg, legs[at - 1] if at else None))
        if 0.0 < leg.length_m < needs and leg.radius_m == 0.0:
            text = f"the way to {name} is {leg.length_m:.0f} m, its turns need {needs:.0f} m"
            yield found("leg-short", text, leg.item.seq)
        if 0.0 < leg.radius_m < tightest:
            text = f"circles at {leg.radius_m:.0f} m, {leg.speed_mps:g} m/s and ROLL_LIMIT_DEG allow {tightest:.0f} m"
            yield found("radius-tight", text, leg.item.seq)
        if leg.item.command in LANDINGS:
            if not lands_upright(field.kind, leg.item, field.lift_options):
                yield from _approach(leg, name)
                above_m = leg.end[2] - field.ground_up(*leg.end[:2])
                if above_m > _HIGH_M:
                    yield found("landing-high", f"{name} ends {above_m:.0f} m above the ground", leg.item.seq)
        elif leg.item.command not in (*TAKEOFFS, Cmd.NAV_RETURN_TO_LAUNCH) and not (leg.radius_m or leg.upright):
            yield from _climb(field, leg, name)
    for item, distance_m, least_m in near_landings(items, field.param) if field.kind.lands_anywhere else ():
        text = f"{command_name(item.command)} is {distance_m:.0f} m from the waypoint before it: not armed below"
        yield found("landing-near", f"{text} {least_m:.0f} m", item.seq)
    if field.param("RTL_AUTOLAND") == 0.0:
        for item in items:
            if item.command in (Cmd.DO_LAND_START, Cmd.DO_RETURN_PATH_START):
                name = command_name(item.command)
                yield found("landing-unjoined", f"{name}, and RTL_AUTOLAND is 0: not armed", item.seq)
                return


def _joins_m(leg: PlannedLeg | None, tightest: float) -> float:
    """Length of each leg that the turn at the end of `leg` takes, m."""
    if leg is None or leg.turn_rad is None:
        return 0.0
    return tightest * tan(min(leg.turn_rad, 0.75 * pi) / 2.0)


def _approach(leg: PlannedLeg, name: str) -> Iterator[Finding]:
    down, distance_m = leg.begin[2] - leg.end[2], leg.length_m
    if down > _STEEPEST * distance_m:
        yield found("approach-steep", f"{name} comes down {down:.0f} m on {distance_m:.0f} m", leg.item.seq)


def _climb(field: FlyingField, leg: PlannedLeg, name: str) -> Iterator[Finding]:
    rise, seconds = leg.end[2] - leg.begin[2], leg.length_m / leg.speed_mps
    limit = "TECS_CLMB_MAX" if rise > 0.0 else "TECS_SINK_MAX"
    rate = field.param(limit, 5.0)
    if abs(rise) > _LEAST_RISE_M and abs(rise) > _SPARE * rate * seconds:
        way = f"the way to {name} changes height by {rise:.0f} m in {seconds:.0f} s"
        text = f"{way}, {limit} allows {rate * seconds:.0f} m"
        yield found("climb-steep", text, leg.item.seq)
