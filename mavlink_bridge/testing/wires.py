"""Endpoints over lossy wires in memory, in virtual time: real frames with the faults of a bad radio.

As in quinn's `Pair` and trio's `MockClock`, time is a number that jumps to the next event, so hours of retries take
milliseconds and a seed gives one history. Endpoints may have any services: a mission server and a client, a vehicle and
three ground stations.
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
    """Endpoint on its own wire to the hub. `number`: name of the wire at this endpoint; `hub_number`: at the hub."""

    endpoint: Endpoint
    wire: MemoryLink
    number: int
    hub_number: int


class LossyWires:
    """Hub (usually a vehicle) and stations around it, each on its own wire. `loss`, `duplicate`, `reorder`:
    probabilities for each frame and direction. `delay_ms`: delay of a frame. Wire n has the seed `seed` + n. `tick`:
    called at each instant before frames are carried, to run the hub."""

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
        """Start a client at a station (default: the first)."""
        if not self.stations:
            self.station()
        at = station or self.stations[0]
        at.endpoint.add_service(client)
        client.start(self.now_ms)
        return client

    def run(self, until: Callable[[], bool], *, limit_ms: int = 600_000) -> int:
        """Advance time from event to event until `until` holds; returns the duration, ms. AssertionError if no event
        follows, or the limit is exceeded."""
        begin_ms = self.now_ms
        while True:
            self._exchange()
            if until():
                return self.now_ms - begin_ms
            following = self._next_event_ms()
            assert following is not None and following - begin_ms <= limit_ms, "nothing more will happen"
            self.now_ms = max(following, self.now_ms)

    def _exchange(self) -> None:
        """Carry all frames of this instant."""
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
        for endpoint in (self.hub, *(station.endpoint for station in self.stations)):
            events += endpoint.next_deadlines()  # on both clocks, which are one here
        return earliest(events)
