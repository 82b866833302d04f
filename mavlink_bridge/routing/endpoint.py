"""Endpoint: a MAVLink component on several links: bytes in, services, bytes out. Sans I/O.

`Endpoint` puts the parts together: a `FrameReader`, a `FrameWriter` and a bounded queue for each link, the `Router`,
and the protocol services. It owns which links are open and what waits on them. It knows no socket and no clock; whoever
drives it hands in what a link has received with the time on both clocks, and takes the bytes that a link is to send.

A slow link loses telemetry first: above `CONGESTED` waiting bytes the telemetry service skips it (`congested`), while
answers still queue up to `OVERFLOW`. Beyond that nothing more is queued and the link should be closed (`overflowed`).
Other links never notice.

This is the edge where a fault in one service must not stop the vehicle: an exception from a service is given to
`on_error` and counted, and the next service runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, cast

from mavlink_bridge.routing.link_redundancy import LinkRedundancy
from mavlink_bridge.routing.open_link import CONGESTED, OVERFLOW, LinkStatistics, OpenLink, OutQueue
from mavlink_bridge.routing.router import Router, target_of
from mavlink_bridge.routing.service import Audience, Message, Outgoing, RemembersLinks, Service, Speaks, TimedService
from mavlink_bridge.routing.tx_queue import TxQueue, is_droppable
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.framing import FrameReader, FrameWriter, MavlinkFrame

if TYPE_CHECKING:
    from mavlink_bridge.wire.signing import Signing  # loaded by those who have a key

__all__ = ["CONGESTED", "OVERFLOW", "Endpoint", "LinkStatistics"]

_OF_MODEMS = codec.ids_of("RADIO_STATUS", "CELLULAR_STATUS")


def _raise(problem: Exception, where: str) -> None:
    raise problem


class _Due:
    """A service with deadlines, its methods taken out once: each is called on every pass and after every message."""

    __slots__ = ("handle_timeout", "next_deadline_ms", "on_link", "service", "take_outgoing")

    def __init__(self, service: TimedService) -> None:
        self.service = service
        self.on_link = service.clock == "link"
        self.handle_timeout = service.handle_timeout
        self.next_deadline_ms = service.next_deadline_ms
        self.take_outgoing = service.take_outgoing


class Endpoint:
    """See the module. `on_error(exception, where)` hears what a service raised; without one it is raised again, which
    is what tests want. `on_frame(link, frame)` sees every sound frame that comes in (for logs)."""

    def __init__(
        self,
        system_id: int,
        component_id: int = 1,
        *,
        on_error: Callable[[Exception, str], None] = _raise,
        on_frame: Callable[[int, MavlinkFrame], None] | None = None,
    ) -> None:
        self._router = Router(system_id, component_id)
        self._links: dict[int, OpenLink] = {}
        self._last_link = 0
        self._closed = LinkStatistics("closed")
        self._timed: list[_Due] = []
        self._remembering: list[RemembersLinks] = []
        self._audience = Audience()
        self._on_error, self.service_errors = on_error, 0
        self._signing: Signing | None = None
        self.gates: list[Callable[[int, MavlinkFrame, int, int], bool]] = []
        """Asked first, with link, frame and the frame's target system and component (0: all): True = it has taken the
        frame, which then is neither forwarded nor given to the services."""
        self.on_frame: list[Callable[[int, MavlinkFrame], None]] = [] if on_frame is None else [on_frame]
        self.identity_listeners: list[Callable[[], None]] = []  # told when `identify` has changed who this is
        self.redundancy: LinkRedundancy | None = None  # given where all links lead to the same other side
        self.muted = False  # True: no bytes come in or go out on any but local links (a radio fails: a simulated fault)
        self.high_latency: bool | None = None
        """True while links of high latency send (CONTROL_HIGH_LATENCY); None: they are links as any other."""
        self.quiet: set[int] = set()  # links that carry of streams HEARTBEAT and what is asked for

    # --- identity and services ------------------------------------------------------------------------------------
    @property
    def system_id(self) -> int:
        return self._router.system

    @property
    def component_id(self) -> int:
        return self._router.component

    def identify(self, system_id: int, component_id: int = 1) -> None:
        """Be this system and component from now on (SYSID_THISMAV was set); sequence numbers go on."""
        self._router.system, self._router.component = system_id, component_id
        for listener in self.identity_listeners:
            listener()
        for link in self._links.values():
            link.identify(system_id, component_id)

    def speaks_as(self, component: int) -> bool:
        """True when this component of our system speaks from here."""
        return self._router.is_ours(component)

    def answer_for(self, absent: frozenset[int] | None) -> None:
        """Answer what is for components of our system that nobody has heard: these, None: any."""
        self._router.absent = absent

    def set_signing(self, signing: Signing | None) -> None:
        """From now on frames on links that are not trusted are refused unless signed with this key, and what goes out
        there is signed; on a trusted link too once such a frame has come in. None: all is accepted, nothing signed."""
        self._signing = signing
        for link in self._links.values():
            link.signs = signing is not None and not link.trusted

    @property
    def has_key(self) -> bool:
        """Are frames checked and signed here?"""
        return self._signing is not None

    def add_service(self, service: Service) -> None:
        """Messages go to services in the order in which these were added. ValueError for a name that is no message."""
        self._add(service)

    def add_component(self, component: int, services: Iterable[Service]) -> None:
        """A further component of our system, a gimbal or a camera, speaks from here: its services hear what is for it
        or for all, and send as `component` (`Outgoing`), with sequence numbers of its own."""
        for service in services:
            self._add(service, component)
        self._router.others |= {component}

    def _add(self, service: Service, component: int | None = None) -> None:
        roles = self._audience.add(service, component)
        if TimedService in roles:
            self._timed.append(_Due(cast(TimedService, service)))
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
        """A new link; its number is never used again. `trusted`: loopback or USB, where unsigned secrets may pass.
        `local`: a log, which hears everything also while the links are `muted`. `baud`: of a serial line with a rate:
        telemetry that it is too slow for is dropped, the oldest first. `private`: see `Router`. `take`: of a log that
        nobody else is on: streams encoded with others' are given to it, each frame behind us since 1970 in 8 bytes
        (`services.telemetry.pool`). `shared`: whose it is, its reader and queue, where it is a network's."""
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
        """Forget the link, here and in all services. A second time does nothing."""
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
        """The line has another rate now, and is called so."""
        found = self._links[link]
        found.name = name
        if found.out.line is not None:
            found.out.line.baud = baud

    def links(self) -> tuple[int, ...]:
        return tuple(self._links)

    def routes(self) -> tuple[int, ...]:
        """Links that what is for everybody goes out on: all but those of high latency, or the one route to the other
        side (`LinkRedundancy`)."""
        route = None if self.redundancy is None else self.redundancy.route
        plain = (number for number, link in self._links.items() if not link.high_latency)
        return tuple(plain) if route is None else (route,)

    def trusted(self, link: int) -> bool:
        """False as well for a link that is closed."""
        found = self._links.get(link)
        return found is not None and found.trusted

    def heard(self, system: int, component: int = 0) -> tuple[int, ...]:
        """The links where this sender was heard (component 0: any of the system)."""
        return self._router.links_of(system, component)

    # --- in -------------------------------------------------------------------------------------------------------
    def receive(self, link: int, data: bytes, link_ms: int, vehicle_ms: int) -> None:
        """Bytes that a link has received: frames are handed to the services and forwarded, answers queued."""
        source = self._links[link]
        if not self.muted:
            for frame in source.reader.receive(data, link_ms):
                self._take_frame(source, frame, link_ms, vehicle_ms)

    def take(self, link: int, frame: MavlinkFrame, link_ms: int, vehicle_ms: int) -> bool:
        """A frame that has come in on a shared link, and that may be for this endpoint; False when it was refused."""
        return not self.muted and self._take_frame(self._links[link], frame, link_ms, vehicle_ms)

    def admits(self, link: int, frame: MavlinkFrame) -> bool:
        """May what comes from this sender on this link be passed on? Asked for frames that are for nobody here."""
        return self._signing is None or self._admit(self._links[link], frame, self._signing)

    def give_up_claims(self, link_ms: int, vehicle_ms: int) -> None:
        """All links were looked at, and what had come in was received: a begun frame whose rest did not come in time is
        none (`FrameReader.give_up`)."""
        for source in tuple(self._links.values()):
            if source.reader.deadline_ms is not None and source.shared is None:
                for frame in source.reader.give_up(link_ms):
                    self._take_frame(source, frame, link_ms, vehicle_ms)

    def claim_deadline_ms(self) -> int | None:
        """Time at which `give_up_claims` is due, link time, ms."""
        deadline: int | None = None
        for source in self._links.values():
            due = None if source.shared is not None else source.reader.deadline_ms
            if due is not None and (deadline is None or due < deadline):
                deadline = due
        return deadline

    def _take_frame(self, source: OpenLink, frame: MavlinkFrame, link_ms: int, vehicle_ms: int) -> bool:
        """False when it was refused."""
        link = source.number
        if self._router.is_echo(frame) or not (self._signing is None or self._admit(source, frame, self._signing)):
            return False
        if self.redundancy is not None and frame.known and not self.redundancy.hear(link, frame, link_ms):
            return True
        if frame.known:
            self._router.hear(link, frame.system, frame.component)
        for hear in self.on_frame:
            hear(link, frame)
        system, component = target_of(frame)
        if self.gates and any(takes(link, frame, system, component) for takes in self.gates):
            return True
        for other in self._router.forward_to(frame, link, system, component):
            target = self._links[other]
            if source.shared is None or source.shared is not target.shared:  # else the network does it, once for all
                self._forward(target, frame)
        if frame.known and self._router.is_for_us(system, component):
            self._dispatch(source, frame, component, link_ms, vehicle_ms)
        return True

    def deliver(self, link: int, frame: MavlinkFrame, link_ms: int, vehicle_ms: int) -> None:
        """Give a frame that the gate has taken from this link to the services now; nothing when the link is closed."""
        source = self._links.get(link)
        if source is not None:
            self._dispatch(source, frame, target_of(frame)[1], link_ms, vehicle_ms)

    def _admit(self, source: OpenLink, frame: MavlinkFrame, signing: Signing) -> bool:
        """True when the frame is signed, or may come in without. (A modem cannot sign what it says.)"""
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
                    self._send_these(speaker.take_outgoing(), speaker)
            except Exception as problem:  # noqa: BLE001 - the edge: see the module
                self._report(problem, f"{type(service).__name__} on {codec.message_name(frame.msg_id)}")

    # --- time -----------------------------------------------------------------------------------------------------
    def handle_timeouts(self, link_ms: int, vehicle_ms: int) -> None:
        """Call every service that has deadlines once with the time on its clock and queue what it has to send."""
        for due in self._timed:
            try:
                due.handle_timeout(link_ms if due.on_link else vehicle_ms)
                said = due.take_outgoing()
                if said:
                    self._send_these(said, due.service)
            except Exception as problem:  # noqa: BLE001 - the edge: see the module
                self._report(problem, f"{type(due.service).__name__} on its deadline")

    def handle_timeout_of(self, service: TimedService, now_ms: int) -> None:
        """Call one service with the time on its clock: only it is due."""
        try:
            service.handle_timeout(now_ms)
            said = service.take_outgoing()
            if said:
                self._send_these(said, service)
        except Exception as problem:  # noqa: BLE001 - the edge: see the module
            self._report(problem, f"{type(service).__name__} on its deadline")

    def next_deadlines(self, besides: TimedService | None = None) -> tuple[int | None, int | None]:
        """(link time, vehicle time) in ms at which a service next wants to be called; None = only on a message.
        `besides`: not counting this one."""
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
        """Queue a message on a link, None = on all `routes`; a link that is closed is passed over. `component`: who
        says it, None: we ourselves."""
        msg_id, payload, extra = codec.payload(message)
        numbers = self.routes() if link is None else (link,) if link in self._links else ()
        for target in [self._links[number] for number in numbers]:
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

    def direct(self, link: int) -> OpenLink | None:
        """The link, where frames that the caller has made need only be queued: not signed, muted, ordered for a slow
        line, full, or of high latency."""
        found = self._links[link]
        held = found.signs or found.out.line is not None or found.out.overflowed or (self.muted and not found.local)
        return None if held or found.high_latency else found

    def next_sequence(self, link: int) -> int:
        """The sequence number of the next frame on this link."""
        return self._links[link].writer.next_sequence

    def writer(self, link: int) -> FrameWriter:
        """The link's writer; frames made with it must be queued by `append(link, data, 0)`, in order."""
        return self._links[link].writer

    def out_queue(self, link: int) -> OutQueue:
        """Queue of the link, for as long as it is open: whoever has its socket looks there."""
        return self._links[link].out

    def take_bytes(self, link: int) -> bytes:
        """Take the bytes that wait on a link that can take them (a serial line: one burst): whole frames, in order."""
        return self._links[link].out.take()

    def queued(self, link: int) -> int:
        """Bytes that wait on the link."""
        return self._links[link].out.size

    def congested(self, link: int) -> bool:
        """Streamed telemetry is to skip this link now."""
        out = self._links[link].out
        return out.size > out.congested

    def overflowed(self, link: int) -> bool:
        """Answers were dropped because the link took nothing for too long: close it. Stays true."""
        return self._links[link].out.overflowed

    def room(self, link: int, most: int) -> int:
        """Bytes that may be queued now without delaying answers: up to `most`, on a line what it carries at once. What
        others say at the same instant on a shared link is no delay."""
        out = self._links[link].out
        return (most + out.congested - CONGESTED if out.line is None else min(most, out.line.burst)) - out.size

    def baud(self, link: int) -> int | None:
        """The rate of a serial line that has one."""
        line = self._links[link].out.line
        return None if line is None else line.baud

    def restart_link(self, link: int) -> None:
        """The link's other end was lost and will be a new one: nothing waits any more, half a frame included."""
        self._links[link].restart()

    def statistics(self, link: int) -> LinkStatistics:
        return self._links[link].statistics()

    def totals(self) -> LinkStatistics:
        """The sums over all links there ever were."""
        sums = LinkStatistics("all")
        for counted in (self._closed, *(link.statistics() for link in self._links.values())):
            sums.add(counted)
        return sums

    def _send_these(self, said: list[Outgoing], service: Speaks) -> None:
        for outgoing in said:
            try:
                self.send(outgoing.message, outgoing.link, outgoing.component)
            except ValueError as problem:  # a field that does not fit: the other messages still go out
                self._report(problem, f"a message of {type(service).__name__}")

    def _forward(self, target: OpenLink, frame: MavlinkFrame) -> None:
        if target.high_latency:
            return
        if target.out.size > target.out.congested:
            target.dropped += 1
        else:
            # As it came: its signature, if any, is its sender's.
            target.push(frame.raw, 1, droppable=is_droppable(frame.msg_id))

    def _queue(self, target: OpenLink, data: bytes, frames: int, droppable: bool) -> None:
        if (self.muted and not target.local) or (target.high_latency and not self.high_latency):
            return
        if target.signs and self._signing is not None:
            target.push_signed(data, frames, self._signing, droppable=droppable)
        else:
            target.push(data, frames, droppable=droppable)
