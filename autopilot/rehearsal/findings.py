"""Findings of a rehearsal, and the table of rules (`rules.json`).

Names of rules are stable, because JUnit, SARIF and JSON contain them and users suppress rules by name.
"""

from __future__ import annotations

import json
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Final

from autopilot.interface.records import dataclass
from autopilot.mav import MissionType


class FindingSeverity(Enum):
    """Severities of findings; the value is SARIF's word."""

    ERROR = "error"
    """The plan does not work: no-go."""
    WARNING = "warning"
    """The plan can be flown, but perhaps not as intended."""
    NOTE = "note"
    """A check could not be made; not a fault of the plan."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Rule of a rehearsal. `mend`: advice, if a finding has none of its own."""

    name: str
    severity: FindingSeverity
    what: str
    mend: str


RULES: Final = MappingProxyType({
    row["name"]: Rule(row["name"], FindingSeverity(row["severity"]), row["what"], row["mend"])
    for row in json.loads(Path(__file__).with_name("rules.json").read_text(encoding="utf-8"))
})  # fmt: skip
"""Rules by name, the most severe first."""
_SEVERITIES: Final = tuple(FindingSeverity)
_ORDER: Final = {name: place for place, name in enumerate(RULES)}


@dataclass(frozen=True, slots=True)
class Finding:
    """Finding of a rule. `item`: its number in `part` of the plan as a ground station shows it; None: the whole
    plan."""

    rule: Rule
    text: str
    item: int | None = None
    part: MissionType = MissionType.MISSION

    @property
    def place(self) -> str:
        name = self.part.name.lower()
        return f"{name}" if self.item is None else f"{name} item {self.item}"


def found(rule: str, text: str, item: int | None = None, part: MissionType = MissionType.MISSION) -> Finding:
    """Make a finding by its rule's name; KeyError for an unknown rule."""
    return Finding(RULES[rule], text, item, part)


def rank(finding: Finding) -> tuple[int, int, int]:
    """Sort key: the most severe first, then in the order of rules, then of items."""
    return (
        _SEVERITIES.index(finding.rule.severity),
        _ORDER[finding.rule.name],
        -1 if finding.item is None else finding.item,
    )
