"""What a rehearsal finds without flying: every rule, at the right item; and nothing in plans that are good."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import cos, pi, sin
from pathlib import Path

import pytest

from autopilot.geo import GeoPoint, to_global
from autopilot.mav import Cmd, Frame, MissionType
from autopilot.mission.fence import parse_fence
from autopilot.mission.items import MissionItem
from autopilot.mission.plan import Plan
from autopilot.rehearsal.findings import RULES, Severity
from sortie import Session, UserError, rehearse
from sortie.nodes.flight import Flight
from sortie.nodes.plan_file import read_plan

ROOT = Path(__file__).parents[3]
HOME = GeoPoint(47.0, 8.0, 400.0)
_POLYGON, _OUT = Cmd.NAV_FENCE_POLYGON_VERTEX_INCLUSION, Cmd.NAV_FENCE_POLYGON_VERTEX_EXCLUSION
_WITHIN, _AROUND = Cmd.NAV_FENCE_CIRCLE_INCLUSION, Cmd.NAV_FENCE_CIRCLE_EXCLUSION


def at(north: float, east: float) -> dict[str, float]:
    """Latitude and longitude so many metres from home."""
    place = to_global(HOME, (north, east, 0.0))
    return {"x": place.lat, "y": place.lon}


def wp(north: float, east: float, z: float = 20.0, **more: float) -> MissionItem:
    return replace(MissionItem(Cmd.NAV_WAYPOINT, z=z, **at(north, east)), **more)  # type: ignore[arg-type]


def do(command: Cmd, param1: float = 0.0, param2: float = 0.0, **more: float) -> MissionItem:
    return MissionItem(command, param1=param1, param2=param2, **more)  # type: ignore[arg-type]


def ring(command: Cmd, north: float, east: float, radius: float, corners: int = 12) -> list[MissionItem]:
    turns = [2.0 * pi * corner / corners for corner in range(corners)]
    places = [at(north + radius * cos(turn), east + radius * sin(turn)) for turn in turns]
    return [MissionItem(command, param1=corners, **place) for place in places]


def plan_of(*items: MissionItem, fence: list[MissionItem] | None = None, rally: tuple[MissionItem, ...] = ()) -> Plan:
    def numbered(ones: list[MissionItem], first: int) -> tuple[MissionItem, ...]:
        return tuple(replace(one, seq=number) for number, one in enumerate(ones, first))

    return Plan(HOME, numbered(list(items), 1), numbered(fence or [], 0), numbered(list(rally), 0))


UP, BACK = MissionItem(Cmd.NAV_TAKEOFF, z=20.0), MissionItem(Cmd.NAV_RETURN_TO_LAUNCH)
GOOD = (UP, wp(100, 0), wp(100, 100), wp(0, 100), BACK)
WIDE = ring(_POLYGON, 50, 50, 400)


@dataclass
class Row:
    """A plan with one error, and what is to be found where."""

    rule: str
    item: int | None
    plan: Plan
    params: Mapping[str, float] = field(default_factory=dict)
    vehicle: str = "sim:copter"
    home: GeoPoint | None = None
    part: MissionType = MissionType.MISSION


def _c(*items: MissionItem, **more: object) -> Plan:
    return plan_of(*items, **more)  # type: ignore[arg-type]


FENCED = {"FENCE_ENABLE": 1.0, "FENCE_TYPE": 4.0}
ON = {"FENCE_ENABLE": 1.0}
RALLY = MissionItem(Cmd.NAV_RALLY_POINT, z=20.0, **at(30, 30))
TABLE = (
    Row("fence-leg", 3, _c(*GOOD, fence=[*WIDE, *ring(_OUT, 100, 50, 10)]), FENCED),
    Row("fence-leg", 3, _c(UP, wp(100, 0), wp(100, 500), wp(100, 100), BACK, fence=WIDE), FENCED),
    Row("fence-leg", 3, _c(*GOOD, fence=[do(_AROUND, 8.0, **at(104, 50))]), FENCED),
    Row("fence-leg", 3, _c(*GOOD, fence=[do(_WITHIN, 120.0, **at(0, 0))]), FENCED),
    Row("fence-leg", 3, _c(UP, wp(100, 0), do(Cmd.NAV_LOITER_TURNS, 1, param3=80, z=20.0, **at(0, 100)), BACK,
                           fence=[do(_WITHIN, 150.0, **at(0, 0))]), FENCED),
    Row("fence-leg", 2, _c(UP, wp(310, 0), BACK), ON),
    Row("fence-altitude", 2, _c(UP, wp(100, 0, 120.0), BACK), ON),
    Row("fence-altitude", 2, _c(UP, wp(100, 0, 5.0), wp(50, 0), BACK),
        {"FENCE_ENABLE": 1.0, "FENCE_TYPE": 8.0, "FENCE_ALT_MIN": 8.0}),
    Row("fence-home", None, _c(UP, wp(100, 0), fence=ring(_POLYGON, 100, 0, 50)), FENCED),
    Row("home-unreachable", 2, _c(*GOOD), home=GeoPoint(46.0, 8.0, 400.0)),
    Row("home-far", 2, _c(*GOOD), home=GeoPoint(47.02, 8.0, 400.0)),
    Row("battery", 2, _c(UP, wp(20_000, 0), BACK)),
    Row("battery", 3, _c(UP, wp(100, 0), wp(100, 50, param1=3600), BACK)),
    Row("jump-nowhere", 3, _c(UP, wp(100, 0), do(Cmd.DO_JUMP_TAG, 7, 1), wp(0, 100), BACK)),
    Row("jump-idle", 4, _c(UP, wp(100, 0), do(Cmd.DO_SET_SERVO, 9, 1500), do(Cmd.DO_JUMP, 3, -1), BACK)),
    Row("nothing-flown", None, _c(MissionItem(Cmd.NAV_VTOL_TAKEOFF, z=20.0), do(Cmd.DO_SET_SERVO, 9, 1500))),
    Row("takeoff-missing", 1, _c(wp(100, 0), BACK)),
    Row("end-missing", 3, _c(UP, wp(100, 0), wp(100, 100))),
    Row("jump-endless", 4, _c(UP, wp(100, 0), wp(0, 100), do(Cmd.DO_JUMP, 2, -1), BACK)),
    Row("never-runs", 5, _c(UP, wp(100, 0), wp(0, 100), do(Cmd.DO_JUMP, 2, -1), do(Cmd.DO_SET_SERVO, 9, 1500), BACK)),
    Row("never-runs", 4, _c(UP, wp(100, 0), MissionItem(Cmd.NAV_LOITER_UNLIM, z=20.0), wp(0, 100), BACK)),
    Row("never-runs", 4, _c(UP, wp(100, 0), BACK, wp(0, 100))),
    Row("never-runs", 3, _c(UP, do(Cmd.DO_JUMP, 4, 1), wp(100, 0), wp(0, 100), BACK)),
    Row("skipped", 3, _c(UP, wp(100, 0), do(Cmd.DO_PARACHUTE), wp(0, 100), BACK)),
    Row("skipped", 1, _c(UP, wp(100, 0), wp(0, 100)), vehicle="sim:rover"),
    Row("speed-beyond", 2, _c(UP, do(Cmd.DO_CHANGE_SPEED, 1, 25), wp(100, 0), BACK)),
    Row("speed-ignored", 2, _c(UP, do(Cmd.DO_CHANGE_SPEED, 1, 0), wp(100, 0), BACK)),
    Row("takeoff-low", 1, _c(replace(UP, z=0.5), wp(100, 0), BACK)),
    Row("radius-jerky", 2, _c(UP, do(Cmd.NAV_LOITER_TURNS, 1, param3=1, z=20.0, **at(50, 0)), BACK)),
    Row("below-home", 2, _c(UP, wp(100, 0, -5.0), BACK)),
    Row("frame-mixed", 3, _c(UP, wp(100, 0), wp(0, 100, 420.0, frame=Frame.GLOBAL), BACK)),
    Row("frame-terrain", 2, _c(UP, wp(100, 0, frame=Frame.GLOBAL_TERRAIN_ALT), BACK)),
    Row("home-unknown", None, replace(_c(UP, wp(100, 0, 420.0, frame=Frame.GLOBAL), BACK), home=None)),
    Row("fence-close", 3, _c(*GOOD, fence=[do(_AROUND, 49.0, **at(150, 100))]), FENCED),
    Row("fence-close", 2, _c(UP, wp(100, 0), wp(120, 20), BACK, fence=[do(_AROUND, 5.0, **at(112, -1))]), FENCED),
    Row("fence-off", None, _c(*GOOD, fence=WIDE)),
    Row("rally-outside", 0, _c(*GOOD, fence=ring(_POLYGON, 50, 50, 150), rally=(replace(RALLY, **at(260, 0)),)), FENCED,
        part=MissionType.RALLY),
    Row("rally-far", 1, _c(*GOOD, rally=(RALLY, replace(RALLY, **at(400, 0)))), part=MissionType.RALLY),
)  # fmt: skip


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.rule}-{row.item}")
def test_one_planted_error_is_found_at_its_item(row: Row) -> None:
    """And decides the verdict, if it is an error."""
    result = rehearse(row.plan, vehicle=row.vehicle, home=row.home, params=row.params)
    assert (row.rule, row.item, row.part) in {(one.rule.name, one.item, one.part) for one in result.findings}
    if RULES[row.rule].severity is Severity.ERROR:
        assert not result.go
        assert result.findings[0].rule.severity is Severity.ERROR


def test_every_rule_has_a_planted_error() -> None:
    """Whoever adds a rule shows that it finds something; those about terrain do in `test_terrain_rules.py`,
    those about photos in `test_photos.py`."""
    elsewhere = ("flown", "terrain", "photo")
    assert {row.rule for row in TABLE} == {name for name in RULES if not name.startswith(elsewhere)}


@pytest.mark.parametrize(
    "plan",
    [
        plan_of(*GOOD),
        plan_of(*GOOD, fence=WIDE, rally=(RALLY,)),
        plan_of(*GOOD, fence=[*WIDE, *ring(_OUT, 50, 50, 20), do(_AROUND, 30.0, **at(200, 200))]),
        plan_of(*GOOD, fence=[do(_WITHIN, 300.0, **at(50, 50))]),
        plan_of(UP, wp(100, 0), do(Cmd.DO_JUMP, 2, 3), wp(0, 100), BACK),
        plan_of(UP, wp(100, 0), MissionItem(Cmd.NAV_LAND, **at(0, 50))),
    ],
    ids=["square", "fence", "obstacles", "circle", "jumps", "landing"],
)
def test_a_good_plan_gives_no_finding(plan: Plan) -> None:
    """No false alarm, however much there is to look at."""
    params = {**FENCED} if plan.fence else {}
    result = rehearse(plan, params=params)
    assert [(one.rule.name, one.item) for one in result.findings] == []
    assert result.go


def test_a_leg_between_united_zones_is_inside() -> None:
    """FENCE_OPTIONS bit 1: one zone is enough; without it a leg must be in all of them."""
    fence = [do(_WITHIN, 60.0, **at(0, 0)), do(_WITHIN, 60.0, **at(100, 0))]
    plan = plan_of(UP, wp(100, 0), BACK, fence=fence)
    assert rehearse(plan, params={**FENCED, "FENCE_OPTIONS": 2}).go
    assert not rehearse(plan, params=FENCED).go


def good_plans() -> list[Path]:
    """Plans that a copter flies, of the repository and (where they are) of other projects."""
    folders = (ROOT / "examples", ROOT / "tests" / "data" / "plans")
    own = [
        path for folder in folders for path in sorted(folder.iterdir()) if path.name.startswith(("copter", "square"))
    ]
    others = ROOT.parent / "shared" / "data" / "plans"
    known = sorted(others.glob("*opter*.txt")) if others.is_dir() else []
    return [path for path in (*own, *known) if _holds_a_mission(path)]


def _holds_a_mission(path: Path) -> bool:
    try:
        read_plan(path)
    except UserError:
        return False
    return True


@pytest.mark.parametrize("path", good_plans(), ids=lambda path: path.stem)
def test_plans_that_are_flown_are_no_no_go(path: Path) -> None:
    """Each is flown by ground stations' tests or by ours."""
    result = rehearse(path)
    assert result.go, result.findings


