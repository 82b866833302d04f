"""Events, vehicle side (https://mavlink.io/en/services/events.html): numbered in sequence, repeated on request.

They are sent to links that request them, by REQUEST_EVENT or SET_MESSAGE_INTERVAL of EVENT or CURRENT_EVENT_SEQUENCE
(-1: stop), or to all links, as by PX4 (`send_to_all`). ArduPilot has no events, and a station that shows STATUSTEXT
and events would show everything twice. The last `KEPT` can be requested again; for older ones RESPONSE_EVENT_ERROR
reports the oldest available. CURRENT_EVENT_SEQUENCE is sent every three seconds; the first marks a new sequence.

An event is sent at once, beside STATUSTEXT. Arming checks and health are sent when they change, and to each new link: a
summary, an event for each failed check, the summary of the health. While the vehicle is armed the arming checks are not
evaluated and keep their state. Without an open link that receives events nothing is evaluated.

Clock: vehicle time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from autopilot.context.events import Event
from autopilot.context.turns import next_multiple
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer, Speaker, WithoutMessages
from mavlink_bridge.services.events.vocabulary import ARGUMENT_BYTES, Book, Emitted, EventType, WatchedVehicle
from mavlink_bridge.wire.codec import boot_ms, dialect, id_of

EVENT: Final = id_of("EVENT")
SEQUENCE: Final = id_of("CURRENT_EVENT_SEQUENCE")
KEPT: Final = 256
SEQUENCE_MS: Final = 3000
LOOK_MS: Final = 1000
OFF: Final = -1
_ROUND: Final = 0x10000
_RESET: Final = 1  # MAV_EVENT_CURRENT_SEQUENCE_FLAGS_RESET
_UNAVAILABLE: Final = 0  # MAV_EVENT_ERROR_REASON_UNAVAILABLE


class EventService(Speaker):
    """Service of events. `book`: events and their texts. `listen`: called on the first request; from then on `hear`
    needs all events of the core, and an `EventClock` must be a service."""

    clock: Clock = "vehicle"
    handles = frozenset({"REQUEST_EVENT"})

    def __init__(self, watched: WatchedVehicle, book: Book, listen: Callable[[], object]) -> None:
        self._watched = watched
        self._book = book
        self._listen = listen
        self._everywhere = False
        self._links: set[int] = set()
        self._informed: set[int] = set()  # links that have received the state of arming checks and health
        self._listening = False
        self._sequence = 0  # number of the latest event
        self._stored: deque[tuple[int, Message]] = deque(maxlen=KEPT)
        self._sent_state: tuple[Emitted, ...] | None = None
        self._look_ms = self._sequence_ms = 0
        self._new = True
        super().__init__()

    # --- who listens ----------------------------------------------------------------------------------------------
    def subscribe(self, link: int, interval_us: int) -> None:
        """SET_MESSAGE_INTERVAL of EVENT or CURRENT_EVENT_SEQUENCE."""
        if interval_us == OFF:
            self._links.discard(link)
        elif link not in self._links:
            self._links.add(link)
            self._look_ms = self._sequence_ms = 0
            self._begin()

    def send_to_all(self) -> None:
        self._everywhere = True
        self._begin()

    def interval_us(self, link: int) -> int:
        """Interval of CURRENT_EVENT_SEQUENCE on this link, us."""
        return 1000 * SEQUENCE_MS if self._everywhere or link in self._links else OFF

    def _begin(self) -> None:
        if not self._listening:
            self._listening = True
            self._listen()

    def link_closed(self, link: int) -> None:
        self._links.discard(link)
        self._informed.discard(link)

    # --- messages -------------------------------------------------------------------------------------------------
    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        """REQUEST_EVENT: repeat the stored events in order on the asker's link, and an error for the first that is not
        stored."""
        self.subscribe(peer.link, 0)
        stored = dict(self._stored)
        count = (message.last_sequence - message.first_sequence) % _ROUND + 1
        for number in range(min(count, KEPT)):
            sequence = (message.first_sequence + number) % _ROUND
            if sequence not in stored:
                oldest = self._stored[0][0] if self._stored else self._sequence
                error = dialect.MAVLink_response_event_error_message(
                    peer.system, peer.component, sequence, oldest, _UNAVAILABLE
                )
                self._out.append(Outgoing(error, peer.link))
                break
            self._out.append(Outgoing(stored[sequence], peer.link))

    def sequence(self, _: float = 0.0) -> Sequence[Message]:
        """CURRENT_EVENT_SEQUENCE."""
        return [dialect.MAVLink_current_event_sequence_message(self._sequence, _RESET if self._new else 0)]

    # --- time -----------------------------------------------------------------------------------------------------
    @property
    def is_heard(self) -> bool:
        """True when an open link receives events."""
        return bool(self._watched.links()) if self._everywhere else bool(self._links)

    @property
    def due_ms(self) -> int:
        """Time of the next check or CURRENT_EVENT_SEQUENCE, ms."""
        return min(self._look_ms, self._sequence_ms)

    def look(self, now_ms: int) -> None:
        """Evaluate the arming checks and send CURRENT_EVENT_SEQUENCE when they are due."""
        if now_ms >= self._look_ms:
            self._look_ms = next_multiple(now_ms, LOOK_MS)
            self._look(now_ms)
        if now_ms >= self._sequence_ms:
            self._sequence_ms = now_ms + SEQUENCE_MS
            self._send(self.sequence()[0])
            self._new = False

    def _look(self, now_ms: int) -> None:
        links = set(self._watched.links()) if self._everywhere else self._links
        if links - self._informed:
            self._sent_state = None  # a new link has not received the state
        self._informed = set(links)
        standing = self._book.standing(self._watched.reasons(), *self._watched.sensors())
        if standing != self._sent_state:
            self._sent_state = standing
            for definition, values in standing:
                self.send_event(definition, now_ms, *values)

    # --- events ---------------------------------------------------------------------------------------------------
    def hear(self, events: Iterable[Event], now_ms: int) -> None:
        if not (self._everywhere or self._links):
            return
        for event in events:
            translated = self._book.translate(event, self._watched)
            if translated is not None:
                self.send_event(translated[0], now_ms, *translated[1])

    def send_event(self, definition: EventType, now_ms: int, *values: float) -> None:
        self._sequence = (self._sequence + 1) % _ROUND
        message = dialect.MAVLink_event_message(
            0,
            0,
            definition.id,
            boot_ms(now_ms),
            self._sequence,
            definition.level.both,
            definition.pack(*values).ljust(ARGUMENT_BYTES, b"\0"),
        )
        self._stored.append((self._sequence, message))
        self._send(message)

    def _send(self, message: Message) -> None:
        if self._everywhere:
            self._out.append(Outgoing(message))
        else:
            self._out += [Outgoing(message, link) for link in sorted(self._links)]


class EventClock(WithoutMessages):
    """Deadlines of the events: a separate service, added at the first request, so that vehicles without listeners pay
    nothing."""

    clock: Clock = "vehicle"

    def __init__(self, events: EventService) -> None:
        self._events = events

    def handle_timeout(self, now_ms: int) -> None:
        if self._events.is_heard:
            self._events.look(now_ms)

    def next_deadline_ms(self) -> int | None:
        return self._events.due_ms if self._events.is_heard else None

    def take_outgoing(self) -> list[Outgoing]:
        return self._events.take_outgoing()
