"""The built-in copter."""

from __future__ import annotations

from collections.abc import Sequence
from math import radians

from autopilot.control.watch import IDLING
from autopilot.interface import layout as L
from autopilot.interface.geo import GeoPoint
from autopilot.interface.targets import Target
from autopilot.precision.tracker import Look
from sitl.kernel import layout as M
from sitl.kernel.compiling import COPTER
from sitl.vehicles.airframe import FULL_RPM, default_settings, initial_state
from sitl.vehicles.copter_parameters import SCALED, SPECIAL
from sitl.vehicles.pads import PadSensor
from sitl.vehicles.simulated import SimulatedMachine
from sitl.vehicles.targets import stays_on_leg, write_target


class SimulatedCopter(SimulatedMachine):
    """A quadcopter of 1.5 kg at `home`, nose at `heading_deg`. The same `seed` gives the same flight.

    `steps` is the number of physics steps in a tick (8: 400 Hz).
    """

    kernel, scaled, special = COPTER, SCALED, SPECIAL

    def __init__(self, home: GeoPoint, heading_deg: float = 0.0, seed: int = 0, *, steps: int = 8) -> None:
        self._pads: PadSensor | None = None
        self._seed = seed
        state, rng = initial_state(radians(heading_deg), seed)
        super().__init__(home, state, rng, default_settings(home, steps), motors=4)

    # `autopilot.precision.lander.SeesPads`
    def see_pads(self) -> Sequence[Look]:
        return self.pads.look()

    @property
    def pads_period_ms(self) -> int:
        return self.pads.period_ms

    # `autopilot.safety.rotor_check.ReportsMotorRpm`
    @property
    def motor_rpm(self) -> tuple[float, ...]:
        if self._parameters.get("SIM_ESC_TELEM") == 0.0:
            return ()
        idling = self._parameters.get("SIM_ESC_ARM_RPM", 0.0)
        if idling > 0.0 and self._s[L.S_SPIN] == IDLING:
            return (idling,) * 4
        return tuple(FULL_RPM * float(share) for share in self._s[M.S_M1 : M.S_M1 + 4])

    # `mavlink_bridge.services.equipment.ReportsAttitudeTarget`
    @property
    def attitude_target(self) -> tuple[float, ...]:
        """Quaternion that control holds. When only rates are demanded, it is the present attitude."""
        first = L.S_EQ0 if self._s[L.S_RATE_MODE] == 1.0 else L.S_QT0
        return tuple(map(float, self._s[first : first + 4]))

    # `autopilot.modes.equipment.FeelsLine`
    @property
    def line_tension_n(self) -> float:
        return self._payload.line_tension_n

    @property
    def pads(self) -> PadSensor:
        """The sensor for pads, made on first use."""
        if self._pads is None:
            self._pads = PadSensor(self._parameters, self._seed, self._home)
        self._pads.state = self._s  # the state may have moved into a row of a fleet
        return self._pads

    def _write_target(self, target: Target) -> None:
        """With PX4's face, or behind the end of a leg, it stops wherever it is."""
        on_way = self._p[L.P_SMOOTH] <= 0.0 and self._s[L.S_PHASE] < 2.0
        if not (on_way and stays_on_leg(self._t, target)):
            write_target(self._t, target)
