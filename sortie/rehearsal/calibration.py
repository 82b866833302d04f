"""Calibration of a vehicle from a log of its flight: hover power, drag, wind, battery, speeds.

The model is that of the simulator (`sitl.kernel.copter`), so the results are its parameters. Drag shows in the
acceleration across the thrust, whose direction is known from the attitude. With v velocity, u = v - wind, T thrust per
mass along the vertical axis z, and F the specific force:

F = dv/dt - g; F - (F.z) z = -(d1 sqrt(T / g) + d2 |u|) u_across; T = -F.z - (d2 |u| + a d1 sqrt(T / g) (u.z)^2) u.z

d1 (1/s) is the drag of the rotors, d2 (1/m) that of the body, and a the effect of inflow along the axis
(`airframe.AXIAL_DRAG`). Least squares finds drag and wind together, for flights in several directions and at several
speeds; the covariance shows what a flight does not determine. Hover power is power over (T/g)^1.5 (momentum theory),
the thrust share at hover is throttle over T/g. Resistance and capacity come from voltage against current and charge,
with the discharge curve of lithium polymer cells.
"""

from __future__ import annotations

from collections.abc import Callable
from math import atan2, ceil, degrees, hypot, nan
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from autopilot.interface.layout import GRAVITY
from autopilot.interface.records import dataclass
from autopilot.vehicles.kinds import vehicle_class
from autopilot.vehicles.vehicle_class import VehicleClass
from sitl.vehicles import airframe, chassis
from sitl.vehicles.equipment import AIR_DENSITY, CELL_CURVE, CELLS, OHMS
from sortie.config.errors import UserError, pip_install
from sortie.reading.trace import STEP_S, FlightTrace, read_trace
from sortie.rehearsal.fits import Calibration, FittedNumber

Array = npt.NDArray[np.float64]

_CLEAR_M: Final = 3.0
"""Height below which ground effect disturbs, m."""
_MOVES_MPS: Final = 0.3
_HARD_MPS2: Final = 0.3
_OFTEN: Final = 0.1
"""Least share of the way with stronger speeding or braking for measuring a car's power of acceleration."""
_WINDOW: Final = round(1.0 / STEP_S)
_FEWEST: Final = round(10.0 / STEP_S)
_ACCEL_SIGMA: Final = 0.1
"""Standard deviation of an acceleration over a window, m/s2: noise of an estimator."""
_SURE: Final = 0.25
"""Largest relative error of a drag that is reported."""
_FAST_MPS: Final = 2.0
"""Speed below which drag is smaller than the estimator's noise, m/s."""
_SURE_WIND_MPS: Final = 1.5
_PLATEAU_MPS: Final = 0.25
_PLATEAU_S: Final = 3.0
_DRAINED: Final = 0.05
"""Least used share of the charge; below it the capacity cannot be seen in the voltage."""
_FULL_THROTTLE: Final = 0.95
"""Throttle above which motors may give less than demanded."""
_VOLT_SIGMA: Final = 0.03
_CELL_TOP_V: Final = 4.25
_CELL_V: Final = airframe.FULL_V / CELLS


def calibrate(log: Path | str, vehicle: str = "sim:copter") -> Calibration:
    """Fit the parameters of a vehicle to a log of its flight (`.bin`, `.tlog`, `.ulg`, or a folder). `vehicle`: its
    kind. UserError: no log, no flight in it, or scipy is missing (extra `calibrate`)."""
    return fitted(read_trace(Path(log)), vehicle_class(vehicle.rpartition(":")[2]))


def fitted(trace: FlightTrace, kind: VehicleClass) -> Calibration:
    """Fit the parameters of a vehicle of this kind to a trace; for wings only those of the battery."""
    volts, cells = trace.volts[np.isfinite(trace.volts)], CELLS
    if len(volts):
        cells = max(ceil(float(np.max(volts)) / _CELL_TOP_V), 1)
    found = _Found([], [])
    wind = None
    if kind.hovers:
        motion = _Motion.of(trace)
        wind, thrust = _drag(motion, trace, cells, found)
        _hover(motion, thrust, trace, found)
        _rotors(motion, thrust, trace, cells, found)
    elif not kind.flies:
        _drive(trace, found)
    _battery(trace, cells, found)
    if not kind.has_stall_speed:
        _speeds(trace, kind.hovers, found)
    return Calibration(
        trace.name,
        tuple(found.fits),
        tuple(found.residuals),
        len(trace.time_s) * STEP_S,
        trace.energy_wh,
        None if wind is None else (wind[0], wind[0], wind[1]),
    )


