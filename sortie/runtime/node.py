"""Node: a party that a runtime runs. A node has endpoints and deadlines and never waits; the runtime has the clocks and
the links.

A turn has four phases, the same for every node: *receive* (received bytes are passed to its endpoints, `heard` after
each), *decide* (`advance`, `serve_links`; between nodes on wires repeated while they have messages), *commit*
(decisions are recorded), *flush* (waiting bytes of its endpoints are sent). Nothing is sent before the commit.

Link time and vehicle time are in ms. All vehicles of a runtime share one vehicle time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from mavlink_bridge.links.hub import LinkOwner


RUN: Final = 16
"""Instants of streams between two looks at the wall: below half a slice."""


class Node(Protocol):
    """Party on links: a client of a service, a watcher, a vehicle."""

    @property
    def now_ms(self) -> int:
        """Vehicle time, ms; 0 for ever where there is no vehicle."""

    @property
    def endpoints(self) -> tuple[LinkOwner, ...]:
        """Endpoints whose bytes it takes and gives, in the order in which they are heard: the nearer to the vehicle,
        the earlier."""

    def next_link_deadline_ms(self) -> int | None:
        """The earliest link time at which `serve_links` is needed although nothing comes in."""

    def next_vehicle_deadline_ms(self) -> int | None:
        """The earliest vehicle time, of the runtime's vehicles, at which `serve_links` is needed; None: never."""

    def heard(self, endpoint: LinkOwner, link_ms: int) -> None:
        """Note that the bytes received for this endpoint, if any, have been handed to it; others follow."""

    def serve_links(self, link_ms: int) -> None:
        """Act on what came in, or on the new link time."""

    def commit(self, link_ms: int) -> None:
        """Record what was decided since the last time."""


class QuietNode:
    """Base of nodes that leave most calls of a turn unanswered: no deadlines, no decisions, no record."""

    def next_link_deadline_ms(self) -> int | None:
        return None

    def next_vehicle_deadline_ms(self) -> int | None:
        return None

    def heard(self, endpoint: LinkOwner, link_ms: int) -> None:
        """Do nothing: services have taken what came in."""

    def serve_links(self, link_ms: int) -> None:
        """Do nothing: there is nothing to decide."""

    def commit(self, link_ms: int) -> None:
        """Do nothing: no state is kept."""


class VehicleNode(Node, Protocol):
    """A node with a vehicle, whose time passes."""

    most_instants: int
    """Instants at which nothing but streams is due that may be one pass: more than one where nobody takes what is said
    in between."""

    @property
    def look_every_ms(self) -> int:
        """Paced, so much vehicle time may pass at most before its own events are told."""

    def next_vehicle_deadline_ms(self) -> int:
        """The earliest vehicle time at which a pass is needed."""

    def advance(self, until_ms: int, link_ms: int | None = None) -> None:
        """Make one pass: to the earliest of `until_ms`, its deadlines and its own first event. `link_ms` None: link
        time is vehicle time."""

    def look_again(self) -> None:
        """Compute the deadlines anew: a call from outside may have changed them since the last pass."""

    def load(self) -> None:
        """Load what is compiled; called in a thread, once."""

    def beat(self) -> None:
        """Vehicle time stands still: say that it is there."""
