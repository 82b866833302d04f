"""The built-in rover, and the conversion of its `Target` into the kernel's target row."""

from __future__ import annotations

from math import radians
from typing import ClassVar

import numpy as np

from autopilot.interface import layout as L
from autopilot.interface.angles import turned
from autopilot.interface.geo import GeoPoint
from autopilot.interface.targets import Attitude, Drive, Hold, Idle, Leg, TakeOff, Target, Velocity
from autopilot.vehicles.driving import as_drive
from sitl.kernel import layout as M
from sitl.kernel.compiling import ROVER
from sitl.vehicles.chassis import default_settings, initial_state
from sitl.vehicles.parameters import Row
from sitl.vehicles.rover_parameters import SCALED, SPECIAL
from sitl.vehicles.simulated import SimulatedMachine
from sitl.vehicles.targets import write_target


class DrivenMachine(SimulatedMachine):
    """A steered machine with one motor, at `home` with its nose at `heading_deg`. The same `seed` gives the same trip.
    `steps` is the number of physics steps in a tick (8: 400 Hz)."""

    settings: ClassVar[staticmethod[[GeoPoint, int], Row]]
    """Settings row of the machine for a home and a number of steps per tick."""

    def __init__(self, home: GeoPoint, heading_deg: float = 0.0, seed: int = 0, *, steps: int = 8) -> None:
        state, rng = initial_state(radians(heading_deg), seed)
        super().__init__(home, state, rng, self.settings(home, steps), motors=1)

    def test_motor(self, number: int, pwm_us: float) -> None:
        """Drive the motor (1) or the steering (2) with this pulse while the vehicle is armed."""
        self._p[M.P_TEST_1 + number - 1] = min(max((pwm_us - 1500.0) / 500.0, -1.0), 1.0)

    def _write_target(self, target: Target) -> None:
        """Write the whole target. TypeError for a target that a rover does not have, ValueError for a number that is
        not finite; then the old target stays. A spline is driven as a straight leg."""
        heading = self._vehicle_state.yaw
        if isinstance(target, TakeOff | Attitude):
            raise TypeError(f"a rover cannot fly {type(target).__name__}")
        if isinstance(target, Velocity):
            place = target.position
            velocity = turned(target.velocity, heading) if target.body else target.velocity
            drive = as_drive(velocity, target.yaw, heading, target.timeout_ms)
            target = drive if place is None else Leg(place)
        new = self._t.copy()
        if isinstance(target, Drive):
            write_target(new, Idle())
            _write_drive(new, target)
        else:
            write_target(new, target)
            new[[L.T_START_D, L.T_END_D, L.T_NEXT_D]] = 0.0  # rovers and boats have no height
            new[L.T_WAY] = -1.0 if isinstance(target, Leg | Hold) and target.backwards else 1.0
        if not np.isfinite(new).all():
            raise ValueError(f"not finite: {target}")
        self._t[:] = new


class SimulatedRover(DrivenMachine):
    """A car of 3.7 kg."""

    kernel, scaled, special = ROVER, SCALED, SPECIAL
    settings = staticmethod(default_settings)


def _write_drive(row: Row, target: Drive) -> None:
    row[L.T_KIND] = L.KIND_DRIVE
    row[L.T_TIMEOUT_MS] = target.timeout_ms
    row[L.T_WAY] = 1.0 if target.speed >= 0.0 else -1.0
    row[L.T_SPEED] = target.speed
    row[L.T_HEADING] = target.heading
    if target.turn_rate is not None:
        row[L.T_BY_RATE] = 1.0
        row[L.T_TURN_RATE] = target.turn_rate
