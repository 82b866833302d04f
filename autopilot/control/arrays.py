"""The functions of `autopilot.interface.mathematics` over arrays. They give equal bytes on every machine, while numpy's
depend on the processor. Compiled with the kernels."""

from __future__ import annotations

from math import nan
from typing import Final

import numpy as np
import numpy.typing as npt

from autopilot.control.kernels import Entry
from autopilot.interface.marks import jit
from autopilot.interface.mathematics import acos as acos_of
from autopilot.interface.mathematics import atan2 as atan2_of
from autopilot.interface.mathematics import cos as cos_of
from autopilot.interface.mathematics import sin as sin_of

Numbers = npt.NDArray[np.float64]

SINE: Final = 0
COSINE: Final = 1
DIRECTION: Final = 2
ARCCOSINE: Final = 3


@jit
def value_of(which: int, x: float, y: float) -> float:
    """Value of the function with this number; nan for an unknown number."""
    if which == SINE:
        return sin_of(x)
    if which == COSINE:
        return cos_of(x)
    if which == DIRECTION:
        return atan2_of(x, y)
    if which == ARCCOSINE:
        return acos_of(x)
    return nan


def over_array(which: int, x: Numbers, y: Numbers, out: Numbers) -> None:
    """Write the function `which` of each element of `x` (and of `y`, if it has two arguments) to `out`."""
    for k in range(len(x)):
        out[k] = value_of(which, x[k], y[k])


OVER_ARRAY: Final = Entry("over_array", __name__, "over_array", "void(int64, float64[::1], float64[::1], float64[::1])")


def sin(x: Numbers) -> Numbers:
    """Sine of angles in rad."""
    return _over(SINE, x, x)


def cos(x: Numbers) -> Numbers:
    """Cosine of angles in rad."""
    return _over(COSINE, x, x)


def atan2(y: Numbers, x: Numbers) -> Numbers:
    """Directions of (x, y), rad, -pi .. pi."""
    return _over(DIRECTION, y, x)


def acos(x: Numbers) -> Numbers:
    """Angles in rad whose cosine is `x`; nan outside -1 .. 1."""
    return _over(ARCCOSINE, x, x)


def hypot(x: Numbers, y: Numbers) -> Numbers:
    """Lengths of (x, y)."""
    return np.asarray(np.sqrt(x * x + y * y))


def _over(which: int, x: Numbers, y: Numbers) -> Numbers:
    out = np.empty(np.shape(x))
    OVER_ARRAY.call(which, np.ascontiguousarray(x).reshape(-1), np.ascontiguousarray(y).reshape(-1), out.reshape(-1))
    return out
