"""The moving reference: continuous over any change of target, within its limits."""

from __future__ import annotations

from math import hypot

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autopilot.control.reference import approach, overspeed_gain
from autopilot.interface import layout as L
from autopilot.interface import report as R
from autopilot.interface.targets import Circle, Hold, Land, Leg, Speeds, TakeOff, Target, Velocity
from autopilot.interface.vehicle import VehicleEvent
from sitl.vehicles.copter import SimulatedCopter
from tests.fakes.copter_flight import HOME
from tests.fakes.examples import examples

#: Anywhere, and places that targets have in common or that lie close to each other.
NED = st.tuples(st.floats(-80.0, 80.0), st.floats(-80.0, 80.0), st.floats(-60.0, -10.0)) | st.tuples(
    st.sampled_from((0.0, 1.0, 40.0)), st.sampled_from((0.0, 1.0, -40.0)), st.sampled_from((-10.0, -29.0, -30.0))
)
SPEED = st.floats(-8.0, 8.0)
TARGETS: st.SearchStrategy[Target] = st.one_of(
    st.builds(Hold, position=st.none() | NED),
    st.builds(
        Leg,
        end=NED,
        start=st.none() | NED,
        previous=st.none() | NED,
        next=st.none() | NED,
        spline=st.booleans(),
        next_is_spline=st.booleans(),
    ),
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


Changes = list[tuple[Target, Speeds, int]]


def _fly_without_a_jump(changes: Changes) -> None:
    """From tick to tick the reference's velocity changes by no more than the hardest acceleration (5 m/s2 in brakes and
    corners) and its position moves as its velocity says, or less. The vertical limit grows above the allowed speeds, as
    in ArduPilot (AC_PosControl::calculate_overspeed_gain)."""
    copter = _airborne()
    report = copter.state.report
    place, velocity = slice(R.TARGET_N, R.TARGET_D + 1), slice(R.TARGET_VN, R.TARGET_VD + 1)
    gain = 1.0  # the highest so far: an acceleration ends by its jerk, after what asked for it
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
            gain = max(gain, overspeed_gain(v_before[2], speeds.up, speeds.down))
            assert abs(change[2]) <= max(5.01, 2.51 * gain) * L.TICK
            moved, whole = report[place] - before, L.TICK * v_before
            # it waits for a vehicle that lags; when landing it may be held back to a metre below the vehicle
            low, high = np.minimum(whole, 0.0), np.maximum(whole, 0.0)
            beyond = np.maximum(low - moved, moved - high)[: 2 if isinstance(target, Land) else 3]
            assert beyond.max() <= 0.5 * 5.01 * L.TICK**2 + 1e-9


@settings(max_examples=examples(50), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(TARGETS, SPEEDS, st.integers(1, 200)), min_size=2, max_size=6))
def test_the_reference_never_jumps(changes: Changes) -> None:
    """Over any sequence of targets and speeds in flight."""
    _fly_without_a_jump(changes)


SLOW, FAST = Speeds(1.0, 1.0, 1.0), Speeds(15.0, 4.0, 3.0)
BEHIND, HERE, AHEAD = (-1.0, 0.0, -30.0), (0.0, 0.0, -30.0), (40.0, 0.0, -30.0)
JOINTS: dict[str, Changes] = {
    "a spline after a leg that followed no profile": [
        (Hold(position=(0.0, 1.0, -10.0)), SLOW, 20),
        (Leg(end=(0.0, 0.0, -10.0), next=(0.0, 0.0, -11.0)), SLOW, 1),
        (Leg(end=(0.0, 0.0, -10.0), spline=True), SLOW, 3),
    ],
    "a straight leg that begins elsewhere, while a spline is flown": [
        (Leg(end=AHEAD, start=HERE, next=(80.0, 0.0, -30.0), spline=True), FAST, 300),
        (Leg(end=(90.0, 40.0, -30.0), start=(-40.0, 40.0, -30.0)), FAST, 3),
    ],
    "a straight leg after a spline, far slower": [
        (Leg(end=AHEAD, start=HERE, next=(80.0, 0.0, -30.0), spline=True), FAST, 390),
        (Leg(end=(80.0, 0.0, -30.0), start=AHEAD), SLOW, 30),
    ],
    "a straight leg after a spline, too short to stop on": [
        (Leg(end=AHEAD, start=HERE, next=(80.0, 0.0, -30.0), spline=True), FAST, 390),
        (Leg(end=(43.0, 0.0, -30.0), start=AHEAD), FAST, 100),
    ],
    "the end of a straight leg that is passed": [
        (Leg(end=(10.0, -1.0, -11.0), next=(10.1, -1.0, -11.0), next_is_spline=True), FAST, 560)
    ],
    "the end of a spline that stops": [(Leg(end=(35.8, -23.7, -45.9), spline=True), Speeds(15.0, 4.0, 0.5), 600)],
    "a spline out and back on one line": [
        (Leg(end=(60.0, 0.0, -30.0), start=BEHIND, next=BEHIND, spline=True), FAST, 900)
    ],
    "a short spline out and back on one line": [(Leg(end=HERE, start=BEHIND, next=BEHIND, spline=True), FAST, 120)],
    "a spline to where the next leg ends as well": [(Leg(end=AHEAD, next=AHEAD, spline=True), FAST, 900)],
    "a landing that begins in a climb far above its limit": [
        (Circle(center=(0.0, 0.0, -41.0), radius=0.0, direction=-1), Speeds(1.0, 4.0, 1.0), 153),
        (Land(), SLOW, 60),
    ],
    "the end of a short spline": [(Leg(end=(-1.0, 1.0, -30.0), spline=True), Speeds(15.0, 4.0, 0.5), 115)],
}


@pytest.mark.parametrize("changes", JOINTS.values(), ids=JOINTS)
def test_it_does_not_jump_where_one_motion_becomes_another(changes: Changes) -> None:
    _fly_without_a_jump(changes)


@pytest.mark.parametrize("end", (AHEAD, (35.8, -23.7, -45.9), (-1.0, 1.0, -30.0)))
def test_a_curve_that_stops_ends_at_rest(end: tuple[float, float, float]) -> None:
    """Its speed comes down with the way that is left: it is not over while the reference still moves."""
    copter = _airborne()
    report = copter.state.report
    copter.set_speeds(FAST)
    copter.set_target(Leg(end=end, spline=True))
    while not copter.take_events() & VehicleEvent.ARRIVED:
        copter.advance(copter.state.time_ms + L.TICK_MS)
    velocity = report[R.TARGET_VN : R.TARGET_VD + 1]
    assert np.linalg.norm(velocity) < 0.1


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


@pytest.mark.parametrize(
    ("gain", "limit", "rate"),
    [(2.0, 0.0, 16.0), (2.0, -1.0, 16.0), (0.0, 2.0, 5.657), (-1.0, 2.0, 5.657), (1e-200, 2.0, 5.657)],
)
def test_without_a_gain_or_a_limit_the_other_counts(gain: float, limit: float, rate: float) -> None:
    """ArduPilot's sqrt_controller; a division by 0 and the root of a negative number ended rehearsals."""
    assert approach(8.0, gain, limit) == pytest.approx(rate, abs=0.001)


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
