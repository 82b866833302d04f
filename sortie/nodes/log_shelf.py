"""DataFlash logs that stations list and download: those of finished flights, and the log on the ground.

The log on the ground is written before the first flight (PX4's SDLOG_MODE 1), or before each flight (ArduPilot's
LOG_DISARMED 1): a DataFlash log from boot, or from the end of the last flight, in `boot/` of the log directory; only
the latest is kept. It ends when a flight opens its own log, and is listed until that flight has ended. It can be
downloaded while it is written. It stops at `LIMIT_BYTES`, because a vehicle may stand for weeks.
"""

from __future__ import annotations

import contextlib
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from autopilot.context.events import Event
from mavlink_bridge.services.ftp.files import DirectoryEntry, FileRefusedError, MemoryFile, OpenFile
from mavlink_bridge.services.ftp.wire import Nak
from mavlink_bridge.services.system.logs import LogEntry
from sortie.logs.directory import flight_folders
from sortie.logs.opening import opened_folder
from sortie.logs.run_log import LOGGER
from sortie.logs.served import ServedDirectory, open_plain
from sortie.nodes.bin_log import BinLog
from sortie.nodes.vehicle import VehicleService

FOLDER: Final = "boot"
LIMIT_BYTES: Final = 64 << 20
FLIGHT_LOG: Final = "flight.bin"
_LOGS, _LAST = "LOGS", "LASTLOG.TXT"
_NUMBERED: Final = re.compile(r"([0-9]{8})\.BIN")
_BOOT: Final = 0
"""Key of the log on the ground; flights are numbered from 1."""


class BootLog:
    """Observer that writes the log. `shown`: stations may list it; `binary`: the open log."""

    def __init__(self, service: VehicleService, directory: Path) -> None:
        self._service = service
        self._folder = directory / FOLDER
        self.binary: BinLog | None = None
        self.shown = False

    def begin(self, now_ms: int) -> None:
        """Begin a new log, unless one is open."""
        if self.binary is not None:
            return
        from sortie.nodes.bin_log import BinLog

        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self.binary = BinLog(self._folder, self._service, now_ms)
            self.shown = True
        except OSError as error:
            LOGGER.error("log on the ground: %s: %s", self._folder, error.strerror)

    def observe(self, events: list[Event], now_ms: int) -> None:
        if self.binary is not None:
            for event in events:
                self.binary.event(event, now_ms)
            self.sample(now_ms)

    def sample(self, now_ms: int) -> None:
        if self.binary is None:
            return
        if self.binary.error is not None or self.binary.written >= LIMIT_BYTES:
            self.close()
        elif self._service.sampled:
            self.binary.sample(now_ms)

    def flush(self) -> None:
        if self.binary is not None:
            self.binary.flush()

    def close(self) -> None:
        binary, self.binary = self.binary, None
        if binary is not None:
            binary.close()
            if binary.error is not None:
                LOGGER.error("%s", binary.error)


class FlightShelf:
    """DataFlash logs of finished flights, as `LogFiles`. `writing()`: folder of the current flight, which is neither
    listed nor erased. `boot`: log on the ground, listed last, until a flight that ended it has ended too."""

    def __init__(self, directory: Path, writing: Callable[[], Path | None], boot: BootLog | None = None) -> None:
        self._directory = directory
        self._writing = writing
        self._boot = boot

    def entries(self) -> Sequence[LogEntry]:
        """Return the logs. Keys are the flights' numbers, or `_BOOT`; times are those of the flights' ends."""
        folders = [(int(folder.name), folder) for folder in self._finished()]
        if self._boot is not None and self._boot.shown:
            self._boot.flush()
            folders.append((_BOOT, self._directory / FOLDER))
        found = []
        for key, folder in folders:
            with contextlib.suppress(OSError):  # deleted in the meantime
                status = (folder / FLIGHT_LOG).lstat()
                if stat.S_ISREG(status.st_mode):
                    found.append(LogEntry(key, status.st_size, int(status.st_mtime)))
        return found

    def open_log(self, key: int) -> OpenFile | None:
        folder = self._directory / (FOLDER if key == _BOOT else f"flights/{key:04d}")
        try:
            with opened_folder(folder, []) as opened:
                return open_plain(opened, FLIGHT_LOG)
        except OSError:
            return None

    def erase(self) -> Iterator[str | None]:
        """Delete the DataFlash logs of flights that are finished now; other files of the flights stay."""
        return map(_deleted, self._finished())

    def _finished(self) -> list[Path]:
        writing = self._writing()
        return [folder for folder in flight_folders(self._directory) if folder != writing]


class NumberedLogs:
    """`Mount` of the log directory. Beside all else there are the names of ArduPilot's logs (AP_Logger_File.cpp):
    `00000007.BIN` for flight 7, and `LASTLOG.TXT` with the last number."""

    def __init__(self, tree: ServedDirectory, shelf: FlightShelf) -> None:
        self._tree = tree
        self._shelf = shelf

    def open(self, path: str, query: str) -> OpenFile:
        numbered = _NUMBERED.fullmatch(path)
        if path == _LAST:
            return self._last()
        if numbered is None:
            return self._tree.open(path, query)
        file = self._shelf.open_log(int(numbered[1])) if int(numbered[1]) != _BOOT else None
        if file is None:
            raise FileRefusedError(Nak.FILE_NOT_FOUND)
        return file

    def entries(self, path: str) -> Sequence[DirectoryEntry]:
        found = self._tree.entries(path)
        if path:
            return found
        logs = [DirectoryEntry(f"{log.key:08d}.BIN", log.size) for log in self._flights()]
        return [*logs, *([DirectoryEntry(_LAST, self._last().size)] if logs else []), *found]

    def _flights(self) -> list[LogEntry]:
        return [log for log in self._shelf.entries() if log.key != _BOOT]

    def _last(self) -> MemoryFile:
        logs = self._flights()
        if not logs:
            raise FileRefusedError(Nak.FILE_NOT_FOUND)
        return MemoryFile(f"{logs[-1].key}\r\n".encode())


class ArduPilotLogs:
    """`Mount` with those logs as its folder `LOGS`, where ArduPilot has them."""

    def __init__(self, logs: NumberedLogs) -> None:
        self._logs = logs

    def open(self, path: str, query: str) -> OpenFile:
        return self._logs.open(_in_logs(path), query)

    def entries(self, path: str) -> Sequence[DirectoryEntry]:
        return self._logs.entries(_in_logs(path)) if path else [DirectoryEntry(_LOGS, directory=True)]


def _in_logs(path: str) -> str:
    """Return the path inside `LOGS`. FileRefusedError for any other folder."""
    name, _, rest = path.partition("/")
    if name != _LOGS:
        raise FileRefusedError(Nak.FILE_NOT_FOUND)
    return rest


def _deleted(folder: Path) -> str | None:
    """Delete a flight's log; returns the reason if that is not possible."""
    try:
        (folder / FLIGHT_LOG).unlink(missing_ok=True)
    except OSError as problem:
        return problem.strerror
    return None
