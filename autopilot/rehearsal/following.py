"""Time of a leg that follows the ground. On steep ground, where the vehicle would climb or descend faster than it can,
it flies slower."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from autopilot.control import arrays
from autopilot.interface.footprint import Numbers
from autopilot.rehearsal.field import PlannedLeg

_STEP_M: Final = 15.0
_MOST_STEPS: Final = 400
Heights = Callable[[Numbers, Numbers], Numbers]
"""Heights of the ground above home at places north and east of home, m; NaN: unknown."""


def points(counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Number the points of lines of so many points each: each point's line, and how many of that line are before it."""
    line = np.repeat(np.arange(len(counts)), counts)
    return line, np.arange(len(line)) - np.repeat(np.cumsum(counts) - counts, counts)


def follow_ground(
    legs: list[PlannedLeg], brakes_s: Sequence[float], rates: Sequence[tuple[float, float]], heights: Heights
) -> None:
    """Set the times of legs that follow the ground, by its slopes. `brakes_s`, `rates`: of each leg, the time of its
    braking, and its largest climb and descent, m/s."""
    follow = [k for k, leg in enumerate(legs) if leg.over_ground and leg.length_m > 0.0]
    if not follow:
        return
    begin, end = (np.array([getattr(legs[k], side) for k in follow]) for side in ("begin", "end"))
    speeds, (up, down) = [legs[k].speed_mps for k in follow], np.array([rates[k] for k in follow]).T
    for k, needed in zip(follow, seconds_over_ground(begin, end, speeds, up, down, heights), strict=True):
        legs[k] = replace(legs[k], seconds=max(legs[k].seconds, float(needed) + brakes_s[k]))


def seconds_over_ground(
    begin: Numbers, end: Numbers, speed: Sequence[float], up: Numbers, down: Numbers, heights: Heights
) -> Numbers:
    """Time for each line (n by 3, m), s. The height above the ground is linear between those at both ends. `speed`,
    `up`, `down`: m/s. Over unknown ground a line counts as level."""
    lengths = arrays.hypot(*(end - begin)[:, :2].T)
    steps = np.clip(np.ceil(lengths / _STEP_M), 1, _MOST_STEPS).astype(np.int64)
    line, within = points(steps + 1)
    share = within / steps[line]
    place = begin[line] + share[:, None] * (end - begin)[line]
    ground = heights(place[:, 0], place[:, 1])
    first, last = np.cumsum(steps + 1) - steps - 1, np.cumsum(steps + 1) - 1
    over = np.stack([begin[:, 2] - ground[first], end[:, 2] - ground[last]])
    height = ground + over[0][line] + share * (over[1] - over[0])[line]
    inside = line[1:] == line[:-1]
    climbs, of = np.diff(height)[inside], line[1:][inside]
    level = (lengths / steps / np.asarray(speed, np.float64))[of]
    slower = np.maximum(level, np.where(climbs > 0.0, climbs / up[of], -climbs / down[of]))
    return np.asarray(np.bincount(of, np.where(np.isnan(climbs), level, slower), len(steps)), np.float64)
