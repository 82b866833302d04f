"""The table of docs/reference/mission-semantics.md, 1.4: what each NAV item makes the vehicle fly."""

from __future__ import annotations

from dataclasses import replace
from math import nan

import numpy as np
import pytest

from autopilot.context.events import PayloadAction
from autopilot.context.staying import stopping_point
from autopilot.interface import report
from autopilot.interface.geo import Ned, to_global
from autopilot.interface.targets import Circle, Hold, Idle, Land, Leg, TakeOff, YawMode
from autopilot.interface.terrain import HeightMap
from autopilot.mission.items import MissionItem
from autopilot.mission.sequencer import MissionState
from tests.fakes.core_bench import Bench, flown_to, item, takeoff, waypoint
from tests.fakes.fake_vehicle import ORIGIN

AUTO = 3


def target_of(*items: MissionItem, **parameters: float) -> object:
    """The target of the item behind a takeoff."""
    bench = Bench(parameters=parameters)
    bench.begin([takeoff(), *items])
    return flown_to(bench, 2)


def near(a: Ned, b: Ned) -> bool:
    return all(abs(x - y) < 0.05 for x, y in zip(a, b, strict=True))


def leg_of(*items: MissionItem, **parameters: float) -> Leg:
    target = target_of(*items, **parameters)
    assert isinstance(target, Leg)
    return target


def test_takeoff_goes_straight_up_to_its_height_above_home() -> None:
    bench = Bench()
    bench.begin([takeoff(12.0), waypoint(30, 0)])
    assert isinstance(bench.vehicle.target, TakeOff)
    assert bench.vehicle.target.down == pytest.approx(-12.0, abs=0.01)


def test_takeoff_climbs_at_least_a_metre_from_the_ground() -> None:
    bench = Bench()
    bench.begin([takeoff(0.2), waypoint(30, 0)])
    assert isinstance(bench.vehicle.target, TakeOff)
    assert bench.vehicle.target.down == pytest.approx(bench.position[2] - 1.0, abs=0.01)


def test_takeoff_above_an_unknown_ground_climbs_its_height_from_here() -> None:
    """It climbed one metre (takeoff_start: current altitude plus that of the item)."""
    bench = Bench()
    nothing = np.full((73, 73), np.nan, np.float32)
    bench.core.facts.terrain.ground = HeightMap(ORIGIN.lat - 0.01, ORIGIN.lon - 0.01, 3600.0, 3600.0, nothing)
    bench.begin([replace(takeoff(12.0), frame=10), waypoint(30, 0)])
    assert isinstance(bench.vehicle.target, TakeOff)
    assert bench.vehicle.target.down == pytest.approx(bench.position[2] - 12.0, abs=0.01)


def test_takeoff_in_the_air_above_its_own_height_stays_there() -> None:
    """So that AUTO that is entered again and again does not climb each time."""
    bench = Bench()
    bench.airborne(20.0)
    bench.upload([takeoff(5.0), waypoint(30, 0)])
    bench.core.modes.set(AUTO, bench.now_ms)
    assert isinstance(bench.vehicle.target, TakeOff)
    assert bench.vehicle.target.down == pytest.approx(bench.position[2])


def test_a_waypoint_is_a_leg_to_its_place_with_the_radius_of_the_parameter() -> None:
    leg = leg_of(waypoint(40, 30, 20), WPNAV_RADIUS=350)
    assert near(leg.end, (40, 30, -20))
    assert leg.radius == 3.5
    assert leg.next is None


def test_a_waypoint_is_passed_when_the_next_item_is_a_place_to_go_to() -> None:
    leg = leg_of(waypoint(40, 0), item(178, param2=5.0), waypoint(40, 40, 15))
    assert leg.next is not None
    assert near(leg.next, (40, 40, -15))


@pytest.mark.parametrize("command", [82, 17, 19, 94])
def test_it_is_passed_before_these_too(command: int) -> None:
    assert leg_of(waypoint(40, 0), item(command, 40, 40, 10)).next is not None


