"""The compiled kernel of the rover: as `sitl.kernel`, with another machine and other decisions in the same loop.

Importing this module compiles (or loads from disk) the kernel: see `sitl.rover` for how that is put off.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np

from autopilot import report as R
from autopilot.control import (
    attitude,
    estimator,
    guidance,
    heading,
    inertial,
    reference,
    rover_guidance,
    rover_lines,
    rover_steering,
    watch,
)
from autopilot.control import jit as jit_module
from autopilot.control import layout as L
from autopilot.control import rover_layout as V
from autopilot.control.estimator import fuse_baro, fuse_gps, fuse_mag, rest
from autopilot.control.inertial import align, predict, rotation, tilt
from autopilot.control.jit import COMPILED, entry, jit
from autopilot.control.rover_guidance import decide_rover
from autopilot.control.watch import watch_battery, watch_distance, watch_estimator
from sitl import layout as M
from sitl import layout as plant_layout
from sitl import noise, reporting, rover_machine, surroundings
from sitl import rover_layout as G
from sitl.reporting import fill_estimate, fill_guidance, fill_machine, fill_sensors, fill_truth
from sitl.rover_machine import run_rover_tick
from sitl.surroundings import MAG_PERIOD_MS, blow, cell_volts, read_baro, read_mag, receive_gps

#: The wind vane: how long it averages, and the share of the free wind that blows on it (`blow` at height 0).
WIND_MEMORY_S = 2.0
MAST_SHARE = 0.5


@jit
def start(s: L.Row, p: L.Row, rng: Any, table: Any) -> None:
    """First tick: align the estimator with what the sensors say at rest."""
    s[L.FRESH] = 0.0
    read_mag(s, p, rng, table)
    align(s, p, s[L.DVX] / L.TICK, s[L.DVY] / L.TICK, s[L.DVZ] / L.TICK, s[M.MAG_X], s[M.MAG_Y], s[M.MAG_Z])
    s[L.EPD] = read_baro(s, p, rng, table)
    s[L.EM0], s[L.EM1], s[L.EM2], s[L.EM3] = s[L.EQ0], s[L.EQ1], s[L.EQ2], s[L.EQ3]


@jit
def discharge(s: L.Row, p: L.Row) -> None:
    """Battery: the motor's current and what the electronics take, sag, charge and energy used."""
    rest = p[M.CELLS] * cell_volts(s[M.SOC]) + p[M.OFFSET_V] - p[M.FAULT_V]
    amps = s[G.MOTOR_A] + p[M.HOTEL_A]
    volts = max(rest - amps * p[M.OHMS], 0.5)
    hours = L.TICK / 3600.0
    s[M.REST_VOLTS] = rest
    s[M.AMPS] = amps
    s[M.VOLTS] = volts
    s[M.MAH] += 1000.0 * amps * hours
    s[M.WH] += volts * amps * hours
    if p[M.BATTERY_AH] > 0.0:
        s[M.SOC] = max(s[M.SOC] - amps * hours / p[M.BATTERY_AH], -0.05)


@jit
def reckon(s: L.Row) -> None:
    """Without position: the ground is level and the wheels do not slide, so only the speed along the nose is left to
    the inertial sensors; it is trusted for some seconds, and less where no throttle keeps it up."""
    tilt(s, -0.05 * L.TICK * s[L.AEN], -0.05 * L.TICK * s[L.AEE], 0.0, 0.0)
    memory = 20.0 if s[V.THROTTLE] != 0.0 else 2.0  # s
    ahead = (s[L.ER] * s[L.EVN] + s[L.ER + 3] * s[L.EVE]) * (1.0 - L.TICK / memory)
    s[L.EVN] = s[L.ER] * ahead
    s[L.EVE] = s[L.ER + 3] * ahead


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
        reckon(s)
    rotation(s)
    s[L.WEN] += (L.TICK / WIND_MEMORY_S) * (s[M.WIND_N] / MAST_SHARE - s[L.WEN])
    s[L.WEE] += (L.TICK / WIND_MEMORY_S) * (s[M.WIND_E] / MAST_SHARE - s[L.WEE])
    if s[L.ARMED] == 0.0:
        rest(s, s[M.GYRO_X], s[M.GYRO_Y], s[M.GYRO_Z])
    else:  # it moves: a calibration right after the drive keeps what that has taught
        s[L.GAX], s[L.GAY], s[L.GAZ] = s[L.BGX], s[L.BGY], s[L.BGZ]


@jit
def tick(s: L.Row, p: L.Row, t: L.Row, rng: Any, table: Any) -> None:
    """20 ms of one rover."""
    run_rover_tick(s, p, rng, table)
    s[L.TIME_MS] += 20.0
    if s[L.FRESH] == 1.0:
        start(s, p, rng, table)
    blow(s, p, rng, table)
    discharge(s, p)
    estimate(s, p, rng, table)
    watch_estimator(s)
    decide_rover(s, p, t)
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
    if v > 0.04:
        s[L.ODOMETER] += L.TICK * sqrt(v)


@jit
def fill_report(s: L.Row, p: L.Row, t: L.Row, r: L.Row) -> None:
    """The whole vector of one rover: the copter's, with what is different on wheels put right."""
    fill_estimate(s, p, r)
    fill_guidance(s, p, t, r)
    fill_sensors(s, p, r)
    fill_machine(s, p, r)
    fill_truth(s, p, r)
    r[R.THROTTLE] = abs(s[V.THROTTLE])
    speed = s[L.EVN] * s[L.EVN] + s[L.EVE] * s[L.EVE]
    r[R.STOPPED] = 1.0 if speed < 0.01 else 0.0
    r[R.RANGE] = 0.0
    r[R.ALT_ERROR] = 0.0
    r[R.NAV_ROLL], r[R.NAV_PITCH] = 0.0, 0.0
    r[R.SERVO_1] = 1500.0 + 500.0 * s[V.WHEEL] / p[V.WHEEL_MAX]
    r[R.SERVO_1 + 1] = 0.0
    r[R.SERVO_1 + 2] = 1500.0 + 500.0 * s[V.THROTTLE]
    r[R.SERVO_1 + 3] = 0.0


def _fingerprint() -> str:
    """Of all sources that are compiled in: numba's cache looks at this file only."""
    modules = (
        attitude, estimator, guidance, heading, inertial, jit_module, L, V, reference, rover_guidance, rover_lines,
        rover_steering, watch, noise, plant_layout, G, reporting, rover_machine, surroundings, R,
    )
    digest = hashlib.sha256()
    for module in modules:
        if module.__file__ is not None:
            digest.update(Path(module.__file__).read_bytes())
    return digest.hexdigest()


def _make_advance(fingerprint: str) -> Callable[..., int]:
    def advance_rover(
        state: Any, settings: Any, target: Any, rng: Any, table: Any, report: Any, until_ms: float
    ) -> int:
        """As `sitl.kernel.advance`, for rovers."""
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

    return advance_rover


_ROWS = "float64[:,::1]"
SIGNATURE = f"int64({_ROWS}, {_ROWS}, {_ROWS}, uint64[:,::1], float64[::1], {_ROWS}, float64)"
advance_rover: Callable[..., int] = entry(SIGNATURE, _make_advance(_fingerprint()))

if not COMPILED:  # splitmix64 wraps around: meant, but numpy's scalars warn of it
    advance_rover = np.errstate(over="ignore")(advance_rover)
