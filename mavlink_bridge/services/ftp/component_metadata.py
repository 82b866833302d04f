"""Component metadata: files by MAVFTP that describe a component, and the message with the address of the first
(mavlink.io, "Component Metadata Protocol").

COMPONENT_METADATA (397) refers to the general file. That lists the other files with checksums, and for each the summary
of its translations, {locale: {"url": ..}}. The URL is a Qt Linguist file (.ts) whose contexts are the JSON paths of the
strings, as QGroundControl looks them up. All files are made on request.

The autopilot has files for parameters, events and commands, and as a PX4 for actuators; a camera for its settings; a
gimbal only the general file. MAVLink has a number for commands but no published schema: ours lists the commands of
missions and the served commands, with number and parameters.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import IntEnum
from functools import cache, cached_property, lru_cache, partial
from typing import Any, Final

from autopilot.interface.records import dataclass
from autopilot.mav import Cmd, MissionType
from autopilot.mission.commands import SPECS, CommandSpec
from autopilot.vehicles.vehicle_class import VehicleClass
from mavlink_bridge.routing.service import Message
from mavlink_bridge.services.german import german
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import boot_ms, dialect

COMPONENT_METADATA: Final[int] = codec.id_of("COMPONENT_METADATA")
FOLDER: Final = "@SYS"
GENERAL_FILE: Final = "general.json"
VENDOR: Final = "Sortie"
LOCALE: Final = "de_DE"
_URI: Final = f"mftp://{FOLDER}/"
TRANSLATION: Final[dict[str, Any]] = {"items": {"commands": {"list": {
    "key": "name", "items": {"params": {"list": {"key": "index", "translate": ["label"]}}},
}}}}  # fmt: skip
"""Translated strings of the command file, in the form of MAVLink's translation schema."""
_KEYS: Final = ("name", "value", "index")


class MetadataType(IntEnum):
    """COMP_METADATA_TYPE of the served files."""

    PARAMETER = 1
    COMMANDS = 2
    EVENTS = 4
    ACTUATORS = 5


@dataclass(frozen=True, slots=True)
class Described:
    """Metadata file. `document` makes its plain values; `german` its translations by JSON path, if there are any."""

    kind: MetadataType
    name: str
    document: Callable[[], Mapping[str, Any]]
    german: Callable[[], Mapping[str, str]] | None = None


class MetadataFiles:
    """Metadata files of a component. `version`: of the component; for the autopilot, of the emulated firmware. `model`:
    its model name, "": none."""

    def __init__(self, described: Sequence[Described], version: tuple[int, int, int], model: str = "") -> None:
        self._described = described
        self._version = version
        self._model = {"modelName": model} if model else {}

    def pages(self) -> dict[str, Callable[[], bytes]]:
        """Functions that make the files, by file name; translations once, because a listing names the sizes of all."""
        files: dict[str, Callable[[], bytes]] = {GENERAL_FILE: self.general_file}
        for described in self._described:
            files[_packed_name(described)] = partial(self._packed_file, described.name)
            if described.german is not None:
                files[_summary_name(described)] = partial(_summary, described)
                files[_linguist_name(described)] = cache(partial(_linguist_file, described))
        return files

    def _packed_file(self, name: str) -> bytes:
        return self._packed[name]

    @cached_property
    def _packed(self) -> dict[str, bytes]:
        return {described.name: _compressed(_json(described.document())) for described in self._described}

    def general_file(self) -> bytes:
        """General file `general.json`: list of the metadata files and their addresses."""
        version = ".".join(map(str, self._version))
        kinds = [self._entry(described) for described in self._described]
        return _json(
            {"version": 1, "vendorName": VENDOR, **self._model, "firmwareVersion": version, "metadataTypes": kinds}
        )

    def _entry(self, described: Described) -> dict[str, Any]:
        entry = {
            "type": int(described.kind),
            "uri": _URI + _packed_name(described),
            "fileCrc": crc32(self._packed[described.name]),
        }
        return entry if described.german is None else entry | {"translationUri": _URI + _summary_name(described)}

    def message(self, time_ms: int) -> Message:
        return dialect.MAVLink_component_metadata_message(
            boot_ms(time_ms), crc32(self.general_file()), (_URI + GENERAL_FILE).encode()
        )


