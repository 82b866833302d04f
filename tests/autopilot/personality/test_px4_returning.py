"""Where a PX4 returns to and on which way, case by case (PX4 1.16 src/modules/navigator/rtl.cpp, rtl_params.c)."""

from __future__ import annotations

from math import inf

import pytest

from autopilot.mav import Cmd
from autopilot.mission.items import MissionItem
from autopilot.personality.px4.returning import (
    RETURNS,
    Along,
    Goal,
    backwards,
    cone_height,
    direction,
    forwards,
    nearest,
)

NONE: tuple[float, ...] = ()
# RTL_TYPE, m to home, to the landing, to safe points, a VTOL that hovers: destination, number of the safe point
STRAIGHT = [
    (0, 300.0, 100.0, NONE, False, Goal.HOME, 0),
    (0, 300.0, inf, (400.0, 200.0, 250.0), False, Goal.SAFE_POINT, 1),
    (0, 300.0, inf, (299.0,), False, Goal.HOME, 0),
    (0, 300.0, inf, (297.9,), False, Goal.SAFE_POINT, 0),
    (1, 300.0, inf, NONE, False, Goal.HOME, 0),
    (1, 10.0, 900.0, NONE, False, Goal.LANDING, 0),
    (1, 10.0, inf, (900.0,), False, Goal.SAFE_POINT, 0),
    (1, 10.0, 900.0, (800.0,), False, Goal.SAFE_POINT, 0),
    (1, 10.0, 900.0, (899.0,), False, Goal.LANDING, 0),
    (1, 10.0, 900.0, (800.0,), True, Goal.HOME, 0),
    (1, 900.0, 500.0, (800.0,), True, Goal.LANDING, 0),
    (3, 300.0, 400.0, (500.0,), False, Goal.HOME, 0),
    (3, 300.0, 200.0, (250.0,), False, Goal.LANDING, 0),
    (3, 300.0, 200.0, (150.0,), False, Goal.SAFE_POINT, 0),
]


@pytest.mark.parametrize(("kind", "home", "landing", "points", "hovers", "goal", "number"), STRAIGHT)
def test_the_nearest_that_a_type_allows(
    kind: int, home: float, landing: float, points: tuple[float, ...], hovers: bool, goal: Goal, number: int
) -> None:
    assert nearest(RETURNS[kind], home, landing, points, hovering_vtol=hovers) == (goal, number)


@pytest.mark.parametrize(
    ("kind", "land_start", "current", "along"),
    [
        (2, None, 3, Along.BACKWARDS),
        (2, 6, 0, Along.FORWARDS),
        (4, None, 3, Along.BACKWARDS),
        (4, 6, 4, Along.FORWARDS),
        (4, 6, 3, Along.BACKWARDS),
        (4, 6, 1, Along.BACKWARDS),
    ],
)
def test_the_direction_along_the_mission(kind: int, land_start: int | None, current: int, along: Along) -> None:
    """Type 4 counts items: fewer to the land start than back to the begin; as many lead it back."""
    rule = RETURNS[kind].mission
    assert rule is not None and direction(rule, land_start, current) is along


def test_types_are_those_of_the_parameter() -> None:
    assert sorted(RETURNS) == [0, 1, 2, 3, 4]
    assert [kind for kind, rule in RETURNS.items() if rule.mission] == [2, 4]


@pytest.mark.parametrize(
    ("away", "height"),
    [(0.0, 0.0), (1.5, 3.0), (2.0, 4.0), (2.1, 4.0), (8.0, 8.0), (20.0, 20.0), (20.1, 60.0), (500.0, 60.0)],
)
def test_a_cone_of_45_degrees_within_20_m(away: float, height: float) -> None:
    """Over the place itself twice the distance; within NAV_ACC_RAD (2 m) of its edge no lower than 4 m."""
    assert cone_height(away, 60.0, 20.0, 2.0, 45.0) == pytest.approx(height)


def test_a_cone_ends_at_the_height_of_a_return() -> None:
    assert cone_height(50.0, 60.0, 100.0, 2.0, 25.0) == cone_height(50.0, 60.0, 10.0, 90.0, 45.0) == 60.0
    assert cone_height(50.0, 60.0, 100.0, 2.0, 89.9) == 4.0, "flat as 89 degrees are, but for the way over the ground"


def item(seq: int, command: int, placed: bool = True, **more: float) -> MissionItem:
    return MissionItem(
        command, 3, x=47.0 if placed else 0.0, y=8.0 + seq / 1000.0 if placed else 0.0, z=30.0, seq=seq, **more
    )


MISSION = (
    item(0, Cmd.NAV_TAKEOFF),
    item(1, Cmd.NAV_WAYPOINT, param1=20.0),
    item(2, Cmd.DO_CHANGE_SPEED, placed=False),
    item(3, Cmd.NAV_LOITER_TIME, param1=60.0),
    item(4, Cmd.DO_LAND_START, placed=False),
    item(5, Cmd.NAV_LOITER_TO_ALT),
    item(6, Cmd.NAV_LAND),
    item(7, Cmd.NAV_WAYPOINT),
)


def seen(path: tuple[MissionItem, ...]) -> list[tuple[int, int]]:
    assert all(one.param1 == 0.0 for one in path), "no holds"
    return [(one.seq, one.command) for one in path]


def test_the_way_forwards_passes_and_lands() -> None:
    way, down, land = Cmd.NAV_WAYPOINT, Cmd.NAV_LOITER_TO_ALT, Cmd.NAV_LAND
    assert seen(forwards(MISSION, 1, on_wings=True)) == [(1, way), (3, way), (5, down), (6, land)]
    assert seen(forwards(MISSION, 0, on_wings=True))[0] == (1, way), "wings in the air pass by a takeoff"
    assert seen(forwards(MISSION, 0, on_wings=False))[0] == (0, way)
    assert forwards(MISSION[:4], 3, on_wings=True)[-1].command == way, "nothing to land on"


def test_the_way_backwards_ends_at_the_takeoff() -> None:
    way = Cmd.NAV_WAYPOINT
    assert seen(backwards(MISSION, 5)) == [(5, Cmd.NAV_LOITER_TO_ALT), (3, way), (1, way), (0, way)]
    assert seen(backwards(MISSION, 6))[0] == (6, way), "not down at the landing"
    assert seen(backwards(MISSION[1:], 2)) == [(1, way)]
    before = (item(1, Cmd.NAV_WAYPOINT), item(2, Cmd.NAV_VTOL_TAKEOFF), item(3, Cmd.NAV_WAYPOINT))
    assert seen(backwards(before, 3)) == [(3, way), (2, way)], "not to what lies before it"
