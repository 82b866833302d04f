"""What the depot decides in one instant while the skimmer is away (phases 2 to 5), without a loop around it."""

from __future__ import annotations

import pytest

from depot.decisions import phase_flight
from depot.decisions.memory import ControlledBy, RecallState
from depot.decisions.phase_context import PhaseContext
from depot.decisions.phases import LoopEvent
from depot.decisions.record import SortieRecord
from depot.messages import CommandMessage, DepotCommand, RequestResult, Status
from depot.names import Abort, EndedBy, Phase, SkimmerMode, SkimmerStage, SkimmerState, SortieOutcome
from depot.readings import DepotReading
from tests.fakes.loop_run import PROFILE, LoopBench

NOW_MS = 1_000_000


@pytest.fixture
def context() -> PhaseContext:
    """Of a depot whose skimmer flies its first sortie."""
    context = LoopBench().loop.depot.context
    memory = context.memory
    memory.number, memory.docked, memory.check_ms, memory.waiting = 1, False, None, None
    memory.record = SortieRecord(1, 1_000.0, 1_500.0)
    memory.record.enter(Phase.DEPARTURE, 0)
    memory.death.start(0, 1_000_000.0)
    memory.beats.start(NOW_MS, PROFILE.heartbeat)
    context.take_requests()
    return context


def test_one_that_never_left_its_dock_has_flown_no_sortie(context: PhaseContext) -> None:
    """Its launch was called off: that is why the sortie is not completed."""
    context.memory.phase = Phase.DEPARTURE
    phase_flight.follow(context, Status(plan=1, stage=SkimmerStage.DOCKED), NOW_MS)
    assert context.memory.record is not None and context.memory.record.trigger == "launch_called_off"
    assert context.memory.phase is Phase.DOCKING


@pytest.mark.parametrize(
    ("who", "start_ms", "held_ms"), [(ControlledBy.RESTART, 5_000, 0), (ControlledBy.SOMEBODY, 1_000, 4_000)]
)
def test_the_pause_of_a_restart_puts_the_harvest_off(
    context: PhaseContext, who: ControlledBy, start_ms: int, held_ms: int
) -> None:
    """What another party took is time that was held."""
    memory = context.memory
    memory.phase, memory.harvest_start_ms = Phase.HARVEST, 1_000
    memory.controlled_by, memory.controlled_by_ms = who, 2_000
    phase_flight.follow_hands(context, Status(plan=1, stage=SkimmerStage.HARVEST), 6_000)
    assert (memory.harvest_start_ms, memory.held_ms) == (start_ms, held_ms)


@pytest.mark.parametrize("before", [None, "harvest_shortfall"])
def test_one_that_is_given_back_on_its_way_home_was_taken_unless_its_sortie_was_spoilt_before(
    context: PhaseContext, before: str | None
) -> None:
    """The sortie does not go on, and has one reason."""
    memory = context.memory
    memory.phase, memory.controlled_by = Phase.HARVEST, ControlledBy.SOMEBODY
    assert memory.record is not None
    memory.record.trigger = before
    phase_flight.follow_hands(context, Status(plan=1, stage=SkimmerStage.RETURN), NOW_MS)
    assert memory.record.trigger == (before or "taken_over")


@pytest.mark.parametrize(
    ("who", "before", "trigger"),
    [
        (ControlledBy.SOMEBODY, None, None),
        (ControlledBy.NOBODY, None, "harvest_shortfall"),
        (ControlledBy.NOBODY, "taken_over", "taken_over"),
    ],
)
def test_a_harvest_that_ends_in_other_hands_is_not_short(
    context: PhaseContext, who: ControlledBy, before: str | None, trigger: str | None
) -> None:
    """Who has the vehicle, or had it, is the reason; of one that has it still it is told in the dock."""
    memory = context.memory
    context.replan(0)
    memory.phase, memory.harvest_start_ms, memory.controlled_by = Phase.HARVEST, 0, who
    assert memory.record is not None
    memory.record.trigger = before
    phase_flight.follow(context, Status(plan=1, stage=SkimmerStage.RETURN), 1_000 * NOW_MS)
    assert memory.record.trigger == trigger


@pytest.mark.parametrize("missed", [-1, 0])
def test_one_in_disposal_is_lost_when_its_telemetry_ends(context: PhaseContext, missed: int) -> None:
    """After as many misses as count, long before T_DEATH."""
    memory = context.memory
    memory.phase, memory.status = Phase.RETURN, Status(plan=1, stage=SkimmerStage.DISPOSAL)
    memory.beats.misses = PROFILE.heartbeat.misses + missed
    phase_flight.step(context, DepotReading(), NOW_MS)
    assert (memory.ended_by is EndedBy.LOST) is (missed == 0)
    assert (memory.skimmer is SkimmerState.LOST) is (missed == 0)


