"""Nodes that consist of one endpoint with its services: clients of a vehicle, and listeners."""

from __future__ import annotations

from collections.abc import Callable

from autopilot.context.turns import earliest
from mavlink_bridge.routing.endpoint import Endpoint
from sortie.runtime.node import QuietNode


class EndpointNode(QuietNode):
    """Node without a vehicle. Its services receive the vehicle time 0."""

    now_ms = 0

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        return (self._endpoint,)

    def next_link_deadline_ms(self) -> int | None:
        return self._endpoint.next_deadlines()[0]

    def serve_links(self, link_ms: int) -> None:
        """Let the services send what is due."""
        self._endpoint.handle_timeouts(link_ms, self.now_ms)


class VehicleTimeNode(QuietNode):
    """Node that lives in the vehicle time `now_ms` of another node: the depot, a skimmer without autopilot. While
    `present()` is false, it ignores time."""

    def __init__(
        self, endpoint: Endpoint, now_ms: Callable[[], int], present: Callable[[], bool] = lambda: True
    ) -> None:
        self.endpoint = endpoint
        self.endpoints = (endpoint,)
        self._now_ms = now_ms
        self._present = present

    @property
    def now_ms(self) -> int:
        return self._now_ms()

    def next_vehicle_deadline_ms(self) -> int | None:
        """Return the next deadline of its services on either clock, ms."""
        return earliest(self.endpoint.next_deadlines()) if self._present() else None

    def serve_links(self, link_ms: int) -> None:
        """Call the services whose deadlines are due."""
        if self._present():
            now_ms = self._now_ms()
            self.endpoint.handle_timeouts(now_ms, now_ms)
