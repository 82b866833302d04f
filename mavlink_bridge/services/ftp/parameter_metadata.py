"""Names, units, ranges and meanings of our parameters, in the forms that ground stations read.

- QGroundControl asks for COMPONENT_METADATA (512 for 397) and reads by MAVFTP what that names: a general file, which
  names the parameter file (mavlink.io, "Component Metadata Protocol"). QGroundControl reads version 1 of both. From
  then on it shows our texts instead of those of the ArduPilot release that it has built in.
- Mission Planner reads ArduPilot's `apm.pdef.xml` from its own data folder, never from a vehicle:
  `sortie param metadata --format mp` writes the file.
"""

from __future__ import annotations

import json
import zlib
from functools import cached_property
from typing import Any, Final
from xml.etree import ElementTree

from autopilot.parameters import Parameters, ParameterType
from autopilot.parameters.definition import ParameterDef
from autopilot.vehicles.kinds import vehicle_class
from mavlink_bridge.messages import ComponentMetadata
from mavlink_bridge.services.base import Message
from mavlink_bridge.services.parameters import ServedParameters

COMPONENT_METADATA: Final[int] = ComponentMetadata.id
GENERAL_FILE: Final = "general.json"
PARAMETER_FILE: Final = "parameters.json.xz"
_PARAMETER_TYPE: Final = 1  # COMP_METADATA_TYPE_PARAMETER
_LEAST_DECIMALS: Final = 2  # as many as QGroundControl shows of a float of which nothing is known
_URI: Final = "mftp://@SYS/"
_TYPES: Final = {
    ParameterType.INT8: "Int8", ParameterType.INT16: "Int16", ParameterType.INT32: "Int32",
    ParameterType.REAL32: "Float",
}  # fmt: skip


def qgc_document(parameters: ServedParameters) -> dict[str, Any]:
    """The parameter file as plain values (schema: mavlink, component_metadata/parameter.schema.json)."""
    return {"version": 1, "parameters": [_qgc_entry(parameters.definition(name)) for name in parameters.names()]}


def _qgc_entry(one: ParameterDef) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": one.name,
        "type": _TYPES[ParameterType(one.type)],
        "shortDesc": one.description,
        "default": _number(one, one.default),
        "group": one.name.partition("_")[0],
        "category": "Standard",
    }
    optional: dict[str, Any] = {
        "units": one.unit or None,
        "min": None if one.minimum is None else _number(one, one.minimum),
        "max": None if one.maximum is None else _number(one, one.maximum),
        "increment": one.increment,
        "decimalPlaces": _decimals(one) if one.type == ParameterType.REAL32 else None,
        "rebootRequired": one.reboot or None,
        "readOnly": one.read_only or None,
        "values": [{"value": value, "description": text} for value, text in one.values.items()] or None,
        "bitmask": [{"index": bit, "description": text} for bit, text in one.bitmask.items()] or None,
    }
    return entry | {key: value for key, value in optional.items() if value is not None}


def _decimals(one: ParameterDef) -> int:
    """How many decimals show the default and each step in full: without them QGroundControl takes those of the
    increment, one too few, and shows a limit of 10.5 V as 11."""
    return max(_places(one.default), 0 if one.increment is None else _places(one.increment), _LEAST_DECIMALS)


def _places(value: float) -> int:
    """Decimals of a float32 as a person writes it."""
    return len(f"{float(f'{value:.7g}'):.7f}".rstrip("0").partition(".")[2])


def _number(one: ParameterDef, value: float) -> float | int:
    """Whole numbers of whole-numbered parameters as such; float32 as a person writes them (0.1, not 0.10000000149)."""
    return float(f"{value:.7g}") if one.type == ParameterType.REAL32 else int(value)


def mission_planner_document(parameters: Parameters, kind: str) -> str:
    """`apm.pdef.xml` of a vehicle of the kind of this name."""
    vehicle = vehicle_class(kind).face.documents
    root = ElementTree.Element("paramfile")
    table = ElementTree.SubElement(ElementTree.SubElement(root, "vehicles"), "parameters", name=vehicle)
    for name in parameters.names():
        one = parameters.definition(name)
        texts = {"humanName": one.description, "name": f"{vehicle}:{name}", "documentation": one.description}
        entry = ElementTree.SubElement(table, "param", texts, user="Standard")
        for field, text in _mission_planner_fields(one).items():
            ElementTree.SubElement(entry, "field", name=field).text = text
        if one.values:
            values = ElementTree.SubElement(entry, "values")
            for value, text in one.values.items():
                ElementTree.SubElement(values, "value", code=f"{value:g}").text = text
    ElementTree.SubElement(root, "libraries")
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _mission_planner_fields(one: ParameterDef) -> dict[str, str]:
    fields = {}
    if one.minimum is not None and one.maximum is not None:
        fields["Range"] = f"{one.minimum:g} {one.maximum:g}"
    if one.increment is not None:
        fields["Increment"] = f"{one.increment:g}"
    if one.unit:
        fields["Units"] = one.unit
    if one.bitmask:
        fields["Bitmask"] = ",".join(f"{bit}:{text}" for bit, text in one.bitmask.items())
    if one.read_only:
        fields["ReadOnly"] = "True"
    if one.reboot:
        fields["RebootRequired"] = "True"
    return fields


class ParameterMetadata:
    """The files that QGroundControl reads, made when they are first asked for, and the message that names them."""

    def __init__(self, parameters: ServedParameters, version: tuple[int, int, int]) -> None:
        self._parameters = parameters
        self._version = version

    @cached_property
    def _parameter_bytes(self) -> bytes:
        import lzma  # only where somebody asks

        text = json.dumps(qgc_document(self._parameters), separators=(",", ":"))
        return lzma.compress(text.encode())

    def parameter_file(self) -> bytes:
        """`parameters.json.xz`."""
        return self._parameter_bytes

    def general_file(self) -> bytes:
        """`general.json`: which metadata there is, and where."""
        described = {"type": _PARAMETER_TYPE, "uri": _URI + PARAMETER_FILE, "fileCrc": crc32(self._parameter_bytes)}
        version = ".".join(map(str, self._version))
        document = {"version": 1, "vendorName": "Sortie", "firmwareVersion": version, "metadataTypes": [described]}
        return json.dumps(document, separators=(",", ":")).encode()

    def message(self, time_boot_ms: int) -> Message:
        """COMPONENT_METADATA."""
        uri = (_URI + GENERAL_FILE).encode()
        return ComponentMetadata(time_boot_ms, crc32(self.general_file()), uri)


def crc32(data: bytes) -> int:
    """CRC32 as MAVLink counts it for files: start value 0, no final inversion. Stations keep files by it."""
    return ~zlib.crc32(data, 0xFFFFFFFF) & 0xFFFFFFFF
