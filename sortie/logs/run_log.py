"""`run.log`: what the service did, a line each, as text or JSON, through the standard `logging`."""

from __future__ import annotations

import contextlib
import json
import logging
import logging.handlers
import sys
import time
from io import TextIOWrapper
from pathlib import Path

LOGGER = logging.getLogger("sortie")


class FlownLine(logging.LogRecord):
    """Line about something that happened in flight, at this vehicle time: a copy of one that has no caller, thread or
    process, since to find that out each time is a third of what a line costs."""

    def __init__(self, level: int, text: str, vehicle_s: float) -> None:
        now_s = time.time()
        self.__dict__.update(_NOBODYS)
        self.levelno, self.levelname, self.msg = level, logging.getLevelName(level), text
        self.created, self.msecs, self.vehicle_s = now_s, now_s % 1.0 * 1000.0, vehicle_s


_NOBODYS: dict[str, object] = vars(logging.LogRecord(LOGGER.name, logging.INFO, "", 0, "", None, None))


class TextFormatter(logging.Formatter):
    """Time (UTC), level, message; in front of what happened in flight its vehicle time."""

    _second, _text = -1, ""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """Time like 2026-11-23T07:01:02.345Z; a second is written once for all its lines."""
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
    """Formatter of one JSON object a line: `time` (UTC), `level`, `message`; of what happened in flight also
    `vehicle_s`."""

    def __init__(self) -> None:
        super().__init__()
        self._clock = TextFormatter()  # both write times alike

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
    """Print a line on stderr in the midst of a run, which goes on where that takes nothing either: it may be a file on
    the same full disk."""
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)


class RunLogHandler(logging.handlers.RotatingFileHandler):
    """The file. That it takes nothing (a full disk) is said on stderr, once until it does again, and the service goes
    on. How long it is, is counted: the base class asks the file system and writes each line twice to know it."""

    _told = False
    _size = 0

    def _open(self) -> TextIOWrapper:
        stream = super()._open()
        self._size = stream.tell()
        return stream

    def emit(self, record: logging.LogRecord) -> None:
        try:
            if self._size >= self.maxBytes:
                self.doRollover()
            if self.stream is None:  # a full disk has let no new one be opened
                self.stream = self._open()
            line = self.format(record) + "\n"
            self._size += len(line) if line.isascii() else len(line.encode("utf-8", "replace"))
            self.stream.write(line)
            self.stream.flush()
            self._told = False
        except Exception:  # noqa: BLE001 - what logs goes on: it is told on stderr
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:
        error = sys.exception()
        reason = getattr(error, "strerror", None) or error
        if self._told:
            return
        self._told = True
        tell(f"sortie: {self.baseFilename}: {reason}; not written: {record.getMessage()}")

    def close(self) -> None:
        # What is still in the buffer was told by handleError when it did not go out.
        with contextlib.suppress(OSError):
            super().close()


def open_run_log(directory: Path, form: str) -> logging.Handler:
    """Append to `directory/run.log` (rotated at 10 MB, three kept). Raises OSError."""
    directory.mkdir(parents=True, exist_ok=True)
    handler = RunLogHandler(directory / "run.log", maxBytes=10_000_000, backupCount=3)
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    _say_less()
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False
    return handler


def _say_less() -> None:
    """No line has the caller, thread or process that it came from: finding them out was half of what a line cost.
    Source: Python's logging HOWTO, Optimization."""
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None


def close_run_log(handler: logging.Handler) -> None:
    LOGGER.removeHandler(handler)
    handler.close()


def log_error(error: Exception, where: str) -> None:
    """A fault of the program itself, which goes on."""
    LOGGER.error("internal error in %s", where, exc_info=error)
