"""A vehicle that stands: it comes to rest for good, and its numbers with it."""

from __future__ import annotations

import numpy as np
import pytest

from autopilot.interface import layout as L
from autopilot.interface.targets import Land
from sitl.kernel import layout as M
from sitl.vehicles.kinds import make_simulated
from tests.fakes.copter_flight import HOME, CopterFlight

FADING = {
    "copter": (M.S_M1, M.S_M2, M.S_M3, M.S_M4, M.S_WX, M.S_WY, M.S_WZ, M.S_Q1, M.S_Q2),
    "rover": (M.S_BODY_U, M.S_BODY_V, M.S_BODY_R, M.S_PULL),
    "boat": (M.S_BODY_U, M.S_BODY_V, M.S_BODY_R, M.S_PULL),
    "plane": (M.S_WZ, M.S_PULL, M.S_TRUE_AILERON, M.S_TRUE_ELEVATOR, M.S_TRUE_RUDDER),
    "quadplane": (M.S_M1, M.S_M2, M.S_M3, M.S_M4, M.S_WZ, M.S_PULL, M.S_TRUE_AILERON),
}
"""What fades by a share of itself in each step of a vehicle that stands."""


@pytest.mark.parametrize("kind", FADING)
def test_what_fades_comes_to_an_end(kind: str) -> None:
    """Hours later no number is among the smallest that there are, with which processors compute many times slower."""
    vehicle = make_simulated(kind, HOME, 0.0, 1)
    state = vehicle.rows().state[0]
    vehicle.advance(1_000)
    state[list(FADING[kind])] = 1e-3
    while vehicle.advance(10_000_000) < 10_000_000:
        vehicle.take_events()
    sizes = np.abs(state)
    assert not np.flatnonzero((sizes > 0.0) & (sizes < 1e-290)).tolist()
    assert not state[list(FADING[kind])].any()


def test_a_landed_copter_does_not_creep() -> None:
    """The ground holds it however slow it is."""
    flight = CopterFlight(2)
    flight.take_off(5.0)
    flight.fly(Land(), 20.0)
    assert flight.copter.disarm().ok
    flight.run(60.0)
    state = flight.copter.rows().state[0]
    before = state[[M.S_PN, M.S_PE, M.S_Q0, M.S_Q3]].tolist()
    flight.run(300.0)
    assert state[[M.S_PN, M.S_PE, M.S_Q0, M.S_Q3]].tolist() == before
    assert state[L.S_AIR] == 0.0
