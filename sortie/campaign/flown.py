"""One run of a study: a flight in virtual time, its verdicts and figures."""

from __future__ import annotations

import hashlib
import traceback
from functools import cache
from importlib.metadata import version
from math import isfinite
from pathlib import Path

import numpy as np
from msgspec import Struct

from autopilot.geo import GeoPoint
from autopilot.mav import Cmd
from autopilot.mission.items import MissionItem
from sortie.api.session import Session
from sortie.campaign.sampling import Value, seed_of_run
from sortie.campaign.signals import STEP_MS, Array, Recorder
from sortie.campaign.study import Study, Wanted
from sortie.config.errors import RefusedError
from sortie.nodes.plan_file import start_of

_GROUNDED_S = 1.0
"""A flight is over when it has stood disarmed for so long."""


class Row(Struct, frozen=True):
    """What is known of a run. `result`: completed (the mission was, and the vehicle stands disarmed), failed, refused
    (it did not arm), timeout, or error (the program raised). `robustness` of each judge: None where nothing flew."""

    run: int
    seed: int
    result: str
    reason: str
    ok: bool
    inputs: dict[str, Value]
    robustness: dict[str, float | None]
    figures: dict[str, float | None]


FIGURES = ("flight_time_s", "highest_m", "farthest_m", "off_plan_m", "battery_left")


class Flown(Struct, frozen=True):
    """A row, the signals of the flight, and the traceback of one that raised."""

    row: Row
    signals: dict[str, Array]
    traceback: str = ""


def fly_run(
    study: Study, run: int, given: dict[str, Value], log_dir: Path | None = None, links: tuple[str, ...] = (),
    speedup: float = 0.0,
) -> Flown:  # fmt: skip
    """Fly one run. Whatever it raises is its result; only the end of the program is not. `log_dir`: where the flight
    is logged; `links`, `speedup` (0: as fast as possible): for people who watch."""
    try:
        wanted = study.wanted(run, given)
        home = wanted.home if wanted.home is not None else start_of(study.plan())
        with Session(
            wanted.vehicle, home=home, seed=wanted.seed, params=wanted.params, faults=wanted.faults, log_dir=log_dir,
            links=links,
        ) as session:  # fmt: skip
            return _judged(study, run, given, wanted, *_fly(session, study, speedup))
    except Exception as error:  # noqa: BLE001  # a run that raises is a result
        reason = f"{type(error).__name__}: {error}"
        return Flown(no_flight(study, run, given, reason), {}, traceback.format_exc())


def no_flight(study: Study, run: int, given: dict[str, Value], reason: str) -> Row:
    """The row of a run that raised, or that brought its worker down."""
    nothing: dict[str, float | None] = dict.fromkeys(study.said.judge)
    seed = seed_of_run(study.said.sample.seed, run)
    return Row(run, seed, "error", reason, False, given, nothing, dict.fromkeys(FIGURES))


def _fly(session: Session, study: Study, speedup: float) -> tuple[dict[str, Array], str, str]:
    """Signals, result and reason. The flight is sampled from boot on."""
    plan = study.plan()
    session.upload(plan)
    recorder = Recorder(session, plan.items)
    recorder.sample()
    try:
        session.start()
    except (TimeoutError, RefusedError) as error:
        recorder.sample()
        return recorder.signals(), "refused", str(error)
    grounded_s = 0.0
    while grounded_s < _GROUNDED_S:
        if session.time_s >= study.said.limit_s:
            return recorder.signals(), "timeout", f"still flying after {study.said.limit_s:g} s"
        if speedup > 0.0:
            session.serve(STEP_MS / 1000.0, speedup=speedup)
        else:
            session.run_for(STEP_MS / 1000.0)
        recorder.sample()
        standing = not session.autopilot.facts.armed
        grounded_s = grounded_s + STEP_MS / 1000.0 if standing else 0.0
    signals = recorder.signals()
    if signals["complete"][-1]:
        return signals, "completed", ""
    last = int(np.flatnonzero(signals["armed"])[-1])
    return signals, "failed", f"disarmed in {signals['mode'][last]} at item {int(signals['item'][last])}"


def _judged(
    study: Study, run: int, given: dict[str, Value], wanted: Wanted, signals: dict[str, Array], result: str, reason: str
) -> Flown:
    robustness: dict[str, float | None] = {}
    for name, formula in study.judges().items():
        margin = formula.robustness(signals, STEP_MS / 1000.0)
        if not isfinite(margin):
            raise ValueError(f"judge.{name}: its robustness is {margin}; a division by zero?")
        robustness[name] = margin
    armed = np.asarray(signals["armed"], np.float64)
    figures: dict[str, float | None] = {
        "flight_time_s": round(float(armed.sum()) * STEP_MS / 1000.0, 3),
        "highest_m": float(np.max(signals["height"])),
        "farthest_m": float(np.max(signals["home_distance"])),
        "off_plan_m": float(np.max(signals["plan_distance"])),
        "battery_left": float(signals["battery"][-1]),
    }
    ok = result != "refused" and all(margin is not None and margin >= 0.0 for margin in robustness.values())
    return Flown(Row(run, wanted.seed, result, reason, ok, given, robustness, figures), signals)


@cache
def identity() -> str:
    """What must be the same wherever a campaign is flown: the version, and the bytes of a short flight, which numba,
    the processor's arithmetic and the sources decide."""
    digest = hashlib.sha256()
    with Session(home=GeoPoint(-35.363261, 149.165230, 584.0), seed=1, params={"SIM_WIND_SPD": 5.0}) as session:
        session.upload([MissionItem(Cmd.NAV_TAKEOFF, z=10.0), MissionItem(Cmd.NAV_RETURN_TO_LAUNCH)])
        session.start()
        for _ in range(40):
            session.run_for(1.0)
            digest.update(session.autopilot.vehicle.state.report.tobytes())
    return f"{version('sortie')} {digest.hexdigest()[:12]}"
