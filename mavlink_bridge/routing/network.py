"""Several endpoints on the same links, like vehicles on one radio network.

All frames that they send wait in one queue, in order. A received frame goes to the endpoint of its target system, or to
all if it has no target; a frame for another party is forwarded once to the links where that was heard (`router`). Each
endpoint has its own sequence numbers, signatures and services, as if it were alone. They do not hear each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Unpack

from autopilot.context.turns import earliest
from autopilot.interface.records import dataclass, field
from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.routing.open_link import CONGESTED, OVERFLOW, LinkTraits, OutQueue
from mavlink_bridge.routing.router import Router, target_of
from mavlink_bridge.routing.tx_queue import TxQueue
from mavlink_bridge.wire.framing import FrameReader, MavlinkFrame

MEMBERS = 250
"""Largest number of endpoints; higher system ids are for ground stations."""
_BURST = 8 * 1024
"""Bytes that one vehicle may send at one time: the streams of all are due together."""
_LEAST_PORTION = 128
"""Bytes of a link between two checks of the time for many endpoints: about six requests, each of which may concern all
of them or start a list."""
_NOBODY = 0


@dataclass(slots=True)
class _SharedLink:
    """Shared link. `numbers`: its number at each endpoint."""

    numbers: list[int]
    out: OutQueue
    reader: FrameReader = field(default_factory=FrameReader)


class Network:
    """`LinkOwner` of several endpoints. `touch(member)`: called before endpoint number `member` gets a frame or a
    link."""

    def __init__(self, endpoints: Sequence[Endpoint], touch: Callable[[int], None] = lambda member: None) -> None:
        self.endpoints = tuple(endpoints)
        self.portion = max(Endpoint.portion // max(len(self.endpoints), 1), _LEAST_PORTION)
        self._touch = touch
        self._links: dict[int, _SharedLink] = {}
        self._last_link = 0
        self._router = Router(_NOBODY, 0)
        self._members: dict[int, tuple[int, ...]] = {}
        for endpoint in self.endpoints:
            endpoint.identity_listeners.append(self._find_members)
        self._find_members()

    def _find_members(self) -> None:
        members: dict[int, tuple[int, ...]] = {}
        for number, endpoint in enumerate(self.endpoints):
            members[endpoint.system_id] = (*members.get(endpoint.system_id, ()), number)
        self._members = members

    # --- links ----------------------------------------------------------------------------------------------------
    def open_link(self, name: str, **traits: Unpack[LinkTraits]) -> int:
        """Open a link of all endpoints; see `Endpoint.open_link`."""
        self._last_link += 1
        room = _BURST * len(self.endpoints)
        baud = traits.pop("baud", None)
        line = None if baud is None else TxQueue(baud)
        shared = _SharedLink([], OutQueue(line, congested=CONGESTED + room, full=OVERFLOW + 2 * room, burst=room))
        ends = (self, shared.reader, shared.out)
        for number, endpoint in enumerate(self.endpoints):
            opened = endpoint.open_link(name, **traits, shared=ends)
            shared.numbers.append(opened)
            self._touch(number)
        self._links[self._last_link] = shared
        self._router.open_link(self._last_link, traits.get("private", False))
        return self._last_link

    def close_link(self, link: int) -> None:
        """Forget a link, here and at all endpoints. A second call does nothing."""
        closed = self._links.pop(link, None)
        if closed is None:
            return
        self._router.close_link(link)
        for number, endpoint in enumerate(self.endpoints):
            endpoint.close_link(closed.numbers[number])
            self._touch(number)

    def links(self) -> tuple[int, ...]:
        return tuple(self._links)

    def number_at_first(self, link: int) -> int | None:
        """Number of a link at the first endpoint; None: it is closed."""
        shared = self._links.get(link)
        return None if shared is None else shared.numbers[0]

    def set_baud(self, link: int, baud: int, name: str) -> None:
        """Set another rate and name of a line."""
        for endpoint, number in zip(self.endpoints, self._links[link].numbers, strict=True):
            endpoint.set_baud(number, baud, name)

    def restart_link(self, link: int) -> None:
        """Clear the link's queue and partial frame after its other end was lost."""
        self._links[link].reader.restart()
        self._links[link].out.clear()

    # --- in -------------------------------------------------------------------------------------------------------
    def receive(self, link: int, data: bytes, link_ms: int, vehicle_ms: int) -> None:
        """Handle received bytes: give frames to their endpoints."""
        for frame in self._links[link].reader.receive(data, link_ms):
            self._take_in(link, frame, link_ms, vehicle_ms)

    def give_up_claims(self, link_ms: int, vehicle_ms: int) -> None:
        for link, shared in tuple(self._links.items()):
            for frame in shared.reader.give_up(link_ms):
                self._take_in(link, frame, link_ms, vehicle_ms)

    def claim_deadline_ms(self) -> int | None:
        """Time of the next `give_up_claims`, link time ms."""
        return earliest(shared.reader.deadline_ms for shared in self._links.values())

    def _take_in(self, link: int, frame: MavlinkFrame, link_ms: int, vehicle_ms: int) -> None:
        shared = self._links.get(link)
        if shared is None:
            return  # an earlier frame has ended the link
        if any(self.endpoints[member].speaks_as(frame.component) for member in self._members.get(frame.system, ())):
            return  # an echo of an own frame
        system, component = target_of(frame)
        others = self._router.forward_to(frame, link, system, component)
        if frame.known:
            self._router.hear(link, frame.system, frame.component)
        members = range(len(self.endpoints)) if system == 0 else self._members.get(system, ())
        admitted = False
        for member in members:
            self._touch(member)
            taken = self.endpoints[member].take(shared.numbers[member], frame, link_ms, vehicle_ms)
            admitted = admitted or taken
        if others and (admitted or (not members and self.endpoints[0].admits(shared.numbers[0], frame))):
            for other in others:
                self.endpoints[0].forward(self._links[other].numbers[0], frame)

    # --- out ------------------------------------------------------------------------------------------------------
    def out_queue(self, link: int) -> OutQueue:
        return self._links[link].out
