"""What a rehearsal finds about terrain: each rule at the right item, and nothing where the way is clear."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from autopilot.interface import report as R
from autopilot.interface.geo import GeoPoint, to_global
from autopilot.mav import Cmd, Frame
from autopilot.mission.items import MissionItem
from autopilot.mission.plan import Plan
from sortie import Session, rehearse
from sortie.nodes.flight import Flight, FlightResult
from sortie.rehearsal.rehearsal import Rehearsal
from tests.fakes.terrain import Floats, Ground, map_of, ramp, write_geotiff

HOME = GeoPoint(47.0, 8.0, 400.0)
TERRAIN = Frame.GLOBAL_TERRAIN_ALT
_M = 111318.845
UP, BACK = MissionItem(Cmd.NAV_TAKEOFF, z=20.0), MissionItem(Cmd.NAV_RETURN_TO_LAUNCH)


def ridge(height: float, north: float = 200.0, width: float = 40.0) -> Ground:
    """A ridge across the way north, on a plain at 500 m."""
    return lambda lat, lon: 500.0 + height * np.exp(-((((lat - HOME.lat) * _M - north) / width) ** 2)) + 0.0 * lon


def with_hole(lat: Floats, lon: Floats) -> Floats:
    """A plain without heights from 150 m north of home on."""
    return np.where((lat - HOME.lat) * _M > 150.0, np.nan, 500.0)


def wp(north: float, east: float, z: float, frame: Frame = Frame.GLOBAL_RELATIVE_ALT, **more: float) -> MissionItem:
    place = to_global(HOME, (north, east, 0.0))
    return MissionItem(Cmd.NAV_WAYPOINT, frame, x=place.lat, y=place.lon, z=z, **more)  # type: ignore[arg-type]


def at(command: Cmd, north: float, east: float, z: float, frame: Frame, **more: float) -> MissionItem:
    place = to_global(HOME, (north, east, 0.0))
    return MissionItem(command, frame, x=place.lat, y=place.lon, z=z, **more)  # type: ignore[arg-type]


def plan_of(*items: MissionItem) -> Plan:
    numbered = [
        MissionItem(*(getattr(one, name) for name in one.__slots__[:-1]), seq=k) for k, one in enumerate(items, 1)
    ]
    return Plan(HOME, tuple(numbered))


def judged(
    folder: Path, ground: Ground, plan: Plan, params: Mapping[str, float] | None = None, vehicle: str = "sim:copter"
) -> Rehearsal:
    file = write_geotiff(folder / "ground.tif", map_of(ground, HOME), nodata=-9999.0)
    return rehearse(plan, vehicle=vehicle, terrain=file, params=params)


def rules(result: Rehearsal) -> set[tuple[str, int | None]]:
    return {(one.rule.name, one.item) for one in result.findings if one.rule.name.startswith("terrain")}


BEYOND = (UP, wp(400, 0, 20), BACK)


@pytest.mark.parametrize(
    ("ground", "items", "params", "found"),
    [
        (ridge(40.0), BEYOND, {"RTL_ALT": 6000.0, "RTL_CONE_SLOPE": 0.0}, {("terrain-leg", 2)}),
        (ridge(40.0), (UP, wp(0, 50, 60), wp(400, 50, 60), wp(400, 0, 20), BACK), {"RTL_CONE_SLOPE": 0.0},
         {("terrain-return", 4), ("terrain-leg", 5)}),
        (ridge(40.0), (UP, wp(0, 50, 60), wp(400, 50, 60), BACK), {"RTL_ALT": 3000.0}, set()),
        (ridge(17.0, width=80.0), BEYOND, {"RTL_ALT": 6000.0, "RTL_CONE_SLOPE": 0.0}, {("terrain-close", 2)}),
        (ridge(40.0), (UP, wp(400, 0, 20, TERRAIN), BACK), {"RTL_ALT": 6000.0, "RTL_CONE_SLOPE": 0.0}, set()),
        (ridge(40.0), (UP, wp(400, 0, 20, TERRAIN), BACK), {"RTL_ALT_TYPE": 1.0}, set()),
        (ridge(40.0), (UP, wp(400, 0, 20, TERRAIN), BACK), {"TERRAIN_ENABLE": 0.0, "RTL_ALT": 6000.0,
         "RTL_CONE_SLOPE": 0.0}, {("terrain-leg", 2)}),
        (ridge(40.0), (UP, wp(0, 50, 60), wp(400, 50, 60), wp(400, 0, 20, TERRAIN), BACK),
         {"TERRAIN_ENABLE": 0.0, "RTL_ALT_TYPE": 1.0, "RTL_CONE_SLOPE": 0.0},
         {("terrain-return", 4), ("terrain-leg", 5)}),
        (with_hole, BEYOND, {}, {("terrain-unknown", 2), ("terrain-unknown", 3)}),
        (with_hole, (UP, wp(400, 0, 20, TERRAIN), BACK), {}, {("terrain-end", 2), ("terrain-unknown", 3)}),
        (ramp(0.4, HOME, 500.0), (UP, wp(20, 0, 40), at(Cmd.NAV_LAND, -30, 0, 0, TERRAIN)), {},
         {("terrain-slope", 1), ("terrain-slope", 3)}),
        (ridge(30.0), (UP, at(Cmd.NAV_LOITER_TURNS, 200, 0, 20, Frame.GLOBAL_RELATIVE_ALT, param1=1, param3=30), BACK),
         {"RTL_ALT": 6000.0, "RTL_CONE_SLOPE": 0.0}, {("terrain-leg", 2)}),
        (ridge(30.0), (UP, at(Cmd.NAV_LOITER_TURNS, 200, 0, 20, TERRAIN, param1=1, param3=30), BACK),
         {"RTL_ALT": 6000.0, "RTL_CONE_SLOPE": 0.0}, set()),
        (ridge(60.0), (UP, wp(0, 30, 590, Frame.GLOBAL), wp(400, 50, 590, Frame.GLOBAL), BACK), {}, set()),
    ],
)  # fmt: skip
def test_each_rule_finds_its_item(
    tmp_path: Path,
    ground: Ground,
    items: tuple[MissionItem, ...],
    params: Mapping[str, float],
    found: set[tuple[str, int | None]],
) -> None:
    """Legs, ways home, landings, turns and the end of the data; and nothing else."""
    assert rules(judged(tmp_path, ground, plan_of(*items), params)) == found


@pytest.mark.parametrize("vehicle", ["sim:plane", "sim:quadplane"])
@pytest.mark.parametrize(
    ("height", "params", "found"),
    [
        (60.0, {"RTL_ALTITUDE": 150.0}, set()),
        (60.0, {"RTL_ALTITUDE": -1.0}, {4, 5}),
        (60.0, {"RTL_ALTITUDE": 150.0, "TECS_CLMB_MAX": 0.2}, {4, 5}),
        (60.0, {"RTL_ALTITUDE": 150.0, "TECS_CLMB_MAX": 0.2, "FLIGHT_OPTIONS": 16.0}, set()),
        (60.0, {"RTL_ALTITUDE": -1.0, "TERRAIN_FOLLOW": 16.0}, set()),
        (110.0, {"RTL_ALTITUDE": 60.0}, {3, 4, 5, 6, 7}),
        (110.0, {"RTL_ALTITUDE": 150.0}, set()),
    ],
)
def test_wings_return_at_their_own_height(
    tmp_path: Path, vehicle: str, height: float, params: Mapping[str, float], found: set[int]
) -> None:
    """They climb to RTL_ALTITUDE on the way and sink to it evenly; a copter's RTL_ALT is none of theirs."""
    behind = (wp(1500, 400, 150), wp(1500, 0, 40), wp(1500, -400, 40), wp(1500, -800, 150))
    plan = plan_of(MissionItem(Cmd.NAV_TAKEOFF, z=60.0), wp(0, 400, 150), *behind, wp(0, -800, 150), BACK)
    result = judged(tmp_path, ridge(height, north=600.0), plan, params, vehicle)
    assert {item for rule, item in rules(result) if rule == "terrain-return"} == found


