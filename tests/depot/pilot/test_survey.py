"""Which photos count: those that were taken over the lines of the plan."""

from __future__ import annotations

import pytest

from autopilot.interface.geo import GeoPoint, to_global
from autopilot.mission.items import MissionItem
from autopilot.mission.storage import MissionStorage
from depot.pilot.senses import over_a_line, survey_lines

HOME = GeoPoint(-35.363261, 149.165230, 584.0)
CORNERS = ((100.0, 0.0), (200.0, 0.0), (200.0, 100.0), (100.0, 100.0))


def items(relative: bool) -> tuple[MissionItem, ...]:
    """Takeoff, the entry, photos from there, three corners at 40 m, and back to the second."""
    places = [to_global(HOME, (north, east, -40.0)) for north, east in CORNERS]
    entry, *others = (
        MissionItem(16, 3 if relative else 0, x=at.lat, y=at.lon, z=40.0 if relative else at.alt) for at in places
    )
    storage = MissionStorage(1)
    storage.replace((MissionItem(22), entry, MissionItem(206, param1=8.0), *others, MissionItem(177, param1=4.0)))
    return storage.items()


@pytest.mark.parametrize("relative", [False, True])
def test_the_lines_lead_round_and_the_way_there_is_none_of_them(relative: bool) -> None:
    """From the entry on, and from the last waypoint back to where the pattern repeats: the second."""
    lines = survey_lines(items(relative), HOME)
    ways = [((round(a[0]), round(a[1])), (round(b[0]), round(b[1]))) for a, b in lines]
    assert ways == [((100, 0), (200, 0)), ((200, 0), (200, 100)), ((200, 100), (100, 100)), ((100, 100), (200, 0))]
    assert all(end[2] == pytest.approx(40.0, abs=0.01) for line in lines for end in line)


def test_a_mission_without_a_camera_surveys_nothing() -> None:
    """There are no lines to be over."""
    plain = [item for item in items(False) if item.command != 206]
    assert survey_lines(plain, HOME) == []


@pytest.mark.parametrize(
    ("place", "counts"),
    [
        ((150.0, 0.0, 40.0), True),
        ((150.0, 4.9, 40.0), True),
        ((150.0, 0.0, 36.0), True),
        ((150.0, 5.1, 40.0), False),  # beside the line
        ((150.0, 0.0, 34.0), False),  # below it
        ((94.0, 0.0, 40.0), False),  # before it begins
        ((150.0, 150.0, 40.0), False),
        ((0.0, 0.0, 0.0), False),
    ],
)
def test_a_photo_counts_over_a_line_only(place: tuple[float, float, float], counts: bool) -> None:
    """Within 5 m of it, in all three directions."""
    assert over_a_line(place, survey_lines(items(False), HOME)[:1], 5.0) is counts
