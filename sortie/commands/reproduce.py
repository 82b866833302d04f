"""`sortie reproduce LOG`: an incident as a scenario, a flight beside the log, and a test; and with changes."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from sortie.config.errors import UserError
from sortie.config.files import ELSEWHERE, write_file
from sortie.config.given import GivenOptions
from sortie.config.options import CHANGE, JSON, LOG, OUT, REPRODUCING_VEHICLE, SEARCH, WITHOUT
from sortie.config.values import VehicleSource
from sortie.incident.page import changed_page, incident_page
from sortie.incident.reproduce import FLOWN, NEAR_M, TEST, ReproducedIncident, again, fly_changed, reproduce
from sortie.incident.scenario import SCENARIO, Origin, read_scenario
from sortie.incident.search import CRITERIA, TriedChange, search
from sortie.reading.logs import find_log

PAGE: Final = "incident.html"
CHANGED: Final = "changed.html"
_NOTHING: Final = "no failsafe, no crash"


def reproduce_incident(given: GivenOptions) -> int:
    """Reproduce an incident. Status 0 when it happened again, with --change always, with --search when a change avoids
    it; otherwise 1; 2 for an unreadable log."""
    source, changes, without = given[LOG], _changes(given[CHANGE]), given[WITHOUT]
    criterion = given[SEARCH]
    if criterion is not None and criterion not in CRITERIA:
        raise UserError(f"expected {' or '.join(CRITERIA)}", option="search", given=criterion)
    folder, found, origins = _reproduced(source, given[OUT], given[REPRODUCING_VEHICLE])
    write_file(folder / PAGE, incident_page(found, origins), ELSEWHERE)
    answer: dict[str, Any] = {"folder": str(folder), "report": str(folder / PAGE), **_facts(found)}
    lines = _lines(found, folder)
    status = 0 if found.same else 1
    if criterion is not None:
        tried = search(found, folder, criterion, tuple(given[CHANGE]))
        answer["search"] = [{**msgspec.to_builtins(entry), "avoids": entry.avoids} for entry in tried]
        lines += _search_lines(criterion, tried)
        status = 0 if any(entry.avoids for entry in tried) else 1
    elif changes or without:
        after = fly_changed(found, folder, changes, without)
        what = ", ".join(
            [*(f"{name}={text}" for name, text in changes.items()), *(f"without {name}" for name in without)]
        )
        write_file(folder / CHANGED, changed_page(found, after, what), ELSEWHERE)
        answer["changed"] = {"what": what, "report": str(folder / CHANGED), **_facts(after)}
        lines += [f"{what}: {after.happened.trouble() or _NOTHING}", str(folder / CHANGED)]
        status = 0
    print(json.dumps(answer) if given[JSON] else "\n".join(lines), flush=True)
    return status


def _changes(words: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not (name and equals and text):
            raise UserError("expected NAME=VALUE, such as FENCE_ALT_MAX=60 or wind=+3", option="change", given=word)
        found[name] = text
    return found


def _reproduced(
    source: Path, out: Path | None, theirs: VehicleSource | None
) -> tuple[Path, ReproducedIncident, Mapping[str, Origin]]:
    """Reproduce from a log, or from the folder or scenario of an earlier call, which a person may have edited."""
    scenario = source / SCENARIO if source.is_dir() else source
    if source.suffix == ".toml" or (source.is_dir() and scenario.is_file()):
        if theirs is not None:
            raise UserError(
                "the scenario file names its vehicle (its key vehicle); leave out the option",
                option="vehicle",
                given=str(theirs),
            )
        folder = scenario.parent
        return folder, again(read_scenario(scenario), folder), {}
    log = find_log(source)
    folder = log.parent / f"{log.stem}-incident" if out is None else out
    print(f"sortie: reading {log}", file=sys.stderr)
    built, found = reproduce(log, folder, theirs)
    return folder, found, built.origins


def _facts(found: ReproducedIncident) -> dict[str, Any]:
    return {
        "again": found.same,
        "near": round(found.near, 3),
        "near_m": NEAR_M,
        "missing": list(found.missing),
        "cause": found.cause,
        "faults": [msgspec.to_builtins(fault) for fault in found.scenario.fault],
        "assumed": list(found.scenario.assumed),
        "notes": list(found.notes),
        "happened": msgspec.to_builtins(found.happened),
        "comparison": found.found.as_json(),
    }


def _lines(found: ReproducedIncident, folder: Path) -> list[str]:
    scenario = found.scenario
    lines = [f"fault {fault.name} from {fault.from_s:.1f} s" for fault in scenario.fault] or [
        "no fault found in the log"
    ]
    lines += [f"assumed: {text}" for text in scenario.assumed]
    lines += [f"different: {text}" for text in found.missing]
    lines += [f"note: {text}" for text in found.notes]
    lines.append(f"{found.found.first} {found.cause}" if not found.found.same else found.found.first)
    verdict = "reproduced" if found.same else "NOT reproduced"
    lines.append(
        f"{verdict}: {found.near:.0%} of the flight within {NEAR_M:g} m; {found.happened.trouble() or _NOTHING}"
    )
    lines.append(f"{folder / PAGE}, {folder / SCENARIO}, {folder / FLOWN}; test it: pytest {folder / TEST}")
    return lines


def _search_lines(criterion: str, tried: list[TriedChange]) -> list[str]:
    lines = []
    for entry in tried:
        if not entry.flights:
            lines.append(f"does not fly: {entry.change} ({entry.ended})")
            continue
        verdict = "avoids" if entry.avoids else "keeps"
        counted = f"in {entry.happened} of {entry.flights} ({entry.ended})"
        lines.append(f"{verdict} the {criterion}: {entry.change}: {counted}")
    if not any(entry.avoids for entry in tried):
        lines.append(f"no single change of {len(tried) - 1} avoids the {criterion}")
    return lines
