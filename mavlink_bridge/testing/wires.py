"""Endpoints over lossy wires in memory, in virtual time: real frames, and whatever a bad radio does to them.

The idea is quinn's `Pair` and trio's `MockClock`: time is a number that jumps to the next instant at which anything can
happen, so that hours of retries take milliseconds and one seed gives one history. Nothing here knows what the endpoints
serve: a mission server and a client, a vehicle and three ground stations, two parties of one's own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from autopilot.context.turns import earliest
from autopilot.interface.records import dataclass
from mavlink_bridge.clients.base import Client
from mavlink_bridge.links.memory import MemoryEnd, MemoryLink
from mavlink_bridge.routing.endpoint import Endpoint

_C = TypeVar("_C", bound=Client)


@dataclass
class Station:
    """An endpoint on a wire of its own to the hub. `number` is the hub's name of the wire at this endpoint."""

    endpoint: Endpoint
    wire: MemoryLink
    number: int
    hub_number: int


class LossyWires:
    """A hub (most often a vehicle) and stations around it, each on its own wire. `loss`, `duplicate`, `reorder` are
    probabilities for each frame, each way, `delay_ms` is how long it takes; wire n is seeded with `seed` + n. `tick` is
    called at each instant before anything is carried: what drives the hub besides messages."""

    def __init__(
        self,
        hub: Endpoint,
        *,
        seed: int = 1,
        loss: float = 0.0,
        duplicate: float = 0.0,
        reorder: float = 0.0,
        delay_ms: int = 0,
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        self.hub = hub
        self.now_ms = 0
        self.stations: list[Station] = []
        self._seed = seed
        self._radio = (loss, duplicate, reorder, delay_ms)
        self._tick = tick

    def station(self, system: int = 255, component: int = 190) -> Station:
        """Add a ground station, on a new wire."""
        wire = MemoryLink(self._seed + len(self.stations), *self._radio)
        wire.advance(self.now_ms)
        endpoint = Endpoint(system, component)
        number = endpoint.open_link("hub")
        station = Station(endpoint, wire, number, self.hub.open_link(f"station {len(self.stations) + 1}"))
        self.stations.append(station)
        return station

    def add(self, client: _C, station: Station | None = None) -> _C:
        """Start a client at a station (the first one)."""
        if not self.stations:
            self.station()
        at = station or self.stations[0]
        at.endpoint.add_service(client)
        client.start(self.now_ms)
        return client

    def run(self, until: Callable[[], bool], *, limit_ms: int = 600_000) -> int:
        """Time jumps from event to event until `until`; how long that took, ms. AssertionError when nothing more would
        happen, or not within the limit."""
        begin = self.now_ms
        while True:
            self._exchange()
            if until():
                return self.now_ms - begin
            following = self._next_event_ms()
            assert following is not None and following - begin <= limit_ms, "nothing more will happen"
            self.now_ms = max(following, self.now_ms)

    def _exchange(self) -> None:
        """Everything that can happen at this instant."""
        self._tick()
        busy = True
        while busy:
            busy = False
            for station in self.stations:
                station.wire.advance(self.now_ms)
                busy |= self._carry(station.endpoint, station.number, station.wire.a)
                busy |= self._carry(self.hub, station.hub_number, station.wire.b)

    def _carry(self, endpoint: Endpoint, number: int, end: MemoryEnd) -> bool:
        data = end.read()
        if data:
            endpoint.receive(number, data, self.now_ms, self.now_ms)
        endpoint.handle_timeouts(self.now_ms, self.now_ms)
        waiting = endpoint.take_bytes(number)
        if waiting:
            end.write(waiting)
        return bool(data or waiting)

    def _next_event_ms(self) -> int | None:
        events = [station.wire.next_delivery_ms() for station in self.stations]
        events += [station.endpoint.next_deadlines()[0] for station in self.stations]
        events.append(self.hub.next_deadlines()[0])
        return earliest(events)
