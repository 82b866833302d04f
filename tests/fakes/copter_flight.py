"""A simulated copter in the air for tests: takeoff, targets, and the truth recorded tick by tick."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from autopilot import report as R
from autopilot.geo import GeoPoint
from autopilot.vehicle import TakeOff, Target, VehicleEvent
from sitl.copter import SimulatedCopter

HOME = GeoPoint(-35.363261, 149.165230, 584.0)
TICK_MS = 20


class CopterFlight:
    """A copter at `HOME`, heading 353 degrees, with wind of `wind` m/s from `direction` degrees and gusts of `gust`."""

    def __init__(self, seed: int = 1, *, wind: float = 0.0, direction: float = 70.0, gust: float = 0.0) -> None:
        self.copter = SimulatedCopter(HOME, 353.0, seed)
        self.report = self.copter.state.report
        self.seen = VehicleEvent(0)
        for name, value in (("SIM_WIND_SPD", wind), ("SIM_WIND_DIR", direction), ("SIM_WIND_TURB", gust)):
            self.copter.set_parameter(name, value)

    @property
    def now_ms(self) -> int:
        return self.copter.state.time_ms

    def run(self, seconds: float, until: VehicleEvent | None = None) -> bool:
        """Advance for `seconds` or to an event of `until`; True if that came. All events go to `seen`."""
        end = self.now_ms + round(1000 * seconds)
        while self.now_ms < end:
            self.copter.advance(end)
            events = self.copter.take_events()
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
            self.copter.advance(self.now_ms + TICK_MS)
            rows.append(self.report[list(columns)])
            events = self.copter.take_events()
            self.seen |= events
            if until is not None and events & until:
                break
        return np.array(rows)

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
        self.copter.set_target(target)
        assert self.run(seconds, VehicleEvent.ARRIVED), f"{target} not reached in {seconds} s"

    def truth(self) -> tuple[float, float, float]:
        """True NED position, m."""
        return (float(self.report[R.TRUE_N]), float(self.report[R.TRUE_E]), float(self.report[R.TRUE_D]))
