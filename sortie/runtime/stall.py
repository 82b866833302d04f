"""The rule for readers that stall: who runs ahead of the wall stands still while the buffer of a client is full, each
client has a second in a row, and then it is disconnected. A client that reads sees every message, and one that does not
read cannot stop a vehicle. Datagrams are never waited for."""

from __future__ import annotations

from typing import Final

from mavlink_bridge.links.base import Link
from mavlink_bridge.links.hub import LinkHub
from sortie.logs.run_log import LOGGER

STALL_LIMIT_S: Final = 1.0


class Readers:
    """Since when which link takes nothing (s of the wall)."""

    def __init__(self) -> None:
        self._since: dict[Link, float] = {}

    def forget(self) -> None:
        """Nobody is waited for now: a stall that follows is a first one."""
        self._since.clear()

    def wait_s(self, hubs: list[LinkHub], wall_s: float) -> float | None:
        """How long to wait for those that are stalled; None when nobody is. Who has had his second is disconnected."""
        stalled = [(hub, hub.links()[number]) for hub in hubs for number in hub.stalled(0)]
        if not stalled:
            self._since.clear()
            return None
        self._since = {link: self._since.get(link, wall_s) for _, link in stalled}
        left_s = min(self._since.values()) + STALL_LIMIT_S - wall_s
        if left_s <= 0.0:
            for hub, link in stalled:
                if wall_s - self._since[link] >= STALL_LIMIT_S:
                    LOGGER.warning("link %s took nothing for %g s: disconnected", link.name, STALL_LIMIT_S)
                    hub.remove(link, "it stopped reading")
        return max(left_s, 0.0)
