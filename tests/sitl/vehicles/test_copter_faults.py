"""What breaks, and what the copter then does and says."""

from __future__ import annotations

from math import radians

import numpy as np
import pytest

from autopilot.interface import report as R
from autopilot.interface.reasons import BAD_FIX, BARO_FAILED, COMPASS_FAILED, GYROS_FAILED, NEED_POSITION, ArmingReason
from autopilot.interface.targets import Attitude, Hold, Land, Leg
from autopilot.interface.vehicle import VehicleEvent
from sitl.kernel import layout as M
from sitl.vehicles.copter import SimulatedCopter
from sitl.vehicles.kinds import make_simulated
from tests.fakes.copter_flight import HOME, CopterFlight

PLACE = Hold((0.0, 0.0, -20.0))


@pytest.fixture
def flight() -> CopterFlight:
    """Holding at 20 m in 3 m/s of wind."""
    made = CopterFlight(2, wind=3.0)
    made.take_off()
    made.fly(PLACE, 10.0)
    made.run(3.0)
    made.seen = VehicleEvent(0)
    return made


def _fault(flight: CopterFlight, name: str, value: float | None = None, *, active: bool = True) -> None:
    assert flight.copter.inject_fault(name, value, active=active)


def test_unknown_faults_are_refused() -> None:
    """By name; the known ones are issue-wide names."""
    copter = SimulatedCopter(HOME)
    assert not copter.inject_fault("gps.lost", None, active=True)
    for name in (
        "gps.loss",
        "gps.glitch",
        "compass.loss",
        "baro.loss",
        "imu.loss",
        "motor1.loss",
        "motor4.loss",
        "battery.low",
        "wind.gust",
        "mass.add",
    ):
        assert copter.inject_fault(name, None, active=True)
        assert copter.inject_fault(name, None, active=False)
    assert not copter.inject_fault("motor5.loss", None, active=True)


def test_gps_loss_is_announced_then_the_position_fails_then_returns(flight: CopterFlight) -> None:
    """GPS_LOST within 1.5 s, ESTIMATOR_FAILED 8 s after the last fix with the flags of attitude and height only; both
    come back. ArduPilot SITL (4.7, four flights of the square) changed to LAND 7.96 s after its last fix in each."""
    _fault(flight, "gps.loss")
    begin_ms = flight.now_ms
    assert flight.run(1.5, VehicleEvent.GPS_LOST)
    assert flight.copter.state.has_position
    assert flight.run(8.0, VehicleEvent.ESTIMATOR_FAILED)
    assert 7800 <= flight.now_ms - begin_ms <= 8020
    assert flight.report[R.EKF_FLAGS] == 167
    assert NEED_POSITION in flight.copter.armable_reasons
    flight.run(5.0)
    assert flight.report[R.TRUE_D] == pytest.approx(-20.0, abs=1.0)
    _fault(flight, "gps.loss", active=False)
    assert flight.run(1.0, VehicleEvent.GPS_OK)
    assert flight.run(4.0, VehicleEvent.ESTIMATOR_OK)
    assert flight.report[R.EKF_FLAGS] == 831
    flight.fly(Hold((0.0, 0.0, -20.0)), 30.0)


def test_it_lands_without_gps(flight: CopterFlight) -> None:
    """Level, drifting with the wind, gently."""
    _fault(flight, "gps.loss")
    assert flight.run(8.0, VehicleEvent.ESTIMATOR_FAILED)
    flight.copter.set_target(Land())
    assert flight.run(60.0, VehicleEvent.LANDED)
    assert flight.report[R.TOUCHDOWN_SPEED] < 0.7


