"""Messages that have grown, or are new, since pymavlink's dialect was made.

The mission protocol's plan identifiers (`opaque_id`, and the three ids in MISSION_CURRENT) are extension fields of
MAVLink's common.xml that pymavlink's dialect does not have yet. Extension fields lie behind all others and do not enter
CRC_EXTRA, so that a receiver with the older definition reads the same message without them
(https://mavlink.io/en/guide/define_xml_element.html#message_extensions).

Each class is pymavlink's own with fields added; `codec` encodes and decodes them by these definitions.
COMPONENT_METADATA is in MAVLink's common.xml and not in the dialect at all.
"""

from __future__ import annotations

from struct import Struct
from typing import Any, ClassVar

from pymavlink.dialects.v20 import ardupilotmega as dialect

__all__ = ["ADDED", "NEWER", "ComponentMetadata", "MissionAck", "MissionCount", "MissionCurrent"]


def _extended(base: Any, *added: tuple[str, str, str]) -> dict[str, Any]:
    """Class attributes of `base` with `added` fields (name, C type, struct code) appended, in pymavlink's layout."""
    names, count = [name for name, _, _ in added], len(added)
    wire = base.unpacker.format + "".join(code for _, _, code in added)
    return {
        "fieldnames": [*base.fieldnames, *names],
        "ordered_fieldnames": [*base.ordered_fieldnames, *names],
        "fieldtypes": [*base.fieldtypes, *(kind for _, kind, _ in added)],
        "native_format": bytearray(wire.encode()),
        "orders": [*base.orders, *range(len(base.orders), len(base.orders) + count)],
        "lengths": [*base.lengths, *[1] * count],
        "array_lengths": [*base.array_lengths, *[0] * count],
        "unpacker": Struct(wire),
    }


class _Grown(dialect.MAVLink_message):  # type: ignore[misc]  # pymavlink has no types
    """Constructor and `pack` for any field list."""

    def __init__(self, *values: Any) -> None:
        super().__init__(self.id, self.msgname)
        self._fieldnames = self.fieldnames
        for name, value in zip(self.fieldnames, values, strict=False):
            setattr(self, name, value)
        for name in self.fieldnames[len(values) :]:
            setattr(self, name, 0)

    def pack(self, mav: Any, force_mavlink1: bool = False) -> bytes:
        """As pymavlink's messages: a whole frame."""
        fields = (getattr(self, name) for name in self.ordered_fieldnames)
        packed: bytes = self._pack(mav, self.crc_extra, self.unpacker.pack(*fields), force_mavlink1=force_mavlink1)
        return packed


def _grow(base: Any, *added: tuple[str, str, str]) -> Any:
    kept = ("id", "msgname", "crc_extra", "fielddisplays_by_name", "fieldenums_by_name", "fieldunits_by_name",
            "instance_field", "instance_offset")  # fmt: skip
    attributes = {name: getattr(base, name) for name in kept}
    attributes["_instance_field"], attributes["_instance_offset"] = base.instance_field, base.instance_offset
    return type(base.__name__, (_Grown,), attributes | _extended(base, *added) | {"__doc__": base.__doc__})


MissionCount = _grow(dialect.MAVLink_mission_count_message, ("opaque_id", "uint32_t", "I"))
"""MISSION_COUNT (target_system, target_component, count, mission_type, opaque_id)."""

MissionAck = _grow(dialect.MAVLink_mission_ack_message, ("opaque_id", "uint32_t", "I"))
"""MISSION_ACK (target_system, target_component, type, mission_type, opaque_id)."""

MissionCurrent = _grow(
    dialect.MAVLink_mission_current_message,
    ("mission_id", "uint32_t", "I"), ("fence_id", "uint32_t", "I"), ("rally_points_id", "uint32_t", "I"),
)  # fmt: skip
"""MISSION_CURRENT (seq, total, mission_state, mission_mode, mission_id, fence_id, rally_points_id)."""

NEWER: dict[int, Any] = {kind.id: kind for kind in (MissionCount, MissionAck, MissionCurrent)}
"""Message id to the class that replaces pymavlink's."""


class ComponentMetadata(dialect.MAVLink_message):  # type: ignore[misc]  # pymavlink has no types
    """COMPONENT_METADATA (time_boot_ms, file_crc, uri): where a component's metadata is (mavlink.io, "Component
    Metadata Protocol")."""

    id = 397
    msgname = "COMPONENT_METADATA"
    fieldnames: ClassVar = ["time_boot_ms", "file_crc", "uri"]
    ordered_fieldnames: ClassVar = fieldnames
    fieldtypes: ClassVar = ["uint32_t", "uint32_t", "char"]
    native_format = bytearray(b"<IIc")
    orders: ClassVar = [0, 1, 2]
    lengths: ClassVar = [1, 1, 1]
    array_lengths: ClassVar = [0, 0, 100]
    crc_extra = 182
    unpacker = Struct("<II100s")
    instance_field = None
    instance_offset = -1

    def __init__(self, time_boot_ms: int, file_crc: int, uri: bytes) -> None:
        super().__init__(self.id, self.msgname)
        self._fieldnames = self.fieldnames
        self.time_boot_ms = time_boot_ms
        self.file_crc = file_crc
        self._uri_raw = uri
        self.uri = uri.split(b"\0", 1)[0].decode("ascii", "replace")

    def pack(self, mav: Any, force_mavlink1: bool = False) -> bytes:
        """As pymavlink's messages: a whole frame."""
        data = self.unpacker.pack(self.time_boot_ms, self.file_crc, self._uri_raw)
        packed: bytes = self._pack(mav, self.crc_extra, data, force_mavlink1=force_mavlink1)
        return packed


ADDED: dict[int, Any] = {ComponentMetadata.id: ComponentMetadata}
"""Messages that pymavlink does not have."""
