"""The time, way and energy of wings by the static rules, beside their flight in the same wind."""

from __future__ import annotations

from dataclasses import replace
from math import hypot
from random import Random

import numpy as np
import pytest

from autopilot.interface.geo import GeoPoint, to_global, to_local
from autopilot.mav import Cmd, SpeedType
from autopilot.mission.items import MissionItem
from autopilot.mission.plan import Plan
from autopilot.rehearsal.room import Segments
from sortie import rehearse
from sortie.config.vehicle_spec import VehicleSpec, texts_of
from sortie.config.wind import STILL, WindProfile
from sortie.rehearsal.flown import RehearsedFlight, fly

HOME = GeoPoint(-35.363261, 149.165230, 584.0)
PLANES, LIFTED = range(20), range(100, 110)
EACH_TIME = {0, 3, 6, 7, 11, 13, 101, 104}
"""Flown in every run; the others with --long."""


def at(command: Cmd, north: float, east: float, up: float, **more: float) -> MissionItem:
    place = to_global(HOME, (north, east, 0.0))
    return MissionItem(command, x=place.lat, y=place.lon, z=up, **more)  # type: ignore[arg-type]


def far(last: MissionItem, north: float, east: float) -> float:
    """Metres from an item."""
    there = to_local(HOME, last.x, last.y, 0.0)
    return hypot(there[0] - north, there[1] - east)


def circle(chance: Random, north: float, east: float, up: float) -> MissionItem:
    """One of a number of turns, of a time, or to a height, either way round."""
    kind = chance.choice((Cmd.NAV_LOITER_TURNS, Cmd.NAV_LOITER_TIME, Cmd.NAV_LOITER_TO_ALT))
    radius = chance.choice((80.0, -100.0, 120.0))
    if kind == Cmd.NAV_LOITER_TURNS:
        return at(kind, north, east, up, param1=chance.choice((1.0, 2.0, 5.0)), param3=radius, param4=1.0)
    if kind == Cmd.NAV_LOITER_TIME:
        return at(kind, north, east, up, param1=chance.choice((20.0, 90.0)), param3=radius)
    return at(kind, north, east, up + chance.choice((-20.0, 40.0)), param2=radius)


def plan(seed: int) -> Plan:
    """Corners of all angles, circles at the end of longer legs, other airspeeds, and a landing straight in, or
    upright."""
    chance = Random(seed)
    lifted = seed in LIFTED
    items = [MissionItem(Cmd.NAV_VTOL_TAKEOFF if lifted else Cmd.NAV_TAKEOFF, param1=0.0 if lifted else 12.0, z=50.0)]
    before = at(Cmd.NAV_WAYPOINT, 0.0, 0.0, 0.0)
    for _ in range(chance.randint(3, 7)):
        north, east, up = chance.uniform(-900, 900), chance.uniform(-900, 900), chance.choice((50.0, 70.0, 90.0))
        if far(before, north, east) > 500.0 and chance.random() < 0.5:
            before = circle(chance, north, east, up)
        else:
            before = at(Cmd.NAV_WAYPOINT, north, east, up)
        items.append(before)
        if not lifted and chance.random() < 0.2:
            speed = chance.choice((18.0, 26.0))
            items.append(MissionItem(Cmd.DO_CHANGE_SPEED, param1=float(SpeedType.AIRSPEED), param2=speed, param3=-1.0))
    items.append(at(Cmd.NAV_WAYPOINT, -700, 0, 45.0))
    items.append(at(Cmd.NAV_VTOL_LAND if lifted else Cmd.NAV_LAND, 0, 0, 0.0))
    return Plan(home=HOME, items=tuple(items))


def wind(seed: int) -> tuple[float, float, float]:
    """Up to 9 m/s from anywhere; calm in every third plan."""
    chance = Random(1000 + seed)
    mean = 0.0 if seed % 3 == 0 else chance.uniform(3.0, 5.0 if seed in LIFTED else 9.0)
    return mean, mean, chance.uniform(0.0, 360.0)


