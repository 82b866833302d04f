"""The seed's conditions and actions, by their names: each is answered or journalled in its phase."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from depot.decision import Decision
from depot.decisions.conditions import CONDITIONS
from depot.decisions.phases import PHASES
from depot.decisions.watches import ABORT_2_NAMES
from depot.names import ABORT_1_NAMES, EndedBy, Phase
from depot.physics.windows import Almanac
from tests.fakes.loop_run import PROFILE, LoopBench

SHOWN_BY = {
    "go_no_go": ("go", "no_go"),
    "manage_power": ("mode_to_standby", "mode_to_survival"),
    "monitor_health": (*ABORT_1_NAMES, *ABORT_2_NAMES),
    "execute_harvest": ("start_harvest",),
    "track_time_in_harvest": ("harvest_ended",),
    "track_expected_and_actual_mass": ("harvest_ended",),
    "enforce_margins": ("fuel_margin_near", "power_margin_near", "thermal_limit_near", "end_harvest"),
    "watch_death_timer_trend": ("trending_to_miss_t_death",),
    "monitor_heartbeat": ("heartbeat_loss",),
    "capture": ("captured",),
    "confirm_structural_locks": ("interfaces_confirmed",),
    "confirm_fluid_connections": ("interfaces_confirmed",),
    "confirm_data_connection": ("interfaces_confirmed",),
    "confirm_power_connection": ("interfaces_confirmed",),
    "review_hardware_health": ("relaunch", "derate", "retire"),
    "evaluate_retirement_criteria": ("relaunch", "derate", "retire"),
    "decide_relaunch": ("relaunch", "derate", "retire"),
    "reset_or_freeze_timers": ("freeze_timers",),
}
"""Actions that go on for a whole phase, or that several names of decisions show; the others are decisions."""
AT_THE_CHANGE = ("undock", "mode_to_active_harvest", "execute_harvest", "follow_return_trajectory")
"""The skimmer's own phase changes with the decision: the first action of a phase is decided at the end of the last."""


def begins(decisions: list[Decision]) -> Iterator[Decision]:
    """Changes of phase."""
    return (decision for decision in decisions if decision.name == "begin_phase")


@pytest.fixture(scope="module")
def runs() -> list[Decision]:
    """Of several loops, which together do everything that the seed knows."""
    everything = []
    for faults in (
        (),
        ("imu_loss@phase4+100",),
        ("heartbeat_loss@phase5+100",),
        ("skimmer_late@phase5+100",),
        ("debris@phase4+100",),
        ("imu_loss@phase3+100",),
    ):
        everything += LoopBench(*faults, total=1).run().decisions
    return everything + margins_ignored().decisions + poor_light().run().decisions


def poor_light() -> LoopBench:
    """Its batteries are nearly empty at the beginning of the way home."""
    bench = LoopBench(total=1)
    while "harvest_ended" not in bench.names():
        bench.step()
    skimmer = bench.loop.world.state.skimmer
    for battery in (skimmer.batt_a, skimmer.batt_b):
        bench.loop.world.state.accounts.book("fault", battery.draw(battery.j - 0.2 * battery.capacity_j))
    return bench


def margins_ignored() -> LoopBench:
    """A skimmer that takes its fuel margin for nothing and loses propellant in the harvest, between two dips."""
    bench = LoopBench(total=1)
    while "start_harvest" not in bench.names("skimmer") or bench.loop.world.skimmer_reading().in_zone:
        bench.step()
    memory = bench.loop.skimmer.memory
    assert memory.plan is not None
    memory.plan = msgspec.structs.replace(memory.plan, fuel_reserve=0.0, power_reserve=0.0)
    state = bench.loop.world.state
    keep = bench.loop.world.skimmer_reading().fuel_need_kg * 1.35
    state.outside.book("leak", "CH4", state.skimmer.lobes.kg - keep)
    state.skimmer.lobes.kg = keep
    return bench.run()


