"""Sortie's own vehicle, judged by every case in virtual time: as ArduPilot and as PX4, with a camera and a gimbal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

import sortie.conform
from sortie.conform.case import Obligation, Verdict
from sortie.conform.cases import all_cases
from sortie.conform.examination import Examination
from tests.fakes.conformity import judged

ARDUPILOT: Mapping[str, str] = {
    "identity.parameter-encoding": "ArduPilot 4.6 sets neither bit",
    "command.frame-result": "ArduPilot 4.6 and 4.7 answer DENIED",
    "command.other-component": "as ArduPilot: what is for a component that nobody has heard of is the autopilot's",
    "parameter.read.other-component": "the same",
    "parameter.set.other-component": "the same",
    "parameter.read.unknown-told": "ArduPilot 4.6 is silent; PARAM_ERROR is newer",
    "*.upload.asked-by-int": "as ArduPilot: the first request is MISSION_REQUEST, which every station understands",
    "*.upload.wrong-seq-is-no-error": "as ArduPilot: stations pass over INVALID_SEQUENCE",
    "*.download.int-for-floats": "as ArduPilot: who asks by MISSION_REQUEST is answered in that form",
}
"""Sentences that are not kept as ArduPilot, none of them a MUST, and why."""
PX4: Mapping[str, str] = {
    "parameter.read.unknown-told": "PX4 1.16 is silent; PARAM_ERROR is newer",
    "*.download.int-for-floats": "as PX4: who asks by MISSION_REQUEST is answered in that form",
}
"""The like as PX4."""


def test_each_row_is_a_case() -> None:
    """A sentence that no exchange judges by would be promised in vain; plans of all kinds share theirs."""
    rows = json.loads(Path(sortie.conform.__file__).with_name("cases.json").read_text(encoding="utf-8"))
    told = {f"{service}.{name}" for service, chapter in rows.items() if service != "about" for name in chapter["cases"]}
    judged_by = {case.name for case in all_cases()}
    assert {f"plan.{name.partition('.')[2]}" for name in judged_by if name.startswith("mission.")} <= told
    assert {name for name in told if not name.startswith("plan.")} <= judged_by


def not_kept(examination: Examination) -> set[str]:
    """Names of the cases that fail, those of all kinds of plans as one."""
    names = {result.case.name for result in examination.results if result.verdict is Verdict.FAIL}
    return {
        "*." + name.partition(".")[2] if name.split(".")[0] in ("mission", "fence", "rally") else name for name in names
    }


def reasons(examination: Examination) -> list[str]:
    return [f"{result.case.name}: {result.why}" for result in examination.results if result.verdict is Verdict.FAIL]


@pytest.mark.parametrize(
    ("kind", "firmware", "known"),
    [
        ("sim:copter", "ardupilot", ARDUPILOT),
        ("sim:rover", "ardupilot", ARDUPILOT),
        ("sim:quadplane", "ardupilot", ARDUPILOT),
        ("sim:copter", "px4", PX4),
    ],
)
def test_every_case_is_kept_or_has_a_reason(kind: str, firmware: str, known: Mapping[str, str]) -> None:
    """No MUST fails; what else fails is in the table, and nothing in the table has come to pass. None is untested."""
    examination = judged(kind=kind, firmware=firmware)
    assert len(examination.results) == len(all_cases())
    musts = [
        result.case.name
        for result in examination.results
        if result.verdict is Verdict.FAIL and result.case.level is Obligation.MUST
    ]
    assert musts == [] and not_kept(examination) == set(known), reasons(examination)
    assert examination.not_put_back == []
    assert [result.case.name for result in examination.results if result.verdict is Verdict.UNTESTED] == []


def test_there_are_enough_cases_and_each_cites_a_page() -> None:
    """Names are unique; each case says what it judges and where that stands."""
    cases = all_cases()
    assert len(cases) >= 430 and len({case.name for case in cases}) == len(cases)
    assert len({case.service for case in cases}) >= 22
    assert all(case.says and case.page.partition("/")[0] in ("services", "guide", "messages") for case in cases)
