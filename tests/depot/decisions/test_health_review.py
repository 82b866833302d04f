"""Phase 8: relaunch, derate, retire - by each criterion."""

from __future__ import annotations

import pytest

from depot.decisions.health import review
from depot.messages import Status
from depot.names import ABORT_1_NAMES, SkimmerState
from depot.settings import Profile

PROFILE = Profile()
RULES = PROFILE.retirement


def trip(name: str) -> int:
    """The bit of a watch."""
    return 1 << ABORT_1_NAMES.index(name)


def test_a_sound_skimmer_flies_again() -> None:
    """Nothing worn, nothing broken."""
    assert review(PROFILE, Status(), 1, ()).state is SkimmerState.ACTIVE


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
    ],
)
def test_each_criterion_derates_when_it_is_near(status: Status, cycles: int, reason: str) -> None:
    """Marginal but usable."""
    verdict = review(PROFILE, status, cycles, ())
    assert (verdict.state, verdict.reason) == (SkimmerState.DERATED, reason)


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


def test_an_interface_that_failed_retires() -> None:
    """It can be neither offloaded nor refuelled."""
    verdict = review(PROFILE, Status(), 1, ("interface_failure",))
    assert (verdict.state, verdict.reason) == (SkimmerState.RETIRED, "interface_failure")
