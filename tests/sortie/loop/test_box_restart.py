"""`drone-box` killed at any moment: a simulated copter stands on its dock again, its sortie is closed, none is lost."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from depot.names import EndedBy, Phase, SkimmerStage, SkimmerState
from depot.readings import SkimmerPlace
from sortie.loop.faults import parse_loop_fault
from sortie.loop.journal import LoopJournal
from sortie.loop.loop import LoopOrder, decode, encode
from sortie.loop.runner import LoopRun
from sortie.loop.view import LoopView
from sortie.runtime.pacing import FOR_EVER_MS
from tests.fakes.box_run import BoxBench, hurried
from tests.fakes.loop_run import phases


def killed_in(phase: int, *faults: str) -> BoxBench:
    """A loop of two sorties whose process dies in that phase of the first."""
    bench = BoxBench(*faults, total=2)
    while bench.loop.depot.memory.phase != phase or bench.loop.depot.memory.number != 1:
        bench.step()
    for _ in range(4):
        bench.step()
    return bench


def begun_again(bench: BoxBench, *faults: str, total: int = 2) -> BoxBench:
    """Another process on what was written."""
    return BoxBench(*faults, total=total, snapshot=decode(encode(bench.loop.snapshot())))


@pytest.fixture(scope="module")
def lost() -> bytes:
    """State of a loop whose copter was declared lost over a dead link, as it was written."""
    bench = BoxBench("link_loss@phase4+5", total=2).run()
    assert bench.loop.ended_by is EndedBy.LOST
    return encode(bench.loop.snapshot())


@pytest.mark.parametrize("phase", [2, 3, 4, 5, 6])
def test_a_sortie_that_was_in_the_air_is_closed_and_keeps_its_number(phase: int) -> None:
    """Aborted, trigger restart; at the journalled instant its phases end and phase 8 decides; the next is flown."""
    before = killed_in(phase)
    at_s = before.loop.now_ms / 1000.0
    again = begun_again(before)
    assert again.loop.world.state.place is SkimmerPlace.DOCK
    assert again.box.service.vehicle.state.landed or again.box.service.now_ms == 0
    again.run()
    broken, whole = again.sorties
    assert (broken["number"], broken["outcome"], broken["abort"], broken["trigger"]) == (1, "aborted", None, "restart")
    assert phases(broken) == [*range(1, phase + 1), 8]
    assert broken["phases"][-1]["end_s"] == at_s == whole["phases"][0]["start_s"]
    assert (whole["number"], whole["outcome"]) == (2, "completed")
    assert broken["delivered_kg"] == 0.0


@pytest.mark.parametrize("phase", [1, 7, 8])
def test_a_sortie_at_the_dock_goes_on(phase: int) -> None:
    """The copter stood there anyway: nothing is broken by the restart."""
    again = begun_again(killed_in(phase)).run()
    assert [(s["number"], s["outcome"], s["trigger"]) for s in again.sorties] == [
        (1, "completed", None),
        (2, "completed", None),
    ]
    assert phases(again.sorties[0]) == [1, 2, 3, 4, 5, 6, 7, 8]
    share = again.loop.world.profile.depot.eta_route  # also of what was still in its store
    assert all(s["delivered_kg"] > 0.95 * share * s["harvested_kg"] for s in again.sorties)


def test_a_launch_that_the_depot_had_not_heard_of_is_closed_too() -> None:
    """The copter was on its way, the acknowledgement lost with the process."""
    bench = BoxBench(total=2)
    while bench.loop.skimmer.memory.stage is SkimmerStage.DOCKED:
        bench.step()
    state = decode(encode(bench.loop.snapshot()))
    state.depot.phase, state.depot.step, state.depot.docked = Phase.PREP, "launch", True
    again = BoxBench(total=2, snapshot=state).run()
    assert [(s["outcome"], s["trigger"]) for s in again.sorties] == [("aborted", "restart"), ("completed", None)]


def test_a_broken_copter_is_judged_before_it_flies_again() -> None:
    """ABORT-1 was declared when the process died, and is what the sortie is told as: the health review retires it."""
    fault = "imu_loss@phase4+2"
    again = begun_again(killed_in(5, fault), fault)
    assert again.loop.ended_by is EndedBy.RETIRED
    again.run()
    assert (again.last["abort"], again.last["trigger"]) == ("ABORT-1", "imu_loss")
    assert again.loop.depot.memory.skimmer is SkimmerState.RETIRED


def test_a_self_abort_is_judged_also_after_a_restart_in_the_review() -> None:
    """Its sensor had come back by then: the copter that had declared ABORT-1 was relaunched."""
    fault = "imu_loss@phase4+2..phase5+1"
    again = begun_again(killed_in(8, fault), fault).run()
    assert (again.loop.ended_by, again.loop.depot.memory.reason) == (EndedBy.RETIRED, "imu_loss")
    assert again.last["abort"] == "ABORT-1"


def test_the_copter_of_a_new_process_is_not_destroyed_by_what_has_struck_before_it() -> None:
    """A fault strikes once: it was lost again when it left its dock in the next sortie."""
    fault = "skimmer_lost@phase4+2"
    before = killed_in(4, fault)
    while not before.loop.world.state.destroyed:
        before.step()
    again = begun_again(before, fault).run()
    assert [(s["outcome"], s["trigger"]) for s in again.sorties] == [("aborted", "restart"), ("completed", None)]


def test_the_last_sortie_broken_ends_the_loop() -> None:
    """--sorties counts it."""
    again = begun_again(killed_in(4), total=1)
    assert again.loop.ended_by is EndedBy.SORTIES_DONE


def test_thirty_kills_at_random_moments_lose_and_double_nothing(tmp_path: Path) -> None:
    """Every number once, in order; what was broken says so, and the rest is complete."""
    random, kills, profile = Random(11), 0, hurried(0.05)
    ended = None
    while ended is None:
        journal = LoopJournal(tmp_path / "loop.sqlite")
        order = LoopOrder(profile, 1, [parse_loop_fault("debris@phase4+10#4")], total=8)
        run = LoopRun(order, journal, LoopView(None, profile.units), speedup=0.0, together_s=0.0)
        if kills < 30:
            kills += 1
            for _ in range(random.randint(1, 500)):
                if run.loop.ended_by is not None:
                    break
                run.runtime.step(FOR_EVER_MS)
            ended = run.loop.ended_by
        else:
            ended = run.run()
        sorties = journal.sorties()
        journal.close()
    assert ended is EndedBy.SORTIES_DONE
    assert [s["number"] for s in sorties] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert {(s["outcome"], s["trigger"]) for s in sorties} <= {
        ("aborted", "restart"),
        ("completed", None),
        ("aborted", "debris"),
    }
    for one, following in pairwise(sorties):
        assert one["phases"][-1]["end_s"] == following["phases"][0]["start_s"]


def test_a_lost_copter_that_reports_again_is_recovered(lost: bytes) -> None:
    """At the next start it stands on its dock, is heard, and --recover reviews it."""
    again = BoxBench(total=2, snapshot=decode(lost))
    again.run_to(again.loop.now_ms / 1000.0)
    for _ in range(20):
        again.step()
    assert again.loop.depot.memory.heard_again
    again.loop.recover()
    again.run()
    assert [(s["number"], s["outcome"]) for s in again.sorties] == [(2, "completed")]


def test_a_lost_copter_that_comes_back_with_an_empty_battery_flies_again(lost: bytes) -> None:
    """It held off until the battery was nearly empty; that is no damage, and the dock charges it."""
    again = BoxBench(total=2, snapshot=decode(lost))
    lobes = again.loop.world.state.skimmer.lobes
    again.loop.world.state.outside.book("exhaust", lobes.species, lobes.kg - 2.0)
    lobes.kg = 2.0
    for _ in range(20):
        again.step()
    again.loop.recover()
    again.run()
    assert [(s["number"], s["outcome"]) for s in again.sorties] == [(2, "completed")]
