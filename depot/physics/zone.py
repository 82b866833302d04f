"""The harvest zone and the docking corridor: where they are, and what INTAKE takes in on the way through.

The envelope thins out by an exponential of height. On free motion height is x = middle - half cos(phase), so that what
a dip takes in is an integral of exp(z cos phase), in closed form by its expansion in modified Bessel functions (Jacobi
and Anger; Abramowitz and Stegun 9.6.34):  exp(z cos t) = I0(z) + 2 sum Ik(z) cos(k t).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from math import pi, radians

import numpy as np

from autopilot.control.arrays import OVER_ARRAY, SINE, Numbers
from autopilot.interface.mathematics import acos, exp, hypot, tan
from depot.physics.orbit import Ellipse, Hill, Orbit
from depot.settings import CorridorSettings, ZoneSettings

_TERMS = 24


def in_zone(orbit: Orbit, zone: ZoneSettings, state: Hill, along_m: float) -> bool:
    """True in the band of heights, near enough to the middle of the pattern, and neither too slow nor too fast for the
    intake?"""
    return (
        zone.floor_m <= orbit.height_m(state) <= zone.ceiling_m
        and abs(state[1] - along_m) <= zone.half_length_m
        and abs(state[2]) <= zone.half_width_m
        and zone.speed_min_mps <= orbit.speed_mps(state) <= zone.speed_max_mps
    )


def dip_phases(orbit: Orbit, zone: ZoneSettings, ellipse: Ellipse) -> float | None:
    """Half of the arc of the ellipse, in rad about its lowest point, that is below the zone's ceiling; None when it
    does not come down to it."""
    if ellipse.height_m <= 0.0:
        return None
    level = (ellipse.middle_m - (zone.ceiling_m - orbit.altitude_m)) / ellipse.height_m
    return None if level >= 1.0 else pi if level <= -1.0 else acos(level)


def bessel_i(z: float) -> tuple[float, ...]:
    """I0(z) to I_k(z), by their power series (Abramowitz and Stegun 9.6.10)."""
    half, values = z / 2.0, []
    lead = 1.0
    for order in range(_TERMS):
        term = total = lead
        for step in range(1, 60):
            term *= half * half / (step * (step + order))
            total += term
            if term < 1e-17 * total:
                break
        values.append(total)
        lead *= half / (order + 1)
    return tuple(values)


def swept(orbit: Orbit, zone: ZoneSettings, ellipse: Ellipse, start: float, end: float) -> float:
    """The integral over the phase, rad, of density times speed on an ellipse, in units of the density at the zone's
    floor and the depot's own speed."""
    weights = _weights(ellipse.height_m / zone.scale_height_m, ellipse.height_m / orbit.radius_m)
    total = weights[0] * (end - start)
    for weight, ended, begun in zip(weights[1:], _sines(end), _sines(start), strict=False):
        total += weight * (ended - begun)
    floor_m = zone.floor_m - orbit.altitude_m
    return total * exp(-(ellipse.middle_m - floor_m) / zone.scale_height_m)


@lru_cache(maxsize=16)
def _sines(phase: float) -> list[float]:
    """sin(k phase), k = 1 .. _TERMS - 1. The same phases begin and end many integrals."""
    orders, angles, sines, take = _series()
    np.multiply(orders, phase, out=angles)
    take()
    found: list[float] = sines.tolist()
    return found


@cache
def _series() -> tuple[Numbers, Numbers, Numbers, Callable[[], object]]:
    """Orders, angles, their sines, and the compiled call that makes these of those: a fifth of the time of plain
    Python, and these are a tenth of a loop's."""
    angles, sines = np.empty(_TERMS - 1), np.empty(_TERMS - 1)
    return np.arange(1.0, _TERMS), angles, sines, OVER_ARRAY.bind(SINE, angles, angles, sines)


@lru_cache(maxsize=256)
def _weights(z: float, faster: float) -> tuple[float, ...]:
    """Fourier weights of exp(z cos t) (1 + faster cos t): its mean, then the coefficients of sin(k t) in its
    integral. The speed on an ellipse is that of the depot by the second factor, to second order of the dip."""
    i = bessel_i(z)
    c = [i[0], *(2.0 * value for value in i[1:])]
    weights = [c[0] + 0.5 * faster * c[1]]
    for k in range(1, _TERMS - 1):
        below = c[k - 1] * (2.0 if k == 1 else 1.0)
        weights.append((c[k] + 0.5 * faster * (below + c[k + 1])) / k)
        if abs(weights[-1]) < 1e-12 * weights[0]:
            break
    return tuple(weights)


def glide_mps(corridor: CorridorSettings, range_m: float) -> float:
    """Speed of the glide slope at this distance, m/s: the fastest closing on the depot."""
    return min(corridor.contact_mps + corridor.glide_mps_per_m * range_m, corridor.speed_max_mps)


def in_corridor(corridor: CorridorSettings, state: Hill) -> bool:
    """In the cone behind the depot, within the gate's distance, and not faster than the glide slope allows by half."""
    behind = -state[1]
    if not 0.0 < behind <= 1.2 * corridor.gate_m:
        return False
    aside = hypot(state[0], state[2])
    closing = hypot(*state[3:])
    wide = tan(radians(corridor.half_angle_deg)) * behind + corridor.capture_m
    return aside <= wide and closing <= 1.5 * glide_mps(corridor, hypot(*state[:3]))
