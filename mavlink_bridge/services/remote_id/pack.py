"""Messages of ASTM F3411 (ASD-STAN EN 4709-002), 25 bytes each, up to nine in an OPEN_DRONE_ID_MESSAGE_PACK.

The first byte has the message's type and the version of the standard. A value that does not fit becomes the standard's
"unknown". Authentication pages (type 2) are ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import IntEnum
from math import isfinite
from struct import Struct
from typing import Final

from mavlink_bridge.routing.service import Message
from mavlink_bridge.wire.codec import dialect

SIZE: Final = 25
MOST: Final = 9
_VERSION: Final = 2
_BROADCAST: Final = [0] * 20
_BASIC: Final = Struct("<BB20s3x")
_LOCATION: Final = Struct("<BBBBbiiHHHBBHBx")
_SELF: Final = Struct("<BB23s")
_SYSTEM: Final = Struct("<BBiiHBHHBHIx")
_OPERATOR: Final = Struct("<BB20s3x")
_NO_ALTITUDE: Final = -1000.0
_FINE_MPS: Final = 0.25
_COARSE_MPS: Final = 0.75
_FINEST: Final = 255 * _FINE_MPS
_NO_SPEED: Final = 255
_NO_DIRECTION_CDEG: Final = 36_100
_NO_TIME: Final = 0xFFFF


class _Kind(IntEnum):
    """Message types of the standard."""

    BASIC = 0
    LOCATION = 1
    SELF = 3
    SYSTEM = 4
    OPERATOR = 5

    @property
    def head(self) -> int:
        """First byte of a message."""
        return self << 4 | _VERSION


def _bounded(value: float, most: int, least: int = 0) -> int:
    return min(max(round(value), least), most) if isfinite(value) else least


def _height(metres: float) -> int:
    """Height as half metres above -1000 m."""
    return _bounded((metres - _NO_ALTITUDE) * 2.0, 0xFFFF)


def _metres(number: int) -> float:
    return number / 2.0 + _NO_ALTITUDE


def _text(value: str | Iterable[int]) -> bytes:
    return value.encode("ascii", "replace") if isinstance(value, str) else bytes(value)


def _basic(m: Message) -> bytes:
    return _BASIC.pack(_Kind.BASIC.head, (m.id_type & 15) << 4 | m.ua_type & 15, _text(m.uas_id))


def _location(m: Message) -> bytes:
    degrees = m.direction // 100 if m.direction < _NO_DIRECTION_CDEG else 361
    east_west = degrees >= 180
    speed = m.speed_horizontal / 100.0
    coarse = speed > _FINEST
    steps = (speed - _FINEST) / _COARSE_MPS if coarse else speed / _FINE_MPS
    flags = (m.status & 15) << 4 | (m.height_reference & 1) << 2 | east_west << 1 | coarse
    tenths = m.timestamp * 10.0
    return _LOCATION.pack(
        _Kind.LOCATION.head,
        flags,
        _bounded(degrees - 180 * east_west, 181),
        _bounded(steps, _NO_SPEED),
        _bounded(m.speed_vertical / 50.0, 126, -126),
        m.latitude,
        m.longitude,
        _height(m.altitude_barometric),
        _height(m.altitude_geodetic),
        _height(m.height),
        (m.vertical_accuracy & 15) << 4 | m.horizontal_accuracy & 15,
        (m.barometer_accuracy & 15) << 4 | m.speed_accuracy & 15,
        _bounded(tenths, _NO_TIME - 1) if tenths < _NO_TIME else _NO_TIME,
        m.timestamp_accuracy & 15,
    )


def _self_id(m: Message) -> bytes:
    return _SELF.pack(_Kind.SELF.head, m.description_type, _text(m.description))


def _system(m: Message) -> bytes:
    return _SYSTEM.pack(
        _Kind.SYSTEM.head,
        (m.classification_type & 7) << 2 | m.operator_location_type & 3,
        m.operator_latitude,
        m.operator_longitude,
        m.area_count,
        _bounded(m.area_radius / 10.0, 255),
        _height(m.area_ceiling),
        _height(m.area_floor),
        (m.category_eu & 15) << 4 | m.class_eu & 15,
        _height(m.operator_altitude_geo),
        m.timestamp,
    )


def _operator(m: Message) -> bytes:
    return _OPERATOR.pack(_Kind.OPERATOR.head, m.operator_id_type, _text(m.operator_id))


def _read_basic(data: bytes) -> Message:
    _, kinds, name = _BASIC.unpack(data)
    return dialect.MAVLink_open_drone_id_basic_id_message(0, 0, _BROADCAST, kinds >> 4, kinds & 15, list(name))


def _read_location(data: bytes) -> Message:
    (_, flags, direction, speed, climb, lat, lon, baro, geo, height, acc, baro_acc, tenths, time_acc) = (
        _LOCATION.unpack(data)
    )
    mps = speed * _COARSE_MPS + _FINEST if flags & 1 else speed * _FINE_MPS
    return dialect.MAVLink_open_drone_id_location_message(
        target_system=0,
        target_component=0,
        id_or_mac=_BROADCAST,
        status=flags >> 4,
        direction=100 * (direction + 180 * (flags >> 1 & 1)),
        speed_horizontal=round(100.0 * mps),
        speed_vertical=50 * climb,
        latitude=lat,
        longitude=lon,
        altitude_barometric=_metres(baro),
        altitude_geodetic=_metres(geo),
        height_reference=flags >> 2 & 1,
        height=_metres(height),
        horizontal_accuracy=acc & 15,
        vertical_accuracy=acc >> 4,
        barometer_accuracy=baro_acc >> 4,
        speed_accuracy=baro_acc & 15,
        timestamp=float(_NO_TIME) if tenths == _NO_TIME else tenths / 10.0,
        timestamp_accuracy=time_acc & 15,
    )


def _read_self_id(data: bytes) -> Message:
    _, kind, text = _SELF.unpack(data)
    return dialect.MAVLink_open_drone_id_self_id_message(0, 0, _BROADCAST, kind, text)


def _read_system(data: bytes) -> Message:
    _, kinds, lat, lon, count, radius, ceiling, floor, eu, altitude, time_s = _SYSTEM.unpack(data)
    return dialect.MAVLink_open_drone_id_system_message(
        target_system=0,
        target_component=0,
        id_or_mac=_BROADCAST,
        operator_location_type=kinds & 3,
        classification_type=kinds >> 2 & 7,
        operator_latitude=lat,
        operator_longitude=lon,
        area_count=count,
        area_radius=10 * radius,
        area_ceiling=_metres(ceiling),
        area_floor=_metres(floor),
        category_eu=eu >> 4,
        class_eu=eu & 15,
        operator_altitude_geo=_metres(altitude),
        timestamp=time_s,
    )


def _read_operator(data: bytes) -> Message:
    _, kind, text = _OPERATOR.unpack(data)
    return dialect.MAVLink_open_drone_id_operator_id_message(0, 0, _BROADCAST, kind, text)


_WRITERS: Final[Mapping[str, Callable[[Message], bytes]]] = {
    "OPEN_DRONE_ID_BASIC_ID": _basic,
    "OPEN_DRONE_ID_LOCATION": _location,
    "OPEN_DRONE_ID_SELF_ID": _self_id,
    "OPEN_DRONE_ID_SYSTEM": _system,
    "OPEN_DRONE_ID_OPERATOR_ID": _operator,
}
_READERS: Final[Mapping[int, Callable[[bytes], Message]]] = {
    _Kind.BASIC: _read_basic,
    _Kind.LOCATION: _read_location,
    _Kind.SELF: _read_self_id,
    _Kind.SYSTEM: _read_system,
    _Kind.OPERATOR: _read_operator,
}


def packed(messages: list[Message]) -> Message:
    """OPEN_DRONE_ID_MESSAGE_PACK of at most nine messages."""
    data = b"".join(_WRITERS[message.get_type()](message) for message in messages[:MOST])
    filled = list(data.ljust(SIZE * MOST, b"\0"))
    return dialect.MAVLink_open_drone_id_message_pack_message(0, 0, _BROADCAST, SIZE, min(len(messages), MOST), filled)


def unpacked(pack: Message) -> list[Message]:
    """Messages in a pack; empty if its sizes differ from the standard. Messages of other types are left out."""
    if pack.single_message_size != SIZE or not 0 < pack.msg_pack_size <= MOST:
        return []
    data = bytes(pack.messages)
    parts = [data[SIZE * number : SIZE * (number + 1)] for number in range(pack.msg_pack_size)]
    return [_READERS[part[0] >> 4](part) for part in parts if part[0] >> 4 in _READERS]