def commands_document(kind: VehicleClass, served: Iterable[int]) -> dict[str, Any]:
    """Command file: mission commands of this kind of vehicle, and served commands."""
    served = set(served)
    numbers = sorted(served | {number for number, spec in SPECS.items() if spec.plan is MissionType.MISSION})
    entries = [_command(number, kind, number in served) for number in numbers]
    return {"version": 1, "translation": TRANSLATION, "commands": entries}


def commands_german(document: Mapping[str, Any]) -> dict[str, str]:
    """German texts of a command file by JSON path."""
    return {
        f"/commands/{command['name']}/params/{param['index']}/label": word
        for command in document["commands"]
        for param in command.get("params", [])
        if (word := german(param["label"])) is not None
    }


def _command(number: int, kind: VehicleClass, served: bool) -> dict[str, Any]:
    spec = SPECS.get(number)
    entry: dict[str, Any] = {"id": number, "name": _command_name(number, spec), "command": served}
    if spec is None or spec.plan is not MissionType.MISSION:
        return entry | {"missionItem": "none"}
    flown = "flown" if kind.carries_out(number) else "kept"
    params = [
        {"index": parameter.number, "label": parameter.name, "units": parameter.unit} for parameter in spec.parameters
    ]
    return entry | {"missionItem": flown, "specifiesCoordinate": spec.place, "params": params}


def _command_name(number: int, spec: CommandSpec | None) -> str:
    if number in set(Cmd):
        return f"MAV_CMD_{Cmd(number).name}"
    return str(number) if spec is None else spec.name


def _packed_name(described: Described) -> str:
    return f"{described.name}.json.xz"


def _summary_name(described: Described) -> str:
    return f"{described.name}.translations.json"


def _linguist_name(described: Described) -> str:
    return f"{described.name}.{LOCALE}.ts.xz"


def _summary(described: Described) -> bytes:
    return _json({LOCALE: {"url": _URI + _linguist_name(described)}})


def _linguist_file(described: Described) -> bytes:
    assert described.german is not None
    from xml.sax.saxutils import escape  # imported only when a station downloads the file

    named = by_name(described.document())
    contexts = "".join(
        f"<context><name>{escape(place)}</name><message><source>{escape(text_at(named, place))}</source>"
        f"<translation>{escape(text)}</translation></message></context>"
        for place, text in described.german().items()
    )
    return _compressed(
        f"<?xml version='1.0' encoding='utf-8'?>\n<TS version=\"2.1\" language=\"{LOCALE}\">{contexts}</TS>".encode()
    )


def by_name(document: Any) -> Any:
    """Document whose lists are mappings: an element stands under its name, its value and its index. Of two elements
    with one name, the first."""
    if isinstance(document, Mapping):
        return {key: by_name(value) for key, value in document.items()}
    if not isinstance(document, list):
        return document
    elements: dict[str, Any] = {}
    for entry in document:
        element = by_name(entry)
        for key in _KEYS:
            if isinstance(entry, Mapping) and key in entry:
                elements.setdefault(str(entry[key]), element)
    return elements


def text_at(named: Mapping[str, Any], place: str) -> str:
    """String of a document `by_name` at a path as /parameters/NAME/shortDesc; for $globals the string itself. KeyError
    for an unknown path."""
    if place.startswith("$globals/"):
        return place.rpartition("/")[2]
    element: Any = named
    for step in place.strip("/").split("/"):
        element = element[step]
    return str(element)


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


@lru_cache(maxsize=8)
def _compressed(data: bytes) -> bytes:
    """Compress a file in 5 ms (by the usual preset in 30, to a tenth less), once for all vehicles that have it."""
    import lzma  # imported only on request

    return lzma.compress(data, preset=1)


def crc32(data: bytes) -> int:
    """CRC32 of a file in MAVLink: start value 0, no final inversion. Stations cache files by it."""
    return ~zlib.crc32(data, 0xFFFFFFFF) & 0xFFFFFFFF
