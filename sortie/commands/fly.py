"""`sortie fly PLAN`: fly one plan file to its end."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Annotated

import typer

from sortie import options
from sortie.assembly import Assembly
from sortie.commands.flying import fly_once, print_result, report_of
from sortie.plan_file import check_reach, load_plan, read_plan, start_of
from sortie.progress import Progress
from sortie.settings import resolve


def fly(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="A .plan, .waypoints or .txt file.")],
    as_json: options.Json = False,
    vehicle: options.Vehicle = None,
    home: options.Home = None,
    speedup: options.Speedup = None,
    seed: options.Seed = None,
    param: options.Param = None,
    fault: options.FaultOption = None,
    link: options.Link = None,
    sysid: options.Sysid = None,
    state_dir: options.StateDir = None,
    log_dir: options.LogDir = None,
    log_format: options.LogFormat = None,
    telemetry_log: options.TelemetryLog = None,
    config: options.Config = None,
) -> int:
    """Status 0 when the mission was completed, 1 when not, 2 on bad input."""
    flags = {name: value for name, value in locals().items() if name not in ("plan", "as_json", "config")}
    settings = resolve(flags, config, os.environ)
    loaded = read_plan(plan)
    began_s = time.monotonic()
    with Assembly(settings, start=start_of(loaded)) as run:
        check_reach(loaded, run.home)
        loop = run.make_loop(default_speedup=1.0, running=True)
        loop.install_signals()
        run.open_links()
        loop.greet()
        progress = Progress(run.service)
        progress.say(f"sortie: flying {plan}, {len(loaded.items)} items, with {settings.vehicle.frame}")
        run.service.load()
        load_plan(run.service, loaded)
        progress.start()
        try:
            flight, took_s = fly_once(run, loop, progress)
        finally:
            progress.stop()
        print_result(report_of(run, flight, took_s, began_s), as_json)
        if loop.exit_status is not None:
            return loop.exit_status
        return 0 if flight.result.result == "completed" else 1
