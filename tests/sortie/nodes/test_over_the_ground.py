"""Heights above the ground: missions, guided targets, the way home and landings follow the terrain that is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from autopilot.context.events import ModeChanged, StatusText
from autopilot.interface import report as R
from autopilot.interface.geo import to_global
from autopilot.interface.reasons import ModeReason
from autopilot.mav import Cmd, Frame
from autopilot.mission.items import MissionItem
from sortie import Session
from tests.fakes.terrain import HOME, Ground, hills, map_of, ramp, write_geotiff

QUICK = {"FM_COUNTDOWN": 0.0}
Make = Callable[..., Session]


def item(command: Cmd, north: float, east: float, z: float, frame: Frame = Frame.GLOBAL_TERRAIN_ALT) -> MissionItem:
    place = to_global(HOME, (north, east, 0.0))
    return MissionItem(command, frame, x=place.lat, y=place.lon, z=z)


def wp(north: float, east: float, z: float, frame: Frame = Frame.GLOBAL_TERRAIN_ALT) -> MissionItem:
    return item(Cmd.NAV_WAYPOINT, north, east, z, frame)


UP = MissionItem(Cmd.NAV_TAKEOFF, Frame.GLOBAL_TERRAIN_ALT, z=30.0)
HOMEWARDS = MissionItem(Cmd.NAV_RETURN_TO_LAUNCH)


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Make]:
    """Makes a session on a ground, and ends it."""
    made: list[Session] = []

    def make(ground: Ground, *, half_deg: float = 0.02, **params: float) -> Session:
        file = write_geotiff(tmp_path / "ground.tif", map_of(ground, half_deg=half_deg))
        made.append(Session(terrain=file, params={**QUICK, **params}))
        return made[-1]

    yield make
    for session in made:
        session.close()


def over(session: Session) -> float:
    """True metres above the true ground."""
    r = session.autopilot.vehicle.state.report
    return float(r[R.TRUE_ALT] - r[R.TRUE_GROUND])


def flown(session: Session, items: list[MissionItem]) -> list[tuple[int, float]]:
    """The item under way and the height above the ground, each second of a mission to its end."""
    session.upload(items)
    session.wait_armable()
    session.go()
    seen: list[tuple[int, float]] = []
    for _ in range(900):
        session.run_for(1.0)
        seen.append((session.autopilot.sequencer.current_nav_index(), over(session)))
        if session.time_s > 60.0 and not session.autopilot.facts.armed:
            return seen
    raise AssertionError("the flight has not ended")


def texts(session: Session) -> list[str]:
    return [event.text for event in session.events_of(StatusText)]


def test_a_mission_keeps_its_height_over_hills(on: Make) -> None:
    """Over a hundred metres of rise and fall; from one height to another it goes linearly."""
    session = on(hills)
    seen = flown(session, [UP, wp(400, 0, 30), wp(400, 300, 50), wp(0, 0, 50), HOMEWARDS])
    level = [height for number, height in seen if number == 2][5:]  # the climb into the first leg is over
    assert len(level) > 30
    assert max(abs(height - 30.0) for height in level) < 4.0
    between = [height for number, height in seen if number == 3][5:-3]
    assert all(28.0 < height < 53.0 for height in between)
    assert np.all(np.diff(between) > -3.0)
    assert max(abs(height - 50.0) for number, height in seen if number == 4) < 5.0


def test_distances_are_told_to_the_waypoint(on: Make) -> None:
    """Not to the end of the piece that is flown."""
    session = on(hills)
    session.upload([UP, wp(400, 0, 30), HOMEWARDS])
    session.wait_armable()
    session.go()
    session.run_until(lambda s: s.autopilot.sequencer.current_nav_index() == 2, 120.0)
    session.run_for(2.0)
    r = session.autopilot.vehicle.state.report
    assert r[R.WP_DISTANCE] == pytest.approx(400.0 - r[R.NORTH], abs=2.0)


def test_a_guided_target_above_the_ground_follows_it(on: Make) -> None:
    """Given as SET_POSITION_TARGET has it."""
    session = on(ramp(0.1))
    session.wait_armable()
    session.set_mode("GUIDED")
    session.arm()
    session.takeoff(20.0)
    session.run_until(lambda s: s.state.height > 19.0, 60.0)
    facts = session.autopilot.facts
    goal = to_global(HOME, (300.0, 0.0, 0.0))
    altitude = facts.altitude(Frame.GLOBAL_TERRAIN_ALT, 20.0, goal.lat, goal.lon)
    assert altitude == pytest.approx(650.0, abs=0.5)
    assert session.autopilot.commands.guided_target(
        position=(300.0, 0.0, session.stood[0].alt - altitude),
        over_ground=facts.over_ground(Frame.GLOBAL_TERRAIN_ALT, 20.0),
    ).ok
    for _ in range(60):
        session.run_for(1.0)
        assert 16.0 < over(session) < 24.0
    assert session.autopilot.helm.arrived


def test_the_way_home_counts_from_the_ground(on: Make) -> None:
    """RTL_ALT_TYPE 1: RTL_ALT above the ground all the way; 0: above home, through the hill if it must."""
    heights = {}
    for kind in (0.0, 1.0):
        session = on(
            lambda lat, lon: 600.0 + 40.0 * np.exp(-(((lat - HOME.lat) * 1113.2 - 2.0) ** 2) * 2.0),
            RTL_ALT_TYPE=kind,
            RTL_ALT=3000.0,
            RTL_CONE_SLOPE=0.0,
        )
        seen = flown(session, [UP, wp(400, 0, 80, Frame.GLOBAL_RELATIVE_ALT), wp(400, 1, 25), HOMEWARDS])
        heights[kind] = [height for number, height in seen if number == 4]
        crashed = any("Crash" in text for text in texts(session))
        assert crashed == (kind == 0.0)  # the hill is 40 m, and the way home 30 m high
    assert max(height for height in heights[1.0]) < 33.0
    assert min(heights[1.0][8:50]) > 26.0


def test_a_way_home_above_the_ground_stays_below_the_fence(on: Make) -> None:
    """RTL_ALT_TYPE 1: lowered as far as the height above home at its end demands (ModeRTL::compute_return_target); it
    climbed into the fence."""
    fence = {"FENCE_ENABLE": 1.0, "FENCE_TYPE": 1.0, "FENCE_ALT_MAX": 40.0}
    session = on(lambda lat, lon: 600.0 + 0.0 * lat, RTL_ALT_TYPE=1.0, RTL_ALT=6000.0, **fence)
    seen = flown(session, [UP, wp(200, 0, 25), HOMEWARDS])
    assert max(height for _, height in seen) == pytest.approx(38.0, abs=0.7)
    assert not any("breached" in text for text in texts(session))


def test_where_the_data_end_it_comes_home(on: Make) -> None:
    """Level for five seconds, then by the failsafe; RTL, which cannot count from the ground there either, says so."""
    session = on(hills, half_deg=0.003, RTL_ALT_TYPE=1.0)
    flown(session, [UP, wp(800, 0, 30), HOMEWARDS])
    assert "Failsafe: Terrain data missing" in texts(session)
    reasons = [event.reason for event in session.events_of(ModeChanged)]
    assert ModeReason.TERRAIN_FAILSAFE in reasons
    r = session.autopilot.vehicle.state.report
    assert abs(r[R.TRUE_N]) < 3.0 and abs(r[R.TRUE_E]) < 3.0


WITHOUT = {"TERRAIN_ENABLE": 0.0, "ARMING_CHECK": 8.0}
"""Nothing tells of the ground, and no check of parameters asks for it."""


def test_terrain_can_be_switched_off(on: Make) -> None:
    """TERRAIN_ENABLE 0: heights above the ground count from home; the hill is still there."""
    session = on(ramp(0.05), **WITHOUT)
    seen = flown(session, [UP, wp(200, 0, 30), wp(0, 0, 30), HOMEWARDS])
    assert min(height for number, height in seen if number == 2) < 22.0


def test_a_mission_over_a_ground_that_nothing_tells_does_not_arm(on: Make) -> None:
    """TERRAIN_ENABLE 0, until a range finder looks down."""
    session = on(ramp(0.05), TERRAIN_ENABLE=0.0, RNGFND1_TYPE=100.0)
    session.upload([UP, wp(200, 0, 30)])
    session.wait_armable()
    session.set_param("WPNAV_RFND_USE", 0.0)
    session.run_for(2.0)
    assert [reason.text for reason in session.autopilot.prearm.reasons()] == ["terrain disabled"]
    session.upload([MissionItem(Cmd.NAV_TAKEOFF, Frame.GLOBAL_RELATIVE_ALT, z=30.0)])
    assert not session.autopilot.prearm.reasons()


FINDER = {"RNGFND1_TYPE": 100.0, "RNGFND1_MAX_CM": 10000.0}


def test_a_range_finder_keeps_the_height_over_hills(on: Make) -> None:
    """Of a mission, and of the way home, without any terrain data."""
    session = on(hills, RTL_ALT_TYPE=1.0, RTL_ALT=3000.0, **FINDER, **WITHOUT)
    seen = flown(session, [UP, wp(400, 0, 30), wp(400, 300, 50), wp(0, 0, 50), HOMEWARDS])
    level = [height for number, height in seen if number == 2][5:]
    assert len(level) > 30
    assert max(abs(height - 30.0) for height in level) < 4.0
    between = [height for number, height in seen if number == 3]
    assert all(28.0 < height < 54.0 for height in between)
    assert max(abs(height - 50.0) for number, height in seen if number == 4) < 4.0
    homeward = [height for number, height in seen if number == 5]
    assert homeward[0] == pytest.approx(50.0, abs=3.0)


def test_a_range_finder_that_sees_nothing_ends_the_mission(on: Make) -> None:
    """Above its range: the failsafe of missing terrain data, after five seconds."""
    session = on(hills, **FINDER | {"RNGFND1_MAX_CM": 4000.0}, **WITHOUT)
    flown(session, [UP, wp(600, 0, 60), HOMEWARDS])
    assert "Failsafe: Terrain data missing" in texts(session)
    assert "Reached command #2" not in texts(session)


def test_a_landing_place_is_approached_over_the_ground(on: Make) -> None:
    """NAV_LAND beyond a rise: the height over the ground of before is kept."""
    session = on(ramp(0.15))
    up = MissionItem(Cmd.NAV_TAKEOFF, Frame.GLOBAL_RELATIVE_ALT, z=20.0)
    seen = flown(session, [up, item(Cmd.NAV_LAND, 250, 0, 0.0)])
    assert session.autopilot.vehicle.state.report[R.TRUE_N] == pytest.approx(250.0, abs=3.0)
    assert not any("Crash" in text for text in texts(session))
    assert max(height for number, height in seen) < 25.0


def test_turns_are_flown_above_the_highest_ground(on: Make) -> None:
    """A circle is level."""
    session = on(ramp(0.2))
    turns = item(Cmd.NAV_LOITER_TURNS, 100, 0, 15.0)
    seen = flown(session, [UP, MissionItem(**{**_fields(turns), "param1": 1.0, "param3": 40.0}), HOMEWARDS])
    around = [height for number, height in seen if number == 2][25:-2]
    assert min(around) == pytest.approx(15.0, abs=2.5)
    assert max(around) == pytest.approx(15.0 + 80.0 * 0.2, abs=3.0)


def _fields(one: MissionItem) -> dict[str, float]:
    return {name: getattr(one, name) for name in one.__slots__}
