"""A pipe that wakes the runtime: written to by the state store's thread and by signals."""

from __future__ import annotations

import contextlib
import socket


class WakeupPipe:
    """A socket pair; `fileno` becomes readable when somebody wakes the runtime."""

    def __init__(self) -> None:
        self._writer, self._reader = socket.socketpair()
        self._writer.setblocking(False)
        self._reader.setblocking(False)

    def fileno(self) -> int:
        return self._reader.fileno()

    @property
    def signal_fd(self) -> int:
        """For `signal.set_wakeup_fd`."""
        return self._writer.fileno()

    def wake(self) -> None:
        """Wake the runtime; safe in any thread. A full pair does already, a closed one has nobody to wake."""
        with contextlib.suppress(OSError):
            self._writer.send(b"\0")

    def drain(self) -> None:
        """Forget that somebody has."""
        with contextlib.suppress(BlockingIOError):
            while self._reader.recv(4096):
                pass

    def close(self) -> None:
        self._writer.close()
        self._reader.close()
