"""The throttle on the ground: one that nobody holds lifts nothing, one that is down stops the motors at touchdown."""

from __future__ import annotations

import pytest

from autopilot.interface.targets import Idle, Pilot, Sticks, TakeOff
from tests.fakes.core_bench import Bench
from tests.fakes.sim_copter import height, in_air

STABILIZE, ACRO, ALT_HOLD, LOITER, GUIDED = 0, 1, 2, 5, 4


def armed(mode: int) -> Bench:
    bench = Bench()
    bench.core.modes.set(mode, bench.now_ms)
    assert bench.core.arming.arm(bench.now_ms).ok
    bench.run(1.0)
    return bench


@pytest.mark.parametrize("mode", [STABILIZE, ACRO])
def test_armed_without_sticks_it_stays_on_the_ground(mode: int) -> None:
    bench = armed(mode)
    assert isinstance(bench.vehicle.target, Idle)
    bench.run(15.0)
    assert not bench.core.facts.armed  # DISARM_DELAY


@pytest.mark.parametrize("mode", [STABILIZE, ACRO])
def test_a_throttle_above_the_middle_lifts_it(mode: int) -> None:
    bench = armed(mode)
    for throttle, kind in ((0.0, Idle), (0.5, Idle), (0.7, Pilot), (0.0, Pilot)):
        bench.core.sticks.move(Sticks(throttle=throttle), bench.now_ms)
        assert isinstance(bench.vehicle.target, kind)
    bench.core.sticks.move(None, bench.now_ms)
    assert isinstance(bench.vehicle.target, Idle)


@pytest.mark.parametrize("mode", [ALT_HOLD, LOITER])
def test_a_throttle_above_the_middle_climbs_to_the_height_of_pilots_takeoffs(mode: int) -> None:
    """PILOT_TKOFF_ALT, cm; a throttle below the middle ends the climb (ArduCopter takeoff.cpp)."""
    bench = armed(mode)
    bench.parameters.set("PILOT_TKOFF_ALT", 700)
    bench.core.sticks.move(Sticks(throttle=0.5), bench.now_ms)
    assert isinstance(bench.vehicle.target, Pilot)
    bench.core.sticks.move(Sticks(throttle=0.7), bench.now_ms)
    climb = bench.vehicle.target
    assert isinstance(climb, TakeOff)
    assert climb.down == pytest.approx(bench.vehicle.state.position[2] - 7.0)
    bench.core.sticks.move(Sticks(throttle=0.5), bench.now_ms)
    assert isinstance(bench.vehicle.target, TakeOff)
    bench.core.sticks.move(Sticks(throttle=0.4), bench.now_ms)
    assert isinstance(bench.vehicle.target, Pilot)


@pytest.mark.parametrize(("throttle", "least", "most"), [(None, -0.5, 0.5), (0.0, -12.0, -1.5)])
def test_loiter_holds_its_height_until_a_pilot_has_the_throttle(
    throttle: float | None, least: float, most: float
) -> None:
    """Without a pilot it stays where a station has put it; a throttle that is down sinks, as ArduPilot's does."""
    bench = in_air(20.0)
    bench.core.modes.set(LOITER, bench.now_ms)
    bench.core.sticks.move(None if throttle is None else Sticks(throttle=throttle), bench.now_ms)
    before = height(bench)
    bench.run(2.9)  # sticks that are not renewed are lost after 3 s
    assert least < height(bench) - before < most


def test_in_the_air_the_sticks_have_it_at_once() -> None:
    bench = Bench()
    bench.airborne()
    bench.core.modes.set(STABILIZE, bench.now_ms)
    assert isinstance(bench.vehicle.target, Pilot)
    bench.core.sticks.move(None, bench.now_ms)
    assert isinstance(bench.vehicle.target, Pilot)


def test_a_rover_takes_its_sticks_where_it_stands() -> None:
    bench = Bench("rover")
    bench.core.modes.set(0, bench.now_ms)
    assert isinstance(bench.vehicle.target, Pilot)


@pytest.mark.parametrize(("behaviour", "seconds"), [(4, 1.0), (0, 11.0)])
def test_the_motors_stop_at_touchdown_when_the_throttle_says_so(behaviour: int, seconds: float) -> None:
    """PILOT_THR_BHV bit 2, in a mode that holds the height; else DISARM_DELAY (10 s)."""
    bench = in_air(2.0, PILOT_THR_BHV=behaviour)
    assert bench.core.modes.set(LOITER, bench.now_ms).ok
    down_ms = 0
    while bench.core.facts.armed and bench.now_ms < 120_000:
        bench.core.sticks.move(Sticks(throttle=0.1 if not bench.core.facts.landed else 0.0), bench.now_ms)
        down_ms = down_ms or (bench.now_ms if bench.core.facts.landed else 0)
        bench.run(0.2)
    assert 0.001 * (bench.now_ms - (down_ms or bench.now_ms)) == pytest.approx(seconds, abs=1.0)
