"""`sortie campaign confirm`: a run of a campaign, flown again by ArduPilot SITL with Sortie as its companion."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from html import escape
from math import inf
from pathlib import Path
from typing import Final

import msgspec

from autopilot.context.events import Event
from autopilot.interface.geo import GeoPoint
from autopilot.interface.records import dataclass, field
from autopilot.vehicles.kinds import vehicle_class
from mavlink_bridge.clients.parameters import ParameterOutcome, ParameterWrite
from sortie.api.watch import TimedEvent
from sortie.assembly.program import Program
from sortie.campaign.confirm import (
    CONFIRMING,
    ConfirmedFlights,
    JudgeAnswer,
    SitlFault,
    began_at,
    check_confirmable,
    confirmed,
    controller_params,
    laid_on,
    strikes,
)
from sortie.campaign.execution import check_installed
from sortie.campaign.flown import fly_run
from sortie.campaign.folder import write_signals
from sortie.campaign.report_charts import STYLE, map_of, track_of
from sortie.campaign.signals import Array, Recorder
from sortie.campaign.study import PlannedRun
from sortie.commands.campaign import flown_row
from sortie.commands.flying import COUNTDOWN, fly_round, places_of
from sortie.commands.progress import progress_of
from sortie.config.campaign_options import CAMPAIGN_DIR, CONFIRM_SPEEDUP, CONFIRM_VEHICLE, RUN
from sortie.config.errors import UserError
from sortie.config.given import GivenOptions
from sortie.config.options import JSON
from sortie.config.settings import Settings
from sortie.config.vehicle_spec import base_spec
from sortie.nodes.plan_file import load_plan
from sortie.nodes.vehicle import VehicleService
from sortie.reports.page import html_page

_TRUTH_HZ: Final = 10.0
_LAST_MS: Final = 5000
"""Vehicle time after a flight until its signals show the end, ms."""


def confirm(given: GivenOptions) -> int:
    """Fly a run on SITL. Status 0 when its verdicts are the same, 1 when not."""
    check_installed()
    folder: Path = given[CAMPAIGN_DIR]
    vehicle = given[CONFIRM_VEHICLE]
    if vehicle is None:
        raise UserError("give the firmware that flies: --vehicle ardupilot:copter=BINARY")
    if vehicle.kind not in CONFIRMING:
        raise UserError(f"--vehicle {vehicle}: expected ardupilot:copter=BINARY, a SITL that is started for this")
    stored, row = flown_row(folder, given[RUN])
    check_confirmable(stored.study, vehicle)
    ours = fly_run(stored.study, row.run, row.inputs)
    planned = stored.study.planned(row.run, row.inputs)
    flies = vehicle_class(vehicle.frame).flies
    began_s = began_at(ours.signals, flies=flies)
    out = folder / "confirmed" / str(row.run)
    settings = Settings(
        vehicle=vehicle,
        home=(planned.spec.home, planned.spec.heading_deg),
        speedup=given[CONFIRM_SPEEDUP],
        link=(),
        state_dir=out / "state",
        log_dir=out / "logs",
    )
    signals, result = _fly(settings, planned, strikes(planned.spec, began_s), flies=flies)
    theirs = laid_on(signals, began_s, flies=flies)
    found = confirmed(stored.study, row.inputs, ours, theirs, result)
    _keep(out, row.run, {"ours": dict(ours.signals), "theirs": theirs}, found, planned)
    print(json.dumps(msgspec.to_builtins(found) | {"agrees": found.agrees}) if given[JSON] else _lines(found))
    print(f"sortie: {out / 'tracks.html'}", file=sys.stderr)
    return 0 if found.agrees else 1


@dataclass(slots=True)
class _ControllerRecord:
    """Vehicle of a controller in the form that a recorder needs."""

    service: VehicleService
    stood: tuple[GeoPoint, float]
    events: list[TimedEvent] = field(default_factory=list)

    def observe(self, events: list[Event], now_ms: int) -> None:
        self.events += [TimedEvent(now_ms / 1000.0, event) for event in events]


class _Strikes:
    """Sets parameters of the controller at times after liftoff (after arming, for vehicles that do not fly)."""

    def __init__(
        self,
        service: VehicleService,
        due: list[SitlFault],
        write: Callable[[str, float], ParameterWrite],
        *,
        flies: bool,
    ) -> None:
        self._service, self._due, self._write, self._flies = service, list(due), write, flies
        self._began_ms: int | None = None
        self._struck: list[tuple[SitlFault, list[ParameterWrite]]] = []

    def observe(self, _: list[Event], now_ms: int) -> None:
        facts = self._service.autopilot.facts
        if self._began_ms is None and facts.armed and not (self._flies and facts.landed):
            self._began_ms = now_ms
        passed_ms = -inf if self._began_ms is None else now_ms - self._began_ms
        while self._due and passed_ms >= 1000.0 * self._due[0].after_s:
            strike = self._due.pop(0)
            self._struck.append((strike, [self._write(name, value) for name, value in strike.params]))

    def check(self) -> None:
        """Raise UserError for a fault that the controller refused, because its flight cannot be compared."""
        for strike, writes in self._struck:
            if not any(client.outcome is ParameterOutcome.ACCEPTED for client in writes):
                names = " or ".join(name for name, _ in strike.params)
                raise UserError(f"fault {strike.fault}: the controller did not set {names}", 1)


def _fly(settings: Settings, planned: PlannedRun, due: list[SitlFault], *, flies: bool) -> tuple[dict[str, Array], str]:
    """Fly the run, and return the controller's signals and the result of its flight."""
    of_child = controller_params(planned.spec)
    with Program(settings, [base_spec(settings)], defaults=COUNTDOWN, of_child=of_child) as run:
        assert run.controller is not None
        companion = run.controller.companion
        companion.vehicle.link.streams.request("SIM_STATE", _TRUTH_HZ)
        runtime = run.begin(default_speedup=1.0, running=True)
        load_plan(run.service, planned.plan)
        progress = progress_of(run)
        places = places_of(run, runtime, progress)
        if places is None:
            raise UserError("stopped before the flight controller had a position", 1)

        def write(name: str, value: float) -> ParameterWrite:
            client = ParameterWrite(companion.vehicle.address, name, value)
            companion.link.add_service(client)
            client.start(runtime.link_ms)
            return client

        watched = _ControllerRecord(run.service, (places[0], 0.0))
        struck = _Strikes(run.service, due, write, flies=flies)
        run.service.observers += [watched.observe, struck.observe]
        recorder = Recorder(watched, planned.plan)
        (flight,) = fly_round(run, runtime, progress).flights
        end_ms = run.service.now_ms + _LAST_MS
        runtime.run(lambda: recorder.over or run.service.now_ms >= end_ms)
        if runtime.signals.exit_status is not None:
            raise UserError(
                "stopped before the end of the flight; nothing was compared", runtime.signals.exit_status or 1
            )
        struck.check()
        return dict(recorder.signals()), flight.result.result


