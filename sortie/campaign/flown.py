"""Flight of a run of a study in virtual time, with verdicts and figures."""

from __future__ import annotations

import hashlib
import threading
import traceback
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from math import fsum, isfinite
from pathlib import Path
from typing import Final

import numpy as np
from msgspec import Struct, structs

from autopilot.interface.geo import GeoPoint
from autopilot.mav import Cmd
from autopilot.mission.items import MissionItem
from sortie.api.fleet import Fleet
from sortie.api.session import Session
from sortie.campaign import containment, encounters, own_code
from sortie.campaign.sampling import Value
from sortie.campaign.signals import STEP_MS, Array, Recorder, TimeIsUp, aircraft_about, apart
from sortie.campaign.study import PlannedRun, Study
from sortie.config.errors import RefusedError, UserError
from sortie.config.traffic import TrafficPlan
from sortie.config.version import VERSION
from sortie.nodes.plan_file import moved_plan

_STEP_S: Final = STEP_MS / 1000.0
_REACTS: Final = "AVD_ENABLE"


class RunResult(Struct, frozen=True):
    """Result of a run. `result`: completed (mission complete, vehicle disarmed), failed, refused (not armed), timeout,
    or error (an exception). `robustness` of each judge: None when nothing flew."""

    run: int
    seed: int
    result: str
    reason: str
    ok: bool
    inputs: dict[str, Value]
    robustness: dict[str, float | None]
    figures: dict[str, float | None]


FIGURES: Final = ("flight_time_s", "highest_m", "farthest_m", "off_plan_m", "battery_left")
"""Figures of every flight. Studies with [containment] or traffic have more (`figures_of`)."""
RESULTS: Final = ("completed", "failed", "timeout", "refused", "error")
"""Results from good to bad; a fleet has that of its worst vehicle."""


def figures_of(study: Study) -> tuple[str, ...]:
    more = () if study.file.containment is None else containment.FIGURES
    return FIGURES + more + (() if study.file.traffic is None else encounters.FIGURES)


class FlownRun(Struct, frozen=True):
    """Result of a run, the signals of its flight (of a fleet: of the worst vehicle), and the traceback of an
    exception."""

    row: RunResult
    signals: Mapping[str, Array]
    traceback: str = ""


class FlightEnd(Struct, frozen=True):
    """End of the flight of one vehicle. `met`: figures of its encounters."""

    signals: Mapping[str, Array]
    result: str
    reason: str
    met: dict[str, float | None] = {}


class NotShownError(UserError):
    """Link of a `ViewOfRun` that cannot be opened: a mistake of who watches, and no result of the run."""


class ViewOfRun(Struct, frozen=True):
    """Observation of a run by people: log folder, links, speed (0: as fast as possible). Links open after the start, so
    that the start does not depend on sockets; with a client of the study, before it."""

    log_dir: Path | None = None
    links: tuple[str, ...] = ()
    speedup: float = 0.0


def fly_run(study: Study, run: int, given: Mapping[str, Value], watched: ViewOfRun | None = None) -> FlownRun:
    """Fly one run. An exception becomes its result; only the end of the program and NotShownError are raised."""
    try:
        planned = study.planned(run, given)
        watched = watched or ViewOfRun()
        if study.file.fleet is not None:
            return _judged(study, run, given, planned, _fly_fleet(study, planned, watched))
        end = _fly_alone(study, planned, given, watched)
        if study.file.traffic is not None:
            blind = _fly_alone(study, _without_reaction(study, planned), given, ViewOfRun())
            met = end.met | {f"blind_{name}": value for name, value in blind.met.items()}
            end = structs.replace(end, met=met)
        return _judged(study, run, given, planned, [end])
    except NotShownError:
        raise
    except (Exception, SystemExit) as error:
        if isinstance(error, SystemExit) and threading.current_thread() is threading.main_thread():
            raise  # SIGTERM; in a worker's thread it is an exit() in code of the study
        reason = f"{type(error).__name__}: {error}"
        return FlownRun(no_flight(study, run, given, reason), {}, traceback.format_exc())


def no_flight(study: Study, run: int, given: Mapping[str, Value], reason: str) -> RunResult:
    """Return the result of a run that raised, or that killed its workers."""
    nothing: dict[str, float | None] = dict.fromkeys(study.file.judge)
    return RunResult(
        run, study.seed(run), "error", reason, False, dict(given), nothing, dict.fromkeys(figures_of(study))
    )


