"""`.param` files of MAVProxy, Mission Planner and QGroundControl. This module handles text only; the caller opens
files.

Accepted lines: `NAME VALUE` (MAVProxy, ArduPilot), `NAME,VALUE` (Mission Planner), `NAME=VALUE`, tabs for blanks, and
QGroundControl's five columns (system, component, name, value, type). A `#` begins a comment. `@READONLY` after a value
is ArduPilot's mark of read-only defaults.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Final

from autopilot.parameters.definition import FLOAT32_MAX, to_float32

_SEPARATORS: Final = re.compile(r"[\s,=]+")
_NAME: Final = re.compile(r"[A-Z_][A-Z0-9_]{0,15}")
_QGC_COLUMNS: Final = 5
READ_ONLY: Final = "@READONLY"
_PREVIEW: Final = 40
"""Number of characters of a bad line in an error."""


class ParameterFileError(ValueError):
    """A line that is not a parameter. `str()` is one line with its number (from 1); the caller adds the file's name."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"line {line}: {problem}")
        self.line = line


def parse_parameters(text: str | bytes) -> dict[str, float]:
    """Names and values of a `.param` file, in order; the last value of a name counts. The caller checks whether a name
    is known. Raises ParameterFileError."""
    if isinstance(text, bytes):
        text = _decode(text)
    values: dict[str, float] = {}
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        content = line.split("#", 1)[0].strip()
        if content:
            name, value = _parse_line(number, content)
            values.pop(name, None)
            values[name] = value
    return values


def marked_read_only(text: str) -> frozenset[str]:
    """Names with the mark @READONLY in the text of a file."""
    lines = (_SEPARATORS.split(line.split("#", 1)[0].strip()) for line in text.splitlines())
    return frozenset(columns[0].upper() for columns in lines if columns[2:3] == [READ_ONLY])


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ParameterFileError(line, "expected text in UTF-8, found other bytes") from error


def _parse_line(number: int, content: str) -> tuple[str, float]:
    if content.startswith("@"):
        raise ParameterFileError(number, f"directives such as {content.split()[0]} are not supported")
    columns = _SEPARATORS.split(content)
    if len(columns) >= _QGC_COLUMNS and columns[0].isdigit() and columns[1].isdigit():
        columns = columns[2:4]
    if len(columns) < 2 or not _NAME.fullmatch(columns[0].upper()):
        raise ParameterFileError(number, f"expected NAME VALUE, found {_preview(content)}")
    return columns[0].upper(), _parse_value(number, columns[1])


def _parse_value(number: int, text: str) -> float:
    try:
        value = float(int(text, 16)) if text[:2].lower() == "0x" else float(text)
    except (ValueError, OverflowError):
        raise ParameterFileError(number, f"expected NAME VALUE with a number, found {_preview(text)}") from None
    if not math.isfinite(value):
        raise ParameterFileError(number, f"expected a finite number, found {_preview(text)}")
    return value


def _preview(text: str) -> str:
    return repr(text if len(text) <= _PREVIEW else text[:_PREVIEW] + "...")


def format_value(value: float) -> str:
    """The shortest decimal that reads back as the same float32."""
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if abs(value) > FLOAT32_MAX:
        return repr(value)
    rounded = to_float32(value)
    for digits in range(6, 10):
        text = f"{value:.{digits}g}"
        # rounding up can exceed float32's range at its very end
        if abs(float(text)) <= FLOAT32_MAX and to_float32(float(text)) == rounded:
            return text
    return repr(value)


def format_parameters(values: Mapping[str, float]) -> str:
    """`NAME VALUE` lines, which MAVProxy, Mission Planner and `parse_parameters` read."""
    return "".join(f"{name:<16} {format_value(value)}\n" for name, value in values.items())
