"""Sockets and serial lines of a runtime: a hub for each endpoint, one wait for all, and a pipe that wakes it."""

from __future__ import annotations

import time
from collections.abc import Callable

from autopilot.context.turns import earliest
from mavlink_bridge.links.address import LinkError
from mavlink_bridge.links.hub import LinkHub, LinkOwner, Poll
from sortie.config.errors import UserError
from sortie.runtime.node import Node
from sortie.runtime.share import Share
from sortie.runtime.wakeup import WakeupPipe


class Sockets:
    """All links of a runtime to the outside. `on_event(text)` reports links that come and go; `share` limits the time
    for reading."""

    def __init__(self, on_event: Callable[[str], None] | None = None, *, share: Share | None = None) -> None:
        self.poll = Poll()
        self.wakeup = WakeupPipe()
        self.poll.watch(self.wakeup.fileno(), lambda events: self.wakeup.drain())
        self._on_event = on_event
        self._hubs: dict[LinkOwner, LinkHub] = {}
        self.share = Share(time.monotonic) if share is None else share

    def hub(self, endpoint: LinkOwner) -> LinkHub:
        if endpoint not in self._hubs:
            self._hubs[endpoint] = LinkHub(endpoint, self.poll, on_event=self._on_event, has_time=self.share.has_time)
        return self._hubs[endpoint]

    def hubs(self) -> list[LinkHub]:
        """Hubs of all endpoints that have or had links."""
        return list(self._hubs.values())

    def open(self, endpoint: LinkOwner, url: str, link_ms: int) -> str:
        """Open a link or port and return its address, with the chosen port for port 0. UserError for a busy port."""
        try:
            return self.hub(endpoint).open(url, link_ms).name
        except LinkError as error:
            raise UserError(str(error)) from error

    # --- a turn ---------------------------------------------------------------------------------------------------
    def receive(self, node: Node, link_ms: int) -> bool:
        """Pass received bytes to each endpoint of a node; True if it has acted on all of them at once."""
        acted = False
        for endpoint in node.endpoints:
            hub = self._hubs.get(endpoint)
            if hub is not None and hub.receive(link_ms, node.now_ms):
                acted = node.heard(endpoint, link_ms)
        return acted

    def flush(self) -> None:
        """Send all waiting bytes."""
        for hub in self._hubs.values():
            hub.flush()

    def next_deadline_ms(self) -> int | None:
        """Return the earliest link time at which a link must be opened again."""
        deadlines = [hub.next_deadline_ms() for hub in self._hubs.values()]
        return earliest(deadlines)

    @property
    def has_links(self) -> bool:
        """True when a link to the outside exists or existed."""
        return bool(self._hubs)

    # --- the end --------------------------------------------------------------------------------------------------
    def close_links(self) -> None:
        """Send what can be sent at once and close all links. The wakeup pipe stays open."""
        for hub in self._hubs.values():
            hub.close()
        self._hubs.clear()

    def close(self) -> None:
        self.close_links()
        self.poll.close()
        self.wakeup.close()
