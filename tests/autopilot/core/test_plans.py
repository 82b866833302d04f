"""Plans: loaded at the start, checked as a whole, swapped as a whole."""

from __future__ import annotations

import pytest

from autopilot.context.journal import SavePlan
from autopilot.interface.geo import GeoPoint
from autopilot.mission.items import MissionItem
from tests.fakes.core_bench import Bench, item, takeoff, waypoint

CIRCLE = MissionItem(5003, 0, param1=100.0, x=-35.36, y=149.16)
RALLY = MissionItem(5100, 3, x=-35.36, y=149.16, z=20.0)


class Stored:
    """What an earlier process left behind."""

    def __init__(self, plans: dict[int, tuple[MissionItem, ...]]) -> None:
        self.plans = plans
        self.home: GeoPoint | None = None
        self.progress: tuple[int, int] | None = None


def test_stored_plans_are_there_at_the_start() -> None:
    bench = Bench(stored=Stored({0: (takeoff(), waypoint(40, 0)), 1: (CIRCLE,), 2: (RALLY,)}))
    core = bench.core
    assert (core.plans.mission.total(), core.plans.fence.total(), core.plans.rally.total()) == (2, 1, 1)
    assert [bench.parameters[name] for name in ("MIS_TOTAL", "FENCE_TOTAL", "RALLY_TOTAL")] == [3, 1, 1]
    assert core.sequencer.current_nav_index() == 0


def test_the_mission_is_cleared_at_boot_by_option_and_stays_so() -> None:
    """docs/catalogue.md, 38."""
    bench = Bench(stored=Stored({0: (takeoff(),)}), parameters={"MIS_OPTIONS": 1})
    assert bench.core.plans.mission.total() == 0
    assert SavePlan(0, ()) in bench.journal.changes


def test_a_damaged_stored_fence_is_dropped_and_named() -> None:
    broken = MissionItem(5001, 0, param1=4.0, x=-35.36, y=149.16)
    bench = Bench(stored=Stored({1: (broken,)}))
    assert bench.core.plans.fence.total() == 0
    assert any(text.startswith("Stored plan 1 dropped") for text in bench.texts)


@pytest.mark.parametrize(
    "broken",
    [
        MissionItem(16, 3, x=float("nan"), y=149.16, z=10.0),
        MissionItem(16, 3, x=-35.36, y=149.16, z=1e308),
        MissionItem(16, 999, x=-35.36, y=149.16, z=10.0),
        MissionItem(-1, 3),
        MissionItem(177, 3, param1=9.0),
    ],
)
def test_a_stored_mission_that_an_upload_would_refuse_is_dropped_and_named(broken: MissionItem) -> None:
    """Flown, a place that is none ended AUTO in an exception at each pass."""
    bench = Bench(stored=Stored({0: (takeoff(), broken)}))
    assert bench.core.plans.mission.total() == 0
    assert any(text.startswith("Stored plan 0 dropped: item 2: ") for text in bench.texts)


def test_plans_are_checked_as_a_whole() -> None:
    core = Bench().core
    assert core.plans.check(0, (takeoff(),)) is None
    assert core.plans.check(1, (CIRCLE,)) is None
    assert core.plans.check(1, (MissionItem(5001, 0, param1=3.0),)) is not None
    assert core.plans.check(2, (RALLY,)) is None
    assert core.plans.check(2, (waypoint(1, 1),)) is not None


def test_a_mission_that_is_not_flown_is_replaced_at_once() -> None:
    bench = Bench()
    bench.upload([takeoff(), item(20)])
    assert bench.core.plans.mission.total() == 2
    bench.upload([takeoff()])
    assert bench.core.plans.mission.total() == 1
    bench.upload([])
    assert (bench.core.plans.mission.count(), bench.parameters["MIS_TOTAL"]) == (0, 0)
    assert bench.core.sequencer.current_nav_index() == 0


def test_the_newer_of_two_missions_counts_where_the_first_still_waits() -> None:
    """The mission is left in the tick in which the second comes: the first would replace it in the next."""
    bench = Bench()
    bench.begin([takeoff(), waypoint(50, 0)])
    bench.run(5.0)
    bench.upload([takeoff(), waypoint(60, 0)])
    assert bench.core.modes.set(4, bench.now_ms).ok
    bench.upload([takeoff(), waypoint(70, 0), waypoint(80, 0)])
    bench.run(1.0)
    assert bench.core.plans.mission.total() == 3


def test_progress_at_an_item_that_is_gone_begins_at_the_first() -> None:
    """The removal of a mission is kept, and the process dies before the sequencer's index is: MISSION_CURRENT would say
    item 3 of none."""
    stored = Stored({})
    stored.progress = (3, 0)
    assert Bench(stored=stored).core.sequencer.current_nav_index() == 0
    kept = Stored({0: (takeoff(), waypoint(40, 0))})
    kept.progress = (3, 0)
    assert Bench(stored=kept).core.sequencer.current_nav_index() == 0
    kept.progress = (2, 0)
    assert Bench(stored=kept).core.sequencer.current_nav_index() == 2


def test_a_fence_is_cleared_by_its_total() -> None:
    """FENCE_TOTAL 0, as stations of before its missions do it; another value changes nothing."""
    bench = Bench()
    corners = [item(5001, 40.0 * n, 40.0 * e, param1=4.0) for n, e in ((1, 1), (1, -1), (-1, -1), (-1, 1))]
    bench.upload(corners, 1)
    assert bench.parameters["FENCE_TOTAL"] == 6
    bench.parameters.set("FENCE_TOTAL", 3)
    assert bench.core.plans.fence.total() == 4
    bench.parameters.set("FENCE_TOTAL", 0)
    assert bench.core.plans.fence.total() == 0
    assert SavePlan(1, ()) in bench.journal.changes


def test_a_plan_that_nobody_acknowledges_is_told_if_it_could_not_be_stored() -> None:
    """Fence points of an old station, a waypoint saved by a switch: it flies by them, but has lost them at its next
    start."""
    bench = Bench()
    bench.journal.hold = True
    bench.core.plans.keep(1, (CIRCLE,))
    bench.run(30.0)
    assert not any("not stored" in text for text in bench.texts)
    bench.journal.settle("disk full")
    bench.core.plans.keep(2, (RALLY,))
    bench.run(30.0)
    bench.journal.settle()
    bench.run(30.0)
    assert [text for text in bench.texts if "not stored" in text] == ["Fence not stored: disk full"]
    assert bench.core.plans.fence.total() == 1