@dataclass(frozen=True, slots=True)
class _Found:
    fits: list[FittedNumber]
    residuals: list[tuple[str, float, str]]


# --- motion -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Motion:
    """Samples in the air, in rows: velocity NED, specific force NED over a window of 1 s, vertical axis of the body
    (down) in NED, force per mass along it. `index`: in the trace."""

    index: npt.NDArray[np.int64]
    velocity: Array
    force: Array
    axis: Array
    lift: Array

    @classmethod
    def of(cls, trace: FlightTrace) -> _Motion:
        velocity = np.stack((trace.north_mps, trace.east_mps, trace.down_mps), axis=1)
        half = _WINDOW // 2
        force = np.full_like(velocity, nan)
        force[half:-half] = (velocity[2 * half :] - velocity[: -2 * half]) / (2 * half * STEP_S)
        force[:, 2] -= GRAVITY
        roll, pitch, yaw = trace.roll_rad, trace.pitch_rad, trace.yaw_rad
        axis = np.stack(
            (
                np.cos(roll) * np.sin(pitch) * np.cos(yaw) + np.sin(roll) * np.sin(yaw),
                np.cos(roll) * np.sin(pitch) * np.sin(yaw) - np.sin(roll) * np.cos(yaw),
                np.cos(roll) * np.cos(pitch),
            ),
            axis=1,
        )
        kernel = np.array([0.5, *([1.0] * (2 * half - 1)), 0.5]) / (2 * half)
        axis = np.stack([np.convolve(column, kernel, mode="same") for column in axis.T], axis=1)
        axis[:half] = axis[len(axis) - half :] = nan
        axis /= np.linalg.norm(axis, axis=1, keepdims=True)
        lift = -np.sum(force * axis, axis=1)
        usable = np.isfinite(lift) & np.isfinite(velocity).all(axis=1) & (trace.height_m > _CLEAR_M)
        index = np.flatnonzero(usable & (lift > 0.5 * GRAVITY))
        return cls(index, velocity[index], force[index], axis[index], lift[index])


