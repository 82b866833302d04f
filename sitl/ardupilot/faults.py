"""Faults of Sortie's fault grammar in an ArduPilot that flies a body of our simulator.

Faults of motors, battery, wind, load, gyroscopes and accelerometers act on the body (`sitl.vehicles.faults`). The
firmware simulates GPS, compasses, barometers, the pilot's radio and (before August 2025) the battery itself, from the
body's true motion, so their faults are set by its SIM_ parameters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from autopilot.interface.geo import METRES_PER_DEGREE
from sitl.vehicles.outside_faults import SimParameter


def _each(names: Sequence[str], on: float, off: float, given: float = 0.0) -> tuple[SimParameter, ...]:
    return tuple(SimParameter(name, on, off, given) for name in names)


_MAGS: Final = ("SIM_MAG1_FAIL", "SIM_MAG2_FAIL", "SIM_MAG3_FAIL")
_MAG_OFFSETS: Final = ("SIM_MAG1_OFS_X", "SIM_MAG2_OFS_X", "SIM_MAG3_OFS_X")
_BAROS: Final = ("SIM_BARO", "SIM_BAR2")


def _baros(what: str, on: float, off: float, given: float = 0.0) -> tuple[SimParameter, ...]:
    return _each([f"{baro}_{what}" for baro in _BAROS], on, off, given)


#: Parameters by fault. Their numbers are those of docs/failures.md where a parameter can have them. The values for
#: `off` are ArduPilot's defaults: libraries/SITL/SITL.cpp, SIM_GPS.cpp, SITL_Baro.cpp.
BY_PARAMETER: Final[Mapping[str, tuple[SimParameter, ...]]] = {
    "gps.loss": (SimParameter("SIM_GPS1_ENABLE", 0.0, 1.0),),
    "gps.glitch": (SimParameter("SIM_GPS1_GLTCH_X", 50.0 / METRES_PER_DEGREE, 0.0, 1.0 / METRES_PER_DEGREE),),
    "gps.garbage": (SimParameter("SIM_GPS1_JAM", 1.0, 0.0),),
    "gps.delayed": (SimParameter("SIM_GPS1_LAG_MS", 1000.0, 100.0),),
    "gps.slow": (SimParameter("SIM_GPS1_HZ", 1.0, 5.0),),
    "compass.loss": _each(_MAGS, 1.0, 0.0),
    "compass.stuck": _each(_MAGS, 2.0, 0.0),
    "compass.wrong": _each(_MAG_OFFSETS, 300.0, 0.0),
    "compass.garbage": (SimParameter("SIM_MAG_RND", 500.0, 0.0),),
    "compass.delayed": (SimParameter("SIM_MAG_DELAY", 1000.0, 0.0),),
    "baro.loss": _baros("DISABLE", 1.0, 0.0),
    "baro.stuck": _baros("FREEZE", 1.0, 0.0),
    "baro.wrong": _baros("GLITCH", 10.0, 0.0, 1.0),
    "baro.garbage": _baros("RND", 10.0, 0.2),
    "baro.delayed": _baros("DELAY", 1000.0, 0.0),
    "imu.loss": (SimParameter("SIM_GYR_FAIL_MSK", 3.0, 0.0), SimParameter("SIM_ACC_FAIL_MSK", 3.0, 0.0)),
    "gyro.off": (SimParameter("SIM_GYR_FAIL_MSK", 3.0, 0.0),),
    "accel.off": (SimParameter("SIM_ACC_FAIL_MSK", 3.0, 0.0),),
    "rc.loss": (SimParameter("SIM_RC_FAIL", 1.0, 0.0),),
    "battery.low": (SimParameter("SIM_BATT_VOLTAGE", 10.0, 12.6, -1.0),),  # of one that does not take our battery
}
#: Faults of GPS, compass and barometer that no parameter of ArduPilot can cause.
UNKNOWN: Final = (
    "gps.stuck", "gps.intermittent", "compass.slow", "compass.intermittent", "baro.slow", "baro.intermittent",
    "rate.freeze",
)  # fmt: skip
