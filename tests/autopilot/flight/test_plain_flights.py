"""Flights of a plain ground station, which arms, sets modes and takes off without GO."""

from __future__ import annotations

import pytest

from autopilot.context.events import StatusText
from autopilot.interface import report
from autopilot.interface.reasons import BARO_FAILED
from autopilot.interface.targets import Sticks
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mav import Result, Severity
from tests.fakes.fake_vehicle import NO_POSITION_EKF, FakeVehicle
from tests.fakes.flight_bench import HANGING_MISSION, WHOLE, A, D, F, FlightBench, I, P

AUTO, GUIDED, LOITER = 3, 4, 5


def test_a_plain_arm_is_preflight_with_all_resets() -> None:
    bench = FlightBench()
    bench.arm_plainly()
    assert bench.states == [P, A]
    assert len([e for e in bench.trace if e.message.subject == "RESET"]) == 22
    assert bench.logs.calls[0][0] == "reopen"
    bench.run(30.0)
    assert bench.states == [P, A, I], "DISARM_DELAY acts as ever"


def test_a_plain_mission_passes_through_the_same_states_without_a_countdown() -> None:
    """Armed at once whatever FM_ARM_EARLY says, which is about the countdown."""
    bench = FlightBench(parameters={"FM_ARM_EARLY": 0})
    bench.arm_plainly()
    assert bench.core.facts.armed
    assert bench.core.arming.arm(bench.now_ms).ok  # once more: it is
    bench.core.mission_commands.start(bench.now_ms)
    bench.run(300.0, lambda: bench.state is I)
    assert bench.states == WHOLE
    assert bench.mode_changes() == [GUIDED, AUTO]


def test_in_a_plain_flight_the_end_of_the_mission_and_the_duration_do_nothing() -> None:
    bench = FlightBench(mission=HANGING_MISSION, parameters={"FM_DURATION": 10})
    bench.arm_plainly()
    bench.core.mission_commands.start(bench.now_ms)
    bench.run(120.0)
    assert (bench.states, bench.core.modes.number) == ([P, A, F], AUTO)


def test_takeoff_and_sticks_are_flying() -> None:
    bench = FlightBench()
    bench.arm_plainly()
    bench.core.commands.takeoff(10.0)
    bench.run(0.1)
    assert bench.state is F
    bench = FlightBench()
    bench.arm_plainly(LOITER)
    bench.run(1.0)
    assert bench.state is A
    bench.core.sticks.move(Sticks(throttle=0.8), bench.now_ms)
    bench.run(1.0)
    assert bench.state is F


def test_a_plain_arm_that_the_checks_refuse_resets_nothing() -> None:
    bench = FlightBench()
    bench.vehicle.armable_reasons = [BARO_FAILED]
    assert bench.core.arming.arm(bench.now_ms).result is Result.FAILED
    assert (bench.states, bench.trace) == ([], [])
    assert bench.said("Arm: Baro: not healthy")


def test_a_plain_arm_whose_reset_fails_is_failed_with_the_reason() -> None:
    bench = FlightBench()
    bench.fault("altitude.reset")
    outcome = bench.core.arming.arm(bench.now_ms)
    assert (outcome.result, outcome.reason) == (Result.FAILED, "altitude: RESET: altitude.reset: injected fault")
    assert bench.states == [P, I]
    assert bench.said("Arm: altitude: RESET")


def test_a_forced_arm_says_what_failed_and_arms() -> None:
    bench = FlightBench()
    bench.fault("sensor.reset")
    bench.core.modes.set(GUIDED, bench.now_ms)
    bench.vehicle.state.report[report.EKF_FLAGS] = NO_POSITION_EKF
    assert bench.core.arming.arm(bench.now_ms, force=True).ok
    assert bench.core.facts.armed
    assert bench.said("sensor: RESET") and bench.said("estimator: RESET: no position (forced)")


def test_a_plain_arm_that_hangs_is_in_progress_and_ends_in_failure() -> None:
    bench = FlightBench()
    bench.fault("logger.reset", "hang")
    assert bench.core.arming.arm(bench.now_ms).result is Result.IN_PROGRESS
    request = bench.core.arming.arm_request
    assert request is not None
    assert bench.core.arming.arm(bench.now_ms).result is Result.IN_PROGRESS
    bench.run(11.0)
    assert (request.done, request.ok, request.reason) == (True, False, "logger: RESET: no answer")
    assert bench.states == [P, I]


