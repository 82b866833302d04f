"""SMART_RTL's trail: kept, straightened, without loops, bounded."""

from __future__ import annotations

from itertools import pairwise
from math import cos, dist, hypot, sin

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autopilot.control.straightening import straightened
from autopilot.interface.geo import Ned
from autopilot.interface.vehicle import Capabilities
from autopilot.modes.trail import without_loops
from tests.fakes.core_bench import Bench

SMART_RTL, GUIDED = 12, 15
metres = st.floats(-200.0, 200.0)
places = st.tuples(metres, metres, metres)


SHARES = np.linspace(0.0, 1.0, 401)[:, None]


def beside(p: Ned, a: Ned, b: Ned) -> float:
    """Distance of a point from a stretch, by sampling it finely (every 1.8 m at most)."""
    stretch = np.array(a) + SHARES * (np.array(b) - np.array(a))
    return float(np.sqrt(((stretch - np.array(p)) ** 2).sum(axis=1).min()))


def roving(**parameters: float) -> Bench:
    bench = Bench("rover", parameters=parameters)
    bench.core.modes.set(GUIDED, bench.now_ms)
    assert bench.core.arming.arm(bench.now_ms).ok
    return bench


def go(bench: Bench, north: float, east: float, up: float = 0.0) -> None:
    bench.core.commands.guided_target(position=(north, east, -up))
    bench.run(120.0, lambda: bench.core.helm.arrived)


@given(st.lists(places, max_size=25), st.floats(0.1, 20.0))
def test_a_straightened_way_passes_every_point_within_its_tolerance(points: list[Ned], tolerance: float) -> None:
    way = straightened(points, tolerance)
    assert way[:1] == points[:1] and way[-1:] == points[-1:]
    for p in points:
        if len(way) > 1:
            assert min(beside(p, a, b) for a, b in pairwise(way)) <= tolerance + 1.8


def test_points_on_a_line_become_its_ends() -> None:
    assert straightened([(float(n), 0.0, -n) for n in range(50)], 0.5) == [(0.0, 0.0, 0.0), (49.0, 0.0, -49.0)]


def test_a_loop_is_left_out() -> None:
    """Out, once round a circle, and on: the circle is not driven again."""
    loop = [(10.0 + 5.0 * sin(a / 3.0), 5.0 - 5.0 * cos(a / 3.0), 0.0) for a in range(1, 19)]
    way = without_loops([(0.0, 0.0, 0.0), (10.0, 0.0, 0.0), *loop, (10.5, 0.2, 0.0), (30.0, 0.0, 0.0)], 2.0)
    assert all(e < 2.5 for _, e, _ in way)
    assert way[0] == (0.0, 0.0, 0.0) and way[-1] == (30.0, 0.0, 0.0)


def test_a_crossing_of_long_straight_stretches_is_a_shortcut() -> None:
    """A figure of eight: no corner is near the crossing, and it is where the way turns."""
    eight = [(0.0, 0.0, 0.0), (100.0, 100.0, 0.0), (100.0, 0.0, 0.0), (0.0, 100.0, 0.0)]
    assert without_loops(eight, 2.0) == [(0.0, 0.0, 0.0), (50.0, 50.0, 0.0), (0.0, 100.0, 0.0)]


def test_a_way_that_passes_high_above_itself_is_no_loop() -> None:
    bridge = [(0.0, 0.0, -5.0), (100.0, 100.0, -5.0), (100.0, 0.0, -30.0), (0.0, 100.0, -30.0)]
    assert without_loops(bridge, 2.0) == bridge


def test_there_and_back_is_no_way_at_all() -> None:
    way = without_loops([(0.0, 0.0, 0.0), (50.0, 0.0, 0.0), (0.5, 0.0, 0.0)], 2.0)
    assert len(way) <= 2


@given(st.lists(places, max_size=15), st.floats(0.5, 10.0))
def test_cutting_loops_keeps_beginning_and_end_and_never_leaves_the_way(points: list[Ned], gap: float) -> None:
    way = without_loops(points, gap)
    assert way[:1] == points[:1] and way[-1:] == points[-1:]
    assert len(way) <= len(points)
    for p in way:
        if len(points) > 1:
            assert min(beside(p, a, b) for a, b in pairwise(points)) <= gap + 1.8


