"""Base of the client machines.

A client is the other side of a protocol: it asks, repeats what is not answered, and ends in exactly one outcome. It is
sans-IO like a service and has a service's methods, so that it can stand alone (a test, a script with a socket) or be
added to an `Endpoint`. `start(now_ms)` sends the first request; `done` tells the end, `outcome` how it ended.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar

from autopilot.interface.records import dataclass
from mavlink_bridge.firmware.ardupilot import OWN
from mavlink_bridge.firmware.protocol import Firmware
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer, Speaker


@dataclass(frozen=True, slots=True)
class Target:
    """The vehicle that is asked, in the way of its `firmware`. `link` None: on all links."""

    system: int = 1
    component: int = 1
    link: int | None = None
    firmware: Firmware = OWN


@dataclass(frozen=True, slots=True)
class Retry:
    """Retry policy: a request is repeated after `interval_ms` of silence, and after `attempts` sends in a row without
    any progress the client gives up."""

    interval_ms: int = 250
    attempts: int = 32


PATIENT = Retry()
"""8 s in all: as long as a vehicle keeps an upload."""


class Client(Speaker):
    """Client of a protocol: a request from start to outcome. Subclasses handle messages and say what to repeat."""

    clock: Clock = "link"
    handles: frozenset[str] = frozenset()
    silence: ClassVar[IntEnum]
    """Outcome when the vehicle says nothing."""

    def __init__(self, target: Target, retry: Retry) -> None:
        self.target = target
        self.retry = retry
        self.outcome: IntEnum | None = None
        self.repeats = 0
        self._sends_in_row = 0
        self._due_ms: int | None = None
        super().__init__()

    @property
    def done(self) -> bool:
        """True once the request has ended."""
        return self.outcome is not None

    def start(self, now_ms: int) -> None:
        """Send the first request."""
        self._repeat()
        self._progress(now_ms)

    # --- the same methods as a service ------------------------------------------------------------------------
    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        """A message that came in; all that are not the target's answer to us are passed over."""
        wanted = self.target
        if self.done or peer.system != wanted.system or message.get_type() not in self.handles:
            return
        if wanted.component not in (0, peer.component) or (wanted.link is not None and wanted.link != peer.link):
            return
        self._handle(message, now_ms)

    def handle_timeout(self, now_ms: int) -> None:
        """Repeat, or give up."""
        if self._due_ms is None or now_ms < self._due_ms:
            return
        if self._sends_in_row >= self.retry.attempts:
            self._time_out()
            return
        self.repeats += 1
        self._sends_in_row += 1
        self._due_ms = now_ms + self.retry.interval_ms
        self._repeat()

    def next_deadline_ms(self) -> int | None:
        return self._due_ms

    def link_closed(self, link: int) -> None:
        """Silence will end it; another link of the vehicle may still answer."""

    # --- for subclasses ---------------------------------------------------------------------------------------
    def _handle(self, message: Message, now_ms: int) -> None:
        raise NotImplementedError

    def _repeat(self) -> None:
        raise NotImplementedError

    def _time_out(self) -> None:
        self._end(self.silence)

    def _send(self, message: Message) -> None:
        self._out.append(Outgoing(message, self.target.link))

    def _progress(self, now_ms: int) -> None:
        """Begin the patience anew: a request was sent for the first time, or an answer came."""
        self._sends_in_row = 1
        self._due_ms = now_ms + self.retry.interval_ms

    def _end(self, outcome: IntEnum) -> None:
        self.outcome = outcome
        self._due_ms = None
