"""The depot verifies by what it measures whether a skimmer may dock."""

from __future__ import annotations

from math import radians, sin, tan
from typing import Any

import msgspec
import pytest

from depot.decisions import phase_dock
from depot.decisions.docking import LIMITS, NOT_SEEN, beyond_limits, docking_facts
from depot.decisions.phase_dock import INTERFACE_CHECKS
from depot.names import EndedBy, Phase
from depot.readings import DepotReading, Relative
from depot.settings import CorridorSettings
from tests.fakes.changed_motion import ChangedMotion
from tests.fakes.loop_run import PROFILE, LoopBench, phases

CORRIDOR = CorridorSettings()
GATE = Relative((0.0, -CORRIDOR.gate_m, 0.0), (0.0, 0.0, 0.0))
ASIDE_M = CORRIDOR.gate_m * tan(radians(CORRIDOR.half_angle_deg)) + CORRIDOR.capture_m
SLOPE = CORRIDOR.contact_mps + CORRIDOR.glide_mps_per_m * 100.0
CASES: dict[str, tuple[Relative, Relative]] = {
    "within_gate": (
        Relative((0.0, -1.19 * CORRIDOR.gate_m, 0.0), (0.0, 0.0, 0.0)),
        Relative((0.0, -1.21 * CORRIDOR.gate_m, 0.0), (0.0, 0.0, 0.0)),
    ),
    "within_cone": (
        Relative((0.99 * ASIDE_M, -CORRIDOR.gate_m, 0.0), (0.0, 0.0, 0.0)),
        Relative((0.0, -CORRIDOR.gate_m, 1.01 * ASIDE_M), (0.0, 0.0, 0.0)),
    ),
    "relative_motion": (
        Relative((0.0, -100.0, 0.0), (0.0, 1.49 * SLOPE, 0.0)),
        Relative((0.0, -100.0, 0.0), (0.0, 1.51 * SLOPE, 0.0)),
    ),
    "attitude": (
        msgspec.structs.replace(GATE, attitude_error_deg=CORRIDOR.attitude_max_deg),
        msgspec.structs.replace(GATE, attitude_error_deg=CORRIDOR.attitude_max_deg + 0.1),
    ),
    "attitude_rate": (
        msgspec.structs.replace(GATE, rate_dps=CORRIDOR.rate_max_dps),
        msgspec.structs.replace(GATE, rate_dps=CORRIDOR.rate_max_dps + 0.01),
    ),
}


@pytest.mark.parametrize("name", LIMITS)
def test_each_limit_alone_holds_a_skimmer_off(name: str) -> None:
    """Just within it may dock, just beyond it may not; and it is named."""
    within, beyond = CASES[name]
    assert beyond_limits(CORRIDOR, within) == []
    assert beyond_limits(CORRIDOR, beyond) == [name]


def test_the_wrong_side_of_the_depot_is_no_corridor() -> None:
    """As near, but before it; or where the axis points elsewhere."""
    ahead = Relative((0.0, CORRIDOR.gate_m, 0.0), (0.0, 0.0, 0.0))
    assert beyond_limits(CORRIDOR, ahead) == ["within_cone"]
    slant = msgspec.structs.replace(CORRIDOR, axis=(sin(radians(45.0)), sin(radians(45.0)), 0.0))
    assert beyond_limits(slant, Relative((500.0, 500.0, 0.0), (0.0, 0.0, 0.0))) == []
    assert beyond_limits(slant, GATE) == ["within_cone"]


def test_what_nobody_sees_is_not_acceptable() -> None:
    """Whatever it says of itself."""
    assert beyond_limits(CORRIDOR, None) == [NOT_SEEN]
    assert docking_facts(CORRIDOR, None) == {"beyond_limits": [NOT_SEEN]}


def seen_as(bench: LoopBench, seen: Relative | None, until_s: float) -> None:
    """From now on the depot's sensors show this of a skimmer that holds at its gate."""

    def shown(reading: DepotReading) -> None:
        if reading.relative is not None and bench.loop.now_ms < until_s * 1000.0:
            reading.relative = seen

    ChangedMotion(bench.loop.world, show=shown)


