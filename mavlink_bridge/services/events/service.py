"""Events, vehicle side (https://mavlink.io/en/services/events.html): each has a number in a sequence; who misses one
asks for it again.

They go to the links that have asked: by REQUEST_EVENT, or by SET_MESSAGE_INTERVAL of EVENT or CURRENT_EVENT_SEQUENCE
(-1: no longer); or to all, as PX4's do (`tell_everybody`). ArduPilot has none, and a station that shows both would say
everything twice. The last `KEPT` can be had again; for older ones RESPONSE_EVENT_ERROR tells the oldest that there is.
CURRENT_EVENT_SEQUENCE goes out every three seconds, and says with its first one that the sequence is new.

What happens is told at once, beside STATUSTEXT; how the arming checks and the vehicle's health stand, when they have
changed, and to each link that is new: a summary, an event for each check that fails, the summary of health. Whether it
may be armed is not asked while it is armed: then the checks stay as they were. While nobody listens nothing is looked
at.

Clock: vehicle time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from autopilot.context.events import Event
from autopilot.context.turns import next_multiple
from autopilot.interface.reasons import ArmingReason
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer, Speaker, WithoutMessages
from mavlink_bridge.services.events.vocabulary import ARGUMENT_BYTES, Book, EventType, Told, WatchedVehicle
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
    """See the module. `book`: which events there are, and of what. `listen`: called when somebody listens for the
    first time; from then on `hear` wants all events of the core, and an `EventClock` is to be a service."""

    clock: Clock = "vehicle"
    handles = frozenset({"REQUEST_EVENT"})

    def __init__(self, watched: WatchedVehicle, book: Book, listen: Callable[[], object]) -> None:
        self._watched = watched
        self._book = book
        self._listen = listen
        self._everywhere = False
        self._links: set[int] = set()
        self._heard: set[int] = set()  # links that know how things stand
        self._listening = False
        self._sequence = 0  # of the latest event
        self._kept: deque[tuple[int, Message]] = deque(maxlen=KEPT)
        self._told: tuple[Told, ...] | None = None
        self._reasons: Sequence[ArmingReason] = ()
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

    def tell_everybody(self) -> None:
        """From now on all links hear of events."""
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

    # --- messages -------------------------------------------------------------------------------------------------
    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        """REQUEST_EVENT: what is still kept again, in order, to the asker's link; the first that is not as an error."""
        self.subscribe(peer.link, 0)
        kept = dict(self._kept)
        count = (message.last_sequence - message.first_sequence) % _ROUND + 1
        for number in range(min(count, KEPT)):
            wanted = (message.first_sequence + number) % _ROUND
            if wanted not in kept:
                oldest = self._kept[0][0] if self._kept else self._sequence
                error = dialect.MAVLink_response_event_error_message(
                    peer.system, peer.component, wanted, oldest, _UNAVAILABLE
                )
                self._out.append(Outgoing(error, peer.link))
                break
            self._out.append(Outgoing(kept[wanted], peer.link))

    def sequence(self, _: float = 0.0) -> Sequence[Message]:
        """CURRENT_EVENT_SEQUENCE."""
        return [dialect.MAVLink_current_event_sequence_message(self._sequence, _RESET if self._new else 0)]

    # --- time -----------------------------------------------------------------------------------------------------
    @property
    def wanted(self) -> bool:
        """True when somebody listens."""
        return self._everywhere or bool(self._links)

    @property
    def due_ms(self) -> int:
        """The next look, or the next CURRENT_EVENT_SEQUENCE."""
        return min(self._look_ms, self._sequence_ms)

    def look(self, now_ms: int) -> None:
        """Look at the arming checks, and tell the sequence."""
        if now_ms >= self._look_ms:
            self._look_ms = next_multiple(now_ms, LOOK_MS)
            self._look(now_ms)
        if now_ms >= self._sequence_ms:
            self._sequence_ms = now_ms + SEQUENCE_MS
            self._send(self.sequence()[0])
            self._new = False

    def _look(self, now_ms: int) -> None:
        links = set(self._watched.links()) if self._everywhere else self._links
        if links - self._heard:
            self._told = None  # one of them has not heard how things stand
        self._heard = set(links)
        if not self._watched.armed():
            self._reasons = self._watched.reasons()
        standing = self._book.standing(self._reasons, *self._watched.sensors())
        if standing != self._told:
            self._told = standing
            for definition, values in standing:
                self.tell(definition, now_ms, *values)

    # --- events ---------------------------------------------------------------------------------------------------
    def hear(self, events: Iterable[Event], now_ms: int) -> None:
        """Take in events that the core has announced."""
        if not self.wanted:
            return
        for event in events:
            told = self._book.meant(event, self._watched)
            if told is not None:
                self.tell(told[0], now_ms, *told[1])

    def tell(self, definition: EventType, now_ms: int, *values: float) -> None:
        """Tell another event, to everybody who listens."""
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
        self._kept.append((self._sequence, message))
        self._send(message)

    def _send(self, message: Message) -> None:
        if self._everywhere:
            self._out.append(Outgoing(message))
        else:
            self._out += [Outgoing(message, link) for link in sorted(self._links)]


class EventClock(WithoutMessages):
    """The deadlines of the events: a service of its own, which is added when somebody listens, so that it costs others
    nothing."""

    clock: Clock = "vehicle"

    def __init__(self, events: EventService) -> None:
        self._events = events

    def handle_timeout(self, now_ms: int) -> None:
        if self._events.wanted:
            self._events.look(now_ms)

    def next_deadline_ms(self) -> int | None:
        return self._events.due_ms if self._events.wanted else None

    def take_outgoing(self) -> list[Outgoing]:
        return self._events.take_outgoing()
