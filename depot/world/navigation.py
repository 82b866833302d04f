"""What the skimmer knows of its own motion, and what chance does to its burns: errors that are drawn by name from the
seed, so that a sortie flown again is the same.

While the depot ranges it (comms window open) its error is that of a fix, in proportion to the distance; behind a closed
window the error of velocity carries it away, and the next fix corrects it. Every window has errors of its own.
"""

from __future__ import annotations

from functools import lru_cache
from math import cos, hypot, log, pi, sqrt

from depot.physics.attitude import about, turn
from depot.physics.orbit import Hill, Vector
from depot.settings import EngineSettings, NavigationSettings
from depot.world.chance import uniform


def normal(seed: int, number: int, name: str) -> float:
    """A draw of the normal distribution, sigma 1, at most 3 (Box and Muller 1958)."""
    first, second = uniform(seed, number, name), uniform(seed, number, name + "'")
    return min(max(sqrt(-2.0 * log(1.0 - first)) * cos(2.0 * pi * second), -3.0), 3.0)


def sigma_m(navigation: NavigationSettings, range_m: float, silent_s: float) -> float:
    """The error of its position that the skimmer has to expect. `silent_s`: since the last fix."""
    return navigation.fix_m + navigation.fix_per_m * range_m + navigation.growth_mps * silent_s


def estimate(navigation: NavigationSettings, seed: int, fix: int, truth: Hill, silent_s: float) -> Hill:
    """Its own idea of `truth`. `fix`: the number of the fix that it goes by."""
    x, y, z, vx, vy, vz = truth
    off = navigation.fix_m + navigation.fix_per_m * hypot(x, y, z)
    slow, slip = navigation.fix_mps, navigation.growth_mps * silent_s
    a, b, c, d, e, f = _errors(seed, fix)
    close = min(1.0, off / (navigation.fix_m + 1.0))  # its speed too is known better from near
    return (
        x + off * a + slip * d, y + off * b + slip * e, z + off * c + slip * f,
        vx + slow * close * d, vy + slow * close * e, vz + slow * close * f,
    )  # fmt: skip


@lru_cache(maxsize=8)
def _errors(seed: int, fix: int) -> tuple[float, ...]:
    """What one fix is off by in each direction, in standard deviations."""
    return tuple(normal(seed, fix, axis) for axis in ("x", "y", "z", "vx", "vy", "vz"))


def achieved(engines: EngineSettings, seed: int, number: int, dv: Vector) -> Vector:
    """What burn `number` really gives for a commanded change of velocity: too long or too short, and aside."""
    scale = 1.0 + engines.execution * normal(seed, number, "burn")
    size = hypot(*dv)
    if size == 0.0:
        return dv
    across = (-dv[1] / size, dv[0] / size, 0.0) if abs(dv[2]) < 0.9 * size else (1.0, 0.0, 0.0)
    aside = turn(about(across, engines.pointing_deg * normal(seed, number, "up")), dv)
    aside = turn(about((0.0, 0.0, 1.0), engines.pointing_deg * normal(seed, number, "side")), aside)
    return (aside[0] * scale, aside[1] * scale, aside[2] * scale)
