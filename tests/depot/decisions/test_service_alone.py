"""Phases 7 and 8 in one instant, without a loop around them (seed 000, 4.7, 4.8)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from depot.decisions import phase_service
from depot.decisions.memory import AWAIT_OPERATOR
from depot.decisions.phase_context import PhaseContext
from depot.decisions.phase_service import HealthVerdict
from depot.decisions.planning import Derating
from depot.decisions.record import SortieRecord
from depot.messages import Status
from depot.names import ABORT_1_NAMES, EndedBy, Phase, SkimmerState, SortieOutcome
from depot.readings import DepotReading
from depot.world.skimmer import new_skimmer, wear
from tests.fakes.loop_run import PROFILE, LoopBench

NOW_MS = 1_000_000
RULES = PROFILE.retirement
SERVED: dict[str, Any] = {"refuelled": True, "charged": True, "skimmer_settled": True, "depot_settled": True}


def in_dock(phase: Phase, *, confirm: bool = False) -> PhaseContext:
    """A depot in this phase of its first sortie."""
    context = LoopBench(total=None, confirm=confirm).loop.depot.context
    memory = context.memory
    memory.phase, memory.check_ms, memory.phase_start_ms = phase, None, NOW_MS
    memory.record = SortieRecord(memory.number, 1_000.0, 1_500.0)
    memory.record.enter(Phase.OFFLOAD, NOW_MS)
    memory.record.enter(phase, NOW_MS)
    memory.status = Status(plan=memory.number)
    return context


def test_the_service_opens_both_lines_and_shuts_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Volatiles out, propellant in; the charge needs no order."""
    context = in_dock(Phase.OFFLOAD)
    told: list[tuple[str, bool]] = []
    for line in ("offload", "refuel"):
        monkeypatch.setattr(context.plant, line, lambda on, line=line: told.append((line, on)))
    phase_service.offload_step(context, DepotReading(offloadable_kg=100.0), NOW_MS)
    assert told == [("offload", True), ("refuel", True)]
    phase_service.offload_step(context, DepotReading(**SERVED), NOW_MS)
    assert told[2:] == [("offload", False), ("refuel", False)]  # closed with the end of phase 7


@pytest.mark.parametrize("missing", [*SERVED, "offloadable_kg"])
def test_the_service_is_over_when_all_of_it_is(missing: str) -> None:
    """Emptied, refuelled, charged, both settled: any one of them holds the skimmer in phase 7."""
    whole = DepotReading(**SERVED)
    context = in_dock(Phase.OFFLOAD)
    assert phase_service.offload_step(context, whole, NOW_MS)
    context = in_dock(Phase.OFFLOAD)
    lacking = msgspec.structs.replace(whole, **{missing: 100.0 if missing == "offloadable_kg" else False})
    assert not phase_service.offload_step(context, lacking, NOW_MS)
    assert context.memory.phase is Phase.OFFLOAD


def test_patience_counts_from_what_was_moved_last() -> None:
    """Then the service is given up, which is an anomaly of this sortie."""
    context = in_dock(Phase.OFFLOAD)
    memory, patience_ms = context.memory, round(1000.0 * PROFILE.depot.patience_s)
    memory.moved_ms = -patience_ms  # of the sortie before
    reading = DepotReading(offloadable_kg=100.0, moving_kg_s=1.0)
    phase_service.offload_step(context, reading, NOW_MS)
    reading.delivered_kg = 5.0
    phase_service.offload_step(context, reading, NOW_MS + patience_ms - 1)
    assert not phase_service.offload_step(context, reading, NOW_MS + 2 * patience_ms - 2)
    assert phase_service.offload_step(context, reading, NOW_MS + 2 * patience_ms - 1)
    assert (memory.phase, memory.anomalies) == (Phase.HEALTH, ["service_incomplete"])
    assert memory.record is not None
    assert (memory.record.trigger, memory.record.delivered_kg) == ("service_incomplete", 5.0)


@pytest.mark.parametrize(
    ("lacking", "anomaly"),
    [
        ({"offloadable_kg": 100.0}, "service_incomplete"),
        ({"offloadable_kg": 100.0, "fluids_ok": False}, "interface_failure"),
    ],
)
def test_a_service_that_is_given_up_for_an_interface_is_a_failure_of_that(
    lacking: dict[str, Any], anomaly: str
) -> None:
    """Which retires the skimmer, where a service that only takes too long does not."""
    context = in_dock(Phase.OFFLOAD)
    reading = DepotReading(**SERVED | lacking)
    phase_service.offload_step(context, reading, NOW_MS)
    assert phase_service.offload_step(context, reading, NOW_MS + round(1000.0 * PROFILE.depot.patience_s))
    assert context.memory.record is not None
    assert (context.memory.anomalies, context.memory.record.trigger) == ([anomaly], anomaly)


