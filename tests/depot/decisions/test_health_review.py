"""Phase 8: relaunch, derate, retire - by each criterion."""

from __future__ import annotations

import msgspec
import pytest

from depot.decisions.phase_service import near_misses, review
from depot.messages import Status
from depot.names import ABORT_1_NAMES, SkimmerState
from depot.readings import DepotReading
from depot.settings import Profile
from tests.fakes.loop_run import LoopBench

PROFILE = Profile()
RULES = PROFILE.retirement
REPAIRING = msgspec.structs.replace(
    PROFILE,
    retirement=msgspec.structs.replace(RULES, repairable=("corridor_drift", "fuel_low")),
    skimmer=msgspec.structs.replace(PROFILE.skimmer, fuel_reserve=0.3),
)


def trip(name: str) -> int:
    """The bit of a watch."""
    return 1 << ABORT_1_NAMES.index(name)


def test_a_sound_skimmer_flies_again() -> None:
    """Nothing worn, nothing broken."""
    assert review(PROFILE, Status(), 1, ()).state is SkimmerState.ACTIVE


def test_a_skimmer_that_may_lose_nothing_flies_as_long_as_it_is_as_new() -> None:
    strict = msgspec.structs.replace(PROFILE, retirement=msgspec.structs.replace(RULES, capacity_min=1.0))
    assert review(strict, Status(capacity=1.0), 1, ()).state is SkimmerState.ACTIVE
    assert review(strict, Status(capacity=0.999), 1, ()).state is SkimmerState.RETIRED


def test_lobes_that_nobody_has_refilled_are_no_damage() -> None:
    """Straight from the flight to the review nearly empty is what they are; after a refuelling it is a leak."""
    low = Status(trips=trip("fuel_low"))
    assert review(PROFILE, low, 1, (), fuel_tells=False).state is SkimmerState.ACTIVE
    assert review(PROFILE, low, 1, ()).reason == "fuel_low"
    declared = Status(trips=trip("fuel_low"), trigger=1 + ABORT_1_NAMES.index("fuel_low"))
    assert review(PROFILE, declared, 1, (), fuel_tells=False).reason == "fuel_low"


@pytest.mark.parametrize(
    ("status", "cycles", "reason"),
    [
        (Status(), RULES.max_cycles, "max_cycles"),
        (Status(overstress=RULES.max_overstress), 1, "thermal_overstress"),
        (Status(seal=RULES.seal_max), 1, "seal_degradation"),
        (Status(thrust=RULES.thrust_min), 1, "propulsion_trend"),
        (Status(capacity=RULES.capacity_min), 1, "power_trend"),
        (Status(thrust_ratio=RULES.thrust_min), 1, "thrust_achieved"),
        (Status(deep_discharges=RULES.max_deep_discharges), 1, "deep_discharges"),
        (Status(current_spikes=RULES.max_current_spikes), 1, "current_spikes"),
    ],
)
def test_each_criterion_retires_at_its_limit(status: Status, cycles: int, reason: str) -> None:
    """And says which it was."""
    verdict = review(PROFILE, status, cycles, ())
    assert (verdict.state, verdict.reason) == (SkimmerState.RETIRED, reason)


@pytest.mark.parametrize(
    ("status", "cycles", "reason"),
    [
        (Status(), round(0.9 * RULES.max_cycles), "max_cycles"),
        (Status(seal=0.9 * RULES.seal_max), 1, "seal_degradation"),
        (Status(thrust=1.0 - 0.9 * (1.0 - RULES.thrust_min)), 1, "propulsion_trend"),
        (Status(capacity=1.0 - 0.9 * (1.0 - RULES.capacity_min)), 1, "power_trend"),
        (Status(thrust_ratio=1.0 - 0.9 * (1.0 - RULES.thrust_min)), 1, "thrust_achieved"),
        (Status(deep_discharges=round(0.9 * RULES.max_deep_discharges)), 1, "deep_discharges"),
        (Status(current_spikes=round(0.9 * RULES.max_current_spikes)), 1, "current_spikes"),
    ],
)
def test_each_criterion_derates_when_it_is_near(status: Status, cycles: int, reason: str) -> None:
    """Marginal but usable, with the repair of what ended its flight."""
    name = next(name for name in ABORT_1_NAMES if name in RULES.repairable)
    for trigger, repairs in ((0, ()), (ABORT_1_NAMES.index(name) + 1, (name,))):
        verdict = review(PROFILE, msgspec.structs.replace(status, trigger=trigger), cycles, ())
        assert (verdict.state, verdict.reason, verdict.repairs) == (SkimmerState.DERATED, reason, repairs)