def test_without_gps_it_stays_level_while_drag_slows_it_down() -> None:
    """GPS is lost at 10 m/s; gravity that is felt together with drag would lean it at once. ArduPilot SITL leaves the
    gyros for gravity 15.02 s after the last fix (4.7, three flights); its true lean in LAND was 0.8 degrees at most."""
    flight = CopterFlight(2)
    flight.take_off()
    flight.copter.set_target(Leg((400.0, 0.0, -20.0)))
    flight.run(12.0)
    assert flight.report[R.TRUE_VN] > 9.0
    _fault(flight, "gps.loss")
    assert flight.run(9.0, VehicleEvent.ESTIMATOR_FAILED)
    flight.copter.set_target(Land())
    flight.run(2.0)
    lean = np.degrees(flight.record(18.0, (R.TRUE_ROLL, R.TRUE_PITCH)))
    lean = np.hypot(lean[:, 0], lean[:, 1])
    assert lean[: 4 * len(lean) // 18].max() < 0.9
    assert lean.max() < 1.6


def test_a_short_gps_glitch_moves_nobody(flight: CopterFlight) -> None:
    """Fixes 60 m away for four seconds are refused, and the variance says so."""
    _fault(flight, "gps.glitch", 60.0)
    track = flight.record(4.0, (R.TRUE_N, R.TRUE_E, R.EKF_POS_H_VAR))
    assert np.hypot(track[:, 0], track[:, 1]).max() < 1.5
    assert track[-1, 2] > 1.0
    _fault(flight, "gps.glitch", active=False)
    flight.run(3.0)
    assert flight.report[R.EKF_POS_H_VAR] < 0.6
    assert not flight.seen & VehicleEvent.ESTIMATOR_FAILED


def test_without_compass_the_leg_is_still_flown(flight: CopterFlight) -> None:
    """Heading by the gyro; the sensor is reported unhealthy."""
    _fault(flight, "compass.loss")
    flight.fly(Leg((100.0, 0.0, -20.0)), 30.0)
    assert not int(flight.report[R.SENSORS_HEALTHY]) & 4
    assert flight.copter.armable_reasons == [COMPASS_FAILED]


def test_without_barometer_height_drifts_slowly(flight: CopterFlight) -> None:
    """Within 3 m over a quarter of a minute; flags lose the vertical position."""
    _fault(flight, "baro.loss")
    flight.run(15.0)
    assert flight.report[R.TRUE_D] == pytest.approx(-20.0, abs=3.0)
    assert not int(flight.report[R.EKF_FLAGS]) & 32


def test_a_lost_motor_ends_in_the_cutoff_and_on_the_ground(flight: CopterFlight) -> None:
    """Tilt beyond 45 degrees for half a second: CUTOFF, disarmed by itself, later LANDED."""
    _fault(flight, "motor1.loss")
    assert flight.run(3.0, VehicleEvent.CUTOFF)
    assert flight.seen & VehicleEvent.DISARMED
    assert not flight.copter.state.armed
    assert flight.run(15.0, VehicleEvent.LANDED)


def test_a_motor_a_fifth_weaker_is_flown_with(flight: CopterFlight) -> None:
    """The integrators take it."""
    _fault(flight, "motor2.loss", 0.2)
    track = flight.record(15.0, (R.TRUE_N, R.TRUE_E, R.TRUE_D))
    assert np.abs(track[250:] - np.array((0.0, 0.0, -20.0))).max() < 1.5


def test_a_dead_inertial_sensor_is_an_impossible_estimate(flight: CopterFlight) -> None:
    """CUTOFF after half a second, since nothing can be flown on."""
    _fault(flight, "imu.loss")
    assert flight.run(1.0, VehicleEvent.CUTOFF)
    assert GYROS_FAILED in flight.copter.armable_reasons


def test_a_frozen_rate_loop_trips_the_deadman(flight: CopterFlight) -> None:
    """No torque command for 50 ms: DEADMAN at the end of that tick, rotors stopped."""
    begin = flight.now_ms
    _fault(flight, "rate.freeze")
    assert flight.run(1.0, VehicleEvent.DEADMAN)
    assert 40 <= flight.now_ms - begin <= 80
    flight.run(0.1)
    assert flight.report[R.SERVO_1 : R.SERVO_1 + 4] == pytest.approx([1000.0] * 4)


def test_cutoff_can_be_set_to_another_tilt_or_off(flight: CopterFlight) -> None:
    """FM_CUT_TILT 0: 60 degrees of pitch are flown for two seconds."""
    flight.copter.set_parameter("FM_CUT_TILT", 0.0)
    flight.copter.set_target(Attitude(0.0, radians(-60.0), 0.0, timeout_ms=10_000))
    assert not flight.run(2.0, VehicleEvent.CUTOFF)
    flight.copter.set_parameter("FM_CUT_TILT", 50.0)
    assert flight.run(1.0, VehicleEvent.CUTOFF)


def test_cutoff_by_height(flight: CopterFlight) -> None:
    """FM_CUT_ALT is off at 0 and acts at once above it."""
    assert not flight.seen & VehicleEvent.CUTOFF
    flight.copter.set_parameter("FM_CUT_ALT", 15.0)
    assert flight.run(0.1, VehicleEvent.CUTOFF)


def test_crash_check_disarms_what_cannot_follow(flight: CopterFlight) -> None:
    """More than 30 degrees off the demand without moving, for 2 s: CRASHED (on its side)."""
    flight.copter.set_parameter("FM_CUT_TILT", 0.0)
    flight.copter.set_target(Attitude(radians(85.0), 0.0, 0.0, timeout_ms=10_000))
    flight.run(4.0)
    flight.copter.set_target(Land())
    assert flight.run(10.0, VehicleEvent.CRASHED)
    assert flight.seen & VehicleEvent.DISARMED
    assert flight.report[R.TRUE_D] == pytest.approx(0.0, abs=0.3)


def test_battery_thresholds_wait_for_their_timer(flight: CopterFlight) -> None:
    """Low after BATT_LOW_TIMER seconds, critical likewise, each once."""
    for name, value in (
        ("BATT_LOW_VOLT", 10.5),
        ("BATT_CRT_VOLT", 10.0),
        ("BATT_LOW_TIMER", 5.0),
        ("SIM_BATT_VOLTAGE", 10.8),
    ):
        flight.copter.set_parameter(name, value)
    begin = flight.now_ms
    assert flight.run(10.0, VehicleEvent.BATTERY_LOW)
    assert 5000 <= flight.now_ms - begin < 5600
    assert not flight.run(10.0, VehicleEvent.BATTERY_LOW | VehicleEvent.BATTERY_CRITICAL)
    flight.copter.set_parameter("SIM_BATT_VOLTAGE", 10.0)
    assert flight.run(6.0, VehicleEvent.BATTERY_CRITICAL)


def test_sag_can_be_taken_out_of_the_judged_voltage(flight: CopterFlight) -> None:
    """BATT_FS_VOLTSRC 1: a threshold between the loaded and the rest voltage does not act; with 0 it does."""
    between = 0.5 * float(flight.report[R.BATT_V] + flight.report[R.BATT_V_REST])
    for name, value in (("BATT_FS_VOLTSRC", 1.0), ("BATT_LOW_TIMER", 0.02), ("BATT_LOW_VOLT", between)):
        flight.copter.set_parameter(name, value)
    assert not flight.run(2.0, VehicleEvent.BATTERY_LOW)
    flight.copter.set_parameter("BATT_FS_VOLTSRC", 0.0)
    assert flight.run(0.1, VehicleEvent.BATTERY_LOW)


@pytest.mark.parametrize("timer", [0.0, -1.0])
def test_without_a_timer_no_voltage_is_too_low(flight: CopterFlight, timer: float) -> None:
    """BATT_LOW_TIMER 0 disables it in ArduPilot; it acted at once. A charge still counts."""
    for name, value in (("BATT_LOW_TIMER", timer), ("BATT_LOW_VOLT", 20.0), ("BATT_CRT_VOLT", 19.0)):
        flight.copter.set_parameter(name, value)
    assert not flight.run(2.0, VehicleEvent.BATTERY_LOW | VehicleEvent.BATTERY_CRITICAL)
    flight.copter.set_parameter("BATT_LOW_MAH", 10_000.0)
    assert flight.run(1.0, VehicleEvent.BATTERY_LOW)


def test_the_fault_is_below_the_threshold_whatever_it_is(flight: CopterFlight) -> None:
    """`battery.low` without a value: low with ArduPilot's default of 10.5 V; without a threshold 1.5 V less."""
    flight.copter.set_parameter("BATT_LOW_VOLT", 10.5)
    flight.copter.set_parameter("BATT_LOW_TIMER", 1.0)
    _fault(flight, "battery.low")
    assert flight.run(2.0, VehicleEvent.BATTERY_LOW)
    _fault(flight, "battery.low", active=False)
    flight.copter.set_parameter("BATT_LOW_VOLT", 0.0)
    flight.run(0.1)
    before = flight.report[R.BATT_V_REST]
    _fault(flight, "battery.low")
    flight.run(0.1)
    assert flight.report[R.BATT_V_REST] == pytest.approx(before - 1.5, abs=0.05)


def test_a_short_dip_is_no_low_battery(flight: CopterFlight) -> None:
    """The timer starts anew when the voltage recovers."""
    flight.copter.set_parameter("BATT_LOW_VOLT", 11.5)
    flight.copter.set_parameter("BATT_LOW_TIMER", 5.0)
    for _ in range(3):
        _fault(flight, "battery.low", 2.0)
        assert not flight.run(3.0, VehicleEvent.BATTERY_LOW)
        _fault(flight, "battery.low", active=False)
        assert not flight.run(3.0, VehicleEvent.BATTERY_LOW)


def test_battery_charge_threshold_acts_at_once(flight: CopterFlight) -> None:
    """BATT_LOW_MAH: remaining charge of BATT_CAPACITY."""
    used = float(flight.report[R.BATT_MAH])
    flight.copter.set_parameter("BATT_CAPACITY", 3300.0)
    flight.copter.set_parameter("BATT_LOW_MAH", 3300.0 - used - 20.0)
    assert flight.run(10.0, VehicleEvent.BATTERY_LOW)
    assert flight.report[R.BATT_MAH] - used == pytest.approx(20.0, abs=0.5)


def test_a_gust_pushes_and_is_countered(flight: CopterFlight) -> None:
    """8 m/s from one tick to the next: less than 4 m off, back within a metre in 12 s."""
    _fault(flight, "wind.gust", 8.0)
    track = flight.record(12.0, (R.TRUE_N, R.TRUE_E))
    off = np.hypot(track[:, 0], track[:, 1])
    assert 0.2 < off.max() < 4.0
    assert off[-1] < 1.0


def test_a_load_takes_power_by_its_weight_and_goes_as_it_came(flight: CopterFlight) -> None:
    """Hover power follows the weight to the power of 1.5 (momentum theory): a third more mass, half as much again."""

    def watts() -> float:
        before = float(flight.report[R.BATT_WH])
        flight.run(10.0)
        return (float(flight.report[R.BATT_WH]) - before) * 360.0

    empty = watts()
    _fault(flight, "mass.add", 0.5)
    flight.run(10.0)
    assert watts() / empty == pytest.approx((4.0 / 3.0) ** 1.5, rel=0.06)
    _fault(flight, "mass.add", 0.5, active=False)
    flight.run(10.0)
    assert watts() == pytest.approx(empty, rel=0.03)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("SIM_GPS_DISABLE", 1.0, BAD_FIX),
        ("SIM_GPS_NUMSATS", 3.0, BAD_FIX),
        ("SIM_BARO_DISABLE", 1.0, BARO_FAILED),
        ("SIM_MAG1_FAIL", 1.0, COMPASS_FAILED),
        ("SIM_ACC_FAIL_MSK", 1.0, GYROS_FAILED),
    ],
)
def test_arducopters_failure_parameters_work(name: str, value: float, reason: ArmingReason) -> None:
    """Scripts written for ArduPilot SITL set these."""
    flight = CopterFlight()
    flight.copter.set_parameter(name, value)
    flight.run(8.0)
    assert reason in flight.copter.armable_reasons
    assert not flight.copter.arm().ok
    flight.copter.set_parameter(name, 0.0 if name != "SIM_GPS_NUMSATS" else 10.0)
    flight.run(8.0)
    assert flight.copter.armable_reasons == []