@pytest.mark.parametrize("beyond", [*(case[1] for case in CASES.values()), None])
def test_one_that_is_beyond_a_limit_is_not_cleared_until_it_is_within(beyond: Relative | None) -> None:
    """It stays in phase 5; the depot looks again; then it docks."""
    bench = LoopBench()
    seen_as(bench, beyond, 320_000.0)
    bench.run()
    held = bench.decision("hold_at_corridor")
    assert held.phase == Phase.RETURN and held.facts["beyond_limits"]
    assert bench.decision("in_docking_corridor").time_ms >= 320_000_000
    assert bench.decision("grant_docking_clearance").time_ms >= 320_000_000
    assert phases(bench.last) == [1, 2, 3, 4, 5, 6, 7, 8] and bench.last["outcome"] == "completed"


def test_one_that_never_comes_within_the_limits_is_lost_at_t_death() -> None:
    """Nobody docks who is not verified."""
    bench = LoopBench()
    seen_as(bench, CASES["attitude"][1], 1e9)
    bench.run()
    assert bench.loop.ended_by is EndedBy.LOST and phases(bench.last)[-1] == 5
    assert "grant_docking_clearance" not in bench.names()


def test_one_that_says_it_is_docked_is_captured_when_the_latches_hold_it() -> None:
    """Until then the return is not confirmed, and T_DEATH runs."""
    bench = LoopBench()

    def shown(reading: DepotReading) -> None:
        reading.in_dock = reading.in_dock and bench.loop.now_ms >= 330_000_000

    while bench.loop.depot.memory.phase is not Phase.DOCKING:
        bench.step()
    ChangedMotion(bench.loop.world, show=shown)
    while "not_in_dock" not in bench.names():
        bench.step()
    assert bench.loop.skimmer.memory.mode == "DOCKED" and bench.loop.depot.memory.death.due_ms is not None
    bench.run()
    assert bench.decision("captured").time_ms >= 330_000_000 and bench.last["outcome"] == "completed"


def test_one_that_leaves_the_corridor_before_it_is_cleared_is_not_cleared() -> None:
    """The dock is blocked first, and when it is free again the skimmer tumbles for a while."""
    bench = LoopBench("dock_refused@phase6..T+320000")
    while bench.loop.depot.memory.phase is not Phase.DOCKING:
        bench.step()
    seen_as(bench, CASES["attitude_rate"][1], 330_000.0)
    bench.run()
    assert bench.decision("grant_docking_clearance").time_ms >= 330_000_000
    assert bench.last["outcome"] == "completed"


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        ("structural_failure", "structural_locks"),
        ("fluid_failure", "fluid_connections"),
        ("data_failure", "data_connection"),
        ("power_failure", "power_connection"),
    ],
)
def test_each_interface_fails_by_itself_and_is_named(fault: str, name: str) -> None:
    """Nothing is offloaded, the sortie is no success, and the skimmer is retired."""
    bench = LoopBench(f"{fault}@phase6").run()
    facts: dict[str, Any] = bench.decision("interface_failure").facts
    assert [key for key, holds in facts.items() if not holds] == [name]
    assert phases(bench.last) == [1, 2, 3, 4, 5, 6, 8] and bench.last["delivered_kg"] == 0.0
    assert (bench.last["outcome"], bench.loop.ended_by) == ("aborted", EndedBy.RETIRED)


def test_an_interface_that_holds_again_lets_the_offload_begin() -> None:
    """It is looked at ten times before it is given up."""
    bench = LoopBench("data_failure@phase6..phase6+4000").run()
    assert "interface_failure" in bench.names() and phases(bench.last) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert bench.last["delivered_kg"] > 0.0


def test_the_service_begins_in_the_instant_in_which_the_interfaces_pass() -> None:
    """Nobody waits for another event with a skimmer whose connections are known to hold."""
    bench = LoopBench().run()
    assert bench.decision("offload_volatiles").time_ms == bench.decision("interfaces_confirmed").time_ms


def test_a_skimmer_that_has_waited_at_the_gate_has_as_many_checks_of_its_interfaces() -> None:
    """They count from the first that failed, not from the beginning of phase 6."""
    bench = LoopBench()
    context = bench.loop.depot.context
    memory, reading = context.memory, DepotReading(locks_ok=False)
    memory.phase, memory.docked, memory.check_ms = Phase.DOCKING, True, None
    now_ms = memory.phase_start_ms + round(10_000.0 * PROFILE.plan.dock_s)
    checks = 0
    while not phase_dock.step(context, reading, now_ms) and checks <= 2 * INTERFACE_CHECKS:
        assert memory.check_ms is not None
        now_ms, checks = memory.check_ms, checks + 1
    assert (memory.phase, checks) == (Phase.HEALTH, 2 * INTERFACE_CHECKS)
