"""The mathematics of flights: its errors against 60 digits, its edges, and over arrays what it is one by one."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from decimal import Decimal, localcontext
from functools import partial
from statistics import NormalDist, fmean, stdev

import numpy as np
import pytest

from autopilot.control import arrays
from autopilot.interface import mathematics as m

PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803482534211707")


def sine(x: Decimal) -> Decimal:
    """Taylor's series behind a reduction to one turn."""
    x = x.remainder_near(2 * PI)
    term, total, n = x, x, 1
    while abs(term) > Decimal("1e-70"):
        term *= -x * x / ((n + 1) * (n + 2))
        total, n = total + term, n + 2
    return total


def cosine(x: Decimal) -> Decimal:
    return sine(x + PI / 2)


def arctangent(x: Decimal) -> Decimal:
    """Gregory's series behind four halvings of the angle."""
    for _ in range(4):
        x = x / (1 + (1 + x * x).sqrt())
    term, total, n = x, x, 1
    while abs(term) > Decimal("1e-75"):
        term *= -x * x
        n += 2
        total += term / n
    return 16 * total


def direction(y: Decimal, x: Decimal) -> Decimal:
    if abs(y) > abs(x):
        return (PI / 2 if y > 0 else -PI / 2) - arctangent(x / y)
    return arctangent(y / x) + (0 if x > 0 else PI if y > 0 else -PI)


def arcsine(x: Decimal) -> Decimal:
    return direction(x, ((1 - x) * (1 + x)).sqrt())


def arccosine(x: Decimal) -> Decimal:
    return direction(((1 - x) * (1 + x)).sqrt(), x)


def tangent(x: Decimal) -> Decimal:
    return sine(x) / cosine(x)


def angles(draw: random.Random) -> list[tuple[float, ...]]:
    near = [(k * math.pi / 2.0,) for k in range(-40, 40)]
    return near + [(draw.uniform(-4.0, 4.0),) for _ in range(300)] + [(draw.uniform(-9e5, 9e5),) for _ in range(150)]


def sides(draw: random.Random) -> list[tuple[float, ...]]:
    return [(draw.uniform(-1, 1) * 10 ** draw.uniform(-6, 6), draw.uniform(-1, 1)) for _ in range(400)]


def shares(draw: random.Random) -> list[tuple[float, ...]]:
    near = [(draw.choice((-1, 1)) * (1.0 - 10 ** draw.uniform(-15, 0)),) for _ in range(100)]
    return near + [(draw.uniform(-1, 1),) for _ in range(200)] + [(10 ** draw.uniform(-15, 0),) for _ in range(100)]


def exponents(draw: random.Random) -> list[tuple[float, ...]]:
    return [(draw.uniform(-700, 700),) for _ in range(200)] + [(draw.uniform(-1, 1),) for _ in range(200)]


def sizes(draw: random.Random) -> list[tuple[float, ...]]:
    near = [(1.0 + draw.uniform(-1, 1) * 10 ** draw.uniform(-9, -1),) for _ in range(200)]
    return near + [(10 ** draw.uniform(-300, 300),) for _ in range(200)]


