"""Fits to a log by flying its scenario: drag (wings: air density; PX4: pace of its reference) and wind, by Levenberg's
method on the distance between both tracks; for wings also the moment when the wheels leave the ground.

The calibration of a log (`sortie.rehearsal.calibration`) assumes equal drag in all directions, which leaves about 5 %:
after 20 s against the wind at full lean, 1 s. Wings fly at the tube's airspeed, of which 1 % is 14 m in a minute.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import degrees, radians, sqrt
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from autopilot.control.arrays import hypot as hypots
from autopilot.interface.geo import GeoPoint
from autopilot.interface.mathematics import atan2, cos, hypot, sin
from autopilot.interface.records import dataclass
from sortie.config.errors import UserError
from sortie.incident.scenario import Scenario, ScenarioFault
from sortie.reading.facts import FlightFacts
from sortie.reports.comparison import Since, begin_of, places_at

Array = npt.NDArray[np.float64]
AIR: Final = "SIM_AIR_DENSITY"


@dataclass(frozen=True)
class Fit:
    """Quantities of a fit: parameters with their default values, all changed by one factor to a power; the wind; and
    the moment at which tracks are aligned. Arrays: of that factor, and of the wind to north and east, m/s."""

    params: Mapping[str, tuple[float, int]]
    since: Since
    steps: Array
    """Steps for the derivatives."""
    usual: Array
    """Usual sizes of the changes, each weighted as 1 m of distance."""
    unknown: Array
    """Usual sizes if no wind could be measured."""
    most: Array


_HOVERS: Final = Fit(
    {"SIM_DRAG_ROTOR": (20.0, 1), "SIM_DRAG_AREA": (200.0, 1)},
    Since.LIFTOFF,
    np.array([0.05, 0.3, 0.3]),
    np.array([0.15, 1.0, 1.0]),
    np.array([0.3, 4.0, 4.0]),
    np.array([0.4, 3.0, 3.0]),
)
_SMOOTH: Final = Fit(
    {
        "MPC_XY_CRUISE": (5.0, 1), "MPC_Z_V_AUTO_UP": (3.0, 1), "MPC_TKO_SPEED": (1.5, 1),
        "MPC_ACC_HOR": (3.0, 2), "MPC_ACC_UP_MAX": (4.0, 2), "MPC_ACC_DOWN_MAX": (3.0, 2), "MPC_JERK_AUTO": (4.0, 3),
    },
    Since.LIFTOFF,
    np.array([-0.05, 0.1, 0.1]),
    np.array([0.15, 0.2, 0.2]),
    np.array([0.15, 4.0, 4.0]),
    np.array([0.3, 0.5, 0.5]),
)  # fmt: skip
"""Fit of a PX4, whose reference waits when its estimate says that the vehicle is off it (MPC_XY_ERR_MAX); time passes
more slowly by as much as the estimate wanders."""
_WINGS: Final = Fit(
    {AIR: (1.0, 1)},
    Since.CLIMB,
    np.array([0.01, 0.2, 0.2]),
    np.array([0.03, 1.0, 1.0]),
    np.array([0.1, 4.0, 4.0]),
    np.array([0.1, 3.0, 3.0]),
)
_HOVERING: Final = {"px4": _SMOOTH}
"""Fits of hovering vehicles by firmware, if different from `_HOVERS`."""
_TURNS: Final = 3
_BETTER: Final = 0.98
_NEAR_M2: Final = 0.5
"""Mean squared distance below which fitting stops, m2."""
_FAR_M: Final = 5.0
"""Distance above which the weight is linear instead of square, m."""

_LONGEST_S: Final = 300.0
"""Longest part of a flight that is flown for the fit, s."""
_STEP_S: Final = 0.5
_AFTER_S: Final = 15.0
"""Time after the end of a fault, or a jump of the height, until drag and wind determine the track again, s."""
_FALLS: Final = 0.5
"""Share of a motor's thrust whose loss makes a quad fall."""
_NOWHERE_M: Final = 1e3
_ALOFT_M: Final = 2.0
LETS_GO: Final = "SIM_LETS_GO"
_LETS_GO_MPS, _HALVINGS, _ROLLS_M = (0.0, 2.4), 6, 5.0


def fit_of(scenario: Scenario) -> Fit:
    """Return the fit for a vehicle of this kind that leaves the ground."""
    return _WINGS if scenario.kind.has_stall_speed else _HOVERING.get(scenario.firmware, _HOVERS)


class OffTrack:
    """Flies a scenario and returns its distance from the log: m, rows of north and east, always at the same times since
    liftoff, without those when a fault affects place or motion."""

    def __init__(self, log: FlightFacts, scenario: Scenario, fly: Callable[[Scenario], FlightFacts]) -> None:
        lifted_s = scenario.happened.liftoff_s or 0.0
        self._lasts_s = min(scenario.lasts_s, lifted_s + _LONGEST_S)
        time = np.arange(lifted_s, self._lasts_s, _STEP_S)
        for fault in scenario.fault:
            time = time[(time < fault.from_s) | (time > _settled_s(fault))]
        self._time = time - lifted_s
        self._fly = fly
        self._since = fit_of(scenario).since
        self._origin = log.home or GeoPoint(log.samples[0].lat, log.samples[0].lon, 0.0)
        if self._since is Since.CLIMB:  # rolling is not flying
            height = places_at(log, self._origin, self._time + begin_of(log, self._since))[2]
            self._time = self._time[height > _ALOFT_M]
        self._log = self._track(log)

    def __call__(self, scenario: Scenario) -> Array:
        try:
            return self._track(self._fly(msgspec.structs.replace(scenario, lasts_s=self._lasts_s))) - self._log
        except UserError:  # with so much drag it does not fly
            return np.full_like(self._log, _NOWHERE_M)

    def _track(self, facts: FlightFacts) -> Array:
        return places_at(facts, self._origin, self._time + begin_of(facts, self._since))[:2]


