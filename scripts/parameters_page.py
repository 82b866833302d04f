"""docs/parameters.md, made from the parameter tables of copter and rover."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from autopilot.parameters.definition import ParameterDef, ParameterType
from autopilot.vehicles.kinds import vehicle_class

PAGE = Path(__file__).resolve().parent.parent / "docs" / "parameters.md"
_INTRODUCTION = """# Parameters

Made by `scripts/parameters-page` from the table in `autopilot/parameters/`; do not edit.

Names, units and meaning are those of ArduPilot 4.6 (cm, cm/s and centidegrees where it has them). `SRT_` parameters
belong to the service, `FM_` parameters to the flight manager. A value beyond the type (SYSID_THISMAV: its range) is
clamped, one outside of the range is taken with a warning, one that is not finite is refused. A changed value counts at
once, except where *restart* is noted, and is kept over restarts. What is only *stored* in the simulator is kept and
shown and changes nothing there.
Set them with any ground station, `sortie param set NAME VALUE`, `--param NAME=VALUE`, or `Session(params={...})`.

"""
_TYPES = {ParameterType.INT8: "int8", ParameterType.INT16: "int16", ParameterType.INT32: "int32",
          ParameterType.REAL32: "float"}  # fmt: skip


def page() -> str:
    """The whole page, in Markdown."""
    copter = {definition.name: definition for definition in vehicle_class("copter").parameters.definitions}
    rover = {definition.name: definition for definition in vehicle_class("rover").parameters.definitions}
    groups: dict[str, list[str]] = {}
    for name in sorted(copter.keys() | rover.keys()):
        groups.setdefault(name.partition("_")[0], []).append(name)
    parts = [_INTRODUCTION + f"{len(copter)} on a copter, {len(rover)} on a rover.\n"]
    for group, names in groups.items():
        rows = [_row(copter.get(name), rover.get(name)) for name in names]
        columns = ("name", "type", "unit", "range", "default", "what it does", "in the simulator")
        heading = f"| {' | '.join(columns)} |\n|{' --- |' * len(columns)}\n"
        parts.append(f"\n## {group}\n\n{heading}" + "".join(rows))
    return "".join(parts)


def _row(copter: ParameterDef | None, rover: ParameterDef | None) -> str:
    one = copter or rover
    assert one is not None
    default = f"{one.default:g}"
    if copter is not None and rover is not None and copter.default != rover.default:
        default = f"{copter.default:g} (rover {rover.default:g})"
    notes = [one.description]
    notes += [_labels(one.values)] if one.values else []
    notes += [f"Bits: {_labels(one.bitmask)}"] if one.bitmask else []
    notes += ["*Read-only.*"] if one.read_only else []
    notes += ["*Restart.*"] if one.reboot else []
    if copter is None or rover is None:
        notes.append("*Copter.*" if rover is None else "*Rover.*")
    kind, text = _TYPES[ParameterType(one.type)], ". ".join(notes)
    cells = (f"`{one.name}`", kind, one.unit, _range(one), default, text, _acts(copter, rover))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _acts(copter: ParameterDef | None, rover: ParameterDef | None) -> str:
    """Does it change anything in the simulator?"""
    there = {kind: not one.inert for kind, one in (("copter", copter), ("rover", rover)) if one is not None}
    if len(set(there.values())) == 1:
        return "" if all(there.values()) else "stored"
    return "stored (" + ", ".join(kind for kind, acts in there.items() if not acts) + ")"


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
    text = page()
    if "--check" not in arguments:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    print(f"{PAGE} is not what the table says; run scripts/parameters-page", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
