"""RTL: heights, stages, rally points, the nose, speed."""

from __future__ import annotations

import pytest

from autopilot.interface.geo import to_global
from autopilot.interface.targets import Land, Leg, YawMode
from autopilot.mission.items import MissionItem
from tests.fakes.core_bench import Bench, item
from tests.fakes.fake_vehicle import ORIGIN
from tests.fakes.sim_copter import in_air

RTL = 6


def away(north: float = 200.0, up: float = 10.0, **parameters: float) -> Bench:
    """Hovering somewhere, in GUIDED."""
    bench = Bench(parameters=parameters)
    bench.airborne(up)
    bench.core.commands.guided_target(position=(north, 0.0, -up))
    bench.run(120.0, lambda: bench.core.helm.arrived)
    bench.run(2.0)
    return bench


def heights(bench: Bench) -> list[float]:
    """Of the legs that RTL flies, metres above home."""
    first = len(bench.vehicle.targets)
    assert bench.core.commands.return_to_launch(bench.now_ms).ok
    bench.run(300.0, lambda: not bench.core.facts.armed)
    return [round(-target.end[2], 1) for target in bench.vehicle.targets[first:] if isinstance(target, Leg)]


def test_it_climbs_to_the_return_height_flies_home_waits_and_lands() -> None:
    bench = away()
    assert heights(bench) == [15.0, 15.0]
    assert isinstance(bench.vehicle.targets[-2], Land)
    assert bench.position == pytest.approx((0.0, 0.0, 0.0), abs=0.1)


def test_it_never_descends_to_the_return_height() -> None:
    """Nothing is climbed: it goes home at once, from the point at which it would stop."""
    bench = away(up=40.0)
    first = len(bench.vehicle.targets)
    assert heights(bench) == [40.0]
    leg = bench.vehicle.targets[first]
    assert isinstance(leg, Leg) and leg.from_rest and leg.start == pytest.approx((200.0, 0.0, -40.0), abs=0.5)


def test_from_full_speed_it_comes_to_rest_before_it_sets_out() -> None:
    """10 m/s away from home, above the return height. ArduCopter goes 21 m on, and is back after 9 s."""
    bench = in_air(20.0)
    bench.core.commands.guided_target(position=(300.0, 0.0, -20.0))
    while bench.position[0] < 100.0:
        bench.run(0.1)
    bench.core.modes.set(RTL, bench.now_ms)
    ways = []
    while bench.position[0] > 100.0 or not ways:
        bench.run(0.25)
        ways.append(bench.position[0] - 100.0)
    assert max(ways) == pytest.approx(20.0, abs=1.0)
    assert 0.25 * len(ways) == pytest.approx(8.0, abs=0.5)


def test_its_climb_turns_into_the_way_home() -> None:
    """Half a metre below the return height ArduCopter moves at 1.7 m/s already (WPNAV_SPEED 8 m/s, from 11 m to 25)."""
    bench = in_air(11.0, RTL_ALT=2500.0, WPNAV_SPEED=800.0)
    bench.core.commands.guided_target(position=(80.0, 0.0, -11.0))
    bench.run(30.0)
    bench.core.modes.set(RTL, bench.now_ms)
    while bench.position[2] > -24.5:
        bench.run(0.05)
    assert bench.core.facts.vehicle.state.velocity[0] == pytest.approx(-1.7, abs=0.5)


def test_it_climbs_at_least_by_the_minimum() -> None:
    assert heights(away(up=40.0, RTL_CLIMB_MIN=500)) == [45.0, 45.0]


def test_near_home_a_cone_limits_the_climb() -> None:
    """15 m away with slope 3 allows 45 m; 4 m away 12 m."""
    assert heights(away(north=15.0, RTL_ALT=5000)) == [45.0, 45.0]
    assert heights(away(north=4.0, RTL_ALT=5000)) == [12.0, 12.0]
    assert heights(away(north=4.0, RTL_ALT=5000, RTL_CONE_SLOPE=0)) == [50.0, 50.0]
    assert heights(away(north=30.0, RTL_ALT=5000, RTL_CONE_SLOPE=0.5)) == [15.0, 15.0]
    assert heights(away(north=30.0, RTL_ALT=5000, RTL_CONE_SLOPE=0.49)) == [50.0, 50.0]


@pytest.mark.parametrize(("up", "height"), [(1.0, 1.0), (0.2, 0.3)])
def test_it_climbs_no_higher_than_it_is_asked_to(up: float, height: float) -> None:
    """RTL_ALT 0 keeps the height, of at least 30 cm (RTL_ALT_MIN)."""
    bench = away(up=2.0, RTL_ALT=0)
    bench.core.commands.guided_target(position=(200.0, 0.0, -up))
    bench.run(20.0)
    assert set(heights(bench)) == {height}