def _drag(motion: _Motion, trace: FlightTrace, cells: int, found: _Found) -> tuple[tuple[float, float] | None, Array]:
    """Fit drag of rotors and body, and the wind; returns the wind (m/s, degrees) and the rotors' thrust per mass."""
    names = (("drag of the rotors", "%/s"), ("drag of the body", "cm2"), ("wind", "m/s"))
    if len(motion.index) < _FEWEST:
        why = "no attitude, velocity and height above 3 m for 10 s"
        found.fits.extend(FittedNumber(name, unit, reason=why) for name, unit in names)
        return None, motion.lift
    volts = trace.volts[motion.index]
    faster = np.where(np.isfinite(volts) & (volts > 1.0), _CELL_V * cells / np.maximum(volts, 1.0), 1.0)
    across = motion.force + motion.lift[:, None] * motion.axis
    usual = (airframe.ROTOR_DRAG, airframe.body_drag(airframe.DRAG_AREA))

    def flow(x: Array, north: float, east: float) -> tuple[Array, Array, Array, Array]:
        """Return air velocity, its part along the axis, its speed, and the rotors' thrust."""
        air = motion.velocity - np.array([north, east, 0.0])
        along, speed = np.sum(air * motion.axis, axis=1), np.linalg.norm(air, axis=1)
        blades = x[0] * faster * np.sqrt(motion.lift / GRAVITY)
        drag = (x[1] * speed + airframe.AXIAL_DRAG * blades * along**2) * along
        return air, along, speed, np.maximum(motion.lift - drag, 0.1 * GRAVITY)

    def off(x: Array, wind: tuple[float, float] | None = None) -> Array:
        north, east = (x[2], x[3]) if wind is None else wind
        air, along, speed, thrust = flow(x, north, east)
        scale = faster * np.sqrt(thrust / GRAVITY)
        modelled = -(x[0] * scale + x[1] * speed)[:, None] * (air - along[:, None] * motion.axis)
        residuals = (across - modelled)[:, :2].ravel() / _ACCEL_SIGMA
        # values without evidence stay near usual ones; a factor of ten is not unusual
        return np.concatenate((residuals, [(x[0] - usual[0]) / 1.0, (x[1] - usual[1]) / 0.1]))

    best, sigma, rms = _least(off, [*usual, 0.0, 0.0], ([0.0, 0.0, -40.0, -40.0], [5.0, 1.0, 40.0, 40.0]))
    wind_sigma = max(sigma[2], sigma[3])
    windy = wind_sigma < _SURE_WIND_MPS
    if not windy:
        best, sigma, rms = _least(lambda x: off(x, (0.0, 0.0)), list(usual), ([0.0, 0.0], [5.0, 1.0]))
        best, sigma = np.append(best, (0.0, 0.0)), np.append(sigma, (nan, nan))
    thrust = flow(best, best[2], best[3])[3]
    found.residuals.append(("drag", rms * _ACCEL_SIGMA, "m/s2"))
    fastest = float(np.quantile(np.linalg.norm(motion.velocity[:, :2] - best[2:4], axis=1), 0.9))
    whole, whole_sigma = best[0] + best[1] * fastest, hypot(sigma[0], sigma[1] * fastest)
    if not windy or fastest < _FAST_MPS or whole_sigma > _SURE * whole:
        why = "flown in one direction" if not windy else f"flown at {fastest:.1f} m/s through the air at most"
        found.fits.extend(FittedNumber(name, unit, reason=why) for name, unit in names[:2])
    else:
        area = 2.0 * airframe.MASS / AIR_DENSITY * 1e4
        found.fits.append(
            FittedNumber(*names[0], 100.0 * best[0], 100.0 * sigma[0], "", "SIM_DRAG_ROTOR", 100.0 * best[0])
        )
        found.fits.append(FittedNumber(*names[1], area * best[1], area * sigma[1], "", "SIM_DRAG_AREA", area * best[1]))
    if not windy:
        found.fits.append(FittedNumber(*names[2], reason="flown in one direction, where drag and wind look alike"))
        return None, thrust
    speed, source = hypot(best[2], best[3]), degrees(atan2(-best[3], -best[2])) % 360.0
    found.fits.extend(wind_fits(speed, source, wind_sigma))
    return (speed, source), thrust


def wind_fits(speed: float, source: float, sigma: float) -> tuple[FittedNumber, FittedNumber]:
    """Return the wind as parameters, m/s and degrees from which it blows."""
    about = degrees(min(sigma / max(speed, 0.1), 3.0))
    return (
        FittedNumber("wind", "m/s", speed, sigma, "", "SIM_WIND_SPD", speed),
        FittedNumber("wind from", "deg", source, about, "", "SIM_WIND_DIR", source),
    )


