"""Two features of a mission together that each work alone, flown on the simulated copter."""

from __future__ import annotations

from math import degrees, hypot

import pytest

from autopilot.interface.geo import to_global
from autopilot.interface.targets import Yaw, YawMode
from autopilot.mission.events import CurrentChanged
from tests.fakes.core_bench import Bench, item, takeoff, waypoint
from tests.fakes.sim_copter import in_air, on_mission


def test_a_waypoint_without_a_place_behind_a_takeoff_is_flown_to() -> None:
    """Its place is the vehicle's, beside the takeoff's (ModeAuto::do_nav_wp). It was reached within a tick, so that no
    station saw its number (ArduPilot's test clear_roi)."""
    bench = on_mission([takeoff(20.0), item(16, up=20.0), waypoint(200, 0, 20.0)])
    bench.run(60.0, lambda: 2 in bench.reached)
    current = {event.seq: at_ms for at_ms, event in bench.log if isinstance(event, CurrentChanged)}
    assert current[3] - current[2] > 1000


@pytest.mark.parametrize("command", [17, 19, 31])
def test_a_loiter_without_a_place_is_where_a_copter_comes_to_rest(command: int) -> None:
    """Chosen in flight, it was where the copter had been then: it came back (ModeAuto::do_loiter_unlimited)."""
    bench = on_mission(
        [takeoff(20.0), waypoint(300, 0, 20.0), item(command, up=20.0, param1=60.0), waypoint(0, 0, 20.0)]
    )
    bench.run(60.0, lambda: 1 in bench.reached)
    bench.run(6.0)
    chosen = bench.position[0]
    assert bench.core.mission_commands.set_current(3).ok
    bench.run(7.0)
    assert bench.position[0] > chosen + 10.0


@pytest.mark.parametrize("command", [18, 21, 31])
def test_a_spline_is_passed_before_a_landing_or_circles(command: int) -> None:
    """Its end points to whatever place comes next (AC_WPNav::set_spline_destination_NED_m)."""
    ends = item(command, 60, 60, 20.0, param1=1.0, param3=10.0)
    bench = on_mission([takeoff(20.0), waypoint(30, 0, 20.0), item(82, 60, 0, 20.0), ends])
    bench.run(60.0, lambda: 3 in bench.reached)
    assert hypot(*bench.vehicle.state.velocity[:2]) > 1.0


def nose(bench: Bench, seconds: float) -> float:
    """Heading after so many seconds, degrees east of north."""
    bench.run(seconds)
    return degrees(bench.vehicle.state.yaw)


@pytest.mark.parametrize("mode", ["AUTO", "GUIDED"])
def test_a_turn_outlives_a_pause(mode: str) -> None:
    """DO_PAUSE_CONTINUE and CONDITION_YAW: when it went on, the nose turned along the way (ModeAuto::resume,
    ModeGuided::resume)."""
    if mode == "AUTO":
        bench = on_mission([takeoff(), waypoint(30, 0), item(115, param1=90.0, param2=30.0), waypoint(500, 0)])
        bench.run(60.0, lambda: 2 in bench.reached)
    else:
        bench = in_air()
        assert bench.core.commands.guided_target(position=(500.0, 0.0, -10.0)).ok
        bench.run(3.0)
        assert bench.core.commands.condition_yaw(90.0, 30.0, 0, False).ok
    assert nose(bench, 6.0) == pytest.approx(90.0, abs=2.0)
    assert bench.core.mission_commands.pause().ok
    assert nose(bench, 4.0) == pytest.approx(90.0, abs=2.0)
    assert bench.core.mission_commands.resume().ok
    assert nose(bench, 4.0) == pytest.approx(90.0, abs=2.0)


def test_a_region_of_interest_gives_way_to_the_item_that_turns() -> None:
    """DO_SET_ROI as a command while CONDITION_YAW waits: the items behind it never began (ModeAuto::verify_yaw)."""
    turn, slow = item(115, param1=90.0, param2=20.0), item(178, param2=3.0)
    bench = on_mission([takeoff(), waypoint(30, 0), turn, slow, waypoint(300, 0)])
    bench.run(60.0, lambda: 2 in bench.reached)
    assert nose(bench, 1.5) < 45.0
    assert bench.vehicle.origin is not None
    assert bench.core.commands.set_roi(to_global(bench.vehicle.origin, (0.0, -300.0, 0.0))).ok
    assert nose(bench, 10.0) == pytest.approx(90.0, abs=2.0)
    assert hypot(*bench.vehicle.state.velocity[:2]) == pytest.approx(3.0, abs=0.5)


def test_the_heading_of_a_velocity_ends_a_turn_before_it() -> None:
    """In a pause the nose turned back to that of an earlier CONDITION_YAW (Mode::AutoYaw::set_yaw_angle_and_rate)."""
    bench = in_air(GUID_TIMEOUT=60)
    assert bench.core.commands.condition_yaw(90.0, 60.0, 0, False).ok
    assert nose(bench, 4.0) == pytest.approx(90.0, abs=2.0)
    north = Yaw(YawMode.ANGLE, angle=0.0)
    assert bench.core.commands.guided_target(velocity=(3.0, 0.0, 0.0), yaw=north).ok
    assert nose(bench, 4.0) == pytest.approx(0.0, abs=2.0)
    assert bench.core.mission_commands.pause().ok
    assert nose(bench, 4.0) == pytest.approx(0.0, abs=2.0)
