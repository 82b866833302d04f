"""A hover that the pusher helps against wind from ahead (Q_FWD_THR_USE, ArduPilot's FwdThrInVTOL)."""

from __future__ import annotations

from math import degrees, hypot

import pytest

from autopilot.interface import report as R
from autopilot.interface.targets import Sticks
from autopilot.vehicles.mode_table import PlaneMode
from tests.autopilot.vehicles.test_quadplane_upright import height, landed, up
from tests.fakes.core_bench import Bench

PUSHED = {"Q_FWD_THR_USE": 1.0}


def pitch(bench: Bench) -> float:
    return degrees(bench.vehicle.state.report[R.PITCH])


def pusher(bench: Bench) -> float:
    """Throttle, %."""
    return float(bench.vehicle.state.report[R.SERVO_1 + 2] - 1000.0) / 10.0


def hovering(wind: float, parameters: dict[str, float]) -> tuple[Bench, float]:
    """A minute in QLOITER in wind from north, where its nose points; and how far it was away in the second half, m."""
    bench = up(parameters, height=20.0)
    bench.vehicle.set_parameter("SIM_WIND_SPD", wind)
    bench.vehicle.set_parameter("SIM_WIND_DIR", 0.0)
    bench.run(30.0)
    away = 0.0
    for _ in range(30):
        bench.run(1.0)
        away = max(away, hypot(bench.vehicle.state.report[R.TRUE_N], bench.vehicle.state.report[R.TRUE_E]))
    return bench, away


@pytest.mark.parametrize("wind", [16.0, 20.0])
def test_it_holds_its_place_with_its_nose_nearly_level(wind: float) -> None:
    """Leaning, its wings push it down: in 16 m/s it sank."""
    bench, away = hovering(wind, PUSHED)
    assert away < 2.0 and height(bench) == pytest.approx(20.0, abs=1.0)
    assert -5.5 < pitch(bench) < -2.0 and pusher(bench) > 15.0
    assert bench.core.modes.set(PlaneMode.QLAND, bench.now_ms).ok
    assert landed(bench) and hypot(*bench.vehicle.state.position[:2]) < 2.0


def test_it_needs_a_third_less_lift_than_by_its_lean() -> None:
    (leaning, _), (pushed, _) = hovering(12.0, {}), hovering(12.0, PUSHED)
    assert pitch(leaning) < -6.0 and pusher(leaning) == 0.0
    assert pitch(pushed) == pytest.approx(-3.0, abs=0.3), "Q_FWD_PIT_LIM"
    assert pushed.vehicle.state.report[R.THROTTLE] < 0.75 * leaning.vehicle.state.report[R.THROTTLE]


def test_without_the_thrust_of_its_pusher_it_leans_after_all() -> None:
    bench, away = hovering(12.0, PUSHED | {"THR_MAX": 0.0})
    assert pusher(bench) == 0.0 and away < 8.0 and pitch(bench) < -6.0


@pytest.mark.parametrize(("use", "mode", "helps"), [
    (1.0, PlaneMode.QHOVER, False), (2.0, PlaneMode.QHOVER, True), (2.0, PlaneMode.QSTABILIZE, False),
    (1.0, PlaneMode.QLOITER, True),
])  # fmt: skip
def test_it_helps_where_it_may(use: float, mode: PlaneMode, helps: bool) -> None:
    bench = up({"Q_FWD_THR_USE": use}, height=30.0)
    bench.vehicle.set_sticks(Sticks(pitch=1.0, throttle=0.55))
    assert bench.core.modes.set(mode, bench.now_ms).ok
    bench.run(1.5)
    assert (pusher(bench) > 10.0) is helps and (pitch(bench) > -8.0) is helps