@pytest.mark.parametrize("answers", [True, False])
def test_a_slow_controller_is_awaited(answers: bool) -> None:
    """Until it answers, or is seen armed before that."""
    bench = FlightBench()
    bench.vehicle.slow_arming = True
    assert bench.core.arming.arm(bench.now_ms).result is Result.IN_PROGRESS
    request = bench.core.arming.arm_request
    bench.run(1.0)
    if answers:
        bench.vehicle.answer(True, True)
    else:
        bench.vehicle.state.report[report.ARMED] = 1.0
        bench.vehicle.raise_event(VehicleEvent.ARMED)
    bench.run(0.1)
    assert request is not None
    assert (request.done, request.ok, bench.state) == (True, True, A)


def test_a_slow_controllers_refusal_is_passed_on() -> None:
    bench = FlightBench()
    bench.vehicle.slow_arming = True
    bench.go()
    assert bench.state is P
    bench.vehicle.answer(False, False, "PreArm: compass")
    bench.run(0.1)
    assert bench.states == [P, I]
    assert bench.said("motor: ARM: PreArm: compass")


def test_a_plain_arm_during_the_countdown_of_a_vehicle_that_is_not_armed_is_refused() -> None:
    bench = FlightBench(parameters={"FM_ARM_EARLY": 0})
    bench.go()
    assert bench.core.arming.arm(bench.now_ms).result is Result.TEMPORARILY_REJECTED
    (told,) = [event for event in bench.events(StatusText) if "flight manager is in" in event.text]
    assert told.severity == Severity.CRITICAL  # as ArduPilot's refusals to arm


def test_a_vehicle_that_somebody_else_armed_is_followed() -> None:
    """A radio armed it: ARMED, FLYING, IDLE, and nothing is commanded."""
    bench = FlightBench()
    bench.vehicle.state.report[report.ARMED] = 1.0
    bench.vehicle.raise_event(VehicleEvent.ARMED)
    bench.run(0.1)
    assert bench.state is A
    bench.vehicle.put((0.0, 0.0, -10.0))
    bench.vehicle.raise_event(VehicleEvent.LIFTOFF)
    bench.run(0.1)
    assert bench.states == [A, F]
    bench.vehicle.put((0.0, 0.0, 0.0))
    bench.vehicle.state.report[report.ARMED] = 0.0
    bench.vehicle.raise_event(VehicleEvent.LANDED | VehicleEvent.DISARMED)
    bench.run(0.1)
    assert bench.states == [A, F, D, I]
    assert bench.mode_changes() == []


def test_a_flight_that_somebody_else_began_ends_the_waiting_of_auto_go() -> None:
    """A radio armed it, flew it and put it down: it does not take off by itself when it is ready again."""
    bench = FlightBench(parameters={"FM_AUTO_GO": 5.0})
    bench.vehicle.state.report[report.ARMED] = 1.0
    bench.vehicle.raise_event(VehicleEvent.ARMED)
    bench.run(30.0)
    bench.vehicle.state.report[report.ARMED] = 0.0
    bench.vehicle.raise_event(VehicleEvent.DISARMED)
    bench.run(60.0)
    assert bench.states == [A, I]
    assert not bench.said("GO refused")


def test_a_process_that_finds_its_vehicle_in_the_air_is_flying_and_commands_nothing() -> None:
    vehicle = FakeVehicle()
    vehicle.put((10.0, 0.0, -20.0))
    vehicle.state.report[report.ARMED] = 1.0
    bench = FlightBench(vehicle=vehicle, mission=())
    targets = len(vehicle.targets)
    bench.run(30.0)
    assert bench.state is F
    assert bench.mode_changes() == []
    assert len(vehicle.targets) == targets
    bench.core.commands.land(bench.now_ms)
    bench.run(100.0, lambda: bench.state is I)
    assert bench.state is I


def test_who_arms_before_the_end_of_a_flight_was_noticed_begins_the_next_one() -> None:
    """The motors have stopped: that is looked at first."""
    bench = FlightBench()
    bench.arm_plainly()
    bench.vehicle.state.report[report.ARMED] = 0.0
    assert bench.state is A
    assert bench.core.arming.arm(bench.now_ms).ok
    assert bench.states == [P, A, I, P, A]
