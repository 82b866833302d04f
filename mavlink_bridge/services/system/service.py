"""Signs of life of ground stations, TIMESYNC, PING, AUTOPILOT_VERSION_REQUEST, console and origin.

Clock: link time, for the loss of a ground station. TIMESYNC is answered in vehicle time, which is that of the vehicle's
time stamps (time_boot_ms).
"""

from __future__ import annotations

from collections.abc import Callable

from autopilot.commands.vehicle_parts import VehicleParts
from autopilot.interface.geo import GeoPoint
from autopilot.mav import SerialControlFlag, VehicleType
from mavlink_bridge.firmware.ardupilot import OWN
from mavlink_bridge.firmware.protocol import Firmware
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer, Speaker
from mavlink_bridge.services.commands.context import TelemetryRequests
from mavlink_bridge.services.commands.messages import AUTOPILOT_VERSION
from mavlink_bridge.wire.codec import dialect, id_of

_SHELL_BYTES = 70
_NO_SHELL = b"Sortie has no console\n"


class SystemService(Speaker):
    """Service of these messages. `now_ns`: time in TIMESYNC, ns since boot; by default vehicle time, which moves in
    ticks. `firmware`: by what it knows a ground station."""

    clock: Clock = "link"
    handles = frozenset(
        {
            "HEARTBEAT", "RC_CHANNELS_OVERRIDE", "MANUAL_CONTROL", "TIMESYNC", "PING", "AUTOPILOT_VERSION_REQUEST",
            "SERIAL_CONTROL", "SET_GPS_GLOBAL_ORIGIN",
        }
    )  # fmt: skip

    def __init__(
        self,
        parts: VehicleParts,
        telemetry: TelemetryRequests,
        *,
        now_ns: Callable[[], int] | None = None,
        firmware: Firmware = OWN,
    ) -> None:
        self._by_type = firmware.habits.stations_by_type
        self._parts = parts
        self._telemetry = telemetry
        self._now_ns = now_ns or (lambda: parts.facts.vehicle.state.time_ms * 1_000_000)
        super().__init__()

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        match message.get_type():
            case "HEARTBEAT":
                if not self._by_type or message.type == VehicleType.GCS:
                    self._parts.failsafes.ground_station_heard(peer.system)
            case "MANUAL_CONTROL" if message.target != int(self._parts.parameters["SYSID_THISMAV"]):
                pass  # sticks of another vehicle
            case "RC_CHANNELS_OVERRIDE" | "MANUAL_CONTROL":  # signs of life too (ArduPilot's sysid_mygcs_seen)
                self._parts.failsafes.ground_station_heard(peer.system)
            case "TIMESYNC":
                self._answer_timesync(message, peer)
            case "PING":
                self._answer_ping(message, peer)
            case "AUTOPILOT_VERSION_REQUEST":
                self._telemetry.request_message(peer.link, AUTOPILOT_VERSION, 0.0)
            case "SERIAL_CONTROL":
                self._answer_shell(message, peer)
            case "SET_GPS_GLOBAL_ORIGIN":
                # MAVLink: the present origin is sent, changed or not
                place = GeoPoint(message.latitude / 1e7, message.longitude / 1e7, message.altitude / 1e3)
                self._parts.home.set_origin(place)
                self._telemetry.request_message(peer.link, id_of("GPS_GLOBAL_ORIGIN"), 0.0)

    def _answer_shell(self, message: Message, peer: Peer) -> None:
        """Answer SERIAL_CONTROL that no console exists, so that the asker does not wait for a prompt. A request without
        bytes asks for what has been printed, several times a second."""
        asks = message.flags & SerialControlFlag.RESPOND and not message.flags & SerialControlFlag.REPLY
        if asks and message.count > 0:
            text = list(_NO_SHELL.ljust(_SHELL_BYTES, b"\0"))
            answer = dialect.MAVLink_serial_control_message(
                message.device, SerialControlFlag.REPLY, 0, 0, len(_NO_SHELL), text
            )
            self._out.append(Outgoing(answer, peer.link))

    def _answer_timesync(self, message: Message, peer: Peer) -> None:
        if message.tc1 == 0:  # otherwise an answer
            answer = dialect.MAVLink_timesync_message(max(self._now_ns(), 1), message.ts1)  # 0 would be a question
            self._out.append(Outgoing(answer, peer.link))

    def _answer_ping(self, message: Message, peer: Peer) -> None:
        if message.target_system == 0 and message.target_component == 0:  # otherwise an answer
            answer = dialect.MAVLink_ping_message(message.time_usec, message.seq, peer.system, peer.component)
            self._out.append(Outgoing(answer, peer.link))
