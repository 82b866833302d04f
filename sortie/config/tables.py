"""TOML files of the user: text, keys and values, with one line for each mistake.

`where` is the beginning of each message: the option, and the file or the place in it.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import UnionType
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct

from sortie.config.errors import UserError, nearest
from sortie.config.files import text_of

S = TypeVar("S", bound=Struct)
_LARGEST: Final = sys.float_info.max
_SAYINGS: Final = {
    "Expected": "expected",
    "Object missing required field": "there is no key",
    "Object contains unknown field": "unknown key",
    " | null": "",  # TOML has none
}
_TYPES: Final = {
    "object": "keys with values",
    "array": "a list",
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
}


def read_text(path: Path, where: str, largest: int) -> str:
    """Read a file of at most `largest` bytes with something in it. UserError."""
    hint = "docs/traffic.md shows a file to start from"
    text = text_of(path, where, hint, largest)
    if not text.strip():
        raise UserError(f"{where}: the file is empty; {hint}")
    return text


def parse_toml(text: str, where: str) -> dict[str, Any]:
    """Parse the tables of a text. UserError with line and column, or with the key of a text with a NUL, which no file,
    fault or parameter has in its name."""
    try:
        table = tomllib.loads(text)
        marred = next((key for key, value in values_in(table) if isinstance(value, str) and "\0" in value), None)
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{where}: {error}; expected TOML") from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, or endless nesting
        raise UserError(f"{where}: {str(error) or 'nested too deep'}; expected TOML") from error
    if marred is not None:
        raise UserError(f"{where}: {marred}: holds a NUL character; expected text without")
    return table


def values_in(value: object, key: str = "") -> Iterator[tuple[str, object]]:
    """All values in nested tables and lists, each with its key (`faults.1.name`)."""
    if isinstance(value, dict | list):
        for name, entry in value.items() if isinstance(value, dict) else enumerate(value, 1):
            yield from values_in(entry, f"{key}.{name}" if key else str(name))
    else:
        yield key, value


def read_tables(text: str, where: str, kind: type[S], tables: Mapping[str, type[Struct]]) -> S:
    """Parse tables as `kind`; each must be one of `tables`, or a list of it. UserError with the nearest name."""
    table = parse_toml(text, where)
    for name, value in table.items():
        if name not in tables:
            raise UserError(f"{where}: unknown table '{name}'{nearest(name, tables)}; known are {', '.join(tables)}")
        for entry in value if isinstance(value, list) else [value]:
            check_keys(entry, tables[name].__struct_fields__, f"{where}: {name}")
    return converted(table, kind, where)


def check_keys(table: object, known: Iterable[str], where: str) -> None:
    """Raise UserError for an unknown key, with the nearest one."""
    known = tuple(known)
    for key in table if isinstance(table, dict) else ():
        if key not in known:
            raise UserError(f"{where}: unknown key '{key}'{nearest(key, known)}")


def converted(value: object, kind: type[S], where: str) -> S:
    """Convert tables to `kind`. UserError with the key and its possible values."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise UserError(f"{where}: {complaint(error, value, float | int)}") from None


def _figure(value: object, key: str) -> float | None:
    """Return the number at a place such as `box[0].at[1]`, or None."""
    for part in re.findall(r"\w+", key):
        if isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            value = value.get(part) if isinstance(value, dict) else None
    if isinstance(value, float):
        return value
    return float(value) if type(value) is int and abs(value) <= _LARGEST else None


def _in_words(what: str) -> str:
    """Translate a message of msgspec into our words."""
    for saying, words in _SAYINGS.items():
        what = what.replace(saying, words)
    parts = re.split("`([^`]*)`", what)
    parts[1::2] = [" or ".join(_TYPES.get(name, name) for name in types.split(" | ")) for types in parts[1::2]]
    return "".join(parts)


def complaint(error: msgspec.ValidationError, value: object, kinds: type | UnionType) -> str:
    """Return the message in words, with the key. For `table[...]` without a name, with the name of the first entry that
    is none of `kinds` (True is not a number)."""
    found = re.fullmatch(r"(.*) - at `\$\.?(.*)`", str(error))
    key, what = ("", str(error)) if found is None else (found[2], found[1])
    what, _, kind = _in_words(what).partition(", got ")
    table, dots, _ = key.partition("[...]")
    entries = value.get(table) if isinstance(value, dict) and dots else None
    wrong = entries.items() if isinstance(entries, dict) else ()
    names = [name for name, entry in wrong if isinstance(entry, bool) or not isinstance(entry, kinds)]
    key = f"{table}.{names[0]}" if names else key
    figure = None if dots else _figure(value, key)
    given = kind if figure is None else f"{figure:g}"
    what = f"{what}, found {given}" if given else what
    return f"{key}: {what}" if key else what
