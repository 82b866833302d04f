"""Writes docs/conformance.md from results of `sortie conform --report`: a column for each vehicle, and what it does not
keep. `python -m scripts.conformance_page [NAME=]FILE.json|COLUMN ...`; `--servers` writes docs/conformance-servers.md,
of libraries that answer as a vehicle. Files of one vehicle that was judged in parts are one column; a COLUMN that the
page has by this name stays as it is, and takes what files of this name add: cases that it was not judged by yet.
Columns that stay stand first."""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.generated_page import table

DOCS = Path(__file__).parents[1] / "docs"
SERVERS = """# How libraries answer as a vehicle

Written by `scripts/conformance_page.py --servers` from results of [`sortie conform`](conform.md), as [that of
vehicles](conformance.md). MAVSDK (4.1.0, its wheel) has servers for who builds a vehicle with it: those of actions,
parameters, raw missions, telemetry and files were put up as an autopilot, system 1, component 1, by a script of some 50
lines, and left to themselves. They have no heart of a vehicle: what they do not answer, their user's program has to.
It was judged in seven parts; two of the last cases of rally points were not reached, and deviations about plans may
follow from others.
"""
HEAD = """# How vehicles speak MAVLink

Written by `scripts/conformance_page.py` from results of [`sortie conform`](conform.md), each on the vehicle's own
simulator with `--may-fly`. *n/a*: the vehicle does not say that it can, or has no such part; *untested*: the case could
not be carried out. A deviation is a sentence of the guide that this run did not find kept; that may be a choice, and is
often the older custom. A known issue is a public one in which the way of ArduPilot or PX4 is discussed, open or closed;
where none stands, we know of none. PX4 (main of May 2025, the 1.16 line) was judged with its own physics at real time;
some of its deviations about plans may follow from others, since it answers nothing about plans while it is busy with
one that a case has left; its home and setpoints were judged in runs of their own, since after the others its home was
told as no place. All are of 23 November 2026, the cases are the same. ArduPilot's were judged beside much other work:
what failed there was asked again. Its modes after the first come at the rate of the link's group PARAMS, which is 0 on
a copter, 10 Hz on the others, unless a station has asked for it; the calibration that `command-progress.ends` begins
may take 20 s.
"""
KNOWN = {
    "heartbeat.standby": ("ArduPilot/ardupilot/pull/7989",),
    "identity.parameter-encoding": ("ArduPilot/mavlink/issues/378",),
    "ping.answered": ("ArduPilot/ardupilot/issues/21311",),
    "command.back-to-back": ("PX4/PX4-Autopilot/issues/24696", "PX4/PX4-Autopilot/pull/26217"),
    "command.unknown.long-1": ("PX4/PX4-Autopilot/issues/24696",),
    "command.unknown.int-1": ("PX4/PX4-Autopilot/issues/24696",),
    "command.unknown.zero": ("PX4/PX4-Autopilot/issues/24696",),
    "command.other-component": ("ArduPilot/ardupilot/pull/33493",),
    "command.frame-ignored": ("PX4/PX4-Autopilot/issues/28257",),
    "command.frame-result": ("mavlink/mavlink/pull/2001", "PX4/PX4-Autopilot/pull/26408"),
    "command.refused.failure-unknown": ("PX4/PX4-Autopilot/issues/24696",),
    "parameter.read.unknown-told": ("mavlink/mavlink/pull/2344",),
    "parameter.read.other-component": ("ArduPilot/ardupilot/pull/33493",),
    "parameter.set.other-component": ("ArduPilot/ardupilot/pull/33493",),
    "upload.asked-by-int": ("ArduPilot/ardupilot/pull/15067",),
    "upload.wrong-seq-is-no-error": ("mavlink/qgroundcontrol/pull/6718",),
    "upload.cancelled": ("mavlink/mavlink-devguide/pull/157",),
    "upload.last-again": ("mavlink/mavlink-devguide/issues/171",),
    "upload.begun-again": ("PX4/PX4-Autopilot/issues/3051",),
    "download.int-for-floats": ("mavlink/mavlink/issues/1285",),
    "download.two-stations": ("PX4/PX4-Autopilot/pull/23684",),
    "opaque-id.changes": ("PX4/PX4-Autopilot/pull/21839",),
    "opaque-id.agrees": ("PX4/PX4-Autopilot/pull/21839",),
    "clear-all-types": ("mavlink/mavlink/issues/1575",),
    "message-interval.default": ("PX4/PX4-Autopilot/issues/9561",),
    "message-interval.data-stream": ("mavlink/mavros/issues/178",),
    "telemetry.sensors": ("PX4/PX4-Autopilot/issues/19380",),
    "home.by-410": ("mavlink/mavlink/pull/1834",),
    "remote-id.static": ("PX4/PX4-Autopilot/pull/23575",),
    "ftp.burst-offset": ("PX4/PX4-Autopilot/issues/28727",),
    "signing.answers": ("PX4/PX4-Autopilot/issues/24871",),
    "failure.answered": ("PX4/PX4-Autopilot/issues/24696",),
    "failure.acts": ("PX4/PX4-Autopilot/issues/24696",),
}
"""Issues on GitHub, by a case's name or its end."""


_SUMS = {"pass": "kept", "fail": "not kept", "not applicable": "n/a", "untested": "untested"}
_LABELS = 4
"""Cells before the first vehicle in the table of deviations."""


