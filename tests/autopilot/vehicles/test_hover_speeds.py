"""Vertical speeds of a quadplane's lift motors, on the simulator: those of a hover, of the sticks, of a landing."""

from __future__ import annotations

from itertools import pairwise

import pytest

from autopilot.interface.targets import Sticks
from autopilot.mav import SpeedType
from autopilot.vehicles.mode_table import PlaneMode
from tests.autopilot.vehicles.test_quadplane_upright import height, hold, up
from tests.fakes.core_bench import Bench


def fastest_descent(bench: Bench, seconds: float) -> float:
    """Largest loss of height in a second, m."""
    heights = [height(bench)]
    for _ in range(round(seconds)):
        bench.run(1.0)
        heights.append(height(bench))
    return max(before - after for before, after in pairwise(heights))


@pytest.mark.parametrize(("given", "acts"), [({}, 2.5), ({"Q_PILOT_SPD_UP": 2.0}, 2.0), ({"Q_PILOT_SPD_DN": 1.0}, 1.0)])
def test_a_hover_sinks_over_its_place_as_fast_as_sticks_may(given: dict[str, float], acts: float) -> None:
    """As in ArduPlane (setup_target_position): Q_PILOT_SPD_DN, or Q_PILOT_SPD_UP where that is 0. It sank at
    Q_WP_SPD_DN, 1.5 m/s, and DoRepositionTerrain of ArduPilot's tests came a second too late."""
    bench = up(given | {"Q_GUIDED_MODE": 1.0}, height=60.0)
    assert bench.core.modes.set(PlaneMode.GUIDED, bench.now_ms).ok
    north, east, _ = bench.vehicle.state.position
    bench.core.guided.flight.go_to((north, east, -30.0))
    assert fastest_descent(bench, 10.0) == pytest.approx(acts, abs=0.25)


@pytest.mark.parametrize(("given", "acts"), [({}, 2.5), ({"Q_PILOT_SPD_DN": 1.0}, 1.0)])
def test_sticks_sink_as_fast_as_they_may(given: dict[str, float], acts: float) -> None:
    bench = up(given, height=40.0)
    begun = height(bench)
    hold(bench, Sticks(throttle=0.0), 3.0)
    middle = height(bench)
    hold(bench, Sticks(throttle=0.0), 3.0)
    assert begun > middle
    assert middle - height(bench) == pytest.approx(3.0 * acts, abs=0.5)


@pytest.mark.parametrize(("given", "acts"), [({}, 1.5), ({"Q_WP_SPD_DN": 3.0}, 3.0)])
def test_a_landing_keeps_its_speed_whatever_else_is_changed(given: dict[str, float], acts: float) -> None:
    """Q_WP_SPD_DN from the start on; it acted only until the next change of any speed."""
    bench = up(given, height=50.0)
    bench.core.speeds.override(14.0)
    bench.core.speeds.set_vertical(SpeedType.DESCENT_SPEED, 0.5)
    assert bench.core.modes.set(PlaneMode.QLAND, bench.now_ms).ok
    assert fastest_descent(bench, 10.0) == pytest.approx(acts, abs=0.25)


def test_a_takeoff_climbs_at_its_own_speed() -> None:
    """Q_WP_SPD_UP from the start on; 2.5 m/s were flown whatever it was."""
    slow, usual = (up(given, height=30.0).now_ms for given in ({"Q_WP_SPD_UP": 1.0}, {}))
    assert slow - usual == pytest.approx(1000.0 * (30.0 / 1.0 - 30.0 / 2.5), abs=3000.0)
