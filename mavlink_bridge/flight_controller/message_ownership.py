"""Ownership of a ground station's messages: Sortie's or the controller's (docs/reference/real-vehicles.md, 3).

`TrafficMonitor` draws conclusions from messages that pass between stations and the controller.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from math import isfinite
from typing import Any, Final

from autopilot.mav import Cmd, MissionResult, MissionType, Result
from mavlink_bridge.firmware.protocol import Firmware
from mavlink_bridge.flight_controller.motors import Motors
from mavlink_bridge.routing.service import Outgoing, Peer
from mavlink_bridge.services.flight import TUNNEL_TYPE
from mavlink_bridge.services.ftp.wire import Nak, Opcode, Operation, message_of, nak, unpack
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import id_of
from mavlink_bridge.wire.framing import MavlinkFrame


class Ownership(Enum):
    OURS = auto()
    FLY = auto()  # ours; the controller must first follow our targets: AUTO, MISSION_START
    BOTH = auto()
    PASS = auto()
    TAKES = auto()  # passes; its sender flies the vehicle from now on, so the mission pauses
    STOPS = auto()  # ours: a pause or its end, which the controller does badly
    STREAMS = auto()  # passes; it may have slowed down streams that Sortie needs
    HIDDEN_FILE = auto()  # file transfer of the controller's own mission: refused


_ITEMS: Final = codec.ids_of("MISSION_ITEM", "MISSION_ITEM_INT")
PLAN_MESSAGES: Final = _ITEMS | codec.ids_of(
    "MISSION_REQUEST_PARTIAL_LIST", "MISSION_WRITE_PARTIAL_LIST", "MISSION_REQUEST", "MISSION_REQUEST_INT",
    "MISSION_REQUEST_LIST", "MISSION_COUNT", "MISSION_CLEAR_ALL", "MISSION_ACK",
)  # fmt: skip
"""Messages of plan transfers."""
_SET_CURRENT: Final = codec.id_of("MISSION_SET_CURRENT")
_COMMANDS: Final = codec.ids_of("COMMAND_INT", "COMMAND_LONG")
_SET_MODE: Final = codec.id_of("SET_MODE")
_SETPOINTS: Final = codec.ids_of(
    "SET_ATTITUDE_TARGET", "SET_POSITION_TARGET_LOCAL_NED", "SET_POSITION_TARGET_GLOBAL_INT"
)
_DATA_STREAM: Final = codec.id_of("REQUEST_DATA_STREAM")
_FTP: Final = codec.id_of("FILE_TRANSFER_PROTOCOL")
_TUNNEL: Final = codec.id_of("TUNNEL")
_GUIDED_ITEM: Final = (2, 3)  # values of MISSION_ITEM.current for a guided target or height
_OUR_COMMANDS: Final = frozenset((Cmd.DO_PAUSE_CONTINUE, Cmd.DO_SET_MISSION_CURRENT, Cmd.USER_1))
_OUR_MESSAGES: Final = codec.ids_of("MISSION_CURRENT", "MISSION_ITEM_REACHED")
_TAKING: Final = frozenset((
    *range(Cmd.NAV_WAYPOINT, Cmd.NAV_LAST + 1), Cmd.DO_REPOSITION, Cmd.DO_ORBIT,
    Cmd.GUIDED_CHANGE_SPEED, Cmd.GUIDED_CHANGE_ALTITUDE, Cmd.GUIDED_CHANGE_HEADING,
))  # fmt: skip
_FTP_WRITING: Final = frozenset((Opcode.CREATE_FILE, Opcode.OPEN_FILE_WO, Opcode.TRUNCATE_FILE))
_FTP_BY_NAME: Final = _FTP_WRITING | {Opcode.OPEN_FILE_RO, Opcode.REMOVE_FILE, Opcode.RENAME, Opcode.CALC_FILE_CRC32}
_FTP_ENDING: Final = frozenset((Opcode.TERMINATE_SESSION, Opcode.RESET_SESSIONS))
_HIDDEN_FILE: Final = b"@MISSION/mission.dat"
_PLAN_FILES: Final = {b"@MISSION/fence.dat": MissionType.FENCE, b"@MISSION/rally.dat": MissionType.RALLY}


def ownership_of(frame: MavlinkFrame, firmware: Firmware, *, native: bool = False, breaks: bool = False) -> Ownership:
    """Treatment of a station's message to the autopilot. `native`: the controller flies the mission, so it pauses it
    and selects its items. `breaks`: its body is simulated, and so are failures."""
    number = frame.msg_id
    if breaks and is_command(frame, Cmd.INJECT_FAILURE):
        return Ownership.OURS
    if native and (number == _SET_CURRENT or is_command(frame, Cmd.DO_PAUSE_CONTINUE, Cmd.DO_SET_MISSION_CURRENT)):
        pauses = is_command(frame, Cmd.DO_PAUSE_CONTINUE)
        return Ownership.STOPS if pauses and not firmware.habits.pauses_well else Ownership.PASS
    if number in _SETPOINTS:
        return Ownership.TAKES
    if number == _SET_CURRENT:
        return Ownership.OURS
    if number == _DATA_STREAM:
        return Ownership.STREAMS
    if number in PLAN_MESSAGES:
        return _mission(codec.decode(number, frame.payload))
    if number in _COMMANDS:
        return _command(codec.decode(number, frame.payload), firmware)
    if number == _SET_MODE:
        message = codec.decode(number, frame.payload)
        return Ownership.PASS if message is None else _mode(message.custom_mode, firmware)
    if number == _TUNNEL:
        message = codec.decode(number, frame.payload)
        return Ownership.OURS if message is not None and message.payload_type == TUNNEL_TYPE else Ownership.PASS
    return _file(codec.decode(number, frame.payload)) if number == _FTP else Ownership.PASS


def is_command(frame: MavlinkFrame, *commands: Cmd) -> bool:
    """True for a COMMAND_LONG or COMMAND_INT with one of these commands."""
    message = codec.decode(frame.msg_id, frame.payload) if frame.msg_id in _COMMANDS else None
    return message is not None and message.command in commands


def _mission(message: Any) -> Ownership:
    if message.get_msgId() in _ITEMS and message.current in _GUIDED_ITEM:
        return Ownership.TAKES
    if message.mission_type == MissionType.ALL:
        return Ownership.BOTH
    return Ownership.OURS if message.mission_type == MissionType.MISSION else Ownership.PASS


def _mode(custom_mode: int, firmware: Firmware) -> Ownership:
    return Ownership.FLY if firmware.mode_of(custom_mode) == firmware.vehicle_class.modes.auto else Ownership.TAKES


def _command(message: Any, firmware: Firmware) -> Ownership:
    command = int(message.command)
    if command in _OUR_COMMANDS:
        return Ownership.OURS
    if command == Cmd.MISSION_START:
        return Ownership.FLY
    if command == Cmd.DO_SET_MODE:
        return _mode(_custom_mode(message, firmware), firmware)
    if command == Cmd.REQUEST_MESSAGE:
        return Ownership.OURS if message.param1 in _OUR_MESSAGES else Ownership.PASS
    if command == Cmd.SET_MESSAGE_INTERVAL:
        return Ownership.STREAMS
    return Ownership.TAKES if command in _TAKING else Ownership.PASS


def requested_mode(frame: MavlinkFrame, firmware: Firmware) -> int | None:
    """Mode that a SET_MODE or DO_SET_MODE requests; None for other messages."""
    message = codec.decode(frame.msg_id, frame.payload) if frame.msg_id in _COMMANDS | {_SET_MODE} else None
    if message is None or (frame.msg_id in _COMMANDS and message.command != Cmd.DO_SET_MODE):
        return None
    custom = message.custom_mode if frame.msg_id == _SET_MODE else _custom_mode(message, firmware)
    return firmware.mode_of(custom)


def _custom_mode(message: Any, firmware: Firmware) -> int:
    """custom_mode of a DO_SET_MODE. NaN and infinities count as 0; what the controller makes of them is its affair."""
    param2, param3 = (value if isfinite(value) else 0.0 for value in (message.param2, message.param3))
    return firmware.custom_of(param2, param3)


def _file(message: Any) -> Ownership:
    operation = unpack(bytes(message.payload))
    hidden = operation.opcode in _FTP_BY_NAME and _path(operation) == _HIDDEN_FILE
    return Ownership.HIDDEN_FILE if hidden else Ownership.PASS


def _path(operation: Operation) -> bytes:
    return operation.data.partition(b"\0")[0]


def _operation(frame: MavlinkFrame) -> Operation | None:
    """Operation of a file transfer; None for other messages."""
    message = codec.decode(frame.msg_id, frame.payload) if frame.msg_id == _FTP else None
    return None if message is None else unpack(bytes(message.payload))


def plan_written(frame: MavlinkFrame) -> int | None:
    """Plan (MAV_MISSION_TYPE) that this file transfer opens for writing; None for other messages."""
    operation = _operation(frame)
    return _PLAN_FILES.get(_path(operation)) if operation is not None and operation.opcode in _FTP_WRITING else None


def ends_writing(frame: MavlinkFrame) -> bool:
    """True if this file transfer closes the sender's files."""
    operation = _operation(frame)
    return operation is not None and operation.opcode in _FTP_ENDING


