"""GUIDED: takeoff, targets, reposition, speed, heading, pause (docs/reference/ground-stations.md, 3.1, 3.2)."""

from __future__ import annotations

from math import inf, nan, pi

import pytest

from autopilot.interface.geo import GeoPoint, to_global
from autopilot.interface.targets import Attitude, Hold, Idle, Leg, TakeOff, Velocity, Yaw, YawMode
from autopilot.mav import Frame, Result
from autopilot.vehicles.mode_table import CopterMode
from tests.fakes.core_bench import Bench
from tests.fakes.fake_vehicle import ORIGIN
from tests.fakes.sim_copter import ground_speed, in_air

PLACE = to_global(ORIGIN, (50.0, 20.0, -15.0))


def hovering(**parameters: float) -> Bench:
    bench = Bench(parameters=parameters)
    bench.airborne()
    return bench


# --- takeoff ----------------------------------------------------------------------------------------------------------
def test_takeoff_counts_from_home() -> None:
    bench = Bench()
    bench.core.home.set(GeoPoint(ORIGIN.lat, ORIGIN.lon, ORIGIN.alt - 4.0))
    bench.core.modes.set(4, bench.now_ms)
    bench.core.arming.arm(bench.now_ms)
    assert bench.core.commands.takeoff(12.0).ok
    assert isinstance(bench.vehicle.target, TakeOff)
    assert bench.vehicle.target.down == pytest.approx(-8.0)


def test_takeoff_by_the_sticks_modes_counts_from_the_ground() -> None:
    """LOITER 30 m below home; GUIDED would climb 42 m (ArduCopter's Mode::_TakeOff::start)."""
    bench = Bench()
    bench.core.home.set(GeoPoint(ORIGIN.lat, ORIGIN.lon, ORIGIN.alt + 30.0))
    bench.core.modes.set(5, bench.now_ms)
    bench.core.arming.arm(bench.now_ms)
    assert bench.core.commands.takeoff(12.0).ok
    assert bench.vehicle.target.down == pytest.approx(-12.0)


@pytest.mark.parametrize(("holds_place", "ok"), [(True, False), (False, True)])
def test_takeoff_of_a_mode_that_drifts_must_be_allowed(holds_place: bool, ok: bool) -> None:
    """ALT_HOLD: only with param3 of NAV_TAKEOFF (ArduCopter's has_user_takeoff)."""
    bench = Bench()
    bench.core.modes.set(2, bench.now_ms)
    bench.core.arming.arm(bench.now_ms)
    assert bench.core.commands.takeoff(12.0, holds_place=holds_place).ok is ok


def test_takeoff_needs_arming_the_ground_and_a_mode_for_it() -> None:
    bench = Bench()
    bench.core.modes.set(4, bench.now_ms)
    assert bench.core.commands.takeoff(10.0).result is Result.FAILED
    bench.core.modes.set(0, bench.now_ms)
    bench.core.arming.arm(bench.now_ms)
    assert bench.core.commands.takeoff(10.0).result is Result.FAILED
    bench = hovering()
    assert bench.core.commands.takeoff(20.0).result is Result.FAILED


def test_takeoff_to_a_height_below_the_vehicle_is_refused() -> None:
    bench = Bench()
    bench.core.modes.set(4, bench.now_ms)
    bench.core.arming.arm(bench.now_ms)
    assert bench.core.commands.takeoff(-3.0).result is Result.FAILED


# --- targets ----------------------------------------------------------------------------------------------------------
def test_reposition_in_guided_flies_there() -> None:
    bench = hovering()
    assert bench.core.commands.reposition(PLACE, bench.now_ms, speed=3.0, yaw_rad=1.0).ok
    target = bench.vehicle.target
    assert isinstance(target, Leg)
    assert target.end == pytest.approx((50.0, 20.0, -15.0), abs=1e-6)
    assert (target.yaw.mode, target.yaw.angle) == (YawMode.ANGLE, 1.0)
    assert bench.vehicle.speeds.ground == 3.0


