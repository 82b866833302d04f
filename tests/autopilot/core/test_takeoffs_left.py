"""A takeoff in AUTO that is left for another mode before anything has lifted off (ArduPlane's suppress_throttle)."""

from __future__ import annotations

import pytest

from autopilot.interface import report as R
from autopilot.mav import Cmd
from autopilot.vehicles.mode_table import PlaneMode as M
from sitl.vehicles.kinds import make_simulated
from tests.fakes.core_bench import Bench, item, waypoint
from tests.fakes.fake_vehicle import ORIGIN


def rolling(speed: float) -> Bench:
    """A plane in AUTO that has come to so many m/s on its wheels."""
    bench = Bench("plane", vehicle=make_simulated("plane", ORIGIN, 0.0, 7))
    bench.run(10.0)
    bench.upload([item(Cmd.NAV_TAKEOFF, up=60.0, param1=12.0), waypoint(500.0, 0.0, 80.0)])
    assert bench.core.modes.set(M.AUTO, bench.now_ms).ok
    assert bench.core.arming.arm(bench.now_ms).ok
    while bench.vehicle.state.report[R.VN] < speed:
        bench.run(0.02)
    assert not bench.core.facts.landed
    assert bench.vehicle.state.report[R.TRUE_CONTACT] == 1.0
    return bench


@pytest.mark.parametrize("mode", [M.GUIDED, M.RTL, M.CIRCLE, M.CRUISE])
def test_slower_than_5_mps_it_stands_on_the_ground(mode: M) -> None:
    """It rolls out with its throttle closed, has landed, is disarmed as any, and takes off once more."""
    bench = rolling(3.0)
    assert bench.core.modes.set(mode, bench.now_ms).ok
    bench.run(10.0)
    report = bench.vehicle.state.report
    assert bench.core.facts.landed
    assert (report[R.THROTTLE], report[R.TRUE_CONTACT]) == (0.0, 1.0)
    assert bench.core.modes.set(M.AUTO, bench.now_ms).ok
    bench.run(20.0)
    assert -bench.vehicle.state.report[R.TRUE_D] > 40.0


def test_slower_than_5_mps_it_may_be_disarmed() -> None:
    bench = rolling(3.0)
    assert bench.core.modes.set(M.GUIDED, bench.now_ms).ok
    bench.run(10.0)
    assert bench.core.arming.disarm(bench.now_ms).ok
    assert not bench.core.facts.armed


@pytest.mark.parametrize(("mode", "slowest"), [(M.GUIDED, 10.0), (M.CIRCLE, 10.0), (M.CRUISE, 10.0), (M.RTL, 15.0)])
def test_faster_it_flies_as_the_mode_wants(mode: M, slowest: float) -> None:
    """RTL climbs home; the others keep the height that they were chosen at, which is that of the ground."""
    bench = rolling(8.0)
    assert bench.core.modes.set(mode, bench.now_ms).ok
    bench.run(30.0)
    report = bench.vehicle.state.report
    assert report[R.TRUE_AIR_SPEED] > slowest
    assert report[R.THROTTLE] > 0.3
    assert bool(-report[R.TRUE_D] > 60.0) is (mode is M.RTL)


def test_a_quadplane_that_has_spun_up_goes_on_to_its_wings() -> None:
    """Between the ground and its liftoff: not at full throttle on its legs, as one that flies."""
    bench = Bench("quadplane", vehicle=make_simulated("quadplane", ORIGIN, 0.0, 7))
    bench.run(10.0)
    bench.upload([item(Cmd.NAV_VTOL_TAKEOFF, up=60.0), waypoint(500.0, 0.0, 80.0)])
    assert bench.core.modes.set(M.AUTO, bench.now_ms).ok
    assert bench.core.arming.arm(bench.now_ms).ok
    while bench.vehicle.state.report[R.DOWN] > -0.2:
        bench.run(0.02)
    assert bench.core.modes.set(M.RTL, bench.now_ms).ok
    bench.run(30.0)
    report = bench.vehicle.state.report
    assert -report[R.TRUE_D] > 50.0
    assert report[R.TRUE_AIR_SPEED] > 15.0
