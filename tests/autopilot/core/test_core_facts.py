"""What HEARTBEAT, SYS_STATUS and parameters say and do (docs/reference/ground-stations.md, 1.3, 1.4)."""

from __future__ import annotations

import pytest

from autopilot.context.events import RebootRequested
from autopilot.context.journal import SaveParameter
from autopilot.interface import report
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mav import Result, Sensor
from autopilot.parameters import Parameters
from autopilot.vehicles.kinds import COPTER
from sitl.vehicles.kinds import make_simulated
from tests.fakes.core_bench import Bench, takeoff, waypoint
from tests.fakes.fake_vehicle import ORIGIN

STANDBY, ACTIVE, CRITICAL = 3, 4, 5
RATES, ANGLES, HEADING, ALTITUDE, POSITION = 1024, 2048, 4096, 8192, 16384
CONTROLLERS = RATES | ANGLES | HEADING | ALTITUDE | POSITION
GEOFENCE, PREARM = 1048576, 268435456


def test_a_copter_is_in_standby_on_the_ground_armed_or_not_and_active_in_the_air() -> None:
    bench = Bench()
    assert bench.core.status.system == STANDBY
    bench.core.modes.set(4, bench.now_ms)
    bench.core.arming.arm(bench.now_ms)
    assert bench.core.status.system == STANDBY
    bench.core.commands.takeoff(10.0)
    bench.run(1.0)
    assert bench.core.status.system == ACTIVE


def test_a_rover_is_in_standby_only_in_hold() -> None:
    bench = Bench("rover")
    assert bench.core.status.system == STANDBY
    bench.core.modes.set(0, bench.now_ms)
    assert bench.core.status.system == ACTIVE


def test_a_failsafe_is_critical() -> None:
    bench = Bench(parameters={"BATT_FS_LOW_ACT": 2})
    bench.airborne()
    bench.vehicle.raise_event(VehicleEvent.BATTERY_LOW)
    bench.run(0.1)
    assert bench.core.status.system == CRITICAL


@pytest.mark.parametrize(
    ("kind", "mode", "base"),
    [
        ("copter", 0, 81),
        ("copter", 2, 81),
        ("copter", 4, 89),
        ("copter", 5, 89),
        ("rover", 4, 1),
        ("rover", 0, 65),
        ("rover", 7, 1),
        ("rover", 15, 9),
        ("copter", 20, 81),
    ],
)
def test_base_mode(kind: str, mode: int, base: int) -> None:
    bench = Bench(kind)
    bench.core.modes.set(mode, bench.now_ms)
    assert bench.core.status.base_mode == base
    bench.core.arming.arm(bench.now_ms)
    assert bench.core.status.base_mode == base + 128


@pytest.mark.parametrize(("mode", "used"), [(0, 0), (2, ALTITUDE), (4, ALTITUDE | POSITION), (5, ALTITUDE | POSITION)])
def test_controllers_are_enabled_in_modes_that_use_them(mode: int, used: int) -> None:
    bench = Bench()
    bench.core.modes.set(mode, bench.now_ms)
    assert bench.core.status.sensors_enabled & (ALTITUDE | POSITION) == used
    assert bench.core.status.sensors_enabled & PREARM


def test_sticks_that_steer_what_drives_itself_are_told() -> None:
    """GCS_MAVLink_Rover.cpp, base_mode: STICK_MIXING is manual input in every mode."""
    bench = Bench("rover", parameters={"STICK_MIXING": 1})
    assert bench.core.modes.set(15, bench.now_ms).ok
    assert bench.core.status.base_mode == 73


@pytest.mark.parametrize(
    ("kind", "mode", "used"),
    [
        *[("rover", mode, 0) for mode in (0, 4)],
        *[("rover", mode, RATES | ANGLES) for mode in (1, 3, 7)],
        *[("rover", mode, RATES | ANGLES | HEADING | POSITION) for mode in (5, 10, 15)],
        ("plane", 0, 0),
        ("plane", 4, RATES),
        *[("plane", mode, RATES | ANGLES) for mode in (2, 3, 5, 6, 7)],
        *[("plane", mode, CONTROLLERS) for mode in (1, 12, 15)],
        *[("quadplane", mode, RATES | ANGLES) for mode in (17, 18, 19, 20)],
        ("quadplane", 25, CONTROLLERS),
        ("copter", 20, CONTROLLERS & ~POSITION),
    ],
)
def test_the_controllers_of_each_mode_are_told(kind: str, mode: int, used: int) -> None:
    """update_vehicle_sensor_status_flags of GCS_Rover.cpp, GCS_Plane.cpp and GCS_Copter.cpp. A rover controls no
    height; what is enabled is present."""
    bench = Bench(kind, vehicle=make_simulated(kind, ORIGIN, 0.0, 1))
    bench.upload([waypoint(30.0, 0.0)])
    assert bench.core.modes.set(mode, bench.now_ms).ok
    status = bench.core.status
    assert status.sensors_enabled & CONTROLLERS == used
    has = CONTROLLERS if bench.core.facts.vehicle_class.flies else CONTROLLERS & ~ALTITUDE
    assert status.sensors_present & CONTROLLERS == has


