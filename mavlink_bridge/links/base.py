"""Link: a non-blocking way for bytes to one other end.

The program runs one `selectors` loop, so links are plain objects on file descriptors, without asyncio: a pass reads
what is there, hands it to the endpoint, and writes what the endpoint has. Links decide nothing about messages. They
carry whole MAVLink frames: `write` takes bytes that consist of whole frames, and a datagram link cuts only between.

A `Port` is a place where links come to be: a TCP listener, or a UDP socket with many peers. Each client and each UDP
peer is a link of its own, because ground stations share ids and routing is by link.
"""

from __future__ import annotations

from typing import Protocol

from autopilot.interface.records import dataclass

READ_SIZE = 65536
"""Bytes that one link may read in a pass; more waits, so that one busy peer does not starve the others."""


@dataclass(frozen=True, slots=True)
class LinkEnds:
    """Ends of a network link: host and port of our own and of the other one."""

    own: tuple[str, int]
    other: tuple[str, int]


class Link(Protocol):
    """Link to one other end. Times are link time in ms; nothing here blocks, sleeps or raises for what a peer does."""

    name: str
    lossy: bool
    """A datagram link: what cannot be sent now is gone. Never to be waited for."""

    @property
    def connected(self) -> bool:
        """Can bytes be sent now?"""

    @property
    def present(self) -> bool:
        """True when somebody is known to be at the other end. Who sends datagrams into the blue knows when it has
        heard."""

    def ends(self) -> LinkEnds | None:
        """Ends of the link; None where it has none, or is not connected."""

    @property
    def pending(self) -> int:
        """Bytes that `write` took and the medium has not taken yet. Write more only when this is 0."""

    @property
    def wants_write(self) -> bool:
        """Call `flush` when the file descriptor is writable."""

    def fileno(self) -> int | None:
        """The descriptor to watch, or None (closed, not connected, or fed by its `Port`). Changes on a reconnect."""

    def open(self, now_ms: int) -> None:
        """Begin. LinkError if it cannot be opened now; a link that reconnects goes on trying in `maintain`."""

    def read(self) -> bytes | None:
        """Read what came in; b"" if there is nothing; None if the link has ended and will not come back."""

    def write(self, data: bytes) -> int:
        """Send bytes that consist of whole frames. How many were taken: all, or 0 when not connected."""

    def flush(self) -> None:
        """The descriptor is writable: send what is pending, or finish connecting."""

    def maintain(self, now_ms: int) -> None:
        """Reconnect if it is time."""

    def next_deadline_ms(self) -> int | None:
        """Time at which `maintain` wants to be called, ms; None if there is nothing to do."""

    def close(self) -> None:
        """End it, for good. A second time does nothing."""


class Port(Protocol):
    """Port at which links come to be."""

    name: str

    def fileno(self) -> int | None: ...

    def open(self, now_ms: int) -> None:
        """Bind. LinkError when that is not possible."""

    def accept(self, now_ms: int) -> list[Link]:
        """The descriptor is readable: the links that are new."""

    def readable(self) -> list[Link]:
        """Links without a descriptor of their own that have something to read; forgets the list."""

    def expire(self, now_ms: int) -> list[Link]:
        """Links whose peers have been silent too long, now closed."""

    def close(self) -> None: ...


class Backoff:
    """Times of attempts to reconnect: 0.1 s after a loss, twice as long each time up to 2 s, 0.1 s again after a
    success."""

    FIRST_MS = 100
    LAST_MS = 2000

    def __init__(self) -> None:
        self._next_ms = self.FIRST_MS
        self._retry_ms: int | None = None

    def due(self, now_ms: int) -> bool:
        """True when the next attempt is to be made; asked for the first time after one, set its time."""
        if self._retry_ms is None:
            self._retry_ms = now_ms + self._next_ms
            self._next_ms = min(2 * self._next_ms, self.LAST_MS)
            return False
        if now_ms < self._retry_ms:
            return False
        self._retry_ms = None
        return True

    def deadline_ms(self) -> int:
        """Time of the next attempt; 0: `due` has not been asked yet."""
        return 0 if self._retry_ms is None else self._retry_ms

    def reset(self) -> None:
        """Begin with the shortest pause again: an attempt was successful."""
        self._next_ms = self.FIRST_MS