def check_beside_its_flight(
    flown_plan: Plan, kind: str, blows: tuple[float, float, float], within: float = 0.05, **params: float
) -> None:
    """Compare time, way and energy."""
    foreseen = rehearse(flown_plan, vehicle=f"sim:{kind}", wind=blows, params=params)
    spec = VehicleSpec(kind, None, HOME, 0.0, 0, param=texts_of(params), alone=True)
    order = RehearsedFlight(flown_plan, spec, 0, 3000.0, 22.0, WindProfile.same(*blows), 0.0)
    flown = fly(order, Segments(np.zeros((1, 2)), np.zeros((1, 2))))
    assert flown.result == "completed"
    north, east = np.diff(flown.track[:, 1:3], axis=0).T
    assert foreseen.time_s == pytest.approx(flown.time_s, rel=within)
    assert foreseen.distance_m == pytest.approx(float(np.hypot(north, east).sum()), rel=within)
    assert foreseen.energy_wh == pytest.approx(flown.energy_wh, rel=within)


@pytest.mark.parametrize(
    "seed", [pytest.param(seed, marks=() if seed in EACH_TIME else pytest.mark.long) for seed in (*PLANES, *LIFTED)]
)
def test_time_way_and_energy_are_those_of_the_flight(seed: int) -> None:
    """In 30 of 30 plans: circles, turns, climbs and wind with it."""
    check_beside_its_flight(plan(seed), "quadplane" if seed in LIFTED else "plane", wind(seed))


def test_waypoints_are_accepted_as_far_away_as_they_say() -> None:
    """param2: a corner is cut more than its turn needs."""
    places = [(400.0, 0.0), (400.0, 600.0), (-400.0, 600.0), (-700.0, 0.0)]
    corners = [at(Cmd.NAV_WAYPOINT, *place, 50.0, param2=200.0) for place in places]
    up, down = MissionItem(Cmd.NAV_TAKEOFF, param1=12.0, z=50.0), at(Cmd.NAV_LAND, 0, 0, 0.0)
    check_beside_its_flight(Plan(home=HOME, items=(up, *corners, down)), "plane", (0.0, 0.0, 0.0))


def test_waypoints_are_passed_by_as_far_as_they_say() -> None:
    """param3: the corners were those of a plan without it."""
    places = [(400.0, 0.0, 300.0), (400.0, 600.0, 100.0), (-700.0, 0.0, 0.0)]
    corners = [at(Cmd.NAV_WAYPOINT, north, east, 50.0, param3=beyond) for north, east, beyond in places]
    up, down = MissionItem(Cmd.NAV_TAKEOFF, param1=12.0, z=50.0), at(Cmd.NAV_LAND, 0, 0, 0.0)
    check_beside_its_flight(Plan(home=HOME, items=(up, *corners, down)), "plane", (0.0, 0.0, 0.0))


@pytest.mark.parametrize(("height", "sense"), [(160.0, 1.0), (30.0, 0.0), (160.0, 2.0)])
def test_a_plane_goes_on_straight_while_it_changes_its_height(height: float, sense: float) -> None:
    """NAV_CONTINUE_AND_CHANGE_ALT: the way out and back was left out. Where it is to sink to a greater height, it is
    there at once."""
    up, down = MissionItem(Cmd.NAV_TAKEOFF, param1=12.0, z=50.0), at(Cmd.NAV_LAND, 0, 0, 0.0)
    ahead = MissionItem(Cmd.NAV_CONTINUE_AND_CHANGE_ALT, param1=sense, z=height)
    ways = [at(Cmd.NAV_WAYPOINT, 300.0, 0.0, 60.0), at(Cmd.NAV_WAYPOINT, 300.0, 300.0, 60.0), ahead]
    items = (up, *ways, at(Cmd.NAV_WAYPOINT, -700.0, 0.0, 45.0), down)
    check_beside_its_flight(Plan(home=HOME, items=items), "plane", (0.0, 0.0, 0.0))