@pytest.mark.parametrize(("options", "direct"), [(0, True), (64, False)])
def test_a_place_is_flown_to_directly_or_by_waypoint_navigation(options: int, direct: bool) -> None:
    """Fails without `Leg.direct`: ArduCopter's GUIDED uses waypoint navigation only with bit 6 of GUID_OPTIONS."""
    bench = hovering(GUID_OPTIONS=options)
    bench.core.commands.guided_item(PLACE)
    assert bench.vehicle.target.direct is direct


def test_reposition_outside_guided_is_denied_unless_it_may_change_the_mode() -> None:
    bench = hovering()
    bench.core.modes.set(5, bench.now_ms)
    assert bench.core.commands.reposition(PLACE, bench.now_ms).result is Result.DENIED
    assert bench.core.modes.number == 5
    assert bench.core.commands.reposition(PLACE, bench.now_ms, change_mode=True).ok
    assert bench.core.modes.number == 4


def test_a_guided_item_flies_there_only_in_guided() -> None:
    bench = hovering()
    assert bench.core.commands.guided_item(PLACE).ok
    assert isinstance(bench.vehicle.target, Leg)
    bench.core.modes.set(5, bench.now_ms)
    assert bench.core.commands.guided_item(PLACE).result is Result.FAILED


def test_an_altitude_keeps_the_place_that_is_flown_to() -> None:
    bench = hovering()
    bench.core.commands.guided_item(PLACE)
    assert bench.core.commands.guided_altitude(Frame.GLOBAL, ORIGIN.alt + 25.0).ok
    assert bench.vehicle.target.end == pytest.approx((50.0, 20.0, -25.0), abs=1e-6)


@pytest.mark.parametrize(("frame", "z", "up"), [
    (Frame.GLOBAL, ORIGIN.alt + 25.0, 25.0), (Frame.GLOBAL_INT, ORIGIN.alt + 25.0, 25.0),
    (Frame.GLOBAL_RELATIVE_ALT, 25.0, 25.0), (Frame.GLOBAL_TERRAIN_ALT, 25.0, 25.0),
    (Frame.GLOBAL, nan, None), (Frame.GLOBAL_RELATIVE_ALT, inf, None), (Frame.GLOBAL, -1e6, None),
])  # fmt: skip
def test_an_altitude_is_of_its_frame_and_must_be_one(frame: int, z: float, up: float | None) -> None:
    bench = hovering()
    bench.core.commands.guided_item(PLACE)
    targets = len(bench.vehicle.targets)
    assert bench.core.commands.guided_altitude(frame, z).result is (Result.DENIED if up is None else Result.ACCEPTED)
    assert len(bench.vehicle.targets) == targets + (up is not None)
    if up is not None:
        assert bench.vehicle.target.end[2] == pytest.approx(-up, abs=1e-6)


def test_an_altitude_outside_guided_has_no_effect_and_says_so() -> None:
    bench = hovering()
    bench.core.modes.set(5, bench.now_ms)
    targets = len(bench.vehicle.targets)
    assert bench.core.commands.guided_altitude(Frame.GLOBAL, ORIGIN.alt + 25.0).ok
    assert len(bench.vehicle.targets) == targets
    assert "Altitude change has no effect in LOITER" in bench.texts


def test_on_the_ground_targets_have_no_effect_before_a_takeoff() -> None:
    """A place is taken, as ArduPilot takes it, and a text says that it does nothing."""
    bench = Bench()
    assert bench.core.commands.reposition(PLACE, bench.now_ms, change_mode=True).ok
    assert bench.core.modes.number == 4
    assert bench.texts[-1] == "Guided target: not armed"
    bench.core.arming.arm(bench.now_ms)
    assert bench.core.commands.guided_item(PLACE).ok
    assert bench.texts[-1] == "Guided target: take off first"
    assert bench.core.commands.guided_target(position=(5.0, 0.0, -5.0)).result is Result.FAILED
    assert bench.vehicle.target == Idle()


def test_setpoints_are_ignored_outside_guided_without_a_text() -> None:
    bench = hovering()
    bench.core.modes.set(5, bench.now_ms)
    said = len(bench.texts)
    assert not bench.core.commands.guided_target(position=(5.0, 0.0, -5.0)).ok
    assert len(bench.texts) == said


