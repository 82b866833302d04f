"""An endpoint with its services as a node: what a client of a service is, and whoever only listens."""

from __future__ import annotations

from collections.abc import Callable

from mavlink_bridge.endpoint import Endpoint
from mavlink_bridge.links.hub import LinkOwner


class EndpointNode:
    """`vehicle_ms`: the vehicle time that its services are given; without one it is 0."""

    def __init__(self, endpoint: Endpoint, vehicle_ms: Callable[[], int] = lambda: 0) -> None:
        self._endpoint = endpoint
        self._vehicle_ms = vehicle_ms

    @property
    def now_ms(self) -> int:
        return self._vehicle_ms()

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        return (self._endpoint,)

    def next_link_deadline_ms(self) -> int | None:
        return self._endpoint.next_deadlines()[0]

    def heard(self, endpoint: LinkOwner, link_ms: int) -> None:
        """Its services have been given everything."""

    def serve_links(self, link_ms: int) -> None:
        """Let the services send what is due."""
        self._endpoint.handle_timeouts(link_ms, self.now_ms)

    def commit(self, link_ms: int) -> None:
        """Nothing is kept."""
