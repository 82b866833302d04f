"""The table of normal quantiles that the kernel draws noise from. Apart from `noise` so that numba stays out."""

from __future__ import annotations

from functools import cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

BITS = 10
SIZE = 1 << BITS


@cache
def quantiles() -> npt.NDArray[np.float64]:
    """`SIZE` equally likely values of the standard normal distribution, mean 0, scaled to variance 1. The tails end at
    3.3 sigma, as a sensor's filtered noise does."""
    normal = NormalDist()
    upper = np.array([normal.inv_cdf((SIZE // 2 + i + 0.5) / SIZE) for i in range(SIZE // 2)])
    table = np.concatenate([-upper[::-1], upper])
    scaled: npt.NDArray[np.float64] = table / np.sqrt(np.mean(table * table))
    return scaled
