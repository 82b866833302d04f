"""FAILURE_UNIT and FAILURE_TYPE, and the fault that each pair means here (docs/failures.md).

A pair without a row is UNSUPPORTED: it has no meaning for these vehicles.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from autopilot.interface.records import dataclass
from autopilot.mav import FailureType, FailureUnit


@dataclass(frozen=True, slots=True)
class Injection:
    """A fault of the `--fault` grammar; `{n}` in its name is the instance, from 1. `value` None: its default."""

    name: str
    value: float | None = None


Failures = Mapping[tuple[FailureUnit, FailureType], Injection]
_U, _T = FailureUnit, FailureType
FAILURES: Final[Failures] = MappingProxyType({
    (_U.GYRO, _T.OFF): Injection("gyro.off"),
    (_U.GYRO, _T.STUCK): Injection("gyro.stuck"),
    (_U.GYRO, _T.GARBAGE): Injection("gyro.garbage"),
    (_U.GYRO, _T.WRONG): Injection("gyro.wrong"),
    (_U.GYRO, _T.SLOW): Injection("gyro.slow"),
    (_U.GYRO, _T.INTERMITTENT): Injection("gyro.intermittent"),
    (_U.ACCEL, _T.OFF): Injection("accel.off"),
    (_U.ACCEL, _T.STUCK): Injection("accel.stuck"),
    (_U.ACCEL, _T.GARBAGE): Injection("accel.garbage"),
    (_U.ACCEL, _T.WRONG): Injection("accel.wrong"),
    (_U.ACCEL, _T.SLOW): Injection("accel.slow"),
    (_U.ACCEL, _T.INTERMITTENT): Injection("accel.intermittent"),
    (_U.MAG, _T.OFF): Injection("compass.loss"),
    (_U.MAG, _T.STUCK): Injection("compass.stuck"),
    (_U.MAG, _T.GARBAGE): Injection("compass.garbage"),
    (_U.MAG, _T.WRONG): Injection("compass.wrong"),
    (_U.MAG, _T.SLOW): Injection("compass.slow"),
    (_U.MAG, _T.DELAYED): Injection("compass.delayed"),
    (_U.MAG, _T.INTERMITTENT): Injection("compass.intermittent"),
    (_U.BARO, _T.OFF): Injection("baro.loss"),
    (_U.BARO, _T.STUCK): Injection("baro.stuck"),
    (_U.BARO, _T.GARBAGE): Injection("baro.garbage"),
    (_U.BARO, _T.WRONG): Injection("baro.wrong"),
    (_U.BARO, _T.SLOW): Injection("baro.slow"),
    (_U.BARO, _T.DELAYED): Injection("baro.delayed"),
    (_U.BARO, _T.INTERMITTENT): Injection("baro.intermittent"),
    (_U.GPS, _T.OFF): Injection("gps.loss"),
    (_U.GPS, _T.STUCK): Injection("gps.stuck"),
    (_U.GPS, _T.GARBAGE): Injection("gps.garbage"),
    (_U.GPS, _T.WRONG): Injection("gps.glitch"),
    (_U.GPS, _T.SLOW): Injection("gps.slow"),
    (_U.GPS, _T.DELAYED): Injection("gps.delayed"),
    (_U.GPS, _T.INTERMITTENT): Injection("gps.intermittent"),
    (_U.BATTERY, _T.OFF): Injection("battery.low"),
    (_U.BATTERY, _T.WRONG): Injection("battery.low", 1.5),
    (_U.MOTOR, _T.OFF): Injection("motor{n}.loss"),
    (_U.MOTOR, _T.WRONG): Injection("motor{n}.loss", 0.5),
    (_U.RC_SIGNAL, _T.OFF): Injection("rc.loss"),
    (_U.MAVLINK_SIGNAL, _T.OFF): Injection("gcs.loss"),
})  # fmt: skip
"""Injection by unit and type; one whose value is a number, not None, stands beside a row of the same name with
another."""