@pytest.mark.parametrize("command", [18, 20, 21, 31, 93])
def test_it_is_stopped_at_before_these(command: int) -> None:
    assert leg_of(waypoint(40, 0), item(command, 40, 40, 10)).next is None


def test_a_waypoint_with_a_hold_time_is_stopped_at() -> None:
    assert leg_of(waypoint(40, 0, param1=1.0), waypoint(40, 40)).next is None


def test_it_is_stopped_at_between_heights_above_home_and_above_the_ground() -> None:
    """AC_WPNav takes no next place of another kind of height."""
    low, over = waypoint(30, 0), replace(waypoint(30, 30, 20), frame=10)
    assert leg_of(low, over).next is None
    assert leg_of(over, low).next is None
    assert leg_of(over, replace(low, frame=11)).next is not None


def test_it_is_passed_towards_where_a_jump_leads() -> None:
    leg = leg_of(waypoint(40, 0), item(177, param1=2, param2=1), waypoint(0, 40))
    assert leg.next is None  # the jump leads back to itself: nowhere to turn to
    bench = Bench()
    bench.begin([takeoff(), waypoint(40, 0), waypoint(40, 40), item(177, param1=2, param2=1), waypoint(0, 40)])
    target = flown_to(bench, 3)
    assert isinstance(target, Leg)
    assert target.next is not None
    assert near(target.next, (40, 0, -10))


def test_a_leg_begins_where_the_last_one_ended() -> None:
    bench = Bench()
    bench.begin([takeoff(), waypoint(40, 0), waypoint(40, 40)])
    target = flown_to(bench, 3)
    assert isinstance(target, Leg)
    assert target.start is not None
    assert near(target.start, (40, 0, -10))


def test_a_leg_after_set_current_begins_at_rest_where_the_vehicle_would_stop() -> None:
    """ArduCopter's wp_and_spline_init_m; here it climbs at 2.5 m/s."""
    bench = Bench()
    bench.begin([takeoff(), waypoint(40, 0), waypoint(40, 40)])
    flown_to(bench, 2)
    before = bench.vehicle.state.position
    bench.core.mission_commands.set_current(3)
    leg = bench.vehicle.target
    assert leg.from_rest and leg.start == stopping_point(bench.core.facts)
    assert leg.start[:2] == before[:2] and leg.start[2] < before[2]


def test_a_vehicle_would_stop_ahead_whatever_wpnav_speed_is() -> None:
    """A station set it to -1e30: the way home began 1e28 m off, and the copter went nowhere. ArduCopter flies at
    0.1 m/s then (AC_WPNav.cpp, WPNAV_WP_SPEED_MIN_CMS)."""
    bench = Bench()
    bench.begin([takeoff(), waypoint(400, 0)])
    flown_to(bench, 2)
    bench.vehicle.state.report[[report.VN, report.VE]] = 5.0, 0.0
    here = bench.vehicle.state.position
    bench.parameters.set("WPNAV_SPEED", -1e30)
    assert 0.0 < stopping_point(bench.core.facts)[0] - here[0] < 0.2
    assert bench.core.facts.first(bench.core.facts.vehicle_class.measures.cruise) == 0.1


def test_a_waypoint_without_a_place_is_here_and_without_a_height_at_this_height() -> None:
    bench = Bench()
    bench.begin([takeoff(), waypoint(40, 0), item(16, up=20.0), item(16, 0, 40)])
    target = flown_to(bench, 3)
    assert isinstance(target, Leg)
    assert near(target.end, (40, 0, -20))
    target = flown_to(bench, 4)
    assert isinstance(target, Leg)
    assert near(target.end, (0, 40, -20))


@pytest.mark.parametrize(("frame", "z"), [(0, 594.0), (5, 594.0), (3, 10.0), (6, 10.0), (10, 10.0), (11, 10.0)])
def test_frames_above_sea_home_and_ground(frame: int, z: float) -> None:
    place = to_global(ORIGIN, (40.0, 0.0, 0.0))
    leg = leg_of(MissionItem(16, frame, x=place.lat, y=place.lon, z=z))
    assert near(leg.end, (40, 0, -10))


