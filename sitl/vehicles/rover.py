"""The built-in rover."""

from __future__ import annotations

from math import radians

from autopilot.interface.geo import GeoPoint
from autopilot.interface.targets import Target
from autopilot.interface.vehicle import Capabilities
from sitl.kernel.compiling import ROVER
from sitl.vehicles.chassis import default_settings, initial_state
from sitl.vehicles.rover_parameters import SCALED, SPECIAL
from sitl.vehicles.rover_targets import write_target
from sitl.vehicles.simulated import SimulatedMachine


class SimulatedRover(SimulatedMachine):
    """A car of 3.7 kg standing at `home`, nose at `heading_deg`. The same `seed` gives the same drive.

    `steps` is the number of physics steps in a tick (8: 400 Hz).
    """

    kernel, scaled, special = ROVER, SCALED, SPECIAL
    settings = staticmethod(default_settings)

    def __init__(self, home: GeoPoint, heading_deg: float = 0.0, seed: int = 0, *, steps: int = 8) -> None:
        state, rng = initial_state(radians(heading_deg), seed)
        super().__init__(
            home, state, rng, self.settings(home, steps), motors=1, capabilities=Capabilities(spline=False)
        )

    def _write_target(self, target: Target) -> None:
        write_target(self._t, target, self._vehicle_state.yaw)
