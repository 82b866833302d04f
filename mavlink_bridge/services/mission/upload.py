"""An upload: rows and columns of its machine's table, what is remembered of a running one, and its timers."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto

from autopilot.interface.records import dataclass
from autopilot.mav import MissionResult
from autopilot.mission.items import MissionItem
from mavlink_bridge.routing.service import Message, Peer


class UploadState(Enum):
    """States of the machine of one mission type."""

    IDLE = auto()
    RECEIVING = auto()  # an upload is running
    COMMITTING = auto()  # a plan (or its removal) is on its way to the disk


class UploadInput(Enum):
    """Kinds of message."""

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
    """Do both have the same system and component? A station may send its items on any link."""
    return a.system == b.system and a.component == b.component


def is_same_station(a: Peer, b: Peer) -> bool:
    """Are both the same station? QGroundControl and Mission Planner share their ids: only the link tells them apart."""
    return a.link == b.link and is_same_system(a, b)


ABANDON_MS = 8000
"""An upload in which no item was accepted for so long is given up (docs/reference/mission-semantics.md, 2.2)."""
REPEAT_MIN_MS = 100
REPEAT_MAX_MS = 1000
_SMOOTHING = 0.25
_FASTEST = 10
"""Times the wall, of `Patience`."""


class PlanUpload:
    """Items `first` .. `last` are wanted from `peer`, in order; `items` are those accepted so far, `next` the one asked
    for. A partial upload (`base` not None) replaces these items of the plan `base`, a whole one replaces the plan.

    A request is repeated after twice the round trip measured in this upload, within 100 and 1000 ms: a lost message on
    a fast link then costs little, and a slow link is not flooded. Only requests sent once are measured (Karn's
    rule: the answer to a repeated one might belong to either).
    """

    __slots__ = ("_asked_ms", "_last_asked_ms", "_round_trip_ms", "accepted_ms", "asked_once", "base", "first", "items",
                 "last", "next", "peer", "use_int")  # fmt: skip

    def __init__(
        self, peer: Peer, first: int, last: int, now_ms: int, base: tuple[MissionItem, ...] | None = None
    ) -> None:
        self.peer = peer
        self.first = first
        self.last = last
        self.base = base
        self.next = first
        self.items: list[MissionItem] = []
        self.use_int = False
        self.accepted_ms = now_ms
        self.asked_once = True
        self._asked_ms = now_ms
        self._last_asked_ms = now_ms
        self._round_trip_ms: float | None = None

    @property
    def repeat_ms(self) -> int:
        """Pause before an item is asked for again, ms."""
        if self._round_trip_ms is None:
            return REPEAT_MAX_MS
        return min(max(round(2.0 * self._round_trip_ms), REPEAT_MIN_MS), REPEAT_MAX_MS)

    @property
    def total(self) -> int:
        """Number of items, home included, that the plan will have."""
        return max(self.last + 1, 0 if self.base is None else len(self.base))

    def accept(self, item: MissionItem, now_ms: int) -> None:
        """Take `item`, which is the one asked for."""
        if self.asked_once:
            sample = now_ms - self._asked_ms
            known = self._round_trip_ms
            self._round_trip_ms = sample if known is None else known + _SMOOTHING * (sample - known)
        self.items.append(item)
        self.next += 1
        self.accepted_ms = now_ms
        self.asked_once = True
        self._asked_ms = self._last_asked_ms = now_ms

    def ask_again(self, now_ms: int) -> None:
        """Note that the request is repeated."""
        self.asked_once = False
        self._last_asked_ms = now_ms

    def repeat_due_ms(self) -> int:
        return self._last_asked_ms + self.repeat_ms

    def abandon_due_ms(self) -> int:
        return self.accepted_ms + ABANDON_MS

    def plan(self) -> tuple[MissionItem, ...]:
        """All items of the plan, home included."""
        if self.base is None:
            return tuple(self.items)
        return self.base[: self.first] + tuple(self.items) + self.base[self.last + 1 :]


class Patience:
    """Time that a station has had to answer, where clients pace the vehicle, ms.

    ArduPilot's simulator counts it in vehicle time: an upload that stalls for eight seconds of it is given up. At 60
    times the wall that is the tenth of a second which a busy station may need for one answer; by the wall alone, a test
    that runs ten times as fast waits eighty seconds of its flight. So it is vehicle time, never slower than the wall (a
    vehicle that waits for a station which has gone would wait for ever), and since the last message never more than ten
    times as fast: whoever reads at all then has 0.8 s of the wall. `vehicle_ms` gives the vehicle's time; the wall's is
    told with every call.
    """

    def __init__(self, vehicle_ms: Callable[[], int]) -> None:
        self._vehicle_ms = vehicle_ms
        self._since: tuple[int, int, int] | None = None  # the wall's, the vehicle's and this time at the last message
        self._ahead = 0

    def passed(self, wall_ms: int) -> int:
        """This time now."""
        if self._since is None:
            self._since = wall_ms, self._vehicle_ms(), wall_ms
        wall, vehicle, then = self._since
        gone = wall_ms - wall
        now = then + max(gone, min(self._vehicle_ms() - vehicle, _FASTEST * gone))
        self._ahead = now - wall_ms
        return now

    def heard(self, wall_ms: int) -> int:
        """A message came. This time now."""
        now = self.passed(wall_ms)
        self._since = wall_ms, self._vehicle_ms(), now
        return now

    def on_wall(self, due_ms: int) -> int:
        """The latest that `due_ms` may come, in the wall's time; the vehicle's may be there before."""
        return due_ms - self._ahead


@dataclass(frozen=True, slots=True)
class LastAnswer:
    """Last upload's answer, kept for a station that did not hear it and sends its last item again, and to know the late
    duplicates of its other items (numbers `first` up to `last`)."""

    peer: Peer
    first: int
    last: int
    item: str
    result: MissionResult
    until_ms: int
    plan_id: int = 0

    @classmethod
    def to(cls, message: Message, upload: PlanUpload, result: MissionResult, now_ms: int) -> LastAnswer:
        """Remember that the item `message` ended the upload with `result`."""
        return cls(upload.peer, upload.first, message.seq, _identity(message), result, now_ms + ABANDON_MS)

    def concerns(self, peer: Peer, now_ms: int) -> bool:
        """Was the upload this station's, and is it not too long ago?"""
        return now_ms <= self.until_ms and is_same_system(peer, self.peer)

    def is_repeated_by(self, message: Message) -> bool:
        """True when this is the item that ended the upload, again."""
        return _identity(message) == self.item

    def is_duplicate(self, message: Message) -> bool:
        """True when this is an item before the one that ended the upload."""
        return self.first <= int(message.seq) < self.last


def _identity(message: Message) -> str:
    """Identity of an item message, equal when it comes again (NaN included, which equals nothing)."""
    return repr(
        (
            message.get_type(),
            message.seq,
            message.frame,
            message.command,
            message.param1,
            message.param2,
            message.param3,
            message.param4,
            message.x,
            message.y,
            message.z,
        )
    )