def test_heights_count_from_the_ground_of_the_map(tmp_path: Path) -> None:
    """Home stands on it, whatever height the plan has; what lies below home is no finding where the ground falls."""
    valley = plan_of(UP, wp(300, 0, 10, TERRAIN), wp(300, 100, -10), BACK)
    result = judged(tmp_path, ramp(-0.1, HOME, 500.0), valley, {"RTL_CONE_SLOPE": 0.0})
    assert {one.rule.name for one in result.findings} == {"frame-mixed"}


def test_without_terrain_nothing_is_said_of_it() -> None:
    """The ground is flat there."""
    assert not rules(rehearse(plan_of(*BEYOND)))


def test_what_is_found_is_what_happens(tmp_path: Path) -> None:
    """The plan into the ridge crashes there when it is flown, the one above the ground does not."""
    file = write_geotiff(tmp_path / "ground.tif", map_of(ridge(40.0), HOME))
    for frame, result in ((Frame.GLOBAL_RELATIVE_ALT, "failed"), (TERRAIN, "completed")):
        plan = plan_of(UP, wp(400, 0, 20, frame), BACK)
        params = {"RTL_ALT_TYPE": 1.0, "FM_COUNTDOWN": 0.0}
        judgement = rehearse(plan, terrain=file, params=params)
        assert judgement.go == (result == "completed")
        with Session(home=HOME, terrain=file, params=params) as session:
            session.upload(plan)
            assert _flown(session).result == result