def file_not_found(message: Any, peer: Peer) -> Outgoing:
    """Refusal of a file transfer request."""
    return message_of(peer, nak(unpack(bytes(message.payload)), Nak.FILE_NOT_FOUND))


_COMMAND_ACK: Final = id_of("COMMAND_ACK")
_MISSION_ACK: Final = id_of("MISSION_ACK")
_MOST_ASKERS: Final = 64


class TrafficMonitor:
    """Monitor of passing messages: tells `motors` when a station has armed or disarmed, and calls `plan_changed(kind)`
    (MAV_MISSION_TYPE) when the controller has another plan of its own."""

    def __init__(self, motors: Motors, plan_changed: Callable[[int], None]) -> None:
        self._motors = motors
        self._plan_changed = plan_changed
        self._arms: dict[tuple[int, int], bool] = {}  # stations with an open request to arm (True) or to disarm
        self._written: set[int] = set()  # plans that a station is writing by file transfer
        self.started = False
        """True when a station has armed the vehicle; reset by the code that acts on it."""

    def from_ground(self, frame: MavlinkFrame) -> None:
        if frame.msg_id in _COMMANDS:
            message = codec.decode(frame.msg_id, frame.payload)
            if message is not None and message.command == Cmd.COMPONENT_ARM_DISARM:
                if len(self._arms) >= _MOST_ASKERS:
                    self._arms.clear()
                self._arms[frame.system, frame.component] = message.param1 == 1.0
            return
        kind = plan_written(frame)
        if kind is not None:
            self._written.add(kind)
        elif self._written and ends_writing(frame):
            for written in self._written:
                self._plan_changed(written)
            self._written.clear()

    def from_controller(self, frame: MavlinkFrame, asker: tuple[int, int]) -> None:
        """Look at a message of the controller to `asker` (system, component)."""
        if frame.msg_id == _COMMAND_ACK:
            self._follow_arming(frame, asker)
        elif frame.msg_id == _MISSION_ACK:
            message = codec.decode(frame.msg_id, frame.payload)
            if message is not None and message.type == MissionResult.ACCEPTED:
                self._plan_changed(message.mission_type)

    def _follow_arming(self, frame: MavlinkFrame, asker: tuple[int, int]) -> None:
        """Use the answer to a station's arm command at once: the next HEARTBEAT may be a second away, and the station
        may start the mission before it."""
        message = codec.decode(frame.msg_id, frame.payload)
        if message is not None and message.command == Cmd.COMPONENT_ARM_DISARM and message.result != Result.IN_PROGRESS:
            armed = self._arms.pop(asker, None)
            if armed is not None and message.result == Result.ACCEPTED:
                self.started = armed
                self._motors.set_armed(armed)
