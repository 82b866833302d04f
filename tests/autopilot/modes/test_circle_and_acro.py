"""CIRCLE and ACRO of the copter, on the simulator (ArduCopter/mode_circle.cpp, mode_acro.cpp)."""

from __future__ import annotations

from math import atan2, degrees, pi

import pytest

from autopilot.interface import report as R
from autopilot.interface.geo import to_global
from autopilot.interface.targets import Pilot, PilotKind, Sticks
from tests.fakes.core_bench import Bench
from tests.fakes.fake_vehicle import ORIGIN
from tests.fakes.sim_copter import ALT_HOLD, GUIDED, away, ground_speed, height, in_air, ready

ACRO, CIRCLE = 1, 7


def truth(bench: Bench, index: int) -> float:
    return float(bench.vehicle.state.report[index])


def circling(**parameters: float) -> Bench:
    bench = in_air(10.0, **parameters)
    assert bench.core.modes.set(CIRCLE, bench.now_ms).ok
    assert bench.core.modes.spec.name == "CIRCLE"
    return bench


def bearing(bench: Bench, north: float, east: float = 0.0) -> float:
    """From a place to the vehicle, rad."""
    return atan2(truth(bench, R.TRUE_E) - east, truth(bench, R.TRUE_N) - north)


def turned(bench: Bench, seconds: float, north: float) -> float:
    """Degrees about a place, clockwise positive."""
    total, last = 0.0, bearing(bench, north)
    for _ in range(round(seconds / 0.2)):
        bench.run(0.2)
        now = bearing(bench, north)
        total += (now - last + pi) % (2.0 * pi) - pi
        last = now
    return degrees(total)


def test_it_circles_a_point_ahead_of_the_nose_and_looks_at_it() -> None:
    bench = circling()  # CIRCLE_RADIUS 10 m, CIRCLE_RATE 20 degrees a second; nose north
    bench.run(10.0)
    assert turned(bench, 18.0, 10.0) == pytest.approx(360.0, abs=25.0)
    assert away(bench, 10.0) == pytest.approx(10.0, abs=1.0)
    assert height(bench) == pytest.approx(10.0, abs=1.0)
    off = (truth(bench, R.TRUE_YAW) - bearing(bench, 10.0) - pi + pi) % (2.0 * pi) - pi
    assert abs(degrees(off)) < 12.0


def test_a_negative_rate_goes_the_other_way_round() -> None:
    bench = circling(CIRCLE_RATE=-10)
    bench.run(10.0)
    assert turned(bench, 9.0, 10.0) == pytest.approx(-90.0, abs=12.0)


def test_a_wide_circle_is_flown_no_faster_than_its_centripetal_acceleration_allows() -> None:
    bench = circling(CIRCLE_RADIUS=4000, CIRCLE_RATE=90)
    bench.run(30.0)
    assert ground_speed(bench) == pytest.approx((0.5 * 2.5 * 40.0) ** 0.5, abs=0.5)


def test_a_changed_radius_counts_at_once_about_the_same_centre() -> None:
    bench = circling()
    bench.run(10.0)
    bench.parameters.set("CIRCLE_RADIUS", 2000.0)
    bench.run(25.0)
    assert away(bench, 10.0) == pytest.approx(20.0, abs=1.5)


def test_without_a_radius_it_turns_on_the_spot() -> None:
    bench = circling(CIRCLE_RADIUS=0)
    bench.run(5.0)
    before = truth(bench, R.TRUE_YAW)
    bench.run(3.0)
    assert degrees((truth(bench, R.TRUE_YAW) - before) % (2.0 * pi)) == pytest.approx(60.0, abs=8.0)
    assert away(bench) < 1.5


def test_the_centre_may_be_where_it_begins() -> None:
    bench = circling(CIRCLE_OPTIONS=4)
    bench.run(20.0)
    assert away(bench) == pytest.approx(10.0, abs=1.0)


