"""The built-in rover: `autopilot.vehicle.SimulatedVehicle` over one row of the rover's kernel.

Everything that is not driving (sensors, battery, faults, arming, the report) is the copter's.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import radians

import numpy as np

from autopilot import report as R
from autopilot.control import layout as L
from autopilot.control import rover_layout as V
from autopilot.geo import GeoPoint
from autopilot.vehicle import Capabilities, Request, Target
from sitl import layout as M
from sitl.chassis import default_settings, initial_state
from sitl.copter import SimulatedCopter
from sitl.faults import Faults
from sitl.quantiles import quantiles
from sitl.rover_settings import apply_parameter
from sitl.rover_targets import write_target

__all__ = ["SimulatedRover"]

#: Outputs 1 and 3 steer and drive; these are free for payload.
_FREE_OUTPUTS = range(5, 9)
_NO_SUCH_MOTOR = frozenset({"motor2.loss", "motor3.loss", "motor4.loss"})


class SimulatedRover(SimulatedCopter):
    """A car of 3.7 kg standing at `home`, nose at `heading_deg`. The same `seed` gives the same drive.

    `steps` is the number of physics steps in a tick (8: 400 Hz).
    """

    def __init__(self, home: GeoPoint, heading_deg: float = 0.0, seed: int = 0, *, steps: int = 8) -> None:
        super().__init__(home, heading_deg, seed, steps=steps)
        state, rng = initial_state(radians(heading_deg), seed)
        self._state = state.reshape(1, -1)
        self._rng = rng.reshape(1, -1)
        self._settings = default_settings(home, steps).reshape(1, -1)
        self._target = np.zeros((1, V.TARGET_SIZE))
        self._s, self._p, self._t = self._state[0], self._settings[0], self._target[0]
        self._capabilities = Capabilities(rover=True, spline=False)
        self._faults = Faults(self._p, self._s)
        self._arguments = (self._state, self._settings, self._target, self._rng, quantiles(), self._report)
        self._begin_report()

    def disarm(self, *, force: bool = False) -> Request:
        """Always possible: a rover stands on the ground."""
        self._s[L.ARMED] = 0.0
        self._report[0, R.ARMED] = 0.0
        return Request.accepted()

    def set_target(self, target: Target) -> None:
        write_target(self._t, target, self._vehicle_state.yaw)
        self._s[L.ARRIVED] = 0.0
        self._s[L.YAW_DONE] = 0.0
        self._report[0, R.ARRIVED] = 0.0
        self._report[0, R.YAW_DONE] = 0.0

    def set_parameter(self, name: str, value: float) -> None:
        self._parameters[name] = value
        apply_parameter(self._p, self._s, self._parameters, name, value)

    def set_output(self, channel: int, pwm_us: float) -> None:
        """Channels 5 to 8 are free for payload; others are ignored."""
        if channel in _FREE_OUTPUTS:
            self._p[M.SERVO_5 + channel - 5] = pwm_us
            self._report[0, R.SERVO_1 + channel - 1] = pwm_us

    def load(self) -> None:
        """Bring in the kernel now (0.3 s from numba's cache, some 20 s when it must be compiled)."""
        if self._advance is None:
            from sitl.rover_kernel import advance_rover

            self._advance = advance_rover

    def fault_names(self) -> Sequence[str]:
        return tuple(name for name in super().fault_names() if name not in _NO_SUCH_MOTOR)

    def inject_fault(self, name: str, value: float | None, *, active: bool) -> bool:
        return name not in _NO_SUCH_MOTOR and super().inject_fault(name, value, active=active)
