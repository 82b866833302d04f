"""Weather of a log: drag, power and the mean wind, measured where no fault spoils what they are measured by, and gusts,
which are where the wind that the vehicle must have felt leaves its mean."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import degrees, inf, nan, radians
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from autopilot.control.arrays import hypot as hypots
from autopilot.interface.mathematics import atan2, cos, hypot, sin
from autopilot.vehicles.kinds import vehicle_class
from sortie.incident.diagnosis import FoundFault
from sortie.incident.scenario import Gust
from sortie.reading.trace import FlightTrace
from sortie.rehearsal.calibration import fitted, wind_seen
from sortie.rehearsal.fits import Calibration

Array = npt.NDArray[np.float64]
_STRONG_MPS: Final = 3.0
"""Less off the mean is what an estimate leaves: twice as much as 40 logs without gusts have."""
_AROUND_S: Final = 3.0
"""Before and after a gust: the air has to change."""
_SETTLES_S: Final = 3.0
"""After the GPS came back, until velocities are right."""
_FALLS: Final = 0.5
"""Share of a motor's thrust without which a quad falls."""
_MOTION: Final = ("north_mps", "east_mps", "down_mps")
_TRIES: Final = 4


def measured(trace: FlightTrace, faults: Iterable[FoundFault], kind: str) -> tuple[Calibration, list[Gust]]:
    """Calibration of a flight, and its gusts (times s since boot, the wind after the last one included). UserError:
    scipy is missing."""
    trace = _undisturbed(trace, faults)
    hovers = vehicle_class(kind).hovers
    calm, wind, off = trace, np.empty((0, 3)), np.empty(0)
    for _ in range(_TRIES):
        calibration = fitted(calm, flies=hovers)
        if calibration.wind is None or not hovers:  # flown in one direction, where drag and wind look alike
            return calibration, []
        wind = wind_seen(trace, calibration)
        speed, _, source = calibration.wind
        toward = radians(source + 180.0)
        off = hypots(wind[:, 1] - speed * cos(toward), wind[:, 2] - speed * sin(toward))
        if not len(off) or off.max() < _STRONG_MPS:
            return calibration, []
        far = wind[off > max(_STRONG_MPS, 0.5 * off.max()), 0]  # spoils the measure of the rest
        calm = _where(calm, _MOTION, np.abs(trace.time_s[:, None] - far).min(axis=1) > _AROUND_S)
    return calibration, list(_gusts(wind, off, Gust(0.0, round(speed, 1), round(source))))


def _gusts(wind: Array, off: Array, mean: Gust) -> Iterable[Gust]:
    """The wind each second while it is off its mean, and the mean again."""
    strong = wind[off > _STRONG_MPS, 0]
    last_s = -inf
    for at_s, north, east in wind[::5]:
        if np.min(np.abs(strong - at_s)) <= _AROUND_S:
            last_s = at_s
            yield Gust(float(at_s), round(hypot(north, east), 1), round(degrees(atan2(-east, -north)) % 360.0))
        elif last_s > -inf:
            yield Gust(float(at_s), mean.speed, mean.from_deg)
            last_s = -inf


def _undisturbed(trace: FlightTrace, faults: Iterable[FoundFault]) -> FlightTrace:
    """The trace without what faults spoil of it."""
    for fault in faults:
        time_s, until_s = trace.time_s, inf if fault.until_s is None else fault.until_s
        before, settled = time_s < fault.from_s, time_s > until_s + _SETTLES_S
        if fault.name == "gps.loss" or (fault.name.startswith("motor") and (fault.value or 1.0) > _FALLS):
            trace = _where(trace, _MOTION, before | settled)
        elif fault.name.startswith("motor"):
            trace = _where(trace, ("amps",), before | settled)
        elif fault.name == "battery.low":
            trace = _where(trace, ("volts",), before | settled)
        elif fault.name == "baro.wrong":
            trace = replace(trace, height_m=trace.height_m - np.where(before | settled, 0.0, fault.value or 0.0))
    return trace


def _where(trace: FlightTrace, columns: Iterable[str], known: npt.NDArray[np.bool_]) -> FlightTrace:
    kept: dict[str, Any] = {name: np.where(known, getattr(trace, name), nan) for name in columns}
    return replace(trace, **kept)
