"""Results of an examination as lines, JSON, JUnit, a page that compares vehicles, and a badge.

Page and badge are made from the JSON form (`as_json`), so that results of other days can be compared.
"""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from xml.etree import ElementTree

from sortie.config.version import VERSION
from sortie.config.words import counted
from sortie.conform.case import GUIDE, CaseResult, ConformityCase, Obligation, Verdict
from sortie.conform.examination import Examination
from sortie.reports.page import html_page, wide_table

Judged = Mapping[str, Any]
"""Results of a vehicle from `as_json`."""
_SIGN: Final = {Verdict.PASS: "pass", Verdict.FAIL: "FAIL", Verdict.NOT_APPLICABLE: "n/a ", Verdict.UNTESTED: "----"}
_CLASS: Final = {"pass": "good", "fail": "bad", "not applicable": "", "untested": "look"}


def case_line(case: ConformityCase) -> str:
    flies = f" (--may-fly: {case.will})" if case.will else ""
    return f"{case.name:<36} {case.level.value:<6} {case.says}{flies} [{case.url}]"


def result_line(result: CaseResult) -> str:
    """Return a result on one line; a failure has its reason and the cited page."""
    case, again = result.case, f" (try {result.attempts})" if result.attempts > 1 else ""
    line = f"{_SIGN[result.verdict]} {case.name}{again}"
    if result.verdict is Verdict.PASS:
        return line
    if result.verdict is Verdict.FAIL:
        return f"{line}: {case.level.value}: {case.says}; {result.why} [{case.url}]"
    return f"{line}: {result.why}"


def summary_lines(examination: Examination) -> Iterator[str]:
    """Yield vehicle, number of each verdict, and failures."""
    results, found = examination.results, examination.found
    counts = Counter(result.verdict for result in results)
    services = {result.case.service for result in results}
    verdicts = ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict if counts[verdict])
    yield f"{found.title}: {counted(len(results), 'case')}, services: {len(services)}; {verdicts or 'none judged'}"
    for level in Obligation:
        failed = [result for result in results if result.verdict is Verdict.FAIL and result.case.level is level]
        if failed:
            yield f"{level.value}: {len(failed)} not kept: {', '.join(result.case.name for result in failed)}"
    for what in examination.not_put_back:
        yield f"NOT PUT BACK: {what}"


def as_json(examination: Examination) -> dict[str, Any]:
    """Return JSON values. `exchange` is that of failures."""
    found = examination.found
    return {
        "vehicle": found.title,
        "firmware": found.firmware,
        "release": found.release.strip(),
        "revision": found.revision,
        "judged_by": f"sortie {VERSION}",
        "counts": Counter(result.verdict.value for result in examination.results),
        "not_put_back": examination.not_put_back,
        "cases": [_case(result) for result in examination.results],
    }


def case_json(case: ConformityCase) -> dict[str, Any]:
    return {"name": case.name, "service": case.service, "level": case.level.name, "says": case.says, "page": case.page}


def _case(result: CaseResult) -> dict[str, Any]:
    return case_json(result.case) | {
        "verdict": result.verdict.value,
        "why": result.why,
        "exchange": list(result.exchange),
        "attempts": result.attempts,
    }


def as_junit(judged: Judged) -> str:
    """Return JUnit XML: a suite for each service."""
    root = ElementTree.Element("testsuites", name=f"sortie conform {judged['vehicle']}")
    suites: dict[str, ElementTree.Element] = {}
    for case in judged["cases"]:
        suite = suites.get(case["service"])
        if suite is None:
            suite = suites[case["service"]] = ElementTree.SubElement(root, "testsuite", name=case["service"])
        element = ElementTree.SubElement(suite, "testcase", classname=case["service"], name=case["name"])
        text = "\n".join((case["says"], GUIDE + case["page"], *case["exchange"]))
        if case["verdict"] == Verdict.FAIL.value:
            message = f"{Obligation[case['level']].value}: {case['why']}"
            ElementTree.SubElement(element, "failure", message=message).text = text
        elif case["verdict"] != Verdict.PASS.value:
            ElementTree.SubElement(element, "skipped", message=f"{case['verdict']}: {case['why']}")
    for name, suite in suites.items():
        cases = [case for case in judged["cases"] if case["service"] == name]
        suite.set("tests", str(len(cases)))
        for attribute, kinds in (("failures", [Verdict.FAIL]), ("skipped", [Verdict.NOT_APPLICABLE, Verdict.UNTESTED])):
            suite.set(attribute, str(sum(case["verdict"] in {kind.value for kind in kinds} for case in cases)))
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


