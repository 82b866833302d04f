"""The simulated copter as a `SimulatedVehicle`: time, events, arming, estimates."""

from __future__ import annotations

import subprocess
import sys
from math import degrees, hypot

import numpy as np
import pytest

from autopilot.interface import layout as L
from autopilot.interface import report as R
from autopilot.interface.geo import to_global, to_local
from autopilot.interface.reasons import BAD_FIX, NEED_POSITION
from autopilot.interface.targets import Hold, Land, Leg, TakeOff
from autopilot.interface.vehicle import SimulatedVehicle, VehicleEvent
from sitl.vehicles.copter import SimulatedCopter
from tests.fakes.copter_flight import HOME, CopterFlight
from tests.fakes.patience import PATIENCE_S


def test_it_is_a_simulated_vehicle() -> None:
    """Checked by mypy too: the class has the whole protocol."""
    vehicle: SimulatedVehicle = SimulatedCopter(HOME)
    assert vehicle.capabilities.sticks


def test_it_is_made_without_numba() -> None:
    """So that the first HEARTBEAT need not wait for the compiler."""
    script = (
        "import sys; from sitl.vehicles.copter import SimulatedCopter; from autopilot.interface.geo import GeoPoint;"
        "c = SimulatedCopter(GeoPoint(0, 0)); c.set_parameter('SIM_BATT_VOLTAGE', 12.0);"
        "assert 'numba' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=PATIENCE_S)


def test_advance_rounds_up_to_a_tick_and_never_stands_still() -> None:
    """1 ms ahead is one tick; a time that has passed is none."""
    copter = SimulatedCopter(HOME)
    assert copter.advance(1) == 20
    assert copter.advance(21) == 40
    assert copter.advance(40) == 40
    assert copter.advance(10) == 40


def test_advance_stops_at_the_tick_of_an_event_and_waits_until_it_is_taken() -> None:
    """The event is seen once; time stands until somebody has looked."""
    copter = SimulatedCopter(HOME)
    first = copter.advance(60_000)
    assert first < 10_000
    assert copter.advance(60_000) == first
    assert copter.take_events() == VehicleEvent.ESTIMATOR_OK
    assert copter.take_events() == VehicleEvent(0)
    assert copter.advance(first + 1000) == first + 1000


def test_it_is_armable_within_ten_seconds_and_says_why_not_before() -> None:
    """First without a fix, then without an estimate, then ready; the EKF flags say the same."""
    copter = SimulatedCopter(HOME)
    copter.advance(100)
    assert copter.armable_reasons == [BAD_FIX, NEED_POSITION]
    assert not copter.arm().ok
    before = copter.origin
    assert before is None
    assert not copter.state.has_position
    assert copter.advance(10_000) < 10_000
    assert copter.armable_reasons == []
    assert copter.origin == HOME
    assert copter.state.report[R.EKF_FLAGS] == 831
    assert copter.arm().ok
    assert copter.state.armed


def test_the_estimator_starts_where_the_vehicle_stands() -> None:
    """Heading within 3 degrees, place within 2 m, level within a degree."""
    flight = CopterFlight(9)
    flight.run(8.0)
    r = flight.report
    assert degrees(r[R.YAW]) == pytest.approx(-7.0, abs=3.0)
    assert hypot(r[R.NORTH], r[R.EAST]) < 2.0
    assert abs(degrees(r[R.ROLL])) < 1.0 and abs(degrees(r[R.PITCH])) < 1.0
    assert all(0.0 <= v < 0.6 for v in r[R.EKF_VEL_VAR : R.EKF_MAG_VAR + 1])


def test_report_places_agree_with_the_flat_frame(flight: CopterFlight) -> None:
    """LAT, LON, ALT are `geo.to_global` of NORTH, EAST, DOWN, for estimate and truth."""
    flight.fly(Hold((150.0, -80.0, -30.0)), 60.0)
    r = flight.report
    for lat, north in ((R.LAT, R.NORTH), (R.TRUE_LAT, R.TRUE_N)):
        ned = tuple(float(x) for x in r[north : north + 3])
        place = to_global(HOME, (ned[0], ned[1], ned[2]))
        assert r[lat : lat + 3] == pytest.approx([place.lat, place.lon, place.alt], abs=1e-9)
    back = to_local(HOME, float(r[R.LAT]), float(r[R.LON]), float(r[R.ALT]))
    assert back == pytest.approx(tuple(r[R.NORTH : R.NORTH + 3]), abs=1e-6)


def test_takeoff_raises_liftoff_then_arrives_and_shows_the_landed_states() -> None:
    """1 on the ground, 3 while taking off, 2 in the air, 4 landing, 1 again; servos follow."""
    flight = CopterFlight()
    flight.ready()
    assert flight.report[R.LANDED_STATE] == 1.0
    assert flight.report[R.SERVO_1] == 1000.0
    flight.run(0.1)
    assert 1050.0 < flight.report[R.SERVO_1] < 1200.0
    flight.copter.set_target(TakeOff(-10.0))
    assert flight.run(10.0, VehicleEvent.LIFTOFF)
    assert flight.report[R.LANDED_STATE] == 3.0
    assert flight.run(20.0, VehicleEvent.ARRIVED)
    assert flight.report[R.TRUE_D] == pytest.approx(-10.0, abs=0.7)
    flight.run(0.1)
    assert flight.report[R.LANDED_STATE] == 2.0
    flight.copter.set_target(Land())
    flight.run(1.0)
    assert flight.report[R.LANDED_STATE] == 4.0
    flight.seen = VehicleEvent(0)
    assert flight.run(60.0, VehicleEvent.LANDED)
    assert flight.seen & VehicleEvent.ARRIVED
    assert flight.report[R.LANDED_STATE] == 1.0
    assert flight.copter.disarm().ok
    flight.run(1.0)
    assert flight.report[R.SERVO_1] == pytest.approx(1000.0, abs=1.0)


def test_a_takeoff_that_is_cut_off_before_it_lifts_off_is_over() -> None:
    """A hand's breadth up, and disarmed: it is on the ground, and not taking off for ever."""
    flight = CopterFlight()
    flight.ready()
    flight.copter.set_target(TakeOff(-10.0))
    while flight.report[R.TRUE_D] > -0.05:
        flight.run(0.05)
    assert flight.report[R.LANDED_STATE] == 3.0
    flight.copter.disarm(force=True)
    flight.run(1.0)
    assert flight.report[R.LANDED_STATE] == 1.0


def test_disarming_in_the_air_needs_force(flight: CopterFlight) -> None:
    """And then it falls, and LANDED comes when it lies still."""
    assert not flight.copter.disarm().ok
    assert flight.report[R.ARMED] == 1.0
    assert flight.copter.disarm(force=True).ok
    assert flight.report[R.ARMED] == 0.0
    assert flight.run(10.0, VehicleEvent.LANDED)
    assert flight.report[R.TRUE_D] == pytest.approx(0.0, abs=0.1)


def test_calibration_takes_no_vehicle_time_and_finds_the_gyro_bias() -> None:
    """The estimator stays healthy; refused while armed."""
    flight = CopterFlight(4)
    flight.run(8.0)
    before = flight.now_ms
    flight.copter._s[L.S_BGX : L.S_BGZ + 1] = (0.02, -0.02, 0.02)
    assert flight.copter.calibrate().ok
    assert flight.now_ms == before
    rates = flight.record(2.0, (R.P, R.Q, R.R)).mean(axis=0)
    assert np.abs(rates).max() < 0.002
    assert flight.report[R.EKF_FLAGS] == 831
    assert flight.copter.arm().ok
    assert not flight.copter.calibrate().ok


def test_outputs_from_five_on_are_free(flight: CopterFlight) -> None:
    """DO_SET_SERVO shows at once and stays; the motors cannot be driven that way."""
    flight.copter.set_output(6, 1700.0)
    assert flight.report[R.SERVO_1 + 5] == 1700.0
    flight.copter.set_output(1, 2000.0)
    flight.copter.set_output(13, 2300.0)
    flight.run(0.1)
    assert flight.report[R.SERVO_1 + 5] == 1700.0
    assert flight.report[R.SERVO_9 + 4] == 2300.0
    assert flight.report[R.SERVO_1] < 1990.0


def test_event_bits_are_the_vehicle_protocols() -> None:
    """The kernel's constants and `VehicleEvent` agree, name by name."""
    named = {name[3:]: value for name, value in vars(L).items() if name.startswith("EV_")}
    assert len(named) >= 15
    for name, value in named.items():
        assert VehicleEvent[name] == value


def test_wind_is_estimated(flight: CopterFlight) -> None:
    """Within 1.5 m/s of a 6 m/s wind after half a minute of hovering; air speed is the wind's."""
    flight.copter.set_parameter("SIM_WIND_SPD", 6.0)
    flight.copter.set_parameter("SIM_WIND_DIR", 90.0)
    flight.fly(Hold((0.0, 0.0, -20.0)), 10.0)
    flight.run(30.0)
    assert flight.report[R.WIND_N : R.WIND_E + 1] == pytest.approx([0.0, -6.0], abs=1.5)
    assert flight.report[R.AIR_SPEED] == pytest.approx(6.0, abs=1.5)


def test_no_wind_makes_the_state_no_number(flight: CopterFlight) -> None:
    """A station may set any float32."""
    flight.copter.set_parameter("SIM_WIND_SPD", 3.4e38)
    flight.run(20.0)
    assert np.isfinite(flight.report[R.NORTH : R.NORTH + 6]).all()


def test_odometer_counts_the_way_flown(flight: CopterFlight) -> None:
    """100 m out."""
    before = float(flight.report[R.ODOMETER])
    flight.fly(Leg((100.0, 0.0, -20.0)), 30.0)
    assert flight.report[R.ODOMETER] - before == pytest.approx(98.0, abs=4.0)
