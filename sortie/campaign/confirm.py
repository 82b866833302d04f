"""Confirmation of a run by another autopilot: our flight beside that of a flight controller, judge by judge.

A controller takes longer to be ready and to leave the ground than our vehicle, so both flights are laid on each other
at the moment of liftoff (what drives: of arming): faults come as long after it, and formulas count from as long before
it. Its simulator tells where it really is, which matters as soon as its estimate is lost; what nobody tells (wind,
touchdown) a judge is not told.
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
from sortie.config.vehicle_spec import VehicleSpec

STRIKES: Final = {
    "gps.loss": (("SIM_GPS_DISABLE", 1.0, 0.0), ("SIM_GPS1_ENABLE", 0.0, 1.0)),
    "baro.loss": (("SIM_BARO_DISABLE", 1.0, 0.0),),
    "compass.loss": (("SIM_MAG1_FAIL", 1.0, 0.0),),
    "rc.loss": (("SIM_RC_FAIL", 1.0, 0.0),),
}
"""Faults that ArduPilot SITL has too: a parameter, its value while they last and after. Of several the controller has
one: GPS has been switched by SIM_GPS1_ENABLE since 4.6."""
ASKED: Final = ("ardupilot",)
"""Sources of --vehicle whose SITL has these parameters: the word before the colon."""
NOT_THEIRS: Final = ("FM_", "SYSID_", "SIM_COLLIDE")
SAME_AIR: Final = {"SIM_WIND_T": 1.0}
"""Parameters that make its air like ours: SIM_WIND_SPD at every height. Without it SITL has the square root of a
60th of the height of it, 0.41 of it at 10 m."""


class SitlFault(Struct, frozen=True):
    """A fault that begins or ends, s after liftoff (0: with it): the parameters of which the controller has one."""

    after_s: float
    fault: str
    params: tuple[tuple[str, float], ...]


class JudgeAnswer(Struct, frozen=True):
    """Robustness of both; `verdict`: agrees (both hold, or both do not), differs, or not told."""

    ours: float | None
    theirs: float | None
    verdict: str


class ConfirmedFlights(Struct, frozen=True):
    """`results`: how each flight ended. `apart_m`: between the tracks at the same time after liftoff, in the median and
    at most."""

    results: tuple[str, str]
    judges: dict[str, JudgeAnswer]
    apart_m: tuple[float, float]

    @property
    def agrees(self) -> bool:
        """No judge differs, and one at least was told."""
        verdicts = {judge.verdict for judge in self.judges.values()}
        return "differs" not in verdicts and "agrees" in verdicts


def check_asked(study: Study) -> None:
    """UserError for what a flight controller cannot be asked."""
    said = study.said
    for key, there in (("fleet", said.fleet), ("client", said.client), ("executor", said.executor)):
        if there is not None:
            raise UserError(f"{key}: a flight controller is asked about one vehicle that flies its plan in AUTO")


def asked_params(spec: VehicleSpec) -> dict[str, float]:
    """The parameters that the controller begins with."""
    params, _ = given_parameters(spec.param, spec.kind)
    return SAME_AIR | {name: value for name, value in params.items() if not name.startswith(NOT_THEIRS)}


def strikes(spec: VehicleSpec, began_s: float) -> list[SitlFault]:
    """The faults as parameters, in order of time; our vehicle lifted off at `began_s`. UserError for one that the
    controller does not have."""
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
    """Seconds since boot until liftoff, of what does not fly until arming; UserError where that never was."""
    armed, landed = (np.asarray(signals[name], np.float64) > 0.5 for name in ("armed", "landed"))
    under_way = np.flatnonzero(armed & ~landed if flies else armed)
    if under_way.size == 0:
        never = "never left the ground" if flies and armed.any() else "was never armed"
        raise UserError(f"it {never}: there is no flight to compare", 1)
    return float(signals["time"][under_way[0]])


def laid_on(theirs: Mapping[str, Array], began_s: float, *, flies: bool) -> dict[str, Array]:
    """The signals on an even grid from 0, as if it had lifted off at `began_s`."""
    time = np.asarray(theirs["time"], np.float64) - began_at(theirs, flies=flies) + began_s
    step_s = STEP_MS / 1000.0
    grid = np.arange(int(time[-1] / step_s) + 1) * step_s
    at = np.clip(np.searchsorted(time, grid, side="right") - 1, 0, time.size - 1)
    return {name: values[at] for name, values in theirs.items()} | {"time": grid}


def confirmed(
    study: Study, given: Mapping[str, Value], ours: FlownRun, theirs: Mapping[str, Array], result: str
) -> ConfirmedFlights:
    """Both flights judged. `theirs`: as `laid_on` makes them."""
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
    """m between the places at the same time, while both are there."""
    length = min(len(ours["time"]), len(theirs["time"]))
    north, east = (
        np.asarray(theirs[name][:length], np.float64) - np.asarray(ours[name][:length], np.float64)
        for name in ("north", "east")
    )
    return arrays.hypot(north, east)