def test_a_position_a_velocity_and_both() -> None:
    bench = hovering(GUID_TIMEOUT=2)
    bench.core.commands.guided_target(position=(5.0, 6.0, -7.0))
    assert bench.vehicle.target.end == (5.0, 6.0, -7.0)
    bench.core.commands.guided_target(velocity=(1.0, 2.0, 0.0), yaw=Yaw(YawMode.RATE, rate=0.5))
    target = bench.vehicle.target
    assert isinstance(target, Velocity)
    assert (target.velocity, target.position, target.timeout_ms, target.yaw.rate) == ((1.0, 2.0, 0.0), None, 2000, 0.5)
    bench.core.commands.guided_target(position=(5.0, 6.0, -7.0), velocity=(1.0, 0.0, 0.0))
    assert bench.vehicle.target.position == (5.0, 6.0, -7.0)


@pytest.mark.parametrize("timeout", [0.0, -1.0, 0.05])
def test_a_velocity_lasts_a_tenth_of_a_second_at_least(timeout: float) -> None:
    """ModeGuided::get_timeout_ms; with GUID_TIMEOUT 0 a companion's velocities at 20 Hz were flown in jerks."""
    bench = hovering(GUID_TIMEOUT=timeout)
    assert bench.core.commands.guided_target(velocity=(1.0, 0.0, 0.0)).ok
    assert bench.vehicle.target.timeout_ms == 100
    assert bench.core.commands.guided_attitude(0.0, 0.1, 0.0, None, 0.5).ok
    assert bench.vehicle.target.timeout_ms == 100


def test_a_turn_at_a_rate_ends_unless_renewed() -> None:
    """Fails if it goes on: ArduCopter's GUIDED holds the heading when GUID_TIMEOUT is over."""
    bench = hovering(GUID_TIMEOUT=2.0)
    bench.core.commands.guided_target(velocity=(1.0, 0.0, 0.0), yaw=Yaw(YawMode.RATE, rate=0.5))
    bench.run(1.9)
    assert bench.vehicle.yaws[-1].mode is YawMode.RATE
    bench.run(0.2)
    assert bench.vehicle.yaws[-1].mode is YawMode.KEEP


def test_an_acceleration_alone_goes_on_from_the_present_velocity() -> None:
    bench = hovering()
    bench.core.commands.guided_target(velocity=(3.0, 0.0, 0.0))
    bench.run(2.0)
    present = bench.vehicle.state.velocity
    bench.core.commands.guided_target(acceleration=(0.0, 1.0, 0.0))
    assert bench.vehicle.target.velocity == present
    assert bench.vehicle.target.acceleration == (0.0, 1.0, 0.0)


def test_without_a_yaw_the_nose_goes_with_a_velocity() -> None:
    """As with a place; WP_YAW_BEHAVIOR 0 leaves it alone, and a heading that was asked for before is given up."""
    bench = hovering()
    bench.core.commands.condition_yaw(90.0, 0.0, 0, False)
    bench.core.commands.guided_target(velocity=(1.0, 2.0, 0.0))
    assert bench.vehicle.target.yaw.mode is YawMode.ALONG
    bench.parameters.set("WP_YAW_BEHAVIOR", 0)
    bench.core.commands.guided_target(velocity=(1.0, 2.0, 0.0))
    assert bench.vehicle.target.yaw.mode is YawMode.KEEP


def test_a_yaw_alone_turns_the_nose_and_keeps_the_target() -> None:
    bench = hovering()
    target = bench.vehicle.target
    bench.core.commands.guided_target(yaw=Yaw(YawMode.ANGLE, angle=1.2))
    assert bench.vehicle.target is target
    assert bench.vehicle.yaws[-1].angle == 1.2


@pytest.mark.parametrize(("thrust", "climb"), [(0.5, 0.0), (1.0, 2.5), (0.0, -1.5)])
def test_attitude_targets_take_thrust_as_a_climb_rate(thrust: float, climb: float) -> None:
    bench = hovering()
    assert bench.core.commands.change_speed(2, 1.0).ok, "which does not count here"
    assert bench.core.commands.guided_attitude(roll=0.1, pitch=0.0, yaw=0.0, yaw_rate=None, thrust=thrust).ok
    target = bench.vehicle.target
    assert isinstance(target, Attitude)
    assert (target.roll, target.climb, target.thrust_is_climb) == (0.1, pytest.approx(climb), True)


