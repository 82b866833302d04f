"""A simulated copter in the air for tests: takeoff, targets, and the truth recorded tick by tick."""

from __future__ import annotations

from autopilot.interface import report as R
from autopilot.interface.targets import TakeOff, Target
from autopilot.interface.vehicle import VehicleEvent
from sitl.vehicles.copter import SimulatedCopter
from tests.fakes.simulated_run import HOME, TICK_MS, SimulatedRun

__all__ = ["HOME", "TICK_MS", "CopterFlight"]


class CopterFlight(SimulatedRun):
    """A copter at `HOME`, heading 353 degrees, with wind of `wind` m/s from `direction` degrees and gusts of `gust`."""

    def __init__(self, seed: int = 1, *, wind: float = 0.0, direction: float = 70.0, gust: float = 0.0) -> None:
        self.copter = SimulatedCopter(HOME, 353.0, seed)
        super().__init__(self.copter, wind=wind, direction=direction, gust=gust)

    def ready(self) -> None:
        """Wait for the estimator and arm."""
        assert self.copter.state.has_position or self.run(10.0, VehicleEvent.ESTIMATOR_OK)
        assert self.copter.arm().ok

    def take_off(self, height: float = 20.0) -> None:
        """Ready, armed and at `height` m."""
        self.ready()
        self.fly(TakeOff(-height), 15.0 + height)

    def fly(self, target: Target, seconds: float) -> None:
        """Set a target and wait for it."""
        self.reach(target, seconds)

    def truth(self) -> tuple[float, float, float]:
        """True NED position, m."""
        return (float(self.report[R.TRUE_N]), float(self.report[R.TRUE_E]), float(self.report[R.TRUE_D]))
