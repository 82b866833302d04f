"""The simulated rover as a `SimulatedVehicle`: events, parameters, faults, sticks, determinism."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from math import inf, nan, pi

import numpy as np
import pytest

from autopilot.interface import layout as L
from autopilot.interface import report as R
from autopilot.interface.targets import (
    Attitude,
    Circle,
    Drive,
    Hold,
    Idle,
    Land,
    Leg,
    Pilot,
    PilotKind,
    Speeds,
    Sticks,
    TakeOff,
    Target,
    Velocity,
    Yaw,
    YawMode,
)
from autopilot.interface.vehicle import SimulatedVehicle, VehicleEvent
from autopilot.vehicles.kinds import ROVER
from sitl.kernel import layout as M
from sitl.vehicles.rover import SimulatedRover
from tests.fakes.patience import PATIENCE_S
from tests.fakes.plain_kernel import printed_by
from tests.fakes.rover_drive import HOME, RoverDrive

SCRIPT = """
from tests.sitl.vehicles.test_rover_vehicle import short_drive
print(short_drive())
"""


def short_drive(seed: int = 7) -> str:
    """Digest of the report after boot and the first metres round a windy corner."""
    drive = RoverDrive(seed, wind=5.0, gust=1.0)
    drive.rover.set_target(Leg((6.0, 0.0, 0.0), next=(6.0, 20.0, 0.0)))
    drive.run(4.0)
    return hashlib.sha256(drive.report.tobytes()).hexdigest()


# --- one seed, one drive ------------------------------------------------------------------------------------------
def test_compiled_and_plain_agree_bit_for_bit() -> None:
    """The same functions without numba's compiler give the same bytes, and no warning."""
    assert printed_by(SCRIPT) == short_drive()


def test_same_seed_same_drive_and_another_seed_another() -> None:
    assert short_drive(3) == short_drive(3) != short_drive(4)


def test_tick_by_tick_it_is_the_same_drive() -> None:
    one, other = RoverDrive(5), RoverDrive(5)
    for drive in (one, other):
        drive.rover.set_target(Circle((10.0, 0.0, 0.0), 5.0))
    one.run(10.0)
    other.record(10.0, (R.TIME_MS,))
    assert one.report.tobytes() == other.report.tobytes()


def test_it_is_made_without_numba() -> None:
    """The compiler is brought in by the first advance, not by the import."""
    script = (
        "import sys; from sitl.vehicles.rover import SimulatedRover; from autopilot.interface.geo import GeoPoint;"
        "SimulatedRover(GeoPoint(0.0, 0.0)); print('numba' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=PATIENCE_S
    )
    assert done.stdout.strip() == "False"


# --- a vehicle ----------------------------------------------------------------------------------------------------
def test_it_is_a_simulated_vehicle_on_wheels() -> None:
    rover: SimulatedVehicle = SimulatedRover(HOME, 90.0, 1)
    assert rover.capabilities.sticks
    assert rover.advance(20) == 20
    assert rover.state.yaw == pytest.approx(pi / 2.0, abs=0.1)


def test_it_is_armable_when_the_position_is_known_and_always_on_the_ground() -> None:
    rover = SimulatedRover(HOME, 0.0, 1)
    rover.advance(1000)
    assert not rover.arm().ok
    drive = RoverDrive(1)
    assert drive.rover.origin == HOME
    drive.rover.set_target(Leg((20.0, 0.0, 0.0)))
    drive.run(5.0)
    assert drive.report[R.LANDED_STATE] == 1.0
    assert drive.report[R.STOPPED] == 0.0
    assert drive.rover.disarm().ok
    drive.run(8.0)
    assert drive.report[R.STOPPED] == 1.0
    assert drive.report[R.THROTTLE] == 0.0


def test_a_stick_left_up_does_not_drive_a_disarmed_rover() -> None:
    drive = RoverDrive(1)
    drive.rover.set_target(Pilot(PilotKind.MANUAL))
    drive.rover.set_sticks(Sticks(throttle=1.0))
    drive.rover.disarm()
    before = drive.place
    drive.run(5.0)
    assert np.linalg.norm(drive.place - before) < 1e-6


@pytest.mark.parametrize("target", [TakeOff(-5.0), Attitude(0.0, 0.0, 0.0)])
def test_what_only_flies_is_no_target(target: Target) -> None:
    with pytest.raises(TypeError):
        RoverDrive(1).rover.set_target(target)


