"""Calibration of the gyroscopes, at rest and right after a landing, when the vehicle may still rock."""

from __future__ import annotations

import numpy as np
import pytest

from autopilot.interface import layout as L
from autopilot.interface.targets import Land
from autopilot.interface.vehicle import VehicleEvent
from sitl.kernel import layout as M
from tests.fakes.copter_flight import CopterFlight


@pytest.mark.parametrize("wait_s", [0.0, 0.3, 1.0, 3.0])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_finds_the_gyro_bias_and_not_the_rocking(seed: int, wait_s: float) -> None:
    """Within 0.004 rad/s on each axis; 0.02 made the next flight's estimate fail."""
    flight = CopterFlight(seed, wind=5.0, gust=1.5)
    flight.take_off(10.0)
    flight.copter.set_target(Land(None))
    assert flight.run(60.0, VehicleEvent.LANDED)
    assert flight.copter.disarm().ok
    flight.run(wait_s)
    state = flight.copter._s
    state[L.S_BGX : L.S_BGZ + 1] += (0.03, -0.03, 0.03)  # what the flight has taught cannot be what is measured then
    assert flight.copter.calibrate().ok
    wrong = np.abs(state[L.S_BGX : L.S_BGZ + 1] - state[M.S_GBX : M.S_GBX + 3])
    assert wrong.max() < 0.004


def test_a_bias_that_has_changed_is_taken_over() -> None:
    """A gyroscope that has warmed up reads 0.02 rad/s more: off by that before, and by next to nothing afterwards."""
    flight = CopterFlight(4)
    flight.run(8.0)
    assert flight.copter.calibrate().ok
    state = flight.copter._s
    state[M.S_GBX : M.S_GBX + 3] += (0.02, -0.02, 0.02)
    flight.run(5.0)
    wrong = np.abs(state[L.S_BGX : L.S_BGZ + 1] - state[M.S_GBX : M.S_GBX + 3])
    assert wrong.min() > 0.01
    assert flight.copter.calibrate().ok
    wrong = np.abs(state[L.S_BGX : L.S_BGZ + 1] - state[M.S_GBX : M.S_GBX + 3])
    assert wrong.max() < 0.004
