"""The copter's kernel: its body at 400 Hz, its tick, and `advance`, which runs copters to a time or to the next event.

A tick is eight steps of `run_tick` (sense, propagate the attitude estimate, control attitude and rates, mix, move the
body of `sitl.kernel.rotorcraft`), then sensors, estimator, decisions. All state of the loop is in local variables
during the steps of a tick.

Importing this module compiles the kernel or loads it from disk; `sitl.vehicles.simulated` delays this.
"""

from __future__ import annotations

from math import sqrt
from typing import Any

from autopilot.control.attitude import attitude_error, limit, mix
from autopilot.control.estimator import estimate_wind, level
from autopilot.control.inertial import rotation
from autopilot.control.position import sink_demand, velocity_demand
from autopilot.control.watch import decide, watch_estimator
from autopilot.interface import layout as L
from autopilot.interface import report as R
from autopilot.interface.marks import jit
from sitl.kernel import layout as M
from sitl.kernel.estimate import average_gyro, begin_tick, count_way, fuse_sensors, watch_machine
from sitl.kernel.ground import look_down, strike
from sitl.kernel.hanging import pulled, swing
from sitl.kernel.imu import DEADMAN_S, ZERO, imu_of, keep_middle, keep_samples, sense_step, turn
from sitl.kernel.noise import GAMMA, draw
from sitl.kernel.reporting import cut_pulses, fill_common, lean_demand
from sitl.kernel.rotorcraft import body_of, current, keep_body, move, numbers_of
from sitl.kernel.running import advance_by

#: Largest integrals of the rate loops, rad/s2: roll and pitch, yaw.
INTEGRAL_MAX, YAW_INTEGRAL_MAX = 20.0, 4.0


@jit
def run_tick(s: L.Row, p: L.Row, rng: Any, table: Any) -> None:
    """Run a tick of 20 ms in `P_STEPS` steps."""
    dt = p[M.P_DT]
    steps = int(p[M.P_STEPS])
    half = 0.5 * dt
    seed = rng[0]
    # truth
    body = body_of(s)
    numbers = numbers_of(s, p)
    c1, c2, c3, c4 = s[M.S_C1], s[M.S_C2], s[M.S_C3], s[M.S_C4]
    age = s[M.S_TORQUE_AGE]
    floor = s[L.S_FLOOR]
    # estimate and control
    e = (s[L.S_EQ0], s[L.S_EQ1], s[L.S_EQ2], s[L.S_EQ3])
    t0, t1, t2, t3 = s[L.S_QT0], s[L.S_QT1], s[L.S_QT2], s[L.S_QT3]
    ix, iy, iz = s[L.S_IRX], s[L.S_IRY], s[L.S_IRZ]
    spin = s[L.S_SPIN]
    thrust = s[L.S_THRUST]
    by_rate = s[L.S_RATE_MODE]
    yaw_ff = s[L.S_YAW_FF]
    rdx, rdy, rdz = s[L.S_RDX], s[L.S_RDY], s[L.S_RDZ]
    ebx, eby, ebz = s[L.S_BGX], s[L.S_BGY], s[L.S_BGZ]
    wind = (s[M.S_WIND_N], s[M.S_WIND_E], s[M.S_WIND_D])
    kp_att, kp_yaw, kp_rate, ki_rate = p[L.P_KP_ATT], p[L.P_KP_YAW], p[L.P_KP_RATE], p[L.P_KI_RATE]
    kp_yr, ki_yr, rate_max = p[L.P_KP_YRATE], p[L.P_KI_YRATE], p[L.P_RATE_MAX]
    mix_x, mix_y, mix_z = p[L.P_MIX_X], p[L.P_MIX_Y], p[L.P_MIX_Z]
    imu = imu_of(s, p, 0.3 + s[M.S_M1] + s[M.S_M2])  # vibration grows with the rotors
    frozen = p[M.P_FREEZE]
    idle = p[M.P_SPIN_ARM]
    dead = DEADMAN_S / dt
    loaded = s[M.S_LOAD_KG] > 0.0
    rests = spin == 0.0 and frozen == 0.0 and not loaded  # all that moves the body is the same in each step
    stands = False
    gyro, acc, felt, squares = ZERO, ZERO, ZERO, ZERO
    middle = steps // 2

    for k in range(steps):
        # --- sense
        seed = seed + GAMMA
        gyro, acc, felt, squares = sense_step(s, draw(seed), table, body[1], body[5], imu, felt, squares)
        # --- strapdown attitude
        x, y, z = gyro[0] - ebx, gyro[1] - eby, gyro[2] - ebz
        e = turn(e, half, x, y, z)
        if k == middle:
            keep_middle(s, e)
        # --- attitude and rate control, mixer
        if frozen == 0.0:
            age = 0.0
            if spin == 2.0:
                if by_rate == 0.0:
                    off_x, off_y, off_z = attitude_error(e[0], e[1], e[2], e[3], t0, t1, t2, t3)
                    rdx = limit(kp_att * off_x, rate_max)
                    rdy = limit(kp_att * off_y, rate_max)
                    rdz = limit(kp_yaw * off_z + yaw_ff, 0.5 * rate_max)
                bx, by, bz = rdx - x, rdy - y, rdz - z
                ix = limit(ix + ki_rate * bx * dt, INTEGRAL_MAX)
                iy = limit(iy + ki_rate * by * dt, INTEGRAL_MAX)
                iz = limit(iz + ki_yr * bz * dt, YAW_INTEGRAL_MAX)
                u1, u2, u3, u4 = mix(
                    thrust, mix_x * (kp_rate * bx + ix), mix_y * (kp_rate * by + iy), mix_z * (kp_yr * bz + iz)
                )
                c1, c2, c3, c4 = sqrt(u1), sqrt(u2), sqrt(u3), sqrt(u4)
            elif spin == 1.0:
                c1, c2, c3, c4 = idle, idle, idle, idle
            else:
                c1, c2, c3, c4 = p[M.P_TEST_1], p[M.P_TEST_2], p[M.P_TEST_3], p[M.P_TEST_4]
        else:
            age += 1.0
            if age >= dead:
                c1, c2, c3, c4 = 0.0, 0.0, 0.0, 0.0
        if stands:
            continue
        pushed = numbers
        if loaded:
            pushed = pulled(numbers, body, swing(s, p, dt, body, floor, wind))
        moved = move(p, dt, pushed, (c1, c2, c3, c4), floor, wind, body)
        stands = rests and moved == body  # a step that changes nothing is followed by steps that change nothing
        body = moved

    rng[0] = seed
    keep_body(s, body)
    s[M.S_C1], s[M.S_C2], s[M.S_C3], s[M.S_C4] = c1, c2, c3, c4
    s[M.S_TORQUE_AGE] = age
    s[L.S_IRX], s[L.S_IRY], s[L.S_IRZ] = ix, iy, iz
    keep_samples(s, dt, steps, e, gyro, acc, felt, squares)