@pytest.mark.parametrize(
    ("state", "phase", "ended_by", "derating"),
    [
        (SkimmerState.ACTIVE, Phase.PREP, None, Derating()),
        (SkimmerState.DERATED, Phase.PREP, None, Derating(RULES.derate_payload, RULES.derate_time)),
        (SkimmerState.RETIRED, Phase.HEALTH, EndedBy.RETIRED, Derating()),
    ],
)
def test_a_verdict_is_carried_out(
    state: SkimmerState, phase: Phase, ended_by: EndedBy | None, derating: Derating
) -> None:
    """Marked as such; back to phase 1, with less payload and time where it is derated, or the end of the loop."""
    context = in_dock(Phase.HEALTH)
    memory, number = context.memory, context.memory.number
    phase_service._carry_out(context, HealthVerdict(state, "worn"), Status(), NOW_MS)
    assert (memory.skimmer, memory.reason, memory.phase, memory.ended_by) == (state, "worn", phase, ended_by)
    assert (memory.derating, memory.number - number) == (derating, int(phase is Phase.PREP))


@pytest.mark.parametrize(
    ("trigger", "outcome"), [(None, SortieOutcome.COMPLETED), ("harvest_shortfall", SortieOutcome.ABORTED)]
)
def test_a_sortie_with_a_trigger_is_no_success(
    trigger: str | None, outcome: SortieOutcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What may fly again all the same has its repairs, derated too."""
    context = in_dock(Phase.HEALTH)
    repaired: list[str] = []
    monkeypatch.setattr(context.plant, "repair", repaired.append)
    assert context.memory.record is not None
    context.memory.record.trigger = trigger
    phase_service._carry_out(context, HealthVerdict(SkimmerState.DERATED, "worn", ("imu_loss",)), Status(), NOW_MS)
    assert [record.outcome for record in context.take_closed()] == [outcome]
    assert repaired == ["imu_loss"]


@pytest.mark.parametrize(("seal", "ended_by"), [(0.0, None), (RULES.seal_max, EndedBy.RETIRED)])
def test_nobody_is_asked_about_one_that_is_retired(seal: float, ended_by: EndedBy | None) -> None:
    """--confirm-relaunch is about a relaunch."""
    context = in_dock(Phase.HEALTH, confirm=True)
    memory = context.memory
    memory.status, memory.check_ms = Status(plan=memory.number, seal=seal), NOW_MS
    phase_service.health_step(context, DepotReading(**SERVED), NOW_MS)
    assert memory.ended_by is ended_by
    assert (AWAIT_OPERATOR in memory.announced) is (ended_by is None)


@pytest.mark.parametrize(("bumps", "state"), [(0, SkimmerState.DERATED), (1, SkimmerState.RETIRED)])
def test_the_near_miss_of_this_sortie_counts_in_its_review(bumps: int, state: SkimmerState) -> None:
    """The last one that is allowed retires at once."""
    context = in_dock(Phase.HEALTH)
    memory = context.memory
    memory.near_misses, memory.check_ms = RULES.max_near_misses - 1, NOW_MS
    phase_service.health_step(context, DepotReading(**SERVED, bumps=bumps), NOW_MS)
    assert (memory.skimmer, memory.near_misses) == (state, RULES.max_near_misses - 1 + bumps)


def test_each_cycle_wears_seals_engines_and_batteries() -> None:
    """And counts one over-stress, if there was one."""
    state = new_skimmer(PROFILE)
    state.health.stressed = True
    for _ in range(2):
        wear(state, PROFILE)
    health = state.health
    assert (health.seal, health.overstress) == (pytest.approx(2.0 * RULES.seal_wear), 1)
    assert health.thrust == pytest.approx((1.0 - RULES.thrust_wear) ** 2)
    assert health.capacity == pytest.approx((1.0 - RULES.capacity_wear) ** 2)


@pytest.mark.parametrize(
    ("served", "tight", "sound"), [(True, True, False), (False, False, False), (False, True, True)]
)
def test_lobes_that_are_low_tell_of_a_fault_where_they_were_filled_or_leak(
    served: bool, tight: bool, sound: bool
) -> None:
    """Right after a flight tight ones are nearly empty."""
    context = in_dock(Phase.HEALTH)
    memory = context.memory
    assert memory.record is not None
    if not served:
        del memory.record.phases[0]
    memory.status, memory.check_ms = Status(trips=1 << ABORT_1_NAMES.index("fuel_low")), NOW_MS
    phase_service.health_step(context, DepotReading(**SERVED, lobes_tight=tight), NOW_MS)
    assert (memory.skimmer is SkimmerState.ACTIVE and "fuel_low" not in memory.reason) is sound
