"""Faults in a `drone-box`: the same triggers and effects as in `space`, with a copter that has to fly them."""

from __future__ import annotations

from pathlib import Path

import pytest

from depot.decisions.watches import ABORT_2_NAMES, ABORT_3_NAMES
from depot.names import ABORT_1_NAMES, EndedBy, SkimmerStage
from depot.readings import SkimmerPlace
from tests.fakes.box_run import BoxBench, shipped
from tests.fakes.loop_run import modes, phases, start_of
from tests.fakes.program import last_line, run, wait_for
from tests.fakes.warm import begin_warm

PLAN = shipped().plan


@pytest.mark.parametrize("name", ABORT_1_NAMES)
def test_each_self_abort_brings_the_copter_home_in_survival(name: str) -> None:
    """ABORT-1 in phase 4: survival mode within a second, no offload, then the review."""
    bench = BoxBench(f"{name}@phase4+5").run()
    sortie = bench.last
    assert (sortie["outcome"], sortie["abort"], sortie["trigger"]) == ("aborted", "ABORT-1", name)
    assert phases(sortie) == [1, 2, 3, 4, 5, 6, 8]
    declared = start_of(sortie, 5)
    assert declared - start_of(sortie, 4) - 5.0 <= 0.1 * PLAN.harvest_s
    survival = [mode["start_s"] for mode in sortie["modes"] if mode["mode"] == "ECLIPSE/SURVIVAL"]
    assert 0.0 <= survival[0] - declared <= 1.0
    assert sortie["delivered_kg"] == 0.0
    assert bench.loop.world.state.place is SkimmerPlace.DOCK
    assert bench.decision("grant_docking_clearance").facts["emergency"]


#: Each recall in one phase, each phase with a third of them; the long suite flies all of both.
RECALLS = [
    pytest.param(name, phase, marks=() if phase == 3 + place % 3 else pytest.mark.long)
    for place, name in enumerate(ABORT_2_NAMES)
    for phase in (3, 4, 5)
]


@pytest.mark.parametrize(("name", "phase"), RECALLS)
def test_each_recall_brings_the_copter_home_in_cruise(name: str, phase: int) -> None:
    """ABORT-2 in phases 3, 4, 5, within a tenth of the phase's usual length; it flies again."""
    bench = BoxBench(f"{name}@phase{phase}+3").run()
    sortie = bench.last
    assert (sortie["outcome"], sortie["abort"], sortie["trigger"]) == ("aborted", "ABORT-2", name)
    struck = start_of(sortie, phase) + 3.0
    declared = bench.decision(name).time_ms / 1000.0
    assert 0.0 <= declared - struck <= 0.1 * PLAN.usual_s(phase)
    assert "ECLIPSE/SURVIVAL" not in modes(sortie)
    assert bench.loop.ended_by is EndedBy.SORTIES_DONE


@pytest.mark.parametrize("name", ABORT_3_NAMES)
def test_each_total_abort_leaves_the_copter_behind(name: str) -> None:
    """ABORT-3 in phase 4: final, the copter is abandoned."""
    bench = BoxBench(f"{name}@phase4+2").run()
    assert (bench.last["outcome"], bench.last["abort"], bench.last["trigger"]) == ("lost", "ABORT-3", name)
    assert bench.loop.ended_by is EndedBy.TOTAL_ABORT


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        ("structural_failure", "structural_locks"),
        ("fluid_failure", "fluid_connections"),
        ("data_failure", "data_connection"),
        ("power_failure", "power_connection"),
    ],
)
def test_each_interface_of_the_box_fails_by_itself(fault: str, name: str) -> None:
    """Landed on its pad, but it can be neither emptied nor charged: named, and the copter is retired."""
    bench = BoxBench(f"{fault}@phase6").run()
    facts = bench.decision("interface_failure").facts
    assert [key for key, holds in facts.items() if not holds] == [name]
    assert phases(bench.last) == [1, 2, 3, 4, 5, 6, 8] and bench.last["delivered_kg"] == 0.0
    assert (bench.last["outcome"], bench.loop.ended_by) == ("aborted", EndedBy.RETIRED)


@pytest.mark.parametrize("seed", range(3))
def test_a_lossy_link_costs_no_sortie(seed: int) -> None:
    """25 % each way over the whole of it."""
    bench = BoxBench("link_lossy@T+0", seed=seed, profile=shipped()).run()
    assert (bench.last["outcome"], bench.last["trigger"]) == ("completed", None)


