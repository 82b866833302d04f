"""GUIDED of a rover: places, speeds along a heading or with a turn rate, and what it says of them."""

from __future__ import annotations

from math import pi

import pytest

from autopilot.context.events import GuidedTargetReached, StatusText
from autopilot.interface.targets import Drive, Hold, Leg, Yaw, YawMode
from autopilot.mav import Result
from tests.fakes.core_bench import Bench

HOLD, LOITER, RTL, GUIDED = 4, 5, 11, 15
ENDS = "target not received last 3secs, stopping"


def guided(*, by_tick: bool = False, **parameters: float) -> Bench:
    bench = Bench("rover", by_tick=by_tick, parameters=parameters)
    bench.core.modes.set(GUIDED, bench.now_ms)
    bench.core.arming.arm(bench.now_ms)
    return bench


def test_it_does_not_take_off_or_land() -> None:
    bench = guided()
    assert bench.core.commands.takeoff(10.0).result is Result.UNSUPPORTED
    assert bench.core.commands.land(bench.now_ms).result is Result.UNSUPPORTED


def test_a_velocity_is_a_heading_and_a_speed() -> None:
    bench = guided()
    bench.core.commands.guided_target(velocity=(0.0, 2.0, 0.0))
    assert bench.vehicle.target == Drive(2.0, pi / 2.0, None, 3000)
    bench.core.commands.guided_target(velocity=(1.0, 0.0, 0.0), yaw=Yaw(YawMode.RATE, rate=0.3))
    assert bench.vehicle.target.turn_rate == 0.3


@pytest.mark.parametrize("rate", [None, 0.4])
def test_an_attitude_is_a_share_of_wp_speed(rate: float | None) -> None:
    """SET_ATTITUDE_TARGET: thrust -1 .. 1, whatever speed was asked for otherwise."""
    bench = guided(WP_SPEED=6.0)
    assert bench.core.commands.guided_attitude(roll=0, pitch=0, yaw=1.0, yaw_rate=rate, thrust=-0.5).ok
    assert bench.vehicle.target == Drive(-3.0, 1.0, rate, 3000)


def test_a_place_that_is_reached_is_told_once() -> None:
    """As MISSION_ITEM_REACHED 0 (docs/reference/real-vehicles.md, 2); each new place again."""
    bench = guided()
    for goal in ((20.0, 0.0, 0.0), (0.0, 0.0, 0.0)):
        bench.core.commands.guided_target(position=goal)
        bench.run(40.0)
    assert len(bench.events(GuidedTargetReached)) == 2


def test_a_place_that_was_left_is_not_told_when_guided_begins_anew() -> None:
    """Stopping there is no arrival."""
    bench = guided()
    bench.core.commands.guided_target(position=(20.0, 0.0, 0.0))
    bench.run(3.0)
    for mode in (HOLD, GUIDED):
        assert bench.core.modes.set(mode, bench.now_ms).ok
        bench.run(10.0)
    assert not bench.events(GuidedTargetReached)


@pytest.mark.parametrize("by_tick", [False, True])
def test_a_speed_that_is_not_renewed_ends_with_a_text(by_tick: bool) -> None:
    """After 3 s, once; one that is renewed goes on in silence."""
    bench = guided(by_tick=by_tick)
    for _ in range(5):
        bench.core.commands.guided_target(velocity=(0.0, 2.0, 0.0))
        bench.run(2.0)
    assert ENDS not in bench.texts
    bench.run(1.0)
    assert ENDS not in bench.texts
    bench.run(0.1)
    bench.run(5.0)
    assert [int(e.severity) for e in bench.events(StatusText) if e.text == ENDS] == [4]


def test_a_place_never_ends_nor_does_a_speed_that_was_left() -> None:
    bench = guided()
    bench.core.commands.guided_target(velocity=(0.0, 2.0, 0.0))
    bench.core.commands.guided_target(position=(300.0, 0.0, 0.0))
    bench.run(5.0)
    bench.core.commands.guided_target(velocity=(0.0, 2.0, 0.0))
    bench.core.mission_commands.pause()
    bench.run(5.0)
    assert ENDS not in bench.texts


def test_another_speed_is_taken_on_the_way_to_a_place_only() -> None:
    """DO_CHANGE_SPEED: climb and descent DENIED; standing, driving a speed, or without an autopilot FAILED."""
    bench = guided()
    assert bench.core.commands.change_speed(1, 4.0).result is Result.FAILED
    bench.core.commands.guided_target(velocity=(0.0, 2.0, 0.0))
    assert bench.core.commands.change_speed(1, 4.0).result is Result.FAILED
    bench.core.commands.guided_target(position=(60.0, 0.0, 0.0))
    assert bench.core.commands.change_speed(1, 4.0).ok
    assert bench.vehicle.speeds.ground == 4.0
    assert bench.core.commands.change_speed(1, -1.0).result is Result.FAILED
    assert bench.core.commands.change_speed(2, 4.0).result is Result.DENIED
    for mode, taken in ((RTL, True), (LOITER, False), (HOLD, False)):
        bench.core.modes.set(mode, bench.now_ms)
        assert bench.core.commands.change_speed(0, 3.0).ok is taken


def test_driving_backwards_turns_the_target_round() -> None:
    bench = guided()
    bench.core.commands.guided_target(position=(60.0, 0.0, 0.0))
    assert bench.core.commands.set_reverse(True).ok
    assert isinstance(bench.vehicle.target, Leg)
    assert bench.vehicle.target.backwards
    assert Bench().core.commands.set_reverse(True).result is Result.UNSUPPORTED


def test_a_pause_stops_and_goes_on_with_the_same_target() -> None:
    bench = guided()
    bench.core.commands.guided_target(position=(60.0, 0.0, 0.0))
    assert bench.core.mission_commands.pause().ok
    assert isinstance(bench.vehicle.target, Hold)
    assert bench.core.commands.set_reverse(True).ok
    assert bench.core.mission_commands.resume().ok
    assert isinstance(bench.vehicle.target, Leg) and bench.vehicle.target.backwards
