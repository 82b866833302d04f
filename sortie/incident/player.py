"""Player of a recording: its time, and when each message is sent.

Without I/O, in link time. While paused and after its end, the vehicle repeats its last state once a second, for
stations that connect later and so that none reports a loss.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Final

from mavlink_bridge.routing.service import Clock, Message, Outgoing, Speaker, WithoutMessages
from mavlink_bridge.wire.codec import decode, id_of, ids_of, payload
from sortie.incident.recording import Recording, StoredMessage, home_position

_BEAT, _HOME = id_of("HEARTBEAT"), id_of("HOME_POSITION")
_BEAT_MS: Final = 1000
_MOMENTARY: Final = ids_of("STATUSTEXT", "MISSION_ITEM_REACHED", "CAMERA_IMAGE_CAPTURED", "COMMAND_ACK")
"""Messages about an instant, which are not part of a state."""
_ITEM: Final = id_of("MISSION_CURRENT")
_MOST: Final = 400
"""Most messages of one turn, at any speed."""


class Player(WithoutMessages, Speaker):
    """Player of one recording. `speed`: vehicle seconds per second."""

    clock: Clock = "link"

    def __init__(self, recording: Recording, *, speed: float = 1.0) -> None:
        self.recording = recording
        self._messages = recording.messages
        self.first_ms, self.last_ms = self._messages.span_ms
        self.speed = speed
        self.paused = False
        self._at_ms = float(self.first_ms)
        self._passed_ms: int | None = None
        self._rows: Iterator[StoredMessage]
        self._ahead: deque[StoredMessage] = deque()
        """Next rows: those of a turn, and one more."""
        self._beaten_ms = self.first_ms
        self._beat_due_ms = 0
        super().__init__()
        home = recording.facts.home
        self._begins: dict[int, bytes] = {} if home is None else {_HOME: payload(home_position(home))[1]}
        """State before the first row; a `.bin` has no row for home."""
        self._latest = dict(self._begins)
        self._go_on_after(self.first_ms - 1)

    # --- what is asked of it ------------------------------------------------------------------------------------------
    @property
    def at_ms(self) -> int:
        """Vehicle time, ms since boot."""
        return int(self._at_ms)

    @property
    def over(self) -> bool:
        """True when all messages are sent."""
        return not self._ahead

    def jump(self, to_ms: int) -> None:
        """Jump to this time and send the state at that time: the last message of each kind."""
        self._at_ms = float(min(max(to_ms, self.first_ms), self.last_ms))
        self._go_on_after(self.at_ms)
        latest = {msg_id: data for _, msg_id, data in self._messages.latest(self.at_ms) if msg_id not in _MOMENTARY}
        self._latest = self._begins | latest
        self._say_state()

    def jump_to_item(self, seq: int) -> bool:
        """Jump to the time when this mission item began. False: it never did."""
        for at_ms, msg_id, data in self._messages.of_kind(_ITEM, self.first_ms - 1):
            if (message := decode(msg_id, data)) is not None and message.seq == seq:
                self.jump(at_ms)
                return True
        return False

    def latest(self, msg_id: int) -> Message | None:
        """Return the last message of this id so far, or else the first one to come."""
        data = self._latest.get(msg_id)
        if data is None:
            data = next((row[2] for row in self._messages.of_kind(msg_id, self.at_ms)), None)
        return None if data is None else decode(msg_id, data)

    # --- a service ----------------------------------------------------------------------------------------------------
    def handle_timeout(self, now_ms: int) -> None:
        self._pass(now_ms)
        while self._ahead and self._ahead[0][0] <= self.at_ms and len(self._out) < _MOST:
            at_ms, msg_id, data = self._ahead.popleft()
            if at_ms - self._beaten_ms >= _BEAT_MS and msg_id != _BEAT:
                self._beat(at_ms, now_ms)
            if msg_id not in _MOMENTARY:
                self._latest[msg_id] = data
            if msg_id == _BEAT:
                self._beat(at_ms, now_ms)
            else:
                self._say(msg_id, data)
        self._read_ahead()
        if now_ms >= self._beat_due_ms:
            self._beat_due_ms = now_ms + _BEAT_MS
            self._say_state()

    def _say_state(self) -> None:
        """Send the last message of each kind."""
        for msg_id, data in self._latest.items():
            self._say(msg_id, data)

    def _beat(self, at_ms: int, now_ms: int) -> None:
        """Send a HEARTBEAT: one for each second of vehicle time while the log has rows. Send home too, which a log has
        only once, because MAVSDK's `home()` waits for a new message."""
        self._beaten_ms, self._beat_due_ms = at_ms, now_ms + _BEAT_MS
        self._say(_BEAT, self._latest.get(_BEAT, b""))
        self._say(_HOME, self._latest.get(_HOME, b""))

    def _go_on_after(self, at_ms: int) -> None:
        self._rows = self._messages.after(at_ms)
        self._ahead.clear()
        self._read_ahead()
        self._beaten_ms = at_ms

    def _read_ahead(self) -> None:
        self._ahead.extend(islice(self._rows, _MOST + 1 - len(self._ahead)))

    def _pass(self, now_ms: int) -> None:
        """Advance vehicle time by link time. It stops when too many messages wait for the next turn."""
        if self._passed_ms is not None and not self.paused:
            passed_ms = (now_ms - self._passed_ms) * self.speed
            furthest = self._ahead[_MOST][0] if len(self._ahead) > _MOST else self.last_ms
            self._at_ms = min(self._at_ms + passed_ms, float(max(furthest, self._at_ms)))
        self._passed_ms = now_ms

    def _say(self, msg_id: int, data: bytes) -> None:
        message = decode(msg_id, data) if data else None
        if message is not None:
            self._out.append(Outgoing(message))

    def next_deadline_ms(self) -> int | None:
        """Return the link time of the next message, ms."""
        if self._passed_ms is None or self._out:
            return self._passed_ms or 0
        if self.paused or self.over:
            return self._beat_due_ms
        wait_ms = (self._ahead[0][0] - self._at_ms) / self.speed
        return min(self._passed_ms + max(int(wait_ms) + 1, 1), self._beat_due_ms)
