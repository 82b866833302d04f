"""Pipe that wakes the runtime; the thread of the state store and signals write to it."""

from __future__ import annotations

import contextlib
import socket


class WakeupPipe:
    """Socket pair whose `fileno` becomes readable after `wake`."""

    def __init__(self) -> None:
        self._writer, self._reader = socket.socketpair()
        self._writer.setblocking(False)
        self._reader.setblocking(False)

    def fileno(self) -> int:
        return self._reader.fileno()

    @property
    def signal_fd(self) -> int:
        """Descriptor for `signal.set_wakeup_fd`."""
        return self._writer.fileno()

    def wake(self) -> None:
        """Wake the runtime; safe in any thread. A full or closed pair is ignored."""
        with contextlib.suppress(OSError):
            self._writer.send(b"\0")

    def drain(self) -> None:
        """Read all pending wake-ups."""
        with contextlib.suppress(BlockingIOError):
            while self._reader.recv(4096):
                pass

    def close(self) -> None:
        self._writer.close()
        self._reader.close()
