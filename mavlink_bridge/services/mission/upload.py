"""Upload of a plan: keys of the machine's table, state of a running upload, and its timers."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from operator import attrgetter

from autopilot.interface.records import dataclass
from autopilot.mav import MissionResult
from autopilot.mission.items import MissionItem
from mavlink_bridge.routing.service import Message, Peer


class UploadState(Enum):
    """States of the machine of one mission type."""

    IDLE = auto()
    RECEIVING = auto()  # an upload is running
    COMMITTING = auto()  # a plan, or its removal, is being written to disk


class UploadInput(Enum):
    """Messages of the mission protocol."""

    COUNT = auto()
    WRITE_PARTIAL = auto()
    ITEM = auto()
    LIST = auto()
    REQUEST = auto()
    CLEAR = auto()
    ACK = auto()


class UploadSender(Enum):
    """Sender of a message: the station that holds the upload, or another."""

    OWNER = auto()
    STRANGER = auto()


def is_same_system(a: Peer, b: Peer) -> bool:
    """True for equal system and component ids. A station may send its items on any link."""
    return a.system == b.system and a.component == b.component


def is_same_station(a: Peer, b: Peer) -> bool:
    """True for the same station. QGroundControl and Mission Planner share their ids and differ only by the link."""
    return a.link == b.link and is_same_system(a, b)


ABANDON_MS = 8000
"""Time without an accepted item after which an upload ends, ms (docs/reference/mission-semantics.md, 2.2)."""
LEFT_MS = 2000
"""Time without an accepted item after which a station with the same ids may begin anew on another link, ms."""
REPEAT_MIN_MS = 100
REPEAT_MAX_MS = 1000
_SMOOTHING = 0.25
_FASTEST = 10
"""Greatest speed of `Patience`, relative to wall time."""


class PlanUpload:
    """Upload of items `first` to `last` from `peer`, in order. `items`: accepted items. `next`: requested item.
    `marked`: number of the last one with `current` 1. A partial upload (`base` not None) replaces these items of the
    plan `base`, a whole one replaces the plan.

    A request is repeated after twice the round-trip time measured in this upload, within 100 and 1000 ms: this makes a
    lost message cheap on a fast link and does not flood a slow one. Only requests sent once are measured (Karn's
    algorithm: the answer to a repeated request may belong to either).
    """

    __slots__ = ("_last_sent_ms", "_round_trip_ms", "_sent_ms", "accepted_ms", "base", "first", "items", "last",
                 "marked", "next", "peer", "repeat_ms", "sent_once", "use_int")  # fmt: skip

    def __init__(
        self, peer: Peer, first: int, last: int, now_ms: int, base: tuple[MissionItem, ...] | None = None
    ) -> None:
        self.peer = peer
        self.first = first
        self.last = last
        self.base = base
        self.next = first
        self.items: list[MissionItem] = []
        self.marked: int | None = None
        self.use_int = False
        self.accepted_ms = now_ms
        self.sent_once = True
        self._sent_ms = now_ms
        self._last_sent_ms = now_ms
        self._round_trip_ms: float | None = None
        self.repeat_ms = REPEAT_MAX_MS
        """Time before a request is repeated, ms."""

    @property
    def total(self) -> int:
        """Number of items in the finished plan, home included."""
        return max(self.last + 1, 0 if self.base is None else len(self.base))

    def accept(self, item: MissionItem, now_ms: int) -> None:
        if self.sent_once:
            sample, average_ms = now_ms - self._sent_ms, self._round_trip_ms
            mean_ms = sample if average_ms is None else average_ms + _SMOOTHING * (sample - average_ms)
            self._round_trip_ms = mean_ms
            self.repeat_ms = min(max(round(2.0 * mean_ms), REPEAT_MIN_MS), REPEAT_MAX_MS)
        self.items.append(item)
        self.next += 1
        self.accepted_ms = now_ms
        self.sent_once = True
        self._sent_ms = self._last_sent_ms = now_ms

    def ask_again(self, now_ms: int) -> None:
        """Note that the request is repeated."""
        self.sent_once = False
        self._last_sent_ms = now_ms

    def repeat_due_ms(self) -> int:
        return self._last_sent_ms + self.repeat_ms

    def abandon_due_ms(self) -> int:
        return self.accepted_ms + ABANDON_MS

    def plan(self) -> tuple[MissionItem, ...]:
        """All items of the plan, home included."""
        if self.base is None:
            return tuple(self.items)
        return self.base[: self.first] + tuple(self.items) + self.base[self.last + 1 :]


class Patience:
    """Time limit for answers of a station when clients set the vehicle's speed, ms.

    ArduPilot's simulator counts it in vehicle time: an upload without progress for 8 s is abandoned. At 60 times wall
    time that is 0.13 s, which a busy station may need for one answer; in wall time, a test at ten times the speed would
    wait for 80 s of flight. So this time is vehicle time, never slower than wall time (else a vehicle that waits for a
    lost station would wait forever), and since the last message at most ten times as fast, which leaves a station 0.8 s
    of wall time. `vehicle_ms` gives vehicle time; wall time comes with each call.
    """

    def __init__(self, vehicle_ms: Callable[[], int]) -> None:
        self._vehicle_ms = vehicle_ms
        self._since: tuple[int, int, int] | None = None  # wall time, vehicle time and this time at the last message
        self._ahead = 0

    def passed(self, wall_ms: int) -> int:
        """Present value of this time, ms."""
        if self._since is None:
            self._since = wall_ms, self._vehicle_ms(), wall_ms
        wall, vehicle, then = self._since
        elapsed = wall_ms - wall
        now = then + max(elapsed, min(self._vehicle_ms() - vehicle, _FASTEST * elapsed))
        self._ahead = now - wall_ms
        return now

    def heard(self, wall_ms: int) -> int:
        """Note a message and return the present value of this time, ms."""
        now = self.passed(wall_ms)
        self._since = wall_ms, self._vehicle_ms(), now
        return now

    def on_wall(self, due_ms: int) -> int:
        """Wall time at which `due_ms` comes at the latest, ms."""
        return due_ms - self._ahead


@dataclass(frozen=True, slots=True)
class LastAnswer:
    """Answer to the last upload, kept for a station that missed it and repeats its last item, and to recognise late
    duplicates of items `first` to `last`."""

    peer: Peer
    first: int
    last: int
    item: str
    result: MissionResult
    until_ms: int
    plan_id: int = 0

    @classmethod
    def to(cls, message: Message, upload: PlanUpload, result: MissionResult, now_ms: int) -> LastAnswer:
        """Answer to an upload that ended with the item `message` and `result`."""
        return cls(upload.peer, upload.first, message.seq, _identity(message), result, now_ms + ABANDON_MS)

    def concerns(self, peer: Peer, now_ms: int) -> bool:
        """True for the station of the upload, while it is recent."""
        return now_ms <= self.until_ms and is_same_system(peer, self.peer)

    def is_repeated_by(self, message: Message) -> bool:
        """True for a repetition of the item that ended the upload."""
        return _identity(message) == self.item

    def is_duplicate(self, message: Message) -> bool:
        """True for an item before the one that ended the upload."""
        return self.first <= int(message.seq) < self.last


def _identity(message: Message) -> str:
    """Identity of an item message, equal for a repetition even with NaN."""
    return repr((message.get_type(), *_OF_ITEM(message)))


_OF_ITEM = attrgetter("seq", "frame", "command", "param1", "param2", "param3", "param4", "x", "y", "z")
