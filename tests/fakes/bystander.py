"""A node of a runtime that only watches: something is called before each pass, and something at each commit."""

from __future__ import annotations

from collections.abc import Callable

from mavlink_bridge.routing.endpoint import Endpoint
from sortie.runtime.node import QuietNode


def _nothing() -> None:
    """Looks away."""


class Bystander(QuietNode):
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

    def commit(self, link_ms: int) -> None:
        """Before that of the nodes that were added later."""
        self._commit()
