"""Log file that is read piece by piece and shows progress to people, because a log may have gigabytes."""

from __future__ import annotations

import time
from io import BufferedReader, FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sortie.logs.terminal import Terminal

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

PIECE: Final = 1 << 20
"""Size of a piece, bytes."""
_PATIENCE_S: Final = 1.0
"""Real time before progress is shown, s."""


class _WatchedFile(FileIO):
    """File that shows on a terminal how much has been read."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._path = path
        self._size = path.stat().st_size
        self._terminal = Terminal()
        self._shown_from_s = time.monotonic() + _PATIENCE_S

    def readinto(self, buffer: WriteableBuffer, /) -> int | None:
        wall_s = time.monotonic()
        if wall_s >= self._shown_from_s:
            if not self._terminal.is_open:
                self._terminal.start()
            done = self.tell() / max(self._size, 1)
            self._terminal.draw(wall_s, lambda _: [f"sortie: {done:.0%} read of {self._path}"])
        return super().readinto(buffer)

    def close(self) -> None:
        if not self.closed:
            self._terminal.stop()
        super().close()


def open_log(path: Path) -> BufferedReader:
    """Open a log for reading. OSError."""
    return BufferedReader(_WatchedFile(path))
