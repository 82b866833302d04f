"""Nodes on wires take turns until an instant is over; delay, loss and a closed window are the wire's."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mavlink_bridge.links.memory import MemoryLink
from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer
from mavlink_bridge.wire.codec import dialect
from mavlink_bridge.wire.framing import FrameWriter, MavlinkFrame
from sortie.nodes.endpoint import VehicleTimeNode
from sortie.runtime.node import QuietNode
from sortie.runtime.runtime import Runtime
from sortie.runtime.wire import EndpointPlug, Wire
from tests.fakes.bystander import Bystander


class Clockwork(QuietNode):
    """A vehicle of whose time 20 ms pass at once."""

    endpoints = ()
    look_every_ms = 50

    def __init__(self) -> None:
        self.now_ms = 0
        self.commits = 0

    def next_vehicle_deadline_ms(self) -> int:
        return self.now_ms + 20

    def advance(self, until_ms: int, link_ms: int | None = None) -> None:
        self.now_ms = min(until_ms, self.now_ms + 20)

    def commit(self, link_ms: int) -> None:
        self.commits += 1

    def load(self) -> None:
        """Nothing."""

    def look_again(self) -> None:
        """Keeps no deadline."""

    def beat(self) -> None:
        """It is there."""


class Counter:
    """A service that answers each PING with the next number, up to `last`, and has begun with 1 if it `serves`."""

    clock: Clock = "vehicle"
    handles = frozenset(("PING",))

    def __init__(self, name: str, log: list[tuple[str, int, int]], *, serves: bool, last: int) -> None:
        self._name, self._log, self._last = name, log, last
        self._out: list[Outgoing] = []
        self._next: int | None = 1 if serves else None

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        self._log.append((self._name, int(message.seq), now_ms))
        if message.seq < self._last:
            self._say(int(message.seq) + 1)

    def handle_timeout(self, now_ms: int) -> None:
        if self._next is not None:
            self._say(self._next)
            self._next = None

    def next_deadline_ms(self) -> int | None:
        return None if self._next is None else 0

    def take_outgoing(self) -> list[Outgoing]:
        out, self._out = self._out, []
        return out

    def link_closed(self, link: int) -> None:
        """Nothing is open."""

    def _say(self, number: int) -> None:
        self._out.append(Outgoing(dialect.MAVLink_ping_message(0, number, 0, 0)))


class Table:
    """Two that play, in a runtime with a clockwork; `log`: (who has heard, number, ms)."""

    def __init__(self, *, last: int = 6, delay_ms: int = 0, window: Callable[[], bool] | None = None) -> None:
        self.log: list[tuple[str, int, int]] = []
        self.runtime, self.clockwork = Runtime(), Clockwork()
        self.runtime.add_vehicle(self.clockwork)
        plugs = []
        for system, name in ((1, "a"), (2, "b")):
            endpoint = Endpoint(system)
            endpoint.add_service(Counter(name, self.log, serves=name == "a", last=last))
            node = VehicleTimeNode(endpoint, lambda: self.clockwork.now_ms)
            self.runtime.add(node)
            plugs.append(EndpointPlug(node, endpoint, "the other"))
        self.wire = Wire(MemoryLink(1, delay_ms=delay_ms), plugs[0], plugs[1], window)
        self.runtime.connect(self.wire)

    @property
    def numbers(self) -> list[int]:
        """What was heard, in order."""
        return [number for _, number, _ in self.log]


def test_all_that_can_be_said_at_an_instant_is_said_at_it() -> None:
    """There and back and there again, in no time."""
    table = Table()
    table.runtime.step(1000)
    assert table.log == [(name, number, 0) for name, number in zip("bababa", range(1, 7), strict=True)]
    assert table.clockwork.now_ms == 0


def test_what_waits_is_committed_once_an_instant() -> None:
    """Of a node without a wire: when all has been said."""
    table = Table()
    heard: list[int] = []
    table.runtime.add(Bystander(commit=lambda: heard.append(len(table.log))))
    table.runtime.step(1000)
    assert heard == [6]


def test_a_wire_has_a_delay() -> None:
    """Time goes on to the next arrival."""
    table = Table(last=3, delay_ms=70)
    while table.clockwork.now_ms < 400:
        table.runtime.step(1000)
    assert [ms for _, _, ms in table.log] == [70, 140, 210]


def test_a_closed_window_loses_everything_and_an_open_one_what_it_did_before() -> None:
    """Its loss is not forgotten meanwhile."""
    is_open = [False]
    table = Table(window=lambda: is_open[0])
    table.wire.loss = 0.25
    assert table.wire.link.loss == 1.0 and table.wire.loss == 0.25
    table.runtime.step(1000)
    assert table.numbers == []
    is_open[0] = True
    table.runtime.step(1000)
    assert table.wire.link.loss == 0.25


def test_nobody_is_there() -> None:
    """What comes is not heard, and nothing is sent."""
    there = [True]
    endpoint, heard = Endpoint(1), list[MavlinkFrame]()
    endpoint.on_frame.append(lambda link, frame: heard.append(frame))
    node = VehicleTimeNode(endpoint, lambda: 0)
    plug = EndpointPlug(node, endpoint, "radio", lambda: there[0])
    ping = FrameWriter(9, 1).frame(4, bytes(14), 237)
    for gone in (False, True):
        there[0] = not gone
        plug.hand(ping, 0)
        endpoint.send(dialect.MAVLink_ping_message(0, 1, 0, 0))
        assert bool(plug.take()) is not gone
    assert len(heard) == 1


@pytest.mark.parametrize("stirred", [False, True])
def test_who_is_stirred_looks_once_more(stirred: bool) -> None:
    """Something that no wire tells has happened in the middle of an instant."""
    table, looks = Table(last=1), [0]

    def look() -> None:
        looks[0] += 1
        if stirred and looks[0] == 1:
            table.runtime.stir()

    class Looking(VehicleTimeNode):
        def serve_links(self, link_ms: int) -> None:
            look()
            super().serve_links(link_ms)

    node = Looking(Endpoint(3), lambda: table.clockwork.now_ms)
    other = VehicleTimeNode(Endpoint(4), lambda: table.clockwork.now_ms)
    table.runtime.add(node)
    table.runtime.add(other)
    ends = EndpointPlug(node, node.endpoint, "x"), EndpointPlug(other, other.endpoint, "y")
    table.runtime.connect(Wire(MemoryLink(2), *ends))
    table.runtime.step(1000)
    assert looks[0] == (2 if stirred else 1)


def test_a_node_that_leaves_takes_its_wires_with_it() -> None:
    """Nobody hears it any more, and time passes."""
    table = Table(last=1000, delay_ms=100)
    table.runtime.step(1000)
    table.runtime.remove(table.wire.b.node)
    for _ in range(20):
        table.runtime.step(1000)
    assert table.numbers == []
