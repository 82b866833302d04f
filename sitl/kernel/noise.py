"""Seeded noise for the kernel: splitmix64 and a table of normal quantiles.

One 64-bit draw (Steele, Lea, Flood 2014) gives six numbers of ten bits. Each selects a quantile of the standard normal
distribution (`sitl.kernel.quantiles`). A table costs one load; Box-Muller costs a logarithm and a sine.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autopilot.interface.marks import jit
from sitl.kernel.quantiles import SIZE

GAMMA = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)
S30, S27, S31 = np.uint64(30), np.uint64(27), np.uint64(31)
MASK = np.uint64(SIZE - 1)
S10, S20, S30B, S40, S50 = np.uint64(10), np.uint64(20), np.uint64(30), np.uint64(40), np.uint64(50)


@jit
def draw(x: Any) -> Any:
    """The splitmix64 output for state `x` (advance the state by GAMMA each time)."""
    z = (x ^ (x >> S30)) * MIX_1
    z = (z ^ (z >> S27)) * MIX_2
    return z ^ (z >> S31)
