"""FLIP on the simulated copter: the turn, and the way back into the mode before."""

from __future__ import annotations

from math import degrees

import pytest

from autopilot.context.events import ErrorLogged
from autopilot.interface import report as R
from autopilot.interface.targets import Sticks
from tests.fakes.core_bench import Bench
from tests.fakes.sim_copter import ALT_HOLD, GUIDED, LOITER, STABILIZE, height, in_air, ready

FLIP = 14


def flying(mode: int = ALT_HOLD) -> Bench:
    bench = in_air(30.0)
    assert bench.core.modes.set(mode, bench.now_ms).ok
    bench.run(1.0)
    return bench


def hold(bench: Bench, **sticks: float) -> None:
    bench.core.sticks.move(Sticks(**sticks), bench.now_ms)
    bench.run(0.02)


def angle(bench: Bench, field: int) -> float:
    return degrees(float(bench.vehicle.state.report[field]))


def flown(bench: Bench, field: int) -> list[float]:
    """The angle at each tick until another mode flies, degrees."""
    assert bench.core.modes.set(FLIP, bench.now_ms).ok
    seen = []
    while bench.core.modes.number == FLIP:
        bench.run(0.02)
        seen.append(angle(bench, field))
    return seen


@pytest.mark.parametrize(("stick", "way"), [(0.0, 1.0), (0.4, 1.0), (-0.4, -1.0)])
def test_it_rolls_once_round_and_is_level_in_the_mode_before(stick: float, way: float) -> None:
    bench = flying()
    hold(bench, roll=stick)
    begun = bench.now_ms
    seen = [way * roll for roll in flown(bench, R.TRUE_ROLL)]
    order = [next(at for at, roll in enumerate(seen) if abs(roll - mark) < 15.0) for mark in (45.0, 90.0, 170.0, -90.0)]
    assert order == sorted(order)
    assert bench.now_ms - begun < 2500
    assert bench.core.modes.number == ALT_HOLD
    hold(bench)
    bench.run(1.0)
    assert abs(angle(bench, R.TRUE_ROLL)) < 5.0
    assert height(bench) > 22.0
    assert not bench.events(ErrorLogged)


@pytest.mark.parametrize(("stick", "way"), [(-0.4, 1.0), (0.4, -1.0)])
def test_the_pitch_stick_flips_it_backwards_or_forwards(stick: float, way: float) -> None:
    bench = flying()
    hold(bench, pitch=stick)
    upright = [way * pitch for pitch in flown(bench, R.TRUE_PITCH)]
    assert max(upright) > 70.0
    assert min(upright) < -30.0
    hold(bench)
    bench.run(1.5)
    assert abs(angle(bench, R.TRUE_PITCH)) < 5.0
    assert abs(angle(bench, R.TRUE_ROLL)) < 5.0
    assert bench.core.facts.armed


def test_a_stick_held_far_over_ends_it() -> None:
    bench = flying()
    assert bench.core.modes.set(FLIP, bench.now_ms).ok
    bench.run(0.1)
    hold(bench, roll=1.0)
    bench.run(0.04)
    assert bench.core.modes.number == ALT_HOLD
    assert bench.events(ErrorLogged) == [ErrorLogged(13, 2)]  # ERR of the log: FLIP_ABANDONED


@pytest.mark.parametrize("mode", [LOITER, GUIDED])
def test_from_modes_that_fly_by_themselves_it_is_refused(mode: int) -> None:
    bench = flying(mode)
    assert not bench.core.modes.set(FLIP, bench.now_ms).ok
    assert bench.core.modes.number == mode


def test_on_the_ground_it_is_refused() -> None:
    bench = ready()
    assert bench.core.modes.set(ALT_HOLD, bench.now_ms).ok
    bench.arm()
    assert not bench.core.modes.set(FLIP, bench.now_ms).ok
    assert "Mode change to FLIP failed: not flying" in bench.texts


@pytest.mark.parametrize(("mode", "flips"), [(STABILIZE, False), (ALT_HOLD, True)])
def test_with_the_throttle_down_it_is_refused_where_that_is_no_thrust(mode: int, flips: bool) -> None:
    """ModeFlip::init: in STABILIZE and ACRO it would fall out of its turn."""
    bench = flying(mode)
    hold(bench, throttle=0.0)
    assert bench.core.modes.set(FLIP, bench.now_ms).ok is flips
    assert ("Mode change to FLIP failed: throttle is down" in bench.texts) is not flips


def test_the_switch_that_begins_it_may_be_released() -> None:
    """RCn_OPTION 2 on a button: it ended in the mode of the mode switch, upside down."""
    bench = flying()
    bench.core.mode_switch.read(1100.0, bench.now_ms)
    assert bench.core.modes.set(ALT_HOLD, bench.now_ms).ok
    bench.core.auxiliary.act(2, 2)
    bench.run(0.2)
    bench.core.auxiliary.act(2, 0)
    assert bench.core.modes.number == FLIP
    bench.run(2.5)
    assert bench.core.modes.number == ALT_HOLD
