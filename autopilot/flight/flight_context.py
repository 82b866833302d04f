"""Shared context of one vehicle's actors: the buses, and the state of the vehicle.

A bus holds one entry, the latest: a slow reader sees the newest value, never a backlog. What flows at control rate has
no bus of its own: the vehicle's report (`autopilot.interface.report`) is that, and telemetry reads it.
"""

from __future__ import annotations

from math import ceil
from typing import Generic, Protocol, TypeVar

from autopilot.flight.flags import Flags
from autopilot.flight.lifecycle import FlightState
from autopilot.interface.records import dataclass

T = TypeVar("T")


class Bus(Generic[T]):
    """Holds the latest value that was published."""

    def __init__(self, value: T) -> None:
        self._value = value

    def publish(self, value: T) -> None:
        self._value = value

    @property
    def latest(self) -> T:
        return self._value


class LogFiles(Protocol):
    """The files of a flight's log. The core writes none; `sortie` does."""

    def reopen(self, now_ms: int) -> str | None:
        """Close the files of the last flight and open new ones; the reason when that is impossible."""

    def close(self) -> None:
        """The flight is over. Without open files nothing happens."""


class NoLogFiles:
    """No logs are kept."""

    def reopen(self, now_ms: int) -> str | None:
        return None

    def close(self) -> None:
        """Do nothing: no file is open."""


@dataclass(frozen=True, slots=True)
class FlightManagerStatus:
    """The flight manager's state. `countdown_end_ms`: vehicle time of takeoff, None without a countdown.
    `begun_by_go`: False in a flight that a ground station armed in the usual way."""

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
    """Shared values of one vehicle's actors beside their messages. `auto_go_ms`: vehicle time at which FM_AUTO_GO may
    fire, None once it is spent."""

    def __init__(self, flags: Flags) -> None:
        self.flags = flags
        self.status: Bus[FlightManagerStatus] = Bus(FlightManagerStatus())
        self.answer: Bus[tuple[int, str] | None] = Bus(None)  # comms: MAV_RESULT and reason of the last command
        self.asked_status: Bus[tuple[int, int] | None] = Bus(None)  # comms: state, countdown s
        self.log_files: LogFiles = NoLogFiles()
        self.auto_go_ms: int | None = None
