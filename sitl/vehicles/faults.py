"""Faults that a person, a test or a ground station injects into a simulated vehicle, by their names in Sortie's fault
grammar (docs/failures.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from autopilot.interface import layout as L
from sitl.kernel import layout as M
from sitl.vehicles.parameters import SWITCHES, Special
from sitl.vehicles.payload import CarriedMass

Row = npt.NDArray[np.float64]

_KINDS: Final = {
    "off": M.FAILURE_OFF,
    "stuck": M.FAILURE_STUCK,
    "garbage": M.FAILURE_GARBAGE,
    "wrong": M.FAILURE_WRONG,
    "slow": M.FAILURE_SLOW,
    "delayed": M.FAILURE_DELAYED,
    "intermittent": M.FAILURE_INTERMITTENT,
}
#: For each sensor that fails in the kernel: its setting, and its failures without a name of their own. `gps.loss`,
#: `gps.glitch`, `baro.loss` and `compass.loss` have one.
_SENSORS: Final = {
    "gyro": (M.P_FAIL_GYRO, ("off", "stuck", "garbage", "wrong", "slow", "intermittent")),
    "accel": (M.P_FAIL_ACC, ("off", "stuck", "garbage", "wrong", "slow", "intermittent")),
    "gps": (M.P_FAIL_GPS, ("stuck", "garbage", "slow", "delayed", "intermittent")),
    "compass": (M.P_FAIL_MAG, ("stuck", "garbage", "wrong", "slow", "delayed", "intermittent")),
    "baro": (M.P_FAIL_BARO, ("stuck", "garbage", "slow", "delayed", "intermittent")),
}
_MOST_V: Final = 100.0
_MOST_KG: Final = 100.0


def within(value: float | None, usual: float, most: float) -> float:
    """Value of a fault, `usual` for None, within `-most` to `most`. Far beyond them the forces and the air of the
    simulation are no numbers."""
    return min(max(usual if value is None else value, -most), most)


class VehicleFaults:
    """Faults of one vehicle with settings row `p`, state row `s`, `motors` motors and these `parameters`; `burden` is
    the mass that it carries."""

    def __init__(self, p: Row, s: Row, motors: int, burden: CarriedMass, parameters: Mapping[str, float]) -> None:
        self._p = p
        self._s = s
        self._burden = burden
        self._parameters = parameters
        self._setters = _setters(motors)

    def set(self, name: str, value: float | None, active: bool) -> bool:
        """Begin (`active`) or end a fault; False if its name is unknown. Values, defaults and limits: `gps.glitch` m to
        the north (50, 100,000), `baro.wrong` m up (10, 10,000), `motorN.loss` share of thrust lost (1, 1),
        `battery.low` V off the rest voltage (1.5, or more until it is below BATT_LOW_VOLT; 100), `wind.gust` m/s from
        the west (8, 100 as SIM_WIND_SPD), `mass.add` kg at the centre of mass (0.3, 100), which the controller does
        not know. A value beyond its limit counts as the limit."""
        setter = self._setters.get(name)
        if setter is None:
            return False
        method, given = setter
        method(self, *given, value, active)
        return True

    def names(self) -> tuple[str, ...]:
        """All names that `set` knows."""
        return tuple(self._setters)

    def _weaken(self, index: int, value: float | None, on: bool) -> None:
        lost = 1.0 if value is None else min(max(value, 0.0), 1.0)
        self._p[index] = 1.0 - lost if on else 1.0

    def _add(self, index: int, usual: float, most: float, value: float | None, on: bool) -> None:
        self._p[index] = within(value, usual, most) if on else 0.0

    def _switch(self, index: int, by_parameters: Special, _value: float | None, lost: bool) -> None:
        if lost:
            self._p[index] = 0.0
        else:
            by_parameters(self._p, self._s, self._parameters)

    def _load(self, value: float | None, on: bool) -> None:
        self._burden.carry("fault", within(value, 0.3, _MOST_KG) if on else 0.0)

    def _battery(self, value: float | None, on: bool) -> None:
        if value is None:
            low = self._p[L.P_LOW_V] if self._p[L.P_LOW_V] > 0.0 else np.inf
            value = max(1.5, self._s[M.S_REST_VOLTS] + self._p[M.P_FAULT_V] - low + 0.1)
        self._p[M.P_FAULT_V] = min(max(value, 0.0), _MOST_V) if on else 0.0

    def _fail(self, setting: int, kind: float, _value: float | None, on: bool) -> None:
        """Set or end the failure of a sensor. A sensor has one failure at a time: a new one replaces it, and ending the
        replaced one does nothing."""
        p, s = self._p, self._s
        if not on and p[setting] != kind:
            return
        p[setting] = kind if on else 0.0
        self._remember(setting)
        failing = any(p[field] != 0.0 for field, _ in _SENSORS.values())
        p[M.P_FAILING] = 1.0 if failing else 0.0
        if not failing:
            s[M.S_GYRO_ON] = s[M.S_ACC_ON] = 1.0
            s[M.S_GYRO_SHOWN : M.S_GYRO_SHOWN + 3] = s[M.S_ACC_SHOWN : M.S_ACC_SHOWN + 3] = 0.0
            s[M.S_GYRO_LOST] = s[M.S_ACC_LOST] = s[M.S_MAG_LOST] = s[M.S_BARO_LOST] = 0.0

    def _remember(self, setting: int) -> None:
        """Keep the latest sample, for failures that show an old one."""
        s = self._s
        match setting:
            case M.P_FAIL_GYRO:
                s[M.S_GYRO_OLD : M.S_GYRO_OLD + 3] = s[M.S_GYRO_X : M.S_GYRO_X + 3]
            case M.P_FAIL_ACC:
                s[M.S_ACC_OLD : M.S_ACC_OLD + 3] = s[M.S_ACC_X : M.S_ACC_X + 3]
            case M.P_FAIL_GPS:
                end = M.S_GPS_OLD + 6 * M.GPS_SLOTS
                s[M.S_GPS_OLD : end] = np.tile(s[M.S_GPS_N : M.S_GPS_N + 6], M.GPS_SLOTS)
            case M.P_FAIL_MAG:
                end = M.S_MAG_OLD + 3 * M.MAG_SLOTS
                s[M.S_MAG_OLD : end] = np.tile(s[M.S_MAG_X : M.S_MAG_X + 3], M.MAG_SLOTS)
            case M.P_FAIL_BARO:
                end = M.S_BARO_OLD + M.BARO_SLOTS
                s[M.S_BARO_OLD : end] = s[M.S_BARO_SHOWN] = s[M.S_BARO_ALT]


_Setter = tuple[Callable[..., None], tuple[float | Special, ...]]
"""Method of `VehicleFaults`, and its arguments before `value` and `on`."""


@cache
def _setters(motors: int) -> dict[str, _Setter]:
    """Setters of a vehicle with `motors` motors, by the names of faults."""
    ways = [(sensor, setting, kind) for sensor, (setting, kinds) in _SENSORS.items() for kind in kinds]
    return {
        **{name: (VehicleFaults._switch, switch) for name, switch in SWITCHES.items()},
        "gps.glitch": (VehicleFaults._add, (M.P_GLITCH_N, 50.0, 100_000.0)),
        "baro.wrong": (VehicleFaults._add, (M.P_BARO_GLITCH, 10.0, 10_000.0)),
        "battery.low": (VehicleFaults._battery, ()),
        "wind.gust": (VehicleFaults._add, (M.P_GUST_PUSH, 8.0, 100.0)),
        "rate.freeze": (VehicleFaults._add, (M.P_FREEZE, 1.0, 1.0)),
        "mass.add": (VehicleFaults._load, ()),
        **{f"{sensor}.{kind}": (VehicleFaults._fail, (setting, _KINDS[kind])) for sensor, setting, kind in ways},
        **{f"motor{motor + 1}.loss": (VehicleFaults._weaken, (M.P_LOSS_1 + motor,)) for motor in range(motors)},
    }
