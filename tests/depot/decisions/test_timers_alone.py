"""Both timers of the depot at a restart, a recovery, a closed window and ABORT-3, in one instant (seed 000, 3)."""

from __future__ import annotations

import pytest

from depot.decisions.depot_controller import ANSWER_BEATS, DepotController
from depot.decisions.memory import ControlledBy, PrepStep
from depot.decisions.record import SortieRecord
from depot.messages import CommandMessage, DepotCommand, Status
from depot.names import EndedBy, Phase, SkimmerStage, SkimmerState
from depot.readings import DepotReading, SkimmerPlace
from tests.fakes.loop_run import PROFILE, LoopBench

NOW_MS = 1_000_000
BEATS = PROFILE.heartbeat
NEXT_BEAT_MS = NOW_MS + round(1000.0 * (BEATS.period_s + BEATS.grace_s))


@pytest.fixture
def depot() -> DepotController:
    """Whose skimmer comes home, and whose timers have run for long."""
    depot = LoopBench().loop.depot
    memory = depot.memory
    memory.number, memory.phase, memory.docked = 1, Phase.RETURN, False
    memory.check_ms, memory.waiting = None, None
    memory.record = SortieRecord(1, 1_000.0, 1_500.0)
    memory.record.enter(Phase.RETURN, 0)
    memory.status = Status(plan=1, stage=SkimmerStage.RETURN)
    memory.death.due_ms, memory.beats.due_ms, memory.beats.misses = 10 * NEXT_BEAT_MS, NOW_MS, 1
    depot.take_requests()
    return depot


def test_a_skimmer_that_stands_on_its_dock_again_is_not_waited_for(depot: DepotController) -> None:
    """Its sortie has its reason, also while nobody has heard it since."""
    memory = depot.memory
    memory.status = None
    depot.restart(NOW_MS)
    assert (memory.phase, memory.docked, memory.check_ms) == (Phase.HEALTH, True, NOW_MS)
    assert (memory.death.due_ms, memory.beats.due_ms) == (None, None)
    assert memory.record is not None and memory.record.trigger == "restart"


@pytest.mark.parametrize("away_ms", [0, 1_000, 10 * NEXT_BEAT_MS])
def test_t_death_runs_on_while_nobody_watches_and_leaves_time_for_an_answer(
    depot: DepotController, away_ms: int
) -> None:
    """A real skimmer is asked where it is; its beats are expected anew."""
    memory = depot.memory
    due_ms = memory.death.due_ms
    assert due_ms is not None
    depot.look_again(away_ms, NOW_MS)
    answered_ms = NOW_MS + round(1000.0 * ANSWER_BEATS * BEATS.period_s)
    assert memory.death.due_ms == max(due_ms - away_ms, answered_ms)
    assert (memory.beats.due_ms, memory.beats.misses) == (NEXT_BEAT_MS, 0)
    assert depot.take_requests() == [CommandMessage(DepotCommand.REPORT, answered=False)]


def test_one_that_is_taken_back_in_is_expected_to_report(depot: DepotController) -> None:
    """Nothing of its lost approach counts."""
    memory = depot.memory
    memory.skimmer, memory.ended_by, memory.death.due_ms, memory.beats.due_ms = (
        SkimmerState.LOST,
        EndedBy.LOST,
        None,
        None,
    )
    memory.announced, memory.approaching, memory.waved_off = ["withhold_clearance"], True, True
    depot.recover(NOW_MS)
    assert (memory.announced, memory.approaching, memory.waved_off) == ([], False, False)
    assert (memory.beats.due_ms, memory.beats.misses) == (NEXT_BEAT_MS, 0)
    assert memory.death.due_ms is not None


def test_behind_a_closed_window_no_beat_is_missed(depot: DepotController, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next one is due when it opens, and nobody is asked."""
    monkeypatch.setattr(depot.context.plant, "depot_reading", lambda: DepotReading(hears=False, next_window_s=100.0))
    depot.memory.beats.misses = 0
    depot.handle_timeout(NOW_MS)
    beats = depot.memory.beats
    assert (beats.due_ms, beats.misses, beats.polled) == (NOW_MS + 100_000 + round(1000.0 * BEATS.grace_s), 0, 0)
    assert depot.take_requests() == []


def test_a_total_abort_waits_for_nobody(depot: DepotController) -> None:
    """From its first instant on: it burns for the way home, also if T_DEATH expires just then (3 over all)."""
    depot.context.plant.inject("tank_rupture")
    memory = depot.memory
    memory.death.due_ms = NOW_MS
    depot.handle_timeout(NOW_MS)
    assert memory.leaving and memory.ended_by is None
    assert (memory.death.due_ms, memory.beats.due_ms) == (None, None)


@pytest.mark.parametrize(
    ("phase", "stage", "in_dock", "lost"),
    [
        (Phase.DOCKING, SkimmerStage.DOCKED, True, False),
        (Phase.DOCKING, SkimmerStage.DOCKED, False, True),
        (Phase.DOCKING, SkimmerStage.APPROACH, True, True),
        (Phase.RETURN, SkimmerStage.RETURN, False, True),
    ],
)
def test_t_death_that_expires_as_the_latches_close_is_no_loss(
    depot: DepotController,
    monkeypatch: pytest.MonkeyPatch,
    phase: Phase,
    stage: SkimmerStage,
    in_dock: bool,
    lost: bool,
) -> None:
    """A dock that is reported and latched is confirmed in that instant; a half of it confirms nothing."""
    memory = depot.memory
    memory.phase, memory.status, memory.death.due_ms = phase, Status(plan=1, stage=stage), NOW_MS
    monkeypatch.setattr(depot.context.plant, "depot_reading", lambda: DepotReading(in_dock=in_dock))
    depot.handle_timeout(NOW_MS)
    assert (memory.ended_by is EndedBy.LOST, memory.docked) == (lost, not lost)


def test_what_an_abandoned_skimmer_reports_while_the_depot_leaves_is_noted_and_nothing_else(
    depot: DepotController,
) -> None:
    """ABORT-3: its later telemetry is logged, and moves no phase of a sortie that is over."""
    depot.context.plant.inject("tank_rupture")
    depot.context.plant.state.place = SkimmerPlace.BACK
    depot.handle_timeout(NOW_MS)
    memory = depot.memory
    assert memory.leaving and memory.skimmer is SkimmerState.LOST
    decided: list[str] = []
    depot.context._record = lambda decision: decided.append(decision.name)
    for seq, stage in enumerate((SkimmerStage.HOLDING, SkimmerStage.DOCKED), 1):
        status = Status(seq=seq, plan=1, stage=stage, trigger=1)
        depot.handle_status(status, NOW_MS + seq)
        assert memory.status == status
    assert (memory.phase, decided) == (Phase.RETURN, ["lost_heard_again"])


@pytest.mark.parametrize(
    ("phase", "step", "docked", "unknown"),
    [
        (Phase.PREP, PrepStep.LAUNCH, True, True),
        (Phase.PREP, PrepStep.CHECK, True, False),
        (Phase.HARVEST, PrepStep.PREPARE, False, True),
        (Phase.DOCKING, PrepStep.PREPARE, True, False),
    ],
)
def test_who_has_a_real_skimmer_is_unknown_at_a_restart_if_it_may_fly(
    depot: DepotController, phase: Phase, step: PrepStep, docked: bool, unknown: bool
) -> None:
    """Also behind a launch command that nobody had answered yet."""
    memory = depot.memory
    memory.phase, memory.step, memory.docked = phase, step, docked
    depot.look_again(0, NOW_MS)
    assert (memory.controlled_by is ControlledBy.RESTART) is unknown
