"""A quadplane whose transition fails, and one that hovers in more wind than it can hold, on the simulator."""

from __future__ import annotations

import pytest

from autopilot.mav import Cmd, VtolState
from autopilot.vehicles.mode_table import PlaneMode
from tests.autopilot.vehicles.test_quadplane_upright import away, height, landed, mission, speed, standing, state
from tests.fakes.core_bench import Bench, item, waypoint

M = PlaneMode
BLOCKED = {"SIM_ARSPD_FAIL": 1.0}
"""The tube shows 1 m/s, however fast it is."""


# --- a transition without airspeed ------------------------------------------------------------------------------------
def legs(bench: Bench) -> None:
    """Straight up, and 900 m out on its wings."""
    mission(bench, item(Cmd.NAV_VTOL_TAKEOFF, up=40.0), waypoint(900.0, 0.0, 60.0), waypoint(900.0, 900.0, 60.0))


def until_it_fails(bench: Bench, limit_s: float = 60.0) -> None:
    bench.run(limit_s, lambda: any("Transition failed" in text for text in bench.texts))


@pytest.mark.parametrize(("act", "mode"), [(0.0, M.QLAND), (1.0, M.QRTL)])
def test_without_airspeed_it_comes_back_on_its_lift_motors_and_lands(act: float, mode: PlaneMode) -> None:
    """As ArduPlane (SLT_Transition::update): upright at once, also for the way home, however far that is."""
    bench = standing(BLOCKED | {"Q_TRANS_FAIL": 10.0, "Q_TRANS_FAIL_ACT": act})
    legs(bench)
    until_it_fails(bench)
    assert bench.core.modes.number == mode
    out = away(bench)
    assert out > 100.0 and state(bench) == VtolState.TRANSITION_TO_FW
    seen, low, fast = set(), height(bench), 0.0
    bench.run(20.0)
    while bench.core.facts.armed and bench.now_ms < 600_000:
        bench.run(1.0)
        seen.add(state(bench))
        fast = max(fast, speed(bench))
        low = min(low, height(bench)) if away(bench) > 20.0 and act else low
    assert not bench.core.facts.armed and bench.core.facts.landed
    assert seen <= {VtolState.MC}, "never to its wings again"
    assert fast < 10.0, "at the speed of a hover"
    if act:
        assert away(bench) < 2.0 and low > 10.0
    else:
        assert out < away(bench) < out + 150.0


def test_behind_a_transition_that_failed_the_next_flight_has_its_wings() -> None:
    bench = standing(BLOCKED | {"Q_TRANS_FAIL": 10.0})
    legs(bench)
    until_it_fails(bench)
    assert landed(bench)
    bench.parameters.set("SIM_ARSPD_FAIL", 0.0)
    assert bench.core.modes.set(M.GUIDED, bench.now_ms).ok
    bench.arm()
    assert bench.core.commands.takeoff(30.0).ok
    bench.run(40.0, lambda: height(bench) > 29.0)
    bench.core.guided.flight.go_to((0.0, 600.0, -40.0))
    bench.run(30.0)
    assert state(bench) == VtolState.FW


def test_without_a_limit_it_flies_on_helped_by_its_lift_motors() -> None:
    """Q_TRANS_FAIL 0: the way is flown, and hovered down at its end, at whatever speed its pusher gives."""
    bench = standing(BLOCKED)
    mission(bench, item(Cmd.NAV_VTOL_TAKEOFF, up=40.0), waypoint(900.0, 0.0, 60.0), item(Cmd.NAV_VTOL_LAND))
    bench.run(60.0, lambda: bench.vehicle.state.position[0] > 850.0)
    assert state(bench) == VtolState.TRANSITION_TO_FW and bench.core.modes.number == M.AUTO
    assert landed(bench, 400.0)
