"""A quadplane's landings that are aborted or too short, its RTL on the ground, and what full sticks do."""

from __future__ import annotations

from math import degrees

import pytest

from autopilot.interface import report as R
from autopilot.interface.targets import Sticks
from autopilot.mav import Cmd
from autopilot.mission.items import MissionItem
from autopilot.vehicles.mode_table import PlaneMode
from tests.autopilot.vehicles.test_quadplane_upright import height, mission, standing, up
from tests.fakes.core_bench import Bench, item, waypoint

M = PlaneMode


def descending(*more: MissionItem, param1: float = 0.0) -> Bench:
    """In the descent of NAV_VTOL_LAND, 5 m below the height at which it came."""
    bench = standing()
    places = (item(Cmd.NAV_VTOL_TAKEOFF, up=30.0), waypoint(500.0, 0.0, 30.0))
    mission(bench, *places, item(Cmd.NAV_VTOL_LAND, 5.0, 0.0, param1=param1), *more)
    bench.run(300.0, lambda: "Land descend started" in bench.texts and height(bench) < 25.0)
    assert 20.0 < height(bench) < 25.0
    return bench


@pytest.mark.parametrize("param1", [0.0, 1.0], ids=["straight", "circles first"])
def test_a_landing_on_lift_motors_is_aborted_to_where_it_came_from(param1: float) -> None:
    """ArduPlane's abort_landing: up again, and on with the mission, whose end is RTL; it was refused as no landing."""
    bench = descending(param1=param1)
    assert bench.core.mission_commands.go_around().ok
    assert not bench.core.mission_commands.go_around().ok, "it climbs already"
    bench.run(10.0, lambda: bench.core.modes.number == M.RTL)
    assert bench.core.modes.number == M.RTL
    assert height(bench) == pytest.approx(30.0, abs=3.0)


def test_an_aborted_landing_goes_on_with_the_next_item() -> None:
    """As in ArduPlane; it could not be aborted."""
    bench = descending(waypoint(0.0, 400.0, 30.0))
    assert bench.core.mission_commands.go_around().ok
    bench.run(10.0, lambda: bench.core.sequencer.current_nav_index() == 4)
    assert (bench.core.modes.number, bench.core.sequencer.current_nav_index()) == (M.AUTO, 4)


def test_a_landing_is_not_aborted_on_its_way_or_on_the_ground() -> None:
    bench = standing()
    mission(bench, item(Cmd.NAV_VTOL_TAKEOFF, up=30.0), waypoint(500.0, 0.0, 30.0), item(Cmd.NAV_VTOL_LAND, 5.0, 0.0))
    bench.run(100.0, lambda: any(text.startswith("VTOL approach") for text in bench.texts))
    assert not bench.core.mission_commands.go_around().ok
    bench.run(200.0, lambda: not bench.core.facts.armed)
    assert not bench.core.mission_commands.go_around().ok


def test_rtl_on_the_ground_is_qland_which_disarms() -> None:
    """As ArduPlane after arming in GUIDED; it stood armed in RTL."""
    bench = standing()
    assert bench.core.modes.set(M.GUIDED, bench.now_ms).ok
    bench.arm()
    assert bench.core.modes.set(M.RTL, bench.now_ms).ok
    bench.run(5.0)
    assert (bench.core.modes.number, bench.core.facts.armed) == (M.QLAND, False)


@pytest.mark.parametrize("most", [30.0, 20.0])
def test_a_full_stick_leans_a_hover_by_q_angle_max(most: float) -> None:
    """As ArduPlane's QHOVER; it leaned by 15 degrees, whatever the parameter said."""
    bench = up({"Q_ANGLE_MAX": 100.0 * most})
    assert bench.core.modes.set(M.QHOVER, bench.now_ms).ok
    bench.core.sticks.move(Sticks(roll=1.0, throttle=0.5), bench.now_ms)
    bench.run(2.0)
    assert degrees(bench.vehicle.state.report[R.ROLL]) == pytest.approx(most, abs=3.0)


def test_a_full_stick_turns_a_hover_as_fast_as_arduplanes() -> None:
    """74 degrees/s with its Q_PLT_Y_RATE of 100; it was 60."""
    bench = up()
    bench.core.sticks.move(Sticks(yaw=1.0, throttle=0.5), bench.now_ms)
    bench.run(2.0)
    assert degrees(bench.vehicle.state.report[R.R]) == pytest.approx(74.0, abs=4.0)


@pytest.mark.parametrize(("metres", "reasons"), [(110.0, ["VTOL land too short, min 117m"]), (125.0, [])])
@pytest.mark.parametrize("command", [Cmd.NAV_VTOL_LAND, Cmd.NAV_LAND])
def test_a_landing_too_near_the_waypoint_before_it_is_not_armed(
    command: Cmd, metres: float, reasons: list[str]
) -> None:
    """ArduPlane's mission_checks: three quarters of the stopping distance from AIRSPEED_CRUISE; it was armed."""
    bench = standing()
    bench.upload([item(Cmd.NAV_VTOL_TAKEOFF, up=30.0), waypoint(500.0, 0.0, 30.0), item(command, 500.0 + metres, 0.0)])
    assert [reason.text for reason in bench.core.prearm.reasons()] == reasons
