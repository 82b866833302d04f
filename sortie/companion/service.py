"""Companion of a flight controller: the same core as for a simulated vehicle, and one vehicle for ground stations.

Vehicle time is real time (virtual in tests). Passes are made at 50 Hz, and at once when the controller has sent news.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from autopilot.context.journal import Journal
from autopilot.core.autopilot import Autopilot
from autopilot.core.wiring import Stored
from autopilot.interface.layout import TICK_MS
from autopilot.mav import Severity
from autopilot.mission.items import MissionItem
from autopilot.parameters.parameters import ParameterPart, Parameters
from autopilot.vehicles.vehicle_class import VehicleClass
from mavlink_bridge.firmware.identity import Identity
from mavlink_bridge.firmware.protocol import Firmware
from mavlink_bridge.flight_controller.controller import FlightController
from mavlink_bridge.flight_controller.native import NativeMission
from mavlink_bridge.flight_controller.onboard_component import OnboardComponent
from mavlink_bridge.flight_controller.parameter_cache import ParameterCache
from mavlink_bridge.flight_controller.pass_through import PassThrough
from mavlink_bridge.flight_controller.plan_cache import PlanCache
from mavlink_bridge.flight_controller.transfer_turn import TransferTurn
from mavlink_bridge.flight_controller.vehicle_facade import VehicleFacade
from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.routing.service import Service
from mavlink_bridge.services.commands.service import CommandService
from mavlink_bridge.services.failures.service import FailureService
from mavlink_bridge.services.failures.table import FAILURES
from mavlink_bridge.services.ftp.files import Pages, VirtualFiles
from mavlink_bridge.services.ftp.service import FtpService
from mavlink_bridge.services.mission.service import MissionService
from mavlink_bridge.services.parameters import ParameterService
from mavlink_bridge.services.system.logs import LogService
from sortie.config.faults import Fault
from sortie.config.installed import install, installed, parameter_set
from sortie.nodes.face import Face
from sortie.nodes.vehicle import VehicleService

#: Parameters of Sortie itself, served by component 191; all others are the controller's.
OWN_PARAMETERS: Final = ("SRT_", "FM_")


def own_parameters(kind: str) -> tuple[str, ...]:
    """Return prefixes of parameters that are not the controller's: Sortie's, and those of installed packages."""
    return (*OWN_PARAMETERS, *(line.name for line in installed().lines_of(kind)))


#: What the controller does by itself must not be done a second time: failsafes, stopping idle motors. FENCE_ENABLE is
#: the controller's own once it has been read.
LEFT_TO_CONTROLLER: Final[dict[str, float]] = {
    "FENCE_ENABLE": 0.0, "FS_GCS_ENABLE": 0.0, "FS_THR_ENABLE": 0.0, "FS_EKF_ACTION": 0.0, "FS_CRASH_CHECK": 0.0,
    "DISARM_DELAY": 0.0, "BATT_FS_LOW_ACT": 0.0, "BATT_FS_CRT_ACT": 0.0, "BATT_ARM_VOLT": 0.0, "BATT_ARM_MAH": 0.0,
    "BATT_LOW_VOLT": 0.0, "BATT_CRT_VOLT": 0.0, "SRT_WIND_MAX": 0.0,
}  # fmt: skip
#: The motors are armed at the end of the countdown: a controller would disarm by itself meanwhile.
LATE_ARMING: Final = {"FM_ARM_EARLY": 0.0}


def another_kind(name: str, found: VehicleClass, named: VehicleClass) -> str:
    """Return a complaint when the program's kind of vehicle does not fit the wanted kind, otherwise ""."""
    if (named.flies, named.has_stall_speed) == (found.flies, found.has_stall_speed):
        return ""
    return f"the program is an {name} {found.name}; expected the binary of a {named.name}"


def flies_native(strategy: str | None, firmware: Firmware) -> bool:
    """Check whether the controller flies missions in its own AUTO: by --strategy, else by the habit of the firmware."""
    return (strategy or firmware.habits.strategy) == "native"


