"""Interfaces of a vehicle for its logs: facts to read, and services that serve its files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from autopilot.context.events import Event
    from autopilot.core.autopilot import Autopilot
    from autopilot.interface.vehicle import Vehicle
    from autopilot.parameters.parameters import Parameters
    from mavlink_bridge.firmware.identity import Identity
    from mavlink_bridge.routing.endpoint import Endpoint
    from mavlink_bridge.services.ftp.files import VirtualFiles
    from mavlink_bridge.services.system.logs import LogService


class PresentedIdentity(Protocol):
    @property
    def identity(self) -> Identity: ...


class Photographer(Protocol):
    """Camera with a memory card."""

    def keep_in(self, folder: Path) -> None:
        """Keep its pictures in this folder from now on."""


class LoggedVehicle(Protocol):
    """Vehicle with its services. `observers` are called with the events of each pass and the vehicle time (ms),
    `samplers` with the time only, when nothing is decided. `epoch_us`: UTC at vehicle time 0. `sampled`: the log
    records the state of this pass."""

    observers: list[Callable[[list[Event], int], None]]
    samplers: list[Callable[[int], None]]
    sampled: bool
    epoch_us: int
    now_ms: int

    @property
    def vehicle(self) -> Vehicle: ...
    @property
    def autopilot(self) -> Autopilot: ...
    @property
    def parameters(self) -> Parameters: ...
    @property
    def telemetry(self) -> PresentedIdentity: ...
    @property
    def endpoint(self) -> Endpoint: ...
    @property
    def logs(self) -> LogService: ...
    @property
    def files(self) -> VirtualFiles: ...
    @property
    def camera(self) -> Photographer | None: ...
    @property
    def logs_from_boot(self) -> bool:
        """True when there is a log before the first flight."""

    def open_log_link(self, name: str, hz: float, take: Callable[[memoryview], None]) -> int:
        """Open an internal link with all streams; `take` receives stamped frames."""
