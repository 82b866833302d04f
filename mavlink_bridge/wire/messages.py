"""Messages that have grown, or are new, since pymavlink's dialect was made.

The mission protocol's plan identifiers (`opaque_id`, and the three ids in MISSION_CURRENT) are extension fields of
MAVLink's common.xml that pymavlink's dialect does not have yet. Extension fields lie behind all others and do not enter
CRC_EXTRA, so that a receiver with the older definition reads the same message without them
(https://mavlink.io/en/guide/define_xml_element.html#message_extensions).

Each class is pymavlink's own with fields added; `codec` encodes and decodes them by these definitions.
COMPONENT_METADATA and the messages of the standard modes are in MAVLink's definitions and not in the dialect at all.
"""

from __future__ import annotations

from struct import Struct
from typing import Any

from pymavlink.dialects.v20 import ardupilotmega as dialect

__all__ = [
    "ADDED", "NEWER", "AvailableModes", "AvailableModesMonitor", "ComponentMetadata", "CurrentMode", "MissionAck",
    "MissionCount", "MissionCurrent",
]  # fmt: skip


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


class _Added(dialect.MAVLink_message):  # type: ignore[misc]  # pymavlink has no types
    """Constructor and `pack` of a message that pymavlink does not have; text is given as bytes."""

    def __init__(self, *values: Any) -> None:
        super().__init__(self.id, self.msgname)
        self._fieldnames = self.fieldnames
        for name, kind, value in zip(self.fieldnames, self.fieldtypes, values, strict=True):
            if kind == "char":
                setattr(self, f"_{name}_raw", value)
                value = value.split(b"\0", 1)[0].decode("ascii", "replace")
            setattr(self, name, value)

    def pack(self, mav: Any, force_mavlink1: bool = False) -> bytes:
        """As pymavlink's messages: a whole frame."""
        kinds = dict(zip(self.fieldnames, self.fieldtypes, strict=True))
        fields = [getattr(self, f"_{name}_raw" if kinds[name] == "char" else name) for name in self.ordered_fieldnames]
        packed: bytes = self._pack(mav, self.crc_extra, self.unpacker.pack(*fields), force_mavlink1=force_mavlink1)
        return packed


def _add(number: int, name: str, crc_extra: int, wire: str, *fields: str) -> Any:
    """A message by its definition: `fields` in the order of the definition, "type name" or "char name[length]"; on the
    wire the larger types come first (mavlink.io, "Serialization", field reordering)."""
    kinds = [field.split()[0] for field in fields]
    names = [field.split()[1].partition("[")[0] for field in fields]
    counts = [int(field.partition("[")[2].rstrip("]") or 0) for field in fields]
    order = sorted(range(len(fields)), key=lambda at: -_SIZES[kinds[at]])
    attributes: dict[str, Any] = {
        "id": number, "msgname": name, "crc_extra": crc_extra, "fieldnames": names, "fieldtypes": kinds,
        "ordered_fieldnames": [names[at] for at in order], "orders": [order.index(at) for at in range(len(fields))],
        "lengths": [1] * len(fields), "array_lengths": [counts[at] for at in order],
        "native_format": bytearray(wire.rstrip("0123456789s").encode() + (b"c" if wire.endswith("s") else b"")),
        "unpacker": Struct(wire), "instance_field": None, "instance_offset": -1,
    }  # fmt: skip
    return type(f"MAVLink_{name.lower()}_message", (_Added,), attributes)


_SIZES = {"uint32_t": 4, "uint16_t": 2, "uint8_t": 1, "char": 1}

ComponentMetadata = _add(
    397, "COMPONENT_METADATA", 182, "<II100s", "uint32_t time_boot_ms", "uint32_t file_crc", "char uri[100]"
)
"""COMPONENT_METADATA (time_boot_ms, file_crc, uri): where a component's metadata is (mavlink.io, "Component Metadata
Protocol")."""

AvailableModes = _add(
    435, "AVAILABLE_MODES", 134, "<IIBBB35s", "uint8_t number_modes", "uint8_t mode_index", "uint8_t standard_mode",
    "uint32_t custom_mode", "uint32_t properties", "char mode_name[35]",
)  # fmt: skip
"""AVAILABLE_MODES (number_modes, mode_index from 1, standard_mode, custom_mode, properties, mode_name)."""

CurrentMode = _add(
    436, "CURRENT_MODE", 193, "<IIB", "uint8_t standard_mode", "uint32_t custom_mode", "uint32_t intended_custom_mode"
)
"""CURRENT_MODE (standard_mode, custom_mode, intended_custom_mode)."""

AvailableModesMonitor = _add(437, "AVAILABLE_MODES_MONITOR", 30, "<B", "uint8_t seq")
"""AVAILABLE_MODES_MONITOR (seq): another number means that the modes are others now."""

EventMessage = _add(
    410, "EVENT", 160, "<IIHBBB40s", "uint8_t destination_component", "uint8_t destination_system", "uint32_t id",
    "uint32_t event_time_boot_ms", "uint16_t sequence", "uint8_t log_levels", "uint8_t arguments[40]",
)  # fmt: skip
"""EVENT (destination_component, destination_system, id, event_time_boot_ms, sequence, log_levels, arguments as bytes):
see https://mavlink.io/en/services/events.html."""

CurrentEventSequence = _add(411, "CURRENT_EVENT_SEQUENCE", 106, "<HB", "uint16_t sequence", "uint8_t flags")
"""CURRENT_EVENT_SEQUENCE (sequence, flags): the latest event's number."""

RequestEvent = _add(
    412, "REQUEST_EVENT", 33, "<HHBB", "uint8_t target_system", "uint8_t target_component", "uint16_t first_sequence",
    "uint16_t last_sequence",
)  # fmt: skip
"""REQUEST_EVENT (target_system, target_component, first_sequence, last_sequence): these again."""

ResponseEventError = _add(
    413, "RESPONSE_EVENT_ERROR", 77, "<HHBBB", "uint8_t target_system", "uint8_t target_component",
    "uint16_t sequence", "uint16_t sequence_oldest_available", "uint8_t reason",
)  # fmt: skip
"""RESPONSE_EVENT_ERROR (target_system, target_component, sequence, sequence_oldest_available, reason)."""

ADDED: dict[int, Any] = {
    kind.id: kind
    for kind in (
        ComponentMetadata, AvailableModes, CurrentMode, AvailableModesMonitor, EventMessage, CurrentEventSequence,
        RequestEvent, ResponseEventError,
    )
}  # fmt: skip
"""Messages that pymavlink does not have."""
