"""A simulated board on a pseudo-terminal, served by a thread, for tests that go through a real port."""

from __future__ import annotations

import os
import threading
from types import TracebackType

from mavlink_bridge.testing.board import SimulatedBoard
from mavlink_bridge.testing.pty_board import PtyBoard


class ServedPtyBoard:
    """A context manager; `path` is the port. `renamed`: the board comes back under another name each time, as it does
    when some program still has the old one open."""

    def __init__(self, board: SimulatedBoard, *, renamed: bool = False) -> None:
        self.board = board
        self._taken: list[int] = []
        self._pty = PtyBoard(board, self._keep_name if renamed else lambda port: None)
        self.path = self._pty.path
        self._ear, self._bell = os.pipe()
        self._stopping = False
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> ServedPtyBoard:
        self._pty.__enter__()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stopping = True
        os.write(self._bell, b"\0")
        self._thread.join(10.0)
        self._pty.__exit__(kind, value, traceback)
        for descriptor in (self._ear, self._bell, *self._taken):
            os.close(descriptor)

    def _keep_name(self, port: int) -> None:
        """A name is not given again while some program has its port open, whatever other programs open and close."""
        self._taken.append(os.dup(port))

    def _serve(self) -> None:
        while not self._stopping:
            self._pty.serve(self._ear)