def measured_wind(trace: FlightTrace, calibration: Calibration) -> Array:
    """Calculate the wind over time, rows of s, m/s north and m/s east, from drag: the air force that explains
    acceleration and lean."""
    found = {fit.name: fit.value for fit in calibration.fits}
    rotors, area = found.get("drag of the rotors"), found.get("drag of the body")
    first = airframe.ROTOR_DRAG if rotors is None else rotors / 100.0
    second = max(airframe.body_drag(airframe.DRAG_AREA if area is None else area / 1e4), 1e-6)
    motion = _Motion.of(trace)
    across = motion.force + motion.lift[:, None] * motion.axis
    size, blades = np.linalg.norm(across, axis=1), first * np.sqrt(motion.lift / GRAVITY)
    speed = (np.sqrt(blades**2 + 4.0 * second * size) - blades) / (2.0 * second)
    level = motion.axis[:, :2]
    air = -across[:, :2] * (speed / np.maximum(size, 1e-9))[:, None]
    air += level * (motion.axis[:, 2] * motion.velocity[:, 2])[:, None]  # the part of climbing across a leaning axis
    along = np.sum(level * air, axis=1) / (1.0 - np.sum(level**2, axis=1))
    wind = motion.velocity[:, :2] - air - level * along[:, None]
    kernel = np.ones(2 * _WINDOW) / (2 * _WINDOW)
    if len(wind) < len(kernel):
        return np.empty((0, 3))
    smooth = np.stack([np.convolve(column, kernel, mode="same") for column in wind.T], axis=1)
    return np.column_stack((trace.time_s[motion.index], smooth))[_WINDOW:-_WINDOW]


def _least(
    off: Callable[[Array], Array], begin: list[float], bounds: tuple[list[float], list[float]]
) -> tuple[Array, Array, float]:
    """Return the least-squares values, their standard deviations, and the root mean square of the residuals (in
    sigmas). Neighbouring samples share a window and count as one."""
    try:
        from scipy.optimize import least_squares
    except ModuleNotFoundError as error:
        raise UserError(f"fitting a model to a log needs scipy: {pip_install('calibrate')}") from error
    low, high = np.array(bounds[0]), np.array(bounds[1])
    result = least_squares(off, np.clip(begin, low + 1e-9, high - 1e-9), bounds=(low, high), loss="soft_l1")
    rms = float(np.sqrt(np.mean(np.square(off(result.x)))))
    inverse = np.linalg.pinv(result.jac.T @ result.jac)
    sigma = np.sqrt(np.maximum(np.diag(inverse), 0.0) * _WINDOW) * max(rms, 0.1)
    return np.asarray(result.x), np.asarray(sigma), rms


# --- power ------------------------------------------------------------------------------------------------------------
def _hover(motion: _Motion, thrust: Array, trace: FlightTrace, found: _Found) -> None:
    """Fit power over (thrust/g)^1.5."""
    power = (trace.volts * trace.amps)[motion.index]
    known = np.isfinite(power) & (power > 1.0)
    if np.count_nonzero(known) < _FEWEST:
        why = "the log has no current" if len(motion.index) >= _FEWEST else "not 10 s in the air above 3 m"
        found.fits.append(FittedNumber("hover power", "W", reason=why))
        return
    load = (thrust[known] / GRAVITY) ** 1.5
    watts, sigma, rms = _proportion(load, power[known])
    found.residuals.append(("power", 100.0 * rms / watts, "%"))
    # voltage also changes the current of other consumers
    extra = airframe.HOTEL_A * (float(np.mean(trace.volts[motion.index][known])) - airframe.FULL_V)
    own = watts - extra if abs(extra) < 0.1 * watts else watts
    found.fits.append(FittedNumber("hover power", "W", watts, sigma, "", "SIM_HOVER_W", own))


def _rotors(motion: _Motion, thrust: Array, trace: FlightTrace, cells: int, found: _Found) -> None:
    """Fit throttle over thrust in hover, climbs and turns: the share of thrust for hovering. A flight shows only this
    ratio of thrust and mass."""
    throttle, volts = trace.throttle[motion.index], trace.volts[motion.index]
    known = np.isfinite(throttle) & (throttle > 0.0) & (throttle < _FULL_THROTTLE) & (volts > 1.0)
    if np.count_nonzero(known) < _FEWEST:
        found.fits.append(FittedNumber("hover thrust", "%", reason="the log has no throttle in the air above 3 m"))
        return
    share, sigma, rms = _proportion(thrust[known] / GRAVITY, throttle[known])
    found.residuals.append(("throttle", 100.0 * rms / share, "%"))
    at_full_v = share * (float(np.mean(volts[known])) / (_CELL_V * cells)) ** 2  # thrust goes with its square
    found.fits.append(
        FittedNumber("hover thrust", "%", 100.0 * share, 100.0 * sigma, "", "SIM_HOVER_THST", min(at_full_v, 0.9))
    )


