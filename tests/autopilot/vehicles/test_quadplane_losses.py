"""Failsafes of a quadplane that depend on what carries it: its lift motors or its wings."""

from __future__ import annotations

import pytest

from autopilot.interface import report as R
from autopilot.interface.targets import TakeOff
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mav import Cmd, VtolState
from autopilot.vehicles.mode_table import PlaneMode
from tests.autopilot.vehicles.test_quadplane_decides import flying, lifted
from tests.fakes.core_bench import Bench, item, waypoint

M = PlaneMode


@pytest.mark.parametrize(("action", "then"), [(1, M.RTL), (2, M.RTL), (4, M.QLAND), (6, M.QLAND)])
def test_a_low_battery_in_a_hovering_mode_is_answered_by_its_own_action(action: int, then: PlaneMode) -> None:
    """ArduPlane's handle_battery_failsafe: RTL from QLOITER, too, which was QLAND; Q_OPTIONS are for losses."""
    bench = flying()
    bench.parameters.set("BATT_FS_LOW_ACT", float(action))
    bench.parameters.set("Q_OPTIONS", float(1 << 5))
    assert bench.core.modes.set(M.QLOITER, bench.now_ms).ok
    bench.vehicle.state.report[R.VTOL_STATE] = VtolState.MC
    bench.vehicle.raise_event(VehicleEvent.BATTERY_LOW)
    bench.run(0.5)
    assert bench.core.modes.number == then


@pytest.mark.parametrize(
    ("mode", "action", "then"),
    [
        (M.LOITER_ALT_QLAND, 1, M.LOITER_ALT_QLAND),
        (M.LOITER_ALT_QLAND, 2, M.LOITER_ALT_QLAND),
        (M.LOITER_ALT_QLAND, 4, M.QLAND),
        (M.QRTL, 1, M.QRTL),
        (M.QRTL, 4, M.QLAND),
        (M.QRTL, 6, M.QLAND),
        (M.QLAND, 6, M.QLAND),
    ],
)
def test_a_low_battery_on_the_way_down(mode: PlaneMode, action: int, then: PlaneMode) -> None:
    """A return does not end it, and QLAND and LOITER_ALT_QLAND come at once (ArduPlane's handle_battery_failsafe); RTL
    ended LOITER_ALT_QLAND, and QRTL flew on. From a mode of lift motors LOITER_ALT_QLAND is QLAND, on wings too."""
    bench = flying()
    bench.parameters.set("BATT_FS_LOW_ACT", float(action))
    assert bench.core.modes.set(mode, bench.now_ms).ok
    bench.run(1.0)
    bench.vehicle.raise_event(VehicleEvent.BATTERY_LOW)
    bench.run(1.0)
    assert bench.core.modes.number == then


def test_a_low_battery_lands_it_where_it_is_although_a_mission_lands_it() -> None:
    """BATT_FS_LOW_ACT 4 on the approach to NAV_VTOL_LAND: QLAND."""
    bench = flying()
    bench.parameters.set("BATT_FS_LOW_ACT", 4.0)
    bench.upload([item(Cmd.NAV_VTOL_TAKEOFF, up=40.0), item(Cmd.NAV_VTOL_LAND, 3000.0)])
    bench.core.auto.go_on_at(2)
    assert bench.core.modes.set(M.AUTO, bench.now_ms).ok
    bench.run(1.0)
    assert bench.core.modes.mode.is_landing
    bench.vehicle.raise_event(VehicleEvent.BATTERY_LOW)
    bench.run(1.0)
    assert bench.core.modes.number == M.QLAND


@pytest.mark.parametrize("long_action", [0.0, 1.0])
def test_a_lasting_loss_in_an_upright_takeoff_of_a_mission_lands(long_action: float) -> None:
    """ArduPlane's failsafe_long_on_event: QLAND whatever FS_LONG_ACTN is; the mission went on, or RTL came."""
    bench = Bench("quadplane", parameters={"FS_LONG_ACTN": long_action, "FS_LONG_TIMEOUT": 2.0})
    bench.upload([item(Cmd.NAV_VTOL_TAKEOFF, up=60.0), waypoint(600.0, 0.0, 60.0), item(Cmd.NAV_VTOL_LAND)])
    bench.arm()
    assert bench.core.modes.set(M.AUTO, bench.now_ms).ok
    bench.run(2.0)
    assert isinstance(bench.vehicle.target, TakeOff)
    bench.core.failsafes.sticks_silent(bench.now_ms)
    assert bench.core.modes.number == M.AUTO
    bench.run(2.5)
    assert bench.core.modes.number == M.QLAND
    assert "RC Long Failsafe On: QLAND" in bench.texts


@pytest.mark.parametrize(("mode", "then"), [(M.QLOITER, M.QHOVER), (M.GUIDED, M.QLAND), (M.QRTL, M.QLAND)])
def test_a_hover_without_a_position_stays_upright(mode: PlaneMode, then: PlaneMode) -> None:
    """ArduPlane's failsafe_ekf_event; GUIDED and QRTL went to CIRCLE, on wings, and QLOITER came down."""
    bench = lifted()
    bench.run(60.0)
    bench.vehicle.state.report[R.VTOL_STATE] = VtolState.MC
    assert bench.core.modes.set(mode, bench.now_ms).ok
    bench.vehicle.raise_event(VehicleEvent.ESTIMATOR_FAILED)
    bench.run(0.1)
    assert bench.core.modes.number == then