@pytest.mark.parametrize("target", [Drive(nan), Drive(1.0, inf), Leg((nan, 0.0, 0.0)), Velocity((inf, 0.0, 0.0))])
def test_a_target_that_is_not_finite_changes_nothing(target: Target) -> None:
    drive = RoverDrive(1)
    drive.rover.set_target(Leg((30.0, 0.0, 0.0)))
    drive.run(4.0)
    with pytest.raises(ValueError, match="not finite"):
        drive.rover.set_target(target)
    assert drive.run(60.0, VehicleEvent.ARRIVED)


def test_idle_and_a_missing_target_stand_still() -> None:
    drive = RoverDrive(1)
    drive.run(3.0)
    drive.rover.set_target(Idle())
    drive.run(3.0)
    assert np.linalg.norm(drive.place) < 0.01
    assert not drive.seen & VehicleEvent.ARRIVED


def test_land_is_a_stop() -> None:
    """ARRIVED and LANDED together, at rest."""
    drive = RoverDrive(2)
    drive.rover.set_target(Drive(3.0))
    drive.run(2.9)
    drive.rover.set_target(Land())
    assert drive.run(20.0, VehicleEvent.LANDED)
    assert drive.seen & VehicleEvent.ARRIVED
    assert abs(drive.speed) < 0.3


def test_hold_without_a_place_brakes_and_arrives_at_rest() -> None:
    """From 5 m/s at 1 m/s2: about 12.5 m."""
    drive = RoverDrive(2)
    drive.rover.set_target(Leg((200.0, 0.0, 0.0)))
    drive.run(8.0)
    before = drive.place
    drive.drive(Hold(None), 20.0)
    assert np.linalg.norm(drive.place - before) == pytest.approx(12.5, abs=1.0)


def test_a_leg_begun_on_the_move_is_at_its_end_when_the_rover_rests() -> None:
    """As one that is begun at rest, and as ArduRover's; before, it was there at the radius, at full speed."""
    drive = RoverDrive(2)
    drive.rover.set_target(Circle((0.0, 20.0, 0.0), 15.0))
    drive.run(15.0)
    drive.rover.set_target(Leg((60.0, 0.0, 0.0)))
    assert drive.run(60.0, VehicleEvent.ARRIVED)
    assert np.linalg.norm(drive.place - (60.0, 0.0)) < 1.0
    assert abs(drive.speed) < 0.2


def test_a_rover_that_has_turned_round_does_not_wait_for_what_was_to_lead_it() -> None:
    """Sent back slowly from 5 m/s it brakes and turns round beside the point at which it would stop, where its leg
    begins; it stood there for 9 s, until the leg's reference had come after it."""
    drive = RoverDrive(2)
    drive.rover.set_target(Leg((300.0, 0.0, 0.0)))
    drive.run(20.0)
    stop = (float(drive.place[0]) + 12.5, 0.0, 0.0)
    drive.rover.set_speeds(Speeds(1.0, 1.0, 1.0))
    drive.rover.set_target(Leg((0.0, 0.0, 0.0), stop, from_rest=True))
    drive.run(1.0)
    assert drive.speed < 4.0  # it brakes first
    drive.run(7.0)
    slowest = []
    for _ in range(10):
        drive.run(1.0)
        slowest.append(drive.speed)
    assert min(slowest) > 0.9
    assert abs(drive.place[1]) < 0.5


def test_a_leg_with_a_next_that_never_comes_ends_at_its_end() -> None:
    """After the arrival it goes to the end and stops there."""
    drive = RoverDrive(2, speed=3.0)
    drive.drive(Leg((30.0, 0.0, 0.0), (0.0, 0.0, 0.0), (30.0, 30.0, 0.0)), 60.0)
    drive.run(15.0)
    assert np.linalg.norm(drive.place - (30.0, 0.0)) < 2.0
    assert abs(drive.speed) < 0.01


def test_near_is_raised_once_at_the_watched_distance() -> None:
    drive = RoverDrive(2)
    drive.rover.set_target(Leg((60.0, 0.0, 0.0)))
    drive.rover.watch_distance(20.0)
    assert drive.run(60.0, VehicleEvent.NEAR)
    assert np.linalg.norm(drive.place - (60.0, 0.0)) == pytest.approx(20.0, abs=0.6)
    drive.seen = VehicleEvent(0)
    drive.run(4.0)
    assert not drive.seen & VehicleEvent.NEAR


