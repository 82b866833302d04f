"""What a vehicle has given its journal to keep, and what must be found at the next start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from autopilot.context.journal import SaveHome, SaveParameter, SavePlan, SaveProgress, SaveTogether
from autopilot.interface.geo import GeoPoint
from autopilot.mav import MissionType
from autopilot.mission.items import MissionItem
from autopilot.mission.state import MissionState
from autopilot.mission.storage import MissionStorage, pack_item
from sortie.storage.rows import Entry, StoredState


def checksum(items: tuple[MissionItem, ...]) -> int:
    """As MISSION_ACK has it."""
    storage = MissionStorage()
    storage.replace(items)
    return storage.checksum()


REWOUND = 0, int(MissionState.IDLE)
"""Progress with which another mission begins, before the sequencer has told its own."""


def _replaces_mission(change: Entry) -> bool:
    plans = change.plans if isinstance(change, SaveTogether) else (change,)
    return any(isinstance(plan, SavePlan) and plan.kind == MissionType.MISSION for plan in plans)


@dataclass(frozen=True)
class Kept:
    """The state as changes leave it; plans packed, so that NaN equals NaN."""

    plans: tuple[tuple[int, tuple[bytes, ...]], ...] = ()
    parameters: tuple[tuple[str, float], ...] = ()
    home: GeoPoint | None = None

    def after(self, change: Entry) -> Kept:
        """With this change made."""
        if isinstance(change, SaveTogether):
            kept = self
            for plan in change.plans:
                kept = kept.after(plan)
            return kept
        if isinstance(change, SavePlan):
            plans = dict(self.plans) | {change.kind: tuple(pack_item(item) for item in change.items)}
            return Kept(tuple(sorted(plans.items())), self.parameters, self.home)
        if isinstance(change, SaveParameter):
            values = dict(self.parameters)
            values.pop(change.name, None)
            if change.value is not None:
                values[change.name] = change.value
            return Kept(self.plans, tuple(sorted(values.items())), self.home)
        if isinstance(change, SaveHome):
            return Kept(self.plans, self.parameters, change.home)
        return self

    @staticmethod
    def of(stored: StoredState) -> Kept:
        """What a start has found."""
        plans = {kind: tuple(pack_item(item) for item in items) for kind, items in stored.plans.items()}
        return Kept(tuple(sorted(plans.items())), tuple(sorted(stored.parameters.items())), stored.home)


@dataclass
class Ledger:
    """`kept`: durable. `waiting`: (ticket, change) not settled yet, in order. `failed`: the transactions that have
    failed since the last that did not: the disk may hold one of them all the same (SQLite writes each in the same place
    of its log)."""

    kept: Kept = field(default_factory=Kept)
    progress: tuple[int, int] | None = None
    unwritten: tuple[int, int] | None = None
    waiting: list[tuple[int, Entry]] = field(default_factory=list)
    failed: list[list[Entry]] = field(default_factory=list)
    progresses: set[tuple[int, int] | None] = field(default_factory=lambda: {None})
    tickets: dict[int, Entry] = field(default_factory=dict)
    parameters: dict[str, list[tuple[int, SaveParameter]]] = field(default_factory=dict)

    def submit(self, ticket: int, change: Entry) -> None:
        self.waiting.append((ticket, change))
        self.tickets[ticket] = change
        if isinstance(change, SaveParameter):
            self.parameters.setdefault(change.name, []).append((ticket, change))
        if isinstance(change, SaveProgress):
            self.progresses.add((change.index, change.state))
        if _replaces_mission(change):
            self.progresses.add(REWOUND)

    def settle(self, durable: int, failure: object) -> None:
        """`failure(ticket)`: why it was not written, or None."""
        done = [entry for entry in self.waiting if entry[0] <= durable]
        self.waiting = [entry for entry in self.waiting if entry[0] > durable]
        newest: tuple[int, int] | None = None
        wrote, lost = False, []
        for ticket, change in done:
            if failure(ticket) is not None:  # type: ignore[operator]
                lost.append(change)
                if isinstance(change, SaveProgress):
                    self.unwritten = change.index, change.state
                continue
            wrote = True
            self.kept = self.kept.after(change)
            if isinstance(change, SaveProgress):
                newest = change.index, change.state
        if wrote:
            newest, self.unwritten = newest or self.unwritten, None  # a progress that failed is in the next transaction
            self.failed.clear()
        elif lost:
            self.failed.append(lost)
        if newest is not None:
            self.progress = newest
            later = {(c.index, c.state) for _, c in self.waiting if isinstance(c, SaveProgress)}
            rewound = {REWOUND for _, change in (*done, *self.waiting) if _replaces_mission(change)}
            self.progresses = {newest, *later, *rewound}

    def allowed(self) -> Iterator[Kept]:
        """States that a start may find."""
        for batch in ([], *self.failed):
            following = self.kept
            for change in batch:
                following = following.after(change)
            yield following
            for _, change in self.waiting:
                following = following.after(change)
                yield following

    def restart(self, stored: StoredState) -> None:
        """The state that was found counts from now on."""
        self.kept = Kept.of(stored)
        self.progress = stored.progress
        self.progresses = {stored.progress}
        self.unwritten = None
        self.waiting.clear()
        self.failed.clear()
        self.tickets.clear()
        self.parameters.clear()
