"""Metadata of the camera beside CAMERA_INFORMATION: MAVLink's component metadata, for who asks every component alike.
Its parameters are the extended ones, which the definition file describes to a camera's page.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from autopilot.mav import ExtendedType
from mavlink_bridge.services.camera.messages import MAJOR
from mavlink_bridge.services.camera.settings import MODEL, TABLE, Setting
from mavlink_bridge.services.ftp.component_metadata import Described, MetadataFiles, MetadataType
from mavlink_bridge.services.ftp.parameter_metadata import TRANSLATION, german_texts

_TYPES: Final[Mapping[int, str]] = {ExtendedType.INT32: "Int32", ExtendedType.REAL32: "Float"}


def settings_document() -> dict[str, Any]:
    """The settings as a parameter file (schema: mavlink, component_metadata/parameter.schema.json)."""
    return {"version": 1, "translation": TRANSLATION, "parameters": [_entry(one) for one in TABLE]}


def _entry(one: Setting) -> dict[str, Any]:
    return {
        "name": one.name,
        "type": _TYPES[one.type],
        "shortDesc": one.text,
        "default": _number(one, one.default),
        "group": one.name.partition("_")[0],
        "category": "Standard",
        "values": [{"value": _number(one, value), "description": name} for name, value in one.options.items()],
    }


def _number(one: Setting, value: float) -> float:
    return float(value) if one.type is ExtendedType.REAL32 else int(value)


METADATA: Final = MetadataFiles(
    [Described(MetadataType.PARAMETER, "parameters", settings_document, lambda: german_texts(settings_document()))],
    (MAJOR, 0, 0), MODEL,
)  # fmt: skip