@dataclass(frozen=True, slots=True)
class Column:
    """Cells of a vehicle: sums, then shares of services; `cases`, by name. `rows`: first cells of the rows of cases, of
    those that it does not keep with what they ask."""

    cells: dict[str, str] = field(default_factory=dict)
    services: list[str] = field(default_factory=list)
    cases: dict[str, str] = field(default_factory=dict)
    rows: dict[str, list[str]] = field(default_factory=dict)

    @property
    def broken(self) -> set[str]:
        return {name for name, cell in self.cases.items() if cell.startswith("not kept")}


def of_results(parts: list[dict[str, Any]]) -> dict[str, Column]:
    """Columns of what `sortie conform` has written, by name; parts of one vehicle in one."""
    vehicles: dict[str, list[dict[str, Any]]] = {}
    for part in parts:
        vehicles.setdefault(f"{part['vehicle']} {part['revision'][:8]}".strip(), []).extend(part["cases"])
    return {name: _judged(cases) for name, cases in vehicles.items()}


def _judged(cases: list[dict[str, Any]]) -> Column:
    column, counts = Column(), Counter(case["verdict"] for case in cases)
    column.cells.update({label: str(counts[verdict]) for verdict, label in _SUMS.items()})
    column.services.extend(dict.fromkeys(case["service"] for case in cases))
    column.cells.update({service: _share(cases, service) for service in column.services})
    for case in cases:
        name = case["name"]
        column.cases[name] = _cell(case)
        link = f"[{name}](https://mavlink.io/en/{case['page']})"
        column.rows[name] = [link, case["level"], case["says"], _known(name)]
    return column


def of_page(text: str) -> dict[str, Column]:
    """Columns that a page has."""
    blocks = ([line for line in block.splitlines() if line.startswith("| ")] for block in text.split("\n\n"))
    tables = [[[cell.strip() for cell in line[1:-1].split("|")] for line in block] for block in blocks if block]
    sums, shares, deviations = tables
    columns = {}
    for at, name in enumerate(sums[0][1:], 1):
        column = columns[name] = Column(services=[row[0] for row in shares[2:]])
        column.cells.update({row[0]: row[at] for row in (*sums[2:], *shares[2:])})
        for row in deviations[2:]:
            case = row[0][1:].partition("]")[0]
            column.cases[case] = row[_LABELS - 1 + at]
            column.rows[case] = [*row[: _LABELS - 1], _known(case)]
    return columns


def joined(kept: Column, more: Column) -> Column:
    """A column that the page has, with cases that were judged since."""
    cells = dict(kept.cells)
    for label in _SUMS.values():
        cells[label] = str(int(kept.cells[label]) + int(more.cells[label]))
    for service in more.services:
        shares = [cell.split(" of ") for cell in (kept.cells.get(service, ""), more.cells[service]) if " of " in cell]
        if shares:
            cells[service] = f"{sum(int(share[0]) for share in shares)} of {sum(int(share[1]) for share in shares)}"
    services = list(dict.fromkeys((*kept.services, *more.services)))
    return Column(cells, services, kept.cases | more.cases, kept.rows | more.rows)


def page(columns: dict[str, Column], head: str = HEAD) -> str:
    """The whole page."""
    sums = ((label, *(column.cells[label] for column in columns.values())) for label in _SUMS.values())
    services = dict.fromkeys(service for column in columns.values() for service in column.services)
    shares = ((name, *(column.cells.get(name, "n/a") for column in columns.values())) for name in services)
    broken = set().union(*(column.broken for column in columns.values()))
    rows: dict[str, list[str]] = {}
    for column in sorted(columns.values(), key=lambda column: -len(column.rows)):  # the fullest knows their order
        rows = rows | column.rows
    deviations = (
        (*begins, *(column.cases.get(name, "") for column in columns.values()))
        for name, begins in rows.items()
        if name in broken
    )
    lines = [
        head,
        *table(("", *columns), sums),
        *("", "Kept of those that apply, by service:", ""),
        *table(("service", *columns), shares),
        *("", "## Deviations", ""),
        *table(("case", "weight", "asks", "known issue", *columns), deviations),
    ]
    return "\n".join(lines) + "\n"


def _known(name: str) -> str:
    """Links to the public issues about a case."""
    places = next((places for end, places in KNOWN.items() if name == end or name.endswith(f".{end}")), ())
    return ", ".join(f"[{place.split('/')[1]} {place.split('/')[-1]}](https://github.com/{place})" for place in places)


def _share(cases: list[dict[str, Any]], service: str) -> str:
    counts = Counter(case["verdict"] for case in cases if case["service"] == service)
    judged = counts["pass"] + counts["fail"]
    return f"{counts['pass']} of {judged}" if judged else "untested" if counts["untested"] else "n/a"


def _cell(case: dict[str, Any]) -> str:
    why = case["why"].partition(", but")[0] if case["verdict"] == "fail" else ""
    told = _SUMS[case["verdict"]]
    return f"{told}: {why}".replace("|", "/")[:140] if why else told


def main(words: list[str]) -> None:
    servers = "--servers" in words
    file = DOCS / ("conformance-servers.md" if servers else "conformance.md")
    known = of_page(file.read_text(encoding="utf-8"))
    columns = {word: known[word] for word in words if word in known}
    parts = []
    for word in words:
        if word not in known and word != "--servers":
            name, _, place = word.rpartition("=")
            part = json.loads(Path(place).read_text(encoding="utf-8"))
            parts.append(part | {"vehicle": name, "revision": ""} if name else part)
    fresh = of_results(parts)
    fresh = {name: joined(columns[name], one) if name in columns else one for name, one in fresh.items()}
    file.write_text(page(columns | fresh, SERVERS if servers else HEAD), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
