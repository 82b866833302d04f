"""Messages of a DataFlash log, found and unpacked by the formats that the log tells of itself.

A damaged place costs the messages that it touches: reading goes on at the next header behind it. `broken` counts these
places. The last page of a log that was cut out of a board's memory may be filled with anything: that is no damage.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator
from types import SimpleNamespace
from typing import Final

from autopilot.mav import VehicleType
from sortie.logs.dataflash import CHARACTERS, FMT, FMT_TYPE, HEAD

_PAGE: Final = 528
"""Bytes of the largest page of a board's memory (AT45DB161D)."""
_TEXTS: Final = "nNZ"
_CODES: Final = {
    **{character: (code, divisor) for character, (code, _, divisor, _) in CHARACTERS.items()},
    "a": ("64s", 1.0), "g": ("e", 1.0), "q": ("q", 1.0),
}  # fmt: skip
"""Format character -> (struct code, divisor): those of our logs, and those that we have no use for."""
_BUILDS: Final = {
    1: VehicleType.GROUND_ROVER, 2: VehicleType.QUADROTOR, 3: VehicleType.FIXED_WING, 4: VehicleType.ANTENNA_TRACKER,
    7: VehicleType.SUBMARINE, 12: VehicleType.AIRSHIP, 13: VehicleType.HELICOPTER,
}  # fmt: skip
"""Kind of vehicle by BU of VER (APM_BUILD_TYPE of ArduPilot's AP_Vehicle_Type.h)."""
_NAMED: Final = (
    ("Rover", VehicleType.GROUND_ROVER), ("Plane", VehicleType.FIXED_WING), ("Copter", VehicleType.QUADROTOR),
    ("AntennaTracker", VehicleType.ANTENNA_TRACKER), ("ArduSub", VehicleType.SUBMARINE), ("Blimp", VehicleType.AIRSHIP),
)  # fmt: skip
"""Kind of vehicle by a word of MSG, in logs that are older than VER."""


class _Format:
    """Layout of a kind of messages, as FMT told it. ValueError where that makes no sense."""

    def __init__(self, name: str, size: int, form: str, columns: str) -> None:
        self.name = name
        self.size = size
        self._columns = columns.split(",") if columns else []
        self._divisors: list[float] = []
        self._texts: list[bool] = []
        codes = "<3x"
        for character in form:
            if character not in _CODES:
                raise ValueError(f"{name}: no type {character!r}")
            code, divisor = _CODES[character]
            codes += code
            self._divisors.append(divisor)
            self._texts.append(character in _TEXTS)
        self._struct = struct.Struct(codes)
        if self._struct.size != size or len(self._columns) != len(form):
            raise ValueError(f"{name}: {form} are not {size} bytes of {columns}")

    def unpack(self, data: bytes, at: int) -> SimpleNamespace:
        """The message at `at`: a field for each column."""
        values = self._struct.unpack_from(data, at)
        fields = zip(self._columns, values, self._divisors, self._texts, strict=True)
        return SimpleNamespace(
            **{
                name: _text(value) if text else value if divisor == 1.0 else value / divisor
                for name, value, divisor, text in fields
            }
        )


class MessageLog:
    """Log of messages. `broken`: damaged places so far; `vehicle_type`: what wrote it, as far as it has told."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._formats = {FMT_TYPE: _Format(FMT.name, FMT.size, FMT.form, ",".join(FMT.columns))}
        self.broken = 0
        self.vehicle_type: VehicleType = VehicleType.FIXED_WING

    def read(self, names: Collection[str]) -> Iterator[tuple[str, SimpleNamespace]]:
        """All messages of these names, each with its fields, in their order."""
        data, formats, at, end = self._data, self._formats, 0, len(self._data)
        wanted = {*names, FMT.name, "VER", "MSG"}
        while at + len(HEAD) < end:
            known = formats.get(data[at + 2]) if data.startswith(HEAD, at) else None
            if known is None or at + known.size > end:
                if end - at >= _PAGE or end < _PAGE:
                    self.broken += 1
                found = data.find(HEAD, at + 1)
                at = end if found < 0 else found
                continue
            if known.name in wanted:
                message = known.unpack(data, at)
                self._learn(known.name, message)
                if known.name in names:
                    yield known.name, message
            at += known.size

    def _learn(self, name: str, message: SimpleNamespace) -> None:
        if name == FMT.name:
            try:
                made = _Format(message.Name, message.Length, message.Format, message.Columns)
            except ValueError:
                self.broken += 1
                return
            if message.Type != FMT_TYPE:  # its own is known
                self._formats[message.Type] = made
        elif name == "VER":
            self.vehicle_type = _BUILDS.get(getattr(message, "BU", 0), self.vehicle_type)
        elif name == "MSG":
            text = getattr(message, "Message", "")
            self.vehicle_type = next((kind for word, kind in _NAMED if word in text), self.vehicle_type)


def _text(value: bytes) -> str:
    """Up to the first NUL; ArduPilot writes UTF-8, older programs wrote Latin-1."""
    ended = value.split(b"\0", 1)[0]
    try:
        return ended.decode("utf-8")
    except UnicodeDecodeError:
        return ended.decode("latin-1")
