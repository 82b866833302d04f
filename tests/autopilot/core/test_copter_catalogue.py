"""The core flies the simulated copter through the catalogue of ArduPilot's tests (docs/catalogue.md)."""

from __future__ import annotations

from math import degrees

import pytest

from autopilot.context.events import PayloadAction
from autopilot.interface import report as R
from autopilot.mission.items import MissionItem
from autopilot.mission.sequencer import MissionState
from tests.fakes.core_bench import Bench, item, takeoff, waypoint
from tests.fakes.sim_copter import (
    ALT_HOLD,
    AUTO,
    AUTO_RTL,
    GUIDED,
    LAND,
    LOITER,
    RTL,
    away,
    climb,
    ground_speed,
    height,
    in_air,
    on_mission,
    ready,
    to_the_end,
)

NEAR_DEGREES = 5.0


def heading(bench: Bench) -> float:
    """True, degrees 0 .. 360."""
    return degrees(float(bench.vehicle.state.report[R.TRUE_YAW])) % 360.0


def test_25_takeoff_waypoints_land_reaches_the_last_index_and_disarms() -> None:
    bench = on_mission((takeoff(20.0), waypoint(30, 0, 20.0), waypoint(30, 30, 20.0), item(21)))
    to_the_end(bench)
    assert bench.reached == [1, 2, 3, 4]
    assert away(bench, 30, 30) < 2.0


def test_26_flown_twice_without_leaving_auto() -> None:
    """Armed in AUTO twice, by AUTO_OPTIONS 3."""
    bench = ready(AUTO_OPTIONS=3)
    bench.upload((takeoff(), waypoint(15, 0), item(20)))
    assert bench.core.modes.set(AUTO, bench.now_ms).ok
    for flights in (1, 2):
        bench.arm()
        to_the_end(bench)
        assert bench.reached == [1, 2, 3] * flights
        bench.run(2.0)


def test_28_a_delay_in_the_air_lasts_its_seconds() -> None:
    """NavDelay: 59 s or more, in place."""
    bench = on_mission((takeoff(), item(93, param1=59.0), item(20)))
    bench.run(60.0, lambda: bench.reached == [1])
    begin = bench.now_ms
    bench.run(70.0, lambda: bench.reached == [1, 2])
    assert 59_000 <= bench.now_ms - begin < 59_200
    assert away(bench) < 1.0


def test_28_a_delay_until_a_time_of_day_before_the_takeoff() -> None:
    """NavDelayTakeoffAbsTime: leaves the ground within 2 s of the UTC time."""
    noon = 12 * 3600
    bench = ready(boot_unix_s=noon)
    bench.begin((item(93, param1=-1.0, param2=12.0, param3=1.0, param4=5.0), takeoff(), item(20)))
    bench.run(100.0, lambda: bench.reached == [1])
    assert 65.0 <= bench.now_ms / 1000.0 < 65.2
    assert height(bench) < 0.1
    bench.run(4.0)
    assert height(bench) > 1.0


def test_29_each_change_of_speed_is_flown_on_the_leg_behind_it() -> None:
    """DO_CHANGE_SPEED 4, 15, 10, 16 m/s, by ArduPilot's timing."""
    plan: list[MissionItem] = [takeoff(20.0)]
    speeds = (4.0, 15.0, 10.0, 16.0)
    for at, speed in enumerate(speeds):
        plan += [item(178, param1=1.0, param2=speed), waypoint(250.0 * (at + 1), 0, 20.0)]
    bench = on_mission(plan)
    for at, speed in enumerate(speeds):
        while float(bench.vehicle.state.report[R.TRUE_N]) < 250.0 * at + 160.0 and bench.now_ms < 300_000:
            bench.run(0.5)
        assert ground_speed(bench) == pytest.approx(speed, abs=0.5)


