"""`sortie loop`: a depot and its vehicle, sortie after sortie."""

from __future__ import annotations

import sys

from autopilot.vehicles.kinds import COPTER
from sortie.config.given import GivenOptions, ignored
from sortie.config.option import OptionScope
from sortie.config.options import CONFIRM_RELAUNCH, JSON, PRINT_PROFILE, PROFILE, RECOVER, REPORT, SORTIES
from sortie.config.parameters import given_parameters
from sortie.config.settings import Settings


def loop(given: GivenOptions) -> int:
    """Run a loop. Status 0 done or stopped, 1 retired or lost, 2 bad input, 3 total abort, 130 Ctrl-C."""
    from sortie.loop.faults import parse_loop_fault
    from sortie.loop.profile import load_profile, profile_of_kind, profile_text
    from sortie.loop.start import Start, run_loop
    from sortie.loop.vehicles import vehicle_of

    printed = given[PRINT_PROFILE]
    if printed is not None:
        sys.stdout.write(profile_text(printed))
        return 0
    settings = given.settings()
    faults = [parse_loop_fault(text) for text in settings.fault]
    loaded, old_names = load_profile(given[PROFILE])
    vehicle, warning = vehicle_of(loaded, settings.vehicle if Settings.vehicle.key in settings.given else None)
    if vehicle is not None and vehicle.frame in loaded.kinds:
        loaded = profile_of_kind(loaded, vehicle.frame)
    given_parameters(settings.param, COPTER.name)  # options without effect are checked too
    for text in [line for line in (old_names, warning) if line is not None] + ignored(given.flags(), OptionScope.LOOP):
        print(f"sortie: {text}", file=sys.stderr)
    return run_loop(
        Start(
            profile=loaded,
            settings=settings,
            faults=faults,
            vehicle=vehicle,
            total=given[SORTIES],
            seed=settings.seed if Settings.seed.key in settings.given else None,
            confirm=given[CONFIRM_RELAUNCH],
            recover=given[RECOVER],
            report=given[REPORT],
            as_json=given[JSON],
        )
    )
