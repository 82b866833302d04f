"""Plans with one planted error each, and good ones: every error is found at its item, by its rule, and nothing else is.

A row of the table says what is planted into which base. Every base gives no finding by itself; so what is found was
planted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from autopilot.interface.footprint import Lens
from autopilot.interface.geo import GeoPoint
from autopilot.mav import Cmd, Frame, MissionType, VehicleType
from autopilot.mission.items import MissionItem
from autopilot.mission.plan import Plan
from autopilot.mission.plan_types import Survey
from autopilot.rehearsal.findings import RULES, FindingSeverity
from sortie import rehearse
from sortie.api.sample import circuit
from sortie.rehearsal.rehearsal import Rehearsal
from tests.fakes.plans import AROUND, BACK, GOOD, HOME, OUT, POLYGON, UP, WIDE, WITHIN, at, do, plan_of, ring, wp
from tests.fakes.terrain import Floats, map_of, write_geotiff

TERRAIN = Frame.GLOBAL_TERRAIN_ALT
Plant = Callable[[Plan], Plan]


# --- ground -----------------------------------------------------------------------------------------------------------
def ridge(lat: Floats, lon: Floats) -> Floats:
    """A plain at 500 m; 200 m north of home a ridge of 40 m; no heights from 600 m north on; a bank of 1 in 2 in the
    south."""
    north = (lat - HOME.lat) * 111318.845
    ground = 500.0 + 40.0 * np.exp(-(((north - 200.0) / 40.0) ** 2)) + np.where(north < -100.0, -0.5 * (north + 100), 0)
    return np.where(north > 600.0, np.nan, ground) + 0.0 * lon


# --- bases ------------------------------------------------------------------------------------------------------------
def survey_plan(every_m: float, apart_m: float, lines: int = 4, long_m: float = 120.0, least_s: float = 0.5) -> Plan:
    """Lines north and south over an area, photos of 40 m by 60 m that are to overlap by 70 % and 60 %."""
    items = [replace(UP, z=50.0)]
    for line in range(lines):
        for end, trigger in zip((0.0, long_m) if line % 2 == 0 else (long_m, 0.0), (every_m, 0.0), strict=True):
            items += [wp(end, line * apart_m, 50.0), do(Cmd.DO_SET_CAM_TRIGG_DIST, trigger, param3=1.0)]
    wide = (lines - 1) * apart_m
    area = tuple((c["x"], c["y"]) for c in (at(0, 0), at(long_m, 0), at(long_m, wide), at(0, wide)))
    noted = Survey(2, len(items), area, 0.0, Lens(6.0, 4.0, 5.0), 0.7, 0.6, least_s)
    return replace(plan_of(*items, BACK), surveys=(noted,))


@dataclass(frozen=True)
class Base:
    """A good plan, and how it is flown."""

    plan: Plan
    params: Mapping[str, float] = field(default_factory=dict)
    hills: bool = False
    vehicle: str = "sim:copter"


FENCED = {"FENCE_ENABLE": 1.0, "FENCE_TYPE": 4.0}
HIGH = {"RTL_ALT": 6000.0, "RTL_CONE_SLOPE": 0.0}
RALLY = MissionItem(Cmd.NAV_RALLY_POINT, z=20.0, **at(30, 30))
LOOP = (UP, wp(100, 0), wp(100, 100), do(Cmd.DO_JUMP, 2, 2), do(Cmd.DO_SET_SERVO, 9, 1500), wp(0, 100), BACK)
SQUARE = Base(plan_of(*GOOD))
IN_FENCE = Base(plan_of(*GOOD, fence=WIDE, rally=(RALLY,)), FENCED)
LIMITED = Base(plan_of(*GOOD), {"FENCE_ENABLE": 1.0})
JUMPS = Base(plan_of(*LOOP))
CIRCLE = Base(plan_of(UP, do(Cmd.NAV_LOITER_TURNS, 1, param3=20.0, z=20.0, **at(50, 0)), BACK))
OVER = Base(plan_of(replace(UP, z=60.0), wp(0, 50, 60), wp(400, 50, 60), wp(0, 60, 60), BACK), HIGH, hills=True)
SURVEY = Base(survey_plan(12.0, 24.0))
DRIVEN = Base(plan_of(wp(50, 0, 0.0), wp(50, 50, 0.0)), vehicle="sim:rover")
CIRCUIT = Base(plan_of(*circuit(HOME)), vehicle="sim:plane")
LIFTED = Base(
    plan_of(do(Cmd.NAV_VTOL_TAKEOFF, z=20.0), wp(800, 0), wp(400, 300), do(Cmd.NAV_VTOL_LAND, **at(0, 0))),
    vehicle="sim:quadplane",
)
BASES = {name: base for name, base in globals().items() if isinstance(base, Base)}


# --- what is planted --------------------------------------------------------------------------------------------------
def renumbered(plan: Plan, items: list[MissionItem]) -> Plan:
    return replace(plan, items=tuple(replace(one, seq=seq) for seq, one in enumerate(items, 1)))


def change(seq: int, **values: object) -> Plant:
    """Other fields of an item."""
    return lambda plan: renumbered(
        plan,
        [replace(one, **values) if one.seq == seq else one for one in plan.items],  # type: ignore[arg-type]
    )


def put(seq: int, item: MissionItem) -> Plant:
    """Another item in its place."""
    return lambda plan: renumbered(plan, [item if one.seq == seq else one for one in plan.items])


def add(seq: int, *items: MissionItem) -> Plant:
    """Further items before it."""
    return lambda plan: renumbered(plan, [*plan.items[: seq - 1], *items, *plan.items[seq - 1 :]])


def drop(*seqs: int) -> Plant:
    return lambda plan: renumbered(plan, [one for one in plan.items if one.seq not in seqs])


def fence(*items: MissionItem) -> Plant:
    """Further zones."""
    return lambda plan: replace(
        plan, fence=tuple(replace(one, seq=seq) for seq, one in enumerate((*plan.fence, *items)))
    )


def rally(item: MissionItem) -> Plant:
    return lambda plan: replace(plan, rally=(*plan.rally, replace(item, seq=len(plan.rally))))


def same(plan: Plan) -> Plan:
    """Nothing: how it is flown is wrong."""
    return plan


def another_survey(every_m: float, apart_m: float, **more: float) -> Plant:
    return lambda plan: survey_plan(every_m, apart_m, **more)  # type: ignore[arg-type]


def no_camera(plan: Plan) -> Plan:
    return replace(plan, surveys=tuple(replace(one, lens=None) for one in plan.surveys))


@dataclass(frozen=True)
class Row:
    """One planted error: the rule and the item that find it. `also`: what else follows from it."""

    rule: str
    item: int | None
    base: Base
    what: str
    plant: Plant
    params: Mapping[str, float] = field(default_factory=dict)
    also: frozenset[tuple[str, int | None]] = frozenset()
    home: GeoPoint | None = None
    part: MissionType = MissionType.MISSION


def also(*found: tuple[str, int | None]) -> frozenset[tuple[str, int | None]]:
    return frozenset(found)


_P = MissionType.RALLY
TABLE = (
    # rule, item, base, what is planted
    Row("fence-leg", 3, IN_FENCE, "an excluded polygon on the leg", fence(*ring(OUT, 100, 50, 10))),
    Row("fence-leg", 3, IN_FENCE, "an excluded circle on the leg", fence(do(AROUND, 8.0, **at(104, 50)))),
    Row("fence-leg", 3, IN_FENCE, "a waypoint beyond the fence", change(3, **at(100, 500)),
        also=also(("fence-leg", 4))),
    Row("fence-leg", 3, IN_FENCE, "a second zone that ends before it", fence(do(WITHIN, 120.0, **at(0, 0))),
        also=also(("fence-leg", 4))),
    Row("fence-leg", 2, CIRCLE, "a circle that leaves the zone", fence(do(WITHIN, 65.0, **at(0, 0))), FENCED),
    Row("fence-leg", 2, LIMITED, "a waypoint beyond FENCE_RADIUS", change(2, **at(310, 0))),
    Row("fence-altitude", 2, LIMITED, "a waypoint above FENCE_ALT_MAX", change(2, z=120.0)),
    Row("fence-altitude", 2, LIMITED, "the same of a fence that acts by itself", change(2, z=120.0),
        {"FENCE_ENABLE": 0.0, "FENCE_AUTOENABLE": 3.0}),
    Row("fence-altitude", 3, SQUARE, "a waypoint below FENCE_ALT_MIN", change(3, z=5.0),
        {"FENCE_ENABLE": 1.0, "FENCE_TYPE": 8.0, "FENCE_ALT_MIN": 8.0}),
    Row("fence-home", None, SQUARE, "a zone that home is not in", fence(*ring(POLYGON, 100, 50, 95)), FENCED,
        also(*(("fence-leg", seq) for seq in (1, 2, 4, 5)))),
    Row("fence-close", 3, IN_FENCE, "an excluded circle 1 m beside the turn", fence(do(AROUND, 49.0, **at(150, 100)))),
    Row("fence-close", 2, IN_FENCE, "an excluded circle behind a turn: no room to stop",
        lambda plan: fence(do(AROUND, 5.0, **at(112, -1)))(change(3, **at(120, 20))(plan))),
    Row("fence-off", None, IN_FENCE, "FENCE_ENABLE 0", same, {"FENCE_ENABLE": 0.0}),
    Row("rally-outside", 1, IN_FENCE, "a rally point beyond the fence", rally(replace(RALLY, **at(600, 0))), part=_P,
        also=also(("rally-far", 1))),
    Row("rally-far", 0, SQUARE, "a rally point 400 m away", rally(replace(RALLY, **at(400, 0))), part=_P),
    Row("home-unreachable", 2, SQUARE, "home 111 km away", same, home=GeoPoint(46.0, 8.0, 400.0),
        also=also(("battery", 2))),
    Row("home-far", 2, SQUARE, "home 2 km away", same, home=GeoPoint(47.02, 8.0, 400.0)),
    Row("home-unknown", None, SQUARE, "heights above the sea, and no home",
        lambda plan: replace(renumbered(plan, [replace(one, frame=Frame.GLOBAL) for one in plan.items]), home=None)),
    Row("battery", 2, SQUARE, "a waypoint 20 km away", change(2, **at(20_000, 0)), also=also(("home-far", 2))),
    Row("battery", 3, SQUARE, "an hour of waiting at a waypoint", change(3, param1=3600.0)),
    Row("battery", 4, SQUARE, "a battery of 2 Wh", same, {"SIM_BATT_CAP_AH": 0.2}),
    Row("jump-nowhere", 3, SQUARE, "a jump to a tag that is not there", add(3, do(Cmd.DO_JUMP_TAG, 7, 1)),
        also=also(("end-missing", 2), *(("never-runs", seq) for seq in (4, 5, 6)))),
    Row("jump-idle", 4, JUMPS, "a loop of DO items alone", lambda plan: put(4, do(Cmd.DO_JUMP, 3, -1))(
        put(3, do(Cmd.DO_SET_SERVO, 9, 1500))(plan)),
        also=also(("end-missing", 2), *(("never-runs", seq) for seq in (5, 6, 7)))),
    Row("jump-endless", 4, JUMPS, "a jump that is taken for ever", put(4, do(Cmd.DO_JUMP, 2, -1)),
        also=also(*(("never-runs", seq) for seq in (5, 6, 7)))),
    Row("nothing-flown", None, SQUARE, "a wait of a plane alone",
        lambda plan: plan_of(MissionItem(Cmd.NAV_ALTITUDE_WAIT)), also=also(("skipped", 1))),
    Row("plan-kind", None, SQUARE, "a plan of a fixed wing for a copter",
        lambda plan: replace(plan, vehicle_type=VehicleType.FIXED_WING)),
    Row("takeoff-missing", 1, SQUARE, "no takeoff", drop(1)),
    Row("takeoff-low", 1, SQUARE, "a takeoff to half a metre", change(1, z=0.5)),
    Row("end-missing", 4, SQUARE, "no way home", drop(5)),
    Row("never-runs", 5, SQUARE, "a waypoint behind RTL", lambda plan: renumbered(plan, [
        *plan.items[:3], plan.items[4], plan.items[3]])),
    Row("never-runs", 4, SQUARE, "a change to ALT_HOLD", put(3, do(Cmd.DO_AUX_FUNCTION, 70.0, 2.0)),
        also=also(("never-runs", 5))),
    Row("never-runs", 3, SQUARE, "a waypoint that is jumped over", add(2, do(Cmd.DO_JUMP, 4, 1))),
    Row("never-runs", 5, JUMPS, "a DO item behind a loiter without end", put(3, do(Cmd.NAV_LOITER_UNLIM, z=20.0)),
        also=also(("never-runs", 6), ("never-runs", 7))),
    Row("behind-landing", 6, SQUARE, "a servo behind RTL", add(6, do(Cmd.DO_SET_SERVO, 9, 1700))),
    Row("behind-landing", 6, SQUARE, "a relay behind a landing", lambda plan: add(6, do(Cmd.DO_SET_RELAY, 0, 1))(
        put(5, do(Cmd.NAV_LAND, **at(0, 0)))(plan))),
    Row("condition-swallows", 3, SQUARE, "a delay longer than the leg", lambda plan: add(
        3, do(Cmd.CONDITION_DELAY, 60), do(Cmd.DO_SET_SERVO, 9, 1700))(plan)),
    Row("condition-swallows", 4, SQUARE, "two delays that are together longer than the leg", lambda plan: add(
        3, do(Cmd.CONDITION_DELAY, 9), do(Cmd.CONDITION_DELAY, 9), do(Cmd.DO_SET_SERVO, 9, 1700))(plan)),
    Row("condition-swallows", 3, SQUARE, "a distance that is never reached", lambda plan: add(
        3, do(Cmd.CONDITION_DISTANCE, 0), do(Cmd.DO_SET_SERVO, 9, 1700))(plan)),
    Row("speed-beyond", 2, SQUARE, "a climb at 12 m/s", add(2, do(Cmd.DO_CHANGE_SPEED, 2, 12))),
    Row("speed-beyond", 2, SQUARE, "a descent at 6 m/s", add(2, do(Cmd.DO_CHANGE_SPEED, 3, 6))),
    Row("radius-limited", 2, CIRCLE, "a circle of 3 km", change(2, param3=3000.0), also=also(("battery", 2))),
    Row("radius-limited", 3, DRIVEN, "a circle that a rover cannot turn",
        add(3, do(Cmd.NAV_LOITER_TURNS, 1, param3=0.5, **at(50, 0)))),
    Row("skipped", 3, SQUARE, "an engine", add(3, do(Cmd.DO_ENGINE_CONTROL, 1))),
    Row("skipped", 1, DRIVEN, "a takeoff of a rover", add(1, UP)),
    Row("speed-beyond", 2, SQUARE, "25 m/s", add(2, do(Cmd.DO_CHANGE_SPEED, 1, 25))),
    Row("speed-ignored", 3, SQUARE, "a speed of 0", add(3, do(Cmd.DO_CHANGE_SPEED, 1, 0))),
    Row("radius-jerky", 2, CIRCLE, "a circle of 1 m", change(2, param3=1.0)),
    Row("below-home", 2, SQUARE, "a waypoint 5 m below home", change(2, z=-5.0)),
    Row("frame-mixed", 3, SQUARE, "one height above the sea", change(3, z=420.0, frame=Frame.GLOBAL)),
    Row("frame-terrain", 1, SQUARE, "heights above the ground, without terrain",
        lambda plan: renumbered(plan, [replace(one, frame=TERRAIN) for one in plan.items])),
    Row("terrain-leg", 3, OVER, "a leg through the ridge", lambda plan: change(2, z=20.0)(change(3, z=20.0)(plan)),
        also=also(("terrain-close", 4))),
    Row("terrain-close", 3, OVER, "a leg just above the ridge", lambda plan: change(2, z=39.0)(
        change(3, z=39.0)(change(4, z=80.0)(plan)))),
    Row("terrain-return", 4, OVER, "RTL at 30 m from behind the ridge", change(4, z=20.0, **at(400, 60)),
        {"RTL_ALT": 3000.0}, also(("terrain-leg", 5))),
    Row("terrain-slope", 5, OVER, "a landing on a bank", put(5, do(Cmd.NAV_LAND, **at(-200, 0))),),
    Row("terrain-unknown", 3, OVER, "a waypoint beyond the map", change(3, **at(900, 50)),
        also=also(("terrain-unknown", 4))),
    Row("terrain-end", 3, OVER, "a waypoint above a ground that is not known", change(3, frame=TERRAIN, **at(900, 50)),
        also=also(("terrain-unknown", 4), ("frame-mixed", 3))),
    Row("photo-gap", 6, SURVEY, "two lines of four", another_survey(12.0, 140.0, lines=2),
        also=also(("photo-overlap", 8))),
    Row("photo-overlap", 4, SURVEY, "photos 20 m apart", another_survey(20.0, 24.0),
        also=also(*(("photo-overlap", seq) for seq in (8, 12, 16)))),
    Row("photo-apart", 4, SURVEY, "photos 50 m apart", another_survey(50.0, 24.0),
        also=also(*(("photo-apart", seq) for seq in (8, 12, 16)))),
    Row("photo-fast", 4, SURVEY, "a camera that takes 3 s", another_survey(12.0, 24.0, least_s=3.0),
        also=also(*(("photo-fast", seq) for seq in (8, 12, 16)))),
    Row("photo-unknown", 4, SURVEY, "a survey without a camera", no_camera),
    Row("landing-unjoined", 5, CIRCUIT, "a DO_LAND_START that no return joins", add(5, do(Cmd.DO_LAND_START))),
    Row("landing-near", 4, LIFTED, "a waypoint 100 m before an upright landing", change(3, **at(100, 0))),
    Row("landing-high", 6, CIRCUIT, "a landing 30 m above the ground", change(6, z=30.0)),
    Row("return-circles", 6, CIRCUIT, "RTL in the place of a landing", put(6, BACK)),
    Row("radius-tight", 5, CIRCUIT, "a circle of 12 m", change(5, param2=12.0)),
    Row("leg-short", 3, CIRCUIT, "a zigzag of 20 m", add(3, wp(500, 20, 60), wp(520, 20, 60)),
        also=also(("leg-short", 4))),
    Row("climb-steep", 3, CIRCUIT, "200 m of height on the way to a corner", change(3, z=260.0)),
    Row("approach-steep", 6, CIRCUIT, "an approach from 120 m", change(5, z=120.0)),
    Row("speed-ignored", 3, CIRCUIT, "an airspeed above AIRSPEED_MAX", add(3, do(Cmd.DO_CHANGE_SPEED, 0, 45))),
)  # fmt: skip


@pytest.fixture(scope="session")
def hills(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_geotiff(tmp_path_factory.mktemp("ground") / "ridge.tif", map_of(ridge, HOME), nodata=-9999.0)


def judge(base: Base, hills: Path, plan: Plan, params: Mapping[str, float], home: GeoPoint | None) -> Rehearsal:
    return rehearse(
        plan, vehicle=base.vehicle, params={**base.params, **params}, home=home, terrain=hills if base.hills else None
    )


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.rule}: {row.what}")
def test_a_planted_error_is_found_at_its_item_and_nothing_else_is(row: Row, hills: Path) -> None:
    """And decides the verdict, if it is an error."""
    result = judge(row.base, hills, row.plant(row.base.plan), row.params, row.home)
    assert (row.rule, row.item, row.part) in {(one.rule.name, one.item, one.part) for one in result.findings}
    assert {(one.rule.name, one.item) for one in result.findings} == {(row.rule, row.item), *row.also}
    if RULES[row.rule].severity is FindingSeverity.ERROR:
        assert not result.go
        assert result.findings[0].rule.severity is FindingSeverity.ERROR


def test_there_are_forty_and_every_rule_has_one() -> None:
    """Whoever adds a rule plants what it finds; what only flights find is in `test_flown.py` and `test_photos.py`, what
    obstacles are in the way in `test_obstructed.py`."""
    assert len(TABLE) >= 40
    assert {row.rule for row in TABLE} == {name for name in RULES if not name.startswith(("flown", "obstacle"))}
    assert len({row.what for row in TABLE}) == len(TABLE)


# --- good plans -------------------------------------------------------------------------------------------------------
def good_ones() -> Iterator[tuple[str, Base]]:
    """Plans that are as they should be, of many kinds."""
    for name, base in BASES.items():
        yield name.lower(), base
    for size in (20, 60, 200, 450, 900):
        corners = (wp(size, 0), wp(size, size / 2), wp(0, size / 2))
        yield f"square of {size} m", Base(plan_of(UP, *corners, BACK))
        yield (
            f"square of {size} m in a circle",
            Base(plan_of(UP, *corners, BACK, fence=[do(WITHIN, 1.5 * size + 30.0, **at(0, 0))]), FENCED),
        )
        yield (
            f"square of {size} m around an obstacle",
            Base(plan_of(UP, *corners, BACK, fence=[*ring(OUT, size / 2, size / 4, size / 8)]), FENCED),
        )
    for height in (2.0, 5.0, 30.0, 80.0, 99.0):
        legs = (wp(100, 0, height), wp(100, 60, height))
        yield f"at {height:g} m", Base(plan_of(replace(UP, z=height), *legs, BACK), {"FENCE_ENABLE": 1.0})
        yield (
            f"landing from {height:g} m",
            Base(plan_of(replace(UP, z=height), *legs, MissionItem(Cmd.NAV_LAND, **at(0, 50)))),
        )
    for speed in (1.0, 5.0, 12.0, 20.0):
        yield (
            f"at {speed:g} m/s",
            Base(
                plan_of(
                    UP, do(Cmd.DO_CHANGE_SPEED, 1, speed), wp(300, 0), do(Cmd.DO_CHANGE_SPEED, 1, -2), wp(0, 50), BACK
                )
            ),
        )
    for radius in (5.0, 20.0, 100.0):
        yield (
            f"circles of {radius:g} m",
            Base(plan_of(UP, do(Cmd.NAV_LOITER_TURNS, 2, param3=radius, z=20.0, **at(150, 0)), BACK)),
        )
    for times in (1, 3, 20):
        yield f"a loop of {times}", Base(plan_of(*LOOP[:3], do(Cmd.DO_JUMP, 2, times), *LOOP[4:]))
    tagged = (UP, do(Cmd.JUMP_TAG, 4), wp(100, 0), wp(100, 100), do(Cmd.DO_JUMP_TAG, 4, 2), BACK)
    yield "a loop by its tag", Base(plan_of(*tagged))
    yield "waiting", Base(plan_of(UP, wp(100, 0, param1=30.0), do(Cmd.NAV_DELAY, 10), wp(0, 50), BACK))
    yield "a takeoff in the air", Base(plan_of(UP, wp(100, 0), replace(UP, z=10.0), wp(0, 50), BACK))
    yield "a spline", Base(plan_of(UP, *(replace(one, command=Cmd.NAV_SPLINE_WAYPOINT) for one in GOOD[1:4]), BACK))
    yield (
        "above the sea",
        Base(
            plan_of(
                replace(UP, frame=Frame.GLOBAL, z=420.0),
                *(replace(one, frame=Frame.GLOBAL, z=425.0) for one in GOOD[1:4]),
                BACK,
            )
        ),
    )
    low = (wp(north, 50, 25.0, frame=TERRAIN) for north in (0, 200, 400, 100))  # type: ignore[arg-type]
    yield "above the ground", Base(plan_of(replace(UP, frame=TERRAIN), *low, BACK), {"RTL_ALT_TYPE": 1.0}, hills=True)
    yield "up the ridge", Base(plan_of(replace(UP, z=60.0), wp(200, 0, 60), BACK), HIGH, hills=True)
    yield (
        "united zones",
        Base(
            plan_of(UP, wp(100, 0), BACK, fence=[do(WITHIN, 60.0, **at(0, 0)), do(WITHIN, 60.0, **at(100, 0))]),
            {**FENCED, "FENCE_OPTIONS": 2.0},
        ),
    )
    yield "outputs", Base(plan_of(UP, do(Cmd.DO_SET_SERVO, 9, 1500), do(Cmd.DO_SET_RELAY, 0, 1), *GOOD[1:]))
    yield (
        "a rover's round",
        Base(plan_of(*(wp(n, e, 0.0) for n, e in ((30, 0), (30, 30), (0, 30), (0, 0)))), vehicle="sim:rover"),
    )
    yield (
        "a boat's round",
        Base(plan_of(*(wp(n, e, 0.0) for n, e in ((60, 0), (60, 60), (0, 60), (0, 0)))), vehicle="sim:boat"),
    )
    yield "a wide survey", Base(survey_plan(12.0, 24.0, lines=8))
    yield "a dense survey", Base(survey_plan(6.0, 12.0, lines=6, least_s=0.2))


GOOD_PLANS = dict(good_ones())


@pytest.mark.parametrize("name", GOOD_PLANS)
def test_a_good_plan_gives_no_finding(name: str, hills: Path) -> None:
    """No false alarm, however much there is to look at."""
    base = GOOD_PLANS[name]
    result = judge(base, hills, base.plan, {}, None)
    assert [(one.rule.name, one.item, one.text) for one in result.findings] == []
    assert result.go


def test_there_are_fifty_good_ones() -> None:
    """All different."""
    assert len(GOOD_PLANS) >= 50
    assert len({(base.plan, tuple(base.params.items()), base.vehicle) for base in GOOD_PLANS.values()}) >= 50
