"""The link can be lost, the dock closed, the skimmer late or gone."""

from __future__ import annotations

import itertools

import pytest

from depot.names import EndedBy, SkimmerState
from sortie.loop.loop import decode, encode
from sortie.loop.world_node import LOSSY
from tests.fakes.loop_run import PROFILE, SHORT, LoopBench, phases, start_of


def test_link_lost_in_phase_2_counts_in_phase_3() -> None:
    """Missed beats, ABORT-2, 2B, lost at T_DEATH."""
    bench = LoopBench("link_loss@phase2+10", profile=SHORT).run()
    assert (bench.last["abort"], bench.last["trigger"]) == ("ABORT-2B", "heartbeat_loss")
    assert phases(bench.last) == [1, 2, 3, 5]


@pytest.mark.parametrize(("phase", "flown"), [(3, [1, 2, 3, 5]), (4, [1, 2, 3, 4, 5]), (5, [1, 2, 3, 4, 5])])
def test_link_lost_in_flight_ends_in_loss_at_t_death(phase: int, flown: list[int]) -> None:
    """The last phase's end is the instant of the declaration: T_DEATH after the launch command."""
    bench = LoopBench(f"link_loss@phase{phase}+100", profile=SHORT).run()
    sortie = bench.last
    assert (sortie["outcome"], sortie["abort"], sortie["trigger"]) == ("lost", "ABORT-2B", "heartbeat_loss")
    assert phases(sortie) == flown
    assert sortie["phases"][-1]["end_s"] == pytest.approx(start_of(sortie, 2) + sortie["t_death_s"])
    assert bench.loop.ended_by is EndedBy.LOST
    assert "adjust_plan" in bench.names()
    assert bench.decision("heartbeat_loss").facts["misses"] == PROFILE.heartbeat.misses  # N of them, and no more
    depot = bench.loop.depot
    assert depot.memory.death.due_ms is None and depot.memory.beats.due_ms is None  # frozen
    assert depot.next_deadline_ms() is None


@pytest.mark.parametrize(
    "fault",
    ["link_loss@phase4+100", "link_loss@phase4+100..phase5+20000", "link_loss@phase3+17000", "skimmer_lost@phase4",
     "link_loss@phase2"],
)  # fmt: skip
def test_the_record_of_an_unheard_skimmer_has_the_modes_of_its_phases(fault: str) -> None:
    """A phase that the depot assumes has the mode that plan or recall says: CRUISE; no harvest in the return."""
    bench = LoopBench(fault, profile=SHORT).run()
    begins = start_of(bench.last, 5)
    told = [mode["mode"] for mode in bench.last["modes"] if mode["start_s"] <= begins]
    assert told[-1] == "CRUISE"
    assert not {"ACTIVE-HARVEST", "IDLE/STANDBY"} & {m["mode"] for m in bench.last["modes"] if m["start_s"] >= begins}


@pytest.mark.parametrize("offset", [0, 10, 2000])
def test_link_lost_in_phase_6_is_a_loss_without_an_abort(offset: int) -> None:
    """It holds off, nobody clears it; a clearance that is not answered is given again, and the loop goes on."""
    bench = LoopBench(f"link_loss@phase6+{offset}", profile=SHORT).run()
    assert (bench.last["outcome"], bench.last["abort"]) == ("lost", None)
    assert phases(bench.last) == [1, 2, 3, 4, 5, 6]


def test_a_skimmer_that_hears_nothing_comes_home_by_itself() -> None:
    """And is cleared in when the link is back in time."""
    bench = LoopBench("link_loss@phase4+100..phase5+150000").run()
    silent = bench.decision("depot_silent")
    assert silent.party == "skimmer"
    assert silent.facts["silence_s"] >= PROFILE.heartbeat.home_after_s
    assert (bench.last["outcome"], bench.last["abort"]) == ("aborted", "ABORT-2B")
    assert phases(bench.last) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_a_link_that_comes_back_brings_the_recall() -> None:
    """ABORT-2B is not the end: the command is given again as soon as the skimmer is heard."""
    bench = LoopBench("link_loss@phase4+100..phase5+20000").run()
    assert "recall" in bench.names("skimmer") and "depot_silent" not in bench.names("skimmer")
    assert bench.last["outcome"] == "aborted"


