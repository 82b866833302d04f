"""How time passes in a session: passes of the service, links in memory carried along, sockets when there are any.

Without sockets link time follows vehicle time, so that nothing depends on the machine. With the first socket it follows
the wall from where it stood, and passes are turns of the run loop.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from mavlink_bridge.links.address import LinkError
from mavlink_bridge.links.hub import LinkHub
from sortie.api.link import SessionLink
from sortie.config.errors import UserError
from sortie.config.link_policy import check_links
from sortie.logs.run_log import LOGGER
from sortie.nodes.vehicle import HORIZON_MS, TICK_MS, Service
from sortie.runtime.run_loop import RunLoop
from sortie.runtime.wakeup import Bell
from sortie.storage.store import Store


def _always() -> bool:
    return True


class SessionClock:
    """Owner of the links of a session. `store` None: nothing is kept on disk, nothing to wait for."""

    def __init__(self, service: Service, store: Store | None) -> None:
        self._service = service
        self._store = store
        self._links: list[SessionLink] = []
        self._hub: LinkHub | None = None
        self._bell: Bell | None = None
        self._loop: RunLoop | None = None

    @property
    def link_ms(self) -> int:
        """Link time now."""
        return self._service.now_ms if self._loop is None else self._loop.link_ms()

    # --- links ----------------------------------------------------------------------------------------------------
    def add(self, link: SessionLink) -> None:
        """Carry this link from now on."""
        self._links.append(link)

    def open(self, url: str, *, signed: bool, insecure: bool) -> None:
        """Open a socket or serial link. UserError when it cannot be opened, or when the network can reach it and it is
        neither `signed` nor allowed by `insecure`."""
        for warning in check_links([url], signed=signed, insecure=insecure):
            LOGGER.warning("%s", warning)
        self._real()
        assert self._hub is not None
        try:
            self._hub.open(url, self.link_ms)
        except LinkError as error:
            raise UserError(str(error)) from error

    def _real(self) -> RunLoop:
        """From now on link time follows the wall."""
        if self._loop is None:
            zero_ms = self._service.now_ms - int(time.monotonic() * 1000.0)
            self._bell = Bell()
            self._hub = LinkHub(self._service.endpoint)
            self._loop = RunLoop(self._service, self._hub, self._bell, 0.0, _always, zero_ms)
        return self._loop

    def exchange(self) -> None:
        """Carry what waits on the links in memory, and the answers to it, until all is still."""
        busy = True
        while busy:
            busy = False
            self._links = [link for link in self._links if not link.closed]
            for link in self._links:
                data = link.carry()
                if data:
                    busy = True
                    self._service.receive(link.number, data, self.link_ms)
                    self._wait_for_disk()
        self._service.endpoint.give_up_claims(self.link_ms, self._service.now_ms)

    def settle(self) -> None:
        """Something was done from outside: let everybody hear of it now."""
        self._service.serve_links(self.link_ms)
        self._wait_for_disk()
        self.exchange()
        if self._hub is not None:
            self._hub.flush()

    def _wait_for_disk(self) -> None:
        """What is acknowledged was written before; vehicle time stands still meanwhile."""
        if self._store is not None and self._store.durable() < self._store.latest():
            self._store.wait(self._store.latest())
            self._service.serve_links(self.link_ms)

    def close(self) -> None:
        """Close all sockets."""
        if self._hub is not None and self._bell is not None:
            self._hub.close()
            self._bell.close()
            self._hub = self._bell = self._loop = None

    # --- time -----------------------------------------------------------------------------------------------------
    def passes(
        self, end_ms: int, done: Callable[[], bool] | None = None, every_ms: int | None = None
    ) -> Iterator[None]:
        """Pass after pass until vehicle time `end_ms` or `done()`, none longer than `every_ms`."""
        service = self._service
        while service.now_ms < end_ms and not (done is not None and done()):
            self._pass(end_ms if every_ms is None else min(end_ms, service.now_ms + every_ms))
            yield

    def step(self, until_ms: int) -> None:
        """One pass, at most to link time `until_ms` (a session's links wait with this)."""
        now_ms = self._service.now_ms
        self._pass(now_ms + min(max(until_ms - self.link_ms, TICK_MS), HORIZON_MS))

    def serve(self, end_ms: int | None, speedup: float) -> None:
        """Follow the wall at `speedup` until vehicle time `end_ms` (None: until interrupted)."""
        loop = self._real()
        loop.set_speedup(speedup, _always)
        try:
            for _ in self.passes(1 << 62 if end_ms is None else end_ms):
                pass
        finally:
            loop.set_speedup(0.0, _always)

    def _pass(self, limit_ms: int) -> None:
        if self._loop is not None:
            self._turn(self._loop, limit_ms)
        else:
            self._service.advance(min(limit_ms, self._next_link_event_ms(limit_ms)))
        self._wait_for_disk()
        self.exchange()

    def _next_link_event_ms(self, default: int) -> int:
        earliest = self._service.next_link_deadline_ms()
        dues = [link.next_deadline_ms() for link in self._links]
        for due in (*dues, self._service.endpoint.claim_deadline_ms()):
            if due is not None and (earliest is None or due < earliest):
                earliest = due
        return default if earliest is None else max(earliest, self._service.now_ms + TICK_MS)

    def _turn(self, loop: RunLoop, limit_ms: int) -> None:
        service = self._service
        service.next_step_ms = lambda: limit_ms
        try:
            loop.turn(lambda: service.now_ms >= limit_ms)
        finally:
            service.next_step_ms = lambda: None
