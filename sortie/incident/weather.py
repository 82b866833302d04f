"""Weather of a log: drag, power and mean wind, measured where no fault spoils the data, and gusts, where the wind that
the vehicle must have felt deviates from the mean."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import degrees, inf, nan, radians
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from autopilot.control.arrays import cos as coses
from autopilot.control.arrays import hypot as hypots
from autopilot.control.arrays import sin as sines
from autopilot.interface.mathematics import atan2, cos, hypot, sin
from autopilot.vehicles.kinds import vehicle_class
from sortie.incident.scenario import Gust
from sortie.incident.signals import FoundFault
from sortie.reading.trace import STEP_S, FlightTrace
from sortie.rehearsal.calibration import fitted, measured_wind, wind_fits
from sortie.rehearsal.fits import Calibration, FittedNumber

Array = npt.NDArray[np.float64]
_STRONG_MPS: Final = 3.0
"""Smallest deviation that is a gust, m/s: twice the largest of 40 logs without gusts."""
_AROUND_S: Final = 3.0
"""Time before and after a gust, s: the air must change."""
_SETTLES_S: Final = 3.0
"""Time after the return of GPS until velocities are right, s."""
_FALLS: Final = 0.5
"""Share of a motor's thrust whose loss makes a quad fall."""
_MOTION: Final = ("north_mps", "east_mps", "down_mps")
_TRIES: Final = 4
_EACH: Final = 5
"""Number of samples for which a gust's wind is held."""
_FLIES_MPS, _ALOFT_M, _SMOOTH, _FEWEST = 8.0, 3.0, 10, 50
"""Least airspeed (m/s) and height (m) for measuring wind by wings; samples for the average; least number of samples."""
_TRUSTED: Final = 1.0
"""Variance of the airspeed vector, (m/s)2, at which the measured scale of the tube has the same weight as 1."""
TUBE: Final = "airspeed over what the tube shows"


def measured(trace: FlightTrace, faults: Iterable[FoundFault], kind: str) -> tuple[Calibration, list[Gust]]:
    """Return the calibration of a flight, and its gusts (times s since boot, with the wind after the last gust).
    UserError without scipy."""
    trace, vehicle = _undisturbed(trace, faults), vehicle_class(kind)
    if vehicle.has_stall_speed:
        return _by_airspeed(trace, fitted(trace, vehicle))
    calm, wind, off = trace, np.empty((0, 3)), np.empty(0)
    for _ in range(_TRIES):
        calibration = fitted(calm, vehicle)
        if calibration.wind is None or not vehicle.hovers:  # in one direction drag and wind look alike
            return calibration, []
        wind = measured_wind(trace, calibration)
        speed, _, source = calibration.wind
        toward = radians(source + 180.0)
        off = hypots(wind[:, 1] - speed * cos(toward), wind[:, 2] - speed * sin(toward))
        if not len(off) or off.max() < _STRONG_MPS:
            return calibration, []
        far = wind[off > max(_STRONG_MPS, 0.5 * off.max()), 0]  # excluded, because they spoil the mean
        calm = _where(calm, _MOTION, np.abs(trace.time_s[:, None] - far).min(axis=1) > _AROUND_S)
    return calibration, list(_gusts(wind, off, Gust(0.0, round(speed, 1), round(source))))


