"""Splines, and missions that end in the air, by the static rules, beside their flight."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autopilot.interface.geo import GeoPoint, to_global
from autopilot.mav import Cmd
from autopilot.mission.items import MissionItem, numbered
from autopilot.mission.plan import Plan
from autopilot.rehearsal.way import walk
from sortie import rehearse

HOME = GeoPoint(-35.363261, 149.165230, 584.0)
UP = MissionItem(Cmd.NAV_TAKEOFF, z=20.0)
BACK = MissionItem(Cmd.NAV_RETURN_TO_LAUNCH)
SPLINE, STRAIGHT = Cmd.NAV_SPLINE_WAYPOINT, Cmd.NAV_WAYPOINT


def at(command: Cmd, north: float, east: float, up: float = 30.0, hold_s: float = 0.0) -> MissionItem:
    place = to_global(HOME, (north, east, 0.0))
    return MissionItem(command, x=place.lat, y=place.lon, z=up, param1=hold_s)


def plan(*items: MissionItem) -> Plan:
    return Plan(home=HOME, items=numbered(items, 1))


def check_beside_its_flight(flown_plan: Plan, kind: str, *, time: float, way: float = 0.0, energy: float = 0.0) -> None:
    found = rehearse(flown_plan, vehicle=f"sim:{kind}", flights=1)
    assert found.flown is not None
    flight = found.flown.flights[0]
    north, east = np.diff(flight.track[:, 1:3], axis=0).T
    assert flight.result == "completed"
    assert found.time_s == pytest.approx(flight.time_s, rel=time)
    if energy:
        assert found.energy_wh == pytest.approx(flight.energy_wh, rel=energy)
    if way:
        assert found.distance_m == pytest.approx(float(np.hypot(north, east).sum()), rel=way)


@pytest.mark.parametrize("size", [1.0, 4.0])
def test_splines_are_as_long_as_they_are_flown(size: float) -> None:
    """They counted as straight lines: a tenth of the time was missing, and more of the way."""
    corners = [(40, 0), (40, 50), (-10, 60), (0, 20), (50, 30), (60, -40), (-50, -50)]
    splines = [at(SPLINE, size * north, size * east, 30.0 + k) for k, (north, east) in enumerate(corners)]
    splines[3] = replace(splines[3], param1=2.0)
    check_beside_its_flight(plan(UP, *splines, at(Cmd.NAV_LAND, 0, 0)), "copter", time=0.025, way=0.03, energy=0.05)


def test_straight_legs_beside_splines_end_and_begin_at_their_speed() -> None:
    """Also through bends that are too sharp for the speed in which they begin."""
    legs = [at(STRAIGHT, 80, 0), at(SPLINE, 160, 60), at(STRAIGHT, 60, 150), at(SPLINE, -30, 80), at(STRAIGHT, -90, 0)]
    sharp = [at(STRAIGHT, 0, 40), at(SPLINE, -45, 57), at(SPLINE, -54, -55), at(STRAIGHT, 10, 30)]
    flown = plan(UP, *legs, *sharp, at(Cmd.NAV_LAND, 0, 0))
    check_beside_its_flight(flown, "copter", time=0.025, way=0.03, energy=0.05)


def test_repeated_splines_are_flown_once() -> None:
    """A loop of ten thousand legs is rehearsed in a moment."""
    loop = [at(SPLINE, 80, 0), at(SPLINE, 80, 80), at(SPLINE, 0, 80), MissionItem(Cmd.DO_JUMP, param1=2, param2=3000)]
    found = rehearse(plan(UP, *loop, at(Cmd.NAV_LAND, 0, 0)))
    legs = [leg for leg in found.way.legs if leg.item.seq == 3]
    assert len(legs) > 3000 and legs[1].seconds == legs[-2].seconds > legs[1].length_m / legs[1].speed_mps


def test_splines_beyond_the_steps_count_as_straight() -> None:
    """A vehicle that checks an upload waits for it."""
    found = rehearse(plan(UP, *(at(SPLINE, 60.0 * k, 60.0 * (k % 2)) for k in range(1, 9)), at(Cmd.NAV_LAND, 0, 0)))
    short = walk(found.plan, replace(found.where, steps=1500)).legs
    assert [leg.more_m > 1.0 for leg in short[1:9]] == [True, True] + 6 * [False]


@pytest.mark.parametrize("kind", ["copter", "plane", "quadplane"])
def test_a_flight_that_ends_in_the_air_lands(kind: str) -> None:
    """The flight manager's LAND, AUTOLAND or QLAND was left out: 84 of 132 s of a climb to 100 m."""
    up = UP if kind != "quadplane" else replace(UP, command=Cmd.NAV_VTOL_TAKEOFF)
    ways = [at(STRAIGHT, 500, 0, 60), at(STRAIGHT, 400, 500, 80)]
    check_beside_its_flight(plan(up, *ways), kind, time=0.05, energy=0.2 if kind == "quadplane" else 0.05)
    found = rehearse(plan(up, *ways), vehicle=f"sim:{kind}")
    assert [leg.item.seq for leg in found.way.legs] == [1, 2, 3]
    assert {leg.item.seq for leg in found.way.landing} == {3}


