"""Many vehicles of one kind in one call of their kernel: the same code as for one, over more rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from autopilot.control import layout as L
from sitl.kernel.quantiles import quantiles
from sitl.vehicles.simulated import Advance, SimulatedMachine

__all__ = ["Rows"]


class Rows:
    """`machines`, all of one kind, from now on in one array each for state, settings, target, noise and report
    (`autopilot.report`); row k is machine k's. Must be made before anybody keeps a machine's report vector."""

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
        for k, machine in enumerate(self.machines):
            one = slice(k, k + 1)
            machine.move_to(self.state[one], self.settings[one], self.target[one], self._noise[one], self.reports[one])

    def load(self) -> None:
        """Bring in the kernel now; see `SimulatedMachine.load`."""
        for machine in self.machines:
            machine.load()
        self._advance = self.machines[0].kernel()

    def advance(self, until_ms: npt.NDArray[np.float64]) -> int:
        """Each vehicle to its own `until_ms` or to the tick of its first event, in one call; one whose time is over or
        that has events waiting stays. Returns how many have raised one."""
        if self._advance is None:
            self.load()
            assert self._advance is not None
        return self._advance(self.state, self.settings, self.target, self._noise, quantiles(), self.reports, until_ms)
