"""What the depot decides at its dock in one instant, without a loop around it (seed 000, 4.6, 4.7)."""

from __future__ import annotations

from typing import Any

import pytest

from depot.decisions import phase_dock
from depot.decisions.memory import PendingRequest
from depot.decisions.phase_context import PhaseContext
from depot.decisions.record import SortieRecord
from depot.messages import CommandMessage, DepotCommand, RequestResult, Status
from depot.names import Abort, Phase, SkimmerStage
from depot.readings import DepotReading, Relative
from tests.fakes.loop_run import PROFILE, LoopBench

NOW_MS = 1_000_000
AT_GATE = Relative((0.0, -PROFILE.corridor.gate_m, 0.0), (0.0, 0.0, 0.0))
FREE: dict[str, Any] = {"relative": AT_GATE, "in_dock": False}


@pytest.fixture
def context() -> PhaseContext:
    """Of a depot whose skimmer holds at the gate."""
    context = LoopBench().loop.depot.context
    memory = context.memory
    memory.phase, memory.docked, memory.check_ms, memory.waiting = Phase.DOCKING, False, None, None
    memory.record = SortieRecord(memory.number, 1_000.0, 1_500.0)
    memory.status = Status(plan=memory.number, stage=SkimmerStage.HOLDING)
    memory.death.start(NOW_MS, 1_000.0)
    memory.beats.start(NOW_MS, PROFILE.heartbeat)
    context.take_requests()
    return context


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({}, ""),
        ({"dock_blocked": True}, "dock_refused"),
        ({"dock_delay": True}, "dock_delayed"),
        ({"wind_mps": PROFILE.box.wind_max_mps + 1.0}, "wind_over_limit"),
        ({"relative": None}, "not_seen"),
    ],
)
def test_each_reason_alone_withholds_the_clearance(context: PhaseContext, changed: dict[str, Any], reason: str) -> None:
    """And without any it is given."""
    assert phase_dock._not_ready_reason(context, DepotReading(**(FREE | changed))) == reason


def test_after_the_last_try_nobody_is_cleared(context: PhaseContext) -> None:
    """Not one sooner."""
    for approaches, reason in ((PROFILE.corridor.tries - 1, ""), (PROFILE.corridor.tries, "approaches_used_up")):
        context.memory.approaches = approaches
        assert phase_dock._not_ready_reason(context, DepotReading(**FREE)) == reason


@pytest.mark.parametrize("approaches", [0, 1])
@pytest.mark.parametrize(
    ("abort", "order"),
    [
        (Abort.NONE, DepotCommand.CLEARANCE),
        (Abort.ABORT_2, DepotCommand.CLEARANCE),
        (Abort.ABORT_2B, DepotCommand.CLEARANCE),
        (Abort.ABORT_1, DepotCommand.EMERGENCY_CLEARANCE),
    ],
)
def test_a_self_abort_gets_the_clearance_of_an_emergency(
    context: PhaseContext, abort: Abort, order: DepotCommand, approaches: int
) -> None:
    """A recall does not. Nor does an approach that failed end the emergency."""
    assert context.memory.record is not None
    context.memory.record.abort, context.memory.approaches = abort, approaches
    phase_dock.step(context, DepotReading(**FREE), NOW_MS)
    assert context.take_requests() == [CommandMessage(order)]


@pytest.mark.parametrize("held", [False, True])
def test_a_return_is_confirmed_by_the_latches_alone(context: PhaseContext, held: bool) -> None:
    """Only then both timers stop, whatever the skimmer says."""
    memory = context.memory
    phase_dock._captured(context, DepotReading(in_dock=held), NOW_MS)
    assert memory.docked is held
    assert (memory.death.due_ms is None, memory.beats.due_ms is None) == (held, held)


