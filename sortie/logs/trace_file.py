"""`--trace FILE`: messages of the flight manager's actors, a JSON line each."""

from __future__ import annotations

import contextlib
from pathlib import Path

from autopilot.flight.messages import TraceEntry, write_line
from sortie.logs.run_log import tell


class TraceFile:
    """Trace in a new file `path` (OSError). A full disk ends the trace with a line on stderr; the flight continues."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("w", encoding="utf-8", newline="\n")
        self._ended = False

    def write(self, entry: TraceEntry) -> None:
        """Write a line; nothing after an error."""
        if self._ended:
            return
        try:
            self._file.write(write_line(entry) + "\n")
        except OSError as error:
            self._end(error)

    def flush(self) -> None:
        if not self._ended:
            try:
                self._file.flush()
            except OSError as error:
                self._end(error)

    def close(self) -> None:
        """Write buffered lines and close the file."""
        self.flush()
        with contextlib.suppress(OSError):  # reported above; the descriptor is closed anyway
            self._file.close()

    def _end(self, error: OSError) -> None:
        self._ended = True
        tell(f"sortie: --trace {self._path}: {error.strerror}; the trace is incomplete")
