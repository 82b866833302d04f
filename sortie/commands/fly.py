"""`sortie fly PLAN`: fly plans to their end, with one vehicle or many."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from autopilot.mission.plan import Plan
from sortie.assembly.program import Program, specs_of
from sortie.commands.flying import (
    COUNTDOWN,
    compare_rounds,
    fly_round,
    item_without_end,
    places_of,
    print_result,
    report_of,
    summary_of,
    write_pages,
)
from sortie.commands.progress import Progress, progress_of
from sortie.config.errors import UserError
from sortie.config.files import make_folder
from sortie.config.given import GivenOptions
from sortie.config.options import EXPECT, FLIGHT_REPORT, GO_AT, JSON, PLAN, REPEAT, WITHIN
from sortie.config.settings import Settings
from sortie.config.vehicle_spec import VehicleSpec
from sortie.config.words import counted
from sortie.nodes.plan_file import check_reach, load_plan, moved_plan, read_plan, start_of
from sortie.reading.logs import read_log
from sortie.reports.comparison import WITHIN_M, Since, begin_of
from sortie.runtime.runtime import Runtime


def fly(given: GivenOptions) -> int:
    """Fly plans. Status 0 when every mission was completed, or with --expect when every flight was like the given one;
    1 when not; 2 on bad input."""
    settings = given.settings()
    specs, plans = _plans(given, settings)
    pages, expected = given[FLIGHT_REPORT], given[EXPECT]
    if pages is not None:
        make_folder(pages, f"--report {pages}")
    if expected is None and given[WITHIN] is not None:
        raise UserError("--within needs --expect LOG")
    if expected is not None and not settings.telemetry_log:
        raise UserError("this compares logs; leave out --no-telemetry-log", option="expect", given=str(expected))
    if expected is not None and len(specs) > 1:
        raise UserError("only one vehicle can be compared, not a fleet", option="expect", given=str(expected))
    reference = None if expected is None else read_log(expected)
    if reference is not None:
        begin_of(reference, Since.ARMED)  # an unsuitable log is reported before the flight
    with Program(settings, specs, defaults=COUNTDOWN) as run:
        for spec, plan in zip(run.vehicles.specs, plans, strict=True):
            if run.controller is None:
                hint = "leave out --home or move it" if run.alone else f"vehicle {spec.label} stands too far away"
                check_reach(plan, spec.home, hint)
        runtime = run.begin(default_speedup=1.0, running=True)
        for service, plan in zip(run.vehicles.services, plans, strict=True):
            load_plan(service, plan)  # before the first HEARTBEAT, after which a ground station asks for the mission
        run.open_links()
        progress = progress_of(run)
        items = counted(len(plans[0].items), "item")
        what = f"{given[PLAN]}, {items}, with {run.kinds}" if run.alone else f"{len(plans)} vehicles"
        progress.terminal.say(f"sortie: flying {what}")
        endless = item_without_end(run, plans[0]) if run.alone and run.controller is None else None
        if endless is not None:
            progress.terminal.say(f"sortie: {endless}")
        run.load()
        places = places_of(run, runtime, progress)
        if places is None:
            return runtime.signals.exit_status or 0
        if run.controller is not None:
            check_reach(plans[0], places[0], hint="take the plan for this place")
        progress.terminal.start()
        try:
            rounds = _fly_all(run, runtime, progress, given[REPEAT], given[GO_AT])
        finally:
            progress.terminal.stop()
        if runtime.signals.exit_status is None:
            for fault in dict.fromkeys(fault for service in run.vehicles.services for fault in service.faults.waiting):
                progress.terminal.say(f"sortie: fault {fault} did not begin: the flight was over before")
        if pages is not None:
            write_pages(run, rounds, plans, pages)
        if reference is not None and runtime.signals.exit_status is None:
            compare_rounds(rounds, reference, given[WITHIN] or WITHIN_M, pages)
        print_result(summary_of(rounds), given[JSON])
        if runtime.signals.exit_status is not None:
            return runtime.signals.exit_status
        if reference is not None:
            return 0 if all(flight["expected"]["same"] for flight in rounds) else 1
        return 0 if all(flight["result"] == "completed" for flight in rounds) else 1


def _plans(given: GivenOptions, settings: Settings) -> tuple[list[VehicleSpec], list[Plan]]:
    if settings.is_fleet and settings.fleet is not None:
        return _plans_of_file(given, settings)
    path = given[PLAN]
    if path is None:
        raise UserError("Missing argument 'PLAN' (see sortie fly --help)")
    plan = read_plan(path)
    specs = specs_of(settings, start_of(plan))
    return specs, [moved_plan(plan, spec.offset) for spec in specs]


def _plans_of_file(given: GivenOptions, settings: Settings) -> tuple[list[VehicleSpec], list[Plan]]:
    if given[PLAN] is not None:
        raise UserError(f"{given[PLAN]}: the --fleet file names what is flown; leave one of the two out")
    read: dict[Path, Plan] = {}
    plans = []
    for spec in specs_of(settings):
        if spec.plan is None:
            raise UserError(f"--fleet {settings.fleet}: vehicle {spec.label} has no plan; each needs one to fly")
        if spec.plan not in read:
            try:
                read[spec.plan] = read_plan(spec.plan)
            except UserError as error:
                raise error.within(spec.source) from None
        plans.append(moved_plan(read[spec.plan], spec.offset))
    # Without a given home, vehicles stand at the start of the first plan.
    return specs_of(settings, start_of(next(iter(read.values())))), plans


def _fly_all(run: Program, runtime: Runtime, progress: Progress, repeat: int, go_at_s: float) -> list[dict[str, Any]]:
    """Fly up to `repeat` rounds and return their reports. A signal, or an incomplete round, ends the series."""
    rounds: list[dict[str, Any]] = []
    for _ in range(repeat):
        began_s = time.monotonic()
        flown = fly_round(run, runtime, progress, go_at_s=go_at_s)
        rounds.append(report_of(run, flown, began_s))
        if runtime.signals.exit_status is not None or rounds[-1]["result"] != "completed":
            break
    return rounds
