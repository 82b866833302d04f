"""Sequential code without I/O.

Flashing is a long dialogue: send, wait for bytes or a time limit, go on. As a state machine it has fifty states. Here
it is a generator that yields the time until which it waits; bytes, the port or that time resume it. `Runner` runs it.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

from autopilot.interface.records import dataclass

T = TypeVar("T")
Script = Generator[int, None, T]
"""Generator that yields the latest time of its next step (link time, ms) and returns a T."""


class PortGone(Exception):
    """The port has disappeared or was closed during a script."""


class BootloaderSilentError(Exception):
    """No byte arrived within the time limit."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Reason why an existing port cannot be opened. `patience_ms`: how long it may last, as a new port may be locked or
    without permissions for a moment."""

    what: str
    next_step: str
    patience_ms: int


class ScriptWire:
    """Port of a script. The caller opens and closes it as `wants_port` says, sets its `baud`, moves `inbox` and
    `outbox`, and sets `connected`.

    `port`: name of the port opened last. `obstacle`: why it cannot be opened now. `uart`: the port has a real baud rate
    (not USB). `opened`: number of openings; after another one the board may have restarted.
    """

    def __init__(self) -> None:
        self.now_ms = 0
        self.wants_port = False
        self.connected = False
        self.port = ""
        self.obstacle: Obstacle | None = None
        self.opened = 0
        self.baud = 115_200
        self.uart = False
        self.inbox = bytearray()
        self.outbox = bytearray()

    def send(self, data: bytes) -> None:
        """Queue bytes. PortGone without a port."""
        self.check()
        self.outbox += data

    def discard(self) -> None:
        """Drop received bytes."""
        self.inbox.clear()

    def wait(self, duration_ms: int) -> Script[None]:
        until_ms = self.now_ms + duration_ms
        while self.now_ms < until_ms:
            yield until_ms

    def more(self, until_ms: int) -> Script[None]:
        """Wait for bytes. BootloaderSilentError at `until_ms`, PortGone if the port goes."""
        before = len(self.inbox)
        while len(self.inbox) == before:
            self.check()
            if self.now_ms >= until_ms:
                raise BootloaderSilentError
            yield until_ms

    def close(self, pause_ms: int) -> Script[None]:
        self.wants_port = False
        until_ms = self.now_ms + pause_ms
        while self.connected or self.now_ms < until_ms:
            yield until_ms

    def check(self) -> None:
        """Raise PortGone without a port."""
        if not self.connected or not self.wants_port:
            raise PortGone


class Runner:
    """Runner of one script. The caller gives the time with each call, and calls `advance` at `next_deadline_ms`."""

    def __init__(self, wire: ScriptWire, script: Script[None]) -> None:
        self.wire = wire
        self.done = False
        self._script = script
        self._deadline_ms: int | None = None

    def advance(self, now_ms: int) -> None:
        """Continue after time has passed or `wire` has changed."""
        self.wire.now_ms = now_ms
        if self.done:
            return
        try:
            self._deadline_ms = next(self._script)
        except StopIteration:
            self.done, self._deadline_ms = True, None
            self.wire.wants_port = False

    def receive(self, data: bytes, now_ms: int) -> None:
        self.wire.inbox += data
        self.advance(now_ms)

    def port_opened(self, port: str, now_ms: int) -> None:
        """Note that the port was opened, and drop old bytes."""
        self.wire.port, self.wire.obstacle = port, None
        self.wire.inbox.clear()
        self.wire.outbox.clear()
        self.wire.connected = True
        self.wire.opened += 1
        self.advance(now_ms)

    def port_closed(self, now_ms: int) -> None:
        """Note that the port was closed or has gone."""
        self.wire.connected = False
        self.wire.outbox.clear()
        self.advance(now_ms)

    def take_outgoing(self) -> bytes:
        data = bytes(self.wire.outbox)
        self.wire.outbox.clear()
        return data

    def next_deadline_ms(self) -> int | None:
        return self._deadline_ms
