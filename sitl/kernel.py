"""The compiled kernel of the copter: `advance` runs vehicles to a time or to their next event.

Vehicle loop outside, tick loop inside; each tick is eight steps of `sitl.machine`, then sensors, estimator, decisions.
One vehicle and a thousand are the same code. Importing this module compiles (or loads from disk) the kernel: see
`sitl.copter` for how that is put off.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np

from autopilot.control import (
    attitude,
    estimator,
    guidance,
    heading,
    inertial,
    legs,
    position,
    reference,
    spline,
    sticks,
    watch,
)
from autopilot.control import jit as jit_module
from autopilot.control import layout as L
from autopilot.control.estimator import estimate_wind, fuse_baro, fuse_gps, fuse_mag, level, rest
from autopilot.control.inertial import align, predict, rotation
from autopilot.control.jit import COMPILED, entry, jit
from autopilot.control.watch import decide, watch_battery, watch_distance, watch_estimator
from sitl import layout as M
from sitl import layout as plant_layout
from sitl import machine, noise, reporting, surroundings
from sitl.machine import run_tick
from sitl.reporting import fill_report
from sitl.surroundings import MAG_PERIOD_MS, blow, discharge, read_baro, read_mag, receive_gps


@jit
def start(s: L.Row, p: L.Row, rng: Any, table: Any) -> None:
    """First tick: align the estimator with what the sensors say at rest."""
    s[L.FRESH] = 0.0
    read_mag(s, p, rng, table)
    align(s, p, s[L.DVX] / L.TICK, s[L.DVY] / L.TICK, s[L.DVZ] / L.TICK, s[M.MAG_X], s[M.MAG_Y], s[M.MAG_Z])
    s[L.EPD] = read_baro(s, p, rng, table)
    s[L.EM0], s[L.EM1], s[L.EM2], s[L.EM3] = s[L.EQ0], s[L.EQ1], s[L.EQ2], s[L.EQ3]


@jit
def estimate(s: L.Row, p: L.Row, rng: Any, table: Any) -> None:
    """Prediction and all corrections of one tick."""
    now = s[L.TIME_MS]
    s[L.IMU_OK] = p[M.IMU_ON]
    predict(s)
    s[L.BARO_OK] = p[M.BARO_ON]
    down = read_baro(s, p, rng, table)
    if p[M.BARO_ON] == 1.0:
        fuse_baro(s, p, down)
    if receive_gps(s, p, rng, table):
        if s[L.GPS_LOST_SENT] == 1.0:
            s[L.GPS_LOST_SENT] = 0.0
            s[L.EVENTS] += L.EV_GPS_OK
        fuse_gps(s, p, s[M.GPS_N], s[M.GPS_E], s[M.GPS_VN], s[M.GPS_VE], s[M.GPS_VD])
    elif now - s[M.GPS_MS] > 1000.0 and s[M.GPS_MS] > 0.0 and s[L.GPS_LOST_SENT] == 0.0:
        s[L.GPS_LOST_SENT] = 1.0
        s[L.GPS_SEEN] = 0.0
        s[L.EVENTS] += L.EV_GPS_LOST
    if now >= s[M.MAG_NEXT] and p[M.MAG_ON] == 1.0:
        s[M.MAG_NEXT] = now + MAG_PERIOD_MS
        read_mag(s, p, rng, table)
        fuse_mag(s, p, s[M.MAG_X], s[M.MAG_Y], s[M.MAG_Z])
    if s[L.POS_OK] == 0.0:
        level(s)
    rotation(s)
    if s[L.AIR] == 1.0 and s[L.SPIN] == 2.0 and s[L.POS_OK] == 1.0:
        estimate_wind(s, p)
    if s[L.AIR] == 0.0 and s[L.ARMED] == 0.0:
        rest(s, s[M.GYRO_X], s[M.GYRO_Y], s[M.GYRO_Z])
    else:  # it moves: a calibration right after touchdown keeps what the flight has taught
        s[L.GAX], s[L.GAY], s[L.GAZ] = s[L.BGX], s[L.BGY], s[L.BGZ]


@jit
def tick(s: L.Row, p: L.Row, t: L.Row, rng: Any, table: Any) -> None:
    """20 ms of one vehicle."""
    run_tick(s, p, rng, table)
    s[L.TIME_MS] += 20.0
    if s[L.FRESH] == 1.0:
        start(s, p, rng, table)
    blow(s, p, rng, table)
    discharge(s, p)
    estimate(s, p, rng, table)
    watch_estimator(s)
    decide(s, p, t)
    volts = s[M.VOLTS]
    if p[L.SAG_FREE] == 1.0:  # BATT_FS_VOLTSRC: judge the voltage with the sag taken out
        volts += s[M.AMPS] * p[M.OHMS]
    watch_battery(s, p, volts, s[M.MAH])
    watch_distance(s, p, t)
    if s[M.TORQUE_AGE] * p[M.DT] >= 0.05:
        if s[L.DEADMAN_SENT] == 0.0:
            s[L.DEADMAN_SENT] = 1.0
            s[L.EVENTS] += L.EV_DEADMAN
    else:
        s[L.DEADMAN_SENT] = 0.0
    v = s[L.EVN] * s[L.EVN] + s[L.EVE] * s[L.EVE]
    if s[L.AIR] == 1.0 and v > 0.04:
        s[L.ODOMETER] += L.TICK * sqrt(v)


def _fingerprint() -> str:
    """Of all sources that are compiled in: numba's cache looks at this file only."""
    modules = (
        attitude, estimator, guidance, heading, inertial, jit_module, L, legs, position, reference, spline, sticks,
        watch, machine, noise, plant_layout, reporting, surroundings,
    )
    digest = hashlib.sha256()
    for module in modules:
        if module.__file__ is not None:
            digest.update(Path(module.__file__).read_bytes())
    return digest.hexdigest()


def _make_advance(fingerprint: str) -> Callable[..., int]:
    def advance(state: Any, settings: Any, target: Any, rng: Any, table: Any, report: Any, until_ms: float) -> int:
        """Run every row of `state` until `until_ms` (rounded up to a tick) or its first event; returns how many raised
        one. `report` is filled for each."""
        raised = 0
        if len(fingerprint) == 0:
            return -1
        for i in range(state.shape[0]):
            s = state[i]
            p = settings[i]
            t = target[i]
            g = rng[i]
            while s[L.TIME_MS] < until_ms and s[L.EVENTS] == 0.0:
                tick(s, p, t, g, table)
            if s[L.EVENTS] != 0.0:
                raised += 1
            fill_report(s, p, t, report[i])
        return raised

    return advance


_ROWS = "float64[:,::1]"
SIGNATURE = f"int64({_ROWS}, {_ROWS}, {_ROWS}, uint64[:,::1], float64[::1], {_ROWS}, float64)"
advance: Callable[..., int] = entry(SIGNATURE, _make_advance(_fingerprint()))

if not COMPILED:  # splitmix64 wraps around: meant, but numpy's scalars warn of it
    advance = np.errstate(over="ignore")(advance)
