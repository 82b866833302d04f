"""Ways round barriers, as pure functions: room, BendyRuler's next place, Dijkstra's corners, objects that are kept."""

from __future__ import annotations

from itertools import pairwise
from math import inf, pi

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autopilot.context.vehicle_context import VehicleFacts
from autopilot.interface import report
from autopilot.interface.geo import to_global
from autopilot.parameters import Parameters
from autopilot.safety.object_database import ObjectDatabase
from autopilot.safety.path_planning import BendSettings, bend, bend_upright, is_free, shortest_way
from autopilot.safety.room import Barriers, Disc, Enclosure, Place
from autopilot.vehicles.kinds import vehicle_class
from tests.fakes.examples import examples
from tests.fakes.fake_vehicle import ORIGIN, FakeVehicle

SETTINGS = BendSettings(5.0, 15.0, 1.5, 1.3)
HOUSE = Enclosure(((20.0, -10.0), (20.0, 10.0), (40.0, 10.0), (40.0, -10.0)), inside=False)
FIELD = Enclosure(((-50.0, -50.0), (-50.0, 50.0), (50.0, 50.0), (50.0, -50.0)), inside=True)
POND = Disc((0.0, 40.0), 10.0, inside=False)
NORTH = (60.0, 0.0)


@pytest.mark.parametrize(
    ("barriers", "begin", "end", "room"),
    [
        (Barriers((HOUSE,)), (0.0, 0.0), (10.0, 0.0), 10.0),
        (Barriers((HOUSE,), margin=2.0), (0.0, 0.0), (10.0, 0.0), 8.0),
        (Barriers((HOUSE,)), (55.0, 30.0), (60.0, 30.0), 25.0),  # from a corner: past the ends of both its edges
        (Barriers((HOUSE,)), (0.0, 0.0), (30.0, 0.0), -10.0),  # ten metres lie beyond the edge
        (Barriers((HOUSE,)), (30.0, 0.0), (39.0, 0.0), -1.0),  # it begins on the wrong side
        (Barriers((FIELD,)), (0.0, 0.0), (40.0, 0.0), 10.0),
        (Barriers((FIELD,)), (0.0, -40.0), (20.0, -40.0), 10.0),
        (Barriers((FIELD,), closed=False), (0.0, -40.0), (20.0, -40.0), 30.0),  # from its last corner to its first
        (Barriers((FIELD,), closed=False), (0.0, -40.0), (0.0, -70.0), -20.0),
        (Barriers((), (POND,)), (0.0, 0.0), (0.0, 20.0), 10.0),
        (Barriers((), (Disc((0.0, 0.0), 50.0, inside=True),)), (0.0, 0.0), (40.0, 0.0), 10.0),
        (Barriers(objects=np.array([[10.0], [4.0], [3.0], [1.0]])), (0.0, 0.0), (20.0, 0.0), 4.0),
        (Barriers(), (0.0, 0.0), (20.0, 0.0), inf),
    ],
)
def test_room(barriers: Barriers, begin: Place, end: Place, room: float) -> None:
    assert barriers.room(begin, end) == pytest.approx(room)


def test_the_ruler_goes_straight_where_there_is_room() -> None:
    found = bend(Barriers((HOUSE,)), (-40.0, 0.0), NORTH, 0.0, SETTINGS, None)
    assert not found.active


def test_the_ruler_does_not_look_beyond_its_goal() -> None:
    assert not bend(Barriers((HOUSE,)), (0.0, 0.0), (10.0, 0.0), 0.0, SETTINGS, None).active


def test_room_that_is_just_the_margin_is_none() -> None:
    """It begins five metres behind the house."""
    assert bend(Barriers((HOUSE,)), (45.0, 0.0), (100.0, 0.0), 0.0, SETTINGS, None).active


def test_the_ruler_turns_aside_as_little_as_it_must() -> None:
    """First to the left, in steps of five degrees, and what it says keeps the margin."""
    found = bend(Barriers((HOUSE,)), (5.0, 5.0), (60.0, 5.0), 0.0, BendSettings(5.0, 30.0, 1.5, 1.3), None)
    assert found.active
    assert 0.0 < found.bearing < 0.5 * pi  # the near corner is to the right
    assert Barriers((HOUSE,)).room((5.0, 5.0), found.place) > 5.0


