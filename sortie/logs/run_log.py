"""`run.log`: events of the program, a line each, as text or JSON, by the standard `logging`."""

from __future__ import annotations

import contextlib
import json
import logging
import logging.handlers
import sys
import time
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path

LOGGER = logging.getLogger("sortie")


class FlownLine(logging.LogRecord):
    """Line about an event in flight at this vehicle time: a copy of a record without caller, thread and process, which
    would take a third of a line's time."""

    def __init__(self, level: int, text: str, vehicle_s: float) -> None:
        now_s = time.time()
        self.__dict__.update(_NOBODYS)
        self.levelno, self.levelname, self.msg = level, logging.getLevelName(level), text
        self.created, self.msecs, self.vehicle_s = now_s, now_s % 1.0 * 1000.0, vehicle_s


_NOBODYS: dict[str, object] = vars(logging.LogRecord(LOGGER.name, logging.INFO, "", 0, "", None, None))


class TextFormatter(logging.Formatter):
    """Formatter: time (UTC), level, message; for events in flight also vehicle time."""

    _second, _text = -1, ""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """Format a time like 2026-11-23T07:01:02.345Z; the text of a second is reused."""
        second = int(record.created)
        if second != self._second:
            self._second, self._text = second, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        return f"{self._text}.{int(record.msecs):03d}Z"

    def format(self, record: logging.LogRecord) -> str:
        at_s = getattr(record, "vehicle_s", None)
        flown = "" if at_s is None else f"{at_s:.1f} s: "
        line = f"{self.formatTime(record)} {record.levelname:<7} {flown}{record.getMessage()}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class JsonFormatter(logging.Formatter):
    """Formatter of a JSON object for each line: `time` (UTC), `level`, `message`, and for events in flight
    `vehicle_s`."""

    def __init__(self) -> None:
        super().__init__()
        self._clock = TextFormatter()  # for the same time format

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {"time": self._clock.formatTime(record), "level": record.levelname.lower()}
        at_s = getattr(record, "vehicle_s", None)
        if at_s is not None:
            entry["vehicle_s"] = at_s
        entry["message"] = record.getMessage()
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry)


def tell(text: str) -> None:
    """Print a line on stderr during a run; a full disk under stderr is ignored."""
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def warn_first(text: str, say: Callable[[str], None] | None, again: str) -> None:
    """Warn in the log, and with `say` the person, who reads there when `again`. A terminal that shows the log does not
    show it twice."""
    if say is not None:
        say(f"sortie: {text}; run.log tells when {again}")
    LOGGER.warning("%s", text, extra={"told": say is not None})


class RunLogHandler(logging.handlers.RotatingFileHandler):
    """Handler of the file. A full disk is reported on stderr once, until writing works again; the program continues.
    The handler counts the file's size itself, because the base class asks the file system and formats each line
    twice."""

    _reported = False
    _size = 0

    def _open(self) -> TextIOWrapper:
        stream = super()._open()
        self._size = stream.tell()
        return stream

    def emit(self, record: logging.LogRecord) -> None:
        try:
            if self._size >= self.maxBytes:
                self.doRollover()
            if self.stream is None:  # a full disk prevented opening
                self.stream = self._open()
            line = self.format(record) + "\n"
            self._size += len(line) if line.isascii() else len(line.encode("utf-8", "replace"))
            self.stream.write(line)
            self.stream.flush()
            self._reported = False
        except Exception:  # noqa: BLE001 - what logs goes on: it is told on stderr
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:
        error = sys.exception()
        reason = getattr(error, "strerror", None) or error
        if self._reported:
            return
        self._reported = True
        tell(f"sortie: {self.baseFilename}: {reason}; not written: {record.getMessage()}")

    def close(self) -> None:
        # Buffered lines that could not be written were reported by handleError.
        with contextlib.suppress(OSError):
            super().close()


def open_run_log(directory: Path, form: str) -> logging.Handler:
    """Append to `directory/run.log` (rotated at 10 MB, three kept). OSError."""
    directory.mkdir(parents=True, exist_ok=True)
    handler = RunLogHandler(directory / "run.log", maxBytes=10_000_000, backupCount=3)
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    # Caller, thread and process take half of a line's time (Python's logging HOWTO, Optimization).
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False
    return handler


def close_run_log(handler: logging.Handler) -> None:
    LOGGER.removeHandler(handler)
    handler.close()


def log_error(error: Exception, where: str) -> None:
    LOGGER.error("internal error in %s", where, exc_info=error)