def _flown(session: Session) -> FlightResult:
    flight = Flight(session.service)
    session.service.watchers.follow(flight)
    assert session.pass_until(lambda _: flight.done, 400.0, 1.0)
    return flight.result


def test_legs_that_follow_the_ground_take_the_time_that_its_slopes_take(tmp_path: Path) -> None:
    """Flown it takes a third longer than over a plain, and so it does by the rules."""
    file = write_geotiff(tmp_path / "ground.tif", map_of(ridge(120.0, 300.0, 100.0), HOME))
    params = {"RTL_ALT_TYPE": 1.0, "FM_COUNTDOWN": 0.0}
    plan = plan_of(UP, wp(600, 0, 30, TERRAIN), BACK)
    with Session(home=HOME, terrain=file, params=params) as session:
        session.upload(plan)
        flown_s = _flown(session).flight_time_s
    found_s, level_s = (rehearse(plan, terrain=ground, params=params).time_s for ground in (file, None))
    assert level_s < 0.8 * flown_s
    assert found_s == pytest.approx(flown_s, rel=0.1)


def test_flights_are_flown_on_the_same_ground(tmp_path: Path) -> None:
    """`--flights` with `--terrain`: the crash is in the figures too."""
    file = write_geotiff(tmp_path / "ground.tif", map_of(ridge(40.0), HOME))
    plan = plan_of(UP, wp(400, 0, 20), BACK)
    result = rehearse(plan, terrain=file, flights=1)
    assert {"terrain-leg", "flown-incomplete"} <= {one.rule.name for one in result.findings}


@pytest.mark.parametrize(("ahead_m", "clear"), [(0.0, False), (2000.0, True)])
def test_wings_climb_before_a_slope(tmp_path: Path, ahead_m: float, clear: bool) -> None:
    """TERRAIN_LOOKAHD: ground that rises faster than the plane is passed in its height; without, it flies into it.
    The rules say so before."""
    ground = ridge(150.0, 1400.0, 260.0)
    file = write_geotiff(tmp_path / "ground.tif", map_of(ground, HOME))
    params = {"TERRAIN_LOOKAHD": ahead_m, "FM_COUNTDOWN": 0.0, "RTL_ALTITUDE": 300.0}
    plan = plan_of(MissionItem(Cmd.NAV_TAKEOFF, z=40.0), wp(500, 0, 40, TERRAIN), wp(2100, 0, 40, TERRAIN))
    judged = rehearse(plan, vehicle="sim:plane", terrain=file, params=params)
    steep = [one.item for one in judged.findings if one.rule.name == "terrain-leg"]
    assert steep == ([] if clear else [3])
    with Session("sim:plane", home=HOME, terrain=file, params=params) as session:
        session.upload(plan)
        flight, vehicle, over = Flight(session.service), session.service.vehicle, []
        session.service.watchers.follow(flight)

        def past(_: object) -> bool:
            truth = vehicle.state.report
            place = to_global(HOME, (truth[R.TRUE_N], truth[R.TRUE_E], 0.0))
            if truth[R.TRUE_N] > 500.0:
                over.append(truth[R.TRUE_ALT] - float(ground(np.array(place.lat), np.array(place.lon))))
            return flight.done or truth[R.TRUE_N] > 2050.0

        session.pass_until(past, 300.0, 0.5)
    assert (min(over) > 25.0) == clear
    assert (min(over) < 2.0) != clear