@pytest.mark.parametrize("delay_s", [0.0, 0.5])
def test_a_slower_speed_that_is_told_as_it_begins_holds_from_the_beginning(delay_s: float) -> None:
    """It has not begun to speed up for the one before."""
    bench = in_air(20.0)
    assert bench.core.commands.guided_target(position=(500.0, 0.0, -20.0)).ok
    bench.run(delay_s)
    assert bench.core.commands.change_speed(1, 2.0).ok
    fastest = 0.0
    for _ in range(40):
        bench.run(0.5)
        fastest = max(fastest, ground_speed(bench))
    assert 1.8 < ground_speed(bench) <= fastest < 2.6


def test_30_speed_parameters_act_in_the_middle_of_a_leg() -> None:
    """WPNAV_SPEED, _UP, _DN: within 1 m/s."""
    bench = on_mission((takeoff(10.0), waypoint(900, 0, 10.0), waypoint(900, 1, 120.0), waypoint(900, 0, 15.0)))
    bench.run(60.0, lambda: bench.reached == [1])
    bench.run(8.0)
    for speed in (5.0, 12.0, 3.0, 14.0):
        bench.parameters.set("WPNAV_SPEED", 100.0 * speed)
        bench.run(8.0)
        assert ground_speed(bench) == pytest.approx(speed, abs=1.0)
    bench.run(120.0, lambda: bench.reached == [1, 2])
    bench.run(5.0)
    for speed in (1.0, 4.0):
        bench.parameters.set("WPNAV_SPEED_UP", 100.0 * speed)
        bench.run(6.0)
        assert climb(bench) == pytest.approx(speed, abs=1.0)
    bench.run(120.0, lambda: bench.reached == [1, 2, 3])
    bench.run(5.0)
    for speed in (1.0, 4.0):
        bench.parameters.set("WPNAV_SPEED_DN", 100.0 * speed)
        bench.run(6.0)
        assert climb(bench) == pytest.approx(-speed, abs=1.0)


def test_31_pause_stops_and_continue_goes_on() -> None:
    """PAUSE_CONTINUE: below 1 m/s; either one twice is no failure."""
    bench = on_mission((takeoff(), waypoint(150, 0), item(20)))
    bench.run(60.0, lambda: bench.reached == [1])
    bench.run(6.0)
    assert ground_speed(bench) > 5.0
    for _ in range(2):
        assert bench.core.mission_commands.pause().ok
        bench.run(6.0)
        assert ground_speed(bench) < 1.0
    for _ in range(2):
        assert bench.core.mission_commands.resume().ok
        bench.run(3.0)
    assert ground_speed(bench) > 3.0
    bench.run(60.0, lambda: 2 in bench.reached)
    assert 2 in bench.reached


def test_32_mission_start_takes_off_without_throttle() -> None:
    bench = on_mission((takeoff(), item(20)))
    bench.run(10.0)
    assert height(bench) > 2.0


def test_33_land_start_goes_to_the_marker_in_auto_rtl() -> None:
    bench = in_air()
    bench.upload((takeoff(), waypoint(60, 0), item(189), waypoint(20, 0, 8.0), item(21, 20, 0)))
    bench.run(0.1)
    assert bench.core.mission_commands.land_start(bench.now_ms).ok
    assert bench.core.modes.number == AUTO_RTL
    to_the_end(bench)
    assert bench.reached == [4, 5]
    assert away(bench, 20, 0) < 2.0


def test_34_loiter_to_altitude_ends_at_its_place_and_height() -> None:
    """LoiterToAlt."""
    bench = on_mission((takeoff(10.0), item(31, 30, 30, 25.0, param1=1.0), item(20)))
    bench.run(120.0, lambda: 2 in bench.reached)
    assert height(bench) == pytest.approx(25.0, abs=1.0)
    assert away(bench, 30, 30) < 3.0
    to_the_end(bench)


def test_34_a_spline_as_the_last_waypoint_ends_there() -> None:
    """SplineLastWaypoint."""
    bench = on_mission((takeoff(), item(82, 30, 0, 10.0), item(82, 30, 30, 10.0)))
    bench.run(120.0, lambda: bench.core.sequencer.state() is MissionState.COMPLETED)
    assert bench.reached == [1, 2, 3]
    bench.run(10.0)
    assert away(bench, 30, 30) < 1.5


