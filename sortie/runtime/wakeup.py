"""A bell that wakes the runtime: rung by the state store's thread and by signals."""

from __future__ import annotations

import contextlib
import socket


class Bell:
    """A socket pair; `fileno` becomes readable when somebody rings."""

    def __init__(self) -> None:
        self._ringer, self._ear = socket.socketpair()
        self._ringer.setblocking(False)
        self._ear.setblocking(False)

    def fileno(self) -> int:
        return self._ear.fileno()

    @property
    def signal_fd(self) -> int:
        """For `signal.set_wakeup_fd`."""
        return self._ringer.fileno()

    def ring(self) -> None:
        """Safe in any thread. A full pair is already ringing, a closed one has nobody to wake."""
        with contextlib.suppress(OSError):
            self._ringer.send(b"\0")

    def silence(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._ear.recv(4096):
                pass

    def close(self) -> None:
        self._ringer.close()
        self._ear.close()