def _by_airspeed(trace: FlightTrace, calibration: Calibration) -> tuple[Calibration, list[Gust]]:
    """Return calibration and gusts of wings: ground speed minus airspeed along the nose, averaged over 2 s."""
    along = trace.airspeed_mps * coses(trace.pitch_rad)
    air = np.stack((along * coses(trace.yaw_rad), along * sines(trace.yaw_rad)), axis=1)
    moves = np.stack((trace.north_mps, trace.east_mps), axis=1)
    known = (trace.airspeed_mps > _FLIES_MPS) & (trace.height_m > _ALOFT_M) & np.isfinite(air + moves).all(axis=1)
    if np.count_nonzero(known) < _FEWEST:
        return calibration, []
    kernel = np.ones(_SMOOTH) / _SMOOTH
    time, *smooth = (
        np.convolve(column, kernel, mode="valid") for column in (trace.time_s[known], *air[known].T, *moves[known].T)
    )
    air, moves = np.stack(smooth[:2], axis=1), np.stack(smooth[2:], axis=1)
    scale, mean, off = 1.0, np.zeros(2), np.zeros(len(time))
    for _ in range(_TRIES):
        calm = off <= max(_STRONG_MPS, float(np.median(off)))
        scale, mean = _scale_and_wind(air[calm], moves[calm])
        off = hypots(*(moves - scale * air - mean).T)
    wind = np.column_stack((time, moves - scale * air))
    north, east = mean.tolist()
    speed, source = hypot(north, east), degrees(atan2(-east, -north)) % 360.0
    shows = FittedNumber(TUBE, "", scale, nan)
    fits = (*calibration.fits, shows, *wind_fits(speed, source, float(np.std(off[off < _STRONG_MPS]))))
    calibration = replace(calibration, fits=fits, wind=(speed, speed, source))
    strong = off.max() >= _STRONG_MPS
    return calibration, list(_gusts(wind, off, Gust(0.0, round(speed, 1), round(source)))) if strong else []


def _scale_and_wind(air: Array, moves: Array) -> tuple[float, Array]:
    """Return the scale of the tube and the wind: ground speed = scale * airspeed + wind. A flight in one direction does
    not determine the scale, which then stays near 1."""
    spread = air - np.mean(air, axis=0)
    over = float(np.sum(spread * (moves - np.mean(moves, axis=0)))) + _TRUSTED * len(air)
    scale = over / (float(np.sum(spread * spread)) + _TRUSTED * len(air))
    return scale, np.mean(moves - scale * air, axis=0)


def _gusts(wind: Array, off: Array, mean: Gust) -> Iterable[Gust]:
    """Yield the wind for each second with a deviation, then the mean again; each half a second earlier, because it is
    held until the next."""
    strong = wind[off > _STRONG_MPS, 0]
    last_s = -inf
    for at_s, north, east in wind[::_EACH]:
        begin_s = float(at_s) - 0.5 * _EACH * STEP_S
        if np.min(np.abs(strong - at_s)) <= _AROUND_S:
            last_s = at_s
            yield Gust(begin_s, round(hypot(north, east), 1), round(degrees(atan2(-east, -north)) % 360.0))
        elif last_s > -inf:
            yield Gust(begin_s, mean.speed, mean.from_deg)
            last_s = -inf


def _undisturbed(trace: FlightTrace, faults: Iterable[FoundFault]) -> FlightTrace:
    """Return the trace without the intervals that faults spoil."""
    for fault in faults:
        time_s, until_s = trace.time_s, inf if fault.until_s is None else fault.until_s
        before, settled = time_s < fault.from_s, time_s > until_s + _SETTLES_S
        if fault.name == "gps.loss" or (fault.name.startswith("motor") and (fault.value or 1.0) > _FALLS):
            trace = _where(trace, _MOTION, before | settled)
        elif fault.name.startswith("motor"):
            trace = _where(trace, ("amps",), before | settled)
        elif fault.name.startswith("airspeed."):
            trace = _where(trace, ("airspeed_mps",), before | settled)
        elif fault.name == "battery.low":
            trace = _where(trace, ("volts",), before | settled)
        elif fault.name == "baro.wrong":
            trace = replace(trace, height_m=trace.height_m - np.where(before | settled, 0.0, fault.value or 0.0))
    return trace


def _where(trace: FlightTrace, columns: Iterable[str], known: npt.NDArray[np.bool_]) -> FlightTrace:
    masked: dict[str, Any] = {name: np.where(known, getattr(trace, name), nan) for name in columns}
    return replace(trace, **masked)