def test_34_missions_with_grippers_and_payload_complete() -> None:
    """PayloadPlaceMission, TestGripperMission: a load is brought down and the rest recorded, named, and flown on."""
    grab, place, release = item(211, param1=1.0, param2=1.0), item(94, 10, 0), item(211, param1=1.0)
    bench = on_mission((takeoff(), grab, place, waypoint(20, 0), release, item(20)))
    to_the_end(bench)
    assert bench.reached == [1, 3, 4, 6]
    assert [event.command for event in bench.events(PayloadAction)] == [211, 94, 211]


AUX = (takeoff(), item(218, param1=70.0, param2=2.0), item(93, param1=20.0), item(20))


def test_35_an_item_changes_the_mode_and_auto_again_goes_on() -> None:
    """AuxFunctionsInMission: the mission of that test, ALT_HOLD behind the takeoff, then AUTO on to RTL."""
    bench = on_mission(AUX)
    bench.run(60.0, lambda: bench.core.modes.number == ALT_HOLD)
    assert bench.core.modes.number == ALT_HOLD
    assert bench.core.sequencer.state() is MissionState.IDLE
    assert bench.core.sequencer.current_nav_index() == 3
    assert bench.core.modes.set(AUTO, bench.now_ms).ok
    to_the_end(bench)
    assert bench.reached == [1, 3, 4]
    assert bench.modes.count(ALT_HOLD) == 1


@pytest.mark.parametrize(
    ("function", "position", "mode"), [(4, 2, RTL), (18, 2, LAND), (56, 2, LOITER), (56, 0, GUIDED), (56, 1, GUIDED)]
)
def test_35_a_switch_on_command(function: int, position: int, mode: int) -> None:
    """DO_AUX_FUNCTION as a command: high enters the mode; low and middle leave everything."""
    bench = in_air()
    assert bench.core.auxiliary.act(function, position).ok
    assert bench.core.modes.number == mode


def test_35_a_switch_that_does_not_exist_says_so() -> None:
    bench = ready()
    outcome = bench.core.auxiliary.act(300, 2)
    assert not outcome.ok
    assert "Auxiliary function 300: not available" in bench.texts


def test_35_switches_of_fence_camera_and_relay() -> None:
    bench = ready()
    for position, enabled in ((2, True), (0, False)):
        assert bench.core.auxiliary.act(11, position).ok
        assert bench.core.fence.enabled is enabled
    assert bench.core.auxiliary.act(9, 2).ok
    assert bench.core.auxiliary.act(34, 2).ok
    assert [(e.command, e.params[:2]) for e in bench.events(PayloadAction)] == [(203, (0.0, 0.0)), (181, (1.0, 1.0))]


@pytest.mark.parametrize("up", [8.0, 25.0])
def test_36_a_takeoff_item_ends_within_a_metre_of_its_height(up: float) -> None:
    """TakeoffAlt."""
    bench = on_mission((takeoff(up), item(19, param1=10.0)))
    bench.run(60.0, lambda: bench.reached == [1])
    bench.run(4.0)
    assert height(bench) == pytest.approx(up, abs=1.0)


def test_36_a_takeoff_item_that_begins_in_the_air() -> None:
    bench = in_air(8.0)
    bench.upload((takeoff(20.0), item(19, param1=10.0)))
    bench.run(0.1)
    assert bench.core.mission_commands.start(bench.now_ms).ok
    bench.run(60.0, lambda: bench.reached == [1])
    bench.run(4.0)
    assert height(bench) == pytest.approx(20.0, abs=1.0)