@pytest.mark.parametrize(
    ("abort", "unstable", "recovering", "phase"),
    [
        (Abort.NONE, False, False, Phase.OFFLOAD),
        (Abort.NONE, True, False, Phase.OFFLOAD),
        (Abort.NONE, False, True, Phase.HEALTH),
        (Abort.ABORT_2, False, False, Phase.OFFLOAD),
        (Abort.ABORT_2, True, False, Phase.HEALTH),
        (Abort.ABORT_2B, True, False, Phase.HEALTH),
        (Abort.ABORT_1, False, False, Phase.HEALTH),
    ],
)
def test_what_follows_the_dock(
    context: PhaseContext, abort: Abort, unstable: bool, recovering: bool, phase: Phase
) -> None:
    """Offload, but after ABORT-1, for one that was lost, and after a recall while the depot is unstable; an interface
    that failed for a while is no anomaly any more."""
    memory = context.memory
    assert memory.record is not None
    memory.record.abort, memory.recovering, memory.anomalies = abort, recovering, ["interface_failure"]
    reading = DepotReading(bus_ripple=PROFILE.watch.bus_ripple_max + 1.0 if unstable else 0.0)
    phase_dock._leave(context, reading, NOW_MS)
    assert (memory.phase, memory.anomalies) == (phase, [])


@pytest.mark.parametrize(
    ("taken_over", "waiting", "check_ms", "asked"),
    [
        (False, None, None, 1),
        (True, None, None, 0),
        (False, PendingRequest.CLEARANCE, None, 0),
        (False, None, NOW_MS + 1, 0),
        (False, None, NOW_MS, 1),
    ],
)
def test_a_clearance_is_given_once_and_to_nobody_else(
    context: PhaseContext, taken_over: bool, waiting: PendingRequest | None, check_ms: int | None, asked: int
) -> None:
    """Not while another party has the vehicle, an answer is awaited, or the next look is not due."""
    memory = context.memory
    memory.status = Status(plan=memory.number, stage=SkimmerStage.HOLDING, taken_over=taken_over)
    memory.waiting, memory.check_ms = waiting, check_ms
    phase_dock.step(context, DepotReading(**FREE), NOW_MS)
    assert len(context.take_requests()) == asked


def test_a_dock_that_delays_is_told_at_once(context: PhaseContext) -> None:
    """Not with the next look; and its end is an event."""
    told: list[str] = []
    context._record = lambda decision: told.append(decision.facts["cause"])
    context.memory.check_ms = NOW_MS + 1
    phase_dock.step(context, DepotReading(**FREE, dock_delay=True), NOW_MS)
    assert told == ["dock_delayed"] and context.memory.check_ms is None


def test_what_went_wrong_first_stays_the_trigger(context: PhaseContext) -> None:
    """A shortfall of the harvest is not covered by an interface that fails in the dock after it."""
    memory, now_ms = context.memory, NOW_MS
    memory.docked = True
    assert memory.record is not None
    memory.record.trigger = "harvest_shortfall"
    while not phase_dock.step(context, DepotReading(fluids_ok=False), now_ms):
        assert memory.check_ms is not None
        now_ms = memory.check_ms
    assert (memory.phase, memory.record.trigger) == (Phase.HEALTH, "harvest_shortfall")


def test_an_interface_that_fails_is_looked_at_for_twice_the_time_of_docking(context: PhaseContext) -> None:
    """Ten times in each; then the offload is given up, which is the sortie's trigger."""
    memory, now_ms, looks = context.memory, NOW_MS, 0
    memory.docked = True
    dead = DepotReading(fluids_ok=False)
    assert not phase_dock.step(context, dead, now_ms)
    while memory.phase is Phase.DOCKING:
        assert memory.check_ms is not None
        now_ms, looks = memory.check_ms, looks + 1
        phase_dock.step(context, dead, now_ms)
    assert (looks, now_ms - NOW_MS) == (20, pytest.approx(2_000.0 * PROFILE.plan.dock_s, abs=20.0))
    assert memory.record is not None
    assert (memory.phase, memory.record.trigger) == (Phase.HEALTH, "interface_failure")


def test_a_wave_off_that_was_not_taken_is_looked_at_again_after_a_while(context: PhaseContext) -> None:
    """One that was accepted is not."""
    for answer, seconds in ((RequestResult.ACCEPTED, None), (RequestResult.SILENCE, PROFILE.heartbeat.retry_s)):
        phase_dock.wave_off_answered(context, answer, NOW_MS)
        assert context.memory.check_ms == (None if seconds is None else NOW_MS + round(1000.0 * seconds))
