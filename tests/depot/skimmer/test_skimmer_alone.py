"""The skimmer controller in one instant, without a loop around it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from depot.decision import Decision
from depot.decisions.planning import Derating, make_plan
from depot.messages import FAR, DepotCommand, RequestResult, Status
from depot.names import ABORT_1_NAMES, SkimmerMode, SkimmerStage
from depot.readings import DepotReading, SkimmerPlace, SkimmerReading
from depot.skimmer.skimmer_controller import SkimmerController
from tests.fakes.loop_run import PROFILE, LoopBench

NOW_MS = 1_000_000
PLAN = make_plan(PROFILE, 1, Derating(), DepotReading())


def alone() -> tuple[SkimmerController, list[Decision]]:
    """A controller of a skimmer that stands in the dock, and what it decides."""
    decisions: list[Decision] = []
    vehicle = LoopBench().loop.world
    return SkimmerController(
        PROFILE.heartbeat, PROFILE.power, PROFILE.skimmer.clear_m, vehicle, decisions.append
    ), decisions


@pytest.mark.parametrize(
    "hear",
    [
        lambda controller: controller.handle_order(DepotCommand.REPORT, NOW_MS),
        lambda controller: controller.handle_plan(PLAN, NOW_MS),
        lambda controller: controller.handle_ack(1, NOW_MS),
    ],
    ids=["order", "plan", "acknowledgement"],
)
def test_whatever_comes_is_a_sign_of_life_of_the_depot(hear: Callable[[SkimmerController], object]) -> None:
    """The time of silence begins anew."""
    controller, _ = alone()
    hear(controller)
    assert controller.memory.heard_ms == NOW_MS


@pytest.mark.parametrize("stage", [SkimmerStage.OUTBOUND, SkimmerStage.HARVEST])
@pytest.mark.parametrize("early_ms", [0, 1])
def test_a_long_silence_of_the_depot_leads_home(stage: SkimmerStage, early_ms: int) -> None:
    """On the way out and in the harvest, after `home_after_s`."""
    controller, decisions = alone()
    memory = controller.memory
    memory.plan, memory.stage, memory.mode = PLAN, stage, SkimmerMode.CRUISE
    memory.heard_ms = NOW_MS - round(PROFILE.heartbeat.home_after_s * 1000.0) + early_ms
    controller._step(SkimmerReading(place=SkimmerPlace.OUT, fuel_kg=100.0, power_wh=100.0), NOW_MS)
    assert memory.stage is (stage if early_ms else SkimmerStage.RETURN)
    assert ("depot_silent" in [each.name for each in decisions]) is not bool(early_ms)


def test_one_that_was_recalled_while_it_undocked_turns_back_as_soon_as_it_has_left() -> None:
    controller, decisions = alone()
    memory = controller.memory
    memory.plan, memory.stage = PLAN, SkimmerStage.DEPARTURE
    assert controller.handle_order(DepotCommand.RECALL, NOW_MS) is RequestResult.ACCEPTED
    assert memory.stage is SkimmerStage.DEPARTURE
    controller._step(SkimmerReading(place=SkimmerPlace.OUT), NOW_MS)
    assert memory.stage is SkimmerStage.RETURN
    assert "recall" in [each.name for each in decisions]


def test_one_that_stands_on_its_dock_again_has_its_plan_and_what_its_review_needs() -> None:
    """A new process: its number of statuses goes on, and what was launched is not launched again."""
    controller, _ = alone()
    before = controller.memory
    before.plan, before.flown, before.seq, before.trips = PLAN, PLAN.number, 77, 4
    before.stage, before.trigger, before.recalled = SkimmerStage.HARVEST, 2, True
    before.least_fuel, before.least_power = 0.2, 0.3
    controller.stand_on_dock(NOW_MS)
    memory = controller.memory
    assert (memory.plan, memory.flown, memory.seq, memory.trips) == (PLAN, PLAN.number, 77, 4)
    assert (memory.beat_ms, memory.heard_ms, memory.boot_ms) == (NOW_MS, NOW_MS, NOW_MS)
    assert (memory.stage, memory.trigger, memory.recalled) == (SkimmerStage.DOCKED, 2, False)
    assert (memory.least_fuel, memory.least_power) == (0.2, 0.3)


def test_one_that_flies_no_more_is_disposed_of_on_its_survival_bus(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an abort: it waits at the corridor, where none is declared any more."""
    controller, decisions = alone()
    disposed: list[bool] = []
    monkeypatch.setattr(controller._craft, "dispose", lambda: disposed.append(True))
    controller.memory.plan, controller.memory.stage = PLAN, SkimmerStage.HOLDING
    controller._step(SkimmerReading(place=SkimmerPlace.CORRIDOR, imu_ok=False, down="crashed"), NOW_MS)
    assert (controller.memory.stage, controller.memory.mode) == (SkimmerStage.DISPOSAL, SkimmerMode.SURVIVAL)
    assert (disposed, decisions[0].name, controller.memory.trigger) == ([True], "flies_no_more", 0)


