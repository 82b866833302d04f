"""Barrier: question whose answer shows that the other side has read all messages before it.

PING and TIMESYNC are such questions: MAVSDK and QGroundControl answer them in the order in which they read. Both are
sent, several times, until an answer comes; from then on only the one that was answered. Clock: link time.
"""

from __future__ import annotations

from typing import Final

from autopilot.interface.records import dataclass, field
from mavlink_bridge.routing.service import Clock, Message, Peer
from mavlink_bridge.wire.codec import dialect

FIRST_MS: Final = 50
"""Pause before the first repetition of an unanswered question, ms; doubled for each repetition."""
MAX_QUESTIONS: Final = 8
"""Number of questions before a link counts as one that does not answer; a program may need some seconds to start."""

_NS: Final = 1_000_000


@dataclass(slots=True)
class _Link:
    """State of a link. `answers`: question that it answers, "" if none yet. `stamp`: of the last question."""

    answers: str = ""
    stamp: int = 0
    owes: bool = False
    sent_ms: int = 0
    times: int = 0
    stamps: set[int] = field(default_factory=set)
    """Stamps of all questions while the kind of answer is unknown."""


class Barrier:
    """Barrier of all links; it sends only on `ask`. A link that owes an answer for `patience_ms` counts as one that
    does not answer, and is asked from the start again."""

    clock: Clock = "link"
    handles = frozenset({"PING", "TIMESYNC"})

    def __init__(self, patience_ms: int) -> None:
        self._patience_ms = patience_ms
        self._links: dict[int, _Link] = {}
        self._stamp = 0

    def ask(self, link: int, now_ms: int) -> list[Message]:
        """Question to send after the queued messages; none while an answer is due, or if the link does not answer."""
        state = self._links.setdefault(link, _Link())
        self._give_up(state, now_ms)
        if state.owes or not (state.answers or self._is_worth_asking(state, now_ms)):
            return []
        self._stamp += 1
        state.stamp, state.sent_ms, state.owes = self._stamp, now_ms, bool(state.answers)
        if state.answers:
            return [self._question(state.answers, now_ms)]
        state.times += 1
        state.stamps.add(self._stamp)
        return [self._question(name, now_ms) for name in sorted(self.handles)]

    def owes(self, link: int, now_ms: int) -> bool:
        """True when an answer from the link is due."""
        state = self._links.get(link)
        if state is None:
            return False
        self._give_up(state, now_ms)
        return state.owes

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        state = self._links.get(peer.link)
        if state is None:
            return
        name = message.get_type()
        if name == "PING":
            stamp = message.seq if message.target_system else 0  # otherwise a question
        else:
            stamp = message.ts1 % _NS if message.tc1 else 0
        if not state.answers and stamp in state.stamps:
            state.answers = name
            state.stamps.clear()
        elif state.answers == name and stamp == state.stamp:
            state.owes = False

    def link_closed(self, link: int) -> None:
        self._links.pop(link, None)

    def _give_up(self, state: _Link, now_ms: int) -> None:
        if state.owes and now_ms - state.sent_ms >= self._patience_ms:
            state.answers, state.owes, state.times = "", False, 0

    @staticmethod
    def _is_worth_asking(state: _Link, now_ms: int) -> bool:
        gap_ms = FIRST_MS << (state.times - 1) if state.times else 0
        return state.times < MAX_QUESTIONS and now_ms - state.sent_ms >= gap_ms

    def _question(self, name: str, now_ms: int) -> Message:
        if name == "PING":
            return dialect.MAVLink_ping_message(1000 * now_ms, self._stamp, 0, 0)
        return dialect.MAVLink_timesync_message(0, now_ms * _NS + self._stamp % _NS)
