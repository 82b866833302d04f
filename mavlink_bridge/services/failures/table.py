"""Faults of this simulator by FAILURE_UNIT and FAILURE_TYPE (docs/failures.md).

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
    """Fault of the `--fault` grammar; `{n}` in its name stands for the instance, from 1. `value`: None for the
    default."""

    name: str
    value: float | None = None


Failures = Mapping[tuple[FailureUnit, FailureType], Injection]
_U, _T = FailureUnit, FailureType
_ALIKE: Final = (
    (_U.GYRO, "gyro", "off stuck garbage wrong slow intermittent"),
    (_U.ACCEL, "accel", "off stuck garbage wrong slow intermittent"),
    (_U.MAG, "compass", "loss stuck garbage wrong slow delayed intermittent"),
    (_U.BARO, "baro", "loss stuck garbage wrong slow delayed intermittent"),
    (_U.GPS, "gps", "loss stuck garbage glitch slow delayed intermittent"),
)
"""Sensors and their faults, which are words of `FailureType` except for two."""
_WORDS: Final = {"loss": _T.OFF, "glitch": _T.WRONG}
FAILURES: Final[Failures] = MappingProxyType({
    (unit, _WORDS.get(word) or _T[word.upper()]): Injection(f"{sensor}.{word}")
    for unit, sensor, words in _ALIKE for word in words.split()
} | {
    (_U.BATTERY, _T.OFF): Injection("battery.low"),
    (_U.BATTERY, _T.WRONG): Injection("battery.low", 1.5),
    (_U.MOTOR, _T.OFF): Injection("motor{n}.loss"),
    (_U.MOTOR, _T.WRONG): Injection("motor{n}.loss", 0.5),
    (_U.RC_SIGNAL, _T.OFF): Injection("rc.loss"),
    (_U.MAVLINK_SIGNAL, _T.OFF): Injection("gcs.loss"),
})  # fmt: skip
"""Faults by unit and type. Two rows may have one fault name with different values."""
