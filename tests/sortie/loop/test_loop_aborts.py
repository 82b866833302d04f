"""Every trigger of ABORT-1, -2 and -3 in every phase in which it may occur, with the seed's effect."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from depot.decisions.watches import ABORT_2_NAMES, ABORT_3_NAMES, UNSTABLE
from depot.messages import DepotCommand, RequestResult
from depot.names import ABORT_1_NAMES, EndedBy, SkimmerState
from depot.physics.windows import Almanac
from depot.world.depot import FAILED
from depot.world.faults import GROWING
from sortie.loop.loop import decode, encode
from tests.fakes.loop_run import PROFILE, LoopBench, modes, phases, start_of

REPAIRABLE = PROFILE.retirement.repairable


def struck_s(bench: LoopBench) -> float:
    """When the first fault struck."""
    return next(iter(bench.loop.faults.memory.values())).since_ms / 1000.0


@pytest.mark.parametrize("where", ["3+100", "4+90000", "5+100", "5+40000"])
@pytest.mark.parametrize("name", ABORT_1_NAMES)
def test_self_abort(name: str, where: str) -> None:
    """Phase 5 at once in ECLIPSE/SURVIVAL, no offload, then the health review."""
    phase = int(where[0])
    bench = LoopBench.from_phase(phase, f"{name}@phase{where}").run()
    sortie = bench.last
    assert (sortie["outcome"], sortie["abort"], sortie["trigger"]) == ("aborted", "ABORT-1", name)
    if name.startswith("store") and phase == 3:  # an empty store: it shows in the harvest
        phase = 4
    assert phases(sortie) == [*range(1, phase + 1), *([5] if phase < 5 else []), 6, 8]
    assert sortie["delivered_kg"] == 0.0
    declared = bench.decision(name).time_ms / 1000.0
    assert modes(sortie)[-3:] == ["ECLIPSE/SURVIVAL", "CRUISE", "DOCKED"]
    assert abs(sortie["modes"][-3]["start_s"] - declared) <= 1.0
    assert sortie["modes"][-2]["start_s"] == start_of(sortie, 6)
    if name not in GROWING:
        assert declared - struck_s(bench) <= 0.1 * PROFILE.plan.usual_s(int(where[0]))
    assert bench.loop.ended_by is (EndedBy.SORTIES_DONE if name in REPAIRABLE else EndedBy.RETIRED)
    assert bench.decision("grant_docking_clearance").facts["emergency"]


@pytest.mark.parametrize("where", ["3+100", "4+90000", "5+100", "5+30000"])
@pytest.mark.parametrize("name", ABORT_2_NAMES)
def test_forced_recall(name: str, where: str) -> None:
    """Phase 5 at once in CRUISE; offloaded unless the depot is unstable; it may fly again."""
    phase = int(where[0])
    bench = LoopBench.from_phase(phase, f"{name}@phase{where}").run()
    sortie = bench.last
    assert (sortie["outcome"], sortie["abort"], sortie["trigger"]) == ("aborted", "ABORT-2", name)
    service = [8] if name in UNSTABLE else [7, 8]
    assert phases(sortie) == [*range(1, phase + 1), *([5] if phase < 5 else []), 6, *service]
    assert modes(sortie)[-2:] == ["CRUISE", "DOCKED"]
    declared = bench.decision(name).time_ms / 1000.0
    if phase < 5:  # the skimmer itself turns back, and what it does ends
        turned = bench.decision("recall")
        assert (turned.party, turned.phase) == ("skimmer", phase)
        assert turned.time_ms / 1000.0 - declared <= 1.0
    assert declared - struck_s(bench) <= 0.1 * PROFILE.plan.usual_s(phase)
    assert bench.loop.ended_by is EndedBy.SORTIES_DONE


@pytest.mark.parametrize("phase", range(1, 9))
@pytest.mark.parametrize("name", ABORT_3_NAMES)
def test_total_abort(name: str, phase: int) -> None:
    """From any phase, for good: docked is carried home, not docked is abandoned."""
    bench = LoopBench.from_phase(phase, f"{name}@phase{phase}+10", total=3)
    obey, told = bench.loop.skimmer.handle_order, []
    bench.loop.skimmer.handle_order = lambda order, now_ms: told.append(order) or obey(order, now_ms)
    sortie = bench.run().last
    assert bench.loop.ended_by is EndedBy.TOTAL_ABORT
    assert (sortie["abort"], sortie["trigger"]) == ("ABORT-3", name)
    docked = phases(sortie)[-1] in (1, 7, 8)  # in phase 6 it strikes before anything is captured, or it is over
    assert sortie["outcome"] == ("aborted" if docked else "lost")
    assert (bench.loop.depot.memory.skimmer == "LOST") == (not docked)
    assert sortie["t_sortie_s"] == PROFILE.plan.t_sortie_s
    assert sortie["number"] == 1 or (phase >= 7 and name in GROWING)
    assert bench.decision(name).time_ms / 1000.0 - struck_s(bench) <= PROFILE.plan.t_sortie_s / 5.0
    assert bench.loop.world.state.total_abort
    if Almanac(PROFILE.orbit).window_open(bench.decision(name).time_ms):  # it is told, if it can hear
        assert told[-1] is DepotCommand.TOTAL_ABORT
    depot, actions = bench.loop.world.state.depot, PROFILE.depot
    assert bench.decision("isolate_damage").facts["segments"] == list(FAILED.get(name, ()))
    assert not depot.primary_on and not depot.secondary_on and not depot.soxe_on
    burn, done = bench.decision("return_to_origin_burn"), bench.decision("stabilise")
    assert burn.facts["possible"] and depot.burnt_mps == pytest.approx(actions.origin_dv_mps, rel=0.05)
    assert (done.time_ms - burn.time_ms) / 1000.0 == pytest.approx(
        burn.facts["need_kg"] / actions.engine_kg_s, rel=0.01
    )
    assert done.facts["achieved_mps"] == pytest.approx(depot.burnt_mps, abs=1e-3)
    if phases(sortie)[-1] == 4:  # answered while the sortie's record can still tell
        assert bench.decision("freeze_timers").facts["exit"]["abort_commanded"]


def test_total_abort_in_phase_6_carries_home_what_is_captured_and_abandons_what_is_not() -> None:
    """Held in phase 6 by an interface that fails, it is in the dock; on its approach it is not."""
    away = LoopBench("impact@phase6+10").run()
    assert (away.last["outcome"], away.loop.depot.memory.skimmer) == ("lost", "LOST")
    held = LoopBench("data_failure@phase6", "impact@phase6+4000").run()
    assert "captured" in held.names() and phases(held.last)[-1] == 6
    assert (held.last["outcome"], held.loop.depot.memory.reason) == ("aborted", "carried home by the depot")


def test_a_skimmer_whose_answer_to_the_launch_is_lost_is_abandoned_too() -> None:
    """It counted as docked, and as carried home, while its latches were empty."""
    bench = LoopBench()
    obey = bench.loop.skimmer.handle_order

    def deafened(order: DepotCommand, now_ms: int) -> RequestResult:
        bench.loop.wire.loss = 1.0 if order is DepotCommand.GO else 0.0
        return obey(order, now_ms)

    bench.loop.skimmer.handle_order = deafened
    while "undock" not in bench.names("skimmer"):
        bench.step()
    bench.loop.world.inject("impact")
    bench.run()
    assert phases(bench.last) == [1] and "declare_lost" not in bench.names()
    assert (bench.last["outcome"], bench.last["abort"]) == ("lost", "ABORT-3")
    assert bench.loop.depot.memory.skimmer is SkimmerState.LOST


def test_a_depot_without_propellant_says_that_it_cannot_burn_home() -> None:
    """It burns what can reach the engine, which may be nothing."""
    bench = LoopBench("impact@phase4+100")
    while "start_harvest" not in bench.names("skimmer"):
        bench.step()
    state = bench.loop.world.state
    state.outside.book("leak", "O2", state.depot.o2.kg - 100.0)
    state.depot.o2.kg = 100.0
    bench.run()
    burn = bench.decision("return_to_origin_burn")
    assert not burn.facts["possible"] and "cannot be flown whole" in burn.reason
    assert 0.0 < bench.decision("stabilise").facts["achieved_mps"] < 0.2 * PROFILE.depot.origin_dv_mps
    assert bench.loop.ended_by is EndedBy.TOTAL_ABORT


def test_a_restart_in_the_burn_goes_on_with_it() -> None:
    """And ends as the loop that was not interrupted."""
    whole = LoopBench("impact@phase4+100").run()
    bench = LoopBench("impact@phase4+100")
    while "return_to_origin_burn" not in bench.names():
        bench.step()
    assert bench.loop.ended_by is None and bench.loop.depot.memory.leaving
    again = LoopBench("impact@phase4+100", snapshot=decode(encode(bench.loop.snapshot()))).run()
    assert again.decisions[-2:] == whole.decisions[-2:] and again.loop.ended_by is EndedBy.TOTAL_ABORT


def test_precedence_1_over_2() -> None:
    """The higher path and its trigger are the sortie's."""
    bench = LoopBench("debris@phase4+1000", "imu_loss@phase5+1000").run()
    assert (bench.last["abort"], bench.last["trigger"]) == ("ABORT-1", "imu_loss")
    assert phases(bench.last) == [1, 2, 3, 4, 5, 6, 8]


