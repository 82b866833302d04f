"""What a RESET clears, number by number: garbage goes into the vehicle's row, the part is cleared, and one looks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autopilot.interface import layout as L
from autopilot.interface import report as R
from autopilot.interface.targets import Idle, TakeOff
from autopilot.interface.vehicle import ControlPart, VehicleEvent
from sitl.kernel import layout as M
from sitl.vehicles import clearing
from sitl.vehicles.copter import SimulatedCopter
from sitl.vehicles.rover import SimulatedRover
from tests.fakes.copter_flight import CopterFlight
from tests.fakes.simulated_run import HOME

GARBAGE = 7.25
LOOPS = [part for part in ControlPart if part is not ControlPart.ESTIMATOR]


def standing(make: Any = SimulatedCopter, seed: int = 3) -> Any:
    """A vehicle that has been on for 20 s."""
    vehicle = make(HOME, 30.0, seed)
    while vehicle.state.time_ms < 20_000:
        vehicle.advance(20_000)
        vehicle.take_events()
    return vehicle


def test_every_number_of_the_control_row_has_an_owner_or_a_reason() -> None:
    """A new one cannot be forgotten: it is cleared by one actor, or kept with a reason."""
    owned = [index for row in (*clearing.PARTS.values(), *clearing.KEPT.values()) for index in row]
    assert sorted(owned) == list(range(L.STATE.size))


@pytest.mark.parametrize("part", LOOPS, ids=lambda part: part.value)
@pytest.mark.parametrize("make", [SimulatedCopter, SimulatedRover])
def test_a_loop_forgets_each_of_its_numbers_and_nothing_else(make: Any, part: ControlPart) -> None:
    """Integrators, demands, references, outputs, landing state, learned hover thrust."""
    vehicle, clean = standing(make), standing(make)
    assert clean.clear(part).ok
    own = set(clearing.PARTS[part])
    before = vehicle._s.copy()
    for index in own:
        vehicle._s[index] = GARBAGE
    assert vehicle.clear(part).ok
    for index in range(len(before)):
        assert vehicle._s[index] == (clean._s if index in own else before)[index], index
        if index in own:
            assert vehicle._s[index] != GARBAGE


def test_what_cleared_loops_look_like() -> None:
    """Zero, the estimate's place and heading, the airframe's hover thrust, on the ground, motors held."""
    vehicle = standing()
    s, p = vehicle._s, vehicle._p
    s[[L.S_IVN, L.S_IVE, L.S_IVD, L.S_IRX, L.S_IRY, L.S_IRZ, L.S_THRUST]] = GARBAGE
    s[[L.S_HOVER, L.S_LANDED_STATE, L.S_RPN, L.S_RPD, L.S_RYAW, L.S_AIR]] = GARBAGE
    for part in LOOPS:
        assert vehicle.clear(part).ok
    assert not s[[L.S_IVN, L.S_IVE, L.S_IVD, L.S_IRX, L.S_IRY, L.S_IRZ, L.S_THRUST, L.S_AIR]].any()
    assert (s[L.S_HOVER], s[L.S_LANDED_STATE], s[L.S_MOTORS_HELD]) == (p[L.P_HOVER_GUESS], 1.0, 1.0)
    assert (s[L.S_RPN], s[L.S_RPE], s[L.S_RPD]) == (s[L.S_EPN], s[L.S_EPE], s[L.S_EPD])
    assert s[L.S_RYAW] == vehicle.state.yaw


@pytest.mark.parametrize("make", [SimulatedCopter, SimulatedRover])
def test_the_estimator_forgets_each_of_its_numbers(make: Any) -> None:
    """Heading, height, vertical bias, wind, innovations, all covariances: the same whatever was there before."""
    clean = standing(make)
    assert clean.clear(ControlPart.ESTIMATOR).ok
    for index in set(clearing.ESTIMATOR) - {L.S_POS_OK}:  # without a position it begins without one: see below
        vehicle = standing_copy(clean, make)
        vehicle._s[index] = GARBAGE
        assert vehicle.clear(ControlPart.ESTIMATOR).ok
        differs = np.flatnonzero(vehicle._s != clean._s)
        assert not differs.size, (index, differs)


def standing_copy(other: Any, make: Any) -> Any:
    """Another vehicle in the same state."""
    vehicle = make(HOME, 30.0, 3)
    vehicle.load()
    for mine, theirs in zip(vehicle.rows(), other.rows(), strict=True):
        mine[...] = theirs
    return vehicle


def test_the_estimator_begins_from_what_the_sensors_say() -> None:
    """At once, and the report shows it: no vehicle time passes, and the noise goes on as it would have."""
    vehicle = standing()
    s = vehicle._s
    s[[L.S_EPN, L.S_EPD, L.S_BAZ, L.S_WEN, L.S_COV_H, L.S_COV_V]] = (40.0, -30.0, 0.5, 6.0, 9.0, 9.0)
    s[L.S_EQ0 : L.S_EQ3 + 1] = (0.0, 0.0, 0.0, 1.0)
    noise = vehicle.rows()[3].copy()
    now = vehicle.state.time_ms
    assert vehicle.clear(ControlPart.ESTIMATOR).ok
    assert (vehicle.state.time_ms, (vehicle.rows()[3] == noise).all()) == (now, True)
    r = vehicle.state.report
    assert np.hypot(r[R.NORTH] - r[R.TRUE_N], r[R.EAST] - r[R.TRUE_E]) < 1.0
    assert abs(r[R.DOWN] - r[R.TRUE_D]) < 0.6
    assert abs(r[R.YAW] - r[R.TRUE_YAW]) < 0.06
    assert (s[L.S_BAZ], s[L.S_WEN]) == (0.0, 0.0)
    assert s[L.S_COV_H] == vehicle._p[L.P_GPS_SIGMA_P] ** 2
    assert s[L.S_COV_V] == 1.0


def test_the_estimator_without_a_fix_begins_without_a_position() -> None:
    vehicle = standing()
    assert vehicle.inject_fault("gps.loss", None, active=True)
    vehicle.advance(vehicle.state.time_ms + 400)
    assert vehicle.state.has_position
    assert vehicle.clear(ControlPart.ESTIMATOR).ok
    assert not vehicle.state.has_position


def test_it_recovers_and_flies_after_that() -> None:
    """The restarted filter converges as the first one did."""
    flight = CopterFlight(5)
    flight.run(20.0)
    assert flight.copter.clear(ControlPart.ESTIMATOR).ok
    flight.run(3.0)
    assert flight.copter.arm().ok
    flight.fly(TakeOff(-10.0), 20.0)
    wrong = flight.report[R.NORTH : R.DOWN + 1] - flight.report[R.TRUE_N : R.TRUE_D + 1]
    assert np.abs(wrong).max() < 1.5


def test_a_vehicle_that_rocks_or_is_armed_is_not_aligned() -> None:
    flight = CopterFlight(1)
    flight.run(8.0)
    flight.copter._s[M.S_GYRO_X] += 0.2
    refused = flight.copter.clear(ControlPart.ESTIMATOR)
    assert (refused.ok, refused.reason) == (False, "the vehicle does not rest")
    flight.copter._s[M.S_GYRO_X] -= 0.2
    assert flight.copter.arm().ok
    for part in ControlPart:
        assert not flight.copter.clear(part).ok


def test_held_motors_stand_still_on_the_ground_and_only_there() -> None:
    """Armed and told to take off: nothing turns until they are let go. In the air holding changes nothing."""
    flight = CopterFlight(1)
    flight.ready()
    flight.copter.hold_motors(True)
    flight.copter.set_target(TakeOff(-5.0))
    flight.run(3.0)
    assert set(flight.report[R.SERVO_1 : R.SERVO_1 + 4]) == {1000.0}
    assert flight.report[R.LANDED_STATE] == 1.0
    flight.copter.hold_motors(False)
    assert flight.run(15.0, VehicleEvent.ARRIVED)
    flight.copter.hold_motors(True)
    flight.run(3.0)
    assert flight.report[R.LANDED_STATE] == 2.0
    assert flight.truth()[2] < -4.0


def test_armed_motors_idle_when_nobody_holds_them() -> None:
    flight = CopterFlight(1)
    flight.ready()
    flight.copter.set_target(Idle())
    flight.run(1.0)
    assert flight.report[R.SERVO_1] > 1050.0


def test_a_held_rover_does_not_drive() -> None:
    rover = standing(SimulatedRover)
    assert rover.arm().ok
    rover.hold_motors(True)
    rover._s[L.S_THROTTLE] = 1.0
    rover.advance(rover.state.time_ms + 20)
    assert rover._s[L.S_THROTTLE] == 0.0