@jit
def estimate(s: L.Row, p: L.Row, rng: Any, table: Any) -> None:
    """Predict, and apply all corrections of one tick."""
    fuse_sensors(s, p, rng, table)
    if s[L.S_POS_OK] == 0.0:
        level(s)
    rotation(s)
    if s[L.S_AIR] == 1.0 and s[L.S_SPIN] == 2.0 and s[L.S_POS_OK] == 1.0:
        estimate_wind(s, p)
    average_gyro(s, s[L.S_AIR] == 0.0 and s[L.S_ARMED] == 0.0)


@jit
def tick(s: L.Row, p: L.Row, t: L.Row, rng: Any, table: Any, ground: Any) -> None:
    """Run one copter for 20 ms."""
    if p[M.P_MAP] != 0.0:
        look_down(s, p, ground)
        strike(s, p)
    run_tick(s, p, rng, table)
    begin_tick(s, p, rng, table, current(s, p, 4))
    estimate(s, p, rng, table)
    watch_estimator(s, p)
    decide(s, p, t)
    watch_machine(s, p, t)
    if s[L.S_AIR] == 1.0:
        count_way(s)


@jit
def fill_demands(s: L.Row, p: L.Row, r: L.Row) -> None:
    """Fill in the present demands of the cascade: body rates, velocity, acceleration. They are 0 while the motors do
    not fly the vehicle."""
    for i in range(3):
        r[R.WANT_P + i] = 0.0
        r[R.WANT_VN + i] = 0.0
        r[R.WANT_AN + i] = 0.0
    if s[L.S_SPIN] != 2.0:
        return
    x, y, z = attitude_error(
        s[L.S_EQ0], s[L.S_EQ1], s[L.S_EQ2], s[L.S_EQ3], s[L.S_QT0], s[L.S_QT1], s[L.S_QT2], s[L.S_QT3]
    )
    if s[L.S_RATE_MODE] == 0.0:  # the same law as in `run_tick`
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
    """Fill the whole report of one copter."""
    fill_common(s, p, t, r)
    r[R.TRUE_CONTACT] = s[M.S_CONTACT]
    speed = s[L.S_EVN] * s[L.S_EVN] + s[L.S_EVE] * s[L.S_EVE]
    r[R.STOPPED] = 1.0 if speed + s[L.S_EVD] * s[L.S_EVD] < 0.01 or s[L.S_AIR] == 0.0 else 0.0
    r[R.THROTTLE] = s[L.S_THRUST] if s[L.S_SPIN] == 2.0 else 0.0
    r[R.RANGE] = max(-s[L.S_EPD], 0.0)
    kind = t[L.T_KIND]
    if kind == L.KIND_HOLD or kind == L.KIND_LEG or kind == L.KIND_CIRCLE or kind == L.KIND_TAKEOFF:
        r[R.ALT_ERROR] = s[L.S_EPD] - t[L.T_END_D]
    else:
        r[R.ALT_ERROR] = s[L.S_EPD] - s[L.S_RPD]
    r[R.NAV_ROLL], r[R.NAV_PITCH] = lean_demand(s)
    for i in range(4):
        r[R.SERVO_1 + i] = 1000.0 + 1000.0 * s[M.S_C1 + i]
    cut_pulses(p, r)
    fill_demands(s, p, r)


advance = advance_by(tick, fill_report)