def test_precedence_3_over_all() -> None:
    """Even while the skimmer is on its way home after ABORT-1."""
    bench = LoopBench("imu_loss@phase4+1000", "impact@phase5+1000").run()
    assert (bench.last["abort"], bench.last["trigger"]) == ("ABORT-3", "impact")


def test_a_recall_after_a_self_abort_changes_nothing() -> None:
    """1 over 2."""
    bench = LoopBench("imu_loss@phase4+1000", "debris@phase5+1000").run()
    assert (bench.last["abort"], bench.last["trigger"]) == ("ABORT-1", "imu_loss")
    assert "debris" not in bench.names()


@pytest.mark.parametrize("name", [name for name in (*ABORT_1_NAMES, *ABORT_2_NAMES) if name not in GROWING])
def test_a_fault_in_phase_1_is_a_no_go_until_it_ends(name: str) -> None:
    """It waits and repeats; then the sortie is flown."""
    bench = LoopBench(f"{name}@phase1+1..T+40000").run()
    assert bench.names().count("no_go") >= 3
    assert name in bench.decision("no_go").facts["failed"]
    assert bench.last["outcome"] == "completed"


@pytest.mark.parametrize(("name", "abort"), [("imu_loss", "ABORT-1"), ("debris", "ABORT-2")])
def test_a_fault_in_phase_2_acts_on_entering_phase_3(name: str, abort: str) -> None:
    """No abort path begins before."""
    bench = LoopBench(f"{name}@phase2+10").run()
    assert (bench.last["abort"], bench.last["trigger"]) == (abort, name)
    assert phases(bench.last)[:4] == [1, 2, 3, 5]
    assert bench.last["phases"][2]["start_s"] == bench.last["phases"][2]["end_s"]


