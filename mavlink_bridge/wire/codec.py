"""MAVLink messages to payload bytes and back, fast.

pymavlink defines the messages (`dialect`, ArduPilot's dialect of MAVLink 2) and stays the source of every field, layout
and CRC_EXTRA; its own `pack` and `decode` cost several times what the layouts need, because they rebuild headers and
checksums in Python for each message. Here each message class gets one compiled encoder and decoder, built from
pymavlink's struct layouts at its first use. A test compares every message of the dialect with pymavlink's own bytes.

Nothing here knows of links, sequence numbers or checksums: that is `framing`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from struct import Struct, error
from typing import Any

from fastcrc import crc16
from pymavlink.dialects.v20 import ardupilotmega as dialect

from mavlink_bridge.wire.messages import ADDED, NEWER

__all__ = [
    "KNOWN", "Layout", "base_size", "crc_extra", "decode", "dialect", "id_of", "ids_of", "layout", "layout_of",
    "message_id", "message_name", "payload", "payload_v1",
]  # fmt: skip

#: A pymavlink `MAVLink_message` (pymavlink has no type hints).
Message = Any

KNOWN: dict[int, Any] = dialect.mavlink_map | ADDED
"""All messages that we can read, by id: pymavlink's and those that it lacks."""

_STRUCT_CODE = {
    "char": "c", "uint8_t": "B", "int8_t": "b", "uint16_t": "H", "int16_t": "h", "uint32_t": "I", "int32_t": "i",
    "uint64_t": "Q", "int64_t": "q", "float": "f", "double": "d",
}  # fmt: skip
_SIZE = {"c": 1, "B": 1, "b": 1, "H": 2, "h": 2, "I": 4, "i": 4, "Q": 8, "q": 8, "f": 4, "d": 8}


@dataclass(frozen=True, slots=True)
class Layout:
    """How one message lies in a payload.

    `size`: bytes with all extension fields; `base_size`: without them (what MAVLink 1 carries);
    `target_system`, `target_component`: byte offsets of these fields, -1 where the message has none.
    """

    msg_id: int
    name: str
    crc_extra: int
    size: int
    base_size: int
    target_system: int
    target_component: int
    encode: Callable[[Message], bytes]
    construct: Callable[[bytes], Message]


def payload(message: Message) -> tuple[int, bytes, int]:
    """`(msg_id, payload, CRC_EXTRA)` of a message, in MAVLink 2 form: trailing zero bytes are cut, one byte stays.

    Raises ValueError when a field does not fit its type: that is an error of the caller, never of a peer.
    """
    one = _BY_CLASS.get(type(message)) or layout_of(message)
    return one.msg_id, one.encode(message).rstrip(b"\0") or b"\0", one.crc_extra


def payload_v1(message: Message) -> tuple[int, bytes, int]:
    """As `payload`, in MAVLink 1 form: without extension fields, nothing cut."""
    one = layout_of(message)
    return one.msg_id, one.encode(message)[: one.base_size], one.crc_extra


def decode(msg_id: int, data: bytes) -> Message | None:
    """The message object for a payload as received, or None for an id that the dialect does not have.

    A short payload is extended by zeros, a longer one (newer dialect) cut, as MAVLink 2 asks. Never raises: every
    payload of the right size is a message, since all its fields are plain numbers and bytes.
    """
    one = _BY_ID.get(msg_id)
    if one is None:
        if msg_id not in KNOWN:
            return None
        one = layout(msg_id)
    size = one.size
    if len(data) != size:
        data = data[:size].ljust(size, b"\0")
    return one.construct(data)


def layout(msg_id: int) -> Layout:
    """The layout of a message id; KeyError if the dialect does not have it. Built at first use: 300 at start would cost
    a program that starts in half a second too much."""
    found = _BY_ID.get(msg_id)
    if found is None:
        kind = NEWER.get(msg_id) or KNOWN[msg_id]
        found = _BY_ID[msg_id] = _BY_CLASS[kind] = _build(kind)
    return found


def layout_of(message: Message) -> Layout:
    """The layout of a message object. Its class says what it is: `message.id` may be a field (BATTERY_STATUS)."""
    kind = type(message)
    found = _BY_CLASS.get(kind)
    if found is None:
        found = _build(kind) if kind.id in NEWER and kind is not NEWER[kind.id] else layout(kind.id)
        _BY_CLASS[kind] = found
    return found


def message_id(name: str) -> int | None:
    """The id of a message name ("HEARTBEAT"), or None."""
    return _ID_BY_NAME.get(name)


def id_of(name: str) -> int:
    """The id of a message that there is; KeyError, at import of who asks, for one that there is not."""
    return _ID_BY_NAME[name]


def ids_of(*names: str) -> frozenset[int]:
    """The ids of several messages that there are."""
    return frozenset(_ID_BY_NAME[name] for name in names)


def message_name(msg_id: int) -> str | None:
    """The name of a message id, or None."""
    known = KNOWN.get(msg_id)
    return None if known is None else known.msgname