def test_every_condition_of_the_table_is_a_question_and_no_other_is() -> None:
    """Names in the table and predicates, one to one."""
    assert set(CONDITIONS) == {name for row in PHASES.values() for name in (*row.entry, *row.exit)}


def test_every_action_of_the_table_is_seen_in_its_phase(runs: list[Decision]) -> None:
    """As a decision of its name, or as what `SHOWN_BY` gives."""
    seen = {(decision.phase, decision.name) for decision in runs}
    for phase, row in PHASES.items():
        for action in row.actions:
            names = SHOWN_BY.get(action, (action,))
            # What the skimmer does at a change of phase it decides in the phase that it leaves.
            before = (phase - 1,) if action in AT_THE_CHANGE else ()
            assert any((number, name) in seen for number in (phase, *before) for name in names), action


def test_on_a_routine_sortie_all_conditions_hold() -> None:
    """Entry: all. Exit: all, but for phases 4 and 8, of which one way out is enough."""
    bench = LoopBench(total=2).run()
    changes = list(begins(bench.decisions))
    assert [change.phase for change in changes] == [*range(1, 9), *range(1, 9)]
    for change in changes:
        assert all(change.facts["entry"].values()), change
        left = list(change.facts["exit"].values())
        assert any(left) if change.phase in (5, 1) and left else all(left), change
    ended = bench.decision("freeze_timers")
    assert ended.facts["exit"] == {"relaunch": True, "derated": False, "retired": False}


def test_an_abort_leaves_a_phase_whose_exit_conditions_do_not_hold() -> None:
    """They are answered, not required: the abort is the way out."""
    early = LoopBench("debris@phase3+100").run()
    change = next(change for change in begins(early.decisions) if change.phase == Phase.RETURN)
    assert not change.facts["exit"]["at_entry_point"] and change.facts["entry"] == {"harvest_ended": True}
    late = LoopBench("debris@phase4+100").run()
    change = next(change for change in begins(late.decisions) if change.phase == Phase.RETURN)
    assert change.facts["exit"]["abort_commanded"] and not change.facts["exit"]["store_near_capacity"]


def test_the_depot_ends_a_harvest_whose_margin_the_skimmer_ignores() -> None:
    """Both sides watch the margins; an early end is no abort."""
    bench = margins_ignored()
    told = bench.decision("end_harvest")
    assert told.facts["fuel_kg"] < 1.6 * told.facts["fuel_need_kg"]
    assert "recall" in bench.names("skimmer")
    assert (bench.last["outcome"], bench.last["abort"], bench.last["trigger"]) == ("completed", None, None)
    assert bench.loop.ended_by is EndedBy.SORTIES_DONE


def test_secondary_loads_are_shed_by_a_decision_and_come_back_with_the_charge() -> None:
    """At low charge first they; ECLIPSE/SURVIVAL comes lower, and so in shadow only."""
    bench = poor_light()
    skimmer = bench.loop.world.state.skimmer
    while "shed_secondary_loads" not in bench.names("skimmer"):
        assert not skimmer.shed and bench.loop.ended_by is None
        bench.step()
    assert skimmer.shed
    names = bench.run().names("skimmer")
    assert names.index("shed_secondary_loads") < names.index("restore_secondary_loads")
    almanac = Almanac(PROFILE.orbit)
    assert not any(almanac.sunlit(d.time_ms) for d in bench.decisions if d.name == "mode_to_survival")
    assert bench.last["outcome"] == "completed"
    assert not skimmer.shed


def test_a_retired_skimmer_has_frozen_timers_and_its_disposal() -> None:
    """Nothing is due any more."""
    bench = LoopBench("imu_loss@phase4+100", total=3).run()
    assert bench.names()[-2:] == ["disposal", "freeze_timers"]
    assert bench.decision("freeze_timers").facts["exit"]["retired"]
    memory = bench.loop.depot.memory
    assert memory.death.due_ms is None and memory.beats.due_ms is None and bench.loop.depot.next_deadline_ms() is None
