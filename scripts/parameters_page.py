"""docs/parameters.md, made from the parameter tables of all kinds of vehicle."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from autopilot.mav import ParameterType
from autopilot.parameters.definition import ParameterDef
from autopilot.vehicles.kinds import KINDS
from scripts.generated_page import table, write_or_check

PAGE = Path(__file__).resolve().parent.parent / "docs" / "parameters.md"
_INTRODUCTION = """# Parameters

Made by `scripts/parameters-page` from `autopilot/parameters/tables/`; do not edit.

Names, units and meaning are those of ArduPilot 4.6 (cm, cm/s and centidegrees where it has them). `SRT_` parameters
belong to the service, `FM_` parameters to the flight manager. A value beyond the type (SYSID_THISMAV: its range) is
clamped, one outside of the range is taken with a warning, one that is not finite is refused. A changed value counts at
once, except where *restart* is noted, and is kept over restarts. What is only *stored* in the simulator is kept and
shown and changes nothing there.
Set them with any ground station, `sortie param set NAME VALUE`, `--param NAME=VALUE`, or `Session(params={...})`.
What a file of `--param` marks `@READONLY` behind its value nobody can change, as in ArduPilot's files of defaults.

"""
_TYPES = {ParameterType.INT8: "int8", ParameterType.INT16: "int16", ParameterType.INT32: "int32",
          ParameterType.REAL32: "float"}  # fmt: skip


Lines = dict[str, ParameterDef]
"""One parameter by kind of vehicle, in the order of `KINDS`."""


def page() -> str:
    """The whole page, in Markdown."""
    tables = {kind: {line.name: line for line in one.parameters.definitions} for kind, one in KINDS.items()}
    groups: dict[str, list[str]] = {}
    for name in sorted({name for lines in tables.values() for name in lines}):
        groups.setdefault(name.partition("_")[0], []).append(name)
    counts = [f"{len(lines)} on a {kind}" for kind, lines in tables.items()]
    parts = [f"{_INTRODUCTION}{', '.join(counts)}."]
    for group, names in groups.items():
        rows = [_row({kind: lines[name] for kind, lines in tables.items() if name in lines}) for name in names]
        columns = ("name", "type", "unit", "range", "default", "what it does", "in the simulator")
        parts += [f"\n## {group}\n", *table(columns, rows)]
    return "\n".join(parts) + "\n"


def _row(lines: Lines) -> tuple[str, ...]:
    one = next(iter(lines.values()))
    notes = _meanings(lines)
    notes += ["*Read-only.*"] if one.read_only else []
    notes += ["*Restart.*"] if one.reboot else []
    if len(lines) < len(KINDS) and len(_meanings(lines)) == 1:
        notes.append(f"*{', '.join(lines).capitalize()}.*")
    cells = [
        (_TYPES[ParameterType(line.type)], line.unit, _range(line), f"{line.default:g}") for line in lines.values()
    ]
    columns = [_each(dict(zip(lines, column, strict=True))) for column in zip(*cells, strict=True)]
    return f"`{one.name}`", *columns, ". ".join(notes), _acts(lines)


def _each(cells: Mapping[str, str]) -> str:
    """The first kind's cell, and those of kinds that have another one."""
    first = next(iter(cells.values()))
    others = [f"{kind} {cell}" for kind, cell in cells.items() if cell != first]
    return first + (f" ({', '.join(others)})" if others else "")


def _meanings(lines: Lines) -> list[str]:
    """What it does; where that differs between kinds, each with its kinds."""
    kinds: dict[str, list[str]] = {}
    for kind, line in lines.items():
        notes = [line.description]
        notes += [_labels(line.values)] if line.values else []
        notes += [f"Bits: {_labels(line.bitmask)}"] if line.bitmask else []
        kinds.setdefault(". ".join(notes), []).append(kind)
    if len(kinds) == 1:
        return list(kinds)
    return [f"*{', '.join(having).capitalize()}:* {text}" for text, having in kinds.items()]


def _acts(lines: Lines) -> str:
    """Does it change anything in the simulator?"""
    stored = [kind for kind, line in lines.items() if line.inert]
    if len(stored) in (0, len(lines)):
        return "stored" if stored else ""
    return f"stored ({', '.join(stored)})"


def _range(one: ParameterDef) -> str:
    if one.minimum is None and one.maximum is None:
        return ""
    low = "" if one.minimum is None else f"{one.minimum:g}"
    high = "" if one.maximum is None else f"{one.maximum:g}"
    return f"{low} .. {high}".strip()


def _labels(labels: Mapping[int, str]) -> str:
    return ", ".join(f"{number} {text}" for number, text in labels.items())


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` compare it."""
    return write_or_check(PAGE, page(), arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
