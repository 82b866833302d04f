"""Shadow and windows from the orbit, and the intake of a dip against a numerical integral."""

from __future__ import annotations

from math import asin, cos, degrees, exp, pi

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depot.physics.orbit import Ellipse, Orbit, closed_ellipse
from depot.physics.windows import Almanac, shadow_deg
from depot.physics.zone import bessel_i, dip_phases, glide_mps, in_corridor, in_zone, swept
from depot.settings import CorridorSettings, OrbitSettings, ZoneSettings
from tests.fakes.examples import examples

SETTINGS, ZONE, CORRIDOR = OrbitSettings(), ZoneSettings(), CorridorSettings()
ALMANAC = Almanac(SETTINGS)
ORBIT = ALMANAC.orbit
times = st.integers(min_value=0, max_value=10**12)


def test_the_shadow_is_that_of_a_cylinder() -> None:
    """With the Sun in the plane it takes 2 asin(R / r) of the orbit; high above the plane there is none."""
    assert shadow_deg(ORBIT, 0.0) == pytest.approx(2.0 * degrees(asin(ORBIT.body_m / ORBIT.radius_m)))
    assert shadow_deg(ORBIT, 80.0) == 0.0
    iss = Orbit(3.986004418e14, 6_378_137.0, 408_000.0)
    assert shadow_deg(iss, 0.0) / 360.0 == pytest.approx(0.389, abs=0.002)  # 36 of 92.6 minutes
    assert iss.period_s / 60.0 == pytest.approx(92.6, abs=0.2)


def test_in_shadow_is_who_has_the_body_between_himself_and_the_sun() -> None:
    """By vectors: behind the middle of the body, and nearer to the axis than its radius."""
    beta = np.radians(SETTINGS.beta_deg)
    for now_ms in range(0, round(ORBIT.period_s * 1000.0), 37_000):
        angle = np.radians(SETTINGS.start_deg + 360.0 * now_ms / (1000.0 * ORBIT.period_s))  # from orbit noon
        place = ORBIT.radius_m * np.array([np.cos(angle), np.sin(angle), 0.0])
        sun = np.array([np.cos(beta), 0.0, np.sin(beta)])
        aside = np.linalg.norm(place - (place @ sun) * sun)
        dark = bool(place @ sun < 0.0 and aside < ORBIT.body_m)
        assert ALMANAC.sunlit(now_ms) is not dark


@settings(max_examples=examples(200), deadline=None)
@given(times)
def test_edges_are_where_the_answer_changes(now_ms: int) -> None:
    """Later than now, at most a revolution away, and nothing changes before."""
    for arc in (ALMANAC.shadow, ALMANAC.blocked):
        edge = ALMANAC.next_edge_ms(arc, now_ms)
        inside = ALMANAC.inside(arc, now_ms)
        assert now_ms < edge <= now_ms + ORBIT.period_s * 1000.0 + 1
        assert ALMANAC.inside(arc, edge - 1) is inside
        assert ALMANAC.inside(arc, edge) is not inside
    opens = ALMANAC.next_window_ms(now_ms)
    assert ALMANAC.window_open(opens)
    assert (opens == now_ms) is ALMANAC.window_open(now_ms)
    left = ALMANAC.window_left_ms(now_ms)
    assert left == 0 or (ALMANAC.window_open(now_ms + left - 1) and not ALMANAC.window_open(now_ms + left))


@pytest.mark.parametrize("z", [0.01, 0.7, 1.9167, 5.0])
def test_bessel_functions_are_their_integrals(z: float) -> None:
    """Ik(z) is the mean of exp(z cos t) cos(k t) (Abramowitz and Stegun 9.6.19), and I0(1) is tabled."""
    t = np.arange(256) * 2.0 * np.pi / 256.0
    means = [float(np.mean(np.exp(z * np.cos(t)) * np.cos(k * t))) for k in range(12)]
    assert bessel_i(z)[:12] == pytest.approx(means, rel=1e-9, abs=1e-14)
    assert bessel_i(1.0)[0] == pytest.approx(1.2660658777520083, rel=1e-15)