def test_a_region_of_interest_has_the_nose() -> None:
    bench = circling()
    place = to_global(ORIGIN, (500.0, 0.0, 0.0))
    bench.core.commands.set_roi(place)
    bench.run(15.0)
    assert abs(degrees(truth(bench, R.TRUE_YAW))) < 8.0


def test_circle_is_not_armed_in_and_idle_on_the_ground() -> None:
    bench = ready()
    bench.core.modes.set(GUIDED, bench.now_ms)
    assert bench.core.arming.arm(bench.now_ms).ok
    assert bench.core.modes.set(CIRCLE, bench.now_ms).ok
    bench.run(5.0)
    assert height(bench) < 0.1
    bench.core.arming.disarm(bench.now_ms)
    assert not bench.core.arming.arm(bench.now_ms).ok
    assert "Arm: CIRCLE mode not armable" in bench.texts


# --- ACRO -------------------------------------------------------------------------------------------------------------
def test_centred_sticks_level_it_and_half_throttle_hovers() -> None:
    bench = in_air(30.0)
    assert bench.core.modes.set(ACRO, bench.now_ms).ok
    bench.run(10.0)
    assert abs(degrees(truth(bench, R.TRUE_ROLL))) < 5.0
    assert height(bench) > 15.0
    assert bench.core.facts.armed


def test_a_roll_stick_is_a_rate_and_let_go_it_levels() -> None:
    bench = in_air(50.0, ACRO_RP_RATE=90, FM_CUT_TILT=0)
    bench.core.modes.set(ACRO, bench.now_ms)
    bench.core.sticks.move(Sticks(roll=0.5, throttle=0.6), bench.now_ms)
    bench.run(0.7)
    first = degrees(truth(bench, R.TRUE_ROLL))
    bench.run(0.3)
    assert degrees(truth(bench, R.TRUE_ROLL)) - first == pytest.approx(0.3 * 45.0, abs=4.0)
    # its demand moves with it; ATT.DesRoll and NAV_CONTROLLER_OUTPUT told the last one before
    assert truth(bench, R.NAV_ROLL) == pytest.approx(truth(bench, R.ROLL), abs=0.05)
    bench.core.sticks.move(Sticks(throttle=0.6), bench.now_ms)
    bench.run(1.5)
    assert abs(degrees(truth(bench, R.TRUE_ROLL))) < 5.0


def test_without_the_trainer_it_stays_as_it_leans() -> None:
    bench = in_air(60.0, ACRO_TRAINER=0, ACRO_RP_RATE=90)
    bench.core.modes.set(ACRO, bench.now_ms)
    bench.core.sticks.move(Sticks(roll=0.5, throttle=0.6), bench.now_ms)
    bench.run(0.5)
    bench.core.sticks.move(Sticks(throttle=0.6), bench.now_ms)
    bench.run(1.0)
    assert degrees(truth(bench, R.TRUE_ROLL)) > 10.0


def test_acro_is_armed_in_with_the_throttle_down() -> None:
    bench = ready()
    assert bench.core.modes.set(ACRO, bench.now_ms).ok
    assert bench.core.arming.arm(bench.now_ms).ok


@pytest.mark.parametrize("roll", [0.5, 0.0])
def test_entered_it_is_flown_by_the_sticks_as_they_are_now(roll: float) -> None:
    """Not as they were when it was left: a stick that was let go since is level, one that is held is a rate."""
    bench = in_air(50.0)
    for mode, stick in ((ACRO, 0.5 - roll), (ALT_HOLD, roll)):
        assert bench.core.modes.set(mode, bench.now_ms).ok
        bench.core.sticks.move(Sticks(roll=stick), bench.now_ms)
    assert bench.core.modes.set(ACRO, bench.now_ms).ok
    assert bench.core.helm.target == Pilot(PilotKind.ACRO if roll else PilotKind.STABILIZE)
