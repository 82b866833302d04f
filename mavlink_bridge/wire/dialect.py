"""Messages and numbers of MAVLink's ArduPilot dialect, with the names and calling conventions of pymavlink.

`dialect.MAVLink_heartbeat_message(..)` makes a message, `dialect.MAVLINK_MSG_ID_HEARTBEAT` is its number,
`dialect.enums` has the enumerations and `dialect.MAV_CMD_NAV_WAYPOINT` a value of one; `mavlink_map` has all message
classes by id. A class is made from its line of `definitions` at its first use, while pymavlink's module of 2.3 MB makes
all 300. Messages of pymavlink work too, since `codec` accepts them. A test compares every message with pymavlink's,
byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from json import dumps
from pathlib import Path
from typing import Any, ClassVar, Final

from mavlink_bridge.wire.definitions import CRC_EXTRA, ID_OF, NAME_OF, MessageDefinition, definition
from mavlink_bridge.wire.framing import frame_v1, frame_v2, trimmed

_NUMBER = "MAVLINK_MSG_ID_"


class MAVLink_header:
    """Header of a received message: its sender, if known."""

    __slots__ = ("msgId", "seq", "srcComponent", "srcSystem")

    def __init__(self, msgId: int, seq: int = 0, srcSystem: int = 0, srcComponent: int = 0) -> None:
        self.msgId, self.seq, self.srcSystem, self.srcComponent = msgId, seq, srcSystem, srcComponent


class MAVLink_message:
    """Message: its fields are attributes; text is `str`, and bytes as received in `_NAME_raw`."""

    id: ClassVar[int]
    msgname: ClassVar[str]
    crc_extra: ClassVar[int]
    definition: ClassVar[MessageDefinition]
    fieldnames: ClassVar[list[str]]
    ordered_fieldnames: ClassVar[list[str]]
    fieldtypes: ClassVar[list[str]]
    array_lengths: ClassVar[list[int]]
    fieldenums_by_name: ClassVar[dict[str, str]]
    fielddisplays_by_name: ClassVar[dict[str, str]]
    encode: ClassVar[Callable[[Any], bytes]]
    """Payload of a message of this class, with all extension fields; struct.error, TypeError or OverflowError when a
    field does not fit."""
    construct: ClassVar[Callable[[bytes], Any]]
    """Message of a payload of full size."""
    _header: MAVLink_header | None = None

    def get_type(self) -> str:
        """Name of the message."""
        return self.msgname

    def get_msgId(self) -> int:
        """Id of the message; `id` may be a field (BATTERY_STATUS)."""
        return type(self).id

    def get_fieldnames(self) -> list[str]:
        """Names of the fields, in the order of the definition."""
        return self.fieldnames

    def get_header(self) -> MAVLink_header:
        """Sender; zeros until it is set."""
        if self._header is None:
            self._header = MAVLink_header(type(self).id)
        return self._header

    def get_srcSystem(self) -> int:
        """System id of the sender, 0: unknown."""
        return 0 if self._header is None else self._header.srcSystem

    def get_srcComponent(self) -> int:
        """Component id of the sender, 0: unknown."""
        return 0 if self._header is None else self._header.srcComponent

    def get_seq(self) -> int:
        """Sequence number of the frame, 0: unknown."""
        return 0 if self._header is None else self._header.seq

    def to_dict(self) -> dict[str, Any]:
        """All fields, and the message's name as `mavpackettype`."""
        return {"mavpackettype": self.msgname} | {name: getattr(self, name) for name in self.fieldnames}

    def to_json(self) -> str:
        """`to_dict` as JSON."""
        return dumps(self.to_dict())

    def pack(self, mav: Any, force_mavlink1: bool = False) -> bytes:
        """Whole frame, unsigned, from `mav.srcSystem` and `mav.srcComponent` with the number `mav.seq`."""
        frame, payload = (frame_v1, payload_v1) if force_mavlink1 else (frame_v2, payload_v2)
        return frame(mav.seq, mav.srcSystem, mav.srcComponent, *payload(self))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, MAVLink_message):
            return NotImplemented
        return self._content() == other._content()

    __hash__ = None  # type: ignore[assignment]  # fields are mutable

    def _content(self) -> tuple[Any, ...]:
        fields = [getattr(self, name) for name in self.fieldnames]
        return type(self).id, self.get_srcSystem(), self.get_srcComponent(), self.get_seq(), fields

    def __repr__(self) -> str:
        fields = ", ".join(f"{name} : {getattr(self, name)}" for name in self.fieldnames)
        return f"{self.msgname} {{{fields}}}"


def payload_v2(message: MAVLink_message) -> tuple[int, bytes, int]:
    """`(msg_id, payload, CRC_EXTRA)` in MAVLink 2 form. Raises as `MAVLink_message.encode`."""
    kind = type(message)
    return kind.id, trimmed(kind.encode(message)), kind.crc_extra


