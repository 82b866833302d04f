"""The table of docs/mission-items.md, written from the rows of `autopilot.mission.commands`."""

from __future__ import annotations

from math import isfinite

from autopilot.mav import Cmd, MissionType
from autopilot.mission.commands import SPECS, CommandSpec, Parameter, PayloadOutput
from autopilot.vehicles.kinds import KINDS
from scripts import generated_page as markdown


def table() -> str:
    """A Markdown table with a line for each command that a plan may hold."""
    heads = ("number", "MAV_CMD", "announced as", "taken by", "done by", "p1 to p4 that count", "place")
    return "\n".join(markdown.table(heads, (_cells(SPECS[command]) for command in sorted(SPECS)))) + "\n"


def _cells(row: CommandSpec) -> tuple[object, ...]:
    name = "" if row.name == "?" else row.name
    parameters = ", ".join(_parameter(parameter) for parameter in row.parameters)
    slot = f"{row.slot.value}, holds" if row.holds else row.slot.value
    place = "x, y, z" if row.place else ""
    return int(row.command), Cmd(row.command).name, name, slot, _done_by(row), parameters, place


def _done_by(row: CommandSpec) -> str:
    if row.plan is not MissionType.MISSION:
        return "all"
    kinds = [name for name, kind in KINDS.items() if kind.carries_out(row.command)]
    if not kinds:
        others = "recorded" if row.output is PayloadOutput.RECORDED else ""
        if row.fitted_by:
            return f"with {row.fitted_by}; else {others or 'passed over'}"
        return f"nobody: {others}" if others else "nobody"
    words = "all" if len(kinds) == len(KINDS) else ", ".join(kinds)
    return words if row.output is None else f"{words}; {row.output.value}"


def _parameter(parameter: Parameter) -> str:
    unit = f" {parameter.unit}" if parameter.unit else ""
    most = f" (at most {parameter.most:g})" if isfinite(parameter.most) else ""
    return f"p{parameter.number} {parameter.name}{unit}{most}"


if __name__ == "__main__":
    print(table(), end="")
