"""`sortie serve`: the service, until it is stopped."""

from __future__ import annotations

import sys

from sortie.commands.build import Program
from sortie.commands.progress import Progress, last_word
from sortie.config.given import Given
from sortie.config.options import PRINT_FLEET
from sortie.logs.terminal import run_log_shown


def serve(given: Given) -> int:
    """Run until SIGTERM (status 0) or Ctrl-C (status 130)."""
    if given[PRINT_FLEET]:
        from sortie.config.fleet_file import EXAMPLE

        print(EXAMPLE, end="")
        return 0
    settings = given.settings()
    if settings.is_fleet:
        from sortie.commands.fleet import serve_fleet  # one vehicle does without

        return serve_fleet(settings)
    with Program(settings) as run:
        runtime = run.begin(default_speedup=1.0)
        progress = Progress(run.service)
        run.open_links()
        kind = run.service.autopilot.facts.vehicle_class.name
        print(f"sortie: serving {kind} on {', '.join(settings.links)}", file=sys.stderr, flush=True)
        with last_word(runtime.signals, run.log_dir), run_log_shown(progress.terminal):
            runtime.load()
            runtime.run(lambda: run.reboot, progress.refresh)
    if run.reboot:
        run.boot_anew()
    return runtime.signals.exit_status or 0
