"""The flown track: few points, all of the shape, bounded."""

from __future__ import annotations

from math import cos, pi, sin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depot.decisions.track import MOST, Track, tolerance_deg

PLACES = st.tuples(st.floats(-1.0, 1.0), st.floats(-1.0, 1.0), st.floats(0.0, 100.0))


def flown(places: list[tuple[float, float, float]], tolerance: float = 0.01) -> Track:
    """One place each second."""
    track = Track(tolerance)
    for number, place in enumerate(places):
        track.add(1000 * number, *place)
    return track


def test_a_straight_way_is_its_ends() -> None:
    """However many points were reported."""
    track = flown([(0.001 * n, 0.002 * n, 5.0) for n in range(500)])
    assert [point[0] for point in track.whole()] == [0, 499_000]


def test_corners_are_kept() -> None:
    """An L, also where the turn is slight: each corner, within the spacing of the reports."""
    there = [(0.0, 0.01 * n, 0.0) for n in range(50)]
    track = flown([*there, *[(0.01 * n, 0.5, 0.0) for n in range(50)]])
    assert [point[1:3] for point in track.whole()] == [(0.0, 0.0), (0.0, 0.5), (0.49, 0.5)]
    slight = flown([*there, *[(0.002 * n, 0.5 + 0.01 * n, 0.0) for n in range(50)]])
    assert len(slight.whole()) >= 3


def test_standing_still_adds_nothing() -> None:
    """Docked or holding."""
    assert len(flown([(1.0, 2.0, 3.0)] * 1000).whole()) == 1


def test_across_the_antimeridian_is_a_short_way() -> None:
    """179.9 to -179.9 is a straight line of 0.2 degrees."""
    lons = [179.9, 179.95, -180.0, -179.95, -179.9]
    assert len(flown([(0.0, lon, 0.0) for lon in lons]).whole()) == 2


def test_an_endless_circle_stays_small_and_round() -> None:
    """The tolerance grows a little; then the middle of the time goes, not the shape."""
    circle = [(0.5 * sin(2 * pi * n / 40), 0.5 * cos(2 * pi * n / 40), 0.0) for n in range(20_000)]
    track = flown(circle, 0.001)
    assert MOST // 4 < len(track.whole()) <= MOST
    assert max(point[1] for point in track.whole()) > 0.3


@given(st.lists(PLACES, min_size=1, max_size=400))
def test_any_way_has_its_ends_in_order_and_few_points(places: list[tuple[float, float, float]]) -> None:
    """First and last are kept, times rise, the number is bounded."""
    whole = flown(places).whole()
    times = [point[0] for point in whole]
    assert times == sorted(set(times)) and len(whole) <= MOST
    assert whole[0][1:] == places[0] and whole[-1][1:] == places[-1]


def test_the_tolerance_comes_from_the_plan() -> None:
    """A two-hundredth of the diagonal; never nothing."""
    assert tolerance_deg([(0.0, 0.0, 0.0), (3.0, 4.0, 0.0)]) == 0.025
    assert tolerance_deg([(1.0, 1.0, 0.0)]) > 0.0


def test_a_region_across_the_antimeridian_is_as_small_as_any() -> None:
    """And its track as fine."""
    there = tolerance_deg([(0.0, 179.9, 5.0), (0.1, -179.9, 5.0)])
    assert there == pytest.approx(tolerance_deg([(0.0, 19.9, 5.0), (0.1, 20.1, 5.0)]))
