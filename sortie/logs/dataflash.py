"""DataFlash log format of ArduPilot, readable by pymavlink, Mission Planner and other tools. Pure functions.

A log is a sequence of messages: `A3 95 <type>` and packed fields. The log describes itself: FMT messages name the
fields of each type, UNIT and MULT list units and multipliers, FMTU assigns them to fields. So readers need no table of
ours, and type numbers are free (FMT's is 128).

`MessageFormat` is one type of message; `kinds` has those that we write. Format characters and units are described in
ArduPilot's AP_Logger/README and LogStructure.h.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import cache, lru_cache
from math import isfinite

from autopilot.interface.records import dataclass, field

HEAD = b"\xa3\x95"
FMT_TYPE = 128

#: Format character -> (struct code, bytes, factor that the reader divides by, numpy type).
CHARACTERS: dict[str, tuple[str, int, float, str]] = {
    "b": ("b", 1, 1.0, "<i1"),
    "B": ("B", 1, 1.0, "<u1"),
    "h": ("h", 2, 1.0, "<i2"),
    "H": ("H", 2, 1.0, "<u2"),
    "i": ("i", 4, 1.0, "<i4"),
    "I": ("I", 4, 1.0, "<u4"),
    "f": ("f", 4, 1.0, "<f4"),
    "d": ("d", 8, 1.0, "<f8"),
    "n": ("4s", 4, 1.0, "S4"),
    "N": ("16s", 16, 1.0, "S16"),
    "Z": ("64s", 64, 1.0, "S64"),
    "c": ("h", 2, 100.0, "<i2"),
    "C": ("H", 2, 100.0, "<u2"),
    "e": ("i", 4, 100.0, "<i4"),
    "E": ("I", 4, 100.0, "<u4"),
    "L": ("i", 4, 1e7, "<i4"),
    "M": ("B", 1, 1.0, "<u1"),
    "Q": ("Q", 8, 1.0, "<u8"),
}
Value = float | int | bytes | str
_TEXT = "nNZ"
_FLOAT = "fd"
LIMITS = {code: ((-(1 << (8 * size - 1)), (1 << (8 * size - 1)) - 1) if code.islower() else (0, (1 << (8 * size)) - 1))
          for code, size, _, _ in CHARACTERS.values() if len(code) == 1 and code not in _FLOAT}  # fmt: skip

UNITS = {
    "-": "", "#": "instance", "s": "s", "m": "m", "n": "m/s", "o": "m/s/s", "d": "deg", "k": "deg/s", "h": "degheading",
    "D": "deglatitude", "U": "deglongitude", "S": "satellites", "E": "rad/s", "G": "Gauss", "v": "V", "A": "A",
    "a": "Ah", "X": "W.h", "w": "Ohm", "O": "degC", "P": "Pa", "%": "%", "Y": "us", "z": "Hz", "b": "B", "r": "rad",
    "q": "rpm",
}  # fmt: skip
MULTIPLIERS = {"-": 0.0, "?": 1.0, "0": 1.0, "A": 1e-1, "B": 1e-2, "C": 1e-3, "F": 1e-6, "G": 1e-7}


@dataclass(frozen=True, slots=True)
class MessageFormat:
    """Type of a message. `form`, `units` and `factors` have a character for each column."""

    type: int
    name: str
    form: str
    columns: tuple[str, ...]
    units: str
    factors: str
    head: bytes = field(init=False, repr=False, compare=False)
    """First three bytes of each message."""
    _layout: struct.Struct = field(init=False, repr=False, compare=False)
    _fitters: tuple[Callable[[Value], Value], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        layout = struct.Struct("<3s" + "".join(CHARACTERS[character][0] for character in self.form))
        object.__setattr__(self, "_layout", layout)
        object.__setattr__(self, "_fitters", tuple(_fitter(character) for character in self.form))
        object.__setattr__(self, "head", HEAD + bytes((self.type,)))

    @property
    def size(self) -> int:
        """Size of a message with its three header bytes."""
        return self._layout.size

    def pack(self, *values: Value) -> bytes:
        """Pack a message. Values are in the unit of the column (a `c` in degrees, not 1/100 degree). Too large numbers
        are clamped, non-finite ones are 0 in integer columns, texts are cut."""
        return self._layout.pack(self.head, *[fit(value) for fit, value in zip(self._fitters, values, strict=True)])


@cache
def _fitter(character: str) -> Callable[[Value], Value]:
    """Return the function that fits a value to the column's struct code."""
    code, _, factor, _ = CHARACTERS[character]
    if character in _TEXT:
        return lambda value: value if isinstance(value, bytes) else str(value).encode("ascii", "replace")
    if code in _FLOAT:
        return lambda value: value
    low, high = LIMITS[code]

    def whole(value: Value) -> int:
        assert not isinstance(value, bytes | str), f"{value!r} in a column of numbers"
        if isinstance(value, int) and factor == 1.0:
            return min(max(value, low), high)
        return min(max(round(value * factor), low), high) if isfinite(value) else 0

    return whole


def kind(type_: int, name: str, form: str, columns: str, units: str, factors: str) -> MessageFormat:
    """Make a kind from ArduPilot's notation (columns separated by commas). ValueError for different lengths."""
    names = tuple(columns.split(","))
    if not len(form) == len(names) == len(units) == len(factors) or len(form) > 16 or len(columns) > 64:
        raise ValueError(f"{name}: {form} {units} {factors} do not describe {columns}")
    return MessageFormat(type_, name, form, names, units, factors)


FMT = kind(FMT_TYPE, "FMT", "BBnNZ", "Type,Length,Name,Format,Columns", "-b---", "-----")
UNIT = kind(129, "UNIT", "QbZ", "TimeUS,Id,Label", "s--", "F--")
MULT = kind(130, "MULT", "Qbd", "TimeUS,Id,Mult", "s--", "F--")
FMTU = kind(131, "FMTU", "QBNN", "TimeUS,FmtType,UnitIds,MultIds", "s---", "F---")


@lru_cache(maxsize=4)
def preamble(kinds: tuple[MessageFormat, ...], time_us: int) -> bytes:
    """Return the beginning of a log: all formats, units and multipliers. Cached, because the vehicles of a fleet begin
    together."""
    described = [FMT, UNIT, MULT, FMTU, *kinds]
    pieces = [_format(format_kind) for format_kind in described]
    pieces += [UNIT.pack(time_us, ord(letter), label) for letter, label in UNITS.items()]
    pieces += [MULT.pack(time_us, ord(letter), factor) for letter, factor in MULTIPLIERS.items()]
    pieces += [_units(format_kind, time_us) for format_kind in described]
    return b"".join(pieces)


def description(kind: MessageFormat, time_us: int) -> bytes:
    """Return the description of a kind that the preamble does not have; it precedes the kind's first message."""
    return _format(kind) + _units(kind, time_us)


def _format(kind: MessageFormat) -> bytes:
    return FMT.pack(kind.type, kind.size, kind.name, kind.form, ",".join(kind.columns))


def _units(kind: MessageFormat, time_us: int) -> bytes:
    return FMTU.pack(time_us, kind.type, kind.units, kind.factors)
