"""NAV_GUIDED_ENABLE and DO_GUIDED_LIMITS (docs/reference/mission-semantics.md, 1.4)."""

from __future__ import annotations

import pytest

from autopilot.interface.geo import to_global
from tests.fakes.core_bench import Bench, flown_to, item, takeoff, waypoint
from tests.fakes.fake_vehicle import ORIGIN


def test_guided_enable_takes_guided_targets_until_its_time_limit() -> None:
    bench = Bench()
    bench.begin([takeoff(), item(222, param1=20.0), item(92, param1=1.0), waypoint(0, 40)])
    flown_to(bench, 3)
    began = bench.now_ms
    assert bench.core.commands.guided_target(position=(20.0, 0.0, -15.0)).ok
    bench.run(60.0, lambda: 3 in bench.reached)
    assert 18_000 <= bench.now_ms - began <= 20_000
    assert bench.position == pytest.approx((20.0, 0.0, -15.0), abs=2.0)


@pytest.mark.parametrize("change_mode", [False, True])
@pytest.mark.parametrize("kind", ["copter", "rover"])
def test_guided_enable_takes_a_reposition_and_stays_in_auto(kind: str, change_mode: bool) -> None:
    """AUTO is in guided mode then (ArduCopter GCS_MAVLink_Copter.cpp, Rover GCS_MAVLink_Rover.cpp,
    handle_command_int_do_reposition)."""
    bench = Bench(kind)
    up = 10.0 if kind == "copter" else 0.0
    first = takeoff(up) if kind == "copter" else waypoint(5, 0, up)
    bench.begin([first, item(92, param1=1.0), waypoint(0, 40, up)])
    flown_to(bench, 2)
    place = to_global(ORIGIN, (20.0, 0.0, -up))
    assert bench.core.commands.reposition(place, bench.now_ms, change_mode=change_mode).ok
    bench.run(15.0)
    assert abs(bench.position[0] - 20.0) < 2.5
    assert bench.core.sequencer.current_nav_index() == 2
    assert bench.core.modes.mode is bench.core.auto


@pytest.mark.parametrize(("limits", "ends"), [((0.0, -20.0), True), ((-20.0, 0.0), False), ((0.0, 50.0), False)])
def test_guided_limits_below_home_count(limits: tuple[float, float], ends: bool) -> None:
    """In a valley below home: at most 20 m below it, at least 20 m below it (ModeGuided::limit_check: 0 is none)."""
    bench = Bench()
    lowest, highest = limits
    bench.begin([takeoff(), item(222, param2=lowest, param3=highest), item(92, param1=1.0), waypoint(0, 40)])
    bench.run(30.0, lambda: 3 in bench.reached)
    assert (3 in bench.reached) is ends


def test_guided_limits_end_with_auto() -> None:
    """A mission without limits has none of one flown before it."""
    bench = Bench()
    bench.begin([takeoff(), item(222, param1=3.0), item(92, param1=1.0), waypoint(20, 0)])
    bench.run(60.0, lambda: 3 in bench.reached)
    assert bench.core.modes.set(4, bench.now_ms).ok
    bench.upload([takeoff(), item(92, param1=1.0), waypoint(0, 20)])
    assert bench.core.mission_commands.set_current(2).ok
    assert bench.core.modes.set(3, bench.now_ms).ok
    bench.run(30.0)
    assert bench.core.sequencer.current_nav_index() == 2


def test_guided_enable_flies_a_velocity_of_any_speed_and_the_next_leg_at_the_missions() -> None:
    """As GUIDED does (ModeAuto::nav_guided_run)."""
    bench = Bench()
    change = item(178, param1=1, param2=4.0)
    bench.begin([takeoff(), change, item(222, param1=2.0), item(92, param1=1.0), waypoint(0, 40)])
    flown_to(bench, 4)
    assert bench.core.commands.guided_target(velocity=(14.0, 0.0, 0.0)).ok
    assert bench.vehicle.speeds.ground > 100.0
    flown_to(bench, 5)
    assert (bench.vehicle.speeds.ground, bench.vehicle.speeds.up) == (4.0, 2.5)


def test_guided_enable_ends_beyond_its_distance() -> None:
    bench = Bench()
    bench.begin([takeoff(), item(222, param4=15.0), item(92, param1=1.0), waypoint(0, 40)])
    flown_to(bench, 3)
    bench.core.commands.guided_target(position=(100.0, 0.0, -10.0))
    bench.run(60.0, lambda: 3 in bench.reached)
    assert 15.0 < bench.position[0] < 17.5


def test_limits_that_are_set_during_guided_enable_count_from_its_beginning() -> None:
    """By a DO item that waited for a condition (ModeGuided::limit_check). They did not act."""
    bench = Bench()
    bench.begin([takeoff(), item(112, param1=3.0), item(222, param1=10.0), item(92, param1=1.0), waypoint(0, 40)])
    flown_to(bench, 4)
    began = bench.now_ms
    bench.run(30.0, lambda: 4 in bench.reached)
    assert bench.now_ms - began == pytest.approx(10_000, abs=100)


def test_guided_enable_off_is_done_at_once() -> None:
    bench = Bench()
    bench.begin([takeoff(), item(92, param1=0.0), waypoint(0, 40)])
    bench.run(60.0, lambda: 2 in bench.reached)
    assert bench.reached == [1, 2]
