"""Settings of the camera: one table for PARAM_EXT messages and the definition file
(https://mavlink.io/en/services/camera_def.html) from which stations build their camera pages.

Each setting changes the pictures. CAM_MODE is the camera's mode, which also has a command.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from math import isfinite
from typing import Final
from xml.etree import ElementTree
from zlib import crc32

from autopilot.interface.records import dataclass, field
from autopilot.mav import CameraMode, ExtendedType
from mavlink_bridge.services.ftp.component_metadata import VENDOR

MODEL: Final = "Simulated camera"
MODE: Final = "CAM_MODE"
_AUTO, _MANUAL = 0, 1
_LEAST_ISO, _SHUTTER_S = 100, 0.002  # of a correct exposure
_FORMATS: Final[Mapping[int, str]] = {ExtendedType.INT32: "<i", ExtendedType.REAL32: "<f"}
_XML_TYPES: Final[Mapping[int, str]] = {ExtendedType.INT32: "int32", ExtendedType.REAL32: "float"}


@dataclass(frozen=True, slots=True)
class CameraSetting:
    """Setting of the camera. `options`: permitted values by name. `excludes`: settings without effect, by value of this
    one. `control`: stations show it as changeable."""

    name: str
    type: ExtendedType
    default: float
    text: str
    options: Mapping[str, float]
    excludes: Mapping[float, tuple[str, ...]] = field(default_factory=dict)
    control: bool = True


_I: Final = ExtendedType.INT32  # MAVSDK reports changes of INT32 and REAL32 parameters only
TABLE: Final[tuple[CameraSetting, ...]] = (
    CameraSetting(
        MODE, _I, float(CameraMode.IMAGE), "Camera mode",
        {"Photo": float(CameraMode.IMAGE), "Survey": float(CameraMode.IMAGE_SURVEY)}, control=False,
    ),
    CameraSetting(
        "CAM_EXPMODE", _I, _AUTO, "Exposure mode", {"Auto": _AUTO, "Manual": _MANUAL},
        {_AUTO: ("CAM_ISO", "CAM_SHUTTERSPD"), _MANUAL: ("CAM_EV",)},
    ),
    CameraSetting(
        "CAM_EV", ExtendedType.REAL32, 0.0, "Exposure compensation",
        {"-2": -2.0, "-1": -1.0, "-0.5": -0.5, "0": 0.0, "0.5": 0.5, "1": 1.0, "2": 2.0},
    ),
    CameraSetting("CAM_ISO", _I, 100, "ISO", {"100": 100, "200": 200, "400": 400, "800": 800}),
    CameraSetting(
        "CAM_SHUTTERSPD", ExtendedType.REAL32, 0.002, "Shutter speed",
        {"1/125": 0.008, "1/250": 0.004, "1/500": 0.002, "1/1000": 0.001, "1/2000": 0.0005},
    ),
    CameraSetting("CAM_WBMODE", _I, 0, "White balance", {"Auto": 0, "Sunny": 1, "Cloudy": 2, "Incandescent": 3}),
    CameraSetting("CAM_PHOTOQUAL", _I, 1, "Photo quality", {"Fine": 0, "Good": 1, "Small": 2}),
)  # fmt: skip
_BALANCE: Final = ((1.0, 1.0, 1.0), (1.04, 1.0, 0.94), (1.12, 1.0, 0.85), (0.72, 1.0, 1.35))
_QUALITY: Final = (95, 88, 60)
"""Gains of red, green and blue by CAM_WBMODE, and JPEG quality by CAM_PHOTOQUAL."""


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """Values of the settings, in the order of the table without CAM_MODE."""

    exposure: float = _AUTO
    ev: float = 0.0
    iso: float = 100
    shutter_s: float = 0.002
    balance: float = 0
    quality: float = 1

    def get(self, name: str) -> float:
        value: float = getattr(self, _FIELDS[name])
        return value

    def with_value(self, name: str, value: float) -> CameraSettings:
        return replace(self, **{_FIELDS[name]: value})

    @property
    def exposed(self) -> tuple[float, int]:
        """Shutter time (s) and ISO of the next picture."""
        if self.exposure == _MANUAL:
            return self.shutter_s, int(self.iso)
        return _SHUTTER_S * 2.0**self.ev, _LEAST_ISO

    @property
    def light(self) -> tuple[float, float, float]:
        """Gains of red, green and blue relative to a correct exposure."""
        shutter_s, iso = self.exposed
        gain = shutter_s * iso / (_SHUTTER_S * _LEAST_ISO)
        red, green, blue = _BALANCE[int(self.balance)]
        return red * gain, green * gain, blue * gain

    @property
    def jpeg_quality(self) -> int:
        return _QUALITY[int(self.quality)]


_FIELDS: Final = {
    "CAM_EXPMODE": "exposure", "CAM_EV": "ev", "CAM_ISO": "iso", "CAM_SHUTTERSPD": "shutter_s",
    "CAM_WBMODE": "balance", "CAM_PHOTOQUAL": "quality",
}  # fmt: skip


def find(name: str) -> tuple[int, CameraSetting] | None:
    return next(((index, setting) for index, setting in enumerate(TABLE) if setting.name == name), None)


def pack(kind: ExtendedType, value: float) -> bytes:
    """Value as in PARAM_EXT messages: bytes of its type, little-endian."""
    return struct.pack(_FORMATS[kind], value if kind is ExtendedType.REAL32 else int(value))


def unpack(kind: ExtendedType, raw: bytes) -> float | None:
    """Value of little-endian bytes, whose trailing zeros may be missing; None: not finite."""
    size = struct.calcsize(_FORMATS[kind])
    value = float(struct.unpack(_FORMATS[kind], raw[:size].ljust(size, b"\0"))[0])
    return value if isfinite(value) else None


def fitting(setting: CameraSetting, value: float) -> float | None:
    """Option that equals the value within rounding; None: no option does."""
    return next(
        (option for option in setting.options.values() if abs(option - value) <= 1e-6 * max(abs(option), 1.0)), None
    )


@cache
def definition() -> bytes:
    """Camera definition file, XML."""
    root = ElementTree.Element("mavlinkcamera")
    head = ElementTree.SubElement(root, "definition", version=str(definition_version()))
    ElementTree.SubElement(head, "model").text = MODEL
    ElementTree.SubElement(head, "vendor").text = VENDOR
    root.append(_parameters())
    ElementTree.indent(root)
    text: bytes = ElementTree.tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8" ?>\n' + text + b"\n"


@cache
def definition_version() -> int:
    """Version of the definition file: a checksum of its contents, because stations cache a version forever."""
    return crc32(ElementTree.tostring(_parameters())) & 0x7FFF | 1


def _parameters() -> ElementTree.Element:
    parameters = ElementTree.Element("parameters")
    for setting in TABLE:
        attributes = {"name": setting.name, "type": _XML_TYPES[setting.type], "default": _number(setting.default)}
        if not setting.control:
            attributes["control"] = "0"
        line = ElementTree.SubElement(parameters, "parameter", attributes)
        ElementTree.SubElement(line, "description").text = setting.text
        options = ElementTree.SubElement(line, "options")
        for name, value in setting.options.items():
            option = ElementTree.SubElement(options, "option", name=name, value=_number(value))
            if value in setting.excludes:
                exclusions = ElementTree.SubElement(option, "exclusions")
                for other in setting.excludes[value]:
                    ElementTree.SubElement(exclusions, "exclude").text = other
    return parameters


def _number(value: float) -> str:
    return f"{value:g}"