# --- speed, heading, pause --------------------------------------------------------------------------------------------
def test_change_speed_in_guided_and_its_refusals() -> None:
    bench = hovering()
    assert bench.core.commands.change_speed(1, 4.0).ok
    assert bench.core.commands.change_speed(2, 1.0).ok
    assert bench.core.commands.change_speed(3, 0.5).ok
    speeds = bench.vehicle.speeds
    assert (speeds.ground, speeds.up, speeds.down) == (4.0, 1.0, 0.5)
    assert bench.core.commands.change_speed(1, 0.0).result is Result.DENIED
    assert bench.core.commands.change_speed(4, 3.0).result is Result.DENIED


def test_no_speed_limits_a_velocity() -> None:
    """Neither a parameter nor DO_CHANGE_SPEED (ArduCopter's velaccel_control_run); of a place, and of a velocity with a
    place, they do. 14 m/s were flown at WPNAV_SPEED."""
    bench = hovering()
    commands, north = bench.core.commands, (60.0, 0.0, -10.0)
    for order, limited in (
        (lambda: commands.guided_target(position=north), True),
        (lambda: commands.guided_target(velocity=(14.0, 0.0, -6.0)), False),
        (lambda: commands.change_speed(1, 3.0), False),
        (lambda: commands.guided_target(position=north, velocity=(1.0, 0.0, 0.0)), True),
        (lambda: commands.guided_target(velocity=(14.0, 0.0, -6.0)), False),
        (lambda: commands.guided_target(position=north), True),
    ):
        assert order().ok
        speeds = bench.vehicle.speeds
        assert (speeds.ground < 100.0, speeds.up < 100.0) == (limited, limited)
    assert (speeds.ground, speeds.up) == (3.0, 2.5)
    bench = in_air(GUID_TIMEOUT=30)
    assert bench.core.commands.guided_target(velocity=(14.0, 0.0, 0.0)).ok
    bench.run(10.0)
    assert ground_speed(bench) == pytest.approx(14.0, abs=0.5)


@pytest.mark.parametrize(
    ("mode", "taken"), [("RTL", True), ("BRAKE", False), ("LAND", False), ("CIRCLE", False), ("ALT_HOLD", False)]
)
def test_a_mode_that_has_its_own_speed_takes_no_other(mode: str, taken: bool) -> None:
    """As ArduCopter: a pause and a landing accepted one, and nothing came of it."""
    bench = hovering()
    bench.core.modes.set(CopterMode[mode], bench.now_ms)
    assert bench.core.commands.change_speed(1, 4.0).ok is taken


def test_a_speed_parameter_limits_no_velocity_either() -> None:
    """The vehicle took WPNAV_SPEED itself, and flew 5 m/s."""
    bench = in_air(20.0, GUID_TIMEOUT=100)
    bench.core.commands.guided_target(velocity=(14.0, 0.0, 0.0))
    bench.run(10.0)
    bench.parameters.set("WPNAV_SPEED", 500.0)
    bench.run(5.0)
    assert ground_speed(bench) == pytest.approx(14.0, abs=0.5)


@pytest.mark.parametrize("value", [0.0, -250.0])
@pytest.mark.parametrize(("name", "goal"), [("WPNAV_SPEED_DN", 10.0), ("WPNAV_SPEED_UP", 30.0)])
def test_a_vertical_speed_that_is_none_stops_nothing(name: str, goal: float, value: float) -> None:
    """Set in flight to 0, it held the copter at its height. AC_PosControl keeps its own 2.5 m/s, 1.5 m/s then."""
    bench = in_air(20.0)
    bench.parameters.set(name, value)
    bench.core.commands.guided_target(position=(0.0, 0.0, -goal))
    bench.run(15.0)
    assert -bench.position[2] == pytest.approx(goal, abs=1.0)