# --- velocities ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("target", "speed", "heading"),
    [
        (Velocity((2.0, 0.0, 0.0), timeout_ms=9000), 2.0, 0.0),
        (Velocity((-2.0, 0.0, 0.0), timeout_ms=9000), 2.0, pi),
        (Velocity((0.0, 2.0, 0.0), timeout_ms=9000, body=True), 2.0, pi / 2.0),
        (Velocity((-2.0, 0.0, 0.0), Yaw(YawMode.ANGLE, angle=0.0), timeout_ms=9000), -2.0, 0.0),
        (Drive(-2.0, 0.0, timeout_ms=9000), -2.0, 0.0),
        (Drive(2.0, -1.0, timeout_ms=9000), 2.0, -1.0),
    ],
)
def test_a_velocity_is_driven(target: Target, speed: float, heading: float) -> None:
    drive = RoverDrive(3)
    drive.rover.set_target(target)
    drive.run(8.0)
    assert drive.speed == pytest.approx(speed, abs=0.3)
    off = (drive.report[R.TRUE_YAW] - heading + pi) % (2.0 * pi) - pi
    assert abs(off) < 0.12


def test_a_turn_rate_is_driven_forwards_and_backwards() -> None:
    drive = RoverDrive(3)
    for speed in (1.5, -1.5):
        drive.rover.set_target(Drive(speed, turn_rate=0.4, timeout_ms=10_000))
        drive.run(4.0)
        rates = drive.record(2.0, (R.R,))
        assert rates.mean() == pytest.approx(0.4, abs=0.05)
        assert drive.speed == pytest.approx(speed, abs=0.3)


def test_a_velocity_that_is_not_renewed_ends() -> None:
    drive = RoverDrive(3)
    drive.rover.set_target(Drive(2.0, timeout_ms=2000))
    drive.run(1.9)
    assert drive.speed > 1.0
    drive.run(5.0)
    assert abs(drive.speed) < 0.05


# --- parameters ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "value", "index", "setting"),
    [
        ("ATC_TURN_MAX_G", 0.4, L.P_TURN_ACCEL, 0.4 * 9.80665),
        ("TURN_RADIUS", 2.0, L.P_TURN_RADIUS, 2.0),
        ("TURN_RADIUS", 0.1, L.P_TURN_RADIUS, 0.779),
        ("ATC_STR_RAT_MAX", 90.0, L.P_TURN_RATE_MAX, pi / 2.0),
        ("ATC_STR_RAT_MAX", 0.0, L.P_TURN_RATE_MAX, 6.0),
        ("ATC_STR_ACC_MAX", 180.0, L.P_TURN_RATE_ACCEL, pi),
        ("ATC_ACCEL_MAX", 2.0, L.P_DRIVE_ACCEL, 2.0),
        ("ATC_ACCEL_MAX", 2.0, L.P_DRIVE_DECEL, 2.0),
        ("WP_ACCEL", 0.5, L.P_DRIVE_ACCEL, 0.5),
        ("ATC_DECEL_MAX", 3.0, L.P_DRIVE_DECEL, 3.0),
        ("SPEED_MAX", 6.0, L.P_STICK_SPEED, 6.0),
        ("CRUISE_SPEED", 3.0, L.P_STICK_SPEED, 6.0),
        ("CRUISE_THROTTLE", 25.0, L.P_STICK_SPEED, 8.0),
        ("ACRO_TURN_RATE", 90.0, L.P_STICK_TURN, pi / 2.0),
        ("ATC_SPEED_P", 0.4, L.P_KP_SPEED, 6.0),
        ("ATC_BRAKE", 0.0, L.P_BRAKING, 0.0),
        ("MOT_THR_MAX", 40.0, L.P_THROTTLE_MAX, 0.4),
        ("BATT_LOW_VOLT", 10.0, L.P_LOW_V, 10.0),
        ("SIM_WIND_TURB", 2.0, M.P_GUST, 2.0),
    ],
)
def test_a_parameter_counts_at_once(name: str, value: float, index: int, setting: float) -> None:
    rover = SimulatedRover(HOME, 0.0, 1)
    rover.set_parameter(name, value)
    assert rover._p[index] == pytest.approx(setting, rel=2e-3)