def _keep(out: Path, run: int, both: dict[str, dict[str, Array]], found: ConfirmedFlights, planned: PlannedRun) -> None:
    """Write both flights as tables, and as a page with a map."""
    out.mkdir(parents=True, exist_ok=True)
    tracks = []
    for name, signals in both.items():
        write_signals(out / f"{name}.parquet", signals)
        tracks.append(track_of(name, signals, planned))
    inside = f"<p>Each track ends at its name.</p>{map_of(tracks)}<pre>{escape(_lines(found))}</pre>"
    (out / "tracks.html").write_text(html_page(f"Run {run}: ours and theirs", inside, style=STYLE), encoding="utf-8")


def _lines(found: ConfirmedFlights) -> str:
    lines = [f"{name}: {_answer(judge)}" for name, judge in found.judges.items()]
    lines.append(f"missions: ours {found.results[0]}, theirs {found.results[1]}")
    lines.append(f"tracks: {found.apart_m[0]:.1f} m apart in the median, {found.apart_m[1]:.1f} m at most")
    return "\n".join([*lines, "agrees" if found.agrees else "differs"])


def _answer(answer: JudgeAnswer) -> str:
    numbers = ", ".join(
        f"{who} {margin:.4g}"
        for who, margin in (("ours", answer.ours), ("theirs", answer.theirs))
        if margin is not None
    )
    return f"{answer.verdict}; {numbers}" if numbers else answer.verdict
