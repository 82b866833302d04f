"""Base of all clients.

A client sends a request, repeats it while it is not answered, and ends with exactly one outcome. It has the methods of
a service, so it can run alone (a test, a script with a socket) or in an `Endpoint`. `start(now_ms)` sends the first
request; `done` is True at the end, and `outcome` has the result.
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
    """Addressed vehicle and its `firmware`. `link` None: all links."""

    system: int = 1
    component: int = 1
    link: int | None = None
    firmware: Firmware = OWN


@dataclass(frozen=True, slots=True)
class Retry:
    """Retry policy: repeat after `interval_ms` without an answer, give up after `attempts` sends without progress."""

    interval_ms: int = 250
    attempts: int = 32


PATIENT = Retry()
"""8 s in all, as long as a vehicle keeps an upload."""


class Client(Speaker):
    """Client of a protocol, one request from start to outcome. Subclasses handle messages and repeat the request."""

    clock: Clock = "link"
    handles: frozenset[str] = frozenset()
    silence: ClassVar[IntEnum]
    """Outcome without an answer."""

    def __init__(self, target: Target, retry: Retry) -> None:
        self.target = target
        self._to = target.system, target.component
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
        """Handle a message of `handles` from the target; others are ignored."""
        target = self.target
        if self.done or peer.system != target.system or message.get_type() not in self.handles:
            return
        if target.component not in (0, peer.component) or (target.link is not None and target.link != peer.link):
            return
        self._handle(message, now_ms)

    def handle_timeout(self, now_ms: int) -> None:
        """Repeat the request, or give up."""
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
        """Start the retries again after a first send or an answer."""
        self._sends_in_row = 1
        self._due_ms = now_ms + self.retry.interval_ms

    def _end(self, outcome: IntEnum) -> None:
        self.outcome = outcome
        self._due_ms = None
