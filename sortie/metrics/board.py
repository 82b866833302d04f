"""Newest snapshot for other threads, without a lock.

References are read and written atomically. The loop writes `posted`, readers write `taken`; a reader gets the old or
the new snapshot, never a mixture.
"""

from __future__ import annotations

from typing import Final, Protocol

from mavlink_bridge.links.hub import LinkOwner
from mavlink_bridge.routing.endpoint import Endpoint
from sortie.metrics.statistics import MetricsSnapshot

EVERY_MS: Final = 1000


class Measured(Protocol):
    """Source of the values: `Statistics`, or those of a fleet."""

    def snapshot(self, *, read: bool = True) -> MetricsSnapshot: ...


class Board:
    """Node that posts a snapshot of `statistics` every `EVERY_MS` of link time, the first at once."""

    now_ms = 0
    endpoints: tuple[Endpoint, ...] = ()

    def __init__(self, statistics: Measured) -> None:
        self._statistics = statistics
        self._posted = statistics.snapshot()
        self._taken: MetricsSnapshot | None = None
        self._due_ms = 0

    def take(self) -> MetricsSnapshot:
        """Return the newest snapshot; from any thread. If the loop posts at the same time, it counts as unread: the
        worst delay is then reported twice, but never lost."""
        self._taken = self._posted
        return self._taken

    def next_link_deadline_ms(self) -> int | None:
        return self._due_ms

    def next_vehicle_deadline_ms(self) -> int | None:
        """Return None: it has no deadlines in vehicle time."""
        return None

    def heard(self, endpoint: LinkOwner, link_ms: int) -> bool:
        """Do nothing: it has no endpoint."""
        return False

    def serve_links(self, link_ms: int) -> None:
        """Do nothing: it sends no messages."""

    def commit(self, link_ms: int) -> None:
        """Post a snapshot if it is due."""
        if link_ms >= self._due_ms:
            self._due_ms = link_ms + EVERY_MS
            self._posted = self._statistics.snapshot(read=self._taken is self._posted)
