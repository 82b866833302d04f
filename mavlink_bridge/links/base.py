"""Interface of links: non-blocking transport of bytes to one other end.

The program has one `selectors` loop, so links are objects on file descriptors, without asyncio. A pass reads what has
arrived, gives it to the endpoint, and writes what the endpoint has. Links do not interpret messages. They carry whole
MAVLink frames: `write` takes whole frames, and a datagram link splits only between them.

A `Port` creates links: a TCP listener, or a UDP socket with many peers. Each client and each UDP peer is a link,
because ground stations share ids and routing is by link.
"""

from __future__ import annotations

from typing import Protocol

from autopilot.interface.records import dataclass

READ_SIZE = 65536
"""Bytes that one link may read in a pass, so that a busy peer does not delay the others."""


@dataclass(frozen=True, slots=True)
class LinkEnds:
    """Host and port of both ends of a network link."""

    own: tuple[str, int]
    other: tuple[str, int]


class Link(Protocol):
    """Link to one other end. Times are link time in ms. No method blocks, or raises because of the peer."""

    name: str
    lossy: bool
    """True for a datagram link: what cannot be sent at once is lost, so nothing waits for it."""

    @property
    def connected(self) -> bool:
        """True if bytes can be sent now."""

    @property
    def present(self) -> bool:
        """True if the other end is known to exist. A sender of datagrams knows it after it has received something."""

    def ends(self) -> LinkEnds | None:
        """Ends of the link; None without a network connection."""

    @property
    def pending(self) -> int:
        """Bytes that `write` took and that are not sent yet. Write again only at 0."""

    @property
    def wants_write(self) -> bool:
        """True if `flush` is to be called when the descriptor is writable."""

    def fileno(self) -> int | None:
        """Descriptor to watch; None: closed, not connected, or read by its `Port`. It changes with a reconnect."""

    def open(self, now_ms: int) -> None:
        """Open the link. LinkError if it cannot be opened; a link that reconnects keeps trying in `maintain`."""

    def read(self) -> bytes | None:
        """Received bytes; b"" if there are none; None if the link has ended for good."""

    def write(self, data: bytes) -> int:
        """Send whole frames. Returns the number of bytes taken: all, or 0 without a connection."""

    def flush(self) -> None:
        """Send pending bytes, finish connecting, or acknowledge bytes that were read and not answered. Called when the
        descriptor is writable, and after each read when the answers were written."""

    def maintain(self, now_ms: int) -> None:
        """Reconnect if it is time."""

    def next_deadline_ms(self) -> int | None:
        """Time of the next call of `maintain`, ms; None: not needed."""

    def close(self) -> None:
        """Close the link for good."""


class Port(Protocol):
    """Source of links."""

    name: str

    def fileno(self) -> int | None: ...

    def open(self, now_ms: int) -> None:
        """Bind. LinkError if that is not possible."""

    def accept(self, now_ms: int) -> list[Link]:
        """New links; the descriptor is readable."""

    def readable(self) -> list[Link]:
        """Take the links without a descriptor that have something to read."""

    def expire(self, now_ms: int) -> list[Link]:
        """Links whose peers were silent for too long; they are closed."""

    def close(self) -> None: ...


class Backoff:
    """Times of reconnection attempts: 0.1 s after a loss, doubled up to 2 s, 0.1 s again after a success."""

    FIRST_MS = 100
    LAST_MS = 2000

    def __init__(self) -> None:
        self._next_ms = self.FIRST_MS
        self._retry_ms: int | None = None

    def due(self, now_ms: int) -> bool:
        """True if the next attempt is due. The first call after an attempt sets its time."""
        if self._retry_ms is None:
            self._retry_ms = now_ms + self._next_ms
            self._next_ms = min(2 * self._next_ms, self.LAST_MS)
            return False
        if now_ms < self._retry_ms:
            return False
        self._retry_ms = None
        return True

    def deadline_ms(self) -> int:
        """Time of the next attempt, ms; 0: `due` has not been called."""
        return 0 if self._retry_ms is None else self._retry_ms

    def reset(self) -> None:
        """Return to the shortest interval after a success."""
        self._next_ms = self.FIRST_MS
