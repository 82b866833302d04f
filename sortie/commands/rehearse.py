"""`sortie rehearse PLAN`: check whether a plan will work, and explain what will not."""

from __future__ import annotations

import json
import os
import sys

from sortie.config.errors import UserError
from sortie.config.files import check_place, make_folder, write_file
from sortie.config.given import GivenOptions
from sortie.config.options import (
    BATTERY,
    FROM_LOG,
    JSON,
    JUNIT,
    KEEP,
    METADATA_VEHICLE,
    PLAN,
    REHEARSAL_FLIGHTS,
    REHEARSAL_HOME,
    REHEARSAL_PARAMETERS,
    REHEARSAL_REPORT,
    SARIF,
    STATIC,
    WIND,
)
from sortie.config.parameters import given_parameters
from sortie.config.settings import Settings
from sortie.config.wind import WindProfile
from sortie.config.words import counted
from sortie.nodes.plan_file import read_plan
from sortie.rehearsal.calibration import calibrate
from sortie.rehearsal.fits import Calibration
from sortie.rehearsal.rehearse import FlightSettings, judged
from sortie.rehearsal.report import as_json, as_junit, as_sarif, lines


def rehearse(given: GivenOptions) -> int:
    """Rehearse a plan. Status 0 go, 1 no-go, 2 on bad input."""
    plan, spec, home = given[PLAN], given[METADATA_VEHICLE], given[REHEARSAL_HOME]
    if plan is None:
        raise UserError("Missing argument 'PLAN' (see sortie rehearse --help)")
    params, warnings = given_parameters(given[REHEARSAL_PARAMETERS], spec.frame)
    for warning in warnings:
        print(f"sortie: {warning}", file=sys.stderr)
    for row in (JUNIT, SARIF, KEEP):
        check_place(given[row], f"--{row.name}")
    flights, wind = 0 if given[STATIC] else given[REHEARSAL_FLIGHTS], given[WIND]
    calibration = _calibrated(given, spec.frame)
    if not flights and not given[STATIC] and not WIND.is_default(wind):
        raise UserError("--wind needs --flights N")
    pages = given[REHEARSAL_REPORT]
    if pages is not None:
        make_folder(pages, f"--report {pages}")
    if calibration is not None:
        params = {**calibration.params, **params}
        if WIND.is_default(wind) and calibration.wind is not None:
            wind = WindProfile.same(*calibration.wind)
    flying = FlightSettings(flights, wind, given[BATTERY], processes=os.cpu_count() or 1)
    if flights:
        print(f"sortie: rehearsing {plan}, {counted(flights, 'flight')}", file=sys.stderr, flush=True)
    place = None if home is None else home[0]
    found = judged(
        read_plan(plan), spec.frame, place, params, flying, given[Settings.terrain], given[Settings.obstacles]
    )
    if (junit := given[JUNIT]) is not None:
        write_file(junit, as_junit(found, plan.name))
    if (sarif := given[SARIF]) is not None:
        write_file(sarif, as_sarif(found, plan, plan.read_text(encoding="utf-8-sig")))
    if pages is not None:
        from sortie.rehearsal.page import rehearsal_page

        page = pages / f"rehearsal-{plan.stem}.html"
        write_file(page, rehearsal_page(found, plan.name))
        print(f"sortie: {page}", file=sys.stderr)
    if given[JSON]:
        calibrated = {} if calibration is None else {"calibration": calibration.as_json()}
        print(json.dumps(as_json(found) | calibrated), flush=True)
    else:
        print("\n".join([*lines(found), *(() if calibration is None else calibration.lines())]), flush=True)
    return 0 if found.go else 1


def _calibrated(given: GivenOptions, kind: str) -> Calibration | None:
    """Calibrate by the log of --from, and write the result where --keep says."""
    log, keep = given[FROM_LOG], given[KEEP]
    if log is None:
        if keep is not None:
            raise UserError("--keep needs --from LOG")
        return None
    calibration = calibrate(log, f"sim:{kind}")
    if keep is not None:
        write_file(keep, calibration.as_param())
    return calibration
