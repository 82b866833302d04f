"""A PX4 multicopter behind Sortie, as far as the stand-in goes: its mode encoding, reposition, OFFBOARD."""

from __future__ import annotations

import pytest

from autopilot.modes.table import CopterMode
from autopilot.targets import Hold, Velocity
from tests.fakes.controller_bench import ControllerBench
from tests.fakes.controller_flight import SQUARE, MakeBench, landed, reached
from tests.stand_in.px4 import Px4StandIn

SET_MODE, ARM, MISSION_START, RTL = 176, 400, 300, 20
MISSION, HOLD, RETURN, POSCTL = 4 << 16 | 4 << 24, 4 << 16 | 3 << 24, 4 << 16 | 5 << 24, 3 << 16


@pytest.fixture
def bench(make_bench: MakeBench) -> ControllerBench:
    return make_bench(controller=Px4StandIn())


def px4(bench: ControllerBench) -> Px4StandIn:
    assert isinstance(bench.controller, Px4StandIn)
    return bench.controller


def start(bench: ControllerBench) -> None:
    ground = bench.ground()
    bench.ready()
    bench.upload(SQUARE)
    ground.command(SET_MODE, 1, 4, 4)
    bench.run_until(lambda: bool(ground.acks(SET_MODE)), 5.0)
    ground.command(ARM, 1)
    bench.run_until(lambda: bool(ground.acks(ARM)), 15.0)
    ground.command(MISSION_START)
    bench.run_until(lambda: reached(bench) == [1], 60.0)


def test_the_mission_is_flown_by_repositions(bench: ControllerBench) -> None:
    """Every item is reached, shown as PX4's AUTO.MISSION while the vehicle is in Hold."""
    start(bench)
    bench.run(1.0)
    assert bench.grounds[0].mode == MISSION
    assert px4(bench).custom_mode == HOLD
    bench.run_until(lambda: landed(bench))
    assert reached(bench) == [1, 2, 3, 4, 5, 6]
    assert px4(bench).repositions >= 4


def test_a_return_of_a_station_is_px4s_own(bench: ControllerBench) -> None:
    """The true mode, AUTO.RTL, is shown and the mission does not go on."""
    start(bench)
    bench.grounds[0].command(RTL)
    bench.run_until(lambda: bench.grounds[0].mode == RETURN, 3.0)
    assert not bench.vehicle.commanded


def test_velocities_are_streamed_and_offboard_is_entered(bench: ControllerBench) -> None:
    """A velocity is flown in OFFBOARD; when it ends, the vehicle stops in Hold, by a reposition."""
    start(bench)
    bench.autopilot.set_mode(CopterMode.GUIDED, bench.service.now_ms)
    bench.run(3.0)
    for _ in range(3):  # renewed, as who steers by velocities does
        bench.vehicle.set_target(Velocity((3.0, 0.0, 0.0)))
        bench.run(0.6)
    assert px4(bench).offboard
    bench.vehicle.set_target(Velocity((3.0, 0.0, 0.0), timeout_ms=20_000))
    begin = bench.controller.position
    bench.run(6.0)
    assert px4(bench).offboard, "it is streamed all the time"
    assert 12.0 < bench.controller.position[0] - begin[0] < 20.0
    bench.vehicle.set_target(Hold(None))
    bench.run(6.0)
    assert not px4(bench).offboard and px4(bench).custom_mode == HOLD
    assert bench.controller.ground_speed < 0.3
    assert bench.vehicle.commanded


def test_offboard_that_is_lost_is_a_takeover(bench: ControllerBench) -> None:
    """The companion falls silent: PX4 leaves OFFBOARD for POSCTL, which is seen when the link is back."""
    start(bench)
    bench.autopilot.set_mode(CopterMode.GUIDED, bench.service.now_ms)
    bench.run(3.0)
    bench.vehicle.set_target(Velocity((3.0, 0.0, 0.0)))
    bench.run_until(lambda: px4(bench).offboard, 4.0)
    bench.plugged = False
    bench.run(6.0)
    bench.plugged = True
    bench.run(2.0)
    assert bench.grounds[0].mode == POSCTL
    assert not bench.vehicle.commanded