class Companion:
    """Companion between ground stations and a controller. `link`: the endpoint towards it (system/191), with `vehicle`
    as a service. `service`: the vehicle that ground stations see. `carried`: Sortie's clock drives the controller."""

    service: VehicleService

    def __init__(self, vehicle: FlightController, link: Endpoint, *, carried: bool = False) -> None:
        self.vehicle = vehicle
        self.link = link
        self.carried = carried
        self._link_ms = 0

    # --- building -------------------------------------------------------------------------------------------------
    def face(self, service: VehicleService, identity: Identity) -> Face:
        """Make the services of `service`, the node of this companion; what is not Sortie's own is forwarded."""
        self.service = service
        autopilot, endpoint, firmware = service.autopilot, service.endpoint, self.vehicle.firmware
        self.facade = facade = VehicleFacade(autopilot, self.vehicle, endpoint, identity)
        files = VirtualFiles()  # Sortie's own files, as component 191; component 1 has the controller's
        pages = Pages({})
        files.mount("@SYS", pages)
        logs = LogService(room=service.room, may_erase=lambda: False)
        missions = MissionService(autopilot, service.journal, firmware)
        commands = CommandService(
            autopilot,
            facade,
            vehicle_now=lambda: service.now_ms,
            journal=service.journal,
            firmware=firmware,
            storing=missions.storing,
        )
        if self.vehicle.body is not None:
            breaks = self.vehicle.fault_names()
            known = {what: row for what, row in FAILURES.items() if row.name.format(n=1) in breaks}
            warn = autopilot.announcer.say
            FailureService(service.injector(), lambda: True, commands, lambda text: warn(Severity.WARNING, text), known)
        own = ParameterService(
            ParameterPart(service.parameters, own_parameters(firmware.vehicle_class.name)),
            service.journal,
            room=service.room,
            firmware=firmware,
        )
        onboard = OnboardComponent((own, FtpService(files, room=service.room)), facade.send_as_companion)
        turn = TransferTurn()
        plan_cache = PlanCache(self.vehicle, self._keep_copy, turn)
        self._pass_on(onboard, plan_cache, turn)
        self._watch(plan_cache, turn)
        services: tuple[Service, ...] = (missions, commands, *service.flight_services(commands), onboard, facade)
        return Face(facade, commands, missions, files, pages, logs, service.parameters, services)

    def _pass_on(self, onboard: OnboardComponent, plan_cache: PlanCache, turn: TransferTurn) -> None:
        service = self.service
        self.passing = PassThrough(
            service.endpoint,
            self.link,
            self.vehicle,
            service.autopilot,
            self.facade,
            lambda: (self._link_ms, service.now_ms),
            lambda link, frame: onboard.handle_frame(link, frame, self._link_ms),
            plan_cache.changed,
            turn,
        )
        service.endpoint.gates.append(self.passing.from_ground)
        self.link.on_frame.append(self.passing.from_controller)

    def _watch(self, plan_cache: PlanCache, turn: TransferTurn) -> None:
        """Follow the controller's parameters and plans that the core needs, and let its own AUTO fly missions if it
        should."""
        vehicle, autopilot = self.vehicle, self.service.autopilot
        firmware = vehicle.firmware
        followed = (*firmware.mirrored, *filter(None, (firmware.habits.texts_for_stations,)))
        self.parameter_cache = ParameterCache(vehicle.address, followed, self._keep_value)
        self.link.add_service(vehicle)
        self.link.add_service(self.parameter_cache)
        if self.passing.mode_answers is not None:
            self.link.add_service(self.passing.mode_answers)
        self.link.add_service(plan_cache)
        if vehicle.native:
            native = NativeMission(vehicle, autopilot, turn)
            self.link.add_service(native)
            autopilot.auto.fly_own_items(native)

    def _keep_value(self, name: str, value: float) -> None:
        """Store the controller's value of a parameter that the core needs, or of the one that lets a companion count as
        a ground station."""
        firmware, parameters = self.vehicle.firmware, self.service.parameters
        if name == firmware.habits.texts_for_stations:
            self.vehicle.counts_as_station = value == 0.0
            return
        mirrored = firmware.mirrored[name]
        ours = value * mirrored.factor
        if mirrored.name in parameters.names() and parameters[mirrored.name] != ours:
            parameters.set(mirrored.name, ours)

    def _keep_copy(self, kind: int, items: tuple[MissionItem, ...]) -> None:
        """Store the controller's fence or rally points."""
        autopilot = self.service.autopilot
        complaint = autopilot.plans.check(kind, items, empty_circles=True)
        if complaint is None:
            autopilot.plans.replace(kind, items)
        else:
            autopilot.announcer.say(Severity.WARNING, f"Flight controller's plan not understood: {complaint}")

    # --- the controller's side ------------------------------------------------------------------------------------
    def heard(self, link_ms: int) -> None:
        """Act on the controller's messages at once, by a pass at the next tick. Vehicle time then leads by less than a
        tick."""
        self._link_ms = link_ms
        if self.vehicle.has_news:
            self.service.advance(self.service.now_ms + TICK_MS, link_ms)
        else:
            self.service.serve_links(link_ms)

    def begin_settling(self, link_ms: int) -> None:
        """Take texts and home of the controller before ground stations are informed."""
        self._link_ms = link_ms
        vehicle, autopilot = self.vehicle, self.service.autopilot
        for text in vehicle.news.take_texts():
            autopilot.announcer.announce(text)
        home = vehicle.home.position
        if home is not None and home != autopilot.facts.home:
            autopilot.home.move(home)  # mission heights are relative to the controller's home
        self.passing.settle()

    def end_settling(self, link_ms: int) -> None:
        """Send what is due on the controller's link."""
        self.link.handle_timeouts(link_ms, self.service.now_ms)

    def hold(self, why: str) -> bool:
        """Stop and hold position in GUIDED if Sortie flies the vehicle; this lasts after the end of the program. False
        when it does not fly."""
        vehicle, autopilot = self.vehicle, self.service.autopilot
        if not (vehicle.commanded and autopilot.facts.armed) or vehicle.state.landed:
            return False
        autopilot.announcer.say(Severity.WARNING, f"{why}: holding here; once more to leave")
        autopilot.modes.set(autopilot.facts.vehicle_class.modes.guided, self.service.now_ms)
        self.service.serve_links(self._link_ms)
        return True


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
    faults: Iterable[Fault] = (),
    carried: bool = False,
) -> Companion:
    """Make the companion of a controller. `given` parameters take precedence over `stored_parameters`; functions of the
    controller itself are always off here. `carried`: see `Companion`."""
    kind = vehicle.firmware.vehicle_class.name
    known = parameter_set(kind)
    delegated = {name: value for name, value in LEFT_TO_CONTROLLER.items() if name in Parameters(known)}
    parameters = Parameters(known, {**LATE_ARMING, **stored_parameters}, {**given, **delegated})
    autopilot = Autopilot(kind, vehicle, parameters, journal, stored, boot_unix_s=epoch_us / 1e6)
    install(autopilot, on_error)
    identity = Identity(kind, name)
    companion = Companion(vehicle, link, carried=carried)
    service = VehicleService(
        vehicle,
        autopilot,
        parameters,
        journal,
        lambda service: companion.face(service, identity),
        epoch_us=epoch_us,
        on_error=on_error,
        faults=faults,
        behind=companion,
    )
    service.endpoint.identify(vehicle.address.system)
    return companion
