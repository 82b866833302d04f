"""Sequential code without I/O.

Flashing is one long conversation: send, wait for some bytes or for the end of a patience, go on. Written as a state
machine it falls into fifty states; here it is a generator that yields the instant until which it wants to wait and is
resumed by whatever comes first: bytes, the port, or that instant. `Runner` feeds it; nobody in it sees a clock.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

from autopilot.interface.records import dataclass

T = TypeVar("T")
Script = Generator[int, None, T]
"""Yields the instant (link time, ms) at which it wants to be resumed at the latest; returns a T."""


class PortGone(Exception):
    """The port has vanished, or was closed, while the script was talking."""


class BootloaderSilentError(Exception):
    """Silence: no byte came within the patience."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Obstacle to opening a port that is there. `patience_ms`: how long it may stand before that is the end: a port
    that has just come may be locked or not ours yet."""

    what: str
    next_step: str
    patience_ms: int


class ScriptWire:
    """The port as a script sees it. The shell around it opens the port when `wanted` and closes it when not, keeps
    `baud`, moves `inbox` and `outbox`, and sets `connected`.

    `port` is the name of the port that was opened last, `obstacle` why it cannot be opened now.
    `uart`: the rate matters on this port (not on USB).
    `opened` counts how often the port was opened: a script that sees another number talks to another boot of the board.
    """

    def __init__(self) -> None:
        self.now_ms = 0
        self.wanted = False
        self.connected = False
        self.port = ""
        self.obstacle: Obstacle | None = None
        self.opened = 0
        self.baud = 115_200
        self.uart = False
        self.inbox = bytearray()
        self.outbox = bytearray()

    def send(self, data: bytes) -> None:
        """Queue bytes. PortGone when there is no port."""
        self.check()
        self.outbox += data

    def discard(self) -> None:
        """Forget what has come in."""
        self.inbox.clear()

    def wait(self, duration_ms: int) -> Script[None]:
        """Let time pass, whatever happens."""
        until = self.now_ms + duration_ms
        while self.now_ms < until:
            yield until

    def more(self, until_ms: int) -> Script[None]:
        """Wait until bytes come in. Silent at `until_ms`, PortGone when the port goes."""
        had = len(self.inbox)
        while len(self.inbox) == had:
            self.check()
            if self.now_ms >= until_ms:
                raise BootloaderSilentError
            yield until_ms

    def close(self, pause_ms: int) -> Script[None]:
        """Close the port and keep it closed for `pause_ms`."""
        self.wanted = False
        until = self.now_ms + pause_ms
        while self.connected or self.now_ms < until:
            yield until

    def check(self) -> None:
        """PortGone when there is no port."""
        if not self.connected or not self.wanted:
            raise PortGone


class Runner:
    """Runs one script. Each method tells it the time; call `advance` at `next_deadline_ms` at the latest."""

    def __init__(self, wire: ScriptWire, script: Script[None]) -> None:
        self.wire = wire
        self.done = False
        self._script = script
        self._deadline_ms: int | None = None

    def advance(self, now_ms: int) -> None:
        """Time has passed, or `wire` has changed."""
        self.wire.now_ms = now_ms
        if self.done:
            return
        try:
            self._deadline_ms = next(self._script)
        except StopIteration:
            self.done, self._deadline_ms = True, None
            self.wire.wanted = False

    def receive(self, data: bytes, now_ms: int) -> None:
        """Bytes came in."""
        self.wire.inbox += data
        self.advance(now_ms)

    def port_opened(self, port: str, now_ms: int) -> None:
        """The port is there and open; nothing that was under way is on it any more."""
        self.wire.port, self.wire.obstacle = port, None
        self.wire.inbox.clear()
        self.wire.outbox.clear()
        self.wire.connected = True
        self.wire.opened += 1
        self.advance(now_ms)

    def port_closed(self, now_ms: int) -> None:
        """The port is gone, or was closed because nobody wants it."""
        self.wire.connected = False
        self.wire.outbox.clear()
        self.advance(now_ms)

    def take_outgoing(self) -> bytes:
        """Bytes to write, now; forgets them."""
        data = bytes(self.wire.outbox)
        self.wire.outbox.clear()
        return data

    def next_deadline_ms(self) -> int | None:
        return self._deadline_ms