def test_a_dock_that_refuses_for_good_loses_the_skimmer() -> None:
    """It holds off at the corridor until T_DEATH."""
    bench = LoopBench("dock_refused@phase6", profile=SHORT).run()
    assert (bench.last["outcome"], bench.last["abort"]) == ("lost", None)
    assert "withhold_clearance" in bench.names() and "grant_docking_clearance" not in bench.names()


def test_a_refusal_that_ends_only_delays() -> None:
    """Cleared as soon as the dock is free."""
    bench = LoopBench("dock_refused@phase6..phase6+5000").run()
    assert bench.last["outcome"] == "completed"
    assert bench.decision("grant_docking_clearance").time_ms / 1000.0 == start_of(bench.last, 6) + 5_000.0


def test_a_dock_that_closes_while_the_clearance_is_not_heard_stalls_nothing() -> None:
    """The wait for another try ends in a refusal; when both are over, the skimmer is cleared."""
    bench = LoopBench("link_loss@phase6..phase6+600", "dock_refused@phase6+100..phase6+5000").run()
    assert bench.last["outcome"] == "completed"


@pytest.mark.parametrize("first", ["dock_refused@T+0..T+100", "dock_refused@phase6..phase6+100"])
def test_the_end_of_a_fault_leaves_another_one_of_its_name(first: str) -> None:
    bench = LoopBench("dock_refused@T+50..phase6+5000", first).run()
    assert bench.decision("grant_docking_clearance").time_ms / 1000.0 == start_of(bench.last, 6) + 5_000.0


def test_a_lossy_link_is_lossy_again_after_a_loss() -> None:
    """Also in another start."""
    faults = "link_lossy@T+0", "link_loss@T+100..T+200"
    bench = LoopBench(*faults).run_to(150.0)
    assert bench.loop.wire.loss == 1.0
    bench = LoopBench(*faults, snapshot=decode(encode(bench.loop.snapshot())))
    assert bench.loop.wire.loss == 1.0
    bench.run_to(250.0)
    assert bench.loop.wire.loss == LOSSY


def test_a_delayed_dock_lasts_a_minute() -> None:
    """Unless it has an end."""
    bench = LoopBench("dock_delayed@phase6").run()
    assert bench.last["outcome"] == "completed"
    assert bench.decision("grant_docking_clearance").time_ms / 1000.0 == start_of(bench.last, 6) + 60.0


def test_a_refused_dock_refuses_an_emergency_too_and_a_free_one_grants_it() -> None:
    """The port is blocked for everybody; once it is free, the clearance is an emergency one."""
    bench = LoopBench("imu_loss@phase4+100", "dock_refused@phase6..phase6+5000").run()
    granted = bench.decision("grant_docking_clearance")
    assert granted.facts["emergency"]
    assert granted.time_ms / 1000.0 == start_of(bench.last, 6) + 5_000.0


def test_a_vanished_skimmer_is_declared_lost() -> None:
    """No acknowledgement, no beat."""
    bench = LoopBench("skimmer_lost@phase4+1000", profile=SHORT).run()
    assert (bench.last["outcome"], bench.last["abort"]) == ("lost", "ABORT-2B")
    assert bench.loop.depot.memory.skimmer is SkimmerState.LOST  # retired in software


@pytest.mark.parametrize("phase", [3, 5])
def test_a_late_skimmer_is_lost_at_t_death_and_the_trend_is_told_before(phase: int) -> None:
    """By its own count it misses T_DEATH."""
    bench = LoopBench(f"skimmer_late@phase{phase}+100", profile=SHORT).run()
    assert (bench.last["outcome"], bench.last["abort"]) == ("lost", None)
    trend, lost = bench.decision("trending_to_miss_t_death"), bench.decision("declare_lost")
    assert trend.phase == 5 and trend.time_ms < lost.time_ms


