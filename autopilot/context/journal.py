"""Journal of changes that must survive a crash.

A change is submitted and gets a ticket. A part that owes an acknowledgement waits until the ticket is durable. The core
never writes: `sortie` implements `Journal` with SQLite and one writer thread.
"""

from __future__ import annotations

from typing import Protocol

from autopilot.interface.geo import GeoPoint
from autopilot.interface.records import dataclass
from autopilot.mission.items import MissionItem


@dataclass(frozen=True, slots=True)
class SavePlan:
    """All items of one kind (MAV_MISSION_TYPE: 0 mission without home item, 1 fence, 2 rally) replace the old ones."""

    kind: int
    items: tuple[MissionItem, ...]


@dataclass(frozen=True, slots=True)
class SaveParameter:
    """A parameter's value; None = back to its default."""

    name: str
    value: float | None


@dataclass(frozen=True, slots=True)
class SaveHome:
    """Home as set by a person."""

    home: GeoPoint | None


@dataclass(frozen=True, slots=True)
class SaveProgress:
    """The sequencer's index and state (`MissionState` value). `requested`: a person has set the index and gets an
    answer once it is durable; other progress is not acknowledged."""

    index: int
    state: int
    requested: bool = False


@dataclass(frozen=True, slots=True)
class SaveShow:
    """The file of a drone show; empty: none."""

    content: bytes


@dataclass(frozen=True, slots=True)
class SaveTogether:
    """Several plans, all or none (MISSION_CLEAR_ALL of every type)."""

    plans: tuple[SavePlan, ...]


Change = SavePlan | SaveParameter | SaveHome | SaveProgress | SaveShow | SaveTogether


class Journal(Protocol):
    """A durable store with deferred completion. Changes become durable in the order of their tickets."""

    def submit(self, change: Change) -> int:
        """Queue `change`; returns its ticket (rising from 1)."""

    def latest(self) -> int:
        """The last ticket that an acknowledgement may wait for, 0 before the first. Comparing it before and after a
        call shows which changes the call submitted. Progress that nobody `requested` may be left out."""

    def durable(self) -> int:
        """The highest ticket that is settled: written, or failed."""

    def catch_up(self) -> bool:
        """Wait for the disk, if time may stand still meanwhile; True if there was something to wait for. Otherwise
        False, and acknowledgements wait by themselves."""

    def failure(self, ticket: int) -> str | None:
        """Reason that a settled ticket was not written (disk full, read only, ...), or None if it was."""


class NoJournal:
    """Keeps nothing and reports all changes as durable, for a vehicle whose state ends with it."""

    def __init__(self) -> None:
        self._tickets = 0

    def submit(self, change: Change) -> int:
        self._tickets += 1
        return self._tickets

    def latest(self) -> int:
        return self._tickets

    def durable(self) -> int:
        return self._tickets

    def catch_up(self) -> bool:
        return False

    def failure(self, ticket: int) -> str | None:
        return None
