"""What the depot controller does in one instant, without a loop around it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from depot.decision import Decision
from depot.decisions import phase_dock, phase_flight, phase_prep
from depot.decisions.memory import ControlledBy, DepotMemory, PendingRequest, PrepStep, RecallState
from depot.decisions.phase_context import PhaseContext
from depot.decisions.record import SortieRecord
from depot.messages import CommandMessage, DepotCommand, RequestResult, Status
from depot.names import ABORT_1_NAMES, Abort, EndedBy, Phase, SkimmerMode, SkimmerStage, SkimmerState
from depot.readings import DepotReading
from depot.skimmer.reports import SkimmerMemory
from depot.skimmer.skimmer_controller import SkimmerController
from tests.fakes.loop_run import PROFILE, LoopBench

NOW_MS = 1_000_000


@pytest.fixture
def context() -> PhaseContext:
    """Of a loop that has not begun."""
    return LoopBench().loop.depot.context


@pytest.mark.parametrize(
    ("status", "refuelled", "dock_fuels", "says"),
    [
        (None, False, False, False),
        (Status(fuel_kg=80.0), True, False, False),
        (Status(fuel_kg=80.0), False, True, False),
        (Status(fuel_kg=80.0), False, False, True),
    ],
)
def test_a_charge_is_awaited_where_the_dock_cannot_give_it(
    context: PhaseContext, status: Status | None, refuelled: bool, dock_fuels: bool, says: bool
) -> None:
    """Once, with what it holds and what a launch takes; nothing is said of a skimmer that was not heard."""
    told: list[tuple[str, dict[str, float]]] = []
    context._record = lambda decision: told.append((decision.name, decision.facts))
    context.memory.status = status
    for _ in range(2):
        context.await_charge(DepotReading(refuelled=refuelled, dock_fuels=dock_fuels), NOW_MS)
    needed = PROFILE.skimmer.launch_propellant_kg
    assert told == ([("awaiting_charge", {"held": 80.0, "needed": needed})] if says else [])


def test_a_clearance_that_was_not_taken_is_given_again_after_a_while(context: PhaseContext) -> None:
    """One that was accepted is not, and is an approach."""
    context.memory.check_ms = None
    phase_dock.clearance_answered(context, RequestResult.ACCEPTED, NOW_MS)
    assert (context.memory.check_ms, context.memory.approaches) == (None, 1)
    phase_dock.clearance_answered(context, RequestResult.REFUSED, NOW_MS)
    assert context.memory.check_ms == NOW_MS + round(1000.0 * PROFILE.heartbeat.retry_s)
    assert context.memory.approaches == 1


def test_a_launch_is_written_down_with_the_instant_of_t_death() -> None:
    """1.5 x T_SORTIE from the launch command on, in seconds of the loop."""
    bench = LoopBench()
    while "launch" not in bench.names("depot"):
        bench.step()
    plan, launch = bench.loop.depot.memory.plan, bench.decision("launch")
    assert plan is not None
    assert launch.facts["t_death_due_s"] == pytest.approx(launch.time_ms / 1000.0 + 1.5 * plan.t_sortie_s, abs=0.001)


def test_a_skimmer_goes_on_with_the_memory_that_it_is_given() -> None:
    """Of an earlier process; without one it begins with an empty one."""
    vehicle = LoopBench().loop.world
    kept = SkimmerMemory(heard_ms=77)
    arguments = (PROFILE.heartbeat, PROFILE.power, PROFILE.skimmer.clear_m, vehicle, lambda decision: None)
    assert SkimmerController(*arguments, kept).memory is kept
    assert SkimmerController(*arguments).memory == SkimmerMemory()


@pytest.fixture
def said(context: PhaseContext) -> list[Decision]:
    """What it decides from now on."""
    decisions: list[Decision] = []
    context._record = decisions.append
    return decisions


@pytest.mark.parametrize(
    ("answer", "name", "clock_runs", "step"),
    [
        (RequestResult.REFUSED, "launch_refused", False, PrepStep.WAIT),
        (RequestResult.SILENCE, "launch_unanswered", True, PrepStep.LAUNCH),
    ],
)
def test_a_launch_command_that_is_not_taken(
    context: PhaseContext, said: list[Decision], answer: RequestResult, name: str, clock_runs: bool, step: PrepStep
) -> None:
    """Refused: phase 1 once more, and T_DEATH stops. Unanswered it may fly: T_DEATH runs, nothing is repeated."""
    memory = context.memory
    memory.step = PrepStep.LAUNCH
    memory.death.start(NOW_MS, 1000.0)
    phase_prep.answered(context, PendingRequest.GO, answer, NOW_MS)
    assert said[0].name == name
    assert (memory.death.due_ms is not None, memory.step) == (clock_runs, step)


def test_an_answer_that_belongs_to_another_step_changes_nothing(context: PhaseContext, said: list[Decision]) -> None:
    """A late one, of a request that was made before a no-go."""
    for request in (PendingRequest.UPLOAD, PendingRequest.CONFIGURE, PendingRequest.GO):
        context.memory.step = PrepStep.WAIT
        phase_prep.answered(context, request, RequestResult.REFUSED, NOW_MS)
        assert context.memory.step is PrepStep.WAIT
    assert said == []


def test_a_refused_launch_is_heard_and_phase_1_is_done_again() -> None:
    """From the command to the answer the depot waits for it, and T_DEATH does not go on without a flight."""
    bench = LoopBench()
    obey = bench.loop.skimmer.handle_order
    refusing = [RequestResult.REFUSED]
    bench.loop.skimmer.handle_order = lambda order, now_ms: (
        refusing.pop() if order is DepotCommand.GO and refusing else obey(order, now_ms)
    )
    while "launch_refused" not in bench.names("depot"):
        bench.step()
        assert bench.loop.depot.memory.docked
    assert bench.loop.depot.memory.death.due_ms is None
    while bench.names("depot").count("launch") < 2:
        bench.step()
    bench.run()
    assert bench.last["outcome"] == "completed"


@pytest.mark.parametrize(
    ("answer", "recall"),
    [
        (RequestResult.ACCEPTED, RecallState.ACKNOWLEDGED),
        (RequestResult.SILENCE, RecallState.SILENT),
        (RequestResult.REFUSED, RecallState.REFUSED),
    ],
)
def test_the_answer_to_a_recall_is_remembered(
    context: PhaseContext, said: list[Decision], answer: RequestResult, recall: RecallState
) -> None:
    """What the depot remembers of it decides whether it is given again."""
    phase_flight.recall_answered(context, answer, NOW_MS)
    assert context.memory.recall is recall
    assert "ABORT-2B" not in [decision.name for decision in said]  # no sortie that was recalled


@pytest.mark.parametrize(
    ("abort", "recall", "misses", "stage", "holder", "again"),
    [
        (Abort.ABORT_2, RecallState.SILENT, 0, SkimmerStage.HARVEST, ControlledBy.NOBODY, True),
        (Abort.ABORT_2B, RecallState.SILENT, 0, SkimmerStage.OUTBOUND, ControlledBy.NOBODY, True),
        (Abort.ABORT_2, RecallState.SENT, 1, SkimmerStage.HARVEST, ControlledBy.NOBODY, True),
        (Abort.ABORT_2B, RecallState.SILENT, 1, SkimmerStage.HARVEST, ControlledBy.NOBODY, False),
        (Abort.ABORT_2, RecallState.SILENT, 0, SkimmerStage.RETURN, ControlledBy.NOBODY, False),
        (Abort.ABORT_2, RecallState.SILENT, 0, SkimmerStage.HARVEST, ControlledBy.SOMEBODY, False),
        (Abort.ABORT_2, RecallState.REFUSED, 0, SkimmerStage.HARVEST, ControlledBy.SOMEBODY, False),
        (Abort.ABORT_2, RecallState.REFUSED, 0, SkimmerStage.HARVEST, ControlledBy.NOBODY, True),
        (Abort.ABORT_2, RecallState.ACKNOWLEDGED, 0, SkimmerStage.HARVEST, ControlledBy.NOBODY, False),
        (Abort.NONE, RecallState.NOT_SENT, 0, SkimmerStage.HARVEST, ControlledBy.NOBODY, False),
        (Abort.ABORT_1, RecallState.SILENT, 0, SkimmerStage.HARVEST, ControlledBy.NOBODY, False),
    ],
)
def test_a_recall_is_given_again_while_it_is_meaningful(
    context: PhaseContext,
    abort: Abort,
    recall: RecallState,
    misses: int,
    stage: SkimmerStage,
    holder: ControlledBy,
    again: bool,
) -> None:
    """To one that is heard and goes on with its sortie, of which nobody else has the vehicle."""
    memory = context.memory
    memory.record = SortieRecord(memory.number, 1.0, 1.5, abort=abort)
    memory.recall, memory.controlled_by, memory.beats.misses = recall, holder, misses
    memory.status = Status(plan=memory.number, stage=stage)
    assert phase_flight._needs_recall(context) is again


def test_time_in_other_hands_is_taken_off_the_harvest(context: PhaseContext) -> None:
    """50 s since its beginning, 20 s of them held: 30 s of intake are expected, at most the planned payload."""
    memory = context.memory
    memory.harvest_start_ms, memory.held_ms = NOW_MS - 50_000, 20_000
    facts = phase_flight.harvest_facts(context, Status(harvested_kg=7.0), NOW_MS)
    assert (facts["time_in_harvest_s"], facts["actual_kg"]) == (30.0, 7.0)
    assert facts["expected_kg"] == pytest.approx(30.0 * PROFILE.skimmer.intake_kg_s)
    assert memory.plan is not None
    most = phase_flight.harvest_facts(context, None, NOW_MS + 10**10)["expected_kg"]
    assert most == memory.plan.store_kg


@pytest.mark.parametrize(("remaining_s", "late"), [(900.0, False), (1_100.0, True)])
def test_the_trend_is_told_when_its_own_count_is_beyond_t_death(
    context: PhaseContext, said: list[Decision], remaining_s: float, late: bool
) -> None:
    """The way that is left and the docking, from the instant of the status on."""
    memory, dock_s = context.memory, context.profile.plan.dock_s
    memory.phase = Phase.RETURN
    memory.status = Status(plan=memory.number, remaining_s=remaining_s)
    memory.status_ms = NOW_MS
    memory.death.due_ms = NOW_MS + round((1_000.0 + dock_s) * 1000.0)
    phase_flight._trend(context, NOW_MS)
    assert [each.name for each in said] == (["trending_to_miss_t_death"] if late else [])
    for nothing in (None, Status(plan=memory.number - 1, remaining_s=remaining_s)):
        memory.status = nothing
        memory.announced.clear()
        said.clear()
        phase_flight._trend(context, NOW_MS)
        assert said == []


def test_a_departure_is_assumed_when_its_time_is_over_and_not_before(
    context: PhaseContext, said: list[Decision]
) -> None:
    """Nothing was heard since the launch; without an instant to look at nothing is assumed."""
    memory = context.memory
    memory.phase = Phase.DEPARTURE
    for check_ms in (None, NOW_MS + 1):
        memory.check_ms = check_ms
        assert not phase_flight._assume_clear(context, NOW_MS)
    memory.check_ms = NOW_MS
    assert phase_flight._assume_clear(context, NOW_MS)
    assert said[0].name == "assume_clear"
    assert memory.phase is Phase.OUTBOUND


def test_margins_are_kept_now_and_then_with_the_second_of_the_loop() -> None:
    """For the report: the first, and another when a share of the sortie has passed."""
    record = SortieRecord(1, 0.0, 0.0)
    record.t_sortie_s = 10_000.0
    for time_ms in (5_000, 5_020, 1_000_000, 9_000_000):
        record.see_margins(Status(fuel_kg=1.0), time_ms)
    assert [row[0] for row in record.margins] == [5.0, 1_000.0, 9_000.0]
    assert DepotMemory().record is None


@pytest.mark.parametrize(
    ("before", "heard"),
    [(Abort.NONE, True), (Abort.ABORT_2, True), (Abort.ABORT_2B, True), (Abort.ABORT_1, False), (Abort.ABORT_3, False)],
)
def test_an_abort_of_the_skimmer_goes_before_a_recall_and_is_taken_once(
    context: PhaseContext, said: list[Decision], before: Abort, heard: bool
) -> None:
    """3 over 1 over 2: a status that repeats its trigger says nothing new."""
    memory = context.memory
    memory.phase = Phase.RETURN
    memory.record = SortieRecord(memory.number, 1.0, 1.5, abort=before)
    status = Status(plan=memory.number, stage=SkimmerStage.RETURN, trigger=1)
    phase_flight.follow(context, status, NOW_MS)
    assert [each.name for each in said] == ([ABORT_1_NAMES[0]] if heard else [])
    assert memory.record.abort is (Abort.ABORT_1 if heard else before)


@pytest.mark.parametrize("phase", Phase)
def test_a_new_process_does_not_command_a_vehicle_that_may_be_in_the_air(phase: Phase) -> None:
    """Away in phases 2 to 6: it is somebody else's until it says where it is. Docked it is ours."""
    for docked in (False, True):
        depot = LoopBench().loop.depot
        depot.memory.phase, depot.memory.docked = phase, docked
        depot.look_again(1_000, NOW_MS)
        away = Phase.DEPARTURE <= phase <= Phase.DOCKING and not docked
        assert depot.memory.controlled_by is (ControlledBy.RESTART if away else ControlledBy.NOBODY)