@pytest.mark.parametrize(
    ("angle", "direction", "relative", "way"),
    [
        (90.0, 1, False, 90.0),
        (90.0, -1, False, -270.0),
        (270.0, 1, False, 270.0),
        (360.0, 1, True, 360.0),
        (360.0, -1, True, -360.0),
        (270.0, 0, True, 270.0),
        (-90.0, 1, True, -90.0),
    ],
)
def test_37_condition_yaw_turns_with_sense_and_rate(angle: float, direction: int, relative: bool, way: float) -> None:
    """MAV_CMD_CONDITION_YAW: to `angle` or by it, the asked way round, at 30 deg/s. A full circle was no turn."""
    bench = in_air()
    assert bench.core.commands.condition_yaw(angle, 30.0, direction, relative).ok
    turned, last, began = 0.0, heading(bench), bench.now_ms
    while abs(way - turned) > NEAR_DEGREES and bench.now_ms - began < 20_000:
        bench.run(0.1)
        turned += (heading(bench) - last + 180.0) % 360.0 - 180.0
        last = heading(bench)
    assert (bench.now_ms - began) / 1000.0 == pytest.approx(abs(way) / 30.0, abs=2.0)


def test_37_a_rate_below_zero_is_the_vehicles_own() -> None:
    """AutoYaw::set_fixed_yaw_rad; an item with -5 deg/s turned at 5."""
    bench = in_air()
    assert bench.core.commands.condition_yaw(90.0, -5.0, 1, False).ok
    bench.run(6.0)
    assert heading(bench) == pytest.approx(90.0, abs=NEAR_DEGREES)


@pytest.mark.parametrize(("behaviour", "outward", "homeward"), [(0, 0.0, 0.0), (1, 90.0, 270.0), (2, 90.0, 90.0)])
def test_37_the_nose_follows_the_parameter_on_the_way_out_and_home(
    behaviour: int, outward: float, homeward: float
) -> None:
    """MissionRTLYawBehaviour."""
    bench = on_mission((takeoff(20.0), waypoint(0, 120, 20.0), item(20)), WP_YAW_BEHAVIOR=behaviour)
    bench.run(90.0, lambda: bench.reached == [1])
    bench.run(9.0)
    assert abs((heading(bench) - outward + 180.0) % 360.0 - 180.0) < NEAR_DEGREES
    bench.run(90.0, lambda: bench.reached == [1, 2])
    bench.run(8.0)
    assert away(bench) > 30.0
    assert abs((heading(bench) - homeward + 180.0) % 360.0 - 180.0) < NEAR_DEGREES


def test_40_it_returns_to_the_rally_point_at_its_height_and_home_when_there_is_none() -> None:
    """RTL_TO_RALLY."""
    bench = in_air(15.0, RTL_ALT=1500)
    bench.core.commands.guided_target(position=(100.0, 0.0, -15.0))
    bench.run(60.0, lambda: bench.core.helm.arrived)
    bench.upload((item(5100, 100, 50, 28.0),), kind=2)
    bench.run(0.1)
    assert bench.core.commands.return_to_launch(bench.now_ms).ok
    highest = 0.0
    while bench.core.facts.armed and bench.now_ms < 300_000:
        bench.run(1.0)
        highest = max(highest, height(bench))
    assert highest == pytest.approx(28.0, abs=1.0)
    assert away(bench, 100, 50) < 2.0
    bench.upload((), kind=2)
    bench.run(1.0)
    assert bench.core.modes.set(GUIDED, bench.now_ms).ok
    # Home moved to where it was armed last: the vehicle leaves it and comes back.
    bench.airborne(10.0)
    bench.core.commands.guided_target(position=(60.0, 50.0, -10.0))
    bench.run(60.0, lambda: bench.core.helm.arrived)
    assert bench.core.commands.return_to_launch(bench.now_ms).ok
    to_the_end(bench)
    assert away(bench, 100, 50) < 2.5


def test_heading_is_measured_from_north() -> None:
    """What the other tests rely on: nose north at the start."""
    bench = ready()
    assert abs((heading(bench) + 180.0) % 360.0 - 180.0) < NEAR_DEGREES
