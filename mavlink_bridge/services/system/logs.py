"""The log pages of ground stations, for a vehicle without logs to hand out: an empty list, and no data.

Without these answers QGroundControl and Mission Planner wait out their timeouts. A service that has logs takes this
one's place in the endpoint.
"""

from __future__ import annotations

from mavlink_bridge.codec import dialect
from mavlink_bridge.services.base import Clock, Message, Outgoing, Peer

_BLOCK = 90  # bytes of data in a LOG_DATA


class NoLogsService:
    """LOG_REQUEST_LIST: one LOG_ENTRY that is all zeros. LOG_REQUEST_DATA: LOG_DATA with count 0. LOG_ERASE and
    LOG_REQUEST_END: nothing. Clock: link time, unused."""

    clock: Clock = "link"
    handles = frozenset({"LOG_REQUEST_LIST", "LOG_REQUEST_DATA"})

    def __init__(self) -> None:
        self._outgoing: list[Outgoing] = []

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        if message.get_type() == "LOG_REQUEST_LIST":
            answer = dialect.MAVLink_log_entry_message(0, 0, 0, 0, 0)
        else:
            answer = dialect.MAVLink_log_data_message(message.id, message.ofs, 0, [0] * _BLOCK)
        self._outgoing.append(Outgoing(answer, peer.link))

    def handle_timeout(self, now_ms: int) -> None:
        """Nothing falls due."""

    def next_deadline_ms(self) -> int | None:
        return None

    def take_outgoing(self) -> list[Outgoing]:
        taken, self._outgoing = self._outgoing, []
        return taken

    def link_closed(self, link: int) -> None:
        """Nothing is kept of a link."""
