"""mavlink_bridge/wire/messages.txt and enumerations.txt, made from pymavlink's ArduPilot dialect and what that lacks.

`mavlink_bridge/wire/definitions.py` says how the lines read. pymavlink says by the defaults of its constructors which
fields are extensions.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from fastcrc import crc16
from pymavlink.dialects.v20 import ardupilotmega

from mavlink_bridge.wire.definitions import TYPES, MessageDefinition

FOLDER: Final = Path(__file__).resolve().parent.parent / "mavlink_bridge" / "wire"
GROWN: Final[Mapping[str, str]] = {
    "MISSION_COUNT": "I:opaque_id",
    "MISSION_ACK": "I:opaque_id",
    "MISSION_CURRENT": "I:mission_id I:fence_id I:rally_points_id",
}
"""Extension fields of MAVLink's common.xml that pymavlink does not have yet: the plans' identifiers of the mission
protocol. A receiver with the older definition reads the same message without them
(https://mavlink.io/en/guide/define_xml_element.html#message_extensions)."""
ADDED: Final[Mapping[int, str]] = {
    53: "MISSION_CHECKSUM B:mission_type I:checksum",
    80: "COMMAND_CANCEL B:target_system B:target_component H:command",
    290: "ESC_INFO B:index Q:time_usec H:counter B:count B:connection_type B:info H:failure_flags[4] I:error_count[4]"
         " h:temperature[4]",
    291: "ESC_STATUS B:index Q:time_usec i:rpm[4] f:voltage[4] f:current[4]",
    334: "CELLULAR_STATUS B:status B:failure_reason B:type B:quality H:mcc H:mnc H:lac",
    380: "TIME_ESTIMATE_TO_TARGET i:safe_return i:land i:mission_next_item i:mission_end i:commanded_action",
    397: "COMPONENT_METADATA I:time_boot_ms I:file_crc c:uri[100]",
    400: "PLAY_TUNE_V2 B:target_system B:target_component I:format c:tune[248]",
    401: "SUPPORTED_TUNES B:target_system B:target_component I:format",
    410: "EVENT B:destination_component B:destination_system I:id I:event_time_boot_ms H:sequence B:log_levels"
         " B:arguments[40]",
    411: "CURRENT_EVENT_SEQUENCE H:sequence B:flags",
    412: "REQUEST_EVENT B:target_system B:target_component H:first_sequence H:last_sequence",
    413: "RESPONSE_EVENT_ERROR B:target_system B:target_component H:sequence H:sequence_oldest_available B:reason",
    435: "AVAILABLE_MODES B:number_modes B:mode_index B:standard_mode I:custom_mode I:properties c:mode_name[35]",
    436: "CURRENT_MODE B:standard_mode I:custom_mode I:intended_custom_mode",
    437: "AVAILABLE_MODES_MONITOR B:seq",
    440: "ILLUMINATOR_STATUS I:uptime_ms B:enable B:mode_bitmask I:error_status B:mode f:brightness f:strobe_period"
         " f:strobe_duty_cycle f:temp_c f:min_strobe_period f:max_strobe_period",
    512: "CONTROL_STATUS B:flags B:gcs_main B:gcs_secondary[10]",
}  # fmt: skip
"""Messages of MAVLink's common.xml (CONTROL_STATUS: development.xml) that pymavlink does not have."""
_LETTERS: Final = {name: letter for letter, name in TYPES.items()}


def messages() -> str:
    """`messages.txt`, in the order of the ids."""
    lines = {msg_id: _line(kind) for msg_id, kind in ardupilotmega.mavlink_map.items()}
    for msg_id, text in ADDED.items():
        if msg_id in lines:
            raise ValueError(f"pymavlink has message {msg_id} now: take it from there")
        name, _, fields = text.partition(" ")
        lines[msg_id] = f"{msg_id} {name} {crc_extra(MessageDefinition(f'{msg_id} {name} 0 {fields}'))} {fields}"
    return "".join(f"{line}\n" for _, line in sorted(lines.items()))


def _line(kind: Any) -> str:
    parameters = inspect.signature(kind.__init__).parameters
    counts = dict(zip(kind.ordered_fieldnames, kind.array_lengths, strict=True))
    base, grown = [], GROWN.get(kind.msgname, "").split()
    if set(kind.fieldnames) & {text.partition(":")[2] for text in grown}:
        raise ValueError(f"pymavlink has the fields of {kind.msgname} now: take them from there")
    extensions = []
    for name, ctype in zip(kind.fieldnames, kind.fieldtypes, strict=True):
        text = f"{_LETTERS[ctype]}:{name}" + (f"[{counts[name]}]" if counts[name] else "")
        mask = "*" if kind.fielddisplays_by_name.get(name) == "bitmask" else ""
        if values := mask + kind.fieldenums_by_name.get(name, ""):
            text += f":{values}"
        is_extension = parameters[name].default is not inspect.Parameter.empty and name != "mavlink_version"
        (extensions if is_extension else base).append(text)
    extensions += grown
    return " ".join(
        (f"{kind.id}", kind.msgname, f"{kind.crc_extra}", *base, *(["|", *extensions] if extensions else []))
    )


def crc_extra(one: MessageDefinition) -> int:
    """https://mavlink.io/en/guide/serialization.html#crc_extra"""
    text = f"{one.name} ".encode()
    for field in one.wire:
        if not field.is_extension:
            text += f"{field.type} {field.name} ".encode() + (bytes((field.count,)) if field.count else b"")
    crc = crc16.mcrf4xx(text)
    return (crc & 0xFF) ^ (crc >> 8)


def enumerations() -> str:
    """`enumerations.txt`: of each its values, without the end that pymavlink marks."""
    lines = []
    for name, entries in ardupilotmega.enums.items():
        kept = {number: entry.name for number, entry in entries.items() if not entry.name.endswith("_ENUM_END")}
        lines.append(" ".join((name, *(f"{number} {entry}" for number, entry in sorted(kept.items())))))
    return "".join(f"{line}\n" for line in sorted(lines))


def main(arguments: list[str]) -> int:
    for name, text in (("messages.txt", messages()), ("enumerations.txt", enumerations())):
        file = FOLDER / name
        if "--check" not in arguments:
            file.write_text(text, "ascii")
        elif file.read_text("ascii") != text:
            print(f"{file} is not what pymavlink's dialect says; run scripts/dialect-table", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
