"""DIGICAM_CONTROL and DIGICAM_CONFIGURE, and cameras of another computer on board (CAM1_TYPE 5).

The two messages act as the commands DO_DIGICAM_CONTROL and DO_DIGICAM_CONFIGURE. With CAM1_TYPE 5, each photo of the
autopilot and its commands for zoom, focus and exposure are sent as COMMAND_LONG to all components of this vehicle.
Vehicle time. Sources: ArduPilot AP_Camera.cpp (handle_message), AP_Camera_MAVLink.cpp, MAVLink_routing.cpp
(send_to_components).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from autopilot.commands.vehicle_parts import VehicleParts
from autopilot.context.events import CameraTriggered, Event, PayloadAction
from autopilot.mav import Cmd
from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.routing.service import Clock, Message, Peer
from mavlink_bridge.wire.codec import command_message

_Params = tuple[float, ...]
_FIELDS: Final = {
    "DIGICAM_CONTROL": (
        Cmd.DO_DIGICAM_CONTROL,
        ("session", "zoom_pos", "zoom_step", "focus_lock", "shot", "command_id"),
    ),
    "DIGICAM_CONFIGURE": (
        Cmd.DO_DIGICAM_CONFIGURE,
        ("mode", "shutter_speed", "aperture", "iso", "exposure_type", "command_id", "engine_cut_off"),
    ),
}
_ALL_COMPONENTS: Final = 0
_SHOOT: Final[_Params] = (0.0, 0.0, 0.0, 0.0, 1.0)


class DigicamService:
    """Service of digicam messages and of the camera of CAM1_TYPE 5."""

    clock: Clock = "vehicle"
    handles = frozenset(_FIELDS)

    def __init__(self, parts: VehicleParts, endpoint: Endpoint) -> None:
        self._parts = parts
        self._endpoint = endpoint

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        command, names = _FIELDS[message.get_type()]
        self._parts.payload.command(command, tuple(float(getattr(message, name)) for name in names), now_ms)

    def hear(self, events: Iterable[Event], now_ms: int) -> None:
        """Send camera events as commands to the camera of CAM1_TYPE 5."""
        for event in events:
            if isinstance(event, CameraTriggered):
                self._order(Cmd.DO_DIGICAM_CONTROL, _SHOOT)
            elif isinstance(event, PayloadAction):
                takes_photo = event.command == Cmd.DO_DIGICAM_CONTROL and event.params[4:5] == (1.0,)
                if event.command in (Cmd.DO_DIGICAM_CONTROL, Cmd.DO_DIGICAM_CONFIGURE) and not takes_photo:
                    self._order(event.command, event.params)

    def _order(self, command: int, params: _Params) -> None:
        order = command_message(self._endpoint.system_id, _ALL_COMPONENTS, command, *params[:7])
        for link in self._endpoint.heard(self._endpoint.system_id):
            self._endpoint.send(order, link)
