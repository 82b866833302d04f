"""Rehearsal of an uploaded plan: its findings go to every ground station, if SRT_REHEARSE is set.

Mission, fence and rally points arrive one after the other. Each is checked together with the others, and findings are
not repeated. Without a home position ways and fences cannot be checked, so the rehearsal waits for it. Notes are only
given by `sortie rehearse`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Protocol

from autopilot.context.vehicle_context import Announcer, VehicleFacts
from autopilot.mav import Severity as Says
from autopilot.mission.plan_types import Plan
from autopilot.mission.rally import points
from autopilot.mission.storage import MissionStorage

MOST_TEXTS: Final = 8
"""Number of texts after which only the number of the rest is given."""
_STEPS: Final = 6_000
"""Steps in which wings and splines are flown (`FlyingField.steps`): the vehicle waits for its rehearsal, 0.1 s of a
desktop's processor for these; ten minutes of turns, or two of splines. A large mission (528 items) would take it longer
than its HEARTBEAT may."""
_MOST_PAIRS: Final = 500_000
"""Legs times points of the fence that are checked, 0.15 s of a desktop's processor: 700 legs within 700 points."""


class ThreePlans(Protocol):
    """The readable side of `autopilot.commands.plans.Plans`."""

    @property
    def mission(self) -> MissionStorage: ...
    @property
    def fence(self) -> MissionStorage: ...
    @property
    def rally(self) -> MissionStorage: ...


class UploadRehearsal:
    """Rehearsal of one vehicle's uploads. The rules are not loaded while the parameter is 0."""

    def __init__(self, facts: VehicleFacts, announcer: Announcer, plans: ThreePlans) -> None:
        self._facts = facts
        self._announcer = announcer
        self._plans = plans
        self._reported: frozenset[tuple[Says, str]] = frozenset()
        self._waits = False

    def plan_changed(self, *_: object) -> None:
        """Rehearse after a change of a plan."""
        if not self._facts.param("SRT_REHEARSE"):
            return
        self._waits = self._facts.home is None
        if not self._waits:
            self._say()

    def home_found(self) -> None:
        """Rehearse once home is known."""
        if self._waits:
            self.plan_changed()

    def _say(self) -> None:
        lines = self._lines()
        fresh = [line for line in lines if line not in self._reported]
        self._reported = frozenset(lines)
        for severity, text in fresh[:MOST_TEXTS]:
            self._announcer.say(severity, f"Rehearsal: {text}")
        if more := fresh[MOST_TEXTS:]:
            errors = sum(severity is Says.ERROR for severity, _ in more)
            self._announcer.say(more[0][0], f"Rehearsal: {len(more)} more, {errors} of them errors")

    def _lines(self) -> list[tuple[Says, str]]:
        """Findings about the present plans, the most severe first, after what was not checked."""
        from autopilot.rehearsal.findings import FindingSeverity, rank
        from autopilot.rehearsal.photos import look_at_photos
        from autopilot.rehearsal.rules import check
        from autopilot.rehearsal.way import FlyingField, NoWayError, walk

        facts, plans = self._facts, self._plans
        plan = Plan(facts.home, plans.mission.items(), plans.fence.items(), points(plans.rally.items()))
        if not plan.items or facts.home is None:
            return []
        ground = facts.terrain.ground if facts.terrain.enabled else None
        field = FlyingField(facts.vehicle_class, facts.parameters, facts.home, ground=ground, steps=_STEPS)
        try:
            way = walk(plan, field)
        except NoWayError as error:
            return [(Says.WARNING, str(error))]
        lines = []
        if len(way.legs) * len(plan.fence) > _MOST_PAIRS:
            plan = replace(plan, fence=())
            lines.append((Says.WARNING, f"fence not checked, too large for {len(way.legs)} legs"))
        findings = sorted(check(plan, field, way, look_at_photos(plan, field, way)), key=rank)
        loud = {FindingSeverity.ERROR: Says.ERROR, FindingSeverity.WARNING: Says.WARNING}
        return lines + [
            (loud[finding.rule.severity], f"{finding.place}: {finding.text}")
            for finding in findings
            if finding.rule.severity in loud
        ]
