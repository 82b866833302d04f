"""A simulated rover for tests: ready and armed, targets, and the truth recorded tick by tick."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from autopilot import report as R
from autopilot.geo import GeoPoint
from autopilot.vehicle import Speeds, Target, VehicleEvent
from sitl.rover import SimulatedRover

HOME = GeoPoint(-35.363261, 149.165230, 584.0)
TICK_MS = 20


class RoverDrive:
    """A rover at `HOME`, armed once its position is known, with wind of `wind` m/s from `direction` degrees."""

    def __init__(
        self, seed: int = 1, *, heading: float = 0.0, speed: float = 5.0, wind: float = 0.0, direction: float = 90.0,
        gust: float = 0.0,
    ) -> None:
        self.rover = SimulatedRover(HOME, heading, seed)
        self.report = self.rover.state.report
        self.seen = VehicleEvent(0)
        for name, value in (("SIM_WIND_SPD", wind), ("SIM_WIND_DIR", direction), ("SIM_WIND_TURB", gust)):
            self.rover.set_parameter(name, value)
        assert self.run(10.0, VehicleEvent.ESTIMATOR_OK)
        self.run(2.0)
        assert self.rover.arm().ok
        self.rover.set_speeds(Speeds(speed, 1.0, 1.0))

    @property
    def now_ms(self) -> int:
        return self.rover.state.time_ms

    def run(self, seconds: float, until: VehicleEvent | None = None) -> bool:
        """Advance for `seconds` or to an event of `until`; True if that came. All events go to `seen`."""
        end = self.now_ms + round(1000 * seconds)
        while self.now_ms < end:
            self.rover.advance(end)
            events = self.rover.take_events()
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
            self.rover.advance(self.now_ms + TICK_MS)
            rows.append(self.report[list(columns)])
            events = self.rover.take_events()
            self.seen |= events
            if until is not None and events & until:
                break
        return np.array(rows)

    def drive(self, target: Target, seconds: float) -> None:
        """Set a target and wait for it."""
        self.rover.set_target(target)
        assert self.run(seconds, VehicleEvent.ARRIVED), f"{target} not reached in {seconds} s"

    @property
    def place(self) -> npt.NDArray[np.float64]:
        """True north and east, m."""
        return np.array([self.report[R.TRUE_N], self.report[R.TRUE_E]])

    @property
    def speed(self) -> float:
        """True speed along the nose, m/s."""
        yaw = self.report[R.TRUE_YAW]
        return float(np.cos(yaw) * self.report[R.TRUE_VN] + np.sin(yaw) * self.report[R.TRUE_VE])