def test_it_waits_above_home() -> None:
    bench = away(RTL_LOIT_TIME=20_000)
    bench.core.commands.return_to_launch(bench.now_ms)
    bench.run(300.0, lambda: abs(bench.position[0]) < 2.0 and bench.core.helm.arrived)
    arrived = bench.now_ms
    bench.run(300.0, lambda: bench.core.modes.mode.is_landing)
    assert bench.now_ms - arrived == 20_000


def test_with_a_final_height_it_stays_there() -> None:
    bench = away(RTL_ALT_FINAL=700)
    bench.core.commands.return_to_launch(bench.now_ms)
    bench.run(200.0)
    assert bench.core.facts.armed
    assert bench.position[2] == pytest.approx(-7.0, abs=0.1)


@pytest.mark.parametrize("enabled", [{"FENCE_ENABLE": 1}, {"FENCE_AUTOENABLE": 3}, {"FENCE_AUTOENABLE": 1}])
def test_it_stays_below_a_fence_however_that_was_enabled(enabled: dict[str, float]) -> None:
    """FENCE_MARGIN below it (ModeRTL::compute_return_target: get_enabled_fences), and not below one that a command has
    disabled. FENCE_ENABLE alone counted: it climbed into its own fence."""
    limits = {"FENCE_TYPE": 1, "FENCE_ALT_MAX": 35, "RTL_ALT": 5000}
    assert heights(away(**limits, **enabled)) == [33.0, 33.0]
    ordered = away(**limits)
    assert ordered.core.fence.command(1.0).ok
    assert heights(ordered) == [33.0, 33.0]
    off = away(**limits, **enabled)
    assert off.core.fence.command(0.0).ok
    assert heights(off) == [50.0, 50.0]


@pytest.mark.parametrize("setting", [1, 4])
def test_without_a_pilot_it_lands_whatever_the_final_height(setting: int) -> None:
    """FS_THR_ENABLE 1: RTL, 4: SmartRTL. Nobody could bring it down (ArduCopter's ModeRTL::run and
    ModeSmartRTL::pre_land_position_run)."""
    bench = away(RTL_ALT_FINAL=700, FS_THR_ENABLE=setting)
    bench.core.failsafes.sticks_silent(bench.now_ms)
    bench.run(200.0, lambda: not bench.core.facts.armed)
    assert not bench.core.facts.armed


def test_its_speed_is_its_own_and_the_usual_one_is_back_afterwards() -> None:
    bench = away(RTL_SPEED=300)
    bench.core.commands.return_to_launch(bench.now_ms)
    assert bench.vehicle.speeds.ground == 3.0
    bench.core.modes.set(5, bench.now_ms)
    assert bench.vehicle.speeds.ground == 10.0


@pytest.mark.parametrize(("behaviour", "mode"), [(0, YawMode.KEEP), (1, YawMode.ALONG), (2, YawMode.KEEP)])
def test_the_nose_on_the_way_home(behaviour: int, mode: YawMode) -> None:
    bench = away(WP_YAW_BEHAVIOR=behaviour)
    first = len(bench.vehicle.targets)
    bench.core.commands.return_to_launch(bench.now_ms)
    bench.run(60.0, lambda: len(bench.vehicle.targets) == first + 2)
    assert bench.vehicle.target.yaw.mode is mode


def test_the_nose_turns_back_as_it_was_at_arming() -> None:
    bench = away(WP_YAW_BEHAVIOR=1)
    bench.core.commands.return_to_launch(bench.now_ms)
    bench.run(120.0, lambda: bench.core.modes.mode.is_landing)
    assert any(yaw.mode is YawMode.ANGLE and yaw.angle == 0.0 for yaw in bench.vehicle.yaws)


@pytest.mark.parametrize("loiter_ms", [0, 20_000])
def test_it_comes_down_when_the_nose_is_back(loiter_ms: int) -> None:
    """ModeRTL::loiterathome_run: after RTL_LOIT_TIME, within 2 degrees of the heading at arming."""
    bench = in_air(10.0, WP_YAW_BEHAVIOR=1, RTL_LOIT_TIME=loiter_ms)
    bench.core.commands.guided_target(position=(40.0, 0.0, -10.0))
    bench.run(15.0)
    bench.core.modes.set(RTL, bench.now_ms)
    bench.run(120.0, lambda: bench.core.modes.mode.is_landing)
    assert abs(bench.vehicle.state.yaw) < 0.07


