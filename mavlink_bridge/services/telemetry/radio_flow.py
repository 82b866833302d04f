"""Flow control for a radio that says of itself how full it is: RADIO_STATUS.txbuf, RADIO.txbuf.

As ArduPilot's GCS_MAVLINK::handle_radio_status: each report makes the intervals of all streams but HEARTBEAT longer or
shorter by a step (`STEPS`), up to `LARGEST_MS`. While something is transferred they are four times as long besides.
File transfer (GCS_FTP: a third of the line where there is no flow control), log download and parameter lists take a
third of the line's rate, less while streams are slowed down, and nothing while the buffer is nearly full (GCS_Param:
33 %). A link on which no radio has spoken is not paced.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Final

from autopilot.interface.records import dataclass
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer

LARGEST_MS: Final = 2000
SPARE_PERCENT: Final = 33
FRESH_MS: Final = 5000
"""Age at which a radio's report no longer holds back a transfer, ms."""
TRANSFER_MS: Final = 1000
"""A transfer that takes nothing for so long when it may is over."""
TRANSFER_FACTOR: Final = 4
SHARE: Final = 3
GRANT: Final = 266
"""Bytes: the largest block of a file in its frame."""
LINE_BYTES_PER_S: Final = 5760.0
"""Rate of a link whose rate is not known, bytes/s: 57600 baud, at which SiK's modems come."""


def step_ms(txbuf: int, slowdown_ms: int) -> int:
    """Step that a report adds to the slowdown, ms."""
    if txbuf < 20 and slowdown_ms < LARGEST_MS:
        return 60
    if txbuf < 50 and slowdown_ms < LARGEST_MS:
        return 20
    if txbuf > 95 and slowdown_ms > 200:
        return -40
    if txbuf > 90 and slowdown_ms != 0:
        return -20
    return 0


@dataclass(slots=True)
class _Radio:
    """Radio of a link, as far as it is known. `granted_ms`: when a transfer last took a block; None: long ago."""

    bytes_per_s: float
    txbuf: int = 100
    said_ms: int = 0
    slowdown_ms: int = 0
    granted_ms: int | None = None

    @property
    def next_grant_ms(self) -> int:
        """Time at which a transfer may take the next block, ms."""
        if self.granted_ms is None:
            return 0
        return self.granted_ms + ceil(1000.0 * SHARE * GRANT / self.bytes_per_s) + self.slowdown_ms

    @property
    def transfer_ends_ms(self) -> int:
        """Time at which a transfer that takes nothing any more is over, ms."""
        return 0 if self.granted_ms is None else self.next_grant_ms + TRANSFER_MS


class RadioFlow:
    """See the module; a service. `slow(link, slowdown_ms, factor)` is told how the streams of a link are to be;
    `baud(link)`: of a line that has one."""

    clock: Clock = "link"
    handles = frozenset({"RADIO_STATUS", "RADIO"})

    def __init__(self, slow: Callable[[int, int, int], None], baud: Callable[[int], int | None]) -> None:
        self._slow = slow
        self._baud = baud
        self._radios: dict[int, _Radio] = {}
        self._now_ms = 0

    def slowdown_ms(self, link: int) -> int:
        """Time by which the intervals of this link's streams are longer, ms."""
        radio = self._radios.get(link)
        return 0 if radio is None else radio.slowdown_ms

    def room(self, link: int, most: int) -> int:
        """Bytes that a transfer may queue on the link now, of `most` that it could hold. Who asks takes them."""
        radio = self._radios.get(link)
        if radio is None:
            return most
        full = radio.txbuf <= SPARE_PERCENT and self._now_ms - radio.said_ms < FRESH_MS
        if full or most < GRANT or self._now_ms < radio.next_grant_ms:
            return 0
        if radio.granted_ms is None:
            self._slow(link, radio.slowdown_ms, TRANSFER_FACTOR)
        radio.granted_ms = self._now_ms
        return GRANT

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        """A report of the radio at our end: modems at other ends are not forwarded."""
        self._now_ms = max(self._now_ms, now_ms)
        radio = self._radios.get(peer.link)
        if radio is None:
            baud = self._baud(peer.link)
            radio = self._radios[peer.link] = _Radio(LINE_BYTES_PER_S if baud is None else baud / 10.0)
        radio.txbuf, radio.said_ms = message.txbuf, now_ms
        radio.slowdown_ms = max(radio.slowdown_ms + step_ms(message.txbuf, radio.slowdown_ms), 0)
        self._slow(peer.link, radio.slowdown_ms, 1 if radio.granted_ms is None else TRANSFER_FACTOR)

    def handle_timeout(self, now_ms: int) -> None:
        """Transfers that have ended let the streams come back."""
        self._now_ms = max(self._now_ms, now_ms)
        for link, radio in self._radios.items():
            if radio.granted_ms is not None and now_ms >= radio.transfer_ends_ms:
                radio.granted_ms = None
                self._slow(link, radio.slowdown_ms, 1)

    def next_deadline_ms(self) -> int | None:
        """The end of a transfer that takes nothing any more."""
        if not self._radios:
            return None
        going_on = (radio for radio in self._radios.values() if radio.granted_ms is not None)
        return min((radio.transfer_ends_ms for radio in going_on), default=None)

    def take_outgoing(self) -> list[Outgoing]:
        """Return no message: the service only listens."""
        return []

    def link_closed(self, link: int) -> None:
        """Forget the link's radio."""
        self._radios.pop(link, None)
