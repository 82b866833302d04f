"""Payload of a simulated vehicle, as far as it acts on the body: carried mass, and a parachute.

It is driven by servo outputs with its SERVOn_FUNCTION. A gripper takes SIM_GRIP_LOAD when it closes on the ground. A
winch carries SIM_WINCH_LOAD on its hook. With more than half a metre of line out, the load swings below the vehicle,
with the drag of a cube of half the density of water (`sitl.kernel.hanging`), until it touches the ground and the hook
opens. A parachute (SIM_PARA_ENABLE) opens above 1250 us, as in ArduPilot's SITL (SIM_Parachute.cpp). Then the body's
drag is such that it sinks at SIM_PARA_SINK in the moving air.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import fsum
from typing import Final

import numpy as np
import numpy.typing as npt

from autopilot.interface import layout as L
from autopilot.interface.mathematics import cbrt
from sitl.kernel import layout as M
from sitl.vehicles.equipment import AIR_DENSITY

PARACHUTE, GRIPPER, WINCH = 27, 28, 88  # SERVOn_FUNCTION
FUNCTIONS: Final = (PARACHUTE, GRIPPER, WINCH)
LOAD_ON_HOOK: Final = "SIM_WINCH_LOAD"
_OPENS_US: Final = 1250.0
_MIDDLE_US, _HALF_US = 1500.0, 400.0
_SLACK_M: Final = 0.5
"""Length of line up to which the load is fixed to the vehicle, and height up to which it stands on the ground, m."""
_CUBE_KG_M3, _CUBE_DRAG = 500.0, 1.05


Row = npt.NDArray[np.float64]


class CarriedMass:
    """Carried mass, kg by its source, written to settings row `p`. Drag is stored per mass. The vehicle never weighs
    less than a tenth of its own mass."""

    def __init__(self, p: Row) -> None:
        self.p = p
        self._empty = (p[M.P_MASS], p[M.P_BODY_DRAG], p[M.P_ROTOR_DRAG])
        self._loads: dict[str, float] = {}
        self.empty_kg = float(p[M.P_MASS])
        self.sink_mps = 0.0
        """Sink rate on the open parachute, m/s; 0: closed."""

    def refit(self, rotor_drag: float) -> None:
        """Set the drag of other rotors."""
        self._empty = (*self._empty[:2], rotor_drag)
        self.weigh()

    def carry(self, load: str, mass_kg: float) -> None:
        self._loads[load] = mass_kg
        self.weigh()

    def weigh(self) -> None:
        """Write mass and drag into the settings."""
        mass, *drags = self._empty
        loaded = max(mass + fsum(self._loads.values()), 0.1 * mass)
        self.p[M.P_MASS] = loaded
        self.p[M.P_BODY_DRAG], self.p[M.P_ROTOR_DRAG] = (drag * mass / loaded for drag in drags)
        if self.sink_mps > 0.0:
            self.p[M.P_BODY_DRAG] = L.GRAVITY / (self.sink_mps * self.sink_mps)
            if self.p[M.P_WING] > 0.0:
                pressure = 0.5 * AIR_DENSITY * self.sink_mps * self.sink_mps
                self.p[M.P_CD_0] = loaded * L.GRAVITY / (pressure * self.p[M.P_WING])


class SimulatedPayload:
    """Carried mass, and a parachute, by servo outputs. `parameters`: by name; `p`, `s`: the vehicle's rows of settings
    and state."""

    def __init__(self, parameters: Mapping[str, float], p: Row, s: Row) -> None:
        self._parameters = parameters
        self.burden = CarriedMass(p)
        self._s = s
        self._line_m = self._rate_mps = self._since_ms = 0.0
        self._hooked = True
        self._swings = False  # True once the load hangs on the line
        self._parts: dict[int, Callable[[float], None]] = {
            PARACHUTE: self._chute,
            GRIPPER: self._grip,
            WINCH: self._turn,
        }

    def move_to(self, p: Row, s: Row) -> None:
        """Use these rows of the vehicle from now on. They already have its values."""
        self.burden.p, self._s = p, s

    def drive(self, channel: int, pulse_us: float) -> None:
        """Set the pulse width of an output."""
        part = self._parts.get(int(self._parameters.get(f"SERVO{channel}_FUNCTION", 0.0)))
        if part is not None:
            part(pulse_us)

    @property
    def line_tension_n(self) -> float:
        """Tension of the winch's line, N."""
        return float(self._s[M.S_TENSION]) if self._swings else L.GRAVITY * self._hooked_kg

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
        """Move the line at the last pulse's rate until now; 0 us: it spins freely and stays."""
        s, now_ms = self._s, float(self._s[L.S_TIME_MS])
        run = max(self._line_m + 0.001 * (now_ms - self._since_ms) * self._rate_mps, 0.0)
        self._line_m = float(s[M.S_LINE]) if self._hanging else run
        share = (pulse_us - _MIDDLE_US) / _HALF_US if pulse_us > 0.0 else 0.0
        self._since_ms, self._rate_mps = now_ms, share * self._parameters.get("WINCH_RATE_MAX", 1.0)
        self.hang()

    def hang(self) -> None:
        """Hang the present load on the line while it is out, and take it in again."""
        s, p = self._s, self.burden.p
        self._hooked = self._hooked and self._hanging == self._swings
        load_kg = self._hooked_kg
        hangs = load_kg > 0.0 and self._line_m > _SLACK_M and self._height_m > _SLACK_M
        if hangs and not self._swings:
            s[M.S_LOAD : M.S_LOAD + 3] = s[M.S_PN : M.S_PD + 1]
            s[M.S_LOAD + 2] += self._line_m
            s[M.S_LOAD_V : M.S_LOAD_V + 3] = s[M.S_VN : M.S_VD + 1]
            s[M.S_LOAD_V + 2] += self._rate_mps
            s[M.S_LINE], s[M.S_LINE_RATE], s[M.S_TENSION] = self._line_m, self._rate_mps, L.GRAVITY * load_kg
        self._swings = hangs
        s[M.S_LOAD_KG], p[M.P_LINE_RATE] = load_kg if hangs else 0.0, self._rate_mps
        if hangs:
            side = cbrt(load_kg / _CUBE_KG_M3)
            p[M.P_LOAD_DRAG] = 0.5 * AIR_DENSITY * _CUBE_DRAG * side * side / load_kg
        self.burden.carry("winch", 0.0 if hangs else load_kg)

    @property
    def _hanging(self) -> bool:
        """True while a load swings on the line."""
        return self._swings and self._s[M.S_LOAD_KG] > 0.0

    @property
    def _hooked_kg(self) -> float:
        """Mass on the hook, kg; 0 after the load has touched the ground."""
        return self._parameters.get(LOAD_ON_HOOK, 0.0) if self._hooked else 0.0
