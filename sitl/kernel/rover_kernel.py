"""The compiled kernel of the rover: `advance` runs rovers to a time or to their next event.

Each tick is eight steps of `sitl.kernel.rover`, then sensors, estimator, decisions. Importing this module compiles the
kernel (or loads it from disk): see `sitl.vehicles.simulated` for how that is put off.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autopilot import report as R
from autopilot.control import layout as L
from autopilot.control.inertial import rotation, tilt
from autopilot.control.jit import jit
from autopilot.control.rover_guidance import decide_rover
from autopilot.control.watch import watch_estimator
from sitl.kernel import layout as M
from sitl.kernel.compiling import compile_kernel, sources
from sitl.kernel.environment import blow, discharge
from sitl.kernel.estimate import average_gyro, count_way, fuse_sensors, start, watch_machine
from sitl.kernel.reporting import fill_common
from sitl.kernel.rover import run_rover_tick

#: The wind vane: how long it averages, and the share of the free wind that blows on it (`blow` at height 0).
WIND_MEMORY_S = 2.0
MAST_SHARE = 0.5


@jit
def reckon(s: L.Row) -> None:
    """Without position: the ground is level and the wheels do not slide, so only the speed along the nose is left to
    the inertial sensors; it is trusted for some seconds, and less where no throttle keeps it up."""
    tilt(s, -0.05 * L.TICK * s[L.S_AEN], -0.05 * L.TICK * s[L.S_AEE], 0.0, 0.0)
    memory = 20.0 if s[L.S_THROTTLE] != 0.0 else 2.0  # s
    ahead = (s[L.S_ER] * s[L.S_EVN] + s[L.S_ER + 3] * s[L.S_EVE]) * (1.0 - L.TICK / memory)
    s[L.S_EVN] = s[L.S_ER] * ahead
    s[L.S_EVE] = s[L.S_ER + 3] * ahead


@jit
def estimate(s: L.Row, p: L.Row, rng: Any, table: Any) -> None:
    """Prediction and all corrections of one tick."""
    fuse_sensors(s, p, rng, table)
    if s[L.S_POS_OK] == 0.0:
        reckon(s)
    rotation(s)
    s[L.S_WEN] += (L.TICK / WIND_MEMORY_S) * (s[M.S_WIND_N] / MAST_SHARE - s[L.S_WEN])
    s[L.S_WEE] += (L.TICK / WIND_MEMORY_S) * (s[M.S_WIND_E] / MAST_SHARE - s[L.S_WEE])
    average_gyro(s, s[L.S_ARMED] == 0.0)


@jit
def tick(s: L.Row, p: L.Row, t: L.Row, rng: Any, table: Any) -> None:
    """20 ms of one rover."""
    run_rover_tick(s, p, rng, table)
    s[L.S_TIME_MS] += 20.0
    if s[L.S_FRESH] == 1.0:
        start(s, p, rng, table)
    blow(s, p, rng, table)
    discharge(s, p, s[M.S_MOTOR_A] + p[M.P_HOTEL_A])
    estimate(s, p, rng, table)
    watch_estimator(s)
    decide_rover(s, p, t)
    watch_machine(s, p, t)
    count_way(s)


@jit
def fill_report(s: L.Row, p: L.Row, t: L.Row, r: L.Row) -> None:
    """The whole vector of one rover. What it has not (range finder, height error, lean) stays 0."""
    fill_common(s, p, t, r)
    speed = s[L.S_EVN] * s[L.S_EVN] + s[L.S_EVE] * s[L.S_EVE]
    r[R.STOPPED] = 1.0 if speed < 0.01 else 0.0
    r[R.THROTTLE] = abs(s[L.S_THROTTLE])
    r[R.SERVO_1] = 1500.0 + 500.0 * s[L.S_WHEEL] / p[L.P_WHEEL_MAX]
    r[R.SERVO_1 + 2] = 1500.0 + 500.0 * s[L.S_THROTTLE]
    r[R.WANT_R] = s[L.S_RATE_REF]
    r[R.WANT_VN] = s[L.S_SPEED_REF] * s[L.S_ER]
    r[R.WANT_VE] = s[L.S_SPEED_REF] * s[L.S_ER + 3]


def _make_advance(fingerprint: str) -> Callable[..., int]:
    # stands in each kernel, for numba cannot keep on disk what is handed its `tick` from elsewhere
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
            while s[L.S_TIME_MS] < until_ms and s[L.S_EVENTS] == 0.0:
                tick(s, p, t, g, table)
            if s[L.S_EVENTS] != 0.0:
                raised += 1
            fill_report(s, p, t, report[i])
        return raised

    return advance


advance = compile_kernel(_make_advance(sources()))
