"""Operator control (MAV_CMD_REQUEST_OPERATOR_CONTROL, CONTROL_STATUS): the station that may change a vehicle.

Until a station requests control, all may send everything. Then commands of other systems are refused with
NOT_IN_CONTROL, their plans with DENIED, files that they write with FileProtected, and messages without an answer
(sticks, targets, parameters, photos, GO of the flight manager as TUNNEL, the start of a drone show) are ignored;
requests for data are answered as before. A later request is granted if the owner allows takeover; else it FAILED, and
the owner is informed by the same command. Control ends with its release, or when the owner's HEARTBEAT is missing for
5 s.

Several stations (SYSID_MYGCS to MAV_GCS_SYSID_HI, as in ArduPilot 4.7) own the vehicle together: one is `gcs_main`; the
others that are heard are `gcs_secondary` and may send everything except sticks. Only these may request control; param4
is then the lowest of them, or the sender. Control ends when none of them is heard; a silent main is replaced without
its permission, which only it could give. With SYSID_ENFORCE (ArduPilot's), messages to the vehicle are accepted only
from stations and its own components. Clock: link time. Source: MAVLink's development.xml of July 2026, where the
command no longer names the end of a range, and the vehicle decides on secondaries.
"""

from __future__ import annotations

from typing import Final

from autopilot.context.turns import next_multiple
from autopilot.flight.lifecycle import FlightCommand
from autopilot.interface.result import Outcome
from autopilot.mav import Cmd, Component, ControlStatusFlag, MissionResult, Result
from autopilot.parameters.parameters import Parameters
from autopilot.parameters.stations import stations
from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer, Speaker
from mavlink_bridge.services.commands.context import ACCEPTED, DENIED, FAILED, CommandRow, Context
from mavlink_bridge.services.commands.request import Command
from mavlink_bridge.services.commands.service import CommandService
from mavlink_bridge.services.flight import tunnelled
from mavlink_bridge.services.ftp.wire import Nak, nak, unpack
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import dialect, id_of, ids_of
from mavlink_bridge.wire.framing import MavlinkFrame

CONTROL_STATUS: Final = id_of("CONTROL_STATUS")
_SILENT_MS: Final = 5000
_STATUS_MS: Final = 1000
_LONGEST_S: Final = 60.0
_COMMANDS: Final = ids_of("COMMAND_LONG", "COMMAND_INT")
_PLANS: Final = ids_of(
    "MISSION_COUNT", "MISSION_CLEAR_ALL", "MISSION_WRITE_PARTIAL_LIST", "MISSION_ITEM", "MISSION_ITEM_INT"
)
_WITHOUT_ANSWER: Final = ids_of(
    "SET_MODE", "PARAM_SET", "PARAM_EXT_SET", "MISSION_SET_CURRENT", "MANUAL_CONTROL", "RC_CHANNELS_OVERRIDE",
    "SET_POSITION_TARGET_LOCAL_NED", "SET_POSITION_TARGET_GLOBAL_INT", "SET_ATTITUDE_TARGET", "SET_HOME_POSITION",
    "SET_GPS_GLOBAL_ORIGIN", "LOG_ERASE", "GIMBAL_MANAGER_SET_ATTITUDE", "GIMBAL_MANAGER_SET_PITCHYAW",
    "GIMBAL_MANAGER_SET_MANUAL_CONTROL", "COMMAND_CANCEL", "FENCE_POINT", "SETUP_SIGNING", "DIGICAM_CONTROL",
    "DIGICAM_CONFIGURE",
)  # fmt: skip
_FILES: Final = ids_of("FILE_TRANSFER_PROTOCOL")
_OF_CAMERAS: Final = frozenset({
    Cmd.IMAGE_START_CAPTURE, Cmd.IMAGE_STOP_CAPTURE, Cmd.SET_CAMERA_MODE, Cmd.SET_CAMERA_ZOOM, Cmd.SET_CAMERA_FOCUS,
    Cmd.RESET_CAMERA_SETTINGS, Cmd.STORAGE_FORMAT,
})  # fmt: skip
"""Commands that change a camera, of which the vehicle may know nothing."""
_SOME_ORDER: Final = ids_of("TUNNEL", "DATA16")
_CHANGES: Final = _COMMANDS | _PLANS | _FILES | _WITHOUT_ANSWER | _SOME_ORDER
START_OF_SHOW: Final = 0x5C
"""DATA16.type of the order that starts a drone show."""
_STICKS: Final = ids_of("MANUAL_CONTROL", "RC_CHANNELS_OVERRIDE")
_MOST_LISTED: Final = 10


