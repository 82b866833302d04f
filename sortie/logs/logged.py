"""Vehicle as a log of flights sees it: facts to read, and where its files are served."""

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
    """Identity that the vehicle presents."""

    @property
    def identity(self) -> Identity: ...


class Photographer(Protocol):
    """A camera with a card."""

    def keep_in(self, folder: Path) -> None:
        """Keep its pictures in this folder from now on."""


class LoggedVehicle(Protocol):
    """A vehicle with its services. `observers` are called with the events of each pass and the vehicle time, ms,
    `samplers` with the time alone where nothing is decided; `epoch_us` is UTC at vehicle time 0. `sampled`: is this
    pass one whose state a log takes?"""

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
        """True when there is a log before the first flight, too."""

    def open_log_link(self, name: str, hz: float, take: Callable[[memoryview], None]) -> int:
        """A link that nobody is on, with all streams; `take` is given those that are stamped already."""
