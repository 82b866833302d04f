"""Plans that are drawn on the map of the page."""

from __future__ import annotations

from itertools import pairwise
from math import hypot

import pytest

from autopilot.interface.geo import GeoPoint, to_global, to_local
from autopilot.mav import Cmd, Frame, MissionType
from autopilot.mission.fence import parse_fence
from autopilot.mission.validate import check_item
from sortie.web.drawing import MOST_LANES, Place, fence_around, lanes_over, mission_through, rally_at

HOME = GeoPoint(47.3769, 8.5417, 0.0)


def place(north: float, east: float) -> Place:
    at = to_global(HOME, (north, east, 0.0))
    return at.lat, at.lon


def metres(at: Place) -> tuple[float, float]:
    return to_local(HOME, *at, 0.0)[:2]


FIELD = [place(0.0, 0.0), place(200.0, 0.0), place(200.0, 100.0), place(0.0, 100.0)]


def test_a_survey_covers_a_field_along_its_longer_side_there_and_back() -> None:
    """200 m by 100 m in lanes 25 m apart: four, each as long as the field, the outer ones 12.5 m inside."""
    ends = [metres(one) for one in lanes_over(FIELD, 25.0)]
    assert [round(east, 1) for _, east in ends] == [12.5, 12.5, 37.5, 37.5, 62.5, 62.5, 87.5, 87.5]
    assert [round(north) for north, _ in ends] == [0, 200, 200, 0, 0, 200, 200, 0]


@pytest.mark.parametrize("turn", range(4))
def test_no_spot_of_a_field_that_leans_is_farther_from_a_lane_than_half_their_distance(turn: int) -> None:
    corners = [(0.0, 0.0), (150.0, 90.0), (110.0, 160.0), (-40.0, 70.0)]
    corners = corners[turn:] + corners[:turn]
    ends = [metres(one) for one in lanes_over([place(*one) for one in corners], 20.0)]
    lanes = list(zip(ends[::2], ends[1::2], strict=True))
    (n0, e0), (n1, e1) = lanes[0]
    along = ((n1 - n0) / hypot(n1 - n0, e1 - e0), (e1 - e0) / hypot(n1 - n0, e1 - e0))
    assert abs(along[0] * 150.0 + along[1] * 90.0) == pytest.approx(hypot(150.0, 90.0), rel=1e-3), "the longest side"
    offsets = sorted(-n * along[1] + e * along[0] for (n, e), _ in lanes)
    edges = sorted(-n * along[1] + e * along[0] for n, e in corners)
    assert offsets[0] - edges[0] <= 10.01
    assert edges[-1] - offsets[-1] <= 10.01
    assert all(b - a <= 20.01 for a, b in pairwise(offsets))


def test_an_area_with_too_many_lanes_is_refused() -> None:
    with pytest.raises(ValueError, match=f"at most {MOST_LANES}"):
        lanes_over([place(0.0, 0.0), place(90_000.0, 0.0), place(90_000.0, 60_000.0)], 1.0)


def test_an_area_without_width_has_no_survey() -> None:
    """A mission without a waypoint would take the place of the vehicle's."""
    with pytest.raises(ValueError, match="one line"):
        lanes_over([place(0.0, 0.0), place(50.0, 0.0), place(90.0, 0.0)], 10.0)


def test_a_fence_holds_what_was_drawn_and_a_mission_returns() -> None:
    fence = parse_fence(fence_around(FIELD))
    assert fence.polygons[0].inclusion
    assert fence.polygons[0].vertices == tuple(FIELD)
    points = rally_at(FIELD[:2], 40.0)
    assert all(check_item(point, MissionType.RALLY, len(points)).ok for point in points)
    assert [(point.x, point.y, point.z) for point in points] == [(*at, 40.0) for at in FIELD[:2]]
    assert {(point.command, point.frame) for point in points} == {(Cmd.NAV_RALLY_POINT, Frame.GLOBAL_RELATIVE_ALT)}
    flown = mission_through(FIELD[:2], 30.0, flies=True)
    assert [item.command for item in flown] == [
        Cmd.NAV_TAKEOFF,
        Cmd.NAV_WAYPOINT,
        Cmd.NAV_WAYPOINT,
        Cmd.NAV_RETURN_TO_LAUNCH,
    ]
    assert flown[0].z == flown[1].z == 30.0
    assert mission_through(FIELD[:2], 30.0, flies=False)[0].command == Cmd.NAV_WAYPOINT