def test_a_spline_keeps_to_its_curve() -> None:
    """Its straight line was checked, and the flight was up to 112 m off: a bend beyond the fence was GO, and so was one
    above its ceiling."""
    ways = [at(SPLINE, 0, 100), at(SPLINE, 0, 200), at(SPLINE, 100, 100, 60)]
    found = rehearse(plan(UP, at(STRAIGHT, 200, 0), *ways, at(Cmd.NAV_LAND, 0, 0)), flights=1)
    assert found.flown is not None and found.flown.off_way_m < 5.0
    curve = found.way.legs[2].curve
    north = max(place[0] for place in curve)
    assert north > 220.0
    corner = [to_global(HOME, place) for place in ((210.0, -500.0, 0.0), (210.0, 500.0, 0.0), (-900.0, 0.0, 0.0))]
    fence = tuple(
        MissionItem(Cmd.NAV_FENCE_POLYGON_VERTEX_INCLUSION, param1=3.0, x=place.lat, y=place.lon) for place in corner
    )
    left = rehearse(replace(found.plan, fence=fence))
    texts = [finding.text for finding in left.findings if finding.rule.name == "fence-leg" and finding.item == 3]
    assert texts == [f"the way to SplineWP leaves the fence by {north - 210.0:.1f} m"]
    ceiling = {"FENCE_ENABLE": 1.0, "FENCE_TYPE": 1.0, "FENCE_ALT_MAX": 60.5}
    high = rehearse(plan(UP, *ways, at(SPLINE, 0, 0, 60), at(STRAIGHT, 0, 100, 20), BACK), params=ceiling)
    assert [finding.item for finding in high.findings if finding.rule.name == "fence-altitude"] == [5]


def change(kind: float, speed: float) -> MissionItem:
    return MissionItem(Cmd.DO_CHANGE_SPEED, param1=kind, param2=speed, param3=-1.0)


def wait(seconds: float) -> MissionItem:
    return MissionItem(Cmd.CONDITION_DELAY, param1=seconds)


LEGS = {
    "a speed behind a CONDITION that its leg ends": (wait(60.0), change(0.0, 3.0), at(STRAIGHT, 200, 0)),
    "a speed in the middle of a leg": (wait(10.0), change(0.0, 4.0), at(STRAIGHT, 200, 0), at(STRAIGHT, 200, 90)),
    "a climb at a place": (at(STRAIGHT, 40, 0, 20), MissionItem(STRAIGHT, z=45), at(STRAIGHT, 40, 60, 60)),
    "a waypoint behind LOITER_TO_ALT": (
        at(Cmd.NAV_LOITER_TO_ALT, 50, 0, 40),
        *(at(Cmd.NAV_LOITER_TO_ALT, 50, 9 * k, 40) for k in range(1, 4)),
        at(STRAIGHT, 90, 30),
    ),
    "a load": (change(2.0, 1.0), at(Cmd.NAV_PAYLOAD_PLACE, 30, 30), at(STRAIGHT, 60, 0)),
}


@pytest.mark.parametrize("name", LEGS)
def test_each_leg_is_as_long_as_it_is_flown(name: str) -> None:
    """Speeds behind a CONDITION counted from the beginning of the leg, a climb at one place as a stop, the end of
    LOITER_TO_ALT as none, and the climb from a load at the speed of DO_CHANGE_SPEED."""
    found = rehearse(plan(UP, *LEGS[name], at(Cmd.NAV_LAND, 0, 0)), flights=1)
    assert found.flown is not None
    flown = {item: at_s for item, at_s, *_ in found.flown.flights[0].items}
    legs = found.way.legs
    ends = np.cumsum([leg.seconds + leg.wait_s for leg in legs]).tolist()
    foreseen = {leg.item.seq: end for leg, end in zip(legs, ends, strict=True)}
    assert foreseen == pytest.approx(flown, abs=2.6)


