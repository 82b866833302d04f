"""What the depot's party does in one instant, without a loop around it."""

from __future__ import annotations

import pytest

from depot.decisions import phase_dock
from depot.decisions.party import Party
from depot.messages import Answer, Status
from depot.readings import DepotReading
from depot.skimmer.party import SkimmerParty
from depot.skimmer.reports import SkimmerMemory
from tests.fakes.loop_run import PROFILE, LoopBench

NOW_MS = 1_000_000


@pytest.fixture
def party() -> Party:
    """Of a loop that has not begun."""
    return LoopBench().loop.depot.party


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
    party: Party, status: Status | None, refuelled: bool, dock_fuels: bool, says: bool
) -> None:
    """Once, with what it holds and what a launch takes; nothing is said of a skimmer that was not heard."""
    said: list[tuple[str, dict[str, float]]] = []
    party._record = lambda decision: said.append((decision.name, decision.facts))
    party.memory.status = status
    for _ in range(2):
        party.await_charge(DepotReading(refuelled=refuelled, dock_fuels=dock_fuels), NOW_MS)
    needed = PROFILE.skimmer.launch_propellant_kg
    assert said == ([("awaiting_charge", {"held": 80.0, "needed": needed})] if says else [])


def test_a_clearance_that_was_not_taken_is_given_again_after_a_while(party: Party) -> None:
    """One that was accepted is not."""
    party.memory.check_ms = None
    phase_dock.clearance_answered(party, Answer.ACCEPTED, NOW_MS)
    assert party.memory.check_ms is None
    phase_dock.clearance_answered(party, Answer.REFUSED, NOW_MS)
    assert party.memory.check_ms == NOW_MS + round(1000.0 * PROFILE.heartbeat.retry_s)


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
    craft = LoopBench().loop.world
    kept = SkimmerMemory(heard_ms=77)
    arguments = (PROFILE.heartbeat, PROFILE.power, PROFILE.skimmer.clear_m, craft, lambda decision: None)
    assert SkimmerParty(*arguments, kept).memory is kept
    assert SkimmerParty(*arguments).memory == SkimmerMemory()
