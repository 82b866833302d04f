"""The pairs that are near are those that a look at all pairs finds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autopilot.interface import layout as L
from autopilot.interface.geo import GeoPoint
from sitl.kernel import layout as M
from sitl.vehicles import separation
from sitl.vehicles.separation import CLOSE_M, Separation

HOME = GeoPoint(47.0, 8.0, 400.0)


def watched(count: int) -> tuple[Separation, np.ndarray[Any, Any]]:
    """A fleet of so many at one home, and their states."""
    state = np.zeros((count, M.STATE_SIZE))
    return Separation([(state, range(count))], [HOME] * count, lambda approach: None), state


def nearest_of_all(state: np.ndarray[Any, Any], passed_s: float) -> dict[tuple[int, int], float]:
    """m that each pair with one that moves came near within the last `passed_s`, in straight motion."""
    at, speed = state[:, M.S_PN : M.S_PD + 1], state[:, M.S_VN : M.S_VD + 1]
    found = {}
    for a in range(len(state)):
        for b in range(a + 1, len(state)):
            if state[a, L.S_AIR] or state[b, L.S_AIR]:
                apart, closing = at[b] - at[a], speed[b] - speed[a]
                back_s = min(max(float(apart @ closing) / max(float(closing @ closing), 1e-12), 0.0), passed_s)
                found[a, b] = float(np.linalg.norm(apart - closing * back_s))
    return found


@pytest.mark.parametrize("at_once", [20, 1 << 18])
@pytest.mark.parametrize("width_m", [(300.0, 300.0), (1.0, 2000.0), (2000.0, 1.0)])
def test_a_look_finds_the_pairs_that_a_look_at_all_finds(
    width_m: tuple[float, float], at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(separation, "_AT_ONCE", at_once)
    random = np.random.default_rng(7)
    fleet, state = watched(60)
    least = np.inf
    for look in range(5):
        state[:, M.S_PN : M.S_PD + 1] = random.uniform(0.0, (*width_m, 30.0), (60, 3))
        state[:, M.S_VN : M.S_VD + 1] = random.uniform(-9.0, 9.0, (60, 3))
        state[:, L.S_AIR] = 1.0
        expected = nearest_of_all(state, 0.25 if look else 0.0)
        close = fleet.look(250 * look)
        wanted = {pair: metres for pair, metres in expected.items() if metres < CLOSE_M}
        assert {approach.pair: approach.distance_m for approach in close} == pytest.approx(wanted)
        least = min(least, *expected.values())
        assert fleet.closest is not None
        assert fleet.closest.distance_m == pytest.approx(least)


def test_the_first_look_finds_the_closest_however_far() -> None:
    fleet, state = watched(3)
    state[:, M.S_PN] = 0.0, 500.0, 900.0
    state[0, L.S_AIR] = state[1, L.S_AIR] = 1.0
    assert fleet.look(0) == []
    assert fleet.closest is not None
    assert (fleet.closest.pair, fleet.closest.distance_m) == ((1, 2), 400.0)


@pytest.mark.parametrize(("speed_mps", "moves"), [(0.0, False), (0.2, False), (0.45, False), (0.55, True), (3.0, True)])
def test_a_vehicle_on_the_ground_moves_from_half_a_metre_a_second_on(speed_mps: float, moves: bool) -> None:
    """A pair is looked at while one of them moves; before, two that stand side by side are no approach."""
    fleet, state = watched(3)
    state[:, M.S_PN] = 0.0, 5.0, 900.0
    assert fleet.look(0) == []
    state[0, M.S_VE] = speed_mps
    assert [approach.pair for approach in fleet.look(250)] == ([(0, 1)] if moves else [])
