"""A node of a runtime that only watches: something is called before each pass, and something at each commit."""

from __future__ import annotations

from collections.abc import Callable

from mavlink_bridge.links.hub import LinkOwner
from mavlink_bridge.routing.endpoint import Endpoint


def _nothing() -> None:
    """Looks away."""


class Bystander:
    """See the module."""

    now_ms = 0
    endpoints: tuple[Endpoint, ...] = ()

    def __init__(self, *, before: Callable[[], None] = _nothing, commit: Callable[[], None] = _nothing) -> None:
        self._before = before
        self._commit = commit

    def next_vehicle_deadline_ms(self) -> int | None:
        """Asked before every pass."""
        self._before()
        return None

    def next_link_deadline_ms(self) -> int | None:
        """It has no link."""
        return None

    def heard(self, endpoint: LinkOwner, link_ms: int) -> bool:
        """It has no endpoint."""
        return False

    def serve_links(self, link_ms: int) -> None:
        """It says nothing."""

    def commit(self, link_ms: int) -> None:
        """Before that of the nodes that were added later."""
        self._commit()