def _session(study: Study, planned: PlannedRun, watched: ViewOfRun) -> Session:
    file = study.file
    return Session(
        planned.spec,
        log_dir=watched.log_dir,
        executor=None if file.executor is None else own_code.executor_of(file.code or "", study.code, file.executor),
    )


def _fly_alone(study: Study, planned: PlannedRun, given: Mapping[str, Value], watched: ViewOfRun) -> FlightEnd:
    with _session(study, planned, watched) as session:
        end = _fly(session, study, planned, given, watched)
        if study.file.traffic is None:
            return end
        return structs.replace(end, met=encounters.figures_of_traffic(end.signals, aircraft_about(session)))


def _without_reaction(study: Study, planned: PlannedRun) -> PlannedRun:
    """Return the run without avoidance. The receiver is switched off too if only the autopilot uses it, which is the
    same with AVD_ENABLE 0 and costs less."""
    spec = replace(planned.spec, param=(*planned.spec.param, f"{_REACTS}=0"))
    sky = spec.traffic
    if isinstance(sky, TrafficPlan) and study.file.client is None and study.file.executor is None:
        spec = replace(spec, traffic=structs.replace(sky, receiver=replace(sky.receiver, range_m=0.0)))
    return PlannedRun(spec, planned.plan, planned.spacing_m)


# --- one vehicle ------------------------------------------------------------------------------------------------------
def _fly(
    session: Session, study: Study, planned: PlannedRun, given: Mapping[str, Value], watched: ViewOfRun
) -> FlightEnd:
    """Fly one vehicle, with samples from boot on."""
    limit_s, file = study.file.limit_s, study.file
    session.upload(planned.plan)
    recorder = Recorder(session, planned.plan, limit_s if file.client is not None else None)
    try:
        if file.client is not None:
            _show(session, watched)
            own_code.client_of(file.code or "", study.code, file.client)(session, given)
        else:
            session.start()
            _show(session, watched)
    except TimeIsUp:
        return FlightEnd(recorder.signals(), "timeout", f"the client still flies after {limit_s:g} s")
    except (TimeoutError, RefusedError) as error:
        if file.client is not None:
            raise
        return FlightEnd(recorder.signals(), "refused", str(error))
    if not _to_its_end(session, recorder, limit_s, watched.speedup):
        return FlightEnd(recorder.signals(), "timeout", f"still flying after {limit_s:g} s")
    return _ended(recorder.signals())


def _show(flying: Session | Fleet, watched: ViewOfRun) -> None:
    """Open the links for people. NotShownError."""
    for link in watched.links:
        try:
            flying.add_link(link)
        except UserError as error:
            raise NotShownError(str(error)) from error


def _to_its_end(session: Session, recorder: Recorder, limit_s: float, speedup: float) -> bool:
    """Let time pass until the vehicle is down and disarmed; False when that does not happen."""

    try:
        remaining_s = limit_s - session.time_s
        if speedup > 0.0:
            session.serve(remaining_s, speedup=speedup, until=lambda: recorder.over)
        else:
            session.pass_until(
                lambda _: recorder.over, remaining_s, remaining_s
            )  # the recorder requests a pass for its end
    except TimeIsUp:
        return False
    return recorder.over


def _ended(signals: Mapping[str, Array]) -> FlightEnd:
    """Describe how the flight of a disarmed vehicle ended."""
    flew = np.flatnonzero(signals["armed"])
    if signals["complete"][-1]:
        return FlightEnd(signals, "completed", "")
    if flew.size == 0:
        return FlightEnd(signals, "refused", "it was never armed")
    last = int(flew[-1])
    return FlightEnd(signals, "failed", f"disarmed in {signals['mode'][last]} at item {int(signals['item'][last])}")


