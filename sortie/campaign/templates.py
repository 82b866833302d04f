"""Templates of a study: texts in which `{wind}` stands for the input `wind` of [vary].

Inputs may be in the plan's name, the home, the radio, faults, parameters, the spacing of a fleet and changes of the
plan.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from sortie.campaign.sampling import Value, names_of, written
from sortie.campaign.study_file import StudyFile
from sortie.config.errors import UserError, nearest

PLACE: Final = re.compile(r"\{(\w*)\}")


def check_places(file: StudyFile) -> None:
    """Check that every {name} is an input, and that every input is used; a client receives all."""
    used: set[str] = set()
    known = names_of(file.vary)
    for key, text in templates(file):
        for name in PLACE.findall(text):
            if name not in known:
                raise UserError(f"{key}: {{{name}}} is no input of [vary]{nearest(name, known)}")
            used.add(name)
    for name, varied in file.vary.items():
        if file.client is None and not used & set(varied.names(name)):
            raise UserError(
                f"vary.{name}: nothing uses {{{name}}}; expected it in params, faults, home, plan, radio, fleet or "
                "change, or a client"
            )


def templates(file: StudyFile) -> Iterator[tuple[str, str]]:
    """Yield key and text of each place where an input may be used."""
    yield "plan", file.plan
    yield from ((key, text) for key, text in (("home", file.home), ("radio", file.radio)) if text is not None)
    for number, strike in enumerate(file.strikes, 1):
        yield f"faults: {number}", f"{strike.fault} {strike.when}"
    for name, value in file.params.items():
        yield f"params.{name}", str(value)
    if file.fleet is not None:
        yield "fleet.spacing", str(file.fleet.spacing)
    for change in file.change:
        for key, value in change.given().items():
            yield f"change of item {change.item}: {key}", str(value)


def put(template: Value, given: Mapping[str, Value]) -> str:
    return PLACE.sub(lambda match: written(given[match[1]]), str(template))


def number_of(key: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UserError(f"{key}: '{text}' is not a number") from None
