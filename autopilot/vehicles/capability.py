"""Mission commands that a kind of vehicle carries out (docs/reference/mission-semantics.md, 1.4).

A mission may hold others (they are kept, as ArduPilot keeps them): they are named when they are uploaded, and in flight
the executor answers Unsupported, so that they are skipped with a text and never in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from autopilot.mission.commands import is_fitted
from autopilot.mission.items import MissionItem
from autopilot.vehicles.kinds import vehicle_class


def unable(kind: str, items: Iterable[MissionItem], param: Callable[[str], float]) -> list[MissionItem]:
    """The items that a vehicle of the kind of this name, with these parameters, will skip."""
    carries_out = vehicle_class(kind).carries_out
    return [item for item in items if not carries_out(item.command) and not is_fitted(item.command, param)]