def test_a_recall_that_is_lost_is_repeated_although_a_report_is_answered() -> None:
    """The link comes back between the two: the copter obeys, and does not harvest to the end of its time."""
    bench = BoxBench("link_loss@phase4+60..phase5+0.6").run()
    turned_back = next(each for each in bench.decisions if each.name in ("recall", "time_budget_reached"))
    assert (turned_back.name, turned_back.time_ms - bench.decision("heartbeat_loss").time_ms < 2000) == ("recall", True)


def test_without_a_link_the_copter_comes_home_and_lands_beside_the_pad() -> None:
    """Nobody clears it; before its battery is empty it comes down, and T_DEATH ends the loop."""
    bench = BoxBench("link_loss@phase4+10", profile=shipped())
    while bench.loop.skimmer.memory.stage is not SkimmerStage.HOLDING:
        bench.step()
    assert bench.loop.world.state.place is SkimmerPlace.CORRIDOR
    bench.run()
    state = bench.box.service.vehicle.state
    assert bench.loop.ended_by is EndedBy.LOST
    assert bench.last["abort"] == "ABORT-2B"
    assert not bench.loop.world.state.destroyed
    if state.landed:
        assert bench.loop.world.state.skimmer.lobes.kg > 0.0


def test_a_wreck_is_not_looked_for() -> None:
    """Where the copter is changes no more: until T_DEATH only the depot's own times count."""
    world = BoxBench().loop.world
    world.state.place = SkimmerPlace.BACK
    assert len(world.motion.events_ms()) == 1
    world.state.destroyed = True
    assert world.motion.events_ms() == []


def test_a_refused_dock_and_a_delayed_one() -> None:
    """Refused: it holds off until T_DEATH. Delayed: it waits a minute and lands."""
    refused = BoxBench("dock_refused@phase1").run()
    assert (refused.last["outcome"], refused.last["abort"], phases(refused.last)[-1]) == ("lost", None, 6)
    delayed = BoxBench("dock_delayed@phase6").run()
    assert delayed.last["outcome"] == "completed"
    quick = BoxBench().run()
    assert (
        58.0
        < (start_of(delayed.last, 7) - start_of(delayed.last, 6)) - (start_of(quick.last, 7) - start_of(quick.last, 6))
        < 65.0
    )


@pytest.mark.parametrize("fault", ["skimmer_lost@phase4+2", "skimmer_late@phase2"])
def test_a_copter_that_is_gone_or_late_is_lost_at_t_death(fault: str) -> None:
    """1.5 x T_SORTIE after the launch command."""
    bench = BoxBench(fault).run()
    launch = bench.decision("launch")
    assert bench.last["outcome"] == "lost"
    assert bench.last["phases"][-1]["end_s"] == pytest.approx(launch.facts["t_death_due_s"], abs=0.02)


def test_a_copter_that_cannot_arm_is_not_launched() -> None:
    """No GPS: the launch command is refused, the box waits and tries again."""
    bench = BoxBench()
    bench.box.service.vehicle.inject_fault("gps.loss", None, active=True)
    bench.run_to(400.0)
    assert bench.names().count("launch_refused") >= 2
    bench.box.service.vehicle.inject_fault("gps.loss", None, active=False)
    bench.run()
    assert bench.last["outcome"] == "completed"


def test_kill_9_in_the_air_and_the_same_command_goes_on(tmp_path: Path) -> None:
    """As a process: the broken sortie is closed with the abort that it had, the total holds."""
    arguments = ("loop", "--profile", "drone-box", "--sorties", "2", "--json", "--state-dir", "state")
    first = begin_warm(
        tmp_path,
        *arguments,
        "--speedup",
        "400",
        "--fault",
        "no_go_power@phase1..phase1+200#1",
        "--fault",
        "debris@phase4+200#1",
    )
    wait_for(first, "debris")
    first.kill()
    first.communicate()
    done = run(tmp_path, *arguments)
    told = last_line(done)
    assert (done.returncode, told["ended_by"]) == (0, "sorties_done")
    assert [(s["number"], s["outcome"]) for s in told["sorties"]] == [(1, "aborted"), (2, "completed")]
    assert (told["sorties"][0]["abort"], told["sorties"][0]["trigger"]) == ("ABORT-2", "debris")