def crc_extra(msg_id: int) -> int | None:
    """CRC_EXTRA of a message id, or None when the dialect does not have it."""
    known = KNOWN.get(msg_id)
    return None if known is None else known.crc_extra


def base_size(msg_id: int) -> int:
    """Bytes of the payload without extension fields."""
    return layout(msg_id).base_size


_BY_ID: dict[int, Layout] = {}
_BY_CLASS: dict[Any, Layout] = {}
_ID_BY_NAME: dict[str, int] = {known.msgname: msg_id for msg_id, known in KNOWN.items()}


@dataclass(frozen=True, slots=True)
class _Field:
    """One field in wire order. `count` 0 means a single value, else the length of an array."""

    name: str
    code: str
    count: int
    offset: int
    size: int

    @property
    def is_bytes(self) -> bool:
        """Text and byte arrays move as one piece, other arrays number by number."""
        return self.code == "c" or (self.code == "B" and self.count > 0)

    @property
    def wire(self) -> str:
        if self.is_bytes:
            return f"{max(self.count, 1)}s"
        return f"{self.count or ''}{self.code}"


def _fields(kind: Any) -> list[_Field]:
    types = dict(zip(kind.fieldnames, kind.fieldtypes, strict=True))
    fields, offset = [], 0
    for name, count in zip(kind.ordered_fieldnames, kind.array_lengths, strict=True):
        code = _STRUCT_CODE[types[name]]
        size = _SIZE[code] * max(count, 1)
        fields.append(_Field(name, code, count, offset, size))
        offset += size
    return fields


def _build(kind: Any) -> Layout:
    fields = _fields(kind)
    offsets = {field.name: field.offset for field in fields}
    wire = Struct("<" + "".join(field.wire for field in fields))
    return Layout(
        msg_id=kind.id,
        name=kind.msgname,
        crc_extra=kind.crc_extra,
        size=wire.size,
        base_size=_base_size(kind, fields),
        target_system=offsets.get("target_system", -1),
        target_component=offsets.get("target_component", -1),
        encode=_encoder(kind.msgname, fields, wire),
        construct=_constructor(kind, fields, wire),
    )


def _base_size(kind: Any, fields: Sequence[_Field]) -> int:
    """pymavlink does not say which fields are extensions, but CRC_EXTRA covers the others only (mavlink.io,
    "Serialization", CRC_EXTRA): the number of leading fields that gives the known value is their number."""
    types = dict(zip(kind.fieldnames, kind.fieldtypes, strict=True))
    text = f"{kind.msgname} ".encode()
    found = 0
    for number, field in enumerate(fields, start=1):
        text += f"{types[field.name]} {field.name} ".encode()
        if field.count:
            text += bytes((field.count,))
        crc = crc16.mcrf4xx(text)
        if (crc & 0xFF) ^ (crc >> 8) == kind.crc_extra:
            found = number  # the last match: an accidental earlier one (1 in 256) must not cut real fields
    last = fields[found - 1] if found else fields[-1]
    return last.offset + last.size


def _encoder(name: str, fields: Sequence[_Field], wire: Struct) -> Callable[[Message], bytes]:
    """`pack(m.a, m.b, *m.c, ...)`, compiled: the attribute names come from the dialect, never from a link."""
    arguments = []
    for field in fields:
        if field.code == "c":
            arguments.append(f"m._{field.name}_raw")
        elif field.is_bytes:
            arguments.append(f"bytes(m.{field.name})")
        elif field.count:
            arguments.append(f"*m.{field.name}")
        else:
            arguments.append(f"m.{field.name}")
    source = f"lambda m: pack({', '.join(arguments)})"
    pack: Callable[[Message], bytes] = eval(source, {"pack": wire.pack, "bytes": bytes})

    def encode(message: Message) -> bytes:
        try:
            return pack(message)
        except (error, TypeError, OverflowError) as reason:
            raise ValueError(f"{name}: {reason}") from reason

    return encode


def _constructor(kind: Any, fields: Sequence[_Field], wire: Struct) -> Callable[[bytes], Message]:
    """`kind(value, ...)` in the order of its constructor; text loses its trailing NULs, as pymavlink does it."""
    arguments: dict[str, str] = {}
    at = 0
    for field in fields:
        if field.code == "c":
            arguments[field.name] = f"t[{at}].rstrip(nul)"
        elif field.is_bytes:
            arguments[field.name] = f"list(t[{at}])"
        elif field.count:
            arguments[field.name] = f"list(t[{at}:{at + field.count}])"
        else:
            arguments[field.name] = f"t[{at}]"
        at += field.count if field.count and not field.is_bytes else 1
    source = f"lambda t: kind({', '.join(arguments[name] for name in kind.fieldnames)})"
    make: Callable[[Sequence[Any]], Message] = eval(source, {"kind": kind, "list": list, "nul": b"\0"})
    unpack = wire.unpack
    return lambda data: make(unpack(data))
