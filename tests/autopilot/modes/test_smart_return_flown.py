"""SMART_RTL of the copter, flown: back the way it came, down where it was armed (ArduCopter/mode_smart_rtl.cpp)."""

from __future__ import annotations

from itertools import pairwise
from math import cos, hypot, sin

import numpy as np
import pytest

from autopilot.interface.geo import Ned, to_global
from tests.fakes.core_bench import Bench, takeoff, waypoint
from tests.fakes.fake_vehicle import ORIGIN
from tests.fakes.sim_copter import ALT_HOLD, GUIDED, RTL, SMART_RTL, away, height, in_air, on_mission, ready, to_the_end


def beside(p: Ned, a: Ned, b: Ned) -> float:
    """Distance of a place from a stretch, by sampling it."""
    stretch = np.array(a) + np.linspace(0.0, 1.0, 201)[:, None] * (np.array(b) - np.array(a))
    return float(np.sqrt(((stretch - np.array(p)) ** 2).sum(axis=1).min()))


def go(bench: Bench, north: float, east: float, up: float) -> None:
    bench.core.commands.guided_target(position=(north, east, -up))
    bench.run(120.0, lambda: bench.core.helm.arrived)
    assert bench.core.helm.arrived


def round_the_corner(**parameters: float) -> Bench:
    """60 m north, then 60 m east and higher."""
    bench = in_air(10.0, **parameters)
    go(bench, 60.0, 0.0, 10.0)
    go(bench, 60.0, 60.0, 25.0)
    return bench


def test_it_goes_back_by_the_corner_and_lands_where_it_was_armed() -> None:
    bench = round_the_corner()
    assert bench.core.modes.set(SMART_RTL, bench.now_ms).ok
    assert bench.core.modes.spec.name == "SMART_RTL"
    corner, highest = 1e9, 0.0
    for _ in range(600):
        bench.run(0.2, lambda: not bench.core.facts.armed)
        corner = min(corner, away(bench, 60.0, 0.0))
        highest = max(highest, height(bench))
    to_the_end(bench)
    assert corner < 4.0
    assert highest < 27.0  # it does not climb to RTL_ALT
    assert away(bench) < 2.0
    assert "Disarming motors" in bench.texts


def test_it_goes_back_to_where_home_was_set_last() -> None:
    """AP_SmartRTL::set_home, by DO_SET_HOME here; a home elsewhere does not change the way."""
    bench = in_air(10.0)
    go(bench, 60.0, 0.0, 10.0)
    assert bench.core.home.set(None).ok
    go(bench, 60.0, 60.0, 10.0)
    assert bench.core.home.set(to_global(ORIGIN, (200.0, 0.0, 0.0))).ok
    assert bench.core.modes.set(SMART_RTL, bench.now_ms).ok
    to_the_end(bench)
    assert away(bench, 60.0, 0.0) < 2.0


def test_it_rests_two_metres_above_the_start_before_it_lands() -> None:
    bench = round_the_corner()
    bench.core.modes.set(SMART_RTL, bench.now_ms)
    bench.run(120.0, lambda: bench.core.modes.mode.is_landing)
    assert away(bench) < 2.5
    assert height(bench) == pytest.approx(2.0, abs=2.2)  # within WPNAV_RADIUS
    assert bench.core.facts.armed


def test_with_a_final_height_it_stays_there() -> None:
    bench = round_the_corner(RTL_ALT_FINAL=500)
    bench.core.modes.set(SMART_RTL, bench.now_ms)
    bench.run(150.0)
    assert bench.core.facts.armed
    assert not bench.core.modes.mode.is_landing
    assert height(bench) == pytest.approx(5.0, abs=0.7)


def test_its_speed_can_be_changed_as_that_of_rtl() -> None:
    """ModeSmartRTL inherits ModeRTL's set_speed_xy (ArduCopter/mode.h)."""
    bench = round_the_corner()
    bench.core.modes.set(SMART_RTL, bench.now_ms)
    assert bench.core.commands.change_speed(1, 3.0).ok
    bench.run(8.0)
    north, east, _ = bench.core.facts.vehicle.state.velocity
    assert hypot(north, east) == pytest.approx(3.0, abs=0.3)


def test_left_half_way_it_goes_on_with_what_is_left() -> None:
    bench = round_the_corner()
    bench.core.modes.set(SMART_RTL, bench.now_ms)
    bench.run(60.0, lambda: away(bench, 60.0, 0.0) < 3.0)
    bench.run(3.0)
    assert bench.core.modes.set(GUIDED, bench.now_ms).ok
    bench.run(5.0)
    assert bench.core.modes.set(SMART_RTL, bench.now_ms).ok
    farthest = 0.0
    for _ in range(400):
        bench.run(0.2, lambda: not bench.core.facts.armed)
        farthest = max(farthest, away(bench))
    to_the_end(bench)
    assert farthest < 60.0
    assert away(bench) < 2.0


def test_a_loop_is_not_flown_again() -> None:
    bench = in_air(10.0)
    for place in ((60.0, 0.0), (60.0, 60.0), (20.0, 60.0), (20.0, -20.0)):
        go(bench, *place, 10.0)
    bench.core.modes.set(SMART_RTL, bench.now_ms)
    farthest = 0.0
    for _ in range(300):
        bench.run(0.2, lambda: not bench.core.facts.armed)
        farthest = max(farthest, away(bench))
    to_the_end(bench)
    assert farthest < 30.0
    assert away(bench) < 2.0


