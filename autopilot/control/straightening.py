"""Straightening of a path: the fewest of its points whose connecting lines pass all others within a tolerance (Douglas
and Peucker 1973). It is compiled with the kernels, because a full trail needs some thousand distances at once, in
flight."""

from __future__ import annotations

from math import sqrt
from typing import Final

import numpy as np
import numpy.typing as npt

from autopilot.control.kernels import Entry
from autopilot.interface.geo import Ned

Numbers = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]


def straighten(points: Numbers, tolerance: Numbers, kept: Indices, spans: Indices) -> None:
    """Set `kept` to 1 for each of the `points` (one in a row) that stays. `tolerance`: one number, m. `spans`: room for
    as many pairs of indices as there are points."""
    kept[:] = 0
    spans[0, 0], spans[0, 1] = 0, len(points) - 1
    kept[0] = kept[len(points) - 1] = 1
    waiting = 1
    while waiting:
        waiting -= 1
        first, last = spans[waiting, 0], spans[waiting, 1]
        n, e, d = points[first, 0], points[first, 1], points[first, 2]
        north, east, down = points[last, 0] - n, points[last, 1] - e, points[last, 2] - d
        size = north * north + east * east + down * down
        farthest, worst = 0, tolerance[0]
        for i in range(first + 1, last):
            share = 0.0
            if size != 0.0:
                share = ((points[i, 0] - n) * north + (points[i, 1] - e) * east + (points[i, 2] - d) * down) / size
                share = 0.0 if share < 0.0 else 1.0 if share > 1.0 else share
            x = points[i, 0] - (n + share * north)
            y = points[i, 1] - (e + share * east)
            z = points[i, 2] - (d + share * down)
            off = sqrt(x * x + y * y + z * z)
            if off > worst:
                farthest, worst = i, off
        if farthest:
            kept[farthest] = 1
            spans[waiting, 0], spans[waiting, 1] = first, farthest
            spans[waiting + 1, 0], spans[waiting + 1, 1] = farthest, last
            waiting += 2


STRAIGHTEN: Final = Entry(
    "straighten_way", __name__, "straighten", "void(float64[:, ::1], float64[::1], int64[::1], int64[:, ::1])"
)


def straightened(points: list[Ned], tolerance: float) -> list[Ned]:
    """The fewest of the points whose connecting lines pass all others within `tolerance` m; first and last stay."""
    if len(points) < 3:
        return list(points)
    count = len(points)
    kept = np.empty(count, np.int64)
    STRAIGHTEN.call(np.array(points), np.array([tolerance]), kept, np.empty((count, 2), np.int64))
    return [points[i] for i in np.flatnonzero(kept).tolist()]