def test_defaults_are_those_of_the_parameter_table() -> None:
    """Setting every parameter to its default changes nothing, but for how fences are avoided where there are some."""
    from autopilot.parameters import Parameters

    rover, fresh = SimulatedRover(HOME, 0.0, 1), SimulatedRover(HOME, 0.0, 1)
    table = Parameters(ROVER.parameters)
    for name in table.names():
        if not name.startswith(("SIM_", "BATT_", "AVOID_")):
            rover.set_parameter(name, table[name])
    assert rover._p == pytest.approx(fresh._p, rel=1e-6, abs=1e-12)


def test_a_wider_turning_circle_is_driven() -> None:
    drive = RoverDrive(3, speed=2.0)
    drive.rover.set_parameter("TURN_RADIUS", 4.0)
    drive.rover.set_target(Leg((-30.0, 0.0, 0.0), (0.0, 0.0, 0.0)))
    track = drive.record(30.0, (R.TRUE_N, R.TRUE_E), VehicleEvent.ARRIVED)
    assert np.ptp(track[:, 1]) > 7.0


# --- faults -------------------------------------------------------------------------------------------------------
def test_it_has_one_motor() -> None:
    rover = SimulatedRover(HOME, 0.0, 1)
    names = rover.fault_names()
    assert "motor1.loss" in names and "motor2.loss" not in names
    assert not rover.inject_fault("motor3.loss", None, active=True)
    assert not rover.inject_fault("wheel.loss", None, active=True)
    assert all(rover.inject_fault(name, None, active=True) for name in names)


def test_a_load_beyond_its_limit_counts_as_the_limit() -> None:
    """Far beyond it the state would be no numbers."""
    drive = RoverDrive(4)
    drive.rover.inject_fault("mass.add", 1e308, active=True)
    drive.rover.set_target(Leg((30.0, 0.0, 0.0)))
    drive.run(2.0)
    assert np.isfinite(drive.report).all()
    assert drive.rover.rows()[1][0, M.P_MASS] == pytest.approx(103.74)


def test_a_dead_motor_is_a_crash_once_and_only_when_looked_for() -> None:
    for check, crashed in ((0.0, False), (1.0, True)):
        drive = RoverDrive(4)
        drive.rover.set_parameter("FS_CRASH_CHECK", check)
        drive.rover.inject_fault("motor1.loss", None, active=True)
        drive.rover.set_target(Leg((50.0, 0.0, 0.0)))
        assert drive.run(6.0, VehicleEvent.CRASHED) is crashed
        assert drive.rover.state.armed
        assert not drive.run(6.0, VehicleEvent.CRASHED)


def test_without_a_fix_it_says_so_and_stops() -> None:
    drive = RoverDrive(4)
    drive.rover.set_target(Leg((300.0, 0.0, 0.0)))
    drive.run(8.0)
    drive.rover.inject_fault("gps.loss", None, active=True)
    assert drive.run(3.0, VehicleEvent.GPS_LOST)
    assert drive.run(8.0, VehicleEvent.ESTIMATOR_FAILED)
    drive.run(15.0)
    assert abs(drive.speed) < 0.01
    drive.rover.inject_fault("gps.loss", None, active=False)
    assert drive.run(8.0, VehicleEvent.ESTIMATOR_OK)
    assert drive.run(120.0, VehicleEvent.ARRIVED)


def test_a_jammed_receiver_tells_nonsense_that_is_not_used() -> None:
    """SIM_GPS_JAM: as ArduPilot's test of it wants it; the estimate stays where the vehicle is, and it comes back."""
    drive = RoverDrive(4)
    before = drive.report.copy()
    drive.rover.set_parameter("SIM_GPS_JAM", 1.0)
    seen = []
    for _ in range(150):
        drive.run(0.2)
        seen.append(drive.report.copy())
    assert all(now[R.GPS_HACC] > 50.0 and now[R.GPS_VACC] > 50.0 and now[R.GPS_SACC] > 1.0 for now in seen)
    fixes = [now for now in seen if now[R.GPS_FIX] >= 3.0]
    assert 20 < len(fixes) < 130 and all(now[R.GPS_SATS] < 6.0 for now in seen)
    assert max(np.hypot(now[R.GPS_VN], now[R.GPS_VE]) for now in fixes) > 100.0
    assert max(abs(now[R.GPS_LAT] - before[R.GPS_LAT]) for now in fixes) > 100.0 / 111_319.0
    assert np.linalg.norm(drive.report[R.NORTH : R.NORTH + 2] - before[R.NORTH : R.NORTH + 2]) < 5.0
    drive.rover.set_parameter("SIM_GPS_JAM", 0.0)
    assert drive.run(8.0, VehicleEvent.ESTIMATOR_OK)
    assert drive.report[R.GPS_LAT] == pytest.approx(before[R.GPS_LAT], abs=1e-4)


