"""Result of a rehearsal: findings, measures, verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autopilot.interface.records import dataclass, field
from autopilot.mission.plan import Plan
from autopilot.rehearsal.energy import energy_wh
from autopilot.rehearsal.findings import Finding, FindingSeverity
from autopilot.rehearsal.photos import Photos
from autopilot.rehearsal.way import FlyingField, Way
from sortie.config.words import counted

if TYPE_CHECKING:
    from sortie.rehearsal.flown import FlightsFlown  # loaded by who flies


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Result of a rehearsal: findings, most severe first, and measures of the way (s, m, Wh; wind matters for wings
    only). `vehicle`: in the form of --vehicle. `flown` None: not flown. `plan`, `where`, `way`: what was examined.
    `photos`: what its photos show, None: no photos."""

    vehicle: str
    findings: tuple[Finding, ...]
    plan: Plan = field(repr=False)
    where: FlyingField = field(repr=False)
    way: Way = field(repr=False)
    photos: Photos | None = field(repr=False)
    flown: FlightsFlown | None

    @property
    def items(self) -> int:
        return len(self.plan.items)

    @property
    def time_s(self) -> float:
        return self.way.time_s

    @property
    def distance_m(self) -> float:
        return self.way.distance_m

    @property
    def energy_wh(self) -> float | None:
        """Energy of the mission, Wh; None for vehicles that drive, whose roads are unknown."""
        return energy_wh(self.where, self.way.flown)

    @property
    def go(self) -> bool:
        """True when no finding prevents the plan."""
        return not any(finding.rule.severity is FindingSeverity.ERROR for finding in self.findings)

    @property
    def verdict(self) -> str:
        severities = [finding.rule.severity for finding in self.findings]
        errors, warnings = severities.count(FindingSeverity.ERROR), severities.count(FindingSeverity.WARNING)
        parts = [counted(self.items, "item"), f"about {self.time_s:.0f} s", f"{self.distance_m:.0f} m"]
        energy = self.energy_wh
        if energy is not None:
            parts.append(f"{energy:.1f} Wh")
        if self.flown is not None:
            parts.append(f"{self.flown.completed:.0%} of {counted(len(self.flown.flights), 'flight')} completed")
        counts = [counted(errors, "error"), counted(warnings, "warning")]
        return f"{'GO' if self.go else 'NO-GO'}: {', '.join(parts)}; {', '.join(counts)}"
