"""A mission as PX4 judges it at its upload: what it says, and that Mission is refused then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from autopilot.interface.geo import to_global
from autopilot.mav import Cmd, Frame
from autopilot.mission.items import MissionItem
from autopilot.mission.plan_types import Plan
from sortie import Session
from sortie.api.testing.stand_in import HOME
from tests.fakes.px4_station import HOLD, MISSION, SessionLine, Station

DO_SET_MODE, FORCE = 176, 21196.0


def at(command: int, north: float = 0.0, east: float = 0.0, up: float = 30.0, second: float = 0.0) -> MissionItem:
    """An item at a place, m from home, or without one where it has none."""
    if command in (Cmd.DO_LAND_START, Cmd.NAV_RETURN_TO_LAUNCH, Cmd.DO_VTOL_TRANSITION):
        return MissionItem(command, Frame.MISSION, param1=4.0 if command == Cmd.DO_VTOL_TRANSITION else 0.0)
    place = to_global(HOME, (north, east, 0.0))
    return MissionItem(command, Frame.GLOBAL_RELATIVE_ALT, x=place.lat, y=place.lon, z=up, param2=second)


UP, FIRST, SECOND = at(Cmd.NAV_TAKEOFF, 200), at(Cmd.NAV_WAYPOINT, 500), at(Cmd.NAV_WAYPOINT, 500, 500)
DOWN, START = at(Cmd.NAV_LAND, up=0.0), at(Cmd.DO_LAND_START)
BEFORE = at(Cmd.NAV_WAYPOINT, -500)
CASES = [
    ("copter", {}, [FIRST], None),
    ("copter", {}, [DOWN, FIRST], "starts with landing"),
    ("copter", {}, [replace(UP, z=-1.0), FIRST], "Takeoff altitude below home altitude!"),
    ("copter", {}, [FIRST, UP], "takeoff not first waypoint item"),
    ("copter", {"MIS_TKO_LAND_REQ": 1.0}, [FIRST], "Takeoff waypoint required."),
    ("copter", {"MIS_TKO_LAND_REQ": 2.0}, [UP, FIRST], "Landing waypoint/pattern required."),
    ("copter", {"MIS_TKO_LAND_REQ": 3.0}, [UP, FIRST], "Takeoff or Landing item missing."),
    ("copter", {"MIS_TKO_LAND_REQ": 4.0}, [UP, FIRST], "Add Landing item or remove Takeoff."),
    ("copter", {"MIS_TKO_LAND_REQ": 5.0}, [FIRST, DOWN], "Add Takeoff item or remove Landing."),
    ("copter", {"MIS_TKO_LAND_REQ": 5.0}, [UP, FIRST, DOWN], None),
    ("plane", {}, [UP, FIRST], "Landing waypoint/pattern required."),
    ("plane", {}, [UP, FIRST, BEFORE, DOWN], None),
    (
        "plane",
        {},
        [UP, FIRST, at(Cmd.NAV_WAYPOINT, -200), DOWN],
        "the landing glide slope is steeper than the vehicle setting of 5.0 degrees.",
    ),
    ("plane", {"FW_LND_ANG": 15.0}, [UP, FIRST, at(Cmd.NAV_WAYPOINT, -200), DOWN], None),
    ("plane", {}, [UP, FIRST, replace(BEFORE, z=-5.0), DOWN], "the approach waypoint must be above the landing point."),
    (
        "plane",
        {},
        [UP, at(Cmd.NAV_LOITER_TO_ALT, -60, second=80.0), DOWN],
        "the landing point must be outside the orbit radius.",
    ),
    (
        "plane",
        {},
        [UP, at(Cmd.NAV_LOITER_TIME, -500), DOWN],
        "unsupported landing approach entrance waypoint type. Only",
    ),
    ("plane", {}, [UP, START, BEFORE, START, BEFORE, DOWN], "more than one land start."),
    ("plane", {}, [UP, BEFORE, DOWN, START], "invalid land start."),
    (
        "plane",
        {},
        [UP, START, BEFORE, DOWN, at(Cmd.NAV_RETURN_TO_LAUNCH)],
        "land start item before RTL item not possible.",
    ),
]


@contextmanager
def standing(kind: str) -> Iterator[Station]:
    """A vehicle that knows its home, seen by a station."""
    with Session(vehicle=f"sim:{kind}", firmware="px4", seed=3) as session:
        station = Station(SessionLine(session))
        station.until(lambda: bool(station.of("SYS_STATUS")) and station.armable)
        yield station


@pytest.fixture(scope="module")
def stations() -> Iterator[dict[str, Station]]:
    with standing("copter") as copter, standing("plane") as plane:
        yield {"copter": copter, "plane": plane}


@pytest.mark.parametrize(("kind", "params", "items", "text"), CASES)
def test_a_mission_is_judged(
    stations: dict[str, Station], kind: str, params: dict[str, float], items: list[MissionItem], text: str | None
) -> None:
    """It is told why, and begun is a mission alone that is flown."""
    station = stations[kind]
    assert station.command(DO_SET_MODE, 1.0, *map(float, HOLD)) == 0
    before = {name: station.get_param(name) for name in params}
    for name, value in params.items():
        station.set_param(name, value)
    heard = len(station.texts)
    station.upload(())  # the same mission again is not judged again
    station.upload(tuple(items))
    station.run(1.0)
    told = [said for said in station.texts[heard:] if said.startswith("Mission rejected")]
    entered = station.command(Cmd.MISSION_START, 0.0) == 0
    assert not entered or station.command(Cmd.COMPONENT_ARM_DISARM, 0.0, FORCE) == 0, "it armed"
    for name, value in before.items():
        station.set_param(name, value)
    assert entered is (text is None) and len(told) == (text is not None), told
    assert text is None or text.startswith(told[0].removeprefix("Mission rejected: "))  # its first 50 letters


def test_a_far_first_place_is_warned_of_and_flown(stations: dict[str, Station]) -> None:
    """MIS_DIST_1WP."""
    station = stations["copter"]
    station.set_param("MIS_DIST_1WP", 400.0)
    station.upload((FIRST, SECOND))
    station.run(1.0)
    assert any(text.startswith("First waypoint far away from home: 500m.") for text in station.texts)
    assert station.command(DO_SET_MODE, 1.0, *map(float, MISSION)) == 0


@pytest.mark.parametrize(("limit", "value"), [("GF_MAX_HOR_DIST", 600.0), ("GF_MAX_VER_DIST", 25.0)])
def test_a_place_beyond_the_fences_distance_is_not_flown(
    stations: dict[str, Station], limit: str, value: float
) -> None:
    """The first of them is named, whatever GF_ACTION is."""
    station = stations["copter"]
    assert station.command(DO_SET_MODE, 1.0, *map(float, HOLD)) == 0
    station.set_param(limit, value)
    heard = len(station.texts)
    station.upload(())
    station.upload((replace(FIRST, z=10.0), SECOND))
    station.run(1.0)
    told = [text for text in station.texts[heard:] if text.startswith("Geofence")]
    refused = station.command(Cmd.MISSION_START, 0.0) == 2
    station.set_param(limit, 0.0)
    assert told == ["Geofence violation for waypoint 2"] and refused


def test_a_mission_is_judged_again_when_the_fence_is_another() -> None:
    """Every area to stay in counts."""
    with standing("copter") as station:
        assert isinstance(station.link, SessionLine)
        for radius, told in ((400.0, 1), (900.0, 0)):
            heard = len(station.texts)
            ring = MissionItem(Cmd.NAV_FENCE_CIRCLE_INCLUSION, Frame.GLOBAL, x=HOME.lat, y=HOME.lon, param1=radius)
            station.link.session.upload(Plan(items=(FIRST,), fence=(ring,)))
            station.run(1.0)
            assert station.texts[heard:].count("Geofence violation for waypoint 1") == told
            entered = station.command(Cmd.MISSION_START, 0.0) == 0
            assert entered is (not told)


@pytest.mark.parametrize(("items", "flies"), [([UP, FIRST], True), ([UP, FIRST, UP], False)])
def test_go_flies_no_mission_that_was_rejected(items: list[MissionItem], flies: bool) -> None:
    """`sortie fly PLAN --firmware px4` ends as a station's MISSION_START would."""
    with standing("copter") as station:
        station.upload(tuple(items))
        station.run(1.0)
        assert (station.command(Cmd.USER_1, 32.0) == 0) is flies
        assert ("GO refused: the mission was rejected" in station.texts) is not flies


def test_a_takeoff_without_a_place_is_inside_the_fence() -> None:
    """Of a plan file for ArduPilot, as examples/square.plan: it is flown where the vehicle stands."""
    with standing("copter") as station:
        assert isinstance(station.link, SessionLine)
        ring = MissionItem(Cmd.NAV_FENCE_CIRCLE_INCLUSION, Frame.GLOBAL, x=HOME.lat, y=HOME.lon, param1=900.0)
        station.link.session.upload(Plan(items=(replace(UP, x=0.0, y=0.0), FIRST), fence=(ring,)))
        station.run(1.0)
        assert not [text for text in station.texts if text.startswith("Geofence")]
        assert station.command(Cmd.USER_1, 32.0) == 0
