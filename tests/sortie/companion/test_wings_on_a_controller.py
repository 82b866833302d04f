"""What is a plane's own behind a controller: armed in AUTO it flies its mission, and nobody says MISSION_START."""

from __future__ import annotations

import pytest

from autopilot.mav import SystemState
from autopilot.vehicles.kinds import vehicle_class
from mavlink_bridge.flight_controller import controller
from sortie.api.sample import sample
from sortie.api.testing.stand_in import HOME
from tests.fakes.controller_bench import ControllerBench
from tests.fakes.controller_flight import ARM, SET_MODE, insist, landed, nearer, reached

PLANE_AUTO = 10
CHOOSE, SWITCH_ON = (SET_MODE, 1.0, PLANE_AUTO), (ARM, 1.0)


@pytest.mark.parametrize("orders", [(CHOOSE, SWITCH_ON), (SWITCH_ON, CHOOSE)])
def test_armed_in_auto_a_quadplane_flies(orders: tuple[tuple[float, ...], ...]) -> None:
    bench = ControllerBench("quadplane", native=True)
    ground = bench.ground()
    bench.ready()
    bench.upload(nearer(sample(vehicle_class("quadplane"), HOME), 0.4))
    bench.run(3.0)
    for number, *params in orders:
        insist(bench, ground, int(number), *params)
    bench.run_until(lambda: bench.height > 25.0, 60.0)
    bench.run_until(lambda: landed(bench), 600.0)
    assert reached(bench) == [1, 2, 3, 4, 5]


def test_a_controller_that_starts_is_sent_no_mission(monkeypatch: pytest.MonkeyPatch) -> None:
    """ArduPlane answers NO_SPACE until it has started, and says CALIBRATING so long: here it is STANDBY that counts."""
    items = sample(vehicle_class("quadplane"), HOME)
    with monkeypatch.context() as patched:
        patched.setattr(controller, "_BOOTING", (SystemState.STANDBY,))
        bench = ControllerBench("quadplane", native=True)
        bench.upload(items)
        bench.run(5.0)
        assert bench.controller.total(0) == 0
    bench.run(5.0)
    assert bench.controller.total(0) == len(items)
