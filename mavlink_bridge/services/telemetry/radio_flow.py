"""Flow control for a radio that reports the fill of its buffer: RADIO_STATUS.txbuf, RADIO.txbuf.

As ArduPilot's GCS_MAVLINK::handle_radio_status: each report changes the intervals of all streams except HEARTBEAT by a
step (`STEPS`), up to `LARGEST_MS`; during a transfer they are also four times as long. File transfer (GCS_FTP: a third
of the line without flow control), log download and parameter lists use a third of the line's rate, less while streams
are slowed, and nothing while the buffer is nearly full (GCS_Param: 33 %). A link without radio reports is not slowed.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Final

from autopilot.interface.records import dataclass
from mavlink_bridge.routing.service import Clock, Message, Peer

LARGEST_MS: Final = 2000
SPARE_PERCENT: Final = 33
FRESH_MS: Final = 5000
"""Age after which a radio's report no longer blocks a transfer, ms."""
TRANSFER_MS: Final = 1000
"""Time without a request for room after which a transfer counts as finished, ms."""
TRANSFER_FACTOR: Final = 4
SHARE: Final = 3
GRANT: Final = 266
"""Largest block of a file with its frame, bytes."""
LINE_BYTES_PER_S: Final = 5760.0
"""Rate of a link with unknown rate, bytes/s: 57600 baud, the default of SiK radios."""


def step_ms(txbuf: int, slowdown_ms: int) -> int:
    """Change of the slowdown by a report, ms."""
    if txbuf < 20 and slowdown_ms < LARGEST_MS:
        return 60
    if txbuf < 50 and slowdown_ms < LARGEST_MS:
        return 20
    if txbuf > 95 and slowdown_ms > 200:
        return -40
    return -20 if txbuf > 90 and slowdown_ms != 0 else 0


@dataclass(slots=True)
class _Radio:
    """Radio of a link. `granted_ms`: time of the last block of a transfer; None: no transfer."""

    bytes_per_s: float
    txbuf: int = 100
    reported_ms: int = 0
    slowdown_ms: int = 0
    granted_ms: int | None = None

    @property
    def next_grant_ms(self) -> int:
        """Time at which a transfer may send the next block, ms."""
        if self.granted_ms is None:
            return 0
        return self.granted_ms + ceil(1000.0 * SHARE * GRANT / self.bytes_per_s) + self.slowdown_ms

    @property
    def transfer_ends_ms(self) -> int:
        """Time at which an inactive transfer ends, ms."""
        return 0 if self.granted_ms is None else self.next_grant_ms + TRANSFER_MS


class RadioFlow:
    """Service of flow control. `slow(link, slowdown_ms, factor)`: sets the speed of a link's streams. `baud(link)`:
    rate of a serial line, None for others."""

    clock: Clock = "link"
    handles = frozenset({"RADIO_STATUS", "RADIO"})

    def __init__(self, slow: Callable[[int, int, int], None], baud: Callable[[int], int | None]) -> None:
        self._slow = slow
        self._baud = baud
        self._radios: dict[int, _Radio] = {}
        self._now_ms = 0

    def room(self, link: int, most: int) -> int:
        """Bytes of `most` that a transfer may queue on the link now; the caller uses them."""
        radio = self._radios.get(link)
        if radio is None:
            return most
        full = radio.txbuf <= SPARE_PERCENT and self._now_ms - radio.reported_ms < FRESH_MS
        if full or most < GRANT or self._now_ms < radio.next_grant_ms:
            return 0
        if radio.granted_ms is None:
            self._slow(link, radio.slowdown_ms, TRANSFER_FACTOR)
        radio.granted_ms = self._now_ms
        return GRANT

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        """Take a report of the radio at our end; reports of modems at other ends are not forwarded."""
        self._now_ms = max(self._now_ms, now_ms)
        radio = self._radios.get(peer.link)
        if radio is None:
            baud = self._baud(peer.link)
            radio = self._radios[peer.link] = _Radio(LINE_BYTES_PER_S if baud is None else baud / 10.0)
        radio.txbuf, radio.reported_ms = message.txbuf, now_ms
        radio.slowdown_ms = max(radio.slowdown_ms + step_ms(message.txbuf, radio.slowdown_ms), 0)
        self._slow(peer.link, radio.slowdown_ms, 1 if radio.granted_ms is None else TRANSFER_FACTOR)

    def handle_timeout(self, now_ms: int) -> None:
        """End inactive transfers and restore their streams."""
        self._now_ms = max(self._now_ms, now_ms)
        for link, radio in self._radios.items():
            if radio.granted_ms is not None and now_ms >= radio.transfer_ends_ms:
                radio.granted_ms = None
                self._slow(link, radio.slowdown_ms, 1)

    def next_deadline_ms(self) -> int | None:
        """Time at which an inactive transfer ends, ms."""
        if not self._radios:
            return None
        going_on = (radio for radio in self._radios.values() if radio.granted_ms is not None)
        return min((radio.transfer_ends_ms for radio in going_on), default=None)

    def link_closed(self, link: int) -> None:
        self._radios.pop(link, None)
