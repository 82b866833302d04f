"""`sortie demo`: serve a vehicle, load a sample mission, fly it with live progress, continue to serve."""

from __future__ import annotations

import time

from sortie.api.sample import sample
from sortie.assembly.program import Program, specs_of
from sortie.commands.flying import COUNTDOWN, fly_round, places_of, print_result, report_of
from sortie.commands.progress import last_word, progress_of
from sortie.config.given import GivenOptions
from sortie.config.options import JSON, ONCE
from sortie.logs.terminal import run_log_shown
from sortie.runtime.share import never


def demo(given: GivenOptions) -> int:
    """Fly the sample mission. Status 0 when all flights are completed (or were stopped while serving), otherwise 1."""
    settings, once = given.settings(), given[ONCE]
    began_s = time.monotonic()
    defaults = {**COUNTDOWN, "FM_AUTO_GO": 2.0}
    with Program(settings, specs_of(settings), temporary_state=True, defaults=defaults) as run:
        runtime = run.begin(default_speedup=1.0, running=once)
        progress = progress_of(run)
        places = places_of(run, runtime, progress)
        if places is None:
            return runtime.signals.exit_status or 0
        # Before the first HEARTBEAT: a ground station asks for the mission half a second after it, and only once.
        heading = settings.home[1] if settings.home is not None else 0.0
        for service, place in zip(run.vehicles.services, places, strict=True):
            items = sample(service.autopilot.facts.vehicle_class, place, heading)
            service.autopilot.plans.replace(0, items)
        run.open_links()
        progress.terminal.say(f"sortie: demo with {run.kinds}; connect a ground station: {run.open_at}")
        run.load()
        progress.terminal.start()
        try:
            flown = fly_round(run, runtime, progress, auto_go=True)
        finally:
            progress.terminal.stop()
        result = report_of(run, flown, began_s)
        if runtime.signals.exit_status is None and not once:
            print_result(result, as_json=False)
            progress.terminal.say("sortie: the vehicle keeps running; Ctrl-C stops it")
            with last_word(runtime.signals, run.settings.logs), run_log_shown(progress.terminal, progress.shown_level):
                runtime.run(never, progress.refresh)
            return runtime.signals.exit_status or 0
        print_result(result, given[JSON])
        if runtime.signals.exit_status is not None:
            return runtime.signals.exit_status
        return 0 if result["result"] == "completed" else 1
