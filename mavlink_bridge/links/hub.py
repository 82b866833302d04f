"""Links of one endpoint: everything between file descriptors and `Endpoint`.

A pass of the program is: `Poll.wait` until something is readable or writable, `receive` to give bytes to the endpoint,
autopilot and services, then `flush` to write. The hub also accepts clients, removes ended links, reconnects, and
disconnects a stream whose queue has overflowed. Hubs of several endpoints share one `Poll`.
"""

from __future__ import annotations

import select
import selectors
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, Unpack

from mavlink_bridge.links.address import LinkSpec, parse_link
from mavlink_bridge.links.base import Link, Port
from mavlink_bridge.links.tcp import TcpClient, TcpPort
from mavlink_bridge.links.udp import UdpOut, UdpPort
from mavlink_bridge.routing.open_link import LinkTraits, OutQueue

if TYPE_CHECKING:
    from mavlink_bridge.links.serial import SerialLink

_EXPIRE_EVERY_MS = 1000
_EPOLL = getattr(selectors, "EpollSelector", ())
_EPOLL_S = 0.001
"""Resolution of Python's epoll, s."""
_FD_SETSIZE = 1024


def make_link(
    spec: LinkSpec, report: Callable[[str], None] = lambda text: None
) -> UdpOut | UdpPort | TcpPort | TcpClient | SerialLink:
    """Link or port of an address, not open yet. `report`: see `SerialLink` and `TcpClient`."""
    if spec.kind == "udpout":
        return UdpOut(spec)
    if spec.kind == "udpin":
        return UdpPort(spec)
    if spec.kind == "tcpin":
        return TcpPort(spec)
    if spec.kind == "tcp":
        return TcpClient(spec, report=report)
    from mavlink_bridge.links.serial import SerialLink  # needed for serial links only

    return SerialLink(spec, report=report)


def line_baud(spec: LinkSpec) -> int | None:
    """Baud rate of a UART or of a pseudo-terminal, which stands for one; None for other links."""
    if spec.kind != "serial":
        return None
    from mavlink_bridge.links.serial_ports import is_native_usb  # needed for serial links only

    return None if is_native_usb(spec.path) else spec.baud


def always() -> bool:
    """True: there is time for more."""
    return True