def _proportion(x: Array, y: Array) -> tuple[float, float, float]:
    """Return the factor of y over x, its standard deviation, and the root mean square of the residuals."""
    factor = float(np.dot(x, y) / np.dot(x, x))
    rms = float(np.sqrt(np.mean((y - factor * x) ** 2)))
    return factor, rms / float(np.sqrt(np.dot(x, x) / _WINDOW)), rms


def _drive(trace: FlightTrace, found: _Found) -> None:
    """Fit a car's motor power as a multiple of the simulator's at equal speeds and accelerations, with the part for
    acceleration that the log shows. A ratio of sums, because the energy of the log is wanted and acceleration takes it
    in bursts."""
    speed = np.hypot(trace.north_mps, trace.east_mps)
    accel = np.full_like(speed, nan)
    accel[1:-1] = (speed[2:] - speed[:-2]) / (2 * STEP_S)
    resistance = chassis.MASS * GRAVITY * chassis.ROLLING + 0.5 * AIR_DENSITY * chassis.DRAG_AREA * speed**2
    pull = resistance + chassis.MASS * accel
    power = trace.volts * trace.amps - chassis.HOTEL_A * trace.volts
    known = np.isfinite(power) & (pull > 0.0) & (speed > _MOVES_MPS)
    names = (("power at 2 m/s", "W"), ("share of speeding up", ""))
    if np.count_nonzero(known) < _FEWEST or not np.any(power[known] > 0.0):
        why = "not 10 s of driving" if np.count_nonzero(speed > _MOVES_MPS) < _FEWEST else "the log has no current"
        found.fits.extend(FittedNumber(*name, reason=why) for name in names)
        return
    throttle = chassis.TOP_SPEED * pull / (chassis.FULL_ACCEL * chassis.MASS) + speed  # as a speed without load
    steady, speeding, taken = (resistance * throttle)[known], (chassis.MASS * accel * throttle)[known], power[known]
    hard = np.abs(accel[np.isfinite(accel) & (speed > _MOVES_MPS)]) > _HARD_MPS2
    accelerates = float(np.mean(hard)) >= _OFTEN
    share = _share(steady, speeding, taken) if accelerates else 1.0
    work = np.maximum(steady + share * speeding, 0.0)
    _, _, rms = _proportion(work, taken)
    hotel = chassis.HOTEL_A * chassis.FULL_V
    watts = hotel + float(np.sum(taken) / np.sum(work)) * (chassis.DRIVE_W - hotel)
    found.residuals.append(("power", 100.0 * rms / max(float(np.mean(taken)), 0.1), "%"))
    found.fits.append(FittedNumber(*names[0], watts, nan, "", "SIM_DRIVE_W", watts))
    if accelerates:
        found.fits.append(FittedNumber(*names[1], share, nan, "", "SIM_DRIVE_ACC", share))
    else:
        found.fits.append(FittedNumber(*names[1], reason="it kept its speed nearly all the way"))


def _share(steady: Array, speeding: Array, power: Array) -> float:
    """Fit the share of the power of acceleration by least squares, between none and the simulator's."""
    factors = np.linalg.lstsq(np.stack((steady, speeding), axis=1), power, rcond=None)[0]
    return float(np.clip(factors[1] / factors[0], 0.0, 1.0)) if factors[0] > 0.0 else 1.0


