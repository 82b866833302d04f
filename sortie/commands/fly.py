"""`sortie fly PLAN`: fly one plan file to its end."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from sortie.commands.build import Program
from sortie.commands.flying import COUNTDOWN, fly_once, place_of, print_result, report_of, summary_of
from sortie.commands.progress import Progress
from sortie.commands.report import page_of_flight, prepare_folder
from sortie.config.errors import UserError
from sortie.config.given import Given
from sortie.config.options import FLIGHT_REPORT, GO_AT, JSON, PLAN, REPEAT
from sortie.nodes.plan_file import check_reach, load_plan, read_plan, start_of
from sortie.runtime.runtime import Runtime


def fly(given: Given) -> int:
    """Status 0 when the mission was completed, 1 when not, 2 on bad input."""
    settings, plan = given.settings(), given[PLAN]
    if settings.is_fleet:
        from sortie.commands.fleet import fly_fleet  # one vehicle does without

        return fly_fleet(given, settings)
    if plan is None:
        raise UserError("Missing argument 'PLAN' (see sortie fly --help)")
    loaded = read_plan(plan)
    pages = given[FLIGHT_REPORT]
    if pages is not None:
        prepare_folder(pages)
    with Program(settings, start=start_of(loaded), defaults=COUNTDOWN) as run:
        if run.controller is None:
            check_reach(loaded, run.home)
        runtime = run.begin(default_speedup=1.0, running=True)
        load_plan(run.service, loaded)  # before the first HEARTBEAT: a ground station asks for the mission only then
        run.open_links()
        progress = Progress(run.service)
        kind = run.service.autopilot.facts.vehicle_class.name
        progress.terminal.say(f"sortie: flying {plan}, {len(loaded.items)} items, with {kind}")
        runtime.load()
        place = place_of(run, runtime, progress)
        if place is None:
            return runtime.signals.exit_status or 0
        check_reach(loaded, place, hint="take the plan for this place")
        progress.terminal.start()
        try:
            flights = _fly_all(run, runtime, progress, given[REPEAT], given[GO_AT])
        finally:
            progress.terminal.stop()
        if pages is not None:
            for flight in flights:
                flight["report"] = page_of_flight(Path(flight["logs"]), loaded, pages)
        print_result(summary_of(flights), given[JSON])
        if runtime.signals.exit_status is not None:
            return runtime.signals.exit_status
        return 0 if all(flight["result"] == "completed" for flight in flights) else 1


def _fly_all(run: Program, runtime: Runtime, progress: Progress, repeat: int, go_at_s: float) -> list[dict[str, Any]]:
    """Reports of up to `repeat` flights; a signal, or a flight that was not completed, ends the row."""
    flights: list[dict[str, Any]] = []
    for _ in range(repeat):
        began_s = time.monotonic()
        flight, took_s = fly_once(run, runtime, progress, go_at_s=go_at_s)
        flights.append(report_of(run, flight, took_s, began_s))
        if runtime.signals.exit_status is not None or flight.result.result != "completed":
            break
    return flights