@pytest.mark.parametrize(
    ("fault", "end", "behind"),
    [
        ("debris@phase4..phase4+600", 4, 600.0),  # phase 4 is over at once
        ("link_loss@phase4+100..phase4+20000", 4, 20_000.0),
        ("debris@phase3+100..phase4+600", 5, 0.0),  # there is no phase 4
        ("store_full@phase4+100..phase7+900", 8, 0.0),  # nor a phase 7 while the depot is unstable
    ],
)
def test_an_end_by_phase_comes_although_an_abort_cuts_that_phase_short(fault: str, end: int, behind: float) -> None:
    """So many seconds after the phase has begun; or when the sortie gets beyond it. Then it flies again."""
    bench = LoopBench(fault, total=2).run()
    assert [sortie["outcome"] for sortie in bench.sorties] == ["aborted", "completed"]
    (memory,) = bench.loop.faults.memory.values()
    assert not memory.active and memory.due_ms == round((start_of(bench.sorties[0], end) + behind) * 1000.0)


def test_a_fault_that_strikes_again_at_the_instant_of_its_repair_holds() -> None:
    """It began, ended, was repaired in the review; `#*` brings it back as the next sortie begins."""
    bench = LoopBench("corridor_drift@T+70000..phase7#*", total=2).run_to(400_000.0)
    assert "repair" in bench.names() and "corridor_drift" in bench.decision("no_go").facts["failed"]
    assert bench.loop.faults.holding() == [("corridor_drift", True)]


def test_an_overheated_spine_is_one_over_stress_although_it_is_still_hot_at_the_dock() -> None:
    """It was counted at the docking, and once more from what the dock saw before the repair."""
    rules = replace(PROFILE.retirement, repairable=("hot_spine_overtemp",))
    bench = LoopBench("hot_spine_overtemp@phase4+50000", total=2, profile=replace(PROFILE, retirement=rules)).run()
    reviews = [decision.facts["overstress"] for decision in bench.decisions if decision.name == "relaunch"]
    assert reviews == [1, 1]


@pytest.mark.parametrize("before", ["store_full@phase4+100", "corridor_drift@phase4+100"])
def test_leaking_lobes_are_found_where_nobody_refuels(before: str) -> None:
    """Phase 7 is skipped; the test of the lobes at the dock tells a leak from what a flight has used."""
    bench = LoopBench(before, "fuel_low@phase6+10", total=2).run()
    assert phases(bench.last) == [1, 2, 3, 4, 5, 6, 8]
    assert (bench.loop.ended_by, bench.loop.depot.memory.reason) == (EndedBy.RETIRED, "fuel_low")


