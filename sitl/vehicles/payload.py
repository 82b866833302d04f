"""Payload of a simulated vehicle, as far as its body feels it: mass that it carries, and a parachute that it hangs on.

Servo outputs drive it, those whose SERVOn_FUNCTION says so. A gripper takes up SIM_GRIP_LOAD when it closes on the
ground. On a winch's hook hangs SIM_WINCH_LOAD: where the line is longer than the vehicle is high the load stands on the
ground and the hook lets go; nothing swings. A parachute (SIM_PARA_ENABLE) opens above 1250 us, as in ArduPilot's SITL
(SIM_Parachute.cpp), and then the drag of the body is such that it sinks at SIM_PARA_SINK, in air that carries it along.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from autopilot.interface import layout as L
from sitl.kernel import layout as M
from sitl.vehicles.equipment import AIR_DENSITY

_PARACHUTE, _GRIPPER, _WINCH = 27, 28, 88  # SERVOn_FUNCTION
LOAD_ON_HOOK: Final = "SIM_WINCH_LOAD"
_OPENS_US: Final = 1250.0
_MIDDLE_US, _HALF_US = 1500.0, 400.0
_SLACK_M: Final = 0.5
"""Length of a line at which the vehicle's own height does not yet put the load down."""


Row = npt.NDArray[np.float64]


class CarriedMass:
    """Mass that a vehicle carries besides its own, kg by who put it there, in settings row `p`. Drag is kept per mass;
    the vehicle is never lighter than a tenth of itself."""

    def __init__(self, p: Row) -> None:
        self.p = p
        self._empty = (p[M.P_MASS], p[M.P_BODY_DRAG], p[M.P_ROTOR_DRAG])
        self._loads: dict[str, float] = {}
        self.sink_mps = 0.0
        """Sink rate on the parachute that is open, 0: none is."""

    def carry(self, load: str, mass_kg: float) -> None:
        self._loads[load] = mass_kg
        self.weigh()

    def weigh(self) -> None:
        """Write mass and drag."""
        mass, *drags = self._empty
        loaded = max(mass + sum(self._loads.values()), 0.1 * mass)
        self.p[M.P_MASS] = loaded
        self.p[M.P_BODY_DRAG], self.p[M.P_ROTOR_DRAG] = (drag * mass / loaded for drag in drags)
        if self.sink_mps > 0.0:
            self.p[M.P_BODY_DRAG] = L.GRAVITY / (self.sink_mps * self.sink_mps)
            if self.p[M.P_WING] > 0.0:
                pressure = 0.5 * AIR_DENSITY * self.sink_mps * self.sink_mps
                self.p[M.P_CD_0] = loaded * L.GRAVITY / (pressure * self.p[M.P_WING])


class SimulatedPayload:
    """See the module. `parameters`: by name; `p`, `s`: the vehicle's rows of settings and state."""

    def __init__(self, parameters: Mapping[str, float], p: Row, s: Row) -> None:
        self._parameters = parameters
        self.burden = CarriedMass(p)
        self._s = s
        self._line_m = self._rate_mps = self._since_ms = 0.0
        self._hooked = True
        self._parts: dict[int, Callable[[float], None]] = {
            _PARACHUTE: self._chute,
            _GRIPPER: self._grip,
            _WINCH: self._turn,
        }

    def move_to(self, p: Row, s: Row) -> None:
        """Rows of the vehicle from now on, which hold their values already."""
        self.burden.p, self._s = p, s

    def load_changed(self) -> None:
        """Hang another load on the hook."""
        self.burden.carry("winch", self._hangs_kg())

    def drive(self, channel: int, pulse_us: float) -> None:
        """An output has this pulse now."""
        part = self._parts.get(int(self._parameters.get(f"SERVO{channel}_FUNCTION", 0.0)))
        if part is not None:
            part(pulse_us)

    @property
    def line_tension_n(self) -> float:
        """Pull of the winch's line."""
        return L.GRAVITY * self._hangs_kg()

    @property
    def _height_m(self) -> float:
        return float(self._s[L.S_FLOOR] - self._s[M.S_PD])

    def _chute(self, pulse_us: float) -> None:
        if pulse_us >= _OPENS_US and self._parameters.get("SIM_PARA_ENABLE", 0.0) != 0.0:
            self.burden.sink_mps = max(self._parameters.get("SIM_PARA_SINK", 5.0), 1.0)
            self.burden.weigh()

    def _grip(self, pulse_us: float) -> None:
        grab, release = self._parameters.get("GRIP_GRAB", 1900.0), self._parameters.get("GRIP_RELEASE", 1100.0)
        neutral = abs(pulse_us - self._parameters.get("GRIP_NEUTRAL", 1500.0))
        off_grab, off_release = abs(pulse_us - grab), abs(pulse_us - release)
        if neutral < min(off_grab, off_release):
            return  # it stays as it is
        if off_grab >= off_release:
            self.burden.carry("gripper", 0.0)
        elif self._height_m < _SLACK_M:
            self.burden.carry("gripper", self._parameters.get("SIM_GRIP_LOAD", 0.0))

    def _turn(self, pulse_us: float) -> None:
        """The line goes out at the rate of the pulse before until now; 0 us: it spins freely, and stays where it is."""
        now_ms = float(self._s[L.S_TIME_MS])
        self._line_m = max(self._line_m + 0.001 * (now_ms - self._since_ms) * self._rate_mps, 0.0)
        share = (pulse_us - _MIDDLE_US) / _HALF_US if pulse_us > 0.0 else 0.0
        self._since_ms, self._rate_mps = now_ms, share * self._parameters.get("WINCH_RATE_MAX", 1.0)
        if self._hooked and self._line_m > _SLACK_M and self._height_m > _SLACK_M:
            self._hooked = self._line_m < self._height_m
        self.burden.carry("winch", self._hangs_kg())

    def _hangs_kg(self) -> float:
        """Mass on the hook while it is off the ground, or in the vehicle."""
        return self._parameters.get(LOAD_ON_HOOK, 0.0) if self._hooked else 0.0
