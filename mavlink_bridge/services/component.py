"""Messages of a further component of the vehicle, as a camera or gimbal: streamed at a rate, and on request.

A station requests and sets them with SET_MESSAGE_INTERVAL, GET_MESSAGE_INTERVAL and REQUEST_MESSAGE to the component
itself; the autopilot handles the vehicle's messages. Clock: vehicle time. Source: MAVLink's common.xml.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from autopilot.context.turns import earliest
from autopilot.interface.result import ACCEPTED, Outcome
from autopilot.mav import Cmd, Component
from mavlink_bridge.routing.service import Message, Outgoing, Peer
from mavlink_bridge.services.broadcast import OFF, Broadcast
from mavlink_bridge.services.commands.context import DENIED, FAILED, UNSUPPORTED
from mavlink_bridge.services.commands.messages import MESSAGE_INTERVAL
from mavlink_bridge.services.commands.request import Command, acknowledgement, without_place
from mavlink_bridge.wire.codec import dialect, id_of

ABOUT_MESSAGES: Final = frozenset({Cmd.REQUEST_MESSAGE, Cmd.SET_MESSAGE_INTERVAL, Cmd.GET_MESSAGE_INTERVAL})
_UNKNOWN: Final = 0
"""MESSAGE_INTERVAL.interval_us of a message that is not streamed."""

Stream = Callable[[int], Message]
"""Function that makes the message of a time, ms."""
Answer = Callable[[Command, int], list[Message]]
"""Function that makes the messages for a request at a time, ms; empty: FAILED."""
Served = tuple[Outcome, list[Message]]
"""Result of a command, and the messages that follow it."""


class ComponentMessages:
    """Messages of one component. `links`: links for streamed messages."""

    def __init__(self, component: Component, links: Callable[[], Sequence[int]]) -> None:
        self._component = component
        self._links = links
        self._streams: dict[int, tuple[Stream, Broadcast]] = {}
        self._answers: dict[int, Answer] = {}

    def stream(self, name: str, make: Stream, every_us: int = OFF) -> None:
        """Add a message that can be streamed; `every_us`: its default interval, us."""
        self._streams[id_of(name)] = make, Broadcast(self._links, every_us)
        self.answer(name, lambda _, now_ms: [make(now_ms)])

    def answer(self, name: str, make: Answer) -> None:
        """Add a message on request, made from the request's parameters; for a stream it replaces the default answer."""
        self._answers[id_of(name)] = make

    # --- commands -------------------------------------------------------------------------------------------------
    def addresses(self, command: Command) -> bool:
        """True when the command is about a message of this component. Only then the component answers a command to all
        components."""
        if command.number not in ABOUT_MESSAGES or not command.sane:
            return False
        return (command.whole(2) if _asks_interval(command) else command.whole(1, -1)) in self._answers

    def serve(self, command: Command, now_ms: int) -> Served:
        if not command.sane:
            return DENIED, []
        match command.number:
            case Cmd.SET_MESSAGE_INTERVAL:
                return self._set_interval(command), []
            case Cmd.GET_MESSAGE_INTERVAL:
                return self._interval_of(command.whole(1, -1), command)
        if _asks_interval(command):
            return self._interval_of(command.whole(2), command)
        return self.request(command.whole(1, -1), command, now_ms)

    def answer_command(self, message: Message, peer: Peer, now_ms: int) -> list[Outgoing]:
        """Answer a COMMAND_LONG or COMMAND_INT to a component without other commands. A command to all components is
        answered only if it requests a message of this component."""
        command = without_place(message, peer)
        if message.target_component != self._component and not self.addresses(command):
            return []
        outcome, answers = self.serve(command, now_ms) if command.number in ABOUT_MESSAGES else (UNSUPPORTED, [])
        replies = (acknowledgement(command.number, peer, outcome), *answers)
        return [Outgoing(reply, peer.link, self._component) for reply in replies]

    def request(self, message: int, command: Command, now_ms: int) -> Served:
        """Answer a request for a message by id; the command's parameters select the item."""
        make = self._answers.get(message)
        if make is None:
            return UNSUPPORTED, []
        messages = make(command, now_ms)
        return (ACCEPTED if messages else FAILED), messages

    def _set_interval(self, command: Command) -> Outcome:
        stream = self._streams.get(command.whole(1, -1))
        if stream is None or not command.given(2) or command.param(2) < OFF:
            return DENIED
        stream[1].subscribe(command.peer.link, command.whole(2))
        return ACCEPTED

    def _interval_of(self, message: int, command: Command) -> Served:
        if not 0 <= message <= 0xFFFF:  # MESSAGE_INTERVAL has 16 bits for the id
            return FAILED, []
        stream = self._streams.get(message)
        interval_us = _UNKNOWN if stream is None else stream[1].interval_us(command.peer.link)
        return ACCEPTED, [dialect.MAVLink_message_interval_message(message, interval_us)]

    # --- time -----------------------------------------------------------------------------------------------------
    def take_due(self, now_ms: int) -> list[Outgoing]:
        """Take the messages that are due now, with their links."""
        messages: list[Outgoing] = []
        for make, broadcast in self._streams.values():
            due = broadcast.take_due(now_ms)
            if due:
                message = make(now_ms)
                messages += [Outgoing(message, link, self._component) for link in due]
        return messages

    def next_ms(self) -> int | None:
        """Earliest time at which a message is due, ms."""
        return earliest([broadcast.next_ms() for _, broadcast in self._streams.values()])

    def link_closed(self, link: int) -> None:
        for _, broadcast in self._streams.values():
            broadcast.forget(link)


def which(command: Command) -> int:
    """Number of the item that a request means (card, picture or stream): param2 of REQUEST_MESSAGE, param1 of
    others."""
    return command.whole(2 if command.number == Cmd.REQUEST_MESSAGE else 1)


def _asks_interval(command: Command) -> bool:
    """True for a REQUEST_MESSAGE of MESSAGE_INTERVAL, which replaces the deprecated GET_MESSAGE_INTERVAL."""
    return command.number == Cmd.REQUEST_MESSAGE and command.whole(1) == MESSAGE_INTERVAL
