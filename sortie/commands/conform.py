"""`sortie conform URL`: test cases about the MAVLink of any vehicle."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from sitl.child import SitlError
from sitl.launchers import LAUNCHERS
from sortie.api.begin import spec_of
from sortie.config.conform_options import (
    JUDGED_BESIDE,
    JUDGED_FIRMWARE,
    JUDGED_LOSS,
    JUDGED_PARAMETERS,
    JUDGED_RADIO,
    JUDGED_REPORT,
    JUDGED_SEED,
    JUDGED_SYSTEM,
    JUDGED_URL,
    JUDGED_VEHICLE,
    LIST_CASES,
    MAY_FLY,
    ONLY,
)
from sortie.config.errors import UserError, nearest
from sortie.config.files import check_place, make_folder, text_of, write_file
from sortie.config.given import GivenOptions
from sortie.config.options import JSON, JUNIT
from sortie.config.parameters import given_parameters
from sortie.config.radio import radio_of
from sortie.config.values import DEFAULT_HOME, VehicleSource
from sortie.config.words import counted
from sortie.conform.case import CaseResult, ConformityCase, Obligation, Verdict
from sortie.conform.cases import all_cases, chosen
from sortie.conform.examination import GONE_MS, Examination, ExaminationListener, ExaminationSettings, tries_on
from sortie.conform.facts import VehicleFound
from sortie.conform.judge import judge_link, judge_simulated
from sortie.conform.report import as_badge, as_json, as_junit, as_page, case_json, case_line, result_line, summary_lines

_PATIENCE_MS: Final = 1500
_SLOW_PATIENCE_MS: Final = 5000


def conform(given: GivenOptions) -> int:
    """Test a vehicle. Status 0 when every MUST is met, 1 when not, 2 on bad input, 130 after Ctrl-C."""
    cases = _cases(given[ONLY])
    if given[LIST_CASES]:
        as_lines = "\n".join(case_line(case) for case in cases)
        print(json.dumps([case_json(case) for case in cases]) if given[JSON] else as_lines)
        return 0
    beside = [_read(file) for file in given[JUDGED_BESIDE]]
    folder = given[JUDGED_REPORT]
    if folder is not None:
        make_folder(folder, f"--report {folder}")
    elif beside:
        raise UserError("--beside needs --report DIR, whose page has the columns")
    junit = given[JUNIT]
    check_place(junit, "--junit")
    examination = _examination(given, cases)
    _judge(given, examination)
    if examination.found.system == 0:
        if examination.interrupted:
            return 130
        raise UserError("no vehicle was heard: no HEARTBEAT of an autopilot came within 10 s", 1)
    judged = as_json(examination)
    if given[JSON]:
        print(json.dumps(judged), flush=True)
    else:
        print("\n".join(summary_lines(examination)), flush=True)
    if junit is not None:
        write_file(junit, as_junit(judged))
    if folder is not None:
        write_file(folder / "conformance.json", json.dumps(judged, indent=1) + "\n")
        write_file(folder / "conformance.html", as_page([judged, *beside]))
        write_file(folder / "conformance.svg", as_badge(judged))
    if examination.interrupted:
        return 130
    if examination.gone:
        left = counted(len(cases) - len(examination.results), "case")
        raise UserError(f"the vehicle has gone: nothing came for {GONE_MS // 1000} s; {left} not judged", 1)
    broken = any(
        result.verdict is Verdict.FAIL and result.case.level is Obligation.MUST for result in examination.results
    )
    return 1 if broken or examination.not_put_back else 0


def _cases(patterns: Sequence[str]) -> list[ConformityCase]:
    for pattern in patterns:
        if not chosen([pattern]):
            known = {case.service for case in all_cases()} | {case.name for case in all_cases()}
            raise UserError(f"--only {pattern}: no such case{nearest(pattern, known)}; --list has them")
    return chosen(patterns)


def _examination(given: GivenOptions, cases: Sequence[ConformityCase]) -> Examination:
    source = _source(given)
    loses = given[JUDGED_RADIO] is not None or given[JUDGED_LOSS] > 0.0 or source.kind == "link"
    settings = ExaminationSettings(
        _SLOW_PATIENCE_MS if given[JUDGED_RADIO] is not None else _PATIENCE_MS,
        tries=tries_on(given[JUDGED_LOSS]) if loses else 1,
        may_fly=given[MAY_FLY],
        system=given[JUDGED_SYSTEM],
    )
    return Examination(cases, settings, _notes(given[MAY_FLY]))


def _notes(may_fly: bool) -> ExaminationListener:
    def case(case: ConformityCase) -> None:
        if case.will and may_fly:
            print(f"sortie: {case.name}: {case.will}", file=sys.stderr, flush=True)

    def result(result: CaseResult) -> None:
        print(result_line(result), file=sys.stderr, flush=True)

    def found(vehicle: VehicleFound) -> None:
        print(f"sortie: {vehicle.title}, system {vehicle.system}", file=sys.stderr, flush=True)

    return ExaminationListener(case, result, found)


def _source(given: GivenOptions) -> VehicleSource:
    url, source = given[JUDGED_URL], given[JUDGED_VEHICLE]
    if url is not None and source is None:
        return VehicleSource("link", "", url)
    if url is None and source is not None:
        return source
    raise UserError("name one vehicle: its URL, or --vehicle SPEC (see sortie conform --help)")


def _judge(given: GivenOptions, examination: Examination) -> None:
    source, radio, seed = _source(given), radio_of(given[JUDGED_RADIO]), given[JUDGED_SEED]
    if source.kind == "sim":
        params, warnings = given_parameters(given[JUDGED_PARAMETERS], source.frame, given[JUDGED_FIRMWARE])
        for warning in warnings:
            print(f"sortie: {warning}", file=sys.stderr)
        spec = spec_of(
            f"sim:{source.frame}", "sortie conform", seed=seed, params=params, firmware=given[JUDGED_FIRMWARE]
        )
        judge_simulated(spec, examination, radio=radio, loss=given[JUDGED_LOSS])
    elif source.in_our_world:
        raise UserError(
            "conform tests a firmware in its own simulator: leave out ,world=ours", option="vehicle", given=str(source)
        )
    elif source.kind == "link":
        _ignore(given)
        judge_link(source.target, examination, radio=radio, seed=seed)
    else:
        _ignore(given)
        with tempfile.TemporaryDirectory(prefix="sortie-conform-") as folder:
            try:
                child = LAUNCHERS[source.kind](source.frame, source.target, DEFAULT_HOME, 1.0, Path(folder), {})
                try:
                    judge_link(child.address, examination, radio=radio, seed=seed)
                    child.check()
                finally:
                    child.stop()
            except SitlError as error:
                raise UserError(str(error), 1 if error.ended else 2) from error


def _ignore(given: GivenOptions) -> None:
    """Warn of options for a simulated vehicle."""
    for row in (JUDGED_PARAMETERS, JUDGED_FIRMWARE, JUDGED_LOSS):
        if not row.is_default(given[row]):
            print(f"sortie: --{row.name} is ignored: it is for --vehicle sim:KIND", file=sys.stderr)


def _read(file: Path) -> Any:
    hint = "expected a conformance.json that sortie conform has written"
    text = text_of(file, f"--beside {file}", hint)
    try:
        judged = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"--beside {file}: {error}; {hint}") from error
    if not isinstance(judged, dict) or "cases" not in judged:
        raise UserError(f"--beside {file}: {hint}")
    return judged
