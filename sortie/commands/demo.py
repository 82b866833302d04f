"""`sortie demo`: serve, load a sample mission, fly it with live progress, go on serving."""

from __future__ import annotations

import time

from sortie.api.sample import square
from sortie.commands.build import Program
from sortie.commands.flying import COUNTDOWN, fly_once, place_of, print_result, report_of
from sortie.commands.progress import Progress, last_word
from sortie.config.errors import UserError
from sortie.config.given import Given
from sortie.config.options import JSON, ONCE
from sortie.logs.terminal import run_log_shown
from sortie.runtime.share import never


def demo(given: Given) -> int:
    """Status 0 when the flight was completed (or was stopped while serving), 1 when not."""
    settings, once = given.settings(), given[ONCE]
    if settings.is_fleet:
        raise UserError("a demo flies one vehicle; use sortie serve, or sortie fly, for a fleet")
    began_s = time.monotonic()
    with Program(settings, temporary_state=True, defaults={**COUNTDOWN, "FM_AUTO_GO": 2.0}) as run:
        runtime = run.begin(default_speedup=1.0, running=once)
        progress = Progress(run.service)
        kind = run.service.autopilot.facts.vehicle_class.name
        place = place_of(run, runtime, progress)
        if place is None:
            return runtime.signals.exit_status or 0
        # Before a ground station hears the first HEARTBEAT: it asks for the mission half a second later, and only then.
        heading = settings.home[1] if settings.home is not None else 0.0
        items = square(place, heading, takeoff=run.service.autopilot.facts.vehicle_class.flies)
        run.service.autopilot.plans.replace(0, items)
        run.open_links()
        progress.terminal.say(f"sortie: demo with {kind}; connect a ground station: {', '.join(settings.links)}")
        runtime.load()
        progress.terminal.start()
        try:
            flight, took_s = fly_once(run, runtime, progress, auto_go=run.service.parameters["FM_AUTO_GO"] > 0.0)
        finally:
            progress.terminal.stop()
        result = report_of(run, flight, took_s, began_s)
        if runtime.signals.exit_status is None and not once:
            print_result(result, as_json=False)
            progress.terminal.say("sortie: still serving; Ctrl-C ends it")
            with last_word(runtime.signals, run.log_dir), run_log_shown(progress.terminal):
                runtime.run(never, progress.refresh)
            return runtime.signals.exit_status or 0
        print_result(result, given[JSON])
        if runtime.signals.exit_status is not None:
            return runtime.signals.exit_status
        return 0 if flight.result.result == "completed" else 1
