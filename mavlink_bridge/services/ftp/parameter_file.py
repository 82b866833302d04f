"""`@PARAM/param.pck`: all parameters in one file, in ArduPilot's format (docs/reference/ground-stations.md, 1.7).

The file is packed when it is opened, so repeated blocks are the same even if a parameter is set meanwhile. ArduPilot
packs while it sends and needs padding for that. A client that writes the file sets the parameters in it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from autopilot.context.journal import Journal
from autopilot.parameters import Parameters, ParameterType
from mavlink_bridge.services.ftp.files import (
    DirectoryEntry,
    FileRefusedError,
    MemoryFile,
    OpenFile,
    WrittenFile,
    storing,
)
from mavlink_bridge.services.ftp.wire import Nak

FILE_NAME: Final = "param.pck"
LARGEST_UPLOAD: Final = 65_535
"""Largest written file, bytes: the length in its header has 16 bits."""
_HEADER: Final = struct.Struct("<HHH")
_MAGIC: Final = 0x671B
_MAGIC_WITH_DEFAULTS: Final = 0x671C
_HAS_DEFAULT: Final = 0x10
_EINVAL: Final = 22
_LARGEST_ARGUMENT: Final = 65535
_CODES: Final = {
    ParameterType.INT8: (1, struct.Struct("<b")),
    ParameterType.INT16: (2, struct.Struct("<h")),
    ParameterType.INT32: (3, struct.Struct("<i")),
    ParameterType.REAL32: (4, struct.Struct("<f")),
}


def pack_parameters(parameters: Parameters, *, start: int = 0, count: int = 0, with_defaults: bool = False) -> bytes:
    """Packed file with the parameters from index `start`, at most `count` (0 = all). `with_defaults`: the default
    follows each value that differs from it."""
    names = parameters.names()
    chosen = names[start : start + count] if count else names[start:]
    magic = _MAGIC_WITH_DEFAULTS if with_defaults else _MAGIC
    pieces = [_HEADER.pack(magic, len(chosen), len(names))]
    previous = b""
    for name in chosen:
        encoded = name.encode("ascii")
        pieces.append(_pack_one(parameters, name, encoded, previous, with_defaults))
        previous = encoded
    return b"".join(pieces)


def _pack_one(parameters: Parameters, name: str, encoded: bytes, previous: bytes, with_defaults: bool) -> bytes:
    definition = parameters.definition(name)
    code, layout = _CODES[ParameterType(definition.type)]
    value: float | int = parameters[name]
    default: float | int = definition.default
    if definition.type != ParameterType.REAL32:
        value, default = int(value), int(default)
    data = layout.pack(value)
    if with_defaults and value != default:
        code |= _HAS_DEFAULT
        data += layout.pack(default)
    common = _shared(encoded, previous)
    rest = encoded[common:]
    return bytes((code, common | (len(rest) - 1) << 4)) + rest + data


def unpack_parameters(content: bytes) -> dict[str, float]:
    """Names and values in a file that a client has written, whose header has the file's length as third number. Raises
    ValueError."""
    if len(content) < _HEADER.size:
        raise ValueError("shorter than its header")
    magic, count, length = _HEADER.unpack_from(content)
    if magic != _MAGIC or length != len(content):
        raise ValueError("not a whole file")
    layouts, values, previous, at = dict(_CODES.values()), {}, b"", _HEADER.size
    for _ in range(count):
        kind, lengths = content[at : at + 1], content[at + 1 : at + 2]
        layout = layouts.get(kind[0]) if lengths else None
        if layout is None:
            raise ValueError("cut, of an unknown type, or with a default")
        common, rest = lengths[0] & 15, (lengths[0] >> 4) + 1
        name, end = previous[:common] + content[at + 2 : at + 2 + rest], at + 2 + rest + layout.size
        if end > length:
            raise ValueError("cut")
        values[name.decode("ascii", "replace")] = float(layout.unpack_from(content, at + 2 + rest)[0])
        previous, at = name, end
    return values


def _shared(name: bytes, previous: bytes) -> int:
    """Number of leading letters that `name` shares with `previous`, at most all but one, because at least one letter is
    written."""
    count = 0
    for letter, other in zip(name[:-1], previous, strict=False):
        if letter != other:
            break
        count += 1
    return count


class ParameterFiles:
    """Mount `@PARAM`. `journal`: a written file is acknowledged when its values are on disk there."""

    def __init__(self, parameters: Parameters, journal: Journal) -> None:
        self._parameters = parameters
        self._journal = journal

    def open(self, path: str, query: str) -> OpenFile:
        """Open `param.pck` with the arguments `start`, `count`, `withdefaults`."""
        if path != FILE_NAME:
            raise FileRefusedError(Nak.FILE_NOT_FOUND)
        arguments = _arguments(query)
        start, count = arguments.get("start", 0), arguments.get("count", 0)
        defaults = arguments.get("withdefaults", 0)
        if start >= len(self._parameters) or defaults > 1:
            raise FileRefusedError(Nak.FAIL_ERRNO, _EINVAL)
        return MemoryFile(pack_parameters(self._parameters, start=start, count=count, with_defaults=defaults == 1))

    def begin(self) -> WrittenFile:
        """Open `param.pck` for writing."""
        return WrittenFile(self._take, LARGEST_UPLOAD)

    def _take(self, content: bytes) -> Callable[[], bool]:
        """Set the parameters in the file; unknown and read-only ones are skipped, as in ArduPilot."""
        try:
            values = unpack_parameters(content)
        except ValueError:
            raise FileRefusedError(Nak.FAIL_ERRNO, _EINVAL) from None
        mark = self._journal.latest()
        before = {name: self._parameters[name] for name in values if name in self._parameters}
        for name in before:
            self._parameters.set(name, values[name])
        after = {name: self._parameters[name] for name in before}
        return storing(self._journal, mark, lambda: self._take_back(before, after))

    def _take_back(self, before: Mapping[str, float], after: Mapping[str, float]) -> None:
        """Set values back that could not be stored, except those that were set again meanwhile: a station that was
        refused reads the old ones, as after a refused PARAM_SET."""
        for name, value in after.items():
            if value != before[name] and self._parameters[name] == value:
                self._parameters.set(name, before[name])

    def entries(self, path: str) -> Sequence[DirectoryEntry]:
        """Directory with `param.pck` only."""
        if path:
            raise FileRefusedError(Nak.FILE_NOT_FOUND)
        return [DirectoryEntry(FILE_NAME, len(pack_parameters(self._parameters)))]


def _arguments(query: str) -> dict[str, int]:
    """Arguments of a query `a=1&b=2`; unknown names are skipped, as in ArduPilot, and a bad number is EINVAL."""
    arguments: dict[str, int] = {}
    for part in query.split("&"):
        name, _, text = part.partition("=")
        if name in ("start", "count", "withdefaults"):
            if not (text.isascii() and text.isdigit()) or len(text) > 5 or int(text) >= _LARGEST_ARGUMENT:
                raise FileRefusedError(Nak.FAIL_ERRNO, _EINVAL)
            arguments[name] = int(text)
    return arguments
