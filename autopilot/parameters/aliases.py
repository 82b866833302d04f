"""Aliases of parameters: names of later ArduPilot versions, and earlier names of ours.

From 4.7 on ArduPilot has new names for values in metres and degrees. Scripts and ground stations that use them get
answers under the name that they asked for. Aliases are not listed, counted or stored
(docs/reference/mission-semantics.md, 5).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from autopilot.interface.records import dataclass
from autopilot.mav import ParameterType
from autopilot.parameters.definition import ParameterDef, to_float32
from autopilot.parameters.tables import table

_CHECK: Final = next(line for line in table("copter", "arming") if line.name == "ARMING_CHECK")
ALL_CHECKS: Final = sum(1 << bit for bit in _CHECK.bitmask if bit != 0)
"""Every bit of ARMING_CHECK except bit 0, which means "all"."""


@dataclass(frozen=True, slots=True)
class Alias:
    """`name` stands for `target`; `to_target` and `from_target` convert values (finite)."""

    name: str
    target: str
    unit: str | None
    to_target: Callable[[float], float]
    from_target: Callable[[float], float]
    type: int | None = None

    def definition(self, of: ParameterDef) -> ParameterDef:
        """Definition of the alias, derived from its target's."""
        bounds = [None if bound is None else self.from_target(bound) for bound in (of.minimum, of.maximum)]
        known = sorted(bound for bound in bounds if bound is not None)
        low, high = (known[0], known[1]) if len(known) == 2 else (bounds[0], bounds[1])
        kind = of.type if self.type is None else self.type
        return replace(
            of,
            name=self.name,
            type=kind,
            default=to_float32(self.from_target(of.default)),
            unit=of.unit if self.unit is None else self.unit,
            minimum=low,
            maximum=high,
            increment=None,
        )


def skip_to_check(skip: float) -> float:
    """ARMING_SKIPCHK as ARMING_CHECK: -1 skips all (0), 0 skips none (1 = all), else the bits that remain."""
    bits = int(skip)
    remain = ALL_CHECKS & ~bits
    if remain == ALL_CHECKS:
        return 1.0
    return float(remain)


def check_to_skip(check: float) -> float:
    """ARMING_CHECK as ARMING_SKIPCHK."""
    bits = int(check)
    if bits & 1:
        return 0.0
    skipped = ALL_CHECKS & ~bits
    return -1.0 if skipped == ALL_CHECKS else float(skipped)


_Convert = Callable[[float], float]
_CONVERSIONS: Final[dict[str, tuple[_Convert, _Convert]]] = {
    "renamed": (float, float),
    "hundredth": (lambda value: value * 100.0, lambda value: value / 100.0),
    "hundreds": (lambda value: value / 100.0, lambda value: value * 100.0),
    "inverted": (lambda value: float(not value), lambda value: float(not value)),
    "any": (lambda value: float(value != 0.0), float),
    "checks": (skip_to_check, check_to_skip),
}
"""To the target's value, and from it."""
_WITH_FRACTIONS: Final = ("hundredth", "hundreds", "any")


def _alias(name: str, target: str, how: str = "renamed", unit: str | None = None) -> Alias:
    return Alias(name, target, unit, *_CONVERSIONS[how], ParameterType.REAL32 if how in _WITH_FRACTIONS else None)


_TABLE: Final = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))


def aliases(*groups: str) -> dict[str, Alias]:
    """Aliases by name, of these groups of `aliases.json`."""
    return {row[0]: _alias(*row) for group in groups for row in _TABLE[group]}
