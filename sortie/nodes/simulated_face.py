"""Face of a simulated vehicle: its protocol services, as the presented firmware has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from autopilot.context.events import Event
from autopilot.core.autopilot import Autopilot
from autopilot.interface import report
from autopilot.interface.reasons import ArmingReason
from autopilot.interface.records import dataclass
from autopilot.interface.traffic import HearsTraffic
from autopilot.mav import Cmd, Component, Severity
from mavlink_bridge.firmware.identity import Identity
from mavlink_bridge.firmware.protocol import Firmware
from mavlink_bridge.routing.service import Service
from mavlink_bridge.services.authorization import AuthorizationService
from mavlink_bridge.services.commands.context import CommandRow
from mavlink_bridge.services.commands.messages import control_high_latency
from mavlink_bridge.services.commands.service import CommandService
from mavlink_bridge.services.digicam import DigicamService
from mavlink_bridge.services.equipment import EquipmentService
from mavlink_bridge.services.events.service import EVENT, SEQUENCE, EventClock, EventService
from mavlink_bridge.services.events.vocabulary import ShownMode
from mavlink_bridge.services.failures.service import ENABLE, FailureService
from mavlink_bridge.services.ftp.component_metadata import (
    COMPONENT_METADATA,
    FOLDER,
    Described,
    MetadataFiles,
    MetadataType,
    commands_document,
    commands_german,
)
from mavlink_bridge.services.ftp.files import Pages, VirtualFiles
from mavlink_bridge.services.ftp.parameter_file import ParameterFiles
from mavlink_bridge.services.ftp.parameter_metadata import german_texts, qgc_document
from mavlink_bridge.services.ftp.plan_files import PlanFiles
from mavlink_bridge.services.ftp.service import FtpService
from mavlink_bridge.services.gimbal import METADATA, GimbalDevice, GimbalManager
from mavlink_bridge.services.guided.lead import LeadService
from mavlink_bridge.services.landing_target import LandingTargetService
from mavlink_bridge.services.mission.service import MissionService
from mavlink_bridge.services.modes import ModeService
from mavlink_bridge.services.modes.service import ModeSource
from mavlink_bridge.services.operator import CONTROL_STATUS, OperatorControl
from mavlink_bridge.services.parameters import ParameterService
from mavlink_bridge.services.proximity import ProximityClock, ProximityService
from mavlink_bridge.services.setup.service import SetupService
from mavlink_bridge.services.spoken import Spoken
from mavlink_bridge.services.sticks import StickService
from mavlink_bridge.services.system.logs import LogService
from mavlink_bridge.services.system.service import SystemService
from mavlink_bridge.services.telemetry.radio_flow import RadioFlow
from mavlink_bridge.services.telemetry.service import TelemetryService
from mavlink_bridge.services.terrain import TERRAIN_REPORT, TerrainService, ground_here
from mavlink_bridge.services.traffic import TrafficClock, TrafficService
from mavlink_bridge.spoken import speak_as
from mavlink_bridge.wire.codec import id_of
from sortie.config.errors import UserError, pip_install
from sortie.nodes.computer import computer_status
from sortie.nodes.face import Face

CAMERA_V2: Final = 6
"""CAM1_TYPE of a camera that is a MAVLink component."""
CAMERA_ON_BOARD: Final = 5
"""CAM1_TYPE of a camera on another computer on board."""
COMPUTER: Final = id_of("ONBOARD_COMPUTER_STATUS")
NOTHING_MORE: Mapping[str, float] = MappingProxyType({})

if TYPE_CHECKING:
    from sortie.nodes.camera import CameraAlbum
    from sortie.nodes.vehicle import VehicleService


def simulated_face(
    service: VehicleService,
    identity: Identity,
    stored: Mapping[str, float] = NOTHING_MORE,
    given: Mapping[str, float] = NOTHING_MORE,
    show: bytes = b"",
) -> Face:
    """Make the face of a vehicle without a controller: all messages are answered here, as the presented firmware does.

    `stored`: parameters of an earlier run, by the firmware's names; `given`: parameters of this run; `show`: the file
    of a drone show.
    """
    autopilot, journal, endpoint, firmware = service.autopilot, service.journal, service.endpoint, identity.speaks
    endpoint.answer_for(firmware.habits.answers_for)
    telemetry = TelemetryService(autopilot, endpoint, identity, boot_unix_us=service.epoch_us)
    missions = MissionService(autopilot, journal, firmware, firmware.refuses)
    commands = CommandService(
        autopilot,
        telemetry,
        vehicle_now=lambda: service.now_ms,
        journal=journal,
        firmware=firmware,
        storing=missions.storing,
    )
    spoken = speak_as(
        firmware, autopilot, service.parameters, stored=stored, given=given, mode_shown=telemetry.send_heartbeat
    )
    if spoken.hear is not None:
        service.observers.append(partial(_hear, spoken.hear))
    _failures(service, commands, spoken)
    ModeService(spoken.modes, commands, telemetry.answers)
    events = _events(service, telemetry, spoken)
    metadata = _metadata(service, spoken, commands, firmware)
    pages = Pages(metadata.pages())
    files = _files(service, spoken, pages, missions)
    operator = OperatorControl(endpoint, commands, service.parameters)
    telemetry.answers[TERRAIN_REPORT] = lambda _: ground_here(autopilot.facts)
    telemetry.answers[COMPONENT_METADATA] = lambda _: [metadata.message(service.now_ms)]
    telemetry.answers[COMPUTER] = lambda _: [computer_status(1000 * service.now_ms)]
    telemetry.answers[CONTROL_STATUS] = lambda _: [operator.status()]
    endpoint.high_latency = False
    commands.register(Cmd.CONTROL_HIGH_LATENCY, CommandRow(partial(control_high_latency, endpoint)))
    flow = RadioFlow(telemetry.rates.slow_down, endpoint.baud)

    def room(link: int) -> int:
        return flow.room(link, service.room(link))

    sticks = StickService(autopilot)
    logs = LogService(room=room, may_erase=lambda: not autopilot.facts.armed, first=firmware.habits.first_log)
    services: tuple[Service, ...] = (
        flow,  # first, so that the others see its current rates
        missions,  # before the commands that wait for a mission on its way to the disk
        commands,
        spoken.targets,
        sticks,
        ParameterService(spoken.parameters, journal, room=room, banner=telemetry.banner, firmware=firmware),
        FtpService(files, room=room, banner=telemetry.banner),
        SystemService(autopilot, telemetry, firmware=firmware),
        *_surroundings(service, telemetry),
        events,
        *_gimbal(service, commands, telemetry),
        *_remote_id(service, telemetry, identity),
        operator,
        _digicam(service),
        EquipmentService(autopilot, commands, telemetry, endpoint.routes),
        AuthorizationService(autopilot.vehicle_arming.authorization, endpoint),
        SetupService(autopilot, commands),
        logs,
        *service.flight_services(commands),
        *_show(service, commands, telemetry, files, show),
        *spoken.services,
        telemetry,  # last: messages that a command requests follow its acknowledgement
    )
    for number in spoken.unknown:
        commands.withdraw(number)
    for number, row in spoken.rows.items():  # after the services have registered theirs
        commands.register(number, row)
    return Face(
        telemetry,
        commands,
        missions,
        files,
        pages,
        logs,
        spoken.parameters,
        services,
        _camera(service, None if spoken.camera_by_itself else commands),
        sticks,
        spoken.logs_from_boot,
    )


def _hear(hear: Callable[[Iterable[Event]], object], events: list[Event], now_ms: int) -> None:
    hear(events)


def _failures(service: VehicleService, commands: CommandService, spoken: Spoken) -> None:
    """Add INJECT_FAILURE, which a parameter must allow."""
    FailureService(
        service.injector(),
        lambda: service.parameters[ENABLE] != 0.0,
        commands,
        lambda text: service.autopilot.announcer.say(Severity.WARNING, text),
        spoken.failures,
    )


def _files(service: VehicleService, spoken: Spoken, pages: Pages, missions: MissionService) -> VirtualFiles:
    """Return the files for MAVFTP: component metadata, and packed parameters and plans where the firmware has them."""
    files = VirtualFiles()
    if spoken.parameter_file:
        packed = ParameterFiles(service.parameters, service.journal)
        files.mount("@PARAM", packed)
        files.writer("@PARAM/param.pck", packed.begin)
        PlanFiles(missions).attach(files)
    files.mount(FOLDER, pages)
    return files


def _surroundings(service: VehicleService, telemetry: TelemetryService) -> tuple[Service, ...]:
    """Return the services about the surroundings: ground, landing pad, leading vehicle, traffic, obstacles."""
    autopilot, vehicle, endpoint = service.autopilot, service.vehicle, service.endpoint
    answers, subscriptions, routes = telemetry.answers, telemetry.rates.subscriptions, endpoint.routes
    traffic = service.traffic = TrafficClock(autopilot, routes, answers, subscriptions)
    receiver = vehicle if isinstance(vehicle, HearsTraffic) else None
    proximity = ProximityClock(autopilot, vehicle, routes, answers, subscriptions, service.unix_us)
    return (
        TerrainService(autopilot, endpoint.links),
        LandingTargetService(autopilot.precision, vehicle, answers, service.unix_us),
        LeadService(autopilot),
        TrafficService(autopilot, receiver, traffic, endpoint.add_service),
        ProximityService(autopilot, proximity, endpoint.add_service),
    )


def _digicam(service: VehicleService) -> DigicamService:
    """Add digital cameras of the time before MAVLink's camera protocol; with CAM1_TYPE 5 they receive each order."""
    digicam = DigicamService(service.autopilot, service.endpoint)
    if int(service.parameters["CAM1_TYPE"]) == CAMERA_ON_BOARD:
        service.observers.append(digicam.hear)
    return digicam


