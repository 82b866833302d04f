"""Codec of MAVLink messages: message objects to payload bytes and back, fast.

Messages are those of `dialect`, whose classes have compiled encoders and decoders; pymavlink's messages are accepted by
their names and fields. Links, sequence numbers and checksums belong to `framing`.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import error
from typing import Any, Final

from mavlink_bridge.wire import dialect
from mavlink_bridge.wire.definitions import CRC_EXTRA, ID_OF, NAME_OF, definition

__all__ = [
    "base_size", "boot_ms", "crc_extra", "decode", "definition", "dialect", "id_of", "ids_of", "message_id",
    "message_name", "payload", "payload_v1",
]  # fmt: skip

#: message of `dialect` or of pymavlink (fields of neither have type hints)
Message = Any
TEXT_SIZE: Final = 50
"""Characters of a STATUSTEXT."""


def boot_ms(time_ms: int) -> int:
    """Vehicle time in 32 bits, as in messages: it wraps after 49.7 days."""
    return time_ms & 0xFFFFFFFF


def payload(message: Message) -> tuple[int, bytes, int]:
    """`(msg_id, payload, CRC_EXTRA)` of a message in MAVLink 2 form: trailing zero bytes are cut, at least one byte
    stays.

    Raises ValueError when a field does not fit its type, which is an error of the caller, never of a peer.
    """
    return _encoded(dialect.payload_v2, message)


def payload_v1(message: Message) -> tuple[int, bytes, int]:
    """Encode as `payload`, in MAVLink 1 form: without extension fields, nothing cut."""
    return _encoded(dialect.payload_v1, message)


def _encoded(encode: Callable[[Message], tuple[int, bytes, int]], message: Message) -> tuple[int, bytes, int]:
    if not isinstance(message, dialect.MAVLink_message):
        message = _of_pymavlink(message)
    try:
        return encode(message)
    except (error, TypeError, OverflowError) as reason:
        raise ValueError(f"{message.msgname}: {reason}") from reason


def _of_pymavlink(message: Message) -> Message:
    """Message of `dialect` with the fields of a pymavlink message; fields unknown to pymavlink are zero."""
    theirs = type(message)
    fields = zip(theirs.fieldnames, theirs.fieldtypes, strict=True)
    values = {name: getattr(message, f"_{name}_raw" if kind == "char" else name) for name, kind in fields}
    return dialect.mavlink_map[theirs.id](**values)


def decode(msg_id: int, data: bytes) -> Message | None:
    """Message of a received payload, or None for an id that the dialect does not have.

    A short payload is extended by zeros, a longer one (newer dialect) is cut, as MAVLink 2 requires. Never raises:
    every payload of the right size is a message, since all fields are plain numbers and bytes.
    """
    if msg_id not in CRC_EXTRA:
        return None
    kind = dialect.mavlink_map[msg_id]
    size = kind.definition.size
    if len(data) != size:
        data = data[:size].ljust(size, b"\0")
    return kind.construct(data)


def command_message(system: int, component: int, number: int, *params: float, confirmation: int = 0) -> Message:
    """COMMAND_LONG to a component; parameters that are not given are 0."""
    filled = (*params, *(0.0,) * (7 - len(params)))
    return dialect.MAVLink_command_long_message(system, component, number, confirmation, *filled)


def status_text(severity: int, text: str) -> Message:
    """STATUSTEXT of one text, cut to the ASCII characters that one message has."""
    return dialect.MAVLink_statustext_message(int(severity), text.encode("ascii", "replace")[:TEXT_SIZE])


def message_id(name: str) -> int | None:
    return ID_OF.get(name)


def id_of(name: str) -> int:
    """Id of a message name; KeyError, when the caller is imported, for an unknown name."""
    return ID_OF[name]


def ids_of(*names: str) -> frozenset[int]:
    return frozenset(ID_OF[name] for name in names)


def message_name(msg_id: int) -> str | None:
    return NAME_OF.get(msg_id)


def crc_extra(msg_id: int) -> int | None:
    """CRC_EXTRA of a message id, or None when the dialect does not have it."""
    return CRC_EXTRA.get(msg_id)


def base_size(msg_id: int) -> int:
    """Bytes of the payload without extension fields."""
    return definition(msg_id).base_size