class Poll:
    """Wait for the descriptors of a whole program: of hubs and others."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()

    def wait(self, timeout_s: float) -> bool:
        """Wait until a descriptor is ready, at most `timeout_s` (0: only check), and call those that watch it. True if
        one is."""
        if 0.0 < timeout_s < _EPOLL_S and isinstance(self._selector, _EPOLL):
            timeout_s = self._nap(timeout_s)
        ready = self._selector.select(timeout_s)
        if not ready and timeout_s:  # after SIGSTOP and SIGCONT it does not look again when its time is over
            ready = self._selector.select(0.0)
        for key, mask in ready:
            key.data(mask)
        return bool(ready)

    def _nap(self, timeout_s: float) -> float:
        """Sleep for less than epoll's resolution by select, which has microseconds and can watch an epoll. Returns the
        rest of the time, all of it where select cannot watch this descriptor."""
        if sys.platform != "linux":
            return timeout_s
        descriptor = self._selector.fileno()
        if descriptor >= _FD_SETSIZE:
            return timeout_s
        select.select((descriptor,), (), (), timeout_s)
        return 0.0

    def watch(self, descriptor: int, callback: Callable[[int], None], events: int = selectors.EVENT_READ) -> None:
        """Call `callback(events)` in `wait` when the descriptor is ready for one of `events` (of `selectors`)."""
        self._selector.register(descriptor, events, callback)

    def change(self, descriptor: int, callback: Callable[[int], None], events: int) -> None:
        """Watch a descriptor for other `events`."""
        self._selector.modify(descriptor, events, callback)

    def forget(self, descriptor: int) -> None:
        self._selector.unregister(descriptor)

    def close(self) -> None:
        """Forget all descriptors without closing them."""
        self._selector.close()


class LinkOwner(Protocol):
    """Owner of links: an `Endpoint`, or a `Network` of several."""

    @property
    def portion(self) -> int:
        """Bytes of a link to process between two checks of the time."""

    def open_link(self, name: str, **traits: Unpack[LinkTraits]) -> int: ...
    def close_link(self, link: int) -> None: ...
    def set_baud(self, link: int, baud: int, name: str) -> None: ...
    def restart_link(self, link: int) -> None: ...
    def receive(self, link: int, data: bytes, link_ms: int, vehicle_ms: int) -> None: ...
    def give_up_claims(self, link_ms: int, vehicle_ms: int) -> None: ...
    def claim_deadline_ms(self) -> int | None: ...
    def out_queue(self, link: int) -> OutQueue: ...


class LinkHub:
    """Links of one endpoint. `on_event(text)`: a line for the log about each link that opens or ends. `poll`: shared
    with others, who wait and close it; None: its own. `has_time()`: asked before each further portion of received
    bytes; if False, the rest waits for the next `receive`, so that links take turns."""

    def __init__(
        self,
        endpoint: LinkOwner,
        poll: Poll | None = None,
        *,
        on_event: Callable[[str], None] | None = None,
        has_time: Callable[[], bool] = always,
    ) -> None:
        self.owner = endpoint
        self._on_event = on_event
        self._poll = Poll() if poll is None else poll
        self._own_poll = poll is None
        self._registered: dict[Link, tuple[int, int]] = {}
        self._numbers: dict[Link, int] = {}
        self._queues: dict[Link, OutQueue] = {}
        self._ports: dict[Port, LinkSpec] = {}
        self._ready: dict[Link | Port, int] = {}
        self._unread: dict[Link, bytes] = {}
        self._heard: set[Link] = set()  # read since the last `flush`
        self._has_time = has_time
        self._expire_ms = 0

    # --- links ----------------------------------------------------------------------------------------------------
    def open(self, address: str | LinkSpec, now_ms: int) -> Link | Port:
        """Open a link or port by its address. LinkError with a line that says why it is not possible."""
        spec = parse_link(address) if isinstance(address, str) else address
        opened = make_link(spec, self._report)
        opened.open(now_ms)
        if isinstance(opened, TcpPort | UdpPort):
            self._add_port(opened, spec)
        else:
            self.add(opened, trusted=spec.is_trusted, baud=line_baud(spec), private=spec.private, quiet=spec.quiet)
        return opened

    def add(self, link: Link, **traits: Unpack[LinkTraits]) -> int:
        """Add an open link; returns its number at the endpoint."""
        number = self.owner.open_link(link.name, **traits)
        self._numbers[link] = number
        self._queues[link] = self.owner.out_queue(number)
        self._register(link)
        return number

    def set_baud(self, link: Link, baud: int) -> None:
        """Set another rate of a line; bytes at the old rate begin no frame."""
        number = self._numbers[link]
        self.owner.set_baud(number, baud, link.name)
        self.owner.restart_link(number)

    def remove(self, link: Link, reason: str) -> None:
        """Close a link that has ended, and report why."""
        if link in self._numbers:
            number = self._close(link)
            self._report(f"link {number} {link.name} ended: {reason}")

    def _close(self, link: Link) -> int:
        number = self._numbers.pop(link)
        del self._queues[link]
        self._ready.pop(link, None)
        self._unread.pop(link, None)
        self._heard.discard(link)
        self._unregister(link)
        link.close()
        self.owner.close_link(number)
        return number

    def absent(self) -> list[str]:
        """Names of streams without another end: nothing listens, or the device is unplugged."""
        return [link.name for link in self._numbers if not (link.present or link.lossy)]

    def links(self) -> dict[int, Link]:
        """Open links by their numbers at the endpoint."""
        return {number: link for link, number in self._numbers.items()}

    def close(self) -> None:
        """Send what can be sent at once, and close everything."""
        self.flush()
        for link in list(self._numbers):
            self._close(link)
        for port in self._ports:
            descriptor = port.fileno()
            if descriptor is not None:
                self._poll.forget(descriptor)
            port.close()
        self._ports.clear()
        if self._own_poll:
            self._poll.close()

    # --- a pass ---------------------------------------------------------------------------------------------------
    def wait(self, timeout_s: float) -> bool:
        return self._poll.wait(timeout_s)

    def receive(self, link_ms: int, vehicle_ms: int) -> bool:
        """Give received bytes to the endpoint with the time on both clocks, accept clients, and remove ended links;
        False if nothing had come."""
        came = self._waits
        self._take_ready(link_ms, vehicle_ms)
        due_ms = self.owner.claim_deadline_ms()
        if due_ms is not None and due_ms <= link_ms and not self._waits:
            # Unread bytes have arrived in time: the program may have been late, not the sender.
            self._poll.wait(0.0)
            self._take_ready(link_ms, vehicle_ms)
            if not self._waits:
                self.owner.give_up_claims(link_ms, vehicle_ms)
            came = True
        self._maintain(link_ms)
        return came

    @property
    def _waits(self) -> bool:
        """True if there are unread bytes."""
        return bool(self._ready or self._unread)

    def _take_ready(self, link_ms: int, vehicle_ms: int) -> None:
        """Read, beginning with what was left over, in that order."""
        for link in tuple(self._unread):
            self._hand_over(link, self._unread.pop(link), link_ms, vehicle_ms)
            if link not in self._unread:
                self._read(link, link_ms, vehicle_ms)
            if not self._has_time():
                return
        for source in tuple(self._ready):
            mask = self._ready.pop(source)
            if source in self._ports:
                self._serve_port(source, link_ms, vehicle_ms)
            elif source in self._numbers:
                self._serve_link(source, mask, link_ms, vehicle_ms)
            if not self._has_time():
                return

    def flush(self) -> None:
        """Write what the endpoint has to every ready link, and let those acknowledge that have read; disconnect those
        that have overflowed."""
        for link, queue in tuple(self._queues.items()):
            if queue.overflowed:
                self._give_up(link, self._numbers[link])
            elif queue.size:
                if not link.connected:
                    queue.take()
                elif not link.pending:
                    link.write(queue.take())
                    self._register(link)
            if queue.burst and queue.line is None:
                queue.judge(link.pending)
        for link in self._heard:
            link.flush()
        self._heard.clear()

    def next_deadline_ms(self) -> int | None:
        """Link time at which `receive` should run without new bytes (reconnects, partial frames; 0: at once for unread
        bytes); None: not needed."""
        if self._waits:
            return 0
        due_ms = self.owner.claim_deadline_ms()
        for link in self._numbers:  # without `earliest` and its list: asked for each message
            link_ms = link.next_deadline_ms()
            if link_ms is not None and (due_ms is None or link_ms < due_ms):
                due_ms = link_ms
        return due_ms

    def stalled(self, largest: int) -> list[int]:
        """Streams (not UDP) whose medium takes nothing while more than `largest` bytes wait. A faster-than-real-time
        run waits for these."""
        return [
            number
            for link, number in self._numbers.items()
            if not link.lossy and link.pending and link.pending + self._queues[link].size > largest
        ]

    def addressed(self) -> list[tuple[int, Link]]:
        """Links with bytes that wait for a present receiver, and their numbers."""
        return [
            (number, link)
            for link, number in self._numbers.items()
            if link.present and (link.pending or self._queues[link].size)
        ]

    # --- internal -------------------------------------------------------------------------------------------------
    def _add_port(self, port: Port, spec: LinkSpec) -> None:
        descriptor = port.fileno()
        if descriptor is not None:
            self._poll.watch(descriptor, self._noting(port))
        self._ports[port] = spec

    def _noting(self, source: Link | Port) -> Callable[[int], None]:
        """Callback of the poll that notes a ready link or port for `receive`."""

        def note(mask: int) -> None:
            self._ready[source] = self._ready.get(source, 0) | mask

        return note

    def _serve_link(self, link: Link, mask: int, link_ms: int, vehicle_ms: int) -> None:
        if mask & selectors.EVENT_WRITE:
            link.flush()
        if mask & selectors.EVENT_READ:
            self._read(link, link_ms, vehicle_ms)
        self._register(link)

    def _serve_port(self, port: Port, link_ms: int, vehicle_ms: int) -> None:
        for link in port.accept(link_ms):
            spec = self._ports[port]
            number = self.add(link, trusted=spec.is_trusted, private=spec.private, quiet=spec.quiet)
            self._report(f"link {number} {link.name} opened")
        for link in port.readable():
            self._read(link, link_ms, vehicle_ms)
        for link in [link for link in self._numbers if link.lossy and not link.connected]:
            self.remove(link, "its place was taken")  # by a new peer

    def _read(self, link: Link, link_ms: int, vehicle_ms: int) -> None:
        number = self._numbers.get(link)
        if number is None or link in self._unread:
            return
        data = link.read()
        if data:
            self._heard.add(link)
            self._hand_over(link, data, link_ms, vehicle_ms)
        elif data is None:
            self.remove(link, "the other end has closed it")
        elif not link.connected:
            self.owner.restart_link(number)

    def _hand_over(self, link: Link, data: bytes, link_ms: int, vehicle_ms: int) -> None:
        """Give bytes to the endpoint, at least one portion."""
        number, portion = self._numbers.get(link), self.owner.portion
        for begin in range(0, len(data), portion):
            if link not in self._numbers or number is None:
                return  # the portion before has ended the link
            if begin and not self._has_time():
                self._unread[link] = data[begin:]
                return
            self.owner.receive(number, data[begin : begin + portion], link_ms, vehicle_ms)

    def _give_up(self, link: Link, number: int) -> None:
        """Disconnect a link whose other end reads nothing. A link that we opened is opened again; a client may
        reconnect."""
        from mavlink_bridge.links.serial import SerialLink  # as in `make_link`

        reason = "it does not read, and answers were waiting beyond the limit"
        if not isinstance(link, SerialLink | TcpClient):
            self.remove(link, reason)
            return
        self._unregister(link)
        link.hang_up()
        self.owner.restart_link(number)
        self._report(f"link {number} {link.name} is opened anew: {reason}")

    def _maintain(self, link_ms: int) -> None:
        for link in list(self._numbers):
            deadline_ms = link.next_deadline_ms()
            if deadline_ms is not None and deadline_ms <= link_ms:
                link.maintain(link_ms)
                self._register(link)
        if link_ms >= self._expire_ms:
            self._expire_ms = link_ms + _EXPIRE_EVERY_MS
            for port in self._ports:
                for link in port.expire(link_ms):
                    self.remove(link, "silent for too long")

    def _register(self, link: Link) -> None:
        """Watch the link's present descriptor for what it needs now."""
        descriptor = link.fileno()
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if link.wants_write else 0)
        registered = self._registered.get(link)
        if descriptor is None:
            self._unregister(link)
        elif registered is None or registered[0] != descriptor:
            self._unregister(link)
            self._poll.watch(descriptor, self._noting(link), events)
            self._registered[link] = (descriptor, events)
        elif registered[1] != events:
            self._poll.change(descriptor, self._noting(link), events)
            self._registered[link] = (descriptor, events)

    def _unregister(self, link: Link) -> None:
        registered = self._registered.pop(link, None)
        if registered is not None:
            self._poll.forget(registered[0])

    def _report(self, text: str) -> None:
        if self._on_event is not None:
            self._on_event(text)
