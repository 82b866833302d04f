"""`sortie loop`: the depot and its vehicle, sortie after sortie."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from autopilot.vehicles.kinds import COPTER
from sortie.config import options
from sortie.config.errors import UserError
from sortie.config.parameters import given_parameters
from sortie.config.settings import Settings, VehicleSpec


def loop(
    *,
    profile: Annotated[
        str | None, typer.Option("--profile", metavar="NAME|FILE", help="space (default), drone-box or a TOML file.")
    ] = None,
    sorties: Annotated[
        str | None, typer.Option("--sorties", metavar="N", help="End after N sorties, restarts included.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="DIR", help="Write a report (HTML, JSON, CSV) into DIR.")
    ] = None,
    print_profile: Annotated[
        str | None, typer.Option("--print-profile", metavar="NAME", help="Print a profile to start from, and exit.")
    ] = None,
    recover: Annotated[
        bool,
        typer.Option(
            "--recover", help="Take back a vehicle that was lost and reports, or that a restart has found in the air."
        ),
    ] = False,
    confirm_relaunch: Annotated[
        bool, typer.Option("--confirm-relaunch", help="Ask before each relaunch (phase 8).")
    ] = False,
    as_json: options.Json = False,
    given: options.LoopRun,
) -> int:
    """Status 0 done or stopped, 1 retired or lost, 2 bad input, 3 total abort, 130 Ctrl-C."""
    from sortie.loop.faults import parse_loop_fault
    from sortie.loop.profile import load_profile, profile_text
    from sortie.loop.start import Start, run_loop
    from sortie.loop.vehicles import vehicle_of

    if print_profile is not None:
        sys.stdout.write(profile_text(print_profile))
        return 0
    settings = given.settings()
    faults = [parse_loop_fault(text) for text in settings.fault]
    total = None if sorties is None else _count(sorties)
    loaded, _ = load_profile("space" if profile is None else profile)
    flies = given.vehicle is not None or settings.vehicle != VehicleSpec()
    vehicle, warning = vehicle_of(loaded, settings.vehicle if flies else None)
    if warning is not None:
        print(f"sortie: {warning}", file=sys.stderr)
    _warn_of_the_rest(given, settings)
    given_seed = None if given.seed is None and "SORTIE_SEED" not in os.environ else settings.seed
    return run_loop(Start(
        profile=loaded, settings=settings, faults=faults, vehicle=vehicle, total=total, seed=given_seed,
        confirm=confirm_relaunch, recover=recover, report=report, as_json=as_json,
    ))  # fmt: skip


#: Flags of `Run` that mean something to a loop.
_APPLY = frozenset({"vehicle", "speedup", "seed", "fault", "link", "insecure", "signing_key", "state_dir",
                    "log_dir", "strategy", "home"})  # fmt: skip


def _warn_of_the_rest(given: options.LoopRun, settings: Settings) -> None:
    """What is ignored is checked all the same."""
    given_parameters(settings.param, COPTER.name)
    for name in given.flags():
        if name not in _APPLY:
            print(f"sortie: --{name.replace('_', '-')} is ignored: it says nothing about a loop", file=sys.stderr)


def _count(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = 0
    if not 1 <= value <= 10_000_000:
        raise UserError(f"--sorties {text}: expected a whole number from 1 to 10000000")
    return value
