"""The beginning of a sortie and phase 1 in one instant, without a loop around them."""

from __future__ import annotations

import pytest

from depot.decision import Decision
from depot.decisions import phase_prep
from depot.decisions.memory import (
    AWAIT_OPERATOR,
    END_HARVEST,
    OFFLOAD_LEFTOVER,
    SHORTFALL,
    ControlledBy,
    DepotMemory,
    PendingRequest,
    PrepStep,
    RecallState,
)
from depot.decisions.phase_context import PhaseContext, name_of
from depot.messages import CommandMessage, DepotCommand, RequestResult, Status
from depot.names import FaultName, Phase
from depot.readings import RINGS, DepotReading
from tests.fakes.loop_run import PROFILE, LoopBench

NOW_MS = 1_000_000


@pytest.fixture
def context() -> PhaseContext:
    """Of a loop that has not begun."""
    return LoopBench().loop.depot.context


@pytest.fixture
def said(context: PhaseContext) -> list[Decision]:
    """What it decides from now on."""
    decisions: list[Decision] = []
    context._record = decisions.append
    return decisions


def test_before_a_launch_nothing_flows_any_more(
    context: PhaseContext, said: list[Decision], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ready to undock: both lines are closed with the go, before the launch command."""
    told: list[tuple[str, bool]] = []
    for line in ("refuel", "offload"):
        monkeypatch.setattr(context.plant, line, lambda on, line=line: told.append((line, on)))
    memory = context.memory
    memory.plan, memory.step, memory.verified, memory.check_ms = context.replan(NOW_MS), PrepStep.CHECK, True, NOW_MS
    memory.status = Status(loaded=memory.number)
    room_kg = dict.fromkeys(RINGS, 30_000.0)
    phase_prep._check(context, DepotReading(room_kg=room_kg, refuelled=True, charged=True), NOW_MS)
    assert [each.name for each in said][-2:] == ["go", "launch"]
    assert told == [("refuel", False), ("offload", False)]


@pytest.mark.parametrize(
    ("step", "request_", "answer", "name"),
    [
        (PrepStep.LOAD, PendingRequest.UPLOAD, RequestResult.REFUSED, "upload_failed"),
        (PrepStep.LOAD, PendingRequest.UPLOAD, RequestResult.SILENCE, "upload_failed"),
        (PrepStep.CONFIGURE, PendingRequest.CONFIGURE, RequestResult.SILENCE, "configuration_failed"),
    ],
)
def test_a_plan_or_a_configuration_that_is_not_taken_is_tried_in_a_while(
    context: PhaseContext,
    said: list[Decision],
    step: PrepStep,
    request_: PendingRequest,
    answer: RequestResult,
    name: str,
) -> None:
    """Phase 1 is done again, and the plan does not count as acknowledged."""
    memory = context.memory
    memory.plan, memory.step = context.replan(NOW_MS), step
    said.clear()
    phase_prep.answered(context, request_, answer, NOW_MS)
    assert said[0].name == name
    assert (memory.step, memory.acknowledged) == (PrepStep.WAIT, 0)
    assert memory.check_ms == NOW_MS + round(1000.0 * PROFILE.plan.wait_s)


@pytest.mark.parametrize(
    ("soxe_k", "flows", "name"), [(1_000.0, True, "offload_leftover"), (9_999.0, False, "keep_leftover")]
)
def test_what_was_left_in_the_store_is_offloaded_unless_the_depot_is_unstable(
    context: PhaseContext, said: list[Decision], monkeypatch: pytest.MonkeyPatch, soxe_k: float, flows: bool, name: str
) -> None:
    """While phase 1 prepares; the skimmer is refuelled all the same."""
    told: dict[str, bool] = {}
    for line in ("offload", "refuel"):
        monkeypatch.setattr(context.plant, line, lambda on, line=line: told.update({line: on}))
    reading = DepotReading(offloadable_kg=100.0, soxe_k=soxe_k)
    monkeypatch.setattr(context.plant, "depot_reading", lambda: reading)
    context.tend_skimmer(NOW_MS)
    assert told == {"offload": flows, "refuel": True}
    assert said[0].name == name


def test_a_configured_skimmer_is_asked_as_often_as_any_other(context: PhaseContext) -> None:
    """The questions of an earlier try do not count; after the last one, phase 1 decides without an answer."""
    memory, attempts = context.memory, PROFILE.heartbeat.attempts
    memory.plan, memory.step, memory.status_requests = context.replan(NOW_MS), PrepStep.CONFIGURE, attempts
    memory.status = None
    context.take_requests()
    phase_prep.answered(context, PendingRequest.CONFIGURE, RequestResult.ACCEPTED, NOW_MS)
    assert memory.verified
    now_ms = NOW_MS
    while memory.step is PrepStep.CHECK and memory.check_ms is not None:
        now_ms = memory.check_ms
        phase_prep.step(context, DepotReading(), now_ms)
    assert context.take_requests() == [CommandMessage(DepotCommand.REPORT, answered=False)] * attempts


@pytest.mark.parametrize(
    ("order", "name"),
    [
        (DepotCommand.CONFIGURE, PendingRequest.CONFIGURE),
        (DepotCommand.GO, PendingRequest.GO),
        (DepotCommand.RECALL, PendingRequest.RECALL),
        (DepotCommand.CLEARANCE, PendingRequest.CLEARANCE),
        (DepotCommand.EMERGENCY_CLEARANCE, PendingRequest.CLEARANCE),
        (DepotCommand.WAVE_OFF, PendingRequest.WAVE_OFF),
        (DepotCommand.REPORT, None),
    ],
)
def test_each_order_waits_for_its_own_answer(
    context: PhaseContext, order: DepotCommand, name: PendingRequest | None
) -> None:
    """A clearance is one, in an emergency too; a question for a status waits for none."""
    context.memory.waiting = None
    context.request(CommandMessage(order, answered=name is not None))
    assert context.memory.waiting is name_of(CommandMessage(order)) is name


def test_a_new_sortie_sets_t_death_by_its_plan(context: PhaseContext, said: list[Decision]) -> None:
    """1.5 x T_SORTIE once more, and it is written down that this is a reset."""
    context.begin_sortie(Phase.HEALTH, NOW_MS)
    facts = {decision.name: decision.facts for decision in said}
    assert context.memory.plan is not None
    assert facts["set_death_timer"] == {"t_death_s": 1.5 * context.memory.plan.t_sortie_s, "reset": True}


OF_ONE_SORTIE = {
    "step": PrepStep.LAUNCH, "waiting": PendingRequest.CLEARANCE, "recall": RecallState.SENT,
    "anomalies": ["service_incomplete"], "confirmed": True, "recovering": True, "controlled_by": ControlledBy.SOMEBODY,
    "approaches": 2, "failed_approaches": ["missed_approach"], "approaching": True, "waved_off": True,
    "harvest_start_ms": 1, "held_ms": 1, "clock_ms": 1,
}  # fmt: skip
MADE_ANEW = {"number", "plan", "record", "phase_start_ms", "check_ms", "beats", "announced"}
SET_BEFORE_THEY_ARE_READ = {
    "phase", "acknowledged", "verified", "status_requests", "death", "docked", "interface_checks", "delivered_from_kg",
    "moved_ms", "exits", "leaving", "heard_again", "controlled_by_ms", "ended_by",
}  # fmt: skip
OF_THE_SKIMMER = {"status", "status_ms", "cycles", "losses", "near_misses", "derating", "skimmer", "reason"}


@pytest.mark.parametrize("name", OF_ONE_SORTIE)
def test_a_new_sortie_begins_with_nothing_of_the_last_one(context: PhaseContext, name: str) -> None:
    """Its recall, its approaches, the time of its harvest: a sortie that ended anywhere leaves none of it."""
    setattr(context.memory, name, OF_ONE_SORTIE[name])
    context.begin_sortie(Phase.HEALTH, NOW_MS)
    assert getattr(context.memory, name) == getattr(DepotMemory(), name)


def test_a_new_sortie_has_announced_nothing_on_which_it_depends(context: PhaseContext) -> None:
    """A recall, a shortfall, an operator's question of the last one are not its own. No field is forgotten here."""
    depends = [OFFLOAD_LEFTOVER, END_HARVEST, SHORTFALL, AWAIT_OPERATOR]
    context.memory.announced = [*depends]
    context.begin_sortie(Phase.HEALTH, NOW_MS)
    assert not {*depends} & {*context.memory.announced}
    known = OF_ONE_SORTIE.keys() | MADE_ANEW | SET_BEFORE_THEY_ARE_READ | OF_THE_SKIMMER
    assert known == set(DepotMemory.__struct_fields__)


@pytest.mark.parametrize(
    ("failed", "reading", "wait_s"),
    [
        ([FaultName.NO_GO_COMMS], {"next_window_s": 77.0, "window_left_s": 0.0}, 77.0),
        ([FaultName.NO_GO_COMMS], {"window_left_s": 1.0}, 1.0),
        ([FaultName.NO_GO_COMMS], {}, PROFILE.plan.wait_s),
        ([FaultName.NO_GO_COMMS, "wind_over_limit"], {"next_window_s": 77.0}, PROFILE.plan.wait_s),
    ],
)
def test_where_only_the_link_is_missing_it_waits_for_the_window(
    context: PhaseContext, failed: list[str], reading: dict[str, float], wait_s: float
) -> None:
    """Or for the end of one that is too short; else the usual time."""
    assert phase_prep._wait_s(context, failed, DepotReading(**reading)) == wait_s


def test_while_it_waits_it_is_tended(context: PhaseContext, monkeypatch: pytest.MonkeyPatch) -> None:
    """Propellant and charge may be what was missing."""
    told: list[bool] = []
    monkeypatch.setattr(context.plant, "refuel", told.append)
    phase_prep._repeat_phase(context, NOW_MS)
    assert told == [True] and context.memory.step is PrepStep.WAIT


def test_only_what_it_says_of_this_plan_counts(context: PhaseContext) -> None:
    """A status of before the upload has other thresholds."""
    memory = context.memory
    for loaded in (memory.number - 1, memory.number):
        memory.status = Status(loaded=loaded)
        assert phase_prep._status_of_plan(context) is (memory.status if loaded == memory.number else None)


def test_after_a_silent_launch_it_is_asked_and_one_that_still_stands_in_the_dock_is_not_awaited(
    context: PhaseContext, said: list[Decision]
) -> None:
    """T_DEATH stops with it, and phase 1 is done again; what it said before it was asked does not count."""
    memory = context.memory
    memory.step, memory.waiting, memory.check_ms = PrepStep.LAUNCH, None, None
    memory.death.start(NOW_MS, 1_000.0)
    memory.status, memory.status_ms = Status(plan=memory.number - 1), NOW_MS - 1
    context.take_requests()
    assert not phase_prep.step(context, DepotReading(), NOW_MS)
    assert context.take_requests() == [CommandMessage(DepotCommand.REPORT, answered=False)]
    asked_ms = NOW_MS + round(1000.0 * PROFILE.heartbeat.retry_s)
    assert memory.check_ms == asked_ms and memory.death.due_ms is not None
    assert not phase_prep.step(context, DepotReading(), asked_ms)  # it has said nothing since
    again_ms = memory.check_ms
    memory.status_ms = asked_ms + 1
    assert phase_prep.step(context, DepotReading(), again_ms)
    assert said[0].name == "launch_failed"
    assert (memory.step, memory.death.due_ms) == (PrepStep.WAIT, None)


def test_beats_are_expected_anew_from_the_beginning_of_a_sortie_and_from_its_launch(context: PhaseContext) -> None:
    """In full, without the misses of before."""
    beats = context.memory.beats
    first_ms = NOW_MS + round(1000.0 * (PROFILE.heartbeat.period_s + PROFILE.heartbeat.grace_s))
    for begin in (lambda: context.begin_sortie(Phase.HEALTH, NOW_MS), lambda: phase_prep.launched(context, NOW_MS)):
        beats.due_ms, beats.misses = None, 1
        begin()
        assert (beats.due_ms, beats.misses) == (first_ms, 0)