def test_the_ruler_keeps_its_side_of_an_obstacle() -> None:
    """As long as the other has not OA_BR_CONT_RATIO times the room."""
    barriers, here, settings = Barriers((HOUSE,)), (5.0, -2.0), BendSettings(5.0, 30.0, 1.5, 1.3)
    before = bend(barriers, (5.0, 2.0), NORTH, 0.0, settings, None)
    kept = bend(barriers, here, NORTH, 0.0, settings, before)
    free = bend(barriers, here, NORTH, 0.0, settings, None)
    assert before.bearing * free.bearing < 0.0
    assert kept.bearing == before.bearing


def test_a_ruler_without_any_room_takes_the_widest() -> None:
    ring = [(8.0 * np.cos(a), 8.0 * np.sin(a)) for a in np.linspace(0.0, 2.0 * pi, 40, endpoint=False)]
    objects = np.array([[n for n, _ in ring], [e for _, e in ring], [0.0] * 40, [1.0] * 40])
    objects = objects[:, 3:]  # a gap to the north-east, too narrow
    found = bend(Barriers(objects=objects), (0.0, 0.0), (60.0, 0.0), 0.0, SETTINGS, None)
    assert found.active
    assert 0.0 < found.bearing < 0.7


#: A wall across the way, 20 m ahead, up to 30 m above the vehicle and down to the ground 10 m below it.
WALL = np.array([(20.0, east, -up, 1.0) for east in range(-40, 41, 2) for up in range(-10, 31, 2)]).T


@pytest.mark.parametrize(
    ("lower", "ceiling", "up", "active"),
    [
        (1000.0, inf, 0.0, False),  # nothing
        (0.0, inf, 60.0, True),
        (0.0, 25.0, -60.0, True),  # 20 m higher it is too near to the ceiling
        (44.0, inf, 0.0, True),  # 14 m above its top: level
        (60.0, inf, 0.0, False),
    ],
)
def test_an_upright_ruler_goes_over_or_under(lower: float, ceiling: float, up: float, active: bool) -> None:
    """Ahead, up, down, back: the first that is free; level until nothing is near below (OA_BR_TYPE 2)."""
    settings = BendSettings(12.0, 40.0, 1.5, 1.3)
    barriers = Barriers(objects=WALL + np.array([[0.0], [0.0], [lower], [0.0]]), ceiling=ceiling)
    found = bend_upright(barriers, (0.0, 0.0), (60.0, 0.0), settings, None)
    assert (found.up, found.active) == (up, active)
    assert not found.turned_back


def test_an_upright_ruler_looks_no_further_than_its_goal() -> None:
    """Its second step would come too near to a wall that is beyond the goal."""
    barriers = Barriers(objects=WALL + np.array([[25.0], [0.0], [0.0], [0.0]]))
    found = bend_upright(barriers, (0.0, 0.0), (30.0, 0.0), BendSettings(12.0, 40.0, 1.5, 1.3), None)
    assert (found.up, found.active) == (0.0, False)


def test_an_upright_ruler_in_a_box_takes_the_widest() -> None:
    lid = np.array([[0.0, 0.0], [0.0, 0.0], [-8.0, 6.0], [1.0, 1.0]])
    found = bend_upright(Barriers(objects=np.hstack([WALL, lid])), (12.0, 0.0), NORTH, SETTINGS, None)
    assert found.active


def test_an_upright_ruler_prefers_a_free_step_to_a_wider_one() -> None:
    """Ahead and up have room for the next metre, up a little more; behind neither there is room for two more."""
    near = np.array([(7.5, 0.0, 0.0, 1.0), (-6.8, 0.0, 0.0, 1.0), (1.0, 0.0, -7.8, 1.0), (1.0, 0.0, 6.8, 1.0)]).T
    found = bend_upright(Barriers(objects=near), (0.0, 0.0), NORTH, BendSettings(5.0, 2.0, 1.5, 1.3), None)
    assert (found.up, found.active) == (0.0, True)


def test_the_shortest_way_turns_at_corners_of_the_margin() -> None:
    way = shortest_way(Barriers((HOUSE,)), (0.0, 0.0), NORTH, 5.0)
    assert way is not None
    assert [(round(n), abs(round(e))) for n, e in way] == [(15, 15), (45, 15), (60, 0)]


def test_the_shortest_way_keeps_its_margin_after_it_has_begun_nearer() -> None:
    """It begins 2 m from the house; the margin was not reduced for its corners."""
    way = shortest_way(Barriers((HOUSE,)), (18.0, 0.0), NORTH, 5.0)
    assert way is not None
    assert [(round(n), abs(round(e))) for n, e in way] == [(15, 15), (45, 15), (60, 0)]