@pytest.mark.parametrize(
    ("fault", "reason"), [("baro.loss", BARO_FAILED), ("compass.loss", COMPASS_FAILED), ("imu.loss", GYROS_FAILED)]
)
def test_a_failure_parameter_of_one_sensor_is_no_end_of_another_s_fault(fault: str, reason: ArmingReason) -> None:
    """Whatever of the others is set meanwhile."""
    own = {"baro": "SIM_BARO_DISABLE", "compass": "SIM_MAG1_FAIL", "imu": "SIM_ACC_FAIL_MSK"}
    copter = SimulatedCopter(HOME)
    assert copter.inject_fault(fault, None, active=True)
    for name in own.values():
        if name != own[fault.partition(".")[0]]:
            copter.set_parameter(name, 0.0)
    assert reason in copter.armable_reasons


@pytest.mark.parametrize(
    ("fault", "parameter", "value", "setting"),
    [
        ("gps.loss", "EK3_SRC1_POSXY", 0.0, M.P_GPS_ON),
        ("baro.loss", "SIM_BARO_DISABLE", 1.0, M.P_BARO_ON),
        ("compass.loss", "SIM_MAG1_FAIL", 1.0, M.P_MAG_ON),
        ("imu.loss", "SIM_GYR_FAIL_MSK", 1.0, M.P_IMU_ON),
        ("airspeed.loss", "ARSPD_TYPE", 0.0, M.P_PITOT_ON),
    ],
)
def test_the_end_of_a_loss_leaves_off_what_a_parameter_has_switched_off(
    fault: str, parameter: str, value: float, setting: int
) -> None:
    """And switches on what none has."""
    machine = make_simulated("plane", HOME, 0.0, 1)
    for off in (False, True):
        if off:
            machine.set_parameter(parameter, value)
        for active in (True, False):
            assert machine.inject_fault(fault, None, active=active)
        assert machine.rows()[1][0, setting] == (0.0 if off else 1.0)


