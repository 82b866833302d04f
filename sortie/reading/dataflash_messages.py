"""Messages of a DataFlash log, found and unpacked by the formats that the log tells of itself.

A damaged place costs the messages that it touches: reading goes on at the next header behind it. `broken` counts these
places. The last page of a log that was cut out of a board's memory may be filled with anything: that is no damage.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator, Mapping
from os import SEEK_END
from types import MappingProxyType, SimpleNamespace
from typing import BinaryIO, Final

from autopilot.mav import VehicleType
from sortie.logs.dataflash import CHARACTERS, FMT, FMT_TYPE, HEAD
from sortie.reading.log_file import PIECE

_PAGE: Final = 528
"""Bytes of the largest page of a board's memory (AT45DB161D)."""
_LONGEST: Final = 255
"""Bytes of a message, at most: FMT tells its length in one."""
_HEAD_1, _HEAD_2 = HEAD
_INSTANCES: Final = ("I", "C", "IMU", "Inst", "Instance")
"""Names of the column that tells one sensor from another."""
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
        self._scaled: list[tuple[int, float]] = []
        self._texts: list[int] = []
        codes = "<3x"
        for number, character in enumerate(form):
            if character not in _CODES:
                raise ValueError(f"{name}: no type {character!r}")
            code, divisor = _CODES[character]
            codes += code
            if character in _TEXTS:
                self._texts.append(number)
            elif divisor != 1.0:
                self._scaled.append((number, divisor))
        self._struct = struct.Struct(codes)
        if self._struct.size != size or len(self._columns) != len(form):
            raise ValueError(f"{name}: {form} are not {size} bytes of {columns}")
        self._timed = form[:1] == "Q"
        self._instanced = form[1:2] == "B" and self._columns[1] in _INSTANCES
        self._due_us: dict[int, int] = {}

    def unpack(self, data: bytes, at: int) -> SimpleNamespace:
        """The message at `at`: a field for each column."""
        values = list(self._struct.unpack_from(data, at))
        for number, divisor in self._scaled:
            values[number] /= divisor
        for number in self._texts:
            values[number] = _text(values[number])
        return SimpleNamespace(**dict(zip(self._columns, values, strict=True)))

    def is_due(self, data: bytes, at: int, period_us: int) -> bool:
        """True for the first message of an instance in `period_us`; a clock that goes back begins anew."""
        if not self._timed:
            return True
        instance = data[at + 11] if self._instanced else 0
        time_us, due_us = int.from_bytes(data[at + 3 : at + 11], "little"), self._due_us.get(instance)
        if due_us is not None and due_us - period_us <= time_us < due_us:
            return False
        self._due_us[instance] = time_us + period_us
        return True


class MessageLog:
    """Log of messages, read piece by piece: of a long one no more is in memory. `broken`: damaged places so far;
    `vehicle_type`: what wrote it, as far as it has told."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = file.seek(0, SEEK_END)
        self._at = 0
        self._formats: list[_Format | None] = [None] * 256
        self._formats[FMT_TYPE] = _Format(FMT.name, FMT.size, FMT.form, ",".join(FMT.columns))
        self.broken = 0
        self.vehicle_type: VehicleType = VehicleType.FIXED_WING

    def read(
        self, names: Collection[str], every_s: Mapping[str, float] = MappingProxyType({})
    ) -> Iterator[tuple[str, SimpleNamespace]]:
        """All messages of these names, each with its fields, in their order; of those of `every_s` at most one of each
        instance in such a time."""
        periods_us = {name: round(1e6 * period_s) for name, period_s in every_s.items()}
        learnt = {FMT.name, "VER", "MSG"}
        wanted, formats = {*names, *learnt}, self._formats
        for data, end, left in self._pieces():
            at = self._at
            while at < end:
                known = formats[data[at + 2]] if data[at] == _HEAD_1 and data[at + 1] == _HEAD_2 else None
                if known is None or at + known.size > len(data):
                    at = self._skip(data, at, left)
                    continue
                name = known.name
                if name in wanted and (name not in periods_us or known.is_due(data, at, periods_us[name])):
                    message = known.unpack(data, at)
                    if name in learnt:
                        self._learn(name, message)
                    if name in names:
                        yield name, message
                at += known.size
            self._at = at

    def _pieces(self) -> Iterator[tuple[bytes, int, int]]:
        """(bytes, up to where a message may begin, bytes of the log behind them); it begins at `_at`, which whoever
        reads moves on."""
        left = self._size
        self._file.seek(0)
        data, self._at = b"", 0
        while left:
            piece = self._file.read(PIECE)
            left = left - len(piece) if piece else 0
            data, self._at = data[self._at :] + piece, 0
            yield data, max(len(data) - (_LONGEST if left else len(HEAD)), 0), left

    def _skip(self, data: bytes, at: int, left: int) -> int:
        """Position of the next header, behind a damaged place."""
        behind = len(data) - at + left
        if behind >= _PAGE or self._size < _PAGE:
            self.broken += 1
        found = data.find(HEAD, at + 1)
        return found if found >= 0 else len(data) - (1 if left else 0)

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