def payload_v1(message: MAVLink_message) -> tuple[int, bytes, int]:
    """Encode as `payload_v2`, in MAVLink 1 form: without extension fields, nothing cut."""
    kind = type(message)
    return kind.id, kind.encode(message)[: kind.definition.base_size], kind.crc_extra


def _source(definition: MessageDefinition) -> str:
    """Python source of constructor, encoder and decoder; its names come from the table, never from a link."""
    parameters, body = [], []
    for field in definition.fields:
        default = "" if not field.is_extension else "=b''" if field.code == "c" else "=0"
        default = f"=(0,) * {field.count}" if default == "=0" and field.count else default
        parameters.append(f"{field.name}{default}")
        if field.code == "c":
            body.append(f" self._{field.name}_raw = {field.name}")
            body.append(f" self.{field.name} = {field.name}.split(nul, 1)[0].decode('ascii', 'replace')")
        else:
            body.append(f" self.{field.name} = {field.name}")
    packed, arguments, at = [], {}, 0
    for field in definition.wire:
        name = f"m.{field.name}"
        if field.code == "c":
            packed.append(f"m._{field.name}_raw")
            arguments[field.name] = f"t[{at}].rstrip(nul)"
        elif field.moves_as_bytes:
            packed.append(f"bytes({name})")
            arguments[field.name] = f"list(t[{at}])"
        elif field.count:
            packed.append(f"*{name}")
            arguments[field.name] = f"list(t[{at}:{at + field.count}])"
        else:
            packed.append(name)
            arguments[field.name] = f"t[{at}]"
        at += 1 if field.moves_as_bytes else field.count or 1
    fields = ", ".join(arguments[field.name] for field in definition.fields)
    return "\n".join(
        (
            f"def __init__(self, {', '.join(parameters)}):",
            *body,
            f"def encode(m): return pack({', '.join(packed)})",
            f"def construct(data):\n t = unpack(data)\n return made({fields})",
        )
    )


def _make(spec: MessageDefinition) -> type[MAVLink_message]:
    local: dict[str, Any] = {"nul": b"\0", "pack": spec.struct.pack, "unpack": spec.struct.unpack}
    exec(_source(spec), local)
    kind = type(
        f"MAVLink_{spec.name.lower()}_message",
        (MAVLink_message,),
        {
            "__module__": __name__,
            "__init__": local["__init__"],
            "id": spec.msg_id,
            "msgname": spec.name,
            "crc_extra": spec.crc_extra,
            "definition": spec,
            "fieldnames": [field.name for field in spec.fields],
            "ordered_fieldnames": [field.name for field in spec.wire],
            "fieldtypes": [field.type for field in spec.fields],
            "array_lengths": [field.count for field in spec.wire],
            "fieldenums_by_name": {field.name: field.enum for field in spec.fields if field.enum},
            "fielddisplays_by_name": {field.name: "bitmask" for field in spec.fields if field.is_bitmask},
            "encode": staticmethod(local["encode"]),
            "construct": staticmethod(local["construct"]),
        },
    )
    local["made"] = kind
    return kind


class _Classes(Mapping[int, type[MAVLink_message]]):
    """Message classes by id, each made at its first use."""

    def __init__(self) -> None:
        self._made: dict[int, type[MAVLink_message]] = {}

    def __getitem__(self, msg_id: int) -> type[MAVLink_message]:
        found = self._made.get(msg_id)
        if found is None:
            found = self._made[msg_id] = _make(definition(msg_id))
        return found

    def __contains__(self, msg_id: object) -> bool:
        return msg_id in CRC_EXTRA

    def __iter__(self) -> Iterator[int]:
        return iter(NAME_OF)

    def __len__(self) -> int:
        return len(NAME_OF)


mavlink_map: Final = _Classes()


class EnumEntry:
    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


@cache
def _enumerations() -> dict[str, dict[int, EnumEntry]]:
    """Enumerations from `enumerations.txt`: a line has a name, then number and name of each value."""
    found: dict[str, dict[int, EnumEntry]] = {}
    for line in Path(__file__).with_name("enumerations.txt").read_text("ascii").splitlines():
        name, *entries = line.split(" ")
        found[name] = {int(number): EnumEntry(entry) for number, entry in zip(entries[::2], entries[1::2], strict=True)}
    return found


@cache
def _numbers() -> dict[str, int]:
    return {entry.name: number for entries in _enumerations().values() for number, entry in entries.items()}


def __getattr__(name: str) -> Any:
    if name.startswith("MAVLink_") and (msg_id := ID_OF.get(name[8:-8].upper())) is not None:
        value: Any = mavlink_map[msg_id]
    elif name.startswith(_NUMBER) and name.removeprefix(_NUMBER) in ID_OF:
        value = ID_OF[name.removeprefix(_NUMBER)]
    elif name == "enums":
        value = _enumerations()
    elif not name.startswith("_") and name in _numbers():
        value = _numbers()[name]
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value