def _camera(service: VehicleService, commands: CommandService | None) -> CameraAlbum | None:
    """Add a camera component if CAM1_TYPE asks for one. `commands`: of a vehicle that forwards camera commands; None:
    it does not."""
    if int(service.parameters["CAM1_TYPE"]) != CAMERA_V2:
        return None
    if find_spec("PIL") is None:
        raise UserError(f"a camera needs Pillow: {pip_install('camera')}, or set CAM1_TYPE to 0")
    from sortie.nodes.camera_component import attach_camera  # with what draws pictures

    return attach_camera(service, commands)


def _gimbal(service: VehicleService, commands: CommandService, telemetry: TelemetryService) -> tuple[Service, ...]:
    """Return the manager of the vehicle's gimbal, if there is one. A gimbal without servos is a component of its
    own."""
    autopilot, endpoint = service.autopilot, service.endpoint
    mount, gimbal = autopilot.mount, autopilot.mount.gimbal
    if gimbal is None:
        return ()
    if mount.device == Component.GIMBAL:
        device = GimbalDevice(gimbal, endpoint.routes, lambda: endpoint.system_id, lambda: service.now_ms)
        service.heartbeats[Component.GIMBAL] = device.heartbeat
        files = VirtualFiles()
        files.mount(FOLDER, Pages(METADATA.pages()))
        transfer = FtpService(files, room=service.room, component=Component.GIMBAL)
        service.components[Component.GIMBAL] = (device, transfer)
    return (
        GimbalManager(mount, gimbal, autopilot.facts, commands, telemetry, endpoint.routes, lambda: endpoint.system_id),
    )


