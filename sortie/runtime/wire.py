"""Wires between nodes of a runtime: links in memory, and the turns of the nodes on them.

In its turn a node receives its messages, checks the time, commits, and sends its messages on its wires. The nodes take
turns in their order, again and again, until no message is left. Then this instant is over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol

from mavlink_bridge.links.hub import LinkOwner
from mavlink_bridge.links.memory import Medium, MemoryEnd
from sortie.runtime.node import Node

if TYPE_CHECKING:
    from mavlink_bridge.links.radio.profile import RadioProfile


class Plug(Protocol):
    @property
    def node(self) -> Node: ...
    @property
    def full(self) -> bool:
        """True while it accepts no bytes; the sender keeps them."""

    def take(self) -> bytes:
        """Take whole frames that the node wants to send."""

    def hand(self, data: bytes, link_ms: int) -> None:
        """Pass received bytes to the node, which acts on them in this turn."""


class EndpointPlug:
    """Link of a node's endpoint on a wire. While `present()` is false, received bytes are dropped and nothing is sent.
    `radio`: the profile that limits the link."""

    full = False

    def __init__(
        self,
        node: Node,
        endpoint: LinkOwner,
        name: str,
        present: Callable[[], bool] = lambda: True,
        *,
        trusted: bool = True,
        radio: RadioProfile | None = None,
    ) -> None:
        self.node = node
        baud, high_latency = (None, False) if radio is None else (radio.baud, radio.high_latency)
        self.number = endpoint.open_link(name, trusted=trusted, baud=baud, high_latency=high_latency)
        self._endpoint = endpoint
        self._queue = endpoint.out_queue(self.number)
        self._present = present

    def take(self) -> bytes:
        """Take the bytes that wait on the link. After an overflow it goes on: the medium takes bytes again, and has no
        connection that could be closed."""
        data = self._queue.take()
        if not data:
            return data
        self._queue.overflowed = False
        return data if self._present() else b""

    def hand(self, data: bytes, link_ms: int) -> None:
        """Pass received bytes to the endpoint's services."""
        if self._present():
            self._endpoint.receive(self.number, data, link_ms, self.node.now_ms)


class Wire:
    """Connection of `a` and `b` through the medium `link`, which has delay and seed. While `window()` is false,
    everything is lost."""

    def __init__(self, link: Medium, a: Plug, b: Plug, window: Callable[[], bool] | None = None) -> None:
        self.link = link
        self.a = a
        self.b = b
        self._window = window
        self._loss = link.loss

    @property
    def loss(self) -> float:
        """Loss probability for each frame while the window is open."""
        return self.link.loss if self._window is None else self._loss

    @loss.setter
    def loss(self, loss: float) -> None:
        self._loss = self.link.loss = loss
        self._look()

    def advance(self, link_ms: int) -> None:
        """Advance to `link_ms`: deliver due frames and update the window."""
        self.link.advance(link_ms)
        self._look()

    def _look(self) -> None:
        if self._window is not None:
            self.link.loss = self._loss if self._window() else 1.0


class _Seat:
    """Node with its ends of wires: (end of the medium, own plug, plug at the other end)."""

    __slots__ = ("ends", "leads", "node")

    def __init__(self, node: Node, *, leads: bool) -> None:
        self.node = node
        self.leads = leads
        self.ends: list[tuple[MemoryEnd, Plug, Plug]] = []

    @property
    def waited_for(self) -> bool:
        """True when bytes have arrived for the node."""
        for end, _, _ in self.ends:  # noqa: SIM110 - asked of every node in every round
            if end.waiting:
                return True
        return False

    def turn(self, link_ms: int) -> None:
        for end, plug, _ in self.ends:
            data = end.read()
            if data:
                plug.hand(data, link_ms)
        self.node.serve_links(link_ms)
        self.speak(link_ms)

    def speak(self, link_ms: int) -> None:
        """Commit, then put waiting bytes on the wires."""
        self.node.commit(link_ms)
        for end, plug, other in self.ends:
            if not other.full and not end.pending:
                data = plug.take()
                if data:
                    end.write(data)


class Wires:
    """All wires of a runtime. Nodes without a wire are served first in every round, because others may depend on
    them."""

    def __init__(self) -> None:
        self._wires: list[Wire] = []
        self._seats: list[_Seat] = []
        self._free: list[Node] = []
        self._stirred = False

    def __bool__(self) -> bool:
        return bool(self._wires)

    def arrange(self, nodes: Iterable[Node], vehicles: Iterable[Node], wires: Iterable[Wire] | None = None) -> None:
        """Set the nodes in their order. `vehicles` are those that have already served the time after they moved.
        `wires` None keeps the current ones."""
        if wires is not None:
            self._wires = list(wires)
        leading = list(vehicles)
        self._seats, self._free = [], []
        for node in nodes:
            seat = _Seat(node, leads=any(node is vehicle for vehicle in leading))
            for wire in self._wires:
                for end, plug, other in ((wire.link.a, wire.a, wire.b), (wire.link.b, wire.b, wire.a)):
                    if plug.node is node:
                        seat.ends.append((end, plug, other))
            if seat.ends:
                self._seats.append(seat)
            else:
                self._free.append(node)

    def all(self) -> tuple[Wire, ...]:
        return tuple(self._wires)

    def stir(self) -> None:
        """Note an event that no wire carries: all nodes are served once more at this instant."""
        self._stirred = True

    def next_deadline_ms(self) -> int | None:
        """Return the time at which the next frame arrives on any wire, ms."""
        earliest: int | None = None
        for wire in self._wires:
            due = wire.link.next_delivery_ms()
            if due is not None and (earliest is None or due < earliest):
                earliest = due
        return earliest

    def exchange(self, at_ms: Callable[[Node], int], link_ms: int, *, looking: bool = False) -> None:
        """Let the nodes take turns until no message is left. `at_ms(node)`: link time of a node; `link_ms`: of the
        wires. `looking`: time has advanced, so nodes without vehicle serve it."""
        for wire in self._wires:
            wire.advance(link_ms)
        spoken = False
        while True:
            for node in self._free:
                node.serve_links(at_ms(node))
            stirred, self._stirred = self._stirred, False
            if not spoken:
                spoken = True
                for seat in self._seats:
                    seat.speak(at_ms(seat.node))
            moved = False
            for seat in self._seats:
                if stirred or self._stirred or (looking and not seat.leads) or seat.waited_for:
                    seat.turn(at_ms(seat.node))
                    moved = True
            looking = False
            if not moved:
                return
