"""Fence and rally plans: what is a fence, and where inside is (docs/reference/mission-semantics.md, 3)."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autopilot.interface.geo import GeoPoint, distance, to_global
from autopilot.mission.fence import Fence, check_fence, middle, parse_fence
from autopilot.mission.items import MissionItem
from autopilot.mission.rally import check_rally, nearest, rally_place

LAT, LON = -35.36, 149.16
CENTRE = GeoPoint(LAT, LON)
HOME = GeoPoint(LAT, LON, 584.0)


def at(north: float, east: float) -> tuple[float, float]:
    place = to_global(CENTRE, (north, east, 0.0))
    return place.lat, place.lon


def polygon(corners: list[tuple[float, float]], inclusion: bool = True) -> list[MissionItem]:
    command = 5001 if inclusion else 5002
    places = [at(*corner) for corner in corners]
    return [MissionItem(command, 0, float(len(places)), x=lat, y=lon) for lat, lon in places]


def circle(north: float, east: float, radius: float, inclusion: bool = True) -> MissionItem:
    lat, lon = at(north, east)
    return MissionItem(5003 if inclusion else 5004, 0, radius, x=lat, y=lon)


SQUARE = polygon([(-50, -50), (50, -50), (50, 50), (-50, 50)])
HOLE = polygon([(-10, -10), (10, -10), (10, 10), (-10, 10)], inclusion=False)
RETURN = MissionItem(5000, 0, x=LAT, y=LON)


@pytest.mark.parametrize(
    "items", [[], SQUARE, [RETURN], [*SQUARE, *HOLE, RETURN, circle(0, 0, 30.0)], [circle(0, 0, 5.0, inclusion=False)]]
)
def test_fences_that_are_valid_as_a_whole(items: list[MissionItem]) -> None:
    """Complete polygons, circles, at most one return point, in any order."""
    assert check_fence(items) is None


@pytest.mark.parametrize(
    ("items", "word"),
    [
        (SQUARE[:3], "3 of 4 vertices"),
        ([*SQUARE[:2], RETURN, *SQUARE[2:]], "not a vertex"),
        ([*SQUARE[:3], HOLE[0]], "not a vertex"),
        ([MissionItem(5001, 0, 2.0, x=1.0)] * 2, "3 or more"),
        ([MissionItem(5001, 0, 0.0, x=1.0)], "3 or more"),
        ([MissionItem(5001, 0, 3.5, x=1.0)] * 4, "3 or more"),
        ([MissionItem(5001, 0, math.nan, x=1.0)] * 3, "3 or more"),
        ([MissionItem(5001, 0, math.inf, x=1.0)] * 3, "3 or more"),
        ([*SQUARE[:3], MissionItem(5001, 0, 5.0, x=LAT, y=LON)], "not a vertex"),
        ([RETURN, RETURN], "second return point"),
        ([circle(0, 0, 0.0)], "radius"),
        ([circle(0, 0, -5.0)], "radius"),
        ([circle(0, 0, math.nan)], "radius"),
        ([MissionItem(5003, 0, 5.0, x=91.0)], "out of range"),
        ([MissionItem(5000, 0, y=181.0)], "out of range"),
        ([MissionItem(16, 0)], "no fence item"),
    ],
)
def test_fences_that_are_not(items: list[MissionItem], word: str) -> None:
    """Each fault is named, with the item."""
    complaint = check_fence(items)
    assert complaint is not None and word in complaint and complaint.startswith("fence item ")


def test_inside_is_in_all_inclusion_zones_and_in_no_exclusion_zone() -> None:
    """Or in any one inclusion zone, with FENCE_OPTIONS bit 1."""
    fence = parse_fence([*SQUARE, *HOLE, circle(60, 0, 40.0)])
    assert fence.inside(*at(40, 0))
    assert not fence.inside(*at(0, 0))  # in the hole
    assert not fence.inside(*at(-40, 0))  # outside the circle
    assert fence.inside(*at(-40, 0), any_inclusion=True)
    assert fence.inside(*at(80, 0), any_inclusion=True)
    assert not fence.inside(*at(0, 0), any_inclusion=True)
    assert not fence.inside(*at(200, 0), any_inclusion=True)


def test_margin_is_the_distance_to_the_nearest_limit() -> None:
    """Positive inside, negative by how far outside."""
    fence = parse_fence([*SQUARE, *HOLE])
    assert fence.margin(*at(30, 0)) == pytest.approx(20.0, abs=0.01)
    assert fence.margin(*at(12, 0)) == pytest.approx(2.0, abs=0.01)
    assert fence.margin(*at(0, 0)) == pytest.approx(-10.0, abs=0.01)
    assert fence.margin(*at(50 + 30, 50 + 40)) == pytest.approx(-50.0, abs=0.05)


def test_no_zones_mean_no_limit() -> None:
    """A fence of a return point alone, or of nothing, has no outside."""
    assert parse_fence([RETURN]).margin(0.0, 0.0) == math.inf
    assert not Fence() and not parse_fence([RETURN])
    assert parse_fence(SQUARE)


@given(st.floats(-80, 80), st.floats(-80, 80))
def test_concave_polygon_agrees_with_its_two_halves(north: float, east: float) -> None:
    """An L is the union of two rectangles."""
    shape = parse_fence(polygon([(-60, -60), (60, -60), (60, 0), (0, 0), (0, 60), (-60, 60)]))
    if min(abs(north - n) for n in (-60, 0, 60)) < 0.01 or min(abs(east - e) for e in (-60, 0, 60)) < 0.01:
        return  # on an edge rounding decides
    inside = -60 < north < 60 and -60 < east < 60 and not (north > 0 and east > 0)
    assert shape.inside(*at(north, east)) is inside


@given(st.floats(-200, 200), st.floats(-200, 200), st.floats(1, 150))
def test_circle_margin_is_radius_less_distance(north: float, east: float, radius: float) -> None:
    """Against the distance of autopilot.interface.geo."""
    fence = parse_fence([circle(0, 0, radius)])
    lat, lon = at(north, east)
    assert fence.margin(lat, lon) == pytest.approx(radius - distance(CENTRE, GeoPoint(lat, lon)), abs=1e-6)


def test_polygon_across_the_antimeridian() -> None:
    """Longitudes either side of 180 degrees are neighbours."""
    corners = [(0.01, 179.99), (0.01, -179.99), (-0.01, -179.99), (-0.01, 179.99)]
    fence = parse_fence([MissionItem(5001, 0, 4.0, x=lat, y=lon) for lat, lon in corners])
    assert fence.inside(0.0, 180.0) and fence.inside(0.0, -179.995)
    assert not fence.inside(0.0, 0.0) and not fence.inside(0.0, 179.98)


def test_the_middle_of_places_on_both_sides_of_the_antimeridian_is_between_them() -> None:
    assert middle([(0.01, 179.99), (0.01, -179.97), (-0.01, 179.99)]) == pytest.approx((0.0, -179.99))


def test_rally_altitudes_count_from_home_or_from_the_sea() -> None:
    """Frames 0 and 5 are above sea level, 3 and 10 above home."""
    items = [MissionItem(5100, frame, x=1.0, y=2.0, z=40.0) for frame in (0, 3, 5, 10)]
    assert [rally_place(item, HOME, HOME.alt).alt for item in items] == [40.0, 624.0, 40.0, 624.0]


def test_nearest_rally_point() -> None:
    """By horizontal distance; none of none."""
    near, far = GeoPoint(*at(10, 0), 900.0), GeoPoint(*at(500, 0))
    assert nearest([far, near], CENTRE) == near
    assert nearest([], CENTRE) is None


@pytest.mark.parametrize(
    ("frame", "alt"), [(0, 40.0), (2, 40.0), (5, 40.0), (3, 624.0), (6, 624.0), (10, 624.0), (11, 624.0)]
)
def test_each_frame_of_a_rally_point(frame: int, alt: float) -> None:
    """GLOBAL, MISSION and GLOBAL_INT are above the sea, RELATIVE and TERRAIN ones above home."""
    assert rally_place(MissionItem(5100, frame, x=LAT, y=LON, z=40.0), HOME, HOME.alt).alt == alt


@pytest.mark.parametrize(("lat", "lon"), [(90.1, 0.0), (-90.1, 0.0), (0.0, 180.1), (0.0, -180.1), (math.nan, 0.0)])
def test_a_fence_lies_on_the_earth(lat: float, lon: float) -> None:
    """A circle, a vertex and a return point alike; the ends themselves are places."""
    for item in (MissionItem(5003, 0, 50.0, x=lat, y=lon), MissionItem(5000, 0, x=lat, y=lon)):
        assert "out of range" in (check_fence([item]) or "")
    assert check_fence([MissionItem(5003, 0, 50.0, x=-90.0, y=180.0)]) is None


def test_rally_plan_holds_rally_points_only() -> None:
    """Another command is named."""
    assert check_rally([MissionItem(5100)]) is None
    assert check_rally([MissionItem(5100), MissionItem(16)]) == "rally item 1: command 16 is no rally point"