@pytest.mark.parametrize("recall", RecallState)
def test_a_recall_goes_on_until_it_is_acknowledged(context: PhaseContext, recall: RecallState) -> None:
    """To one that is heard and goes on with its sortie."""
    memory = context.memory
    memory.phase, memory.recall = Phase.RETURN, recall
    memory.status, memory.status_ms = Status(plan=1, stage=SkimmerStage.OUTBOUND), NOW_MS
    context.raise_abort(Abort.ABORT_2, "debris")
    phase_flight.step(context, DepotReading(), NOW_MS)
    again = recall not in (RecallState.NOT_SENT, RecallState.ACKNOWLEDGED)
    assert context.take_requests() == ([CommandMessage(DepotCommand.RECALL)] if again else [])


@pytest.mark.parametrize("why", ["margins", "shortfall"])
def test_an_order_to_end_a_harvest_is_given_again_after_a_restart(context: PhaseContext, why: str) -> None:
    """As a forced recall is: the journal had the order as given, so one that was lost with the process was lost for
    good, and the skimmer harvested on."""
    memory = context.memory
    context.replan(0)
    memory.phase, memory.harvest_start_ms = Phase.HARVEST, 0
    memory.status_ms = NOW_MS * (1_000 if why == "shortfall" else 1)
    low = {"fuel_need_kg": 10.0} if why == "margins" else {}
    memory.status = Status(plan=1, stage=SkimmerStage.HARVEST, **low)
    recall = [CommandMessage(DepotCommand.RECALL)]
    phase_flight.step(context, DepotReading(), NOW_MS)
    phase_flight.step(context, DepotReading(), NOW_MS)
    assert context.take_requests() == recall
    again = PhaseContext(context.profile, context.plant, lambda decision: None, memory)
    phase_flight.step(again, DepotReading(), NOW_MS)
    assert again.take_requests() == recall
    memory.waiting = None
    phase_flight.recall_answered(again, RequestResult.ACCEPTED, NOW_MS)
    phase_flight.step(again, DepotReading(), NOW_MS)
    assert again.take_requests() == []


@pytest.mark.parametrize(("share", "ended"), [(0.91, False), (0.89, True)])
@pytest.mark.parametrize("what", ["fuel", "power"])
def test_the_depot_ends_a_harvest_at_nine_tenths_of_the_reserves(
    context: PhaseContext, what: str, share: float, ended: bool
) -> None:
    """The skimmer, which ends it at the whole reserve, comes first."""
    memory = context.memory
    context.replan(0)
    assert memory.plan is not None
    memory.phase, memory.harvest_start_ms = Phase.HARVEST, 0
    fuel, power = (share, 2.0) if what == "fuel" else (2.0, share)
    memory.status_ms, memory.status = (
        NOW_MS,
        Status(
            plan=1,
            stage=SkimmerStage.HARVEST,
            fuel_kg=10.0 * (1.0 + fuel * memory.plan.fuel_reserve),
            fuel_need_kg=10.0,
            power_wh=10.0 * (1.0 + power * memory.plan.power_reserve),
            power_need_wh=10.0,
        ),
    )
    phase_flight.step(context, DepotReading(), NOW_MS)
    assert context.take_requests() == ([CommandMessage(DepotCommand.RECALL)] if ended else [])


@pytest.mark.parametrize("plan", [0, 1])
def test_telemetry_is_judged_of_this_flight_alone(context: PhaseContext, plan: int) -> None:
    """Of one that was not heard since its launch, what it said in the dock tells nothing."""
    memory = context.memory
    memory.phase, memory.status = Phase.OUTBOUND, Status(plan=plan, drift_m=2.0 * PROFILE.watch.drift_warn_m)
    assert memory.record is not None
    memory.record.see_mode(SkimmerMode.CRUISE, 0)
    phase_flight.step(context, DepotReading(), NOW_MS)
    assert memory.abort is (Abort.ABORT_2 if plan == 1 else Abort.NONE)


def test_at_the_end_of_a_loop_nothing_is_awaited_any_more(context: PhaseContext) -> None:
    """Neither a time nor an answer."""
    memory = context.memory
    memory.check_ms = NOW_MS
    context.request(CommandMessage(DepotCommand.RECALL))
    assert memory.waiting is not None
    context.end(EndedBy.RETIRED, NOW_MS)
    assert (memory.check_ms, memory.waiting, memory.death.due_ms, memory.beats.due_ms) == (None, None, None, None)


@pytest.mark.parametrize("before", [None, "harvest_shortfall"])
def test_one_that_is_lost_in_other_hands_is_lost_by_them(context: PhaseContext, before: str | None) -> None:
    """Unless something else had spoilt its sortie before."""
    memory = context.memory
    memory.phase, memory.controlled_by = Phase.HARVEST, ControlledBy.SOMEBODY
    assert memory.record is not None
    memory.record.trigger = before
    context.declare_lost(LoopEvent.DEATH_TIMER, NOW_MS, "T_DEATH expired")
    (closed,) = context.take_closed()
    assert (closed.outcome, closed.trigger) == (SortieOutcome.LOST, before or "taken_over")


def test_a_loss_is_counted_and_customers_are_rationed(context: PhaseContext, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next plan has more reserve for each."""
    told: list[bool] = []
    monkeypatch.setattr(context.plant, "ration", told.append)
    context.memory.phase = Phase.RETURN
    context.declare_lost(LoopEvent.DEATH_TIMER, NOW_MS, "T_DEATH expired")
    assert (context.memory.losses, told) == (1, [True])
