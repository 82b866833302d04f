"""Relative motion held against what nobody here wrote: two bodies integrated numerically, and the known solutions of
Clohessy and Wiltshire (1960)."""

from __future__ import annotations

from math import hypot, pi

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depot.physics.orbit import (
    Hill,
    Orbit,
    Vector,
    closed_ellipse,
    coast,
    ellipse_of,
    minus,
    position,
    size,
    thrust,
    transfer,
    velocity,
)
from depot.settings import OrbitSettings
from tests.fakes.examples import examples

_SETTINGS = OrbitSettings()
ORBIT = Orbit(_SETTINGS.mu_m3_s2, _SETTINGS.body_m, _SETTINGS.altitude_m)
N, PERIOD_S = ORBIT.rate, ORBIT.period_s

distance = st.floats(min_value=-1e4, max_value=1e4)
speed = st.floats(min_value=-10.0, max_value=10.0)
states = st.tuples(distance, distance, distance, speed, speed, speed)


def two_bodies(state: Hill, seconds: float, accel: Vector = (0.0, 0.0, 0.0)) -> Hill:
    """Skimmer about the body under its whole gravity, seen from the depot, with y along the arc. `accel` is constant in
    the axes that turn with the depot."""
    x, y, z, vx, vy, vz = state
    radius, angle = ORBIT.radius_m + x, y / ORBIT.radius_m
    r = np.array([radius * np.cos(angle), radius * np.sin(angle), z])
    out, along = np.array([np.cos(angle), np.sin(angle), 0.0]), np.array([-np.sin(angle), np.cos(angle), 0.0])
    v = vx * out + radius * (N + vy / ORBIT.radius_m) * along + np.array([0.0, 0.0, vz])

    def flow(time_s: float, values: np.ndarray) -> np.ndarray:
        place = values[:3]
        turned = np.arctan2(place[1], place[0])
        push = (
            accel[0] * np.array([np.cos(turned), np.sin(turned), 0.0])
            + accel[1] * np.array([-np.sin(turned), np.cos(turned), 0.0])
            + np.array([0.0, 0.0, accel[2]])
        )
        return np.concatenate([values[3:], -ORBIT.mu_m3_s2 / np.linalg.norm(place) ** 3 * place + push])

    end, steps = np.concatenate([r, v]), 600
    h = seconds / steps
    for step in range(steps):  # Runge and Kutta's fourth order: exact to millimetres here
        a = flow(step * h, end)
        b = flow(step * h + h / 2.0, end + h / 2.0 * a)
        c = flow(step * h + h / 2.0, end + h / 2.0 * b)
        end = end + h / 6.0 * (a + 2.0 * b + 2.0 * c + flow(step * h + h, end + h * c))
    turned = np.arctan2(end[1], end[0])
    reach = hypot(end[0], end[1])
    out, along = np.array([np.cos(turned), np.sin(turned), 0.0]), np.array([-np.sin(turned), np.cos(turned), 0.0])
    arc = (turned - N * seconds + pi) % (2.0 * pi) - pi
    rates = float(end[3:] @ out), float(end[3:] @ along) / reach - N
    return (reach - ORBIT.radius_m, arc * ORBIT.radius_m, float(end[2]), rates[0], rates[1] * ORBIT.radius_m, end[5])


@pytest.mark.parametrize("revolutions", [0.1, 0.5, 1.0])
@pytest.mark.parametrize(
    "state",
    [
        closed_ellipse(N, 500.0, -3_000.0, 1.0),
        (0.0, -1_000.0, 0.0, 0.3, -0.4, 0.2),
        (300.0, 0.0, 100.0, 0.0, -0.2, 0.0),
    ],
)
def test_coasting_is_that_of_two_bodies_to_the_order_of_its_linearisation(state: Hill, revolutions: float) -> None:
    """What is left out grows with the square of the distance over the radius: within ten times of it."""
    seconds = revolutions * PERIOD_S
    ours, theirs = coast(N, state, seconds), two_bodies(state, seconds)
    far = max(size(position(coast(N, state, part * seconds / 20.0))[:3]) for part in range(21))
    height = max(abs(coast(N, state, part * seconds / 20.0)[0]) for part in range(21))
    allowed = 10.0 * (height * height + abs(height) * 100.0 + state[2] ** 2) / ORBIT.radius_m + 0.05
    assert size(minus(position(ours), position(theirs))) < allowed < 0.05 * far + 1.0


def test_the_dips_of_the_profile_are_those_of_two_bodies_within_a_twentieth() -> None:
    """The pattern that is flown, for a whole revolution: 23 km long; height within 300 m, so that the zone is hit."""
    start = closed_ellipse(N, 11_500.0, -60_000.0, -1.0)
    for part in range(1, 9):
        seconds = PERIOD_S * part / 8.0
        ours, theirs = coast(N, start, seconds), two_bodies(start, seconds)
        assert abs(ours[0] - theirs[0]) < 700.0
        assert size(minus(position(ours), position(theirs))) < 0.05 * 46_000.0


