"""Turns of plan transfers with the controller, which may handle only one at a time, of any kind.

Sortie's transfers wait for each other and for those of ground stations. Stations do not wait: they repeat what the
controller refuses.
"""

from __future__ import annotations

from typing import Final

_STATION_MS: Final = 1500
"""Time without a message after which a station's transfer counts as ended, ms."""


class TransferTurn:
    """Owner of the present turn. Times are link time."""

    def __init__(self) -> None:
        self._owner: object | None = None
        self._station_until_ms = 0

    def take(self, owner: object, now_ms: int) -> bool:
        """Take the turn, if it is free; the owner has it until `give_back`."""
        if now_ms < self._station_until_ms or self._owner not in (None, owner):
            return False
        self._owner = owner
        return True

    def give_back(self, owner: object) -> None:
        if self._owner is owner:
            self._owner = None

    def station(self, now_ms: int, *, ended: bool) -> None:
        """Note a message of a station's transfer. `ended`: it was the last one."""
        self._station_until_ms = now_ms if ended else now_ms + _STATION_MS

    def wait_ms(self, now_ms: int) -> int:
        """Time of the next attempt, ms."""
        return max(self._station_until_ms, now_ms + 100)
