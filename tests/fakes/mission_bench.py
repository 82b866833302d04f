"""A mission service alone on a bench: messages in by hand, answers out as short tuples."""

from __future__ import annotations

from typing import Any

from autopilot.mission.items import MissionItem
from autopilot.mission.storage import pack_item
from mavlink_bridge.firmware.ardupilot import home_item
from mavlink_bridge.routing.service import Outgoing, Peer
from mavlink_bridge.services.mission.convert import write_item
from mavlink_bridge.services.mission.service import MissionService
from mavlink_bridge.wire.codec import dialect
from tests.fakes.memory_journal import MemoryJournal
from tests.fakes.mission_core import HOME, FakeMissionCore

QGC = Peer(1, 255, 190)
MISSION_PLANNER = Peer(2, 255, 190)  # the same ids on another link
MAVPROXY = Peer(1, 255, 230)
US = Peer(0, 1, 1)

ACCEPTED, ERROR, UNSUPPORTED_FRAME, UNSUPPORTED, NO_SPACE, INVALID = range(6)
INVALID_PARAM1 = 6
INVALID_SEQUENCE, DENIED, CANCELLED = 13, 14, 15


def degrees(value: float) -> float:
    """The nearest that MISSION_ITEM_INT can carry."""
    return round(value * 1e7) / 1e7


def packed(items: tuple[MissionItem, ...]) -> list[bytes]:
    """Comparable, NaN included."""
    return [pack_item(item) for item in items]


def waypoints(count: int, *, lat: float = -35.36) -> tuple[MissionItem, ...]:
    """A mission of `count` items: a takeoff and waypoints with params that tell them apart."""
    takeoff = MissionItem(command=22, frame=3, z=20.0, x=lat, y=149.16, seq=1)
    return (takeoff, *(_waypoint(n, degrees(lat + n * 1e-4), degrees(149.16 - n * 1e-4)) for n in range(1, count)))


def _waypoint(n: int, lat: float, lon: float) -> MissionItem:
    return MissionItem(command=16, frame=3, param1=float(n), x=lat, y=lon, z=20.0 + n, seq=n + 1)


def fence_square(lat: float = -35.36) -> tuple[MissionItem, ...]:
    corners = ((0.0, 0.0), (0.01, 0.0), (0.01, 0.01), (0.0, 0.01))
    return tuple(
        MissionItem(command=5001, frame=0, param1=4.0, x=degrees(lat + n), y=degrees(149.16 + e), seq=seq)
        for seq, (n, e) in enumerate(corners)
    )


def rally_points(count: int) -> tuple[MissionItem, ...]:
    return tuple(
        MissionItem(command=5100, frame=3, x=degrees(-35.36 + n * 1e-3), y=149.16, z=30.0 + n, seq=n)
        for n in range(count)
    )


def told(outgoing: Outgoing) -> tuple[Any, ...]:
    """(name, number) of an answer: what the tables of the reference speak of."""
    message = outgoing.message
    name = message.get_type().removeprefix("MISSION_")
    number = {"ACK": "type", "COUNT": "count", "CURRENT": "seq"}.get(name, "seq")
    if name == "STATUSTEXT":
        text = message.text
        return (name, text.decode() if isinstance(text, bytes) else text)
    return (name, getattr(message, number))


class Bench:
    """`answers()` are what was said since the last call, texts apart (`texts`)."""

    def __init__(self, kind: str = "copter", *, hold: bool = False) -> None:
        self.core = FakeMissionCore(kind)
        self.journal = MemoryJournal(hold=hold)
        self.service = MissionService(self.core, self.journal)
        self.now_ms = 1000
        self.texts: list[str] = []
        self.last: list[Outgoing] = []

    # --- out --------------------------------------------------------------------------------------------------------
    def answers(self) -> list[tuple[Any, ...]]:
        self.last = self.service.take_outgoing()
        self.texts += [told(out)[1] for out in self.last if out.message.get_type() == "STATUSTEXT"]
        self.last = [out for out in self.last if out.message.get_type() != "STATUSTEXT"]
        return [told(out) for out in self.last]

    # --- in ---------------------------------------------------------------------------------------------------------
    def hear(self, message: Any, peer: Peer = QGC) -> list[tuple[Any, ...]]:
        self.service.handle_message(message, peer, self.now_ms)
        return self.answers()

    def wait(self, ms: int) -> list[tuple[Any, ...]]:
        """Link time passes; every deadline in between is kept."""
        end = self.now_ms + ms
        heard: list[tuple[Any, ...]] = []
        while True:
            due = self.service.next_deadline_ms()
            self.now_ms = end if due is None or due > end else max(due, self.now_ms)
            self.service.handle_timeout(self.now_ms)
            heard += self.answers()
            if self.now_ms == end:
                return heard

    def count(self, count: int, kind: int = 0, peer: Peer = QGC) -> list[tuple[Any, ...]]:
        return self.hear(dialect.MAVLink_mission_count_message(1, 1, count, kind), peer)

    def item(self, item: MissionItem, kind: int = 0, peer: Peer = QGC, *, as_int: bool = True) -> list[tuple[Any, ...]]:
        return self.hear(write_item(item, kind, item.seq, US, as_int=as_int, current=False), peer)

    def home(self, peer: Peer = QGC) -> list[tuple[Any, ...]]:
        return self.item(home_item(HOME), 0, peer)

    def partial(self, first: int, last: int, kind: int = 0, peer: Peer = QGC) -> list[tuple[Any, ...]]:
        return self.hear(dialect.MAVLink_mission_write_partial_list_message(1, 1, first, last, kind), peer)

    def ask_list(self, kind: int = 0, peer: Peer = QGC) -> list[tuple[Any, ...]]:
        return self.hear(dialect.MAVLink_mission_request_list_message(1, 1, kind), peer)

    def ask(self, seq: int, kind: int = 0, peer: Peer = QGC, *, as_int: bool = True) -> list[tuple[Any, ...]]:
        if as_int:
            return self.hear(dialect.MAVLink_mission_request_int_message(1, 1, seq, kind), peer)
        return self.hear(dialect.MAVLink_mission_request_message(1, 1, seq, kind), peer)

    def clear(self, kind: int = 0, peer: Peer = QGC) -> list[tuple[Any, ...]]:
        return self.hear(dialect.MAVLink_mission_clear_all_message(1, 1, kind), peer)

    def ack(self, result: int, kind: int = 0, peer: Peer = QGC) -> list[tuple[Any, ...]]:
        return self.hear(dialect.MAVLink_mission_ack_message(1, 1, result, kind), peer)

    def upload(self, items: tuple[MissionItem, ...], kind: int = 0, peer: Peer = QGC) -> list[tuple[Any, ...]]:
        """A whole upload; the answers to its last item."""
        answers = self.count(len(items) + (kind == 0), kind, peer)
        if kind == 0:
            answers = self.home(peer)
        for item in items:
            answers = self.item(item, kind, peer)
        return answers

    def stored(self, kind: int = 0) -> tuple[MissionItem, ...]:
        self.core.tick()
        return self.core.storage(kind).items()