def test_speed_parameters_act_at_once_and_end_an_override() -> None:
    bench = hovering()
    bench.core.commands.change_speed(1, 4.0)
    bench.parameters.set("WPNAV_SPEED_UP", 400)
    assert (bench.vehicle.speeds.ground, bench.vehicle.speeds.up) == (4.0, 4.0)
    bench.parameters.set("WPNAV_SPEED", 700)
    bench.parameters.set("WPNAV_SPEED_DN", 120)
    assert (bench.vehicle.speeds.ground, bench.vehicle.speeds.down) == (7.0, 1.2)


def test_condition_yaw_absolute_and_relative() -> None:
    bench = hovering()
    assert bench.core.commands.condition_yaw(90.0, 15.0, 1, False).ok
    assert bench.vehicle.yaws[-1].angle == pytest.approx(pi / 2)
    assert bench.core.commands.condition_yaw(30.0, 0.0, -1, True).ok
    assert bench.vehicle.yaws[-1].angle == pytest.approx(pi / 3)
    bench.core.modes.set(2, bench.now_ms)
    assert bench.core.commands.condition_yaw(90.0, 15.0, 1, False).result is Result.FAILED


def test_a_fixed_heading_lasts_until_the_next_leg_or_for_good() -> None:
    for behaviour, mode in ((1, YawMode.ALONG), (0, YawMode.ANGLE)):
        bench = hovering(WP_YAW_BEHAVIOR=behaviour)
        bench.core.commands.condition_yaw(90.0, 15.0, 1, False)
        bench.core.commands.guided_target(position=(30.0, 0.0, -10.0))
        assert bench.vehicle.target.yaw.mode is mode


def test_a_region_of_interest_ends_with_the_next_target_and_with_the_mode() -> None:
    bench = hovering()
    assert bench.core.commands.set_roi(PLACE).ok
    assert bench.vehicle.yaws[-1].mode is YawMode.POINT
    bench.core.commands.guided_target(position=(30.0, 0.0, -10.0))
    assert bench.vehicle.target.yaw.mode is YawMode.ALONG
    assert bench.core.commands.set_roi(PLACE).ok
    bench.core.modes.set(17, bench.now_ms)
    bench.core.modes.set(4, bench.now_ms)
    assert bench.vehicle.target.yaw.mode is YawMode.KEEP
    assert bench.core.commands.set_roi(None).ok


def test_pause_holds_and_continue_takes_the_target_up_again() -> None:
    bench = hovering()
    bench.core.commands.guided_target(position=(60.0, 0.0, -10.0))
    target = bench.vehicle.target
    assert bench.core.mission_commands.pause().ok
    assert isinstance(bench.vehicle.target, Hold)
    assert bench.core.mission_commands.resume().ok
    assert bench.vehicle.target == target


def test_a_target_that_comes_in_a_pause_waits_for_its_end() -> None:
    """A companion that goes on sending does not end a person's pause (ModeGuided::run); entering GUIDED does."""
    bench = hovering()
    bench.core.commands.guided_target(position=(60.0, 0.0, -10.0))
    assert bench.core.mission_commands.pause().ok
    held = bench.vehicle.target
    assert bench.core.commands.guided_target(velocity=(5.0, 0.0, 0.0)).ok
    assert bench.core.commands.guided_target(position=(0.0, 60.0, -10.0)).ok
    bench.run(5.0)
    assert bench.vehicle.target is held
    assert bench.core.mission_commands.resume().ok
    assert bench.vehicle.target.end == pytest.approx((0.0, 60.0, -10.0))
    assert bench.core.mission_commands.pause().ok
    for mode in (17, 4):
        assert bench.core.modes.set(mode, bench.now_ms).ok
    assert bench.core.commands.guided_target(position=(60.0, 0.0, -10.0)).ok
    assert bench.vehicle.target.end == pytest.approx((60.0, 0.0, -10.0))


def test_after_a_flight_guided_forgets_its_target() -> None:
    bench = hovering()
    bench.core.commands.guided_target(position=(60.0, 0.0, -10.0))
    bench.core.arming.disarm(bench.now_ms, force=True)
    assert bench.vehicle.target == Idle()
