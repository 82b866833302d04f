"""Turns to transfer a plan to or from the controller: some take one transfer at a time, of all kinds.

Sortie's own wait for each other, and for those of ground stations that pass through; a station waits for nobody, it
repeats what the controller refuses.
"""

from __future__ import annotations

from typing import Final

_STATION_MS: Final = 1500
"""A station's transfer without a message for so long is over."""


class TransferTurn:
    """See the module; times are of the link clock."""

    def __init__(self) -> None:
        self._owner: object | None = None
        self._station_until_ms = 0

    def take(self, owner: object, now_ms: int) -> bool:
        """May `owner` begin? It has the turn until it gives it back."""
        if now_ms < self._station_until_ms or self._owner not in (None, owner):
            return False
        self._owner = owner
        return True

    def give_back(self, owner: object) -> None:
        """Give the turn back at the end of a transfer."""
        if self._owner is owner:
            self._owner = None

    def station(self, now_ms: int, *, ended: bool) -> None:
        """A message of a station's transfer has passed; `ended`: it was the last one."""
        self._station_until_ms = now_ms if ended else now_ms + _STATION_MS

    def wait_ms(self, now_ms: int) -> int:
        """Time of the next try, ms."""
        return max(self._station_until_ms, now_ms + 100)