@pytest.mark.parametrize(
    ("function", "exact", "arguments", "ulps"),
    [
        (m.sin, sine, angles, 1.5),
        (m.cos, cosine, angles, 1.5),
        (m.tan, tangent, angles, 2.5),
        (m.atan2, direction, sides, 1.5),
        (m.atan, arctangent, sizes, 1.5),
        (m.asin, arcsine, shares, 2.0),
        (m.acos, arccosine, shares, 2.0),
        (m.exp, Decimal.exp, exponents, 1.0),
        (m.log, Decimal.ln, sizes, 1.0),
        (m.log10, Decimal.log10, sizes, 2.0),
        (m.expm1, lambda x: x.exp() - 1, exponents, 2.0),
        (m.cbrt, lambda x: (x.ln() / 3).exp(), sizes, 2.0),
        (m.hypot, lambda x, y: (x * x + y * y).sqrt(), sides, 2.0),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_errors_are_those_that_the_module_states(
    function: Callable[..., float],
    exact: Callable[..., Decimal],
    arguments: Callable[[random.Random], list[tuple[float, ...]]],
    ulps: float,
) -> None:
    """In units of the last place, over its domain and at its hard places."""
    with localcontext() as context:
        context.prec = 90
        for given in arguments(random.Random(1)):
            right = exact(*map(Decimal, given))
            error = abs(Decimal(function(*given)) - right) / Decimal(math.ulp(float(right)))
            assert error <= Decimal(ulps), (given, error)


def test_the_rest_is_exact() -> None:
    """As C's, and so as Python's own."""
    draw = random.Random(2)
    for _ in range(2000):
        x, y = (draw.uniform(-1, 1) * 10 ** draw.uniform(-150, 150) for _ in "xy")
        assert m.fmod(x, y) == math.fmod(x, y)
    assert [m.fmod(-7.5, 2.0), m.fmod(3.0, math.inf)] == [-1.5, 3.0]


def test_at_the_edges_they_are_as_c_has_them() -> None:
    """Signs of zero, infinities, what is no number."""
    inf, nan = math.inf, math.nan
    for y in (0.0, -0.0, 1.0, -1.0, inf, -inf):
        for x in (0.0, -0.0, 1.0, -1.0, inf, -inf):
            ours, theirs = m.atan2(y, x), math.atan2(y, x)
            assert (ours, math.copysign(1.0, ours)) == (theirs, math.copysign(1.0, theirs)), (y, x)
    outside = [
        *map(m.sin, (inf, nan)),
        *map(m.cos, (-inf, nan)),
        m.tan(inf),
        m.asin(1.1),
        m.acos(-1.1),
        m.log(-1.0),
        m.log(nan),
        m.exp(nan),
        m.atan2(nan, 1.0),
        m.fmod(1.0, 0.0),
        m.fmod(inf, 1.0),
        m.fmod(1.0, nan),
    ]
    assert all(map(math.isnan, outside))
    assert [m.log(0.0), m.log(inf), m.exp(1000.0), m.exp(-1000.0), m.exp(0.0)] == [-inf, inf, inf, 0.0, 1.0]
    assert [m.exp(709.7), m.exp(-744.0), m.log(5e-324)] == [math.exp(709.7), math.exp(-744.0), math.log(5e-324)]
    assert math.copysign(1.0, m.sin(-0.0)) == -1.0
    assert abs(m.sin(1e18)) <= 1.0 and abs(m.cos(-1e300)) <= 1.0


def test_whole_numbers_are_taken_as_floats() -> None:
    """A parameter may be one."""
    calls = (m.sin, m.cos, m.exp, partial(m.atan2, 1), m.asin)
    assert all(call(1) == call(1.0) for call in calls)


def test_the_normal_distribution_is_what_the_standard_library_has() -> None:
    """To fifteen digits, through all branches; the two are inverse to each other, and no draw is without end."""
    there, draw = NormalDist(), random.Random(4)
    for share in [*(draw.random() for _ in range(500)), *(10.0**-k for k in range(1, 300, 7)), 1.0 - 1e-15]:
        assert m.normal_quantile(share) == pytest.approx(there.inv_cdf(share), rel=2e-15)
    for x in [*(draw.uniform(-9.0, 9.0) for _ in range(500)), -40.0, 40.0, math.inf]:
        assert m.normal_share(x) == pytest.approx(there.cdf(x), abs=2e-15)
    assert m.normal_share(m.normal_quantile(0.3)) == pytest.approx(0.3, abs=1e-15)

    class Least:
        def random(self) -> float:
            return 0.0

    assert -10.0 < m.normal_draw(Least(), 1.0, 1.0) < -5.0
    drawn = [m.normal_draw(draw, 5.0, 2.0) for _ in range(4000)]
    assert fmean(drawn) == pytest.approx(5.0, abs=0.1) and stdev(drawn) == pytest.approx(2.0, abs=0.1)


def test_lengths_and_powers_are_products_and_roots() -> None:
    assert [m.hypot(), m.hypot(-3.0), m.hypot(3.0, 4.0), m.hypot(2.0, 3.0, 6.0)] == [0.0, 3.0, 5.0, 7.0]
    assert m.dist((1.0, 1.0), (4.0, 5.0)) == 5.0
    assert [m.whole_power(0.9, n) for n in range(3)] == [1.0, 0.9, 0.9 * 0.9]
    assert [m.cbrt(0.0), m.cbrt(-27.0)] == [0.0, pytest.approx(-3.0, rel=1e-15)]


def test_sine_and_cosine_at_once_are_those_alone() -> None:
    """To the byte, in all quadrants, beside them, and where an angle is tiny, huge or none."""
    draw = random.Random(5)
    quarters = [k * m.HALF_PI + off for k in range(-9, 10) for off in (0.0, 1e-9, -0.3, 0.785)]
    rest = [0.0, -0.0, 1e-9, -5e-324, 1e6, -3e17, math.inf, math.nan]
    for x in [*quarters, *rest, *(draw.uniform(-1e6, 1e6) for _ in range(500))]:
        assert np.array(m.sine_cosine(x)).tobytes() == np.array((m.sin(x), m.cos(x))).tobytes()


def test_over_an_array_each_is_what_it_is_alone() -> None:
    """To the byte, also of what is no number, of parts of an array, and of none."""
    rows = np.array([[random.Random(k).uniform(-3.0, 3.0), 0.1 * k - 1.0] for k in range(20)] + [[math.nan, math.inf]])
    x, y = rows[:, 0], rows[:, 1]
    told = (arrays.sin(x), arrays.cos(x), arrays.atan2(x, y), arrays.acos(y), arrays.hypot(x, y))
    ones = [(m.sin(a), m.cos(a), m.atan2(a, b), m.acos(b), m.hypot(a, b)) for a, b in rows.tolist()]
    assert np.array(told).T.tobytes() == np.array(ones).tobytes()
    assert arrays.sin(np.zeros(0)).shape == (0,) and arrays.cos(np.zeros((2, 3))).shape == (2, 3)
