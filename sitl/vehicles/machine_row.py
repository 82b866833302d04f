"""Row of one machine: its arrays, and the kernel that is bound to them.

The kernel is loaded by the first `advance` (or `load`), so that the first HEARTBEAT can be sent before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from autopilot.control.kernels import Entry
from autopilot.interface import layout as L
from autopilot.interface import report as R
from sitl.kernel.quantiles import quantiles

FloatRows = npt.NDArray[np.float64]
_MOST_SAMPLES: Final = 50
_FLAT: Final = np.full((2, 2), np.nan, np.float32)


def no_samples() -> tuple[FloatRows, FloatRows]:
    """Empty arrays for the times of samples and the samples of a kernel."""
    return np.array([np.inf, 0.0, 0.0]), np.zeros((1, R.SIZE))


class RowArrays(NamedTuple):
    """Arrays of a kernel's machines, with a row for each."""

    state: FloatRows
    settings: FloatRows
    target: FloatRows
    noise: npt.NDArray[np.uint64]
    report: FloatRows


class MachineRow:
    """The row of a machine. `ground`: heights, shared by all that stand on it; a 2 x 2 array of NaN without terrain.
    `kernel` advances the row."""

    def __init__(self, kernel: Entry, arrays: RowArrays) -> None:
        self._kernel = kernel
        self._until_ms = np.zeros(1)
        self._sampling, self._samples = no_samples()
        self._advance: Callable[..., int] | None = None
        self.ground: npt.NDArray[np.float32] = _FLAT
        self.move_to(arrays)

    def move_to(self, arrays: RowArrays) -> None:
        """Use these arrays from now on. They already have the row's values."""
        self.arrays, self._s = arrays, arrays.state[0]
        self._bind_again()

    def stand_on(self, heights: npt.NDArray[np.float32]) -> None:
        self.ground = heights
        self._bind_again()

    @property
    def loaded(self) -> bool:
        """True once the kernel is loaded."""
        return self._advance is not None

    def load(self) -> None:
        """Load the kernel now. From the library this is immediate; compiling by numba takes half a minute or more."""
        if self._advance is None:
            self._bind()

    def _bind(self) -> Callable[..., int]:
        *rows, report = self.arrays
        self._advance = self._kernel.bind(
            *rows, quantiles(), report, self.ground, self._until_ms, self._samples, self._sampling
        )
        return self._advance

    def _bind_again(self) -> None:
        if self._advance is not None:
            self._bind()

    def advance(self, until_ms: int) -> int:
        """Run to `until_ms` or to the tick of the first event; returns the time, ms."""
        advance = self._advance or self._bind()
        self._until_ms[0] = until_ms
        advance()
        return int(self._s[L.S_TIME_MS])

    def advance_sampled(self, until_ms: int, next_ms: int, every_ms: int) -> tuple[int, FloatRows]:
        """Run as `advance` does, and copy the report at `next_ms` and every `every_ms` after it."""
        if len(self._samples) < _MOST_SAMPLES:
            self._samples = np.zeros((_MOST_SAMPLES, R.SIZE))
            self._bind_again()
        self._sampling[:] = next_ms, every_ms, 0.0
        now_ms = self.advance(min(until_ms, next_ms + _MOST_SAMPLES * every_ms))
        count = int(self._sampling[2])
        self._sampling[0] = np.inf
        return now_ms, self._samples[:count]