def test_a_burn_is_that_of_two_bodies() -> None:
    """Ten minutes of constant thrust: within a hundredth, as fast as it gets against the speed of the orbit."""
    ours = thrust(N, (0.0, -500.0, 0.0, 0.0, 0.0, 0.0), (0.004, -0.006, 0.003), 600.0)
    theirs = two_bodies((0.0, -500.0, 0.0, 0.0, 0.0, 0.0), 600.0, (0.004, -0.006, 0.003))
    assert ours == pytest.approx(theirs, rel=8e-3, abs=8e-3)


def test_a_skimmer_let_go_above_the_depot_falls_behind_by_twelve_pi_of_its_offset() -> None:
    """x0 at rest in the Hill frame: y = -12 pi x0 a revolution; on a circular orbit of its own -3 pi x0."""
    assert coast(N, (100.0, 0.0, 0.0, 0.0, 0.0, 0.0), PERIOD_S)[:2] == pytest.approx((100.0, -12.0 * pi * 100.0))
    above = coast(N, (100.0, 0.0, 0.0, 0.0, -1.5 * N * 100.0, 0.0), PERIOD_S)
    assert above == pytest.approx((100.0, -3.0 * pi * 100.0, 0.0, 0.0, -1.5 * N * 100.0, 0.0), abs=1e-9)


def test_a_push_along_the_track_leads_back_by_six_pi_of_it_over_n() -> None:
    """vy: y = -6 pi vy / n a revolution: who speeds up falls behind."""
    assert coast(N, (0.0, 0.0, 0.0, 0.0, 0.1, 0.0), PERIOD_S)[1] == pytest.approx(-6.0 * pi * 0.1 / N)


def test_a_radial_push_flies_the_ellipse_of_two_to_one_and_comes_back() -> None:
    """Height vx / n, length twice of it, closed."""
    path = [coast(N, (0.0, 0.0, 0.0, 0.5, 0.0, 0.0), PERIOD_S * part / 400.0) for part in range(401)]
    xs, ys = [state[0] for state in path], [state[1] for state in path]
    assert max(xs) == pytest.approx(0.5 / N, rel=1e-4) and min(xs) == pytest.approx(-0.5 / N, rel=1e-4)
    assert max(ys) - min(ys) == pytest.approx(2.0 * (max(xs) - min(xs)), rel=1e-4)
    assert path[-1] == pytest.approx(path[0], abs=1e-9)


def test_on_the_track_it_stays_and_across_it_swings() -> None:
    """A place on the track is an equilibrium; z is a harmonic motion with the orbit's period."""
    assert coast(N, (0.0, -1_000.0, 0.0, 0.0, 0.0, 0.0), 12_345.0) == pytest.approx((0, -1_000.0, 0, 0, 0, 0), abs=1e-9)
    assert coast(N, (0.0, 0.0, 10.0, 0.0, 0.0, 0.0), PERIOD_S / 2.0)[2] == pytest.approx(-10.0)


@settings(max_examples=examples(60), deadline=None)
@given(states, st.floats(min_value=1.0, max_value=40_000.0), st.floats(min_value=1.0, max_value=40_000.0))
def test_two_legs_are_one_and_the_ellipse_stays(state: Hill, first_s: float, second_s: float) -> None:
    """The transition is a group; middle and height of the ellipse, and so the energy, are kept on free motion."""
    two = coast(N, coast(N, state, first_s), second_s)
    assert two == pytest.approx(coast(N, state, first_s + second_s), rel=1e-6, abs=1e-3)
    before, after = ellipse_of(N, state), ellipse_of(N, two)
    assert after.middle_m == pytest.approx(before.middle_m, rel=1e-6, abs=1e-3)
    assert after.height_m == pytest.approx(before.height_m, rel=1e-6, abs=1e-3)


@settings(max_examples=examples(60), deadline=None)
@given(states, st.tuples(distance, distance, distance), st.floats(min_value=500.0, max_value=45_000.0))
def test_a_transfer_arrives(state: Hill, end: Vector, seconds: float) -> None:
    """Where it says; at half revolutions the plane stays as it is."""
    start = position(state)
    depart = transfer(N, start, end, seconds)
    if depart is None:
        return
    there = coast(N, (*start, *depart), seconds)
    assert there[:2] == pytest.approx(end[:2], rel=1e-6, abs=0.05)
    if abs(np.sin(N * seconds)) > 0.1:
        assert there[2] == pytest.approx(end[2], rel=1e-6, abs=0.05)


def test_no_transfer_takes_a_whole_revolution() -> None:
    """Everything comes back then, but for the drift."""
    assert transfer(N, (0.0, 0.0, 0.0), (100.0, 100.0, 0.0), PERIOD_S) is None


@settings(max_examples=examples(40), deadline=None)
@given(states, st.tuples(*[st.floats(min_value=-0.05, max_value=0.05)] * 3), st.floats(min_value=0.1, max_value=900.0))
def test_thrust_is_many_small_pushes(state: Hill, accel: Vector, seconds: float) -> None:
    """The closed form of a burn against 400 impulses with coasts between them."""
    parts = 400
    step, now = seconds / parts, state
    for _ in range(parts):
        now = coast(N, now, step / 2.0)
        now = (*position(now), *(v + a * step for v, a in zip(velocity(now), accel, strict=True)))  # type: ignore[assignment]  # six of them
        now = coast(N, now, step / 2.0)
    assert thrust(N, state, accel, seconds) == pytest.approx(now, rel=1e-4, abs=2e-2)