def test_relative_heights_count_from_home_not_from_the_origin() -> None:
    bench = Bench()
    bench.airborne()
    bench.core.home.set(ORIGIN.__class__(ORIGIN.lat, ORIGIN.lon, ORIGIN.alt + 5.0))
    bench.upload([waypoint(40, 0, 20)])
    bench.core.modes.set(AUTO, bench.now_ms)
    assert near(bench.vehicle.target.end, (40, 0, -25))


def test_a_spline_waypoint_is_a_smooth_leg_that_knows_its_neighbours() -> None:
    bench = Bench()
    bench.begin([takeoff(), waypoint(40, 0), item(82, 40, 40, 10), item(82, 0, 40, 10), waypoint(0, 0.5)])
    target = flown_to(bench, 3)
    assert isinstance(target, Leg)
    assert target.spline
    assert target.next_is_spline
    assert target.previous is not None
    assert near(target.previous, (0, 0, -10))


def test_loiter_unlimited_never_ends() -> None:
    bench = Bench()
    bench.begin([takeoff(), item(17, 40, 0, 10), waypoint(0, 40)])
    bench.run(600.0)
    assert bench.reached == [1]


def test_loiter_time_goes_there_then_counts() -> None:
    bench = Bench()
    bench.begin([takeoff(), item(19, 40, 0, 10, param1=7.5), waypoint(0, 40)])
    flown_to(bench, 2)
    bench.run(60.0, lambda: bench.core.sequencer.is_holding())
    arrived = bench.now_ms
    bench.run(60.0, lambda: 2 in bench.reached)
    assert bench.now_ms - arrived == 7500


@pytest.mark.parametrize(("radius", "expected", "direction"), [(12.0, 12.0, 1), (-8.0, 8.0, -1), (0.0, 10.0, 1)])
def test_loiter_turns(radius: float, expected: float, direction: int) -> None:
    bench = Bench()
    bench.begin([takeoff(), item(18, 40, 0, 15, param1=2.5, param3=radius)])
    way = flown_to(bench, 2)
    assert isinstance(way, Leg)
    assert near(way.end, (40 - expected, 0, -15)) and way.next is None and way.yaw.mode == YawMode.ALONG
    bench.run(60.0, lambda: isinstance(bench.vehicle.target, Circle))
    target = bench.vehicle.target
    assert isinstance(target, Circle)
    assert near(target.center, (40, 0, -15))
    assert (target.radius, target.turns, target.direction) == (expected, 2.5, direction)


def test_loiter_turns_of_the_largest_circle() -> None:
    """AC_CIRCLE_RADIUS_MAX."""
    bench = Bench()
    bench.begin([takeoff(), item(18, 40, 0, 15, param1=1.0, param3=5000.0)])
    way = flown_to(bench, 2)
    assert isinstance(way, Leg) and near(way.end, (40 - 2000, 0, -15))


def test_no_turns_and_not_a_number_of_them_are_none() -> None:
    """The circle is left at its edge."""
    bench = Bench()
    bench.begin([takeoff(), item(18, 40, 0, 15, param1=nan, param3=5.0), waypoint(80, 0)])
    bench.run(60.0, lambda: 2 in bench.reached)
    assert bench.position == pytest.approx((35, 0, -15), abs=2.5)


def test_a_small_circle_near_by_turns_no_nose() -> None:
    """Within 5 m of its centre, also from outside (ModeAuto::circle_movetoedge_start)."""
    bench = Bench()
    bench.begin([takeoff(), item(93, param1=3.0), item(18, 4.5, 0, 10, param1=1.0, param3=2.0)])
    way = flown_to(bench, 3)
    assert isinstance(way, Leg) and way.yaw.mode == YawMode.KEEP


@pytest.mark.parametrize(("north", "kind"), [(2.5, Circle), (6.0, Leg)])
def test_loiter_turns_near_its_centre(north: float, kind: type) -> None:
    """Within 3 m the circle begins at once; from farther inside it goes to the edge with its nose where it is."""
    bench = Bench()
    bench.begin([takeoff(), item(93, param1=3.0), item(18, north, 0, 10, param1=1.0, param3=20.0)])
    target = flown_to(bench, 3)
    assert type(target) is kind
    if isinstance(target, Leg):
        assert near(target.end, (north - 20, 0, -10)) and target.yaw.mode == YawMode.KEEP