def test_another_parameter_of_the_tube_does_not_free_a_blocked_one() -> None:
    """ARSPD_TYPE says whether there is one."""
    plane = make_simulated("plane", HOME, 0.0, 1)
    assert plane.inject_fault("airspeed.blocked", None, active=True)
    plane.set_parameter("ARSPD_TYPE", 1.0)
    assert plane.rows()[1][0, M.P_PITOT_BLOCKED] == 1.0


def test_engine_failure_parameters_weaken_the_masked_motors(flight: CopterFlight) -> None:
    """SIM_ENGINE_FAIL is a bit mask, SIM_ENGINE_MUL what is left."""
    flight.copter.set_parameter("SIM_ENGINE_MUL", 0.85)
    flight.copter.set_parameter("SIM_ENGINE_FAIL", 1.0)
    flight.run(3.0)
    servo = flight.report[R.SERVO_1 : R.SERVO_1 + 4]
    assert servo[0] > servo[1] + 10.0
    assert not flight.seen & VehicleEvent.CUTOFF


def test_a_battery_set_to_a_low_voltage_lasts(flight: CopterFlight) -> None:
    """As in ArduPilot's simulator: a script sets a low voltage to see a failsafe, and the way home after it."""
    flight.copter.set_parameter("SIM_BATT_VOLTAGE", 10.0)
    charge = flight.copter.charge
    flight.run(90.0)
    assert flight.copter.charge > charge - 0.12
    assert float(flight.report[R.BATT_V_REST]) > 9.4  # a full pack falls by 0.4 V in its first tenth
    flight.copter.set_parameter("SIM_BATT_VOLTAGE", 12.6)
    flight.run(0.1)
    assert float(flight.report[R.BATT_V_REST]) == pytest.approx(12.6, abs=0.01)


