"""Standing time and old age: storms in which hours pass, and processes that have been up for weeks."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest

from tests.storm.idle import HOUR_MS, IDLE
from tests.storm.real import outside
from tests.storm.steer import plan_of
from tests.storm.swarm import ActPlan, FaultPlan, StationPlan, StormPlan, VehiclePlan, draw
from tests.storm.world import run

COPTER = VehiclePlan("copter", seed=3, params=("MNT1_TYPE=1", "BTN_ENABLE=1"))
STATIONS = (StationPlan("MAVSDK"), StationPlan("QGC 5.0"))
FULL_MS = 1 << 32
"""When time_boot_ms begins anew."""


@pytest.mark.parametrize("vehicles", [1, 2])
def test_nothing_breaks_when_the_32_bits_of_time_are_full(vehicles: int) -> None:
    acts = (
        ActPlan(5_000, 1, "greet"),
        ActPlan(6_000, 0, "upload mission", 1),
        ActPlan(12_000, 0, "fly"),
        ActPlan(40_000, 1, "every message"),
    )
    verdict = run(StormPlan(1, 0.9, (COPTER,) * vehicles, STATIONS, acts, age_ms=FULL_MS - 25_000))
    assert verdict.broken is None
    assert verdict.vehicle_s > 90.0 and verdict.flown_s > 60.0


def _standing(hours: float) -> StormPlan:
    idle = FaultPlan(5_000, IDLE, round(hours * HOUR_MS), value=3)
    copter, act = VehiclePlan("copter", seed=3), ActPlan(20_000, 0, "fly")
    return StormPlan(1, 0.5, (copter,), STATIONS, (act,), (idle,), age_ms=(1 << 31) - HOUR_MS)


def test_hours_pass_and_what_was_planned_waits() -> None:
    verdict = run(_standing(3))
    assert verdict.broken is None
    assert 3 * 3600.0 < verdict.vehicle_s < 3.2 * 3600.0
    assert verdict.steps < 3 * 3600 / 2, "a vehicle that stands alone is not woken every second"
    assert any("MAVSDK/0     fly" in line and float(line[:11]) > 3 * 3600.0 for line in verdict.story.lines)


def test_who_comes_back_while_nobody_is_there_stays_for_a_minute() -> None:
    """A day of its streams took ten minutes of processor (seed 2803447660929)."""
    standing = _standing(3)
    gone = FaultPlan(4_000, "station gone", 40_000, target=0)
    verdict = run(replace(standing, faults=(gone, *standing.faults)))
    assert verdict.broken is None
    assert 3 * 3600.0 < verdict.vehicle_s < 3.2 * 3600.0
    assert verdict.steps < 30_000
    assert any("MAVSDK/0     fly" in line and float(line[:11]) > 3 * 3600.0 for line in verdict.story.lines)


def test_who_is_silent_is_so_after_a_death_of_the_process_too() -> None:
    """Each vehicle streams to everybody who connects, for the rest of the quarter of an hour."""
    standing = _standing(0.25)
    intruder = StationPlan("MAVProxy", trusted=False, signs=True, intruder=True)
    silence = replace(standing.faults[0], value=10)  # two deaths
    verdict = run(replace(standing, stations=(*STATIONS, intruder), faults=(silence,), signed=True))
    assert verdict.broken is None and verdict.story.deaths == 2
    assert sum(line.endswith("no streams") for line in verdict.story.lines) == 6
    assert verdict.story.frames < 7_500


def test_standing_time_gives_the_same_bytes_twice() -> None:
    first, second = run(_standing(0.2)), run(_standing(0.2))
    assert first.steps > 1_000
    assert first.story.digest == second.story.digest


def test_what_is_told_of_the_computer_is_the_same_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = count(1 << 26, 1 << 22)
    monkeypatch.setattr("sortie.nodes.statistics.peak_memory_bytes", lambda: next(sizes))
    plan = StormPlan(1, 0.3, (COPTER,), STATIONS, (ActPlan(5_000, 0, "every message"),))
    assert run(plan).story.digest == run(plan).story.digest


def test_storms_of_chosen_length_and_real_ones_have_no_standing_time() -> None:
    plans = [plan for plan in map(plan_of, range(40)) if isinstance(plan, StormPlan)]
    old = [plan for plan in plans if plan.age_ms]
    assert old and any(fault.what == IDLE for plan in plans for fault in plan.faults)
    assert all(plan_of(plan.seed, minutes=2.0) == draw(plan.seed, minutes=2.0) for plan in plans)
    assert outside(old[0].seed).age_ms == 0
