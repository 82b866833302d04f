"""Board on which the flight loop posts its newest snapshot, for other threads to read: one reference each way, no lock.

A reference is read and written whole. The loop writes `posted`, readers write `taken`; whoever looks sees the old
snapshot or the new one, never half of each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from sortie.metrics.statistics import MetricsSnapshot

if TYPE_CHECKING:
    from mavlink_bridge.links.hub import LinkOwner
    from mavlink_bridge.routing.endpoint import Endpoint

EVERY_MS: Final = 1000


class Measured(Protocol):
    """Source of the posted figures: `Statistics`, or those of a fleet."""

    def snapshot(self, *, read: bool = True) -> MetricsSnapshot: ...


class Board:
    """A node that posts a snapshot of `statistics` every `EVERY_MS` of link time, the first at once."""

    now_ms = 0
    endpoints: tuple[Endpoint, ...] = ()

    def __init__(self, statistics: Measured) -> None:
        self._statistics = statistics
        self._posted = statistics.snapshot()
        self._taken: MetricsSnapshot | None = None
        self._due_ms = 0

    def take(self) -> MetricsSnapshot:
        """The newest; from any thread. When the loop posts meanwhile, this one counts as not read: the worst lateness
        is then told twice, never not at all."""
        self._taken = self._posted
        return self._taken

    def next_link_deadline_ms(self) -> int | None:
        return self._due_ms

    def next_vehicle_deadline_ms(self) -> int | None:
        """Return None: it has nothing to do with vehicle time."""
        return None

    def heard(self, endpoint: LinkOwner, link_ms: int) -> None:
        """Do nothing: it has no endpoint."""

    def serve_links(self, link_ms: int) -> None:
        """Says nothing."""

    def commit(self, link_ms: int) -> None:
        """Post when it is due."""
        if link_ms >= self._due_ms:
            self._due_ms = link_ms + EVERY_MS
            self._posted = self._statistics.snapshot(read=self._taken is self._posted)
