"""Traffic by its sender: the newest frame of each message of each component, how many there were, what is
missing between them.

Frames are kept as they came. Decoding costs more than keeping, and of what a fleet says most is never looked at: who
shows something decodes the newest frame of its kind, once (`newest`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from mavlink_bridge.routing.service import Message
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.framing import MavlinkFrame

WINDOW_S: Final = 10
"""Loss and rate are those of the last so many seconds."""
OURS: Final = -1
"""In place of a link: what was sent from here."""
SILENT_MS: Final = 3000
"""After so long a silence numbers begin anew: they count to 256, and whoever restarts begins at 0."""


class MessageStatistics:
    """Statistics of one kind of message of one component: its newest frame, how many there were, when (link time)
    the first and the newest came."""

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
        """The newest, decoded when it is asked for."""
        if self._of is not self.frame:
            self._of = self.frame
            self._decoded = codec.decode(self.frame.msg_id, self.frame.payload)
        return self._decoded

    @property
    def rate_hz(self) -> float:
        """Over all that came."""
        span_ms = self.last_ms - self.first_ms
        return 0.0 if span_ms <= 0 else (self.count - 1) * 1000.0 / span_ms


class Sender:
    """A component, by its ids: rows by message id, and the gaps in its sequence numbers. It sends one sequence on each
    of its links, so they are counted by the link that was heard first and not shut since."""

    __slots__ = ("_heard", "_link", "_missed", "_seconds", "_sequence", "component", "last_ms", "rows", "system")

    def __init__(self, system: int, component: int) -> None:
        self.system = system
        self.component = component
        self.rows: dict[int, MessageStatistics] = {}
        self.last_ms = 0
        self._link: int | None = None
        self._sequence = 0
        self._heard = 0
        self._missed = 0
        self._seconds: deque[tuple[int, int, int]] = deque(maxlen=WINDOW_S)

    def take(self, link: int, frame: MavlinkFrame, now_ms: int) -> None:
        """A frame of it."""
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
        """Sequence numbers begin anew on the next link."""
        if link == self._link:
            self._link = None

    def note_second(self, now_ms: int) -> None:
        """Called each second or so: what was heard and missed until now."""
        self._seconds.append((now_ms, self._heard, self._missed))

    @property
    def loss_percent(self) -> float:
        """Share of its frames on the link that were lost in the last seconds, %."""
        _, heard, missed = self._seconds[0] if self._seconds else (0, 0, 0)
        heard, missed = self._heard - heard, self._missed - missed
        return 100.0 * missed / (heard + missed) if heard + missed else 0.0

    @property
    def rate_hz(self) -> float:
        """Messages in a second, of the last seconds."""
        if len(self._seconds) < 2:
            return 0.0
        (begin_ms, before, _), (end_ms, now, _) = self._seconds[0], self._seconds[-1]
        return (now - before) * 1000.0 / max(end_ms - begin_ms, 1)

    def newest(self, msg_id: int) -> Message | None:
        """The newest message of a kind, None when there was none."""
        row = self.rows.get(msg_id)
        return None if row is None else row.message


class Traffic:
    """All senders by (system, component). `clock` tells link time; `listeners` get each frame as it comes, with its
    sender."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self.senders: dict[tuple[int, int], Sender] = {}
        self.listeners: list[Callable[[MavlinkFrame], None]] = []
        self._clock = clock

    def hear(self, link: int, frame: MavlinkFrame) -> None:
        """A sound frame that has come in; for `Endpoint.on_frame`."""
        self._sender(frame).take(link, frame, self._clock())
        for listener in self.listeners:
            listener(frame)

    def note_sent(self, frame: MavlinkFrame) -> None:
        """A frame that was sent from here: it is among what was said, as mavlink2rest has it; nobody is told of it."""
        self._sender(frame).take(OURS, frame, self._clock())

    def _sender(self, frame: MavlinkFrame) -> Sender:
        key = (frame.system, frame.component)
        sender = self.senders.get(key)
        if sender is None:
            sender = self.senders[key] = Sender(*key)
        return sender

    def link_closed(self, link: int) -> None:
        """Whoever was heard there may come back on another one."""
        for sender in self.senders.values():
            sender.link_closed(link)

    def note_second(self, now_ms: int) -> None:
        """See `Sender`."""
        for sender in self.senders.values():
            sender.note_second(now_ms)
