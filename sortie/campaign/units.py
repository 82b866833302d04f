"""Units of a study's inputs and judges, for people."""

from __future__ import annotations

import re
from typing import Final

from autopilot.parameters.parameters import Parameters
from sortie.campaign.signals import COUNTS, TEXTS, UNITS
from sortie.campaign.study import Study
from sortie.campaign.templates import PLACE, templates
from sortie.config.installed import parameter_set
from sortie.config.values import parse_vehicle

_WHEN: Final = re.compile(r"(?:@|\.\.)\{(\w+)\}")
_OF_CHANGE: Final = {"north_m": "m", "east_m": "m", "up_m": "m", "hold_s": "s"}


def of_judge(study: Study, judge: str) -> list[str]:
    """Return the units of a judge's signals. With one, robustness has that unit; with several, only its sign has a
    meaning."""
    return sorted({UNITS[name] for name in study.signals_of(judge) - COUNTS - TEXTS})


def of_inputs(study: Study) -> dict[str, str]:
    """Return the unit of each input that is a whole parameter, a time of a fault, a spacing or a length."""
    table = Parameters(parameter_set(parse_vehicle(study.file.vehicle).frame))
    found: dict[str, str] = {}
    for key, text in templates(study.file):
        if key.startswith("faults"):
            found |= dict.fromkeys(_WHEN.findall(text), "s")
        elif whole := PLACE.fullmatch(text):
            found[whole[1]] = _of_place(key, table)
    return {name: unit for name, unit in found.items() if unit}


def _of_place(key: str, table: Parameters) -> str:
    place, _, name = key.partition(".")
    if place == "params":
        return table.definition(name.upper()).unit if name.upper() in table else ""
    return "m" if key == "fleet.spacing" else _OF_CHANGE.get(key.rpartition(" ")[2], "")
