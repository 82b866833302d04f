"""The compiled kernel of the copter: `advance` runs copters to a time or to their next event.

Each tick is eight steps of `sitl.kernel.copter`, then sensors, estimator, decisions. Importing this module compiles
the kernel (or loads it from disk): see `sitl.vehicles.simulated` for how that is put off.
"""

from __future__ import annotations

from collections.abc import Callable
from math import asin, atan2
from typing import Any

from autopilot import report as R
from autopilot.control import layout as L
from autopilot.control.attitude import attitude_error, limit
from autopilot.control.estimator import estimate_wind, level
from autopilot.control.inertial import rotation
from autopilot.control.jit import jit
from autopilot.control.position import sink_demand, velocity_demand
from autopilot.control.watch import decide, watch_estimator
from sitl.kernel import layout as M
from sitl.kernel.compiling import compile_kernel, sources
from sitl.kernel.copter import current, run_tick
from sitl.kernel.environment import blow, discharge
from sitl.kernel.estimate import average_gyro, count_way, fuse_sensors, start, watch_machine
from sitl.kernel.reporting import fill_common


@jit
def estimate(s: L.Row, p: L.Row, rng: Any, table: Any) -> None:
    """Prediction and all corrections of one tick."""
    fuse_sensors(s, p, rng, table)
    if s[L.S_POS_OK] == 0.0:
        level(s)
    rotation(s)
    if s[L.S_AIR] == 1.0 and s[L.S_SPIN] == 2.0 and s[L.S_POS_OK] == 1.0:
        estimate_wind(s, p)
    average_gyro(s, s[L.S_AIR] == 0.0 and s[L.S_ARMED] == 0.0)


@jit
def tick(s: L.Row, p: L.Row, t: L.Row, rng: Any, table: Any) -> None:
    """20 ms of one copter."""
    run_tick(s, p, rng, table)
    s[L.S_TIME_MS] += 20.0
    if s[L.S_FRESH] == 1.0:
        start(s, p, rng, table)
    blow(s, p, rng, table)
    discharge(s, p, current(s, p))
    estimate(s, p, rng, table)
    watch_estimator(s)
    decide(s, p, t)
    watch_machine(s, p, t)
    if s[L.S_AIR] == 1.0:
        count_way(s)


@jit
def fill_demands(s: L.Row, p: L.Row, r: L.Row) -> None:
    """What the cascade asks for now: body rates, velocity, acceleration; 0 while the motors do not fly it."""
    for i in range(3):
        r[R.WANT_P + i] = 0.0
        r[R.WANT_VN + i] = 0.0
        r[R.WANT_AN + i] = 0.0
    if s[L.S_SPIN] != 2.0:
        return
    x, y, z = attitude_error(
        s[L.S_EQ0], s[L.S_EQ1], s[L.S_EQ2], s[L.S_EQ3], s[L.S_QT0], s[L.S_QT1], s[L.S_QT2], s[L.S_QT3]
    )
    if s[L.S_RATE_MODE] == 0.0:  # as the 400 Hz loop has it
        most = p[L.P_RATE_MAX]
        r[R.WANT_P] = limit(p[L.P_KP_ATT] * x, most)
        r[R.WANT_Q] = limit(p[L.P_KP_ATT] * y, most)
        r[R.WANT_R] = limit(p[L.P_KP_YAW] * z + s[L.S_YAW_FF], 0.5 * most)
    else:
        r[R.WANT_P], r[R.WANT_Q], r[R.WANT_R] = s[L.S_RDX], s[L.S_RDY], s[L.S_RDZ]
    r[R.WANT_VN], r[R.WANT_VE] = velocity_demand(s, p)
    r[R.WANT_VD] = sink_demand(s, p)
    for i in range(2):
        r[R.WANT_AN + i] = s[L.S_RAN + i] + p[L.P_KP_VEL] * (r[R.WANT_VN + i] - s[L.S_EVN + i]) + s[L.S_IVN + i]
    r[R.WANT_AD] = s[L.S_RAD] + p[L.P_KP_VZ] * (r[R.WANT_VD] - s[L.S_EVD]) + s[L.S_IVD]


@jit
def fill_report(s: L.Row, p: L.Row, t: L.Row, r: L.Row) -> None:
    """The whole vector of one copter."""
    fill_common(s, p, t, r)
    speed = s[L.S_EVN] * s[L.S_EVN] + s[L.S_EVE] * s[L.S_EVE]
    r[R.STOPPED] = 1.0 if speed + s[L.S_EVD] * s[L.S_EVD] < 0.01 or s[L.S_AIR] == 0.0 else 0.0
    r[R.THROTTLE] = s[L.S_THRUST] if s[L.S_SPIN] == 2.0 else 0.0
    r[R.RANGE] = max(-s[L.S_EPD], 0.0)
    kind = t[L.T_KIND]
    if kind == L.KIND_HOLD or kind == L.KIND_LEG or kind == L.KIND_CIRCLE or kind == L.KIND_TAKEOFF:
        r[R.ALT_ERROR] = s[L.S_EPD] - t[L.T_END_D]
    else:
        r[R.ALT_ERROR] = s[L.S_EPD] - s[L.S_RPD]
    q0, q1, q2, q3 = s[L.S_QT0], s[L.S_QT1], s[L.S_QT2], s[L.S_QT3]
    r[R.NAV_ROLL] = atan2(2.0 * (q2 * q3 + q0 * q1), 1.0 - 2.0 * (q1 * q1 + q2 * q2))
    r[R.NAV_PITCH] = asin(min(max(2.0 * (q0 * q2 - q1 * q3), -1.0), 1.0))
    for i in range(4):
        r[R.SERVO_1 + i] = 1000.0 + 1000.0 * s[M.S_C1 + i]
    fill_demands(s, p, r)


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