def test_a_frozen_controller_takes_its_motor_off() -> None:
    """DEADMAN once, and the car rolls out."""
    drive = RoverDrive(4)
    drive.rover.set_target(Leg((300.0, 0.0, 0.0)))
    drive.run(6.0)
    drive.rover.inject_fault("rate.freeze", None, active=True)
    assert drive.run(1.0, VehicleEvent.DEADMAN)
    drive.run(15.0)
    assert abs(drive.speed) < 0.01


def test_the_battery_empties_faster_when_it_drives() -> None:
    drive = RoverDrive(4)
    used = []
    for target in (Idle(), Leg((1000.0, 0.0, 0.0))):
        drive.rover.set_target(target)
        before = drive.report[R.BATT_MAH]
        drive.run(30.0)
        used.append(drive.report[R.BATT_MAH] - before)
    assert used[1] > 2.0 * used[0] > 0.0


def test_a_sagging_battery_is_reported_low() -> None:
    drive = RoverDrive(4)
    drive.rover.set_parameter("BATT_LOW_VOLT", 11.0)
    drive.rover.set_parameter("BATT_LOW_TIMER", 2.0)
    drive.rover.set_parameter("SIM_BATT_VOLTAGE", 10.5)
    assert drive.run(5.0, VehicleEvent.BATTERY_LOW)


# --- sticks and outputs -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", [PilotKind.STEERING, PilotKind.ACRO])
def test_without_a_position_the_throttle_stick_is_the_throttle(kind: PilotKind) -> None:
    """No speed to hold: STEERING and ACRO are driven as MANUAL."""
    drive = RoverDrive(4)
    drive.rover.inject_fault("gps.loss", None, active=True)
    drive.run(8.0)
    drive.rover.set_target(Pilot(kind))
    drive.rover.set_sticks(Sticks(throttle=0.75))
    drive.run(0.6)  # MOT_SLEWRATE: half of it takes half a second
    assert drive.report[R.SERVO_1 + 2] == pytest.approx(1500.0 + 500.0 * 0.5)


@pytest.mark.parametrize("kind", [PilotKind.MANUAL, PilotKind.STEERING, PilotKind.ACRO])
def test_the_stick_steers_the_wheels_to_its_side_in_both_directions(kind: PilotKind) -> None:
    """As in ArduRover (get_pilot_input, output_regular): the nose turns right forwards and left backwards, and still
    right while the car brakes. ACRO turned it right backwards, STEERING left as soon as the throttle was pulled."""
    drive = RoverDrive(4)
    drive.rover.set_target(Pilot(kind))
    drive.rover.set_sticks(Sticks(roll=0.2, throttle=0.75))
    drive.run(5.0)
    assert drive.report[R.R] > 0.1
    drive.rover.set_sticks(Sticks(roll=0.2, throttle=0.3))
    drive.run(0.3)
    assert drive.report[R.GROUND_SPEED] > 0.8 and drive.report[R.R] > 0.1
    drive.run(5.0)
    assert drive.report[R.GROUND_SPEED] > 0.5 and drive.report[R.R] < -0.1


def test_outputs_are_steering_throttle_and_what_is_free() -> None:
    drive = RoverDrive(4)
    drive.rover.set_target(Pilot(PilotKind.MANUAL))
    drive.rover.set_sticks(Sticks(roll=-1.0, throttle=0.0))
    drive.rover.set_output(6, 1700.0)
    drive.rover.set_output(3, 1700.0)
    drive.run(1.1)  # MOT_SLEWRATE: all of it takes a second
    assert drive.report[R.SERVO_1] == pytest.approx(1000.0)
    assert drive.report[R.SERVO_1 + 2] == pytest.approx(1000.0)
    assert drive.report[R.SERVO_1 + 5] == 1700.0


def test_speeds_act_in_the_middle_of_a_leg() -> None:
    drive = RoverDrive(4, speed=2.0)
    drive.rover.set_target(Leg((200.0, 0.0, 0.0)))
    drive.run(6.0)
    drive.rover.set_speeds(Speeds(4.0, 1.0, 1.0))
    drive.run(4.0)
    assert drive.speed == pytest.approx(4.0, abs=0.3)
