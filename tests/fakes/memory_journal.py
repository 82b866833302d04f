"""Journal that keeps changes in a list, for tests that look at them or decide when they are durable."""

from __future__ import annotations

from autopilot.context.journal import Change


class MemoryJournal:
    """Keeps changes in a list. They are durable at once, or with `hold` when `settle` is called."""

    def __init__(self, *, hold: bool = False) -> None:
        self.changes: list[Change] = []
        self.hold = hold
        self.failures: dict[int, str] = {}
        self._settled = 0

    def submit(self, change: Change) -> int:
        self.changes.append(change)
        if not self.hold:
            self._settled = len(self.changes)
        return len(self.changes)

    def settle(self, failure: str | None = None) -> None:
        """Settle all submitted changes; `failure` is the reason if they failed."""
        if failure is not None:
            for ticket in range(self._settled + 1, len(self.changes) + 1):
                self.failures[ticket] = failure
        self._settled = len(self.changes)

    def latest(self) -> int:
        return len(self.changes)

    def durable(self) -> int:
        return self._settled

    def catch_up(self) -> bool:
        return False

    def failure(self, ticket: int) -> str | None:
        return self.failures.get(ticket)
