"""Camera component (100) of a simulated vehicle: its services around its album, and their files."""

from __future__ import annotations

from autopilot.interface.mathematics import PI
from autopilot.mav import Component
from autopilot.mount.gimbal import optical_axis
from autopilot.parameters.parameters import Parameters
from mavlink_bridge.services.camera.device import Specs
from mavlink_bridge.services.camera.extended import SettingsService
from mavlink_bridge.services.camera.items import FLOWN, CameraItems
from mavlink_bridge.services.camera.messages import heartbeat
from mavlink_bridge.services.camera.metadata import METADATA
from mavlink_bridge.services.camera.service import CameraService
from mavlink_bridge.services.camera.settings import definition
from mavlink_bridge.services.commands.context import CommandRow
from mavlink_bridge.services.commands.service import CommandService
from mavlink_bridge.services.ftp.component_metadata import FOLDER
from mavlink_bridge.services.ftp.files import Pages, VirtualFiles
from mavlink_bridge.services.ftp.service import FtpService
from sitl.vehicles.simulated import SimulatedMachine
from sortie.nodes.camera import DEFINITION, CameraAlbum
from sortie.nodes.camera_card import DCIM
from sortie.nodes.vehicle import VehicleService


def specs_of(parameters: Parameters) -> Specs:
    return Specs(
        parameters["SIM_CAM_SENS_W"],
        parameters["SIM_CAM_SENS_H"],
        parameters["SIM_CAM_FOCAL"],
        parameters["SIM_CAM_ZOOM"],
        int(parameters["SIM_CAM_RES_W"]),
        int(parameters["SIM_CAM_RES_H"]),
        parameters["SIM_CAM_STORE"],
        lambda: parameters["CAM1_INTRVAL_MIN"],
    )


def attach_camera(owner: VehicleService, commands: CommandService | None) -> CameraAlbum | None:
    """Add component 100 to a simulated vehicle; None for others. `commands`: of an autopilot that forwards camera
    commands."""
    vehicle, parameters, autopilot = owner.vehicle, owner.parameters, owner.autopilot
    if not isinstance(vehicle, SimulatedMachine):
        return None
    specs = specs_of(parameters)
    mount, trigger = autopilot.mount, autopilot.payload.camera
    album = CameraAlbum(
        autopilot,
        owner.endpoint,
        parameters,
        vehicle,
        specs,
        lambda: optical_axis(vehicle, mount.gimbal, PI * parameters["SIM_CAM_PITCH"] / 180.0),
        owner.epoch_us,
    )

    def trigger_every(metres: float, at_once: bool) -> None:
        trigger.set_distance(metres, owner.now_ms, at_once=at_once)

    camera = CameraService(
        specs,
        album,
        album.video,
        definition=lambda: f"mftp://{DEFINITION}",
        epoch_us=owner.epoch_us,
        trigger_every=trigger_every,
        links=owner.endpoint.routes,
        room=owner.room,
        gimbal=mount.device,
    )
    album.service = camera
    files = VirtualFiles()
    files.page(DEFINITION, definition)
    files.mount(DCIM, album.card)
    files.mount(FOLDER, Pages(METADATA.pages()))
    transfer = FtpService(files, room=owner.room, component=Component.CAMERA)
    owner.heartbeats[Component.CAMERA] = heartbeat
    owner.components[Component.CAMERA] = (camera, SettingsService(camera.device), transfer)
    owner.observers += [camera.hear, album.hear]

    items = CameraItems(camera, lambda: owner.now_ms)
    camera.forwarded |= FLOWN if commands is not None else frozenset()
    for number in FLOWN:
        autopilot.auto.executor.own.installed[number] = items
        if commands is not None:
            commands.register(number, CommandRow(lambda command, context: camera.act(command, context.now_ms)))
    return album