@pytest.mark.parametrize("name", ABORT_1_NAMES)
def test_a_skimmer_that_aborted_itself_is_retired_unless_the_dock_can_repair_it(name: str) -> None:
    """Nearly always."""
    verdict = review(PROFILE, Status(trigger=ABORT_1_NAMES.index(name) + 1), 1, ())
    if name in RULES.repairable:
        assert (verdict.state, verdict.repairs) == (SkimmerState.ACTIVE, (name,))
    else:
        assert (verdict.state, verdict.reason) == (SkimmerState.RETIRED, name)


def test_a_fault_that_shows_at_the_dock_is_reviewed_too() -> None:
    """Without any abort."""
    verdict = review(PROFILE, Status(trips=trip("imu_loss")), 1, ())
    assert (verdict.state, verdict.reason) == (SkimmerState.RETIRED, "imu_loss")


def test_near_misses_derate_and_retire_by_their_number() -> None:
    """Nothing has happened yet."""
    most = RULES.max_near_misses
    assert review(PROFILE, Status(), 1, (), near=most - 5).state is SkimmerState.ACTIVE
    assert review(PROFILE, Status(), 1, (), near=round(0.9 * most)).reason == "near_misses"
    assert review(PROFILE, Status(), 1, (), near=most).state is SkimmerState.RETIRED


def test_what_a_near_miss_is() -> None:
    """A return margin that was nearly used up, or the depot come nearer than its keep-out distance."""
    near, keep_out = RULES.near_margin, PROFILE.corridor.keep_out_m
    well = Status(least_fuel=near, least_power=near)
    assert near_misses(PROFILE, well, DepotReading(closest_m=keep_out)) == []
    assert near_misses(PROFILE, Status(least_fuel=near - 0.01), DepotReading()) == ["fuel_margin"]
    assert near_misses(PROFILE, Status(least_power=near - 0.01), DepotReading()) == ["power_margin"]
    assert near_misses(PROFILE, Status(), DepotReading(closest_m=keep_out - 1.0)) == ["keep_out"]
    assert near_misses(PROFILE, Status(), DepotReading(bumps=2), ["wave_off"]) == ["wave_off", "bump", "bump"]


def test_a_margin_that_was_nearly_used_up_in_flight_is_counted_once_a_sortie() -> None:
    """The skimmer measures its smallest margins on the way; the next sortie begins anew."""
    bench = LoopBench(total=2, profile=REPAIRING)
    while "harvest_ended" not in bench.names():
        bench.step()
    world = bench.loop.world
    seen, skimmer = world.skimmer_reading(), world.state.skimmer
    lost_j = (seen.power_wh - 1.05 * seen.power_need_wh) * 3600.0
    for battery in (skimmer.batt_a, skimmer.batt_b):
        world.state.accounts.book("fault", battery.draw(lost_j / 2.0))
    bench.run()
    first = next(d for d in bench.decisions if d.name == "near_miss")
    assert first.facts == {"near": ["power_margin"], "near_misses": 1}
    assert bench.loop.depot.memory.near_misses == 1 and len(bench.sorties) == 2


@pytest.mark.parametrize(
    ("left", "state"),
    [(1.0, SkimmerState.ACTIVE), (0.9, SkimmerState.ACTIVE), (0.83, SkimmerState.DERATED), (0.7, SkimmerState.RETIRED)],
)
def test_what_the_burns_of_the_last_sortie_gave_decides(left: float, state: SkimmerState) -> None:
    """An engine that is too strong for ABORT-1 and too weak to fly again: measured in flight, judged at the dock."""
    bench = LoopBench()
    while "follow_trajectory" not in bench.names("skimmer"):
        bench.step()
    bench.loop.world.state.skimmer.health.thruster_fwd = left
    bench.run()
    judged = [d for d in bench.decisions if d.name in ("relaunch", "derate", "retire")][-1]
    assert bench.last["abort"] is None and bench.loop.depot.memory.skimmer is state
    assert judged.facts["thrust_ratio"] == pytest.approx(left, abs=0.01)
    if state is not SkimmerState.ACTIVE:
        assert judged.reason == "thrust_achieved"


def test_an_interface_that_failed_retires() -> None:
    """It can be neither offloaded nor refuelled."""
    verdict = review(PROFILE, Status(), 1, ("interface_failure",))
    assert (verdict.state, verdict.reason) == (SkimmerState.RETIRED, "interface_failure")