SHORT = {
    "to a place behind": (at(STRAIGHT, -10, -7, 0),),
    "there and back with stops": (at(STRAIGHT, 6, -1, 0, 3.0), at(STRAIGHT, -11, -1, 0, 3.0), BACK),
    "round a circle from its middle": (
        at(STRAIGHT, 8, 9, 0),
        at(Cmd.NAV_LOITER_TURNS, 7, 7, 0, 2.0),
        at(STRAIGHT, -8, 0, 0),
    ),
    "a speed on the way and in a circle": (
        wait(10.0),
        change(1.0, 1.0),
        at(STRAIGHT, 60, 0, 0),
        at(STRAIGHT, 60, 30, 0),
        change(1.0, 2.0),
        wait(20.0),
        change(1.0, 4.0),
        at(Cmd.NAV_LOITER_TURNS, -10, 30, 0, 3.0),
        at(STRAIGHT, -60, 0, 0),
    ),
}


@pytest.mark.parametrize("kind", ["rover", "boat"])
@pytest.mark.parametrize("name", SHORT)
def test_ways_of_what_drives_are_as_long_as_they_are_driven(name: str, kind: str) -> None:
    """Turns from rest, the beginning of a circle and the end of a boat's way counted as straight ways: up to a third of
    the time was missing. A speed behind a CONDITION did not reach a circle, and counted from where a straight way would
    have been."""
    check_beside_its_flight(plan(*SHORT[name]), kind, time=0.05)


def test_steps_that_are_spent_leave_a_way_straight() -> None:
    """A vehicle that checks an upload waits for it."""
    found = rehearse(plan(*(at(STRAIGHT, 30.0 * (k % 2), 9.0 * k, 0) for k in range(1, 9))), vehicle="sim:boat")
    short = walk(found.plan, replace(found.where, steps=1500)).legs
    same = [one == other for one, other in zip(short, found.way.legs, strict=True)]
    assert same[0] and not same[-1] and short[-1].seconds > short[-1].length_m / short[-1].speed_mps


def test_wings_are_told_a_speed_only_while_their_leg_lasts() -> None:
    """Whether a CONDITION is over counted by a straight way with a minute's braking: the next leg was flown at 15 m/s,
    43 s of 30."""
    ways = (wait(30.0), change(0.0, 15.0), at(STRAIGHT, 400, 100, 50), at(STRAIGHT, -300, 100, 50))
    later = (wait(10.0), change(0.0, 15.0), at(STRAIGHT, -300, -700, 50), at(STRAIGHT, -700, 0, 45))
    check_beside_its_flight(plan(UP, *ways, *later, at(Cmd.NAV_LAND, 0, 0, 0)), "plane", time=0.04)


def test_a_rover_turns_before_it_drives_and_circles_as_fast_as_it_does() -> None:
    """The turn of a rover at rest and its stop took no time; the way to a circle had another speed than
    the circle: 99 s of 121 s."""
    ways = [change(1.0, 4.0), at(STRAIGHT, -20, 10, 0, 1.0), at(Cmd.NAV_LOITER_TURNS, -77, 51, 0, 1.0)]
    check_beside_its_flight(plan(*ways, at(STRAIGHT, 60, 60, 0)), "rover", time=0.03)


@pytest.mark.parametrize("after", [BACK, MissionItem(Cmd.NAV_CONTINUE_AND_CHANGE_ALT, z=90.0)], ids=["RTL", "a climb"])
@pytest.mark.parametrize("circle", [Cmd.NAV_LOITER_TURNS, Cmd.NAV_LOITER_TIME])
def test_a_circle_before_an_item_without_a_place_is_left_at_once(circle: Cmd, after: MissionItem) -> None:
    """It was flown on until home was ahead: up to a turn more (30 s of 12 s)."""
    ways = [at(STRAIGHT, 600, 0, 60), at(circle, 600, 600, 60, 1.0), after, at(STRAIGHT, -600, 0, 60)]
    found = rehearse(plan(UP, *ways), vehicle="sim:plane", flights=1)
    assert found.flown is not None
    reached = {item: at_s for item, at_s, *_ in found.flown.flights[0].items}
    foreseen = sum(leg.seconds + leg.wait_s for leg in found.way.legs[:3])
    assert foreseen == pytest.approx(reached[3], abs=4.0)
