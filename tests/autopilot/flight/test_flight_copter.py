"""The same on the simulated copter: physics, sensors and wind under the flight manager."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from autopilot.flight.messages import MessageKind, TraceEntry, write_line
from autopilot.interface import layout as ROW
from autopilot.interface import report
from autopilot.mav import Result
from sitl.kernel import layout as M
from sitl.vehicles.copter import SimulatedCopter
from tests.fakes.fake_vehicle import ORIGIN
from tests.fakes.flight_bench import HANGING_MISSION, WHOLE, A, D, F, FlightBench, I, P


def copter(seed: int = 1, **rest: Any) -> FlightBench:
    """A copter that is ready to fly."""
    bench = FlightBench(vehicle=SimulatedCopter(ORIGIN, 0.0, seed), **rest)
    bench.run(30.0, lambda: bench.core.prearm.ok)
    return bench


def test_single_flight() -> None:
    bench = copter()
    assert bench.go().ok
    bench.run(200.0, lambda: bench.state is I)
    assert bench.states == WHOLE
    assert bench.reached == [1, 2, 3]
    assert not bench.core.facts.armed


def relative(bench: FlightBench, mark: Mark) -> list[str]:
    """All that was said since `mark` (trace of the actors, events, texts), with times from there on and with request
    tags counted from there on."""
    first = min((e.message.tag for e in bench.trace[mark.trace :] if e.message.kind is MessageKind.REQUEST), default=0)
    lines = []
    for entry in bench.trace[mark.trace :]:
        message = entry.message
        tag = message.tag if message.kind is MessageKind.NOTIFY else message.tag - first
        lines.append(write_line(TraceEntry(entry.now_ms - mark.now_ms, replace(message, tag=tag))))
    return lines + [f"{when - mark.now_ms} {event!r}" for when, event in bench.log[mark.log :]]


@dataclass
class Mark:
    """A moment of a bench."""

    now_ms: int
    trace: int
    log: int

    @classmethod
    def of(cls, bench: FlightBench) -> Mark:
        bench.collect()
        return cls(bench.now_ms, len(bench.trace), len(bench.log))


def one_flight(bench: FlightBench) -> tuple[list[str], bytes]:
    """GO now, to IDLE: what was said, and each pass's report with the clocks counted from GO and way and energy from
    there on."""
    mark = Mark.of(bench)
    zero = np.zeros(report.SIZE)
    zero[[report.TIME_MS, report.GPS_TIME_MS]] = mark.now_ms
    rows: list[bytes] = []

    def keep() -> bool:
        row = bench.vehicle.state.report - zero
        row[report.ODOMETER] = 0.0
        if bench.now_ms > mark.now_ms:
            rows.append(row.tobytes())
        return bench.state is I

    assert bench.go().ok
    bench.run(200.0, keep)
    assert bench.state is I
    return relative(bench, mark), b"".join(rows)


def put_back(vehicle: Any, world: list[Any], now_ms: int) -> None:
    """The world of a flight that has not begun: the machine on its pad, its battery, weather, noise, the biases of its
    sensors. Nothing of what autopilot and control laws know."""
    state, noise, then_ms = world
    shift = vehicle.state.time_ms - then_ms
    own = vehicle._s
    own[M.S_Q0 :] = state[M.S_Q0 :]
    for clock in (M.S_GPS_MS, M.S_GPS_NEXT, M.S_MAG_NEXT):
        own[clock] += shift
    own[ROW.S_DVX : ROW.S_DVZ + 1] = state[ROW.S_DVX : ROW.S_DVZ + 1]  # what the sensors have just shown
    own[ROW.S_GAX : ROW.S_GAZ + 1] = state[ROW.S_GAX : ROW.S_GAZ + 1]
    vehicle.rows()[3][...] = noise


def test_after_twenty_flights_a_flight_is_the_first_one_byte_for_byte() -> None:
    """RESET leaves nothing of 20 flights in 4 m/s of wind: put back into the world in which the first one began, the
    21st is the same, in the report of every tick, in every message of an actor, in every event and text. Kept are
    clocks, the odometer, and the running mean from which the gyros are calibrated
    (docs/decisions/flight-manager.md)."""
    bench = copter(parameters={"SIM_WIND_SPD": 4.0, "SIM_WIND_TURB": 1.0, "FM_COUNTDOWN": 1.0})
    bench.run(1.0 - bench.now_ms % 1000 / 1000.0)
    vehicle = bench.vehicle
    world = [vehicle._s.copy(), vehicle.rows()[3].copy(), bench.now_ms]
    bench.by_tick = True
    first = one_flight(bench)
    bench.by_tick = False
    for _ in range(19):
        one_flight(bench)
    bench.run(30.0)
    bench.by_tick = True
    bench.run(1.0 - bench.now_ms % 1000 / 1000.0)
    put_back(vehicle, world, bench.now_ms)
    again = one_flight(bench)
    assert again[0] == first[0]
    assert len(first[1]) > 1000 * 8 * report.SIZE
    assert again[1] == first[1]


def outputs(bench: FlightBench) -> set[float]:
    """Pulses to the four motors, us."""
    return set(bench.vehicle.state.report[report.SERVO_1 : report.SERVO_1 + 4])


def test_motors_stand_still_in_the_countdown_and_turn_from_start_on() -> None:
    """Armed is not started (seed 002: START goes to the motors at the end of the countdown)."""
    bench = copter()
    assert bench.go().ok
    bench.run(2.0)
    assert (bench.state, bench.core.facts.armed, outputs(bench)) == (A, True, {1000.0})
    bench.until(F)
    bench.run(0.1)
    assert min(outputs(bench)) > 1050.0


def test_stop_holds_the_motors_although_disarm_fails() -> None:
    """LANDED: STOP, then DISARM. Without the first they would go on turning for as long as the second fails."""
    bench = copter()
    bench.fault("motor.disarm")
    assert bench.go().ok
    bench.until(D)
    bench.run(3.0)
    assert (bench.state, bench.core.facts.armed, outputs(bench)) == (D, True, {1000.0})
    assert not bench.core.mission_commands.start(bench.now_ms).ok, "nothing lifts off before it was disarmed"
    bench.core.modes.set(4, bench.now_ms)
    assert not bench.core.commands.takeoff(10.0).ok
    assert bench.texts[-1] == "Takeoff: the flight is over, disarming"
    bench.fault("motor.disarm", active=False)
    bench.until(I, 1.1)  # tried again each second
    assert bench.core.arming.arm(bench.now_ms).ok
    bench.run(0.1)
    assert bench.core.commands.takeoff(10.0).ok


def test_motors_of_a_plain_flight_turn_as_soon_as_they_are_armed() -> None:
    bench = copter()
    bench.core.modes.set(4, bench.now_ms)
    assert bench.core.arming.arm(bench.now_ms).ok
    bench.run(0.1)
    assert min(outputs(bench)) > 1050.0


def test_who_takes_a_countdown_over_gets_turning_motors() -> None:
    """A takeoff in the countdown makes it a plain flight, which nobody has to start."""
    bench = copter()
    assert bench.go().ok
    bench.run(1.0)
    assert bench.core.commands.takeoff(5.0).ok
    bench.run(10.0)
    assert bench.state is F
    assert -bench.vehicle.state.position[2] > 3.0


@pytest.mark.parametrize("wait_s", [0.0, 0.2, 1.0])
def test_go_right_after_a_landing_waits_until_the_vehicle_rests(wait_s: float) -> None:
    """The estimator is aligned with gravity, so not while the undercarriage still rocks."""
    bench = copter(parameters={"SIM_WIND_SPD": 6.0, "SIM_WIND_TURB": 2.0})
    bench.fly()
    bench.until(I)
    bench.run(wait_s)
    began = bench.now_ms
    assert bench.go().ok
    bench.until(A, 6.0)
    assert bench.now_ms - began <= 5_000
    bench.run(200.0, lambda: bench.state is I)
    assert bench.states == WHOLE * 2
    assert bench.reached == [1, 2, 3] * 2


def test_a_vehicle_that_does_not_come_to_rest_is_not_flown(monkeypatch: pytest.MonkeyPatch) -> None:
    """After five seconds the estimator's RESET fails, with the reason."""
    bench = copter()
    monkeypatch.setattr("sitl.vehicles.simulated.rests", lambda state: False)
    assert bench.go().ok
    bench.run(6.0)
    assert (bench.states, bench.core.facts.armed) == ([P, I], False)
    assert bench.said("Flight: not started: estimator: RESET: the vehicle does not rest")


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
    assert (bench.states, bench.core.facts.armed) == ([P, I], False)


def test_abort_during_armed() -> None:
    bench = copter()
    bench.go()
    bench.run(2.0)
    assert bench.abort().ok
    assert (bench.states, bench.core.facts.armed) == ([P, A, I], False)


def test_emergency_cutoff() -> None:
    """A motor that fails tips the copter over; the kernel cuts, the flight is LANDED and IDLE."""
    bench = copter()
    bench.fly()
    bench.run(2.0)
    bench.vehicle.inject_fault("motor1.loss", 1.0, active=True)
    bench.run(60.0, lambda: bench.state is I)
    assert bench.states[-3:] == [F, D, I]
    assert not bench.core.facts.armed
    assert bench.said("emergency cutoff") or bench.said("crash")


def test_go_is_refused_while_a_vehicle_that_was_cut_off_still_falls() -> None:
    bench = copter(mission=HANGING_MISSION)
    bench.fly()
    bench.run(5.0)
    bench.core.arming.disarm(bench.now_ms, force=True)
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
    assert not bench.core.facts.armed


def test_a_plain_flight() -> None:
    bench = copter()
    bench.core.modes.set(4, bench.now_ms)
    assert bench.core.arming.arm(bench.now_ms).ok
    bench.core.mission_commands.start(bench.now_ms)
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
