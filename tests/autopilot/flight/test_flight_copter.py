"""The same on the simulated copter: physics, sensors and wind under the flight manager."""

from __future__ import annotations

from typing import Any

import pytest

from autopilot.outcome import Result
from sitl.vehicles.copter import SimulatedCopter
from tests.fakes.fake_vehicle import ORIGIN
from tests.fakes.flight_bench import HANGING_MISSION, A, D, F, FlightBench, I, L, P

WHOLE = [P, A, F, L, D, I]


def copter(seed: int = 1, **rest: Any) -> FlightBench:
    """A copter that is ready to fly."""
    bench = FlightBench(vehicle=SimulatedCopter(ORIGIN, 0.0, seed), **rest)
    bench.run(30.0, lambda: bench.core.prearm_ok)
    return bench


def test_single_flight() -> None:
    bench = copter()
    assert bench.go().ok
    bench.run(200.0, lambda: bench.state is I)
    assert bench.states == WHOLE
    assert bench.reached == [1, 2, 3]
    assert not bench.core.armed


def test_multiple_flights_from_clean_state() -> None:
    """Calibrated anew before each; the third one flies like the first."""
    bench = copter(mission=HANGING_MISSION)
    for _ in range(3):
        assert bench.go().ok
        bench.run(200.0, lambda: bench.state is I)
    assert bench.states == WHOLE * 3


def test_reset_failure() -> None:
    """Without a compass the calibration cannot restart the estimator."""
    bench = copter()
    bench.vehicle.inject_fault("compass.loss", None, active=True)
    bench.run(10.0)
    outcome = bench.go()
    assert outcome.result is Result.FAILED
    assert bench.states == [P, I]
    assert bench.said("Flight: not started: sensor: RESET: calibration: ")


def test_go_without_a_position_is_refused() -> None:
    bench = copter()
    bench.vehicle.inject_fault("gps.loss", None, active=True)
    bench.run(10.0)
    assert bench.go().result is Result.FAILED
    assert bench.said("Flight: not started: ")


def test_arm_failure() -> None:
    bench = copter()
    bench.fault("motor.arm")
    assert bench.go().result is Result.FAILED
    assert (bench.states, bench.core.armed) == ([P, I], False)


def test_abort_during_armed() -> None:
    bench = copter()
    bench.go()
    bench.run(2.0)
    assert bench.abort().ok
    assert (bench.states, bench.core.armed) == ([P, A, I], False)


def test_emergency_cutoff() -> None:
    """A motor that fails tips the copter over; the kernel cuts, the flight is LANDED and IDLE."""
    bench = copter()
    bench.fly()
    bench.run(2.0)
    bench.vehicle.inject_fault("motor1.loss", 1.0, active=True)
    bench.run(60.0, lambda: bench.state is I)
    assert bench.states[-3:] == [F, D, I]
    assert not bench.core.armed
    assert bench.said("emergency cutoff") or bench.said("crash")


def test_go_is_refused_while_a_vehicle_that_was_cut_off_still_falls() -> None:
    bench = copter(mission=HANGING_MISSION)
    bench.fly()
    bench.run(5.0)
    bench.core.disarm(bench.now_ms, force=True)
    outcome = bench.go()
    assert (outcome.result, outcome.reason) == (Result.FAILED, "GO refused: the vehicle is not on the ground")


@pytest.mark.parametrize("name", ["sensor", "altitude", "flight_manager"])
def test_a_critical_actor_that_raises_in_flight_lands_the_copter(name: str) -> None:
    bench = copter()
    bench.fly()
    bench.run(3.0)
    bench.fault(f"{name}.raise")
    bench.run(100.0, lambda: bench.state is I)
    assert bench.states == WHOLE
    assert not bench.core.armed


def test_a_plain_flight() -> None:
    bench = copter()
    bench.core.set_mode(4, bench.now_ms)
    assert bench.core.arm(bench.now_ms).ok
    bench.core.start_mission(bench.now_ms)
    bench.run(200.0, lambda: bench.state is I)
    assert bench.states == WHOLE


def test_the_same_seed_gives_the_same_trace() -> None:
    """And so do ticks instead of deadlines."""

    def lines(seed: int, by_tick: bool = False) -> list[str]:
        bench = FlightBench(vehicle=SimulatedCopter(ORIGIN, 0.0, seed), by_tick=by_tick)
        bench.run(30.0 - bench.now_ms / 1000.0)
        bench.go()
        bench.run(200.0, lambda: bench.state is I)
        return bench.lines

    assert lines(1) == lines(1) == lines(1, by_tick=True)
    assert lines(1) != lines(2)
