"""Simulated board on a pseudo-terminal, with a symbolic link that disappears when the board restarts, as on USB."""

from __future__ import annotations

import os
import select
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from mavlink_bridge.testing.board import SimulatedBoard

_READ_SIZE = 65536
_LONGEST_WAIT_S = 1.0


def link_clock_ms() -> int:
    """Wall time, ms: a pseudo-terminal needs real time."""
    return int(time.monotonic() * 1000.0)


class PtyBoard:
    """Context manager of a board on a pseudo-terminal. `path`: name of the port while the board is attached. `serve`
    runs the board. `on_detach`: called with the port's descriptor when the port disappears; a copy of it keeps the name
    in use."""

    def __init__(self, board: SimulatedBoard, on_detach: Callable[[int], None] = lambda port: None) -> None:
        self.board = board
        self._on_detach = on_detach
        self._folder = tempfile.TemporaryDirectory(prefix="sortie-board-")
        self.path = Path(self._folder.name) / "board"
        self._ends: tuple[int, int] | None = None

    def __enter__(self) -> PtyBoard:
        self.board.plug(link_clock_ms())
        self._follow()
        return self

    def __exit__(self, *_: object) -> None:
        self._detach()
        self._folder.cleanup()

    def serve(self, wake: int | None = None) -> None:
        """Serve a pass: wait for bytes, for the board's deadline or for `wake` (a descriptor), at most a second."""
        deadline_ms = self.board.next_deadline_ms()
        left_s = _LONGEST_WAIT_S if deadline_ms is None else (deadline_ms - link_clock_ms()) / 1000.0
        watched = [] if self._ends is None else [self._ends[0]]
        if wake is not None:
            watched.append(wake)
        select.select(watched, [], [], min(max(left_s, 0.0), _LONGEST_WAIT_S))
        if self._ends is not None:
            self._read(self._ends[0])
        self.board.handle_timeout(link_clock_ms())
        self._write()
        self._follow()

    def _read(self, master: int) -> None:
        with suppress(BlockingIOError):
            self.board.receive(os.read(master, _READ_SIZE), link_clock_ms())

    def _write(self) -> None:
        data = self.board.take_outgoing()
        if self._ends is None:
            return
        with suppress(BlockingIOError):  # no reader: data to a closed port is lost
            while data:
                data = data[os.write(self._ends[0], data) :]

    def _follow(self) -> None:
        """Create or remove the port as the board is attached or not."""
        if self.board.attached and self._ends is None:
            self._attach()
        elif not self.board.attached and self._ends is not None:
            self._detach()

    def _attach(self) -> None:
        if sys.platform == "win32":
            raise OSError("Windows has no pseudo-terminals")
        import tty

        master, slave = os.openpty()
        for end in (master, slave):
            tty.setraw(end)  # 0x0D, 0x11 and 0x13 are data
        os.set_blocking(master, False)
        self._ends = (master, slave)  # the slave stays open, or the master would close with its first client
        self.path.symlink_to(os.ttyname(slave))

    def _detach(self) -> None:
        ends, self._ends = self._ends, None
        if ends is not None:
            self.path.unlink()
            self._on_detach(ends[1])
            for end in ends:
                os.close(end)