# --- battery ----------------------------------------------------------------------------------------------------------
def _battery(trace: FlightTrace, cells: int, found: _Found) -> None:
    """Fit resistance and capacity, by voltage against current and charge."""
    names = (("battery resistance", "mOhm"), ("battery capacity", "Ah"))
    known = np.isfinite(trace.volts) & np.isfinite(trace.amps) & (trace.volts > 1.0) & (trace.amps >= 0.0)
    if np.count_nonzero(known) < _FEWEST or float(np.ptp(trace.amps[known])) < 0.5:
        why = "the log has no voltage with a current that changes"
        found.fits.extend(FittedNumber(name, unit, reason=why) for name, unit in names)
        return
    volts, amps = trace.volts[known] / cells, trace.amps[known]
    used = np.cumsum(np.where(known, np.nan_to_num(trace.amps), 0.0))[known] * STEP_S / 3600.0
    charge, curve = (np.array(side) for side in zip(*CELL_CURVE, strict=True))

    def off(x: Array) -> Array:
        soc = x[2] - used * x[1]
        beyond = np.minimum(soc, 0.0) * 100.0  # an empty cell collapses
        return np.asarray((np.interp(soc, charge, curve) + beyond - amps * x[0] - volts) / (_VOLT_SIGMA / cells))

    best, sigma, rms = _least(off, [OHMS / cells, 0.5 / max(used[-1], 0.1), 0.95], ([0.0, 0.0, 0.05], [0.5, 20.0, 1.0]))
    found.residuals.append(("voltage", 1000.0 * rms * _VOLT_SIGMA, "mV"))
    # The simulator's battery has three cells: the same energy, and the same relative voltage loss.
    ohms = 1000.0 * best[0] * cells
    same = (CELLS / cells) ** 2
    if sigma[0] < _SURE * max(best[0], 1e-3):
        found.fits.append(FittedNumber(*names[0], ohms, 1000.0 * sigma[0] * cells, "", "SIM_BATT_MOHM", ohms * same))
    else:
        found.fits.append(FittedNumber(*names[0], reason="the current hardly changed"))
    if best[1] * used[-1] < _DRAINED or sigma[1] > _SURE * best[1]:
        share = best[1] * used[-1]
        found.fits.append(
            FittedNumber(*names[1], reason=f"{used[-1]:.2f} Ah were used, {share:.0%} of it by the voltage")
        )
        return
    hours = 1.0 / best[1]
    found.fits.append(
        FittedNumber(*names[1], hours, hours * sigma[1] / best[1], "", "SIM_BATT_CAP_AH", hours * cells / CELLS)
    )


# --- speeds -----------------------------------------------------------------------------------------------------------
def _speeds(trace: FlightTrace, flies: bool, found: _Found) -> None:
    """Find the speeds that were held over the longest distance."""
    ground, climb = np.hypot(trace.north_mps, trace.east_mps), -trace.down_mps
    found.fits.append(_plateau("speed", ground, "WPNAV_SPEED" if flies else "WP_SPEED", 100.0 if flies else 1.0))
    if not flies:
        return
    high = trace.height_m > 10.0  # LAND_ALT_LOW
    found.fits.append(_plateau("climbing", climb, "WPNAV_SPEED_UP", 100.0))
    found.fits.append(_plateau("sinking", np.where(high, -climb, nan), "WPNAV_SPEED_DN", 100.0))
    landing = np.where(~high & (ground < 1.0), -climb, nan)
    found.fits.append(_plateau("landing", landing, "LAND_SPEED", 100.0, slowest=0.2))


def _plateau(name: str, values: Array, param: str, factor: float, slowest: float = 0.5) -> FittedNumber:
    """Return the value above `slowest` that was held over the longest distance."""
    steady = np.abs(np.gradient(values) / STEP_S) < 0.3
    plausible = values[np.isfinite(values) & steady & (values > slowest)]
    near = _nearest(plausible)
    if len(near) * STEP_S < _PLATEAU_S:
        return FittedNumber(name, "m/s", reason=f"never the same for {_PLATEAU_S:.0f} s")
    middle = float(np.median(near))
    return FittedNumber(name, "m/s", middle, float(np.std(near)), "", param, middle * factor)


def _nearest(values: Array) -> Array:
    """Return the values within twice `_PLATEAU_MPS` that covered the longest distance."""
    ordered = np.sort(values)
    if not len(ordered):
        return ordered
    ends = np.searchsorted(ordered, ordered + 2.0 * _PLATEAU_MPS, side="right")
    way = np.concatenate(([0.0], np.cumsum(ordered)))
    begin = int(np.argmax(way[ends] - way[: len(ordered)]))
    return ordered[begin : ends[begin]]
