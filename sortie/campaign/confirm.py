"""Comparison of a run with the flight of a flight controller (SITL), judge by judge.

A controller needs more time before takeoff, so both flights are aligned at liftoff (arming, for vehicles that drive).
Faults begin the same time after it, formulas count from the same time before it. The simulator sends the true place,
which matters when the estimate is lost. Judges of unknown signals (wind, touchdown) give no answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from autopilot.control import arrays
from sortie.campaign.flown import FlownRun
from sortie.campaign.sampling import Value
from sortie.campaign.signals import STEP_MS, Array
from sortie.campaign.study import Study
from sortie.config.errors import UserError
from sortie.config.faults import parse_fault
from sortie.config.parameters import given_parameters
from sortie.config.settings import FIRMWARES
from sortie.config.values import VehicleSource, parse_vehicle
from sortie.config.vehicle_spec import VehicleSpec

STRIKES: Final = {
    "gps.loss": (("SIM_GPS_DISABLE", 1.0, 0.0), ("SIM_GPS1_ENABLE", 0.0, 1.0)),
    "baro.loss": (("SIM_BARO_DISABLE", 1.0, 0.0),),
    "compass.loss": (("SIM_MAG1_FAIL", 1.0, 0.0),),
    "rc.loss": (("SIM_RC_FAIL", 1.0, 0.0),),
}
"""Faults that ArduPilot SITL has too: parameter, value during the fault, value afterwards. The controller has one of
several parameters: SIM_GPS1_ENABLE switches GPS since 4.6."""
CONFIRMING: Final = ("ardupilot",)
"""Kinds of --vehicle whose SITL has these parameters."""
NOT_THEIRS: Final = ("FM_", "SYSID_", "SIM_COLLIDE")
SAME_AIR: Final = {"SIM_WIND_T": 1.0}
"""Parameters that make SITL's wind like ours: SIM_WIND_SPD at every height. Without it, SITL's wind at height h is
sqrt(h / 60 m) of that, for example 0.41 at 10 m."""


class SitlFault(Struct, frozen=True):
    """Beginning or end of a fault, s after liftoff, with parameters of which the controller has one."""

    after_s: float
    fault: str
    params: tuple[tuple[str, float], ...]


class JudgeAnswer(Struct, frozen=True):
    """Robustness of both flights. `verdict`: agrees (both hold or both do not), differs, or not told."""

    ours: float | None
    theirs: float | None
    verdict: str


class ConfirmedFlights(Struct, frozen=True):
    """Comparison of both flights. `results`: how each ended. `apart_m`: distance of the tracks at the same time after
    liftoff, median and largest."""

    results: tuple[str, str]
    judges: dict[str, JudgeAnswer]
    apart_m: tuple[float, float]

    @property
    def agrees(self) -> bool:
        """True when no judge differs and at least one agrees."""
        verdicts = {judge.verdict for judge in self.judges.values()}
        return "differs" not in verdicts and "agrees" in verdicts


def check_confirmable(study: Study, vehicle: VehicleSource) -> None:
    """Raise UserError for a study that this flight controller cannot fly."""
    file, flown = study.file, parse_vehicle(study.file.vehicle)
    for key in ("fleet", "client", "executor", "traffic"):
        if getattr(file, key) is not None:
            raise UserError(f"{key}: a flight controller is asked about one vehicle that flies its plan alone in AUTO")
    autopilot = file.firmware or FIRMWARES[0] if flown.kind == "sim" else flown.kind
    if (autopilot, flown.frame) != (vehicle.kind, vehicle.frame):
        raise UserError(f"--vehicle {vehicle}: the study flies {file.vehicle} as {autopilot}, which this is not")


def controller_params(spec: VehicleSpec) -> dict[str, float]:
    """Return the parameters for the start of the controller."""
    params, _ = given_parameters(spec.param, spec.kind)
    return SAME_AIR | {name: value for name, value in params.items() if not name.startswith(NOT_THEIRS)}


def strikes(spec: VehicleSpec, began_s: float) -> list[SitlFault]:
    """Return the faults as parameter changes in order of time. Our vehicle lifted off at `began_s`. UserError for a
    fault that SITL does not have."""
    found = []
    for text in spec.fault:
        try:
            fault = parse_fault(text, STRIKES)
        except UserError as error:
            raise UserError(f"fault {text}: ArduPilot SITL has {', '.join(STRIKES)} only") from error
        begin_ms, end_ms = fault.window_ms()
        for at_ms, column in ((begin_ms, 1), (end_ms, 2)):
            if at_ms is not None:
                params = tuple((row[0], float(row[column])) for row in STRIKES[fault.name])
                found.append(SitlFault(max(at_ms / 1000.0 - began_s, 0.0), fault.name, params))
    return sorted(found, key=lambda strike: strike.after_s)


def began_at(signals: Mapping[str, Array], *, flies: bool) -> float:
    """Return the time of liftoff (arming, for vehicles that drive), s since boot. UserError when there was none."""
    armed, landed = (np.asarray(signals[name], np.float64) > 0.5 for name in ("armed", "landed"))
    under_way = np.flatnonzero(armed & ~landed if flies else armed)
    if under_way.size == 0:
        never = "never left the ground" if flies and armed.any() else "was never armed"
        raise UserError(f"it {never}: there is no flight to compare", 1)
    return float(signals["time"][under_way[0]])


def laid_on(theirs: Mapping[str, Array], began_s: float, *, flies: bool) -> dict[str, Array]:
    """Resample signals to an even grid from 0, shifted so that liftoff is at `began_s`."""
    time = np.asarray(theirs["time"], np.float64) - began_at(theirs, flies=flies) + began_s
    step_s = STEP_MS / 1000.0
    grid = np.arange(int(time[-1] / step_s) + 1) * step_s
    at = np.clip(np.searchsorted(time, grid, side="right") - 1, 0, time.size - 1)
    return {name: values[at] for name, values in theirs.items()} | {"time": grid}


def confirmed(
    study: Study, given: Mapping[str, Value], ours: FlownRun, theirs: Mapping[str, Array], result: str
) -> ConfirmedFlights:
    """Judge both flights. `theirs`: signals from `laid_on`."""
    judges = {}
    for name, judge in study.judges().items():
        own, other = ours.row.robustness[name], float(judge(theirs, given))
        if own is None or isnan(other):
            judges[name] = JudgeAnswer(own, None, "not told")
        else:
            judges[name] = JudgeAnswer(own, other, "agrees" if (own >= 0.0) == (other >= 0.0) else "differs")
    apart = distances(ours.signals, theirs)
    return ConfirmedFlights((ours.row.result, result), judges, (float(np.median(apart)), float(apart.max())))


def distances(ours: Mapping[str, Array], theirs: Mapping[str, Array]) -> NDArray[np.float64]:
    """Return the horizontal distances at equal times while both flights last, m."""
    length = min(len(ours["time"]), len(theirs["time"]))
    north, east = (
        np.asarray(theirs[name][:length], np.float64) - np.asarray(ours[name][:length], np.float64)
        for name in ("north", "east")
    )
    return arrays.hypot(north, east)
