"""A simulated plane flown by targets alone, in virtual time, with a row for each look at it."""

from __future__ import annotations

from collections.abc import Mapping
from math import radians, sqrt

import numpy as np
import numpy.typing as npt

from autopilot.interface import layout as L
from autopilot.interface import report as R
from autopilot.interface.targets import TakeOff, Target
from autopilot.interface.vehicle import VehicleEvent
from sitl.vehicles.aerodynamics import SKYWALKER, Airframe
from sitl.vehicles.plane import SimulatedPlane
from tests.fakes.simulated_run import HOME

LOOK_MS = 200
WEST_WIND = {"SIM_WIND_SPD": 8.0, "SIM_WIND_DIR": 270.0}
NOTHING = VehicleEvent(0)


class PlaneFlight:
    """A plane that has been on for 8 s, in the wind that `parameters` say."""

    def __init__(
        self, parameters: Mapping[str, float] | None = None, seed: int = 1, body: Airframe = SKYWALKER
    ) -> None:
        self.vehicle = self.made(seed, body)
        for name, value in (parameters or {}).items():
            self.vehicle.set_parameter(name, value)
        self.rows: list[npt.NDArray[np.float64]] = []
        self.fly(8.0)
        self.rows.clear()

    def made(self, seed: int, body: Airframe) -> SimulatedPlane:
        """The vehicle, as it stands at home."""
        return SimulatedPlane(HOME, 0.0, seed, body=body)

    def fly(self, seconds: float, until: VehicleEvent = NOTHING) -> VehicleEvent:
        """Go on for so long, or until one of these events; gives what was raised."""
        end = self.vehicle.state.time_ms + round(1000 * seconds)
        raised = VehicleEvent(0)
        while self.vehicle.state.time_ms < end and not raised & until:
            self.vehicle.advance(min(end, self.vehicle.state.time_ms + LOOK_MS))
            raised |= self.vehicle.take_events()
            self.rows.append(self.vehicle.state.report.copy())
        return raised

    def to(self, target: Target, seconds: float = 300.0) -> VehicleEvent:
        """Fly a target until it has arrived; AssertionError when it does not."""
        self.vehicle.set_target(target)
        raised = self.fly(seconds, VehicleEvent.ARRIVED | VehicleEvent.CRASHED)
        assert raised & VehicleEvent.ARRIVED, (target, raised)
        return raised

    def airborne(self, height: float = 80.0) -> PlaneFlight:
        """Armed, and taken off to `height` m."""
        assert self.vehicle.arm().ok
        self.to(TakeOff(-height, pitch=radians(12.0)), 60.0)
        return self

    def seen(self, field: int) -> npt.NDArray[np.float64]:
        """A field of the report in all rows."""
        return np.array([row[field] for row in self.rows])

    def now(self, field: int) -> float:
        """A field of the report now."""
        return float(self.vehicle.state.report[field])

    def forget(self) -> None:
        """Begin to look anew."""
        self.rows.clear()


def beside(rows: PlaneFlight, a: tuple[float, float], b: tuple[float, float]) -> npt.NDArray[np.float64]:
    """True distance from the line through two places in each row, m right of it."""
    n, e = rows.seen(R.TRUE_N) - a[0], rows.seen(R.TRUE_E) - a[1]
    un, ue = b[0] - a[0], b[1] - a[1]
    return np.asarray((un * e - ue * n) / (un * un + ue * ue) ** 0.5)


def stall_speed(body: Airframe, density: float = 1.225) -> float:
    """Airspeed below which the wings cannot carry the weight without thrust, m/s. The angle of attack is two widths of
    the sigmoid below the stall angle, where lift begins to fall."""
    linear = body.lift[0] + body.lift[1] * (body.stall - 2.0 / body.sharpness)
    return sqrt(2.0 * body.mass * L.GRAVITY / (density * body.area * linear))
