"""Component metadata of the camera, for stations that request it from every component.

Its parameters are the extended ones, which the camera definition file also describes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from autopilot.mav import ExtendedType
from mavlink_bridge.services.camera.messages import MAJOR
from mavlink_bridge.services.camera.settings import MODEL, TABLE, CameraSetting
from mavlink_bridge.services.ftp.component_metadata import Described, MetadataFiles, MetadataType
from mavlink_bridge.services.ftp.parameter_metadata import TRANSLATION, german_texts

_TYPES: Final[Mapping[int, str]] = {ExtendedType.INT32: "Int32", ExtendedType.REAL32: "Float"}


def settings_document() -> dict[str, Any]:
    """The settings as a parameter file (schema: mavlink, component_metadata/parameter.schema.json)."""
    return {"version": 1, "translation": TRANSLATION, "parameters": [_entry(setting) for setting in TABLE]}


def _entry(setting: CameraSetting) -> dict[str, Any]:
    return {
        "name": setting.name,
        "type": _TYPES[setting.type],
        "shortDesc": setting.text,
        "default": _number(setting, setting.default),
        "group": setting.name.partition("_")[0],
        "category": "Standard",
        "values": [{"value": _number(setting, value), "description": name} for name, value in setting.options.items()],
    }


def _number(setting: CameraSetting, value: float) -> float:
    return float(value) if setting.type is ExtendedType.REAL32 else int(value)


METADATA: Final = MetadataFiles(
    [Described(MetadataType.PARAMETER, "parameters", settings_document, lambda: german_texts(settings_document()))],
    (MAJOR, 0, 0), MODEL,
)  # fmt: skip