def test_a_place_that_jumped_is_taken_after_ten_seconds(flight: CopterFlight) -> None:
    """Its fixes' speed is right all the time: no failure of the estimator, as EKF3's."""
    _fault(flight, "gps.glitch", 60.0)
    flight.run(9.0)
    assert flight.report[R.NORTH] == pytest.approx(flight.report[R.TRUE_N], abs=2.0)
    flight.run(2.0)
    assert flight.report[R.NORTH] - flight.report[R.TRUE_N] == pytest.approx(60.0, abs=2.0)
    assert not flight.seen & VehicleEvent.ESTIMATOR_FAILED


def test_a_wrong_field_is_never_taken_in_the_air(flight: CopterFlight) -> None:
    """Heading by the gyros, which the fixes' speed agrees with: a minute of legs changes nothing."""
    _fault(flight, "compass.wrong")
    for end in ((60.0, 0.0, -20.0), (60.0, 60.0, -20.0), (0.0, 60.0, -20.0), (0.0, 0.0, -20.0)):
        flight.fly(Leg(end), 30.0)
    off = np.hypot(flight.report[R.NORTH] - flight.report[R.TRUE_N], flight.report[R.EAST] - flight.report[R.TRUE_E])
    assert off < 2.0
    assert not flight.seen & VehicleEvent.ESTIMATOR_FAILED


def test_a_leg_from_rest_begins_where_the_copter_stops(flight: CopterFlight) -> None:
    """At 10 m/s, from the point at which it would stop: it flies there and not back, and turns onto the next leg."""
    flight.copter.set_target(Leg((300.0, 0.0, -20.0)))
    flight.run(10.0)
    north = float(flight.report[R.NORTH])
    stop = north + 21.0
    flight.copter.set_target(Leg((stop, 0.0, -23.0), (stop, 0.0, -20.0), (stop, 100.0, -23.0), from_rest=True))
    track = flight.record(6.0, (R.NORTH,))[:, 0]
    assert track.max() == pytest.approx(stop, abs=2.0)
    assert track[-1] > stop - 1.0


def test_a_copter_that_lagged_flies_as_fast_as_before(flight: CopterFlight) -> None:
    """A gust from ahead holds it back for five seconds; soon after it has the leg's speed again."""
    flight.copter.set_target(Leg((0.0, -600.0, -20.0)))
    flight.run(12.0)
    _fault(flight, "wind.gust", 14.0)
    flight.run(5.0)
    assert flight.report[R.VE] > -8.0
    _fault(flight, "wind.gust", active=False)
    flight.run(8.0)
    assert flight.report[R.VE] < -9.5


@pytest.mark.parametrize("value", [1.0e300, -1.0e300])
@pytest.mark.parametrize("name", ["wind.gust", "gps.glitch", "baro.wrong", "battery.low", "mass.add"])
def test_a_value_beyond_its_limit_counts_as_the_limit(flight: CopterFlight, name: str, value: float) -> None:
    """Far beyond it forces and pressures, and with them the state, would be no numbers."""
    _fault(flight, name, value)
    flight.run(10.0)
    assert np.isfinite(flight.copter.state.report).all()
