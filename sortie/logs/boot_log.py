"""Log on the ground: before the first flight (PX4's SDLOG_MODE 1), or before each flight (ArduPilot's LOG_DISARMED 1).

A DataFlash log from boot, or from the end of the last flight, in `boot/` of the log directory; only the latest is kept.
It ends when a flight opens its own log, and is listed until that flight has ended. It can be downloaded while it is
written. It stops at `LIMIT_BYTES`, because a vehicle may stand for weeks.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from autopilot.context.events import Event
from sortie.logs.bin_log import BinLog
from sortie.logs.logged import LoggedVehicle
from sortie.logs.run_log import LOGGER

FOLDER: Final = "boot"
LIMIT_BYTES: Final = 64 << 20


class BootLog:
    """Observer that writes the log. `shown`: stations may list it; `binary`: the open log."""

    def __init__(self, service: LoggedVehicle, directory: Path) -> None:
        self._service = service
        self._folder = directory / FOLDER
        self.binary: BinLog | None = None
        self.shown = False

    def begin(self, now_ms: int) -> None:
        """Begin a new log, unless one is open."""
        if self.binary is not None:
            return
        from sortie.logs.bin_log import BinLog

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
