"""`sortie serve`: run vehicles until they are stopped."""

from __future__ import annotations

from sortie.assembly.program import Program, specs_of
from sortie.commands.progress import last_word, progress_of
from sortie.config.given import GivenOptions
from sortie.config.options import PRINT_FLEET
from sortie.logs.terminal import run_log_shown


def serve(given: GivenOptions) -> int:
    """Serve until SIGTERM (status 0) or Ctrl-C (status 130)."""
    if given[PRINT_FLEET]:
        from sortie.config.fleet_file import EXAMPLE

        print(EXAMPLE, end="")
        return 0
    settings = given.settings()
    with Program(settings, specs_of(settings), restarts=True) as run:
        runtime = run.begin(default_speedup=1.0)
        progress = progress_of(run)
        run.open_links()
        what = run.kinds if run.alone else f"{run.kinds},"
        with last_word(runtime.signals, run.settings.logs), run_log_shown(progress.terminal, progress.shown_level):
            progress.terminal.say(f"sortie: serving {what} on {run.open_at}")
            run.load()
            runtime.run(lambda: run.reboot, progress.refresh)
    status = runtime.signals.exit_status
    if run.reboot and status is None:  # a signal may come in the turn of a reboot
        run.boot_anew()
    return status or 0
