"""Definition of a parameter: a row of the tables.

Names, units, ranges and types are those of ArduPilot 4.6 where the meaning is the same. Our own names begin with SRT_
(service) and FM_ (flight manager). Values are plain floats that fit float32 for every type, because PARAM_VALUE carries
float32 (docs/reference/ground-stations.md, 1.8).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Final

from autopilot.interface.records import dataclass, field
from autopilot.mav import ParameterType

FLOAT32_MAX: Final = 3.4028234663852886e38
LIMITS: Final[Mapping[int, tuple[float, float]]] = MappingProxyType(
    {
        ParameterType.INT8: (-128.0, 127.0),
        ParameterType.INT16: (-32768.0, 32767.0),
        ParameterType.INT32: (-2147483648.0, 2147483520.0),  # the largest float32 that an INT32 holds
        ParameterType.REAL32: (-FLOAT32_MAX, FLOAT32_MAX),
    }
)
"""The lowest and highest value that each type holds."""

_NO_LABELS: Final[Mapping[int, str]] = MappingProxyType({})
_FLOAT32: Final = struct.Struct("<f")
_TRUNCATION_SLACK: Final = 0.01
"""ArduPilot adds this before it cuts a float to an integer, so that 2.9999 becomes 3 (AP_Param::set_float)."""


def to_float32(value: float) -> float:
    """The nearest float32; `value` must be finite and within +-FLOAT32_MAX."""
    return float(_FLOAT32.unpack(_FLOAT32.pack(value))[0])


@dataclass(frozen=True, slots=True)
class ParameterDef:
    """Parameter of the tables. `type` is a MAV_PARAM_TYPE. `minimum`, `maximum` are the recommended range (None =
    open), and a limit only if `strict`. `values` are labels of single values, `bitmask` of bits. `reboot`: a change
    acts after a restart. `inert`: stored and shown, without an effect in the simulator."""

    name: str
    type: int
    default: float
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    increment: float | None = None
    description: str = ""
    values: Mapping[int, str] = field(default_factory=dict)
    bitmask: Mapping[int, str] = field(default_factory=dict)
    read_only: bool = False
    reboot: bool = False
    inert: bool = False
    strict: bool = False

    def limits(self) -> tuple[float, float]:
        """Lowest and highest value that it can hold: those of its type, or of its range if strict."""
        lowest, highest = LIMITS[self.type]
        if self.strict and self.minimum is not None and self.maximum is not None:
            return max(lowest, self.minimum), min(highest, self.maximum)
        return lowest, highest

    def fit(self, value: float) -> float:
        """`value` (finite) as it is stored: clamped to `limits()`, integers cut towards zero as in ArduPilot, rounded
        to float32 so that PARAM_VALUE is exact."""
        lowest, highest = self.limits()
        value = min(max(value, lowest), highest)
        if self.type == ParameterType.REAL32:
            return to_float32(value)
        whole = math.trunc(min(max(value + math.copysign(_TRUNCATION_SLACK, value), lowest), highest))
        return to_float32(float(whole))

    def complaint(self, value: float) -> str | None:
        """Warning that `value` is outside the recommended range, in at most 50 characters (one STATUSTEXT), or None.
        The value is set anyway."""
        if not self.is_beyond(value):
            return None
        if self.minimum is None and self.maximum is None:
            return f"{self.name} {value:.6g} set; not a known value"
        return f"{self.name} {value:.6g} set; range {self.range_text}"

    def is_beyond(self, value: float) -> bool:
        """True if `value` is outside the recommended range, or not one of the known values."""
        low, high = self.minimum, self.maximum
        if low is None and high is None:
            return bool(self.values) and value not in self.values
        return (low is not None and value < low) or (high is not None and value > high)

    @property
    def range_text(self) -> str:
        """The recommended range for people: `0..100`, `0..`."""
        return f"{_bound(self.minimum)}..{_bound(self.maximum)}"


def _bound(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def define(
    kind: ParameterType,
    name: str,
    default: float,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    text: str = "",
    *,
    step: float | None = None,
    values: Mapping[int, str] = _NO_LABELS,
    bits: Mapping[int, str] = _NO_LABELS,
    read_only: bool = False,
    reboot: bool = False,
    strict: bool = False,
    inert: bool = False,
) -> ParameterDef:
    """Define a parameter. Its default is rounded to float32."""
    return ParameterDef(
        name,
        int(kind),
        to_float32(default),
        unit,
        low,
        high,
        step,
        text,
        values,
        bits,
        read_only,
        reboot,
        inert,
        strict,
    )


i8 = partial(define, ParameterType.INT8)
i16 = partial(define, ParameterType.INT16)
i32 = partial(define, ParameterType.INT32)
f32 = partial(define, ParameterType.REAL32)
"""Define a parameter of this type."""
