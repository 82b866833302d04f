"""Rehearse every plan in a folder: one JUnit file and one SARIF file for all of them. For CI; see check-plans.yml.

    python check_plans.py missions --junit plans.xml --sarif plans.sarif [--vehicle sim:rover] [--flights 20 --wind 5,9]

Status 0 when all are a go, 1 when one is not, 2 when one cannot be read (it is in both files, too), or there is none.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from xml.etree import ElementTree

import sortie
from sortie.rehearsal.report import as_junit, as_sarif

PLANS = (".plan", ".waypoints")
UNREADABLE = {
    "id": "unreadable",
    "shortDescription": {"text": "The file is no plan that could be uploaded."},
    "defaultConfiguration": {"level": "error"},
}


def main(words: list[str]) -> int:
    given = arguments(words)
    plans = sorted(path for path in given.folder.rglob("*") if path.suffix in PLANS)
    if not plans:
        print(f"{given.folder}: no plans ({', '.join(PLANS)})", file=sys.stderr)
        return 2
    suites, run, status = ElementTree.Element("testsuites"), None, 0
    unreadable: list[tuple[Path, str]] = []
    for plan in plans:
        shown = Path(os.path.relpath(plan))  # forges know files by their path in the repository
        try:
            found = sortie.rehearse(plan, vehicle=given.vehicle, flights=given.flights, wind=given.wind)
        except sortie.UserError as error:
            unreadable.append((shown, str(error)))
            suites.append(broken(shown, str(error)))
            print(f"{shown}: {error}")
            status = 2
            continue
        print(f"{shown}: {found.verdict}")
        status = max(status, 0 if found.go else 1)
        suites.append(ElementTree.fromstring(as_junit(found, shown.as_posix()).encode()))
        one = json.loads(as_sarif(found, shown, plan.read_text(encoding="utf-8-sig")))
        if run is None:
            run = one
        else:
            run["runs"][0]["results"] += one["runs"][0]["results"]
    if run is None:  # not one of them could be read
        run = {
            "version": "2.1.0",
            "runs": [{"tool": {"driver": {"name": "sortie rehearse", "rules": []}}, "results": []}],
        }
    if unreadable:
        run["runs"][0]["tool"]["driver"]["rules"].append(UNREADABLE)
        run["runs"][0]["results"] += [result(plan, text) for plan, text in unreadable]
    given.junit.write_bytes(ElementTree.tostring(suites, xml_declaration=True, encoding="utf-8"))
    given.sarif.write_text(json.dumps(run, indent=1), encoding="utf-8")
    return status


def arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Rehearse every plan in a folder.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--junit", type=Path, required=True)
    parser.add_argument("--sarif", type=Path, required=True)
    parser.add_argument("--vehicle", default="sim:copter")
    parser.add_argument("--flights", type=int, default=0, help="fly each so often, too")
    parser.add_argument("--wind", type=wind, default=(0.0, 0.0, None), help="MEAN,GUST in m/s, or a wind file")
    return parser.parse_args(words)


def wind(text: str) -> tuple[float, float, None] | Path:
    try:
        mean, gust = map(float, text.split(","))
    except ValueError:
        return Path(text)
    return mean, gust, None


def broken(plan: Path, text: str) -> ElementTree.Element:
    suite = ElementTree.Element("testsuite", name=f"sortie rehearse {plan}", tests="1", failures="0", errors="1")
    case = ElementTree.SubElement(suite, "testcase", classname=plan.as_posix(), name="unreadable")
    ElementTree.SubElement(case, "error", message=text)
    return suite


def result(plan: Path, text: str) -> dict[str, object]:
    place = {"artifactLocation": {"uri": plan.as_posix()}, "region": {"startLine": 1}}
    return {
        "ruleId": "unreadable",
        "level": "error",
        "message": {"text": text},
        "locations": [{"physicalLocation": place}],
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