class OperatorControl(Speaker):
    """Service of operator control. `owner`: system id of `gcs_main`, 0: nobody is in control."""

    clock: Clock = "link"
    handles = frozenset({"HEARTBEAT"})

    def __init__(self, endpoint: Endpoint, commands: CommandService, parameters: Parameters) -> None:
        self._endpoint = endpoint
        self._commands = commands
        self._parameters = parameters
        self.owner = 0
        self._takeover = False
        self._heard_ms: dict[int, int] = {}
        self._status_ms = 0
        super().__init__()
        commands.register(Cmd.REQUEST_OPERATOR_CONTROL, CommandRow(self._request, required=(1,), query=True))
        endpoint.gates.append(self._keep_out)

    def status(self) -> Message:
        flags = ControlStatusFlag.SYSTEM_MANAGER | ControlStatusFlag.TAKEOVER_ALLOWED * self._takeover
        others = [system for system in self._owners() if system != self.owner][:_MOST_LISTED]
        return dialect.MAVLink_control_status_message(flags, self.owner, others + [0] * (_MOST_LISTED - len(others)))

    def _stations(self) -> range:
        """Stations that own the vehicle together; empty: the station that requests control owns it alone."""
        first, last = self._parameters["SYSID_MYGCS"], self._parameters["MAV_GCS_SYSID_HI"]
        return stations(first, last) if last > first else range(0)

    def _owners(self) -> list[int]:
        """System ids of owners that are heard."""
        together = self._stations()
        owned = self.owner != 0
        return sorted(system for system in self._heard_ms if owned and (system == self.owner or system in together))

    # --- requests -------------------------------------------------------------------------------------------------
    def _request(self, command: Command, context: Context) -> Outcome:
        asks, sender = command.param(1), command.peer.system
        together = self._stations()
        names = (0, sender, *together[:1])
        if asks not in (0.0, 1.0) or command.param(2) not in (0.0, 1.0) or command.whole(4) not in names:
            return DENIED
        if together and sender not in together:
            return DENIED
        if asks == 0.0:
            if self.owner != sender:
                return FAILED
            self._grant(0, takeover=False)
        elif self.owner in (0, sender) or self._takeover or self.owner not in self._owners():
            self._grant(sender, takeover=command.param(2) == 1.0)
        else:
            self._ask_owner(command)
            return FAILED
        context.reply(self.status())
        return ACCEPTED

    def _ask_owner(self, command: Command) -> None:
        patience_s = min(max(command.param(3), 0.0), _LONGEST_S)
        params = (1.0, command.param(2), patience_s, command.peer.system)
        question = codec.command_message(self.owner, Component.ALL, Cmd.REQUEST_OPERATOR_CONTROL, *params)
        self._out += [Outgoing(question, link) for link in self._endpoint.heard(self.owner)]

    def _grant(self, owner: int, *, takeover: bool) -> None:
        self.owner, self._takeover = owner, takeover
        self._heard_ms |= {owner: 0} if owner else {}  # set at the next call
        self._status_ms = 0
        self._out.append(Outgoing(self.status()))

    # --- who else sends -------------------------------------------------------------------------------------------
    def _is_stranger(self, system: int) -> bool:
        """True for a system that is not a station while SYSID_ENFORCE accepts only stations."""
        if "SYSID_ENFORCE" not in self._parameters or self._parameters["SYSID_ENFORCE"] == 0.0:
            return False
        alone = stations(self._parameters["SYSID_MYGCS"], self._parameters["MAV_GCS_SYSID_HI"])
        return system != self._endpoint.system_id and system not in alone

    def _keep_out(self, link: int, frame: MavlinkFrame, system: int, component: int) -> bool:
        """Block a message that changes the vehicle and is neither from an owner nor from its own system."""
        own, sender = self._endpoint.system_id, frame.system
        changes = frame.msg_id in _CHANGES and system in (0, own)
        if (changes or system == own) and self._is_stranger(sender):
            return True
        if not self.owner or not changes or sender in (self.owner, own):
            return False
        if sender in self._stations() and frame.msg_id not in _STICKS:
            return False
        if frame.msg_id in _WITHOUT_ANSWER:
            return True
        message = codec.decode(frame.msg_id, frame.payload)
        if frame.msg_id in _SOME_ORDER:
            return _orders(message)
        refusal = self._refusal(frame, message)
        if refusal is not None:
            self._endpoint.send(refusal, link, self._speaker(frame, message, component))
        return refusal is not None

    def _speaker(self, frame: MavlinkFrame, message: Message, component: int) -> int | None:
        """Component that refuses: the addressed one, if it answers itself; None: the vehicle."""
        if component != self._endpoint.component_id and self._endpoint.speaks_as(component):
            return component
        row = self._commands.supported(message.command) if frame.msg_id in _COMMANDS else None
        return None if row is None else row.speaker(component)

    def _refusal(self, frame: MavlinkFrame, message: Message) -> Message | None:
        """Refusal of a command, plan or file; None: it changes nothing."""
        peer = frame.system, frame.component
        if frame.msg_id in _PLANS:
            return dialect.MAVLink_mission_ack_message(*peer, MissionResult.DENIED, getattr(message, "mission_type", 0))
        if message is None:
            return None
        if frame.msg_id in _FILES:
            request = unpack(bytes(message.payload))
            protected = nak(request, Nak.FILE_PROTECTED).pack()
            return dialect.MAVLink_file_transfer_protocol_message(0, *peer, protected) if request.writes else None
        if self._is_query(message):
            return None
        return dialect.MAVLink_command_ack_message(message.command, Result.NOT_IN_CONTROL, 0, 0, *peer)

    def _is_query(self, message: Message) -> bool:
        """True for a command that changes nothing. An unknown one is refused by whom it is for."""
        if message.command == Cmd.USER_1 and message.param1 == FlightCommand.STATUS:
            return True
        row = self._commands.supported(message.command)
        return message.command not in _OF_CAMERAS if row is None else row.query

    # --- time -----------------------------------------------------------------------------------------------------
    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        if peer.system == self.owner or peer.system in self._stations():
            self._heard_ms[peer.system] = now_ms

    def handle_timeout(self, now_ms: int) -> None:
        if not self.owner:
            return
        self._heard_ms = {
            system: heard_ms or now_ms
            for system, heard_ms in self._heard_ms.items()
            if not heard_ms or now_ms - heard_ms <= _SILENT_MS
        }
        if not self._owners():
            self._grant(0, takeover=False)
        elif now_ms >= self._status_ms:
            self._status_ms = next_multiple(now_ms, _STATUS_MS)
            self._out.append(Outgoing(self.status()))

    def next_deadline_ms(self) -> int | None:
        if not self.owner:
            return None
        return min((self._status_ms, *(heard_ms + _SILENT_MS + 1 for heard_ms in self._heard_ms.values())))


def _orders(message: Message) -> bool:
    """True for a DATA16 that starts a show, and a TUNNEL that commands the flight manager; its STATUS only asks."""
    if message is None:
        return False
    if message.get_type() == "DATA16":
        return bool(message.type == START_OF_SHOW)
    return tunnelled(message) not in (None, FlightCommand.STATUS)