def test_after_the_turns_that_end_a_mission_it_stays() -> None:
    """It went on and on about the place (ModeAuto::exit_mission, loiter_start)."""
    bench = Bench()
    bench.begin([takeoff(), item(18, 40, 0, 10, param1=1.0, param3=10.0)])
    bench.run(200.0, lambda: bench.core.sequencer.state() is MissionState.COMPLETED)
    assert bench.reached == [1, 2]
    assert isinstance(bench.vehicle.target, Hold)


def test_loiter_to_altitude_goes_straight_to_its_place_and_height() -> None:
    """As ArduCopter, and as a rehearsal counts it: not level first and then up. It ends at the height."""
    bench = Bench()
    bench.begin([takeoff(), item(31, 40, 0, 30), waypoint(0, 40)])
    target = flown_to(bench, 2)
    assert isinstance(target, Leg)
    assert near(target.end, (40, 0, -30))
    flown_to(bench, 3)
    again = bench.vehicle.targets[-2]
    assert near(again.end, (40, 0, -30)) and again.radius < target.radius
    assert bench.reached == [1, 2]


def test_loiter_to_altitude_climbs_at_its_place_at_the_parameters_speed() -> None:
    """Not at that of DO_CHANGE_SPEED (do_loiter_to_alt)."""
    climb = item(178, param1=2, param2=5.0)
    bench = Bench()
    bench.begin([takeoff(), climb, waypoint(40, 0), item(31, 40, 0, 30), waypoint(0, 40)])
    flown_to(bench, 3)
    bench.run(0.5)
    assert bench.vehicle.speeds.up == 5.0
    flown_to(bench, 4)
    assert bench.vehicle.speeds.up == 2.5
    flown_to(bench, 5)
    assert bench.vehicle.speeds.up == 5.0


def test_land_flies_to_its_place_at_this_height_and_comes_down() -> None:
    bench = Bench()
    bench.begin([takeoff(), item(21, 40, 0)])
    target = flown_to(bench, 2)
    assert isinstance(target, Leg)
    height = bench.position[2]
    assert near(target.end, (40, 0, height))
    bench.run(120.0, lambda: not bench.core.facts.armed)
    assert isinstance(bench.vehicle.targets[-2], Land)
    assert near(bench.position, (40, 0, 0))


def test_takeoff_and_landing_of_a_vtol_are_a_copters_own() -> None:
    """NAV_VTOL_TAKEOFF and NAV_VTOL_LAND, also as the first item on the ground (ArduCopter/mode_auto.cpp,
    start_command; AP_Mission.cpp, starts_with_takeoff_cmd)."""
    bench = Bench()
    bench.begin([item(84, up=12.0), waypoint(30.0, 0.0), item(85, 30.0, 20.0, up=3.0)])
    assert isinstance(bench.vehicle.target, TakeOff)
    bench.run(200.0, lambda: not bench.core.facts.armed)
    assert bench.reached == [1, 2, 3]
    assert bench.position == pytest.approx((30.0, 20.0, 0.0), abs=1.0)
    assert not any("skip" in text.lower() for text in bench.texts)


def test_the_way_to_a_landing_can_be_paused_its_descent_cannot() -> None:
    """ModeAuto::pause: the way there is a leg as any other. It was refused."""
    bench = Bench()
    bench.begin([takeoff(), item(21, 100, 0)])
    bench.run(60.0, lambda: bench.position[0] > 20.0)
    assert bench.core.mission_commands.pause().ok
    bench.run(20.0)
    assert bench.core.auto.paused and bench.position[0] < 50.0
    assert bench.core.mission_commands.resume().ok
    bench.run(60.0, lambda: bench.core.modes.mode.is_landing)
    assert bench.position[0] == pytest.approx(100.0, abs=2.5)
    assert not bench.core.mission_commands.pause().ok