def test_without_a_trail_it_is_refused() -> None:
    bench = in_air(10.0, SRTL_POINTS=0)
    assert not bench.core.modes.set(SMART_RTL, bench.now_ms).ok
    assert "Mode change to SMARTRTL failed: init failed" in bench.texts
    assert bench.core.modes.number == GUIDED


def test_on_the_ground_it_disarms() -> None:
    bench = ready()
    bench.core.modes.set(GUIDED, bench.now_ms)
    bench.core.arming.arm(bench.now_ms)
    assert bench.core.modes.set(SMART_RTL, bench.now_ms).ok
    bench.run(1.0)
    assert not bench.core.facts.armed


def test_there_is_a_way_back_with_the_first_position() -> None:
    """It is entered before the first arming and after the last one (AP_SmartRTL::update)."""
    bench = ready()
    for _ in range(2):
        assert bench.core.modes.set(SMART_RTL, bench.now_ms).ok
        bench.run(1.0)
        assert bench.core.modes.set(ALT_HOLD, bench.now_ms).ok
    bench.airborne()
    bench.core.modes.set(SMART_RTL, bench.now_ms)
    to_the_end(bench)
    assert bench.core.modes.set(GUIDED, bench.now_ms).ok
    assert bench.core.modes.set(SMART_RTL, bench.now_ms).ok


def test_it_cannot_be_armed_in() -> None:
    bench = ready()
    assert bench.core.modes.set(SMART_RTL, bench.now_ms).ok
    assert not bench.core.arming.arm(bench.now_ms).ok
    assert "Arm: SMARTRTL mode not armable" in bench.texts


@pytest.mark.parametrize(("points", "mode", "said"), [(300, SMART_RTL, False), (0, RTL, True)])
def test_a_failsafe_takes_it_or_says_what_it_takes_instead(points: int, mode: int, said: bool) -> None:
    bench = round_the_corner(FS_GCS_ENABLE=3, SRTL_POINTS=points)
    bench.core.failsafes.ground_station_failed(bench.now_ms, failed=True)
    bench.run(0.1)
    assert bench.core.modes.number == mode
    assert ("SmartRTL Unavailable, Trying RTL Mode" in bench.texts) is said


def test_the_trail_costs_few_wake_ups() -> None:
    bench = in_air(10.0)
    before = bench.updates
    bench.core.commands.guided_target(position=(500.0, 0.0, -10.0))
    bench.run(40.0)
    assert bench.updates - before < 60


def test_round_corners_it_is_looked_at_until_the_vehicle_is_on_its_next_line() -> None:
    """A leg of a mission of 60 m takes 9 s, of which the corner takes 3; and the way back has all corners."""
    corners = [(60.0, 0.0), (60.0, 60.0), (0.0, 60.0), (0.0, 120.0), (60.0, 120.0)]
    bench = on_mission([takeoff(), *(waypoint(*corner) for corner in corners)])
    bench.run(60.0, lambda: 2 in bench.reached)
    before, now_ms = bench.updates, bench.now_ms
    bench.run(120.0, lambda: 6 in bench.reached)
    assert (bench.now_ms - now_ms) / 4000.0 > 8.0
    assert bench.updates - before <= 4 * 3  # arrivals are among them
    kept = list(pairwise(bench.core.trail.begin_return(bench.now_ms)))
    assert all(min(beside((*corner, -10.0), a, b) for a, b in kept) < 3.0 for corner in corners)


def test_the_trail_of_few_looks_passes_where_it_flew() -> None:
    """Corners, a climb, a circle by velocity and gusts: nowhere was it farther from its trail than SRTL_ACCURACY."""
    bench = in_air(10.0, SIM_WIND_SPD=6, SIM_WIND_TURB=1.5)
    flown: list[Ned] = []

    def watch(seconds: float) -> None:
        end = bench.now_ms + round(seconds * 1000.0)
        while bench.now_ms < end:
            bench.step(bench.now_ms + 200)
            flown.append(bench.position)

    for place in ((80.0, 0.0), (80.0, 50.0), (40.0, 90.0)):
        bench.core.commands.guided_target(position=(*place, -25.0))
        watch(16.0)
    for k in range(12):
        bench.core.commands.guided_target(velocity=(6.0 * cos(k / 2.0), 6.0 * sin(k / 2.0), 0.0))
        watch(1.0)
    kept = list(pairwise(bench.core.trail.begin_return(bench.now_ms)))
    worst = max(min(beside(p, a, b) for a, b in kept) for p in flown)
    assert worst < 2.5


def test_the_trail_of_a_mission_of_short_legs_passes_where_it_flew() -> None:
    """Corners of all angles at 8 m/s, each over in fewer seconds than lie between two looks."""
    turns = [0.0, 0.6, -0.9, 1.5, -1.9, 2.2, 0.3, -1.2, 1.4, 0.8]
    north, east, course, places = 0.0, 0.0, 0.0, []
    for turn in turns:
        course += turn
        north, east = north + 35.0 * cos(course), east + 35.0 * sin(course)
        places.append(waypoint(north, east))
    bench = on_mission([takeoff(), *places], WPNAV_SPEED=800, WPNAV_RADIUS=400, SRTL_POINTS=500)
    bench.run(60.0, lambda: 1 in bench.reached)
    flown: list[Ned] = []
    while len(turns) + 1 not in bench.reached:
        due = bench.core.next_deadline_ms()
        bench.step(bench.now_ms + 100 if due is None else min(due, bench.now_ms + 100))
        flown.append(bench.position)
    kept = list(pairwise(bench.core.trail.begin_return(bench.now_ms)))
    worst = max(min(beside(p, a, b) for a, b in kept) for p in flown)
    assert worst < 2.0, worst