def test_time_and_energy_are_those_of_the_flight() -> None:
    """Within a tenth: they are told in the verdict, and the battery rule lives by them."""
    plan = plan_of(*GOOD)
    told = rehearse(plan)
    with Session(home=HOME, params={"FM_COUNTDOWN": 0}) as session:
        session.upload(plan)
        flight = Flight(session.service)
        session.service.observers.append(flight.step)
        session.service.next_step_ms = flight.next_deadline_ms
        session.run_until(lambda s: s.state.height > 1.0, 100.0)
        session.run_for(10.0)
        battery = session.state.battery
        session.run_until(lambda s: flight.done, 400.0)
    assert flight.result.result == "completed"
    assert told.time_s == pytest.approx(flight.result.flight_time_s, rel=0.1)
    assert battery.voltage * battery.current == pytest.approx(184.0, rel=0.1)  # SIM_HOVER_W


def test_room_is_what_points_along_the_leg_have() -> None:
    """Segments against all edges at once, and ArduPilot's margin point by point, agree."""
    import numpy as np

    from autopilot.parameters.parameters import Parameters
    from autopilot.rehearsal.room import Segments, room
    from autopilot.rehearsal.way import Field
    from autopilot.vehicles.kinds import COPTER

    plan = plan_of(
        *GOOD, fence=[*ring(_POLYGON, 0, 0, 300, 7), *ring(_OUT, 80, 90, 30, 5), do(_AROUND, 40.0, **at(-99, 9))]
    )
    where = Field(COPTER, Parameters(COPTER.parameters), HOME)
    fence = parse_fence(plan.fence)
    points = np.random.default_rng(3).uniform(-260.0, 260.0, (60, 2, 2))
    found = room(Segments(points[:, 0], points[:, 1]), fence, where)
    for (begin, end), has in zip(points, found, strict=True):
        along = [begin + (end - begin) * part for part in np.linspace(0.0, 1.0, 400)]
        margins = [fence.margin(*at(*place).values()) for place in along]
        if has >= 0.0:
            assert min(margins) == pytest.approx(has, abs=0.8)
        else:
            assert min(margins) < 0.8
