"""Vehicle of a test: its log, its part of the test report, and the folder with its flights."""

from __future__ import annotations

import os
import shlex
import shutil
from dataclasses import replace
from pathlib import Path

from autopilot.context.events import ArmedChanged
from autopilot.interface.geo import ABOVE_HOME
from autopilot.mission.plan import format_plan
from autopilot.parameters.parameters import Parameters
from autopilot.vehicles.kinds import vehicle_class
from sortie.api.claims import Claims, standing, story
from sortie.api.session import Session
from sortie.api.testing.restore import plan_of
from sortie.config.parameters import spoken_as
from sortie.config.version import VERSION
from sortie.logs.directory import flight_folders
from sortie.logs.flight_log import event_line
from sortie.nodes.recorder import record_flights
from sortie.reports.flight_page import PAGE, write_flight_page

PLAN, EVENTS, LOG = "plan.plan", "events.jsonl", "flight.bin"
LINES = 20
"""Number of texts, modes and items in a report."""


class FlownVehicle:
    """Vehicle with its log. `scratch`: folder for logs until the test ends; None: no logs. `seed`: the seed of the run
    if the vehicle's is made of it; None: the test names one. Methods are called in the thread that flies the
    vehicle."""

    def __init__(self, session: Session, scratch: Path | None, seed: int | None) -> None:
        self.session = session
        self._run_seed = seed
        self.vehicle: Claims[Session] = session
        """Access to the vehicle for other threads."""
        self._scratch = scratch
        self._recorder = None if scratch is None else record_flights(session.service, scratch)

    def finish(self) -> None:
        """End the log, because the vehicle is not flown any more."""
        if self._recorder is not None:
            self._recorder.finish(self.session.service.now_ms)

    def discard(self) -> None:
        """Delete the folder."""
        if self._scratch is not None and self._scratch.exists():
            shutil.rmtree(self._scratch, ignore_errors=True)

    # --- for a person -------------------------------------------------------------------------------------------------
    def tell(self, test: str, folder: Path | None) -> str:
        """Write a section for the report of `test`. `folder`: the folder that is kept."""
        session = self.session
        folder = None if folder is None else Path(os.path.relpath(folder))
        lines = [
            self._vehicle_words(),
            standing(session),
            *story(session, LINES),
            *self.vehicle.hints(),
            f"again:  {self._again(test, folder)}",
        ]
        if folder is not None:
            planned = session.autopilot.plans.mission.total()
            lines.append(f"flight: {self._fly(folder) if planned else 'its test alone repeats it, it had no plan'}")
            lines.append(f"files:  {folder}: {', '.join(sorted(path.name for path in folder.iterdir()))}")
        return "\n".join(lines)

    def _vehicle_words(self) -> str:
        params = [f"{name}={value:g}" for name, value in self._given().items()]
        spec = self.session.spec
        parts = [str(spec.flown_by or f"sim:{spec.kind}"), f"seed {spec.seed}", f"sortie {VERSION}", *params]
        return ", ".join([*parts, *(f"fault {fault}" for fault in self.session.service.faults.given)])

    def _given(self) -> dict[str, float]:
        """Return the parameters that a new vehicle has at other values, by the names of its firmware if it has them."""
        service, spec = self.session.service, self.session.spec
        if spec.flown_by is not None:  # Sortie's own parameters
            return service.parameters.changed()
        new = Parameters(service.parameters.known)
        served = spoken_as(spec.firmware, vehicle_class(spec.kind)).served_parameters(new)
        names = [name for name in served.names() if not served.definition(name).read_only]
        given = {name: service.served[name] for name in names if service.served[name] != served[name]}
        for name, value in given.items():
            served.set(name, value)
        return given | {name: value for name, value in service.parameters.changed().items() if value != new[name]}

    def _again(self, test: str, folder: Path | None) -> str:
        """Return the command that repeats the test, with the option that keeps logs if none were kept."""
        seed = "" if self._run_seed is None else f" --sortie-seed {self._run_seed}"
        return f"pytest {shlex.quote(test)}{seed}" + (" --sortie-logs failed" if folder is None else "")

    def _fly(self, folder: Path) -> str:
        """Return the command that repeats the flight of the plan by the flight manager."""
        session, spec = self.session, self.session.spec
        place, heading = session.stood
        home = f"{place.lat!r},{place.lon!r},{place.alt!r},{heading!r}"  # with all digits, for the same flight
        words = ["sortie", "fly", str(folder / PLAN), "--vehicle", str(spec.flown_by or f"sim:{spec.kind}")]
        words += ["--home", home, "--firmware", spec.firmware]
        words += ["--seed", str(session.seed), "--speedup", "0", "--state-dir", str(folder / "state")]
        words += ["--link", "tcpin:127.0.0.1:0"]  # does not conflict with other vehicles on this machine
        armed_s = [
            timed.time_s for timed in session.events if isinstance(timed.event, ArmedChanged) and timed.event.armed
        ]
        words += ["--go-at", f"{armed_s[-1]!r}"] if armed_s else []
        words += ["--strategy", spec.strategy] if spec.strategy is not None else []
        words += ["--terrain", os.path.relpath(spec.terrain)] if spec.terrain is not None else []
        for name, value in {"FM_COUNTDOWN": 0.0, **self._given()}.items():  # without countdown, as in the test
            words += ["--param", f"{name}={value!r}"]
        for fault in session.service.faults.given:
            words += ["--fault", str(fault)]
        return shlex.join(words)

    # --- files --------------------------------------------------------------------------------------------------------
    def keep(self, place: Path) -> None:
        """Copy the flights into a folder: files of the last flight, its plan, all events; earlier flights in
        `earlier/NNNN`. A vehicle in the air begins a new log."""
        session, recorder = self.session, self._recorder
        place.mkdir(parents=True, exist_ok=True)
        if recorder is not None and self._scratch is not None:
            flies = recorder.open is not None
            self.finish()
            folders = flight_folders(self._scratch)
            for folder in folders[:-1]:
                shutil.copytree(folder, place / "earlier" / folder.name, dirs_exist_ok=True)
            for folder in folders[-1:]:
                shutil.copytree(folder, place, dirs_exist_ok=True)
            if flies:
                recorder.reopen(session.service.now_ms)
        with (place / EVENTS).open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(event_line(entry.event, entry.time_s) for entry in session.events)
        plan = plan_of(session)
        rally = tuple(item for item in plan.rally if item.frame in ABOVE_HOME)  # the file format cannot hold others
        plan = replace(plan, home=session.autopilot.facts.home, rally=rally)
        if plan.items:
            (place / PLAN).write_text(format_plan(plan), encoding="utf-8")
        if (place / LOG).exists():
            write_flight_page(place / LOG, plan, place / PAGE)
