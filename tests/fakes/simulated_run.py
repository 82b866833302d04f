"""A simulated vehicle for tests: wind, time, events, and what its report says tick by tick."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from autopilot.interface.geo import GeoPoint
from autopilot.interface.layout import TICK_MS
from autopilot.interface.targets import Target
from autopilot.interface.vehicle import VehicleEvent
from sitl.vehicles.simulated import SimulatedMachine

HOME = GeoPoint(-35.363261, 149.165230, 584.0)


class SimulatedRun:
    """`machine` in wind of `wind` m/s from `direction` degrees with gusts of `gust`."""

    def __init__(self, machine: SimulatedMachine, *, wind: float, direction: float, gust: float) -> None:
        self._machine = machine
        self.report = machine.state.report
        self.seen = VehicleEvent(0)
        for name, value in (("SIM_WIND_SPD", wind), ("SIM_WIND_DIR", direction), ("SIM_WIND_TURB", gust)):
            machine.set_parameter(name, value)

    @property
    def now_ms(self) -> int:
        return self._machine.state.time_ms

    def run(self, seconds: float, until: VehicleEvent | None = None) -> bool:
        """Advance for `seconds` or to an event of `until`; True if that came. All events go to `seen`."""
        end = self.now_ms + round(1000 * seconds)
        while self.now_ms < end:
            self._machine.advance(end)
            events = self._machine.take_events()
            self.seen |= events
            if until is not None and events & until:
                return True
        return False

    def record(
        self, seconds: float, columns: tuple[int, ...], until: VehicleEvent | None = None
    ) -> npt.NDArray[np.float64]:
        """As `run`, tick by tick; one row of these report columns for each tick."""
        rows = []
        for _ in range(round(1000 * seconds) // TICK_MS):
            self._machine.advance(self.now_ms + TICK_MS)
            rows.append(self.report[list(columns)])
            events = self._machine.take_events()
            self.seen |= events
            if until is not None and events & until:
                break
        return np.array(rows)

    def reach(self, target: Target, seconds: float) -> None:
        """Set a target and wait for it."""
        self._machine.set_target(target)
        assert self.run(seconds, VehicleEvent.ARRIVED), f"{target} not reached in {seconds} s"