def _settled_s(fault: ScenarioFault) -> float:
    """Return the time from which drag and wind determine the track again, s."""
    falls = fault.name.startswith("motor") and (fault.value is None or fault.value > _FALLS)
    if falls or fault.name.startswith("gps."):
        return np.inf if fault.until_s is None else fault.until_s + _AFTER_S
    return fault.from_s + (_AFTER_S if fault.name == "baro.wrong" else 0.0)


def tuned(scenario: Scenario, off: OffTrack) -> tuple[Scenario, float, float]:
    """Return the scenario with the drag or air density, and the wind, that come closest to the log, and its distance
    before and after, m."""
    fit = fit_of(scenario)
    known = "SIM_WIND_SPD" in scenario.params
    usual, most = (fit.usual, fit.most) if known else (fit.unknown, 3.0 * fit.unknown)
    change, best = np.zeros(3), off(scenario)
    if not best.size:
        return scenario, 0.0, 0.0
    before = _cost(best, change)
    for _ in range(_TURNS):
        if _cost(best, change / usual) < _NEAR_M2:
            break
        flown = [off(_with(scenario, change + step)) for step in np.diag(fit.steps)]
        slopes = np.stack([(after - best).ravel() for after in flown]) / fit.steps[:, None]
        weight = np.tile(_FAR_M / np.maximum(hypots(best[0], best[1]), _FAR_M), 2) / best.shape[1]
        bend = (slopes * weight) @ slopes.T + np.diag(1.0 / (usual * usual))
        step = np.linalg.solve(bend, (slopes * weight) @ best.ravel() + change / (usual * usual))
        for share in (1.0, 0.4):
            tried = np.clip(change - share * step, -most, most)
            after = off(_with(scenario, tried))
            if _cost(after, tried / usual) < _BETTER * _cost(best, change / usual):
                change, best = tried, after
                break
        else:
            break
    return _with(scenario, change), sqrt(before), sqrt(_cost(best, np.zeros(3)))


def let_go(scenario: Scenario, log: FlightFacts, fly: Callable[[Scenario], FlightFacts]) -> tuple[Scenario, float]:
    """Return the scenario of wings whose wheels leave the ground where those of the log did, and the distance rolled,
    m. ArduPilot's simulator holds the wheels by its rate of steps, which falls on a busy machine."""
    rolled_m = _rolled_m(log)
    low, high = _LETS_GO_MPS
    if not _ROLLS_M <= rolled_m < np.inf:
        return scenario, rolled_m
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if _rolled_m(fly(_letting_go(scenario, middle))) > rolled_m else (middle, high)
    return _letting_go(scenario, 0.5 * (low + high)), rolled_m


def _letting_go(scenario: Scenario, climb_mps: float) -> Scenario:
    return msgspec.structs.replace(scenario, params={**scenario.params, LETS_GO: round(climb_mps, 3)})


def _rolled_m(facts: FlightFacts) -> float:
    """Return the distance from arming to the climb, m; infinite without a climb."""
    try:
        times = np.array([begin_of(facts, Since.ARMED), begin_of(facts, Since.CLIMB)])
    except UserError:
        return np.inf
    first = facts.samples[0]
    north, east = places_at(facts, GeoPoint(first.lat, first.lon, 0.0), times)[:2]
    return float(hypot(north[1] - north[0], east[1] - east[0]))


def _cost(off: Array, unusual: Array) -> float:
    far = hypots(off[0], off[1])
    return float(np.mean(np.where(far > _FAR_M, _FAR_M * (2.0 * far - _FAR_M), far * far)) + np.sum(unusual * unusual))


def _with(scenario: Scenario, change: Array) -> Scenario:
    if not change.any():
        return scenario
    params = dict(scenario.params)
    for name, (usual, power) in fit_of(scenario).params.items():
        params[name] = params.get(name, usual) * (1.0 + float(change[0])) ** power
    speed, from_deg = _wind(params.get("SIM_WIND_SPD", 0.0), params.get("SIM_WIND_DIR", 180.0), change)
    wind = [
        msgspec.structs.replace(gust, speed=more, from_deg=source)
        for gust in scenario.wind
        for more, source in [_wind(gust.speed, gust.from_deg, change)]
    ]
    return msgspec.structs.replace(
        scenario, params=params | {"SIM_WIND_SPD": speed, "SIM_WIND_DIR": from_deg}, wind=tuple(wind)
    )


def _wind(speed: float, from_deg: float, change: Array) -> tuple[float, float]:
    source = radians(from_deg)
    north, east = float(change[1]) - speed * cos(source), float(change[2]) - speed * sin(source)
    return hypot(north, east), degrees(atan2(-east, -north)) % 360.0
