"""What a rehearsal says: the findings in their order, figures, and the verdict."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from autopilot.rehearsal.findings import Finding, Severity, rank

if TYPE_CHECKING:
    from sortie.rehearsal.flown import Flights  # loaded by who flies

__all__ = ["Rehearsal"]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What came out: findings, most severe first, and what the way measures (s, m, Wh; without wind). `vehicle`: as
    --vehicle has it. `flown`: None: it was not flown."""

    vehicle: str
    items: int
    findings: tuple[Finding, ...]
    time_s: float
    distance_m: float
    energy_wh: float | None
    flown: Flights | None = None

    @classmethod
    def of(
        cls, vehicle: str, items: int, findings: Iterable[Finding], time_s: float, distance_m: float,
        energy_wh: float | None, flown: Flights | None = None,
    ) -> Rehearsal:  # fmt: skip
        """With the findings in their order."""
        ranked = sorted(findings, key=rank)
        return cls(vehicle, items, tuple(ranked), time_s, distance_m, energy_wh, flown)

    @property
    def go(self) -> bool:
        """Nothing found that keeps the plan from working."""
        return not any(one.rule.severity is Severity.ERROR for one in self.findings)

    @property
    def verdict(self) -> str:
        """One line."""
        severities = [one.rule.severity for one in self.findings]
        errors, warnings = severities.count(Severity.ERROR), severities.count(Severity.WARNING)
        told = [f"{self.items} items", f"about {self.time_s:.0f} s", f"{self.distance_m:.0f} m"]
        if self.energy_wh is not None:
            told.append(f"{self.energy_wh:.1f} Wh")
        if self.flown is not None:
            told.append(f"{self.flown.completed:.0%} of {len(self.flown.flights)} flights completed")
        counts = [f"{count} {word}{'s' * (count != 1)}" for count, word in ((errors, "error"), (warnings, "warning"))]
        return f"{'GO' if self.go else 'NO-GO'}: {', '.join(told)}; {', '.join(counts)}"