def test_one_that_holds_at_the_corridor_is_looked_at_again(context: PhaseContext, said: list[Decision]) -> None:
    """At the instant for it, and then at the next: nobody sees it, so it is not cleared."""
    memory = context.memory
    memory.phase, memory.check_ms = Phase.RETURN, NOW_MS
    memory.record = SortieRecord(memory.number, 1.0, 1.5)
    memory.status = Status(plan=memory.number, stage=SkimmerStage.HOLDING)
    phase_flight.step(context, DepotReading(), NOW_MS)
    assert memory.phase is Phase.RETURN
    assert memory.check_ms == NOW_MS + phase_flight.look_ms(context)
    assert "hold_at_corridor" in [each.name for each in said]


def test_one_that_is_recovered_has_all_its_approaches_again() -> None:
    """And its clocks: T_DEATH from now on, beats from now on."""
    depot = LoopBench().loop.depot
    memory = depot.memory
    memory.phase, memory.ended_by, memory.approaches = Phase.RETURN, EndedBy.LOST, 3
    memory.skimmer = SkimmerState.LOST
    depot.recover(NOW_MS)
    assert (memory.approaches, memory.ended_by, memory.skimmer) == (0, None, SkimmerState.ACTIVE)
    assert memory.death.due_ms == NOW_MS + round(1500.0 * PROFILE.plan.t_sortie_s)
    assert memory.beats.due_ms is not None
    assert memory.recovering


