"""Send queue of a serial line that may be slower than the messages offered.

Telemetry and setpoints are droppable: the next message replaces them, and a setpoint that is seconds late does harm. Of
these, only the amount of one burst waits, and the oldest is dropped first. Messages of a conversation (commands,
missions, parameters, files and their answers) are never dropped, nor is HEARTBEAT, by which the other end knows that
the vehicle is there. So that they do not hold up HEARTBEAT for seconds, 30 texts of a component wait, of more the
oldest are dropped (as in ArduPilot), and of AUTOPILOT_VERSION, which is always the same, one.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import Final

from autopilot.interface.records import dataclass
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.framing import MARK_V2, frame_id, split_frames

BITS_PER_BYTE: Final = 10  # 8N1
_BURST_S: Final = 0.3
_LEAST: Final = 600
"""Least burst, bytes: two of the longest frames."""

_HEARTBEAT: Final = codec.id_of("HEARTBEAT")
_TEXT: Final = codec.id_of("STATUSTEXT")
_VERSION: Final = codec.id_of("AUTOPILOT_VERSION")
_TEXTS: Final = 30
_CONVERSATIONS: Final = (
    "HEARTBEAT", "SET_MODE", "PARAM_REQUEST_READ", "PARAM_REQUEST_LIST", "PARAM_VALUE", "PARAM_SET", "PARAM_ERROR",
    "PARAM_EXT_REQUEST_READ", "PARAM_EXT_REQUEST_LIST", "PARAM_EXT_VALUE", "PARAM_EXT_SET", "PARAM_EXT_ACK",
    "MISSION_REQUEST_PARTIAL_LIST", "MISSION_WRITE_PARTIAL_LIST", "MISSION_ITEM", "MISSION_REQUEST",
    "MISSION_SET_CURRENT", "MISSION_REQUEST_LIST", "MISSION_COUNT", "MISSION_CLEAR_ALL", "MISSION_ITEM_REACHED",
    "MISSION_ACK", "MISSION_REQUEST_INT", "MISSION_ITEM_INT", "FENCE_POINT", "FENCE_FETCH_POINT", "RALLY_POINT",
    "RALLY_FETCH_POINT", "COMMAND_INT", "COMMAND_LONG", "COMMAND_ACK", "FILE_TRANSFER_PROTOCOL",
    "LOG_REQUEST_LIST", "LOG_ENTRY", "LOG_REQUEST_DATA", "LOG_DATA", "LOG_ERASE", "LOG_REQUEST_END",
    "REMOTE_LOG_BLOCK_STATUS", "SERIAL_CONTROL", "REQUEST_DATA_STREAM", "MESSAGE_INTERVAL", "STATUSTEXT", "TUNNEL",
    "AUTOPILOT_VERSION", "AUTOPILOT_VERSION_REQUEST", "AVAILABLE_MODES", "HOME_POSITION", "GPS_GLOBAL_ORIGIN",
    "SET_GPS_GLOBAL_ORIGIN", "SET_HOME_POSITION", "NAMED_VALUE_INT", "SETUP_SIGNING", "COMPONENT_METADATA",
    "CAMERA_INFORMATION", "PLAY_TUNE", "LED_CONTROL", "DEVICE_OP_READ",
    "DEVICE_OP_READ_REPLY", "DEVICE_OP_WRITE", "DEVICE_OP_WRITE_REPLY", "MAG_CAL_REPORT", "CHANGE_OPERATOR_CONTROL",
    "CHANGE_OPERATOR_CONTROL_ACK", "AUTH_KEY",
)  # fmt: skip
_KEPT: Final = codec.ids_of(*_CONVERSATIONS)


def is_droppable(msg_id: int) -> bool:
    """True when a later message of this kind replaces it."""
    return msg_id not in _KEPT


def _sender_and_id(frame: bytes) -> bytes:
    """Header fields of a frame that its component and message have, as bytes."""
    return frame[5:10] if frame[0] == MARK_V2 else frame[3:6]


@dataclass(slots=True)
class _Waiting:
    """`kind`: of a message of which only some wait, `_sender_and_id`."""

    data: bytes
    frames: int
    droppable: bool
    kind: bytes = b""


class TxQueue:
    """Frames that wait for a line of `baud`. `size`: bytes in the queue."""

    def __init__(self, baud: int) -> None:
        self.baud = baud
        self.size = 0
        self._waiting: deque[_Waiting] = deque()
        self._droppable = 0
        self._limited: Counter[bytes] = Counter()  # of each kind that is limited

    @property
    def burst(self) -> int:
        """Bytes that the line carries in `_BURST_S`."""
        return max(_LEAST, int(_BURST_S * self.baud / BITS_PER_BYTE))

    def push_all(self, data: bytes, frames: int, *, droppable: bool) -> tuple[int, int]:
        """Queue whole frames (counted as `frames`) and return (frames, bytes) dropped for them. `droppable`: all frames
        except HEARTBEAT may be dropped later."""
        if not droppable:
            return self._push_limited(data) if frames == 1 else self.push(data, frames, droppable=False)
        late_frames = late_bytes = 0
        for frame in split_frames(data):
            late = self.push(frame, min(frames, 1), droppable=frame_id(frame) != _HEARTBEAT)
            late_frames, late_bytes = late_frames + late[0], late_bytes + late[1]
        return late_frames, late_bytes

    def _push_limited(self, frame: bytes) -> tuple[int, int]:
        """Queue a frame that is kept, unless enough of its kind wait."""
        number = frame_id(frame)
        if number not in (_TEXT, _VERSION):
            return self.push(frame, 1, droppable=False)
        kind = _sender_and_id(frame)
        if number == _VERSION and self._limited[kind]:
            return 1, len(frame)
        self._limited[kind] += 1
        self.push(frame, 1, droppable=False, kind=kind)
        return self._drop_oldest(kind) if self._limited[kind] > _TEXTS else (0, 0)

    def _drop_oldest(self, kind: bytes) -> tuple[int, int]:
        oldest = next(number for number, entry in enumerate(self._waiting) if entry.kind == kind)
        size = len(self._waiting[oldest].data)
        del self._waiting[oldest]
        self._limited[kind] -= 1
        self.size -= size
        return 1, size

    def push(self, data: bytes, frames: int, *, droppable: bool, kind: bytes = b"") -> tuple[int, int]:
        """Queue bytes that stay together and return (frames, bytes) of older entries dropped for them."""
        self._waiting.append(_Waiting(data, frames, droppable, kind))
        self.size += len(data)
        if not droppable:
            return 0, 0
        self._droppable += len(data)
        return self._make_room(len(data)) if self._droppable > self.burst else (0, 0)

    def _make_room(self, newest: int) -> tuple[int, int]:
        """Drop the oldest droppable entries until the rest fits; the newest stays, whatever its size."""
        frames = size = 0
        waiting: deque[_Waiting] = deque()
        for entry in self._waiting:
            if entry.droppable and self._droppable > max(self.burst, newest):
                self._droppable -= len(entry.data)
                frames, size = frames + entry.frames, size + len(entry.data)
            else:
                waiting.append(entry)
        self._waiting = waiting
        self.size -= size
        return frames, size

    def take(self) -> bytes:
        """Take the next entries, in order: as many as fit in one burst, at least one."""
        frames: list[bytes] = []
        size = 0
        while self._waiting and (not frames or size + len(self._waiting[0].data) <= self.burst):
            entry = self._waiting.popleft()
            frames.append(entry.data)
            size += len(entry.data)
            if entry.droppable:
                self._droppable -= len(entry.data)
            elif entry.kind:
                self._limited[entry.kind] -= 1
        self.size -= size
        return b"".join(frames)

    def clear(self) -> None:
        self._waiting.clear()
        self._limited.clear()
        self.size = self._droppable = 0