@pytest.mark.parametrize("phase", [6, 7, 8])
@pytest.mark.parametrize("name", [name for name in ABORT_1_NAMES if name not in (*GROWING, *REPAIRABLE)])
def test_a_fault_of_abort_1_after_the_return_goes_to_the_health_review(name: str, phase: int) -> None:
    """The sortie is completed, the skimmer retired; lobes that leak cannot be filled and a radiator that is broken
    does not cool, so that phase 7 does not end."""
    bench = LoopBench.from_phase(phase, f"{name}@phase{phase}+10").run()
    unserved = name in ("fuel_low", "hot_spine_overtemp") and phase < 8
    assert (bench.last["outcome"], bench.last["abort"]) == ("aborted" if unserved else "completed", None)
    assert (bench.loop.ended_by, bench.loop.depot.memory.reason) == (EndedBy.RETIRED, name)


def test_return_not_feasible_is_the_loss_path() -> None:
    """Nearly no propellant: disposal, telemetry, lost at T_DEATH."""
    bench = LoopBench("imu_loss@phase4+1000")
    while "start_harvest" not in bench.names("skimmer"):
        bench.step()
    lobes = bench.loop.world.state.skimmer.lobes
    bench.loop.world.state.outside.book("leak", "CH4", lobes.kg - 10.0)
    lobes.kg = 10.0
    bench.run()
    assert (bench.last["outcome"], bench.last["abort"]) == ("lost", "ABORT-1")
    assert bench.loop.ended_by is EndedBy.LOST
    assert not bench.decision(bench.last["trigger"]).facts["return_feasible"]
    assert phases(bench.last)[-1] == 5


def test_a_fault_strikes_once_and_a_star_strikes_every_sortie() -> None:
    """#K picks one, #* all."""
    once = LoopBench("debris@phase4+100", total=3).run()
    second = LoopBench("debris@phase4+100#2", total=3).run()
    always = LoopBench("debris@phase4+100#*", total=3).run()
    assert [s["abort"] for s in once.sorties] == ["ABORT-2", None, None]
    assert [s["abort"] for s in second.sorties] == [None, "ABORT-2", None]
    assert [s["abort"] for s in always.sorties] == ["ABORT-2"] * 3


def test_a_store_breached_at_the_dock_goes_to_the_health_review() -> None:
    """By then it has run empty, but it was seen to; one that is empty already shows in the next harvest."""
    full = LoopBench("store_breach@phase6+1", total=2).run()
    assert [(s["outcome"], s["abort"]) for s in full.sorties] == [("completed", None)]
    assert (full.loop.ended_by, full.loop.depot.memory.reason) == (EndedBy.RETIRED, "store_breach")
    empty = LoopBench("store_breach@phase8", total=2).run()
    assert [s["abort"] for s in empty.sorties] == [None, "ABORT-1"]


@pytest.mark.parametrize("offset", [0, 600, 1100])
def test_propellant_lost_in_the_departure_burn_brings_it_home_from_phase_3(offset: int) -> None:
    """The leak leaves what the way back from there takes."""
    bench = LoopBench(f"fuel_low@phase2+{offset}").run()
    assert (bench.last["outcome"], bench.last["abort"]) == ("aborted", "ABORT-1")
    assert phases(bench.last) == [1, 2, 3, 5, 6, 8]
    assert bench.last["phases"][2]["start_s"] == bench.last["phases"][2]["end_s"]


def test_what_an_aborted_sortie_left_in_the_store_is_offloaded_before_the_next() -> None:
    """Nothing of it is delivered by either: each delivers what it has harvested itself."""
    bench = LoopBench("corridor_drift@phase5+100", total=2).run()
    first, second = bench.sorties
    left_kg = bench.decision("offload_leftover").facts["store_kg"]
    assert first["delivered_kg"] == 0.0 and left_kg == pytest.approx(first["harvested_kg"], rel=1e-3)
    assert second["delivered_kg"] == pytest.approx(PROFILE.depot.eta_route * second["harvested_kg"], rel=1e-3)


def test_an_unstable_depot_takes_no_leftover() -> None:
    """Recalled because of its tanks, which stay as they are into the next sortie's preparation: it waits."""
    bench = LoopBench("cryo_limit@phase5+100..T+400000", total=2).run()
    assert phases(bench.sorties[0]) == [1, 2, 3, 4, 5, 6, 8]
    names = bench.names()
    assert names.index("keep_leftover") < names.index("offload_leftover") < len(names) - 1 - names[::-1].index("go")
    assert bench.sorties[1]["outcome"] == "completed"


def test_what_ends_with_a_sortie_keeps_no_leftover_of_it() -> None:
    """Faults begin and end with a phase before anything is done in it."""
    bench = LoopBench("cryo_limit@phase5+100", total=2).run()
    assert phases(bench.sorties[0]) == [1, 2, 3, 4, 5, 6, 8]
    assert "offload_leftover" in bench.names() and not {"keep_leftover", "no_go"} & set(bench.names())
