"""A vehicle and stations over links in memory, in virtual time: real frames and endpoints, whatever a radio does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autopilot.journal import MemoryJournal
from mavlink_bridge.endpoint import Endpoint
from mavlink_bridge.links.memory import MemoryEnd, MemoryLink
from mavlink_bridge.services.mission import MissionService
from tests.fakes.mission_core import FakeMissionCore


class Station:
    """A ground station: an endpoint with clients, on a link of its own."""

    def __init__(self, system: int, component: int, link: MemoryLink) -> None:
        self.endpoint = Endpoint(system, component)
        self.number = self.endpoint.open_link("vehicle")
        self.link = link


class TwoEnds:
    """`loss`, `duplicate`, `reorder` are probabilities for each frame, each way. One link for each station."""

    def __init__(self, kind: str = "copter", *, seed: int = 1, **radio: Any) -> None:
        self.core = FakeMissionCore(kind)
        self.journal = MemoryJournal()
        self.service = MissionService(self.core, self.journal)
        self.vehicle = Endpoint(1, 1)
        self.vehicle.add_service(self.service)
        self.now_ms = 0
        self.stations: list[Station] = []
        self._numbers: list[int] = []
        self._seed = seed
        self._radio = radio

    def station(self, system: int = 255, component: int = 190) -> Station:
        link = MemoryLink(self._seed + len(self.stations), **self._radio)
        link.advance(self.now_ms)
        station = Station(system, component, link)
        self.stations.append(station)
        self._numbers.append(self.vehicle.open_link(f"station {len(self.stations)}"))
        return station

    def add(self, client: Any, station: Station | None = None) -> Any:
        """Start a client at a station (the first one)."""
        if not self.stations:
            self.station()
        at = station or self.stations[0]
        at.endpoint.add_service(client)
        client.start(self.now_ms)
        return client

    def run(self, until: Callable[[], bool], *, limit_ms: int = 600_000) -> int:
        """Time jumps from event to event until `until`; returns how long it took, ms."""
        begin = self.now_ms
        while True:
            self._exchange()
            if until():
                return self.now_ms - begin
            following = self._next_event()
            assert following is not None and following - begin <= limit_ms, "nothing more will happen"
            self.now_ms = max(following, self.now_ms)

    def _exchange(self) -> None:
        """Everything that can happen at this instant."""
        self._timeouts()
        busy = True
        while busy:
            busy = False
            for station, number in zip(self.stations, self._numbers, strict=True):
                station.link.advance(self.now_ms)
                busy |= self._carry(station.endpoint, station.number, station.link.a)
                busy |= self._carry(self.vehicle, number, station.link.b)

    def _carry(self, endpoint: Endpoint, number: int, end: MemoryEnd) -> bool:
        data = end.read()
        if data:
            endpoint.receive(number, data, self.now_ms, self.now_ms)
        endpoint.handle_timeouts(self.now_ms, self.now_ms)
        waiting = endpoint.take_bytes(number)
        if waiting:
            end.write(waiting)
        return bool(data or waiting)

    def _timeouts(self) -> None:
        self.core.tick()

    def _next_event(self) -> int | None:
        events = [station.link.next_delivery_ms() for station in self.stations]
        events += [station.endpoint.next_deadlines()[0] for station in self.stations]
        events.append(self.vehicle.next_deadlines()[0])
        return min((event for event in events if event is not None), default=None)
