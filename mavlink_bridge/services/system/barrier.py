"""Barrier: shows that the other side has read so far. A question behind what was sent, which who has read all before it
answers.

PING and TIMESYNC are such questions: MAVSDK and QGroundControl answer them where they read, in order. Whether somebody
answers is found by asking: with both, some times, until an answer comes; from then on with the one that was answered.
Clock: link time.
"""

from __future__ import annotations

from typing import Final

from autopilot.interface.records import dataclass, field
from mavlink_bridge.routing.service import Clock, Message, Peer
from mavlink_bridge.wire.codec import dialect

FIRST_MS: Final = 50
"""Pause before the first repetition of a question that has no answer yet, ms; each next one is twice as long."""
ASKED_TIMES: Final = 8
"""... and so often: a program that begins may need some seconds. After that it is one that does not answer."""

_NS: Final = 1_000_000


@dataclass(slots=True)
class _Link:
    """`answers`: the question that it answers, "" when it has answered none. `stamp`: of the last question."""

    answers: str = ""
    stamp: int = 0
    owes: bool = False
    asked_ms: int = 0
    times: int = 0
    stamps: set[int] = field(default_factory=set)
    """Stamps of all questions while it is not known whether the other side answers."""


class Barrier:
    """See the module; a service that speaks only when it is told to `ask`. Who owes an answer for `patience_ms` is
    taken for one that does not answer, and asked anew."""

    clock: Clock = "link"
    handles = frozenset({"PING", "TIMESYNC"})

    def __init__(self, patience_ms: int) -> None:
        self._patience_ms = patience_ms
        self._links: dict[int, _Link] = {}
        self._stamp = 0

    def ask(self, link: int, now_ms: int) -> list[Message]:
        """Ask behind what waits on the link now; no question while an answer is due, or where none comes."""
        asked = self._links.setdefault(link, _Link())
        self._give_up(asked, now_ms)
        if asked.owes or not (asked.answers or self._is_worth_asking(asked, now_ms)):
            return []
        self._stamp += 1
        asked.stamp, asked.asked_ms, asked.owes = self._stamp, now_ms, bool(asked.answers)
        if asked.answers:
            return [self._question(asked.answers, now_ms)]
        asked.times += 1
        asked.stamps.add(self._stamp)
        return [self._question(name, now_ms) for name in sorted(self.handles)]

    def owes(self, link: int, now_ms: int) -> bool:
        """True when an answer is due from there."""
        asked = self._links.get(link)
        if asked is None:
            return False
        self._give_up(asked, now_ms)
        return asked.owes

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        asked = self._links.get(peer.link)
        if asked is None:
            return
        name = message.get_type()
        if name == "PING":
            stamp = message.seq if message.target_system else 0  # else it is a question
        else:
            stamp = message.ts1 % _NS if message.tc1 else 0
        if not asked.answers and stamp in asked.stamps:
            asked.answers = name
            asked.stamps.clear()
        elif asked.answers == name and stamp == asked.stamp:
            asked.owes = False

    def link_closed(self, link: int) -> None:
        self._links.pop(link, None)

    def _give_up(self, asked: _Link, now_ms: int) -> None:
        if asked.owes and now_ms - asked.asked_ms >= self._patience_ms:
            asked.answers, asked.owes, asked.times = "", False, 0

    @staticmethod
    def _is_worth_asking(asked: _Link, now_ms: int) -> bool:
        gap_ms = FIRST_MS << (asked.times - 1) if asked.times else 0
        return asked.times < ASKED_TIMES and now_ms - asked.asked_ms >= gap_ms

    def _question(self, name: str, now_ms: int) -> Message:
        if name == "PING":
            return dialect.MAVLink_ping_message(1000 * now_ms, self._stamp, 0, 0)
        return dialect.MAVLink_timesync_message(0, now_ms * _NS + self._stamp % _NS)
