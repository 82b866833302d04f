"""Many vehicles of one kind in one call of their kernel. The code is the same as for one vehicle, over more rows."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from autopilot.control.kernels import compiled
from autopilot.interface import layout as L
from sitl.kernel.quantiles import quantiles
from sitl.vehicles.machine_row import RowArrays, no_samples
from sitl.vehicles.simulated import SimulatedMachine

SHARED_FROM: Final = 32
"""Number of rows from which a second thread helps. With fewer rows waking it costs more than it saves."""


class MachineRows:
    """`machines`, all of one kind, moved into shared arrays for state, settings, target, noise and report
    (`autopilot.interface.report`); row k is machine k's. Make this before anyone keeps a machine's report vector."""

    def __init__(self, machines: Sequence[SimulatedMachine]) -> None:
        self.machines = tuple(machines)
        each = zip(*(machine.rows() for machine in self.machines), strict=True)
        self._rows = RowArrays._make(np.concatenate(arrays) for arrays in each)
        self.state, self.settings, self.target, _, self.reports = self._rows
        self.times_ms: npt.NDArray[np.float64] = self.state[:, L.S_TIME_MS]
        """Vehicle time of each, ms; a view."""
        self.clocks = (self.state, L.S_TIME_MS, L.S_EVENTS)
        """Rows with vehicle time, ms, and events, and the columns of both."""
        self._until_ms = np.zeros(len(self.machines))
        self._parts: tuple[Callable[..., int], ...] = ()
        self._ground = self.machines[0].ground  # shared by all: places on it are absolute
        for k, machine in enumerate(self.machines):
            machine.move_to(RowArrays._make(array[k : k + 1] for array in self._rows))

    @property
    def armed(self) -> bool:
        """True while any of them is armed."""
        return bool(np.count_nonzero(self.state[:, L.S_ARMED]))

    def load(self) -> None:
        """Load the kernel now; see `SimulatedMachine.load`."""
        for machine in self.machines:
            machine.load()
        count = len(self.machines)
        shared = compiled() and count >= SHARED_FROM and (os.cpu_count() or 1) > 1
        parts = (slice(0, count // 2), slice(count // 2, None)) if shared else (slice(None),)
        self._parts = tuple(self._bound(rows) for rows in parts)

    def _bound(self, rows: slice) -> Callable[..., int]:
        *arrays, reports = (array[rows] for array in self._rows)
        return self.machines[0].kernel.bind(
            *arrays, quantiles(), reports, self._ground, self._until_ms[rows], *no_samples()[::-1]
        )

    def advance(self, until_ms: npt.NDArray[np.float64]) -> int:
        """Run each vehicle to its own `until_ms` or to the tick of its first event, in one call. A vehicle whose time
        is over or that has pending events stays. Returns how many raised events."""
        if not self._parts:
            self.load()
        self._until_ms[:] = until_ms
        if len(self._parts) == 1:
            return self._parts[0]()
        # Rows are independent, so the thread that advances a row does not change its result.
        run_here, run_in_helper = self._parts
        other = _helper().submit(run_in_helper)
        return run_here() + other.result()


@cache
def _helper() -> ThreadPoolExecutor:
    """Thread that advances half of the rows."""
    return ThreadPoolExecutor(1, "sortie-rows")