def test_land_without_a_place_is_here() -> None:
    target = target_of(item(21))
    assert isinstance(target, Land)


def test_return_to_launch_in_a_mission_lands_at_home_and_disarms() -> None:
    bench = Bench()
    bench.begin([takeoff(), waypoint(60, 0), item(20)])
    bench.run(120.0, lambda: not bench.core.facts.armed)
    assert bench.reached == [1, 2, 3]
    assert near(bench.position, (0, 0, 0))


def test_return_to_launch_stays_at_its_final_height_when_there_is_one() -> None:
    bench = Bench(parameters={"RTL_ALT_FINAL": 500})
    bench.begin([takeoff(), waypoint(60, 0), item(20)])
    bench.run(120.0, lambda: bench.core.sequencer.state() is MissionState.COMPLETED)
    assert bench.reached == [1, 2, 3]
    bench.run(60.0)
    assert bench.core.facts.armed
    assert bench.position[2] == pytest.approx(-5.0, abs=2.0)


def test_delay_waits_in_the_air_for_its_seconds() -> None:
    bench = Bench()
    bench.begin([takeoff(), item(93, param1=59.0), waypoint(40, 0)])
    assert isinstance(flown_to(bench, 2), Hold)
    began = bench.now_ms
    flown_to(bench, 3)
    assert bench.now_ms - began == 59_000
    assert "Delaying 59 sec" in bench.texts


def test_delay_waits_until_a_time_of_day() -> None:
    bench = Bench(boot_unix_s=12 * 3600.0)  # vehicle time 0 is noon
    bench.begin([takeoff(), item(93, param2=12.0, param3=1.0, param4=30.0), waypoint(40, 0)])
    flown_to(bench, 3)
    assert bench.now_ms == 90_000


def test_delay_before_the_takeoff_keeps_the_vehicle_on_the_ground_and_armed() -> None:
    """Longer than DISARM_DELAY (docs/catalogue.md, 28)."""
    bench = Bench()
    bench.begin([item(93, param1=30.0), takeoff(), waypoint(40, 0)])
    assert isinstance(bench.vehicle.target, Idle)
    bench.run(29.0)
    assert bench.core.facts.armed
    bench.run(20.0, lambda: bench.reached == [1, 2])
    assert bench.reached == [1, 2]


@pytest.mark.parametrize("command", [30, 83, 193])
def test_what_a_copter_cannot_do_is_skipped_with_a_text(command: int) -> None:
    bench = Bench()
    bench.begin([takeoff(), item(command, 40, 0, 10), waypoint(0, 40)])
    bench.run(60.0, lambda: 3 in bench.reached)
    assert bench.reached == [1, 3]
    assert f"Skipping invalid cmd #{command}" in bench.texts


@pytest.mark.parametrize("command", [30, 211])
def test_payload_items_are_recorded_before_they_are_skipped(command: int) -> None:
    bench = Bench()
    bench.begin([takeoff(), item(command, 40, 0, 10, param1=1.0), waypoint(0, 40)])
    bench.run(60.0, lambda: 3 in bench.reached)
    assert [action.command for action in bench.events(PayloadAction)] == [command]


@pytest.mark.parametrize(("behaviour", "mode"), [(0, YawMode.KEEP), (1, YawMode.ALONG), (2, YawMode.ALONG)])
def test_the_nose_on_a_leg_follows_the_parameter(behaviour: int, mode: YawMode) -> None:
    assert leg_of(waypoint(40, 0), WP_YAW_BEHAVIOR=behaviour).yaw.mode is mode


def test_each_item_is_announced_and_its_end_too() -> None:
    bench = Bench()
    bench.begin([takeoff(), waypoint(40, 0), item(20)])
    bench.run(120.0, lambda: not bench.core.facts.armed)
    for text in ("Mission: 1 Takeoff", "Mission: 2 WP", "Mission: 3 RTL", "Reached command #2"):
        assert text in bench.texts
    assert bench.texts.index("Reached command #1") < bench.texts.index("Mission: 2 WP")
