"""Relative motion about the depot's circular orbit in closed form (Clohessy and Wiltshire 1960; notation of Vallado,
Fundamentals of Astrodynamics and Applications, 4th ed., 6.8).

Hill frame: x radially outward, y along the track, z across it (along the orbit's angular momentum); metres from the
depot, m/s. The equations are linear in the distance from the depot. As y counts along the arc, they hold for tens of
kilometres ahead or behind. Coasting and constant thrust are matrices, so a leg needs no integration in steps.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from math import degrees, pi, radians, sqrt

from msgspec import Struct

from autopilot.interface.geo import wrap_longitude
from autopilot.interface.mathematics import atan2, hypot, sin, sine_cosine, whole_power

Vector = tuple[float, float, float]
Hill = tuple[float, float, float, float, float, float]
"""Position (m) and velocity (m/s) in the Hill frame."""

AT_REST: Hill = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
_SINGULAR = 1e-3


class Orbit(Struct, frozen=True, dict=True):
    """Circular orbit: gravitational parameter, m3/s2; radius of the body, m; height above it, m."""

    mu_m3_s2: float
    body_m: float
    altitude_m: float

    @cached_property
    def radius_m(self) -> float:
        """Distance from the centre of the body, m."""
        return self.body_m + self.altitude_m

    @cached_property
    def rate(self) -> float:
        """Mean motion n, rad/s."""
        return sqrt(self.mu_m3_s2 / whole_power(self.radius_m, 3))

    @cached_property
    def period_s(self) -> float:
        return 2.0 * pi / self.rate

    def height_m(self, state: Hill) -> float:
        """Height above the body, m. y counts along the arc, so only the radial offset matters."""
        return self.altitude_m + state[0]

    def speed_mps(self, state: Hill) -> float:
        """Speed in the frame that does not rotate, m/s: the speed through an envelope at rest."""
        return hypot(state[3], state[4] + self.rate * (self.radius_m + state[0]), state[5])

    def place(self, state: Hill) -> Vector:
        """Latitude across the orbit and longitude along it from the depot, degrees; altitude, m."""
        along = wrap_longitude(degrees(state[1] / self.radius_m))
        return (degrees(sin(state[2] / self.radius_m)), along, self.altitude_m + state[0])

    def offset_m(self, place: Vector) -> Vector:
        """Hill position of latitude, longitude (degrees) and altitude (m): the inverse of `place`."""
        return (place[2] - self.altitude_m, radians(place[1]) * self.radius_m, radians(place[0]) * self.radius_m)


@lru_cache(maxsize=1024)
def _turned(tau: float) -> tuple[float, float]:
    """Sine and cosine of an angle, rad. Cached, because the same times are asked for repeatedly."""
    return sine_cosine(tau)


def coast(n: float, state: Hill, seconds: float) -> Hill:
    """State after free motion for `seconds`."""
    x, y, z, vx, vy, vz = state
    tau = n * seconds
    s, c = _turned(tau)
    back = 2.0 * (1.0 - c)
    return (
        (4.0 - 3.0 * c) * x + s / n * vx + back / n * vy,
        6.0 * (s - tau) * x + y - back / n * vx + (4.0 * s - 3.0 * tau) / n * vy,
        c * z + s / n * vz,
        3.0 * n * s * x + c * vx + 2.0 * s * vy,
        -3.0 * n * back * x - 2.0 * s * vx + (4.0 * c - 3.0) * vy,
        -n * s * z + c * vz,
    )


def thrust(n: float, state: Hill, accel: Vector, seconds: float) -> Hill:
    """State after `seconds` of an acceleration that is constant in the Hill frame, m/s2."""
    x, y, z, vx, vy, vz = coast(n, state, seconds)
    ax, ay, az = accel
    tau = n * seconds
    s, c = _turned(tau)
    lag, bow = tau - s, 1.0 - c
    return (
        x + (ax * bow + 2.0 * ay * lag) / (n * n),
        y + (ay * (4.0 * bow - 1.5 * tau * tau) - 2.0 * ax * lag) / (n * n),
        z + az * bow / (n * n),
        vx + (ax * s + 2.0 * ay * bow) / n,
        vy + (ay * (4.0 * s - 3.0 * tau) - 2.0 * ax * bow) / n,
        vz + az * s / n,
    )


def transfer(n: float, start: Vector, end: Vector, seconds: float) -> Vector | None:
    """Velocity at `start` that leads to `end` after `seconds`, by inverting the state transition.

    None near the times at which the matrix is singular, such as whole revolutions. After half revolutions z cannot be
    changed, and vz is 0.
    """
    tau = n * seconds
    s, c = _turned(tau)
    a, b, d = s / n, 2.0 * (1.0 - c) / n, (4.0 * s - 3.0 * tau) / n
    det = a * d + b * b
    if abs(det) * n * n < _SINGULAR * max(1.0, tau):
        return None
    dx = end[0] - (4.0 - 3.0 * c) * start[0]
    dy = end[1] - start[1] - 6.0 * (s - tau) * start[0]
    vz = (end[2] - c * start[2]) / a if abs(s) > 0.1 else 0.0
    return ((d * dx - b * dy) / det, (a * dy + b * dx) / det, vz)


class Ellipse(Struct, frozen=True):
    """Free motion in the orbit plane: an ellipse of ratio 2:1 about a centre that drifts along the track.

    x = middle_m - height_m cos(phase + n t); with `middle_m` 0 the ellipse is closed.
    """

    middle_m: float
    height_m: float
    phase: float  # 0 at the lowest point, rad


def ellipse_of(n: float, state: Hill) -> Ellipse:
    """Ellipse of a state; `phase` is that of the same instant."""
    x, _, _, vx, vy, _ = state
    middle = 4.0 * x + 2.0 * vy / n
    return Ellipse(middle, hypot(x - middle, vx / n), atan2(vx / n, middle - x))


def closed_ellipse(n: float, height_m: float, along_m: float, phase: float) -> Hill:
    """State on a closed ellipse about `along_m` on the depot's track, as the harvest pattern flies it."""
    s, c = sine_cosine(phase)
    return (-height_m * c, along_m + 2.0 * height_m * s, 0.0, height_m * n * s, 2.0 * height_m * n * c, 0.0)


def size(vector: Vector) -> float:
    """Length of a vector: `hypot` of three."""
    x, y, z = vector
    return sqrt(x * x + y * y + z * z)


def minus(vector: Vector, other: Vector) -> Vector:
    return (vector[0] - other[0], vector[1] - other[1], vector[2] - other[2])


def plus(vector: Vector, other: Vector) -> Vector:
    return (vector[0] + other[0], vector[1] + other[1], vector[2] + other[2])


def position(state: Hill) -> Vector:
    return state[:3]


def velocity(state: Hill) -> Vector:
    return state[3:]
