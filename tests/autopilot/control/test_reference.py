"""The moving reference: continuous over any change of target, within its limits."""

from __future__ import annotations

from math import hypot

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autopilot import report as R
from autopilot.control import layout as L
from autopilot.control.reference import approach
from autopilot.targets import Circle, Hold, Land, Leg, Speeds, TakeOff, Target, Velocity
from autopilot.vehicle import VehicleEvent
from sitl.vehicles.copter import SimulatedCopter
from tests.fakes.copter_flight import HOME

NED = st.tuples(st.floats(-80.0, 80.0), st.floats(-80.0, 80.0), st.floats(-60.0, -10.0))
SPEED = st.floats(-8.0, 8.0)
TARGETS: st.SearchStrategy[Target] = st.one_of(
    st.builds(Hold, position=st.none() | NED),
    st.builds(Leg, end=NED, start=st.none() | NED, next=st.none() | NED, spline=st.booleans()),
    st.builds(Circle, center=NED, radius=st.floats(0.0, 40.0), direction=st.sampled_from((-1, 1))),
    st.builds(Velocity, velocity=st.tuples(SPEED, SPEED, st.floats(-2.0, 1.0)), position=st.none() | NED),
    st.builds(TakeOff, down=st.floats(-60.0, -10.0)),
    st.just(Land()),
)
SPEEDS = st.builds(Speeds, st.floats(1.0, 15.0), st.floats(0.5, 4.0), st.floats(0.5, 3.0))


def _airborne() -> SimulatedCopter:
    copter = SimulatedCopter(HOME, 0.0, 1)
    copter.advance(10_000)
    copter.take_events()
    copter.arm()
    copter.set_target(TakeOff(-30.0))
    for _ in range(3):
        copter.advance(40_000)
        copter.take_events()
    return copter


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(TARGETS, SPEEDS, st.integers(1, 200)), min_size=2, max_size=6))
def test_the_reference_never_jumps(changes: list[tuple[Target, Speeds, int]]) -> None:
    """Over any sequence of targets and speeds in flight: from tick to tick its velocity changes by no more than the
    hardest acceleration (5 m/s2 in brakes and corners) and its position follows its velocity."""
    copter = _airborne()
    report = copter.state.report
    place, velocity = slice(R.TARGET_N, R.TARGET_D + 1), slice(R.TARGET_VN, R.TARGET_VD + 1)
    for target, speeds, ticks in changes:
        copter.set_speeds(speeds)
        copter.set_target(target)
        for _ in range(ticks):
            before, v_before = report[place].copy(), report[velocity].copy()
            copter.advance(copter.state.time_ms + L.TICK_MS)
            seen = copter.take_events()
            if seen & VehicleEvent.LANDED:
                return
            change = report[velocity] - v_before
            assert hypot(change[0], change[1]) <= 5.01 * L.TICK
            assert abs(change[2]) <= 5.01 * L.TICK
            moved = report[place] - before - L.TICK * v_before
            # when landing the reference may be held back to a metre below the vehicle
            assert np.abs(moved[:2]).max() <= 0.5 * 5.01 * L.TICK**2 + 1e-9
            if not isinstance(target, Land):
                assert abs(moved[2]) <= 0.5 * 5.01 * L.TICK**2 + 1e-9


def test_a_curve_that_stops_is_not_flown_backwards_in_its_last_tick() -> None:
    """At its end it has no direction left but that which it comes from: the second derivative points back."""
    copter = _airborne()
    report = copter.state.report
    copter.set_speeds(Speeds(1.0, 1.0, 1.0))
    copter.set_target(Leg(end=(0.0, 0.0, -30.0), spline=True))
    velocity = slice(R.TARGET_VN, R.TARGET_VD + 1)
    for _ in range(60):
        before = report[velocity].copy()
        copter.advance(copter.state.time_ms + L.TICK_MS)
        assert np.abs(report[velocity] - before).max() <= 1.5 * L.TICK


@pytest.mark.parametrize("error", (0.1, 1.0, 10.0, 100.0))
def test_approach_brakes_within_its_limit_and_arrives(error: float) -> None:
    """Followed exactly, the rate changes no faster than the limit, and the error goes to zero."""
    dt, gain, limit = 0.001, 1.0, 2.0
    last = approach(error, gain, limit)
    for _ in range(40_000):
        error -= dt * last
        rate = approach(error, gain, limit)
        assert abs(rate - last) <= limit * dt * 1.01
        last = rate
    assert abs(error) < 1e-2