def _wall(west: float, east: float) -> Enclosure:
    return Enclosure(((-5.0, west), (5.0, west), (5.0, east), (-5.0, east)), inside=False)


@pytest.mark.parametrize(("gap", "margin"), [(24.0, 5.0), (11.0, 5.0), (6.0, 2.5), (3.0, 1.25), (1.4, 0.625)])
def test_the_shortest_way_finds_a_gap_and_keeps_what_margin_it_can(gap: float, margin: float) -> None:
    """OA_MARGIN_MAX (5 m), or else its half, quarter or eighth: the widest that the gap has room for."""
    fences = Barriers((FIELD, _wall(-60.0, 0.0), _wall(gap, 60.0)))
    way = shortest_way(fences, (-40.0, 30.0), (40.0, -30.0), 5.0)
    assert way is not None
    kept = min(fences.room(begin, end) for begin, end in pairwise([(-40.0, 30.0), *way]))
    assert kept >= margin - 0.1


def test_there_is_no_way_out_of_a_field_or_into_a_house() -> None:
    assert shortest_way(Barriers((FIELD,)), (0.0, 0.0), (80.0, 0.0), 5.0) is None
    assert shortest_way(Barriers((HOUSE,)), (0.0, 0.0), (30.0, 0.0), 5.0) is None


@settings(max_examples=examples(25), deadline=None)
@given(st.tuples(*[st.floats(-45.0, 45.0)] * 2), st.tuples(*[st.floats(-45.0, 45.0)] * 2))
def test_every_way_keeps_off_every_fence(here: Place, goal: Place) -> None:
    """Whatever the places: each piece is free, and none is longer than it must be for the straight one."""
    fences = Barriers((FIELD, HOUSE), (POND,))
    way = shortest_way(fences, here, goal, 3.0)
    allowed = is_free(fences, here, here) and is_free(fences, goal, goal)
    assert (way is not None) is allowed
    if way is not None:
        assert way[-1] == goal
        assert all(is_free(fences, begin, end) for begin, end in pairwise([here, *way]))
        assert len(way) > 1 or is_free(fences, here, goal)


# --- objects ----------------------------------------------------------------------------------------------------------
def kept(north: float = 0.0, home: float = 0.0, **parameters: float) -> ObjectDatabase:
    """Of a vehicle and a home that are so far north of the origin."""
    vehicle = FakeVehicle()
    vehicle.advance(1000)
    vehicle.state.report[report.NORTH] = north
    table = Parameters(vehicle_class("copter").parameters)
    for name, value in {"OA_TYPE": 1, **parameters}.items():
        table.set(name, value)
    facts = VehicleFacts("copter", vehicle, table)
    facts.home = to_global(ORIGIN, (home, 0.0, 0.0))
    return ObjectDatabase(facts)


def test_an_object_is_kept_for_its_time_and_seen_again() -> None:
    objects = kept(OA_DB_EXPIRE=10)
    objects.see([(20.0, 0.0), (0.0, 30.0)], 1000)
    objects.see([(20.5, 0.0)], 8000)  # within the radius of the first
    north, east, away, radius = objects.around(-3.0, 9000)
    assert sorted(zip(north, east, strict=True)) == [(0.0, 30.0), (20.0, 0.0)]
    assert radius == pytest.approx([20.5 * 0.0875, 30.0 * 0.0875], abs=0.01)  # a beam of five degrees
    assert list(away) == [3.0, 3.0]
    assert objects.around(0.0, 12_000)[0] == [20.0]
    assert objects.around(0.0, 18_001).size == 0


@pytest.mark.parametrize(
    ("parameters", "count"),
    [
        ({}, 3),
        ({"OA_DB_SIZE": 2}, 2),
        ({"OA_DB_DIST_MAX": 10}, 1),
        ({"OA_TYPE": 2}, 0),  # no way is planned by objects
        ({"OA_DB_ALT_MIN": 2}, 0),  # it stands at home
        ({"OA_DB_ALT_MIN": 2, "north": 5}, 3),  # and here beside it
        ({"OA_DB_ALT_MIN": 2, "north": 5, "home": 5}, 0),
        ({"OA_DB_RADIUS_MIN": 8}, 2),  # two of them are one
    ],
)
def test_objects_that_are_kept(parameters: dict[str, float], count: int) -> None:
    objects = kept(**parameters)
    objects.see([(9.0, 0.0), (16.0, 0.0), (0.0, -30.0)], 1000)
    assert objects.around(0.0, 1000).shape[1] == count
