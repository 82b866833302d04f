"""Messages of a further component of the vehicle (a camera, a gimbal): by itself at a rate, and to who asks.

Its messages are set and asked for where they come from, by SET_MESSAGE_INTERVAL, GET_MESSAGE_INTERVAL and
REQUEST_MESSAGE to its own number; the vehicle's are the autopilot's. Clock: vehicle time. Source: MAVLink's common.xml.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from autopilot.interface.result import ACCEPTED, Outcome
from autopilot.mav import Cmd, Component, Result
from mavlink_bridge.routing.service import Message, Outgoing, Peer
from mavlink_bridge.services.broadcast import OFF, Broadcast
from mavlink_bridge.services.commands.messages import MESSAGE_INTERVAL
from mavlink_bridge.services.commands.request import Command, acknowledgement, without_place
from mavlink_bridge.wire.codec import dialect, id_of

ABOUT_MESSAGES: Final = frozenset({Cmd.REQUEST_MESSAGE, Cmd.SET_MESSAGE_INTERVAL, Cmd.GET_MESSAGE_INTERVAL})
_DENIED, _FAILED, _UNSUPPORTED = Outcome(Result.DENIED), Outcome(Result.FAILED), Outcome(Result.UNSUPPORTED)
_UNKNOWN: Final = 0
"""MESSAGE_INTERVAL.interval_us of what is not streamed."""

Stream = Callable[[int], Message]
"""Makes the message, at a time."""
Answer = Callable[[Command, int], list[Message]]
"""Makes what a request asks for, at a time; nothing: FAILED."""
Served = tuple[Outcome, list[Message]]
"""The result of a command, and what follows it."""


class ComponentMessages:
    """See the module. `component`: its number; `links`: those that it streams to."""

    def __init__(self, component: Component, links: Callable[[], Sequence[int]]) -> None:
        self._component = component
        self._links = links
        self._streams: dict[int, tuple[Stream, Broadcast]] = {}
        self._answers: dict[int, Answer] = {}

    def stream(self, name: str, make: Stream, every_us: int = OFF) -> None:
        """A message that a rate may be set for; `every_us` where nobody has set one."""
        self._streams[id_of(name)] = make, Broadcast(self._links, every_us)
        self.answer(name, lambda _, now_ms: [make(now_ms)])

    def answer(self, name: str, make: Answer) -> None:
        """A message that is had by request, whose parameters say which of it; of a stream: in another way."""
        self._answers[id_of(name)] = make

    # --- commands -------------------------------------------------------------------------------------------------
    def means(self, command: Command) -> bool:
        """True when the command is about a message of this component. Only then it answers what all were asked."""
        if command.number not in ABOUT_MESSAGES or not command.sane:
            return False
        return (command.whole(2) if _asks_interval(command) else command.whole(1, -1)) in self._answers

    def serve(self, command: Command, now_ms: int) -> Served:
        """Serve a command of `ABOUT_MESSAGES`."""
        if not command.sane:
            return _DENIED, []
        match command.number:
            case Cmd.SET_MESSAGE_INTERVAL:
                return self._set_interval(command), []
            case Cmd.GET_MESSAGE_INTERVAL:
                return self._interval_of(command.whole(1, -1), command)
        if _asks_interval(command):
            return self._interval_of(command.whole(2), command)
        return self.request(command.whole(1, -1), command, now_ms)

    def answer_command(self, message: Message, peer: Peer, now_ms: int) -> list[Outgoing]:
        """Answer a COMMAND_LONG or COMMAND_INT to a component that has no other commands. What is for all components
        is answered where it is served: not here, unless it asks for one of its messages."""
        command = without_place(message, peer)
        if message.target_component != self._component and not self.means(command):
            return []
        outcome, answers = self.serve(command, now_ms) if command.number in ABOUT_MESSAGES else (_UNSUPPORTED, [])
        replies = (acknowledgement(command.number, peer, outcome), *answers)
        return [Outgoing(reply, peer.link, self._component) for reply in replies]

    def request(self, message: int, command: Command, now_ms: int) -> Served:
        """A message by its number; the command's parameters say which of it."""
        make = self._answers.get(message)
        if make is None:
            return _UNSUPPORTED, []
        made = make(command, now_ms)
        return (ACCEPTED if made else _FAILED), made

    def _set_interval(self, command: Command) -> Outcome:
        found = self._streams.get(command.whole(1, -1))
        if found is None or not command.given(2) or command.param(2) < OFF:
            return _DENIED
        found[1].subscribe(command.peer.link, command.whole(2))
        return ACCEPTED

    def _interval_of(self, message: int, command: Command) -> Served:
        if not 0 <= message <= 0xFFFF:  # MESSAGE_INTERVAL has 16 bits for the id
            return _FAILED, []
        found = self._streams.get(message)
        interval_us = _UNKNOWN if found is None else found[1].interval_us(command.peer.link)
        return ACCEPTED, [dialect.MAVLink_message_interval_message(message, interval_us)]

    # --- time -----------------------------------------------------------------------------------------------------
    def take_due(self, now_ms: int) -> list[Outgoing]:
        """Take the messages that are due now, with their links."""
        said: list[Outgoing] = []
        for make, broadcast in self._streams.values():
            due = broadcast.take_due(now_ms)
            if due:
                message = make(now_ms)
                said += [Outgoing(message, link, self._component) for link in due]
        return said

    def next_ms(self) -> int | None:
        """Time at which any message is due, ms."""
        dues = [broadcast.next_ms() for _, broadcast in self._streams.values()]
        return min((due for due in dues if due is not None), default=None)

    def link_closed(self, link: int) -> None:
        """The link is gone."""
        for _, broadcast in self._streams.values():
            broadcast.forget(link)


def which(command: Command) -> int:
    """Number of the one that a request means (a card, a picture, a stream): REQUEST_MESSAGE says it behind the
    message's number."""
    return command.whole(2 if command.number == Cmd.REQUEST_MESSAGE else 1)


def _asks_interval(command: Command) -> bool:
    """The other way to ask for it, which GET_MESSAGE_INTERVAL is superseded by."""
    return command.number == Cmd.REQUEST_MESSAGE and command.whole(1) == MESSAGE_INTERVAL
