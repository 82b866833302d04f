"""The flight manager on a real controller: GO, its checks, a countdown longer than DISARM_DELAY."""

from __future__ import annotations

from dataclasses import replace

from autopilot.flight.lifecycle import FlightState
from autopilot.interface.reasons import NEED_POSITION
from tests.fakes.controller_bench import ControllerBench
from tests.fakes.controller_flight import ARM, SQUARE, MakeBench, flight_state, reached

USER_1, GO, ABORT = 31010, 0x20, 0x21


def begin(make_bench: MakeBench, own: dict[str, float] | None = None) -> ControllerBench:
    bench = make_bench(own={"FM_COUNTDOWN": 20.0, **(own or {})})
    bench.ground()
    bench.ready()
    bench.upload(SQUARE)
    bench.grounds[0].command(USER_1, GO)
    return bench


def test_go_flies_the_mission_and_arms_at_the_end_of_the_countdown(any_bench: MakeBench) -> None:
    """20 s of countdown are more than DISARM_DELAY (10 s): the motors are armed only when it is over."""
    bench = begin(any_bench)
    bench.run_until(lambda: flight_state(bench) is FlightState.ARMED, 30.0)
    assert bench.grounds[0].acks(USER_1)[-1] == 0
    bench.run(15.0)
    assert not bench.controller.armed
    bench.run_until(lambda: bench.controller.armed, 20.0)
    bench.run_until(lambda: flight_state(bench) is FlightState.IDLE)
    assert reached(bench) == [1, 2, 3, 4, 5, 6]
    bench.run(0.5)
    assert not bench.controller.armed


def test_it_is_armed_when_the_controller_has_the_mission(make_px4: MakeBench) -> None:
    """The upload of 300 items takes more than COM_DISARM_PRFLT, 10 s: the motors stopped before it was over."""
    bench = make_px4()
    bench.autopilot.parameters.set("FM_COUNTDOWN", 0.0)
    ground = bench.ground()
    bench.ready()
    points = tuple(replace(SQUARE[1], x=SQUARE[1].x + 1e-7 * n) for n in range(300))
    bench.upload(tuple(replace(item, seq=seq) for seq, item in enumerate((SQUARE[0], *points), 1)))
    ground.command(USER_1, GO)
    bench.run_until(lambda: bench.controller.armed, 60.0)
    assert bench.vehicle.refused_mission is None and not bench.autopilot.auto.waits_for_upload
    assert ground.acks(USER_1) == [0]
    bench.run_until(lambda: bench.height > 2.0, 20.0)


def test_the_controllers_own_reasons_end_preflight(any_bench: MakeBench) -> None:
    """A controller whose checks fail: back to IDLE, with the text that it gave."""
    bench = any_bench(own={"FM_COUNTDOWN": 5.0})
    ground = bench.ground()
    bench.ready()
    bench.upload(SQUARE)
    bench.controller.lose_gps()
    bench.run(20.0)
    ground.command(USER_1, GO)
    bench.run(12.0)
    assert flight_state(bench) is FlightState.IDLE
    assert not bench.controller.armed
    assert any("GPS" in text or "Position" in text for text in ground.texts() if "Flight" in text or "Arm" in text)


def test_a_refusal_at_the_end_of_the_countdown_returns_to_idle(any_bench: MakeBench) -> None:
    """The checks passed in PREFLIGHT and fail 20 s later, when the motors are to be armed."""
    bench = begin(any_bench)
    bench.run_until(lambda: flight_state(bench) is FlightState.ARMED, 30.0)
    bench.controller.lose_gps()
    bench.run_until(lambda: flight_state(bench) is FlightState.IDLE, 60.0)
    assert not bench.controller.armed


def test_abort_in_the_countdown(any_bench: MakeBench) -> None:
    """ABORT is accepted and nothing is ever armed."""
    bench = begin(any_bench)
    bench.run_until(lambda: flight_state(bench) is FlightState.ARMED, 30.0)
    bench.grounds[0].command(USER_1, ABORT)
    bench.run(25.0)
    assert bench.grounds[0].acks(USER_1) == [0, 0]
    assert flight_state(bench) is FlightState.IDLE
    assert not bench.controller.armed


def test_an_arm_of_a_ground_station_passes_at_once(any_bench: MakeBench) -> None:
    """The controller's ACK is the ground station's; the flight manager follows into ARMED."""
    bench = any_bench()
    ground = bench.ground()
    bench.ready()
    ground.command(ARM, 1)
    took = bench.run_until(lambda: bool(ground.acks(ARM)), 2.0)
    assert took < 0.5
    assert bench.autopilot.facts.armed
    bench.run(1.5)
    assert bench.controller.armed
    assert flight_state(bench) is FlightState.ARMED
    bench.run_until(lambda: not bench.controller.armed, 15.0)
    bench.run(1.5)
    assert flight_state(bench) is FlightState.IDLE


def test_without_a_position_it_is_not_armable_whatever_the_controller_says(make_bench: MakeBench) -> None:
    """In STABILIZE a controller's checks may pass without a position; Sortie flies in GUIDED, which wants one."""
    bench = make_bench()
    bench.ground()
    bench.ready()
    flags = bench.vehicle.state.report
    flags[80] = 0.0
    assert NEED_POSITION in bench.vehicle.armable_reasons
