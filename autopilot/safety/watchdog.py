"""Noticing that something is no longer heard: a ground station, a pilot's sticks."""

from __future__ import annotations


class Watchdog:
    """Knows when something was last heard. `deadline`: on the clock of its caller; None while nothing is expected."""

    def __init__(self) -> None:
        self.deadline: int | None = None
        self.lost = False

    def heard(self, now_ms: int, timeout_s: float) -> bool:
        """True when this ends a loss."""
        self.deadline = now_ms + int(timeout_s * 1000.0)
        was_lost, self.lost = self.lost, False
        return was_lost

    def forget(self) -> bool:
        """Nothing is expected any more. True when this ends a loss."""
        self.deadline = None
        was_lost, self.lost = self.lost, False
        return was_lost

    def is_due(self, now_ms: int) -> bool:
        """True once, when the silence has lasted too long."""
        if self.deadline is None or now_ms < self.deadline:
            return False
        self.deadline = None
        self.lost = True
        return True
