"""Messages of a DataFlash log, unpacked by the formats in the log.

A damaged place costs the messages that it touches; reading continues at the next header. `broken` counts these places.
The last page of a log from a board's memory may contain anything, which does not count as damage.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection, Iterator, Mapping
from math import nan
from os import SEEK_END
from types import MappingProxyType, SimpleNamespace
from typing import Any, BinaryIO, Final

from autopilot.mav import VehicleType
from sortie.logs.dataflash import CHARACTERS, FMT, FMT_TYPE, HEAD
from sortie.reading.log_file import PIECE
from sortie.reading.older_formats import ESTIMATORS, today

_PAGE: Final = 528
"""Size of the largest memory page of a board, bytes (AT45DB161D)."""
_LONGEST: Final = 255
"""Longest message, bytes: FMT has its length in one byte."""
_HEAD_1, _HEAD_2 = HEAD
_INSTANCES: Final = ("I", "C", "IMU", "Inst", "Instance")
"""Names of columns that number a sensor."""
_TEXTS: Final = "nNZ"
_WORDS: Final = {"MSG": "Message", "PARM": "Name", "VER": "FWS"}
"""Text columns, or columns that are not known."""
_CODES: Final = {
    **{character: (code, divisor) for character, (code, _, divisor, _) in CHARACTERS.items()},
    "a": ("64s", 1.0), "g": ("e", 1.0), "q": ("q", 1.0),
}  # fmt: skip
"""Format character -> (struct code, divisor), also of formats that we do not use."""
_BUILDS: Final = {
    1: VehicleType.GROUND_ROVER, 2: VehicleType.QUADROTOR, 3: VehicleType.FIXED_WING, 4: VehicleType.ANTENNA_TRACKER,
    7: VehicleType.SUBMARINE, 12: VehicleType.AIRSHIP, 13: VehicleType.HELICOPTER,
}  # fmt: skip
"""Kind of vehicle by BU of VER (APM_BUILD_TYPE in ArduPilot's AP_Vehicle_Type.h)."""
_NAMED: Final = (
    ("Rover", VehicleType.GROUND_ROVER), ("Plane", VehicleType.FIXED_WING), ("Copter", VehicleType.QUADROTOR),
    ("AntennaTracker", VehicleType.ANTENNA_TRACKER), ("ArduSub", VehicleType.SUBMARINE), ("Blimp", VehicleType.AIRSHIP),
)  # fmt: skip
"""Kind of vehicle by a word of MSG, in logs older than VER."""
_LATEST_S: Final = (1 << 32) / 1000.0
"""Latest time since boot, s: 32 bits of ms."""
_HOURS_S, _FEW = 3600.0, 20
_FIXES: Final = range(3, 9)


ARMINGS: Final[Mapping[str, Callable[[Any], bool | None]]] = MappingProxyType({
    "ARM": lambda m: bool(m.ArmState),
    "EV": lambda m: {10: True, 11: False}.get(m.Id),  # LogEvent
    "MSG": lambda m: {"Throttle armed": True, "Throttle disarmed": False}.get(m.Message),
})  # fmt: skip
"""Messages that may tell of arming, which they return; None: this one does not. A rover's log begins after arming, of
which only the text tells."""


def percent_left(m: Any) -> float:
    """Return the charge in a BAT, %; NaN if it is not known (255 without a current sensor; not in older logs)."""
    percent = float(getattr(m, "RemPct", nan))
    return percent if percent <= 100.0 else nan


class _Format:
    """Layout of a kind of message from FMT, with today's names. ValueError for an invalid format."""

    def __init__(self, name: str, size: int, form: str, columns: str) -> None:
        names = columns.split(",") if columns else []
        self.kind, self._columns, divisors, self._more = today(name, form, names)
        self.name, self.estimator = self.kind, name[:3] if self.kind.startswith("XKF") else ""
        self.size = size
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
            elif (divisor := divisors.get(number, divisor)) != 1.0:
                self._scaled.append((number, divisor))
        self._struct = struct.Struct(codes)
        word = _WORDS.get(self.kind)
        if word in self._columns and self._columns.index(word) not in self._texts:
            raise ValueError(f"{name}: {word} is no text")
        if self._struct.size != size or len(self._columns) != len(form):
            raise ValueError(f"{name}: {form} are not {size} bytes of {columns}")
        self._timed = form[:1] == "Q"
        self._instanced = form[1:2] == "B" and self._columns[1] in _INSTANCES
        self._due_us: dict[int, int] = {}

    def unpack(self, data: bytes, at: int) -> SimpleNamespace:
        """Unpack the message at `at`: a field for each column."""
        values = list(self._struct.unpack_from(data, at))
        for number, divisor in self._scaled:
            values[number] /= divisor
        for number in self._texts:
            values[number] = _text(values[number])
        return SimpleNamespace(**{**dict(zip(self._columns, values, strict=True)), **self._more})

    def choose(self, estimator: str) -> None:
        """Skip this kind if it is of another estimator than the vehicle's; "": unknown."""
        self.name = self.kind if not estimator or self.estimator in ("", estimator) else ""

    def is_place(self, message: SimpleNamespace) -> bool:
        """Check for a GPS message with the height above home, as before POS existed."""
        return self.kind == "GPS" and "RelHomeAlt" in self._columns and getattr(message, "Status", "") in _FIXES

    def is_due(self, data: bytes, at: int, period_us: int) -> bool:
        """Check for the first message of an instance in `period_us`; a clock that goes back starts again."""
        if not self._timed:
            return True
        instance = data[at + 11] if self._instanced else 0
        time_us, due_us = int.from_bytes(data[at + 3 : at + 11], "little"), self._due_us.get(instance)
        if due_us is not None and due_us - period_us <= time_us < due_us:
            return False
        self._due_us[instance] = time_us + period_us
        return True


class MessageLog:
    """Log that is read piece by piece. `broken`: number of damaged places and of messages with impossible fields.
    `vehicle_type`: the writer's kind, if known."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = file.seek(0, SEEK_END)
        self._at = 0
        self._formats: list[_Format | None] = [None] * 256
        self._formats[FMT_TYPE] = _Format(FMT.name, FMT.size, FMT.form, ",".join(FMT.columns))
        self._estimator = ""
        self._placed = False
        self.broken = 0
        self.vehicle_type: VehicleType = VehicleType.FIXED_WING
        self._typed = False

    def take(
        self,
        takes: Mapping[str, Callable[[Any, float], None]],
        every_s: Mapping[str, float] = MappingProxyType({}),
        of_all: Collection[str] = (),
    ) -> None:
        """Read all messages of these names and pass each with its time, s since boot, to its function. Of several
        sensors the first is read, of those in `of_all` each. A message without time has that of the previous one.
        Messages with an impossible time, and a few with times hours away from their neighbours, count as damaged."""
        time_s, strays = -1.0, 0
        for name, row in self.read(takes, every_s):
            try:
                now_s = getattr(row, "TimeUS", 1e6 * max(time_s, 0.0)) / 1e6
                strays = strays + 1 if time_s >= 0.0 and abs(now_s - time_s) > _HOURS_S else 0
                if not 0.0 <= now_s <= _LATEST_S or 0 < strays < _FEW:
                    raise ValueError(now_s)
                time_s, strays = now_s, 0
                if name in of_all or not any(getattr(row, column, 0) for column in _INSTANCES):
                    takes[name](row, time_s)
            except (AttributeError, TypeError, ValueError, OverflowError):
                self.broken += 1

    def read(
        self, names: Collection[str], every_s: Mapping[str, float] = MappingProxyType({})
    ) -> Iterator[tuple[str, SimpleNamespace]]:
        """Yield all messages of these names with their fields, in order; for those of `every_s` at most one per
        instance in that time."""
        periods_us = {name: round(1e6 * period_s) for name, period_s in every_s.items()}
        learnt = {FMT.name, "VER", "MSG", "PARM"}
        places, formats = "POS" in names, self._formats
        read_names = {*names, *learnt, *(("GPS",) if places else ())}
        for data, end, unread in self._pieces():
            at = self._at
            while at < end:
                known = formats[data[at + 2]] if data[at] == _HEAD_1 and data[at + 1] == _HEAD_2 else None
                if known is None or at + known.size > len(data):
                    at = self._skip(data, at, unread)
                    continue
                name = known.name
                if name in read_names and (name not in periods_us or known.is_due(data, at, periods_us[name])):
                    message = known.unpack(data, at)
                    if name in learnt:
                        self._learn(name, message)
                    if name in names:
                        yield name, message
                    if name == "GPS" and places and not self._placed and known.is_place(message):
                        yield "POS", message
                at += known.size
            self._at = at

    def _pieces(self) -> Iterator[tuple[bytes, int, int]]:
        """Yield (bytes, limit for the beginning of a message, bytes of the log after them). A piece begins at `_at`,
        which the reader advances."""
        unread = self._size
        self._file.seek(0)
        data, self._at = b"", 0
        while unread:
            piece = self._file.read(PIECE)
            unread = unread - len(piece) if piece else 0
            data, self._at = data[self._at :] + piece, 0
            yield data, max(len(data) - (_LONGEST if unread else len(HEAD)), 0), unread

    def _skip(self, data: bytes, at: int, unread: int) -> int:
        """Return the position of the next header after a damaged place."""
        behind = len(data) - at + unread
        if behind >= _PAGE or self._size < _PAGE:
            self.broken += 1
        found = data.find(HEAD, at + 1)
        return found if found >= 0 else len(data) - (1 if unread else 0)

    def _learn(self, name: str, message: SimpleNamespace) -> None:
        if name == FMT.name:
            try:
                made = _Format(message.Name, message.Length, message.Format, message.Columns)
            except ValueError:
                self.broken += 1
                return
            if message.Type != FMT_TYPE:  # FMT itself is known
                self._formats[message.Type] = made
                self._placed |= made.name == "POS"
                made.choose(self._estimator)
        elif name == "PARM" and getattr(message, "Name", "") == "AHRS_EKF_TYPE":
            estimator = ESTIMATORS.get(getattr(message, "Value", 0), "")
            formats = [known for known in self._formats if known is not None]
            self._estimator = estimator if estimator in {known.estimator for known in formats} else ""
            for known in formats:
                known.choose(self._estimator)
        elif name == "VER":
            build = getattr(message, "BU", 0)
            self.vehicle_type = _BUILDS.get(build, self.vehicle_type)
            self._typed |= build in _BUILDS
        elif name == "MSG" and not self._typed:
            text = getattr(message, "Message", "")
            self.vehicle_type = next((kind for word, kind in _NAMED if word in text), self.vehicle_type)


def _text(value: bytes) -> str:
    """Return the text up to the first NUL; ArduPilot writes UTF-8, older programs Latin-1."""
    ended = value.split(b"\0", 1)[0]
    try:
        return ended.decode("utf-8")
    except UnicodeDecodeError:
        return ended.decode("latin-1")
