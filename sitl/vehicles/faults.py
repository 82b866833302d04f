"""Faults that a person or a test injects into the simulated machine, by their names in Sortie's fault grammar."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt

from autopilot.control import layout as L
from sitl.kernel import layout as M

Row = npt.NDArray[np.float64]


class Faults:
    """Begins and ends faults in one vehicle's settings row `p`, whose state is `s`; it has `motors`."""

    def __init__(self, p: Row, s: Row, motors: int) -> None:
        self._p = p
        self._s = s
        self._setters: dict[str, Callable[[float | None, bool], None]] = {
            "gps.loss": lambda value, on: self._switch(M.P_GPS_ON, on),
            "baro.loss": lambda value, on: self._switch(M.P_BARO_ON, on),
            "compass.loss": lambda value, on: self._switch(M.P_MAG_ON, on),
            "imu.loss": lambda value, on: self._switch(M.P_IMU_ON, on),
            "gps.glitch": self._glitch,
            "battery.low": self._battery,
            "wind.gust": self._gust,
            "rate.freeze": lambda value, on: self._put(M.P_FREEZE, 1.0 if on else 0.0),
        }
        for motor in range(motors):
            self._setters[f"motor{motor + 1}.loss"] = partial(self._weaken, M.P_LOSS_1 + motor)

    def set(self, name: str, value: float | None, active: bool) -> bool:
        """Begin (`active`) or end a fault; False when its name is unknown. Values: `gps.glitch` m to the north (50),
        `motorN.loss` share of thrust lost (1), `battery.low` V off the rest voltage (1.5, or more until it is
        below BATT_LOW_VOLT), `wind.gust` m/s from the west (8)."""
        setter = self._setters.get(name)
        if setter is None:
            return False
        setter(value, active)
        return True

    def names(self) -> tuple[str, ...]:
        """All names that `set` knows."""
        return tuple(self._setters)

    def _weaken(self, index: int, value: float | None, on: bool) -> None:
        lost = 1.0 if value is None else min(max(value, 0.0), 1.0)
        self._p[index] = 1.0 - lost if on else 1.0

    def _put(self, index: int, value: float) -> None:
        self._p[index] = value

    def _switch(self, index: int, lost: bool) -> None:
        self._p[index] = 0.0 if lost else 1.0

    def _glitch(self, value: float | None, on: bool) -> None:
        self._p[M.P_GLITCH_N] = (50.0 if value is None else value) if on else 0.0

    def _battery(self, value: float | None, on: bool) -> None:
        if value is None:
            low = self._p[L.P_LOW_V] if self._p[L.P_LOW_V] > 0.0 else np.inf
            value = max(1.5, self._s[M.S_REST_VOLTS] + self._p[M.P_FAULT_V] - low + 0.1)
        self._p[M.P_FAULT_V] = value if on else 0.0

    def _gust(self, value: float | None, on: bool) -> None:
        self._p[M.P_GUST_PUSH] = (8.0 if value is None else value) if on else 0.0
