"""Redundant links to the same other side, a flight controller: duplicate frames, and the route for sending.

A copy of a frame that arrived by another link in the last 100 ms (same id, sender, sequence number and payload) is
dropped, as by mavlink-router's DeDuplicationPeriod (docs/reference/real-vehicles.md, 4). Frames are sent on one link
only, because a controller executes a command as often as it arrives: the link on which it was heard last.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from autopilot.mav import Component
from mavlink_bridge.wire.framing import MavlinkFrame

REPEAT_MS: Final = 100

_Key = tuple[int, int, int, int, bytes]


class LinkRedundancy:
    """Filter of duplicates. `route`: link to send on; None, before anything was heard: all. `repeats`: dropped
    copies."""

    def __init__(self) -> None:
        self.route: int | None = None
        self.repeats = 0
        self._recent: set[_Key] = set()
        self._order: deque[tuple[int, _Key]] = deque()

    def hear(self, link: int, frame: MavlinkFrame, now_ms: int) -> bool:
        """Note a valid frame of this link (link time ms). False: it is a copy."""
        while self._order and now_ms - self._order[0][0] >= REPEAT_MS:
            self._recent.discard(self._order.popleft()[1])
        key = (frame.msg_id, frame.system, frame.component, frame.sequence, frame.payload)
        if key in self._recent:
            self.repeats += 1
            return False
        self._recent.add(key)
        self._order.append((now_ms, key))
        if frame.component == Component.AUTOPILOT1:
            self.route = link
        return True

    def link_closed(self, link: int) -> None:
        if self.route == link:
            self.route = None
