"""Tables of parameters: rows in the JSON files beside this module, in groups.

A row has the fields of `ParameterDef`: `name`, `type` (of MAV_PARAM_TYPE), `default`, `unit`, `range` (lowest, highest;
null: open), `step`, `text`, `values` and `bits` (labels by number, or a name in `labels.json`), `read_only`, `reboot`,
`strict`, `inert` (name of a reason in the file's head). `kinds` has fields that differ for a kind of vehicle. The rows
of a group with a `count` are repeated for every `{n}` from 1 to it; a list of defaults gives one for each, and its last
is also used for the rest.

The order of groups (`autopilot.vehicles`) and rows gives the indices of parameters, so a row is only added at the end
of its group.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final, TypedDict

from autopilot.mav import ParameterType
from autopilot.parameters.definition import ParameterDef, define

TABLES: Final = Path(__file__).parent
_LABELS: Final = "labels.json"
_NONE: Final[Mapping[str, str]] = {}


class ParameterRow(TypedDict, total=False):
    """A parameter of a file, or its fields that differ for a kind of vehicle."""

    name: str
    type: str
    default: float | list[float]
    unit: str
    range: tuple[float | None, float | None]
    step: float
    text: str
    values: Mapping[str, str] | str
    bits: Mapping[str, str] | str
    read_only: bool
    reboot: bool
    strict: bool
    inert: str
    kinds: Mapping[str, ParameterRow]


class ParameterGroup(TypedDict, total=False):
    """Rows of one subject; `count`: number of repetitions."""

    about: str
    count: int
    rows: list[ParameterRow]


class TableFile(TypedDict, total=False):
    """A file of rows. `inert`: reasons why parameters are kept and shown without effect in the built-in simulator
    (ground stations ask for them, or parameter files of real vehicles contain them). `defaults`: by kind, values of a
    simulated vehicle that differ from its firmware's."""

    about: str
    inert: Mapping[str, str]
    groups: Mapping[str, ParameterGroup]
    defaults: Mapping[str, Mapping[str, float]]


def _read(path: Path) -> TableFile:
    read: TableFile = json.loads(path.read_text(encoding="utf-8"))
    return read


@cache
def _files() -> tuple[TableFile, ...]:
    return tuple(_read(path) for path in sorted(TABLES.glob("*.json")) if path.name != _LABELS)


@cache
def _named_labels() -> Mapping[str, Mapping[int, str]]:
    """Label sets that rows use by name."""
    read: dict[str, dict[str, str]] = json.loads((TABLES / _LABELS).read_text(encoding="utf-8"))
    return {name: _numbered(pairs) for name, pairs in read.items()}


def _numbered(pairs: Mapping[str, str]) -> dict[int, str]:
    return {int(number): label for number, label in pairs.items()}


def _labels(labels: Mapping[str, str] | str) -> Mapping[int, str]:
    return _named_labels()[labels] if isinstance(labels, str) else _numbered(labels)


def table(kind: str, groups: str) -> tuple[ParameterDef, ...]:
    """Parameters of a kind of vehicle, in index order: those of `groups`, names between blanks. KeyError for an unknown
    group."""
    by_name = {name: group for file in _files() for name, group in file["groups"].items()}
    return tuple(line for name in groups.split() for line in _lines(by_name[name], kind))


def simulated_defaults(kind: str) -> tuple[tuple[str, float], ...]:
    """Values of a simulated vehicle of this kind that differ from the rows' defaults."""
    defaults = (file["defaults"].get(kind, {}) for file in _files() if "defaults" in file)
    return tuple((name, float(value)) for values in defaults for name, value in values.items())


def _lines(group: ParameterGroup, kind: str) -> Iterator[ParameterDef]:
    for n in range(1, group.get("count", 1) + 1):
        for row in group["rows"]:
            yield defined({**row, **row.get("kinds", {}).get(kind, {})}, str(n))


def defined(row: ParameterRow, n: str = "1") -> ParameterDef:
    """Parameter of a row; `n` takes the place of `{n}`."""
    default = row["default"]
    if isinstance(default, list):
        default = default[min(int(n), len(default)) - 1]
    low, high = row.get("range", (None, None))
    return define(
        ParameterType[row["type"]],
        row["name"].replace("{n}", n),
        default,
        row.get("unit", ""),
        low,
        high,
        row["text"].replace("{n}", n),
        step=row.get("step"),
        values=_labels(row.get("values", _NONE)),
        bits=_labels(row.get("bits", _NONE)),
        read_only=row.get("read_only", False),
        reboot=row.get("reboot", False),
        strict=row.get("strict", False),
        inert="inert" in row,
    )