def test_a_long_leg_is_flown_along_its_line() -> None:
    """At 13 m/s after a sharp turn, in calm air: pieces that are skipped may not drift off the line. With 20 s each the
    way swung about it, and took 8 % longer."""
    slow = MissionItem(Cmd.DO_CHANGE_SPEED, param1=float(SpeedType.AIRSPEED), param2=13.0, param3=-1.0)
    corners = [(-184.0, -214.0, 100.0), (129.0, -307.0, 40.0), (-566.0, -100.0, 28.0), (-437.0, 59.0, 28.0)]
    ways = [at(Cmd.NAV_WAYPOINT, *corner) for corner in corners]
    items = (at(Cmd.NAV_TAKEOFF, 0.0, 0.0, 100.0), *ways[:2], slow, *ways[2:], at(Cmd.NAV_LAND, -3.0, 0.0, 0.0))
    check_beside_its_flight(Plan(home=HOME, items=items), "plane", (0.0, 0.0, 0.0))


def test_circles_turn_as_the_parameter_says() -> None:
    """WP_LOITER_RAD below 0: counter-clockwise, where an item says nothing. From the side this is half a turn more."""
    items = (
        MissionItem(Cmd.NAV_TAKEOFF, param1=12.0, z=50.0),
        at(Cmd.NAV_WAYPOINT, 600.0, 0.0, 60.0),
        at(Cmd.NAV_LOITER_TURNS, 600.0, 600.0, 60.0, param1=1.0),
        at(Cmd.NAV_WAYPOINT, -700.0, 0.0, 45.0),
        at(Cmd.NAV_LAND, 0.0, 0.0, 0.0),
    )
    check_beside_its_flight(Plan(home=HOME, items=items), "plane", (0.0, 0.0, 0.0), WP_LOITER_RAD=-120.0)


def test_a_plane_waits_on_the_ground() -> None:
    """NAV_DELAY before a takeoff: it was left out."""
    wait, up = MissionItem(Cmd.NAV_DELAY, param1=60.0), MissionItem(Cmd.NAV_TAKEOFF, param1=12.0, z=50.0)
    ways = [at(Cmd.NAV_WAYPOINT, 600.0, 0.0, 60.0), at(Cmd.NAV_WAYPOINT, -700.0, 0.0, 45.0)]
    items = (wait, up, *ways, at(Cmd.NAV_LAND, 0.0, 0.0, 0.0))
    check_beside_its_flight(Plan(home=HOME, items=items), "plane", (0.0, 0.0, 0.0))


def test_lift_motors_land_on_the_ground_whatever_height_the_item_has() -> None:
    up, down = MissionItem(Cmd.NAV_VTOL_TAKEOFF, z=50.0), at(Cmd.NAV_VTOL_LAND, 0.0, 0.0, 40.0)
    ways = [at(Cmd.NAV_WAYPOINT, 600.0, 0.0, 50.0), at(Cmd.NAV_WAYPOINT, -700.0, 0.0, 50.0)]
    check_beside_its_flight(Plan(home=HOME, items=(up, *ways, down)), "quadplane", (0.0, 0.0, 0.0))


def test_a_waypoint_inside_a_circle_is_timed_as_it_is_flown() -> None:
    """From the edge of the circle, behind the end of the line from its middle."""
    up = MissionItem(Cmd.NAV_TAKEOFF, param1=12.0, z=50.0)
    circle = at(Cmd.NAV_LOITER_TURNS, 1000.0, 300.0, 60.0, param1=0.8, param3=250.0)
    ways = [at(Cmd.NAV_WAYPOINT, 600.0, 0.0, 60.0), circle, at(Cmd.NAV_WAYPOINT, 1000.0, 400.0, 60.0)]
    items = (up, *ways, at(Cmd.NAV_WAYPOINT, -600.0, 0.0, 45.0), at(Cmd.NAV_LAND, 0.0, 0.0, 0.0))
    check_beside_its_flight(Plan(home=HOME, items=items), "plane", (0.0, 0.0, 0.0))


