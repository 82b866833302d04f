"""Node of the page on the link; other threads pass it work through a queue.

`watch` handles messages and requests. This module passes work into the runtime's thread (`call`), and the state to all
viewers, `RATE_HZ` times a second (`listeners`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, Final

import msgspec

from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.routing.service import Message
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.framing import FrameWriter, MavlinkFrame
from mavlink_bridge.wire.signing import Signing
from sortie.logs.run_log import log_error
from sortie.nodes.client import COMPONENT, SYSTEM
from sortie.runtime.node import QuietNode
from sortie.runtime.runtime import Runtime
from sortie.web.requests import AnyRequest
from sortie.web.traffic import Traffic
from sortie.web.watch import Reply, VehicleWatch

RATE_HZ: Final = 4
_PERIOD_MS: Final = 1000 // RATE_HZ
_LOOK_MS: Final = 2000
"""Interval of checks for missing links, ms."""


def _complain(problem: Exception, where: str) -> None:
    """Report an error in a service; it must not end the page."""
    print(f"sortie: internal error in {where}: {problem!r}", file=sys.stderr, flush=True)


class WebStation(QuietNode):
    """Node of the page. `runtime`: the runtime that runs it; its real time is link time."""

    now_ms = 0

    def __init__(self, runtime: Runtime, *, control: bool, signing: Signing | None = None) -> None:
        self.traffic = Traffic(lambda: runtime.link_ms)
        self.watch = VehicleWatch(self.traffic, control=control)
        self.endpoint = Endpoint(SYSTEM, COMPONENT, on_error=_complain, on_frame=self.traffic.hear)
        self.endpoint.set_signing(signing)
        self.endpoint.add_service(self.watch.clients)
        self.endpoint.add_service(self.watch)
        self.endpoints: tuple[Endpoint, ...] = (self.endpoint,)
        self.listeners: set[Callable[[bytes], None]] = set()
        """Called with the state in the runtime's thread; none without viewers."""
        self._writers: dict[tuple[int, int], FrameWriter] = {}
        self._heard_ms = 0
        self._due_ms = 0
        self._look_ms = _LOOK_MS
        self._absent_shown = False
        self._desk: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._runtime = runtime
        self._wake = runtime.go_real().wakeup.wake
        runtime.add(self)

    @property
    def link_ms(self) -> int:
        """Link time now, ms; from any thread."""
        return self._runtime.link_ms

    # --- from other threads -------------------------------------------------------------------------------------------
    def call(self, work: Callable[[], None]) -> None:
        """Run `work` in the runtime's next turn, which begins at once."""
        self._desk.put(work)
        self._wake()

    def ask(self, request: AnyRequest, reply: Reply) -> None:
        """Send a request to a vehicle; `reply` is called in the runtime's thread."""
        self.call(lambda: self.watch.ask(request, reply, self._heard_ms))

    def send(self, system: int, component: int, message: Message) -> None:
        """Send a message on all links, as this component. Must run in the runtime's thread."""
        writer = self._writers.get((system, component))
        if writer is None:
            writer = self._writers[(system, component)] = FrameWriter(system, component)
        sequence = writer.next_sequence
        msg_id, payload, crc_extra = codec.payload(message)
        data = writer.frame(msg_id, payload, crc_extra)
        self.traffic.note_sent(MavlinkFrame(msg_id, system, component, sequence, payload, False, False, True, data))
        for link in self.endpoint.links():
            self.endpoint.append(link, data, 0)

    # --- a node -------------------------------------------------------------------------------------------------------
    def next_link_deadline_ms(self) -> int | None:
        due = self.endpoint.next_deadlines()[0]
        if not self.listeners:
            return due
        return self._due_ms if due is None else min(due, self._due_ms)

    def serve_links(self, link_ms: int) -> None:
        self._heard_ms = link_ms
        try:
            while True:
                self._do(self._desk.get_nowait())
        except Empty:
            pass
        self.endpoint.handle_timeouts(link_ms, self.now_ms)
        if link_ms >= self._look_ms:
            self._look_ms = link_ms + _LOOK_MS
            self._tell_absent()

    def _do(self, wish: Callable[[], None]) -> None:
        """Run work of another thread. An exception must not end the station."""
        try:
            wish()
        except Exception as error:  # noqa: BLE001 - the edge: told in the log, and the next wish is done
            log_error(error, "the page's server")

    def commit(self, link_ms: int) -> None:
        """Send the state to viewers if it is time."""
        if not self.listeners:
            self.watch.news.clear()
        elif link_ms >= self._due_ms:
            self._due_ms = link_ms + _PERIOD_MS
            state = self.state(link_ms)
            for tell in self.listeners:
                tell(state)

    def state(self, link_ms: int) -> bytes:
        """Return the message for all viewers: facts of all vehicles, and news."""
        state: dict[str, Any] = {
            "kind": "state",
            "now_s": link_ms / 1000.0,
            "vehicles": self.watch.facts(link_ms),
            "news": self.watch.take_news(),
            "links": [self.endpoint.statistics(number) for number in self.endpoint.links()],
            "absent": self.absent(),
        }
        return msgspec.json.encode(state)

    def absent(self) -> list[str]:
        """Return the links without a connection."""
        sockets = self._runtime.sockets
        return [] if sockets is None else sockets.hub(self.endpoint).absent()

    def _tell_absent(self) -> None:
        """Print missing links once, because a person with a wrong address would wait for ever."""
        absent = self.absent()
        if absent and not self._absent_shown:
            print(f"sortie: no connection to {', '.join(absent)}; trying again", file=sys.stderr, flush=True)
            self._absent_shown = True
        elif not absent:
            self._absent_shown = False
