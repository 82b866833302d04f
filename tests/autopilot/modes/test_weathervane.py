"""The weathervane of the copter, on the simulator: where the nose points in wind."""

from __future__ import annotations

from math import degrees

import pytest

from autopilot.interface import report as R
from autopilot.modes.heading import condition_yaw
from tests.fakes.core_bench import Bench, takeoff, waypoint
from tests.fakes.sim_copter import LOITER, in_air, on_mission

WIND = {"SIM_WIND_SPD": 8.0, "SIM_WIND_DIR": 100.0, "WVANE_GAIN": 3.0}
EAST_WIND = {"GUID_OPTIONS": 128.0, "AUTO_OPTIONS": 128.0, **WIND}


def heading(bench: Bench) -> float:
    return degrees(float(bench.vehicle.state.report[R.TRUE_YAW])) % 360.0


def off(bench: Bench, wanted: float) -> float:
    return abs((heading(bench) - wanted + 180.0) % 360.0 - 180.0)


@pytest.mark.parametrize(("direction", "wanted"), [(1, 100.0), (3, 10.0), (4, 280.0)])
def test_in_guided_it_turns_as_it_is_told(direction: int, wanted: float) -> None:
    bench = in_air(15.0, WVANE_ENABLE=direction, **EAST_WIND)
    bench.run(60.0)
    assert off(bench, wanted) < 10.0


def test_only_where_the_options_of_the_mode_allow_it() -> None:
    bench = in_air(15.0, WVANE_ENABLE=1, **WIND)
    bench.run(30.0)
    assert off(bench, 0.0) < 5.0
    bench.parameters.set("GUID_OPTIONS", 128)
    bench.core.modes.set(LOITER, bench.now_ms)
    bench.run(20.0)
    assert off(bench, 0.0) < 5.0


def test_on_the_way_the_nose_goes_with_it_and_turns_at_the_end() -> None:
    bench = in_air(15.0, WVANE_ENABLE=1, **EAST_WIND)
    assert bench.core.commands.guided_target(position=(-80.0, 0.0, -15.0)).ok
    bench.run(6.0)
    assert off(bench, 180.0) < 15.0
    bench.run(45.0)
    assert off(bench, 100.0) < 10.0


def test_a_mission_is_told_and_its_landing_may_be_left_out() -> None:
    bench = on_mission([takeoff(15.0), waypoint(0.0, 5.0, 15.0, param1=60.0)], WVANE_ENABLE=1, **EAST_WIND)
    bench.run(50.0)
    assert bench.texts.count("Weathervane Active: nose in") == 1
    assert off(bench, 100.0) < 10.0


def test_without_it_a_heading_stays() -> None:
    bench = in_air(15.0, **EAST_WIND)
    bench.core.heading.fix(condition_yaw(40.0, 0.0, 0, relative=False, heading=0.0))
    bench.run(20.0)
    assert off(bench, 40.0) < 5.0
