"""Protocol service: a sans-IO machine on the vehicle's side.

Messages and time go in, messages come out. A service knows no socket, no thread and no clock; it says on which clock it
runs ("link": the wall, for retries and transfer timeouts; "vehicle": for streams and everything the vehicle does) and
when it wants to be called next. Messages are those of `mavlink_bridge.wire.dialect` (`codec` makes and packs them).
"""

from __future__ import annotations

from typing import Any, Literal, Protocol, cast, runtime_checkable

from autopilot.interface.records import dataclass
from mavlink_bridge.wire import codec

Clock = Literal["vehicle", "link"]
Message = Any
"""A message of `mavlink_bridge.wire.dialect`; its fields have no type hints."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Peer that sent a message: the link it came in on and the sender's ids. QGroundControl and Mission Planner share
    255/190, so the link is part of the identity."""

    link: int
    system: int
    component: int
    mavlink1: bool = False


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to send. `link` None: on all links (STATUSTEXT, PARAM_VALUE after a set). `component`: who says it,
    where that is not the vehicle itself (see `Endpoint.add_component`)."""

    message: Message
    link: int | None = None
    component: int | None = None


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
        """Take the messages to send, in order; forgets them."""


class Speaker:
    """Base of what sends (`Speaks`); `_out`: what waits to be taken."""

    def __init__(self) -> None:
        self._out: list[Outgoing] = []

    def take_outgoing(self) -> list[Outgoing]:
        """Take the messages to send, in order; forgets them."""
        taken, self._out = self._out, []
        return taken


class WithoutMessages:
    """Base of a service that handles no message: its clock calls it, or who passes frames on."""

    handles: frozenset[str] = frozenset()

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        """Do nothing: no message comes this way."""


@runtime_checkable
class TimedService(Speaks, Protocol):
    """A service that wants to be called without a message."""

    clock: Clock

    def handle_timeout(self, now_ms: int) -> None:
        """Called when `next_deadline_ms` has come, and after every pass in which the core has acted."""

    def next_deadline_ms(self) -> int | None:
        """Time of the next call on the service's clock, ms; None = only on a message."""


@runtime_checkable
class RemembersLinks(Protocol):
    """A service that keeps something of its peers."""

    def link_closed(self, link: int) -> None:
        """The link is gone: forget its peers."""


_ROLES: dict[type, frozenset[type]] = {}
"""Roles of each type of service; to ask each service of a fleet would take seconds of its start."""


def _roles_of(service: Service) -> frozenset[type]:
    """The protocols that it has the methods of."""
    kind = type(service)
    if kind not in _ROLES:
        _ROLES[kind] = frozenset(role for role in (Speaks, TimedService, RemembersLinks) if isinstance(service, role))
    return _ROLES[kind]


Hearers = tuple[tuple[Service, Speaks | None], ...]
"""Services in the order in which they hear; each, if it speaks, once more as one that does."""


class Audience:
    """Audience of messages at an endpoint, by their ids: services of the vehicle itself (`own`), and of further
    components (`others`, by their number)."""

    def __init__(self) -> None:
        self.own: dict[int, Hearers] = {}
        self.others: dict[int, dict[int, Hearers]] = {}

    def add(self, service: Service, component: int | None = None) -> frozenset[type]:
        """Add a service behind the others; gives the protocols that it has the methods of. ValueError for a name that
        is no message."""
        handlers = self.own if component is None else self.others.setdefault(component, {})
        roles = _roles_of(service)
        speaker = cast(Speaks, service) if Speaks in roles else None
        for name in service.handles:
            msg_id = codec.message_id(name)
            if msg_id is None:
                raise ValueError(f"{type(service).__name__} handles {name}, which is no message of the dialect")
            handlers[msg_id] = (*handlers.get(msg_id, ()), (service, speaker))
        return roles

    def of(self, msg_id: int, component: int) -> Hearers:
        """Hearers of a message for this component, 0: for all. What is for nobody here is answered by the vehicle
        itself."""
        if component in self.others:
            return self.others[component].get(msg_id, ())
        own = self.own.get(msg_id, ())
        return own if component else sum((other.get(msg_id, ()) for other in self.others.values()), own)