@pytest.mark.parametrize(("told", "params"), [([26.0], {}), ([], {"MIN_GROUNDSPEED": 26.0}), ([26.0, 0.0], {})])
def test_wings_keep_their_least_speed_over_ground(told: list[float], params: dict[str, float]) -> None:
    """DO_CHANGE_SPEED with param1 1, and MIN_GROUNDSPEED: both were left out. A speed of 0 ends it."""
    up, least = MissionItem(Cmd.NAV_TAKEOFF, param1=12.0, z=50.0), float(SpeedType.GROUNDSPEED)
    change = [MissionItem(Cmd.DO_CHANGE_SPEED, param1=least, param2=speed, param3=-1.0) for speed in told]
    ways = [at(Cmd.NAV_WAYPOINT, 600.0, 0.0, 60.0), at(Cmd.NAV_WAYPOINT, -1200.0, 0.0, 45.0)]
    items = (up, *change, *ways, at(Cmd.NAV_LAND, 0.0, 0.0, 0.0))
    check_beside_its_flight(Plan(home=HOME, items=items), "plane", (0.0, 0.0, 0.0), **params)


@pytest.mark.parametrize(("by", "height"), [(1, 60.0), (1, 150.0), (2, 100.0), (3, 100.0)])
def test_a_return_that_lands_upright_is_timed_to_its_end(by: int, height: float) -> None:
    """Q_RTL_MODE: the time ended at the circle about home, and the energy of the hover was left out."""
    up, home = MissionItem(Cmd.NAV_VTOL_TAKEOFF, z=50.0), MissionItem(Cmd.NAV_RETURN_TO_LAUNCH)
    ways = [at(Cmd.NAV_WAYPOINT, 600.0, 0.0, 60.0), at(Cmd.NAV_WAYPOINT, 800.0, 800.0, 60.0)]
    params, returns = {"Q_RTL_MODE": float(by), "RTL_ALTITUDE": height}, Plan(home=HOME, items=(up, *ways, home))
    foreseen = rehearse(returns, vehicle="sim:quadplane", params=params)
    spec = VehicleSpec("quadplane", None, HOME, 0.0, 0, param=texts_of(params), alone=True)
    order = RehearsedFlight(returns, spec, 0, 600.0, 22.0, WindProfile.same(0.0, 0.0, 0.0), 0.0)
    flown = fly(order, Segments(np.zeros((1, 2)), np.zeros((1, 2))))
    assert foreseen.time_s == pytest.approx(flown.time_s, rel=0.1)
    assert foreseen.energy_wh == pytest.approx(flown.energy_wh, rel=0.25 if by == 2 else 0.1)


def test_a_first_place_behind_the_nose_is_flown_to_from_the_hover() -> None:
    """Its turn begins with the change to the wings, and the flight takes 956 m; 80 m straight ahead came first."""
    up, down = MissionItem(Cmd.NAV_VTOL_TAKEOFF, z=30.0), at(Cmd.NAV_VTOL_LAND, 0.0, 0.0, 0.0)
    ways = [at(Cmd.NAV_WAYPOINT, -150.0, -210.0, 30.0), at(Cmd.NAV_WAYPOINT, -400.0, -100.0, 30.0)]
    foreseen = rehearse(Plan(home=HOME, items=(up, *ways, down)), vehicle="sim:quadplane")
    assert foreseen.distance_m == pytest.approx(956.0, rel=0.02)


