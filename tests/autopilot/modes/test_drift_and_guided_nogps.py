"""DRIFT, GUIDED_NOGPS and the sticks' speed in LOITER, on the simulated copter (mode_drift.cpp, mode_guided_nogps.cpp,
AC_Loiter.cpp)."""

from __future__ import annotations

from math import cos, degrees, pi, radians, sin

import pytest

from autopilot.interface import report as R
from autopilot.interface.targets import Sticks
from tests.fakes.core_bench import Bench
from tests.fakes.sim_copter import GUIDED, LOITER, ground_speed, height, in_air, ready

DRIFT, GUIDED_NOGPS = 11, 20


def truth(bench: Bench, index: int) -> float:
    return float(bench.vehicle.state.report[index])


def slip(bench: Bench) -> float:
    """Speed to the right of the nose, m/s."""
    yaw = truth(bench, R.TRUE_YAW)
    return truth(bench, R.TRUE_VE) * cos(yaw) - truth(bench, R.TRUE_VN) * sin(yaw)


def drifting(sticks: Sticks) -> Bench:
    bench = in_air(20.0, RC_OVERRIDE_TIME=-1)
    bench.core.sticks.move(sticks, bench.now_ms)
    assert bench.core.modes.set(DRIFT, bench.now_ms).ok
    return bench


def test_drift_turns_by_its_roll_stick_and_does_not_slip() -> None:
    """Full right is (30 of 45 degrees of) ACRO's yaw rate, less with speed; the lean follows from the slip."""
    bench = drifting(Sticks(roll=0.2, pitch=0.3, throttle=0.5))
    bench.run(2.5)
    assert ground_speed(bench) > 2.0
    before = truth(bench, R.TRUE_YAW)
    bench.run(1.0)
    turned = (truth(bench, R.TRUE_YAW) - before) % (2.0 * pi)
    assert degrees(turned) == pytest.approx(0.2 * 30.0 / 45.0 * 202.5, rel=0.15)
    assert abs(slip(bench)) < 2.0 < ground_speed(bench)
    assert truth(bench, R.TRUE_ROLL) > radians(2.0)


def test_drift_brakes_when_the_pitch_stick_is_let_go() -> None:
    bench = drifting(Sticks(pitch=0.4, throttle=0.5))
    bench.run(3.0)
    fast = ground_speed(bench)
    bench.core.sticks.move(Sticks(throttle=0.5), bench.now_ms)
    bench.run(4.0)
    assert fast > 4.0 and ground_speed(bench) < 0.25 * fast
    assert height(bench) == pytest.approx(20.0, abs=4.0)


def test_drift_stands_on_the_ground_until_its_throttle_is_raised() -> None:
    bench = ready(RC_OVERRIDE_TIME=-1)
    bench.core.sticks.move(Sticks(throttle=0.0), bench.now_ms)
    assert bench.core.modes.set(DRIFT, bench.now_ms).ok
    bench.arm()
    bench.run(2.0)
    assert bench.core.facts.landed
    bench.core.sticks.move(Sticks(throttle=0.7), bench.now_ms)
    bench.run(3.0)
    assert not bench.core.facts.landed and height(bench) > 1.0


def test_guided_nogps_arms_without_a_receiver_and_flies_angles_alone() -> None:
    """An attitude with a climb rate lifts it and leans it; no place is taken, and without a renewal it is level."""
    bench = ready(SIM_GPS1_ENABLE=0, GPS1_TYPE=0)
    core = bench.core
    assert not core.modes.set(GUIDED, bench.now_ms).ok or not core.facts.has_position
    assert core.modes.set(GUIDED_NOGPS, bench.now_ms).ok
    bench.arm()
    assert not core.commands.guided_target(position=(10.0, 0.0, -10.0)).ok
    for _ in range(12):
        assert core.commands.guided_attitude(0.0, radians(-8.0), 0.0, 0.0, 1.0).ok
        bench.run(0.5)
    assert height(bench) > 5.0 and truth(bench, R.TRUE_VN) > 2.0
    bench.run(6.0)
    up = height(bench)
    bench.run(2.0)
    assert abs(truth(bench, R.TRUE_PITCH)) < radians(2.0) and height(bench) == pytest.approx(up, abs=0.5)


@pytest.mark.parametrize(("stick", "speed"), [(0.375, 4.52), (1.0, 12.5)])
def test_loiter_flies_as_fast_as_the_lean_of_the_stick_holds(stick: float, speed: float) -> None:
    """LOIT_SPEED times the tangent of the lean (20 degrees at most) over that of the largest."""
    bench = in_air(20.0, RC_OVERRIDE_TIME=-1)
    assert bench.core.modes.set(LOITER, bench.now_ms).ok
    bench.core.sticks.move(Sticks(roll=stick, throttle=0.5), bench.now_ms)
    bench.run(12.0)
    assert ground_speed(bench) == pytest.approx(speed, rel=0.03)
