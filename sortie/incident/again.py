"""Incident flown again in a test: `fly_again(folder, sortie_vehicles)`."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from autopilot.interface.records import dataclass
from sortie.api.session import Session
from sortie.incident.conduct import conduct, read_flown, session_arguments
from sortie.incident.happened import differences, happened_in
from sortie.incident.reproduce import fly
from sortie.incident.scenario import Failsafe, HappenedInFlight, read_scenario
from sortie.nodes.recorder import record_flights


@dataclass(frozen=True, slots=True)
class FlownAgain:
    """Result of a repeated incident. `missing`: events of the log that did not happen again, in words; empty: none.
    `notes`: refused commands."""

    happened: HappenedInFlight
    missing: list[str]
    notes: tuple[str, ...]

    @property
    def failsafes(self) -> list[Failsafe]:
        """Failsafes: modes that the vehicle entered by itself."""
        return list(self.happened.failsafes)

    @property
    def crashed(self) -> bool:
        return self.happened.crashed


def fly_again(folder: Path, vehicles: Callable[..., AbstractContextManager[Session]]) -> FlownAgain:
    """Fly the scenario of a folder with a vehicle of `vehicles` (the fixture `sortie_vehicles`), or with the firmware
    that it names."""
    scenario = read_scenario(folder)
    with tempfile.TemporaryDirectory() as name:
        if scenario.source.in_our_world:  # only its own log gives the reason of a mode
            flown, notes = fly(scenario, folder, Path(name) / "flown")
        else:
            with vehicles(**session_arguments(scenario)) as session:
                recorder = record_flights(session.service, Path(name))
                notes = conduct(session, scenario, folder)
                recorder.finish(session.service.now_ms)
                flown = read_flown(scenario, Path(name))
        happened = happened_in(flown)
    return FlownAgain(happened, differences(scenario.happened, happened), notes)
