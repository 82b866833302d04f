"""A quadplane whose transition fails, and one that hovers in more wind than it can hold, on the simulator."""

from __future__ import annotations

from math import degrees

import pytest

from autopilot.interface import report as R
from autopilot.interface.targets import Sticks
from autopilot.mav import Cmd, VtolState
from autopilot.vehicles.mode_table import PlaneMode
from tests.autopilot.vehicles.test_quadplane_upright import away, height, landed, mission, speed, standing, state, up
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
    bench.run(40.0)
    assert bench.vehicle.state.position[0] > 300.0
    assert state(bench) == VtolState.TRANSITION_TO_FW and bench.core.modes.number == M.AUTO
    assert landed(bench, 400.0)


# --- wind -------------------------------------------------------------------------------------------------------------
def blown(wind: float, wind_from: float, parameters: dict[str, float], seconds: float = 40.0) -> Bench:
    """Hovering in QLOITER at 40 m with its nose north, in wind that begins then."""
    bench = up(parameters, 40.0)
    bench.vehicle.set_sticks(Sticks(throttle=0.5))
    bench.parameters.set("SIM_WIND_DIR", wind_from)
    bench.parameters.set("SIM_WIND_SPD", wind)
    bench.run(seconds)
    return bench


def lean(bench: Bench) -> float:
    vector = bench.vehicle.state.report
    return max(abs(degrees(vector[R.PITCH])), abs(degrees(vector[R.ROLL])))


@pytest.mark.parametrize(("wind", "wind_from"), [(8.0, 0.0), (8.0, 90.0), (8.0, 180.0), (12.0, 0.0)])
def test_it_holds_its_place_in_wind_that_its_lean_can_hold(wind: float, wind_from: float) -> None:
    bench = blown(wind, wind_from, {})
    assert away(bench) < 2.0 and abs(height(bench) - 40.0) < 1.5 and lean(bench) < 29.0


def test_in_more_wind_from_behind_it_drifts_at_its_greatest_lean() -> None:
    """It goes with the wind, upright and at its height, and no farther over than Q_ANGLE_MAX."""
    bench = blown(12.0, 180.0, {})
    assert 40.0 < away(bench) < 120.0 and abs(height(bench) - 40.0) < 3.0
    assert 28.0 < lean(bench) < 31.5
    assert state(bench) == VtolState.MC and bench.core.modes.number == M.QLOITER


def test_with_less_lean_it_holds_less() -> None:
    """Q_ANGLE_MAX 15: wind that takes 26 degrees carries it away."""
    bench = blown(8.0, 180.0, {"Q_ANGLE_MAX": 1500.0})
    assert away(bench) > 10.0 and lean(bench) < 16.5


def test_with_its_nose_in_the_wind_it_holds_what_it_cannot_from_behind() -> None:
    """Q_WVANE_GAIN: it turns before it is carried away, and stays where it was."""
    bench = blown(12.0, 150.0, {"Q_WVANE_GAIN": 3.0, "Q_WVANE_ENABLE": 1.0})
    assert abs(degrees(bench.vehicle.state.yaw) - 150.0) < 12.0
    assert away(bench) < 2.0 and abs(height(bench) - 40.0) < 2.0
    assert away(blown(12.0, 150.0, {})) > 50.0
