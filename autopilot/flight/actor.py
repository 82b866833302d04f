"""Actors, and what they may do: send, ask, answer, find their siblings.

An actor runs when it has a message, a piece of news that it listens for, or a deadline that has come. It keeps its
state to itself; a restarted actor is a new object.
"""

from __future__ import annotations

from typing import ClassVar, Protocol

from autopilot.flight.messages import FAIL, OK, Ask, Message, MessageKind, Payload, Tag


class ActorPort(Protocol):
    """An actor's way to the others."""

    @property
    def now_ms(self) -> int:
        """Vehicle time of this run."""

    def find_sibling(self, name: str) -> str:
        """The address of a sibling. Raises `UnknownActorError`."""

    def notify(self, to: str, tag: Tag, payload: Payload = None) -> None:
        """Fire and forget. Raises `MailboxFullError`."""

    def request(self, to: str, subject: Ask, payload: Payload, timeout_ms: int) -> int:
        """Ask; a REPLY or a TIMEOUT with the returned tag will come. Raises `MailboxFullError`."""

    def reply(self, request: Message, payload: Payload) -> None:
        """Answer a request. One that is no longer waited for is dropped."""

    def fault(self, name: str) -> str | None:
        """ "fail" or "hang" while the fault `ACTOR.name` of this actor is active."""

    def revive(self) -> None:
        """Start siblings that died anew (before a RESET)."""


class Actor:
    """Base of all actors. `critical`: when it raises, all critical ones restart together; else it stays down until the
    next RESET, or restarts at once (`restarts_at_once`). `listens`: bits of news (`autopilot.flight.flags`)."""

    name: ClassVar[str]
    critical: ClassVar[bool] = True
    restarts_at_once: ClassVar[bool] = False
    listens: ClassVar[int] = 0

    def __init__(self) -> None:
        self.deadline_ms: int | None = None
        self.port: ActorPort

    def handle_message(self, message: Message) -> None:
        """A message came. The base answers RESET."""
        if message.kind is MessageKind.REQUEST and message.subject == Ask.RESET.value:
            self._answer_reset(message)

    def handle_news(self, news: int, flags: int) -> None:
        """Some of what it listens for has happened or changed; `flags`: how things stand now."""

    def handle_timeout(self) -> None:
        """Act on the deadline that has come (and is None again)."""

    def reset(self, request: Message) -> str | None:
        """Clean state before a flight; the reason when that is impossible."""
        return None

    def _answer_reset(self, request: Message) -> None:
        fault = self.port.fault("reset")
        if fault is None:
            self.finish_reset(request, self.reset(request))
        elif fault == "fail":
            self.finish_reset(request, f"{self.name}.reset: injected fault")

    def finish_reset(self, request: Message, complaint: str | None) -> None:
        """Answer a RESET: None is success."""
        self.port.reply(request, (OK, "") if complaint is None else (FAIL, complaint))
