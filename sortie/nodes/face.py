"""MAVLink face of a vehicle: the protocol services that ground stations see on its endpoint."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from autopilot.context.events import Event
from autopilot.interface.records import dataclass
from mavlink_bridge.firmware.identity import Identity
from mavlink_bridge.firmware.protocol import ServedParameters
from mavlink_bridge.routing.service import RemembersLinks, Service, TimedSpeaker
from mavlink_bridge.services.commands.service import CommandService
from mavlink_bridge.services.ftp.files import Pages, VirtualFiles
from mavlink_bridge.services.mission.service import MissionService
from mavlink_bridge.services.sticks import StickService
from mavlink_bridge.services.system.logs import LogService
from mavlink_bridge.services.telemetry.pool import StreamPool

if TYPE_CHECKING:
    from sortie.nodes.camera import CameraAlbum


class Frontend(Service, TimedSpeaker, RemembersLinks, Protocol):
    """Service that sends a vehicle's state: `TelemetryService` of a simulated one, `VehicleFacade` of a real one."""

    identity: Identity
    skipped: int
    decided: bool
    core_called: bool

    @property
    def flows(self) -> bool:
        """True while only streams are due, which a pool can write without this service."""

    def load(self) -> object:
        """Load the compiled encoder."""

    def alone(self) -> StreamPool | None:
        """Return the pool that encodes the streams of a lone vehicle; None: each link encodes by itself."""

    def open_link(self, link: int, *, rates_hz: Mapping[str, float] | None = None, fixed: bool = False) -> None:
        """Start the streams of a new link, at these rates (Hz) or those of the parameters."""

    def handle_events(self, events: Iterable[Event], now_ms: int) -> None: ...
    def send_heartbeat(self) -> None:
        """Send a HEARTBEAT now, in addition to the scheduled ones."""


@dataclass(frozen=True, slots=True)
class Face:
    """The protocol services that ground stations meet, in the order in which they hear; some are known by name."""

    telemetry: Frontend
    commands: CommandService
    missions: MissionService
    files: VirtualFiles
    pages: Pages
    logs: LogService
    parameters: ServedParameters
    services: Sequence[Service]
    camera: CameraAlbum | None = None
    sticks: StickService | None = None
    logs_from_boot: bool = False
