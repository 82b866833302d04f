"""A simulated rover for tests: ready and armed, targets, and the truth recorded tick by tick."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from autopilot.interface import report as R
from autopilot.interface.targets import Speeds, Target
from autopilot.interface.vehicle import VehicleEvent
from sitl.vehicles.rover import SimulatedRover
from tests.fakes.simulated_run import HOME, TICK_MS, SimulatedRun

__all__ = ["HOME", "TICK_MS", "RoverDrive"]


class RoverDrive(SimulatedRun):
    """A rover at `HOME`, armed once its position is known, with wind of `wind` m/s from `direction` degrees."""

    def __init__(
        self,
        seed: int = 1,
        *,
        heading: float = 0.0,
        speed: float = 5.0,
        wind: float = 0.0,
        direction: float = 90.0,
        gust: float = 0.0,
    ) -> None:
        self.rover = SimulatedRover(HOME, heading, seed)
        super().__init__(self.rover, wind=wind, direction=direction, gust=gust)
        assert self.run(10.0, VehicleEvent.ESTIMATOR_OK)
        self.run(2.0)
        assert self.rover.arm().ok
        self.rover.set_speeds(Speeds(speed, 1.0, 1.0))

    def drive(self, target: Target, seconds: float) -> None:
        """Set a target and wait for it."""
        self.reach(target, seconds)

    @property
    def place(self) -> npt.NDArray[np.float64]:
        """True north and east, m."""
        return np.array([self.report[R.TRUE_N], self.report[R.TRUE_E]])

    @property
    def speed(self) -> float:
        """True speed along the nose, m/s."""
        yaw = self.report[R.TRUE_YAW]
        return float(np.cos(yaw) * self.report[R.TRUE_VN] + np.sin(yaw) * self.report[R.TRUE_VE])