@settings(max_examples=examples(40), deadline=None)
@given(
    st.floats(min_value=-500.0, max_value=500.0),
    st.floats(min_value=6_000.0, max_value=12_000.0),
    st.floats(min_value=-3.0, max_value=0.5),
    st.floats(min_value=0.01, max_value=2.0),
)
def test_what_a_dip_sweeps_is_the_integral_of_density_and_speed(
    middle: float, height: float, start: float, span: float
) -> None:
    """Against quadrature, with the speed in full: within what the second order of the dip leaves out."""
    ellipse = Ellipse(middle, height, 0.0)

    def rate(phase: float) -> float:
        x = middle - height * cos(phase)
        state = closed_ellipse(ORBIT.rate, height, 0.0, phase)
        dense = exp(-(ORBIT.altitude_m + x - ZONE.floor_m) / ZONE.scale_height_m)
        return dense * ORBIT.speed_mps(state) / (ORBIT.rate * ORBIT.radius_m)

    nodes, weights = np.polynomial.legendre.leggauss(24)
    true = sum(w * rate(start + span * (1.0 + x) / 2.0) for x, w in zip(nodes, weights, strict=True)) * span / 2.0
    assert swept(ORBIT, ZONE, ellipse, start, start + span) == pytest.approx(true, rel=2e-3)


def test_the_zone_is_a_band_of_heights_speeds_and_places() -> None:
    """Each limit alone puts it outside."""
    low = closed_ellipse(ORBIT.rate, 11_500.0, -60_000.0, 0.0)
    assert in_zone(ORBIT, ZONE, low, -60_000.0)
    assert not in_zone(ORBIT, ZONE, closed_ellipse(ORBIT.rate, 11_500.0, -60_000.0, pi), -60_000.0)
    assert not in_zone(ORBIT, ZONE, (-13_000.0, *low[1:]), -60_000.0)
    assert not in_zone(ORBIT, ZONE, low, 60_000.0)
    assert not in_zone(ORBIT, ZONE, (*low[:2], 6_000.0, *low[3:]), -60_000.0)
    assert not in_zone(ORBIT, ZONE, (*low[:4], low[4] + 200.0, 0.0), -60_000.0)
    assert dip_phases(ORBIT, ZONE, Ellipse(0.0, 4_000.0, 0.0)) is None


def test_a_dip_takes_in_less_the_higher_it_stays() -> None:
    """Thinner there, and for a shorter part of the revolution."""

    def dip(height: float) -> float:
        ellipse = Ellipse(0.0, height, 0.0)
        half = dip_phases(ORBIT, ZONE, ellipse)
        assert half is not None
        return swept(ORBIT, ZONE, ellipse, -half, half)

    assert 0.0 < dip(6_000.0) < dip(9_000.0) < dip(11_500.0)


def test_the_corridor_is_a_cone_with_a_glide_slope() -> None:
    """Behind the depot, near the axis, and slower the nearer it is."""
    assert in_corridor(CORRIDOR, (0.0, -1_000.0, 0.0, 0.0, 1.0, 0.0))
    assert not in_corridor(CORRIDOR, (0.0, 1_000.0, 0.0, 0.0, -1.0, 0.0))
    assert not in_corridor(CORRIDOR, (200.0, -1_000.0, 0.0, 0.0, 1.0, 0.0))
    assert not in_corridor(CORRIDOR, (0.0, -1_000.0, 0.0, 0.0, 2.5, 0.0))
    assert not in_corridor(CORRIDOR, (0.0, -20.0, 0.0, 0.0, 0.5, 0.0))
    assert [glide_mps(CORRIDOR, m) for m in (0.0, 1e6)] == [CORRIDOR.contact_mps, CORRIDOR.speed_max_mps]
