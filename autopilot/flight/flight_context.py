"""Shared context of one vehicle's actors: the buses of seed 002 that are left, and the state of the vehicle.

A field holds only its latest value, so a slow reader sees the newest value and there is no backlog. Values at control
rate are in the vehicle's report (`autopilot.interface.report`), which telemetry reads.
"""

from __future__ import annotations

from math import ceil
from typing import Protocol

from autopilot.flight.flags import Flags
from autopilot.flight.lifecycle import FlightState
from autopilot.interface.records import dataclass


class LogFiles(Protocol):
    """Log files of a flight. `sortie` writes them, not the core."""

    def reopen(self, now_ms: int) -> str | None:
        """Close the files of the last flight and open new ones; the reason if that fails."""

    def close(self) -> None:
        """Close the files after a flight. Without open files nothing happens."""


class NoLogFiles:
    """Log files of a vehicle without logs."""

    def reopen(self, now_ms: int) -> str | None:
        return None

    def close(self) -> None:
        """Do nothing: no file is open."""


@dataclass(frozen=True, slots=True)
class FlightManagerStatus:
    """The flight manager's state. `countdown_end_ms`: vehicle time of takeoff, None without a countdown. `begun_by_go`:
    False in a flight that a ground station armed in the usual way."""

    state: FlightState = FlightState.IDLE
    countdown_end_ms: int | None = None
    begun_by_go: bool = False
    reason: str = ""

    def countdown_s(self, now_ms: int) -> int:
        """Seconds until takeoff, rounded up, 0 .. 255; 0 without a countdown."""
        if self.countdown_end_ms is None:
            return 0
        return min(max(ceil((self.countdown_end_ms - now_ms) / 1000.0), 0), 255)


class FlightContext:
    """Values that one vehicle's actors share beside their messages. `auto_go_ms`: vehicle time from which FM_AUTO_GO
    may fire, None after it has."""

    def __init__(self, flags: Flags) -> None:
        self.flags = flags
        self.status = FlightManagerStatus()
        self.answer: tuple[int, str] | None = None  # from comms: MAV_RESULT and reason of the last command
        self.asked_status: tuple[int, int] | None = None  # from comms: state, countdown s
        self.log_files: LogFiles = NoLogFiles()
        self.auto_go_ms: int | None = None