def test_the_configuration_is_written_down_before_it_acts() -> None:
    """With what is powered, and whether the sensors were found alive."""
    controller, decisions = alone()
    controller.handle_plan(PLAN, NOW_MS)
    for _ in range(2):  # once more, it is configured
        assert controller.handle_order(DepotCommand.CONFIGURE, NOW_MS) is RequestResult.ACCEPTED
    assert [each.name for each in decisions] == ["set_pre_launch_configuration", "verify_abort_sensors"]
    assert decisions[0].facts
    assert controller.memory.verified == PLAN.number


def test_without_a_plan_there_is_no_launch_and_away_no_new_plan() -> None:
    """GO and CONFIGURE need a plan; it is taken at the dock alone."""
    controller, _ = alone()
    for order in (DepotCommand.GO, DepotCommand.CONFIGURE):
        assert controller.handle_order(order, NOW_MS) is RequestResult.REFUSED
    controller.memory.stage = SkimmerStage.OUTBOUND
    assert not controller.handle_plan(PLAN, NOW_MS)
    assert controller.memory.plan is None


def test_a_plan_that_is_sent_again_needs_its_sensors_verified_again() -> None:
    """After a no-go; until then GO is refused."""
    controller, _ = alone()
    controller.handle_plan(PLAN, NOW_MS)
    controller.handle_order(DepotCommand.CONFIGURE, NOW_MS)
    controller.handle_plan(PLAN, NOW_MS)
    assert controller.handle_order(DepotCommand.GO, NOW_MS) is RequestResult.REFUSED
    assert controller.memory.stage is SkimmerStage.DOCKED


