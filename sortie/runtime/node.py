"""Node: a party that a runtime runs. A node has endpoints and deadlines and never waits; the runtime has the clocks and
the links.

A turn has four phases, the same for every node: *receive* (received bytes are passed to its endpoints, `heard` after
each of those that got some), *decide* (`advance`, `serve_links`; between nodes on wires repeated while they have
messages), *commit* (decisions are recorded), *flush* (waiting bytes of its endpoints are sent). Nothing is sent before
the commit.

Link time and vehicle time are in ms. All vehicles of a runtime share one vehicle time.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol

from mavlink_bridge.links.hub import LinkOwner

RUN: Final = 16
"""Most stream instants in one pass without a look at real time: less than half of a slice."""


class Node(Protocol):
    """Party that a runtime runs: a client, an observer, a vehicle."""

    @property
    def now_ms(self) -> int:
        """Vehicle time, ms; always 0 without a vehicle."""

    @property
    def endpoints(self) -> tuple[LinkOwner, ...]:
        """Endpoints of the node in the order in which they receive; those nearer to the vehicle come first."""

    def next_link_deadline_ms(self) -> int | None:
        """Earliest link time at which `serve_links` must be called without input."""

    def next_vehicle_deadline_ms(self) -> int | None:
        """Earliest vehicle time at which `serve_links` must be called; None: never."""

    def heard(self, endpoint: LinkOwner, link_ms: int) -> bool:
        """Act on the bytes that this endpoint has just received, unless `serve_links` is to do it; True if it has
        acted."""

    def serve_links(self, link_ms: int) -> None:
        """Act on received messages, or on the new link time."""

    def commit(self, link_ms: int) -> None:
        """Record the decisions since the last call."""


class QuietNode:
    """Base of nodes that need few calls of a turn: no deadlines, no decisions, no records."""

    def next_link_deadline_ms(self) -> int | None:
        return None

    def next_vehicle_deadline_ms(self) -> int | None:
        return None

    def heard(self, endpoint: LinkOwner, link_ms: int) -> bool:
        """Do nothing: the services have taken all messages."""
        return False

    def serve_links(self, link_ms: int) -> None:
        """Do nothing: there is nothing to decide."""

    def commit(self, link_ms: int) -> None:
        """Do nothing: no state is kept."""


class VehicleNode(Node, Protocol):
    """Node with a vehicle whose time advances."""

    most_instants: int
    """Number of stream instants that one pass may cover; above 1 only when nothing reads the messages in between."""

    @property
    def look_every_ms(self) -> int:
        """Longest step of vehicle time in a paced run, ms: an event of the vehicle is reported after at most this
        time."""

    def next_vehicle_deadline_ms(self) -> int:
        """Earliest vehicle time at which a pass is needed."""

    def advance(self, until_ms: int, link_ms: int | None = None) -> None:
        """Make one pass, up to the earliest of `until_ms`, the deadlines, and the first event of the vehicle. `link_ms`
        None: link time is vehicle time."""

    def look_again(self) -> None:
        """Compute the deadlines again, because a call from outside may have changed them."""

    def load(self) -> None:
        """Load the compiled kernel. Called once, in a thread."""

    def beat(self) -> None:
        """Send a HEARTBEAT although vehicle time stands still."""


def first_due_ms(nodes: Iterable[Node], until_ms: int) -> int:
    """Earliest vehicle time for which a node is due, at most `until_ms`, ms."""
    for node in nodes:
        due = node.next_vehicle_deadline_ms()
        if due is not None and due < until_ms:
            until_ms = due
    return until_ms
