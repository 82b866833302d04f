"""Endpoint: a MAVLink component on several links, without I/O: bytes in, services, bytes out.

`Endpoint` combines a `FrameReader`, a `FrameWriter` and a bounded queue for each link, the `Router`, and the protocol
services. It has no socket and no clock: the caller gives received bytes with the time on both clocks, and takes the
bytes of each link.

A slow link loses telemetry first: above `CONGESTED` waiting bytes the telemetry service skips it (`OutQueue.busy`),
while answers are queued up to `OVERFLOW`. Beyond that nothing more is queued until the owner of the link acts
(`OutQueue.overflowed`). Other links are not affected.

A fault in one service must not stop the vehicle: its exception is given to `on_error` and counted, and the next service
runs. So is that of an observer, or of a gate, which then keeps the frame.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, cast

from mavlink_bridge.routing.link_redundancy import LinkRedundancy
from mavlink_bridge.routing.open_link import CONGESTED, OVERFLOW, LinkStatistics, OpenLink, OutQueue
from mavlink_bridge.routing.router import Router, target_of
from mavlink_bridge.routing.service import (
    Audience,
    CalledService,
    Message,
    Outgoing,
    RemembersLinks,
    Service,
    TimedService,
    TimedSpeaker,
)
from mavlink_bridge.routing.tx_queue import TxQueue, is_droppable
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.framing import FrameReader, FrameWriter, MavlinkFrame

if TYPE_CHECKING:
    from mavlink_bridge.wire.signing import Signing  # loaded by those who have a key

__all__ = ["CONGESTED", "OVERFLOW", "Endpoint", "LinkStatistics"]

_OF_MODEMS = codec.ids_of("RADIO_STATUS", "CELLULAR_STATUS")


def raise_error(problem: Exception, where: str) -> None:
    """Raise an exception again: for those who do not handle it."""
    raise problem


class Endpoint:
    """MAVLink component. `on_error(exception, where)`: gets exceptions of services; by default they are raised, as
    tests need. `on_frame(link, frame)`: sees every valid frame (for logs)."""

    portion: Final = 1024
    """Bytes of a link between two checks of the time: about fifty requests."""

    def __init__(
        self,
        system_id: int,
        component_id: int = 1,
        *,
        on_error: Callable[[Exception, str], None] = raise_error,
        on_frame: Callable[[int, MavlinkFrame], None] | None = None,
    ) -> None:
        self._router = Router(system_id, component_id)
        self._links: dict[int, OpenLink] = {}
        self._last_link = 0
        self._closed = LinkStatistics("closed")
        self._timed: list[CalledService] = []
        self._remembering: list[RemembersLinks] = []
        self._audience = Audience()
        self._on_error, self.service_errors = on_error, 0
        self._signing: Signing | None = None
        self.gates: list[Callable[[int, MavlinkFrame, int, int], bool]] = []
        """Filters with link, frame, and the frame's target system and component (0: all). True: the filter has handled
        the frame, which is neither forwarded nor given to services."""
        self.on_frame: list[Callable[[int, MavlinkFrame], None]] = [] if on_frame is None else [on_frame]
        self.identity_listeners: list[Callable[[], None]] = []  # called when `identify` has changed the ids
        self.redundancy: LinkRedundancy | None = None  # set if all links lead to the same other side
        self.muted = False  # True: only local links carry bytes (a simulated fault of the radio)
        self.high_latency: bool | None = None
        """True while high-latency links send (CONTROL_HIGH_LATENCY); None: they are normal links."""
        self.quiet: set[int] = set()  # links that carry only HEARTBEAT and requested streams

    # --- identity and services ------------------------------------------------------------------------------------
    @property
    def system_id(self) -> int:
        return self._router.system

    @property
    def component_id(self) -> int:
        return self._router.component

    def identify(self, system_id: int, component_id: int = 1) -> None:
        """Change system and component ids (SYSID_THISMAV was set); sequence numbers continue."""
        self._router.system, self._router.component = system_id, component_id
        for listener in self.identity_listeners:
            listener()
        for link in self._links.values():
            link.identify(system_id, component_id)

    def speaks_as(self, component: int) -> bool:
        """True if this component of our system is served here."""
        return self._router.is_ours(component)

    def answer_for(self, absent: frozenset[int] | None) -> None:
        """Answer for components of our system that were not heard: for these; None: for any."""
        self._router.absent = absent

    def set_signing(self, signing: Signing | None) -> None:
        """Refuse frames of untrusted links unless signed with this key, and sign what is sent there. A trusted link is
        signed too once a signed frame has arrived. None: accept all, sign nothing."""
        self._signing = signing
        for link in self._links.values():
            link.signs = signing is not None and not link.trusted

    @property
    def has_key(self) -> bool:
        """True if frames are checked and signed."""
        return self._signing is not None

    def add_service(self, service: Service) -> None:
        """Add a service. Messages go to services in the order of addition. ValueError for an unknown message name."""
        self._add(service)

    def add_component(self, component: int, services: Iterable[Service]) -> None:
        """Serve another component of our system, such as a gimbal: its services get messages for it or for all, and
        send as `component` (`Outgoing`) with their own sequence numbers."""
        for service in services:
            self._add(service, component)
        self._router.others |= {component}

    def _add(self, service: Service, component: int | None = None) -> None:
        roles = self._audience.add(service, component)
        if TimedService in roles:
            self._timed.append(CalledService(cast(TimedService, service)))
        if RemembersLinks in roles:
            self._remembering.append(cast(RemembersLinks, service))

    # --- links ----------------------------------------------------------------------------------------------------
    def open_link(
        self,
        name: str,
        *,
        trusted: bool = True,
        local: bool = False,
        baud: int | None = None,
        high_latency: bool = False,
        private: bool = False,
        quiet: bool = False,
        take: Callable[[memoryview], None] | None = None,
        shared: tuple[object, FrameReader, OutQueue] | None = None,
    ) -> int:
        """Open a link; its number is never used again. `trusted`: loopback or USB, where unsigned secrets may pass.
        `local`: a log, which works also while `muted`. `baud`: of a serial line; telemetry that it cannot carry is
        dropped, the oldest first. `private`: see `Router`. `take`: of a log alone on its link: it gets encoded streams,
        each frame after 8 bytes of time since 1970 in us (`services.telemetry.pool`). `shared`: owner, reader and queue
        of a network's link."""
        self._last_link += 1
        number = self._last_link
        opened = OpenLink(number, name, trusted, FrameWriter(self.system_id, self.component_id))
        opened.local, opened.take, opened.high_latency = local, take, high_latency and self.high_latency is not None
        if shared is not None:
            opened.shared, opened.reader, opened.out = shared
        elif baud is not None:
            opened.out.line = TxQueue(baud)
        opened.signs = self._signing is not None and not trusted
        self._links[number] = opened
        self._router.open_link(number, private)
        self.quiet |= {number} if quiet else set()
        return number

    def close_link(self, link: int) -> None:
        """Forget a link, here and in all services. A second call does nothing."""
        closed = self._links.pop(link, None)
        if closed is None:
            return
        self._closed.add(closed.statistics())
        self._router.close_link(link)
        self.quiet.discard(link)
        if self.redundancy is not None:
            self.redundancy.link_closed(link)
        for service in self._remembering:
            try:
                service.link_closed(link)
            except Exception as problem:  # noqa: BLE001 - the edge: see the module
                self._report(problem, f"{type(service).__name__} on a closed link")

    def set_baud(self, link: int, baud: int, name: str) -> None:
        """Set another rate and name of a line."""
        opened = self._links[link]
        opened.name = name
        if opened.out.line is not None:
            opened.out.line.baud = baud

    def links(self) -> tuple[int, ...]:
        return tuple(self._links)

    def routes(self) -> tuple[int, ...]:
        """Links for messages to everybody: all but high-latency ones, or the one route to the other side
        (`LinkRedundancy`)."""
        route = None if self.redundancy is None else self.redundancy.route
        plain = (number for number, link in self._links.items() if not link.high_latency)
        return tuple(plain) if route is None else (route,)

    def trusted(self, link: int) -> bool:
        opened = self._links.get(link)
        return opened is not None and opened.trusted

    def heard(self, system: int, component: int = 0) -> tuple[int, ...]:
        """Links where this sender was heard (component 0: any of the system)."""
        return self._router.links_of(system, component)

    # --- in -------------------------------------------------------------------------------------------------------
    def receive(self, link: int, data: bytes, link_ms: int, vehicle_ms: int) -> None:
        """Handle received bytes: give frames to services, forward them, queue answers."""
        source = self._links[link]
        if not self.muted:
            for frame in source.reader.receive(data, link_ms):
                self._take_frame(source, frame, link_ms, vehicle_ms)

    def take(self, link: int, frame: MavlinkFrame, link_ms: int, vehicle_ms: int) -> bool:
        """Handle a frame of a shared link; False if it was refused."""
        return not self.muted and self._take_frame(self._links[link], frame, link_ms, vehicle_ms)

    def admits(self, link: int, frame: MavlinkFrame) -> bool:
        """True if a frame of this sender may be forwarded; asked for frames that are for nobody here."""
        return self._signing is None or self._admit(self._links[link], frame, self._signing)

    def give_up_claims(self, link_ms: int, vehicle_ms: int) -> None:
        """Drop partial frames whose rest did not come in time (`FrameReader.give_up`), after all received bytes were
        handled."""
        for source in tuple(self._links.values()):
            if source.reader.deadline_ms is not None and source.shared is None:
                for frame in source.reader.give_up(link_ms):
                    self._take_frame(source, frame, link_ms, vehicle_ms)

    def claim_deadline_ms(self) -> int | None:
        """Time of the next `give_up_claims`, link time ms."""
        due_ms: int | None = None
        for source in self._links.values():
            claim_ms = source.reader.deadline_ms
            if claim_ms is not None and source.shared is None and (due_ms is None or claim_ms < due_ms):
                due_ms = claim_ms
        return due_ms

    def _take_frame(self, source: OpenLink, frame: MavlinkFrame, link_ms: int, vehicle_ms: int) -> bool:
        """Handle a frame; False if it was refused."""
        link = source.number
        if self._router.is_echo(frame) or not (self._signing is None or self._admit(source, frame, self._signing)):
            return False
        if self.redundancy is not None and frame.known and not self.redundancy.hear(link, frame, link_ms):
            return True
        if frame.known:
            self._router.hear(link, frame.system, frame.component)
        if self.on_frame:
            self._observe(link, frame)
        system, component = target_of(frame)
        if self.gates and self._keeps(link, frame, system, component):
            return True
        for other in self._router.forward_to(frame, link, system, component):
            shared = self._links[other].shared
            if source.shared is None or source.shared is not shared:  # else the network does it, once for all
                self.forward(other, frame)
        if frame.known and self._router.is_for_us(system, component):
            self._dispatch(source, frame, component, link_ms, vehicle_ms)
        return True

    def _observe(self, link: int, frame: MavlinkFrame) -> None:
        for hear in self.on_frame:
            try:
                hear(link, frame)
            except Exception as problem:  # noqa: BLE001 - the edge: see the module
                self._report(problem, f"an observer of message {frame.msg_id}")

    def _keeps(self, link: int, frame: MavlinkFrame, system: int, component: int) -> bool:
        """True if a gate keeps a frame, or fails at it."""
        try:
            for keeps in self.gates:
                if keeps(link, frame, system, component):
                    return True
        except Exception as problem:  # noqa: BLE001 - the edge: see the module
            self._report(problem, f"a gate for message {frame.msg_id}")
            return True
        return False

    def deliver(self, link: int, frame: MavlinkFrame, link_ms: int, vehicle_ms: int) -> None:
        """Give a frame that a gate has taken to the services now; nothing if the link is closed."""
        source = self._links.get(link)
        if source is not None:
            self._dispatch(source, frame, target_of(frame)[1], link_ms, vehicle_ms)

    def _admit(self, source: OpenLink, frame: MavlinkFrame, signing: Signing) -> bool:
        """True if the frame is signed or needs no signature; modems cannot sign."""
        if frame.signed and signing.verify(frame):
            source.signs = True
            return True
        if source.trusted or frame.msg_id in _OF_MODEMS:
            return True
        source.refused += 1
        return False

    def _dispatch(self, source: OpenLink, frame: MavlinkFrame, component: int, link_ms: int, vehicle_ms: int) -> None:
        audience = self._audience
        handlers = audience.of(frame.msg_id, component) if audience.others else audience.own.get(frame.msg_id)
        if not handlers:
            return
        message = codec.decode(frame.msg_id, frame.payload)
        peer = source.peer(frame)
        for service, speaker in handlers:
            try:
                service.handle_message(message, peer, link_ms if service.clock == "link" else vehicle_ms)
                if speaker is not None:
                    self._send_all(speaker.take_outgoing(), speaker)
            except Exception as problem:  # noqa: BLE001 - the edge: see the module
                self._report(problem, f"{type(service).__name__} on {codec.message_name(frame.msg_id)}")

    # --- time -----------------------------------------------------------------------------------------------------
    def handle_timeouts(self, link_ms: int, vehicle_ms: int) -> None:
        """Call every service that has deadlines with the time on its clock, and queue its messages."""
        for due in self._timed:
            try:
                due.handle_timeout(link_ms if due.on_link else vehicle_ms)
                if due.waiting != [] and (messages := due.take_outgoing()):
                    self._send_all(messages, due.service)
            except Exception as problem:  # noqa: BLE001 - the edge: see the module
                self._report(problem, f"{type(due.service).__name__} on its deadline")

    def handle_timeout_of(self, service: TimedSpeaker, now_ms: int) -> None:
        """Call one service with the time on its clock, and queue its messages."""
        try:
            service.handle_timeout(now_ms)
            messages = service.take_outgoing()
            if messages:
                self._send_all(messages, service)
        except Exception as problem:  # noqa: BLE001 - the edge: see the module
            self._report(problem, f"{type(service).__name__} on its deadline")

    def next_deadlines(self, besides: TimedService | None = None) -> tuple[int | None, int | None]:
        """Next deadlines of services on (link time, vehicle time), ms; None: none. `besides`: ignore this service."""
        on_link: int | None = None
        on_vehicle: int | None = None
        for due in self._timed:
            if due.service is besides:
                continue
            deadline = due.next_deadline_ms()
            if deadline is None:
                continue
            if due.on_link:
                if on_link is None or deadline < on_link:
                    on_link = deadline
            elif on_vehicle is None or deadline < on_vehicle:
                on_vehicle = deadline
        return on_link, on_vehicle

    def _report(self, problem: Exception, where: str) -> None:
        self.service_errors += 1
        self._on_error(problem, where)

    # --- out ------------------------------------------------------------------------------------------------------
    def send(self, message: Message, link: int | None = None, component: int | None = None) -> None:
        """Queue a message on a link (None: on all `routes`); closed links are ignored. `component`: sender; None: our
        own."""
        msg_id, payload, extra = codec.payload(message)
        numbers = self.routes() if link is None else (link,) if link in self._links else ()
        for number in numbers:
            target = self._links[number]
            if target.ahead is not None:
                target.ahead.write()
            if not target.out.overflowed:
                droppable = target.out.line is not None and is_droppable(msg_id)
                writer = target.writer if component is None else target.writer_of(self.system_id, component)
                self._queue(target, writer.frame(msg_id, payload, extra), 1, droppable)

    def append(self, link: int, data: bytes, frames: int, *, droppable: bool = True) -> None:
        """Queue `frames` frames that the caller has encoded with sequence numbers from `next_sequence(link)` on.
        `droppable`: see `tx_queue`."""
        target = self._links[link]
        if not target.out.overflowed:
            target.writer.advance(frames)
            self._queue(target, data, frames, droppable)

    def forward(self, link: int, frame: MavlinkFrame) -> None:
        """Queue another sender's frame unchanged, with its signature; not on a link of high latency or a full one."""
        target = self._links[link]
        if target.high_latency:
            return
        if target.out.busy:
            target.dropped += 1
        else:
            target.push(frame.raw, 1, droppable=target.out.line is not None and is_droppable(frame.msg_id))

    def direct(self, link: int) -> OpenLink | None:
        """Link whose frames the caller may queue directly; None if it is signed, muted, on a slow line, full or of high
        latency."""
        found = self._links[link]
        queues = found.signs or found.out.line is not None or found.out.overflowed or (self.muted and not found.local)
        return None if queues or found.high_latency else found

    def next_sequence(self, link: int) -> int:
        return self._links[link].writer.next_sequence

    def writer(self, link: int) -> FrameWriter:
        """Writer of the link; its frames must be queued by `append(link, data, 0)` in order."""
        return self._links[link].writer

    def out_queue(self, link: int) -> OutQueue:
        return self._links[link].out

    def take_bytes(self, link: int) -> bytes:
        """Take the waiting bytes of a link (serial line: one burst): whole frames in order."""
        return self._links[link].out.take()

    def baud(self, link: int) -> int | None:
        """Baud rate of a serial line; None: the link is none."""
        line = self._links[link].out.line
        return None if line is None else line.baud

    def restart_link(self, link: int) -> None:
        """Clear the link's queues and partial frame after its other end was lost."""
        self._links[link].restart()

    def statistics(self, link: int) -> LinkStatistics:
        return self._links[link].statistics()

    def totals(self) -> LinkStatistics:
        """Sums over all links, open and closed."""
        sums = LinkStatistics("all")
        for counted in (self._closed, *(link.statistics() for link in self._links.values())):
            sums.add(counted)
        return sums

    def _send_all(self, messages: list[Outgoing], service: object) -> None:
        for outgoing in messages:
            try:
                self.send(outgoing.message, outgoing.link, outgoing.component)
            except ValueError as problem:  # a field out of range: the other messages are still sent
                self._report(problem, f"a message of {type(service).__name__}")

    def _queue(self, target: OpenLink, data: bytes, frames: int, droppable: bool) -> None:
        if (self.muted and not target.local) or (target.high_latency and not self.high_latency):
            return
        if target.signs and self._signing is not None:
            target.push_signed(data, frames, self._signing, droppable=droppable)
        else:
            target.push(data, frames, droppable=droppable)
