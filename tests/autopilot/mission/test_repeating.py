"""Way back of a resumed mission, DO_SET_RESUME_REPEAT_DIST, by both timings and flown by AUTO (beside ArduCopter and
ArduRover, which go on at the same places with the same texts)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autopilot.interface.geo import METRES_PER_DEGREE, GeoPoint
from autopilot.interface.targets import Leg
from autopilot.mission.events import CurrentChanged, InterruptedItemBegan, JumpTaken, MissionNotice
from autopilot.mission.executor import CommandStartResult
from autopilot.mission.items import MissionItem
from autopilot.mission.sequencer import DoTiming, MissionSequencer, MissionState
from tests.fakes.core_bench import Bench, item, takeoff, waypoint
from tests.fakes.recording_executor import RecordingExecutor, do, mission

BOTH = pytest.mark.parametrize("timing", DoTiming)
AUTO, GUIDED = 3, 4
REPEAT = 215


def at(north: float, east: float = 0.0, up: float = 0.0) -> MissionItem:
    """A waypoint in metres from a place on the equator."""
    return MissionItem(16, 3, x=1.0 + north / METRES_PER_DEGREE, y=east / METRES_PER_DEGREE, z=up)


def here(north: float, east: float = 0.0) -> GeoPoint:
    place = at(north, east)
    return GeoPoint(place.x, place.y)


class FlyingExecutor(RecordingExecutor):
    """Records the items too, as they were given to it."""

    def __init__(self) -> None:
        super().__init__()
        self.flown: list[MissionItem] = []

    def start_command(self, cmd: MissionItem) -> CommandStartResult:
        self.flown.append(cmd)
        return super().start_command(cmd)


class Run:
    """A mission with the command before all its places, which are reached in order."""

    def __init__(self, timing: DoTiming, *places: MissionItem, distance_m: float = 50.0) -> None:
        self.notices: list[MissionNotice] = []
        self.storage = mission(at(0.0), do(REPEAT, distance_m), *places)
        self.sequencer, self.executor = MissionSequencer(timing, self.notices.append), FlyingExecutor()
        self.flown = self.executor.flown
        self.now_ms = 0
        self.sequencer.start(self.storage, self.executor)

    def reach(self, *seqs: int) -> None:
        for seq in seqs:
            self.executor.arrived = {seq}
            for _ in range(4):
                self.now_ms += 20
                self.sequencer.update(self.storage, self.executor, self.now_ms)
        self.executor.arrived = set()

    def leave_and_resume(self, place: GeoPoint) -> MissionItem:
        """The item that is flown first then."""
        self.sequencer.stop(place)
        self.flown.clear()
        self.sequencer.resume(self.storage, self.executor)
        return self.flown[0]

    @property
    def returned(self) -> bool:
        return any(isinstance(notice, InterruptedItemBegan) for notice in self.notices)


LINE = (at(0.0, 10.0, 20.0), at(40.0, 10.0, 40.0), at(40.0, 50.0, 40.0), at(0.0, 50.0, 40.0))


@BOTH
def test_it_goes_on_the_distance_back_along_its_legs(timing: DoTiming) -> None:
    """20 m of the leg that was left, then 30 m of the leg before, whose height is between those of its ends."""
    run = Run(timing, *LINE)
    run.reach(1, 3, 4)
    first = run.leave_and_resume(here(40.0, 30.0))
    assert first.seq == 3
    assert run.sequencer.current_nav_index() == 3
    assert (first.x, first.y) == pytest.approx((here(10.0).lat, here(0.0, 10.0).lon), abs=1e-7)
    assert first.z == pytest.approx(25.0, abs=0.01)
    assert not run.returned


@BOTH
def test_the_way_back_ends_where_the_item_that_was_left_begins(timing: DoTiming) -> None:
    run = Run(timing, *LINE)
    run.reach(1, 3, 4)
    run.leave_and_resume(here(40.0, 30.0))
    run.reach(3)
    assert run.flown[-1] == run.storage.get(4)
    assert not run.returned
    run.reach(4)
    assert run.sequencer.current_nav_index() == 5
    assert run.returned


@BOTH
def test_left_on_its_way_back_it_begins_that_anew(timing: DoTiming) -> None:
    run = Run(timing, *LINE)
    run.reach(1, 3, 4)
    first = run.leave_and_resume(here(40.0, 30.0))
    run.reach(3)
    assert run.leave_and_resume(here(20.0, 10.0)) == first


@BOTH
def test_a_longer_distance_leads_to_the_first_place_after_the_command(timing: DoTiming) -> None:
    run = Run(timing, *LINE, distance_m=500.0)
    run.reach(1, 3, 4)
    assert run.leave_and_resume(here(40.0, 30.0)) == run.storage.get(3)


@BOTH
def test_on_the_way_to_the_second_place_it_goes_back_towards_the_first(timing: DoTiming) -> None:
    """Two places have begun after the command, which are a leg to go back along."""
    run = Run(timing, *LINE, distance_m=15.0)
    run.reach(1, 3)
    first = run.leave_and_resume(here(20.0, 10.0))
    assert first.seq == 3
    assert (first.x, first.y) == pytest.approx((here(5.0).lat, here(0.0, 10.0).lon), abs=1e-7)


@BOTH
def test_a_distance_of_0_ends_the_repeating_behind_it(timing: DoTiming) -> None:
    """The places before it are not gone back to."""
    run = Run(timing, *LINE[:3], do(REPEAT, 0.0), LINE[3])
    run.reach(1, 3, 4, 5)
    assert run.leave_and_resume(here(20.0, 50.0)) == run.storage.get(7)


@BOTH
def test_a_mission_begun_anew_knows_no_distance_before_its_command(timing: DoTiming) -> None:
    """Nor the places of the run before."""
    run = Run(timing, *LINE)
    run.reach(1, 3, 4)
    run.sequencer.stop(here(40.0, 30.0))
    run.sequencer.start(run.storage, run.executor)
    assert run.leave_and_resume(here(0.0, 5.0)) == run.storage.get(1)


@BOTH
@pytest.mark.parametrize("cause", ["set current", "resumed on the first leg", "no distance", "place unknown"])
def test_else_the_item_that_was_left_begins_again(timing: DoTiming, cause: str) -> None:
    """As ArduPilot, which forgets the distance when an item is made current, also by a resume on the first leg."""
    run = Run(timing, *LINE, distance_m=0.0 if cause == "no distance" else 50.0)
    run.reach(1)
    if cause == "resumed on the first leg":
        run.leave_and_resume(here(0.0, 5.0))
    run.reach(3, 4)
    if cause == "set current":
        run.sequencer.stop(here(40.0, 30.0))
        run.sequencer.set_current(5, run.storage, run.executor)
    elif cause == "place unknown":
        run.sequencer.stop()
        assert run.sequencer.resume(run.storage, run.executor) == [CurrentChanged(5)]
        return
    assert run.leave_and_resume(here(40.0, 30.0)).seq == 5
    assert run.sequencer.state() is MissionState.RUNNING


@BOTH
@pytest.mark.parametrize(("changed", "seq"), [(1, 5), (3, 5), (5, 5), (6, 3), (None, 3)])
def test_a_new_mission_on_the_way_ends_it_unless_what_was_flown_is_in_it(
    timing: DoTiming, changed: int | None, seq: int
) -> None:
    """The vehicle went back to places of a mission that no longer existed."""
    run = Run(timing, *LINE)
    run.reach(1, 3, 4)
    old = run.storage.items()
    run.storage.replace([replace(item, z=99.0) if item.seq == changed else item for item in old])
    run.sequencer.mission_changed(old, run.storage, run.executor)
    assert run.leave_and_resume(here(40.0, 30.0)).seq == seq


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -3.0])
def test_what_is_no_distance_is_none(value: float) -> None:
    run = Run(DoTiming.ARDUPILOT, *LINE, distance_m=value)
    run.reach(1, 3, 4)
    assert run.leave_and_resume(here(40.0, 30.0)).seq == 5


def test_a_copter_flies_back_and_says_so() -> None:
    """Before, the item was skipped ("Skipping invalid cmd #215") and the mission had a gap."""
    bench = Bench()
    bench.begin(
        (takeoff(), waypoint(20, 0), item(REPEAT, param1=50.0), waypoint(20, 40), waypoint(60, 40), waypoint(60, 0))
    )
    bench.run(200.0, lambda: bench.core.sequencer.current_nav_index() == 6)
    bench.run(3.0)
    assert bench.core.modes.set(GUIDED, bench.now_ms).ok
    bench.run(3.0)
    flown = 40.0 - bench.position[1]
    assert bench.core.modes.set(AUTO, bench.now_ms).ok
    target = bench.vehicle.targets[-1]
    assert isinstance(target, Leg)
    assert target.end[:2] == pytest.approx((60.0 - (50.0 - flown), 40.0), abs=1.0)
    bench.run(60.0, lambda: "Mission: Returned to interrupted WP" in bench.texts)
    assert bench.core.sequencer.current_nav_index() == 6
    assert "Resume repeat dist set to 50 m" in bench.texts


@BOTH
def test_jumps_on_the_way_back_do_not_count(timing: DoTiming) -> None:
    """Left in the second of four rounds, with the way back beginning in the first: the same rounds are flown as without
    the pause. ArduPilot's get_next_cmd; one round was missing."""
    run = Run(timing, at(0.0, 10.0), at(100.0, 10.0), do(177, 3.0, 3.0), at(200.0, 10.0))
    run.reach(1, 3, 4)
    assert run.leave_and_resume(here(70.0, 10.0)).seq == 3
    assert not run.returned
    run.reach(3, 4)
    assert run.returned
    flown = []
    while run.sequencer.state() is MissionState.RUNNING:
        flown.append(run.sequencer.current_nav_index())
        run.reach(flown[-1])
    assert flown == [3, 4, 3, 4, 3, 4, 6]
    taken = [notice.run for notice in run.notices if isinstance(notice, JumpTaken)]
    assert taken == [1, 2, 3]