def test_behind_a_closed_window_nobody_hears_anybody_and_nothing_is_missed() -> None:
    """Whatever is sent then is lost; what the skimmer had to tell comes when the window opens."""
    bench = LoopBench()
    motion, memory = bench.loop.world.motion, bench.loop.depot.memory
    last_heard_ms: set[int] = set()
    was_open, closed = True, 0
    while bench.loop.ended_by is None:
        bench.step()
        is_open = motion.link_open()
        assert bench.loop.wire.link.loss == (0.0 if is_open else 1.0)
        assert memory.beats.misses == 0
        closed += int(was_open and not is_open)
        was_open = is_open
        if not is_open:
            last_heard_ms.add(memory.status_ms)
    assert len(last_heard_ms) == closed >= 10  # nothing came while it was closed
    told = [mode["start_s"] for mode in bench.last["modes"]]
    assert [start for start in told if not motion.almanac.window_open(round(1000.0 * start))]  # and was told later
    assert bench.last["outcome"] == "completed"


def test_tank_full_before_launch_is_a_no_go_until_there_is_room() -> None:
    """Nowhere to store the harvest."""
    bench = LoopBench("store_full@phase1..T+60000").run()
    assert {"no_go_tanks", "store_full"} <= set(bench.decision("no_go").facts["failed"])
    assert bench.last["outcome"] == "completed"


def test_tank_full_during_offload_stands_and_goes_on_with_the_room() -> None:
    """Room comes as the reactor uses CO2, or when the fault ends."""
    bench = LoopBench("store_full@phase7..phase7+30000").run()
    assert bench.last["outcome"] == "completed"
    assert bench.last["delivered_kg"] == pytest.approx(PROFILE.depot.eta_route * bench.last["harvested_kg"], rel=1e-3)
    assert bench.last["phases"][6]["end_s"] - start_of(bench.last, 7) > 30_000.0


def test_one_valve_lost_reroutes_the_offload() -> None:
    """Two independent routes."""
    bench = LoopBench("valve_stuck@phase7").run()
    assert bench.last["outcome"] == "completed" and bench.last["delivered_kg"] > 10_000.0


def test_both_valves_lost_isolate_the_tank_and_the_offload_is_given_up() -> None:
    """Patience ends, and the CO2 has nowhere to go: no next sortie is waited for."""
    bench = LoopBench("valve_stuck@phase7", "valve_stuck@phase7+1", total=2).run()
    assert bench.decision("offload_stands").facts["left_kg"] > 0.0
    assert bench.last["outcome"] == "aborted"
    assert bench.loop.ended_by is EndedBy.RETIRED
    assert "no_go" not in bench.names()


def test_an_interface_that_never_passes_skips_the_offload_and_retires() -> None:
    """Neither offload nor fuel."""
    bench = LoopBench("interface_failure@phase5").run()
    assert phases(bench.last) == [1, 2, 3, 4, 5, 6, 8]
    assert (bench.last["outcome"], bench.last["trigger"]) == ("aborted", "interface_failure")
    assert bench.loop.ended_by is EndedBy.RETIRED


@pytest.mark.parametrize("name", ["no_go_power", "no_go_thermal", "no_go_comms", "no_go_tanks"])
def test_a_no_go_waits_and_repeats(name: str) -> None:
    """A window at a time, until it is cleared."""
    bench = LoopBench(f"{name}@phase1..T+90000").run()
    assert name in bench.decision("no_go").facts["failed"]
    waits = [d.time_ms for d in bench.decisions if d.name == "no_go"]
    gaps = [(b - a) / 1000.0 for a, b in itertools.pairwise(waits)]
    assert all(0.0 < gap <= PROFILE.plan.wait_s for gap in gaps)  # less, for the next comms window
    assert gaps.count(PROFILE.plan.wait_s) >= 3
    assert bench.last["outcome"] == "completed"
    assert start_of(bench.last, 2) >= 90_000.0


def test_a_late_skimmer_that_was_recovered_is_late_no_more() -> None:
    """Its way home was long once; docked, it is over."""
    bench = LoopBench("skimmer_late@phase4+100", total=2).run()
    assert bench.loop.ended_by is EndedBy.LOST
    bench.loop.recover()
    bench.run()
    assert [(s["number"], s["outcome"]) for s in bench.sorties] == [(1, "lost"), (2, "completed")]
