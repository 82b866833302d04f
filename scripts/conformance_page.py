"""Writes docs/conformance.md from results of `sortie conform --report`: a column for each vehicle, and what it does not
keep. `python -m scripts.conformance_page FILE.json ...`; `--servers` writes docs/conformance-servers.md, of libraries
that answer as a vehicle. Files of one vehicle that was judged in parts are one column."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

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
not be carried out. A deviation is a sentence
of the guide that this run did not find kept; that may be a choice, and is often the older custom. A known issue is a
public one in which ArduPilot's way is discussed, open or closed. PX4 (main of May 2025, the 1.16 line) was judged with
its own physics at real time; some of its deviations about plans may follow from others, since it answers nothing about
plans while it is busy with one that a case has left.
"""
KNOWN = {
    "identity.parameter-encoding": "ArduPilot/mavlink/issues/378",
    "ping.answered": "ArduPilot/ardupilot/issues/21311",
    "parameter.read.unknown-told": "mavlink/mavlink/pull/2344",
    "upload.asked-by-int": "ArduPilot/ardupilot/pull/15067",
    "upload.cancelled": "mavlink/mavlink-devguide/pull/157",
    "download.int-for-floats": "mavlink/mavlink/issues/1285",
    "clear-all-types": "mavlink/mavlink/issues/1575",
}
"""Issues on GitHub, by a case's name or its end."""


def whole(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Vehicles, the cases of each in one."""
    vehicles: dict[tuple[str, str], dict[str, Any]] = {}
    for part in parts:
        known = vehicles.setdefault((part["vehicle"], part["revision"]), part | {"cases": []})
        known["cases"] += part["cases"]
        known["counts"] = Counter(case["verdict"] for case in known["cases"])
    return list(vehicles.values())


def page(vehicles: list[dict[str, Any]], head: str = HEAD) -> str:
    """The whole page."""
    names = [f"{vehicle['vehicle']} {vehicle['revision'][:8]}".strip() for vehicle in vehicles]
    lines = [head, "| | " + " | ".join(names) + " |", "| --- |" + " --- |" * len(vehicles)]
    for label, verdict in (("kept", "pass"), ("not kept", "fail"), ("n/a", "not applicable"), ("untested", "untested")):
        cells = [str(vehicle["counts"].get(verdict, 0)) for vehicle in vehicles]
        lines.append(f"| {label} | {' | '.join(cells)} |")
    lines += ["", "Kept of those that apply, by service:", "", "| service | " + " | ".join(names) + " |"]
    lines.append("| --- |" + " --- |" * len(vehicles))
    services = dict.fromkeys(case["service"] for vehicle in vehicles for case in vehicle["cases"])
    for service in services:
        lines.append(f"| {service} | {' | '.join(_share(vehicle, service) for vehicle in vehicles)} |")
    lines += ["", "## Deviations", "", "| case | weight | asks | known issue | " + " | ".join(names) + " |"]
    lines.append("| --- | --- | --- | --- |" + " --- |" * len(vehicles))
    columns = [{case["name"]: case for case in vehicle["cases"]} for vehicle in vehicles]
    for name in dict.fromkeys(name for column in columns for name in column):
        told = [column[name] for column in columns if name in column]
        if any(case["verdict"] == "fail" for case in told):
            case = told[0]
            cells = [_cell(column.get(name)) for column in columns]
            link = f"[{name}](https://mavlink.io/en/{case['page']})"
            lines.append(f"| {link} | {case['level']} | {case['says']} | {_known(name)} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _known(name: str) -> str:
    """Link to the public issue about a case."""
    place = next((place for end, place in KNOWN.items() if name == end or name.endswith(f".{end}")), None)
    return "" if place is None else f"[{place.split('/')[1]} {place.split('/')[-1]}](https://github.com/{place})"


def _share(vehicle: dict[str, Any], service: str) -> str:
    counts = Counter(case["verdict"] for case in vehicle["cases"] if case["service"] == service)
    judged = counts["pass"] + counts["fail"]
    return f"{counts['pass']} of {judged}" if judged else "untested" if counts["untested"] else "n/a"


def _cell(case: dict[str, Any] | None) -> str:
    if case is None:
        return ""
    why = case["why"].partition(", but")[0] if case["verdict"] == "fail" else ""
    told = {"pass": "kept", "fail": "not kept", "not applicable": "n/a"}.get(case["verdict"], case["verdict"])
    return f"{told}: {why}".replace("|", "/")[:140] if why else told


if __name__ == "__main__":
    servers = "--servers" in sys.argv
    files = [Path(word) for word in sys.argv[1:] if word != "--servers"]
    told = page(whole([json.loads(file.read_text(encoding="utf-8")) for file in files]), SERVERS if servers else HEAD)
    (DOCS / ("conformance-servers.md" if servers else "conformance.md")).write_text(told, encoding="utf-8")
