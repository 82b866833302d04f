"""Which mission commands a copter or a rover carries out (docs/reference/mission-semantics.md, 1.4).

A mission may hold others (they are kept, as ArduPilot keeps them): they are named when they are uploaded, and in flight
the executor answers Unsupported, so that they are skipped with a text and never in silence.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from autopilot.mission.items import MissionItem

__all__ = ["capable", "unable"]

_BOTH: Final = frozenset(
    {16, 17, 18, 19, 20, 92, 93}
    | {112, 114}
    | {177, 178, 179, 189, 195, 197, 201, 207, 218, 222, 600, 601}
    | {181, 182, 183, 184, 203, 206}  # outputs and camera triggers
)
_CAPABLE: Final[dict[str, frozenset[int]]] = {
    "copter": _BOTH | {21, 22, 31, 82, 115},
    "rover": _BOTH | {194},
}


def capable(kind: str, command: int) -> bool:
    """Can a vehicle of `kind` ("copter", "rover") carry out `command`?"""
    return command in _CAPABLE[kind]


def unable(kind: str, items: Iterable[MissionItem]) -> list[MissionItem]:
    """The items that a vehicle of `kind` will skip."""
    can = _CAPABLE[kind]
    return [item for item in items if item.command not in can]
