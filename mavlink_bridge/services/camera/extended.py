"""Camera settings as extended parameters (https://mavlink.io/en/services/parameter_ext.html): PARAM_EXT_ messages of
component 100.

Values are sent as the bytes of their type, little-endian, as QGroundControl and MAVSDK read them. The answer to a set
is sent to everybody, because it changes the settings for everybody. CAM_MODE is the camera's mode.
"""

from __future__ import annotations

from autopilot.mav import CameraMode, Component, ExtendedAck
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer, Speaker
from mavlink_bridge.services.camera import messages
from mavlink_bridge.services.camera.device import CameraDevice
from mavlink_bridge.services.camera.settings import MODE, TABLE, find, fitting, unpack
from mavlink_bridge.wire.codec import dialect


def value_of(device: CameraDevice, index: int) -> float:
    name = TABLE[index].name
    return float(device.mode) if name == MODE else device.settings.get(name)


class SettingsService(Speaker):
    """Service of the camera's extended parameters."""

    clock: Clock = "vehicle"
    handles = frozenset({"PARAM_EXT_REQUEST_LIST", "PARAM_EXT_REQUEST_READ", "PARAM_EXT_SET"})

    def __init__(self, device: CameraDevice) -> None:
        self._device = device
        super().__init__()

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        match message.get_type():
            case "PARAM_EXT_REQUEST_LIST":
                for index in range(len(TABLE)):
                    self._send_value(index, peer)
            case "PARAM_EXT_REQUEST_READ":
                index = message.param_index
                if index < 0:
                    setting = find(message.param_id)
                    index = -1 if setting is None else setting[0]
                if 0 <= index < len(TABLE):
                    self._send_value(index, peer)
            case _:
                self._set(message, now_ms)

    def _say(self, message: Message, link: int | None = None) -> None:
        self._out.append(Outgoing(message, link, Component.CAMERA))

    def _send_value(self, index: int, peer: Peer) -> None:
        self._say(messages.parameter(index, value_of(self._device, index)), peer.link)

    def _set(self, message: Message, now_ms: int) -> None:
        found = find(message.param_id)
        result, value, kind = ExtendedAck.VALUE_UNSUPPORTED, b"", message.param_type
        if found is not None:
            index, setting = found
            kind = setting.type
            requested = unpack(setting.type, message._param_value_raw) if message.param_type == kind else None
            fit = None if requested is None else fitting(setting, requested)
            if fit is not None:
                result = ExtendedAck.ACCEPTED
                self._keep(setting.name, fit, now_ms)
            value = messages.parameter(index, value_of(self._device, index))._param_value_raw
        name = message.param_id.encode()
        self._say(dialect.MAVLink_param_ext_ack_message(name, value, kind, result))

    def _keep(self, name: str, value: float, now_ms: int) -> None:
        if name == MODE:
            self._device.set_mode(CameraMode(int(value)), now_ms)
            self._say(messages.settings(self._device, now_ms))
        else:
            self._device.settings = self._device.settings.with_value(name, value)
