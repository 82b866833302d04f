"""The table of normal quantiles for the kernel's noise. It is not in `noise`, because importing that loads numba."""

from __future__ import annotations

from functools import cache
from math import fsum, sqrt

import numpy as np
import numpy.typing as npt

from autopilot.interface.mathematics import normal_quantile

BITS = 10
SIZE = 1 << BITS


@cache
def quantiles() -> npt.NDArray[np.float64]:
    """`SIZE` equally likely values of the standard normal distribution, mean 0, scaled to variance 1. The tails end at
    3.3 sigma, like filtered noise of a sensor."""
    upper = [normal_quantile((SIZE // 2 + i + 0.5) / SIZE) for i in range(SIZE // 2)]
    deviation = sqrt(fsum(value * value for value in upper) / (SIZE // 2))
    return np.array([*(-value for value in reversed(upper)), *upper]) / deviation
