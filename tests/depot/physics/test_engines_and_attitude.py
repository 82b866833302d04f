"""Rocket equation, and turns under limits."""

from __future__ import annotations

from math import exp, hypot

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depot.physics.attitude import LEVEL, NOSE, about, between_deg, multiply, slew_to, turn
from depot.physics.engines import Thruster, burn_s, delta_v_mps, propellant_kg, thrust_n
from depot.physics.orbit import Vector
from depot.settings import EngineSettings
from tests.fakes.examples import examples

ENGINES = EngineSettings()
component = st.floats(min_value=-1.0, max_value=1.0)
directions = st.tuples(component, component, component).filter(lambda v: hypot(*v) > 0.1)


def test_the_rocket_equation() -> None:
    """Half of the mass as propellant gives ln 2 of the exhaust velocity (Tsiolkovsky)."""
    assert delta_v_mps(2.0, 1.0, 3_000.0) == pytest.approx(3_000.0 * 0.6931471805599453)
    assert propellant_kg(30_000.0, 10.0, 3_000.0) == pytest.approx(30_000.0 * (1.0 - exp(-10.0 / 3_000.0)))


@given(st.floats(min_value=1.0, max_value=1e5), st.floats(min_value=1e-3, max_value=50.0))
def test_a_burn_in_two_parts_takes_what_one_takes(mass: float, dv: float) -> None:
    """And lasts as long: thrust is flow times exhaust velocity."""
    first = propellant_kg(mass, dv, 3_000.0)
    second = propellant_kg(mass - first, dv, 3_000.0)
    assert first + second == pytest.approx(propellant_kg(mass, 2.0 * dv, 3_000.0), rel=1e-9)
    assert delta_v_mps(mass, first, 3_000.0) == pytest.approx(dv, rel=1e-6)
    assert burn_s(mass, dv, 3_000.0, 1_000.0) * 1_000.0 == pytest.approx(first * 3_000.0)


def test_a_thruster_that_is_partly_lost_pushes_less() -> None:
    """In proportion."""
    assert thrust_n(ENGINES, Thruster.FWD, 0.25) == 0.25 * ENGINES.fwd_n
    assert thrust_n(ENGINES, Thruster.ATT, 1.0) == ENGINES.att_n


@settings(max_examples=examples(80), deadline=None)
@given(directions, directions)
def test_a_slew_points_where_it_should_within_its_limits(first: Vector, second: Vector) -> None:
    """It never turns faster or gathers speed faster than it may, and ends still."""
    before = slew_to(LEVEL, first, 0, 1.0, 0.02)
    slew = slew_to(before.at(10**9), second, 5_000, 1.0, 0.02)
    end_ms = 5_000 + round(slew.seconds * 1000.0) + 1
    assert between_deg(turn(slew.at(end_ms), NOSE), second) < 1e-3
    assert slew.rate_at(end_ms) == 0.0 and slew.rate_at(5_000) == 0.0
    steps = range(5_000, end_ms, max((end_ms - 5_000) // 50, 1))
    last = 0.0
    for now_ms in steps:
        rate = slew.rate_at(now_ms)
        assert rate <= 1.0 + 1e-9
        assert abs(rate - last) <= 0.02 * max((end_ms - 5_000) / 50.0, 1.0) / 1000.0 * 1.1 + 1e-6
        last = rate
    assert sum(part * part for part in slew.at(end_ms // 2)) == pytest.approx(1.0)


def test_a_turn_keeps_lengths_and_adds_up() -> None:
    """Two of thirty degrees are one of sixty."""
    axis = (0.0, 0.6, 0.8)
    twice = multiply(about(axis, 30.0), about(axis, 30.0))
    assert turn(twice, (1.0, 2.0, 3.0)) == pytest.approx(turn(about(axis, 60.0), (1.0, 2.0, 3.0)))
    assert hypot(*turn(twice, (1.0, 2.0, 3.0))) == pytest.approx(hypot(1.0, 2.0, 3.0))
