"""Whose is a ground station's message: Sortie's or the controller's? The table of docs/reference/real-vehicles.md,
3."""

from __future__ import annotations

from enum import Enum, auto
from typing import Any, Final

from autopilot.mav import Cmd
from mavlink_bridge import codec
from mavlink_bridge.firmware.protocol import Firmware
from mavlink_bridge.framing import Frame
from mavlink_bridge.services.base import Outgoing, Peer
from mavlink_bridge.services.flight import TUNNEL_TYPE
from mavlink_bridge.services.ftp.wire import Nak, Opcode, Operation, message_of, nak, unpack


class Ownership(Enum):
    """What is done with a message for the vehicle."""

    OURS = auto()
    FLY = auto()  # ours, and the controller must follow our targets first: AUTO, MISSION_START
    BOTH = auto()
    PASS = auto()
    TAKES = auto()  # passes, and whoever sends it flies the vehicle from now on: the mission pauses
    STOPS = auto()  # ours: a pause or its end, which the controller itself would do badly
    STREAMS = auto()  # passes, and may have slowed down what the service needs
    HIDDEN_FILE = auto()  # file transfer of the controller's own mission: refused


_MISSION: Final = frozenset((37, 38, 39, 40, 43, 44, 45, 47, 51, 73))
_ITEMS: Final = frozenset((39, 73))
_SET_CURRENT: Final = 41
_COMMANDS: Final = frozenset((75, 76))
_SET_MODE: Final = 11
_SETPOINTS: Final = frozenset((82, 84, 86))
_DATA_STREAM: Final = 66
_FTP: Final = 110
_TUNNEL: Final = 385
_ALL_PLANS: Final = 255
_GUIDED_ITEM: Final = (2, 3)  # MISSION_ITEM.current: a guided target or height, no upload
_PAUSE_CONTINUE, _DO_SET_CURRENT = 193, 224
_OUR_COMMANDS: Final = frozenset((_PAUSE_CONTINUE, _DO_SET_CURRENT, Cmd.USER_1))
_OUR_MESSAGES: Final = frozenset((42, 46))
_MISSION_START, _DO_SET_MODE, _REQUEST_MESSAGE, _SET_INTERVAL = 300, 176, 512, 511
_TAKING: Final = frozenset((*range(16, 96), 192, 34, 43000, 43001, 43002))
_FTP_WRITING: Final = frozenset((Opcode.CREATE_FILE, Opcode.OPEN_FILE_WO, Opcode.TRUNCATE_FILE))
_FTP_BY_NAME: Final = _FTP_WRITING | {Opcode.OPEN_FILE_RO, Opcode.REMOVE_FILE, Opcode.RENAME, Opcode.CALC_FILE_CRC32}
_FTP_ENDING: Final = frozenset((Opcode.TERMINATE_SESSION, Opcode.RESET_SESSIONS))
_HIDDEN_FILE: Final = b"@MISSION/mission.dat"
_PLAN_FILES: Final = {b"@MISSION/fence.dat": 1, b"@MISSION/rally.dat": 2}  # MAV_MISSION_TYPE


def ownership_of(frame: Frame, firmware: Firmware, *, native: bool = False) -> Ownership:
    """What is done with a message of a ground station that is addressed to the vehicle's autopilot. `native`: the
    controller runs the mission, so pausing it and choosing its item are the controller's."""
    number = frame.msg_id
    if native and _steers_mission(frame):
        return Ownership.STOPS if _pauses(frame) and not firmware.habits.pauses_well else Ownership.PASS
    if number in _SETPOINTS:
        return Ownership.TAKES
    if number == _SET_CURRENT:
        return Ownership.OURS
    if number == _DATA_STREAM:
        return Ownership.STREAMS
    if number in _MISSION:
        return _mission(codec.decode(number, frame.payload))
    if number in _COMMANDS:
        return _command(codec.decode(number, frame.payload), firmware)
    if number == _SET_MODE:
        return _mode(codec.decode(number, frame.payload).custom_mode, firmware)  # type: ignore[union-attr]  # known id
    if number == _TUNNEL:
        message = codec.decode(number, frame.payload)
        return Ownership.OURS if message is not None and message.payload_type == TUNNEL_TYPE else Ownership.PASS
    if number == _FTP:
        return _file(codec.decode(number, frame.payload))
    return Ownership.PASS


def _steers_mission(frame: Frame) -> bool:
    if frame.msg_id == _SET_CURRENT:
        return True
    message = codec.decode(frame.msg_id, frame.payload) if frame.msg_id in _COMMANDS else None
    return message is not None and message.command in (_PAUSE_CONTINUE, _DO_SET_CURRENT)


def _pauses(frame: Frame) -> bool:
    message = codec.decode(frame.msg_id, frame.payload) if frame.msg_id in _COMMANDS else None
    return message is not None and message.command == _PAUSE_CONTINUE


def _mission(message: Any) -> Ownership:
    if message.get_msgId() in _ITEMS and message.current in _GUIDED_ITEM:
        return Ownership.TAKES
    if message.mission_type == _ALL_PLANS:
        return Ownership.BOTH
    return Ownership.OURS if message.mission_type == 0 else Ownership.PASS


def _mode(custom_mode: int, firmware: Firmware) -> Ownership:
    return Ownership.FLY if firmware.mode_of(custom_mode) == firmware.vehicle_class.modes.auto else Ownership.TAKES


def _command(message: Any, firmware: Firmware) -> Ownership:
    command = int(message.command)
    if command in _OUR_COMMANDS:
        return Ownership.OURS
    if command == _MISSION_START:
        return Ownership.FLY
    if command == _DO_SET_MODE:
        return _mode(firmware.asked_mode(message.param2, message.param3), firmware)
    if command == _REQUEST_MESSAGE:
        return Ownership.OURS if message.param1 in _OUR_MESSAGES else Ownership.PASS
    if command == _SET_INTERVAL:
        return Ownership.STREAMS
    return Ownership.TAKES if command in _TAKING else Ownership.PASS


def _file(message: Any) -> Ownership:
    asked = unpack(bytes(message.payload))
    hidden = asked.opcode in _FTP_BY_NAME and _path(asked) == _HIDDEN_FILE
    return Ownership.HIDDEN_FILE if hidden else Ownership.PASS


def _path(asked: Operation) -> bytes:
    return asked.data.partition(b"\0")[0]


def plan_written(frame: Frame) -> int | None:
    """The plan (MAV_MISSION_TYPE) that this file transfer opens for writing, None for all else."""
    message = codec.decode(frame.msg_id, frame.payload) if frame.msg_id == _FTP else None
    asked = None if message is None else unpack(bytes(message.payload))
    return _PLAN_FILES.get(_path(asked)) if asked is not None and asked.opcode in _FTP_WRITING else None


def ends_writing(frame: Frame) -> bool:
    """Does this file transfer close what its sender has open?"""
    message = codec.decode(frame.msg_id, frame.payload) if frame.msg_id == _FTP else None
    return message is not None and unpack(bytes(message.payload)).opcode in _FTP_ENDING


def file_not_found(message: Any, peer: Peer) -> Outgoing:
    """The refusal of a file transfer request."""
    return message_of(peer, nak(unpack(bytes(message.payload)), Nak.FILE_NOT_FOUND))