# --- a fleet ----------------------------------------------------------------------------------------------------------
def _fly_fleet(study: Study, planned: PlannedRun, watched: ViewOfRun) -> list[FlightEnd]:
    """Fly a fleet: all vehicles take off together, each with its plan moved to its place."""
    spec = planned.spec
    with Fleet(study.fleet_of(planned), log_dir=watched.log_dir, radio=spec.radio, seed=spec.seed) as fleet:
        recorders = []
        for session, vehicle_spec in zip(fleet, fleet.vehicles, strict=True):
            plan = session.upload(moved_plan(study.plan_of(vehicle_spec.number, planned.plan), vehicle_spec.offset))
            recorders.append(Recorder(session, plan))
        try:
            fleet.wait_armable()
            for session in fleet:
                session.start()
            _show(fleet, watched)
        except (TimeoutError, RefusedError) as error:
            return [FlightEnd(signals, "refused", str(error)) for signals in _together(fleet, recorders)]
        while fleet.time_s < study.file.limit_s and not all(recorder.over for recorder in recorders):
            if watched.speedup > 0.0:
                fleet.serve(_STEP_S, speedup=watched.speedup)
            else:
                fleet.run_for(_STEP_S)
        return [
            _ended(signals)
            if recorder.over
            else FlightEnd(signals, "timeout", f"still flying after {study.file.limit_s:g} s")
            for signals, recorder in zip(_together(fleet, recorders), recorders, strict=True)
        ]


def _together(fleet: Fleet, recorders: list[Recorder]) -> list[dict[str, Array]]:
    """Return the signals of all vehicles, with the distances between them. A vehicle that has landed stays there until
    all have."""
    recorded = [recorder.signals() for recorder in recorders]
    longest = max((signals["time"] for signals in recorded), key=len)
    indices = [np.minimum(np.arange(len(longest)), len(signals["time"]) - 1) for signals in recorded]
    all_signals = [
        {name: values[at] for name, values in signals.items()} | {"time": longest}
        for signals, at in zip(recorded, indices, strict=True)
    ]
    distances = apart(all_signals, [spec.home for spec in fleet.vehicles])
    return [signals | {"others_distance": distance} for signals, distance in zip(all_signals, distances, strict=True)]


# --- verdicts ---------------------------------------------------------------------------------------------------------
def _judged(
    study: Study, run: int, given: Mapping[str, Value], planned: PlannedRun, ended: list[FlightEnd]
) -> FlownRun:
    """Judge every vehicle; the worst result counts."""
    margins: list[dict[str, float]] = [
        {name: judge(flight.signals, given) for name, judge in study.judges().items()} for flight in ended
    ]
    robustness: dict[str, float | None] = {}
    for name in study.file.judge:
        margin = min(float(by_judge[name]) for by_judge in margins)
        if not isfinite(margin):
            raise ValueError(f"judge.{name}: its robustness is {margin}; a division by zero?")
        robustness[name] = margin
    worst = max(ended, key=lambda flight: RESULTS.index(flight.result))
    shown = min(range(len(ended)), key=lambda k: min(margins[k].values()))
    ok = worst.result != "refused" and all(margin is not None and margin >= 0.0 for margin in robustness.values())
    figures = _figures(ended)
    figures |= ended[0].met
    if study.file.containment is not None:
        figures |= containment.excursion(ended[0].signals, study.file.containment)
    row = RunResult(run, planned.spec.seed, worst.result, worst.reason, ok, dict(given), robustness, figures)
    return FlownRun(row, ended[shown].signals)


def _figures(ended: list[FlightEnd]) -> dict[str, float | None]:
    """Return figures of a fleet: total time; otherwise the largest, or the least charge."""

    def most(name: str) -> float:
        return max(float(np.max(np.asarray(flight.signals[name], np.float64))) for flight in ended)

    armed = fsum(float(np.asarray(flight.signals["armed"], np.float64).sum()) for flight in ended)
    return {
        "flight_time_s": round(armed * _STEP_S, 3),
        "highest_m": most("height"),
        "farthest_m": most("home_distance"),
        "off_plan_m": most("plan_distance"),
        "battery_left": min(float(flight.signals["battery"][-1]) for flight in ended),
    }


@cache
def identity() -> str:
    """Return the identity that all workers must have: version and the bytes of a short flight, which depend on numba,
    the processor's arithmetic and the sources."""
    digest = hashlib.sha256()
    with Session(home=GeoPoint(-35.363261, 149.165230, 584.0), seed=1, params={"SIM_WIND_SPD": 5.0}) as session:
        session.upload([MissionItem(Cmd.NAV_TAKEOFF, z=10.0), MissionItem(Cmd.NAV_RETURN_TO_LAUNCH)])
        session.start()
        for _ in range(40):
            session.run_for(1.0)
            digest.update(session.autopilot.vehicle.state.report.tobytes())
    return f"{VERSION} {digest.hexdigest()[:12]}"
