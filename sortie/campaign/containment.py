"""Containment of a flight: its margins to the operational volume and the ground risk buffer, its impact, and the
critical area.

The operational volume ends at the plan's fence and at `height_m`. The ground risk buffer extends `buffer_m` beyond that
fence, at every height.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import degrees, pi, radians, sqrt
from typing import Annotated, Final

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from autopilot.control import arrays
from autopilot.interface.mathematics import atan2, cos, hypot, tan

Positive = Annotated[float, Meta(gt=0.0)]
FIGURES: Final = (
    "volume_margin_m", "buffer_margin_m", "left_volume_s", "left_buffer_s", "end_s", "end_north_m", "end_east_m",
    "end_fence_m", "impact_mps", "impact_along_mps", "impact_down_mps",
)  # fmt: skip
"""Figures of each flight. `_margin_m`: lowest margin, below 0 outside. `left_`: time when it was first outside, s;
None: never. `end_`: time and place of the end, and distance inside the fence. `impact_`: speed of the hardest ground
contact, and its components just before; None without contact."""
PERSON_RADIUS_M, PERSON_HEIGHT_M, FRICTION, HARMLESS_J, GRAVITY_MPS2 = 0.3, 1.8, 0.65, 290.0, 9.82
"""Values of SORA's annex F, for `critical_area`."""
_SHALLOWEST_DEG: Final = 1.0


class FaultRate(Struct, frozen=True, forbid_unknown_fields=True):
    """Rate of a fault per flight hour, and its source."""

    per_hour: Positive
    source: Annotated[str, Meta(min_length=1)]


class Containment(Struct, frozen=True, forbid_unknown_fields=True):
    """Volume and vehicle of an application. `height_m`: top of the operational volume above the place of switch-on.
    `width_m`: characteristic dimension of the vehicle. `rates`: of faults, by name."""

    height_m: Positive
    buffer_m: Annotated[float, Meta(ge=0.0)]
    width_m: Positive
    mass_kg: Positive
    rates: dict[str, FaultRate] = {}


def excursion(signals: Mapping[str, NDArray[np.generic]], box: Containment) -> dict[str, float | None]:
    """Calculate `FIGURES` of a flight."""
    time, height, fence = (np.asarray(signals[name], np.float64) for name in ("time", "height", "fence_distance"))
    inside, within = np.minimum(fence, box.height_m - height), fence + box.buffer_m
    impact, along, down = _hardest_contact(signals)
    values = (
        float(inside.min()),
        float(within.min()),
        _first(time, inside),
        _first(time, within),
        float(time[-1]),
        float(signals["north"][-1]),
        float(signals["east"][-1]),
        float(fence[-1]),
        impact,
        along,
        down,
    )
    return dict(zip(FIGURES, values, strict=True))


def _first(time: NDArray[np.float64], margin: NDArray[np.float64]) -> float | None:
    outside = np.flatnonzero(margin < 0.0)
    return float(time[outside[0]]) if outside.size else None


def _hardest_contact(signals: Mapping[str, NDArray[np.generic]]) -> tuple[float | None, float | None, float | None]:
    """Return total speed, ground speed and sink rate, m/s. The contact has a speed; the sample before it (up to 0.2 s
    earlier) gives the direction, and the speed if it was larger."""
    speed, climb, touchdown, landed = (
        np.asarray(signals[name], np.float64) for name in ("speed", "climb", "touchdown", "landed")
    )
    contacts = np.flatnonzero(np.diff(landed) > 0.5)
    if contacts.size == 0:
        return None, None, None
    whole = np.maximum(touchdown[contacts + 1], arrays.hypot(speed[contacts], climb[contacts]))
    k = int(np.argmax(whole))
    return float(whole[k]), float(speed[contacts[k]]), max(0.0, float(-climb[contacts[k]]))


def energy(mass_kg: float, speed_mps: float) -> float:
    """Return kinetic energy, J."""
    return 0.5 * mass_kg * speed_mps * speed_mps


def impact_angle(along_mps: float, down_mps: float) -> float:
    """Return the angle of the path below the horizontal, degrees; 90 without ground speed."""
    if hypot(along_mps, down_mps) < 1e-6:
        return 90.0
    return max(_SHALLOWEST_DEG, degrees(atan2(down_mps, along_mps)))


def critical_area(
    width_m: float, mass_kg: float, speed_mps: float, angle_deg: float, friction: float = FRICTION
) -> float:
    """Return the critical area in m2 by the model of JARUS (SORA annex F, edition 2.5, appendix on the critical area;
    as computed by its authors' program CasEx), without explosions and obstacles: a body as wide as the vehicle and a
    person together, `r`, glides over the last 1.8 m, then slides until its energy is 290 J:
    2 r (glide + slide) + pi r^2. What is left of the horizontal speed after the impact is 0.8 of it at 10 degrees and
    0.6 at 90."""
    r = PERSON_RADIUS_M + width_m / 2.0
    angle = radians(angle_deg)
    glide_m = PERSON_HEIGHT_M / tan(angle) if angle_deg < 90.0 else 0.0
    restitution = 0.8 - 0.2 * (max(angle_deg, 10.0) - 10.0) / 80.0
    sliding, harmless = restitution * speed_mps * cos(angle), sqrt(2.0 * HARMLESS_J / mass_kg)
    slide_m = max(0.0, sliding * sliding - harmless * harmless) / (2.0 * friction * GRAVITY_MPS2)
    return 2.0 * r * (glide_m + slide_m) + pi * r * r
