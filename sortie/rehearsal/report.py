"""Report of a rehearsal as text, JSON, JUnit and SARIF. Pure functions."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import TYPE_CHECKING, Final
from urllib.parse import quote
from xml.etree import ElementTree

from autopilot.interface.texts import printable
from autopilot.mav import MissionType
from autopilot.mission.plan_text import HEADER, content_lines
from autopilot.rehearsal.findings import RULES, Finding, FindingSeverity
from sortie.rehearsal.rehearsal import Rehearsal

if TYPE_CHECKING:
    from autopilot.rehearsal.photos import Photos
    from sortie.rehearsal.flown import FlightsFlown, Percentiles


_SARIF: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_HELP: Final = "docs/rehearse.md"


def lines(rehearsal: Rehearsal) -> Iterator[str]:
    """Yield the verdict, then a line for each finding, most severe first."""
    yield rehearsal.verdict
    for finding in rehearsal.findings:
        rule = finding.rule
        yield f"{rule.severity.value}: {finding.place}: {finding.text}; {rule.mend} [{rule.name}]"
    if rehearsal.photos is not None:
        yield _photos(rehearsal.photos)
    if rehearsal.flown is not None:
        yield from _table(rehearsal.flown)


def _photos(photos: Photos) -> str:
    parts = [f"photos: {len(photos.taken)}"]
    if photos.covers_m is None:
        return f"{parts[0]}, of a camera that is not known"
    parts.append("each {:.1f} m along and {:.1f} m across".format(*photos.covers_m))
    for share, where in ((photos.along, "along"), (photos.beside, "beside")):
        if share is not None:
            parts.append(f"overlap {where} at least {share:.0%}")
    for survey, gap in photos.gaps:
        parts.append(f"survey of items {survey.first} to {survey.last} covered {1.0 - (gap.share if gap else 0.0):.1%}")
    return ", ".join(parts)


def _table(flown: FlightsFlown) -> Iterator[str]:
    """Yield a table of times and of energy left after the way home, for each item (5th, 50th and 95th percentile)."""
    yield f"flown: {flown.time_s.text()} s, {flown.energy_wh.text(1)} Wh, at most {flown.off_way_m:.1f} m from the plan"
    for seq, item in flown.items.items():
        reserve = f", reserve {item.reserve_wh.text(1)} Wh" if flown.has_end else ""
        yield f"flown: item {seq}: {item.time_s.text()} s{reserve}"


def as_json(rehearsal: Rehearsal) -> dict[str, object]:
    """Return JSON values; times s, distances m, energy Wh (null: unknown)."""
    return {
        "go": rehearsal.go,
        "verdict": rehearsal.verdict,
        "vehicle": rehearsal.vehicle,
        "items": rehearsal.items,
        "time_s": round(rehearsal.time_s, 1),
        "distance_m": round(rehearsal.distance_m, 1),
        "energy_wh": None if rehearsal.energy_wh is None else round(rehearsal.energy_wh, 2),
        "findings": [_finding(finding) for finding in rehearsal.findings],
        "photos": None if rehearsal.photos is None else _shown(rehearsal.photos),
        "flown": None if rehearsal.flown is None else _flown(rehearsal.flown),
    }


def _shown(photos: Photos) -> dict[str, object]:
    return {
        "count": len(photos.taken),
        "covers_m": None if photos.covers_m is None else [round(size_m, 2) for size_m in photos.covers_m],
        "overlap_along": None if photos.along is None else round(photos.along, 3),
        "overlap_beside": None if photos.beside is None else round(photos.beside, 3),
        "surveys": [
            {
                "first": survey.first,
                "last": survey.last,
                "covered": round(1.0 - (gap.share if gap else 0.0), 4),
                "widest_gap_m": round(gap.wide_m, 2) if gap else 0.0,
            }
            for survey, gap in photos.gaps
        ],
    }


def _flown(flown: FlightsFlown) -> dict[str, object]:
    return {
        "flights": len(flown.flights),
        "completed": flown.completed,
        "off_way_m": round(flown.off_way_m, 1),
        "time_s": _spread(flown.time_s),
        "energy_wh": _spread(flown.energy_wh),
        "items": [
            {
                "item": seq,
                "time_s": _spread(item.time_s),
                "energy_wh": _spread(item.energy_wh),
                "reserve_wh": _spread(item.reserve_wh) if flown.has_end else None,
            }
            for seq, item in flown.items.items()
        ],
    }


def _spread(spread: Percentiles) -> dict[str, float]:
    return {"p5": round(spread.p5, 2), "p50": round(spread.p50, 2), "p95": round(spread.p95, 2)}


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "rule": finding.rule.name,
        "severity": finding.rule.severity.value,
        "part": finding.part.name.lower(),
        "item": finding.item,
        "text": finding.text,
        "mend": finding.rule.mend,
    }


def as_junit(rehearsal: Rehearsal, source: str) -> str:
    """Return JUnit XML: one suite with a case for each rule. An error is a failure; a warning is in the case's
    output."""
    source = printable(source)  # XML has no control characters
    found = {name: [finding for finding in rehearsal.findings if finding.rule.name == name] for name in RULES}
    failed = sum(bool(group) and RULES[name].severity is FindingSeverity.ERROR for name, group in found.items())
    suite = ElementTree.Element(
        "testsuite", name=f"sortie rehearse {source}", tests=str(len(RULES)), failures=str(failed), errors="0"
    )
    for name, group in found.items():
        case = ElementTree.SubElement(suite, "testcase", classname=source, name=name)
        text = "\n".join(printable(f"{finding.place}: {finding.text}; {finding.rule.mend}") for finding in group)
        if group and RULES[name].severity is FindingSeverity.ERROR:
            ElementTree.SubElement(case, "failure", message=printable(group[0].text)).text = text
        elif group:
            ElementTree.SubElement(case, "system-out").text = text
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def as_sarif(rehearsal: Rehearsal, source: PurePath, file: str) -> str:
    """Return SARIF 2.1.0: each finding at the line of its item in `file`, the content of the plan file."""
    rules = [
        {
            "id": rule.name,
            "shortDescription": {"text": rule.what},
            "help": {"text": f"{rule.mend} ({_HELP})"},
            "defaultConfiguration": {"level": rule.severity.value},
        }
        for rule in RULES.values()
    ]
    results = [_result(finding, source, line_of(finding, file, rehearsal.items)) for finding in rehearsal.findings]
    driver = {"name": "sortie rehearse", "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": _SARIF, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"


def _result(finding: Finding, source: PurePath, line: int) -> dict[str, object]:
    place = {"artifactLocation": {"uri": quote(os.fsencode(source.as_posix()))}, "region": {"startLine": line}}
    return {
        "ruleId": finding.rule.name,
        "level": finding.rule.severity.value,
        "message": {"text": f"{finding.place}: {finding.text}; {finding.rule.mend}"},
        "locations": [{"physicalLocation": place}],
    }


def line_of(finding: Finding, file: str, items: int) -> int:
    """Return the line of an item in its file: its row in `QGC WPL`; in a .plan that of its doJumpId, or of its command
    if not all `items` have one; for a rally point that of its place; otherwise 1."""
    if finding.item is None or finding.part is MissionType.FENCE:
        return 1
    if finding.part is MissionType.RALLY:
        return _rally_line(finding.item, file)
    content = content_lines(file)
    if content and content[0][1].split() == HEADER.split():
        rows = [place for place, row in content[1:] if row.split()[0] != "0"]
        return int(rows[finding.item - 1].rpartition(" ")[2]) if finding.item <= len(rows) else 1
    for key in ("doJumpId", "command"):
        found = [match.start() for match in re.finditer(rf'"{key}"\s*:', file)]
        if len(found) == items:
            return file.count("\n", 0, found[finding.item - 1]) + 1
    return 1


def _rally_line(number: int, file: str) -> int:
    """Return the line of a rally point in a .plan: each point is a list in the list `points`."""
    points = file.find('"points"', max(file.find('"rallyPoints"'), 0))
    places = [match.start() for match in re.finditer(r"\[", file[points:])] if points >= 0 else []
    return file.count("\n", 0, points + places[number + 1]) + 1 if number + 1 < len(places) else 1
