"""`run.log`: what the service did, a line each, as text or JSON, through the standard `logging`."""

from __future__ import annotations

import contextlib
import json
import logging
import logging.handlers
import sys
from pathlib import Path

LOGGER = logging.getLogger("sortie")


class JsonFormatter(logging.Formatter):
    """One JSON object a line: `time` (UTC), `level`, `message`."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {"time": self.formatTime(record), "level": record.levelname.lower(), "message": record.getMessage()}
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry)


class RunLogHandler(logging.handlers.RotatingFileHandler):
    """The file. What it does not take (a full disk) is said on stderr, a line each, and the service goes on."""

    def handleError(self, record: logging.LogRecord) -> None:
        error = sys.exception()
        reason = getattr(error, "strerror", None) or error
        print(f"sortie: {self.baseFilename}: {reason}; not written: {record.getMessage()}", file=sys.stderr)

    def close(self) -> None:
        # What is still in the buffer was told by handleError when it did not go out.
        with contextlib.suppress(OSError):
            super().close()


def open_run_log(directory: Path, form: str) -> logging.Handler:
    """Append to `directory/run.log` (rotated at 10 MB, three kept). Raises OSError."""
    directory.mkdir(parents=True, exist_ok=True)
    handler = RunLogHandler(directory / "run.log", maxBytes=10_000_000, backupCount=3)
    text = logging.Formatter("%(asctime)s %(levelname)-7s %(message)s")
    handler.setFormatter(JsonFormatter() if form == "json" else text)
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False
    return handler


def close_run_log(handler: logging.Handler) -> None:
    LOGGER.removeHandler(handler)
    handler.close()
