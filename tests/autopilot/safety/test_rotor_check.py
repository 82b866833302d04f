"""A copter whose motors do not tell the speed that its parameters want stays on the ground, and says why."""

from __future__ import annotations

import pytest

from autopilot.interface.targets import Sticks
from autopilot.modes.auxiliary import HIGH, LOW, MOTOR_STOP
from tests.fakes.core_bench import Bench
from tests.fakes.sim_copter import height, in_air, ready

STABILIZE = 0
OUT_OF_RANGE = "Takeoff blocked: ESC RPM out of range"


def lifted(seconds: float = 8.0, **parameters: float) -> Bench:
    """A copter that was armed and given full throttle so many seconds ago."""
    bench = ready(DISARM_DELAY=0, RC_OVERRIDE_TIME=100, **parameters)
    assert bench.core.modes.set(STABILIZE, bench.now_ms).ok
    bench.arm()
    bench.core.sticks.move(Sticks(throttle=0.7), bench.now_ms)
    bench.run(seconds)
    return bench


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        ({"TKOFF_RPM_MIN": 1000, "SIM_ESC_ARM_RPM": 500}, OUT_OF_RANGE),
        ({"TKOFF_RPM_MIN": 1, "TKOFF_RPM_MAX": 3}, OUT_OF_RANGE),
        ({"TKOFF_RPM_MIN": 500, "SIM_ESC_TELEM": 0}, "Takeoff blocked: waiting for ESC RPM"),
    ],
)
def test_a_copter_stays_down_and_says_why_every_five_seconds(parameters: dict[str, float], why: str) -> None:
    bench = lifted(11.0, **parameters)
    assert height(bench) < 0.1
    assert bench.core.facts.armed
    assert [text for text in bench.texts if text.startswith("Takeoff")] == [why] * 2


@pytest.mark.parametrize(
    "parameters", [{"TKOFF_RPM_MIN": 500, "TKOFF_RPM_MAX": 3000}, {"TKOFF_RPM_MAX": 3}, {"SIM_ESC_TELEM": 0}]
)
def test_a_copter_whose_motors_turn_as_they_should_or_that_checks_none_takes_off(parameters: dict[str, float]) -> None:
    bench = lifted(**parameters)
    assert height(bench) > 2.0
    assert not any(text.startswith("Takeoff") for text in bench.texts)


def test_nothing_is_checked_once_it_is_disarmed() -> None:
    bench = lifted(3.0, TKOFF_RPM_MIN=500, SIM_ESC_ARM_RPM=100)
    assert bench.core.arming.disarm(bench.now_ms).ok
    bench.run(6.0)
    assert not any(text.startswith("Takeoff") for text in bench.texts)


def test_motors_that_come_to_their_speed_later_lift_then() -> None:
    bench = lifted(3.0, TKOFF_RPM_MIN=500, SIM_ESC_ARM_RPM=100)
    assert height(bench) < 0.1
    before = bench.updates
    bench.run(2.0)
    assert 20 <= bench.updates - before <= 30  # it looks ten times a second, not at each tick
    bench.vehicle.set_parameter("SIM_ESC_ARM_RPM", 600.0)
    bench.run(5.0)
    assert height(bench) > 2.0


@pytest.mark.parametrize("failure", [{"SIM_ESC_TELEM": 0}, {"TKOFF_RPM_MAX": 3}])
def test_they_lift_when_the_check_is_switched_off(failure: dict[str, float]) -> None:
    """It held them until they were disarmed."""
    bench = lifted(3.0, TKOFF_RPM_MIN=1, **failure)
    assert height(bench) < 0.1
    bench.parameters.set("TKOFF_RPM_MIN", 0.0)
    bench.run(5.0)
    assert height(bench) > 2.0


def test_after_a_stop_they_are_checked_no_more_until_they_are_armed_again() -> None:
    bench = lifted(0.5, TKOFF_RPM_MIN=500)
    bench.core.auxiliary.act(MOTOR_STOP, HIGH)
    bench.run(1.0)
    bench.vehicle.set_parameter("SIM_ESC_ARM_RPM", 100.0)
    bench.core.auxiliary.act(MOTOR_STOP, LOW)
    bench.run(8.0)
    assert height(bench) > 2.0


def test_in_the_air_nothing_is_checked() -> None:
    bench = in_air(10.0, TKOFF_RPM_MIN=500)
    bench.vehicle.set_parameter("SIM_ESC_TELEM", 0.0)
    bench.run(5.0)
    assert height(bench) > 5.0