def test_somebody_who_turns_the_nose_elsewhere_does_not_keep_it_up() -> None:
    bench = in_air(10.0, WP_YAW_BEHAVIOR=1, RTL_LOIT_TIME=0)
    bench.core.commands.guided_target(position=(40.0, 0.0, -10.0))
    bench.run(15.0)
    bench.core.modes.set(RTL, bench.now_ms)
    bench.run(60.0, lambda: abs(bench.position[0]) < 1.0)
    bench.core.commands.set_roi(to_global(ORIGIN, (100.0, 100.0, 0.0)))
    bench.run(20.0, lambda: bench.core.modes.mode.is_landing)
    assert bench.core.modes.mode.is_landing


def test_on_the_ground_it_just_disarms() -> None:
    bench = Bench()
    bench.core.arming.arm(bench.now_ms)
    bench.core.modes.set(RTL, bench.now_ms)
    bench.run(1.0)
    assert not bench.core.facts.armed


@pytest.mark.parametrize(("own", "speed"), [(300, 3.0), (0, 6.0)])
def test_another_speed_of_the_mission_is_none_of_a_return(own: float, speed: float) -> None:
    """WPNAV_SPEED set on the way home: with RTL_SPEED it changed the return's too (ModeRTL::init)."""
    bench = away(RTL_SPEED=own)
    bench.core.commands.return_to_launch(bench.now_ms)
    bench.run(1.0)
    bench.parameters.set("WPNAV_SPEED", 600.0)
    assert bench.vehicle.speeds.ground == speed
    bench.core.modes.set(4, bench.now_ms)
    assert bench.vehicle.speeds.ground == 6.0


def rally(north: float, east: float, up: float = 0.0) -> MissionItem:
    return item(5100, north, east, up)


def landed_at(bench: Bench) -> tuple[float, float]:
    bench.core.commands.return_to_launch(bench.now_ms)
    bench.run(300.0, lambda: not bench.core.facts.armed)
    return (round(bench.position[0]), round(bench.position[1]))


def test_it_returns_to_the_nearest_rally_point() -> None:
    bench = away()
    bench.upload([rally(150.0, 40.0), rally(180.0, 0.0), rally(-90.0, 0.0)], 2)
    assert landed_at(bench) == (180, 0)
    assert bench.parameters["RALLY_TOTAL"] == 3


@pytest.mark.parametrize(
    ("limits", "goal"),
    [({"FENCE_ENABLE": 0}, 90.0), ({"FENCE_RADIUS": 80}, 40.0), ({"FENCE_ALT_MAX": 20}, 40.0), ({}, 90.0)],
)
def test_a_rally_point_beyond_any_limit_of_the_fence_is_none(limits: dict[str, float], goal: float) -> None:
    """AP_Rally_Copter::is_valid; only polygons counted, and a return left the circle in which it had begun."""
    bench = away(75.0, **{"FENCE_ENABLE": 1, "FENCE_TYPE": 3} | limits)
    bench.upload([rally(90.0, 0.0, 25.0), rally(40.0, 0.0)], 2)
    assert bench.core.fence.return_point()[0] == pytest.approx(goal, abs=0.1)


def test_it_flies_at_the_rally_points_altitude_when_that_is_higher() -> None:
    bench = away()
    bench.upload([rally(150.0, 0.0, 33.0)], 2)
    assert heights(bench)[-1] == 33.0


def test_home_is_taken_when_it_is_nearer_unless_it_does_not_count() -> None:
    bench = away(north=20.0)
    bench.upload([rally(80.0, 0.0)], 2)
    assert landed_at(bench) == (0, 0)
    bench = away(north=20.0, RALLY_INCL_HOME=0)
    bench.upload([rally(80.0, 0.0)], 2)
    assert landed_at(bench) == (80, 0)


def test_home_is_taken_when_all_points_are_too_far() -> None:
    bench = away(RALLY_LIMIT_KM=0.05, RALLY_INCL_HOME=0)
    bench.upload([rally(100.0, 0.0)], 2)
    assert landed_at(bench) == (0, 0)


def test_points_outside_the_fence_are_not_taken() -> None:
    bench = away(FENCE_TYPE=4)
    corners = [(-50, -50), (-50, 50), (300, 50), (300, -50)]
    places = [to_global(ORIGIN, (float(n), float(e), 0.0)) for n, e in corners]
    bench.upload([MissionItem(5001, 0, param1=4.0, x=p.lat, y=p.lon) for p in places], 1)
    bench.upload([rally(200.0, 60.0), rally(150.0, 0.0)], 2)
    bench.parameters.set("FENCE_ENABLE", 1)
    assert landed_at(bench) == (150, 0)


def test_after_clearing_them_home_is_home() -> None:
    bench = away()
    bench.upload([rally(180.0, 0.0)], 2)
    bench.upload([], 2)
    assert landed_at(bench) == (0, 0)
