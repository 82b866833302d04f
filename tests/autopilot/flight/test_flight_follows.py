"""How flights follow the vehicle: landings, others who fly it, the battery, a controller behind Sortie."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autopilot.context.events import FlightStateChanged
from autopilot.flight.flags import AIRBORNE
from autopilot.flight.lifecycle import FlightState
from autopilot.interface import report
from autopilot.interface.layout import ON_GROUND
from autopilot.interface.reasons import FlightEvent
from autopilot.interface.vehicle import Request, VehicleEvent
from tests.fakes.core_bench import takeoff, waypoint
from tests.fakes.fake_vehicle import GOOD_EKF, NO_POSITION_EKF
from tests.fakes.flight_bench import HANGING_MISSION, LAND, WHOLE, A, D, F, FlightBench, I, L, P

AUTO, GUIDED, LOITER, RTL, LAND_MODE = 3, 4, 5, 6, 9


@pytest.mark.parametrize("event", [VehicleEvent.TAKEN_OVER, VehicleEvent.LINK_OK, VehicleEvent.ARMED])
def test_after_others_had_it_it_is_where_the_report_says(event: VehicleEvent) -> None:
    """A takeover, a lost link: it may have been put down meanwhile, without an event of landing."""
    bench = FlightBench(mission=HANGING_MISSION)
    bench.go()
    flags = bench.flights.context.flags
    bench.run(60.0, lambda: bool(flags.read() & AIRBORNE))
    assert flags.read() & AIRBORNE
    bench.vehicle.state.report[report.LANDED_STATE] = ON_GROUND
    flags.heed(int(VehicleEvent.NEAR))
    assert flags.read() & AIRBORNE
    flags.heed(int(event))
    assert not flags.read() & AIRBORNE


def test_a_landing_that_no_event_told_is_over_with_the_motors() -> None:
    """The next flight begins on the ground."""
    bench = FlightBench()
    bench.fly()
    bench.vehicle._move = lambda dt: None
    bench.vehicle.state.report[report.LANDED_STATE] = ON_GROUND
    bench.vehicle.state.report[report.ARMED] = 0.0
    bench.vehicle.raise_event(VehicleEvent.DISARMED)
    bench.run(1.0)
    assert bench.state is I
    bench.arm_plainly()
    assert bench.states == [P, A, F, D, I, P, A]


def test_a_landing_on_the_ground_is_no_takeoff() -> None:
    """LAND, armed and standing: landed at once, without a flight."""
    bench = FlightBench()
    bench.arm_plainly()
    bench.core.commands.land(bench.now_ms)
    bench.run(10.0)
    assert bench.states == [P, A, D, I]


def test_a_landing_behind_which_the_mission_goes_on_stays_flying() -> None:
    """MIS_OPTIONS bit 2: only the last landing is LANDING."""
    mission = (takeoff(), waypoint(20.0, 0.0), LAND, takeoff(), waypoint(0.0, 20.0), LAND)
    bench = FlightBench(mission=mission, parameters={"MIS_OPTIONS": 4})
    bench.go()
    bench.run(300.0, lambda: bench.state is I)
    assert bench.states == WHOLE
    assert bench.reached == [1, 2, 3, 4, 5, 6]


# --- the operator and failsafes ---------------------------------------------------------------------------------------
def test_the_operators_land_is_landing_and_ends_in_idle() -> None:
    bench = FlightBench()
    bench.fly()
    bench.core.commands.land(bench.now_ms)
    bench.run(0.02)
    assert bench.state is L
    bench.run(100.0, lambda: bench.state is I)
    assert bench.states == WHOLE


def test_a_landing_that_is_broken_off_is_flying_again() -> None:
    bench = FlightBench()
    bench.fly()
    bench.core.commands.land(bench.now_ms)
    bench.run(1.0)
    bench.core.modes.set(LOITER, bench.now_ms)
    bench.run(0.1)
    assert bench.states == [P, A, F, L, F]
    assert bench.said("Flight: FLYING: landing broken off")
    bench.core.modes.set(AUTO, bench.now_ms)
    bench.run(200.0, lambda: bench.state is I)
    assert bench.states == [P, A, F, L, F, L, D, I]


@pytest.mark.parametrize("phase", [A, F, L])
def test_a_disarmed_vehicle_is_in_idle(phase: FlightState) -> None:
    """Whoever disarms it, in whatever state."""
    bench = FlightBench()
    bench.go()
    bench.until(phase)
    assert bench.core.arming.disarm(bench.now_ms, force=True).ok
    assert bench.state is I
    bench.run(1.0)
    assert bench.states[-1] is I


def test_a_critical_battery_lands_a_flight_that_go_began() -> None:
    bench = FlightBench(parameters={"BATT_FS_CRT_ACT": 0})
    bench.fly()
    bench.vehicle.raise_event(VehicleEvent.BATTERY_CRITICAL)
    bench.run(0.1)
    assert (bench.state, bench.core.modes.number) == (L, LAND_MODE)


def test_a_low_battery_is_no_critical_one() -> None:
    bench = FlightBench(parameters={"BATT_FS_LOW_ACT": 0})
    bench.fly()
    bench.vehicle.raise_event(VehicleEvent.BATTERY_LOW)
    bench.run(0.1)
    assert bench.state is F


def test_a_failsafe_that_answers_the_battery_decides_the_mode() -> None:
    """BATT_FS_CRT_ACT 2 (RTL): the state follows the vehicle."""
    bench = FlightBench(mission=(takeoff(), waypoint(300.0, 0.0)), parameters={"BATT_FS_CRT_ACT": 2})
    bench.fly()
    bench.run(10.0)
    bench.vehicle.raise_event(VehicleEvent.BATTERY_CRITICAL)
    bench.run(0.1)
    assert (bench.state, bench.core.modes.number) == (F, RTL)
    bench.run(200.0, lambda: bench.state is I)
    assert bench.states == WHOLE


@pytest.mark.parametrize(("early", "cause"), [(1, FlightEvent.DISARMED), (0, FlightEvent.LOW_BATTERY)])
def test_a_critical_battery_cancels_the_countdown(early: int, cause: FlightEvent) -> None:
    """The failsafe stops motors that are armed; where they are not yet, the flight manager does without them."""
    bench = FlightBench(parameters={"BATT_FS_CRT_ACT": 0, "FM_ARM_EARLY": early})
    bench.go()
    bench.run(1.0)
    bench.vehicle.raise_event(VehicleEvent.BATTERY_CRITICAL)
    bench.run(0.1)
    assert (bench.states, bench.core.facts.armed) == ([P, A, I], False)
    assert bench.events(FlightStateChanged)[-1].cause is cause
    assert bench.said("Battery Failsafe - Disarming" if early else "Flight: IDLE: battery critical")


def test_a_critical_battery_without_a_failsafe_leaves_a_plain_flight_alone() -> None:
    bench = FlightBench(parameters={"BATT_FS_CRT_ACT": 0})
    bench.airborne()
    bench.vehicle.raise_event(VehicleEvent.BATTERY_CRITICAL)
    bench.run(5.0)
    assert (bench.state, bench.core.modes.number) == (F, GUIDED)


# --- a controller's position ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("seconds", "end"), [(2.0, FlightState.ARMED), (7.0, FlightState.IDLE)])
def test_a_controller_may_lose_its_position_while_it_calibrates(seconds: float, end: FlightState) -> None:
    """A simulated vehicle has one or not; a controller's estimator starts anew and is given five seconds."""
    bench = FlightBench()
    vehicle = bench.vehicle
    vehicle.capabilities = replace(vehicle.capabilities, own_checks=True)
    calibrate = vehicle.calibrate

    def calibrate_and_forget() -> Request:
        vehicle.state.report[report.EKF_FLAGS] = NO_POSITION_EKF
        return calibrate()

    vehicle.calibrate = calibrate_and_forget
    assert bench.go().ok
    bench.core.modes.set(0, bench.now_ms)  # the mission needs it whatever mode is set meanwhile
    bench.run(seconds)
    vehicle.state.report[report.EKF_FLAGS] = GOOD_EKF
    bench.run(1.0)
    assert bench.state is end
    assert bench.said("estimator: RESET: no position") is (end is FlightState.IDLE)


@pytest.mark.parametrize("own", [False, True])
def test_go_says_what_a_reset_cannot_clear_behind_a_controller(own: bool) -> None:
    """Its filters and loops are its own: MAVLink has no command to clear them."""
    bench = FlightBench()
    bench.vehicle.capabilities = replace(bench.vehicle.capabilities, own_checks=own)
    assert bench.go().ok
    bench.until(A)
    assert bench.said("RESET: the controller keeps its filters and loops") is own