FIRST = (MissionItem(Cmd.NAV_VTOL_TAKEOFF, z=30.0), at(Cmd.NAV_WAYPOINT, 600.0, 0.0, 30.0))
UPRIGHT, ON_WINGS = (MissionItem(Cmd.DO_VTOL_TRANSITION, param1=state) for state in (3.0, 4.0))
HOVERS = (
    at(Cmd.NAV_WAYPOINT, 600.0, 200.0, 30.0),
    at(Cmd.NAV_LOITER_TIME, 500.0, 200.0, 50.0, param1=30.0),
    MissionItem(Cmd.NAV_DELAY, param1=10.0),
)
BACK = (at(Cmd.NAV_WAYPOINT, -300.0, 300.0, 30.0), at(Cmd.NAV_WAYPOINT, -500.0, 0.0, 30.0))
ROUND = at(Cmd.NAV_LOITER_TIME, 500.0, 600.0, 50.0, param1=30.0)
PAD = at(Cmd.NAV_VTOL_LAND, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("items", "params"),
    [
        pytest.param((*FIRST, UPRIGHT, *HOVERS, ON_WINGS, *BACK, PAD), {}, id="between two ways on wings"),
        pytest.param((*FIRST, UPRIGHT, at(Cmd.NAV_VTOL_LAND, 400.0, 100.0, 0.0)), {}, id="to the landing"),
        pytest.param((*FIRST, ROUND, *BACK, PAD), {"Q_GUIDED_MODE": 1.0}, id="in place of a circle"),
        pytest.param((FIRST[0], at(Cmd.NAV_VTOL_LAND, 100.0, 0.0, 0.0)), {}, id="to a landing near by"),
        pytest.param(
            (FIRST[0], at(Cmd.NAV_WAYPOINT, 110.0, -60.0, 30.0), at(Cmd.NAV_VTOL_LAND, -30.0, -120.0, 0.0)),
            {},
            id="back from the change to the wings",
        ),
    ],
)
def test_ways_on_lift_motors_are_timed_and_take_their_energy(
    items: tuple[MissionItem, ...], params: dict[str, float]
) -> None:
    """All was flown on wings: 163 s of 256, and two fifths of the energy."""
    check_beside_its_flight(Plan(home=HOME, items=items), "quadplane", (0.0, 0.0, 0.0), within=0.1, **params)


LIFTED_UP = MissionItem(Cmd.NAV_VTOL_TAKEOFF, z=50.0)
NEAR = (at(Cmd.NAV_WAYPOINT, 300.0, 0.0, 50.0), at(Cmd.NAV_WAYPOINT, 300.0, 300.0, 80.0))


@pytest.mark.parametrize(
    ("items", "params"),
    [
        pytest.param((*NEAR, MissionItem(Cmd.NAV_VTOL_LAND)), {}, id="a landing behind it"),
        pytest.param((*NEAR, at(Cmd.NAV_VTOL_LAND, 200.0, 220.0, 0.0)), {}, id="a landing beside it"),
        pytest.param(NEAR, {}, id="QLAND where it stops"),
        pytest.param((), {}, id="QLAND in its climb"),
        pytest.param(
            (NEAR[0], MissionItem(Cmd.NAV_RETURN_TO_LAUNCH)), {"Q_RTL_MODE": 1.0}, id="a return from close by"
        ),
        pytest.param((*NEAR, MissionItem(Cmd.NAV_RETURN_TO_LAUNCH)), {"Q_RTL_MODE": 3.0}, id="QRTL from close by"),
    ],
)
def test_lift_motors_stop_and_land_as_long_as_they_take(
    items: tuple[MissionItem, ...], params: dict[str, float]
) -> None:
    """Every landing took 20 s from the wings to its place, QLAND flew back to the last waypoint, and a return came to
    its place at the height to which it had begun to climb: from 23 % too short to 50 % too long."""
    flown = Plan(home=HOME, items=(LIFTED_UP, *items))
    foreseen = rehearse(flown, vehicle="sim:quadplane", params=params)
    spec = VehicleSpec("quadplane", None, HOME, 0.0, 0, param=texts_of(params), alone=True)
    order = RehearsedFlight(flown, spec, 0, 600.0, 22.0, WindProfile.same(0.0, 0.0, 0.0), 0.0)
    flight = fly(order, Segments(np.zeros((1, 2)), np.zeros((1, 2))))
    assert flight.result == "completed"
    within = 0.1 if params else 0.05
    assert foreseen.time_s == pytest.approx(flight.time_s, rel=within)
    assert foreseen.energy_wh == pytest.approx(flight.energy_wh, rel=2.0 * within)


