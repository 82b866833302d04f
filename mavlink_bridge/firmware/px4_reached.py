"""A reached item of the mission is told again each second, ten times (PX4 1.16, mavlink_mission.cpp: `send`,
`_reached_sent_count`).

Clock: vehicle time.
"""

from __future__ import annotations

from typing import Final

from mavlink_bridge.codec import dialect
from mavlink_bridge.services.base import Message

_REPEAT_MS: Final = 1000
_REPEATS: Final = 10


class ReachedAgain:
    """The item that was reached last, as it is told again."""

    def __init__(self) -> None:
        self._seq: int | None = None
        self._told = 0
        self._due_ms = 0

    def reached(self, seq: int, now_ms: int) -> None:
        """The core has told it, by its own number."""
        self._seq, self._told, self._due_ms = seq, 0, _next_second(now_ms)

    def forget(self) -> None:
        self._seq = None

    def step(self, now_ms: int) -> Message | None:
        """What is due now."""
        seq = self._seq
        if seq is None or now_ms < self._due_ms:
            return None
        self._told += 1
        if self._told == _REPEATS:
            self._seq = None
        self._due_ms = _next_second(now_ms)
        return dialect.MAVLink_mission_item_reached_message(max(seq - 1, 0))

    def next_deadline_ms(self) -> int | None:
        return None if self._seq is None else self._due_ms


def _next_second(now_ms: int) -> int:
    """A whole one, at which most streams are due anyway: it makes no pass of its own."""
    return (now_ms // _REPEAT_MS + 1) * _REPEAT_MS