def _remote_id(service: VehicleService, telemetry: TelemetryService, identity: Identity) -> tuple[Service, ...]:
    """Add remote identification if DID_ENABLE was 1 at the start, with its transmitter on DID_MAVPORT."""
    autopilot, parameters = service.autopilot, service.parameters
    if parameters["DID_ENABLE"] == 0.0:
        return ()
    from mavlink_bridge.services.remote_id import RemoteIdService, Transmitter, serial_number

    remote = RemoteIdService(
        autopilot.remote_id, autopilot.facts, serial_number(identity.uid2), telemetry.answers, service.epoch_us / 1e6
    )
    service.observers.append(remote.hear)
    if parameters["DID_MAVPORT"] >= 0.0:
        transmitter = Transmitter(autopilot.remote_id, remote.on_air, service.endpoint.routes)
        service.heartbeats[Component.ODID_TXRX_1] = transmitter.heartbeat
        service.components[Component.ODID_TXRX_1] = (transmitter,)
    return (remote,)


def _show(
    service: VehicleService, commands: CommandService, telemetry: TelemetryService, files: VirtualFiles, content: bytes
) -> tuple[Service, ...]:
    """Add drone shows if SRT_SHOW was 1 at the start: their mode and their service."""
    autopilot = service.autopilot
    if autopilot.facts.param("SRT_SHOW") == 0.0:
        return ()
    from autopilot.show.mode import DRONE_SHOW, ShowMode
    from autopilot.show.show import Show
    from mavlink_bridge.services.show import ShowService

    def authorized() -> None:
        if not autopilot.facts.armed:
            autopilot.modes.set(DRONE_SHOW.number, autopilot.facts.now_ms)

    show = Show(autopilot.facts, service.parameters, service.journal, content, authorized)
    mode = ShowMode(
        autopilot.context, show, autopilot.heading, lambda: autopilot.fence.return_point(), lambda: autopilot.arming
    )
    autopilot.modes.add(DRONE_SHOW, lambda *_: mode)
    return (ShowService(autopilot, show, mode, service.journal, files, commands, telemetry, service.endpoint.routes),)