def test_the_way_from_a_circle_is_its_tangent() -> None:
    """With param4 1: the fence was compared with the line from the middle, 120 m beside the flight."""
    circle = at(Cmd.NAV_LOITER_TURNS, 500.0, 0.0, 60.0, param1=1.0, param3=150.0, param4=1.0)
    up, on = MissionItem(Cmd.NAV_TAKEOFF, param1=12.0, z=60.0), at(Cmd.NAV_WAYPOINT, 500.0, 900.0, 60.0)
    zone = at(Cmd.NAV_FENCE_CIRCLE_EXCLUSION, 620.0, 300.0, 0.0, param1=40.0)
    found = rehearse(Plan(home=HOME, items=(up, circle, on), fence=(zone,)), vehicle="sim:plane").findings
    assert ("fence-leg", 3) in {(one.rule.name, one.item) for one in found}
    turned = Plan(home=HOME, items=(up, replace(circle, param3=-150.0), on), fence=(zone,))
    assert "fence-leg" not in {one.rule.name for one in rehearse(turned, vehicle="sim:plane").findings}


def test_lift_motors_help_slow_wings() -> None:
    """Below Q_ASSIST_SPEED: 14 m/s are 20 m/s, again and again; the way was timed as one at 14 m/s, 21 % too long."""
    slow = MissionItem(Cmd.DO_CHANGE_SPEED, param1=float(SpeedType.AIRSPEED), param2=14.0, param3=-1.0)
    ways = (at(Cmd.NAV_WAYPOINT, 600.0, 900.0, 30.0), at(Cmd.NAV_WAYPOINT, -500.0, 900.0, 30.0))
    helped = Plan(home=HOME, items=(FIRST[0], slow, FIRST[1], *ways, PAD))
    check_beside_its_flight(helped, "quadplane", (0.0, 0.0, 0.0))
    check_beside_its_flight(helped, "quadplane", (0.0, 0.0, 0.0), Q_ASSIST_SPEED=0.0)


def test_lift_motors_land_after_circles() -> None:
    """NAV_VTOL_LAND with param1 1: it was timed as straight in. On which side it leaves the circle is chance in calm
    air."""
    up, down = MissionItem(Cmd.NAV_VTOL_TAKEOFF, z=50.0), at(Cmd.NAV_VTOL_LAND, 0.0, 0.0, 120.0, param1=1.0)
    ways = [at(Cmd.NAV_WAYPOINT, 600.0, 0.0, 100.0), at(Cmd.NAV_WAYPOINT, 600.0, 600.0, 100.0)]
    lands = Plan(home=HOME, items=(up, *ways, down))
    foreseen = rehearse(lands, vehicle="sim:quadplane")
    order = RehearsedFlight(lands, VehicleSpec("quadplane", None, HOME, 0.0, 0, alone=True), 0, 600.0, 22.0, STILL, 0.0)
    flown = fly(order, Segments(np.zeros((1, 2)), np.zeros((1, 2))))
    assert foreseen.time_s == pytest.approx(flown.time_s, rel=0.1)
    assert foreseen.energy_wh == pytest.approx(flown.energy_wh, rel=0.2)


def test_a_circle_is_as_wide_as_it_is_flown() -> None:
    """A plane slips in its turns: five turns of 100 m are five of 114 m in the air of 640 m above the sea."""
    items = [MissionItem(Cmd.NAV_TAKEOFF, param1=12.0, z=50.0)]
    ways = []
    for turns in (1.0, 6.0):
        round_it = at(Cmd.NAV_LOITER_TURNS, 600.0, 0.0, 60.0, param1=turns, param3=100.0)
        result = rehearse(
            Plan(home=HOME, items=(*items, round_it, at(Cmd.NAV_WAYPOINT, -700, 0, 60.0))), vehicle="sim:plane"
        )
        ways.append(result.distance_m)
    assert (ways[1] - ways[0]) / (5.0 * 2.0 * 3.1416) == pytest.approx(113.9, abs=2.0)
