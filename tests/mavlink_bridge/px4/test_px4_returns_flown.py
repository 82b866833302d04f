"""Returns of a PX4 by RTL_TYPE as stations see them: where it lands, and which items of the mission lead there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import atan2, hypot, nan, pi

import pytest

from autopilot.mav import Cmd, LandedState, MissionType, VtolState
from sortie import MissionItem, Session
from sortie.api.testing.stand_in import HOME as HOME_PLACE
from tests.fakes.px4_station import (
    ARM,
    EXTENDED_SYS_STATE,
    HOLD,
    LOCAL_POSITION_NED,
    MISSION,
    REPOSITION,
    RETURN,
    SessionLine,
    Station,
)

HIGH_M = HOME_PLACE.alt + 60.0
RELATIVE, RALLY, VTOL_TRANSITION = 3, 5100, 3000
Place = tuple[float, float]
_COMES_DOWN = {"MPC_Z_V_AUTO_DN": 3.0, "MPC_LAND_SPEED": 1.5}
"""Twice as fast as by default: no test here is about the way down."""


@contextmanager
def flown(kind: str, **params: float) -> Iterator[Station]:
    down = {} if kind == "plane" else _COMES_DOWN
    with Session(vehicle=f"sim:{kind}", firmware="px4", seed=3, params=down | params) as session:
        station = Station(SessionLine(session))
        station.until(lambda: bool(station.of("SYS_STATUS")) and station.armable)
        station.stream(EXTENDED_SYS_STATE, 2.0)
        station.stream(LOCAL_POSITION_NED, 5.0)
        station.run(1.0)
        yield station


def item(station: Station, command: int, place: Place | None = None, up: float = 15.0, **more: float) -> MissionItem:
    if place is None:
        return MissionItem(command, 2, **more)
    lat, lon = station.beside_home(*place)
    return MissionItem(command, RELATIVE, x=lat, y=lon, z=up, **more)


def current(station: Station) -> int:
    return int(station.of("MISSION_CURRENT")[-1].seq)


def fly_until(station: Station, seq: int, seconds: float) -> None:
    """Into the mission, until so long after `seq` has become its item."""
    station.run(1.0)
    assert station.set_mode(MISSION) == 0
    assert station.command(ARM, 1.0, 0.0) == 0
    station.until(lambda: current(station) == seq, 300.0)
    station.run(seconds)


def returns(station: Station) -> tuple[list[int], Place, float]:
    """Return, and land: the items on the way, the place, and the greatest height, m."""
    assert station.set_mode(RETURN) == 0
    top, came, before = 0.0, [current(station)], len(station.of("EXTENDED_SYS_STATE"))
    for _ in range(3000):
        station.run(0.5)
        top = max(top, station.height)
        if station.armed:
            came.append(current(station))
        assert station.mode == RETURN or not station.armed, station.mode
        if not station.armed:
            break
    assert not station.armed, (station.texts[-5:], station.place)
    states = [message.landed_state for message in station.of("EXTENDED_SYS_STATE")[before:]]
    assert LandedState.LANDING in states and states[-1] == LandedState.ON_GROUND
    items = [seq for at, seq in enumerate(came) if at == 0 or came[at - 1] != seq]
    return items, station.place[:2], top


def near(place: Place, wanted: Place, within: float = 3.0) -> bool:
    return hypot(place[0] - wanted[0], place[1] - wanted[1]) < within


HOME, LANDING, SAFE = (0.0, 0.0), (0.0, 40.0), (60.0, 30.0)
LANDS = [Cmd.DO_LAND_START, Cmd.NAV_WAYPOINT, Cmd.NAV_LAND]
# RTL_TYPE, its landing is there, a safe point is: items on the way, place
COPTER: Sequence[tuple[int, bool, bool, list[int], Place]] = (
    (0, True, False, [2], HOME),
    (0, True, True, [2], SAFE),
    (1, True, False, [3, 4, 5], LANDING),
    (1, False, False, [2], HOME),
    (2, True, True, [2, 4, 5], LANDING),
    (2, False, True, [1, 0], HOME),
    (3, True, False, [3, 4, 5], LANDING),
    (3, True, True, [2], SAFE),
    (4, True, True, [2, 4, 5], LANDING),
    (4, False, True, [1, 0], HOME),
)


@pytest.mark.parametrize(("kind", "lands", "safe", "way", "place"), COPTER)
def test_a_copter_returns_by_its_type(kind: int, lands: bool, safe: bool, way: list[int], place: Place) -> None:
    """From the leg to the third place of six; the order of items tells the way."""
    with flown("copter", RTL_TYPE=float(kind), MIS_TKO_LAND_REQ=0.0, RTL_CONE_ANG=0.0) as copter:
        legs = [item(copter, Cmd.NAV_TAKEOFF, HOME)]
        legs += [item(copter, Cmd.NAV_WAYPOINT, at) for at in ((60.0, 0.0), (60.0, 60.0))]
        last = [
            item(copter, Cmd.DO_LAND_START),
            item(copter, Cmd.NAV_WAYPOINT, (0.0, 60.0)),
            item(copter, Cmd.NAV_LAND, LANDING, 0.0),
        ]
        copter.upload((*legs, *last) if lands else tuple(legs))
        if safe:
            copter.upload((item(copter, RALLY, SAFE, 0.0),), kind=MissionType.RALLY)
        fly_until(copter, 2, 7.0)
        items, landed, top = returns(copter)
        assert items == way and near(landed, place), (items, landed)
        along = kind in (2, 4)
        assert (top < 17.0) if along else (top > 29.0), "RTL_RETURN_ALT is 30; along the mission it does not climb"


def test_a_copter_far_from_its_mission_begins_at_the_nearest_place() -> None:
    with flown("copter", RTL_TYPE=2.0, MIS_TKO_LAND_REQ=0.0) as copter:
        copter.upload(tuple(item(copter, Cmd.NAV_WAYPOINT, (40.0 * n, 0.0)) for n in range(1, 5)))
        copter.fly_to(12.0)
        go_to(copter, (85.0, 5.0), 30.0)
        items, landed, _ = returns(copter)
        assert items == [1, 0] and near(landed, HOME)


def test_the_nearest_place_is_the_nearest_in_space() -> None:
    with flown("copter", RTL_TYPE=2.0, MIS_TKO_LAND_REQ=0.0) as copter:
        high, low = ((62.0, 0.0), 60.0), ((75.0, 0.0), 12.0)
        copter.upload(tuple(item(copter, Cmd.NAV_WAYPOINT, at, up) for at, up in (high, low)))
        copter.fly_to(12.0)
        go_to(copter, (60.0, 0.0), 20.0)
        assert returns(copter)[0] == [1, 0]


def test_a_plane_that_goes_around_flies_the_way_anew() -> None:
    with flown("plane", RTL_TYPE=2.0, MIS_TKO_LAND_REQ=0.0) as plane:
        plane.upload(
            (
                item(plane, Cmd.NAV_TAKEOFF, (200.0, 0.0), 40.0, param1=12.0),
                item(plane, Cmd.NAV_WAYPOINT, (500.0, 0.0), 60.0),
                item(plane, Cmd.DO_LAND_START),
                item(plane, Cmd.NAV_WAYPOINT, (-500.0, 0.0), 40.0),
                item(plane, Cmd.NAV_LAND, HOME, 0.0),
            )
        )
        fly_until(plane, 1, 3.0)
        assert plane.set_mode(RETURN) == 0
        plane.until(lambda: current(plane) == 4, 200.0)
        plane.until(lambda: plane.height < 20.0)
        assert plane.command(Cmd.DO_GO_AROUND, 0.0) == 0
        items, landed, _ = returns(plane)
        assert items == [4, 1, 3, 4] and abs(landed[1]) < 40.0, (items, landed)


@pytest.mark.parametrize(("safe", "place"), [((8.0, 0.0), HOME), ((14.0, 0.0), (14.0, 0.0))])
def test_a_safe_point_beside_home_is_none(safe: Place, place: Place) -> None:
    """More than 10 m from it; the copter comes from behind it."""
    with flown("copter", RTL_CONE_ANG=0.0) as copter:
        copter.upload((item(copter, RALLY, safe, 0.0),), kind=MissionType.RALLY)
        copter.fly_to(12.0)
        go_to(copter, (60.0, 0.0), 20.0)
        _, landed, _ = returns(copter)
        assert near(landed, place), landed


def test_a_safe_point_is_returned_to_above_its_own_ground() -> None:
    """RTL_RETURN_ALT (30 m) over a hill of 20 m."""
    with flown("copter", RTL_CONE_ANG=0.0) as copter:
        copter.upload((item(copter, RALLY, (60.0, 30.0), 20.0),), kind=MissionType.RALLY)
        copter.fly_to(12.0)
        go_to(copter, (60.0, 0.0), 20.0)
        _, landed, top = returns(copter)
        assert near(landed, (60.0, 30.0)) and 49.0 < top < 52.0, (landed, top)


def test_a_return_keeps_its_destination_and_the_next_one_chooses_anew() -> None:
    with flown("copter", RTL_CONE_ANG=0.0) as copter:
        copter.fly_to(28.0)
        go_to(copter, (80.0, 0.0), 20.0)
        assert copter.set_mode(RETURN) == 0
        copter.run(4.0)
        assert isinstance(copter.link, SessionLine)
        personality = copter.link.session.autopilot.facts.personality
        chosen = personality.return_place()
        copter.upload((item(copter, RALLY, (80.0, 15.0), 0.0),), kind=MissionType.RALLY)
        copter.run(1.0)
        assert chosen is not None and personality.return_place() == chosen
        _, landed, _ = returns(copter)
        assert near(landed, HOME), "the one that it had chosen"
        copter.fly_to(28.0)
        go_to(copter, (80.0, 0.0), 20.0)
        _, landed, _ = returns(copter)
        assert near(landed, (80.0, 15.0))


def test_a_return_that_was_broken_off_chooses_anew() -> None:
    with flown("copter", RTL_CONE_ANG=0.0) as copter:
        copter.fly_to(28.0)
        go_to(copter, (80.0, 0.0), 20.0)
        assert copter.set_mode(RETURN) == 0
        copter.run(2.0)
        assert copter.set_mode(HOLD) == 0
        copter.upload((item(copter, RALLY, (80.0, 15.0), 0.0),), kind=MissionType.RALLY)
        _, landed, _ = returns(copter)
        assert near(landed, (80.0, 15.0))


def test_as_many_items_back_as_to_the_land_start_lead_back() -> None:
    with flown("copter", RTL_TYPE=4.0, MIS_TKO_LAND_REQ=0.0, RTL_CONE_ANG=0.0) as copter:
        legs = [item(copter, Cmd.NAV_TAKEOFF, HOME)]
        legs += [item(copter, Cmd.NAV_WAYPOINT, at) for at in ((60.0, 0.0), (60.0, 60.0), (0.0, 60.0))]
        copter.upload((*legs, item(copter, Cmd.DO_LAND_START), item(copter, Cmd.NAV_LAND, LANDING, 0.0)))
        fly_until(copter, 2, 7.0)
        items, landed, _ = returns(copter)
        assert items == [1, 0] and near(landed, HOME), (items, landed)


def test_a_mission_that_cannot_be_flown_leads_no_return() -> None:
    """It lacks the landing that MIS_TKO_LAND_REQ wants."""
    with flown("copter", RTL_TYPE=2.0, MIS_TKO_LAND_REQ=2.0, RTL_CONE_ANG=0.0) as copter:
        copter.upload(tuple(item(copter, Cmd.NAV_WAYPOINT, (40.0 * n, 40.0)) for n in range(1, 3)))
        copter.fly_to(12.0)
        go_to(copter, (60.0, 0.0), 20.0)
        _, landed, top = returns(copter)
        assert near(landed, HOME) and top > 29.0, (landed, top)


def go_to(station: Station, place: Place, seconds: float) -> None:
    lat, lon = station.beside_home(*place)
    altitude = station.of("GLOBAL_POSITION_INT")[-1].alt / 1000.0
    assert station.command(REPOSITION, -1.0, 1.0, 0.0, nan, lat, lon, altitude) == 0
    station.run(seconds)
    assert near(station.place[:2], place, 2.0), station.place


def test_a_cone_lowers_a_return_from_nearby() -> None:
    with flown("copter", RTL_MIN_DIST=40.0) as copter:
        copter.fly_to(5.0)
        go_to(copter, (20.0, 0.0), 20.0)
        _, landed, top = returns(copter)
        assert near(landed, HOME) and 19.0 < top < 22.0, top
        assert copter.get_param("RTL_CONE_ANG") == 45.0


WIDE = ((500.0, 0.0), (500.0, 500.0), (0.0, 500.0))


@pytest.mark.parametrize(("kind", "way", "comes_back_m"), [(2, [1, 0], 3.0), (1, [2], 3.0), (3, [2], 3.0)])
def test_a_vtol_comes_home_along_its_mission_or_straight(kind: int, way: list[int], comes_back_m: float) -> None:
    """Without a landing: back over its takeoff, upright there, and down at home."""
    with flown("quadplane", RTL_TYPE=float(kind), MIS_TKO_LAND_REQ=0.0) as vtol:
        legs = [item(vtol, Cmd.NAV_VTOL_TAKEOFF, HOME, 30.0)]
        vtol.upload((*legs, *(item(vtol, Cmd.NAV_WAYPOINT, at, 60.0) for at in WIDE)))
        fly_until(vtol, 2, 8.0)
        items, landed, _ = returns(vtol)
        assert items == way and near(landed, HOME, comes_back_m), (items, landed)
        assert vtol.of("EXTENDED_SYS_STATE")[-1].vtol_state == VtolState.MC


@pytest.mark.parametrize(("kind", "land", "way"), [(2, HOME, [0, 2, 3]), (1, (0.0, 60.0), [1, 2, 3])])
def test_a_vtol_that_hovers_goes_over_to_its_wings_for_the_missions_landing(
    kind: int, land: Place, way: list[int]
) -> None:
    with flown("quadplane", RTL_TYPE=float(kind), MIS_TKO_LAND_REQ=0.0) as vtol:
        vtol.upload(
            (
                item(vtol, Cmd.NAV_VTOL_TAKEOFF, HOME, 30.0),
                item(vtol, Cmd.DO_LAND_START),
                item(vtol, Cmd.NAV_WAYPOINT, (-400.0, 0.0), 60.0),
                item(vtol, Cmd.NAV_VTOL_LAND, land, 0.0),
            )
        )
        vtol.fly_to(20.0)
        go_to(vtol, (0.0, 40.0), 30.0)
        items, landed, _ = returns(vtol)
        stances = [message.vtol_state for message in vtol.of("EXTENDED_SYS_STATE")]
        assert items == way and near(landed, land, 3.0), (items, landed)
        assert VtolState.FW in stances and stances[-1] == VtolState.MC


def test_a_vtol_that_hovers_measures_home_too() -> None:
    """Type 1 leaves home out where there is a safe point, but for what rotors hold."""
    with flown("quadplane", RTL_TYPE=1.0) as vtol:
        vtol.upload((item(vtol, RALLY, (150.0, 0.0), 0.0),), kind=MissionType.RALLY)
        vtol.fly_to(20.0)
        go_to(vtol, (50.0, 0.0), 40.0)
        _, landed, _ = returns(vtol)
        assert near(landed, HOME), landed


def test_a_vtol_on_its_wings_circles_down_above_the_ground_of_its_safe_point() -> None:
    """To RTL_DESCEND_ALT (30 m) over a hill of 40 m, within NAV_FW_ALT_RAD (10 m), where rotors take over."""
    with flown("quadplane") as vtol:
        vtol.upload((item(vtol, RALLY, (300.0, 0.0), 40.0),), kind=MissionType.RALLY)
        vtol.fly_to(30.0)
        go_to(vtol, (60.0, 0.0), 40.0)
        assert vtol.command(VTOL_TRANSITION, VtolState.FW) == 0
        vtol.until(lambda: vtol.of("EXTENDED_SYS_STATE")[-1].vtol_state == VtolState.FW)
        assert vtol.command(REPOSITION, -1.0, 1.0, 0.0, nan, *vtol.beside_home(900.0, 0.0), HIGH_M) == 0
        vtol.run(40.0)
        assert vtol.set_mode(RETURN) == 0
        vtol.until(lambda: vtol.of("EXTENDED_SYS_STATE")[-1].vtol_state == VtolState.TRANSITION_TO_MC, 300.0)
        assert 60.0 < vtol.height < 80.0 and hypot(vtol.place[0] - 300.0, vtol.place[1]) < 120.0


def test_a_vtol_that_hovers_climbs_to_its_return_height() -> None:
    with flown("quadplane", RTL_TYPE=0.0) as vtol:
        vtol.fly_to(20.0)
        go_to(vtol, (60.0, 0.0), 40.0)
        _, landed, top = returns(vtol)
        assert near(landed, HOME) and 58.0 < top < 68.0, top


@pytest.mark.parametrize(("kind", "way"), [(2, [2, 4, 5]), (4, [1, 0]), (1, [3, 4, 5])])
def test_a_plane_returns_along_its_mission(kind: int, way: list[int]) -> None:
    with flown("plane", RTL_TYPE=float(kind), MIS_TKO_LAND_REQ=0.0) as plane:
        plane.upload(
            (
                item(plane, Cmd.NAV_TAKEOFF, (200.0, 0.0), 40.0, param1=12.0),
                item(plane, Cmd.NAV_WAYPOINT, (500.0, 0.0), 60.0),
                item(plane, Cmd.NAV_WAYPOINT, (500.0, 500.0), 60.0),
                item(plane, Cmd.DO_LAND_START),
                item(plane, Cmd.NAV_LOITER_TO_ALT, (-700.0, 0.0), 40.0, param1=1.0, param2=80.0, param4=1.0),
                item(plane, Cmd.NAV_LAND, HOME, 0.0),
            )
        )
        fly_until(plane, 1 if kind == 4 else 2, 3.0)
        items, landed, _ = returns(plane)
        expected = way if kind != 4 else [0]
        assert items == expected and abs(landed[1]) < 40.0, (items, landed)


@pytest.mark.parametrize(("begins", "lands"), [(HOME, (500.0, 0.0)), ((500.0, 0.0), HOME)])
def test_a_plane_beside_its_mission_begins_neither_with_the_takeoff_nor_with_the_landing(
    begins: Place, lands: Place
) -> None:
    """Whichever of them is the nearest."""
    with flown("plane", RTL_TYPE=2.0, MIS_TKO_LAND_REQ=0.0) as plane:
        plane.upload(
            (
                item(plane, Cmd.NAV_TAKEOFF, begins, 20.0, param1=12.0),
                item(plane, Cmd.DO_LAND_START),
                item(plane, Cmd.NAV_LOITER_TO_ALT, (-700.0, 0.0), 40.0, param1=1.0, param2=80.0, param4=1.0),
                item(plane, Cmd.NAV_LAND, lands, 0.0),
            )
        )
        assert plane.command(ARM, 1.0, 0.0) == 0 and plane.command(22) == 0
        plane.until(lambda: plane.height > 15.0)
        plane.until(lambda: plane.mode == HOLD, 60.0)
        go_round(plane, (60.0, 0.0))
        assert plane.command(Cmd.DO_SET_MISSION_CURRENT, 2.0) == 0
        items, landed, _ = returns(plane)
        assert items == [2, 3] and abs(landed[1]) < 40.0, (items, landed)


def go_round(plane: Station, place: Place) -> None:
    """Circle round a place for a while, low."""
    lat, lon = plane.beside_home(*place)
    altitude = plane.of("GLOBAL_POSITION_INT")[-1].alt / 1000.0
    assert plane.command(REPOSITION, -1.0, 1.0, 60.0, nan, lat, lon, altitude) == 0
    plane.run(40.0)


def test_a_landing_on_the_way_back_is_one_from_its_approach_on() -> None:
    """Of EXTENDED_SYS_STATE and of the mode, by which failsafes let it go on; not before."""
    with flown("plane", RTL_TYPE=2.0, MIS_TKO_LAND_REQ=0.0) as plane:
        plane.upload(
            (
                item(plane, Cmd.NAV_TAKEOFF, (200.0, 0.0), 40.0, param1=12.0),
                item(plane, Cmd.NAV_WAYPOINT, (500.0, 0.0), 60.0),
                item(plane, Cmd.DO_LAND_START),
                item(plane, Cmd.NAV_WAYPOINT, (-700.0, 0.0), 40.0),
                item(plane, Cmd.NAV_LAND, HOME, 0.0),
            )
        )
        fly_until(plane, 1, 3.0)
        assert plane.set_mode(RETURN) == 0
        plane.until(lambda: current(plane) == 4, 200.0, look_s=0.1)
        assert LandedState.LANDING not in [one.landed_state for one in plane.of("EXTENDED_SYS_STATE")]
        assert isinstance(plane.link, SessionLine) and plane.link.session.autopilot.modes.mode.is_landing
        plane.run(3.0)
        assert plane.height > 25.0 and plane.of("EXTENDED_SYS_STATE")[-1].landed_state == LandedState.LANDING


def test_a_circle_on_the_way_back_is_left_towards_the_place_that_follows() -> None:
    with flown("plane", RTL_TYPE=2.0, MIS_TKO_LAND_REQ=0.0) as plane:
        plane.upload(
            (
                item(plane, Cmd.NAV_TAKEOFF, (200.0, 0.0), 40.0, param1=12.0),
                item(plane, Cmd.NAV_WAYPOINT, (500.0, 0.0), 60.0),
                item(plane, Cmd.DO_LAND_START),
                item(plane, Cmd.NAV_LOITER_TO_ALT, (-300.0, 700.0), 55.0, param1=1.0, param2=100.0, param4=1.0),
                item(plane, Cmd.NAV_WAYPOINT, (-1200.0, 100.0), 45.0),
                item(plane, Cmd.NAV_WAYPOINT, (-700.0, 0.0), 40.0),
                item(plane, Cmd.NAV_LAND, HOME, 0.0),
            )
        )
        fly_until(plane, 1, 3.0)
        assert plane.set_mode(RETURN) == 0
        plane.until(lambda: current(plane) == 4, 200.0)
        seen, (north, east, _) = plane.of("LOCAL_POSITION_NED")[-1], plane.place
        course, wanted = atan2(seen.vy, seen.vx), atan2(100.0 - east, -1200.0 - north)
        assert abs((course - wanted + pi) % (2.0 * pi) - pi) < 0.5, (course, wanted)


LOITER_DOWN = int(Cmd.NAV_LOITER_TO_ALT)


@pytest.mark.parametrize(("wind_from", "taken"), [(90.0, (0.0, -400.0)), (270.0, (0.0, 400.0))])
def test_a_vtol_comes_down_the_approach_that_lies_downwind(wind_from: float, taken: Place) -> None:
    """Two approaches of home: round the one, to its height, and from there straight to the pad."""
    with flown("quadplane", SIM_WIND_SPD=5.0, SIM_WIND_DIR=wind_from) as vtol:
        ways = [item(vtol, LOITER_DOWN, (0.0, east), 45.0, param2=-60.0) for east in (-400.0, 400.0)]
        vtol.upload((item(vtol, RALLY, (3.0, 0.0), 0.0), *ways), kind=MissionType.RALLY)
        out_on_wings(vtol, (900.0, 0.0))
        low = down_at(vtol)
        assert hypot(low[0] - taken[0], low[1] - taken[1]) < 100.0 and 40.0 < low[2] < 56.0, low
        vtol.until(lambda: not vtol.armed, 300.0)
        assert near(vtol.place[:2], HOME, 3.0)


def out_on_wings(vtol: Station, place: Place) -> None:
    """Out on its wings, and told to return."""
    vtol.fly_to(30.0)
    assert vtol.command(VTOL_TRANSITION, VtolState.FW) == 0
    vtol.until(lambda: vtol.of("EXTENDED_SYS_STATE")[-1].vtol_state == VtolState.FW, 60.0)
    assert vtol.command(REPOSITION, -1.0, 1.0, 0.0, nan, *vtol.beside_home(*place), HIGH_M) == 0
    vtol.until(lambda: hypot(vtol.place[0] - place[0], vtol.place[1] - place[1]) < 150.0, 120.0)
    assert vtol.set_mode(RETURN) == 0


def down_at(vtol: Station) -> tuple[float, float, float]:
    """Where it was, m north, east, and its height, when it began to slow down to a hover or was below 50 m."""
    vtol.until(lambda: vtol.height < 50.0, 300.0)
    return (*vtol.place[:2], vtol.height)


@pytest.mark.parametrize(
    ("forced", "safe_has_one", "home_has_one", "place"),
    [
        (0.0, False, False, (300.0, 0.0)),
        (1.0, True, False, (300.0, 0.0)),
        (1.0, False, True, HOME),
        (1.0, False, False, HOME),
    ],
)
def test_a_forced_approach_leaves_places_out_that_have_none(
    forced: float, safe_has_one: bool, home_has_one: bool, place: Place
) -> None:
    """RTL_APPR_FORCE, of a safe point that is nearer than home; where nothing has one, it is home."""
    with flown("quadplane", RTL_APPR_FORCE=forced, RTL_TYPE=0.0) as vtol:
        plan = [item(vtol, RALLY, (300.0, 0.0), 0.0)]
        plan += [item(vtol, LOITER_DOWN, (300.0, 250.0), 45.0, param2=60.0)] * safe_has_one
        plan += [item(vtol, RALLY, HOME, 0.0), item(vtol, LOITER_DOWN, (0.0, 250.0), 45.0, param2=60.0)] * home_has_one
        vtol.upload(tuple(plan), kind=MissionType.RALLY)
        out_on_wings(vtol, (700.0, 0.0))
        vtol.until(lambda: not vtol.armed, 400.0)
        assert near(vtol.place[:2], place, 3.0), vtol.place


def test_a_forced_approach_that_home_lacks_leads_to_the_missions_landing() -> None:
    """Also by RTL_TYPE 0, which leaves that out otherwise."""
    with flown("quadplane", RTL_APPR_FORCE=1.0, RTL_TYPE=0.0, MIS_TKO_LAND_REQ=0.0) as vtol:
        vtol.upload(
            (
                item(vtol, Cmd.NAV_VTOL_TAKEOFF, HOME, 30.0),
                item(vtol, Cmd.DO_LAND_START),
                item(vtol, Cmd.NAV_LOITER_TO_ALT, (0.0, 400.0), 45.0, param1=1.0, param2=80.0, param4=1.0),
                item(vtol, Cmd.NAV_VTOL_LAND, (0.0, 60.0), 0.0),
            )
        )
        out_on_wings(vtol, (500.0, 0.0))
        vtol.until(lambda: not vtol.armed, 400.0)
        assert near(vtol.place[:2], (0.0, 60.0), 3.0), vtol.place


def test_what_hovers_needs_no_approach() -> None:
    with flown("quadplane", RTL_APPR_FORCE=1.0, RTL_TYPE=0.0) as vtol:
        vtol.upload((item(vtol, RALLY, (150.0, 0.0), 0.0),), kind=MissionType.RALLY)
        vtol.fly_to(20.0)
        go_to(vtol, (120.0, 0.0), 40.0)
        _, landed, _ = returns(vtol)
        assert near(landed, (150.0, 0.0)), landed
