"""Interface of protocol services: sans-IO state machines on the vehicle's side.

A service receives messages and time and returns messages. It uses no socket, thread or clock. It declares its clock
("link": wall time, for retries and transfer timeouts; "vehicle": for streams and everything that the vehicle does) and
the time of its next call. Messages are those of `mavlink_bridge.wire.dialect` (`codec` makes and packs them).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, Protocol, cast, runtime_checkable

from autopilot.interface.records import dataclass
from mavlink_bridge.wire import codec

Clock = Literal["vehicle", "link"]
Message = Any
"""Message of `mavlink_bridge.wire.dialect`; its fields have no type hints."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Peer that sent a message: the link it came in on and the sender's ids. QGroundControl and Mission Planner share
    255/190, so the link is part of the identity."""

    link: int
    system: int
    component: int
    mavlink1: bool = False


NOBODY: Final = Peer(0, 0, 0)
"""Peer of what no message has brought."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Message to send. `link`: None for all links (STATUSTEXT, PARAM_VALUE after a set). `component`: its sender, if
    that is not the vehicle itself (see `Endpoint.add_component`)."""

    message: Message
    link: int | None = None
    component: int | None = None


class Service(Protocol):
    """Protocol machine. `handles`: names of its messages (`msg.get_type()`).

    The protocols below add sending, deadlines and links. `Endpoint` checks for them once, when the service is added, so
    a service without a deadline costs a pass nothing.
    """

    clock: Clock
    handles: frozenset[str]

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        """Handle a message for us (target ours or broadcast, as the router decided). Never raises on bad content."""


@runtime_checkable
class Speaks(Protocol):
    """Service that sends; its messages are taken after each of its messages and timeouts, and at no other time."""

    def take_outgoing(self) -> list[Outgoing]:
        """Take and remove the messages to send, in order."""


class Speaker:
    """Base of services that send (`Speaks`). `_out`: messages to send, always the same list."""

    def __init__(self) -> None:
        self._out: list[Outgoing] = []

    def take_outgoing(self) -> list[Outgoing]:
        messages = self._out.copy()
        self._out.clear()
        return messages


class WithoutMessages:
    """Base of a service that handles no message: it is called by its clock or with forwarded frames."""

    handles: frozenset[str] = frozenset()

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        """Do nothing."""


@runtime_checkable
class TimedService(Protocol):
    """Service that is called at deadlines."""

    clock: Clock

    def handle_timeout(self, now_ms: int) -> None:
        """Act on time: called when `next_deadline_ms` has come, and after every pass in which the core has acted."""

    def next_deadline_ms(self) -> int | None:
        """Time of the next call on the service's clock, ms; None: only on a message."""


class TimedSpeaker(Speaks, TimedService, Protocol):
    """Service that sends at its deadlines."""


class CalledService:
    """A service with deadlines and its methods, looked up once because they are called on every pass and message.
    `waiting`: its messages, so that a look tells that there is none, or never one; None: only `take_outgoing`
    tells."""

    __slots__ = ("handle_timeout", "next_deadline_ms", "on_link", "service", "take_outgoing", "waiting")

    def __init__(self, service: TimedService) -> None:
        self.service = service
        self.on_link = service.clock == "link"
        self.handle_timeout = service.handle_timeout
        self.next_deadline_ms = service.next_deadline_ms
        self.take_outgoing: Callable[[], list[Outgoing]] = list
        self.waiting: list[Outgoing] | None = []
        if isinstance(service, Speaks):
            self.take_outgoing, self.waiting = service.take_outgoing, None
        if isinstance(service, Speaker) and type(service).take_outgoing is Speaker.take_outgoing:
            self.waiting = service._out


@runtime_checkable
class RemembersLinks(Protocol):
    """Service that keeps data about peers."""

    def link_closed(self, link: int) -> None:
        """Forget the peers of a closed link."""


_ROLES: dict[type, frozenset[type]] = {}
"""Roles by type of service, cached: checking each service of a fleet would take seconds at the start."""


def _roles_of(service: Service) -> frozenset[type]:
    kind = type(service)
    if kind not in _ROLES:
        _ROLES[kind] = frozenset(role for role in (Speaks, TimedService, RemembersLinks) if isinstance(service, role))
    return _ROLES[kind]


Hearers = tuple[tuple[Service, Speaks | None], ...]
"""Services in the order in which they receive a message, each with itself as a speaker if it is one."""


class Audience:
    """Receivers of messages at an endpoint by message id: services of the vehicle (`own`) and of further components
    (`others`, by component id)."""

    def __init__(self) -> None:
        self.own: dict[int, Hearers] = {}
        self.others: dict[int, dict[int, Hearers]] = {}

    def add(self, service: Service, component: int | None = None) -> frozenset[type]:
        """Add a service behind the others and return the protocols that it implements. ValueError for an unknown
        message name."""
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
        """Services that receive a message for this component (0: all). The vehicle receives messages for unknown
        components."""
        if component in self.others:
            return self.others[component].get(msg_id, ())
        own = self.own.get(msg_id, ())
        return own if component else sum((other.get(msg_id, ()) for other in self.others.values()), own)
