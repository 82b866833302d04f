"""The skimmer's party in one instant, without a loop around it."""

from __future__ import annotations

import msgspec
import pytest

from depot.decision import Decision
from depot.decisions.planning import Derating, make_plan
from depot.messages import Answer, Order
from depot.names import ABORT_1_NAMES, Mode, Stage
from depot.readings import DepotReading, SkimmerReading
from depot.skimmer.party import SkimmerParty
from tests.fakes.loop_run import PROFILE, LoopBench

NOW_MS = 1_000_000
PLAN = make_plan(PROFILE, 1, Derating(), DepotReading())


def alone() -> tuple[SkimmerParty, list[Decision]]:
    """A party that stands in the dock, and what it decides."""
    decisions: list[Decision] = []
    craft = LoopBench().loop.world
    return SkimmerParty(PROFILE.heartbeat, PROFILE.power, PROFILE.skimmer.clear_m, craft, decisions.append), decisions


def test_an_order_is_a_sign_of_life_of_the_depot() -> None:
    """Whatever it says: the time of silence begins anew."""
    party, _ = alone()
    party.handle_order(Order.REPORT, NOW_MS)
    assert party.memory.heard_ms == NOW_MS


def test_the_configuration_is_written_down_before_it_acts() -> None:
    """With what is powered, and whether the sensors were found alive."""
    party, decisions = alone()
    party.handle_plan(PLAN, NOW_MS)
    assert party.handle_order(Order.CONFIGURE, NOW_MS) is Answer.ACCEPTED
    assert [each.name for each in decisions] == ["set_pre_launch_configuration", "verify_abort_sensors"]
    assert decisions[0].facts
    assert party.memory.verified == PLAN.number


def test_another_plan_is_judged_anew_on_the_same_reading() -> None:
    """What trips under one plan need not under the next."""
    party, _ = alone()
    reading = SkimmerReading(imu_ok=False)
    party.memory.plan = PLAN
    assert party._watch(reading) == 1 << ABORT_1_NAMES.index("imu_loss")
    unarmed = msgspec.structs.replace(PLAN.limits, triggers=0)
    party.memory.plan = msgspec.structs.replace(PLAN, limits=unarmed)
    assert party._watch(reading) == 0


@pytest.mark.parametrize("stage", [Stage.UNDOCKING, Stage.OUTBOUND, Stage.HARVEST, Stage.RETURN])
def test_a_clearance_is_refused_by_one_that_does_not_wait_for_it(stage: Stage) -> None:
    """Only who holds at the corridor goes in."""
    party, decisions = alone()
    party.memory.stage = stage
    assert party.handle_order(Order.CLEARANCE, NOW_MS) is Answer.REFUSED
    assert decisions == []


def test_a_clearance_is_taken_once_by_one_that_holds() -> None:
    """Said again it is accepted again, and nothing more is done."""
    party, decisions = alone()
    party.memory.stage = Stage.HOLDING
    for _ in range(2):
        assert party.handle_order(Order.CLEARANCE, NOW_MS) is Answer.ACCEPTED
        assert party.memory.stage is Stage.APPROACH
    assert [each.name for each in decisions] == ["approach"]


def test_modes_are_written_down_with_the_one_before() -> None:
    """Once each: one that it is in already is no change."""
    party, decisions = alone()
    for mode in (Mode.CRUISE, Mode.CRUISE, Mode.SURVIVAL):
        party._helm.set_mode(mode, NOW_MS)
    changes = [(each.name, each.facts) for each in decisions]
    assert changes == [("mode_to_cruise", {"was": "DOCKED"}), ("mode_to_survival", {"was": "CRUISE"})]


def test_one_that_has_fallen_aborts_itself_with_its_trigger() -> None:
    """Where a watch trips; there is no return, whatever is left in its lobes."""
    party, decisions = alone()
    party.memory.plan, party.memory.stage = PLAN, Stage.HARVEST
    party._step(SkimmerReading(imu_ok=False, fuel_kg=1e4, reserve_wh=1e4, down="crashed"), NOW_MS)
    assert decisions[0].name == "imu_loss" and not decisions[0].facts["return_feasible"]
    assert party.memory.trigger == ABORT_1_NAMES.index("imu_loss") + 1
    assert party.memory.stage is Stage.DISPOSAL
