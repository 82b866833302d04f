"""A quadplane takes off and lands upright, in missions, by command and in its Q modes, and is on wings between."""

from __future__ import annotations

import pytest

from autopilot.interface.targets import Circle, Land, Leg, Pilot, PilotKind, TakeOff
from autopilot.mav import Cmd
from autopilot.vehicles.mode_table import PlaneMode
from tests.fakes.core_bench import Bench, item, waypoint

M = PlaneMode


def flying() -> Bench:
    bench = Bench("quadplane")
    assert bench.core.modes.set(M.GUIDED, bench.now_ms).ok
    bench.arm()
    assert bench.core.commands.takeoff(40.0).ok
    lift = bench.vehicle.target
    assert isinstance(lift, TakeOff) and lift.pitch is None
    bench.run(60.0, lambda: isinstance(bench.vehicle.target, Circle))
    return bench


@pytest.mark.parametrize(("up", "down"), [(Cmd.NAV_VTOL_TAKEOFF, Cmd.NAV_VTOL_LAND), (Cmd.NAV_TAKEOFF, Cmd.NAV_LAND)])
def test_a_mission_goes_up_and_down_upright(up: int, down: int) -> None:
    """NAV_TAKEOFF and NAV_LAND too, as with Q_OPTIONS 0."""
    bench = Bench("quadplane")
    bench.upload([item(up, up=30.0), waypoint(400.0, 0.0, 60.0), item(down, 0.0, 300.0)])
    assert bench.core.modes.set(M.AUTO, bench.now_ms).ok
    bench.arm()
    bench.run(200.0, lambda: not bench.core.facts.armed)
    lift, leg, land = bench.vehicle.targets[-4:-1]
    assert isinstance(lift, TakeOff) and lift.pitch is None and lift.down == pytest.approx(-30.0)
    assert isinstance(leg, Leg)
    assert isinstance(land, Land) and land.approach is None and land.position == pytest.approx((0.0, 300.0), abs=1.0)
    assert not bench.core.facts.armed, "the motors stop with the landing"


@pytest.mark.parametrize(("mode", "place"), [(M.QLAND, None), (M.QRTL, (0.0, 0.0))])
def test_modes_that_land_it(mode: PlaneMode, place: tuple[float, float] | None) -> None:
    bench = flying()
    assert bench.core.modes.set(mode, bench.now_ms).ok
    land = bench.vehicle.target
    assert isinstance(land, Land) and land.position == place and land.approach is None
    bench.run(200.0, lambda: not bench.core.facts.armed)
    assert not bench.core.facts.armed


def test_it_circles_down_before_it_lands() -> None:
    bench = flying()
    assert bench.core.modes.set(M.LOITER_ALT_QLAND, bench.now_ms).ok
    circle = bench.vehicle.target
    assert isinstance(circle, Circle) and circle.at_height and circle.center[2] == pytest.approx(-15.0, abs=0.1)
    bench.run(100.0, lambda: isinstance(bench.vehicle.target, Land))
    assert isinstance(bench.vehicle.target, Land)


@pytest.mark.parametrize(
    ("mode", "kind"), [(M.QSTABILIZE, PilotKind.HOVER), (M.QHOVER, PilotKind.ALT_HOLD), (M.QLOITER, PilotKind.LOITER)]
)
def test_a_loss_in_a_hovering_mode_lands_it(mode: PlaneMode, kind: PilotKind) -> None:
    bench = flying()
    assert bench.core.modes.set(mode, bench.now_ms).ok
    assert bench.vehicle.target == Pilot(kind)
    bench.parameters.set("FS_SHORT_ACTN", 1.0)
    bench.core.failsafes.sticks_silent(bench.now_ms)
    bench.run(1.0)
    assert bench.core.modes.number == M.QLAND


@pytest.mark.parametrize(("by", "down"), [(1.0, -100.0), (2.0, -15.0), (3.0, None)])
def test_a_return_goes_over_to_the_lift_motors(by: float, down: float | None) -> None:
    """Q_RTL_MODE: over home, circled down there, or at once; 0 circles on."""
    bench = flying()
    bench.parameters.set("Q_RTL_MODE", by)
    assert bench.core.modes.set(M.RTL, bench.now_ms).ok
    circle = bench.vehicle.target
    if down is not None:
        assert isinstance(circle, Circle) and circle.center[2] == pytest.approx(down, abs=0.1)
    bench.run(100.0, lambda: bench.core.modes.number == M.QRTL)
    assert bench.core.modes.number == M.QRTL
    assert isinstance(bench.vehicle.target, Land)


@pytest.mark.parametrize("height", [60.0, 20.0])
def test_it_hovers_over_a_place_of_guided(height: float) -> None:
    """Q_GUIDED_MODE 1: there on wings, then up or down upright, and it stays; without, it circles."""
    bench = flying()
    guided = bench.core.guided.flight
    guided.go_to((300.0, 0.0, -height))
    assert isinstance(bench.vehicle.target, Circle)
    bench.parameters.set("Q_GUIDED_MODE", 1.0)
    guided.go_to((300.0, 0.0, -height))
    assert bench.vehicle.target == Land((300.0, 0.0), sink=0.0)
    bench.run(2.0)
    guided.pause()
    assert isinstance(bench.vehicle.target, Circle)
    bench.run(2.0)
    assert isinstance(bench.vehicle.target, Circle)
    guided.resume()
    bench.run(120.0, lambda: abs(bench.vehicle.state.position[2] + height) <= 0.5)
    bench.run(20.0)
    assert bench.vehicle.target == Land((300.0, 0.0), sink=0.0)
    assert bench.vehicle.state.position == pytest.approx((300.0, 0.0, -height), abs=1.0)
    guided.go_to((0.0, 0.0, -height))
    assert bench.vehicle.target == Land((0.0, 0.0), sink=0.0)
    guided.take_off(-80.0)
    bench.run(60.0, lambda: isinstance(bench.vehicle.target, Circle))
    assert isinstance(bench.vehicle.target, Circle), "what follows is not moved by the hover from before"


def test_it_has_no_autoland_and_no_takeoff_mode() -> None:
    bench = flying()
    assert not bench.core.modes.set(M.AUTOLAND, bench.now_ms).ok
    assert not bench.core.modes.set(M.TAKEOFF, bench.now_ms).ok
