"""Names, units, ranges and meanings of parameters, in the formats of ground stations.

- QGroundControl reads the parameter file by MAVFTP (`component_metadata`), version 1. It then shows these texts instead
  of those of the ArduPilot release built into it.
- Mission Planner reads ArduPilot's `apm.pdef.xml` from its own data folder, never from a vehicle: `sortie param
  metadata --format mp` writes the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from autopilot.parameters import Parameters, ParameterType
from autopilot.parameters.definition import ParameterDef
from autopilot.vehicles.kinds import vehicle_class
from mavlink_bridge.firmware.protocol import ServedParameters
from mavlink_bridge.services.german import german

_LEAST_DECIMALS: Final = 2  # QGroundControl's decimals for a float without metadata
_TYPES: Final = {
    ParameterType.INT8: "Int8", ParameterType.INT16: "Int16", ParameterType.INT32: "Int32",
    ParameterType.REAL32: "Float",
}  # fmt: skip

_LABELS: Final = {"translate": ["description"]}
TRANSLATION: Final[dict[str, Any]] = {"items": {"parameters": {"list": {
    "key": "name", "translate": ["shortDesc", "longDesc"], "translate-global": ["category", "group"],
    "items": {"bitmask": {"list": {"key": "index", **_LABELS}}, "values": {"list": {"key": "value", **_LABELS}}},
}}}}  # fmt: skip
"""Translated strings of the file, as the schema defines them."""


def qgc_document(parameters: ServedParameters) -> dict[str, Any]:
    """Parameter file as plain values (schema: mavlink, component_metadata/parameter.schema.json)."""
    entries = [_qgc_entry(parameters.definition(name)) for name in parameters.names()]
    return {"version": 1, "translation": TRANSLATION, "parameters": entries}


def german_texts(document: Mapping[str, Any]) -> dict[str, str]:
    """German texts of a parameter file by JSON path. Groups are prefixes of names and stay as they are."""
    translated = {"$globals/category/Standard": "Standard"}
    translated |= {f"$globals/group/{entry['group']}": entry["group"] for entry in document["parameters"]}
    for entry in document["parameters"]:
        place = f"/parameters/{entry['name']}"
        texts = {f"{place}/shortDesc": entry["shortDesc"]}
        for value in entry.get("values", []):
            texts[f"{place}/values/{value['value']}/description"] = value["description"]
        for bit in entry.get("bitmask", []):
            texts[f"{place}/bitmask/{bit['index']}/description"] = bit["description"]
        translated |= {where: word for where, text in texts.items() if (word := german(text)) is not None}
    return translated


def _qgc_entry(parameter: ParameterDef) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": parameter.name,
        "type": _TYPES[ParameterType(parameter.type)],
        "shortDesc": parameter.description,
        "default": _number(parameter, parameter.default),
        "group": parameter.name.partition("_")[0],
        "category": "Standard",
    }
    optional: dict[str, Any] = {
        "units": parameter.unit or None,
        "min": None if parameter.minimum is None else _number(parameter, parameter.minimum),
        "max": None if parameter.maximum is None else _number(parameter, parameter.maximum),
        "increment": parameter.increment,
        "decimalPlaces": _decimals(parameter) if parameter.type == ParameterType.REAL32 else None,
        "rebootRequired": parameter.reboot or None,
        "readOnly": parameter.read_only or None,
        "values": [{"value": value, "description": text} for value, text in parameter.values.items()] or None,
        "bitmask": [{"index": bit, "description": text} for bit, text in parameter.bitmask.items()] or None,
    }
    return entry | {key: value for key, value in optional.items() if value is not None}


def _decimals(parameter: ParameterDef) -> int:
    """Decimals that show the default and each step in full. Without them QGroundControl uses those of the increment,
    one too few, and shows a limit of 10.5 V as 11."""
    return max(
        _places(parameter.default), 0 if parameter.increment is None else _places(parameter.increment), _LEAST_DECIMALS
    )


def _places(value: float) -> int:
    """Decimals of a float32 as a person writes it."""
    return len(f"{float(f'{value:.7g}'):.7f}".rstrip("0").partition(".")[2])


def _number(parameter: ParameterDef, value: float) -> float | int:
    """Value as int for integer parameters; a float32 as a person writes it (0.1, not 0.10000000149)."""
    return float(f"{value:.7g}") if parameter.type == ParameterType.REAL32 else int(value)


def mission_planner_document(parameters: Parameters, kind: str) -> str:
    """Contents of `apm.pdef.xml` for a kind of vehicle, by name."""
    from xml.etree import ElementTree  # only `sortie param metadata` uses it

    vehicle = vehicle_class(kind).face.documents
    root = ElementTree.Element("paramfile")
    table = ElementTree.SubElement(ElementTree.SubElement(root, "vehicles"), "parameters", name=vehicle)
    for name in parameters.names():
        parameter = parameters.definition(name)
        texts = {
            "humanName": parameter.description,
            "name": f"{vehicle}:{name}",
            "documentation": parameter.description,
        }
        entry = ElementTree.SubElement(table, "param", texts, user="Standard")
        for field, text in _mission_planner_fields(parameter).items():
            ElementTree.SubElement(entry, "field", name=field).text = text
        if parameter.values:
            values = ElementTree.SubElement(entry, "values")
            for value, text in parameter.values.items():
                ElementTree.SubElement(values, "value", code=f"{value:g}").text = text
    ElementTree.SubElement(root, "libraries")
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _mission_planner_fields(parameter: ParameterDef) -> dict[str, str]:
    fields = {}
    if parameter.minimum is not None and parameter.maximum is not None:
        fields["Range"] = f"{parameter.minimum:g} {parameter.maximum:g}"
    if parameter.increment is not None:
        fields["Increment"] = f"{parameter.increment:g}"
    if parameter.unit:
        fields["Units"] = parameter.unit
    if parameter.bitmask:
        fields["Bitmask"] = ",".join(f"{bit}:{text}" for bit, text in parameter.bitmask.items())
    if parameter.read_only:
        fields["ReadOnly"] = "True"
    if parameter.reboot:
        fields["RebootRequired"] = "True"
    return fields