def test_the_way_begins_where_it_is_armed_and_follows_the_corners() -> None:
    bench = roving()
    go(bench, 30.0, 0.0)
    go(bench, 30.0, 30.0)
    way = bench.core.trail.begin_return(bench.now_ms)
    assert hypot(way[0][0] - 30.0, way[0][1] - 30.0) < 5.0
    assert min(hypot(n - 30.0, e) for n, e, _ in way) < 3.5
    assert way[-1] == (0.0, 0.0, 0.0)
    assert len(way) <= 5


def test_disarming_ends_the_way_and_arming_forgets_it() -> None:
    bench = roving()
    go(bench, 30.0, 0.0)
    way = bench.core.trail.way_back()
    bench.core.arming.disarm(bench.now_ms, force=True)
    assert bench.core.trail.way_back() == way
    assert not bench.core.trail.keeping
    bench.core.trail.armed_changed(True, bench.now_ms)
    assert len(bench.core.trail.way_back()) == 1


def test_a_full_trail_is_given_up_and_says_so() -> None:
    """A zigzag that cannot be straightened into 5 points."""
    bench = roving(SRTL_POINTS=5)
    for k in range(12):
        go(bench, 8.0 * (k + 1), 12.0 * (k % 2))
    assert bench.texts.count("SmartRTL deactivated: buffer full") == 1
    assert not bench.core.modes.set(SMART_RTL, bench.now_ms).ok


@pytest.mark.parametrize("off", [{"SRTL_ACCURACY": 0}, {"SRTL_ACCURACY": -2}, {"SRTL_POINTS": 0}])
def test_without_accuracy_or_points_there_is_no_trail(off: dict[str, float]) -> None:
    """AP_SmartRTL::init; an accuracy of 0 was one of 0.1 m."""
    bench = roving(**off)
    go(bench, 20.0, 0.0)
    assert not bench.core.modes.set(SMART_RTL, bench.now_ms).ok


def test_home_here_begins_a_new_trail() -> None:
    """ArduCopter's and ArduRover's set_home_to_current_location; a home elsewhere leaves the trail as it is."""
    bench = roving()
    go(bench, 50.0, 0.0)
    bench.core.home.set(bench.vehicle.state.place)
    assert dist(bench.core.trail.way_back()[-1], (0.0, 0.0, 0.0)) < 1.0
    bench.core.home.set(None)
    go(bench, 50.0, 40.0)
    way = bench.core.trail.begin_return(bench.now_ms)
    assert dist(way[-1], (50.0, 0.0, 0.0)) < 2.5
    bench.core.home.set(None)
    assert bench.core.trail.way_back() == way, "not on the way back"


def test_a_copters_way_has_height() -> None:
    bench = Bench("copter")
    bench.airborne()
    go(bench, 40.0, 0.0, 20.0)
    *_, hover, start = bench.core.trail.way_back()
    assert dist(hover, (0.0, 0.0, -10.0)) < 2.0 and start == (0.0, 0.0, 0.0)


def test_without_a_position_the_trail_is_given_up_after_a_while() -> None:
    bench = roving()
    go(bench, 30.0, 0.0)
    bench.vehicle.lose_position()
    bench.run(14.0)
    assert bench.core.trail
    bench.run(2.0)
    assert "SmartRTL deactivated: bad position" in bench.texts
    assert not bench.core.trail


def test_a_vehicle_with_modes_of_its_own_keeps_its_own_trail() -> None:
    bench = Bench("rover")
    bench.vehicle.capabilities = Capabilities(own_modes=True)
    bench.core.trail.armed_changed(True, bench.now_ms)
    assert not bench.core.trail.keeping


def test_the_way_back_is_not_added_to_the_way() -> None:
    bench = roving()
    go(bench, 30.0, 0.0)
    before = bench.core.trail.way_back()
    assert bench.core.modes.set(SMART_RTL, bench.now_ms).ok
    bench.run(4.0)
    bench.core.modes.set(GUIDED, bench.now_ms)
    assert len(bench.core.trail.way_back()) <= len(before)
