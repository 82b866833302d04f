"""What a protocol service is: a sans-IO machine on the vehicle's side.

Messages and time go in, messages come out. A service knows no socket, no thread and no clock; it says on which clock it
runs ("link": the wall, for retries and transfer timeouts; "vehicle": for streams and everything the vehicle does) and
when it wants to be called next. Messages are pymavlink message objects (`mavlink_bridge.codec` makes and packs them).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

Clock = Literal["vehicle", "link"]
Message = Any
"""A pymavlink `MAVLink_message` (pymavlink has no type hints)."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Who sent a message: the link it came in on and the sender's ids. QGroundControl and Mission Planner share
    255/190, so the link is part of the identity."""

    link: int
    system: int
    component: int
    mavlink1: bool = False


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to send. `link` None: on all links (STATUSTEXT, PARAM_VALUE after a set)."""

    message: Message
    link: int | None = None


class Service(Protocol):
    """A protocol machine. `handles` is the set of message names it wants (`msg.get_type()`). One that also answers,
    has deadlines, or keeps something of its peers, has the methods of the protocols below; `Endpoint` asks for them
    once, when the service is added: what has no deadline costs a pass nothing."""

    clock: Clock
    handles: frozenset[str]

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        """A message for us (target = ours or broadcast; the router has checked). Never raises on bad content."""


@runtime_checkable
class Speaks(Protocol):
    """A service that sends: what waits is taken after each of its messages and timeouts, and at no other time."""

    def take_outgoing(self) -> list[Outgoing]:
        """What is to be sent, in order; forgets it."""


@runtime_checkable
class Timed(Speaks, Protocol):
    """A service that wants to be called without a message."""

    clock: Clock

    def handle_timeout(self, now_ms: int) -> None:
        """Called when `next_deadline_ms` has come, and after every pass in which the core has acted."""

    def next_deadline_ms(self) -> int | None:
        """When to be called next on the service's clock; None = only on a message."""


@runtime_checkable
class RemembersLinks(Protocol):
    """A service that keeps something of its peers."""

    def link_closed(self, link: int) -> None:
        """The link is gone: forget its peers."""