def test_one_that_is_recovered_and_lost_again_is_heard_again_only_when_it_is() -> None:
    """A report of the first loss says nothing of the second one; the first report after it is written down."""
    bench = LoopBench()
    depot = bench.loop.depot
    memory = depot.memory
    memory.phase, memory.ended_by, memory.skimmer = Phase.RETURN, EndedBy.LOST, SkimmerState.LOST
    depot.handle_status(Status(seq=1, plan=memory.number, stage=SkimmerStage.RETURN), NOW_MS)
    assert memory.heard_again
    depot.recover(NOW_MS)
    depot.handle_timeout(memory.death.due_ms or 0)
    assert (memory.skimmer, memory.heard_again) == (SkimmerState.LOST, False)
    depot.handle_status(Status(seq=2, plan=memory.number, stage=SkimmerStage.RETURN), NOW_MS)
    bench.take()
    assert memory.heard_again
    assert bench.names("depot").count("lost_heard_again") == 2


def test_the_abort_of_one_that_is_recovered_is_written_down_once() -> None:
    """Its sortie is closed, and each of its reports names the trigger."""
    bench = LoopBench()
    depot = bench.loop.depot
    memory = depot.memory
    memory.phase, memory.ended_by, memory.record = Phase.RETURN, EndedBy.LOST, None
    depot.recover(NOW_MS)
    for seq in range(1, 4):
        depot.handle_status(Status(seq=seq, plan=memory.number, stage=SkimmerStage.HOLDING, trigger=3), NOW_MS + seq)
    bench.take()
    assert bench.names("depot").count(ABORT_1_NAMES[2]) == 1