def test_the_fence_is_enabled_when_its_parameter_says_so() -> None:
    assert not Bench().core.status.sensors_enabled & GEOFENCE
    assert Bench(parameters={"FENCE_ENABLE": 1}).core.status.sensors_enabled & GEOFENCE


@pytest.mark.parametrize("without", [{"FENCE_ACTION": 0}, {"FENCE_TYPE": 4}], ids=["report only", "no boundary"])
def test_a_fence_that_does_nothing_is_not_shown_as_enabled(without: dict[str, float]) -> None:
    """AC_Fence::sys_status_enabled."""
    core = Bench(parameters={"FENCE_ENABLE": 1} | without).core
    assert core.fence.enabled
    assert not core.status.sensors_enabled & GEOFENCE


def test_controllers_and_a_configured_fence_are_present_where_they_are_not_used() -> None:
    """ArduPilot's GCS_Copter.cpp, AC_Fence::sys_status_present: FENCE_TYPE decides, a boundary when there is a plan."""
    status = Bench(parameters={"FENCE_TYPE": 7}).core.status
    assert status.sensors_present & (ALTITUDE | POSITION | GEOFENCE) == ALTITUDE | POSITION | GEOFENCE
    assert not Bench(parameters={"FENCE_TYPE": 4}).core.status.sensors_present & GEOFENCE
    assert not Bench(parameters={"FENCE_TYPE": 0}).core.status.sensors_present & GEOFENCE


def test_the_vehicle_is_told_all_parameters_and_each_change() -> None:
    bench = Bench()
    assert set(bench.vehicle.parameters) == set(Parameters(COPTER.parameters).names())
    bench.parameters.set("LAND_SPEED", 70)
    assert bench.vehicle.parameters["LAND_SPEED"] == 70


def test_the_do_timing_is_a_parameter_that_acts_at_once() -> None:
    bench = Bench()
    assert bench.core.sequencer.timing == 1
    bench.parameters.set("SRT_MIS_DO_LEG", 0)
    assert bench.core.sequencer.timing == 0


def test_a_reboot_is_announced_when_disarmed_and_refused_when_armed() -> None:
    bench = Bench()
    assert bench.core.commands.reboot().ok
    assert bench.events(RebootRequested) == [RebootRequested()]
    bench.core.arming.arm(bench.now_ms)
    assert bench.core.commands.reboot().result is Result.FAILED
    assert not bench.events(RebootRequested)[1:]
    assert bench.core.commands.reboot(forced=True).ok
    assert len(bench.events(RebootRequested)) == 2


def test_a_quiet_flight_needs_no_wake_up() -> None:
    """On a leg the core is called only by the vehicle's events."""
    bench = Bench()
    bench.begin([takeoff(), waypoint(2000, 0), waypoint(0, 0.5)])
    bench.run(20.0, lambda: 1 in bench.reached)
    before = bench.updates
    bench.run(100.0)
    assert bench.updates - before <= 3  # the event, and the trail until the way is straight


def test_a_disarmed_vehicle_wakes_once_a_second() -> None:
    bench = Bench()
    before = bench.updates
    bench.run(100.0)
    assert bench.updates - before == 100


def test_the_time_flown_is_counted_and_kept() -> None:
    """STAT_FLTTIME, which QGroundControl's vehicle summary shows."""
    bench = Bench()
    for seconds in (4.0, 6.0):
        assert bench.core.arming.arm(bench.now_ms).ok
        bench.run(seconds)
        assert bench.core.arming.disarm(bench.now_ms).ok
        bench.run(1.0)
    assert bench.parameters["STAT_FLTTIME"] == 10.0
    assert SaveParameter("STAT_FLTTIME", 10.0) in bench.journal.changes


@pytest.mark.parametrize(("monitor", "there"), [(0, False), (3, True), (4, True)])
def test_a_battery_that_nothing_measures_is_no_sensor(monitor: int, there: bool) -> None:
    """BATT_MONITOR 0, as in ArduPilot (GCS.cpp)."""
    bench = Bench(parameters={"BATT_MONITOR": monitor})
    bench.vehicle.state.report[report.SENSORS_PRESENT] = int(Sensor.BATTERY | Sensor.GYRO)
    status = bench.core.status
    assert status.sensors_present & status.sensors_enabled & Sensor.GYRO
    for bits in (status.sensors_present, status.sensors_enabled):
        assert bool(bits & Sensor.BATTERY) is there
