"""Base of TCP and serial links: a descriptor and a buffer for what it does not take at once."""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar

from mavlink_bridge.links.base import READ_SIZE, Backoff, LinkEnds
from mavlink_bridge.links.sockets import OutBuffer


class StreamLink:
    """`Link` over a byte stream. Subclasses have the descriptor and handle its end (`_lose`)."""

    lossy = False

    def __init__(self, name: str) -> None:
        self.name = name
        self._out = OutBuffer()
        self._unanswered = False  # nothing was sent since bytes were read

    @property
    def connected(self) -> bool:
        raise NotImplementedError

    @property
    def present(self) -> bool:
        return self.connected

    def ends(self) -> LinkEnds | None:
        return None

    @property
    def pending(self) -> int:
        return self._out.size

    @property
    def wants_write(self) -> bool:
        return self._out.size > 0

    def read(self) -> bytes | None:
        if not self.connected:
            return self._ended()
        try:
            data = self._receive(READ_SIZE)
        except (BlockingIOError, InterruptedError):
            return b""
        except OSError:  # reset or device gone: the stream has ended
            data = b""
        if data:
            self._unanswered = True
            return data
        self._lose()
        return self._ended()

    def write(self, data: bytes) -> int:
        if not self.connected:
            return 0
        self._out.push(data)
        self.flush()
        return len(data)

    def flush(self) -> None:
        while self._out.size and self.connected:
            try:
                count = self._send(self._out.first())
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                # the other end has gone; what it sent before is still to be read, and that read finds the end
                self._out.clear()
                return
            self._out.sent(count)
            self._unanswered = False
        if self._unanswered:
            self._unanswered = False
            self._acknowledge()

    def _acknowledge(self) -> None:
        """Tell the other end that its bytes have arrived, where it may wait for that."""

    def _receive(self, size: int) -> bytes:
        raise NotImplementedError

    def _send(self, data: bytes) -> int:
        raise NotImplementedError

    def _lose(self) -> None:
        raise NotImplementedError

    def _ended(self) -> bytes | None:
        """Result of `read` without a stream: None, or b"" if it will come back."""
        return None


class Descriptor(Protocol):
    """Device or socket."""

    def fileno(self) -> int: ...


Stream = TypeVar("Stream", bound=Descriptor)


class ReturningLink(StreamLink, Generic[Stream]):
    """Stream that is opened again after its end, until it is closed. `_stream`: None while there is none."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._stream: Stream | None = None
        self._closed = False
        self._backoff = Backoff()

    def fileno(self) -> int | None:
        return None if self._stream is None else self._stream.fileno()

    def next_deadline_ms(self) -> int | None:
        return self._backoff.deadline_ms() if self._stream is None and not self._closed else None

    def hang_up(self) -> None:
        """End the stream; it is opened again."""
        self._lose()

    def close(self) -> None:
        self._closed = True
        self._lose()

    def _ended(self) -> bytes | None:
        return None if self._closed else b""
