"""Conversion of mission items between messages and the core.

MISSION_ITEM_INT has the place of a command in degrees x 1e7, MISSION_ITEM in degrees as float32; params 5 and 6 of a
command without a place are plain numbers in both (https://mavlink.io/en/services/mission.html). Degrees x 1e7 as an
int32 pass through a double unchanged, so a plan is read back bit for bit. `command` and `frame` are kept as received.
"""

from __future__ import annotations

from math import copysign, inf, isnan

from autopilot.mav import MissionType
from autopilot.mission.commands import has_position
from autopilot.mission.items import MissionItem
from mavlink_bridge.routing.service import Message, Peer
from mavlink_bridge.wire.codec import dialect

_SCALE = 1e7
_INT32_MAX = 2**31 - 1
_INT32_MIN = -(2**31)
_FLOAT32_MAX = 3.4028234663852886e38


def is_located(kind: int, command: int) -> bool:
    """True when x and y of this item are a place; in fence and rally plans they always are."""
    return kind != MissionType.MISSION or has_position(command)


def read_item(message: Message, kind: int) -> MissionItem:
    """Item in a MISSION_ITEM_INT or MISSION_ITEM, without checks."""
    x, y = message.x, message.y
    if message.get_type() == "MISSION_ITEM_INT" and is_located(kind, message.command):
        x, y = x / _SCALE, y / _SCALE
    return MissionItem(
        message.command,
        message.frame,
        message.param1,
        message.param2,
        message.param3,
        message.param4,
        float(x),
        float(y),
        message.z,
        bool(message.autocontinue),
        message.seq,
    )


def write_item(item: MissionItem, kind: int, seq: int, peer: Peer, *, as_int: bool, current: bool) -> Message:
    """Message with `item` as number `seq` for `peer`: MISSION_ITEM_INT, or MISSION_ITEM."""
    x, y = item.x, item.y
    if as_int:
        make = dialect.MAVLink_mission_item_int_message
        scale = _SCALE if is_located(kind, item.command) else 1.0
        x, y = _int32(x * scale), _int32(y * scale)
    else:
        make = dialect.MAVLink_mission_item_message
        x, y = float32_range(x), float32_range(y)
    return make(
        peer.system,
        peer.component,
        seq,
        item.frame,
        item.command,
        int(current),
        int(item.autocontinue),
        float32_range(item.param1),
        float32_range(item.param2),
        float32_range(item.param3),
        float32_range(item.param4),
        x,
        y,
        float32_range(item.z),
        kind,
    )


def float32_range(value: float) -> float:
    """Value, or an infinity if a float32 cannot hold it (plan files have doubles; packing would fail)."""
    return value if -_FLOAT32_MAX <= value <= _FLOAT32_MAX or isnan(value) else copysign(inf, value)


def _int32(value: float) -> int:
    if _INT32_MIN <= value <= _INT32_MAX:
        return round(value)
    return 0 if isnan(value) else _INT32_MAX if value > 0 else _INT32_MIN
