"""Harvest zone and docking corridor: their geometry, and the mass that INTAKE takes in on a pass.

The density of the envelope falls exponentially with height. On free motion the height is x = middle - half cos(phase),
so the intake of a dip is an integral of exp(z cos phase). It has a closed form by the expansion in modified Bessel
functions (Jacobi and Anger; Abramowitz and Stegun 9.6.34):  exp(z cos t) = I0(z) + 2 sum Ik(z) cos(k t).
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
    """True in the band of heights, within the pattern's length and width, and at a speed at which INTAKE works."""
    return (
        zone.floor_m <= orbit.height_m(state) <= zone.ceiling_m
        and abs(state[1] - along_m) <= zone.half_length_m
        and abs(state[2]) <= zone.half_width_m
        and zone.speed_min_mps <= orbit.speed_mps(state) <= zone.speed_max_mps
    )


def dip_phases(orbit: Orbit, zone: ZoneSettings, ellipse: Ellipse) -> float | None:
    """Half of the arc below the zone's ceiling, rad about the ellipse's lowest point; None if it stays above."""
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
    """Integral of density times speed over the phase, in units of the density at the zone's floor and the depot's
    speed."""
    weights = _weights(ellipse.height_m / zone.scale_height_m, ellipse.height_m / orbit.radius_m)
    total = weights[0] * (end - start)
    for weight, ended, begun in zip(weights[1:], _sines(end), _sines(start), strict=False):
        total += weight * (ended - begun)
    floor_m = zone.floor_m - orbit.altitude_m
    return total * exp(-(ellipse.middle_m - floor_m) / zone.scale_height_m)


@lru_cache(maxsize=16)
def _sines(phase: float) -> list[float]:
    """sin(k phase) for k = 1 .. _TERMS - 1. Cached, because integrals share their limits."""
    orders, angles, sines, take = _series()
    np.multiply(orders, phase, out=angles)
    take()
    found: list[float] = sines.tolist()
    return found


@cache
def _series() -> tuple[Numbers, Numbers, Numbers, Callable[[], object]]:
    """Orders, angles, their sines, and the compiled call that fills the sines. It takes a fifth of the time of plain
    Python; these sums were a tenth of a loop's time."""
    angles, sines = np.empty(_TERMS - 1), np.empty(_TERMS - 1)
    return np.arange(1.0, _TERMS), angles, sines, OVER_ARRAY.bind(SINE, angles, angles, sines)


@lru_cache(maxsize=256)
def _weights(z: float, faster: float) -> tuple[float, ...]:
    """Fourier weights of exp(z cos t) (1 + faster cos t): its mean, then the coefficients of sin(k t) in its integral.

    `faster` accounts for the speed on the ellipse relative to the depot's, to second order of the dip.
    """
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
    """Largest closing speed at this distance by the glide slope, m/s."""
    return min(corridor.contact_mps + corridor.glide_mps_per_m * range_m, corridor.speed_max_mps)


def in_corridor(corridor: CorridorSettings, state: Hill) -> bool:
    """True in the cone behind the depot, near the gate or nearer, at most 1.5 times as fast as the glide slope."""
    behind = -state[1]
    if not 0.0 < behind <= 1.2 * corridor.gate_m:
        return False
    aside = hypot(state[0], state[2])
    closing = hypot(*state[3:])
    wide = tan(radians(corridor.half_angle_deg)) * behind + corridor.capture_m
    return aside <= wide and closing <= 1.5 * glide_mps(corridor, hypot(*state[:3]))