def test_a_launch_begins_with_nothing_of_the_last_flight(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither its abort nor its recall, its margins nor who had it; its time counts from the undocking."""
    controller, _ = alone()
    monkeypatch.setattr(controller._craft, "skimmer_reading", SkimmerReading)
    memory = controller.memory
    memory.trigger, memory.recalled, memory.controlled_by = 3, True, "pilot"
    memory.least_fuel = memory.least_power = 0.01
    controller.handle_plan(PLAN, NOW_MS)
    controller.handle_order(DepotCommand.CONFIGURE, NOW_MS)
    assert controller.handle_order(DepotCommand.GO, NOW_MS) is RequestResult.ACCEPTED
    assert (memory.trigger, memory.recalled, memory.controlled_by) == (0, False, "")
    assert (memory.least_fuel, memory.least_power, memory.flown) == (FAR, FAR, PLAN.number)
    assert controller.reports.take()[-1].boot_ms == 0
    assert memory.beat_ms == NOW_MS + round(PROFILE.heartbeat.period_s * 1000.0)


def test_another_plan_is_judged_anew_on_the_same_reading() -> None:
    """What trips under one plan need not under the next."""
    controller, _ = alone()
    reading = SkimmerReading(imu_ok=False)
    controller.memory.plan = PLAN
    assert controller._watch(reading) == 1 << ABORT_1_NAMES.index("imu_loss")
    unarmed = msgspec.structs.replace(PLAN.limits, triggers=0)
    controller.memory.plan = msgspec.structs.replace(PLAN, limits=unarmed)
    assert controller._watch(reading) == 0


@pytest.mark.parametrize(
    "stage", [SkimmerStage.UNDOCKING, SkimmerStage.OUTBOUND, SkimmerStage.HARVEST, SkimmerStage.RETURN]
)
def test_a_clearance_is_refused_by_one_that_does_not_wait_for_it(stage: SkimmerStage) -> None:
    """Only who holds at the corridor goes in."""
    controller, decisions = alone()
    controller.memory.stage = stage
    assert controller.handle_order(DepotCommand.CLEARANCE, NOW_MS) is RequestResult.REFUSED
    assert decisions == []


def test_a_clearance_is_taken_once_by_one_that_holds() -> None:
    """Said again it is accepted again, and nothing more is done."""
    controller, decisions = alone()
    controller.memory.stage = SkimmerStage.HOLDING
    for _ in range(2):
        assert controller.handle_order(DepotCommand.CLEARANCE, NOW_MS) is RequestResult.ACCEPTED
        assert controller.memory.stage is SkimmerStage.APPROACH
    assert [each.name for each in decisions] == ["approach"]


def test_modes_are_written_down_with_the_one_before() -> None:
    """Once each: one that it is in already is no change."""
    controller, decisions = alone()
    for mode in (SkimmerMode.CRUISE, SkimmerMode.CRUISE, SkimmerMode.SURVIVAL):
        controller._helm.set_mode(mode, NOW_MS)
    changes = [(each.name, each.facts) for each in decisions]
    assert changes == [("mode_to_cruise", {"was": "DOCKED"}), ("mode_to_survival", {"was": "CRUISE"})]


def test_one_that_has_fallen_aborts_itself_with_its_trigger() -> None:
    """Where a watch trips; there is no return, whatever is left in its lobes."""
    controller, decisions = alone()
    controller.memory.plan, controller.memory.stage = PLAN, SkimmerStage.HARVEST
    controller._step(SkimmerReading(imu_ok=False, fuel_kg=1e4, reserve_wh=1e4, down="crashed"), NOW_MS)
    assert decisions[0].name == "imu_loss" and not decisions[0].facts["return_feasible"]
    assert decisions[0].facts["imu_ok"] is False  # the reading that it depends on
    assert controller.memory.trigger == ABORT_1_NAMES.index("imu_loss") + 1
    assert controller.memory.stage is SkimmerStage.DISPOSAL


@pytest.mark.parametrize(
    ("fuel_kg", "reserve_wh", "power_wh", "down", "stage"),
    [
        (10.0, 10.0, 0.0, "", SkimmerStage.RETURN),
        (10.0, 4.0, 6.0, "", SkimmerStage.RETURN),
        (9.9, 10.0, 0.0, "", SkimmerStage.DISPOSAL),
        (10.0, 4.0, 5.9, "", SkimmerStage.DISPOSAL),
        (10.0, 10.0, 0.0, "crashed", SkimmerStage.DISPOSAL),
    ],
)
def test_a_return_takes_propellant_and_power(
    fuel_kg: float, reserve_wh: float, power_wh: float, down: str, stage: SkimmerStage
) -> None:
    """10 kg and 10 Wh are needed; the reserve and both batteries count."""
    controller, _ = alone()
    controller.memory.plan, controller.memory.stage = PLAN, SkimmerStage.HARVEST
    reading = SkimmerReading(
        imu_ok=False,
        fuel_kg=fuel_kg,
        fuel_need_kg=10.0,
        reserve_wh=reserve_wh,
        power_wh=power_wh,
        reserve_need_wh=10.0,
        down=down,
    )
    controller._watch(reading)
    controller._abort(reading, NOW_MS)
    assert (controller.memory.stage, controller.memory.mode) == (stage, SkimmerMode.SURVIVAL)


@pytest.mark.parametrize("there", [False, True])
def test_the_harvest_begins_within_the_zone(there: bool) -> None:
    """By its own navigation, not by the time of its way."""
    controller, decisions = alone()
    memory = controller.memory
    memory.plan, memory.stage, memory.heard_ms = PLAN, SkimmerStage.OUTBOUND, NOW_MS
    well = SkimmerReading(place=SkimmerPlace.ZONE, in_zone=there, fuel_kg=100.0, power_wh=100.0)
    controller._step(well, NOW_MS)
    assert ("start_harvest" in [each.name for each in decisions]) is there


def test_a_craft_that_cannot_undock_refuses_its_launch(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its reason."""
    controller, decisions = alone()
    monkeypatch.setattr(
        controller._craft, "skimmer_reading", lambda: SkimmerReading(ready=False, not_ready_reason="arming: no GPS")
    )
    controller.handle_plan(PLAN, NOW_MS)
    controller.handle_order(DepotCommand.CONFIGURE, NOW_MS)
    assert controller.handle_order(DepotCommand.GO, NOW_MS) is RequestResult.REFUSED
    assert (decisions[-1].name, decisions[-1].reason) == ("not_ready", "arming: no GPS")


def test_one_in_disposal_that_stands_in_its_dock_has_come_home() -> None:
    """Brought back, or come down there after all: docked, so that it is taken in; anywhere else it stays given up."""
    controller, _ = alone()
    controller.memory.plan, controller.memory.stage = PLAN, SkimmerStage.DISPOSAL
    controller.memory.shed = True
    for place in (SkimmerPlace.OUT, SkimmerPlace.ADRIFT, SkimmerPlace.FINAL):
        assert not controller._step(SkimmerReading(place=place, down="crashed"), NOW_MS)
    assert controller.memory.stage is SkimmerStage.DISPOSAL
    assert controller._step(SkimmerReading(place=SkimmerPlace.DOCK, down="crashed", soc=0.1), NOW_MS)
    assert (controller.memory.stage, controller.memory.mode) == (SkimmerStage.DOCKED, SkimmerMode.DOCKED)
    assert not controller.memory.shed  # the dock powers all loads


def test_an_important_status_is_repeated_ever_later_until_it_or_a_newer_one_is_acknowledged() -> None:
    """After one poll, two, four, at most a period; an acknowledgement of an older one ends nothing."""
    controller, _ = alone()
    reports, poll_ms = controller.reports, round(1000.0 * PROFILE.heartbeat.poll_s)
    period_ms = round(1000.0 * PROFILE.heartbeat.period_s)
    reports.memory.beat_ms = 10**9
    reports.announce(0)
    gaps, due_ms = [], 0
    for _ in range(12):
        gaps.append(reports.next_ms() - due_ms)
        due_ms = reports.next_ms()
        reports.due(reports.reading(due_ms), due_ms)
    assert gaps == [min(poll_ms << doubled, period_ms) for doubled in range(12)] and gaps[-1] == period_ms
    sent = reports.take()
    assert len(sent) == 13 and all(status.wants_ack for status in sent)
    controller.handle_ack(sent[0].seq - 1, due_ms)
    assert reports.next_ms() < 10**9
    controller.handle_ack(sent[5].seq, due_ms)
    assert reports.next_ms() == 10**9


def test_a_fault_in_the_dock_is_told_at_once_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the go/no-go sees it; also one that shows when MODE_CTRL is configured."""
    controller, decisions = alone()
    hot = SkimmerReading(spine_k=1e4, soc=0.1)
    monkeypatch.setattr(controller._craft, "skimmer_reading", lambda: hot)
    bit = 1 << ABORT_1_NAMES.index("hot_spine_overtemp")
    controller.handle_plan(PLAN, NOW_MS)
    for _ in range(2):
        controller._step(hot, NOW_MS)
    assert [status.trips for status in controller.reports.take()] == [bit]
    controller.memory.trips = 0
    controller.handle_order(DepotCommand.CONFIGURE, NOW_MS)
    assert [status.trips for status in controller.reports.take()] == [bit]
    assert "shed_secondary_loads" not in [each.name for each in decisions]  # the dock powers them


@pytest.mark.parametrize(
    ("stage", "least"), [(SkimmerStage.OUTBOUND, 0.5), (SkimmerStage.RETURN, 0.5), (SkimmerStage.HOLDING, FAR)]
)
def test_margins_are_those_of_the_way_and_not_of_the_wait_at_its_end(stage: SkimmerStage, least: float) -> None:
    """The smallest of them is what a near miss is judged by."""
    controller, _ = alone()
    memory = controller.memory
    memory.plan, memory.stage, memory.heard_ms = PLAN, stage, NOW_MS
    needs = {"fuel_need_kg": 10.0, "power_need_wh": 10.0, "place": SkimmerPlace.OUT}
    for left in (20.0, 15.0, 18.0):
        controller._step(SkimmerReading(fuel_kg=left, power_wh=left, **needs), NOW_MS)
    assert (memory.least_fuel, memory.least_power) == (least, least)


@pytest.mark.parametrize(
    ("stage", "answer"),
    [
        (SkimmerStage.UNDOCKING, RequestResult.ACCEPTED),
        (SkimmerStage.DEPARTURE, RequestResult.ACCEPTED),
        (SkimmerStage.OUTBOUND, RequestResult.REFUSED),
        (SkimmerStage.DOCKED, RequestResult.REFUSED),
    ],
)
def test_a_launch_command_that_comes_again_launches_nobody(stage: SkimmerStage, answer: RequestResult) -> None:
    """On its way out it was heard already; back in the dock this plan has been flown."""
    controller, decisions = alone()
    controller.handle_plan(PLAN, NOW_MS)
    memory = controller.memory
    memory.stage, memory.flown, memory.verified = stage, PLAN.number, PLAN.number
    assert controller.handle_order(DepotCommand.GO, NOW_MS) is answer
    assert (memory.stage, decisions) == (stage, [])


@pytest.mark.parametrize(("stage", "obeys"), [(SkimmerStage.UNDOCKING, True), (SkimmerStage.DOCKED, False)])
def test_a_recall_is_for_one_that_is_away(stage: SkimmerStage, obeys: bool) -> None:
    """In the dock it is refused, so that the depot does not take it for obeyed."""
    controller, _ = alone()
    controller.memory.stage = stage
    answer = RequestResult.ACCEPTED if obeys else RequestResult.REFUSED
    assert controller.handle_order(DepotCommand.RECALL, NOW_MS) is answer
    assert controller.memory.recalled is obeys


def test_one_that_flies_back_to_its_gate_is_not_cleared_and_without_a_transmitter_reports_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It holds again only when it is there; its heartbeat alone tells that it is mute."""
    controller, decisions = alone()
    controller.memory.stage = SkimmerStage.HOLDING
    back = SkimmerReading(place=SkimmerPlace.BACK, transmits=False)
    monkeypatch.setattr(controller._craft, "skimmer_reading", lambda: back)
    assert controller.handle_order(DepotCommand.CLEARANCE, NOW_MS) is RequestResult.REFUSED
    assert controller.handle_order(DepotCommand.REPORT, NOW_MS) is RequestResult.ACCEPTED
    assert (controller.reports.take(), decisions) == ([], [])


def test_what_waited_for_the_window_is_sent_once_and_in_its_order() -> None:
    """Before anything new."""
    controller, _ = alone()
    memory = controller.memory
    memory.silent, memory.repeat_ms, memory.beat_ms = True, None, NOW_MS
    memory.unsent = [Status(seq=1), Status(seq=2)]
    memory.seq = 2
    for link_open in (True, False, True):
        controller.reports.due(SkimmerReading(link_open=link_open), NOW_MS)
    assert [status.seq for status in controller.reports.take()] == [1, 2, 3]


def test_without_power_nothing_is_reported() -> None:
    controller, _ = alone()
    for powered, sent in ((False, 0), (True, 1)):
        controller.reports.report(NOW_MS, SkimmerReading(powered=powered))
        assert len(controller.reports.take()) == sent


def test_a_change_of_mode_on_the_way_is_told_until_it_is_known() -> None:
    """Once it can be sent."""
    for transmits in (False, True):
        controller, _ = alone()
        memory = controller.memory
        memory.plan, memory.stage, memory.mode, memory.repeat_ms = PLAN, SkimmerStage.RETURN, SkimmerMode.CRUISE, None
        dark = SkimmerReading(sunlit=False, transmits=transmits)
        assert controller._loads.set_transit_mode(dark, SkimmerMode.CRUISE, NOW_MS)
        assert memory.mode is SkimmerMode.SURVIVAL
        assert (memory.repeat_ms is not None) is transmits


def test_a_flight_is_guided_from_its_undocking_to_its_dock() -> None:
    """Its times count from there, and nothing is due behind it; the dock powers all loads."""
    loop = LoopBench().loop
    helm, craft = loop.skimmer._helm, loop.world.state.skimmer
    guidance = helm.ctrl._guidance
    assert guidance is not None
    helm.memory.plan = PLAN
    helm.ctrl.undock(NOW_MS)
    assert guidance.memory.undocked_ms == NOW_MS
    guidance.memory.due, craft.shed = [NOW_MS], True
    helm.stand_in_dock(NOW_MS)
    assert (guidance.next_ms(), craft.shed) == (None, False)
