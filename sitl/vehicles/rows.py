"""Many vehicles of one kind in one call of their kernel: the same code as for one, over more rows."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from autopilot.interface import layout as L
from sitl.kernel.quantiles import quantiles
from sitl.vehicles.simulated import Advance, SimulatedMachine

__all__ = ["Rows"]


SHARED_FROM: Final = 32
"""Rows from which a second thread helps: below, waking it costs more."""


class Rows:
    """`machines`, all of one kind, from now on in one array each for state, settings, target, noise and report
    (`autopilot.interface.report`); row k is machine k's. Must be made before anybody keeps a machine's report
    vector."""

    def __init__(self, machines: Sequence[SimulatedMachine]) -> None:
        self.machines = tuple(machines)
        arrays = [machine.rows() for machine in self.machines]
        stacked = [np.concatenate([rows[which] for rows in arrays]) for which in range(4)]
        self.state, self.settings, self.target, self._noise = stacked
        self.reports: npt.NDArray[np.float64] = np.concatenate([rows[4] for rows in arrays])
        self.times_ms: npt.NDArray[np.float64] = self.state[:, L.S_TIME_MS]
        """Vehicle time of each; a view."""
        self.events: npt.NDArray[np.float64] = self.state[:, L.S_EVENTS]
        """`VehicleEvent` bits that wait at each; a view. A machine moves on only when they were taken."""
        self._advance: Advance | None = None
        self._shared = False
        self._ground = self.machines[0].ground  # one for all: places on it are absolute
        for k, machine in enumerate(self.machines):
            one = slice(k, k + 1)
            machine.move_to(self.state[one], self.settings[one], self.target[one], self._noise[one], self.reports[one])

    def load(self) -> None:
        """Bring in the kernel now; see `SimulatedMachine.load`."""
        for machine in self.machines:
            machine.load()
        self._advance = self.machines[0].kernel()
        from autopilot.control.jit import COMPILED  # numba is there by now

        self._shared = COMPILED and len(self.machines) >= SHARED_FROM and (os.cpu_count() or 1) > 1

    def advance(self, until_ms: npt.NDArray[np.float64]) -> int:
        """Each vehicle to its own `until_ms` or to the tick of its first event, in one call; one whose time is over or
        that has events waiting stays. Returns how many have raised one."""
        if self._advance is None:
            self.load()
            assert self._advance is not None
        if not self._shared:
            return self._run(slice(None), until_ms)
        # Rows do not know each other: in which thread one is advanced changes nothing.
        half = len(self.machines) // 2
        other = _helper().submit(self._run, slice(half, None), until_ms)
        return self._run(slice(0, half), until_ms) + other.result()

    def _run(self, rows: slice, until_ms: npt.NDArray[np.float64]) -> int:
        assert self._advance is not None
        return self._advance(
            self.state[rows], self.settings[rows], self.target[rows], self._noise[rows], quantiles(),
            self.reports[rows], self._ground, until_ms[rows],
        )  # fmt: skip


@cache
def _helper() -> ThreadPoolExecutor:
    """The thread that advances half of the rows."""
    return ThreadPoolExecutor(1, "sortie-rows")
