"""MAVLink's message definitions, read from the table `messages.txt` beside this file.

A line is a message: id, name, CRC_EXTRA, and its fields in the order of the XML definition, `CODE:NAME[COUNT]:ENUM`.
CODE is the type's letter of `struct`, `[COUNT]` an array's length, ENUM the enumeration of the field's values, with `*`
before it for a bitmask (`*` alone: bits without names). Extension fields follow a `|`: they are last on the wire, do
not enter CRC_EXTRA, and MAVLink 1 does not carry them. The other fields are ordered on the wire by the size of their
type, largest first (https://mavlink.io/en/guide/serialization.html#field_reordering).

`scripts/dialect-table` writes the table from pymavlink's ArduPilot dialect, with additions. A line is parsed when its
message is first used, because a program that starts in 0.2 s cannot parse 300.
"""

from __future__ import annotations

from pathlib import Path
from struct import Struct, calcsize
from typing import Final

TYPES: Final[dict[str, str]] = {
    "c": "char", "B": "uint8_t", "b": "int8_t", "H": "uint16_t", "h": "int16_t", "I": "uint32_t", "i": "int32_t",
    "Q": "uint64_t", "q": "int64_t", "f": "float", "d": "double",
}  # fmt: skip
"""MAVLink's types by their letters of `struct`."""


class MessageField:
    """Field of a message. `code`: letter of its type in `struct`. `count`: length of an array, 0 for a single value.
    `offset`, `size`: place in a payload, bytes. `enum`: enumeration of its values, "" for none."""

    __slots__ = ("code", "count", "enum", "is_bitmask", "is_extension", "name", "offset", "size")

    def __init__(self, text: str, is_extension: bool) -> None:
        self.code, rest = text[0], text[2:]
        rest, _, enum = rest.partition(":")
        self.name, _, count = rest.partition("[")
        self.count = int(count[:-1]) if count else 0
        self.is_bitmask = enum.startswith("*")
        self.enum = enum.removeprefix("*")
        self.is_extension = is_extension
        self.size = calcsize(f"<{self.code}") * (self.count or 1)
        self.offset = 0

    @property
    def type(self) -> str:
        """MAVLink's name of the type, without the length of an array."""
        return TYPES[self.code]

    @property
    def moves_as_bytes(self) -> bool:
        """True for text and byte arrays, which are copied in one piece; other arrays are copied number by number."""
        return self.code == "c" or (self.code == "B" and self.count > 0)

    @property
    def format(self) -> str:
        return f"{self.count or 1}s" if self.moves_as_bytes else f"{self.count or ''}{self.code}"


class MessageDefinition:
    """Definition of a message and the layout of its payload.

    `fields`: in the order of the definition. `wire`: in the order of the payload. `size`: bytes with all extension
    fields. `base_size`: bytes without them, as in MAVLink 1. `target_system`, `target_component`: byte offsets of these
    fields, -1 if the message has none. `struct`: of the whole payload.
    """

    __slots__ = (
        "base_size", "crc_extra", "fields", "msg_id", "name", "size", "struct", "target_component", "target_system",
        "wire",
    )  # fmt: skip

    def __init__(self, line: str) -> None:
        number, self.name, extra, *texts = line.split(" ")
        self.msg_id, self.crc_extra = int(number), int(extra)
        first = texts.index("|") if "|" in texts else len(texts)
        base = [MessageField(text, False) for text in texts[:first]]
        grown = [MessageField(text, True) for text in texts[first + 1 :]]
        self.fields = (*base, *grown)
        self.wire = (*sorted(base, key=lambda field: -(field.size // (field.count or 1))), *grown)
        offset = 0
        for field in self.wire:
            field.offset = offset
            offset += field.size
        self.size, self.base_size = offset, sum(field.size for field in base)
        at = {field.name: field.offset for field in self.fields}
        self.target_system, self.target_component = at.get("target_system", -1), at.get("target_component", -1)
        self.struct = Struct("<" + "".join(field.format for field in self.wire))


_LINES: Final[dict[int, str]] = {}
ID_OF: Final[dict[str, int]] = {}
"""Message id by name."""
NAME_OF: Final[dict[int, str]] = {}
"""Message name by id."""
CRC_EXTRA: Final[dict[int, int]] = {}
"""CRC_EXTRA by message id."""
_DEFINITIONS: Final[dict[int, MessageDefinition]] = {}


def _read() -> None:
    for line in Path(__file__).with_name("messages.txt").read_text("ascii").splitlines():
        number, name, extra, _ = line.split(" ", 3)
        msg_id = int(number)
        _LINES[msg_id], ID_OF[name], NAME_OF[msg_id], CRC_EXTRA[msg_id] = line, msg_id, name, int(extra)


_read()


def definition(msg_id: int) -> MessageDefinition:
    """Definition of a message id; KeyError for an unknown id."""
    found = _DEFINITIONS.get(msg_id)
    if found is None:
        found = _DEFINITIONS[msg_id] = MessageDefinition(_LINES[msg_id])
    return found
