"""What a rehearsal says without flying: of plans that are flown elsewhere, of time and energy, of room to a fence. What
each rule finds is in `test_planted_errors.py`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from autopilot.mav import Cmd
from autopilot.mission.commands import TAKEOFFS
from autopilot.mission.fence import parse_fence
from autopilot.mission.items import MissionItem
from autopilot.mission.plan import Plan
from sortie import Session, UserError, rehearse
from sortie.nodes.flight import Flight
from sortie.nodes.plan_file import read_plan
from tests.fakes.plans import AROUND, BACK, GOOD, HOME, OUT, POLYGON, UP, WITHIN, at, do, plan_of, ring, wp

ROOT = Path(__file__).parents[3]


FENCED = {"FENCE_ENABLE": 1.0, "FENCE_TYPE": 4.0}


def test_a_leg_between_united_zones_is_inside() -> None:
    """FENCE_OPTIONS bit 1: one zone is enough; without it a leg must be in all of them."""
    fence = [do(WITHIN, 60.0, **at(0, 0)), do(WITHIN, 60.0, **at(100, 0))]
    plan = plan_of(UP, wp(100, 0), BACK, fence=fence)
    assert rehearse(plan, params={**FENCED, "FENCE_OPTIONS": 2}).go
    assert not rehearse(plan, params={name: np.float64(value) for name, value in FENCED.items()}).go


@pytest.mark.parametrize("kind", ["copter", "rover"])
@pytest.mark.parametrize(("zone", "found"), [((150.0, 0.0), [3]), ((260.0, 0.0), []), ((260.0, 40.0), [3])])
def test_the_way_to_a_circle_and_its_ring_are_what_is_flown(
    kind: str, zone: tuple[float, float], found: list[int]
) -> None:
    """A zone on the way to it was flown through without a word, and one in the middle was "left", though the vehicle
    only goes round it."""
    turns = do(Cmd.NAV_LOITER_TURNS, 1.0, param3=50.0, **at(260, 0), z=20.0)
    plan = plan_of(UP, wp(50, 0), turns, wp(260, -200), fence=ring(OUT, *zone, 20, 8))
    findings = rehearse(plan, vehicle=f"sim:{kind}", params={**FENCED, "FENCE_RADIUS": 1000.0}).findings
    assert [finding.item for finding in findings if finding.rule.name == "fence-leg"] == found


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


SLOW = (do(178, 1.0, 3.0), do(178, 2.0, 0.5), do(178, 3.0, 0.3))
LANDS = do(21, **at(60, 40))


@pytest.mark.parametrize("items", [GOOD, (UP, *SLOW, wp(60, 40), BACK), (UP, *SLOW, wp(200, 40), LANDS)])
def test_time_and_energy_are_those_of_the_flight(items: tuple[MissionItem, ...]) -> None:
    """Within a tenth: they are told in the verdict, and the battery rule lives by them. The speeds of DO_CHANGE_SPEED
    end with the way home and the landing."""
    plan = plan_of(*items)
    told = rehearse(plan)
    with Session(home=HOME, params={"FM_COUNTDOWN": 0}) as session:
        session.upload(plan)
        flight = Flight(session.service)
        session.service.watchers.follow(flight)
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
    from autopilot.rehearsal.way import FlyingField
    from autopilot.vehicles.kinds import COPTER

    plan = plan_of(
        *GOOD, fence=[*ring(POLYGON, 0, 0, 300, 7), *ring(OUT, 80, 90, 30, 5), do(AROUND, 40.0, **at(-99, 9))]
    )
    where = FlyingField(COPTER, Parameters(COPTER.parameters), HOME)
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


@pytest.mark.parametrize("takeoff", TAKEOFFS)
def test_a_mission_that_takes_off_again_does_not_end_with_its_landing(takeoff: Cmd) -> None:
    """With MIS_OPTIONS bit 2, and whichever takeoff it is (AP_Mission.cpp, continue_after_land_check_for_takeoff)."""
    up, down = do(takeoff, z=30.0), do(Cmd.NAV_VTOL_LAND, **at(0, 0))
    plan = plan_of(up, wp(300, 0, 40.0), down, up, wp(300, 0, 40.0), down)
    result = rehearse(plan, vehicle="sim:quadplane", params={"MIS_OPTIONS": 4})
    assert "never-runs" not in [finding.rule.name for finding in result.findings]


def test_items_of_a_plan_in_memory_need_no_numbers() -> None:
    """As an upload takes them (`Session.upload`): findings named item 0, and DO items that run were told as never run
    or behind the landing."""
    items, rally = (UP, do(Cmd.DO_SET_SERVO, 9.0, 1500.0), wp(100, 0), BACK), (do(Cmd.NAV_RALLY_POINT, **at(9e3, 0)),)
    numbers = [finding.item for finding in rehearse(Plan(HOME, items, rally=rally)).findings]
    assert numbers == [finding.item for finding in rehearse(plan_of(*items, rally=rally)).findings]


@pytest.mark.parametrize(("vehicle", "seconds"), [("sim:boat", 317.0), ("sim:rover", 89.0)])
def test_a_vehicle_that_drives_is_no_faster_than_it_can(vehicle: str, seconds: float) -> None:
    """Times of a kilometre in the simulator at its top speed: a boat's was foreseen for 30 m/s."""
    foreseen = rehearse(plan_of(wp(1000, 0, 0.0)), vehicle=vehicle, params={"WP_SPEED": 30.0})
    assert foreseen.time_s == pytest.approx(seconds, rel=0.05)
