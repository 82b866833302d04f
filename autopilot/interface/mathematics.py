"""Mathematical functions with equal bytes on every processor, operating system, C library and version of Python,
compiled or not: sine, cosine, arctangent, exponential, logarithm and functions made of them. All code that affects a
flight uses these and never `math` or numpy (`tests/contracts/test_mathematics_of_flights.py`).

IEEE 754 defines only `+ - * /` and the square root to the last bit. Each C library rounds the other functions in its
own way, so the bytes of a flight would differ. The functions here use only the defined operations, without fused
multiply-add, so plain Python, numba and the library give equal results.

Polynomials are near-minimax fits of our own (weighted least squares in 300 bits, reweighted towards equal errors; each
coefficient is rounded to double before the next are fitted), with a relative error below 2^-57. The range reduction is
Cody and Waite's ("Software Manual for the Elementary Functions", 1980). Largest errors, measured by
`tests/autopilot/interface/test_mathematics.py`: exp, log 1 ulp; sin and cos (of |x| < 1e6 rad), atan2, atan 1.5 ulp;
asin, acos 2 ulp; tan 2.5 ulp; log10, expm1, cbrt 2 ulp; hypot and dist 1 ulp each part; fmod none. Outside the domain
they return nan, where Python's functions raise; log(0) is -inf.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import copysign, inf, nan, sqrt
from typing import Final, Protocol

from autopilot.interface.marks import inline, jit

__all__ = [
    "acos", "asin", "atan", "atan2", "cbrt", "cos", "dist", "exp", "expm1", "fmod", "hypot", "log", "log10",
    "normal_draw", "normal_quantile", "normal_share", "sin", "sine_cosine", "tan", "whole_power",
]  # fmt: skip

#: pi/2 in three parts: the first two have 33 bits, so their products with a whole number below 2^20 are exact.
PI_2_A, PI_2_B, PI_2_C = 1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21
TWO_OVER_PI = 0.6366197723675814
#: Half a turn and a quarter turn: the double, and the remainder to the exact value.
PI, PI_REST = 3.141592653589793, 1.2246467991473532e-16
HALF_PI, HALF_PI_REST = 1.5707963267948966, 6.123233995736766e-17
#: The angles whose tangent is 1/2 and 1.
ATAN_HALF, ATAN_HALF_REST = 0.4636476090008061, 2.2698777452961687e-17
ATAN_ONE, ATAN_ONE_REST = 0.7853981633974483, 3.061616997868383e-17
#: ln 2: 32 bits, and the rest.
LN2_A, LN2_B, ONE_OVER_LN2 = 0.6931471803691238, 1.9082149292705877e-10, 1.4426950408889634
#: Adding and subtracting it rounds to the nearest whole number (|x| < 2^51).
TO_WHOLE = 6755399441055744.0
#: Angle from which its quadrant is no longer exact, rad.
LARGE = 1e6
#: Angle below which sin(x) equals x to the last bit, rad.
TINY = 7.450580596923828e-09
FOUR_BILLION, PER_FOUR_BILLION = 4294967296.0, 2.3283064365386963e-10


@inline
def fmod(x: float, y: float) -> float:
    """Remainder of x / y with the sign of x; exact, by long division."""
    x, y = float(x), float(y)
    left, step = abs(x), abs(y)
    if not (left < inf and step > 0.0):  # nan too
        return nan
    if left < step:
        return x
    if step == inf:
        return nan if y != y else x
    part = step
    while part <= 0.5 * left:
        part += part
    while part >= step:
        if left >= part:
            left -= part
        part *= 0.5
    return copysign(left, x)


@inline
def reduce(x: float) -> tuple[float, float, float]:
    """Reduce an angle by `n` quarter turns: (n, the remainder, the remainder's rounding error), at most slightly above
    pi/4."""
    n = (x * TWO_OVER_PI + TO_WHOLE) - TO_WHOLE
    first = x - n * PI_2_A
    second = n * PI_2_B
    left = first - second
    return n, left, ((first - left) - second) - n * PI_2_C


@inline
def small_sine(x: float, rest: float) -> float:
    """Sine of `x + rest`, rad, |x| up to pi/4."""
    z = x * x
    p = -2.5050760109442983e-08 + z * 1.5896899138864372e-10
    p = -0.00019841269829857055 + z * (2.7557313706447422e-06 + z * p)
    p = -0.16666666666666632 + z * (0.00833333333332249 + z * p)
    return x + (x * z * p + rest * (1.0 - 0.5 * z))


@inline
def small_cosine(x: float, rest: float) -> float:
    """Cosine of `x + rest`, rad, |x| up to pi/4."""
    z = x * x
    p = 2.0875729315015132e-09 + z * -1.135993482362638e-11
    p = 2.4801587289673126e-05 + z * (-2.7557314401416493e-07 + z * p)
    p = 0.0416666666666666 + z * (-0.0013888888888874476 + z * p)
    half = 0.5 * z
    near = 1.0 - half
    return near + (((1.0 - near) - half) + (z * z * p - x * rest))


@inline
def at_quarter(quarter: int, x: float, rest: float) -> float:
    """Sine of `quarter` quarter turns plus `x + rest`."""
    value = small_cosine(x, rest) if quarter & 1 else small_sine(x, rest)
    return -value if quarter & 2 else value


@inline
def within(x: float) -> float:
    """Reduce an angle whose quadrant is not exact: unchanged up to `LARGE`, else modulo a turn; nan if not finite."""
    return fmod(x, 4.0 * HALF_PI)


@inline
def sin(x: float) -> float:
    """Sine of an angle in rad."""
    x = float(x)
    if abs(x) < TINY:
        return x
    if not abs(x) < LARGE:
        x = within(x)
        if x != x:
            return nan
    n, left, rest = reduce(x)
    return at_quarter(int(n), left, rest)


@inline
def cos(x: float) -> float:
    """Cosine of an angle in rad."""
    x = float(x)
    if not abs(x) < LARGE:
        x = within(x)
        if x != x:
            return nan
    n, left, rest = reduce(x)
    return at_quarter(int(n) + 1, left, rest)


def sine_cosine(x: float) -> tuple[float, float]:
    """Sine and cosine of an angle in rad: equal to `sin` and `cos`, with one reduction."""
    if not abs(x) < LARGE:
        return sin(x), cos(x)
    n, left, rest = reduce(x)
    quarter = int(n)
    s, c = small_sine(left, rest) if abs(x) >= TINY else x, small_cosine(left, rest)
    if quarter & 1:
        s, c = c, -s
    return (-s, -c) if quarter & 2 else (s, c)


@inline
def tan(x: float) -> float:
    """Tangent of an angle in rad."""
    below = cos(x)
    return sin(x) / below if below != 0.0 else nan


@jit
def atan2(y: float, x: float) -> float:
    """Direction of (x, y), rad, -pi .. pi; zeros and infinities as in C."""
    y, x = float(y), float(x)
    if x != x or y != y:
        return nan
    low, high = abs(y), abs(x)
    steep = low > high
    if steep:
        low, high = high, low
    if low == inf:
        low, high = 1.0, 1.0
    near, near_rest = 0.0, 0.0
    if low < 0.4375 * high:
        u = low / high
    elif high == 0.0:
        u = 0.0
    elif low < 0.6875 * high:
        near, near_rest = ATAN_HALF, ATAN_HALF_REST
        u = (low - 0.5 * high) / (high + 0.5 * low)
    else:
        near, near_rest = ATAN_ONE, ATAN_ONE_REST
        u = (low - high) / (high + low)
    z = u * u
    p = -0.04976177219640731 + z * (0.03651536614037881 + z * -0.01626967709993972)
    p = -0.06661047398363712 + z * (0.05833399403348386 + z * p)
    p = -0.09090886980482056 + z * (0.0769187372265301 + z * p)
    p = -0.1428571427237515 + z * (0.11111110399628804 + z * p)
    p = -0.33333333333332926 + z * (0.1999999999987507 + z * p)
    angle = near + (u + (u * z * p + near_rest))
    behind = copysign(1.0, x) < 0.0
    if steep:
        angle = HALF_PI + (angle + HALF_PI_REST) if behind else HALF_PI - (angle - HALF_PI_REST)
    elif behind:
        angle = PI - (angle - PI_REST)
    return copysign(angle, y)


@inline
def atan(x: float) -> float:
    """Angle in rad whose tangent is `x`."""
    return atan2(x, 1.0)


@inline
def asin(x: float) -> float:
    """Angle in rad whose sine is `x`."""
    x = float(x)
    if not abs(x) <= 1.0:
        return nan
    return atan2(x, sqrt((1.0 - x) * (1.0 + x)))


@inline
def acos(x: float) -> float:
    """Angle in rad whose cosine is `x`."""
    x = float(x)
    if not abs(x) <= 1.0:
        return nan
    return atan2(sqrt((1.0 - x) * (1.0 + x)), x)


@inline
def power_of_two(k: int) -> float:
    """2^k, |k| < 1024, by squaring."""
    base, left = (2.0, k) if k >= 0 else (0.5, -k)
    power = 1.0
    while left > 0:
        if left & 1:
            power *= base
        base *= base
        left >>= 1
    return power


@inline
def series_of_exp(r: float) -> float:
    """(e^r - 1 - r - r^2 / 2) / r^3: Taylor's series, |r| up to 0.35."""
    p = 1.0 / 6227020800.0
    p = 1.0 / 39916800.0 + r * (1.0 / 479001600.0 + r * p)
    p = 1.0 / 362880.0 + r * (1.0 / 3628800.0 + r * p)
    p = 1.0 / 5040.0 + r * (1.0 / 40320.0 + r * p)
    p = 1.0 / 120.0 + r * (1.0 / 720.0 + r * p)
    return 1.0 / 6.0 + r * (1.0 / 24.0 + r * p)


@jit
def exp(x: float) -> float:
    """e^x."""
    x = float(x)
    if x != x:
        return nan
    if x > 709.782712893384:
        return inf
    if x < -745.1332191019412:
        return 0.0
    n = (x * ONE_OVER_LN2 + TO_WHOLE) - TO_WHOLE
    high = x - n * LN2_A
    low = n * LN2_B
    r = high - low
    p = series_of_exp(r)
    value = 1.0 + (r + (r * r * (0.5 + r * p) + ((high - r) - low)))
    k = int(n)
    if k == 0:
        return value
    return value * power_of_two(k >> 1) * power_of_two(k - (k >> 1))


@jit
def log(x: float) -> float:
    """Natural logarithm."""
    x = float(x)
    if x != x or x < 0.0:
        return nan
    if x == 0.0:
        return -inf
    if x == inf:
        return inf
    k = 0.0
    while x >= FOUR_BILLION:
        x *= PER_FOUR_BILLION
        k += 32.0
    while x < PER_FOUR_BILLION:
        x *= FOUR_BILLION
        k -= 32.0
    while x > 1.4142135623730951:
        x *= 0.5
        k += 1.0
    while x < 0.7071067811865476:
        x *= 2.0
        k -= 1.0
    f = x - 1.0
    s = f / (2.0 + f)
    z = s * s
    p = 2.0 / 19.0 + z * (2.0 / 21.0 + z * (2.0 / 23.0))  # for ln((1 + s) / (1 - s)), |s| up to 0.172
    p = 2.0 / 15.0 + z * (2.0 / 17.0 + z * p)
    p = 2.0 / 11.0 + z * (2.0 / 13.0 + z * p)
    p = 2.0 / 7.0 + z * (2.0 / 9.0 + z * p)
    p = z * (2.0 / 3.0 + z * (2.0 / 5.0 + z * p))
    half = 0.5 * f * f
    return k * LN2_A - ((half - (s * (half + p) + k * LN2_B)) - f)


ONE_OVER_LN10: Final = 0.4342944819032518
#: Lower limit of a draw's probability, above 0: half a step of `Random.random`.
LEAST_SHARE: Final = 5.551115123125783e-17
#: Limit of the series of the normal distribution; beyond it the distribution is 0 or 1 to the last bit.
FAR: Final = 8.5


class Chance(Protocol):
    """Source of numbers from 0 up to 1, like `random.Random`."""

    def random(self) -> float: ...


def hypot(*parts: float) -> float:
    """Length of a vector; `math.hypot` rounds differently in each version of Python."""
    squares = 0.0
    for part in parts:
        squares += part * part
    return sqrt(squares)


def dist(a: Sequence[float], b: Sequence[float]) -> float:
    """Distance of two points."""
    squares = 0.0
    for p, q in zip(a, b, strict=True):
        squares += (p - q) * (p - q)
    return sqrt(squares)


def log10(x: float) -> float:
    """Logarithm to base 10."""
    return log(x) * ONE_OVER_LN10


def expm1(x: float) -> float:
    """e^x - 1, without loss of precision for a small x."""
    return x + x * x * (0.5 + x * series_of_exp(x)) if abs(x) <= 0.35 else exp(x) - 1.0


def cbrt(x: float) -> float:
    """Cube root, by the logarithm and one Newton step."""
    if x == 0.0 or not abs(x) < inf:
        return x
    near = exp(log(abs(x)) / 3.0)
    return copysign(near - (near - abs(x) / (near * near)) / 3.0, x)


def whole_power(base: float, times: int) -> float:
    """`base` to the power of `times`, from 0. C's `pow`, which `**` calls, rounds differently in each library."""
    power = 1.0
    for _ in range(times):
        power *= base
    return power


def ratio(r: float, above: Sequence[float], below: Sequence[float]) -> float:
    """Quotient of polynomials, the highest power first."""
    up = down = 0.0
    for a, b in zip(above, below, strict=True):
        up, down = up * r + a, down * r + b
    return up / down


#: Wichura, "Algorithm AS 241: The Percentage Points of the Normal Distribution", Applied Statistics 37, 1988: PPND16.
#: Numerator and denominator of the middle, of the tails, and of what lies beyond e^-25.
MIDDLE: Final = (
    (2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
     13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.3871328727963666080),
    (5226.4952788528545610, 28729.085735721942674, 39307.895800092710610, 21213.794301586595867,
     5394.1960214247511077, 687.18700749205790830, 42.313330701600911252, 1.0),
)  # fmt: skip
TAILS: Final = (
    (7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177, 1.27045825245236838258,
     3.64784832476320460504, 5.76949722146069140550, 4.63033784615654529590, 1.42343711074968357734),
    (1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966, 0.14810397642748007459,
     0.68976733498510000455, 1.67638483018380384940, 2.05319162663775882187, 1.0),
)  # fmt: skip
BEYOND: Final = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386, 0.026532189526576123093,
     0.29656057182850489123, 1.78482653991729133580, 5.46378491116411436990, 6.65790464350110377720),
    (2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5, 7.868691311456132591e-4,
     0.0148753612908506148525, 0.13692988092273580531, 0.59983220655588793769, 1.0),
)  # fmt: skip


def normal_quantile(share: float) -> float:
    """Quantile of the standard normal distribution, 0 < share < 1."""
    q = share - 0.5
    if abs(q) <= 0.425:
        return q * ratio(0.180625 - q * q, *MIDDLE)
    r = sqrt(-log(share if q < 0.0 else 1.0 - share))
    away = ratio(r - 1.6, *TAILS) if r <= 5.0 else ratio(r - 5.0, *BEYOND)
    return copysign(away, q)


def normal_share(x: float) -> float:
    """Cumulative probability of the standard normal distribution up to `x`, to 1e-15: Marsaglia's series ("Evaluating
    the Normal Distribution", 2004)."""
    if not abs(x) < FAR:
        return nan if x != x else 0.5 + copysign(0.5, x)
    term, total, n = x, x, 1.0
    while abs(term) > 1e-17 * abs(total):
        n += 2.0
        term *= x * x / n
        total += term
    return 0.5 + total * exp(-0.5 * x * x) * 0.3989422804014327


def normal_draw(chance: Chance, mean: float, deviation: float) -> float:
    """A random value of the normal distribution."""
    return mean + deviation * normal_quantile(max(chance.random(), LEAST_SHARE))
