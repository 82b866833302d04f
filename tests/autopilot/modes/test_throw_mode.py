"""THROW on the simulated copter: thrown up, or carried up and dropped (SIM_SHOVE_), and caught by its motors."""

from __future__ import annotations

import pytest

from autopilot.interface import report as R
from tests.fakes.core_bench import Bench, takeoff
from tests.fakes.sim_copter import RTL, climb, ground_speed, height, in_air, ready, to_the_end

THROW = 18
SAID = (
    "waiting for throw",
    "throw detected - spooling motors",
    "throttle is unlimited - uprighting",
    "uprighted - controlling height",
    "height achieved - controlling position",
)


def in_a_hand(**parameters: float) -> Bench:
    bench = ready(**parameters)
    assert bench.core.modes.set(THROW, bench.now_ms).ok
    bench.arm()
    return bench


def pushed(bench: Bench, ms: float) -> None:
    bench.parameters.set("SIM_SHOVE_TIME", ms)
    bench.run(0.001 * ms)


def rotors(bench: Bench) -> float:
    return float(bench.vehicle.state.report[R.SERVO_1])


def test_thrown_up_it_is_caught_above_and_stays_there() -> None:
    bench = in_a_hand(SIM_SHOVE_X=-20, SIM_SHOVE_Z=-30)
    bench.run(15.0)
    assert bench.core.facts.armed
    assert rotors(bench) == 1000.0
    pushed(bench, 500)
    bench.run(12.0)
    assert [text for text in bench.texts if text in SAID] == list(SAID)
    assert ground_speed(bench) < 0.5
    assert abs(climb(bench)) < 0.3
    assert height(bench) > 5.0
    assert bench.core.modes.number == THROW


def test_another_mode_follows_and_brings_it_down() -> None:
    bench = in_a_hand(SIM_SHOVE_Z=-30, THROW_NEXTMODE=RTL, RTL_LOIT_TIME=0)
    pushed(bench, 400)
    bench.run(15.0, lambda: bench.core.modes.number == RTL)
    assert bench.core.modes.number == RTL
    to_the_end(bench)
    assert height(bench) < 0.2


def test_dropped_it_is_caught_below() -> None:
    bench = in_a_hand(SIM_SHOVE_Z=-14, THROW_TYPE=1)
    pushed(bench, 6000)
    assert SAID[1] not in bench.texts
    bench.run(10.0, lambda: SAID[1] in bench.texts)
    assert climb(bench) < -2.5
    dropped = height(bench)
    bench.run(20.0)
    assert bench.texts[-1] == SAID[-1]
    assert 10.0 < height(bench) < dropped
    assert abs(climb(bench)) < 0.3


def test_a_drop_is_no_throw_and_too_low_is_none() -> None:
    bench = in_a_hand(SIM_SHOVE_Z=-30, THROW_ALT_MIN=100)
    pushed(bench, 300)
    bench.run(4.0)
    assert SAID[1] not in bench.texts


def test_motors_may_turn_before() -> None:
    bench = in_a_hand(THROW_MOT_START=1)
    bench.run(1.0)
    assert rotors(bench) > 1000.0
    assert height(bench) < 0.1


def test_it_is_not_entered_with_motors_that_run() -> None:
    bench = in_air(10.0)
    assert not bench.core.modes.set(THROW, bench.now_ms).ok
    assert "Mode change to THROW failed: vehicle is armed" in bench.texts


@pytest.mark.parametrize("mode", [0, 18])
def test_only_the_modes_of_the_list_follow(mode: int) -> None:
    bench = in_a_hand(SIM_SHOVE_Z=-30, THROW_NEXTMODE=mode)
    bench.upload([takeoff()])
    pushed(bench, 400)
    bench.run(12.0)
    assert bench.core.modes.number == THROW