# --- page -------------------------------------------------------------------------------------------------------------
def as_page(vehicles: Sequence[Judged]) -> str:
    """Return a page with a column for each vehicle: failures first, then all cases."""
    parts = [_heads(vehicles), "<h2>Not kept</h2>", _failures(vehicles)]
    services = dict.fromkeys(case["service"] for judged in vehicles for case in judged["cases"])
    parts += [f"<h2>{html.escape(service)}</h2>{_service(vehicles, service)}" for service in services]
    return html_page("How vehicles speak MAVLink", "".join(parts))


def _heads(vehicles: Sequence[Judged]) -> str:
    rows = "".join(
        f"<tr><th>{html.escape(judged['vehicle'])}</th><td>{html.escape(judged['revision'])}</td>"
        f"<td>{', '.join(f'{count} {verdict}' for verdict, count in judged['counts'].items())}</td>"
        f"<td><small>{html.escape(judged['judged_by'])}</small></td></tr>"
        for judged in vehicles
    )
    return wide_table("Vehicles", rows)


def _failures(vehicles: Sequence[Judged]) -> str:
    parts = []
    for judged in vehicles:
        for case in judged["cases"]:
            if case["verdict"] == Verdict.FAIL.value:
                exchange = html.escape("\n".join(case["exchange"]))
                parts.append(
                    f'<div class="verdict {"bad" if case["level"] == Obligation.MUST.name else "look"}">'
                    f"<p><b>{html.escape(judged['vehicle'])}: {_linked(case)}</b> {Obligation[case['level']].value}: "
                    f"{html.escape(case['says'])}. {html.escape(case['why'])}</p>"
                    f"<details><summary>exchange</summary><pre>{exchange}</pre></details></div>"
                )
    return "".join(parts) or '<div class="verdict good"><p>Everything was kept.</p></div>'


def _service(vehicles: Sequence[Judged], service: str) -> str:
    columns = [{case["name"]: case for case in judged["cases"]} for judged in vehicles]
    cases = {name: case for column in columns for name, case in column.items() if case["service"] == service}
    head = "".join(f"<th>{html.escape(judged['vehicle'])}</th>" for judged in vehicles)
    rows = "".join(
        f"<tr><td>{_linked(case)}</td><td>{Obligation[case['level']].value}</td><td>{html.escape(case['says'])}</td>"
        + "".join(_cell(column.get(name)) for column in columns)
        + "</tr>"
        for name, case in cases.items()
    )
    return wide_table(service, f"<tr><th>case</th><th></th><th></th>{head}</tr>{rows}")


def _linked(case: Mapping[str, Any]) -> str:
    return f'<a href="{html.escape(GUIDE + case["page"])}">{html.escape(case["name"])}</a>'


def _cell(case: Mapping[str, Any] | None) -> str:
    if case is None:
        return "<td></td>"
    why = html.escape(case["why"], quote=True)
    return f'<td class="{_CLASS[case["verdict"]]}" title="{why}">{case["verdict"]}</td>'


def as_badge(judged: Judged) -> str:
    """Return an SVG badge with the share of passed among applicable cases."""
    counts = judged["counts"]
    passed, failed = counts.get(Verdict.PASS.value, 0), counts.get(Verdict.FAIL.value, 0)
    broken = any(
        case["verdict"] == Verdict.FAIL.value and case["level"] == Obligation.MUST.name for case in judged["cases"]
    )
    colour = "#b3261e" if broken else "#8a5a00" if failed else "#00694e"
    text = f"{passed} of {passed + failed}"
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="180" height="20" role="img" '
        f'aria-label="MAVLink: {text}"><rect width="90" height="20" fill="#444"/>'
        f'<rect x="90" width="90" height="20" fill="{colour}"/>'
        '<g fill="#fff" font-family="sans-serif" font-size="11" text-anchor="middle">'
        f'<text x="45" y="14">MAVLink</text><text x="135" y="14">{text}</text></g></svg>\n'
    )
