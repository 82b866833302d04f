"""The service with a flight controller behind it: the same core, and ground stations that see one vehicle.

Vehicle time is the wall's here (a virtual clock's in tests): passes come from the 50 Hz clock, and at once when the
controller has told something new.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from autopilot.core import Autopilot
from autopilot.crew import Stored
from autopilot.journal import Journal
from autopilot.mission.items import MissionItem
from autopilot.outcome import Severity
from autopilot.parameters.parameters import Parameters
from autopilot.parameters.part import ParameterPart
from mavlink_bridge.endpoint import Endpoint
from mavlink_bridge.flight_controller.companion_door import CompanionDoor
from mavlink_bridge.flight_controller.controller import FlightController
from mavlink_bridge.flight_controller.mirror import ParameterMirror
from mavlink_bridge.flight_controller.native import NativeMission
from mavlink_bridge.flight_controller.pass_through import PassThrough
from mavlink_bridge.flight_controller.plan_copies import PlanCopies
from mavlink_bridge.flight_controller.presenter import Presenter
from mavlink_bridge.identity import Identity
from mavlink_bridge.services.base import Service as ProtocolService
from mavlink_bridge.services.commands.service import CommandService
from mavlink_bridge.services.ftp.files import VirtualFiles
from mavlink_bridge.services.ftp.pages import Pages
from mavlink_bridge.services.ftp.service import FtpService
from mavlink_bridge.services.mission.service import MissionService
from mavlink_bridge.services.parameters.service import ParameterService
from mavlink_bridge.services.system.logs import LogService
from sortie.nodes.vehicle import TICK_MS, Service

#: Parameters of Sortie itself, served by component 191; all others are the controller's.
OWN_PARAMETERS: Final = ("SRT_", "FM_")
#: What the controller does by itself must not be done a second time: failsafes, stopping idle motors. FENCE_ENABLE is
#: the controller's own once it has been read.
LEFT_TO_CONTROLLER: Final[dict[str, float]] = {
    "FENCE_ENABLE": 0.0, "FS_GCS_ENABLE": 0.0, "FS_THR_ENABLE": 0.0, "FS_EKF_ACTION": 0.0, "FS_CRASH_CHECK": 0.0,
    "DISARM_DELAY": 0.0, "BATT_FS_LOW_ACT": 0.0, "BATT_FS_CRT_ACT": 0.0, "BATT_ARM_VOLT": 0.0, "BATT_ARM_MAH": 0.0,
    "BATT_LOW_VOLT": 0.0, "BATT_CRT_VOLT": 0.0, "SRT_WIND_MAX": 0.0,
}  # fmt: skip
#: The motors are armed at the end of the countdown: a controller would disarm by itself meanwhile.
LATE_ARMING: Final = {"FM_ARM_EARLY": 0.0}


class CompanionService(Service):
    """See the module. `link` is the endpoint towards the controller (system/191), on which `vehicle` is a service."""

    vehicle: FlightController

    def __init__(
        self,
        vehicle: FlightController,
        link: Endpoint,
        autopilot: Autopilot,
        parameters: Parameters,
        journal: Journal,
        identity: Identity,
        *,
        epoch_us: int,
        on_error: Callable[[Exception, str], None],
    ) -> None:
        self.link = link
        self._link_ms = 0
        super().__init__(vehicle, autopilot, parameters, journal, identity, epoch_us=epoch_us, on_error=on_error)
        self.endpoint.identify(vehicle.address.system)

    def _add_services(self, identity: Identity) -> None:
        endpoint, autopilot, vehicle = self.endpoint, self.autopilot, self.vehicle
        self.presenter = Presenter(autopilot, vehicle, endpoint, identity)
        self.telemetry: Any = self.presenter
        self.files = VirtualFiles()  # Sortie's own, as component 191; component 1 shows the controller's
        self.pages = Pages({})
        self.files.mount("@SYS", self.pages)
        self.logs = LogService(room=self._room, may_erase=lambda: False)
        self.commands = CommandService(autopilot, self.presenter, vehicle_now=lambda: self.now_ms, journal=self.journal)
        own = ParameterService(ParameterPart(self.parameters, OWN_PARAMETERS), self.journal, room=self._room)
        self.door = CompanionDoor((own, FtpService(self.files, room=self._room)), self.presenter.send_as_companion)
        self.missions = MissionService(autopilot, self.journal)
        services: tuple[ProtocolService, ...] = (
            self.commands, self.missions, *self._flight_services(), self.door, self.presenter,
        )  # fmt: skip
        for service in services:
            endpoint.add_service(service)
        self.passing = PassThrough(
            endpoint, self.link, vehicle, autopilot, self.presenter, lambda: (self._link_ms, self.now_ms)
        )
        self.passing.companion = lambda link, frame: self.door.knock(link, frame, self._link_ms)
        endpoint.gate = self.passing.from_ground
        self.link.on_frame = self.passing.from_controller
        self.mirror = ParameterMirror(vehicle.address, autopilot.vehicle_class.mirrored, self._mirror)
        self.link.add_service(vehicle)
        self.link.add_service(self.mirror)
        self.copies = PlanCopies(vehicle, self._keep_copy)
        self.passing.overheard.plan_changed = self.copies.changed
        self.link.add_service(self.copies)
        if vehicle.native:
            self.native = NativeMission(vehicle, autopilot)
            self.link.add_service(self.native)
            autopilot.use_executor(lambda cockpit: self.native)

    def _mirror(self, name: str, value: float) -> None:
        """The controller's own value of a parameter that the core flies by."""
        if name in self.parameters.names() and self.parameters[name] != value:
            self.parameters.set(name, value)

    def _keep_copy(self, kind: int, items: tuple[MissionItem, ...]) -> None:
        """The controller's fence or rally points."""
        complaint = self.autopilot.crew.plans.check(kind, items)
        if complaint is None:
            self.autopilot.replace_plan(kind, items, self.now_ms)
        else:
            self.autopilot.crew.cockpit.say(Severity.WARNING, f"Flight controller's plan not understood: {complaint}")

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """The controller first: what it says counts for what ground stations ask."""
        return (self.link, self.endpoint)

    def heard(self, endpoint: Endpoint, link_ms: int) -> None:
        if endpoint is self.link:
            self.controller_spoke(link_ms)

    # --- the controller's side ------------------------------------------------------------------------------------
    def receive_from_controller(self, number: int, data: bytes, link_ms: int) -> None:
        """Bytes came in on the controller's link."""
        self._link_ms = link_ms
        self.link.receive(number, data, link_ms, self.now_ms)
        self.controller_spoke(link_ms)

    def controller_spoke(self, link_ms: int) -> None:
        """What the controller told acts now: a pass at the next tick, ahead of the clock by less than that."""
        self._link_ms = link_ms
        if self.vehicle.has_news:
            self.advance(self.now_ms + TICK_MS, link_ms)
        else:
            self._settle(link_ms)

    def next_vehicle_deadline_ms(self) -> int:
        """Of the controller's link too."""
        deadline = super().next_vehicle_deadline_ms()
        due = self.link.next_deadlines()[1]
        return deadline if due is None else max(min(deadline, due), self.now_ms + TICK_MS)

    def next_link_deadline_ms(self) -> int | None:
        own, link = super().next_link_deadline_ms(), self.link.next_deadlines()[0]
        return link if own is None else own if link is None else min(own, link)

    def _settle(self, link_ms: int) -> None:
        self._link_ms = link_ms
        vehicle, cockpit = self.vehicle, self.autopilot.crew.cockpit
        for text in vehicle.take_texts():
            cockpit.announce(text)
        if vehicle.home is not None and vehicle.home != cockpit.home:
            cockpit.move_home(vehicle.home)  # heights of the mission count from the controller's home, whoever moved it
        self.passing.settle()
        super()._settle(link_ms)
        self.link.handle_timeouts(link_ms, self.now_ms)

    def hold(self, why: str) -> bool:
        """Stop and hold, if Sortie flies the vehicle now: by GUIDED and a position, which stay when this program ends.
        False when there is nothing to hold."""
        vehicle = self.vehicle
        if not (vehicle.commanded and self.autopilot.armed) or vehicle.state.landed:
            return False
        self.autopilot.crew.cockpit.say(Severity.WARNING, f"{why}: holding here; once more to leave")
        self.autopilot.set_mode(vehicle.firmware.guided, self.now_ms)
        self._settle(self._link_ms)
        return True

    @property
    def busy(self) -> bool:
        """A real vehicle is never run ahead of the wall."""
        return False


def build_companion(
    vehicle: FlightController,
    link: Endpoint,
    journal: Journal,
    stored: Stored,
    given: Mapping[str, float],
    stored_parameters: Mapping[str, float],
    *,
    name: str,
    epoch_us: int,
    on_error: Callable[[Exception, str], None],
) -> CompanionService:
    """The service around a controller. `given` parameters win over `stored_parameters`; what the controller does by
    itself is off here whatever they say."""
    kind = vehicle.firmware.kind
    known = vehicle.firmware.vehicle_class.parameters
    left = {name: value for name, value in LEFT_TO_CONTROLLER.items() if name in Parameters(known)}
    parameters = Parameters(known, {**LATE_ARMING, **stored_parameters}, {**given, **left})
    autopilot = Autopilot(kind, vehicle, parameters, journal, stored, boot_unix_s=epoch_us / 1e6)
    identity = Identity(kind, name)
    return CompanionService(
        vehicle, link, autopilot, parameters, journal, identity, epoch_us=epoch_us, on_error=on_error
    )
