"""Many copters in one kernel call: the same code as for one, over more rows."""

from __future__ import annotations

from collections.abc import Sequence
from math import radians
from time import perf_counter

import numpy as np
import numpy.typing as npt

from autopilot import report as R
from autopilot.control import layout as L
from autopilot.geo import GeoPoint
from autopilot.vehicle import Hold, Pilot, PilotKind, TakeOff, Target, VehicleEvent
from sitl.kernel import layout as M
from sitl.kernel.quantiles import quantiles
from sitl.vehicles.airframe import default_settings, initial_state
from sitl.vehicles.targets import write_target

__all__ = ["Fleet", "kernel_speed"]


class Fleet:
    """Copters that stand at `home`, one for each seed. Rows of `reports` are `autopilot.report` vectors."""

    def __init__(self, home: GeoPoint, heading_deg: float, seeds: Sequence[int]) -> None:
        rows = [initial_state(radians(heading_deg), seed) for seed in seeds]
        self.state: npt.NDArray[np.float64] = np.array([state for state, _ in rows])
        self._rng = np.array([rng for _, rng in rows])
        self.settings: npt.NDArray[np.float64] = np.tile(default_settings(home), (len(rows), 1))
        self._targets = np.zeros((len(rows), L.TARGET_SIZE))
        self.reports: npt.NDArray[np.float64] = np.zeros((len(rows), R.SIZE))

    def set_wind(self, north: float, east: float, gust: float) -> None:
        """Mean wind (m/s, the air moves towards) and standard deviation of gusts for all."""
        self.settings[:, M.P_MEAN_N], self.settings[:, M.P_MEAN_E], self.settings[:, M.P_GUST] = north, east, gust

    def set_target(self, index: int, target: Target) -> None:
        write_target(self._targets[index], target)

    def arm(self) -> None:
        """All, whatever their sensors say."""
        self.state[:, L.S_ARMED] = 1.0

    def advance(self, until_ms: int) -> int:
        """Every copter to `until_ms` or to its first event; returns how many have one waiting."""
        from sitl.kernel.copter import advance

        return advance(self.state, self.settings, self._targets, self._rng, quantiles(), self.reports, float(until_ms))

    def take_events(self) -> list[VehicleEvent]:
        """Events of each copter since the last call."""
        events = [VehicleEvent(int(bits)) for bits in self.state[:, L.S_EVENTS]]
        self.state[:, L.S_EVENTS] = 0.0
        return events

    def run(self, until_ms: int) -> None:
        """Every copter to `until_ms`, through all events, which are forgotten."""
        while self.advance(until_ms):
            self.state[:, L.S_EVENTS] = 0.0


def kernel_speed(vehicles: int, seconds: float) -> float:
    """Vehicle seconds that the kernel with its estimator flies in a second of one core: `vehicles` copters hold their
    places 20 m up in 5 m/s of gusty wind for `seconds` of vehicle time each, after a takeoff that is not measured."""
    fleet = Fleet(GeoPoint(-35.363261, 149.165230, 584.0), 353.0, range(vehicles))
    fleet.set_wind(-4.0, 3.0, 1.0)
    for index in range(vehicles):
        fleet.set_target(index, Pilot(PilotKind.LOITER))
    fleet.run(4000)
    fleet.arm()
    for index in range(vehicles):
        fleet.set_target(index, TakeOff(-20.0))
    fleet.run(20_000)
    for index in range(vehicles):
        fleet.set_target(index, Hold((float(index % 40), float(index // 40), -20.0)))
    fleet.run(30_000)
    begin = perf_counter()
    fleet.run(30_000 + int(1000 * seconds))
    return vehicles * seconds / (perf_counter() - begin)
