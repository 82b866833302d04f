"""Received messages by sender: the newest frame of each kind, counts, and losses.

Frames are stored undecoded, because most messages of a fleet are never shown. The newest frame of a kind is decoded
once, on demand (`newest`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from mavlink_bridge.routing.service import Message
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.framing import MavlinkFrame

WINDOW_S: Final = 10
"""Period of loss and rate, s."""
OURS: Final = -1
"""Link number of our own messages."""
SILENT_MS: Final = 3000
"""Silence after which sequence numbers are no longer compared, ms: they count to 256, and a restarted sender begins at
0."""


class MessageStatistics:
    """Statistics of one kind of message of a component: newest frame, count, link times of the first and the newest."""

    __slots__ = ("_decoded", "_of", "count", "first_ms", "frame", "last_ms")

    def __init__(self, frame: MavlinkFrame, now_ms: int) -> None:
        self.frame = frame
        self.count = 1
        self.first_ms = now_ms
        self.last_ms = now_ms
        self._of: MavlinkFrame | None = None
        self._decoded: Message = None

    @property
    def message(self) -> Message:
        """Newest message, decoded on demand."""
        if self._of is not self.frame:
            self._of = self.frame
            self._decoded = codec.decode(self.frame.msg_id, self.frame.payload)
        return self._decoded

    @property
    def rate_hz(self) -> float:
        span_ms = self.last_ms - self.first_ms
        return 0.0 if span_ms <= 0 else (self.count - 1) * 1000.0 / span_ms


class Sender:
    """Component: rows by message id, and gaps in its sequence numbers. A component has one sequence for all its links,
    so gaps are counted on the first open link on which it was heard."""

    __slots__ = ("_heard", "_link", "_missed", "_seconds", "_sequence", "component", "last_ms", "rows")

    def __init__(self, component: int) -> None:
        self.component = component
        self.rows: dict[int, MessageStatistics] = {}
        self.last_ms = 0
        self._link: int | None = None
        self._sequence = 0
        self._heard = 0
        self._missed = 0
        self._seconds: deque[tuple[int, int, int]] = deque(maxlen=WINDOW_S)

    def take(self, link: int, frame: MavlinkFrame, now_ms: int) -> None:
        silent, self.last_ms = now_ms - self.last_ms >= SILENT_MS, now_ms
        row = self.rows.get(frame.msg_id)
        if row is None:
            self.rows[frame.msg_id] = MessageStatistics(frame, now_ms)
        else:
            row.frame = frame
            row.count += 1
            row.last_ms = now_ms
        if link != self._link:
            if self._link is not None:
                return
            self._link = link
        elif not silent:
            self._missed += (frame.sequence - self._sequence - 1) & 0xFF
        self._sequence = frame.sequence
        self._heard += 1

    def link_closed(self, link: int) -> None:
        """Forget the sequence of a closed link."""
        if link == self._link:
            self._link = None

    def note_second(self, now_ms: int) -> None:
        """Store the counts of received and missing frames, about once a second."""
        self._seconds.append((now_ms, self._heard, self._missed))

    @property
    def loss_percent(self) -> float:
        """Share of frames lost on the link in the last seconds, %."""
        _, heard, missed = self._seconds[0] if self._seconds else (0, 0, 0)
        heard, missed = self._heard - heard, self._missed - missed
        return 100.0 * missed / (heard + missed) if heard + missed else 0.0

    @property
    def rate_hz(self) -> float:
        """Messages per second in the last seconds."""
        if len(self._seconds) < 2:
            return 0.0
        (begin_ms, before, _), (end_ms, now, _) = self._seconds[0], self._seconds[-1]
        return (now - before) * 1000.0 / max(end_ms - begin_ms, 1)


class Traffic:
    """All senders by (system, component). `clock` returns link time; `listeners` are called with each frame."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self.senders: dict[tuple[int, int], Sender] = {}
        self.listeners: list[Callable[[MavlinkFrame], None]] = []
        self._clock = clock

    def hear(self, link: int, frame: MavlinkFrame) -> None:
        """Take a received frame (for `Endpoint.on_frame`)."""
        self._sender(frame).take(link, frame, self._clock())
        for listener in self.listeners:
            listener(frame)

    def note_sent(self, frame: MavlinkFrame) -> None:
        """Take a frame that we sent: it is listed as in mavlink2rest, but listeners are not called."""
        self._sender(frame).take(OURS, frame, self._clock())

    def _sender(self, frame: MavlinkFrame) -> Sender:
        key = (frame.system, frame.component)
        sender = self.senders.get(key)
        if sender is None:
            sender = self.senders[key] = Sender(key[1])
        return sender

    def link_closed(self, link: int) -> None:
        """Forget the sequences of a closed link."""
        for sender in self.senders.values():
            sender.link_closed(link)

    def note_second(self, now_ms: int) -> None:
        """Store counts of all senders (`Sender`)."""
        for sender in self.senders.values():
            sender.note_second(now_ms)