def _shown(modes: ModeSource) -> list[ShownMode]:
    return [
        ShownMode(mode.number, mode.name, modes.needs_position(mode.number))
        for mode in modes.listed()
        if mode.selectable
    ]


def _metadata(service: VehicleService, spoken: Spoken, commands: CommandService, firmware: Firmware) -> MetadataFiles:
    """Return the vehicle's metadata, made when a station asks for it."""
    kind, served = service.autopilot.facts.vehicle_class, spoken.parameters
    events, modes = spoken.book.vocabulary, spoken.modes
    described = (
        Described(
            MetadataType.PARAMETER,
            "parameters",
            lambda: qgc_document(served),
            lambda: german_texts(qgc_document(served)),
        ),
        Described(
            MetadataType.COMMANDS,
            "commands",
            lambda: commands_document(kind, commands.numbers()),
            lambda: commands_german(commands_document(kind, commands.numbers())),
        ),
        Described(
            MetadataType.EVENTS, "events", lambda: events.document(_shown(modes)), lambda: events.german(_shown(modes))
        ),
        *spoken.described,
    )
    return MetadataFiles(described, firmware.version)


@dataclass(frozen=True, slots=True)
class _AnnouncedVehicle:
    """Autopilot whose events are sent, and the links that receive them."""

    autopilot: Autopilot
    links: Callable[[], Sequence[int]]
    shown: Callable[[], tuple[int, int]]

    def mode(self) -> int:
        return self.shown()[0]

    def reasons(self) -> Sequence[ArmingReason]:
        return self.autopilot.prearm.latest

    def sensors(self) -> tuple[int, int]:
        vector = self.autopilot.facts.vehicle.state.report
        return int(vector[report.SENSORS_PRESENT]), int(vector[report.SENSORS_HEALTHY])


def _events(service: VehicleService, telemetry: TelemetryService, spoken: Spoken) -> EventService:
    """Add MAVLink events, which cost nothing until a client listens."""

    def hear(heard: list[Event], now_ms: int) -> None:
        if heard:
            events.hear(heard, now_ms)
            for outgoing in events.take_outgoing():
                service.endpoint.send(outgoing.message, outgoing.link)

    def listen() -> None:
        service.observers.append(hear)
        service.endpoint.add_service(EventClock(events))

    events = EventService(
        _AnnouncedVehicle(service.autopilot, service.endpoint.routes, service.autopilot.facts.personality.shown_modes),
        spoken.book,
        listen,
    )
    telemetry.answers[SEQUENCE] = events.sequence
    telemetry.rates.subscriptions.update({EVENT: events, SEQUENCE: events})
    if spoken.sends_events:
        events.send_to_all()
    return events