@pytest.mark.parametrize(("taken_ms", "held_ms"), [(20_000, 20_000), (70_000, 50_000)])
def test_time_in_other_hands_is_no_harvest(context: PhaseContext, taken_ms: int, held_ms: int) -> None:
    """From when it was taken, and of the harvest alone: it had lasted for 50 s."""
    memory = context.memory
    memory.phase, memory.harvest_start_ms = Phase.HARVEST, NOW_MS - 50_000
    memory.controlled_by, memory.controlled_by_ms = ControlledBy.SOMEBODY, NOW_MS - taken_ms
    phase_flight.follow_hands(context, Status(plan=memory.number, stage=SkimmerStage.HARVEST), NOW_MS)
    assert (memory.held_ms, memory.controlled_by) == (held_ms, ControlledBy.NOBODY)


def test_in_its_dock_it_is_in_nobodys_hands(context: PhaseContext) -> None:
    """Whoever has brought it."""
    context.memory.controlled_by = ControlledBy.SOMEBODY
    phase_flight.follow_hands(context, Status(stage=SkimmerStage.DOCKED), NOW_MS)
    assert context.memory.controlled_by is ControlledBy.NOBODY


def test_at_the_end_of_the_loop_nothing_flows_between_them(
    context: PhaseContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rings and the propellant line are told to close."""
    told: list[tuple[str, bool]] = []
    for name in ("offload", "refuel"):
        monkeypatch.setattr(context.plant, name, lambda on, name=name: told.append((name, on)))
    context.memory.death.start(NOW_MS, 1000.0)
    context.end(EndedBy.SORTIES_DONE, NOW_MS)
    assert told == [("offload", False), ("refuel", False)]
    assert context.memory.death.due_ms is None


def test_what_is_done_in_the_dock_is_written_down() -> None:
    """Of one whole sortie: the interfaces that passed, what was offloaded, and the refuelling."""
    bench = LoopBench(total=1)
    while bench.loop.depot.memory.ended_by is None:
        bench.step()
    assert {"interfaces_confirmed", "offload_volatiles", "refuel_skimmer"} <= set(bench.names("depot"))


def test_one_that_was_cleared_is_not_told_to_hold_any_more(context: PhaseContext, said: list[Decision]) -> None:
    """In phase 6 an older word of it changes nothing: what it shows is looked at before the capture."""
    memory = context.memory
    memory.phase, memory.check_ms = Phase.DOCKING, None
    memory.record = SortieRecord(memory.number, 1.0, 1.5)
    phase_flight.follow(context, Status(plan=memory.number, stage=SkimmerStage.HOLDING), NOW_MS)
    assert (said, memory.check_ms, memory.phase) == ([], None, Phase.DOCKING)


def test_the_go_no_go_waits_for_what_the_skimmer_says_of_this_plan(context: PhaseContext, said: list[Decision]) -> None:
    """It is asked, and nothing is decided meanwhile."""
    memory = context.memory
    memory.plan = context.replan(NOW_MS)
    memory.step, memory.status, memory.check_ms = PrepStep.CHECK, None, NOW_MS
    said.clear()
    context.take_requests()
    assert not phase_prep._check(context, DepotReading(), NOW_MS)
    assert [request.order for request in context.take_requests() if isinstance(request, CommandMessage)] == [
        DepotCommand.REPORT
    ]
    assert (memory.status_requests, said) == (1, [])
    memory.status_requests, memory.check_ms, memory.beats.misses = PROFILE.heartbeat.attempts, NOW_MS, 1
    assert not phase_prep._check(context, DepotReading(offloadable_kg=100.0), NOW_MS)
    assert [decision.name for decision in said][:1] == ["no_go"]  # it was asked as often as is done
    assert {"heartbeat_loss", "store_not_empty"} < set(said[0].facts["failed"])


def test_who_has_to_be_asked_is_asked_once_and_awaited() -> None:
    """--confirm-relaunch: a health review that would relaunch ends with a person's yes."""
    bench = LoopBench(total=2, confirm=True)
    while bench.loop.depot.memory.phase is not Phase.HEALTH:
        bench.step()
    for _ in range(50):
        bench.step()
    assert bench.loop.depot.memory.phase is Phase.HEALTH
    assert bench.names("depot").count("await_operator") == 1
    bench.loop.depot.confirm_relaunch(bench.loop.now_ms)
    for _ in range(50):
        bench.step()
    assert bench.loop.depot.memory.number == 2
    assert bench.names("depot").count("operator_confirms") == 1


def test_a_status_that_was_overtaken_is_dropped_unless_it_is_of_another_plan() -> None:
    """The order of their numbers counts, around the end of 16 bits too."""
    depot = LoopBench().loop.depot
    for seq, plan, kept in ((5, 7, 5), (4, 7, 5), (0xFFFE, 7, 5), (6, 7, 6), (2, 8, 2), (0x7000, 8, 0x7000)):
        depot.handle_status(Status(seq=seq, plan=plan), NOW_MS)
        assert depot.memory.status is not None and depot.memory.status.seq == kept


def test_what_was_harvested_is_the_most_that_was_told() -> None:
    """A store that leaks or is dumped takes nothing from the books."""
    depot = LoopBench().loop.depot
    memory = depot.memory
    memory.phase = Phase.HARVEST
    for seq, kg in ((1, 10.0), (2, 3.0)):
        depot.handle_status(Status(seq=seq, plan=memory.number, stage=SkimmerStage.HARVEST, harvested_kg=kg), NOW_MS)
    assert memory.record is not None and memory.record.harvested_kg == 10.0


@pytest.mark.parametrize(
    ("waiting", "leaving", "taken"),
    [(PendingRequest.RECALL, False, True), (PendingRequest.RECALL, True, False), (None, False, False)],
)
def test_an_answer_is_taken_by_who_waits_for_it(waiting: PendingRequest | None, leaving: bool, taken: bool) -> None:
    """Not twice, and not by a depot that leaves."""
    depot = LoopBench().loop.depot
    depot.memory.waiting, depot.memory.leaving = waiting, leaving
    depot.handle_answer(CommandMessage(DepotCommand.RECALL), RequestResult.ACCEPTED, NOW_MS)
    assert (depot.memory.recall is RecallState.ACKNOWLEDGED) is taken


def test_a_mode_that_a_phase_does_not_have_is_not_the_skimmers(context: PhaseContext) -> None:
    """It has not obeyed yet: until it reports another, it counts as in CRUISE."""
    memory = context.memory
    assert memory.record is not None
    memory.phase = Phase.RETURN
    memory.record.modes = [(SkimmerMode.ACTIVE_HARVEST, 0)]
    seen = []
    for note in (None, SkimmerMode.ACTIVE_HARVEST, SkimmerMode.SURVIVAL, None):
        context.presume_mode(NOW_MS) if note is None else context.note_mode(note, NOW_MS)
        seen.append(memory.record.modes[-1][0])
    assert seen == [SkimmerMode.CRUISE, SkimmerMode.CRUISE, SkimmerMode.SURVIVAL, SkimmerMode.SURVIVAL]


@pytest.mark.parametrize("phase", [Phase.HARVEST, Phase.DEPARTURE])
def test_one_that_is_recalled_or_not_heard_is_presumed_in_cruise(context: PhaseContext, phase: Phase) -> None:
    """As the order or its plan says."""
    memory = context.memory
    memory.phase, memory.check_ms, memory.status = phase, NOW_MS, None
    assert memory.record is not None
    memory.record.modes = [(SkimmerMode.ACTIVE_HARVEST if phase is Phase.HARVEST else SkimmerMode.DOCKED, 0)]
    if phase is Phase.HARVEST:
        phase_flight._recall(context, "debris", {}, NOW_MS)
    else:
        assert phase_flight._assume_clear(context, NOW_MS)
    assert memory.phase is (Phase.RETURN if phase is Phase.HARVEST else Phase.OUTBOUND)
    assert memory.record.modes[-1] == (SkimmerMode.CRUISE, NOW_MS)


def test_what_is_told_late_belongs_to_its_phase(context: PhaseContext) -> None:
    """A status that waited for a window counts from when it was made, but not before the present phase began."""
    context.memory.phase_start_ms = 500
    times = []
    for context.status_made_ms in (None, 400, 600, 1_200):
        times.append(context.when(1_000))
    assert times == [1_000, 500, 600, 1_000]


@pytest.mark.parametrize("stage", [SkimmerStage.HARVEST, SkimmerStage.RETURN])
@pytest.mark.parametrize("watch", [phase_flight._enforce_margins, phase_flight._compare_harvest])
def test_a_harvest_is_ended_once_and_only_while_it_lasts(
    context: PhaseContext, watch: Callable[..., None], stage: SkimmerStage
) -> None:
    """With margins beyond their limits and an empty store; there is no second recall until the first is answered."""
    memory = context.memory
    memory.phase, memory.status_ms, memory.harvest_start_ms = Phase.HARVEST, NOW_MS + 10**9, NOW_MS
    low = Status(plan=memory.number, stage=stage, fuel_kg=1.0, fuel_need_kg=10.0)
    for _ in range(2):
        watch(context, low, NOW_MS) if watch is phase_flight._enforce_margins else watch(context, low)
    recall = CommandMessage(DepotCommand.RECALL)
    assert context.take_requests() == ([recall] if stage is SkimmerStage.HARVEST else [])


def test_a_harvest_in_other_hands_is_not_ended_for_what_it_lacks(context: PhaseContext) -> None:
    """Whoever has the vehicle does not obey."""
    memory = context.memory
    memory.phase, memory.status_ms, memory.harvest_start_ms = Phase.HARVEST, NOW_MS + 10**9, NOW_MS
    memory.controlled_by = ControlledBy.SOMEBODY
    phase_flight._compare_harvest(context, Status(plan=memory.number, stage=SkimmerStage.HARVEST))
    assert context.take_requests() == []
