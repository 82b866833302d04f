"""Row of one machine: its arrays, and the kernel that is bound to them.

The kernel is loaded by the first `advance` (or `load`), so that the first HEARTBEAT can be sent before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

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


class MachineRow:
    """Arrays of one row each: state, settings, target, noise and report. `ground`: heights, shared by all that stand on
    it; a 2 x 2 array of NaN without terrain. `kernel` advances the row."""

    def __init__(
        self,
        kernel: Entry,
        state: FloatRows,
        settings: FloatRows,
        target: FloatRows,
        noise: npt.NDArray[np.uint64],
        report: FloatRows,
    ) -> None:
        self._kernel = kernel
        self._until_ms = np.zeros(1)
        self._sampling, self._samples = no_samples()
        self._advance: Callable[..., int] | None = None
        self.ground: npt.NDArray[np.float32] = _FLAT
        self.move_to(state, settings, target, noise, report)

    def move_to(
        self, state: FloatRows, settings: FloatRows, target: FloatRows, noise: npt.NDArray[np.uint64], report: FloatRows
    ) -> None:
        """Use these arrays from now on. They already have the row's values."""
        self.state, self.settings, self.target, self.noise, self.report = state, settings, target, noise, report
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
        self._advance = self._kernel.bind(
            self.state,
            self.settings,
            self.target,
            self.noise,
            quantiles(),
            self.report,
            self.ground,
            self._until_ms,
            self._samples,
            self._sampling,
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
        return int(self.state[0, L.S_TIME_MS])

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
